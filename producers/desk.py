"""The farmer's desk: what she announced in a week, what customers pay for it, what became of it. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from network import clock
from network.models import DeliveryDay, Network, PriceGroup
from network.money import euros
from producers import pricing, stock
from producers.models import Offer, PriceChange, Producer, Product, StockMovement, Supply

CATEGORIES = list(Product.Category.values)


@dataclass(frozen=True)
class Shelf:
    """What a group of buyers of a network pays per unit, VAT included."""

    network: Network
    group: PriceGroup
    gross: Decimal


@dataclass(frozen=True)
class Row:
    """A product in a week. Without a supply nothing is announced yet, and `shelves` is what the last price would give."""

    product: Product
    supply: Supply | None
    last: Supply | None
    shelves: list[Shelf]
    in_season: bool
    repriced: bool
    ordered: Decimal
    """Of what was or is ordered, what counts in this week: stock that carries over counts in the first week that takes orders."""
    networks: tuple[tuple[Network, bool], ...]
    """The networks that still take orders, each with whether buyers see it there (or would, once announced)."""

    @property
    def price(self) -> Decimal | None:
        """Euro per unit the farmer receives, or last received."""
        known = self.supply or self.last
        return known.price if known else None

    @property
    def listed(self) -> bool:
        return any(listed for _network, listed in self.networks)

    @property
    def selling(self) -> frozenset[int]:
        """The networks, by pk, in which buyers see it."""
        return frozenset(network.pk for network, listed in self.networks if listed)

    @property
    def shelf(self) -> Decimal | None:
        """What the first of her shops shows households."""
        return self.shelves[0].gross if self.shelves else None

    @property
    def margin(self) -> Decimal | None:
        """Euro per unit that her own cost, if she keeps it, leaves of what she receives."""
        return None if self.price is None or self.product.cost is None else self.price - self.product.cost

    @property
    def income(self) -> Decimal:
        """Euro for what is ordered so far, at the present price."""
        return euros(self.ordered * self.supply.price) if self.supply else Decimal(0)


@dataclass(frozen=True)
class Totals:
    """Euro for what is ordered in the week so far, and once everything announced were sold; products announced."""

    income: Decimal
    possible: Decimal
    announced: int
    sold_out: int


@dataclass(frozen=True)
class Week:
    week_on: date
    days: list[DeliveryDay]
    rows: list[Row]
    totals: Totals
    earlier: date | None
    later: date | None

    @property
    def ends_on(self) -> date:
        return self.week_on + timedelta(days=6)

    @property
    def is_open(self) -> bool:
        """Whether she can still announce for this week."""
        return any(stock.is_to_come(day) for day in self.days)

    @property
    def announced(self) -> list[Row]:
        return [row for row in self.rows if row.supply]

    @property
    def in_season(self) -> list[Row]:
        return [row for row in self.rows if not row.supply and row.in_season]

    @property
    def out_of_season(self) -> list[Row]:
        return [row for row in self.rows if not row.supply and not row.in_season]

    @property
    def repeatable(self) -> int:
        """Products of the week before that this week does not have yet."""
        return sum(1 for row in self.rows if not row.supply and row.last and row.last.can_repeat(self.week_on))


def told(shelves: list[Shelf]) -> list[tuple[str, Decimal]]:
    """Who pays what, in words: per group of buyers, and per network where networks differ."""
    by_audience: dict[str, list[Shelf]] = {}
    for shelf in shelves:
        by_audience.setdefault(shelf.group.audience, []).append(shelf)
    lines = []
    for alike in by_audience.values():
        name = str(alike[0].group)
        if len({shelf.gross for shelf in alike}) == 1:
            lines.append((name, alike[0].gross))
        else:
            lines += [(f"{name}, {shelf.network}", shelf.gross) for shelf in alike]
    return lines


def by_category_and_name(product: Product) -> tuple[int, str, int]:
    """The order in which products are listed."""
    return CATEGORIES.index(product.category), str(product.name), product.pk


def present_week(producer: Producer) -> date:
    """The first week for which something can still be announced; the calendar's when there is none."""
    to_come = stock.days_of(producer).filter(status__in=stock.TO_COME, closes_at__gt=clock.now())
    first = to_come.order_by("cycle__week_on").values_list("cycle__week_on", flat=True).first()
    return first or clock.monday_of(clock.today())


