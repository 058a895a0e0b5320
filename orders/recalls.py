"""
Calling goods back: who got them is stored and told in one transaction, then followed until everybody was reached
(`docs/traceability.md`). On days that still take orders nothing has been given: there the farm cuts the lines
(`orders.cutting`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, journal, outbox
from network.errors import Refused
from network.models import Network, Organisation, Person
from orders import collecting, crediting, tracing
from orders.models import Order, OrderLine, Recall, RecalledGoods, RecalledLine, RecallNotice, Shortfall
from orders.tracing import Goods, Viewer
from producers import stock
from producers.models import Lot, Producer

GIVEN = (Order.Status.CLOSED, Order.Status.SETTLED)
"""Orders whose goods were handed over, or lie ready."""


@dataclass(frozen=True)
class Reach:
    """Whom a recall would reach: lines and buyers that got some, those recalled already, and what can still be cut."""

    lines: Sequence[OrderLine]
    already: int
    open_lines: Sequence[OrderLine]

    @property
    def buyers(self) -> int:
        return len({line.order.buyer_id for line in self.lines})

    @property
    def outlets(self) -> int:
        kept = {line.order.buyer_id for line in self.lines if line.order.buyer.kind != Organisation.Kind.HOUSEHOLD}
        return len(kept)


def reach(goods: Sequence[Goods], viewer: Viewer) -> Reach:
    """What `start` would do for this viewer now; one query."""
    recalled = RecalledLine.objects.filter(line=OuterRef("pk"), notice__recall__closed_at=None)
    found = (
        viewer.may_see(tracing.lines_of(goods))
        .select_related("order__buyer")
        .annotate(recalled_already=Exists(recalled))
    )
    lines, waiting, already = [], [], 0
    for line in found:
        if line.order.status not in GIVEN:
            waiting.append(line)
        elif line.recalled_already:  # type: ignore[attr-defined]
            already += 1
        else:
            lines.append(line)
    return Reach(lines, already, waiting)


@transaction.atomic
def start(
    *,
    producer: Producer,
    goods: Sequence[Goods],
    viewer: Viewer,
    action: str,
    reason: str,
    put_off: bool = False,
    by: Person,
) -> Recall:
    """
    Call these goods of a farm back from everybody who got them: everywhere when its farmer says so, from her networks when a
    coordinator does. Each buyer is mailed once. With `put_off` nobody can order these products any more on days that still
    take orders. Refused without a reason, when nobody got any, and for what is called back already.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say what is wrong with it: everybody who got it reads this."), "reason")
    if action not in Recall.Action.values:
        raise Refused(_("Choose what buyers have to do."), "action")
    if not viewer.is_farmer:
        goods = [one for one in goods if one.day.network.pk in viewer.networks]
    Producer.objects.select_for_update(no_key=True).get(pk=producer.pk)
    found = reach(goods, viewer)
    if not found.lines:
        if found.already:
            raise Refused(_("Everybody who got this is in a recall already. Look at that one."))
        raise Refused(_("Nobody got any of this, so there is nobody to tell."))
    recall = Recall.objects.create(producer=producer, action=action, reason=reason, started_by=by)
    RecalledGoods.objects.bulk_create(
        RecalledGoods(recall=recall, product=one.product, delivery_day=one.day, lot=one.lot) for one in goods
    )
    buyers = dict.fromkeys(line.order.buyer_id for line in found.lines)
    notices = {
        notice.buyer_id: notice
        for notice in RecallNotice.objects.bulk_create(RecallNotice(recall=recall, buyer_id=pk) for pk in buyers)
    }
    RecalledLine.objects.bulk_create(
        RecalledLine(notice=notices[line.order.buyer_id], line=line, quantity=line.got)  # type: ignore[attr-defined]
        for line in found.lines
    )
    outbox.add_many(
        kind="recall",
        payloads={f"recall:{recall.pk}:{buyer}": {"notice": notice.pk} for buyer, notice in notices.items()},
    )
    outbox.add(kind="recall_started", key=f"recall_started:{recall.pk}", recall=recall.pk)
    if put_off:
        stock.put_off(
            producer=producer,
            products=list(dict.fromkeys(one.product for one in goods)),
            networks=None if viewer.is_farmer else viewer.networks,
            by=by,
        )
    _record("started a recall", recall, by, reason, buyers=len(notices), lines=len(found.lines))
    return recall


@transaction.atomic
def reached(*, notice: RecallNotice, by: Person, undo: bool = False) -> None:
    """Somebody spoke to this buyer, or after all did not. Refused once the recall is closed."""
    _still_open(notice.recall_id)
    ours = RecallNotice.objects.filter(pk=notice.pk)
    if undo:
        ours.update(reached_at=None, reached_by=None)
    else:
        ours.filter(reached_at=None).update(reached_at=clock.now(), reached_by=by)


