"""A buyer's own orders: look, confirm, cancel."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from network import journal
from network.models import Organisation, Person, PriceGroup
from orders import shelf
from orders.basket import price_group_of
from orders.forms import CancelForm, ConfirmForm
from orders.models import Order

PLACE = (
    "delivery__delivery_day__cycle__network",
    "delivery__pickup_point",
    "delivery__outlet__organisation",
    "delivery__place",
)


@login_required
def order_list(request: HttpRequest) -> HttpResponse:
    orders = (
        Order.objects.filter(buyer__in=Organisation.objects.of(request.user))
        .exclude(status=Order.Status.BASKET, lines=None)
        .select_related("buyer", *PLACE)
        .prefetch_related("lines")
        .order_by("-delivery__starts_at", "-pk")
    )
    page = Paginator(orders, 20).get_page(request.GET.get("page"))
    rows = [(order, sum(shelf.gross(line) for line in order.lines.all())) for order in page]
    return render(request, "orders/mine.html", {"page": page, "rows": rows})


@login_required
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    own = Organisation.objects.of(request.user).filter(pk=OuterRef("buyer"))
    seen = Order.objects.visible_to(request.user).annotate(is_own=Exists(own))
    order = get_object_or_404(seen.select_related("buyer", *PLACE).distinct(), pk=pk)
    lines = list(order.lines.select_related("producer__organisation"))
    network = order.delivery.delivery_day.network
    return render(
        request,
        "orders/detail.html",
        {
            "order": order,
            "network": network,
            "lines": [{"line": line, "gross": shelf.gross(line)} for line in lines],
            "total": sum(shelf.gross(line) for line in lines),
            "deposit": sum(
                line.deposit * (line.billed if line.billed is not None else line.quantity) for line in lines
            ),
            "parts": shelf.parts_of(lines),
            "documents": order.documents.select_related("issuer").order_by("pk"),
            "history": journal.history_of(order),
            "editable": Order.objects.editable_by(request.user).filter(pk=order.pk).exists()
            and order.status in (Order.Status.BASKET, Order.Status.CONFIRMED),
        },
    )


@login_required
def order_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The last look before it binds, with the button the law prescribes."""
    order = get_object_or_404(Order.objects.editable_by(request.user).select_related("buyer", *PLACE), pk=pk)
    assert isinstance(request.user, Person)
    network = order.delivery.delivery_day.network
    lines = [line for line in order.lines.select_related("product", "producer__organisation") if line.quantity]
    trade = price_group_of(order.buyer, network).audience == PriceGroup.Audience.TRADE
    age = max((line.product.minimum_age or 0 for line in lines), default=0)
    form = ConfirmForm(order, request.POST.dict() if request.method == "POST" else None, age=age, trade=trade)
    if form.is_valid() and form.place(request.user):
        messages.success(request, _("Your order is confirmed. A mail is on its way."))
        return redirect("orders:detail", order.pk)
    basket = shelf.basket_of(order, network, consumer=not trade)
    return render(
        request,
        "orders/confirm.html",
        {
            "order": order,
            "network": network,
            "form": form,
            "lines": [{"line": line, "gross": shelf.gross(line), "most": shelf.most(line)} for line in lines],
            "basket": basket,
            "perishable": all(line.product.perishable for line in lines),
        },
        status=422 if form.errors else 200,
    )


@login_required
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.editable_by(request.user).select_related("buyer", *PLACE), pk=pk)
    assert isinstance(request.user, Person)
    form = CancelForm(order, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.cancel(request.user):
        messages.success(request, _("Your order is cancelled. Nothing will be delivered or charged."))
        return redirect("orders:detail", order.pk)
    context = {"order": order, "network": order.delivery.delivery_day.network, "form": form}
    return render(request, "orders/cancel.html", context, status=422 if form.errors else 200)
