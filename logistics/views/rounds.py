"""Rounds on the road: the driver's list, a round, a stop with its crates."""

import json
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import calls, comparing, desk, drivers, handover, phone, sheets
from logistics.access import round_for
from logistics.contacts import contacts_of
from logistics.forms import DriverForm
from logistics.loading import described
from logistics.models import Crate, Empties, Proof, Round, Stop, TemperatureReading, Trouble
from logistics.temperatures import Limits
from logistics.views.day import pdf
from logistics.views.handover import noted
from network import clock
from network.access import COORDINATOR, require_role
from network.errors import Refused
from network.models import Delivery, Network, NetworkRole
from network.quantities import StorageClass
from orders.models import OrderLine, PurchaseOrder

PAST = 10


@login_required
def my_rounds(request: HttpRequest) -> HttpResponse:
    """What I drive and the pickup points I man: what comes first, then what was."""
    today = clock.today()
    mine = (
        Round.objects.published()
        .filter(driver=request.user.pk)
        .select_related("delivery_day__cycle__network", "vehicle")
        .annotate(stops_count=Count("stops"), stops_done=Count("stops", Q(stops__done_at__isnull=False)))
    )
    points = NetworkRole.objects.filter(
        person=request.user.pk, role=NetworkRole.Role.VOLUNTEER, pickup_point__isnull=False
    )
    manned = Delivery.objects.filter(pickup_point__in=points.values("pickup_point")).select_related(
        "delivery_day", "pickup_point", "place"
    )
    return render(
        request,
        "logistics/my_rounds.html",
        {
            "coming": mine.filter(delivery_day__on__gte=today).order_by("delivery_day__on", "starts_at"),
            "past": mine.filter(delivery_day__on__lt=today).order_by("-delivery_day__on", "starts_at")[:PAST],
            "made": phone.this_moment(),
            "deliveries": manned.filter(delivery_day__on__gte=today).order_by("starts_at")[:PAST],
        },
    )


@login_required
def round(request: HttpRequest, pk: int) -> HttpResponse:
    made = phone.this_moment()
    return _round_page(request, round_for(request.user, pk), made)


