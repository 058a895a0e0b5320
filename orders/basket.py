"""
Filling a basket. What is in it is held: nobody else can buy it until it is confirmed, taken out, or left alone for an
hour; then it lapses, and is put back when its buyer returns, as far as it is still for sale (`docs/basket.md`).

Locks, always in this order: the delivery day (shared, so that closing waits for us and we for closing), the order, the
supplies by pk.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Case, Exists, F, Q, Value, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Membership, Network, Organisation, Person, PriceGroup
from network.quantities import checked_quantity
from orders.models import LapsedLine, Order, OrderLine
from producers import pricing, stock
from producers.models import Offer

HOLD = timedelta(minutes=60)
LOOK = timedelta(minutes=5)
"""Looking keeps a hold alive; what it adds to the hold is written from this much on."""
MOST_LINES = 500
PRICES = ["price", "tariff", "contribution", "net", "vat_rate", "gross"]


class BasketRefused(Refused):
    """
    Nothing was changed; `errors` says per offer id what is wrong with the quantity asked, `most` how much there is of
    what was short.
    """

    def __init__(self, errors: Mapping[int, str], most: Mapping[int, Decimal] | None = None) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)
        self.most = dict(most or {})


def price_group_of(buyer: Organisation, network: Network) -> PriceGroup:
    """Trade for organisations with an outlet or a farm, households for the rest."""
    trade = Organisation.objects.filter(is_trade(), pk=buyer.pk)
    audience = Case(When(Exists(trade), then=Value("trade")), default=Value("household"))
    return PriceGroup.objects.get(network=network, audience=audience)


def is_trade(buyer: str = "") -> Q:
    """For a query of organisations, or of what has one as its `buyer` ("buyer__"): whether it buys at the prices of the trade."""
    return Q(**{f"{buyer}outlet__isnull": False}) | Q(**{f"{buyer}producer__isnull": False})


def _share_day(pk: int) -> tuple[str, datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, closes_at FROM network_deliveryday WHERE id = %s FOR SHARE", [pk])
        status, closes_at = cursor.fetchone()
    return status, closes_at


def lock_day(pk: int) -> None:
    """Share a delivery day with other buyers; Refused when it no longer takes orders."""
    status, closes_at = _share_day(pk)
    if status != DeliveryDay.Status.OPEN or clock.now() >= closes_at:
        raise Refused(_("Ordering for this day has closed. Choose another day."))


@transaction.atomic
def open_order(*, buyer: Organisation, delivery: Delivery, by: Person) -> Order:
    """
    The one order of this buyer at this delivery, made when there is none; a cancelled one begins anew. Refused when the
    day has closed, the delivery is at somebody else's door, or the buyer is no member of the network.
    """
    lock_day(delivery.delivery_day_id)
    if not Delivery.objects.for_buyer(buyer).filter(pk=delivery.pk).exists():
        raise Refused(_("This delivery is at another door. Choose your own, or a pickup point."), "delivery")
    if not Membership.objects.current().filter(network=delivery.delivery_day.network, organisation=buyer).exists():
        raise Refused(_("You are no member of this network yet. Ask its coordinator to join."))
    order, _fresh = Order.objects.get_or_create(buyer=buyer, delivery=delivery, defaults={"placed_by": by})
    if order.status == Order.Status.CANCELLED:
        Order.objects.filter(pk=order.pk, status=Order.Status.CANCELLED).update(
            status=Order.Status.BASKET, placed_by=by
        )
        order.refresh_from_db()
    order.buyer, order.delivery = buyer, delivery
    return order


def fill(*, order: Order, quantities: Mapping[int, Decimal], by: Person) -> Order:
    """
    Make the basket hold these absolute quantities, by offer id (0 takes a product out); offers not named stay as they
    are. All or nothing: raises BasketRefused with a sentence per offer. The price agreed is that of the moment a product
    is first put in.

    What is refused is refused before anything is written, and ends an empty transaction: over a connection on which one was
    rolled back, psycopg forgets every query it had prepared, and what sells out is refused often.
    """
    with transaction.atomic():
        try:
            order, offers, lines, wanted = _reserved(order, quantities)
        except Refused as found:
            refused = found
        else:
            _store(order, offers, lines, wanted)
            order.lapsed.filter(offer__in=wanted).delete()
            agreed = {pk: line.confirmed for pk, line in lines.items()}
            after = {pk: line.quantity for pk, line in lines.items()} | wanted
            order.version += 1
            changed = any(quantity != agreed.get(pk, 0) for pk, quantity in after.items())
            order.hold_expires_at = clock.now() + HOLD if changed else None
            order.save(update_fields=["version", "hold_expires_at"])
            return order
    raise refused


def _reserved(
    order: Order, quantities: Mapping[int, Decimal]
) -> tuple[Order, dict[int, Offer], dict[int, OrderLine], dict[int, Decimal]]:
    """
    The order, locked, with what is asked reserved for it: the offers asked for, the lines as they were and the quantities to
    store. Refused with nothing written.
    """
    lock_day(order.delivery.delivery_day_id)
    order = locked(order)
    lines = {line.offer_id: line for line in order.lines.all()}
    offers = {
        offer.pk: offer
        for offer in Offer.objects.filter(pk__in=quantities).select_related(
            "supply__product", "price_group", "delivery_day"
        )
    }
    audience = PriceGroup.Audience.TRADE if order.is_trade else PriceGroup.Audience.HOUSEHOLD  # type: ignore[attr-defined]
    errors: dict[int, str] = {}
    wanted: dict[int, Decimal] = {}
    for pk, quantity in quantities.items():
        offer = offers.get(pk)
        try:
            wanted[pk] = _checked(offer, quantity, order.delivery.delivery_day_id, audience, lines.get(pk))
        except Refused as refusal:
            errors[pk] = refusal.message
    after = {pk: line.quantity for pk, line in lines.items()} | wanted
    agreed = {pk: lines[pk].confirmed if pk in lines else Decimal(0) for pk in after}
    if sum(1 for pk, quantity in after.items() if quantity or agreed[pk]) > MOST_LINES:
        raise Refused(_("A basket holds at most %(most)s products.") % {"most": MOST_LINES})
    if errors:
        raise BasketRefused(errors)
    changes: dict[int, Decimal] = {}
    for pk, quantity in wanted.items():
        line = lines.get(pk)
        before = line.held if line else Decimal(0)
        supply = offers[pk].supply_id
        changes[supply] = changes.get(supply, Decimal(0)) + max(quantity, agreed[pk]) - before
    try:
        stock.reserve(changes)
    except stock.SoldOut as sold_out:
        raise _too_much(sold_out, offers, lines, wanted) from None
    return order, offers, lines, wanted


def locked(order: Order) -> Order:
    """
    The order, locked for this transaction, with buyer and delivery as its caller has read them already; Refused when it is past
    changing.
    """
    known, orders = order, Order.objects.annotate(is_trade=is_trade("buyer__"))
    order = orders.select_for_update(no_key=True, of=("self",)).get(pk=order.pk)
    order.buyer = known.buyer
    if order.delivery_id == known.delivery_id:
        order.delivery = known.delivery
    if order.status not in (Order.Status.BASKET, Order.Status.CONFIRMED):
        raise Refused(_("This order can no longer be changed. Start a new one."))
    return order


def _checked(offer: Offer | None, quantity: Decimal, day: int, audience: str, line: OrderLine | None) -> Decimal:
    if offer is None or offer.delivery_day_id != day or offer.price_group.audience != audience:
        raise Refused(_("This is not offered here for this day. Choose it again from the list."))
    if line is None and not offer.is_on_sale and quantity:
        raise Refused(_("This is no longer for sale."))
    if line is not None and not offer.is_on_sale and quantity > line.quantity:
        raise Refused(_("This is no longer for sale. You can keep what you have, or take less."))
    return checked_quantity(quantity, step=offer.supply.product.step)


def _too_much(
    sold_out: stock.SoldOut, offers: Mapping[int, Offer], lines: Mapping[int, OrderLine], wanted: Mapping[int, Decimal]
) -> BasketRefused:
    errors, most = {}, {}
    for pk in wanted:
        left = sold_out.available.get(offers[pk].supply_id)
        if left is None:
            continue
        step = offers[pk].supply.product.step
        most[pk] = (left + (lines[pk].held if pk in lines else 0)) // step * step
        errors[pk] = (
            _("Only %(left)s left. Ask for that or less.") % {"left": _amount(most[pk])}
            if most[pk]
            else _("This has just sold out.")
        )
    return BasketRefused(errors, most)


def _amount(quantity: Decimal) -> str:
    return number_format(quantity.normalize(), use_l10n=True)


def _store(
    order: Order, offers: Mapping[int, Offer], lines: Mapping[int, OrderLine], wanted: Mapping[int, Decimal]
) -> None:
    gone = [lines[pk].pk for pk, quantity in wanted.items() if not quantity and pk in lines and not lines[pk].confirmed]
    kept = [lines[pk] for pk in wanted if pk in lines and lines[pk].pk not in gone]
    for line in kept:
        line.quantity = wanted[line.offer_id]
        line.offer = offers[line.offer_id]
    if gone:
        OrderLine.objects.filter(pk__in=gone).delete()
    OrderLine.objects.bulk_update(priced(kept), ["quantity", *PRICES])
    OrderLine.objects.bulk_create(
        new_line(order, offers[pk], quantity) for pk, quantity in wanted.items() if quantity and pk not in lines
    )


def priced(lines: list[OrderLine]) -> list[OrderLine]:
    """
    The same lines (with `offer`), at what their quantity costs where the farmer agreed on lower prices from so many units.
    A line whose price is none of its offer's was agreed on before the offer changed, and keeps it.
    """
    for line in lines:
        if line.offer.tiers and line.price in [price.price for _least, price in pricing.prices_of(line.offer)]:
            for name, value in vars(pricing.price_for(line.offer, line.quantity)).items():
                setattr(line, name, value)
    return lines


def new_line(order: Order, offer: Offer, quantity: Decimal) -> OrderLine:
    """Not stored yet: an offer in an order, as it is agreed now."""
    product = offer.supply.product
    price = pricing.price_for(offer, quantity)
    return OrderLine(
        order=order,
        offer=offer,
        supply_id=offer.supply_id,
        product=product,
        producer_id=product.producer_id,
        name=product.name,
        unit=product.unit,
        step=product.step,
        sold_by_weight=product.sold_by_weight,
        storage_class=product.storage_class,
        crate_share=(Decimal(1) / product.units_per_crate).quantize(Decimal("0.000001")),
        unit_kg=product.unit_kg,
        quantity=quantity,
        **vars(price),
        deposit=product.deposit,
    )


def fill_what_fits(
    *, order: Order, quantities: Mapping[int, Decimal], by: Person, take_less: bool = False
) -> tuple[Order, dict[int, str]]:
    """
    As `fill`, but what is refused stays out and the rest goes in; the sentences per offer that was refused. `take_less`:
    of what is short, what is left goes in, and the sentence says so. Refused when the basket as a whole takes nothing.
    """
    wanted = dict(quantities)
    said: dict[int, str] = {}
    while True:
        try:
            return fill(order=order, quantities=wanted, by=by), said
        except BasketRefused as refused:
            for pk, sentence in refused.errors.items():
                most = refused.most.get(pk, Decimal(0)) if take_less else Decimal(0)
                said[pk] = _("Only %(left)s left: that much is in.") % {"left": _amount(most)} if most else sentence
                if most:
                    wanted[pk] = most
                else:
                    del wanted[pk]


@transaction.atomic
def refill(*, order: Order, by: Person) -> tuple[Order, dict[int, str]]:
    """
    Put back what lapsed, at the prices of now, as far as it is for sale; the sentences per offer that is not back whole.
    Refused, and still remembered, when the day has closed.
    """
    lock_day(order.delivery.delivery_day_id)
    order = locked(order)
    wanted = dict(order.lapsed.values_list("offer_id", "quantity"))
    leave(order=order)
    return fill_what_fits(order=order, quantities=wanted, by=by, take_less=True)


def leave(*, order: Order) -> None:
    """Forget what lapsed."""
    order.lapsed.all().delete()


def keep(order: Order) -> None:
    """Somebody looks at this basket: an hour more for what it holds. What has lapsed meanwhile stays so."""
    until = clock.now() + HOLD
    if order.hold_expires_at and until - order.hold_expires_at >= LOOK:
        Order.objects.filter(pk=order.pk, hold_expires_at__isnull=False).update(hold_expires_at=until)
        order.hold_expires_at = until


@transaction.atomic
def let_lapse(order: Order) -> None:
    """Release what was not confirmed, and remember it. The order is locked by the caller."""
    changes: dict[int, Decimal] = {}
    lapsed = []
    for line in order.lines.all():
        changes[line.supply_id] = changes.get(line.supply_id, Decimal(0)) + line.confirmed - line.held
        if line.quantity != line.confirmed:
            lapsed.append(
                LapsedLine(order=order, offer_id=line.offer_id, quantity=line.quantity, lapsed_at=clock.now())
            )
    stock.reserve(changes)
    LapsedLine.objects.bulk_create(
        lapsed, update_conflicts=True, unique_fields=["order", "offer"], update_fields=["quantity", "lapsed_at"]
    )
    order.lines.filter(confirmed=0).delete()
    tiered = list(order.lines.exclude(offer__tiers=[]).select_related("offer"))
    order.lines.update(quantity=F("confirmed"))
    for line in tiered:
        line.quantity = line.confirmed
    OrderLine.objects.bulk_update(priced(tiered), PRICES)
    order.hold_expires_at = None
    order.version += 1
    order.save(update_fields=["hold_expires_at", "version"])


def expire_holds() -> int:
    """Let lapse what lay in baskets for too long, each order in its own transaction; return how many did."""
    count = 0
    due = Order.objects.with_expired_hold().order_by("pk").values_list("pk", "delivery__delivery_day")
    for pk, day in list(due):
        with transaction.atomic():
            _share_day(day)
            order = (
                Order.objects.with_expired_hold().select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
            )
            if order:
                let_lapse(order)
                count += 1
    return count
