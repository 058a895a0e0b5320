"""Where and when: pickup points in a list and on a map, the own door, and taking a basket there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import homes
from network.access import public_network
from network.models import Delivery, Organisation, Person, Place
from network.models.places import km_between
from network.templatetags.kouter import amount, euro, weekday
from network.views.refusals import told
from orders import moving, room
from orders.forms import HomeForm
from orders.models import Order
from orders.moving import Moved
from orders.views.visiting import Visit, choices, visit_of

NAMED = 4
"""Products that are named when they do not come along; the rest are counted."""


@dataclass
class Slot:
    """A moment at a place: how much room there is, and what of the basket is not offered then."""

    delivery: Delivery
    state: str
    words: list[str]
    chosen: bool
    lost: str = ""


@dataclass
class Spot:
    """A pickup point, or the own door of an outlet, with what may be chosen there. `km` from home, when that is known."""

    name: str
    place: Place
    kind: str
    km: float | None
    number: int = 0
    slots: list[Slot] = field(default_factory=list)


def deliveries(request: HttpRequest, network: str) -> HttpResponse:
    """Where and when, nearest to home first; whoever has a basket takes it there with one tap."""
    visit = visit_of(request, public_network(network), request.GET.get("delivery"))
    order = visit.order if visit.lines and visit.buyer else None
    found = list(
        choices(visit.network, visit.buyer)
        .filter(home=None)
        .select_related("delivery_day", "pickup_point", "outlet__organisation", "place")
        .prefetch_related("capacities")
        .order_by("starts_at", "pk")
    )
    spots = _spots(found, visit, order)
    terms = None if visit.trade else homes.terms_of(visit.network)
    return render(
        request,
        "orders/deliveries.html",
        {
            "network": visit.network,
            "visit": visit,
            "order": order,
            "spots": spots,
            "markers": _markers(spots, visit.buyer),
            "terms": terms,
            "home_days": homes.days_of(terms) if terms else [],
            "home_chosen": visit.delivery if visit.delivery and visit.delivery.home_id else None,
            "next": "confirm" if request.GET.get("next") == "confirm" else "",
        },
    )


def _spots(found: Sequence[Delivery], visit: Visit, order: Order | None) -> list[Spot]:
    home = visit.buyer.place.point if visit.buyer and visit.buyer.place and not visit.trade else None
    needs = room.needs_of(order.lines.all()) if order else {}
    missed = moving.elsewhere(order, {one.delivery_day_id for one in found}) if order else {}
    spots: dict[tuple[int | None, int | None], Spot] = {}
    for one in found:
        key = one.pickup_point_id, one.outlet_id
        if key not in spots:
            km = km_between(home, one.place.point) if home else None
            spots[key] = Spot(str(one.destination), one.place, "point" if one.pickup_point_id else "outlet", km)
        state, words = room.said(one, {} if one == visit.delivery else needs)
        lost = _named(missed.get(one.delivery_day_id, []))
        spots[key].slots.append(Slot(one, state, words, one == visit.delivery, lost))
    ordered = sorted(spots.values(), key=lambda spot: (spot.kind != "outlet", spot.km or 0.0))
    for number, spot in enumerate(ordered, 1):
        spot.number = number
    return ordered


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return _("%(names)s and %(count)s more") % {"names": shown, "count": more} if more > 0 else shown


def _markers(spots: Sequence[Spot], buyer: Organisation | None) -> list[dict[str, Any]]:
    markers = [
        {
            "lat": spot.place.lat,
            "lon": spot.place.lon,
            "kind": spot.kind,
            "number": spot.number,
            "label": spot.name,
            "url": f"#spot{spot.number}",
        }
        for spot in spots
    ]
    if buyer and buyer.place and buyer.kind == Organisation.Kind.HOUSEHOLD:
        markers.append(
            {"lat": buyer.place.lat, "lon": buyer.place.lon, "kind": "hub", "label": _("Your home"), "url": ""}
        )
    return markers


@login_required
def home(request: HttpRequest, network: str) -> HttpResponse:
    """Have the basket brought to the door: the address, the day, the price."""
    visit = visit_of(request, public_network(network), None)
    terms = homes.terms_of(visit.network)
    if terms is None or visit.buyer is None or visit.buyer.kind != Organisation.Kind.HOUSEHOLD:
        raise Http404
    assert isinstance(request.user, Person)
    order = visit.order if visit.lines else None
    day = order.delivery.delivery_day_id if order else None
    days = homes.days_of(terms)
    form = HomeForm(
        request.POST.dict() if request.method == "POST" else None,
        household=visit.buyer,
        terms=terms,
        days=days,
        day=day if day in {one.pk for one in days} else None,
    )
    if form.is_valid() and (chosen := form.choose()):
        if order is None:
            return redirect(_shop_at(chosen))
        with told(request):
            moved = moving.move_basket(order=order, to=chosen, by=request.user)
            _tell(request, moved, chosen)
            return _onwards(request, moved)
    return render(
        request,
        "orders/home.html",
        {"network": visit.network, "form": form, "terms": terms, "days": days, "order": order},
        status=422 if form.errors else 200,
    )


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a basket to another point or day. What is brought home is asked for on its own page, with its price."""
    order = get_object_or_404(
        Order.objects.filter(buyer__in=Organisation.objects.of(request.user)).select_related(
            "buyer", "delivery__delivery_day__cycle"
        ),
        pk=pk,
    )
    assert isinstance(request.user, Person)
    to = get_object_or_404(
        Delivery.objects.for_buyer(order.buyer).filter(
            home=None, delivery_day__cycle__network=order.delivery.delivery_day.cycle.network_id
        ),
        pk=request.POST.get("to") if request.POST.get("to", "").isdecimal() else 0,
    )
    with told(request):
        moved = moving.move_basket(order=order, to=to, by=request.user)
        _tell(request, moved, to)
        return _onwards(request, moved)
    return redirect(_shop_at(order.delivery))


def _shop_at(delivery: Delivery) -> str:
    return f"{reverse('orders:shop', args=[delivery.delivery_day.network.slug])}?delivery={delivery.pk}"


def _onwards(request: HttpRequest, moved: Moved) -> HttpResponse:
    """Back to the summary it came from, to the order when it stays binding, else to the shop."""
    if request.POST.get("next") == "confirm":
        return redirect("orders:confirm", moved.order.pk)
    if moved.order.status == Order.Status.CONFIRMED and not moved.kept:
        return redirect("orders:detail", moved.order.pk)
    return redirect(_shop_at(moved.order.delivery))


def _tell(request: HttpRequest, moved: Moved, to: Delivery) -> None:
    where = {"place": to.where, "day": weekday(to.delivery_day.on)}
    messages.success(request, _("Your basket is now for %(day)s: %(place)s.") % where)
    if moved.kept:
        messages.info(request, _("What you had confirmed for the other day stays ordered, until you cancel it."))
    if moved.left:
        messages.warning(request, _("Not for sale that day, and left out: %(names)s.") % {"names": _named(moved.left)})
    for name, before, after in moved.fewer:
        words = {"name": name, "after": amount(after), "before": amount(before)}
        messages.warning(request, _("%(name)s: only %(after)s of %(before)s are left that day.") % words)
    for name, before, after in moved.prices:
        words = {"name": name, "before": euro(before), "after": euro(after)}
        messages.info(request, _("%(name)s costs %(after)s that day, and not %(before)s.") % words)