@login_required
@require_POST
def driver(request: HttpRequest, pk: int) -> HttpResponse:
    made = phone.this_moment()
    found = round_for(request.user, pk)
    require_role(request.user, found.delivery_day.network, COORDINATOR)
    form = DriverForm(found, request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        return redirect("logistics:round", pk=pk)
    return _round_page(request, found, made, form)


@login_required
@require_POST
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """The driver has read what changed, up to the change her page showed."""
    found = round_for(request.user, pk)
    if found.driver_id != request.user.pk:
        raise PermissionDenied
    last = request.POST.get("last", "")
    if last.isdecimal() and len(last) < 18:
        drivers.acknowledge(round=found, last=int(last), by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:round", pk=pk)


@login_required
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    found = round_for(request.user, pk)
    try:
        handover.finish_round(round=found, by=request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("logistics:round", pk=pk)
    messages.success(request, _("This round is finished. Thank you! How many kilometres was it?"))
    return redirect("logistics:driven", pk=pk)


@login_required
def stop(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """
    One stop: whom to call, what to check, what to note. Everything on it can be done without reception: then the page comes
    from the phone, and what is done waits there.
    """
    made = phone.this_moment()
    found = round_for(request.user, pk)
    stop = _stop(found, position)
    crates = list(handover.crates_at(stop))
    troubles = list(handover.troubles_of([found]).filter(stop=stop))
    gone = {trouble.crate_id for trouble in troubles if trouble.says_missing}
    rows = [_row(stop, crate) | {"gone": crate.pk in gone} for crate in crates]
    later = found.stops.filter(position__gt=position).order_by("position").first()
    return render(
        request,
        "logistics/stop.html",
        {
            "network": found.delivery_day.network,
            "round": found,
            "stop": stop,
            "count": found.stops.count(),
            "later": later,
            "contacts": contacts_of([stop]).get(stop.pk, []),
            "crates": rows,
            "checked": sum(row["checked"] for row in rows),
            "waiting": sum(not (row["checked"] or row["missing"] or row["gone"]) for row in rows),
            "purchases": _purchases(stop, crates),
            "cold": _cold(stop),
            "kinds": Trouble.Kind.choices,
            "temperatures": TemperatureReading.objects.filter(stop=stop),
            "empties": Empties.objects.filter(stop=stop).first(),
            "proofs": Proof.objects.filter(stop=stop).order_by("at"),
            "troubles": troubles,
            "made": made,
        },
    )


@login_required
@require_POST
def note(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """What a driver notes at a stop, from a browser without scripts."""
    found = round_for(request.user, pk)
    _stop(found, position)
    return noted(request, redirect("logistics:stop", pk=pk, position=position), round=found)


@login_required
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """A photo or signature, for the coordinator and for whoever drives the round."""
    proof = get_object_or_404(Proof.objects.select_related("stop"), pk=pk)
    round_for(request.user, proof.stop.round_id)
    if not proof.file:
        raise Http404
    kind = "image/jpeg" if proof.kind == Proof.Kind.PHOTO else "image/png"
    answer = HttpResponse(proof.file.read(), content_type=kind)
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    trouble = get_object_or_404(Trouble.objects.select_related("stop__round__delivery_day__cycle__network"), pk=pk)
    found = round_for(request.user, trouble.stop.round_id)
    require_role(request.user, found.delivery_day.network, COORDINATOR)
    handover.resolve(trouble=trouble, by=request.user)  # type: ignore[arg-type]
    if "day" in request.POST:
        return redirect("logistics:day", pk=found.delivery_day_id)
    return redirect("logistics:round", pk=found.pk)


@login_required
@require_POST
def check(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """
    Check one crate (`crate`), take its check back (`back`), or check all that is left (`all`) and go on. Never a toggle:
    two phones on one stop may show it at different moments.
    """
    found = round_for(request.user, pk)
    stop = _stop(found, position)
    crate = request.POST.get("crate") or request.POST.get("back") or ""
    try:
        if "all" in request.POST:
            handover.check_stop(stop=stop, by=request.user)  # type: ignore[arg-type]
        elif crate.isdecimal():
            own = handover.crates_at(stop).filter(pk=crate).values_list("pk", flat=True)
            handover.check_crates(
                crates=own,
                by=request.user,  # type: ignore[arg-type]
                checked="back" not in request.POST,
                stop=stop,
            )
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("logistics:stop", pk=pk, position=position)
    if "all" not in request.POST:
        return redirect("logistics:stop", pk=pk, position=position)
    if found.stops.filter(position=position + 1).exists():
        return redirect("logistics:stop", pk=pk, position=position + 1)
    return redirect("logistics:round", pk=pk)


@login_required
def run_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    found = round_for(request.user, pk)
    day = found.delivery_day
    return pdf(sheets.run_sheet(round=found), f"round-{found.number}-{day.network.slug}-{day.on}.pdf")


def _stop(round: Round, position: int) -> Stop:
    return get_object_or_404(
        round.stops.select_related(
            "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place"
        ),
        position=position,
    )


def _row(stop: Stop, crate: Crate) -> dict[str, Any]:
    """A crate as this stop sees it: what goes straight to a customer is collected at one stop and dropped at another."""
    dropped = stop.pk == crate.dropped_at_id
    done = [Crate.Status.DELIVERED] if dropped else [Crate.Status.LOADED, Crate.Status.DELIVERED]
    return {
        "crate": crate,
        "contents": described(crate),
        "checked": crate.status in done,
        "missing": crate.status == Crate.Status.MISSING,
    }


def _cold(stop: Stop) -> list[dict[str, Any]]:
    """The boxes kept cold that hold something here, and the warmest each may be, as the log will judge it; one query."""
    limits = Limits([stop.round_id])
    return [
        {"value": value, "label": label, "most": limits.of(stop.round_id, value, stop.position)}
        for value, label in StorageClass.choices
        if value != StorageClass.AMBIENT and limits.on_board(stop.round_id, value, stop.position)
    ]


def _purchases(stop: Stop, crates: list[Crate]) -> QuerySet[PurchaseOrder]:
    """The farms whose goods change hands here: where something may be missing."""
    purchases = PurchaseOrder.objects.filter(delivery_day=stop.round.delivery_day_id)
    if stop.producer_id:
        purchases = purchases.filter(producer=stop.producer_id)
    else:
        lines = [line["line"] for crate in crates for order in crate.contents for line in order.get("lines", ())]
        purchases = purchases.filter(producer__in=OrderLine.objects.filter(pk__in=lines).values("producer"))
    return purchases.select_related("producer__organisation").order_by("producer__organisation__name")


def _coordinates(request: HttpRequest, round: Round) -> bool:
    network = round.delivery_day.network
    return Network.objects.with_role(request.user, COORDINATOR).filter(pk=network.pk).exists()


def _round_page(request: HttpRequest, round: Round, made: int, form: DriverForm | None = None) -> HttpResponse:
    network = round.delivery_day.network
    counted = desk.tallies(Crate.objects.filter(stop__round=round))
    (ride,) = desk.rides(
        Round.objects.filter(pk=round.pk)
        .select_related("vehicle__depot", "vehicle__returns_to")
        .prefetch_related(desk.with_stops()),
        counted,
    )
    crates: dict[int | None, dict[int, bool]] = defaultdict(dict)
    known = Crate.objects.filter(stop__round=round).exclude(status=Crate.Status.MISSING).order_by("pk")
    for stop, crate, status in known.values_list("stop", "pk", "status"):
        crates[stop][crate] = status != Crate.Status.EXPECTED
    coordinates = _coordinates(request, round)
    start, end = calls.ends(ride.round.vehicle, round.leg, network.hub)
    context: dict[str, Any] = {
        "network": network,
        "round": round,
        "ride": ride,
        "crates": json.dumps(crates, separators=(",", ":")),
        "start": start,
        "end": end,
        "troubles": handover.troubles_of([round]),
        "made": made,
        "map": desk.drawn([ride], network.hub, network.name),
        "coordinates": coordinates,
        "drives": round.driver_id == request.user.pk,
        "changes": [
            {"pk": change.pk, "said": [comparing.spelled(row) for row in change.deltas]}
            for change in round.changes.filter(acknowledged_at=None)
        ],
        "driver_form": (form or DriverForm(round)) if coordinates else None,
    }
    return render(request, "logistics/round.html", context, status=422 if form and form.errors else 200)
