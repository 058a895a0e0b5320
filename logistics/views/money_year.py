"""A farmer's year: week by week, product by product, and as a table for her accountant."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from logistics import farm_year, for_accountant, per_product
from logistics.farm_year import Sums, Week
from logistics.views.money import own_farm
from network import clock, tables
from network.models import Network
from producers.models import Producer


@login_required
def money_weeks(request: HttpRequest, slug: str) -> HttpResponse:
    """`?year=` (else the last with anything in it) and `?network=`: what every week brought, and when it was paid out."""
    farm = own_farm(request, slug)
    context = _chosen(request, farm)
    weeks: list[Week] = context["weeks"]
    by_week: dict[Any, Sums] = {}
    for week in weeks:
        by_week[week.week_on] = by_week.get(week.week_on, Sums()) + week.sums
    context |= {
        "columns": [
            {"label": f"{monday:%d/%m}", "values": [sums.goods, sums.charged]}
            for monday, sums in sorted(by_week.items())
        ],
        "series": [
            {"label": _("goods at your price"), "kind": "farm"},
            {"label": _("your transport"), "kind": "transport"},
        ],
        "per_network": [
            (network, farm_year.total(week for week in weeks if week.network == network))
            for network in context["networks"]
        ]
        if context["network"] is None and len(context["networks"]) > 1
        else [],
    }
    return render(request, "logistics/money_weeks.html", context)


@login_required
def money_products(request: HttpRequest, slug: str) -> HttpResponse:
    """`?year=` and `?network=`: what each product earned after transport, per unit and in all."""
    farm = own_farm(request, slug)
    context = _chosen(request, farm)
    products = per_product.products_of(farm, context["year"], context["network"])
    rest = per_product.beside(products, context["sums"])
    context |= {
        "products": products,
        "rest": rest if rest != Sums() else None,
        "bars": [
            {"label": str(one.product.name), "values": [max(one.after_transport, Decimal(0)), one.transport]}
            for one in products
        ],
        "series": [
            {"label": _("after transport"), "kind": "farm"},
            {"label": _("its part of the transport"), "kind": "transport"},
        ],
    }
    return render(request, "logistics/money_products.html", context)


@login_required
def money_csv(request: HttpRequest, slug: str, year: int) -> HttpResponse:
    """A year as a file that a spreadsheet opens."""
    farm = own_farm(request, slug)
    if year not in farm_year.years_of(farm):
        raise Http404
    content = tables.as_csv(for_accountant.headings(), for_accountant.rows_of(farm, year))
    name = f"{farm.slug}-{year}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _chosen(request: HttpRequest, farm: Producer) -> dict[str, Any]:
    """The year and network of the address, her weeks in them, and what there is to choose from."""
    years = farm_year.years_of(farm)
    by_address = {str(year): year for year in years}
    asked = request.GET.get("year") or str(years[0] if years else clock.today().year)
    if years and asked not in by_address:
        raise Http404
    year = by_address.get(asked, clock.today().year)
    weeks = farm_year.weeks_of(farm, year)
    networks = sorted({week.network for week in weeks}, key=lambda one: (one.name, one.pk))
    network = None
    if wanted := request.GET.get("network"):
        network = get_object_or_404(Network, slug=wanted, pk__in=[one.pk for one in networks])
        weeks = [week for week in weeks if week.network == network]
    return {
        "farm": farm,
        "years": years,
        "year": year,
        "networks": networks,
        "network": network,
        "weeks": weeks,
        "sums": farm_year.total(weeks),
    }
