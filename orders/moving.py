"""
Taking a basket elsewhere: to another point or door of the same day, where everything stays as it was agreed, or to another day,
where each product is taken from what is offered then (`docs/choosing.md`).

Locks in the order of `orders.basket`: both days by pk, the orders by pk, the supplies, the room.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from network import journal
from network.errors import Refused
from network.models import Delivery, Person
from network.models.places import km_between
from orders import basket, checkout, collecting, room
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer, Supply


@dataclass
class Moved:
    """Where the basket is now. `left` did not come along, `fewer` did in part, `prices` differ: (name, before, after)."""

    order: Order
    left: list[str] = field(default_factory=list)
    fewer: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    prices: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    kept: bool = False
    """What was confirmed for the day before stays ordered, until it is cancelled."""


@transaction.atomic
def move_basket(*, order: Order, to: Delivery, by: Person) -> Moved:
    """
    Take everything in an order to another delivery of its network. On the same day the order itself moves, confirmed or
    not, with its prices and what it holds. To another day its products are put in the basket there, as far as they are
    offered and in stock, at the prices of that day; what was confirmed stays ordered where it was. A basket that was not
    confirmed may be moved after its own cut-off too. Refused when that day takes no orders, when the delivery is at
    somebody else's door, and when a confirmed order finds no room.
    """
    to = Delivery.objects.select_related("delivery_day__cycle__network", "place", "pickup_point").get(pk=to.pk)
    order = Order.objects.select_related("buyer", "delivery__delivery_day__cycle__network").get(pk=order.pk)
    same_day = order.delivery.delivery_day_id == to.delivery_day_id
    if to.delivery_day.cycle.network_id != order.delivery.delivery_day.cycle.network_id:
        raise Refused(_("This delivery is of another network."), "delivery")
    with connection.cursor() as cursor:
        days = sorted({order.delivery.delivery_day_id, to.delivery_day_id})
        cursor.execute("SELECT 1 FROM network_deliveryday WHERE id = ANY(%s) ORDER BY id FOR SHARE", [days])
    target = basket.open_order(buyer=order.buyer, delivery=to, by=by) if not same_day else _there(order, to, by)
    list(Order.objects.select_for_update(no_key=True).filter(pk__in=[order.pk, target.pk]).order_by("pk"))
    order, target = basket.locked(order), basket.locked(target)
    if order.delivery_id == to.pk:
        return Moved(order)
    if same_day:
        return Moved(_within_the_day(order, to, target, by))
    return _to_another_day(order, target, by)


def _there(order: Order, to: Delivery, by: Person) -> Order:
    """The buyer's order at a delivery of the same day, or this one when there is none."""
    basket.lock_day(to.delivery_day_id)
    if not Delivery.objects.for_buyer(order.buyer).filter(pk=to.pk).exists():
        raise Refused(_("This delivery is at another door. Choose your own, or a pickup point."), "delivery")
    if not Order.objects.filter(buyer=order.buyer, delivery=to).exists():
        return order
    return basket.open_order(buyer=order.buyer, delivery=to, by=by)


def _within_the_day(order: Order, to: Delivery, target: Order, by: Person) -> Order:
    """Room is given back and taken; the order goes itself, or its lines join those of an order that is there already."""
    came_from, lines = order.delivery, list(order.lines.order_by("pk"))
    was_confirmed = order.status == Order.Status.CONFIRMED
    needs = room.needs_of(lines)
    if was_confirmed:
        booked: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            booked[line.storage_class] += line.confirmed * line.crate_share
        _rebook(came_from, to, booked, needs)
        if to.home_id and (target.pk == order.pk or target.status != Order.Status.CONFIRMED):
            order.delivery = to
            room.take_door(order, needs)
    if target.pk == order.pk:
        order.delivery = to
        order.number = None
    else:
        _join(lines, target)
        target.age_declared = target.age_declared or order.age_declared
        target.reference = target.reference or order.reference
        if was_confirmed:
            target.status, target.confirmed_at = Order.Status.CONFIRMED, order.confirmed_at
            order.status = Order.Status.CANCELLED
        target.hold_expires_at = max(filter(None, [order.hold_expires_at, target.hold_expires_at]), default=None)
        order.hold_expires_at = None
        order.version += 1
        order.save()
    target = order if target.pk == order.pk else target
    target.version += 1
    if target.status == Order.Status.CONFIRMED:
        collecting.give_number(target)
    target.save()
    if was_confirmed:
        entry = journal.record(
            action="moved the order",
            subject=target,
            by=by,
            network=to.delivery_day.network,
            deliveries=[came_from.pk, to.pk],
        )
        checkout.tell(target, entry.pk)
    return target


