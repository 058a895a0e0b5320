"""The shop of a network: this week's offers, the basket beside them, and the choice of point and day."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.access import public_network
from network.models import Delivery, Network, Organisation, Person, PriceGroup
from network.templatetags.kouter import dayhour
from orders import favourites, repeating, shelf
from orders.basket import price_group_of
from orders.forms import BasketForm
from orders.models import Order, OrderLine
from producers.models import Offer

PER_PAGE = 60


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
    def trade(self) -> bool:
        return self.group.audience == PriceGroup.Audience.TRADE


def shop(request: HttpRequest, network: str) -> HttpResponse:
    visit = _visit(request, public_network(network), request.GET.get("delivery"))
    return _shop_page(request, visit)


@require_POST
def fill(request: HttpRequest, network: str, delivery: int) -> HttpResponse:
    """Take over what the shop page says; answers with the basket alone to htmx, else back to the page."""
    back = request.POST.get("back", "")
    page = reverse("orders:shop", args=[network]) + f"?delivery={delivery}{back if back.startswith('&') else ''}"
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    visit = _visit(request, public_network(network), str(delivery))
    if visit.buyer is None or visit.delivery is None or visit.delivery.pk != delivery:
        return _shop_page(
            request, visit, refusal=_("This delivery no longer takes orders. Choose another."), status=422
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
        return _shop_page(request, visit, errors=form.errors, wanted=form.wanted, refusal=form.refusal, status=422)
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
        .annotate(has_ordered=repeating.has_ordered(network))
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
    *,
    errors: dict[int, str] | None = None,
    wanted: dict[int, Decimal] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    if visit.delivery is None:
        return render(request, "orders/nothing.html", {"network": visit.network}, status=status)
    offers = shelf.offers_for(visit.delivery, visit.group)
    choice = request.GET.dict() if request.method == "GET" else {}
    categories = shelf.category_counts(offers)
    chosen = shelf.narrowed(offers, choice)
    if choice.get("favourites"):
        chosen = favourites.only_favourites(chosen, visit.buyer)
    page = Paginator(chosen, PER_PAGE).get_page(choice.get("page"))
    rows = shelf.rows_of(
        page.object_list,  # type: ignore[arg-type]
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=visit.buyer is not None,
        buyer=visit.buyer,
        errors=errors,
        wanted=wanted,
    )
    basket = shelf.basket_of(visit.order, visit.network, consumer=not visit.trade)
    basket["closes"] = dayhour(visit.delivery.delivery_day.closes_at)
    basket["error"] = refusal
    shown = {row.pk for row in rows}
    elsewhere = [line for line in basket["lines"] if line["line"].offer_id not in shown]
    return render(
        request,
        "orders/shop.html",
        {
            "network": visit.network,
            "visit": visit,
            "delivery": visit.delivery,
            "categories": categories,
            "sections": _sections(rows, categories),
            "rows": rows,
            "page": page,
            "choice": choice,
            "basket": basket,
            "other_count": len(elsewhere),
            "other_cents": sum(int(line["gross"] * 100) for line in elsewhere),
            "keep": "".join(
                f"&{name}={value}"
                for name, value in choice.items()
                if name in ("category", "organic", "favourites", "page")
            ),
        },
        status=status,
    )


def _sections(rows: list[shelf.Row], categories: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    sections = [
        {"value": value, "label": label, "rows": [row for row in rows if row.category == value]}
        for value, label, _number in categories
    ]
    return [section for section in sections if section["rows"]]
