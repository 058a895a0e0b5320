"""
A coordinator changes an order after the cut-off: less, more, nothing any more, or a product that was not in it. The farm reads
of it as a version of its purchase order (`docs/harvest.md`), the buyer in a mail.

Locks the day, the order, the supply, the room at the delivery, the purchase order.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from network import journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.money import euros
from network.quantities import checked_quantity
from orders import basket, changes, checkout, purchasing, room
from orders.models import Order, OrderLine, PurchaseChange, PurchaseOrder, PurchaseOrderLine
from orders.shortages import written
from producers import standing, stock
from producers.models import Offer

BEFORE_IT_LEAVES = (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED)


def offers_for(order: Order, sought: str = "") -> QuerySet[Offer]:
    """What can be changed in a closed order: what is in it, and of what was offered to its buyer that day what is `sought`."""
    group = basket.price_group_of(order.buyer, order.delivery.delivery_day.network)
    wanted = Q(lines__order=order)
    if sought:
        wanted |= Q(supply__product__name__icontains=sought, supply__quantity__gt=F("supply__reserved"))
    return (
        Offer.objects.filter(wanted, delivery_day=order.delivery.delivery_day_id, price_group=group)
        .select_related("supply__product__producer__organisation")
        .order_by("supply__product__producer__organisation__name", "pk")
        .distinct()
    )


@transaction.atomic
def amend(*, order: Order, offer: Offer, quantity: Decimal, reason: str, by: Person) -> Order:
    """
    Make a closed order hold so much of an offer, in all; what was agreed on its price stays. Refused once the goods have left,
    without a reason, for more than is left, off the step, where there is no room, and for a line that was weighed or of
    which something is known to be missing. An order of which nothing is left is cancelled.
    """
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network")
        .get(deliveries__orders=order)
    )
    if day.status not in BEFORE_IT_LEAVES:
        raise Refused(_("This can be done between the cut-off and the moment the goods leave."))
    order = (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("buyer", "delivery__delivery_day__cycle__network")
        .get(pk=order.pk)
    )
    if order.status != Order.Status.CLOSED:
        raise Refused(_("This order can no longer be changed. Start a new one."))
    if not reason.strip():
        raise Refused(_("Say why, so that everybody can read it later."), "reason")
    lines = {line.offer_id: line for line in order.lines.select_related("product").order_by("pk")}
    line = lines.setdefault(offer.pk, lines.get(offer.pk) or basket.new_line(order, offer, quantity))
    difference = _checked(line, offer, quantity)
    try:
        if offer.supply.carries_over:
            standing.correct_sale(supply=offer.supply, more=difference, note=reason.strip(), by=by)
        else:
            stock.reserve({line.supply_id: difference})
    except stock.SoldOut as sold_out:
        left = sold_out.available[line.supply_id] + line.confirmed
        raise Refused(_("Only %(left)s left. Ask for that or less.") % {"left": written(left)}, "quantity") from None
    room.book(order.delivery, {line.storage_class: difference * line.crate_share})
    line.quantity = quantity
    said = changes.of_lines(lines.values())
    line.confirmed = quantity
    if quantity:
        line.save()
    else:
        line.delete()
    order.version += 1
    if not order.lines.exists():
        order.status = Order.Status.CANCELLED
    order.save(update_fields=["version", "status"])
    change = _tell_farm(day, line, difference, reason.strip(), by)
    entry = journal.record(
        action="changed", subject=order, by=by, network=day.network, reason=reason.strip()[:300], **said
    )
    if order.status == Order.Status.CANCELLED:
        outbox.add(kind="order_cancelled", key=f"order_cancelled:{order.pk}:{order.version}", order=order.pk)
    else:
        checkout.tell(order, entry.pk)
    outbox.add(kind="purchase_changed", key=f"purchase_changed:{change.pk}", change=change.pk)
    return order


def _checked(line: OrderLine, offer: Offer, quantity: Decimal) -> Decimal:
    """How much more (or less) this is than was ordered."""
    quantity = checked_quantity(quantity, step=line.step, field="quantity")
    if quantity == line.confirmed:
        raise Refused(_("That is what is in the order already."), "quantity")
    if line.packed is not None:
        raise Refused(_("It was weighed, or something of it is known to be missing. Correct that first."), "quantity")
    if quantity > line.confirmed and line.product.minimum_age and not line.order.age_declared:
        raise Refused(_("There is an age limit on this, and nobody declared one in this order."), "offer")
    return quantity - line.confirmed


def _tell_farm(day: DeliveryDay, line: OrderLine, difference: Decimal, reason: str, by: Person) -> PurchaseChange:
    """The purchase order of the line's farm, made when there is none, asks so much more or less."""
    purchase, _new = PurchaseOrder.objects.get_or_create(
        delivery_day=day, producer_id=line.producer_id, defaults={"total": Decimal(0)}
    )
    asked, _new = PurchaseOrderLine.objects.select_for_update(no_key=True).get_or_create(
        purchase_order=purchase,
        supply_id=line.supply_id,
        price=line.price,
        defaults={"product_id": line.product_id, "name": line.name, "unit": line.unit, "quantity": Decimal(0)},
    )
    PurchaseOrder.objects.filter(pk=purchase.pk).update(total=F("total") + euros(difference * line.price))
    quantity = asked.quantity + difference
    change = purchasing.change(
        line=asked,
        kind=PurchaseChange.Kind.MORE if difference > 0 else PurchaseChange.Kind.LESS,
        asked=quantity,
        missing=min(asked.missing, quantity),
        by=by,
        reason=reason,
    )
    assert change
    return change
