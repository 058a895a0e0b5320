"""A farm that buys from its colleagues, for its own shop: at the price for the trade, brought to its yard."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from network.models import Network, Outlet, Person, PriceGroup
from orders.colleague_forms import DoorForm
from orders.models import Order
from producers import access
from producers.models import Offer, Producer


@login_required
def colleagues(request: HttpRequest, slug: str) -> HttpResponse:
    """What she can order where, what she has ordered, and where it is brought."""
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    outlet = Outlet.objects.filter(organisation=farm.organisation_id, archived_at=None).first()
    form = DoorForm(farm.organisation, outlet, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.save(by=request.user):
        messages.success(request, _("Noted. You choose your own yard when you order."))
        return redirect("orders:colleagues", slug)
    orders = Order.objects.filter(buyer=farm.organisation).exclude(status=Order.Status.CANCELLED)
    context = {
        "farm": farm,
        "networks": _networks(farm),
        "form": form,
        "outlet": outlet,
        "orders": orders.filter(lines__isnull=False)
        .distinct()
        .select_related(
            "delivery__delivery_day__cycle__network", "delivery__pickup_point", "delivery__outlet__organisation"
        )
        .order_by("-delivery__delivery_day__on", "-pk")[:6],
    }
    return render(request, "orders/colleagues.html", context, status=422 if form.errors else 200)


def _networks(farm: Producer) -> list[dict[str, Any]]:
    """Her networks, with what colleagues sell there to the trade now, the next cut-off, and what the trade leaves the network."""
    networks = list(Network.objects.active().selling_from(farm.organisation))
    offers = (
        Offer.objects.on_sale()
        .filter(price_group__audience=PriceGroup.Audience.TRADE, delivery_day__cycle__network__in=networks)
        .exclude(supply__product__producer=farm)
    )
    rows = offers.values_list("delivery_day__cycle__network").annotate(
        products=Count("supply__product", distinct=True),
        farms=Count("supply__product__producer", distinct=True),
        closes_at=Min("delivery_day__closes_at"),
    )
    found = {pk: {"products": products, "farms": farms, "closes_at": at} for pk, products, farms, at in rows}
    parts: dict[int, dict[str, Any]] = {}
    for group in PriceGroup.objects.filter(network__in=networks):
        parts.setdefault(group.network_id, {})[group.audience] = group.contribution
    return [{"network": one, "parts": parts.get(one.pk, {})} | found.get(one.pk, {}) for one in networks]
