"""
What a volunteer notes at a pickup point: orders and crates handed over, what a household really got, empties taken back.
Each function carries out the actions of its kinds, in the order in which they happened.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from logistics.models import Empties, Pickup
from logistics.phoned import Act, Where, each, number, whole
from network import journal
from network.errors import Refused
from network.models import Delivery
from orders import shortages
from orders.models import Order, OrderLine

MOST_EMPTIES = 999
GETS = "gets_"
BACK = "back_"


def hand_over(where: Where, acts: list[Act]) -> None:
    """The household has its goods, or after all has not: the last word on each order counts. Refused before the cut-off."""
    orders = _orders(where, acts)
    said: dict[int, Act] = {_order(act): act for act in where.earlier("hand_over", "take_back")}
    heard: dict[int, Act] = {}

    def hear(act: Act) -> None:
        order = _known(orders, act)
        before = said.get(order.pk)
        if before and before.happened_at > act.happened_at:
            act.superseded = True
        else:
            said[order.pk] = heard[order.pk] = act

    each(acts, hear)
    there = set(Pickup.objects.filter(order__in=heard).values_list("order", flat=True))
    given = [act for pk, act in heard.items() if act.kind == "hand_over" and pk not in there]
    taken = [act for pk, act in heard.items() if act.kind == "take_back" and pk in there]
    Pickup.objects.bulk_create(Pickup(order_id=_order(act), at=act.happened_at, by=where.by) for act in given)
    Pickup.objects.filter(order__in=[_order(act) for act in taken]).delete()
    for action, done in (("handed over", given), ("took back the hand-over", taken)):
        subjects = [orders[_order(act)] for act in done]
        journal.record_each(action=action, subjects=subjects, by=where.by, network=where.day.network)


def crates(where: Where, acts: list[Act]) -> None:
    """A crate of an order is given, or after all is not. Only remembered: the order is handed over as a whole."""
    orders = _orders(where, acts)

    def hear(act: Act) -> None:
        _known(orders, act)
        act.data["letter"] = str(act.data.get("letter", ""))[:6]

    each(acts, hear)


def given(delivery: Delivery) -> set[tuple[int, str]]:
    """(order, letter of a crate) of what was given so far; one query."""
    last: dict[tuple[int, str], bool] = {}
    rows = delivery.actions.filter(kind__in=["given", "not_given"], refused="").order_by("happened_at")
    for kind, payload in rows.values_list("kind", "payload"):
        last[whole(payload.get("order")) or 0, payload.get("letter", "")] = kind == "given"
    return {key for key, there in last.items() if there}


def short(where: Where, acts: list[Act]) -> None:
    """What a household really gets of its lines, because something is missing or bad. It pays for no more than that."""
    orders = _orders(where, acts)
    lines = {line.pk: line for line in OrderLine.objects.filter(order__in=orders).order_by("pk")}
    told = {line: act.happened_at for act in where.earlier("short") for line in _counts(act, GETS)}

    def record(act: Act) -> None:
        order = _known(orders, act)
        note = str(act.data.get("note", "")).strip()[:200]
        gets: dict[int, Decimal] = {}
        for pk, value in _counts(act, GETS).items():
            if pk not in lines or lines[pk].order_id != order.pk:
                raise Refused(_("This product is not in this order."))
            if told.get(pk, act.happened_at) > act.happened_at:
                act.superseded = True
            else:
                gets[pk] = number(value)
        shortages.record_given(order=order, gets=gets, by=where.by, reason=note)
        told.update(dict.fromkeys(gets, act.happened_at))

    each(acts, record)


def empties(where: Where, acts: list[Act]) -> None:
    """
    Deposit goods a household brought back, in all, by the line whose deposit they bear, and empty crates. The deposit given
    back is counted here, from the prices of its own order: no price is shown at the point.
    """
    orders = _orders(where, acts)
    deposits: dict[int, dict[int, Decimal]] = {}
    for pk, order, deposit in OrderLine.objects.filter(order__in=orders).values_list("pk", "order", "deposit"):
        deposits.setdefault(order, {})[pk] = deposit
    kept = {row.order_id: row for row in Empties.objects.filter(order__in=orders)}

    def count(act: Act) -> None:
        order = _known(orders, act)
        own, total = deposits.get(order.pk, {}), Decimal(0)
        crates = whole(act.data.get("crates") or 0)
        for pk, value in _counts(act, BACK).items():
            many = whole(value)
            if many is None or many > MOST_EMPTIES or pk not in own:
                raise Refused(_("Enter how many came back: a number from 0 to 999."))
            total += many * own[pk]
        if crates is None or crates > MOST_EMPTIES:
            raise Refused(_("Enter how many came back: a number from 0 to 999."))
        row = kept.setdefault(order.pk, Empties(order=order, at=act.happened_at, by=where.by))
        if row.at > act.happened_at:
            act.superseded = True
        else:
            row.crates, row.deposit, row.at, row.by = crates, total, act.happened_at, where.by

    each(acts, count)
    Empties.objects.bulk_create([row for row in kept.values() if not row.pk])
    Empties.objects.bulk_update([row for row in kept.values() if row.pk], ["crates", "deposit", "at", "by"])
    done = [orders[_order(act)] for act in acts if not act.refused and not act.superseded]
    journal.record_each(action="took empties back", subjects=done, by=where.by, network=where.day.network)


def _orders(where: Where, acts: list[Act]) -> dict[int, Order]:
    return Order.objects.filter(delivery=where.delivery).in_bulk({_order(act) for act in acts})


def _order(act: Act) -> int:
    return whole(act.data.get("order")) or 0


def _known(orders: dict[int, Order], act: Act) -> Order:
    order = orders.get(_order(act))
    if not order:
        raise Refused(_("This order is not collected here. Look for it at another pickup point."))
    if order.status not in (Order.Status.CLOSED, Order.Status.SETTLED):
        raise Refused(_("This order is not closed yet: there is nothing to hand over."))
    return order


def _counts(act: Act, prefix: str) -> dict[int, Any]:
    """What was filled in per line: `gets_12` is of line 12. What is left empty says nothing."""
    return {
        whole(name.removeprefix(prefix)) or 0: value
        for name, value in act.data.items()
        if name.startswith(prefix) and str(value).strip()
    }
