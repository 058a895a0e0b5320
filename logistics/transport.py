"""How each farm's goods leave the yard in a week: brought, collected, or driven by the farmer herself. Only she chooses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from logistics.models import TransportChoice, Vehicle
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Network, Organisation, Person
from producers import stock
from producers.models import Producer

Transport = Producer.Transport


@dataclass(frozen=True)
class Travel:
    """
    How a farm's goods travel in a week; `vehicle` (pk) is hers when she drives. `chosen`: for this week and not as before, and
    with `repeats` for the weeks after it too.
    """

    transport: str
    vehicle: int | None = None
    chosen: bool = False
    repeats: bool = False

    def __str__(self) -> str:
        return str(Transport(self.transport).label)


def travels(producers: Iterable[Producer], week_on: date) -> dict[int, Travel]:
    """
    By producer pk: her choice for the week, else the last before it that repeats, else what she does as long as she chose
    nothing; in three queries at most. Who drives as before does so with the vehicle she drove last, else her first; without a
    vehicle she is collected.
    """
    producers = list(producers)
    found = {producer.pk: Travel(producer.transport) for producer in producers}
    choices = TransportChoice.objects.filter(
        Q(week_on=week_on) | Q(week_on__lt=week_on, repeats=True), producer__in=found
    ).order_by("producer", "-week_on")
    for pk, chosen_on, transport, vehicle, repeats in choices.distinct("producer").values_list(
        "producer", "week_on", "transport", "vehicle", "repeats"
    ):
        driven = vehicle if transport == Transport.DRIVES else None
        found[pk] = Travel(transport, driven, True, repeats) if chosen_on == week_on else Travel(transport)
    as_before = [farm for farm in producers if found[farm.pk] == Travel(Transport.DRIVES)]
    usual = _usual_vehicles(as_before) if as_before else {}
    for farm in as_before:
        hers = usual.get(farm.pk)
        found[farm.pk] = Travel(Transport.DRIVES, hers) if hers else Travel(Transport.COLLECTED)
    return found


def _usual_vehicles(farms: list[Producer]) -> dict[int, int]:
    of_owner = {farm.organisation_id: farm.pk for farm in farms}
    owned = Vehicle.objects.filter(network=None, owner__in=of_owner, archived_at=None)
    usual = {of_owner[owner]: pk for owner, pk in owned.order_by("-pk").values_list("owner", "pk")}
    driven = TransportChoice.objects.filter(producer__in=farms, transport=Transport.DRIVES, vehicle__in=owned)
    return usual | dict(driven.order_by("week_on").values_list("producer", "vehicle"))


def days_of(producer: Producer, week_on: date) -> QuerySet[DeliveryDay]:
    """The delivery days of a week in all networks she then delivers to, the first cut-off first."""
    days = stock.days_of(producer).filter(cycle__week_on=week_on)
    return days.select_related("cycle__network__hub").order_by("closes_at", "pk")


def deadline(days: Iterable[DeliveryDay]) -> datetime | None:
    """Until when she may choose: the first cut-off of the week; None when no day is planned yet."""
    return min((day.closes_at for day in days), default=None)


def is_open(week_on: date, days: Iterable[DeliveryDay]) -> bool:
    """Whether she may still choose for the week of which these are the days."""
    days = list(days)
    before_cut_off = (DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN)
    if any(day.status not in before_cut_off or day.closes_at <= clock.now() for day in days):
        return False
    return week_on >= clock.monday_of(clock.today())


@transaction.atomic
def choose(
    *,
    producer: Producer,
    week_on: date,
    transport: str,
    by: Person,
    vehicle: Vehicle | None = None,
    repeats: bool = False,
) -> TransportChoice:
    """
    Choose for the week of a Monday, and when it `repeats` for those after it without a choice of their own. Refused from the
    first cut-off of the week, and when she would drive without a vehicle of hers that drives on one of its days.
    """
    locked = DeliveryDay.objects.filter(pk__in=days_of(producer, week_on).values("pk"))
    days = list(locked.select_for_update(no_key=True).order_by("pk"))
    producer = Producer.objects.select_for_update(no_key=True).get(pk=producer.pk)
    if not is_open(week_on, days):
        raise Refused(
            _("The first cut-off of this week has passed: the rounds are planned with what you chose before.")
        )
    vehicle = vehicle if transport == Transport.DRIVES else None
    if transport == Transport.DRIVES:
        _require_own(producer, vehicle, days)
    values = {"transport": transport, "vehicle": vehicle, "repeats": repeats}
    choice = TransportChoice.objects.filter(producer=producer, week_on=week_on).first()
    if choice is None or any(getattr(choice, name) != value for name, value in values.items()):
        choice, _fresh = TransportChoice.objects.update_or_create(
            producer=producer, week_on=week_on, defaults=values | {"by": by, "at": clock.now()}
        )
        _record(producer, by, transport, vehicle, week_on=str(week_on), repeats=repeats)
    return choice


def _require_own(producer: Producer, vehicle: Vehicle | None, days: list[DeliveryDay]) -> None:
    if vehicle is None:
        raise Refused(_("Choose with which of your vehicles you drive, or add one first."), "vehicle")
    if vehicle.owner_id != producer.organisation_id or vehicle.network_id:
        raise Refused(_("This vehicle is not yours."), "vehicle")
    if vehicle.archived_at:
        raise Refused(_("This vehicle has been archived. Bring it back first, or choose another."), "vehicle")
    if days and not any(day.on.weekday() in vehicle.weekdays for day in days):
        raise Refused(
            _("%(vehicle)s drives on none of the delivery days of this week. Change its days, or choose another.")
            % {"vehicle": vehicle},
            "vehicle",
        )


def home_of(organisation: Organisation) -> Network | None:
    """The network whose journal tells what a farm does: the one it delivers to longest."""
    memberships = organisation.memberships.filter(college="producers", left_on=None)
    first = memberships.select_related("network").order_by("pk").first()
    return first.network if first else None


def _record(producer: Producer, by: Person, transport: str, vehicle: Vehicle | None, **data: Any) -> None:
    journal.record(
        action="chose how her goods travel",
        subject=producer,
        by=by,
        network=home_of(producer.organisation),
        transport=transport,
        vehicle=vehicle.name if vehicle else "",
        **data,
    )
