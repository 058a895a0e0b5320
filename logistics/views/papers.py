"""Papers of a day and of a round, kept files, and the page to which a crate's label leads."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from logistics import papers, sheets
from logistics.access import day_for, delivery_for, paper_for, round_for
from logistics.models import Crate, Paper
from logistics.views.day import pdf
from network.access import COORDINATOR, VOLUNTEER
from network.models import Network, NetworkRole


@login_required
def day_papers(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything to print for a day: in one, per kind, per round; and what was printed before it changed."""
    day = day_for(request.user, pk)
    shelf = papers.shelf(day)
    if request.htmx and "making" in request.GET and (shelf.papers or shelf.failed):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    whole = [paper for paper in shelf.papers if not paper.round_number]
    return render(
        request,
        "logistics/papers.html",
        {
            "network": day.network,
            "day": day,
            "shelf": shelf,
            "everything": next((paper for paper in whole if paper.kind == Paper.Kind.EVERYTHING), None),
            "whole": [paper for paper in whole if paper.kind != Paper.Kind.EVERYTHING],
            "rounds": _per_round(shelf.papers),
        },
    )


@login_required
@require_POST
def make_papers(request: HttpRequest, pk: int) -> HttpResponse:
    """For a version that was published before anybody asked for papers."""
    day = day_for(request.user, pk)
    if version := papers.shelf(day).version:
        papers.ask_for(version)
    return redirect("logistics:papers", pk=pk)


@login_required
def round_papers(request: HttpRequest, pk: int) -> HttpResponse:
    """What the driver takes along, of the version that was published last."""
    found = round_for(request.user, pk)
    kept = list(found.papers.select_related("version").defer("version__plan").order_by("-version__number", "pk"))
    newest = [paper for paper in kept if paper.version_id == kept[0].version_id]
    return render(
        request,
        "logistics/round_papers.html",
        {"network": found.delivery_day.network, "round": found, "papers": newest},
    )


@login_required
def paper(request: HttpRequest, pk: int) -> FileResponse:
    found = paper_for(request.user, pk)
    day = found.version.delivery_day
    number = f"-{found.round_number}" if found.round_number else ""
    name = f"{found.kind.replace('_', '-')}{number}-{day.network.slug}-{day.on}-v{found.version.number}.pdf"
    try:
        file = found.file.open("rb")
    except FileNotFoundError as lost:
        raise Http404 from lost
    answer = FileResponse(file, filename=name, content_type="application/pdf")
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


@login_required
def packing_list(request: HttpRequest, pk: int) -> HttpResponse:
    """What is packed for one delivery, as planned now; `?per=crate` gives a slip for each crate."""
    delivery, _coordinates = delivery_for(request.user, pk)
    per_crate = request.GET.get("per") == "crate"
    day = delivery.delivery_day
    made = sheets.packing_lists(day=day, delivery=delivery.pk, per_crate=per_crate)
    return pdf(made, f"packing-{delivery.pk}-{day.network.slug}-{day.on}.pdf")


@login_required
def crate(request: HttpRequest, code: str) -> HttpResponse:
    """
    The address in the QR code of a label: on to the stop where the crate changes hands, or to the pickup page for who mans
    that point. For anybody else, and for a code that is none, there is nothing here.
    """
    found = get_object_or_404(
        Crate.objects.select_related("stop__round", "dropped_at__round", "delivery", "delivery_day__cycle"),
        code=code.upper(),
    )
    loaded = found.status in (Crate.Status.LOADED, Crate.Status.DELIVERED)
    stop = found.dropped_at if found.dropped_at and loaded else found.stop
    coordinates = (
        Network.objects.with_role(request.user, COORDINATOR).filter(pk=found.delivery_day.cycle.network_id).exists()
    )
    if stop and (coordinates or stop.round.driver_id == request.user.pk):
        return redirect("logistics:stop", pk=stop.round_id, position=stop.position)
    if coordinates:
        return redirect("logistics:day", pk=found.delivery_day_id)
    if found.delivery and _mans(request.user, found):
        return redirect("logistics:pickup", pk=found.delivery_id)
    raise Http404


def _mans(person: Any, crate: Crate) -> bool:
    assert crate.delivery
    roles = NetworkRole.objects.filter(
        person=person.pk, role=VOLUNTEER, network=crate.delivery_day.cycle.network_id
    ).values_list("pickup_point_id", flat=True)
    return bool(crate.delivery.pickup_point_id and {None, crate.delivery.pickup_point_id} & set(roles))


def _per_round(found: list[Paper]) -> list[dict[str, Any]]:
    own = [paper for paper in found if paper.round_number]
    return [
        {"number": number, "round": group[0].round, "papers": group}
        for number, group in (
            (number, list(rest)) for number, rest in groupby(own, key=lambda paper: paper.round_number)
        )
    ]
