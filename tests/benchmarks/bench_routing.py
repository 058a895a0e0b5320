"""
Plans against the best ones known for published instances, through our own model: CVRPLIB X, Solomon, Gehring and Homberger.

    KOUTER_VRP=/folder/of/instances make bench

The folder holds `.vrp` and `.txt` files and `best_known.json`. KOUTER_VRP_SECONDS per instance (20 by default), KOUTER_VRP_LIMIT
instances of each family (all by default). Two at a time.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from logistics.distances import Matrix
from logistics.routing import Load, Plan, Problem, Progress, Scale, Site, Van, check, plan
from tests.benchmarks.measure import say

FOLDER = os.environ.get("KOUTER_VRP", "")
SECONDS = float(os.environ.get("KOUTER_VRP_SECONDS", "20"))
LIMIT = int(os.environ.get("KOUTER_VRP_LIMIT", "1000"))
FOREVER = 10**9
EXACT = 1000
"""Units of the matrix per unit of distance and time of Solomon's instances, whose distances are not rounded."""

pytestmark = pytest.mark.skipif(not FOLDER, reason="KOUTER_VRP names no folder with instances")


def test_cvrplib_x() -> None:
    compare("X", sorted(Path(FOLDER).glob("*.vrp")))


def test_solomon() -> None:
    compare("Solomon, distance", [path for path in sorted(Path(FOLDER).glob("*.txt")) if "_" not in path.stem])


def test_gehring_homberger() -> None:
    compare("Gehring and Homberger, vehicles first", sorted(Path(FOLDER).glob("*_*.txt")))


def compare(family: str, paths: list[Path]) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        results = list(workers.map(solve, paths[:LIMIT]))
    for result in results:
        print(result, flush=True)
    gaps = [result.gap for result in results if result.vans == result.best_vans or result.best_vans is None]
    more = sum(result.vans - (result.best_vans or result.vans) for result in results)
    say(f"{family}, {SECONDS:.0f} s", f"mean gap {fmean(gaps or [0]):.2f} % over {len(gaps)}", f"{more} vans too many")


@dataclass(frozen=True)
class Result:
    name: str
    distance: float
    vans: int
    best: float
    best_vans: int | None
    iterations: int

    @property
    def gap(self) -> float:
        return 100 * (self.distance / self.best - 1)

    def __str__(self) -> str:
        return (
            f"  {self.name}: {self.distance:.2f} with {self.vans} vans, best {self.best:.2f}"
            f" with {self.best_vans or 'any'}: {self.gap:+.2f} % ({self.iterations} iterations)"
        )


def solve(path: Path) -> Result:
    """One instance within its seconds."""
    known = json.loads((path.parent / "best_known.json").read_text())[path.stem]
    until = time.monotonic() + SECONDS
    if path.suffix == ".vrp":
        problem, scale, unit = x_instance(path), Scale(per_euro=1, per_km=1), 1
    else:
        problem, scale, unit = solomon(path), Scale(per_euro=10, per_km=10), 1
    budget = Budget(until)
    if "_" in path.stem:
        problem = fewest_vans(problem, scale, Budget(time.monotonic() + SECONDS / 2))
    found = plan(problem, iterations=FOREVER, scale=scale, heard=budget)
    assert check(problem, found) == [] and not found.unplanned
    best = known["best_known_distance"] if "_" not in path.stem else known["distance_with_fewest_vehicles"]
    vans = known["fewest_vehicles"] if "_" in path.stem else None
    return Result(path.stem, found.km / unit, len(found.routes), best, vans, budget.iterations)


@dataclass
class Budget:
    """Stops a search at a moment, or as soon as it has a plan that leaves nothing out if that is `enough`."""

    until: float
    enough: bool = False
    iterations: int = 0

    def __call__(self, progress: Progress) -> bool:
        self.iterations = progress.iteration
        return time.monotonic() >= self.until or (self.enough and progress.unplanned == 0)


def fewest_vans(problem: Problem, scale: Scale, budget: Budget) -> Problem:
    """The problem with as few vans as still served everybody within the budget."""
    budget.enough = True
    while time.monotonic() < budget.until:
        found: Plan = plan(problem, iterations=FOREVER, scale=scale, heard=budget)
        if found.unplanned:
            break
        feasible, problem = problem, replace(problem, vans=problem.vans[: len(found.routes) - 1])
    return feasible


def numbers(lines: list[str]) -> Iterator[list[float]]:
    for line in lines:
        words = line.split()
        if words and all(word.lstrip("-").replace(".", "", 1).isdigit() for word in words):
            yield [float(word) for word in words]


def x_instance(path: Path) -> Problem:
    """Distances are Euclidean, rounded; as many vans as wanted; any number of minutes."""
    lines = path.read_text().split("\n")
    at = {line.split()[0].rstrip(":"): number for number, line in enumerate(lines) if line.split()}
    size = int(lines[at["DIMENSION"]].split()[-1])
    capacity = int(lines[at["CAPACITY"]].split()[-1])
    places = np.array([row[1:] for row in islice(numbers(lines[at["NODE_COORD_SECTION"] :]), size)])
    demand = [int(row[1]) for row in islice(numbers(lines[at["DEMAND_SECTION"] :]), size)]
    km = np.rint(np.linalg.norm(places[:, None] - places[None], axis=2))
    vans = ceil(sum(demand) / capacity * 1.1) + 2
    return Problem(
        Matrix(km=km, minutes=np.zeros_like(km)),
        tuple(Site(f"s{n}", n, deliver=Load((demand[n], 0, 0, 0))) for n in range(1, size)),
        tuple(Van(f"v{n}", 0, (capacity, 0, 0, 0), capacity, 0, per_km=1.0) for n in range(vans)),
    )


def solomon(path: Path) -> Problem:
    """Distances are Euclidean and times as long as distances. They are not rounded: a minute is a thousandth of a unit."""
    rows = [row for row in numbers(path.read_text().split("\n")) if len(row) in (2, 7)]
    (vans, capacity), places = (int(number) for number in rows[0]), np.array([row[1:3] for row in rows[1:]])
    km = np.linalg.norm(places[:, None] - places[None], axis=2)
    horizon = round(rows[1][5] * EXACT)
    return Problem(
        Matrix(km=km, minutes=np.ceil(km * EXACT - 1e-6)),
        tuple(
            Site(
                f"s{int(number)}",
                int(number),
                deliver=Load((int(demand), 0, 0, 0)),
                opens=round(opens * EXACT),
                closes=round(closes * EXACT),
                service=round(service * EXACT),
            )
            for number, _x, _y, demand, opens, closes, service in rows[2:]
        ),
        tuple(
            Van(f"v{n}", 0, (capacity, 0, 0, 0), capacity, 0, per_km=1.0, available_to=horizon, longest=horizon)
            for n in range(vans)
        ),
    )
