"""The weekly rhythm: plan the next weeks, open them at their moment, postpone a cut-off."""

from contextlib import suppress
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import (
    Cycle,
    Delivery,
    DeliveryCapacity,
    DeliveryDay,
    Membership,
    Network,
    Outlet,
    Person,
    PickupSlot,
    WeeklyDay,
)

WEEKS_AHEAD = 2


def opening_of(network: Network, week_on: date) -> datetime:
    """When ordering for the week of `week_on` (a Monday) opens: the network's opening day in the week before."""
    return clock.moment(week_on - timedelta(days=7 - network.opens_weekday), network.opens_time)


@transaction.atomic
def plan_cycle(*, network: Network, week_on: date) -> Cycle:
    """
    The cycle of a week with its delivery days, deliveries and capacities, from the network's weekly schedule and
    holidays. A holiday drops its day, or moves it; moved onto another day it joins that one. Planning again changes
    nothing.
    """
    cycle, fresh = Cycle.objects.get_or_create(
        network=network, week_on=week_on, defaults={"opens_at": opening_of(network, week_on)}
    )
    if not fresh:
        return cycle
    days: dict[date, DeliveryDay] = {}
    planned = _weekly_days(network, week_on)
    for on, weekly in planned.items():
        first = weekly[0]
        closes_at = clock.cut_off(on, days_before=first.cutoff_days_before, clock_time=first.cutoff_time)
        days[on] = DeliveryDay(cycle=cycle, on=on, closes_at=closes_at)
    DeliveryDay.objects.bulk_create(days.values())
    _plan_deliveries(network, days, {on: {one.weekday for one in weekly} for on, weekly in planned.items()})
    return cycle


def _weekly_days(network: Network, week_on: date) -> dict[date, list[WeeklyDay]]:
    """The dates of a week on which is delivered, each with the usual weekdays that fall on it."""
    moved = dict(network.holidays.values_list("on", "moved_to"))
    found: dict[date, list[WeeklyDay]] = {}
    for weekly in network.weekly_days.order_by("weekday"):
        usual = week_on + timedelta(days=weekly.weekday)
        on = moved.get(usual, usual)
        if on is not None:
            found.setdefault(on, []).append(weekly)
    return found


def _plan_deliveries(network: Network, days: dict[date, DeliveryDay], weekdays: dict[date, set[int]]) -> None:
    slots = list(
        PickupSlot.objects.filter(pickup_point__network=network, pickup_point__archived_at=None)
        .select_related("pickup_point")
        .prefetch_related("pickup_point__capacities")
        .order_by("pk")
    )
    outlets = list(
        Outlet.objects.in_network(network)
        .filter(organisation__place__isnull=False)
        .select_related("organisation__place")
        .order_by("pk")
    )
    deliveries, capacities = [], []
    for on, day in days.items():
        windows = set()
        for slot in slots:
            point = slot.pickup_point
            if slot.weekday not in weekdays[on] or (point.pk, slot.opens) in windows:
                continue
            windows.add((point.pk, slot.opens))
            delivery = Delivery(
                delivery_day=day,
                pickup_point=point,
                place_id=point.place_id,
                starts_at=clock.moment(on, slot.opens),
                ends_at=clock.moment(on, slot.closes),
            )
            deliveries.append(delivery)
            capacities += [
                DeliveryCapacity(delivery=delivery, storage_class=room.storage_class, soft=room.soft, hard=room.hard)
                for room in point.capacities.all()
            ]
        deliveries += [_at_door(outlet, day) for outlet in outlets if weekdays[on] & set(outlet.weekdays)]
    Delivery.objects.bulk_create(deliveries)
    DeliveryCapacity.objects.bulk_create(capacities)


def _at_door(outlet: Outlet, day: DeliveryDay) -> Delivery:
    return Delivery(
        delivery_day=day,
        outlet=outlet,
        place=outlet.organisation.place,
        starts_at=clock.moment(day.on, outlet.opens),
        ends_at=clock.moment(day.on, outlet.closes),
    )


def plan_door(*, outlet: Outlet) -> None:
    """
    The days that are planned already and still take orders follow the days and hours of this outlet. A day it no longer wants
    stays where something is ordered for it.
    """
    to_come = DeliveryDay.objects.filter(
        status__in=[DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN], closes_at__gt=clock.now()
    )
    known = {one.delivery_day_id: one for one in outlet.deliveries.filter(delivery_day__in=to_come)}
    for network in (
        Network.objects.active()
        .filter(memberships__in=Membership.objects.current().filter(organisation=outlet.organisation))
        .distinct()
    ):
        for day in to_come.filter(cycle__network=network).select_related("cycle").order_by("on", "pk"):
            weekly = _weekly_days(network, day.cycle.week_on).get(day.on, [])
            wanted, was = _at_door(outlet, day), known.get(day.pk)
            if {one.weekday for one in weekly} & set(outlet.weekdays):
                wanted.pk = was.pk if was else None
                wanted.save()
            elif was:
                with suppress(ProtectedError):
                    was.delete()


def plan_ahead() -> list[Cycle]:
    """The present and the next weeks of every active network exist."""
    this_week = clock.monday_of(clock.today())
    return [
        plan_cycle(network=network, week_on=this_week + timedelta(weeks=week))
        for network in Network.objects.active()
        for week in range(WEEKS_AHEAD + 1)
    ]


@transaction.atomic
def open_cycle(*, cycle: Cycle, by: Person | None = None) -> bool:
    """Open a scheduled cycle and its days; False when somebody already did."""
    if not Cycle.objects.filter(pk=cycle.pk, status=Cycle.Status.SCHEDULED).update(status=Cycle.Status.OPEN):
        return False
    cycle.status = Cycle.Status.OPEN
    cycle.days.filter(status=DeliveryDay.Status.SCHEDULED).update(status=DeliveryDay.Status.OPEN)
    journal.record(action="opened", subject=cycle, by=by, network=cycle.network)
    return True


@transaction.atomic
def postpone_cut_off(*, day: DeliveryDay, closes_at: datetime, by: Person, reason: str = "") -> DeliveryDay:
    """Keep ordering for `day` open until `closes_at`. Refused when it has closed, or the new moment is not later."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=day.pk)
    )
    if day.status != DeliveryDay.Status.OPEN:
        raise Refused(_("Ordering for this day has closed. Its cut-off can no longer move."))
    if closes_at <= day.closes_at:
        raise Refused(_("Choose a moment after the present cut-off, or close early."), "closes_at")
    if closes_at >= clock.moment(day.on, datetime.min.time()):
        raise Refused(_("Choose a moment before the delivery day itself begins."), "closes_at")
    before, day.closes_at = day.closes_at, closes_at
    day.save(update_fields=["closes_at"])
    journal.record(
        action="postponed the cut-off",
        subject=day,
        by=by,
        network=day.network,
        reason=reason,
        before=before.isoformat(),
        after=closes_at.isoformat(),
    )
    return day
