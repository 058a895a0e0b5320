"""Vehicles of a network and of its farmers, and how each farm's goods leave the yard in a week."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import transport, vehicles, ways
from logistics.access import vehicle_for
from logistics.fleet_forms import NetworkVehicleForm, TransportForm, VehicleForm
from logistics.models import Vehicle
from network import clock, journal
from network.access import COORDINATOR, network_for
from network.models import Cycle, Network
from network.money import euros
from network.views.refusals import told
from producers.access import farm_for
from producers.models import Producer

EXAMPLE_KM, EXAMPLE_HOURS, EXAMPLE_STOPS = 60, 3, 8
"""A round like most, to show what stated rates come to."""
WEEKS = 6
"""Weeks ahead for which a farmer may choose."""


@login_required
def vehicles_page(request: HttpRequest, network: str) -> HttpResponse:
    """What drives for a network: its own, its farmers', and what is archived."""
    found = network_for(request.user, network, COORDINATOR)
    farms = Producer.objects.active().in_network(found)
    owned = Q(network=found) | Q(network=None, owner__in=farms.values("organisation"))
    known = Vehicle.objects.filter(owned).select_related("owner", "depot", "returns_to").order_by("name", "pk")
    rows = [_row(vehicle) for vehicle in known]
    return render(
        request,
        "logistics/vehicles.html",
        {
            "network": found,
            "groups": [
                (
                    _("Of the network"),
                    "network",
                    [row for row in rows if row["vehicle"].network_id and not row["archived"]],
                ),
                (
                    _("Of farmers"),
                    "farmers",
                    [row for row in rows if not row["vehicle"].network_id and not row["archived"]],
                ),
                (_("In the archive"), "archive", [row for row in rows if row["archived"]]),
            ],
            "any": bool(rows),
        },
    )


@login_required
def vehicle_new(request: HttpRequest, network: str) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    form = NetworkVehicleForm(found, request.POST or None, instance=Vehicle(network=found))
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("%(vehicle)s drives from now on.") % {"vehicle": form.instance})
        return redirect("logistics:vehicles", network=found.slug)
    return _vehicle_page(request, form, network=found)


@login_required
def own_vehicle_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A farmer's own vehicle: at her farm, with the rates she states."""
    farm = farm_for(request.user, slug)
    place = farm.organisation.place
    if place is None:
        messages.error(request, _("Your farm has no address yet, so nothing can start there. Tell your coordinator."))
        return redirect("logistics:transport", slug=slug)
    form = VehicleForm(request.POST or None, instance=Vehicle(owner=farm.organisation, depot=place))
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("%(vehicle)s is yours to drive.") % {"vehicle": form.instance})
        return redirect("logistics:transport", slug=slug)
    return _vehicle_page(request, form, farm=farm)


@login_required
def vehicle(request: HttpRequest, pk: int) -> HttpResponse:
    found, may_change = vehicle_for(request.user, pk)
    farm = None if found.network else Producer.objects.select_related("organisation").get(organisation=found.owner_id)
    form = None
    if may_change and not found.archived_at:
        given = request.POST or None
        form = (
            NetworkVehicleForm(found.network, given, instance=found)
            if found.network
            else VehicleForm(given, instance=found)
        )
        if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
            messages.success(request, _("Saved. Rounds that are planned already stay as they are."))
            return redirect("logistics:vehicle", pk=pk)
    return _vehicle_page(request, form, network=found.network, farm=farm, shown=found, may_change=may_change)


