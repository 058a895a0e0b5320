"""A buyer's own orders: look, confirm, cancel, put in a calendar."""

from collections.abc import Collection
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from network import journal
from network.models import Network, Organisation, Person
from orders import appointments, changes, checkout, collecting, moving, recalls, shelf
from orders.amending import BEFORE_IT_LEAVES
from orders.basket import is_trade, keep
from orders.forms import CancelForm, ConfirmForm
from orders.models import Document, Order, OrderLine
from producers import lots


@login_required
def order_list(request: HttpRequest) -> HttpResponse:
    orders = (
        Order.objects.filter(buyer__in=Organisation.objects.of(request.user))
        .exclude(status=Order.Status.BASKET, lines=None)
        .select_related("buyer")
        .with_delivery()
        .prefetch_related("lines")
        .order_by("-delivery__starts_at", "-pk")
    )
    page = Paginator(orders, 20).get_page(request.GET.get("page"))
    rows = [(order, _total(order, order.lines.all())) for order in page]
    return render(request, "orders/mine.html", {"page": page, "rows": rows})


def _total(order: Order, lines: Collection[OrderLine]) -> Decimal:
    """All of it: goods, deposits and bringing it home."""
    return sum((shelf.gross(line) + shelf.deposit(line) for line in lines), _fee(order, bool(lines)))


@login_required
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was ordered, what will come and when; once it came, what was missing or weighed and what was given back."""
    own = Organisation.objects.of(request.user).filter(pk=OuterRef("buyer"))
    seen = Order.objects.visible_to(request.user).annotate(is_own=Exists(own))
    order = get_object_or_404(seen.select_related("buyer").with_delivery().distinct(), pk=pk)
    lines = list(order.lines.select_related("producer__organisation", "product", "supply__pool"))
    day = order.delivery.delivery_day_id
    went_with = lots.went_with([day], [line.product_id for line in lines])
    papers = list(order.documents.select_related("issuer").order_by("pk"))
    fee = _fee(order, bool(lines))
    deposit = sum(map(shelf.deposit, lines), Decimal(0))
    return render(
        request,
        "orders/detail.html",
        {
            "order": order,
            "network": order.delivery.delivery_day.network,
            "lines": [
                {
                    "line": line,
                    "gross": shelf.gross(line),
                    "got": _got(line),
                    "lots": went_with.get((line.product_id, day), []),
                }
                for line in lines
            ],
            "recalled": recalls.of_order(order),
            "fee": fee,
            "total": _total(order, lines),
            "most": sum((shelf.most(line) for line in lines), fee + deposit) if order.status != "settled" else None,
            "deposit": deposit,
            "parts": shelf.parts_of(lines, fee),
            "documents": papers,
            "credited": sum(
                (paper.gross + paper.deposit for paper in papers if paper.kind == Document.Kind.CREDIT_NOTE),
                Decimal(0),
            ),
            "collect": collecting.card(order),
            "pending": order.status == Order.Status.CONFIRMED
            and any(line.quantity != line.confirmed for line in lines),
            "history": changes.with_changes(journal.history_of(order)),
            "amendable": order.status == Order.Status.CLOSED
            and order.delivery.delivery_day.status in BEFORE_IT_LEAVES
            and Network.objects.with_role(request.user, "coordinator")
            .filter(pk=order.delivery.delivery_day.network.pk)
            .exists(),
            "editable": Order.objects.editable_by(request.user).filter(pk=order.pk).exists()
            and order.status in (Order.Status.BASKET, Order.Status.CONFIRMED),
        },
    )


def _fee(order: Order, has_lines: bool) -> Decimal:
    """Bringing it home costs nothing when there is nothing to bring."""
    return order.delivery.fee if has_lines else Decimal(0)


def _got(line: OrderLine) -> Decimal | None:
    """What she really gets of it, when that is known and not what she ordered."""
    got = line.billed if line.billed is not None else line.packed
    return None if got == line.quantity else got


@login_required
def order_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """
    The last look before it binds, with the button the law prescribes. After the cut-off it says so, and takes the basket to
    the next day with one tap.
    """
    mine = Order.objects.filter(buyer__in=Organisation.objects.of(request.user)).annotate(trade=is_trade("buyer__"))
    order = get_object_or_404(mine.with_lapsed_at().select_related("buyer").with_delivery(), pk=pk)
    assert isinstance(request.user, Person)
    if order.status not in (Order.Status.BASKET, Order.Status.CONFIRMED):
        return redirect("orders:detail", order.pk)
    network = order.delivery.delivery_day.network
    shown = OrderLine.objects.select_related("product", "producer__organisation", "supply__pool")
    prefetch_related_objects([order], Prefetch("lines", shown))
    all_lines = list(order.lines.all())
    lines = [line for line in all_lines if line.quantity]
    trade = order.trade  # type: ignore[attr-defined]
    age = max((line.product.minimum_age or 0 for line in lines), default=0)
    form = ConfirmForm(order, request.POST.dict() if request.method == "POST" else None, age=age, trade=trade)
    if form.is_valid() and form.place(request.user):
        messages.success(request, _("Your order is confirmed. A mail is on its way."))
        return redirect("orders:detail", order.pk)
    keep(order)
    open_still = order.delivery.delivery_day.is_on_sale
    elsewhere = form.nearest
    if not open_still and order.status == Order.Status.BASKET:
        elsewhere = moving.next_chance(order)
    changed = changes.of_lines(all_lines) if order.status == Order.Status.CONFIRMED else {}
    return render(
        request,
        "orders/confirm.html",
        {
            "order": order,
            "network": network,
            "form": form,
            "lines": [{"line": line, "gross": shelf.gross(line), "most": shelf.most(line)} for line in lines],
            "basket": shelf.basket_of(order, network, consumer=not trade, fee=_fee(order, bool(lines)))
            | {"lapsed_at": order.lapsed_at},  # type: ignore[attr-defined]
            "changes": changes.shown(changed),
            "perishable": all(line.product.perishable for line in lines),
            "too_late": "" if open_still else checkout.too_late(order.delivery),
            "elsewhere": elsewhere,
        },
        status=422 if form.errors else 200,
    )


@login_required
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    mine = Order.objects.editable_by(request.user)
    order = get_object_or_404(mine.select_related("buyer").with_delivery(), pk=pk)
    assert isinstance(request.user, Person)
    form = CancelForm(order, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.cancel(request.user):
        messages.success(request, _("Your order is cancelled. Nothing will be delivered or charged."))
        return redirect("orders:detail", order.pk)
    context = {"order": order, "network": order.delivery.delivery_day.network, "form": form}
    return render(request, "orders/cancel.html", context, status=422 if form.errors else 200)


@login_required
def order_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """When and where to collect it, for the reader's calendar."""
    mine = Order.objects.confirmed().visible_to(request.user)
    order = get_object_or_404(mine.with_delivery().distinct(), pk=pk)
    assert isinstance(request.user, Person)
    return HttpResponse(
        appointments.event_of(order, request.user),
        content_type="text/calendar; charset=utf-8; method=REQUEST",
        headers={"Content-Disposition": f'attachment; filename="{appointments.FILE}"'},
    )
