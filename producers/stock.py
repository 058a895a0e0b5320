"""
What is for sale: announce it, reserve it, release it. The only writer of `Supply.reserved`, but for the set-based release
of a day that closes. Of stock that carries over there is one row for all weeks; what moves it: `producers.standing`.

Whoever touches several supplies locks them once, in pk order, after the delivery days it touches; the database keeps
`0 <= reserved <= quantity` whatever happens here.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.quantities import checked_quantity
from producers import pricing
from producers.models import Agreement, Offer, PriceChange, Producer, Product, StockMovement, Supply

CHEAPEST = Decimal("0.01")
DEAREST = Decimal(10000)
TO_COME = [DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN]


@dataclass(frozen=True)
class Seen:
    """What somebody had before her when she filled in a row, and the networks that sold it; None for what was not announced."""

    quantity: Decimal | None
    price: Decimal | None
    selling: frozenset[int] | None


@dataclass(frozen=True)
class Announcement:
    """
    A product with the quantity for sale in a week and the euro per unit the farmer receives. Buyers see it when it is
    `listed`: in the networks of `selling` (by pk), or where they saw it already, or everywhere when they did not.
    With `seen`, only what differs from it is changed, and what somebody else changed meanwhile is not overwritten.
    """

    product: Product
    quantity: Decimal
    price: Decimal
    listed: bool = True
    selling: frozenset[int] | None = None
    seen: Seen | None = None


class Overtaken(Refused):
    """Somebody else changed the same value meanwhile: `theirs` by field (quantity, price, selling)."""

    def __init__(self, product: Product, theirs: dict[str, Any]) -> None:
        super().__init__(
            _("Somebody else changed %(product)s while you were typing.") % {"product": product}, next(iter(theirs))
        )
        self.product = product
        self.theirs = theirs


class Short(Refused):
    """Less than what is ordered already: somebody would get less, which is for who announces it to decide."""

    def __init__(self, supply: Supply) -> None:
        reserved = number_format(supply.reserved.normalize() + 0, use_l10n=True)
        super().__init__(
            _("%(reserved)s of %(product)s is already ordered.")
            % {"reserved": f"{reserved} {supply.product.get_unit_display()}", "product": supply.product},
            "quantity",
        )
        self.supply = supply


class SoldOut(Refused):
    """Less is left than was asked; `available` says how much, by supply."""

    def __init__(self, available: Mapping[int, Decimal]) -> None:
        super().__init__(
            ngettext("This has just sold out or there is less left.", "Some of this has just sold out.", len(available))
        )
        self.available = dict(available)


def announce(*, week_on: date, by: Person | None, **row: Any) -> Supply:
    """One product of a week: the fields of an Announcement, as in `announce_many`."""
    announcement = Announcement(**row)
    return announce_many(producer=announcement.product.producer, week_on=week_on, rows=[announcement], by=by)[0]


@transaction.atomic
def announce_many(
    *,
    producer: Producer,
    week_on: date,
    rows: Sequence[Announcement],
    by: Person | None,
    tell: Callable[[int], None] = lambda percent: None,
) -> list[Supply]:
    """
    Set what a producer has in the week of `week_on` (a Monday), all or nothing, in a fixed number of queries. Offers for
    every delivery day still to come, in each of her networks and for each price group, follow the new price; lines
    already ordered keep theirs. Of stock that carries over the quantity is what she counted, and price and switches hold
    for every week to come. Refused for a bad quantity or price, less than what is reserved (Short), what somebody
    else changed meanwhile (Overtaken), or a week that is over. `tell` hears how far it is, in percent.
    """
    rows = [checked(row, producer) for row in rows]
    if len({row.product.pk for row in rows}) < len(rows):
        raise Refused(_("The same product is here twice. Keep one of them."))
    coming, days = _days_to_come(producer, week_on)
    locked = _locked_of_week(week_on, rows)
    if missing := [row for row in rows if row.product.pk not in locked]:
        Supply.objects.bulk_create(
            [Supply(product=row.product, week_on=week_on, quantity=0, price=row.price) for row in missing],
            ignore_conflicts=True,
        )
        locked |= _locked_of_week(week_on, missing)
    known = set(PriceChange.objects.filter(supply__in=locked.values()).values_list("supply", flat=True))
    everywhere = frozenset(day.network.pk for day in days)
    listed_in = offered(days, locked.values())
    supplies, movements, changes, listed = [], [], [], {}
    for row in rows:
        supply = locked[row.product.pk]
        supply.product = row.product
        fresh = supply.pk not in known
        stored = (
            Seen(None, None, None)
            if fresh
            else Seen(supply.quantity, supply.price, sells_in(listed_in.get(supply.pk, {}), everywhere))
        )
        row = _merged(row, stored)
        if row.quantity < supply.reserved:
            raise Short(supply)
        if row.quantity != supply.quantity:
            reason = StockMovement.Reason.ANNOUNCED if fresh else StockMovement.Reason.CORRECTED
            if supply.carries_over:
                reason = StockMovement.Reason.COUNT
            movements.append(StockMovement(supply=supply, change=row.quantity - supply.quantity, reason=reason, by=by))
        if fresh or row.price != supply.price:
            changes.append(PriceChange(supply=supply, old=None if fresh else supply.price, new=row.price, by=by))
        supply.quantity, supply.price, supply.changed_at = row.quantity, row.price, clock.now()
        wanted = row.selling if row.selling is not None else stored.selling or everywhere
        listed[row.product.pk] = wanted if row.listed else frozenset[int]()
        supplies.append(supply)
    tell(20)
    _keep(supplies)
    StockMovement.objects.bulk_create(movements)
    PriceChange.objects.bulk_create(changes)
    tell(40)
    offer(producer, days, supplies, listed)
    for supply in supplies:
        if supply.carries_over:
            others = [day for day in coming if day not in days and supply.is_sold_in(day.cycle.week_on)]
            switches = offered(others, [supply]).get(supply.pk, {})
            switches |= dict.fromkeys(everywhere, False) | dict.fromkeys(listed[supply.product_id], True)
            offer(producer, others, [supply], {supply.product_id: frozenset(n for n, on in switches.items() if on)})
    tell(100)
    said: dict[str, Any] = {"products": len(rows)}
    if len(rows) == 1:
        supply = supplies[0]
        said = {
            "quantity": str(supply.quantity),
            "price": str(supply.price),
            "listed": bool(listed[supply.product_id]),
        }
    subject = supplies[0] if len(rows) == 1 else producer
    journal.record(action="announced", subject=subject, by=by, week_on=str(week_on), **said)
    return supplies


def _locked_of_week(week_on: date, rows: Sequence[Announcement]) -> dict[int, Supply]:
    sold = Supply.objects.of_week(week_on).filter(product__in=[row.product for row in rows])
    return sold.select_for_update(no_key=True).order_by("pk").by_product()


def checked(row: Announcement, producer: Producer) -> Announcement:
    """The row, rounded as it is kept; Refused when the product, the quantity or the price cannot be."""
    if row.product.producer_id != producer.pk:
        raise Refused(_("This product belongs to another farm."))
    if row.product.archived_at:
        raise Refused(_("This product has been archived. Take it out of the archive first."))
    quantity = checked_quantity(row.quantity, step=row.product.step, field="quantity")
    if not row.price.is_finite() or not CHEAPEST <= row.price <= DEAREST:
        raise Refused(_("Enter a price of 1 cent or more: what you want to receive per unit."), "price")
    return replace(row, quantity=quantity, price=pricing.unit_price(row.price))


def sells_in(offered: Mapping[int, bool], networks: frozenset[int]) -> frozenset[int]:
    """
    Of these networks, those in which buyers see a supply: where it is listed, and where it has no offers yet unless it is
    off everywhere else. `offered` says per network whether it is listed on any day.
    """
    if offered and not any(offered.values()):
        return frozenset()
    return frozenset(network for network in networks if offered.get(network, True))


def offered(days: Sequence[DeliveryDay], supplies: Iterable[Supply]) -> dict[int, dict[int, bool]]:
    """Per supply and network, whether it is listed on any of these days."""
    found: dict[int, dict[int, bool]] = {}
    for supply, network, listed in (
        Offer.objects.filter(supply__in=supplies, delivery_day__in=days)
        .values_list("supply", "delivery_day__cycle__network")
        .annotate(any=BoolOr("listed"))
    ):
        found.setdefault(supply, {})[network] = listed
    return found


def _merged(row: Announcement, stored: Seen) -> Announcement:
    """The row with what only others changed since it was shown; Overtaken where both changed the same to something else."""
    if row.seen is None:
        return row
    mine: dict[str, Any] = {
        "quantity": row.quantity,
        "price": row.price,
        "selling": row.selling if row.listed else frozenset(),
    }
    theirs = {}
    for name, value in mine.items():
        seen, now = getattr(row.seen, name), getattr(stored, name)
        if value == seen and now is not None:
            mine[name] = now
        elif now is not None and now not in (seen, value):
            theirs[name] = now
    if theirs:
        raise Overtaken(row.product, theirs)
    return replace(row, **mine, listed=mine["selling"] is None or bool(mine["selling"]))


def _keep(supplies: list[Supply]) -> None:
    """Write what was changed of supplies that are locked: one insert that updates is a tenth of the work of as many updates."""
    Supply.objects.bulk_create(
        [
            Supply(
                product_id=s.product_id, week_on=s.week_on, quantity=s.quantity, price=s.price, changed_at=s.changed_at
            )
            for s in supplies
        ],
        update_conflicts=True,
        unique_fields=["product", "week_on"],
        update_fields=["quantity", "price", "changed_at"],
    )


def days_of(producer: Producer) -> QuerySet[DeliveryDay]:
    """The delivery days, of all weeks, of the networks in which she then sells: since she joined, and until she leaves."""
    hers = "cycle__network__memberships__"
    return DeliveryDay.objects.filter(
        Q(**{f"{hers}leaves_on": None}) | Q(cycle__week_on__lt=F(f"{hers}leaves_on")),
        Q(**{f"{hers}joined_on__lte": clock.today()}) | Q(cycle__week_on__gte=F(f"{hers}joined_on")),
        cycle__network__memberships__organisation=producer.organisation_id,
        cycle__network__memberships__college="producers",
        cycle__network__memberships__left_on=None,
    )


def is_to_come(day: DeliveryDay) -> bool:
    """Whether what she announces can still be ordered for this day, now or once its week opens."""
    return day.status in TO_COME and day.closes_at > clock.now()


def _days_to_come(producer: Producer, week_on: date) -> tuple[list[DeliveryDay], list[DeliveryDay]]:
    """All her days that still take orders, shared with buyers until the end of the transaction; and those of that week."""
    hers = share_days(producer, week_on)
    coming = [day for day in hers if is_to_come(day)]
    days = [day for day in coming if day.cycle.week_on == week_on]
    if not days and any(day.cycle.week_on == week_on for day in hers):
        raise Refused(_("Ordering for this week has closed. Announce it for a later week."))
    return coming, days


def share_days(producer: Producer, week_on: date | None = None) -> list[DeliveryDay]:
    """Lock her days to come and those of a week against closing, in pk order, until the end of the transaction."""
    wanted = Q(status__in=TO_COME) | Q(cycle__week_on=week_on)
    pks = list(days_of(producer).filter(wanted).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM network_deliveryday WHERE id = ANY(%s) ORDER BY id FOR SHARE", [pks])
    # Asked again: she may have left a network while we waited for the lock.
    return list(days_of(producer).filter(pk__in=pks).select_related("cycle__network").order_by("pk"))


def offer(
    producer: Producer, days: list[DeliveryDay], supplies: list[Supply], listed: Mapping[int, frozenset[int]]
) -> None:
    """Offers of these supplies on these days, at the terms of each day; seen by buyers of the networks `listed` by product."""
    terms = pricing.terms_of(days)
    regimes = pricing.regimes_of(producer.organisation, days)
    agreed: dict[tuple[int, int], list[Agreement]] = {}
    for agreement in Agreement.objects.filter(product__in=[s.product_id for s in supplies]).order_by("from_quantity"):
        agreed.setdefault((agreement.product_id, agreement.price_group_id), []).append(agreement)
    rows = [
        (
            supply.pk,
            day.pk,
            group.pk,
            day.network.pk in listed[supply.product_id],
            *pricing.at_terms(
                supply.price,
                [one for one in agreed.get((supply.product_id, group.pk), ()) if day.on in one.period],
                product=supply.product,
                group=group,
                terms=terms[day.pk],
                regime=regimes[day.pk],
            ).values(),
        )
        for day in days
        for group in terms[day.pk].groups
        for supply in supplies
    ]
    if rows:
        *columns, tiers = ([*column] for column in zip(*rows, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(OFFER, [*columns, [json.dumps(one) for one in tiers]])


OFFER = """
INSERT INTO producers_offer
    (supply_id, delivery_day_id, price_group_id, listed, price, tariff, contribution, net, vat_rate, gross, tiers)
