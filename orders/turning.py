"""
Subscriptions become orders when their cycle opens: one outbox row, one transaction and at most one run for each subscription
and cycle. Read by the clock from above, for the network that opens its week knows of no orders.

Locks: the subscription first, then as `orders.basket` and `orders.checkout`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from network import clock, journal, outbox
from network.errors import Refused
from network.models import Cycle, Delivery
from orders import basket, checkout, coming, repeating, rhythm
from orders.models import Cause, Order, Subscription, SubscriptionRun, SubscriptionWeek
from producers import boxes
from producers.models import BoxContent

LAST_CALL = timedelta(hours=6)
"""So long before the cut-off a box that is not composed yet, or a basket that is being filled, is waited for no more."""
Outcome = SubscriptionRun.Outcome


class Later(Exception):
    """The household is filling a basket at this very delivery; confirming it is hers to do. Tried again by the outbox."""


@dataclass(frozen=True)
class Due:
    """A subscription that must become an order in a cycle now; without a delivery there is none to have it at."""

    subscription: Subscription
    cycle: Cycle
    delivery: Delivery | None
    on: date | None


def queue_due() -> int:
    """An outbox row for every subscription that is due in a cycle and has no run there; how many."""
    monday = clock.monday_of(clock.today())
    cycles = Cycle.objects.filter(status__in=[Cycle.Status.OPEN, Cycle.Status.CLOSED], week_on__gte=monday)
    rows = {
        f"subscription_due:{one.subscription.pk}:{one.cycle.pk}:{one.subscription.version}": {
            "subscription": one.subscription.pk,
            "cycle": one.cycle.pk,
        }
        for cycle in cycles.select_related("network").order_by("pk")
        for one in due_in(cycle)
    }
    if rows:
        outbox.add_many(kind="subscription_due", payloads=rows)
    return len(rows)


def due_in(cycle: Cycle, subscription: int | None = None) -> list[Due]:
    """
    What is due in a cycle now: every running subscription of its network without a run there (or the one named), that is not
    skipped or paused, and whose box is composed or waited for no longer. Five queries.
    """
    if not coming.opens_now(cycle):
        return []
    skipped = SubscriptionWeek.objects.filter(subscription=OuterRef("pk"), week_on=cycle.week_on, skipped=True)
    done = SubscriptionRun.objects.filter(subscription=OuterRef("pk"), cycle=cycle)
    candidates = Subscription.objects.running().filter(
        ~Exists(skipped), ~Exists(done), network=cycle.network_id, starts_on__lte=cycle.week_on
    )
    if subscription is not None:
        candidates = candidates.filter(pk=subscription)
    candidates = candidates.select_related("buyer", "size__box", "pickup_point", "made_by", "network").order_by("pk")
    if not candidates:
        return []
    moved = coming.moved_in([cycle.network_id])[cycle.network_id]
    deliveries = _deliveries_of(cycle)
    composed = set(BoxContent.objects.filter(week_on=cycle.week_on).values_list("size", flat=True).distinct())
    found = []
    for one in candidates:
        if not rhythm.falls_in(
            cycle.week_on, rhythm=one.rhythm, starts_on=one.starts_on, weekday=one.weekday, moved=moved
        ):
            continue
        usual = cycle.week_on + timedelta(days=one.weekday)
        on = rhythm.day_in(cycle.week_on, one.weekday, moved)
        if coming.is_paused(one, on or usual):
            continue
        # A holiday that was entered after the week was planned moves nothing: the days of the cycle are what counts.
        delivery = deliveries.get((one.pickup_point_id, usual)) or deliveries.get((one.pickup_point_id, on))
        if _is_to_be_told(one, cycle, delivery, is_composed=one.size_id is None or one.size_id in composed):
            found.append(Due(one, cycle, delivery, on))
    return found


def _deliveries_of(cycle: Cycle) -> dict[tuple[int | None, date | None], Delivery]:
    """The first delivery of the day at each pickup point, by point and day."""
    deliveries = (
        Delivery.objects.filter(delivery_day__cycle=cycle, outlet=None)
        .select_related("delivery_day__cycle__network", "place", "pickup_point")
        .order_by("-starts_at", "-pk")
    )
    return {(delivery.pickup_point_id, delivery.delivery_day.on): delivery for delivery in deliveries}


def _is_to_be_told(one: Subscription, cycle: Cycle, delivery: Delivery | None, *, is_composed: bool) -> bool:
    """Whether it must be turned now: not when it was only made after the cut-off, nor while its box may still be composed."""
    if delivery is None:
        return cycle.status == Cycle.Status.OPEN
    day = delivery.delivery_day
    if not day.is_on_sale:
        return one.changed_at < day.closes_at
    return is_composed or clock.now() >= day.closes_at - LAST_CALL


@transaction.atomic
def turn(subscription: int, cycle: int) -> None:
    """
    From the outbox: turn one subscription into an order, as far as it can be had, and have its household told. Run twice it
    does nothing; raises Later while the household fills a basket at that delivery.
    """
    Subscription.objects.select_for_update(no_key=True).get(pk=subscription)
    found = due_in(Cycle.objects.select_related("network").get(pk=cycle), subscription)
    if not found:
        return
    one = found[0]
    run = SubscriptionRun(subscription=one.subscription, cycle=one.cycle, at=clock.now())
    with override(one.subscription.buyer.language):
        try:
            with transaction.atomic():
                _order(one, run)
        except Refused as refused:
            run.order, run.lines, run.reason = None, [], refused.message[:300]
            run.outcome = Outcome.FAILED if one.delivery else Outcome.NO_DELIVERY
    run.save()
    outbox.add(kind="subscription_turned", key=f"subscription_turned:{run.pk}", run=run.pk)


def _order(due: Due, run: SubscriptionRun) -> None:
    """Place the order and note on the run what was wanted and what came."""
    one = due.subscription
    week = one.weeks.filter(week_on=due.cycle.week_on).select_related("cause").first()
    run.cause = week.cause if week else None
    if due.delivery is None:
        raise Refused(_("There is no delivery at %(point)s that day.") % {"point": one.pickup_point})
    delivery = _where_collected(run.cause, due.delivery) if run.cause else due.delivery
    wanted = wanted_in(one, due.cycle.week_on, week)
    if not wanted:
        raise Refused(_("Nothing was put in this box this week."))
    order = basket.locked(basket.open_order(buyer=one.buyer, delivery=delivery, by=one.made_by))
    _let_her_finish(order)
    wishes: Mapping[int, Decimal] = wanted
    if one.size:
        group = basket.price_group_of(one.buyer, one.network)
        wishes = boxes.within(one.size.price, wanted, repeating.offers_of(delivery, group, wanted))
    order, grown = repeating.put_in(order=order, wishes=wishes, by=one.made_by, on_top=True)
    if not grown:
        raise Refused(_("Nothing of it was left."))
    order = checkout.place_order(
        order=order,
        by=one.made_by,
        age_declared=one.age_declared,
        reference=run.cause.name if run.cause else "",
        minimum=one.size is None,  # the size of a box was set by who sells it
        mail=False,
    )
    run.order = order
    run.lines = written(wanted, grown)
    run.outcome = (
        Outcome.FILLED if all(grown.get(pk) == quantity for pk, quantity in wanted.items()) else Outcome.PARTLY
    )
    journal.record(action="filled from a subscription", subject=order, by=None, network=one.network)


def wanted_in(one: Subscription, week_on: date, week: SubscriptionWeek | None) -> dict[int, Decimal]:
    """What a subscription asks in a week, by product: what the household chose for it, else the box or the own list."""
    chosen = dict(week.lines.values_list("product", "quantity")) if week else {}
    if chosen:
        return chosen
    if one.size:
        return boxes.content_of(one.size, week_on)
    return dict(one.lines.filter(week=None).values_list("product", "quantity"))


def written(wanted: Mapping[int, Decimal], got: Mapping[int, Decimal]) -> list[dict[str, str | int]]:
    """What was wanted and what came, as a run keeps it."""
    return [
        {"product": pk, "wanted": str(quantity), "got": str(got.get(pk, Decimal(0)))} for pk, quantity in wanted.items()
    ]


def _where_collected(cause: Cause, usual: Delivery) -> Delivery:
    """Where the cause collects what is given to it: at its own point, the same day rather than another of the week."""
    there = Delivery.objects.on_sale().filter(
        delivery_day__cycle=usual.delivery_day.cycle_id, pickup_point=cause.pickup_point_id
    )
    found = list(
        there.select_related("delivery_day__cycle__network", "place", "pickup_point").order_by("starts_at", "pk")
    )
    same_day = [delivery for delivery in found if delivery.delivery_day_id == usual.delivery_day_id]
    for delivery in same_day + found:
        return delivery
    raise Refused(_("%(cause)s cannot collect it that week.") % {"cause": cause})


def _let_her_finish(order: Order) -> None:
    """
    Confirming the box would also confirm what the household is still putting in: she does that first, or lets it go. What
    lapsed meanwhile is waited for as long, and then forgotten.
    """
    if order.hold_expires_at is None and not order.lapsed.exists():
        return
    if clock.now() < order.delivery.delivery_day.closes_at - LAST_CALL:
        raise Later
    if order.hold_expires_at:
        raise Refused(
            _("You had not confirmed the basket at this pickup point yet, so the box could not be added to it.")
        )
    basket.leave(order=order)
