"""
Plans against the best ones known for published instances, through our own model: CVRPLIB X, Solomon, Gehring and Homberger.

    KOUTER_VRP=/folder/of/instances make bench

The folder (two small instances of our own when none is named) holds `.vrp` and `.txt` files and `best_known.json`.
KOUTER_VRP_SECONDS per instance (20 by default), one at a time on the cores there are: leave the machine alone meanwhile.
KOUTER_VRP_LIMIT instances of each family (all by default).
"""

import json
import os
import time
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from statistics import fmean

import pytest

from logistics.routing import Progress, check, plan
from tests.benchmarks.measure import say
from tests.logistics.published import read

FOLDER = Path(os.environ.get("KOUTER_VRP", Path(__file__).parents[1] / "logistics" / "instances"))
SECONDS = float(os.environ.get("KOUTER_VRP_SECONDS", "20"))
LIMIT = int(os.environ.get("KOUTER_VRP_LIMIT", "1000"))
FOREVER = 10**9

TIMED = sorted(FOLDER.glob("*.txt"))
FAMILIES = {
    "X": sorted(FOLDER.glob("*.vrp")),
    "Solomon, distance": [path for path in TIMED if "_" not in path.stem],
    "Gehring and Homberger, vehicles first": [path for path in TIMED if "_" in path.stem],
}


@pytest.mark.parametrize("family", [name for name, paths in FAMILIES.items() if paths])
def test_against_the_best_known(family: str) -> None:
    results = []
    for path in FAMILIES[family][:LIMIT]:
        results.append(solve(path))
        print(results[-1], flush=True)
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
    """
    One instance within its seconds. Vehicles first: one van fewer after the other is tried for half of them, until no fewer
    could carry the load.
    """
    known = json.loads((path.parent / "best_known.json").read_text())[path.stem]
    vehicles_first = "_" in path.stem
    until, half = time.monotonic() + SECONDS, time.monotonic() + SECONDS / 2
    problem, scale = read(path)
    fewest = len(problem.vans)
    if vehicles_first:
        fewest = ceil(sum(site.deliver.total for site in problem.sites) / problem.vans[0].total_crates)
    served = problem
    while True:
        last = len(problem.vans) == fewest
        budget = Budget(until, until if problem is served else half, enough=not last)
        found = plan(problem, iterations=FOREVER, scale=scale, heard=budget)
        if last and (problem is served or not found.unplanned):
            break
        if found.unplanned:
            problem, fewest = served, len(served.vans)
        else:
            served = replace(problem, vans=problem.vans[: len(found.routes)])
            problem = replace(problem, vans=problem.vans[: max(fewest, len(found.routes) - 1)])
    assert check(problem, found) == [] and not found.unplanned
    best = known["distance_with_fewest_vehicles"] if vehicles_first else known["best_known_distance"]
    vans = known["fewest_vehicles"] if vehicles_first else None
    return Result(path.stem, found.km, len(found.routes), best, vans, budget.iterations)


@dataclass
class Budget:
    """Stops a search `until` a moment, or `hopeless` when nothing serves everybody by then, or as soon as something does."""

    until: float
    hopeless: float
    enough: bool
    iterations: int = 0

    def __call__(self, progress: Progress) -> bool:
        self.iterations = progress.iteration
        if progress.unplanned:
            return time.monotonic() >= self.hopeless
        return self.enough or time.monotonic() >= self.until
