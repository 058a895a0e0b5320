"""
The last settled days of a network, as far as a newcomer's bill needs them: the rounds with what was on board, where goods went
and what each place cost, and what the day was shared from.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Any

from django.db.models import Count, F, Sum

from logistics import calls
from logistics.distances import Point
from logistics.models import CostGame, CostRun, Crate, Round, Stop, Vehicle
from logistics.routing import STORAGE_CLASSES
from network import clock
from network.models import Delivery, Network

WEEKS = 8
"""How far back days are looked at."""
SAMPLES, MOST = 2, 6
"""How many of the last days of each weekday are looked at, and of all weekdays together; but at least one of each."""


@dataclass(frozen=True)
class Ride:
    """
    A round as it was driven: its way, past which destinations, and what was on board at its fullest end. `slack` is how many
    minutes longer it might have taken: goods had to be at the hub in time to be sorted, and drivers have their hours.
    """

    leg: str
    vehicle: Vehicle
    path: tuple[Point, ...]
    calls_at: frozenset[str]
    load: Mapping[str, int]
    slack: float = inf

    def holds(self, more: Mapping[str, float]) -> bool:
        """Whether so many crates more fit."""
        classes = all(
            self.load.get(name, 0) + more.get(name, 0) <= getattr(self.vehicle, name) for name in STORAGE_CLASSES
        )
        return classes and sum(self.load.values()) + sum(more.values()) <= self.vehicle.crates


@dataclass(frozen=True)
class Destination:
    """
    A point, outlet or household, `key` such as "point 3". Of a day: its delivery (pk), its crate equivalents, what they weigh in its price
    (tariffs of their storage classes), and that price in euro: its share of the distribution.
    """

    key: str
    name: str
    point: Point
    crates: float = 0.0
    weight: float = 0.0
    price: float = 0.0
    delivery: int = 0


@dataclass(frozen=True)
class Lived:
    """
    A settled day, and the `inputs` it was shared from. In euro: what all farms paid together, the price of the `collection`,
    what going alone to the hub would have cost all who were collected (`to_hub`), and what nobody was charged (`uncovered`).
    `idle` are the vehicles of the network that could have been sent out that day, hired ones too.
    """

    on: date
    hub: Point
    paid: float
    collection: float
    to_hub: float
    uncovered: float
    inputs: Mapping[str, Any]
    rides: tuple[Ride, ...]
    destinations: tuple[Destination, ...]
    idle: tuple[Vehicle, ...] = ()


def days(network: Network) -> list[Lived]:
    """The last SAMPLES settled days of each weekday of a network, within WEEKS weeks, newest first; eight queries."""
    runs = list(_settled(network))
    pks = [run["day"] for run in runs]
    rides, deliveries = _rides(pks), _deliveries(pks)
    fleet = list(network.vehicles.filter(archived_at=None).order_by("pk"))
    prices: dict[int, dict[str, int]] = {}
    collections: dict[int, tuple[float, float]] = {}
    played = CostGame.objects.filter(cost_run__in=[run["pk"] for run in runs]).order_by()
    for run, kind, euro, alone, cents in played.values_list(
        "cost_run", "kind", "inputs__euro", "inputs__alone", "result__cents"
    ):
        if kind == CostGame.Kind.DISTRIBUTION:
            prices[run] = cents
        elif kind == CostGame.Kind.COLLECTION:
            collections[run] = float(euro), float(sum(alone))
    return [
        Lived(
            on=run["on"],
            hub=network.hub.point,
            collection=collections.get(run["pk"], (0.0, 0.0))[0],
            to_hub=collections.get(run["pk"], (0.0, 0.0))[1],
            paid=float(run["paid"]),
            uncovered=float(run["launch_gap"]),
            inputs=run["inputs"],
            rides=tuple(rides.get(run["day"], ())),
            destinations=tuple(_destinations(run, deliveries, prices.get(run["pk"], {}))),
            idle=tuple(_idle(run["on"], fleet, rides.get(run["day"], ()))),
        )
        for run in runs
    ]


def _settled(network: Network) -> Iterator[dict[str, Any]]:
    seen: dict[int, int] = defaultdict(int)
    rows = CostRun.objects.current().filter(
        delivery_day__cycle__network=network, delivery_day__on__gte=clock.today() - timedelta(weeks=WEEKS)
    )
    runs = list(rows.order_by("-delivery_day__on", "pk").values_list("pk", "delivery_day__on"))
    samples = max(1, min(SAMPLES, MOST // max(1, len({on.weekday() for _pk, on in runs}))))
    latest: list[int] = []
    for pk, on in runs:
        seen[on.weekday()] += 1
        if seen[on.weekday()] <= samples:
            latest.append(pk)
    found: Any = CostRun.objects.filter(pk__in=latest).annotate(paid=Sum(F("shares__share") + F("shares__own")))
    yield from found.order_by("-delivery_day__on", "pk").values(
        "pk", "launch_gap", "inputs", "paid", day=F("delivery_day"), on=F("delivery_day__on")
    )


def _rides(days: list[int]) -> dict[int, list[Ride]]:
    paths: dict[int, list[Point]] = defaultdict(list)
    keys: dict[int, set[str]] = defaultdict(set)
    stops = Stop.objects.filter(round__delivery_day__in=days).select_related("place", "delivery")
    for stop in stops.order_by("round", "position"):
        paths[stop.round_id].append(stop.place.point)
        if stop.delivery:
            keys[stop.round_id].add(key_of(stop.delivery))
    loads: dict[int, dict[str, int]] = defaultdict(dict)
    on_board = Crate.objects.filter(delivery_day__in=days, stop__isnull=False).exclude(status=Crate.Status.MISSING)
    for ride, storage_class, number in (
        on_board.order_by().values_list("stop__round", "storage_class").annotate(Count("pk"))
    ):
        loads[ride][storage_class] = number
    found: dict[int, list[Ride]] = defaultdict(list)
    slacks = dict[int, float]()
    rounds = Round.objects.filter(delivery_day__in=days).select_related(
        "vehicle__depot", "vehicle__returns_to", "delivery_day__cycle__network__hub"
    )
    by_day: dict[int, list[Round]] = defaultdict(list)
    for one in rounds.order_by("delivery_day", "number"):
        by_day[one.delivery_day_id].append(one)
    for its in by_day.values():
        slacks |= _slacks(its)
    for one in (one for its in by_day.values() for one in its):
        start, end = calls.ends(one.vehicle, one.leg, one.delivery_day.network.hub)
        path = (start.point, *paths[one.pk], end.point)
        found[one.delivery_day_id].append(
            Ride(one.leg, one.vehicle, path, frozenset(keys[one.pk]), loads.get(one.pk, {}), slacks[one.pk])
        )
    return found


def _slacks(rounds: Sequence[Round]) -> dict[int, float]:
    """Minutes by which each round of a day might have begun earlier or ended later, as planned, the others being as they were."""
    day = rounds[0].delivery_day
    times = {one.pk: (clock.minutes_of(one.starts_at, day.on), clock.minutes_of(one.ends_at, day.on)) for one in rounds}
    collected = [times[one.pk][1] for one in rounds if one.leg == Round.Leg.COLLECTION]
    leaving = [times[one.pk][0] for one in rounds if one.leg == Round.Leg.DISTRIBUTION]
    sorted_at = max(collected, default=-calls.CROSS_DOCK) + calls.CROSS_DOCK
    hub_by = max(sorted_at, min(leaving, default=sorted_at)) - calls.CROSS_DOCK
    found = {}
    for one in rounds:
        starts, ends = times[one.pk]
        vehicle = one.vehicle
        first, last = (moment.hour * 60 + moment.minute for moment in (vehicle.available_from, vehicle.available_until))
        if one.leg == Round.Leg.COLLECTION:
            last = min(last, hub_by)
        elif one.leg == Round.Leg.DISTRIBUTION:
            first = max(first, sorted_at)
        longer = max(0, starts - first) + max(0, last - ends)
        found[one.pk] = float(min(longer, max(0, vehicle.longest_minutes - (ends - starts))))
    return found


def _idle(on: date, fleet: Iterable[Vehicle], rides: Iterable[Ride]) -> Iterator[Vehicle]:
    driving = {ride.vehicle.pk for ride in rides}
    return (one for one in fleet if on.weekday() in one.weekdays and one.pk not in driving)


def _deliveries(days: list[int]) -> dict[int, Delivery]:
    found = Delivery.objects.filter(delivery_day__in=days).select_related("place", "pickup_point", "outlet")
    return {one.pk: one for one in found.order_by("pk")}


def _destinations(
    run: Mapping[str, Any], deliveries: Mapping[int, Delivery], cents: Mapping[str, int]
) -> Iterator[Destination]:
    crates: dict[int, float] = defaultdict(float)
    weight: dict[int, float] = defaultdict(float)
    weights = run["inputs"]["weights"]
    for row in run["inputs"]["crates"]:
        crates[row["delivery"]] += sum(row["crates"].values())
        if not row["straight"]:
            weight[row["delivery"]] += sum(many * weights[name] for name, many in row["crates"].items())
    for pk, one in deliveries.items():
        if crates.get(pk):
            price = cents.get(str(pk), 0) / 100
            yield Destination(key_of(one), name_of(one), one.place.point, crates[pk], weight[pk], price, pk)


def key_of(delivery: Delivery) -> str:
    if delivery.home_id:
        return f"home {delivery.home_id}"
    return f"point {delivery.pickup_point_id}" if delivery.pickup_point_id else f"outlet {delivery.outlet_id}"


def name_of(delivery: Delivery) -> str:
    """A pickup point by name; an outlet, whose name is its own, by what it is and where."""
    if not delivery.outlet:
        return str(delivery.destination)
    return f"{delivery.outlet.get_kind_display()}, {delivery.place.municipality}"


def destinations(of: Iterable[Lived]) -> list[Destination]:
    """Where rounds of these days went and anybody may send goods: not to households. Each once, points first."""
    found = {
        one.key: Destination(one.key, one.name, one.point)
        for day in of
        for one in day.destinations
        if not one.key.startswith("home")
    }
    return sorted(found.values(), key=lambda one: (one.key.split()[0] != "point", one.name, one.key))
