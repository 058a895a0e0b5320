"""Farms and products as everybody sees them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network.access import public_network
from producers import catalogue, desk, particulars
from producers.models import Offer, Producer, Product


def farms(request: HttpRequest, network: str) -> HttpResponse:
    found = public_network(network)
    entries = catalogue.farms_of(found)
    markers = [_hub(found)] + [
        {
            "lat": entry.place.lat,
            "lon": entry.place.lon,
            "kind": "farm",
            "number": entry.number,
            "label": str(entry.farm),
            "url": reverse("producers:farm", args=[found.slug, entry.farm.slug]),
        }
        for entry in entries
        if entry.place
    ]
    return render(request, "producers/farms.html", {"network": found, "entries": entries, "markers": markers})


def farm(request: HttpRequest, network: str, slug: str) -> HttpResponse:
    found = public_network(network)
    shown = get_object_or_404(
        Producer.objects.active().in_network(found).select_related("organisation__place"), slug=slug
    )
    offers = catalogue.household_offers(found, shown.products.active())
    products = sorted(shown.products.active(), key=desk.by_category_and_name)
    place = shown.organisation.place
    markers = [_hub(found)]
    if place:
        markers.append({"lat": place.lat, "lon": place.lon, "kind": "farm", "label": str(shown)})
    return render(
        request,
        "producers/farm.html",
        {
            "network": found,
            "farm": shown,
            "shelf": [_shelf_row(offers[product.pk], found.slug) for product in products if product.pk in offers],
            "rest": [(product, particulars.months_of(product)) for product in products if product.pk not in offers],
            "distance_km": catalogue.distance_km(found, shown),
            "markers": markers,
        },
    )


def product(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    """Everything the law wants said before purchase, where each euro goes, and the days on which it is sold."""
    found = public_network(network)
    shown = get_object_or_404(
        Product.objects.active()
        .filter(producer__in=Producer.objects.active().in_network(found))
        .select_related("producer__organisation__place"),
        pk=pk,
    )
    offers = list(catalogue.on_shelf(found).filter(supply__product=shown).order_by("delivery_day__on", "pk"))
    offer = offers[0] if offers else None
    return render(
        request,
        "producers/product.html",
        {
            "network": found,
            "product": shown,
            "farm": shown.producer,
            "offers": offers,
            "offer": offer,
            "size": particulars.size_of(shown),
            "measure_price": particulars.measure_price(offer.gross, shown) if offer else "",
            "parts": particulars.parts_of(offer) if offer else [],
            "months": particulars.months_of(shown),
            "allergens": particulars.allergens_of(shown),
        },
    )


def _hub(network: Any) -> dict[str, Any]:
    return {"lat": network.hub.lat, "lon": network.hub.lon, "kind": "hub", "label": _("Hub")}


def _shelf_row(offer: Offer, slug: str) -> dict[str, Any]:
    """An offer as templates/parts/product.html shows it, without a stepper."""
    product = offer.supply.product
    return {
        "pk": offer.pk,
        "name": str(product.name),
        "detail": particulars.size_of(product),
        "farm": date_format(offer.delivery_day.on, "l j F"),
        "gross": offer.gross,
        "unit_price": particulars.measure_price(offer.gross, product),
        "drawing": product.drawing,
        "category": product.category,
        "tinted": True,
        "url": reverse("producers:product", args=[slug, product.pk]),
        "left": offer.supply.available if offer.supply.available <= 8 * product.step else None,
        "sold_out": offer.supply.available < product.step,
        "quantity": 0,
    }
