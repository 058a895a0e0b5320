"""The shop of a network: this week's offers as they are looked for, a page at a time."""

import re
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.access import public_network
from network.models import Network
from network.pace import address_of, too_many
from orders import basket, finding, shelf
from orders.views.visiting import Visit, basket_of, buyers_of, visit_of
from producers import words
from producers.models import ALLERGENS, Product

PER_PAGE = 60
UNASKED = 4
"""Pages that come by themselves as one scrolls; then by a button, so that the foot of the page can be reached."""


def shop(request: HttpRequest, network: str) -> HttpResponse:
    visit = visit_of(request, public_network(network), request.GET.get("delivery"))
    if visit.order:
        basket.keep(visit.order)
    return shop_page(request, visit, finding.Choice.read(request.GET))


@login_required
@require_POST
def buyer(request: HttpRequest, network: str) -> HttpResponse:
    """From now on this person orders for another of her organisations."""
    found = public_network(network)
    chosen = get_object_or_404(buyers_of(request, found), pk=request.POST.get("buyer") or 0)
    request.session["buyer"] = chosen.pk
    return redirect("orders:shop", found.slug)


def shop_page(
    request: HttpRequest,
    visit: Visit,
    choice: finding.Choice,
    *,
    errors: dict[int, str] | None = None,
    wanted: dict[int, Decimal] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    if visit.delivery is None:
        return render(request, "orders/nothing.html", {"network": visit.network, "refusal": refusal}, status=status)
    in_basket = visit.cents
    stock = finding.Shop(visit.delivery, visit.group, in_basket, visit.buyer)
    found = finding.look(stock, choice)
    alone = choice.text and choice == finding.Choice(q=choice.text)
    if alone and not found.counts.total and stock.offers.exists():
        _note_unmet(request, visit.network, choice.text)
    page = Paginator(found.picks, PER_PAGE).get_page(choice.page)
    rows = shelf.rows_of(
        finding.offers_of(list(page)),
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=visit.buyer is not None,
        buyer=visit.buyer,
        errors=errors,
        wanted=wanted,
    )
    here = reverse("orders:shop", args=[visit.network.slug])
    context = {
        "network": visit.network,
        "visit": visit,
        "delivery": visit.delivery,
        "here": here,
        "shop_url": f"{here}?delivery={visit.delivery.pk}",
        "found": found,
        "sections": (sections := _sections(rows, choice, continues=request.GET.get("after", ""))),
        "page": page,
        "basket": basket_of(visit) | {"lapsed_at": visit.order.lapsed_at if visit.order else None},  # type: ignore[attr-defined]
        "refusal": refusal,
        "change_url": f"{reverse('orders:deliveries', args=[visit.network.slug])}?delivery={visit.delivery.pk}",
        "beyond_url": f"{here}?delivery={visit.delivery.pk}{finding.Choice(q=choice.q).query()}",
        "after": "after" in request.GET,
        **_chosen(stock, choice, found, rows),
        **_pages(choice, page, sections),
    }
    template = "orders/shop.html"
    if request.method == "GET" and request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        template = "orders/_next.html" if "after" in request.GET else "orders/_found.html"
    answer = render(request, template, context, status=status)
    if template == "orders/_found.html":
        answer["HX-Push-Url"] = f"{context['shop_url']}{choice.query()}"
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _chosen(stock: finding.Shop, choice: finding.Choice, found: finding.Found, rows: list[shelf.Row]) -> dict[str, Any]:
    """What _rail.html and the top of _list.html show. Farms and allergens are many: only where somebody asks for them."""
    context: dict[str, Any] = {
        "choice": choice,
        "counts": found.counts,
        "total": finding.products(found.counts.total),
        "all_categories": choice.query(category="", page=1),
        "categories": [
            (value, label, number, choice.query(category=value, page=1))
            for value, label, number in found.counts.categories
        ],
        "near": [(km, finding.within(km)) for km in finding.NEAR],
        "with_more": choice.query(more=True, page=1),
        "most_letters": words.MOST,
        "keep": choice.query(),
        "chips": choice.said(rows[0].farm if rows else choice.farm) if choice.narrows else [],
    }
    if choice.more or choice.free or choice.farm or choice.sort:
        context["farms"] = finding.farms_of(stock)
        context["allergens"] = list(ALLERGENS.items())
    return context


def _pages(choice: finding.Choice, page: Any, sections: list[dict[str, Any]]) -> dict[str, Any]:
    """The way to the pages before and after; `last`: the section this one ends with, which the next may go on with."""
    return {
        "previous": choice.query(page=page.number - 1),
        "next": choice.query(page=page.number + 1),
        "last": sections[-1]["value"] if sections else "",
        "unasked": page.number < UNASKED,
    }


def _note_unmet(request: HttpRequest, network: Network, text: str) -> None:
    """What nobody sells, counted once a day per visitor: no robots, no reloads, no words that were only misspelled."""
    robot = re.search("bot|crawl|spider|preview", request.headers.get("user-agent", ""), re.I)
    if robot or request.method != "GET" or "sec-purpose" in request.headers:
        return
    who, day = address_of(request), 24 * 3600
    once = f"unmet {network.pk} {text.lower()}"
    if not too_many(who, what=once, most=1, seconds=day) and not too_many(who, what="unmet", most=30, seconds=day):
        words.note_unmet(network=network, text=text)


def _sections(rows: list[shelf.Row], choice: finding.Choice, *, continues: str) -> list[dict[str, Any]]:
    """By category; what was searched or sorted stays as it came. `continues`: the section that ended the page before."""
    sections: list[dict[str, Any]]
    if choice.text or choice.sort:
        sections = [{"value": "found", "label": _("Found"), "rows": rows}]
    else:
        sections = [
            {"value": value, "label": label, "rows": [row for row in rows if row.category == value]}
            for value, label in Product.Category.choices
        ]
    sections = [section for section in sections if section["rows"]]
    for section in sections[:1]:
        section["continues"] = section["value"] == continues
    return sections
