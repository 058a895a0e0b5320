"""
What a farmer who is not in a network would pay there, estimated at once from the last weeks it settled (`docs/what-if.md`).

Nothing is planned anew: her yard is put where it fits best into the rounds that were driven, at distances by formula, and the day
is shared once more with her. Where that would take too long, on days of many farms, she is taken to pay of each destination as her
crates weigh there, and of the collection in proportion to what it costs alone. The exact figure, planned and shared anew, is
`logistics.outsiders`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from logistics import distances, games
from logistics.alone import Rates, trip
from logistics.calls import PER_CRATE, PER_STOP
from logistics.distances import Matrix, Point
from logistics.lived import Destination, Lived
from logistics.models import Round, Vehicle
from logistics.routing import STORAGE_CLASSES
from logistics.routing.problem import whole_minutes

SMALL = 16
"""Farms up to which a day is shared once more within a second."""
HERS = -1
"""Her pk, who has no row."""
KG_PER_CRATE = 9

Crates = Mapping[str, int]
"""Per storage class."""


@dataclass(frozen=True)
class Wish:
    """What a farmer would send in a week: from where, how much, and to which destinations (keys; none: wherever rounds go)."""

    point: Point
    crates: Crates
    to: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.crates.values())


class Priced(NamedTuple):
    """
    Euro of one day: alone, together, what her coming saves in all, and what of that the other farms keep (less than nothing when
    she adds more than she pays). The rest, but for her own saving, makes the launch gap smaller.
    """

    alone: float
    together: float
    gain: float
    others: float


@dataclass(frozen=True)
class Estimate:
    """
    A week's crates sent on a weekday, in euro: the mean over the `days` looked at, and the lowest and highest she would have
    paid `together`. `reached` and `missed` are the destinations she named that are and are not served that day.
    """

    weekday: int
    days: list[str]
    alone: float
    together: float
    gain: float
    others: float
    lowest: float
    highest: float
    reached: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def saved(self) -> float:
        return self.alone - self.together

    @property
    def gap(self) -> float:
        """By how much the launch gap shrinks."""
        return self.gain - self.saved - self.others


def estimates(days: Iterable[Lived], wish: Wish, rates: Rates) -> list[Estimate]:
    """By weekday of these days on which a destination of hers is served; `rates` are those of the van she would drive alone."""
    by_weekday: dict[int, list[Lived]] = defaultdict(list)
    for day in days:
        by_weekday[day.on.weekday()].append(day)
    return [
        found
        for weekday, days in sorted(by_weekday.items())
        if (found := _of_weekday(weekday, days, wish, rates)) is not None
    ]


def best(found: Iterable[Estimate]) -> Estimate | None:
    """
    The day to join: of those that reach most of what she named, one on which all together gain, and of these the cheapest for
    her; the first of equals.
    """
    return min(
        found, key=lambda one: (len(one.missed), one.gain <= 0, round(one.together, 2), one.weekday), default=None
    )


def _of_weekday(weekday: int, days: list[Lived], wish: Wish, rates: Rates) -> Estimate | None:
    reached = {one.key for day in days for one in day.destinations if not wish.to or one.key in wish.to}
    found = [priced for day in days if (priced := priced_on(day, wish, rates)) is not None]
    if not found:
        return None
    together = [one.together for one in found]
    return Estimate(
        weekday=weekday,
        days=[day.on.isoformat() for day in days],
        alone=sum(one.alone for one in found) / len(found),
        together=sum(together) / len(found),
        gain=sum(one.gain for one in found) / len(found),
        others=sum(one.others for one in found) / len(found),
        lowest=min(together),
        highest=max(together),
        reached=sorted(reached) if wish.to else [],
        missed=sorted(set(wish.to) - reached),
    )


def priced_on(day: Lived, wish: Wish, rates: Rates) -> Priced | None:
    """What a day would have cost with her; None when it goes nowhere she goes."""
    sent = _sent(day, wish)
    if not sent:
        return None
    points = [wish.point, day.hub, *(one.point for one, _part in sent), *(at for ride in day.rides for at in ride.path)]
    spots = list(dict.fromkeys(points))
    roads, row = distances.matrix(spots), {point: number for number, point in enumerate(spots)}
    yard, hub = row[wish.point], row[day.hub]
    loads: dict[int, float] = defaultdict(float)
    for one, part in sent:
        loads[row[one.point]] += part * wish.total
    alone = trip(rates, roads, yard, loads).euro
    out: set[int] = set()
    calling = _collected(day, wish, roads, row, out)
    carried = [_delivered(day, wish, one, part, roads, row, out) for one, part in sent]
    gain = alone - calling - sum(carried)
    if len(day.inputs["producers"]) < SMALL:
        shared = games.share(_inputs(day, wish, rates, sent, calling, sum(carried)))
        bills = {pk: (bill.share + bill.own) / 100 for pk, bill in shared.bills.items()}
        return Priced(alone, min(alone, bills.pop(HERS)), gain, day.paid - sum(bills.values()))
    to_hub = trip(rates, roads, yard, {hub: float(wish.total)}).euro
    share = to_hub * (day.collection + calling) / (day.to_hub + to_hub) if day.to_hub + to_hub else 0.0
    for (one, part), more in zip(sent, carried, strict=True):
        hers = part * sum(number * day.inputs["weights"][name] for name, number in wish.crates.items())
        share += (one.price + more) * hers / (one.weight + hers)
    saved = alone - min(alone, share)
    return Priced(alone, min(alone, share), gain, gain - saved - min(day.uncovered, max(0.0, gain - saved)))


def _inputs(
    day: Lived, wish: Wish, rates: Rates, sent: Sequence[tuple[Destination, float]], calling: float, carrying: float
) -> dict[str, Any]:
    """What the day was shared from (`facts.inputs_of`), with her in it, and the rounds as much dearer as she makes them."""
    was = day.inputs
    places = [*was["places"], list(wish.point)]
    roads = distances.matrix([(lat, lon) for lat, lon in places])
    minutes = whole_minutes(roads)
    full = sum(sum(row["crates"].values()) for row in was["crates"])
    value = sum(row["value"] for row in was["crates"]) / full if full else 0.0
    return {
        **was,
        "places": places,
        "km": _wider(was["km"], np.round(roads.km, 2).tolist()),
        "minutes": _wider(was["minutes"], minutes.tolist()),
        "rounds": [
            *was["rounds"],
            {"leg": "collection", "shared": round(100 * calling)},
            {"leg": "distribution", "shared": round(100 * carrying)},
        ],
        "producers": [
            *was["producers"],
            {
                "id": HERS,
                "at": len(places) - 1,
                "brings": False,
                "opens": min(her["opens"] for her in was["producers"]),
                "latest": max(her["latest"] for her in was["producers"]),
                "rates": asdict(rates),
            },
        ],
        "crates": [
            *was["crates"],
            *(
                {
                    "producer": HERS,
                    "delivery": one.delivery,
                    "straight": False,
                    "crates": dict.fromkeys(STORAGE_CLASSES, 0.0)
                    | {name: number * part for name, number in wish.crates.items()},
                    "kg": KG_PER_CRATE * part * wish.total,
                    "value": value * part * wish.total,
                }
                for one, part in sent
            ),
        ],
    }


def _wider(known: list[list[float]], formula: list[list[float]]) -> list[list[float]]:
    """A table with one place more, of which only the formula knows."""
    return [[*row, last[-1]] for row, last in zip(known, formula, strict=False)] + [formula[-1]]


def _sent(day: Lived, wish: Wish) -> list[tuple[Destination, float]]:
    """Which part of her crates goes where: over what she named and is served, as the day's crates are spread."""
    chosen = [one for one in day.destinations if not wish.to or one.key in wish.to]
    whole = sum(one.crates for one in chosen)
    return [(one, one.crates / whole) for one in chosen if one.crates]


