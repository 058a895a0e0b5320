"""What a farmer outside the network would pay in it: asked without an account, answered at once, exact by a link."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from logistics import estimating, lived, outsiders, tasks
from logistics.estimating import Estimate
from logistics.models import WhatIf
from logistics.models.outlook import Work
from logistics.what_if_forms import WhatIfForm
from network import maps, pace
from network.access import public_network
from network.models import Network, PickupPoint
from network.money import euros, from_cents

MOST, SECONDS = 10, 600
"""How often an estimate may be asked from one address, in how many seconds."""


def what_if(request: HttpRequest, network: str) -> HttpResponse:
    """The form; posted, the estimate beside it. Only with her consent is anything kept, and then she gets a page of her own."""
    found = public_network(network)
    days = lived.days(found)
    if request.method != "POST":
        return _page(request, found, WhatIfForm(found, lived.destinations(days)))
    form = WhatIfForm(found, lived.destinations(days), request.POST)
    if pace.too_many(pace.address_of(request), what="what-if", most=MOST, seconds=SECONDS):
        answer = _page(request, found, WhatIfForm(found, lived.destinations(days)), too_many=True, status=429)
        answer["Retry-After"] = str(SECONDS)
        return answer
    if not form.is_valid():
        return _page(request, found, form, status=422)
    made = estimating.estimates(days, form.wish, outsiders.van_of(found))
    if form.cleaned_data["keep"]:
        kept = outsiders.keep(
            network=found,
            wish=form.wish,
            where=_where(form),
            estimates=made,
            names=form.names,
            email=form.cleaned_data["email"],
            language=get_language() or "nl",
        )
        return redirect("logistics:what_if_kept", network=found.slug, token=kept.token)
    return _page(request, found, form, estimates=made, where=_where(form))


@never_cache
def what_if_kept(request: HttpRequest, network: str, token: str) -> HttpResponse:
    """Her own page, for who has the link: the estimate, and the exact figure once it is there."""
    kept = _kept(network, token)
    if request.htmx and kept.status in (Work.DONE, Work.FAILED):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    made = [Estimate(**one) for one in kept.estimate["days"]]
    answer = render(
        request,
        "logistics/what_if_kept.html",
        {"network": kept.network, "kept": kept, "where": kept.inputs["where"]}
        | shown(made, kept.inputs["names"])
        | {"exact": exact_of(kept), "percent": tasks.percent_of(kept)},
    )
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_POST
def what_if_forget(request: HttpRequest, network: str, token: str) -> HttpResponse:
    """She no longer wants it kept: it is gone at once."""
    kept = _kept(network, token)
    outsiders.forget(what_if=kept)
    return render(request, "logistics/what_if_forgotten.html", {"network": kept.network})


def _kept(network: str, token: str) -> WhatIf:
    return get_object_or_404(
        WhatIf.objects.kept().select_related("network__hub"), network=public_network(network), token=token
    )


def _where(form: WhatIfForm) -> str:
    if form.tapped:
        return _("the spot you tapped on the map")
    return _("the middle of %(place)s") % {"place": form.where}


def _page(
    request: HttpRequest,
    network: Network,
    form: WhatIfForm,
    *,
    estimates: list[Estimate] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"network": network, "form": form, "map": map_of(network, form), "days_known": bool(form.names)} | more
    if estimates is not None:
        context |= shown(estimates, form.names)
    return render(request, "logistics/what_if.html", context, status=status)


def map_of(network: Network, form: Any) -> dict[str, Any]:
    """The hub and the pickup points to tap beside; and her yard when it is known."""
    points = PickupPoint.objects.active().filter(network=network).select_related("place").order_by("code")
    markers = [{"lat": network.hub.lat, "lon": network.hub.lon, "kind": "hub", "label": network.name}]
    markers += [{"lat": p.place.lat, "lon": p.place.lon, "kind": "point", "label": str(p)} for p in points]
    if yard := getattr(form, "point", None):
        markers.append({"lat": yard[0], "lon": yard[1], "kind": "farm", "label": _("your yard")})
    return maps.draw(markers)


def shown(made: list[Estimate], names: dict[str, str]) -> dict[str, Any]:
    """The estimates as the pages show them: the best day, a bar and a row per day."""
    best = estimating.best(made)
    rows = [
        {
            "estimate": one,
            "day": capfirst(str(WEEKDAYS[one.weekday])),
            "weekday": str(WEEKDAYS[one.weekday]),
            "best": one == best,
            "reached": [names.get(key, key) for key in one.reached],
            "missed": [names.get(key, key) for key in one.missed],
        }
        | {
            name: euros(Decimal(str(round(getattr(one, name), 6))))
            for name in ("alone", "together", "saved", "gain", "others", "gap", "lowest", "highest")
        }
        for one in made
    ]
    return {
        "estimates": rows,
        "best": next((row for row in rows if row["best"]), None),
        "bars": [{"label": row["day"], "values": [row["alone"], row["together"], row["saved"]]} for row in rows],
    }


def exact_of(kept: WhatIf) -> dict[str, Any] | None:
    """What the job found, as the page shows it; None as long as it has not."""
    if kept.status != Work.DONE:
        return None
    best = outsiders.best_of(kept.exact["days"])
    rows = [
        {
            "day": capfirst(date_format(date.fromisoformat(one["on"]), "l j F")),
            "best": one is best,
            "left_out": one["left_out"],
            "missed": [kept.inputs["names"].get(key, key) for key in one["missed"]],
            "saved": from_cents(one["alone"] - one["together"]),
        }
        | {name: from_cents(one[name]) for name in ("alone", "together", "gain", "others", "gap", "noise")}
        for one in kept.exact["days"]
    ]
    return {
        "rows": rows,
        "best": next((row for row in rows if row["best"]), None),
        "bars": [{"label": row["day"], "values": [row["alone"], row["together"], row["saved"]]} for row in rows],
    }
