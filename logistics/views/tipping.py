"""The tipping point: what a crate costs against how much is sold together, and from where sharing pays for the network."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from logistics import tipping
from logistics.access import members_network
from logistics.fund_forms import OverheadForm
from logistics.tipping import Day, Standing
from network import charts
from network.templatetags.kouter import euro

SAMPLES = 24
IN_SIGHT = 4
"""A tipping point at more than so many times the fullest day is told as out of sight."""


@login_required
def tipping_point(request: HttpRequest, network: str) -> HttpResponse:
    """For members; what the network itself costs a week is set here, by a coordinator."""
    found, coordinates = members_network(request.user, network)
    form = OverheadForm(found, request.POST if request.method == "POST" else None) if coordinates else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
            return redirect("logistics:tipping_point", found.slug)
    stands = tipping.standing(found)
    tips = stands.tipping
    in_sight = tips is not None and stands.saving is not None and tips.at <= IN_SIGHT * stands.saving.highest
    picture = _picture(stands, in_sight=in_sight)
    return render(
        request,
        "logistics/tipping_point.html",
        {
            "network": found,
            "coordinates": coordinates,
            "form": form,
            "stands": stands,
            "now": _priced(stands, stands.crates),
            "more": _priced(stands, stands.crates * 1.5),
            "tips": tips if in_sight else None,
            "at_tips": _priced(stands, tips.at) if tips and in_sight else None,
            "over": None if stands.gap is None else -stands.gap,
            "saved": stands.saving.at(stands.crates) if stands.saving else None,
            "weekly": {
                "crates": stands.crates * stands.days,
                "tips": tips.at * stands.days if tips and in_sight else None,
                "saved": stands.saving.at(stands.crates) * stands.days if stands.saving else None,
            },
            "picture": picture,
            "key": [
                {"kind": "dot", "label": _("a delivery day")},
                {"kind": "fit", "label": _("the line through them")},
                {"kind": "ahead", "label": _("beyond what was seen")},
                {"kind": "band", "label": _("nine days out of ten")},
            ],
            "above": sum(day.per_crate > picture["top"] for day in _shown(stands)) if picture else 0,
            "weeks": stands.weeks[::-1],
            "hidden": sum(not day.may_be_shown for day in stands.all_days),
            "fewest": {"weeks": tipping.FEWEST_WEEKS, "farms": tipping.FEWEST_FARMS, "lately": tipping.LATELY},
        },
        status=422 if form and form.errors else 200,
    )


def _shown(stands: Standing) -> list[Day]:
    return [day for day in stands.all_days if day.may_be_shown]


def _priced(stands: Standing, crates: float) -> dict[str, float] | None:
    """So many crates a day, and what one of them then costs."""
    return {"crates": crates, "price": stands.cost.at(crates) / crates} if stands.cost and crates else None


def _picture(stands: Standing, *, in_sight: bool) -> dict[str, Any] | None:
    """Price per crate against crates; the axis ends at what a crate costs on all but the thinnest tenth of the days."""
    line = stands.cost
    if line is None:
        return None
    marks = [("now", _("now"), stands.crates)]
    if in_sight and stands.tipping and stands.tipping.at >= 1:
        marks.append(("goal", _("tipping point"), stands.tipping.at))
    emptiest = sorted(float(day.crates) for day in stands.all_days)[len(stands.all_days) // 10]
    thin = line.at(emptiest) / emptiest
    left = min(line.lowest, *(at for _kind, _label, at in marks))
    right = 1.1 * max(line.highest, *(at for _kind, _label, at in marks))

    def between(start: float, end: float) -> list[float]:
        return [start * (end / start) ** (step / SAMPLES) for step in range(SAMPLES + 1)]

    def prices(start: float, end: float) -> list[tuple[float, float]]:
        return [(x, line.at(x) / x) for x in between(start, end)] if end > start else []

    return charts.plot(
        lines=[
            {"kind": "ahead", "points": prices(left, line.lowest)},
            {"kind": "fit", "points": prices(line.lowest, line.highest)},
            {"kind": "ahead", "points": prices(line.highest, right)},
        ],
        dots=[(day.crates, day.per_crate) for day in _shown(stands)],
        highest=max(thin, line.at(stands.crates) / stands.crates),
        band=[(x, (line.at(x) - line.margin(x)) / x, (line.at(x) + line.margin(x)) / x) for x in between(left, right)],
        marks=[
            {
                "kind": kind,
                "x": at,
                "y": line.at(at) / at,
                "label": _("%(what)s: %(crates)s crates, %(price)s")
                % {"what": label, "crates": round(at), "price": euro(round(line.at(at) / at, 2))},
            }
            for kind, label, at in marks
        ],
    )