def _rebook(came_from: Delivery, to: Delivery, booked: room.Needs, needs: room.Needs) -> None:
    """By pk, so that two who change places cannot lock each other out."""
    back = {storage_class: -many for storage_class, many in booked.items()}
    for delivery, change in sorted([(came_from, back), (to, booked)], key=lambda one: one[0].pk):
        room.book(delivery, change, needs=needs)


def _join(lines: Iterable[OrderLine], target: Order) -> None:
    there = {line.offer_id: line for line in target.lines.all()}
    for line in lines:
        if (known := there.get(line.offer_id)) is None:
            line.order = target
            line.save(update_fields=["order"])
            continue
        known.quantity, known.confirmed = known.quantity + line.quantity, known.confirmed + line.confirmed
        line.delete()
        known.save(update_fields=["quantity", "confirmed"])


def _to_another_day(order: Order, target: Order, by: Person) -> Moved:
    moved = Moved(target, kept=order.status == Order.Status.CONFIRMED)
    lines = [line for line in order.lines.select_related("product").order_by("pk") if line.quantity]
    offered = _offered(target, lines)
    supplies = {line.supply_id for line in lines} | set(offered.values_list("supply", flat=True))
    list(Supply.objects.select_for_update(no_key=True).filter(pk__in=supplies).order_by("pk"))
    if not moved.kept:
        _empty(order, lines)
    there = {line.offer_id: line.quantity for line in target.lines.all()}
    offers = {offer.supply.product_id: offer for offer in offered.select_related("supply__product").order_by("-pk")}
    wanted: dict[int, Decimal] = {}
    for line in lines:
        offer, name = offers.get(line.product_id), str(line.name)
        most = _most(offer) if offer else Decimal(0)
        if offer is None or not most:
            moved.left.append(name)
            continue
        wanted[offer.pk] = there.get(offer.pk, Decimal(0)) + min(line.quantity, most)
        if most < line.quantity:
            moved.fewer.append((name, line.quantity, most))
        if offer.gross != line.gross:
            moved.prices.append((name, line.gross, offer.gross))
    if wanted:
        moved.order = basket.fill(order=target, quantities=wanted, by=by)
    return moved


def _empty(order: Order, lines: Iterable[OrderLine]) -> None:
    """A basket that was not confirmed holds nothing any more."""
    releases: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        releases[line.supply_id] -= line.quantity
    stock.reserve(releases)
    order.lines.all().delete()
    order.hold_expires_at = None
    order.version += 1
    order.save(update_fields=["hold_expires_at", "version"])


def _offered(target: Order, lines: Iterable[OrderLine]) -> QuerySet[Offer]:
    """What is for sale at the target of these products."""
    day = target.delivery.delivery_day
    return Offer.objects.on_sale().filter(
        delivery_day=day,
        price_group=basket.price_group_of(target.buyer, day.network),
        supply__product__in=[line.product_id for line in lines],
    )


def _most(offer: Offer) -> Decimal:
    """What is left of it, in whole steps."""
    step = offer.supply.product.step
    left = offer.supply.quantity - offer.supply.reserved
    return max(Decimal(0), (left / step).to_integral_value(ROUND_FLOOR) * step)


def elsewhere(order: Order, days: Iterable[int]) -> dict[int, list[str]]:
    """By delivery day (pk), the names of what is in the basket and not for sale or sold out that day; two queries."""
    lines = [line for line in order.lines.all() if line.quantity]
    group = basket.price_group_of(order.buyer, order.delivery.delivery_day.network)
    offered = set(
        Offer.objects.on_sale()
        .filter(
            delivery_day__in=[day for day in days if day != order.delivery.delivery_day_id],
            price_group=group,
            supply__product__in=[line.product_id for line in lines],
            supply__quantity__gte=F("supply__reserved") + F("supply__product__step"),
        )
        .values_list("delivery_day", "supply__product")
    )
    return {
        day: [str(line.name) for line in lines if (day, line.product_id) not in offered]
        for day in days
        if day != order.delivery.delivery_day_id
    }


def next_chance(order: Order) -> Delivery | None:
    """Where a basket whose cut-off has passed can go next: the same point, else the one nearest to it."""
    day = checkout.next_day(order.delivery)
    if day is None:
        return None
    point, spot = order.delivery.pickup_point_id, order.delivery.place.point
    return min(
        Delivery.objects.at_points()
        .filter(delivery_day=day)
        .select_related("delivery_day", "pickup_point", "place")
        .order_by("starts_at", "pk"),
        key=lambda one: (one.pickup_point_id != point, km_between(spot, one.place.point)),
        default=None,
    )
