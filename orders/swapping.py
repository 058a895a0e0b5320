"""
Other things in one week's box, up to its value: before it is an order, and in the order afterwards, until the cut-off.

Locks: the subscription first, then as `orders.basket` and `orders.checkout`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from network import journal
from network.errors import Refused
from network.models import Person
from orders import basket, checkout, coming, repeating, subscriptions, turning
from orders.coming import Coming
from orders.models import Order, Subscription, SubscriptionLine, SubscriptionRun, SubscriptionWeek
from producers import boxes
from producers.models import Offer


def inside(week: Coming) -> dict[int, Decimal]:
    """What that week's box holds, by product: what came once it is an order, else what is wanted."""
    if week.run:
        return {line["product"]: Decimal(line["got"]) for line in week.run.lines if Decimal(line["got"])}
    return turning.wanted_in(week.subscription, week.week_on, week.row)


def goods_for(week: Coming) -> dict[int, Offer]:
    """What can be put in that week's box instead, by product: offers of its own delivery once it is an order."""
    one = week.subscription
    dearest = boxes.goods_for(one.size.box, week.week_on) if one.size else boxes.dearest(one.network, week.week_on)
    if not (week.run and week.run.order):
        return dearest
    group = basket.price_group_of(one.buyer, one.network)
    return repeating.offers_of(week.run.order.delivery, group, dearest.keys() | inside(week).keys())


@transaction.atomic
def swap(*, subscription: Subscription, week_on: date, content: Mapping[int, Decimal], by: Person) -> Coming:
    """
    That week's box holds exactly this, by product. When it is an order, its part of the order is exchanged and confirmed at
    once. Refused when it is too late, not composed, for nothing at all, and above what the box costs.
    """
    one = subscriptions.locked(subscription)
    week = coming.week_of(one, week_on)
    if week is None or not week.can_be_swapped:
        raise Refused(_("What comes that week cannot be swapped: it is not known yet, or ordering has closed."))
    offers = goods_for(week)
    wanted = boxes.checked(content, offers)
    if not wanted:
        raise Refused(_("Keep something in it, or skip the week."))
    if one.size:
        boxes.check_value(one.size, wanted, offers)
    row, _fresh = SubscriptionWeek.objects.get_or_create(subscription=one, week_on=week_on)
    row.lines.all().delete()
    SubscriptionLine.objects.bulk_create(
        SubscriptionLine(subscription=one, week=row, product_id=pk, quantity=quantity)
        for pk, quantity in wanted.items()
    )
    if week.run and week.run.order:
        order = _exchange(week.run.order, inside(week), wanted, offers, by)
        checkout.place_order(order=order, by=by, minimum=one.size is None)
        week.run.lines = turning.written(wanted, wanted)
        week.run.outcome = SubscriptionRun.Outcome.FILLED
        week.run.save(update_fields=["lines", "outcome"])
        journal.record(action="swapped in a box", subject=week.run.order, by=by, network=one.network)
    else:
        subscriptions.keep(one, by, "swapped in a box", week_on)
    return week


def _exchange(
    order: Order,
    before: Mapping[int, Decimal],
    wanted: Mapping[int, Decimal],
    offers: Mapping[int, Offer],
    by: Person,
) -> Order:
    """The box's part of the order out, the wanted part in; what else is in the order stays, and so does what sold out since."""
    basket.lock_day(order.delivery.delivery_day_id)
    order = basket.locked(order)
    if order.hold_expires_at:
        raise Refused(_("Your order has changes that are not confirmed yet. Confirm them first."))
    lines = {line.product_id: line for line in order.lines.all()}
    quantities = {}
    for pk in before.keys() | wanted.keys():
        line = lines.get(pk)
        there = line.quantity if line else Decimal(0)
        rest = there - min(there, before.get(pk, Decimal(0)))
        offer = line.offer_id if line else offers[pk].pk
        quantities[offer] = rest + wanted.get(pk, Decimal(0))
    try:
        return basket.fill(order=order, quantities=quantities, by=by)
    except basket.BasketRefused as refused:
        products = {offers[pk].pk: pk for pk in offers}
        first = next(iter(refused.errors))
        raise Refused(refused.errors[first], f"q{products[first]}" if first in products else None) from None
