"""The price of one product, for its farm only: where it goes, how it went, what others ask, her cost, and what she agreed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import charts
from network.models import Person
from producers import access, desk, particulars, prices
from producers.forms import AgreementForm, CostForm
from producers.models import Agreement, Product


@login_required
def price(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Two forms: `what` says which was sent, her cost or an agreement."""
    producer = access.farm_for(request.user, slug)
    product = get_object_or_404(producer.products.active(), pk=pk)
    assert isinstance(request.user, Person)
    sent = request.POST.dict() if request.method == "POST" else None
    cost = CostForm(product, sent if sent and sent.get("what") == "cost" else None)
    agreement = AgreementForm(product, sent if sent and sent.get("what") != "cost" else None)
    if cost.is_valid() and cost.keep(by=request.user):
        messages.success(request, _("Kept. Only your farm sees it."))
        return redirect("producers:price", slug, pk)
    if agreement.is_valid() and agreement.agree(by=request.user):
        messages.success(request, _("Agreed. New orders of the trade follow it."))
        return redirect("producers:price", slug, pk)
    week_on = desk.present_week(producer)
    row = desk.row_of(producer, week_on, product)
    context: dict[str, Any] = {
        "farm": producer,
        "product": product,
        "row": row,
        "week_on": week_on,
        "chains": [
            (chain, particulars.parts_of(chain.price))
            for chain in (prices.chains(producer, week_on, product, row.price) if row.price else [])
        ],
        "compared": prices.compared(product),
        "fewest": prices.FEWEST,
        "cost": cost,
        "agreement": agreement,
        "agreements": product.agreements.current()
        .select_related("price_group__network")
        .order_by("period", "from_quantity"),
    }
    status = 422 if cost.errors or agreement.errors else 200
    return render(request, "producers/price.html", context | _history(product), status=status)


def _history(product: Product) -> dict[str, Any]:
    """What she received per week as a line and a table, and what her cost leaves of it."""
    weeks = prices.history(product)
    lines = [{"kind": "price", "points": [(week.toordinal(), price) for week, price in weeks]}]
    if product.cost is not None and weeks:
        ends = (weeks[0], weeks[-1])
        lines.append({"kind": "ahead", "points": [(week.toordinal(), product.cost) for week, _price in ends]})
    return {
        "history": list(reversed(weeks)),
        "picture": charts.plot(lines=lines, height=140),
        "key": [{"kind": "price", "label": _("you receive")}]
        + ([{"kind": "ahead", "label": _("your own cost")}] if product.cost is not None else []),
        "first": date_format(weeks[0][0], "j F Y") if weeks else "",
        "latest": date_format(weeks[-1][0], "j F Y") if weeks else "",
    }


@login_required
@require_POST
def end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    producer = access.farm_for(request.user, slug)
    found = get_object_or_404(
        Agreement.objects.select_related("product__producer__organisation", "price_group__network"),
        pk=pk,
        product__producer=producer,
    )
    assert isinstance(request.user, Person)
    prices.end_agreement(agreement=found, by=request.user)
    messages.success(request, _("Ended. What was ordered at that price keeps it."))
    return redirect("producers:price", slug, found.product_id)
