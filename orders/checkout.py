"""
Confirming an order, changing it, cancelling it. Confirming twice is confirming once; it is binding before it is paid.

Locks in the order of `orders.basket`, and after the supplies the room at the delivery by pk; the delivery itself last of all.
"""

from collections import defaultdict
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from network import clock, journal, outbox
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Organisation, Person
from network.money import euros
from network.templatetags.kouter import weekday, weektime
from orders import basket, changes, collecting, room
from orders.models import Order
from producers import stock


@transaction.atomic
def place_order(
    *,
    order: Order,
    by: Person,
    age_declared: bool = False,
    reference: str = "",
    substitution: str = "",
    minimum: bool = True,
    mail: bool = True,
    seen: int | None = None,
) -> Order:
    """
    Confirm what is in the basket. Refused after the cut-off (then the next day that takes orders is named), for a basket
    that is empty, has lapsed or is not the one that was `seen` (its version) any more, below the network's minimum, for
    alcohol without a declared age, or when there is no room: `room.Full`.
    `substitution` is what the household wants from now on when something is missing. Without `minimum` a basket may be
    smaller; without `mail` the caller tells the household.
    """
    lock_day(order)
    order = basket.locked(order)
    if order.lapsed.exists():
        raise Refused(_("Your basket was kept for an hour and then let go. Put it back first, and look once more."))
    if substitution and substitution != order.buyer.substitution:
        Organisation.objects.filter(pk=order.buyer_id).update(substitution=substitution)
    lines = list(order.lines.select_related("product").order_by("pk"))
    if order.status == Order.Status.CONFIRMED and all(line.quantity == line.confirmed for line in lines):
        return order
    if not any(line.quantity for line in lines):
        raise Refused(_("Your basket is empty. Put something in it first."))
    if seen is not None and seen != order.version:
        raise Refused(
            _("Your basket has changed since you opened this page. This is what is in it now: look once more.")
        )
    if minimum:
        _check_minimum(order, sum((euros(line.gross * line.quantity) for line in lines), Decimal(0)))
    age = max((line.product.minimum_age or 0 for line in lines if line.quantity), default=0)
    if age and not (age_declared or order.age_declared):
        raise Refused(
            _("There is alcohol in your basket. Declare that who collects it is %(age)s or older.") % {"age": age},
            "age_declared",
        )
    again = order.status == Order.Status.CONFIRMED
    needs, more, releases = room.needs_of(lines), defaultdict[str, Decimal](Decimal), defaultdict[int, Decimal](Decimal)
    for line in lines:
        more[line.storage_class] += (line.quantity - line.confirmed) * line.crate_share
        releases[line.supply_id] += line.quantity - line.held
    stock.reserve(releases)
    room.book(order.delivery, more, needs=needs)
    if order.delivery.home_id and not again:
        room.take_door(order, needs)
    changed = changes.of_lines(lines) if again else {}
    if not all(line.quantity for line in lines):
        order.lines.filter(quantity=0).delete()
    order.lines.update(confirmed=F("quantity"))
    order.status = Order.Status.CONFIRMED
    order.confirmed_at = clock.now()
    order.hold_expires_at = None
    order.age_declared = order.age_declared or age_declared
    order.reference = reference or order.reference
    order.placed_by = by
    order.version += 1
    collecting.give_number(order)
    order.save()
    network = order.delivery.delivery_day.network
    entry = journal.record(action="changed" if again else "confirmed", subject=order, by=by, network=network, **changed)
    if mail:
        tell(order, entry.pk)
    return order


def tell(order: Order, entry: int) -> None:
    """Mail what is binding now, and what the journal's entry says of it."""
    key = f"order_confirmed:{order.pk}:{order.version}"
    outbox.add(kind="order_confirmed", key=key, order=order.pk, entry=entry)


def lock_day(order: Order) -> None:
    """Share the order's day with other buyers; Refused after its cut-off, with the next day that still takes orders."""
    try:
        basket.lock_day(order.delivery.delivery_day_id)
    except Refused:
        raise Refused(too_late(order.delivery)) from None


def too_late(delivery: Delivery) -> str:
    """What to do once the cut-off of a delivery has passed."""
    day = delivery.delivery_day
    closed = _("Ordering for this day has closed: it did on %(moment)s.") % {"moment": weektime(day.closes_at)}
    following = next_day(delivery)
    if following is None:
        advice = _("The next week opens soon.")
    else:
        words = {"day": capfirst(weekday(following.on)), "moment": weektime(following.closes_at)}
        advice = _("%(day)s still takes orders, until %(moment)s.") % words
    return f"{closed} {advice}"


def next_day(delivery: Delivery) -> DeliveryDay | None:
    """The first day of the same network that still takes orders; where this buyer goes before others."""
    days = DeliveryDay.objects.on_sale().filter(cycle__network=delivery.delivery_day.cycle.network_id)
    here = days.filter(deliveries__pickup_point=delivery.pickup_point_id) if delivery.pickup_point_id else days
    return here.order_by("on").first() or days.order_by("on").first()


@transaction.atomic
def cancel_order(*, order: Order, by: Person, reason: str = "") -> Order:
    """Call an order off before the cut-off: its stock and its room are free again. Cancelling twice changes nothing."""
    lock_day(order)
    if Order.objects.filter(pk=order.pk, status=Order.Status.CANCELLED).exists():
        order.refresh_from_db()
        return order
    order = basket.locked(order)
    lines = list(order.lines.order_by("pk"))
    releases: dict[int, Decimal] = defaultdict(Decimal)
    freed: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        releases[line.supply_id] -= line.held
        freed[line.storage_class] -= line.confirmed * line.crate_share
    stock.reserve(releases)
    room.book(order.delivery, freed)
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
