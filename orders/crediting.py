"""
Goods that were billed and, as it turned out, not delivered: credited to who paid for them and taken back from the farm,
by credit notes and new postings. And goods that a consumer gave back: credited to her. What was issued and booked before
stays (`docs/bills.md`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from copy import copy
from decimal import Decimal

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import journal
from network.errors import Refused
from network.models import DeliveryDay, Network, Person, Transaction
from network.quantities import checked_quantity
from orders import purchasing
from orders.billing import Bill
from orders.models import Order, OrderLine, PurchaseChange, PurchaseOrderLine
from orders.shortages import in_steps

GRAM = Decimal("0.001")


def billed_of(day: DeliveryDay) -> dict[tuple[int, Decimal], Decimal]:
    """Units billed on a day, by supply and price."""
    found: dict[tuple[int, Decimal], Decimal] = defaultdict(Decimal)
    lines = OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="settled", billed__gt=0)
    for supply, price, billed in lines.values_list("supply", "price", "billed"):
        found[supply, price] += billed or 0
    return found


def locked(day: DeliveryDay) -> DeliveryDay:
    """The day, for this transaction ours alone: before its orders, as billing does."""
    return (
        DeliveryDay.objects.select_for_update(of=("self",))
        .select_related("cycle__network__organisation")
        .get(pk=day.pk)
    )


@transaction.atomic
def credit(*, day: DeliveryDay, missing: Mapping[int, Decimal], by: Person, reason: str) -> int:
    """
    Credit what was billed on a settled day and not delivered: units by purchase order line (pk). Every order gives up in
    proportion to what it was billed, in whole steps. Returns how many orders were credited. Refused before the day is
    settled, without a reason, off the step, and for more than was billed.
    """
    day = locked(day)
    if day.status != DeliveryDay.Status.SETTLED:
        raise Refused(_("This day is not settled yet. Record what is missing at the farm instead."))
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why, so that everybody can read it later."), "reason")
    asked = list(
        PurchaseOrderLine.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=missing, purchase_order__delivery_day=day)
        .select_related("product")
        .order_by("pk")
    )
    orders: dict[int, list[OrderLine]] = defaultdict(list)
    for line in asked:
        field = f"missing_{line.pk}"
        step = GRAM if line.product.sold_by_weight else line.product.step
        less = checked_quantity(missing[line.pk], step=step, field=field)
        if not less:
            continue
        for credited in _spread(day, line, less, step, field):
            orders[credited.order_id].append(credited)
        gone = min(line.quantity, line.missing + less)
        purchasing.change(line=line, kind=PurchaseChange.Kind.CREDITED, missing=gone, by=by, reason=reason)
    if not orders:
        raise Refused(_("Enter what was billed and not delivered of one product at least."))
    _give_back(day, orders)
    journal.record(
        action="credited what was not delivered",
        subject=day,
        by=by,
        network=day.network,
        reason=reason[:300],
        missing={str(line.name): str(missing[line.pk]) for line in asked if missing[line.pk]},
    )
    return len(orders)


def credit_lines(*, order: Order, less: Mapping[int, Decimal], borne: Collection[int] = ()) -> None:
    """
    Credit an order that was billed with what it did not get after all: units by line (pk), no more than was billed of it.
    Those in `borne` the farm is paid for all the same. Refused for what was credited already because it came back. The
    caller has locked the day.
    """
    lines = list(
        OrderLine.objects.select_for_update(no_key=True, of=("self",))
        .filter(order=order, pk__in=less)
        .select_related("producer")
        .order_by("pk")
    )
    credited = []
    for line in lines:
        part = copy(line)
        part.billed = less[line.pk]
        credited.append(part)
        line.billed = (line.billed or Decimal(0)) - less[line.pk]
        if line.billed < line.returned:
            raise Refused(
                _("%(returned)s of %(product)s came back and was credited already: no less than that was given.")
                % {"returned": number_format(line.returned.normalize(), use_l10n=True), "product": line},
                "gets",
            )
    OrderLine.objects.bulk_update(lines, ["billed"])
    _give_back(_day_of(order), {order.pk: credited}, dict.fromkeys(borne, Decimal(0)))


def credit_empties(*, order: Order) -> None:
    """Give back the deposit of what an order that was billed brought back since. The caller has locked the day."""
    bill = Bill(_day_of(order))
    bill.give_back(order, list(order.empties_returned.order_by("value")))
    bill.store()


def _day_of(order: Order) -> DeliveryDay:
    return DeliveryDay.objects.select_related("cycle__network__organisation").get(deliveries__orders=order)


def _give_back(
    day: DeliveryDay, orders: Mapping[int, list[OrderLine]], bought: Mapping[int, Decimal] | None = None
) -> None:
    """Credit notes and postings for the lines of these orders, of which `billed` is what is credited."""
    bill = Bill(day, credit=_next_credit(day))
    for order in Order.objects.filter(pk__in=orders).select_related("buyer", "delivery").order_by("pk"):
        bill.add(order, orders[order.pk], bought=bought)
    bill.store()


@transaction.atomic
def take_back(*, order: Order, returned: Mapping[int, Decimal]) -> None:
    """
    Credit what a consumer gave back of a settled order: units by order line (pk). Who sold it takes it back: the hub, whose
    purchase from the farm stands, or the farm itself, which is credited her contribution. Refused before the day is settled.
    """
    day = locked(order.delivery.delivery_day)
    if day.status != DeliveryDay.Status.SETTLED:
        raise Refused(_("This day is not settled yet. Note the return when it is: the credit note follows at once."))
    lines = list(
        order.lines.select_for_update(no_key=True, of=("self",)).filter(pk__in=returned).select_related("producer")
    )
    parts = []
    for line in lines:
        line.returned += returned[line.pk]
        if line.returned > (line.billed or 0):
            raise Refused(_("More of %(product)s came back than was billed.") % {"product": line})
        part = copy(line)
        part.billed = returned[line.pk]
        parts.append(part)
    OrderLine.objects.bulk_update(lines, ["returned"])
    bill = Bill(day, credit=_next_credit(day))
    bill.add(order, [part for part in parts if part.billed])
    if day.network.flow == Network.Flow.RETAIL:
        bill.bought.clear()
    bill.store()


def _next_credit(day: DeliveryDay) -> int:
    """A number that no other credit of the day has; the day is locked."""
    return Transaction.objects.filter(delivery_day=day, key__contains=":credit:").count() + 1


def _spread(day: DeliveryDay, line: PurchaseOrderLine, less: Decimal, step: Decimal, field: str) -> list[OrderLine]:
    """Lower `billed` of those who bought it, and return their lines with what is credited of each."""
    bought = list(
        OrderLine.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            order__delivery__delivery_day=day,
            order__status="settled",
            supply=line.supply_id,
            price=line.price,
            billed__gt=0,
        )
        .select_related("producer")
        .order_by("pk")
    )
    billed = [(found.billed or Decimal(0)) - found.returned for found in bought]
    if less > sum(billed):
        raise Refused(
            _("Only %(billed)s was billed: no more than that can be credited.")
            % {"billed": number_format(sum(billed, Decimal(0)).normalize(), use_l10n=True)},
            field,
        )
    credited = []
    for found, had, fewer in zip(bought, billed, in_steps(less, billed, step), strict=True):
        if fewer:
            part = copy(found)
            part.billed = fewer * step
            credited.append(part)
            found.billed = had + found.returned - fewer * step
    OrderLine.objects.bulk_update(bought, ["billed"])
    return credited
