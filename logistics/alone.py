"""
What the goods of a day would cost if every producer drove her own, from her farm to all her destinations and home: what
everybody sees her saving against, before the rounds are driven (`docs/loads.md`) and after (`logistics.settling`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import numpy as np

from logistics import distances
from logistics.calls import PER_CRATE, PER_STOP
from logistics.distances import Matrix, Point
from logistics.models import CostTerms, Vehicle
from logistics.routing.alone import AloneCost, alone_cost
from network.money import euros
from producers.models import Producer

Drops: TypeAlias = dict[Point, float]
"""Crate equivalents by where they go."""


@dataclass(frozen=True)
class Rates:
    """Euro, and crates the van holds: what a farmer's own trips are priced at."""

    per_day: float
    per_km: float
    per_hour: float
    crates: int


def standard_van(terms: CostTerms) -> Rates:
    """What the members agreed that a van costs; who has none of her own drives alone with this one."""
    return Rates(float(terms.per_day), float(terms.per_km), float(terms.per_hour), terms.crates)


@dataclass
class Carried:
    """A producer on a day: where she is, and the crate equivalents she sent to each place."""

    producer: Producer
    rates: Rates
    start: Point
    drops: Drops = field(default_factory=lambda: defaultdict(float))

    def drive(self, roads: Matrix | None = None) -> AloneCost:
        """Driving her goods herself, from her farm to their places and home; `roads` between the farm and them in turn."""
        roads = distances.matrix([self.start, *self.drops]) if roads is None else roads
        return trip(self.rates, roads, 0, dict(enumerate(self.drops.values(), 1)))


def trip(rates: Rates, roads: Matrix, start: int, loads: Mapping[int, float]) -> AloneCost:
    """Driving crate equivalents from `start` to where they go (rows of `roads`) and home, at these rates."""
    return alone_cost(
        roads,
        start=start,
        sites=list(loads),
        fixed=rates.per_day,
        per_km=rates.per_km,
        per_hour=rates.per_hour,
        service=[round(PER_STOP + PER_CRATE * crates) for crates in loads.values()],
        loads=list(loads.values()),
        capacity=rates.crates,
    )


class Alone(NamedTuple):
    """Everybody's own trips together."""

    km: Decimal
    cost: Decimal


def rates_by_owner() -> dict[int, Rates]:
    """The rates of the vans that are no network's, by organisation."""
    return {
        vehicle.owner_id: Rates(float(vehicle.per_day), float(vehicle.per_km), float(vehicle.per_hour), vehicle.crates)
        for vehicle in Vehicle.objects.filter(network=None, archived_at=None).order_by("-pk")
    }


def together(carried: Iterable[Carried], roads: Matrix, row: dict[Point, int]) -> Alone:
    """
    The km and euro of all own trips of a day, over `roads` in which every point has its `row`; by formula for who has a
    destination to which there is no road.
    """
    trips = [her.drive(cut(roads, [row[her.start], *(row[at] for at in her.drops)])) for her in carried]
    return Alone(
        Decimal(str(round(sum(trip.km for trip in trips), 2))),
        euros(Decimal(str(sum(trip.euro for trip in trips)))),
    )


def cut(roads: Matrix, rows: list[int]) -> Matrix | None:
    """The roads between these rows; None when there is no road between some."""
    from_each = [[row] for row in rows]
    km, minutes = roads.km[from_each, rows], roads.minutes[from_each, rows]
    return Matrix(km=km, minutes=minutes) if np.isfinite(km).all() and np.isfinite(minutes).all() else None