@transaction.atomic
def close(*, recall: Recall, by: Person) -> None:
    """Done. Refused while there is a buyer who was neither mailed nor reached by phone, and when it is closed already."""
    recall = _still_open(recall.pk)
    silent = recall.notices.filter(mailed_at=None, reached_at=None).count()
    if silent:
        raise Refused(
            ngettext(
                "%(count)s buyer was neither mailed nor called yet. Call that one first.",
                "%(count)s buyers were neither mailed nor called yet. Call them first.",
                silent,
            )
            % {"count": silent}
        )
    Recall.objects.filter(pk=recall.pk, closed_at=None).update(closed_at=clock.now(), closed_by=by)
    _record("closed the recall", recall, by, recall.reason)


def _still_open(pk: int) -> Recall:
    """The recall, for this transaction ours alone."""
    recall = Recall.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if recall.closed_at:
        raise Refused(_("This recall is closed."))
    return recall


@transaction.atomic
def credit(*, recall: Recall, networks: Iterable[int], by: Person) -> int:
    """
    Give the buyers of these networks their money back: each order on its own, from the outbox, as goods that were bad on
    arrival (`orders.collecting`). Asking twice does nothing more. Returns how many orders.
    """
    orders = sorted(
        set(
            RecalledLine.objects.filter(
                notice__recall=recall, line__order__delivery__delivery_day__cycle__network__in=networks
            ).values_list("line__order", flat=True)
        )
    )
    outbox.add_many(
        kind="recall_credit",
        payloads={
            f"recall_credit:{recall.pk}:{order}": {"recall": recall.pk, "order": order, "by": by.pk} for order in orders
        },
    )
    for network in _networks(recall).filter(pk__in=networks):
        journal.record(action="credited a recall", subject=recall, by=by, network=network, orders=len(orders))
    return len(orders)


@transaction.atomic
def credit_order(recall: int, order: int, by: int) -> None:
    """One order gets nothing of what was called back, and pays for nothing of it. What came back before was credited then."""
    found = Order.objects.select_related("delivery__delivery_day").get(pk=order)
    crediting.locked(found.delivery.delivery_day)
    lines = OrderLine.objects.filter(recalled__notice__recall=recall, order=order)
    collecting.record_given(
        order=found,
        gets={line.pk: line.returned for line in lines},
        by=Person.objects.get(pk=by),
        reason=Shortfall.Reason.BAD,
        note=_("Recall %(number)s") % {"number": recall},
    )


def said_of(recall: Recall) -> dict[tuple[int, int], list[Lot]]:
    """The lots that are called back by product and delivery day (pks); empty when all of it is. One query."""
    found: dict[tuple[int, int], list[Lot]] = {}
    for one in recall.goods.select_related("lot"):
        found.setdefault((one.product_id, one.delivery_day_id), []).extend([one.lot] if one.lot else [])
    return found


def of_order(order: Order) -> list[RecalledLine]:
    """What of an order was called back, open recalls and closed ones; one query."""
    return list(
        RecalledLine.objects.filter(line__order=order)
        .select_related("line", "notice__recall__producer__organisation")
        .order_by("pk")
    )


def at(delivery: int) -> dict[int, Recall]:
    """The recalls of what lies at a delivery (pk), open or closed, by order line; one query."""
    rows = RecalledLine.objects.filter(line__order__delivery=delivery).select_related("notice__recall")
    return {row.line_id: row.notice.recall for row in rows.order_by("pk")}


def with_tally(recalls: QuerySet[Recall]) -> QuerySet[Recall]:
    """Each with how many buyers it tells, and how many of them were mailed, called, and neither."""
    return (
        recalls.select_related("producer__organisation")
        .annotate(
            told=Count("notices"),
            mailed=Count("notices", Q(notices__mailed_at__isnull=False)),
            called=Count("notices", Q(notices__reached_at__isnull=False)),
            silent=Count("notices", Q(notices__mailed_at=None, notices__reached_at=None)),
        )
        .order_by("-pk")
    )


def _networks(recall: Recall) -> QuerySet[Network]:
    days = RecalledGoods.objects.filter(recall=recall).values("delivery_day")
    return Network.objects.filter(cycles__days__in=days).distinct().order_by("pk")


def _record(action: str, recall: Recall, by: Person, reason: str, **said: Any) -> None:
    """Noted in the journal of every network that it touches."""
    for network in _networks(recall):
        journal.record(action=action, subject=recall, by=by, network=network, reason=reason[:300], **said)
