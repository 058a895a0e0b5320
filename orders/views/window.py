"""A farm and a product as everybody sees them: told, explained, and to be ordered right there."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from network.access import public_network
from network.models import Delivery, Network
from orders import finding, shelf
from orders.views.visiting import Visit, basket_of, choices, shop_url, visit_of
from producers import catalogue, desk, particulars
from producers.models import Offer, Producer, Product


def product(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    """Everything the law wants said before purchase, where each euro goes, a stepper, and the days on which it is sold."""
    found = public_network(network)
    shown = get_object_or_404(
        Product.objects.active()
        .filter(producer__in=Producer.objects.active().in_network(found))
        .select_related("producer__organisation__place"),
        pk=pk,
    )
    visit = visit_of(request, found, request.GET.get("delivery"))
    offers = list(_on_sale(visit).filter(supply__product=shown).order_by("delivery_day__on", "pk"))
    today = next(
        (one for one in offers if visit.delivery and one.delivery_day_id == visit.delivery.delivery_day_id), None
    )
    offer = today or (offers[0] if offers else None)
    row = _rows(visit, Offer.objects.filter(pk=today.pk))[0] if today else None
    gone = row is None or (row.sold_out and not row.quantity)
    alternatives = _alternatives(visit, shown) if gone else []
    return render(
        request,
        "orders/product.html",
        _around(visit)
        | {
            "product": shown,
            "farm": shown.producer,
            "offer": offer,
            "row": row,
            "days": _days(visit, offers, today),
            "alternatives": alternatives,
            "size": particulars.size_of(shown),
            "measure_price": particulars.measure_price(offer.gross, shown) if offer else "",
            "parts": _parts(offer) if offer else [],
            "months": particulars.months_of(shown),
            "allergens": particulars.allergens_of(shown),
        },
    )


def farm(request: HttpRequest, network: str, slug: str) -> HttpResponse:
    """Who farms there and where, what can be ordered now and what comes later, and where else one can buy."""
    found = public_network(network)
    shown = get_object_or_404(
        Producer.objects.active().in_network(found).select_related("organisation__place", "organisation__outlet"),
        slug=slug,
    )
    visit = visit_of(request, found, request.GET.get("delivery"))
    products = sorted(shown.products.active(), key=desk.by_category_and_name)
    offers = shelf.offers_for(visit.delivery, visit.group) if visit.delivery else Offer.objects.none()
    rows = _rows(visit, offers.filter(supply__product__producer=shown))
    here = {row.url for row in rows}
    on_sale = _on_sale(visit).filter(supply__product__producer=shown).order_by("-delivery_day__on")
    days = dict(on_sale.values_list("supply__product", "delivery_day__on"))
    rest = [
        (product, url, days.get(product.pk), particulars.months_of(product))
        for product in products
        if (url := reverse("orders:product", args=[found.slug, product.pk])) not in here
    ]
    place = shown.organisation.place
    markers = [catalogue.hub_marker(found)]
    if place:
        markers.append({"lat": place.lat, "lon": place.lon, "kind": "farm", "label": str(shown)})
    return render(
        request,
        "orders/farm.html",
        _around(visit)
        | {
            "farm": shown,
            "section": {"label": _("For sale now"), "rows": rows},
            "other_days": [one for one in rest if one[2]],
            "rest": [one for one in rest if not one[2]],
            "distance_km": catalogue.distance_km(found, shown),
            "markers": markers,
            "elsewhere": list(Network.objects.active().selling_from(shown.organisation).exclude(pk=found.pk)),
            "own_shop": getattr(shown.organisation, "outlet", None),
        },
    )


def _around(visit: Visit) -> dict[str, Any]:
    """For whom and when, and the basket beside the rows of this page."""
    context = {"network": visit.network, "visit": visit, "delivery": visit.delivery}
    if visit.delivery is None:
        return context
    return context | {"basket": basket_of(visit), "shop_url": shop_url(visit.network.slug, visit.delivery.pk)}


def _rows(visit: Visit, offers: Any) -> list[shelf.Row]:
    if visit.delivery is None:
        return []
    rows = shelf.rows_of(
        offers,
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=visit.buyer is not None,
        buyer=visit.buyer,
    )
    return [replace(row, tinted=True) for row in rows]


def _on_sale(visit: Visit) -> Any:
    return (
        Offer.objects.on_sale()
        .filter(delivery_day__cycle__network=visit.network, price_group=visit.group)
        .select_related("supply__product", "supply__pool", "delivery_day")
    )


def _days(visit: Visit, offers: list[Offer], today: Offer | None) -> list[tuple[Offer, Delivery]]:
    """The other days on which it is sold, each with a delivery: at the point of this visit, else the first there is."""
    others = [offer for offer in offers if offer is not today]
    if not others:
        return []
    point = visit.delivery.pickup_point_id if visit.delivery else None
    deliveries: dict[int, Delivery] = {}
    for delivery in (
        choices(visit.network, visit.buyer)
        .filter(delivery_day__in=[offer.delivery_day_id for offer in others])
        .select_related("pickup_point", "outlet__organisation")
        .order_by("starts_at", "pk")
    ):
        known = deliveries.setdefault(delivery.delivery_day_id, delivery)
        if point and delivery.pickup_point_id == point and known.pickup_point_id != point:
            deliveries[delivery.delivery_day_id] = delivery
    return [(offer, deliveries[offer.delivery_day_id]) for offer in others if offer.delivery_day_id in deliveries]


def _alternatives(visit: Visit, product: Product) -> list[shelf.Row]:
    if visit.delivery is None:
        return []
    return _rows(visit, finding.alternatives(finding.Shop(visit.delivery, visit.group), product)[:3])


def _parts(offer: Offer) -> list[dict[str, Any]]:
    return [
        {"label": _("The farmer"), "value": offer.price, "kind": "farm"},
        {"label": _("Transport"), "value": offer.tariff, "kind": "transport"},
        {"label": _("The network"), "value": offer.contribution, "kind": "network"},
        {"label": _("VAT"), "value": offer.gross - offer.net, "kind": "vat"},
    ]
