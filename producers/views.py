"""Farms as everybody sees them, and the desk of the farmer herself."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from network import clock
from network.access import public_network
from network.errors import Refused
from network.models import Network, Person
from network.models.places import km_between
from producers import catalogue
from producers.forms import SupplyForm
from producers.models import ALLERGENS, Offer, Producer, Product, Supply

WEEKS_AHEAD = 2


def farms(request: HttpRequest, network: str) -> HttpResponse:
    found = public_network(network)
    rows = list(
        Producer.objects.active()
        .in_network(found)
        .select_related("organisation__place")
        .annotate(number_of_products=Count("products", Q(products__archived_at=None), distinct=True))
        .order_by("organisation__name")
    )
    markers = [{"lat": found.hub.lat, "lon": found.hub.lon, "kind": "hub", "label": _("Hub")}]
    for number, farm in enumerate(rows, 1):
        place = farm.organisation.place
        farm.number = number  # type: ignore[attr-defined]
        farm.km = km_between(found.hub.point, place.point) if place else None  # type: ignore[attr-defined]
        if place:
            markers.append(
                {
                    "lat": place.lat,
                    "lon": place.lon,
                    "kind": "farm",
                    "number": number,
                    "label": str(farm),
                    "url": reverse("producers:farm", args=[found.slug, farm.slug]),
                }
            )
    return render(request, "producers/farms.html", {"network": found, "farms": rows, "markers": markers})


def farm(request: HttpRequest, network: str, slug: str) -> HttpResponse:
    found = public_network(network)
    producer = get_object_or_404(
        Producer.objects.active().in_network(found).select_related("organisation__place"), slug=slug
    )
    products = producer.products.active().order_by("category", "name__nl")
    month = clock.today().month
    place = producer.organisation.place
    return render(
        request,
        "producers/farm.html",
        {
            "network": found,
            "farm": producer,
            "products": [(product, month in product.season) for product in products],
            "markers": [
                {"lat": found.hub.lat, "lon": found.hub.lon, "kind": "hub", "label": _("Hub")},
                *([{"lat": place.lat, "lon": place.lon, "kind": "farm", "label": str(producer)}] if place else []),
            ],
        },
    )


def product(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    """Everything the law wants said before purchase, and what is for sale now."""
    found = public_network(network)
    shown = get_object_or_404(
        Product.objects.active()
        .filter(producer__in=Producer.objects.active().in_network(found))
        .select_related("producer__organisation__place"),
        pk=pk,
    )
    offers = (
        Offer.objects.on_sale()
        .filter(supply__product=shown, delivery_day__cycle__network=found, price_group__audience="household")
        .select_related("delivery_day", "supply")
        .order_by("delivery_day__on")
    )
    months = [(date(2000, month, 1), month in shown.season) for month in range(1, 13)]
    return render(
        request,
        "producers/product.html",
        {"network": found, "product": shown, "offers": offers, "months": months, "farm": shown.producer}
        | {"allergens": ", ".join(str(ALLERGENS.get(name, name)) for name in shown.allergens)},
    )


@dataclass(frozen=True)
class DeskRow:
    """A product on the farmer's desk: her form, and what became of what she announced."""

    product: Product
    supply: Supply | None
    form: SupplyForm
    prices: list[Offer]
    state: str = ""

    @property
    def left(self) -> Decimal:
        return self.supply.available if self.supply else Decimal(0)

    @property
    def expected(self) -> Decimal:
        return self.supply.reserved * self.supply.price if self.supply else Decimal(0)


@login_required
def desk(request: HttpRequest, slug: str, week_on: str = "") -> HttpResponse:
    """This week's supply and price per product: three fields per row, saved each on its own."""
    producer = _own_farm(request, slug)
    weeks = _weeks()
    week = _week(week_on) if week_on else _present_week(producer, weeks)
    rows = _rows(producer, week)
    return render(
        request,
        "producers/desk.html",
        {
            "farm": producer,
            "network": _home(producer),
            "week": week,
            "weeks": weeks,
            "rows": rows,
            "expected": sum((row.expected for row in rows), Decimal(0)),
            "announced": sum(1 for row in rows if row.supply),
        },
    )


