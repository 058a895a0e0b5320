"""Standing tours on the coordinator's desk."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import tours
from logistics.access import round_for, tour_for
from logistics.fleet_forms import TourForm, TourNameForm, TourStopForm
from logistics.models import Tour
from network import journal
from network.access import COORDINATOR, network_for, require_role
from network.errors import Refused
from network.views.refusals import told


@login_required
def tours_page(request: HttpRequest, network: str) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    rows = [
        {"tour": tour, "weekday": WEEKDAYS[tour.weekday], "stops": list(tour.stops.all())}
        for tour in tours.with_stops(found)
    ]
    return render(request, "logistics/tours.html", {"network": found, "rows": rows})


@login_required
def tour_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a standing tour of a planned round."""
    round = round_for(request.user, pk)
    network = round.delivery_day.network
    require_role(request.user, network, COORDINATOR)
    form = TourNameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = tours.make(round=round, name=form.cleaned_data["name"], by=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("From now on this is a standing tour: the planner keeps its order and hours."))
            return redirect("logistics:tour", pk=made.pk)
    context = {
        "network": network,
        "round": round,
        "form": form,
        "stops": round.stops.select_related(
            "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation"
        ),
    }
    return render(request, "logistics/tour_new.html", context, status=422 if form.errors else 200)


@login_required
def tour(request: HttpRequest, pk: int) -> HttpResponse:
    found = tour_for(request.user, pk)
    return _tour_page(request, found, request.POST if request.method == "POST" else None)


@login_required
@require_POST
def tour_stops(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a stop `up` or `down`, `remove` it (its pk in each case), or add the one at `place`."""
    found = tour_for(request.user, pk)
    asked = next((name for name in ("up", "down", "remove") if name in request.POST), None)
    if asked is None:
        form = TourStopForm(found, request.POST)
        if not (form.is_valid() and form.save(by=request.user)):  # type: ignore[arg-type]
            return _tour_page(request, found, None, form)
        return redirect("logistics:tour", pk=pk)
    wanted = request.POST[asked]
    stop = get_object_or_404(found.stops.select_related("tour"), pk=wanted if wanted.isdecimal() else 0)
    with told(request):
        if asked == "remove":
            tours.remove(stop=stop, by=request.user)  # type: ignore[arg-type]
        else:
            tours.move(stop=stop, up=asked == "up", by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:tour", pk=pk)


@login_required
@require_POST
def tour_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the planner keep the tour (`kept`), or let it go."""
    found = tour_for(request.user, pk)
    with told(request):
        tours.keep(tour=found, kept="kept" in request.POST, by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:tour", pk=pk)


@login_required
@require_POST
def tour_delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = tour_for(request.user, pk)
    tours.delete(tour=found, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("%(tour)s is deleted. The rounds that were driven stay.") % {"tour": found.name})
    return redirect("logistics:tours", network=found.network.slug)


def _tour_page(
    request: HttpRequest, tour: Tour, given: Any = None, stop_form: TourStopForm | None = None
) -> HttpResponse:
    tour = tours.with_stops(tour.network).get(pk=tour.pk)
    stops = list(tour.stops.all())
    form = TourForm(tour, stops, given)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Saved. The next plan keeps it so."))
        return redirect("logistics:tour", pk=tour.pk)
    markers: list[dict[str, Any]] = [
        {"lat": tour.network.hub.lat, "lon": tour.network.hub.lon, "kind": "hub", "label": tour.network.name}
    ]
    for number, stop in enumerate(stops, 1):
        where = tours.where(stop)
        place = where.place if stop.pickup_point_id else where.organisation.place  # type: ignore[union-attr]
        if place:
            markers.append({"lat": place.lat, "lon": place.lon, "kind": "stop", "number": number, "label": str(where)})
    points = [(marker["lat"], marker["lon"]) for marker in (*markers, markers[0])]
    context = {
        "network": tour.network,
        "tour": tour,
        "weekday": WEEKDAYS[tour.weekday],
        "form": form,
        "stop_form": stop_form or TourStopForm(tour),
        "markers": markers,
        "lines": [{"points": points, "number": 1}],
        "history": journal.history_of(tour)[:8],
    }
    wrong = form.errors or (stop_form and stop_form.errors)
    return render(request, "logistics/tour.html", context, status=422 if wrong else 200)
