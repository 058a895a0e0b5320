"""
What is for sale: announce it, reserve it, release it. The only writer of `Supply.reserved`, but for the set-based release
of a day that closes.

Whoever touches several supplies locks them once, in pk order, after the delivery days it touches; the database keeps
`0 <= reserved <= quantity` whatever happens here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.quantities import checked_quantity
from producers import pricing
from producers.models import Offer, PriceChange, Producer, Product, StockMovement, Supply

CHEAPEST = Decimal("0.01")
DEAREST = Decimal(10000)
TO_COME = [DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN]


@dataclass(frozen=True)
class Announcement:
    """A product with the quantity for sale in a week, the euro per unit the farmer receives, and whether buyers see it."""

    product: Product
    quantity: Decimal
    price: Decimal
    listed: bool = True


class SoldOut(Refused):
    """Less is left than was asked; `available` says how much, by supply."""

    def __init__(self, available: Mapping[int, Decimal]) -> None:
        super().__init__(
            ngettext("This has just sold out or there is less left.", "Some of this has just sold out.", len(available))
        )
        self.available = dict(available)


def announce(
    *, product: Product, week_on: date, quantity: Decimal, price: Decimal, by: Person | None, listed: bool = True
) -> Supply:
    """One product of a week, as in `announce_many`."""
    row = Announcement(product=product, quantity=quantity, price=price, listed=listed)
    return announce_many(producer=product.producer, week_on=week_on, rows=[row], by=by)[0]


@transaction.atomic
def announce_many(
    *, producer: Producer, week_on: date, rows: Sequence[Announcement], by: Person | None
) -> list[Supply]:
    """
    Set what a producer has in the week of `week_on` (a Monday), all or nothing, in a fixed number of queries. Offers for
    every delivery day still to come, in each of her networks and for each price group, follow the new price; lines
    already ordered keep theirs. Refused for a bad quantity or price, less than what is reserved, or a week that is over.
    """
    rows = [_checked(row, producer) for row in rows]
    if len({row.product.pk for row in rows}) < len(rows):
        raise Refused(_("The same product is here twice. Keep one of them."))
    days = _days_to_come(producer, week_on)
    Supply.objects.bulk_create(
        [Supply(product=row.product, week_on=week_on, quantity=0, price=row.price) for row in rows],
        ignore_conflicts=True,
    )
    locked = {
        supply.product_id: supply
        for supply in Supply.objects.select_for_update(no_key=True)
        .filter(week_on=week_on, product__in=[row.product for row in rows])
        .order_by("pk")
    }
    known = set(PriceChange.objects.filter(supply__in=locked.values()).values_list("supply", flat=True))
    supplies, movements, changes = [], [], []
    for row in rows:
        supply = locked[row.product.pk]
        supply.product = row.product
        if row.quantity < supply.reserved:
            raise Refused(_not_below(supply), "quantity")
        if row.quantity != supply.quantity:
            reason = StockMovement.Reason.CORRECTED if supply.pk in known else StockMovement.Reason.ANNOUNCED
            movements.append(StockMovement(supply=supply, change=row.quantity - supply.quantity, reason=reason, by=by))
        if supply.pk not in known or row.price != supply.price:
            changes.append(
                PriceChange(supply=supply, old=supply.price if supply.pk in known else None, new=row.price, by=by)
            )
        supply.quantity, supply.price, supply.changed_at = row.quantity, row.price, clock.now()
        supplies.append(supply)
    Supply.objects.bulk_update(supplies, ["quantity", "price", "changed_at"])
    StockMovement.objects.bulk_create(movements)
    PriceChange.objects.bulk_create(changes)
    _offer(producer, days, supplies, {row.product.pk: row.listed for row in rows})
    said: dict[str, Any] = {"products": len(rows)}
    if len(rows) == 1:
        said = {"quantity": str(rows[0].quantity), "price": str(rows[0].price), "listed": rows[0].listed}
    subject = supplies[0] if len(rows) == 1 else producer
    journal.record(action="announced", subject=subject, by=by, week_on=str(week_on), **said)
    return supplies


def _checked(row: Announcement, producer: Producer) -> Announcement:
    if row.product.producer_id != producer.pk:
        raise Refused(_("This product belongs to another farm."))
    if row.product.archived_at:
        raise Refused(_("This product has been archived. Take it out of the archive first."))
    quantity = checked_quantity(row.quantity, step=row.product.step, field="quantity")
    if not row.price.is_finite() or not CHEAPEST <= row.price <= DEAREST:
        raise Refused(_("Enter a price of 1 cent or more: what you want to receive per unit."), "price")
    return replace(row, quantity=quantity, price=pricing.unit_price(row.price))


def _not_below(supply: Supply) -> str:
    reserved = number_format(supply.reserved.normalize() + 0, use_l10n=True)
    return _("%(reserved)s of %(product)s is already ordered. Announce at least that much.") % {
        "reserved": f"{reserved} {supply.product.get_unit_display()}",
        "product": supply.product,
    }


def days_of(producer: Producer) -> QuerySet[DeliveryDay]:
    """The delivery days, of all weeks, of the networks in which she now sells."""
    return DeliveryDay.objects.filter(
        cycle__network__memberships__organisation=producer.organisation_id,
        cycle__network__memberships__college="producers",
        cycle__network__memberships__left_on=None,
    )


def is_to_come(day: DeliveryDay) -> bool:
    """Whether what she announces can still be ordered for this day, now or once its week opens."""
    return day.status in TO_COME and day.closes_at > clock.now()


def _days_to_come(producer: Producer, week_on: date) -> list[DeliveryDay]:
    """The days of that week that still take orders, shared with buyers until the end of the transaction."""
    pks = list(days_of(producer).filter(cycle__week_on=week_on).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM network_deliveryday WHERE id = ANY(%s) ORDER BY id FOR SHARE", [pks])
    hers = DeliveryDay.objects.filter(pk__in=pks).select_related("cycle__network").order_by("pk")
    days = [day for day in hers if is_to_come(day)]
    if pks and not days:
        raise Refused(_("Ordering for this week has closed. Announce it for a later week."))
    return days


def _offer(producer: Producer, days: list[DeliveryDay], supplies: list[Supply], listed: dict[int, bool]) -> None:
    """Offers of these supplies on these days, at the terms of each day."""
    terms = pricing.terms_of(days)
    regimes = pricing.regimes_of(producer.organisation, days)
    offers = [
        Offer(
            supply=supply,
            delivery_day=day,
            price_group=group,
            listed=listed[supply.product_id],
            **vars(
                pricing.shelf_price(
                    price=supply.price,
                    product=supply.product,
                    group=group,
                    terms=terms[day.pk],
                    regime=regimes[day.pk],
                )
            ),
        )
        for day in days
        for group in terms[day.pk].groups
        for supply in supplies
    ]
    Offer.objects.bulk_create(
        offers,
        update_conflicts=True,
        unique_fields=["supply", "delivery_day", "price_group"],
        update_fields=["price", "tariff", "contribution", "net", "vat_rate", "gross", "listed"],
    )


@transaction.atomic
def reserve(changes: Mapping[int, Decimal]) -> None:
    """
    Reserve (positive) and release (negative) quantities by supply id, all or nothing. Raises SoldOut, with nothing done,
    when more is asked than is left. Locks the supplies in pk order.
    """
    wanted = {pk: change for pk, change in changes.items() if change}
    supplies = list(Supply.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    short = {supply.pk: supply.available for supply in supplies if wanted[supply.pk] > supply.available}
    if short:
        raise SoldOut(short)
    for supply in supplies:
        supply.reserved += wanted[supply.pk]
    Supply.objects.bulk_update(supplies, ["reserved"])
