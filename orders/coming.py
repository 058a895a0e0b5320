"""What is ahead of subscriptions: their next weeks, and what became or can still be made of each. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from network import clock
from network.models import Cycle, DeliveryDay, Holiday
from orders import rhythm
from orders.models import Order, Subscription, SubscriptionRun, SubscriptionWeek
from producers.models import BoxContent

AHEAD = 5
"""Weeks that are shown."""


@dataclass(frozen=True)
class Coming:
    """
    A week in which a subscription is due. `on` is None when a holiday takes the day away; `row` is what the household said
    of this week, `run` what became of it, `day` the delivery day once its cycle is planned.
    """

    subscription: Subscription
    week_on: date
    on: date | None
    row: SubscriptionWeek | None
    run: SubscriptionRun | None
    day: DeliveryDay | None
    composed: bool

    @property
    def state(self) -> str:
        if self.run:
            return "failed" if self.run.order is None else "ordered"
        if self.on is None:
            return "holiday"
        if is_paused(self.subscription, self.on):
            return "paused"
        if self.row and self.row.skipped:
            return "skipped"
        if self.is_over:
            return "over"
        return "given" if self.row and self.row.cause else "planned"

    @property
    def is_over(self) -> bool:
        """Ordering for it has closed."""
        return self.day is not None and (
            self.day.closes_at <= clock.now()
            or self.day.status not in (DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN)
        )

    @property
    def is_changeable(self) -> bool:
        """It can be skipped, given away or made as usual again: not ordered yet, and not too late."""
        return self.run is None and self.on is not None and not self.is_over and self.state != "paused"

    @property
    def can_be_swapped(self) -> bool:
        """What is in it is known, and can still be changed: before it is ordered, and after."""
        if self.run and self.run.order:
            return self.run.order.status == Order.Status.CONFIRMED and not self.is_over
        return self.composed and self.is_changeable and self.state != "skipped"

    @property
    def is_swapped(self) -> bool:
        return bool(self.row and self.row.lines.all())


def is_paused(subscription: Subscription, on: date) -> bool:
    return bool(
        subscription.paused_from
        and subscription.paused_until
        and subscription.paused_from <= on <= subscription.paused_until
    )


def moved_in(networks: Iterable[int]) -> dict[int, dict[date, date | None]]:
    """The holidays of networks, as `orders.rhythm` reads them."""
    found: dict[int, dict[date, date | None]] = {pk: {} for pk in networks}
    for network, on, moved_to in Holiday.objects.filter(network__in=found).values_list("network", "on", "moved_to"):
        found[network][on] = moved_to
    return found


def of(subscriptions: list[Subscription], number: int = AHEAD, since: date | None = None) -> dict[int, list[Coming]]:
    """The next so many weeks of each, by subscription: five queries however many there are, six when weeks go otherwise."""
    monday = since or clock.monday_of(clock.today())
    moved = moved_in({one.network_id for one in subscriptions})
    weeks = {
        (week.subscription_id, week.week_on): week
        for week in SubscriptionWeek.objects.filter(subscription__in=subscriptions, week_on__gte=monday)
        .select_related("cause")
        .prefetch_related("lines")
    }
    runs = {
        (run.subscription_id, run.cycle.week_on): run
        for run in SubscriptionRun.objects.filter(
            subscription__in=subscriptions, cycle__week_on__gte=monday
        ).select_related("cycle", "order", "cause")
    }
    days = {
        (day.cycle.network_id, day.on): day
        for day in DeliveryDay.objects.filter(cycle__network__in=moved, cycle__week_on__gte=monday).select_related(
            "cycle"
        )
    }
    composed = set(
        BoxContent.objects.filter(size__in={one.size_id for one in subscriptions}, week_on__gte=monday).values_list(
            "size", "week_on"
        )
    )
    found = {}
    for one in subscriptions:
        holidays = moved[one.network_id]
        due = rhythm.coming(
            monday,
            number + 1,
            rhythm=one.rhythm,
            starts_on=one.starts_on,
            weekday=one.weekday,
            moved=holidays,
        )
        rows = []
        for week_on in due:
            on = rhythm.day_in(week_on, one.weekday, holidays)
            rows.append(
                Coming(
                    subscription=one,
                    week_on=week_on,
                    on=on,
                    row=weeks.get((one.pk, week_on)),
                    run=runs.get((one.pk, week_on)),
                    day=days.get((one.network_id, on)) if on else None,
                    composed=one.size_id is None or (one.size_id, week_on) in composed,
                )
            )
        found[one.pk] = [row for row in rows if row.on is None or row.on >= clock.today()][:number]
    return found


def week_of(subscription: Subscription, week_on: date) -> Coming | None:
    """One week of a subscription; None when it is not due in it."""
    if week_on < clock.monday_of(clock.today()):
        return None
    first = next(iter(of([subscription], 1, since=week_on)[subscription.pk]), None)
    return first if first and first.week_on == week_on else None


def next_day(subscription: Subscription, after: date) -> date | None:
    """The day of its next delivery after the week of that Monday, holidays and pauses apart; skipped weeks count."""
    moved = moved_in([subscription.network_id])[subscription.network_id]
    due = rhythm.coming(
        after + timedelta(weeks=1),
        AHEAD,
        rhythm=subscription.rhythm,
        starts_on=subscription.starts_on,
        weekday=subscription.weekday,
        moved=moved,
    )
    days = (rhythm.day_in(week_on, subscription.weekday, moved) for week_on in due)
    return next((day for day in days if day and not is_paused(subscription, day)), None)


def opens_now(cycle: Cycle) -> bool:
    """Whether subscriptions are turned into orders for this cycle: it has opened, and its week is not over."""
    return cycle.status in (Cycle.Status.OPEN, Cycle.Status.CLOSED) and cycle.week_on >= clock.monday_of(clock.today())
