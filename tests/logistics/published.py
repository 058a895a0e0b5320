"""Published routing instances as problems of ours: CVRPLIB (`.vrp`), Solomon, Gehring and Homberger (`.txt`)."""

from collections.abc import Iterator
from itertools import islice
from math import ceil
from pathlib import Path

import numpy as np

from logistics.distances import Matrix
from logistics.routing import Load, Problem, Scale, Site, Van

EXACT = 1000
"""Minutes per unit of time of Solomon's instances, whose distances are not rounded."""


def read(path: Path) -> tuple[Problem, Scale]:
    """The problem, in which a km costs a euro, and the scale to plan it on."""
    if path.suffix == ".vrp":
        return x_instance(path), Scale(per_euro=1, per_km=1)
    return solomon(path), Scale(per_euro=EXACT, per_km=EXACT)


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
