"""The shop of a network: this week's offers, the basket beside them, and the choice of point and day."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import clock
from network.access import public_network
from network.models import Delivery, Network, Organisation, Person, PriceGroup
from network.templatetags.kouter import dayhour
from network.views.refusals import told
from orders import basket, favourites, repeating, shelf
from orders.basket import price_group_of
from orders.forms import BasketForm, number_of
from orders.models import Order, OrderLine
from orders.views.orders import PLACE
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
    seen: datetime

    @property
    def lines(self) -> dict[int, OrderLine]:
        return {line.offer_id: line for line in self.order.lines.all()} if self.order else {}

    @property
    def trade(self) -> bool:
        return self.group.audience == PriceGroup.Audience.TRADE


def shop(request: HttpRequest, network: str) -> HttpResponse:
    visit = _visit(request, public_network(network), request.GET.get("delivery"))
    if visit.order:
        basket.keep(visit.order)
    return _shop_page(request, visit)


@require_POST
def fill(request: HttpRequest, network: str, delivery: int) -> HttpResponse:
    """
    Take over what the shop page says, for the buyer it was made for. To a script (HX-Request) the answer is the basket,
    and beside which product something is wrong; 401 asks to sign in, 409 says why nothing will go in. Else back to the
    page.
    """
    alone = request.htmx  # type: ignore[attr-defined]
    found = public_network(network)
    back = request.POST.get("back", "")[:500]
    page = _shop_url(network, delivery, back if back.startswith("&") else "")
    if not request.user.is_authenticated:
        return HttpResponse(status=401) if alone else redirect_to_login(page)
    assert isinstance(request.user, Person)
    visit = _visit(request, found, str(delivery), buyer=request.POST.get("buyer"))
    if visit.buyer is None or visit.delivery is None or visit.delivery.pk != delivery:
        refusal = _("This delivery no longer takes orders. Choose another.")
        if visit.buyer is None and request.POST.get("buyer"):
            refusal = _("You cannot order here for this household. Load the page again.")
        if alone:
            return HttpResponse(refusal, status=409, content_type="text/plain; charset=utf-8")
        return _shop_page(request, visit, refusal=refusal, status=422)
    named = [one for name in ("plus", "minus") if (one := number_of(request.POST.get(name, ""))) is not None]
    steps = dict(Offer.objects.filter(pk__in=named).values_list("pk", "supply__product__step")) if named else {}
    form = BasketForm(request.POST.dict(), steps=steps)
    order = form.save(buyer=visit.buyer, delivery=visit.delivery, by=request.user)
    refused = bool(form.refusal or form.errors)
    if not alone and not refused:
        if request.session.get("buyer") != visit.buyer.pk:
            request.session["buyer"] = visit.buyer.pk
        if form.back is not None:
            messages.info(request, _put_back(form.back))
        return redirect(page)
    visit = replace(visit, order=_orders_of(visit.buyer).filter(delivery=delivery).first())
    wanted = {pk: form.wanted[pk] for pk in form.errors if pk in form.wanted}
    if not alone:
        return _shop_page(request, visit, errors=form.errors, wanted=wanted, refusal=form.refusal, status=422)
    shown = _basket(visit, error=form.refusal or _named(form.errors))
    if form.back is not None:
        shown["back"] = _put_back(form.back)
    context = {"basket": shown, "wrong": _wrong(visit, form.errors, wanted)}
    return render(request, "parts/basket.html", context, status=422 if refused or order is None else 200)


@login_required
@require_POST
def refill(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what lapsed in a basket, or leave it; then on where she was: the shop or the summary."""
    order = get_object_or_404(Order.objects.editable_by(request.user).select_related(*PLACE), pk=pk)
    assert isinstance(request.user, Person)
    with told(request):
        if "leave" in request.POST:
            basket.leave(order=order)
        else:
            _order, missed = basket.refill(order=order, by=request.user)
            messages.info(request, _put_back(missed))
    if "summary" in request.POST:
        return redirect("orders:confirm", order.pk)
    return redirect(_shop_url(order.delivery.delivery_day.network.slug, order.delivery_id))


def _shop_url(network: str, delivery: int, choice: str = "") -> str:
    return f"{reverse('orders:shop', args=[network])}?delivery={delivery}{choice}"


def _put_back(missed: dict[int, str]) -> str:
    """What happened to a basket that had lapsed."""
    if not missed:
        return _("Your basket had been let go after an hour. Everything is back in it.")
    return _("Your basket had been let go after an hour. It is back in, except: %(missed)s") % {
        "missed": _named(missed)
    }


