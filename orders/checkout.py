"""
Confirming an order, changing it, cancelling it. Confirming twice is confirming once; it is binding before it is paid.

Locks in the order of `orders.basket`, and after the supplies the room at the delivery by pk.
"""

from collections import defaultdict
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from network import clock, journal, outbox
from network.errors import Refused
from network.models import Delivery, DeliveryCapacity, Organisation, Person
from network.models.places import km_between
from network.money import euros
from network.quantities import StorageClass
from orders import basket
from orders.models import Order
from producers import stock


@transaction.atomic
def place_order(*, order: Order, by: Person, age_declared: bool = False, reference: str = "") -> Order:
    """
    Confirm what is in the basket. Refused after the cut-off, for a basket that is empty or has lapsed, below the
    network's minimum, for alcohol without a declared age, or when the pickup point is full (then the nearest with room
    is named).
    """
    basket.lock_day(order.delivery.delivery_day_id)
    order = basket.locked(order)
    if order.lapsed.exists():
        raise Refused(_("Your basket was kept for an hour and then let go. Put it back first, and look once more."))
    lines = list(order.lines.select_related("product").order_by("pk"))
    if order.status == Order.Status.CONFIRMED and all(line.quantity == line.confirmed for line in lines):
        return order
    if not any(line.quantity for line in lines):
        raise Refused(_("Your basket is empty. Put something in it first."))
    _check_minimum(order, sum((euros(line.gross * line.quantity) for line in lines), Decimal(0)))
    age = max((line.product.minimum_age or 0 for line in lines if line.quantity), default=0)
    if age and not (age_declared or order.age_declared):
        raise Refused(
            _("There is alcohol in your basket. Declare that who collects it is %(age)s or older.") % {"age": age},
            "age_declared",
        )
    changes: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        changes[line.storage_class] += (line.quantity - line.confirmed) * line.crate_share
    _book(order.delivery, changes)
    releases: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        releases[line.supply_id] += line.quantity - line.held
    stock.reserve(releases)
    order.lines.filter(quantity=0).delete()
    order.lines.update(confirmed=F("quantity"))
    again = order.status == Order.Status.CONFIRMED
    order.status = Order.Status.CONFIRMED
    order.confirmed_at = clock.now()
    order.hold_expires_at = None
    order.age_declared = order.age_declared or age_declared
    order.reference = reference or order.reference
    order.placed_by = by
    order.version += 1
    order.save()
    network = order.delivery.delivery_day.network
    journal.record(action="changed" if again else "confirmed", subject=order, by=by, network=network)
    outbox.add(kind="order_confirmed", key=f"order_confirmed:{order.pk}:{order.version}", order=order.pk)
    return order


@transaction.atomic
def cancel_order(*, order: Order, by: Person, reason: str = "") -> Order:
    """Call an order off before the cut-off: its stock and its room are free again. Cancelling twice changes nothing."""
    basket.lock_day(order.delivery.delivery_day_id)
    if Order.objects.filter(pk=order.pk, status=Order.Status.CANCELLED).exists():
        order.refresh_from_db()
        return order
    order = basket.locked(order)
    lines = list(order.lines.order_by("pk"))
    releases: dict[int, Decimal] = defaultdict(Decimal)
    room: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        releases[line.supply_id] -= line.held
        room[line.storage_class] -= line.confirmed * line.crate_share
    stock.reserve(releases)
    _book(order.delivery, room)
    order.lines.all().delete()
    basket.leave(order=order)
    order.status = Order.Status.CANCELLED
    order.hold_expires_at = None
    order.version += 1
    order.save()
    network = order.delivery.delivery_day.network
    cancelled = [{"name": str(line.name), "quantity": str(line.confirmed)} for line in lines if line.confirmed]
    journal.record(action="cancelled", subject=order, by=by, network=network, reason=reason, lines=cancelled)
    outbox.add(kind="order_cancelled", key=f"order_cancelled:{order.pk}:{order.version}", order=order.pk)
    return order


def _check_minimum(order: Order, total: Decimal) -> None:
    minimum = order.delivery.delivery_day.network.minimum_order
    if order.buyer.kind == Organisation.Kind.HOUSEHOLD and total < minimum:
        raise Refused(
            _("A basket starts at € %(minimum)s. Add € %(missing)s.") % {"minimum": minimum, "missing": minimum - total}
        )


def _book(delivery: Delivery, changes: dict[str, Decimal]) -> None:
    """Take (or give back) crate equivalents at a delivery; Refused, with the nearest point that has room, when full."""
    rooms = list(DeliveryCapacity.objects.select_for_update(no_key=True).filter(delivery=delivery).order_by("pk"))
    for room in rooms:
        change = changes.get(room.storage_class, Decimal(0)).quantize(Decimal("0.001"))
        if change > 0 and room.booked + change > room.hard:
            raise Refused(_full(delivery, room.storage_class, change), "delivery")
        room.booked = max(Decimal(0), room.booked + change)
    DeliveryCapacity.objects.bulk_update(rooms, ["booked"])


def _full(delivery: Delivery, storage_class: str, change: Decimal) -> str:
    others = Delivery.objects.filter(
        delivery_day=delivery.delivery_day,
        outlet=None,
        capacities__storage_class=storage_class,
        capacities__booked__lte=F("capacities__hard") - change,
    ).exclude(pk=delivery.pk)
    nearest = min(
        others.select_related("place", "pickup_point"),
        key=lambda other: km_between(delivery.place.point, other.place.point),
        default=None,
    )
    label = StorageClass(storage_class).label
    if nearest is None:
        return _("There is no room left here for %(storage)s goods. Take less, or choose another day.") % {
            "storage": label
        }
    return _("There is no room left here for %(storage)s goods. %(point)s still has room that day.") % {
        "storage": label,
        "point": nearest.destination,
    }
