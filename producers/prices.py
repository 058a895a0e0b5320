"""What a farmer wants to know before she sets a price, and what she promised: history, comparison, her cost, agreements."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.db.utils import IntegrityError
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import Membership, Network, Person, PriceGroup
from network.money import euros
from network.quantities import checked_quantity
from producers import desk, pricing, stock
from producers.models import Agreement, Offer, PriceChange, Producer, Product, Supply

FEWEST = 4
"""Farms that must sell a thing before anybody sees at what price others do: with fewer, one could be recognised."""
WEEKS = 52
LONGEST = timedelta(days=2 * 366)


@dataclass(frozen=True)
class Chain:
    """From what the farmer receives to what a group of buyers of a network pays."""

    network: Network
    group: PriceGroup
    price: pricing.Price


def chains(producer: Producer, week_on: date, product: Product, price: Decimal) -> list[Chain]:
    """The whole chain at a price, per network and group of buyers, on the day whose prices the desk shows."""
    return [
        Chain(day.network, group, pricing.shelf_price(price=price, **terms))
        for day, group, terms in desk.terms_shown(producer, week_on, product)
    ]


def history(product: Product) -> list[tuple[date, Decimal]]:
    """What she received per week of the last year, oldest first."""
    since = clock.monday_of(clock.today()) - timedelta(weeks=WEEKS)
    supplies = list(Supply.objects.filter(product=product).order_by("week_on"))
    by_week = {supply.week_on: supply.price for supply in supplies if not supply.carries_over}
    standing = [supply for supply in supplies if supply.carries_over]
    if standing:
        changes = PriceChange.objects.filter(supply__in=standing).order_by("at", "pk")
        by_week |= {clock.monday_of(clock.local(at).date()): price for at, price in changes.values_list("at", "new")}
        by_week |= {clock.monday_of(clock.today()): one.price for one in standing if one.last_week_on is None}
    return sorted((week, price) for week, price in by_week.items() if week >= since)


@dataclass(frozen=True)
class Compared:
    """What households pay for as much of a comparable product: lowest, middle, highest, at how many farms."""

    farms: int
    lowest: Decimal
    middle: Decimal
    highest: Decimal


def compared(product: Product) -> Compared | None:
    """
    The shelf prices of the same kind of product (its type and unit), for the size of hers, in the networks where she sells,
    for days that still take orders; None when fewer than four farms sell it.
    """
    if not product.dfc_type:
        return None
    offers = (
        Offer.objects.filter(
            supply__product__dfc_type=product.dfc_type,
            supply__product__unit=product.unit,
            supply__product__net_unit=product.net_unit,
            supply__quantity__gt=0,
            price_group__audience="household",
            delivery_day__in=stock.days_of(product.producer).filter(
                status__in=stock.TO_COME, closes_at__gt=clock.now()
            ),
            listed=True,
        )
        .values_list("supply__product__producer", "supply__product__net_quantity", "gross")
        .distinct()
    )
    by_farm: dict[int, list[Decimal]] = {}
    for farm, size, gross in offers:
        by_farm.setdefault(farm, []).append(euros(gross / size * product.net_quantity))
    if len(by_farm) < FEWEST:
        return None
    each = sorted(euros(sum(found, Decimal(0)) / len(found)) for found in by_farm.values())
    return Compared(len(each), each[0], each[len(each) // 2], each[-1])


def trade_of(producer: Producer) -> QuerySet[PriceGroup]:
    """The trade of each network in which she now sells."""
    return PriceGroup.objects.filter(
        audience=PriceGroup.Audience.TRADE,
        network__in=Network.objects.active().filter(
            memberships__in=Membership.objects.current().filter(
                organisation=producer.organisation_id, college=Membership.College.PRODUCERS
            )
        ),
    ).select_related("network")


@transaction.atomic
def keep_cost(*, product: Product, cost: Decimal | None, by: Person) -> Product:
    """What a unit costs her to grow or make; nobody outside the farm sees it, and the journal only that it was kept."""
    if cost is not None and not 0 <= cost <= stock.DEAREST:
        raise Refused(_("Enter what a unit costs you: 0 or more."), "cost")
    product.cost = cost
    product.save(update_fields=["cost"])
    journal.record(action="kept her cost price", subject=product, by=by)
    return product


@transaction.atomic
def agree(
    *,
    product: Product,
    group: PriceGroup,
    price: Decimal,
    from_quantity: Decimal = Decimal(0),
    starts_on: date,
    ends_on: date,
    by: Person,
) -> Agreement:
    """
    Promise the trade of a network a price per unit from one day to another, both included: for any quantity, or from so many
    units in one order. Offers of days to come follow; lines already ordered keep their price. Refused for households, for a
    period that is over or too long, and when there is such a price in it already.
    """
    if group.audience != PriceGroup.Audience.TRADE:
        raise Refused(_("Households all pay the same. Choose the trade of a network."), "group")
    if not price.is_finite() or not stock.CHEAPEST <= price <= stock.DEAREST:
        raise Refused(_("Enter a price of 1 cent or more: what you want to receive per unit."), "price")
    from_quantity = checked_quantity(from_quantity, step=product.step, field="from_quantity")
    if ends_on < max(starts_on, clock.today()):
        raise Refused(_("Choose an end after the beginning, and not in the past."), "ends_on")
    if ends_on - starts_on > LONGEST:
        raise Refused(_("Agree for two years at most."), "ends_on")
    try:
        with transaction.atomic():
            made = Agreement.objects.create(
                product=product,
                price_group=group,
                price=pricing.unit_price(price),
                from_quantity=from_quantity,
                period=DateRange(starts_on, ends_on + timedelta(days=1)),
                by=by,
            )
    except IntegrityError:
        raise Refused(_("There is a price for this in that period already. End it first."), "starts_on") from None
    journal.record(
        action="agreed a price",
        subject=product,
        by=by,
        network=group.network,
        price=str(price),
        number=str(from_quantity),
    )
    stock.offer_again(product)
    return made


@transaction.atomic
def end_agreement(*, agreement: Agreement, by: Person) -> None:
    """It no longer holds from today on; what was ordered at it stays."""
    today, period = clock.today(), agreement.period
    if period.lower < today:
        agreement.period = DateRange(period.lower, today)
        agreement.save(update_fields=["period"])
    else:
        agreement.delete()
    journal.record(
        action="ended an agreed price", subject=agreement.product, by=by, network=agreement.price_group.network
    )
    stock.offer_again(agreement.product)
