"""
There will be less than was ordered, and the day has not closed: who gives up how much, by a rule the farmer chooses, and the cut
itself (`docs/shortage.md`). Nothing was billed yet, so a line that is lower is all the credit there is to give. What is missing
after the cut-off is `orders.shortages`.

Locks in the order of `orders.basket`: the days (shared), the orders by pk, the supply, the room at the deliveries by pk.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from network import journal, outbox
from network.errors import Refused
from network.models import DeliveryCapacity, DeliveryDay, Person
from network.quantities import checked_quantity
from orders.basket import PRICES, priced
from orders.models import Order, OrderLine
from orders.shortages import GOT_LESS, PLACE, Share, Shares, given_up, in_turn, written
from producers import stock
from producers.models import Producer, Supply


@dataclass(frozen=True)
class Plan(Shares):
    """What everybody keeps when there is only `quantity`."""

    supply: Supply
    quantity: Decimal


def plan(*, supply: Supply, quantity: Decimal, rule: str) -> Plan:
    """
    Who keeps what of a supply (`product` selected) of which there is only `quantity`. What is in a basket and not confirmed
    is given up first; within each, by the rule, in whole steps. Refused when there is enough, or when days that have closed
    already hold more than that.
    """
    quantity = checked_quantity(quantity, step=supply.product.step, field="quantity")
    lines = list(
        _changeable(supply)
        .select_related("order__buyer__outlet", "producer__organisation", "offer", *PLACE)
        .order_by("pk")
    )
    held = sum((line.held for line in lines), Decimal(0))
    frozen = supply.reserved - held
    if quantity >= supply.reserved:
        raise Refused(_("There is enough for everybody who ordered. Nobody has to get less."), "quantity")
    if quantity < frozen:
        raise Refused(
            _(
                "%(frozen)s is for days that have closed. Enter that or more; what is missing there is noted at the harvest."
            )
            % {"frozen": written(frozen)},
            "quantity",
        )
    missing = supply.reserved - quantity
    order = in_turn(lines, rule)
    loose = [line.held - line.confirmed for line in lines]
    first = given_up(min(missing, sum(loose, Decimal(0))), loose, order, supply.product.step)
    then = given_up(missing - sum(first, Decimal(0)), [line.confirmed for line in lines], order, supply.product.step)
    shares = [Share(line, line.held, line.held - a - b) for line, a, b in zip(lines, first, then, strict=True)]
    return Plan(shares, supply, quantity)


def _changeable(supply: Supply) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        supply=supply,
        order__status__in=[Order.Status.BASKET, Order.Status.CONFIRMED],
        order__delivery__delivery_day__status=DeliveryDay.Status.OPEN,
    )


@transaction.atomic
def cut(
    *,
    supply: Supply,
    quantity: Decimal,
    rule: str,
    mark: str,
    keep_rule: bool = False,
    called_off: bool = False,
    by: Person | None,
) -> Plan:
    """
    Do what the plan of this rule says: the lines are lower, the supply is `quantity`, room at the points is given back, and
    everybody who gets less is told; in other words when it was `called_off` for want of orders. Refused when somebody ordered or changed since the plan with this `mark` was shown.
    """
    with connection.cursor() as cursor:
        days = sorted(set(_changeable(supply).values_list("order__delivery__delivery_day", flat=True)))
        cursor.execute("SELECT id FROM network_deliveryday WHERE id = ANY(%s) ORDER BY id FOR SHARE", [days])
    orders = {
        order.pk: order
        for order in Order.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=_changeable(supply).values("order"))
        .order_by("pk")
    }
    supply = Supply.objects.select_for_update(no_key=True, of=("self",)).select_related("product").get(pk=supply.pk)
    made = plan(supply=supply, quantity=quantity, rule=rule)
    if made.mark != mark or not {share.line.order_id for share in made.shares} <= orders.keys():
        raise Refused(_("Somebody ordered or changed an order just now. Look at the list again."))
    _lower(made, orders, by, called_off=called_off)
    stock.cut(supply=supply, quantity=quantity, released=made.missing, by=by)
    if keep_rule:
        Producer.objects.filter(pk=supply.product.producer_id).update(shortage_rule=rule)
    journal.record(
        action="lowered below what was ordered",
        subject=supply,
        by=by,
        rule=rule,
        missing=str(made.missing),
        quantity=str(made.quantity),
    )
    return made


def _lower(made: Plan, orders: dict[int, Order], by: Person | None, *, called_off: bool) -> None:
    """The lines, their orders, the room they had, and the words to everybody."""
    room: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    mails: dict[str, dict[str, Any]] = {}
    for share in made.affected:
        line, order = share.line, orders[share.line.order_id]
        confirmed = line.confirmed
        line.quantity, line.confirmed = min(line.quantity, share.keeps), min(line.confirmed, share.keeps)
        room[line.order.delivery_id, line.storage_class] += (confirmed - line.confirmed) * line.crate_share
        order.version += 1
        said = {"before": str(share.had), "after": str(share.keeps)}
        journal.record(
            action=GOT_LESS,
            subject=order,
            by=by,
            network=line.order.delivery.delivery_day.network,
            reason=f"{line.name}: {written(share.had)} → {written(share.keeps)} {line.get_unit_display()}"[:300],
            **said,
        )
        key = f"order_cut:{order.pk}:{line.pk}:{order.version}"
        mails[key] = said | {
            "order": order.pk,
            "version": order.version,
            "name": dict(line.name),
            "unit": line.unit,
            "farm": str(line.producer),
        }
        if called_off:
            mails[key]["called_off"] = True
    outbox.add_many(kind="order_cut", payloads=mails)
    changed = [share.line for share in made.affected]
    OrderLine.objects.filter(pk__in=[line.pk for line in changed if not line.held]).delete()
    kept = priced([line for line in changed if line.held])
    OrderLine.objects.bulk_update(kept, ["quantity", "confirmed", *PRICES])
    touched = [orders[line.order_id] for line in changed]
    pending = set(
        OrderLine.objects.filter(order__in=touched).exclude(quantity=F("confirmed")).values_list("order", flat=True)
    )
    filled = set(OrderLine.objects.filter(order__in=touched).values_list("order", flat=True))
    for order in touched:
        if order.pk not in pending:
            order.hold_expires_at = None
        if order.pk not in filled and order.status == Order.Status.CONFIRMED:
            order.status = Order.Status.CANCELLED
    Order.objects.bulk_update(touched, ["version", "hold_expires_at", "status"])
    _give_back(room)


def _give_back(room: dict[tuple[int, str], Decimal]) -> None:
    rooms = list(
        DeliveryCapacity.objects.select_for_update(no_key=True)
        .filter(delivery__in={delivery for delivery, _class in room})
        .order_by("pk")
    )
    for one in rooms:
        freed = room.get((one.delivery_id, one.storage_class), Decimal(0)).quantize(Decimal("0.001"))
        one.booked = max(Decimal(0), one.booked - freed)
    DeliveryCapacity.objects.bulk_update(rooms, ["booked"])
