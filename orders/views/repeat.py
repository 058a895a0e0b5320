"""As last time, and what a buyer wants to find again."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.access import public_network
from network.models import Organisation, Person
from network.templatetags.goods import heart
from network.views.refusals import told
from orders import basket, favourites, repeating
from orders.models import Order
from orders.views.shop import Visit
from orders.views.visiting import visit_of
from producers.models import Producer, Product


@login_required
def again(request: HttpRequest, network: str) -> HttpResponse:
    """
    An earlier order beside what there is now; posted, what can be had of it is put in the basket. `order` names one, else it is
    the last; `delivery` says for when.
    """
    found = public_network(network)
    asked = request.POST if request.method == "POST" else request.GET
    before = _named(request, found.pk, asked.get("order", ""))
    if before and request.method == "POST":
        request.session["buyer"] = before.buyer_id
    visit = visit_of(request, found, asked.get("delivery"))
    if visit.buyer is None or visit.delivery is None:
        return redirect("orders:shop", network)
    before = before or repeating.earlier_orders(visit.buyer, found).exclude(delivery=visit.delivery).first()
    if before is None:
        messages.info(request, _("You have no earlier order here yet. Fill your first basket."))
        return redirect("orders:shop", network)
    if request.method == "POST":
        _put_in(request, visit, before)
        return redirect(f"{reverse('orders:again', args=[network])}?delivery={visit.delivery.pk}&order={before.pk}")
    rows = repeating.compared(before, visit.delivery, visit.group, visit.order)
    return render(
        request,
        "orders/again.html",
        {
            "network": found,
            "before": before,
            "delivery": visit.delivery,
            "rows": rows,
            "inside": sum(row.state in ("in", "part") for row in rows),
            "open": any(row.left and row.there < row.wanted for row in rows),
            "short": sum(row.is_short for row in rows),
            "repriced": sum(row.is_repriced for row in rows),
        },
    )


def _named(request: HttpRequest, network: int, pk: str) -> Order | None:
    """The order that was named: one of this person's own organisations, in this network."""
    if not pk:
        return None
    own = Order.objects.confirmed().filter(
        buyer__in=Organisation.objects.of(request.user), delivery__delivery_day__cycle__network=network
    )
    return get_object_or_404(own, pk=pk if pk.isdecimal() else 0)


def _put_in(request: HttpRequest, visit: Visit, before: Order) -> None:
    assert visit.buyer and visit.delivery and isinstance(request.user, Person)
    wishes = {line.product_id: line.confirmed for line in before.lines.all() if line.confirmed}
    with told(request):
        order = basket.open_order(buyer=visit.buyer, delivery=visit.delivery, by=request.user)
        repeating.put_in(order=order, wishes=wishes, by=request.user)


@login_required
def favourite_list(request: HttpRequest, network: str) -> HttpResponse:
    """What this buyer marked, with what is for sale at the chosen delivery first."""
    found = public_network(network)
    visit = visit_of(request, found, request.GET.get("delivery"))
    products = favourites.of_buyer(visit.buyer, found) if visit.buyer else []
    offers: dict[int, Any] = {}
    if visit.delivery:
        offers = repeating.offers_of(visit.delivery, visit.group, [product.pk for product in products])
    rows = [(product, offers.get(product.pk)) for product in products]
    return render(
        request,
        "orders/favourites.html",
        {
            "network": found,
            "delivery": visit.delivery,
            "buyer": visit.buyer,
            "rows": sorted(rows, key=lambda row: row[1] is None),
        },
    )


@login_required
@require_POST
def favourite(request: HttpRequest, network: str) -> HttpResponse:
    """Mark a product, or unmark it: `keep` or `drop` names it. Answers htmx with the heart alone."""
    found = public_network(network)
    wanted = "keep" in request.POST
    asked = request.POST.get("keep" if wanted else "drop", "")
    chosen = get_object_or_404(
        Product.objects.filter(producer__in=Producer.objects.active().in_network(found)),
        pk=asked if asked.isdecimal() else 0,
    )
    buyer = visit_of(request, found, None).buyer
    if buyer is None:
        return redirect("orders:shop", network)
    favourites.set_favourite(buyer=buyer, product=chosen, wanted=wanted)
    if request.htmx:  # type: ignore[attr-defined]
        row = {"product": chosen.pk, "name": str(chosen), "kept": wanted}
        return HttpResponse(heart(row, swaps=True))
    back = request.POST.get("back", "")
    page = reverse("orders:shop", args=[network])
    return redirect(f"{page}?{back}" if back else reverse("orders:favourites", args=[network]))
