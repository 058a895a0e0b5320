"""The public front: what Kouter is, and each network's week at a glance."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from network.access import public_network
from network.models import Delivery, DeliveryDay, Network, PickupPoint


def home(request: HttpRequest) -> HttpResponse:
    networks = (
        Network.objects.active()
        .select_related("hub")
        .annotate(
            farms=Count("memberships", Q(memberships__college="producers", memberships__left_on=None), distinct=True),
            points=Count("pickup_points", Q(pickup_points__archived_at=None), distinct=True),
        )
        .order_by("name")
    )
    return render(request, "network/home.html", {"networks": networks})


def front(request: HttpRequest, network: str) -> HttpResponse:
    found = public_network(network)
    days = DeliveryDay.objects.on_sale().filter(cycle__network=found).order_by("closes_at")
    next_delivery: dict[int | None, Delivery] = {}
    for delivery in (
        Delivery.objects.on_sale()
        .filter(delivery_day__cycle__network=found, outlet=None)
        .select_related("delivery_day", "pickup_point")
        .order_by("-starts_at")
    ):
        next_delivery[delivery.pickup_point_id] = delivery
    points = PickupPoint.objects.active().filter(network=found).select_related("place").order_by("code")
    rows = [(point, next_delivery.get(point.pk)) for point in points]
    return render(
        request,
        "network/front.html",
        {
            "network": found,
            "days": days,
            "rows": rows,
            "markers": [
                {"lat": found.hub.lat, "lon": found.hub.lon, "kind": "hub", "label": found.name},
                *(
                    {"lat": p.place.lat, "lon": p.place.lon, "kind": "point", "number": i, "label": str(p)}
                    for i, (p, _) in enumerate(rows, 1)
                ),
            ],
        },
    )


def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html")