def week_of(producer: Producer, week_on: date) -> Week:
    """All of a week, in a fixed number of queries."""
    days = list(
        stock.days_of(producer).filter(cycle__week_on=week_on).select_related("cycle__network").order_by("on", "pk")
    )
    weeks = stock.days_of(producer).order_by("cycle__week_on").values_list("cycle__week_on", flat=True)
    return Week(
        week_on=week_on,
        days=days,
        rows=rows_of(producer, week_on, _products_of(producer, week_on), days),
        totals=totals_of(producer, week_on),
        earlier=weeks.filter(cycle__week_on__lt=week_on).last(),
        later=weeks.filter(cycle__week_on__gt=week_on).first(),
    )


def _products_of(producer: Producer, week_on: date) -> QuerySet[Product]:
    """Those in use, and those archived since of which somebody ordered in that week."""
    sold = Supply.objects.filter(product=OuterRef("pk"), week_on=week_on, reserved__gt=0)
    return producer.products.filter(Q(archived_at=None) | Exists(sold))


def row_of(producer: Producer, week_on: date, product: Product) -> Row:
    days = list(
        stock.days_of(producer).filter(cycle__week_on=week_on).select_related("cycle__network").order_by("on", "pk")
    )
    return rows_of(producer, week_on, [product], days)[0]


def rows_of(producer: Producer, week_on: date, products: Iterable[Product], days: list[DeliveryDay]) -> list[Row]:
    """The rows of these products: announced ones first, then those in season, each by category and name."""
    products = list(products)
    supplies = Supply.objects.of_week(week_on).filter(product__in=products).select_related("pool").by_product()
    ordered = _ordered(producer, week_on, supplies.values())
    before = Supply.objects.filter(product__in=products, week_on__lt=week_on).order_by("product", "-week_on")
    last = {supply.product_id: supply for supply in before.distinct("product").select_related("pool")}
    repriced = set(
        PriceChange.objects.filter(supply__in=supplies.values(), old__isnull=False).values_list("supply", flat=True)
    )
    shown = _days_shown(days)
    offers = list(
        Offer.objects.filter(supply__in=supplies.values(), delivery_day__in=shown).select_related("price_group")
    )
    known: dict[Any, Offer] = {
        (offer.supply_id, offer.delivery_day_id, offer.price_group_id): offer for offer in offers
    }
    offered: dict[int, dict[int, bool]] = {}
    network_of = {day.pk: day.network.pk for day in shown}
    for offer in offers:
        at = offered.setdefault(offer.supply_id, {})
        at[network_of[offer.delivery_day_id]] = at.get(network_of[offer.delivery_day_id], False) or offer.listed
    networks = [day.network for day in shown if stock.is_to_come(day)] or [day.network for day in shown]
    pks = frozenset(network.pk for network in networks)
    terms, regimes = pricing.terms_of(shown), pricing.regimes_of(producer.organisation, shown)
    month = (week_on + timedelta(days=3)).month

    def shelves(product: Product, supply: Supply | None, price: Decimal | None) -> list[Shelf]:
        found = []
        for day in shown:
            for group in terms[day.pk].groups:
                offer = known.get((supply.pk, day.pk, group.pk)) if supply else None
                if offer:
                    found.append(Shelf(day.network, group, offer.gross))
                elif price:
                    made = pricing.shelf_price(
                        price=price, product=product, group=group, terms=terms[day.pk], regime=regimes[day.pk]
                    )
                    found.append(Shelf(day.network, group, made.gross))
        return found

    rows = []
    for product in products:
        supply = supplies.get(product.pk)
        previous = None if supply and supply.carries_over else last.get(product.pk)
        agreed = supply or previous
        selling = stock.sells_in(offered.get(supply.pk, {}), pks) if supply else pks
        rows.append(
            Row(
                product=product,
                supply=supply,
                last=previous,
                shelves=shelves(product, supply, agreed.price if agreed else None),
                in_season=not product.season or month in product.season,
                repriced=bool(supply and supply.pk in repriced and supply.reserved),
                ordered=ordered[supply.pk] if supply else Decimal(0),
                networks=tuple((network, network.pk in selling) for network in networks),
            )
        )
    return sorted(
        rows,
        key=lambda row: (not row.supply, not row.in_season, *by_category_and_name(row.product)),
    )


