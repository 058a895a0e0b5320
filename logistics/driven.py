"""
After the round: what was driven beside what was planned, and what that costs (docs/after-the-round.md).

The driver's phone notes when she left, arrived, and was back; she or the coordinator adds the kilometres. What nobody noted
counts as planned. All of it can be corrected until the day is settled.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from logistics.models import Crate, Round, Stop
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.money import euros

LATE = 10
"""Minutes after the planned hour from which a stop counts as late."""
FARTHEST = Decimal(2000)
"""Km in a day that no van drives."""
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Driven:
    """
    A round (with its vehicle) as planned and as driven. Km in hundredths, time in whole minutes, cost in euro: the plan's
    cost, and the vehicle's rates on every km and minute more or less than planned, rounded half up once.
    """

    round: Round

    @property
    def knows_km(self) -> bool:
        return self.round.km_driven is not None

    @property
    def knows_time(self) -> bool:
        """Both moments were noted, and in their order; a clock that says otherwise is not believed."""
        started, finished = self.round.started_at, self.round.finished_at
        return started is not None and finished is not None and timedelta() <= finished - started <= LONGEST

    @property
    def km(self) -> Decimal:
        return self.round.km if self.round.km_driven is None else self.round.km_driven

    @property
    def minutes_planned(self) -> int:
        return _minutes(self.round.ends_at - self.round.starts_at)

    @property
    def minutes(self) -> int:
        if not self.knows_time:
            return self.minutes_planned
        assert self.round.started_at and self.round.finished_at
        return _minutes(self.round.finished_at - self.round.started_at)

    @property
    def cost(self) -> Decimal:
        vehicle = self.round.vehicle
        more = vehicle.per_km * (self.km - self.round.km)
        more += vehicle.per_hour * (self.minutes - self.minutes_planned) / 60
        return max(euros(self.round.cost + more), Decimal(0))

    @property
    def variance(self) -> Decimal:
        """Euro more (or, negative, less) than planned."""
        return self.cost - self.round.cost

    @property
    def co2_planned(self) -> Decimal:
        return self.round.km * self.round.vehicle.co2_per_km / 1000

    @property
    def co2(self) -> Decimal:
        """Kg."""
        return self.km * self.round.vehicle.co2_per_km / 1000


@dataclass
class Load:
    """Crates and kg that were asked, and those that changed hands so far: checked off, not missing."""

    crates: int = 0
    kg: Decimal = Decimal(0)
    carried: int = 0
    kg_carried: Decimal = Decimal(0)

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.crates + other.crates,
            self.kg + other.kg,
            self.carried + other.carried,
            self.kg_carried + other.kg_carried,
        )


@dataclass(frozen=True)
class Call:
    """A stop as planned and as driven."""

    stop: Stop
    closes_at: datetime
    load: Load

    @property
    def minutes_late(self) -> int | None:
        """Minutes after (negative: before) the planned hour; None when nobody noted the arrival."""
        arrived = self.stop.arrived_at
        return None if arrived is None else _minutes(arrived - self.stop.arrives_at)

    @property
    def after_window(self) -> bool:
        return self.stop.arrived_at is not None and self.stop.arrived_at > self.closes_at

    @property
    def late(self) -> bool:
        return self.after_window or (self.minutes_late or 0) > LATE


@dataclass(frozen=True)
class Report:
    """A round with its stops, and what was on board."""

    driven: Driven
    calls: list[Call]
    load: Load

    @property
    def round(self) -> Round:
        return self.driven.round

    @property
    def hours(self) -> tuple[datetime | None, datetime | None]:
        """
        When it left and was back as far as is known: as noted, else as follows from the first arrival and the last departure
        that were noted, and the plan's way there and home.
        """
        found = self.round
        started, finished = found.started_at, found.finished_at
        if self.calls:
            first, last = self.calls[0].stop, self.calls[-1].stop
            if not started and first.arrived_at:
                started = first.arrived_at - (first.arrives_at - found.starts_at)
            if not finished and last.left_at:
                finished = last.left_at + (found.ends_at - last.leaves_at)
        return started, finished

    @property
    def late(self) -> list[Call]:
        return [call for call in self.calls if call.late]

    @property
    def unknown(self) -> int:
        """Stops of which nobody noted the arrival."""
        return sum(call.minutes_late is None for call in self.calls)


@dataclass(frozen=True)
class Noted:
    """What is known of a round that is back: its km, and when it left and returned."""

    km: Decimal | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


def of_day(day: DeliveryDay) -> list[Driven]:
    """The rounds of a day, in one query."""
    return [Driven(found) for found in day.rounds.select_related("vehicle").order_by("number")]


def reports(rounds: Iterable[Round], day: DeliveryDay) -> list[Report]:
    """The rounds of a day (with their vehicles), each with its stops and loads; two queries."""
    found = list(rounds)
    at_stop, on_round = _loads(found)
    stops: dict[int, list[Stop]] = defaultdict(list)
    for stop in (
        Stop.objects.filter(round__in=found)
        .select_related("producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place")
        .order_by("round", "position")
    ):
        stops[stop.round_id].append(stop)
    return [
        Report(
            Driven(one),
            [Call(stop, closes_at(stop, day), at_stop[stop.pk]) for stop in stops[one.pk]],
            on_round[one.pk],
        )
        for one in found
    ]


def closes_at(stop: Stop, day: DeliveryDay) -> datetime:
    """When its window ends: a farm's hours, an outlet's; at a pickup point goods must stand when it opens."""
    if stop.producer:
        return clock.moment(day.on, stop.producer.closes)
    assert stop.delivery
    return stop.delivery.starts_at if stop.delivery.pickup_point_id else stop.delivery.ends_at


@transaction.atomic
def note(
    *,
    day: DeliveryDay,
    rounds: Mapping[int, Noted],
    by: Person,
    stops: Mapping[int, tuple[datetime | None, datetime | None]] | None = None,
    sure: bool = False,
    odometer: Mapping[str, str] | None = None,
) -> list[Round]:
    """
    Note what was driven on rounds of a day (by pk), and when stops (by pk) were reached and left; it replaces what was
    noted before. Set-based; the `odometer` is kept in the journal. Refused once the day is settled, for a round that has not left, for
    impossible km or times, and, unless `sure`, for km far beyond the plan.
    """
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=day.pk)
    )
    if day.status == DeliveryDay.Status.SETTLED:
        raise Refused(_("This day is settled. What was driven can no longer change."))
    found = list(day.rounds.filter(pk__in=rounds).order_by("number"))
    for ride in found:
        if ride.status == Round.Status.PLANNED:
            raise Refused(_("This round has not left yet."))
        _believe(ride, rounds[ride.pk], sure)
        its = rounds[ride.pk]
        ride.km_driven, ride.started_at, ride.finished_at = its.km, its.started_at, its.finished_at
    Round.objects.bulk_update(found, ["km_driven", "started_at", "finished_at"])
    calls = list(Stop.objects.filter(round__delivery_day=day, pk__in=stops or {}))
    for stop in calls:
        stop.arrived_at, stop.left_at = (stops or {})[stop.pk]
    Stop.objects.bulk_update(calls, ["arrived_at", "left_at"], batch_size=1000)
    journal.record(
        action="noted what was driven",
        subject=found[0] if len(found) == 1 else day,
        by=by,
        network=day.network,
        km={str(ride.number): None if ride.km_driven is None else str(ride.km_driven) for ride in found},
        **(odometer or {}),
    )
    return found


def _believe(ride: Round, noted: Noted, sure: bool) -> None:
    """Refused, with the field, for what cannot be so."""
    if noted.km is not None:
        if not noted.km.is_finite() or noted.km < 0:
            raise Refused(_("Kilometres cannot be negative. Enter 0 or more."), "km")
        if noted.km > FARTHEST:
            raise Refused(_("No van drives that far in a day. Look at the odometer again."), "km")
        if noted.km > absurd_from(ride) and not sure:
            raise Refused(
                _("That is far more than the %(planned)s km planned. If it is right, confirm it here.")
                % {"planned": round(ride.km)},
                "sure",
            )
    if noted.started_at and noted.finished_at:
        if noted.finished_at < noted.started_at:
            raise Refused(_("The round was back before it left. Correct one of both hours."), "back")
        if noted.finished_at - noted.started_at > LONGEST:
            raise Refused(_("A round takes less than a day. Correct one of both hours."), "back")


def absurd_from(ride: Round) -> Decimal:
    """Km above which somebody must say that she is sure."""
    return 3 * ride.km + 100


def _loads(rounds: list[Round]) -> tuple[dict[int, Load], dict[int, Load]]:
    """By stop, what is taken in there and what is dropped that was taken in elsewhere; and by round."""
    at_stop: dict[int, Load] = defaultdict(Load)
    on_round: dict[int, Load] = defaultdict(Load)
    crates = Crate.objects.filter(stop__round__in=rounds).order_by()
    rows = crates.values_list("stop__round", "stop", "dropped_at", "status").annotate(Count("pk"), Sum("kg"))
    for ride, stop, dropped, status, number, kg in rows:
        asked, carried = Load(number, kg), Load(number, kg, number, kg)
        taken = carried if status in (Crate.Status.LOADED, Crate.Status.DELIVERED) else asked
        on_round[ride] += taken
        at_stop[stop] += taken
        if dropped:
            at_stop[dropped] += carried if status == Crate.Status.DELIVERED else asked
    return at_stop, on_round


def _minutes(span: timedelta) -> int:
    """Whole minutes, half up."""
    return int((span.total_seconds() + 30) // 60)
