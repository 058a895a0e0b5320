"""How a product is sold: from stock that carries over, with what moved it; or of one week, only if enough is ordered."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from network.models import Person
from orders import carrying, pooling
from orders.stock_forms import CarryForm, MoveForm, PoolForm
from producers import access, desk, standing
from producers.models import Pool, Supply

A_PAGE = 50


@login_required
def stock(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One page, three forms: `what` says which was sent (carry, move, until_gone)."""
    farm = access.farm_for(request.user, slug)
    product = get_object_or_404(farm.products.active(), pk=pk)
    assert isinstance(request.user, Person)
    supply = Supply.objects.standing().filter(product=product).first()
    sent = request.POST.dict() if request.method == "POST" else None
    week_on = desk.present_week(farm)
    context: dict[str, Any] = {"farm": farm, "product": product, "supply": supply, "week_on": week_on}
    form: CarryForm | MoveForm
    if supply is None:
        row = desk.row_of(farm, week_on, product)
        form = context["carry"] = CarryForm(product, row.supply or row.last, sent)
        done = _("Done. It is offered every week from now on.")
    elif sent and sent.get("what") == "until_gone":
        standing.set_until_gone(supply=supply, until_gone=sent.get("until_gone") == "1", by=request.user)
        messages.success(request, _("Saved."))
        return redirect("orders:stock", slug, pk)
    else:
        supply.product = product
        form = context["move"] = MoveForm(supply, sent)
        done = _("Noted.")
    if form.is_valid() and form.save(request.user):
        messages.success(request, done)
        return redirect("orders:stock", slug, pk)
    if supply:
        moved = supply.movements.select_related("by", "delivery_day__cycle__network").order_by("-at", "-pk")
        context |= {"asked": carrying.asked(supply), "came_back": carrying.came_back(supply)}
        context["page"] = Paginator(moved, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/stock.html", context, status=422 if form.errors else 200)


@login_required
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """What is sold only if enough of it is ordered: `what` says whether she sets that (gather), lets it go on or calls it off."""
    supply = access.supply_for(request.user, pk)
    farm = access.farm_for(request.user, supply.product.producer.slug)
    assert isinstance(request.user, Person)
    found = Pool.objects.filter(supply=supply).select_related("supply").first()
    sent = request.POST.dict() if request.method == "POST" else None
    what = (sent or {}).get("what")
    if found and what in ("on", "off"):
        if pooling.decide(pool=found, goes_on=what == "on", by=request.user):
            said = _("It goes on.") if what == "on" else _("Called off. Everybody who ordered it has been sent a mail.")
            messages.success(request, said)
        return redirect("orders:pool", pk)
    form = PoolForm(supply, found, sent)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved. Buyers see how far it is and when it is decided."))
        return redirect("orders:pool", pk)
    context = {
        "farm": farm,
        "supply": supply,
        "product": supply.product,
        "pool": found,
        "form": form,
        "confirmed": pooling.confirmed(supply),
    }
    return render(request, "orders/pool.html", context, status=422 if form.errors else 200)
