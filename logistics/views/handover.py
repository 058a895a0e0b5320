"""What is missing at a farm, and orders handed over at a pickup point."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import handover
from logistics.access import delivery_for, purchase_order_for
from logistics.forms import MissingForm
from network.errors import Refused
from network.models import Delivery
from orders.models import Order, OrderLine


@login_required
def missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Absolute quantities per product of one farm; `next` is where the driver came from."""
    purchase = purchase_order_for(request.user, pk)
    back = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = ""
    form = MissingForm(purchase, request.POST or None)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Recorded. Those who ordered it pay only for what they get."))
        return redirect(back or request.path)
    return render(
        request,
        "logistics/missing.html",
        {"network": purchase.delivery_day.network, "purchase": purchase, "form": form, "next": back},
        status=422 if form.errors else 200,
    )


@login_required
def pickup(request: HttpRequest, pk: int) -> HttpResponse:
    """Who collects what from which crates. No addresses, phones, mails or prices: volunteers have no need of them."""
    delivery, coordinates = delivery_for(request.user, pk)
    crates_of = _crates_of(delivery)
    lines = OrderLine.objects.select_related("product").order_by("pk")
    orders = (
        Order.objects.confirmed()
        .filter(delivery=delivery)
        .select_related("buyer", "pickup")
        .prefetch_related(Prefetch("lines", lines))
        .order_by("buyer__name", "pk")
    )
    rows = [_row(order, crates_of) for order in orders]
    return render(
        request,
        "logistics/pickup.html",
        {
            "network": delivery.delivery_day.network,
            "delivery": delivery,
            "rows": rows,
            "collected": sum(row["collected"] for row in rows),
            "coordinates": coordinates,
        },
    )


@login_required
@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    delivery, _coordinates = delivery_for(request.user, pk)
    wanted = request.POST.get("order", "")
    order = get_object_or_404(delivery.orders, pk=wanted if wanted.isdecimal() else 0)
    try:
        handover.hand_over(order=order, by=request.user, checked="undo" not in request.POST)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("logistics:pickup", pk=pk)


def _crates_of(delivery: Delivery) -> dict[int, list[str]]:
    """The letters of the crates in which each order lies."""
    letters: dict[int, list[str]] = {}
    for letter, contents in delivery.crates.order_by("pk").values_list("letter", "contents"):
        for content in contents:
            letters.setdefault(content["order"], []).append(letter)
    return letters


def _row(order: Order, crates_of: dict[int, list[str]]) -> dict[str, Any]:
    lines = [
        {
            "name": line.name,
            "amount": line.confirmed if line.packed is None else line.packed,
            "unit": line.get_unit_display(),
            "short": line.packed is not None and line.packed < line.confirmed and not line.sold_by_weight,
        }
        for line in order.lines.all()
    ]
    return {
        "order": order,
        "lines": lines,
        "crates": crates_of.get(order.pk, []),
        "age": max((line.product.minimum_age or 0 for line in order.lines.all()), default=0),
        "empties": any(line.deposit for line in order.lines.all()),
        "collected": hasattr(order, "pickup"),
    }
