"""Farms and products as everybody sees them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from network.access import public_network
from producers import catalogue


def farms(request: HttpRequest, network: str) -> HttpResponse:
    found = public_network(network)
    entries = catalogue.farms_of(found)
    markers = [catalogue.hub_marker(found)] + [
        {
            "lat": entry.place.lat,
            "lon": entry.place.lon,
            "kind": "farm",
            "number": entry.number,
            "label": str(entry.farm),
            "url": reverse("orders:farm", args=[found.slug, entry.farm.slug]),
        }
        for entry in entries
        if entry.place
    ]
    return render(request, "producers/farms.html", {"network": found, "entries": entries, "markers": markers})
