"""The worked example of docs/cost-sharing.md, counted again from its kilometres."""

from pathlib import Path

import numpy as np
import pytest

from logistics.cost_sharing import Game, RoutingOracle, allocate
from logistics.distances import Matrix
from logistics.routing import Load, Problem, Site, Van

FARMS = ("An", "Bo", "Cas", "Dirk")
DOCUMENT = Path(__file__).parents[2] / "docs" / "cost-sharing.md"


def example():
    far, road = np.array([0, 10, 10, 30, 30]), np.array([0, 1, 2, 3, 3])
    # Every way between two roads passes the hub.
    km = np.where(road[:, None] == road, np.abs(far[:, None] - far), far[:, None] + far).astype(float)
    crates = (20, 12, 12, 20)
    sites = tuple(Site(name, i + 1, collect=Load((crates[i], 0, 0, 0))) for i, name in enumerate(FARMS))
    van = Van("van", 0, (40, 40, 40, 40), 40, 1000, fixed=10.0, per_km=1.0)
    oracle = RoutingOracle(Problem(Matrix(km, 0 * km), sites, (van,)))
    return Game(FARMS, oracle, 120.0, weights=tuple(map(float, crates)))


def printed():
    rows = [line.strip("|\n").split("|") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in rows}


def test_the_costs_of_groups_are_those_of_the_text():
    table = example().cost.table()
    assert table.tolist() == pytest.approx([0, 30, 30, 50, 70, 90, 90, 120, 70, 90, 90, 120, 70, 100, 100, 120])


def test_every_column_of_the_table():
    game, rows = example(), printed()
    columns = [("epm", 0.0), ("epm", 0.1), ("epm", 0.2), ("shapley", 0.1), ("nucleolus", 0.1), ("volume", 0.1)]
    for at, (method, tau) in enumerate(columns, 1):
        bill = allocate(game, method, tau=tau)
        assert [rows[farm][at] for farm in FARMS] == [f"{bill.cents[farm] / 100:.2f}" for farm in FARMS]
        assert rows["spread of savings, points"][at] == f"{bill.spread:.2f}"
    assert [rows[farm][0] for farm in FARMS] == [f"{cents / 100:.2f}" for cents in bill.alone_cents.values()]
    per_capita, nucleolus = (allocate(game, method).cents for method in ("per_capita_nucleolus", "nucleolus"))
    assert per_capita == nucleolus
    assert allocate(game, "stand_alone").cents == allocate(game, tau=0.2).cents


def test_the_group_that_holds_the_bills():
    (held,) = allocate(example(), tau=0.1).binding
    assert (held.group, held.cost_cents, held.limit_cents) == (("Cas", "Dirk"), 7000, 7700)
