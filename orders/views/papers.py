"""Purchase orders and documents."""

from decimal import Decimal
from math import ceil
from typing import Any

import segno.helpers
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from network import clock, journal
from network.households import places_on
from network.models import BankAccount
from orders import collecting
from orders.models import Document, PurchaseOrder, PurchaseOrderLine
from producers.models import Producer


@login_required
def purchase_orders(request: HttpRequest, slug: str) -> HttpResponse:
    """What a farm brought, up to today, the last day first; what it has to bring stands on `logistics:harvests`."""
    farm = get_object_or_404(Producer.objects.run_by(request.user).select_related("organisation"), slug=slug)
    brought = farm.purchase_orders.filter(delivery_day__on__lte=clock.today())
    orders = brought.select_related("delivery_day__cycle__network").order_by("-delivery_day__on", "-pk")
    page = Paginator(orders, 20).get_page(request.GET.get("page"))
    return render(request, "orders/purchase_orders.html", {"farm": farm, "page": page})


@login_required
def purchase_order(request: HttpRequest, pk: int) -> HttpResponse:
    """The harvest list: what to cut, how many crates, and what was missing since."""
    purchase = get_object_or_404(
        PurchaseOrder.objects.visible_to(request.user)
        .select_related("producer__organisation", "delivery_day__cycle__network")
        .distinct(),
        pk=pk,
    )
    lines = list(purchase.lines.select_related("product"))
    return render(
        request,
        "orders/purchase_order.html",
        {
            "purchase": purchase,
            "network": purchase.delivery_day.network,
            "rows": [_harvest(line) for line in lines],
            "crates": sum(_crates(line) for line in lines),
            "mine": Producer.objects.run_by(request.user).filter(pk=purchase.producer_id).exists(),
            "changes": purchase.changes.select_related("line", "by").order_by("version"),
            "seen": purchase.reads.filter(kind="seen").select_related("by").order_by("-version").first(),
            "reported": collecting.bad_goods(purchase),
            "documents": purchase.documents.order_by("pk"),
            "history": journal.history_of(purchase),
        },
    )


def _harvest(line: PurchaseOrderLine) -> dict[str, Any]:
    return {
        "line": line,
        "crates": _crates(line),
        "value": line.quantity * line.price,
        "left": line.quantity - line.missing,
    }


def _crates(line: PurchaseOrderLine) -> int:
    return ceil(line.quantity / line.product.units_per_crate)


@login_required
def document(request: HttpRequest, pk: int) -> HttpResponse:
    paper = get_object_or_404(
        Document.objects.visible_to(request.user)
        .select_related("issuer__place", "recipient__place", "network", "order", "purchase_order")
        .distinct(),
        pk=pk,
    )
    due = paper.due
    places = places_on(paper.issued_on, [paper.issuer, paper.recipient])
    account = BankAccount.objects.filter(organisation=paper.issuer, period__contains=paper.issued_on).first()
    return render(
        request,
        "orders/document.html",
        {
            "paper": paper,
            "network": paper.network,
            "due": due,
            "issuer_place": places[paper.issuer_id],
            "recipient_place": places[paper.recipient_id],
            "account": account,
            "qr": _payment_qr(paper, due, account),
        },
    )


def _payment_qr(paper: Document, due: Decimal, account: BankAccount | None) -> str:
    """The EPC QR code with which a banking app pays this, as SVG; empty when there is nothing to pay this way."""
    if account is None or not paper.communication or due <= 0:
        return ""
    code = segno.helpers.make_epc_qr(
        name=paper.issuer.name[:70], iban=account.iban, amount=due, reference=paper.communication
    )
    return code.svg_inline(scale=4, border=2, omitsize=False, svgclass="qr", lineclass=None)
