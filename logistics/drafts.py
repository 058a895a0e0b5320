"""
The plan of a day in memory: rounds, their stops and crates. The desk shows it, changes it, re-times it and looks for flaws
in it; only `logistics.edits` writes it back. Four queries, however many orders there are.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, NamedTuple

from django.db.models import Prefetch

from logistics.calls import EARLY_AT_POINT, PER_CRATE, PER_STOP
from logistics.models import Crate, Round, Stop, Unplanned, Vehicle
from network import clock
from network.models import DeliveryDay
from network.quantities import StorageClass

CLASSES = tuple(StorageClass.values)


class Box(NamedTuple):
    """What the desk needs to know of a crate."""

    pk: int
    stop: int | None
    dropped_at: int | None
    leg: str
    producer: int | None
    delivery: int | None
    letter: str
    storage_class: str
    kg: Decimal
    status: str

    @property
    def name(self) -> str:
        """Its letter, which with farm and delivery tells it apart within its leg, also after packing again."""
        return f"{self.producer}-{self.delivery}-{self.letter}" if self.leg == Round.Leg.DIRECT else self.letter


@dataclass
class Visit:
    """A stop, the crates it is there for, and those from a farm that are put down there (on the direct leg)."""

    stop: Stop
    boxes: list[Box] = field(default_factory=list)
    dropped: list[Box] = field(default_factory=list)

    @property
    def where(self) -> tuple[int | None, int | None]:
        return self.stop.producer_id, self.stop.delivery_id

    @property
    def service(self) -> int:
        """Minutes it takes."""
        return ceil(PER_STOP + PER_CRATE * (len(self.boxes) + len(self.dropped)))

    def window(self, day: DeliveryDay, vehicle: Vehicle) -> tuple[int, int]:
        """From and until which minute of the day service may start. Who drives loads her own goods whenever she likes."""
        farm = self.stop.producer
        if farm:
            opens, closes = farm.opens, farm.closes
            if vehicle.owner_id == farm.organisation_id:
                opens, closes = vehicle.available_from, vehicle.available_until
            return opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute
        delivery = self.stop.delivery
        assert delivery
        starts, ends = clock.minutes_of(delivery.starts_at, day.on), clock.minutes_of(delivery.ends_at, day.on)
        return (starts - EARLY_AT_POINT, starts - self.service) if delivery.pickup_point_id else (starts, ends)


@dataclass(eq=False)
class Trip:
    round: Round
    visits: list[Visit] = field(default_factory=list)

    @property
    def boxes(self) -> list[Box]:
        return [box for visit in self.visits for box in visit.boxes]

    def on_board(self) -> list[dict[str, Decimal]]:
        """Crates per storage class, `crates` of all together and `kg`: on leaving, then after each stop."""
        load = dict.fromkeys((*CLASSES, "crates", "kg"), Decimal(0))

        def put(boxes: list[Box], sign: int) -> None:
            for box in boxes:
                load[box.storage_class] += sign
                load["crates"] += sign
                load["kg"] += sign * box.kg

        put([box for box in self.boxes if box.leg == Round.Leg.DISTRIBUTION], 1)
        loads = [dict(load)]
        for visit in self.visits:
            for box in visit.boxes:
                put([box], -1 if box.leg == Round.Leg.DISTRIBUTION else 1)
            put(visit.dropped, -1)
            loads.append(dict(load))
        return loads


@dataclass
class Draft:
    """`loose` are crates on no round; `stops` all stops there were when it was loaded, by pk."""

    day: DeliveryDay
    trips: list[Trip]
    loose: list[Box]
    unplanned: list[Unplanned]
    stops: dict[int, Stop]

    def in_order(self) -> list[Trip]:
        """Distribution after collection, and earlier rounds first."""
        return sorted(
            self.trips,
            key=lambda trip: (trip.round.leg == Round.Leg.DISTRIBUTION, trip.round.starts_at, trip.round.number),
        )

    def before(self, trip: Trip) -> list[Trip]:
        """The rounds that the same vehicle drives before this one, in order."""
        order = self.in_order()
        return [other for other in order[: order.index(trip)] if other.round.vehicle_id == trip.round.vehicle_id]

    def visits(self) -> Iterator[tuple[Trip, Visit]]:
        for trip in self.trips:
            for visit in trip.visits:
                yield trip, visit


def load(day: DeliveryDay) -> Draft:
    """The plan as it stands."""
    stops = Stop.objects.select_related(
        "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place"
    )
    rounds = list(
        day.rounds.select_related("vehicle__depot", "vehicle__returns_to", "driver")
        .prefetch_related(Prefetch("stops", stops.order_by("position")))
        .order_by("number")
    )
    of_stop: Mapping[int | None, list[Box]] = defaultdict(list)
    dropped: Mapping[int | None, list[Box]] = defaultdict(list)
    for box in boxes_of(day):
        of_stop[box.stop].append(box)
        if box.dropped_at:
            dropped[box.dropped_at].append(box)
    trips = [
        Trip(found, [Visit(stop, of_stop[stop.pk], dropped[stop.pk]) for stop in found.stops.all()]) for found in rounds
    ]
    return Draft(
        day=day,
        trips=trips,
        loose=of_stop[None],
        unplanned=list(day.unplanned.order_by("pk")),
        stops={visit.stop.pk: visit.stop for trip in trips for visit in trip.visits},
    )


def boxes_of(day: DeliveryDay) -> list[Box]:
    rows: Any = Crate.objects.filter(delivery_day=day).order_by("pk")
    return [Box(*row) for row in rows.values_list(*Box._fields)]


def minutes(draft: Draft, moment: datetime) -> int:
    return clock.minutes_of(moment, draft.day.on)


def moment(day: DeliveryDay, minutes: int) -> datetime:
    """The moment at which the clock shows so many minutes after midnight of the day, perhaps on the next."""
    days, rest = divmod(minutes, 1440)
    return clock.moment(day.on + timedelta(days=days), time(rest // 60, rest % 60))
