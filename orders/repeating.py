"""
Putting in a basket what was ordered before, or what a subscription asks: as much of it as there is, in one transaction, and
never less of anything than lay in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from django.db import transaction
from django.db.models import F, QuerySet

from network.models import Delivery, Network, Organisation, Person, PriceGroup
from orders import basket
from orders.models import Order, OrderLine
from producers.models import Offer, Product, Supply


@transaction.atomic
def put_in(
    *, order: Order, wishes: Mapping[int, Decimal], by: Person, on_top: bool = False
) -> tuple[Order, dict[int, Decimal]]:
    """
    Make the basket hold as much as there is of these quantities by product id; `on_top` adds them to what is in it. Returns
    the order, and per product by how much its line grew. Refused as `basket.fill` is, never because something sold out.
    """
    basket.lock_day(order.delivery.delivery_day_id)
    order = basket.locked(order)
    group = basket.price_group_of(order.buyer, order.delivery.delivery_day.network)
    offers = offers_of(order.delivery, group, wishes)
    supplies = {
        supply.pk: supply
        for supply in Supply.objects.select_for_update(no_key=True)
        .filter(pk__in=[offer.supply_id for offer in offers.values()])
        .order_by("pk")
    }
    lines = {line.offer_id: line for line in order.lines.all()}
    quantities: dict[int, Decimal] = {}
    grown: dict[int, Decimal] = {}
    for product, wanted in wishes.items():
        if product not in offers:
            continue
        offer, line = offers[product], lines.get(offers[product].pk)
        there, held = (line.quantity, line.held) if line else (Decimal(0), Decimal(0))
        most = supplies[offer.supply_id].available + held
        target = whole(min(there + wanted if on_top else wanted, most), offer.supply.product.step)
        if target > there:
            quantities[offer.pk], grown[product] = target, target - there
    if quantities:
        order = basket.fill(order=order, quantities=quantities, by=by)
    return order, grown


def offers_of(delivery: Delivery, group: PriceGroup, products: Iterable[int]) -> dict[int, Offer]:
    """What can be ordered now of these products at a delivery, by product."""
    found = (
        Offer.objects.on_sale()
        .filter(
            delivery_day=delivery.delivery_day_id, price_group=group, supply__product__in=[pk for pk in products if pk]
        )
        .select_related("supply__product__producer__organisation")
    )
    return {offer.supply.product_id: offer for offer in found}


def whole(quantity: Decimal, step: Decimal) -> Decimal:
    """The most whole steps that fit in a quantity."""
    return (quantity / step).to_integral_value(ROUND_FLOOR) * step


# As last time


def earlier_orders(buyer: Organisation, network: Network) -> QuerySet[Order]:
    """What this buyer ordered in a network and did not call off, latest delivery first."""
    return (
        Order.objects.confirmed()
        .filter(buyer=buyer, delivery__delivery_day__cycle__network=network)
        .order_by("-delivery__starts_at", "-pk")
    )


@dataclass(frozen=True)
class Row:
    """A line of an earlier order beside what there is now; `alternative` is the nearest other offer when it falls short."""

    before: OrderLine
    offer: Offer | None
    there: Decimal
    left: Decimal
    gross: Decimal | None
    alternative: Offer | None

    @property
    def wanted(self) -> Decimal:
        return self.before.confirmed

    @property
    def state(self) -> str:
        """`in`: all of it is in the basket; `part`: some; `open`: it can still be put in; `out`: it is not to be had."""
        if self.there >= self.wanted:
            return "in"
        if self.there:
            return "part"
        return "open" if self.left else "out"

    @property
    def is_short(self) -> bool:
        """Less is to be had than was ordered then."""
        return self.there + self.left < self.wanted

    @property
    def is_repriced(self) -> bool:
        return self.gross is not None and self.gross != self.before.gross


def compared(before: Order, delivery: Delivery, group: PriceGroup, now: Order | None) -> list[Row]:
    """An earlier order beside this delivery and the basket there, line by line; three queries, four with alternatives."""
    lines = [line for line in before.lines.select_related("product", "producer__organisation") if line.confirmed]
    offers = offers_of(delivery, group, [line.product_id for line in lines])
    basket_lines = {line.product_id: line for line in now.lines.all() if line.quantity} if now else {}
    rows = []
    for line in lines:
        offer, inside = offers.get(line.product_id), basket_lines.get(line.product_id)
        left = whole(offer.supply.available, offer.supply.product.step) if offer else Decimal(0)
        gross = inside.gross if inside else offer.gross if offer else None
        rows.append(Row(line, offer, inside.quantity if inside else Decimal(0), left, gross, None))
    others = alternatives(delivery, group, [row.before.product for row in rows if row.is_short])
    return [replace(row, alternative=others.get(row.before.product_id)) for row in rows]


def alternatives(delivery: Delivery, group: PriceGroup, products: list[Product]) -> dict[int, Offer]:
    """
    Per product the nearest other that can be had: of its category, drawn alike before another, sold by the same unit before
    another, of the same farm before a stranger's, and then the nearest in weight.
    """
    if not products:
        return {}
    found = list(
        Offer.objects.on_sale()
        .filter(
            delivery_day=delivery.delivery_day_id,
            price_group=group,
            supply__product__category__in={product.category for product in products},
            supply__quantity__gte=F("supply__reserved") + F("supply__product__step"),
        )
        .exclude(supply__product__in=products)
        .select_related("supply__product__producer__organisation")
        .order_by("pk")
    )
    best = {}
    for product in products:
        if nearest := _nearest(product, found):
            best[product.pk] = nearest
    return best


def _nearest(product: Product, offers: list[Offer]) -> Offer | None:
    def distance(offer: Offer) -> tuple[bool, bool, bool, Decimal]:
        other = offer.supply.product
        return (
            other.drawing != product.drawing,
            other.unit != product.unit,
            other.producer_id != product.producer_id,
            abs(other.unit_kg - product.unit_kg),
        )

    alike = (offer for offer in offers if offer.supply.product.category == product.category)
    return min(alike, key=distance, default=None)
