"""
Stock that carries over from week to week: jam, potatoes, flour. It is one supply, sold by the offers of every week, so that
no two weeks can sell the same jar (`docs/supply.md`). What moves it is written down, and the database keeps that the
quantity is the sum of what was written.

Locks in the order of `producers.stock`: her delivery days, then supplies by pk.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.quantities import checked_quantity
from producers import stock
from producers.models import Offer, Producer, Product, StockMovement, Supply

Reason = StockMovement.Reason
SIGNS = {Reason.HARVEST: 1, Reason.RETURN: 1, Reason.LOSS: -1}
"""Whether what she notes comes in or goes out; a count says what there is."""


@transaction.atomic
def begin(
    *,
    product: Product,
    week_on: date,
    quantity: Decimal,
    price: Decimal,
    until_gone: bool,
    sold: Mapping[int, Decimal],
    by: Person | None,
) -> Supply:
    """
    From the week of `week_on` on a product carries over, and `quantity` is what there is of it now. What was announced of it
    for that week becomes the stock, with everything ordered of it; `sold` is what closed days took of it, by pk. Later weeks
    give up what they had of their own. Refused when they have orders, when less is left than is ordered, and as announcing is.
    """
    lock_days(product.producer)
    supplies = list(Supply.objects.select_for_update(no_key=True).filter(product=product).order_by("pk"))
    if any(one.carries_over and one.last_week_on is None for one in supplies):
        raise Refused(_("This stock carries over already."))
    if until_gone and not quantity:
        raise Refused(_("Nothing is gone already. Enter how much there is."), "quantity")
    later = [one for one in supplies if one.week_on > week_on]
    if any(one.reserved for one in later):
        raise Refused(_("A later week has orders of its own for this. Let that week close first."))
    gone = sum(sold.values(), Decimal(0))
    supply = stock.announce(product=product, week_on=week_on, quantity=quantity + gone, price=price, by=by)
    StockMovement.objects.bulk_create(
        [
            StockMovement(supply=supply, change=-part, reason=Reason.SALE, delivery_day_id=day, by=by)
            for day, part in sorted(sold.items())
        ]
    )
    supply.quantity, supply.reserved = supply.quantity - gone, supply.reserved - gone
    supply.carries_over, supply.until_gone, supply.last_week_on = True, until_gone, None
    supply.save(update_fields=["quantity", "reserved", "carries_over", "until_gone", "last_week_on"])
    StockMovement.objects.bulk_create(
        [
            StockMovement(supply=one, change=-one.quantity, reason=Reason.CORRECTED, by=by)
            for one in later
            if one.quantity
        ]
    )
    Supply.objects.filter(pk__in=[one.pk for one in later]).update(quantity=0)
    Offer.objects.filter(supply__in=later, delivery_day__status__in=stock.TO_COME).update(listed=False)
    offer_coming(supply)
    journal.record(action="made stock carry over", subject=product, by=by, quantity=str(quantity))
    return supply


def lock_days(producer: Producer) -> None:
    """Her days to come, for us alone: nobody fills a basket, announces or closes meanwhile."""
    days = DeliveryDay.objects.filter(pk__in=stock.days_of(producer).filter(status__in=stock.TO_COME).values("pk"))
    list(days.select_for_update(of=("self",)).order_by("pk"))


@transaction.atomic
def move(
    *, supply: Supply, reason: str, quantity: Decimal, by: Person, note: str = "", seen: Decimal | None = None
) -> Supply:
    """
    Note a harvest, a loss, a return (`quantity` came or went) or a count (`quantity` is what there is). Refused for nothing,
    off the step, for more than there is, for less than is ordered (`stock.Short`), and for a count when there no longer is
    what she had `seen`.
    """
    supply = Supply.objects.select_for_update(no_key=True, of=("self",)).select_related("product").get(pk=supply.pk)
    if not supply.carries_over or supply.last_week_on:
        raise Refused(_("This stock has come to an end. Begin anew with what there is."))
    quantity = checked_quantity(quantity, step=supply.product.step, field="quantity")
    if reason == Reason.COUNT:
        if seen is not None and seen != supply.quantity:
            raise Refused(
                _(
                    "While you counted this became %(now)s: something was sold or noted. Look at the list and count again."
                )
                % {"now": _written(supply.quantity)},
                "quantity",
            )
        change = quantity - supply.quantity
    else:
        change = SIGNS[Reason(reason)] * quantity
        if not quantity:
            raise Refused(_("Enter how much: more than 0."), "quantity")
    if supply.quantity + change < 0:
        raise Refused(_("There are only %(now)s.") % {"now": _written(supply.quantity)}, "quantity")
    checked_quantity(supply.quantity + change, step=supply.product.step, field="quantity")
    if supply.quantity + change < supply.reserved:
        raise stock.Short(supply)
    StockMovement.objects.create(supply=supply, change=change, reason=reason, note=note.strip()[:200], by=by)
    supply.quantity, supply.changed_at = supply.quantity + change, clock.now()
    supply.save(update_fields=["quantity", "changed_at"])
    return supply


@transaction.atomic
def correct_sale(*, supply: Supply, more: Decimal, note: str, by: Person) -> None:
    """
    A closed day takes so much more of the stock than it took when it closed, or less. Raises `stock.SoldOut` when there is
    not so much left.
    """
    supply = Supply.objects.select_for_update(no_key=True, of=("self",)).get(pk=supply.pk)
    if more > supply.available:
        raise stock.SoldOut({supply.pk: supply.available})
    StockMovement.objects.create(supply=supply, change=-more, reason=Reason.CORRECTED, note=note[:200], by=by)
    supply.quantity, supply.changed_at = supply.quantity - more, clock.now()
    supply.save(update_fields=["quantity", "changed_at"])


@transaction.atomic
def set_until_gone(*, supply: Supply, until_gone: bool, by: Person) -> None:
    """Whether it ends when nothing is left, or waits to be topped up."""
    if Supply.objects.standing().filter(pk=supply.pk).exclude(until_gone=until_gone).update(until_gone=until_gone):
        journal.record(action="set until it is gone", subject=supply.product, by=by, listed=until_gone)


def turn() -> int:
    """
    By the clock, and harmless when it runs twice: what is gone ends, and what stands is offered on every day planned since,
    without anybody doing anything. How many supplies changed.
    """
    standing = (
        Supply.objects.standing().filter(product__archived_at=None).select_related("product__producer__organisation")
    )
    changed = 0
    for supply in standing.filter(until_gone=True, quantity=0).order_by("pk"):
        changed += _end(supply)
    supplies = list(standing.order_by("pk"))
    offered = set(
        Offer.objects.filter(supply__in=supplies, delivery_day__status__in=stock.TO_COME)
        .values_list("supply", "delivery_day")
        .distinct()
    )
    days: dict[int, list[DeliveryDay]] = {}
    for supply in supplies:
        producer = supply.product.producer
        if producer.pk not in days:
            days[producer.pk] = _coming(
                stock.days_of(producer).filter(status__in=stock.TO_COME).select_related("cycle")
            )
        if any((supply.pk, day.pk) not in offered for day in days[producer.pk] if supply.is_sold_in(day.cycle.week_on)):
            changed += offer_coming(supply)
    return changed


def _coming(days: Iterable[DeliveryDay]) -> list[DeliveryDay]:
    return [day for day in days if stock.is_to_come(day)]


@transaction.atomic
def offer_coming(supply: Supply) -> bool:
    """Offer it on the days to come where it is not offered yet, in the networks where buyers saw it last. False: everywhere already."""
    producer = supply.product.producer
    days = _coming(stock.share_days(producer))
    locked = Supply.objects.select_for_update(no_key=True).standing().filter(pk=supply.pk).first()
    if locked is None:
        return False
    locked.product = supply.product
    there = set(locked.offers.filter(delivery_day__in=days).values_list("delivery_day", flat=True))
    fresh = [day for day in days if day.pk not in there and locked.is_sold_in(day.cycle.week_on)]
    last = dict(
        locked.offers.order_by("delivery_day__cycle__network", "-delivery_day__on", "-listed")
        .distinct("delivery_day__cycle__network")
        .values_list("delivery_day__cycle__network", "listed")
    )
    networks = stock.sells_in(last, frozenset(day.network.pk for day in fresh))
    stock.offer(producer, fresh, [locked], {locked.product_id: networks})
    return bool(fresh)


@transaction.atomic
def _end(supply: Supply) -> bool:
    """It is gone: it stays in the weeks it was sold in, and no later one shows it."""
    stock.share_days(supply.product.producer)
    sold = StockMovement.objects.filter(supply=supply, reason=Reason.SALE)
    last = sold.aggregate(week=Max("delivery_day__cycle__week_on"))["week"] or supply.week_on
    ended = Supply.objects.standing().filter(pk=supply.pk, until_gone=True, quantity=0).update(last_week_on=last)
    if ended:
        Offer.objects.filter(supply=supply, delivery_day__status__in=stock.TO_COME).update(listed=False)
        journal.record(action="sold the last of it", subject=supply.product, by=None)
    return bool(ended)


def _written(quantity: Decimal) -> str:
    return number_format(quantity.normalize() + 0, use_l10n=True)