def shelves_at(producer: Producer, week_on: date, product: Product, price: Decimal) -> list[Shelf]:
    """What buyers would pay at a price that is not announced yet; nothing for a price that cannot be."""
    if price < stock.CHEAPEST:
        return []
    return [
        Shelf(day.network, group, pricing.shelf_price(price=price, **terms).gross)
        for day, group, terms in terms_shown(producer, week_on, product)
    ]


def price_at(producer: Producer, week_on: date, product: Product, gross: Decimal) -> Decimal | None:
    """What she receives when the first of her shops shows households `gross`; None when no day is planned yet."""
    first = next(iter(terms_shown(producer, week_on, product)), None)
    return pricing.farmer_price(gross=gross, **first[2]) if first else None


def terms_shown(
    producer: Producer, week_on: date, product: Product
) -> list[tuple[DeliveryDay, PriceGroup, dict[str, Any]]]:
    """Per network and group of buyers, on the day whose prices are shown: what prices of this product are made from."""
    days = stock.days_of(producer).filter(cycle__week_on=week_on).select_related("cycle__network").order_by("on", "pk")
    shown = _days_shown(list(days))
    terms, regimes = pricing.terms_of(shown), pricing.regimes_of(producer.organisation, shown)
    return [
        (day, group, {"product": product, "group": group, "terms": terms[day.pk], "regime": regimes[day.pk]})
        for day in shown
        for group in terms[day.pk].groups
    ]


def totals_of(producer: Producer, week_on: date) -> Totals:
    in_use = Q(product__archived_at=None) | Q(reserved__gt=0)
    found = Supply.objects.of_week(week_on).filter(in_use, product__producer=producer)
    supplies = list(found.by_product().values())
    ordered = _ordered(producer, week_on, supplies)
    return Totals(
        income=sum((euros(ordered[one.pk] * one.price) for one in supplies), Decimal(0)),
        possible=sum((euros((ordered[one.pk] + one.available) * one.price) for one in supplies), Decimal(0)),
        announced=len(supplies),
        sold_out=sum(1 for one in supplies if one.reserved == one.quantity and one.quantity),
    )


def _ordered(producer: Producer, week_on: date, supplies: Iterable[Supply]) -> dict[int, Decimal]:
    """
    By supply, what counts as ordered in a week. Of stock that carries over: what its closed days took, and, in the first week
    that takes orders, what is ordered of it now, for whichever week.
    """
    found = {supply.pk: supply.reserved for supply in supplies}
    standing = [supply for supply in supplies if supply.carries_over]
    if standing and present_week(producer) != week_on:
        found |= {supply.pk: Decimal(0) for supply in standing}
    for pk, sold in (
        StockMovement.objects.filter(supply__in=standing, delivery_day__cycle__week_on=week_on)
        .values_list("supply")
        .annotate(sold=-Sum("change"))
        if standing
        else ()
    ):
        found[pk] += sold
    return found


def _days_shown(days: list[DeliveryDay]) -> list[DeliveryDay]:
    """Per network the day whose prices are shown: the first that still takes orders, else the last."""
    by_network: dict[int, list[DeliveryDay]] = {}
    for day in days:
        by_network.setdefault(day.network.pk, []).append(day)
    return [
        next((day for day in its_days if stock.is_to_come(day)), its_days[-1])
        for _pk, its_days in sorted(by_network.items())
    ]