def _collected(day: Lived, wish: Wish, roads: Matrix, row: Mapping[Point, int], out: set[int]) -> float:
    """Euro of calling at her yard: the cheapest detour of a round with room and time, else a van that comes for her alone."""
    service = ceil(PER_STOP + PER_CRATE * wish.total)
    yard = row[wish.point]
    ways = [
        _legs(ride.vehicle, roads, [(start, yard), (yard, end)], service)
        - _legs(ride.vehicle, roads, [(start, end)], 0)
        + float(ride.vehicle.per_stop)
        for ride in day.rides
        if ride.leg == Round.Leg.COLLECTION and ride.holds(wish.crates)
        for start, end in pairwise(row[point] for point in ride.path)
        if _minutes(roads, [(start, yard), (yard, end)], service) - _minutes(roads, [(start, end)], 0) <= ride.slack
    ]
    return min(ways) if ways else _apart(day, Round.Leg.COLLECTION, wish.crates, roads, row[day.hub], yard, out)


def _delivered(
    day: Lived, wish: Wish, there: Destination, part: float, roads: Matrix, row: Mapping[Point, int], out: set[int]
) -> float:
    """Euro of a part of her crates on the rounds from the hub: carrying them in, or, when they are full, a van for her alone."""
    crates = {name: number * part for name, number in wish.crates.items()}
    served = [ride for ride in day.rides if there.key in ride.calls_at and ride.holds(crates)]
    if not served:
        return _apart(day, Round.Leg.DISTRIBUTION, crates, roads, row[day.hub], row[there.point], out)
    return min(float(ride.vehicle.per_hour) for ride in served) * PER_CRATE * part * wish.total / 60


def _apart(
    day: Lived, leg: str, crates: Mapping[str, float], roads: Matrix, hub: int, there: int, out: set[int]
) -> float:
    """
    From the hub and back for her alone, as often as it takes, with the vehicle that does it cheapest: one that drives that day
    and has the time, or one that stood idle, at its price of the day, as when a van is hired. That is paid once: who is sent
    `out` is added there.
    """
    cost: dict[int, float] = {}
    for vehicle in {one.pk: one for one in (*(ride.vehicle for ride in day.rides), *day.idle)}.values():
        room = {name: getattr(vehicle, name) for name, number in crates.items() if number}
        if not all(room.values()):
            continue
        trips = max(ceil(sum(crates.values()) / vehicle.crates), *(ceil(crates[name] / room[name]) for name in room))
        service = ceil(PER_STOP * trips + PER_CRATE * sum(crates.values()))
        legs = [(hub, there), (there, hub)] * trips
        driven = [ride for ride in day.rides if ride.vehicle.pk == vehicle.pk]
        if any(ride.leg == leg and ride.slack < _minutes(roads, legs, service) for ride in driven):
            continue
        hire = 0.0 if driven or vehicle.pk in out else float(vehicle.per_day)
        cost[vehicle.pk] = hire + _legs(vehicle, roads, legs, service) + float(vehicle.per_stop) * trips
    if not cost:
        return 0.0
    cheapest = min(cost, key=lambda pk: cost[pk])
    out.add(cheapest)
    return cost[cheapest]


def _legs(vehicle: Vehicle, roads: Matrix, legs: list[tuple[int, int]], service: int) -> float:
    km = sum(float(roads.km[leg]) for leg in legs)
    return float(vehicle.per_km) * km + float(vehicle.per_hour) * _minutes(roads, legs, service) / 60


def _minutes(roads: Matrix, legs: list[tuple[int, int]], service: int) -> float:
    return sum(float(roads.minutes[leg]) for leg in legs) + service
