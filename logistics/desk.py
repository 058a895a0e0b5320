"""The coordinator's desk: weeks and days at a glance, in a fixed number of queries however many orders there are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Prefetch, Sum
from django.db.models.functions import Round as Rounded
from django.urls import reverse

from logistics.models import Crate, Round, Stop
from network.models import Delivery, DeliveryDay, Place
from network.quantities import StorageClass
from orders.models import Order, OrderLine
from producers.models import Producer

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
class Call:
    stop: Stop
    tally: Tally


@dataclass(frozen=True)
class Ride:
    """A round with its stops and loads."""

    round: Round
    calls: list[Call]
    tally: Tally

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
        return next((call for call in self.calls if not call.stop.done_at), None)


@dataclass(frozen=True)
class Loose:
    """Crates of a farm or a delivery that no round takes: brought to the hub, or not planned (then with the reason)."""

    name: str
    producer_id: int | None
    delivery_id: int | None
    reason: str
    tally: Tally

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


def loose(day: DeliveryDay, counted: dict[Where, Tally]) -> list[Loose]:
    """What the coordinator sees to herself, the unplanned first; at most three queries."""
    reasons = {
        (row.producer_id, row.delivery_id): str(row.get_reason_display()) for row in day.unplanned.order_by("pk")
    }
    without = {(producer, delivery): tally for (stop, producer, delivery), tally in counted.items() if stop is None}
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
        path = [hub.point]
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
        lines.append({"points": [*path, hub.point], "number": ride.round.number, "label": str(ride.round)})
    return {"markers": markers, "lines": lines}