@login_required
@require_POST
def vehicle_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Archive a vehicle, or (`back`) bring it back."""
    found, may_change = vehicle_for(request.user, pk)
    if not may_change:
        raise PermissionDenied
    act = vehicles.bring_back if "back" in request.POST else vehicles.archive
    with told(request):
        act(vehicle=found, by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:vehicle", pk=pk)


def _vehicle_page(
    request: HttpRequest,
    form: VehicleForm | None,
    *,
    network: Network | None = None,
    farm: Producer | None = None,
    shown: Vehicle | None = None,
    may_change: bool = True,
) -> HttpResponse:
    context: dict[str, Any] = {
        "network": network,
        "farm": farm,
        "form": form,
        "vehicle": Vehicle.objects.select_related("owner", "depot", "returns_to").get(pk=shown.pk) if shown else None,
        "may_change": may_change,
        "most": vehicles.most_per_km(clock.today()),
    }
    if shown:
        context |= {"row": _row(context["vehicle"]), "history": journal.history_of(shown)[:8]}
    return render(request, "logistics/vehicle.html", context, status=422 if form and form.errors else 200)


def _row(vehicle: Vehicle) -> dict[str, Any]:
    """A vehicle with what its rates come to on a round like most."""
    return {
        "vehicle": vehicle,
        "archived": vehicle.archived_at is not None,
        "days": None
        if len(set(vehicle.weekdays)) == 7
        else [str(WEEKDAYS_ABBR[day]) for day in sorted(vehicle.weekdays)],
        "example": euros(
            vehicle.per_day
            + vehicle.per_km * EXAMPLE_KM
            + vehicle.per_hour * EXAMPLE_HOURS
            + vehicle.per_stop * EXAMPLE_STOPS
        ),
        "example_km": EXAMPLE_KM,
        "example_hours": EXAMPLE_HOURS,
        "example_stops": EXAMPLE_STOPS,
    }


@login_required
def transport_page(request: HttpRequest, slug: str, week_on: str = "") -> HttpResponse:
    """A farmer chooses for a week: bring, be collected, or drive with a vehicle of her own."""
    farm = farm_for(request.user, slug)
    monday = _monday(week_on) if week_on else _present_week(farm)
    travel = transport.travels([farm], monday)[farm.pk]
    form = TransportForm(farm, monday, travel, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Your choice is noted. The rounds are planned with it."))
        return redirect("logistics:transport_week", slug=slug, week_on=monday.isoformat())
    days = list(transport.days_of(farm, monday))
    this_week = clock.monday_of(clock.today())
    own = Vehicle.objects.filter(owner=farm.organisation_id, network=None).select_related("owner").order_by("pk")
    context = {
        "farm": farm,
        "week_on": monday,
        "ends_on": monday + timedelta(days=6),
        "days": days,
        "hubs": {day.network.pk: day.network for day in days}.values(),
        "is_open": transport.is_open(monday, days),
        "deadline": transport.deadline(days),
        "travel": travel,
        "looked": "what" in request.GET,
        "ways": ways.of_last_week(farm) if "what" in request.GET else None,
        "form": form,
        "rows": [_row(one) for one in own],
        "earlier": monday - timedelta(weeks=1),
        "later": monday + timedelta(weeks=1) if monday < this_week + timedelta(weeks=WEEKS) else None,
    }
    return render(request, "logistics/transport.html", context, status=422 if form.errors else 200)


def _present_week(farm: Producer) -> date:
    """The first week for which she may still choose."""
    monday = clock.monday_of(clock.today())
    return monday if transport.is_open(monday, transport.days_of(farm, monday)) else monday + timedelta(weeks=1)


@login_required
def choices(request: HttpRequest, network: str, week_on: str) -> HttpResponse:
    """What every farm of a network chose for a week. Nobody chooses in her name."""
    found = network_for(request.user, network, COORDINATOR)
    cycle = get_object_or_404(Cycle, network=found, week_on=_monday(week_on))
    farms = list(
        Producer.objects.active()
        .in_network(found)
        .select_related("organisation__place")
        .order_by("organisation__name", "pk")
    )
    travels = transport.travels(farms, cycle.week_on)
    known = Vehicle.objects.in_bulk({travel.vehicle for travel in travels.values() if travel.vehicle})
    rows = [(farm, travels[farm.pk], known.get(travels[farm.pk].vehicle or 0)) for farm in farms]
    kinds = [travel.transport for _farm, travel, _vehicle in rows]
    return render(
        request,
        "logistics/choices.html",
        {
            "network": found,
            "cycle": cycle,
            "rows": rows,
            "counts": [(label, kinds.count(kind)) for kind, label in Producer.Transport.choices],
            "chosen": sum(travel.chosen for travel in travels.values()),
        },
    )


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if day.weekday():
        raise Http404
    return day
