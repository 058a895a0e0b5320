"""The coordinator's desk: weeks and days at a glance, in a fixed number of queries however many orders there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Prefetch, Q, Sum
from django.db.models.functions import Round as Rounded
from django.urls import reverse

from logistics import calls, roads
from logistics.drafts import Box, Draft
from logistics.flaws import Flaw
from logistics.models import Crate, PlanVersion, Round, RoundChange, Stop
from network.models import Delivery, DeliveryDay, Place
from network.quantities import StorageClass
from orders.models import Order, OrderLine
from producers.models import Producer

HEIGHT, STEP = 40, 20
"""Of the picture of a load: its height, and the width between two stops."""

VAN_CO2 = 230
"""Grams a km of the van with which a farmer drives alone."""

Where = tuple[int | None, int | None, int | None]
"""Stop, producer and delivery of a crate."""


@dataclass
class Tally:
    """Crates and kg, and how many of them have changed hands or are missing."""

    crates: int = 0
    checked: int = 0
    missing: int = 0
    kg: Decimal = Decimal(0)
    per_class: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, storage_class: str, status: str, crates: int, kg: Decimal) -> None:
        self.crates += crates
        self.kg += kg
        self.per_class[storage_class] += crates
        self.missing += crates if status == Crate.Status.MISSING else 0
        self.checked += crates if status in (Crate.Status.LOADED, Crate.Status.DELIVERED) else 0

    @property
    def waiting(self) -> int:
        return self.crates - self.checked - self.missing

    @property
    def done(self) -> bool:
        return not self.waiting

    @property
    def classes(self) -> list[tuple[str, int]]:
        """Storage class (in the reader's language) and crates, of those there are."""
        return [(str(label), self.per_class[value]) for value, label in StorageClass.choices if self.per_class[value]]


@dataclass(frozen=True)
class Room:
    """What a round carries of something against what its vehicle can."""

    label: str
    used: int
    most: int

    @property
    def full(self) -> bool:
        return self.used >= self.most


@dataclass(frozen=True)
class Picture:
    """The load over a route as areas (storage class, its name, path); `limit` is the height of the `most` the van holds."""

    width: int
    areas: list[tuple[str, str, str]]
    limit: float
    most: int


@dataclass(frozen=True)
class Call:
    """A stop with its crates; on the desk also what is on board afterwards and what is wrong."""

    stop: Stop
    tally: Tally
    on_board: Mapping[str, Decimal] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def carries(self) -> list[tuple[str, int]]:
        """Storage class (in the reader's language) and crates on board after this stop, of those there are."""
        return [
            (str(label), int(self.on_board[value])) for value, label in StorageClass.choices if self.on_board.get(value)
        ]


@dataclass(frozen=True)
class Ride:
    """
    A round with its stops and loads; on the desk also its flaws, the picture of its load, and how many changes there are since
    it was published, of which its driver has not acknowledged so many (`unseen`).
    """

    round: Round
    calls: list[Call]
    tally: Tally
    flaws: list[Flaw] = field(default_factory=list)
    picture: Picture | None = None
    changes: int = 0
    unseen: int = 0

    @property
    def rooms(self) -> list[Room]:
        vehicle = self.round.vehicle
        rows = [
            Room(str(label), self.tally.per_class[value], getattr(vehicle, value))
            for value, label in StorageClass.choices
            if self.tally.per_class[value]
        ]
        return [*rows, Room("kg", int(self.tally.kg.to_integral_value()), vehicle.kg)]

    @property
    def next_call(self) -> Call | None:
        """The first stop where she has not been, as far as is known."""
        return next((call for call in self.calls if not (call.stop.done_at or call.stop.left_at)), None)

    @property
    def can_change(self) -> bool:
        return self.round.status == Round.Status.PLANNED and not self.round.locked


@dataclass(frozen=True)
class Loose:
    """Crates of a farm or a delivery that no round takes: brought to the hub, or not planned (then with the reason)."""

    name: str
    producer_id: int | None
    delivery_id: int | None
    reason: str
    tally: Tally

    @property
    def key(self) -> str:
        """As buttons of the page name it."""
        return f"farm-{self.producer_id}" if self.producer_id else f"delivery-{self.delivery_id}"

    @property
    def leg(self) -> str:
        return Round.Leg.COLLECTION if self.producer_id else Round.Leg.DISTRIBUTION

    @property
    def is_brought(self) -> bool:
        """A farmer's own choice, where everything else waits for the coordinator."""
        return not self.reason


def tallies(crates: Any) -> dict[Where, Tally]:
    """The crates of a queryset counted by stop, producer and delivery; one query."""
    counted: dict[Where, Tally] = defaultdict(Tally)
    rows = crates.order_by().values_list("stop", "producer", "delivery", "storage_class", "status")
    for stop, producer, delivery, storage_class, status, number, kg in rows.annotate(Count("pk"), Sum("kg")):
        counted[stop, producer, delivery].add(storage_class, status, number, kg)
    return counted


def rides(rounds: Iterable[Round], counted: dict[Where, Tally]) -> list[Ride]:
    """The rounds, each with `stops` prefetched by `with_stops`, and their loads."""
    found = []
    for round_ in rounds:
        calls, whole = [], Tally()
        for stop in round_.stops.all():
            tally = counted.get((stop.pk, stop.producer_id, stop.delivery_id), Tally())
            calls.append(Call(stop, tally))
            whole.crates += tally.crates
            whole.checked += tally.checked
            whole.missing += tally.missing
            whole.kg += tally.kg
            for storage_class, number in tally.per_class.items():
                whole.per_class[storage_class] += number
        found.append(Ride(round_, calls, whole))
    return found


def with_stops() -> "Prefetch[Any]":
    """For `prefetch_related` of rounds: their stops in order, with all that is shown of them."""
    stops = Stop.objects.select_related(
        "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place"
    )
    return Prefetch("stops", stops.order_by("position"))


def rides_of(draft: Draft, wrong: Iterable[Flaw] = ()) -> list[Ride]:
    """The rounds of a day as the desk shows them; one query for what drivers saw of changes."""
    flaws: dict[tuple[int, int | None], list[Flaw]] = defaultdict(list)
    for flaw in wrong:
        flaws[flaw.round, flaw.stop].append(flaw)
    changes = RoundChange.objects.filter(round__delivery_day=draft.day).order_by().values_list("round")
    told = {pk: many for pk, *many in changes.annotate(Count("pk"), unseen=Count("pk", Q(acknowledged_at=None)))}
    found = []
    for trip in draft.trips:
        loads = trip.on_board()
        calls = [
            Call(visit.stop, tally_of([*visit.boxes, *visit.dropped]), load, flaws[trip.round.number, visit.stop.pk])
            for visit, load in zip(trip.visits, loads[1:], strict=True)
        ]
        found.append(
            Ride(
                trip.round,
                calls,
                tally_of(trip.boxes),
                flaws[trip.round.number, None],
                pictured(loads, trip.round.vehicle.crates),
                *told.get(trip.round.pk, ()),
            )
        )
    return found


def totals(found: list[Ride], version: PlanVersion | None) -> dict[str, Any]:
    """Km, euro and kg CO2 of the day, and what is saved when everybody would have driven alone, where that is known."""
    sums: dict[str, Any] = {
        "km": sum(ride.round.km for ride in found),
        "cost": sum(ride.round.cost for ride in found),
        "co2_kg": sum(ride.round.co2_kg for ride in found),
        "roads": roads.said(version.roads) if version else "",
    }
    if version and version.alone_km is not None and version.alone_cost is not None:
        alone = {"km": version.alone_km, "cost": version.alone_cost, "co2_kg": version.alone_km * VAN_CO2 / 1000}
        sums["alone"] = alone
        sums["saved"] = {name: alone[name] - sums[name] for name in alone}
    return sums


def tally_of(boxes: Iterable[Box]) -> Tally:
    counted = Tally()
    for box in boxes:
        counted.add(box.storage_class, box.status, 1, box.kg)
    return counted


def pictured(loads: list[dict[str, Decimal]], most: int) -> Picture:
    """Crates on board over the route, storage class upon storage class; the height is what the vehicle holds, or more."""
    top = max(most, *(int(load["crates"]) for load in loads), 1)
    scale = HEIGHT / top
    areas, below = [], [Decimal(0)] * len(loads)
    for value, label in StorageClass.choices:
        above = [low + load[value] for low, load in zip(below, loads, strict=True)]
        if above != below:
            areas.append((value, str(label), _steps(above, below, scale)))
        below = above
    return Picture(width=len(loads) * STEP, areas=areas, limit=round(HEIGHT - most * scale, 1), most=most)


def _steps(above: list[Decimal], below: list[Decimal], scale: float) -> str:
    """The path of an area with a step at every stop, from left to right along its top and back along its bottom."""

    def height(crates: Decimal) -> float:
        return round(HEIGHT - float(crates) * scale, 1)

    there = [f"H{number * STEP}V{height(crates)}" for number, crates in enumerate(above)]
    back = [f"V{height(crates)}H{number * STEP}" for number, crates in reversed(list(enumerate(below)))]
    return f"M0 {height(below[0])}{''.join(there)}H{len(above) * STEP}{''.join(back)}Z"


def loose(draft: Draft) -> list[Loose]:
    """What the coordinator sees to herself, the unplanned first; at most two queries."""
    reasons = {(row.producer_id, row.delivery_id): str(row.get_reason_display()) for row in draft.unplanned}
    without: dict[tuple[int | None, int | None], Tally] = defaultdict(Tally)
    for box in draft.loose:
        without[box.producer, box.delivery].add(box.storage_class, box.status, 1, box.kg)
    farms = Producer.objects.select_related("organisation").in_bulk([p for p, _ in without if p])
    deliveries = Delivery.objects.select_related("pickup_point", "outlet__organisation").in_bulk(
        [d for _, d in without if d]
    )
    found = []
    for (producer, delivery), tally in without.items():
        name = str(farms[producer]) if producer else str(deliveries[delivery].destination)  # type: ignore[index]
        found.append(Loose(name, producer, delivery, reasons.get((producer, delivery), ""), tally))
    return sorted(found, key=lambda one: (not one.reason, one.producer_id is None, one.name))


def order_counts(days: Iterable[DeliveryDay]) -> dict[int, int]:
    """Orders that will be or were delivered, by delivery day pk."""
    orders = Order.objects.confirmed().filter(delivery__delivery_day__in=[day.pk for day in days])
    return dict(orders.order_by().values_list("delivery__delivery_day").annotate(Count("pk")))


def ordered_value(days: Iterable[DeliveryDay]) -> dict[int, Decimal]:
    """What confirmed orders come to, VAT included, by delivery day pk; lines rounded as they will be billed."""
    lines = OrderLine.objects.filter(
        order__in=Order.objects.confirmed(), order__delivery__delivery_day__in=[day.pk for day in days]
    )
    totals = lines.order_by().values_list("order__delivery__delivery_day")
    return dict(totals.annotate(value=Sum(Rounded(F("confirmed") * F("gross"), precision=2))))


def drawn(found: Iterable[Ride], hub: Place, name: str) -> dict[str, Any]:
    """Markers and lines of rounds for the map; a line has the colour of its round's number."""
    markers: list[dict[str, Any]] = [{"lat": hub.lat, "lon": hub.lon, "kind": "hub", "label": name}]
    lines = []
    for ride in found:
        start, end = calls.ends(ride.round.vehicle, ride.round.leg, hub)
        path = [start.point]
        for call in ride.calls:
            stop = call.stop
            path.append(stop.place.point)
            kind = (
                "farm" if stop.producer_id else "point" if stop.delivery and stop.delivery.pickup_point_id else "outlet"
            )
            markers.append(
                {
                    "lat": stop.place.lat,
                    "lon": stop.place.lon,
                    "kind": kind,
                    "number": stop.position,
                    "label": f"{stop} ({ride.round})",
                    "url": reverse("logistics:stop", args=[ride.round.pk, stop.position]),
                }
            )
        lines.append({"points": [*path, end.point], "number": ride.round.number, "label": str(ride.round)})
    return {"markers": markers, "lines": lines}
