"""The shop of a network: this week's offers, the basket beside them, and the choice of point and day."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.access import public_network
from network.models import Delivery, Network, Organisation, Person, PriceGroup
from network.pace import address_of, too_many
from network.templatetags.kouter import dayhour
from orders import finding, shelf
from orders.basket import price_group_of
from orders.forms import BasketForm
from orders.models import Order, OrderLine
from producers import words
from producers.models import ALLERGENS, Offer, Product

PER_PAGE = 60
UNASKED = 4
"""Pages that come by themselves as one scrolls; then by a button, so that the foot of the page can be reached."""


@dataclass(frozen=True)
class Visit:
    """For whom somebody looks at the shop: the buyer (None for visitors), the delivery, and the order there, if any."""

    network: Network
    buyer: Organisation | None
    buyers: list[Organisation]
    delivery: Delivery | None
    order: Order | None
    group: PriceGroup

    @property
    def lines(self) -> dict[int, OrderLine]:
        return {line.offer_id: line for line in self.order.lines.all()} if self.order else {}

    @property
    def cents(self) -> dict[int, int]:
        """What each offer in the basket comes to."""
        return {pk: int(shelf.gross(line) * 100) for pk, line in self.lines.items() if line.quantity}

    @property
    def trade(self) -> bool:
        return self.group.audience == PriceGroup.Audience.TRADE


def shop(request: HttpRequest, network: str) -> HttpResponse:
    visit = _visit(request, public_network(network), request.GET.get("delivery"))
    return _shop_page(request, visit, finding.Choice.read(request.GET))


@require_POST
def fill(request: HttpRequest, network: str, delivery: int) -> HttpResponse:
    """Take over what the shop page says; answers with the basket alone to htmx, else back to the page."""
    choice = finding.Choice.read(QueryDict(request.POST.get("back", "")))
    page = reverse("orders:shop", args=[network]) + f"?delivery={delivery}{choice.query()}"
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    visit = _visit(request, public_network(network), str(delivery))
    if visit.buyer is None or visit.delivery is None or visit.delivery.pk != delivery:
        return _shop_page(
            request, visit, choice, refusal=_("This delivery no longer takes orders. Choose another."), status=422
        )
    assert isinstance(request.user, Person)
    steps = dict(
        Offer.objects.filter(
            pk__in=[value for name in ("plus", "minus") if (value := request.POST.get(name, "")).isdecimal()]
        ).values_list("pk", "supply__product__step")
    )
    form = BasketForm(request.POST.dict(), steps=steps)
    order = form.save(buyer=visit.buyer, delivery=visit.delivery, by=request.user)
    if order is not None and not request.htmx:  # type: ignore[attr-defined]
        return redirect(page)
    visit = _visit(request, visit.network, str(delivery))
    assert visit.delivery
    if not request.htmx:  # type: ignore[attr-defined]
        return _shop_page(
            request, visit, choice, errors=form.errors, wanted=form.wanted, refusal=form.refusal, status=422
        )
    basket = shelf.basket_of(visit.order, visit.network, consumer=not visit.trade)
    basket["closes"] = dayhour(visit.delivery.delivery_day.closes_at)
    basket["error"] = form.refusal or " ".join(_named(form.errors))
    return render(
        request, "parts/basket.html", {"basket": basket, "bar": True}, status=200 if order is not None else 422
    )


def _named(errors: dict[int, str]) -> list[str]:
    """Each refusal with the name of what it is about."""
    offers = Offer.objects.filter(pk__in=errors).select_related("supply__product").in_bulk()
    return [f"{offers[pk].supply.product}: {message}" if pk in offers else message for pk, message in errors.items()]


def deliveries(request: HttpRequest, network: str) -> HttpResponse:
    """Where and when: pickup points, and the own door of an outlet."""
    visit = _visit(request, public_network(network), request.GET.get("delivery"))
    found = list(
        _choices(visit.network, visit.buyer)
        .select_related("delivery_day", "pickup_point", "outlet__organisation", "place")
        .prefetch_related("capacities")
        .order_by("starts_at", "pk")
    )
    for number, delivery in enumerate(found, 1):
        delivery.number = number  # type: ignore[attr-defined]
        delivery.full = any(room.booked >= room.hard for room in delivery.capacities.all())  # type: ignore[attr-defined]
    markers = [
        {
            "lat": delivery.place.lat,
            "lon": delivery.place.lon,
            "kind": "point" if delivery.pickup_point else "outlet",
            "number": number,
            "label": str(delivery.destination),
            "url": f"{reverse('orders:shop', args=[network])}?delivery={delivery.pk}",
        }
        for number, delivery in enumerate(found, 1)
    ]
    return render(
        request,
        "orders/deliveries.html",
        {"network": visit.network, "deliveries": found, "markers": markers, "chosen": visit.delivery, "visit": visit},
    )


@login_required
@require_POST
def buyer(request: HttpRequest, network: str) -> HttpResponse:
    """From now on this person orders for another of her organisations."""
    found = public_network(network)
    chosen = get_object_or_404(_buyers(request, found), pk=request.POST.get("buyer") or 0)
    request.session["buyer"] = chosen.pk
    return redirect("orders:shop", found.slug)


def _buyers(request: HttpRequest, network: Network) -> Any:
    return (
        Organisation.objects.of(request.user)
        .active()
        .filter(memberships__network=network, memberships__left_on=None)
        .distinct()
        .order_by("-kind", "pk")
    )


def _visit(request: HttpRequest, network: Network, wanted: str | None) -> Visit:
    buyers = list(_buyers(request, network)) if request.user.is_authenticated else []
    chosen = next((one for one in buyers if one.pk == request.session.get("buyer")), buyers[0] if buyers else None)
    deliveries = (
        _choices(network, chosen)
        .select_related("delivery_day__cycle__network", "pickup_point", "outlet__organisation", "place")
        .order_by("starts_at", "pk")
    )
    order = None
    delivery = deliveries.filter(pk=int(wanted)).first() if wanted and wanted.isdecimal() else None
    if chosen:
        mine = Order.objects.filter(buyer=chosen).exclude(status=Order.Status.CANCELLED).prefetch_related("lines")
        if delivery is None:
            order = mine.filter(delivery__in=_choices(network, chosen)).order_by("-created_at").first()
            delivery = deliveries.filter(pk=order.delivery_id).first() if order else _usual(deliveries, chosen)
        else:
            order = mine.filter(delivery=delivery).first()
    if delivery is None:
        delivery = deliveries.first()
    group = price_group_of(chosen, network) if chosen else PriceGroup.objects.get(network=network, audience="household")
    return Visit(network, chosen, buyers, delivery, order, group)


def _choices(network: Network, buyer: Organisation | None) -> Any:
    """Deliveries still to be ordered for: an outlet's own door first of all, else the pickup points."""
    found = Delivery.objects.on_sale().filter(delivery_day__cycle__network=network)
    return found.for_buyer(buyer) if buyer else found.filter(outlet=None)


