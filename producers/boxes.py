"""
What is in a box this week. A box is a way to order, not a product of its own: its content is sold as the offers it consists of,
and may come to no more than the price of the size (`docs/subscriptions.md`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Network, Person
from network.money import euros
from network.quantities import checked_quantity
from producers import stock
from producers.models import Box, BoxContent, BoxSize, Offer, Pool, Producer
from producers.pricing import MOST_OVER

CHEAPEST_BOX, DEAREST_BOX = Decimal(1), Decimal(500)
DRAWINGS = {Box.Kind.VEGETABLES: "leek", Box.Kind.MEAT: "steak", Box.Kind.MIXED: "kale"}
TOLERANCE = Decimal("0.15")
"""By how much of its price a composed box may stay below it."""


def cost_of(offer: Offer, quantity: Decimal) -> Decimal:
    """What so much of an offer comes to at most, VAT included: goods sold by weight may weigh more than was ordered."""
    return euros(offer.gross * quantity * (MOST_OVER if offer.supply.product.sold_by_weight else 1))


def value_of(content: Mapping[int, Decimal], offers: Mapping[int, Offer]) -> Decimal:
    """What this content comes to at most, in euro; both by product. Deposits stand apart, as everywhere."""
    return sum((cost_of(offers[pk], quantity) for pk, quantity in content.items() if pk in offers), Decimal(0))


def goods_for(box: Box, week_on: date) -> dict[int, Offer]:
    """
    What can be put in a box in a week, by product: what is for sale to households, at its dearest of the week's days. Not
    what may still be called off: a box is promised.
    """
    return dearest(box.network, week_on, categories=box.categories, alcohol=False, sure=True)


def dearest(
    network: Network,
    week_on: date,
    *,
    categories: Iterable[str] | None = None,
    alcohol: bool = True,
    sure: bool = False,
) -> dict[int, Offer]:
    """
    Per product what households pay for it at most on a day of a week that still takes orders, or will; `sure`: without what
    may still be called off.
    """
    offers = Offer.objects.filter(
        listed=True,
        price_group__audience="household",
        price_group__network=network,
        delivery_day__cycle__network=network,
        delivery_day__cycle__week_on=week_on,
        delivery_day__status__in=stock.TO_COME,
        delivery_day__closes_at__gt=clock.now(),
    )
    if categories is not None:
        offers = offers.filter(supply__product__category__in=categories)
    if sure:
        offers = offers.exclude(supply__pool__status=Pool.Status.GATHERING)
    if not alcohol:
        offers = offers.filter(supply__product__alcohol=None)
    found = offers.select_related("supply__product__producer__organisation")
    return {offer.supply.product_id: offer for offer in found.order_by("gross", "pk")}


def content_of(size: BoxSize, week_on: date) -> dict[int, Decimal]:
    """What one box of a size holds in a week, by product."""
    return dict(size.contents.filter(week_on=week_on).values_list("product", "quantity"))


@transaction.atomic
def start(
    *,
    network: Network,
    producer: Producer,
    kind: str,
    name: str,
    sizes: Sequence[tuple[str, Decimal | None]],
    description: str = "",
    by: Person,
) -> Box:
    """
    A box of a farm for the households of a network, with its sizes (name and price, VAT included; wholly empty ones are left
    out). Refused, with the field `size1`, `price1`, … of what is half filled in or cannot be, and where it sells nothing.
    """
    if not Producer.objects.in_network(network).filter(pk=producer.pk).exists():
        raise Refused(_("Your farm does not sell in this network."), "network")
    wanted = [(number, *size) for number, size in enumerate(sizes, 1) if size[0] or size[1] is not None]
    if not wanted:
        raise Refused(_("A box has at least one size."), "size1")
    box = Box.objects.create(
        network=network,
        producer=producer,
        kind=kind,
        name=name,
        description=description,
        drawing=DRAWINGS[Box.Kind(kind)],
    )
    for number, label, price in wanted:
        try:
            add_size(box=box, name=label, price=price, by=by)
        except Refused as refused:
            raise Refused(refused.message, f"{'size' if refused.field == 'name' else 'price'}{number}") from None
    journal.record(action="started a box", subject=box, by=by, network=network, product=name)
    return box


@transaction.atomic
def add_size(*, box: Box, name: str, price: Decimal | None, by: Person) -> BoxSize:
    """Another size of a box, at a price for households. Refused for one that is there already and a price that cannot be."""
    Box.objects.select_for_update(no_key=True, of=("self",)).get(pk=box.pk)
    if not name.strip():
        raise Refused(_("Give this size a name."), "name")
    if name.strip().casefold() in {str(size.name).casefold() for size in box.sizes.all()}:
        raise Refused(_("There is a size of that name already."), "name")
    if price is None or not CHEAPEST_BOX <= price <= DEAREST_BOX:
        raise Refused(
            _("Enter a price from € %(least)s to € %(most)s.") % {"least": CHEAPEST_BOX, "most": DEAREST_BOX}, "price"
        )
    made = BoxSize.objects.create(box=box, name=name.strip(), price=euros(price))
    journal.record(action="added a size", subject=box, by=by, network=box.network, size=name, value=str(price))
    return made


@transaction.atomic
def compose(*, size: BoxSize, week_on: date, content: Mapping[int, Decimal], by: Person | None) -> Decimal:
    """
    Say what one box of a size holds in the week of `week_on` (a Monday), by product; nothing empties it. Returns what it
    comes to. Orders that were made from an earlier composition stay as they are. Refused when the week has closed, for what
    is not for sale in it, and for a value above the price or too far below.
    """
    BoxSize.objects.select_for_update(no_key=True, of=("self",)).get(pk=size.pk)
    days = DeliveryDay.objects.filter(cycle__network=size.box.network, cycle__week_on=week_on)
    if not any(stock.is_to_come(day) for day in days):
        raise Refused(_("Ordering for this week has closed, or is not planned yet. Compose the box for another week."))
    offers = goods_for(size.box, week_on)
    wanted = checked(content, offers)
    value = check_value(size, wanted, offers)
    if wanted and value < size.price * (1 - TOLERANCE):
        raise Refused(
            _(
                "This comes to € %(value)s and the box costs € %(price)s. Add something: at least € %(least)s is promised."
            )
            % _written(value=value, price=size.price, least=size.price * (1 - TOLERANCE))
        )
    size.contents.filter(week_on=week_on).delete()
    BoxContent.objects.bulk_create(
        BoxContent(size=size, week_on=week_on, product_id=pk, quantity=quantity) for pk, quantity in wanted.items()
    )
    journal.record(
        action="composed the box",
        subject=size.box,
        by=by,
        network=size.box.network,
        size=str(size.name),
        week_on=str(week_on),
        value=str(value),
    )
    return value


def checked(content: Mapping[int, Decimal], offers: Mapping[int, Offer]) -> dict[int, Decimal]:
    """The content without what is 0; Refused, with the product's field, for what is not offered or not in whole steps."""
    wanted = {}
    for pk, quantity in content.items():
        if pk not in offers:
            if quantity:
                raise Refused(_("This is not for sale in that week. Take it out, or choose something else."), f"q{pk}")
            continue
        quantity = checked_quantity(quantity, step=offers[pk].supply.product.step, field=f"q{pk}")
        if quantity:
            wanted[pk] = quantity
    return wanted


def check_value(size: BoxSize, content: Mapping[int, Decimal], offers: Mapping[int, Offer]) -> Decimal:
    """What the content comes to; Refused when that is more than the size costs."""
    value = value_of(content, offers)
    if value > size.price:
        raise Refused(
            _("This comes to € %(value)s, and the box to € %(price)s. Take out € %(over)s.")
            % _written(value=value, price=size.price, over=value - size.price)
        )
    return value


def _written(**amounts: Decimal) -> dict[str, str]:
    """Euro as people write them."""
    return {name: number_format(euros(amount), 2, use_l10n=True) for name, amount in amounts.items()}


def within(price: Decimal, content: Mapping[int, Decimal], offers: Mapping[int, Offer]) -> dict[int, Decimal]:
    """
    As much of the content, in its order, as the price allows at these offers: what got dearer since it was composed never
    makes a box cost more than was said.
    """
    left, kept = price, {}
    for pk, quantity in content.items():
        if pk not in offers:
            continue
        step = offers[pk].supply.product.step
        while quantity > 0 and cost_of(offers[pk], quantity) > left:
            quantity -= step
        if quantity > 0:
            kept[pk] = quantity
            left -= cost_of(offers[pk], quantity)
    return kept
