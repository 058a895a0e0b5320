"""
Where goods are collected: the number said aloud, what was missing or bad, the empties that came back, and what follows
of it in money (`docs/pickup.md`). What volunteers note comes with the delivery day locked, so that billing waits for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock, journal, outbox
from network.codes import new_code
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Network, Person
from network.quantities import checked_quantity
from network.templatetags.kouter import euro
from orders import crediting, mail, qr
from orders.models import EmptiesReturn, Order, OrderLine, PurchaseOrder, Shortfall
from producers.models import Producer, Product

FIRST = 101
"""Three digits from the first on: what is said is a number of this list, not a count."""
MOST_EMPTIES = 999
MOST_DEPOSIT = Decimal(250)
"""Euro that nobody carries back in empties of one kind: more is a slip of the finger."""
EVENING = time(21)


def give_number(order: Order) -> None:
    """
    The number that is said aloud and the code in the QR, kept as long as the order is. Numbers of a delivery are given one
    after the other: call this last in the transaction, for it waits for whoever confirms there at the same moment. What is
    brought to a door has no use for one.
    """
    if order.delivery.pickup_point_id is None:
        return
    if order.number is None:
        Delivery.objects.select_for_update(no_key=True).get(pk=order.delivery_id)
        last = Order.objects.filter(delivery=order.delivery_id).aggregate(last=Max("number"))["last"]
        order.number = max(FIRST, (last or 0) + 1)
    order.code = order.code or new_code(12)


def card(order: Order) -> dict[str, Any]:
    """What a buyer shows at the point, and what was noted there."""
    expected = order.status in (Order.Status.CONFIRMED, Order.Status.CLOSED)
    lines = order.lines.filter(product__alcohol__gt=0, quantity__gt=0).select_related("product")
    return {
        "expected": expected,
        "qr": qr.svg(order) if expected and order.code and not hasattr(order, "pickup") else "",
        "age": max((line.product.minimum_age or 0 for line in lines), default=0) if expected else 0,
        "pickup": getattr(order, "pickup", None),
        "short": Shortfall.objects.filter(line__order=order).select_related("line"),
        "empties": order.empties_returned.filter(count__gt=0),
    }


@transaction.atomic
def record_given(
    *,
    order: Order,
    gets: Mapping[int, Decimal],
    by: Person,
    reason: str = Shortfall.Reason.OTHER,
    note: str = "",
    at: datetime | None = None,
) -> Order:
    """
    Note what a buyer really gets of her lines (by pk, in the line's unit, in all: another number corrects it), because
    something is missing or bad where she collects it. All or nothing. She pays for no more; what was billed already is
    credited at once, and cannot be charged again. The farm reads of bad goods that evening. Refused for more than was
    ordered (or billed), off the step of what is not sold by weight, and before the cut-off.
    """
    if reason not in Shortfall.Reason.values:
        raise Refused(_("Say what is wrong: missing, bad, or something else."), "why")
    day = DeliveryDay.objects.select_related("cycle__network").get(deliveries__orders=order)
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order.pk)
    if order.status not in (Order.Status.CLOSED, Order.Status.SETTLED):
        raise Refused(_("This order is not closed yet: there is nothing to hand over."), "gets")
    lines = list(
        OrderLine.objects.select_for_update(no_key=True, of=("self",)).filter(order=order, pk__in=gets).order_by("pk")
    )
    billed = order.status == Order.Status.SETTLED
    before = {line.pk: _had(line, billed) for line in lines}
    got = {line.pk: _checked(line, gets[line.pk], billed) for line in lines}
    for line in lines:
        line.packed = None if got[line.pk] == line.quantity and not line.sold_by_weight else got[line.pk]
    OrderLine.objects.bulk_update(lines, ["packed"])
    kept = {row.line_id: row for row in Shortfall.objects.filter(line__in=lines)}
    changed = [line for line in lines if got[line.pk] != before[line.pk]]
    rows = []
    for line in lines:
        row = kept.get(line.pk) or Shortfall(line=line, quantity=Decimal(0))
        row.quantity = max(Decimal(0), before[line.pk] + row.quantity - got[line.pk])
        row.reason, row.note, row.at, row.by = reason, note, at or clock.now(), by
        rows.append(row)
    Shortfall.objects.filter(pk__in=[row.pk for row in rows if row.pk and not row.quantity]).delete()
    Shortfall.objects.bulk_create([row for row in rows if not row.pk and row.quantity])
    Shortfall.objects.bulk_update(
        [row for row in rows if row.pk and row.quantity], ["quantity", "reason", "note", "at", "by"]
    )
    if billed and changed:
        crediting.credit_lines(
            order=order,
            less={line.pk: before[line.pk] - got[line.pk] for line in changed},
            borne=[row.line_id for row in rows if row.bearer == Shortfall.Bearer.NETWORK],
        )
    if changed:
        journal.record(
            action="recorded what was really given",
            subject=order,
            by=by,
            network=day.network,
            reason=note,
            before={str(pk): str(quantity) for pk, quantity in before.items()},
            after={str(pk): str(quantity) for pk, quantity in got.items()},
            why=reason,
        )
    if reason == Shortfall.Reason.BAD:
        _tell_farms(day, {line.producer_id for line, row in zip(lines, rows, strict=True) if row.quantity})
    return order


@transaction.atomic
def take_empties(*, order: Order, counts: Mapping[Decimal, int], by: Person, at: datetime | None = None) -> bool:
    """
    Note how many empties came back with an order, in all, per value of their deposit; values that are not named stay as
    they were. Of each value the last word by `at` counts; False when all of them were overtaken. The deposit is given back
    on the bill, or at once by a credit note when there is a bill. Refused for a value nobody here charges, for an
    impossible number, and for fewer than were credited.
    """
    at = at or clock.now()
    kept = {row.value: row for row in order.empties_returned.select_for_update(no_key=True)}
    known = {Decimal(0), *kept, *deposits_of(order.delivery.delivery_day.network)}
    rows = []
    for value, count in counts.items():
        if value not in known:
            raise Refused(_("Nobody here charges that deposit. Count them under another one."), "empties")
        if not 0 <= count <= MOST_EMPTIES:
            raise Refused(_("Enter how many came back: a number from 0 to 999."), "empties")
        if value * count > MOST_DEPOSIT:
            raise Refused(
                _("%(count)s empties would be %(total)s of deposit. Count again, and enter how many came back.")
                % {"count": count, "total": euro(value * count)},
                "empties",
            )
        row = kept.get(value) or EmptiesReturn(order=order, buyer_id=order.buyer_id, value=value, at=at)
        if row.at > at:
            continue
        if count < row.credited:
            raise Refused(
                _("%(count)s were given back already, on paper. It cannot be fewer any more.")
                % {"count": row.credited},
                "empties",
            )
        row.count, row.at, row.by = count, at, by
        rows.append(row)
    EmptiesReturn.objects.bulk_create([row for row in rows if not row.pk])
    EmptiesReturn.objects.bulk_update([row for row in rows if row.pk], ["count", "at", "by"])
    if rows and Order.objects.filter(pk=order.pk, status=Order.Status.SETTLED).exists():
        crediting.credit_empties(order=order)
    return bool(rows)


def deposits_of(network: Network) -> dict[Decimal, list[str]]:
    """The values of deposits that a network's farms charge, the smallest first, with names of goods that bear them."""
    found: dict[Decimal, list[str]] = defaultdict(list)
    products = Product.objects.active().filter(deposit__gt=0, producer__in=Producer.objects.in_network(network))
    for value, name in products.order_by("deposit", "pk").values_list("deposit", "name"):
        found[value].append(str(name))
    return dict(found)


@transaction.atomic
def bear(*, shortfall: Shortfall, bearer: str, by: Person) -> Shortfall:
    """Say who bears what a household did not get: the farm, or the network. Refused once it is billed."""
    DeliveryDay.objects.select_for_update(no_key=True).get(deliveries__orders__lines=shortfall.line_id)
    shortfall = Shortfall.objects.select_related("line__order__delivery__delivery_day__cycle__network").get(
        pk=shortfall.pk
    )
    order = shortfall.line.order
    if order.status == Order.Status.SETTLED:
        raise Refused(_("This day has been settled: who bears it can no longer change."))
    if bearer not in Shortfall.Bearer.values:
        raise Refused(_("Choose the farm or the network."))
    if shortfall.bearer != bearer:
        shortfall.bearer = bearer
        shortfall.save(update_fields=["bearer"])
        journal.record(
            action="said who bears it",
            subject=order,
            by=by,
            network=order.delivery.delivery_day.network,
            line=str(shortfall.line),
            bearer=bearer,
        )
    return shortfall


@dataclass(frozen=True)
class Reported:
    """A product of a farm (as one of its order lines) that was bad for its buyers: how much in all, and what was said."""

    line: OrderLine
    quantity: Decimal
    notes: list[str]


def tell_farm(purchase_order: int) -> None:
    """The evening's mail about goods that were bad; none when everything was taken back meanwhile."""
    purchase = PurchaseOrder.objects.select_related("producer__organisation", "delivery_day__cycle__network").get(
        pk=purchase_order
    )
    if reported := bad_goods(purchase):
        mail.goods_were_bad(purchase, reported)


def bad_goods(purchase: PurchaseOrder) -> list[Reported]:
    """What buyers got bad of this farm on this day. No buyer is named."""
    found: dict[int, list[Shortfall]] = defaultdict(list)
    rows = Shortfall.objects.filter(
        reason=Shortfall.Reason.BAD,
        line__producer=purchase.producer_id,
        line__order__delivery__delivery_day=purchase.delivery_day_id,
    )
    for row in rows.select_related("line"):
        found[row.line.product_id].append(row)
    return [
        Reported(
            line=same[0].line,
            quantity=sum((row.quantity for row in same), Decimal(0)),
            notes=list(dict.fromkeys(row.note for row in same if row.note)),
        )
        for same in found.values()
    ]


def _had(line: OrderLine, billed: bool) -> Decimal:
    """What the buyer gets as far as is known, or what she was billed."""
    if billed:
        return line.billed or Decimal(0)
    return line.quantity if line.packed is None else line.packed


def _checked(line: OrderLine, quantity: Decimal, billed: bool) -> Decimal:
    got = checked_quantity(quantity, step=Decimal("0.001") if line.sold_by_weight else line.step, field="gets")
    most = (
        _had(line, True)
        if billed
        else max(line.quantity, line.packed or Decimal(0))
        if line.sold_by_weight
        else line.quantity
    )
    if got <= most:
        return got
    words = {"most": number_format(most.normalize(), use_l10n=True), "name": line.name}
    if billed:
        raise Refused(_("%(most)s of %(name)s is billed. More cannot be charged any more.") % words, "gets")
    raise Refused(_("Only %(most)s of %(name)s was ordered: nobody gets more than that.") % words, "gets")


def _tell_farms(day: DeliveryDay, farms: Iterable[int]) -> None:
    """One mail a farm and evening, whatever is reported until then and however often it is corrected."""
    evening = clock.moment(clock.today(), EVENING)
    if evening <= clock.now():
        evening = clock.moment(clock.today() + timedelta(days=1), EVENING)
    purchases = PurchaseOrder.objects.filter(delivery_day=day, producer__in=farms).values_list("pk", flat=True)
    outbox.add_many(
        kind="goods_were_bad",
        payloads={
            f"goods_were_bad:{pk}:{clock.local(evening).date()}": {"purchase_order": pk} for pk in sorted(purchases)
        },
        due_at=evening,
    )
