"""The region's transport, for everybody: what the rounds drove, and how that is computed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from logistics import region as rounds_of
from logistics.region import Week
from network.access import public_network


def region(request: HttpRequest, network: str) -> HttpResponse:
    """Week by week; `?week=` (its Monday) chooses the one whose rounds are listed."""
    found = public_network(network)
    weeks = rounds_of.weeks(found)
    asked = request.GET.get("week", "")
    known = [week for week in weeks if week.saved_km is not None]
    alone = sum(week.alone_km or 0 for week in known)
    together = sum(week.together_km or 0 for week in known)
    return render(
        request,
        "logistics/region.html",
        {
            "network": found,
            "weeks": weeks[::-1],
            "chosen": next((week for week in weeks if week.week_on.isoformat() == asked), weeks[-1] if weeks else None),
            "km": sum(week.km for week in weeks),
            "co2": sum(week.co2 for week in weeks),
            "rounds": sum(len(week.rides) for week in weeks),
            "saved": alone - together if known else None,
            "saving": (alone - together) / alone if alone else None,
            "unknown": len(weeks) - len(known),
            "distances": [_column(week, week.alone_km, week.together_km) for week in known],
            "distance_series": [
                {"label": _("everybody alone"), "kind": "alone"},
                {"label": _("together"), "kind": "together"},
            ],
            "gases": [_column(week, round(week.co2, 1)) for week in weeks],
            "gas_series": [{"label": _("CO₂ of the rounds"), "kind": "together"}],
            "fullnesses": [_column(week, round(week.fullness * 100)) for week in weeks if week.fullness is not None],
            "full_series": [{"label": _("how full the vans were"), "kind": "together"}],
            "fewest": rounds_of.FEWEST,
        },
    )


def _column(week: Week, *values: Any) -> dict[str, Any]:
    return {"label": f"{week.week_on:%d/%m}", "values": list(values)}
