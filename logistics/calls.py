"""
Where the vans of a day must call: at the farms whose goods are collected, then at the deliveries, with which crates and
within which window. Times are minutes of the day as the Brussels clock shows them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from logistics import fleet, loading
from logistics.models import Crate
from logistics.routing import Load, Van
from network import clock
from network.models import Delivery, DeliveryDay, Place
from producers.models import Producer

CROSS_DOCK = 60
"""Minutes between the last collected crate at the hub and the first van that leaves with sorted ones."""
EARLY_AT_POINT = 180
"""Minutes before it opens from which a pickup point can be supplied; the goods must stand there when it opens."""
PER_STOP, PER_CRATE = 5, 0.5
"""Minutes at a stop, and for each crate."""
MOST_VISITS = 3
"""Into how many visits the crates of a farm or delivery may be split when no van holds them at once."""


@dataclass(frozen=True)
class Call:
    """
    A farm or a delivery to call at, its crates, and the minutes from and until which service may start. What no van holds
    at once is called at several times: each visit is a call.
    """

    key: str
    place: Place | None
    crates: list[Crate]
    opens: int
    closes: int
    producer_id: int | None = None
    delivery_id: int | None = None

    @property
    def load(self) -> Load:
        return loading.load_of(self.crates)

    @property
    def service(self) -> int:
        return ceil(PER_STOP + PER_CRATE * len(self.crates))


def collections(day: DeliveryDay) -> tuple[list[Call], list[Crate]]:
    """The farms to call at, and the crates of those who bring their goods to the hub."""
    crates = loading.collection_crates(day)
    farms = Producer.objects.filter(pk__in=crates).select_related("organisation__place").order_by("pk")
    transports = fleet.transports(farms, day)
    collected = [farm for farm in farms if transports[farm.pk] != Producer.Transport.BRINGS]
    brought = [crate for farm in farms if transports[farm.pk] == Producer.Transport.BRINGS for crate in crates[farm.pk]]
    calls = [
        Call(
            key=f"farm {farm.pk}",
            place=farm.organisation.place,
            crates=crates[farm.pk],
            opens=farm.opens.hour * 60 + farm.opens.minute,
            closes=farm.closes.hour * 60 + farm.closes.minute,
            producer_id=farm.pk,
        )
        for farm in collected
    ]
    return calls, brought


def distributions(day: DeliveryDay) -> list[Call]:
    crates = loading.distribution_crates(day)
    calls = []
    for delivery in Delivery.objects.filter(pk__in=crates).select_related("place").order_by("pk"):
        opens, closes = clock.minutes_of(delivery.starts_at, day.on), clock.minutes_of(delivery.ends_at, day.on)
        call = Call(
            f"delivery {delivery.pk}", delivery.place, crates[delivery.pk], opens, closes, delivery_id=delivery.pk
        )
        if delivery.pickup_point_id:
            call = replace(call, opens=opens - EARLY_AT_POINT, closes=opens - call.service)
        calls.append(call)
    return calls


def visits(calls: Iterable[Call], vans: Sequence[Van]) -> list[Call]:
    """The calls, those that no van could do at once split over a few visits. What cannot be split that way stays whole."""
    found: list[Call] = []
    for call in calls:
        parts: list[list[Crate]] = [[]]
        if _held(call.crates, vans):
            found.append(call)
            continue
        for crate in call.crates:
            if parts[-1] and not _held([*parts[-1], crate], vans):
                parts.append([])
            parts[-1].append(crate)
        if len(parts) > MOST_VISITS or not all(_held(part, vans) for part in parts):
            parts = [call.crates]
        found += [replace(call, key=f"{call.key} {number}", crates=part) for number, part in enumerate(parts, 1)]
    return found


def _held(crates: Sequence[Crate], vans: Sequence[Van]) -> bool:
    load = loading.load_of(crates)
    return any(
        all(wanted <= room for wanted, room in zip(load.crates, van.capacity, strict=True))
        and load.total <= van.total_crates
        and load.kg <= van.kg
        for van in vans
    )