def _usual(deliveries: Any, buyer: Organisation) -> Delivery | None:
    """The own door of an outlet, else where this buyer collected last."""
    door = deliveries.filter(outlet__organisation=buyer).first()
    if door:
        return door
    last = Order.objects.filter(buyer=buyer).order_by("-created_at").values("delivery__pickup_point")[:1]
    return deliveries.filter(pickup_point__in=last).first()


def _shop_page(
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
        return render(request, "orders/nothing.html", {"network": visit.network}, status=status)
    in_basket = visit.cents
    stock = finding.Shop(visit.delivery, visit.group, in_basket)
    found = finding.look(stock, choice)
    alone = choice.text and choice == finding.Choice(q=choice.text)
    if alone and not found.counts.total and stock.offers.exists():
        _note_unmet(request, visit.network, choice.text)
    pages = Paginator(found.offers, PER_PAGE)
    pages.count = found.counts.total  # type: ignore[misc]  # counted already
    page = pages.get_page(choice.page)
    rows = shelf.rows_of(
        found.offers[(page.number - 1) * PER_PAGE : page.number * PER_PAGE],
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=visit.buyer is not None,
        errors=errors,
        wanted=wanted,
    )
    beside = basket_beside(visit, rows)
    beside["basket"]["error"] = refusal
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
        "lines_json": json.dumps(in_basket) if visit.buyer else "",
        **beside,
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


def basket_beside(visit: Visit, rows: list[shelf.Row]) -> dict[str, Any]:
    """What the basket's sheet and bar show beside these rows; scripts add up the rows and what is in it elsewhere."""
    assert visit.delivery
    basket = shelf.basket_of(visit.order, visit.network, consumer=not visit.trade)
    basket["closes"] = dayhour(visit.delivery.delivery_day.closes_at)
    shown = {row.pk for row in rows}
    elsewhere = [cents for pk, cents in visit.cents.items() if pk not in shown]
    return {"basket": basket, "other_count": len(elsewhere), "other_cents": sum(elsewhere)}


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
