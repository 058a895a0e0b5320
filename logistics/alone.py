"""
What the goods of a day would cost if every producer drove her own, from her farm to all her destinations and home: what
everybody sees her saving against, before the rounds are driven (`docs/loads.md`) and after (`logistics.settling`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import numpy as np

from logistics import distances
from logistics.calls import PER_CRATE, PER_STOP
from logistics.distances import Matrix, Point
from logistics.models import Vehicle
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


STANDARD_VAN = Rates(per_day=12.0, per_km=0.30, per_hour=19.0, crates=40)


@dataclass
class Carried:
    """A producer on a day: where she is, and the crate equivalents she sent to each place."""

    producer: Producer
    rates: Rates
    start: Point
    brings: bool = False
    drops: Drops = field(default_factory=lambda: defaultdict(float))
    tariff: Decimal = Decimal(0)

    @property
    def crates(self) -> float:
        return sum(self.drops.values())

    def drive(self, drops: Drops, roads: Matrix | None = None) -> AloneCost:
        """Driving her goods herself, from her farm to these places and home; `roads` between the farm and them in turn."""
        return alone_cost(
            distances.matrix([self.start, *drops]) if roads is None else roads,
            start=0,
            sites=range(1, len(drops) + 1),
            fixed=self.rates.per_day,
            per_km=self.rates.per_km,
            per_hour=self.rates.per_hour,
            service=[round(PER_STOP + PER_CRATE * crates) for crates in drops.values()],
            loads=list(drops.values()),
            capacity=self.rates.crates,
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
    trips = [her.drive(her.drops, cut(roads, [row[her.start], *(row[at] for at in her.drops)])) for her in carried]
    return Alone(
        Decimal(str(round(sum(trip.km for trip in trips), 2))),
        euros(Decimal(str(sum(trip.euro for trip in trips)))),
    )


def cut(roads: Matrix, rows: list[int]) -> Matrix | None:
    """The roads between these rows; None when there is no road between some."""
    from_each = [[row] for row in rows]
    km, minutes = roads.km[from_each, rows], roads.minutes[from_each, rows]
    return Matrix(km=km, minutes=minutes) if np.isfinite(km).all() and np.isfinite(minutes).all() else None
