"""After the round: planned against driven, and the temperature log."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from logistics import driven
from logistics import temperatures as thermometer
from logistics.access import day_for, round_for
from logistics.driven import Driven, Report
from logistics.driven_forms import DrivenForm
from logistics.models import Round
from logistics.periods import Period
from logistics.temperatures import Line
from logistics.views.day import pdf
from network.access import COORDINATOR, network_for
from network.models import DeliveryDay, Network

PER_PAGE = 100


@login_required
def round_driven(request: HttpRequest, pk: int) -> HttpResponse:
    """Planned and driven of one round, for its driver and the coordinator; until the day is settled it can be corrected."""
    found = round_for(request.user, pk)
    day = found.delivery_day
    (report,) = driven.reports([found], day)
    form = DrivenForm(report, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Noted. Thank you!"))
        return redirect("logistics:driven", pk=pk)
    coordinates = Network.objects.with_role(request.user, COORDINATOR).filter(pk=day.network.pk).exists()
    return render(
        request,
        "logistics/driven.html",
        {
            "network": day.network,
            "day": day,
            "round": found,
            "report": report,
            "driven": report.driven,
            "form": form if day.status != DeliveryDay.Status.SETTLED and found.status != Round.Status.PLANNED else None,
            "coordinates": coordinates,
        },
        status=422 if form.errors else 200,
    )


@login_required
def day_driven(request: HttpRequest, pk: int) -> HttpResponse:
    """A card per round of a day."""
    day = day_for(request.user, pk)
    reports = driven.reports(day.rounds.select_related("vehicle", "driver").order_by("number"), day)
    return render(
        request,
        "logistics/day_driven.html",
        {"network": day.network, "day": day, "reports": reports, "total": _total(reports), "late": driven.LATE},
    )


def _total(reports: list[Report]) -> dict[str, Any]:
    rides: list[Driven] = [report.driven for report in reports]
    return {
        "km_planned": sum(ride.round.km for ride in rides),
        "km": sum(ride.km for ride in rides),
        "minutes_planned": sum(ride.minutes_planned for ride in rides),
        "minutes": sum(ride.minutes for ride in rides),
        "cost_planned": sum(ride.round.cost for ride in rides),
        "cost": sum(ride.cost for ride in rides),
        "variance": sum(ride.variance for ride in rides),
        "carried": sum(report.load.carried for report in reports),
        "crates": sum(report.load.crates for report in reports),
        "late": sum(len(report.late) for report in reports),
        "reached": sum(len(report.calls) - report.unknown for report in reports),
        "unknown": sum(not (ride.knows_km and ride.knows_time) for ride in rides),
    }


@login_required
def temperatures(request: HttpRequest, network: str, period: str) -> HttpResponse:
    """What was measured on the road on a day or in a month."""
    found, chosen, lines = _log(request, network, period)
    return render(
        request,
        "logistics/temperatures.html",
        {
            "network": found,
            "period": chosen,
            "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("page")),
            "measured": len(lines),
            "too_warm": sum(line.too_warm for line in lines),
        },
    )


@login_required
def temperatures_csv(request: HttpRequest, network: str, period: str) -> HttpResponse:
    found, chosen, lines = _log(request, network, period)
    name = f"temperatures-{found.slug}-{chosen}.csv"
    return HttpResponse(
        thermometer.as_csv(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@login_required
def temperatures_pdf(request: HttpRequest, network: str, period: str) -> HttpResponse:
    found, chosen, lines = _log(request, network, period)
    return pdf(thermometer.as_pdf(found, chosen, lines), f"temperatures-{found.slug}-{chosen}.pdf")


def _log(request: HttpRequest, network: str, period: str) -> tuple[Network, Period, list[Line]]:
    found = network_for(request.user, network, COORDINATOR)
    try:
        chosen = Period.of(period)
    except ValueError as wrong:
        raise Http404 from wrong
    if chosen.is_year:
        raise Http404
    return found, chosen, thermometer.log(found, chosen)
