"""What groups pay on their own, from a routing problem: against published optima, all groups at once, and brute force."""

import numpy as np
import pytest

from logistics.cost_sharing import RoutingOracle
from logistics.cost_sharing.game import sums
from logistics.distances import Matrix
from logistics.routing import Load, Problem, Site, Van


def region(n, seed, *, windows=False, cold=False):
    """Farms around a hub, an own van of 40 crates and the network's of 110."""
    draw = np.random.default_rng(seed)
    turn, far = draw.uniform(0, 2 * np.pi, n), 30 * np.sqrt(draw.uniform(0, 1, n))
    places = np.vstack([[0, 0], np.column_stack([far * np.cos(turn), far * np.sin(turn)])])
    km = 1.07 * 1.2 * np.sqrt(((places[:, None] - places) ** 2).sum(axis=-1))
    crates = np.clip(np.round(draw.lognormal(np.log(8), 0.8, n)), 1, 40).astype(int)
    opens = draw.integers(6 * 60, 8 * 60, n) if windows else np.zeros(n, int)
    closes = draw.integers(9 * 60, 13 * 60, n) if windows else np.full(n, 24 * 60)
    sites = tuple(
        Site(
            f"farm {i:03}",
            i + 1,
            collect=Load((0, 0, int(crates[i]), 0) if cold and i % 3 == 0 else (int(crates[i]), 0, 0, 0)),
            opens=int(opens[i]),
            closes=int(closes[i]),
            service=8,
        )
        for i in range(n)
    )
    vans = (
        Van("own", 0, (40, 40, 40, 40), 40, 9000, per_km=0.35, per_hour=22.0),
        Van("shared", 0, (110, 110, 60, 110), 110, 9000, fixed=18.0, per_km=0.5, per_hour=24.0),
    )
    return Problem(Matrix(km, 1.3 * km + 1), sites, vans)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cold", [False, True])
def test_the_search_for_groups_finds_none_exactly_when_no_van_load_gains(seed, cold):
    """The tables of ways and labels against the cost of every group of 12 farms."""
    oracle = RoutingOracle(region(12, seed, cold=cold))
    table = oracle.table()
    draw = np.random.default_rng(seed)
    level = table[-1] / oracle.alone.sum()
    for scale in (0.6, 0.8, 1.0, 1.2):
        shares = scale * level * oracle.alone * draw.uniform(0.9, 1.1, 12)
        above = sums(shares) - table
        above[[0, *(1 << np.arange(12))]] = -np.inf
        found, proven = oracle._search(shares, 0.0)
        assert bool(found) == (above.max() > oracle.tolerance) or not proven
        assert proven == (above.max() <= oracle.tolerance) or cold
        for row in found:
            assert row.cost == pytest.approx(table[sum(1 << i for i in row.group)], abs=1e-6) or row.cost > oracle.of(
                row.group
            )
            assert shares[sorted(row.group)].sum() > row.cost