@login_required
@require_POST
def announce(request: HttpRequest, slug: str, week_on: str, pk: int) -> HttpResponse:
    producer = _own_farm(request, slug)
    week = _week(week_on)
    chosen = get_object_or_404(producer.products.active(), pk=pk)
    form = SupplyForm(chosen, week, request.POST.dict(), supply=None, listed=True)
    assert isinstance(request.user, Person)
    saved = form.is_valid() and form.save(request.user)
    if not request.htmx:  # type: ignore[attr-defined]
        if saved:
            messages.success(request, _("Saved: %(product)s.") % {"product": chosen})
            return redirect(reverse("producers:week", args=[slug, week_on]) + f"#p{pk}")
        rows = [row if row.product != chosen else _with_form(row, form) for row in _rows(producer, week)]
        context = {"farm": producer, "network": _home(producer), "week": week, "weeks": _weeks(), "rows": rows}
        context["expected"] = sum((row.expected for row in rows), Decimal(0))
        return render(request, "producers/desk.html", context, status=422)
    row = next(row for row in _rows(producer, week, only=pk))
    row = _with_form(row, form, state="failed") if not saved else DeskRow(row.product, row.supply, row.form, row.prices, "saved")
    return render(
        request, "producers/_desk_row.html", {"row": row, "farm": producer, "week": week}, status=200 if saved else 422
    )


def _with_form(row: DeskRow, form: SupplyForm, state: str = "failed") -> DeskRow:
    return DeskRow(row.product, row.supply, form, row.prices, state)


@login_required
@require_POST
def repeat(request: HttpRequest, slug: str, week_on: str) -> HttpResponse:
    producer = _own_farm(request, slug)
    week = _week(week_on)
    assert isinstance(request.user, Person)
    try:
        count = catalogue.repeat_last_week(producer=producer, week_on=week, by=request.user)
        messages.success(
            request,
            ngettext("%(count)s product announced as last week.", "%(count)s products announced as last week.", count)
            % {"count": count},
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("producers:week", slug, week_on)


@login_required
def supply(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of one supply: movements and price changes, for the farm and its coordinators."""
    found = get_object_or_404(
        Supply.objects.select_related("product__producer__organisation").filter(
            Q(product__producer__organisation__roles__person=request.user.pk)
            | Q(
                product__producer__organisation__memberships__network__in=Network.objects.with_role(
                    request.user, "coordinator"
                )
            )
        ).distinct(),
        pk=pk,
    )
    return render(
        request,
        "producers/supply.html",
        {
            "supply": found,
            "farm": found.product.producer,
            "movements": found.movements.select_related("by").order_by("-at", "-pk"),
            "changes": found.price_changes.select_related("by").order_by("-at", "-pk"),
            "offers": found.offers.select_related("delivery_day__cycle__network", "price_group").order_by("delivery_day__on", "pk"),
        },
    )


def _own_farm(request: HttpRequest, slug: str) -> Producer:
    return get_object_or_404(Producer.objects.run_by(request.user).active().select_related("organisation"), slug=slug)


def _home(producer: Producer) -> Network | None:
    membership = producer.organisation.memberships.current().filter(college="producers").select_related("network")
    first = membership.order_by("pk").first()
    return first.network if first else None


def _weeks() -> list[date]:
    monday = clock.monday_of(clock.today())
    return [monday + timedelta(weeks=week) for week in range(WEEKS_AHEAD + 1)]


def _week(text: str) -> date:
    try:
        week = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if week.weekday():
        raise Http404
    return week


def _present_week(producer: Producer, weeks: list[date]) -> date:
    """The first week in which something can still be ordered from her, else this one."""
    selling = (
        Offer.objects.on_sale()
        .filter(supply__product__producer=producer, supply__week_on__in=weeks)
        .order_by("supply__week_on")
        .values_list("supply__week_on", flat=True)
    )
    return selling.first() or weeks[0]


def _rows(producer: Producer, week: date, *, only: int | None = None) -> list[DeskRow]:
    """Every product of the farm with this week's supply and what customers pay for it, in three queries."""
    products = producer.products.active().order_by("category", "name__nl", "pk")
    if only:
        products = products.filter(pk=only)
    supplies = {supply.product_id: supply for supply in Supply.objects.filter(product__in=products, week_on=week)}
    offers: dict[int, list[Offer]] = defaultdict(list)
    shown: dict[int, set[Any]] = defaultdict(set)
    listed: dict[int, bool] = {}
    for offer in (
        Offer.objects.filter(supply__in=supplies.values())
        .select_related("price_group__network", "supply")
        .order_by("price_group__network", "price_group", "pk")
    ):
        key = offer.supply.product_id
        listed[key] = listed.get(key, False) or offer.listed
        if (offer.price_group_id, offer.gross) not in shown[key]:
            shown[key].add((offer.price_group_id, offer.gross))
            offers[key].append(offer)
    rows = []
    for product in products:
        supply = supplies.get(product.pk)
        form = SupplyForm(product, week, supply=supply, listed=listed.get(product.pk, True))
        rows.append(DeskRow(product, supply, form, offers[product.pk]))
    return rows
