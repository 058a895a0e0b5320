"""
What a volunteer notes at a pickup point: orders and crates handed over, what a household really got, empties taken back.
Each function carries out the actions of its kinds, in the order in which they happened.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from logistics.models import Pickup
from logistics.phoned import Act, Where, each, number, whole
from network import journal
from network.errors import Refused
from network.models import Delivery
from network.money import from_cents
from orders import collecting
from orders.models import Order, OrderLine, Shortfall

GETS = "gets_"
EMPTY = "empty_"


def hand_over(where: Where, acts: list[Act]) -> None:
    """
    The household has its goods, or after all has not: the last word on each order counts. Refused before the cut-off, and
    with alcohol before somebody said that the age was looked at, which comes the same way.
    """
    orders = _orders(where, acts)
    said: dict[int, Act] = {_order(act): act for act in where.earlier("hand_over", "take_back")}
    seen = {_order(act): act for act in where.earlier("age_seen", "age_unseen")}
    ages = ages_of(orders)
    heard: dict[int, Act] = {}

    def hear(act: Act) -> None:
        order = _known(orders, act)
        last = seen if act.kind in ("age_seen", "age_unseen") else said
        before = last.get(order.pk)
        if before and before.happened_at > act.happened_at:
            act.superseded = True
            return
        looked = seen.get(order.pk)
        if act.kind == "hand_over" and ages.get(order.pk) and not (looked and looked.kind == "age_seen"):
            raise Refused(
                _("There is alcohol in it. Look at the identity card (%(age)s or older) and tick that first.")
                % {"age": ages[order.pk]}
            )
        last[order.pk] = act
        if last is said:
            heard[order.pk] = act

    each(acts, hear)
    there = set(Pickup.objects.filter(order__in=heard).values_list("order", flat=True))
    given = [act for pk, act in heard.items() if act.kind == "hand_over" and pk not in there]
    taken = [act for pk, act in heard.items() if act.kind == "take_back" and pk in there]
    Pickup.objects.bulk_create(Pickup(order_id=_order(act), at=act.happened_at, by=where.by) for act in given)
    Pickup.objects.filter(order__in=[_order(act) for act in taken]).delete()
    for action, done in (("handed over", given), ("took back the hand-over", taken)):
        subjects = [orders[_order(act)] for act in done]
        journal.record_each(action=action, subjects=subjects, by=where.by, network=where.day.network)


def ages_of(orders: Iterable[int]) -> dict[int, int]:
    """How old who collects must be, of orders (pk) in which alcohol is given; what stays at the point needs no age."""
    found: dict[int, int] = {}
    lines = (
        OrderLine.objects.filter(order__in=orders, product__alcohol__gt=0).exclude(packed=0).select_related("product")
    )
    for line in lines:
        found[line.order_id] = max(found.get(line.order_id, 0), line.product.minimum_age or 0)
    return found


def crates(where: Where, acts: list[Act]) -> None:
    """A crate of an order is given, or after all is not. Only remembered: the order is handed over as a whole."""
    orders = _orders(where, acts)

    def hear(act: Act) -> None:
        _known(orders, act)
        act.data["letter"] = str(act.data.get("letter", ""))[:6]
        if not act.data["letter"]:
            raise Refused(_("Say which crate it is: the letter on its label."))

    each(acts, hear)


def given(delivery: Delivery) -> set[tuple[int, str]]:
    """(order, letter of a crate) of what was given so far, and (order, "") where the age was looked at; one query."""
    last: dict[tuple[int, str], bool] = {}
    kinds = ["given", "not_given", "age_seen", "age_unseen"]
    rows = delivery.actions.filter(kind__in=kinds, refused="").order_by("happened_at")
    for kind, payload in rows.values_list("kind", "payload"):
        last[whole(payload.get("order")) or 0, payload.get("letter", "")] = kind in ("given", "age_seen")
    return {key for key, there in last.items() if there}


def short(where: Where, acts: list[Act]) -> None:
    """What a household really gets of its lines, because something is missing or bad. It pays for no more than that."""
    orders = _orders(where, acts)
    lines = {line.pk: line for line in OrderLine.objects.filter(order__in=orders).order_by("pk")}
    told = {line: act.happened_at for act in where.earlier("short") for line in _counts(act, GETS)}

    def record(act: Act) -> None:
        order, counts = _known(orders, act), _counts(act, GETS)
        if not counts:
            raise Refused(_("Write how much is really given of what is missing or bad."))
        note = str(act.data.get("note", "")).strip()[:200]
        gets: dict[int, Decimal] = {}
        for pk, value in counts.items():
            if pk not in lines or lines[pk].order_id != order.pk:
                raise Refused(_("This product is not in this order."))
            if told.get(pk, act.happened_at) > act.happened_at:
                act.superseded = True
            else:
                gets[pk] = number(value)
        why = str(act.data.get("why") or Shortfall.Reason.OTHER)
        collecting.record_given(order=order, gets=gets, by=where.by, reason=why, note=note, at=act.happened_at)
        told.update(dict.fromkeys(gets, act.happened_at))

    each(acts, record)


def empties(where: Where, acts: list[Act]) -> None:
    """Empties a household brought back, in all: `empty_30` counts those with a deposit of 30 cents, `empty_0` crates."""
    orders = _orders(where, acts)

    def count(act: Act) -> None:
        order = _known(orders, act)
        counts: dict[Decimal, int] = {}
        for cents, value in _counts(act, EMPTY).items():
            many = whole(value)
            if many is None:
                raise Refused(_("Enter how many came back: a number from 0 to 999."))
            counts[from_cents(cents)] = many
        if not counts:
            raise Refused(_("Enter how many came back: a number from 0 to 999."))
        act.superseded = not collecting.take_empties(order=order, counts=counts, by=where.by, at=act.happened_at)

    each(acts, count)
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
    """What was filled in: `gets_12` is of line 12. What is left empty says nothing."""
    found: dict[int, Any] = {}
    for name, value in act.data.items():
        if name.startswith(prefix) and str(value).strip():
            key = whole(name.removeprefix(prefix))
            found[-1 if key is None else key] = value
    return found