SELECT * FROM unnest(
    %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[],
    %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::text[]::jsonb[]
)
ON CONFLICT (supply_id, delivery_day_id, price_group_id) DO UPDATE SET
    listed = EXCLUDED.listed, price = EXCLUDED.price, tariff = EXCLUDED.tariff, contribution = EXCLUDED.contribution,
    net = EXCLUDED.net, vat_rate = EXCLUDED.vat_rate, gross = EXCLUDED.gross, tiers = EXCLUDED.tiers
"""
"""In one statement of arrays: of 20,000 offers the ORM would write as many rows of SQL text, which takes longer than storing them."""


@transaction.atomic
def offer_again(product: Product) -> None:
    """Its offers of days that still take orders follow what was agreed since; who sees them, and lines already ordered, stay."""
    coming = [day for day in share_days(product.producer) if is_to_come(day)]
    found = Supply.objects.filter(product=product, offers__delivery_day__in=coming)
    for locked in Supply.objects.select_for_update(no_key=True).filter(pk__in=found.values("pk")).order_by("pk"):
        days = [day for day in coming if locked.is_sold_in(day.cycle.week_on)]
        locked.product = product
        everywhere = frozenset(day.network.pk for day in days)
        selling = sells_in(offered(days, [locked]).get(locked.pk, {}), everywhere)
        offer(product.producer, days, [locked], {product.pk: selling})


@transaction.atomic
def put_off(*, producer: Producer, products: Collection[Product], networks: Collection[int] | None, by: Person) -> int:
    """
    Nobody can order these products any more on days that still take orders, in these networks (None: everywhere); what was
    ordered stays. Returns how many offers were put off.
    """
    days = days_of(producer).filter(status__in=TO_COME, closes_at__gt=clock.now())
    if networks is not None:
        days = days.filter(cycle__network__in=networks)
    weeks = days.values("cycle__week_on")
    supplies = Supply.objects.select_for_update(no_key=True).filter(product__in=products, week_on__in=weeks)
    locked = list(supplies.order_by("pk"))
    count = Offer.objects.filter(supply__in=locked, delivery_day__in=days, listed=True).update(listed=False)
    if count:
        journal.record(action="took off sale", subject=producer, by=by, products=[str(product) for product in products])
    return count


def reserve(changes: Mapping[int, Decimal]) -> None:
    """
    Reserve (positive) and release (negative) quantities by supply id, all or nothing. Raises SoldOut, with nothing done,
    when more is asked than is left. Locks the supplies in pk order.
    """
    wanted = {pk: change for pk, change in changes.items() if change}
    with transaction.atomic(savepoint=False):
        supplies = list(Supply.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
        short = {supply.pk: supply.available for supply in supplies if wanted[supply.pk] > supply.available}
        if not short:
            for supply in supplies:
                supply.reserved += wanted[supply.pk]
            Supply.objects.bulk_update(supplies, ["reserved"])
    if short:
        raise SoldOut(short)


@transaction.atomic
def cut(*, supply: Supply, quantity: Decimal, released: Decimal, by: Person | None) -> Supply:
    """
    There is less than was ordered: `released` of what was reserved is given up by those who ordered it, and `quantity` is
    what there is now. Refused off the step, or when more than that would still be reserved.
    """
    supply = Supply.objects.select_for_update(no_key=True, of=("self",)).select_related("product").get(pk=supply.pk)
    quantity = checked_quantity(quantity, step=supply.product.step, field="quantity")
    reserved = supply.reserved - released
    if not 0 <= reserved <= quantity:
        raise Short(supply)
    if quantity != supply.quantity:
        StockMovement.objects.create(
            supply=supply, change=quantity - supply.quantity, reason=StockMovement.Reason.SHORTAGE, by=by
        )
    supply.quantity, supply.reserved, supply.changed_at = quantity, reserved, clock.now()
    supply.save(update_fields=["quantity", "reserved", "changed_at"])
    return supply