def _named(errors: dict[int, str]) -> str:
    """Each refusal with the name of what it is about."""
    offers = Offer.objects.filter(pk__in=errors).select_related("supply__product").in_bulk()
    return " ".join(
        f"{offers[pk].supply.product}: {message}" if pk in offers else message for pk, message in errors.items()
    )


def _wrong(visit: Visit, errors: dict[int, str], wanted: dict[int, Decimal]) -> list[shelf.Row]:
    """The rows beside which something is said, with what there is instead."""
    if not errors:
        return []
    assert visit.delivery
    categories = Offer.objects.filter(pk__in=errors).values("supply__product__category")
    rows = shelf.rows_of(
        shelf.offers_for(visit.delivery, visit.group).filter(supply__product__category__in=categories),
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=True,
        errors=errors,
        wanted=wanted,
    )
    return [row for row in rows if row.error]


def _basket(visit: Visit, error: str = "") -> dict[str, Any]:
    """What parts/basket.html and parts/bar.html show."""
    assert visit.delivery
    return shelf.basket_of(visit.order, visit.network, consumer=not visit.trade, fee=visit.delivery.fee) | {
        "closes": dayhour(visit.delivery.delivery_day.closes_at),
        "error": error,
        "seen": int(visit.seen.timestamp() * 1000),
        "lapsed_at": visit.order.lapsed_at if visit.order else None,  # type: ignore[attr-defined]
    }


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


def _orders_of(buyer: Organisation) -> QuerySet[Order]:
    return (
        Order.objects.filter(buyer=buyer)
        .exclude(status=Order.Status.CANCELLED)
        .with_lapsed_at()
        .prefetch_related("lines")
    )


def _visit(request: HttpRequest, network: Network, wanted: str | None, *, buyer: str | None = None) -> Visit:
    """`buyer`: the one a page was made for, whom another tab may have switched away from; None of others than her own."""
    seen = clock.now()
    buyers = list(_buyers(request, network)) if request.user.is_authenticated else []
    if buyer:
        chosen = next((one for one in buyers if str(one.pk) == buyer), None)
    else:
        chosen = next((one for one in buyers if one.pk == request.session.get("buyer")), buyers[0] if buyers else None)
    deliveries = (
        _choices(network, chosen)
        .select_related("delivery_day__cycle__network", "pickup_point", "outlet__organisation", "place")
        .order_by("starts_at", "pk")
    )
    order = None
    pk = number_of(wanted or "")
    delivery = deliveries.filter(pk=pk).first() if pk is not None else None
    if chosen:
        mine = _orders_of(chosen)
        if delivery is None:
            filled = Exists(OrderLine.objects.filter(order=OuterRef("pk")))
            order = mine.filter(delivery__in=_choices(network, chosen)).order_by(filled.desc(), "-created_at").first()
            delivery = deliveries.filter(pk=order.delivery_id).first() if order else _usual(deliveries, chosen, network)
        else:
            order = mine.filter(delivery=delivery).first()
    if delivery is None:
        delivery = deliveries.first()
    group = price_group_of(chosen, network) if chosen else PriceGroup.objects.get(network=network, audience="household")
    return Visit(network, chosen, buyers, delivery, order, group, seen)


def _choices(network: Network, buyer: Organisation | None) -> Any:
    """Deliveries still to be ordered for: the buyer's own door, and the pickup points."""
    found = Delivery.objects.on_sale().filter(delivery_day__cycle__network=network)
    return found.for_buyer(buyer) if buyer else found.at_points()


def _usual(deliveries: Any, buyer: Organisation, network: Network) -> Delivery | None:
    """The own door of an outlet, else the point of this network where this buyer collected last."""
    door = deliveries.filter(outlet__organisation=buyer).first()
    if door:
        return door
    last = (
        Order.objects.confirmed()
        .filter(buyer=buyer, delivery__pickup_point__network=network)
        .order_by("-created_at")
        .values("delivery__pickup_point")[:1]
    )
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
        return render(request, "orders/nothing.html", {"network": visit.network, "refusal": refusal}, status=status)
    offers = shelf.offers_for(visit.delivery, visit.group)
    said = request.GET if request.method == "GET" else QueryDict(request.POST.get("back", "")[:500])
    choice = said.dict()
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
    return render(
        request,
        "orders/shop.html",
        {
            "network": visit.network,
            "visit": visit,
            "delivery": visit.delivery,
            "change_url": f"{reverse('orders:deliveries', args=[visit.network.slug])}?delivery={visit.delivery.pk}",
            "categories": categories,
            "sections": _sections(rows, categories),
            "rows": rows,
            "page": page,
            "choice": choice,
            "basket": _basket(visit),
            "refusal": refusal,
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
