"""What a change would do to everybody, for the coordinator; what her own crates outside would do, for a farmer."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRefresh

from logistics import tasks
from logistics.access import day_for
from logistics.models import Scenario
from logistics.models.outlook import Work
from logistics.scenario_forms import FORMS, OwnCratesForm
from logistics.views.what_if import map_of
from network.models import DeliveryDay
from network.money import from_cents
from producers.access import farm_for
from producers.models import Producer

SHOWN = 12
"""Former questions listed."""
DAYS = 6
"""A farmer's last settled days to ask about."""


@login_required
def what_if_day(request: HttpRequest, pk: int) -> HttpResponse:
    """`?kind=` chooses the form; posted, the question is computed by a worker and shown on a page of its own."""
    day = day_for(request.user, pk)
    kind = request.POST.get("kind") or request.GET.get("kind") or Scenario.Kind.PRODUCER
    if kind not in FORMS:
        raise Http404
    settled = day.status == DeliveryDay.Status.SETTLED
    form = FORMS[kind](day, request.POST or None)
    if request.method == "POST" and settled and form.is_valid() and (asked := form.save(by=request.user)):
        return redirect("logistics:scenario", pk=pk, scenario=asked.pk)
    context = {
        "network": day.network,
        "day": day,
        "settled": settled,
        "kind": kind,
        "kinds": Scenario.Kind.choices,
        "form": form,
        "map": map_of(day.network, form) if "lat" in form.fields else None,
        "asked": [
            (one, said(one)) for one in day.scenarios.exclude(inputs__has_key="own").select_related("by")[:SHOWN]
        ],
        "last": _last_settled(day),
    }
    return render(request, "logistics/what_if_day.html", context, status=422 if form.errors else 200)


@login_required
def scenario(request: HttpRequest, pk: int, scenario: int) -> HttpResponse:
    """How far it is; once done, before and after, for everybody."""
    day = day_for(request.user, pk)
    found = get_object_or_404(day.scenarios.exclude(inputs__has_key="own"), pk=scenario)
    if request.htmx and found.status in (Work.DONE, Work.FAILED):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    context = {"network": day.network, "day": day, "scenario": found, "said": said(found)} | progress(found)
    if found.status == Work.DONE:
        context |= told(found)
    return render(request, "logistics/scenario.html", context)


@login_required
def outside(request: HttpRequest, slug: str) -> HttpResponse:
    """What her crates would cost her and the others when they went outside the platform. Only she sees it."""
    farm = farm_for(request.user, slug)
    days = list(
        DeliveryDay.objects.filter(
            status=DeliveryDay.Status.SETTLED,
            cost_runs__corrected_at=None,
            cost_runs__shares__producer=farm,
        )
        .select_related("cycle__network")
        .order_by("-on", "pk")[:DAYS]
    )
    form = OwnCratesForm(farm, days, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        return redirect("logistics:outside", slug=slug)
    asked = list(
        Scenario.objects.filter(kind=Scenario.Kind.OUTSIDE, inputs__own=True, inputs__producer=farm.pk)
        .exclude(inputs__has_key="leaving")
        .select_related("delivery_day__cycle__network")
        .order_by("-made_at", "-pk")[:1]
    )
    found = asked[0] if asked else None
    if request.htmx and (found is None or found.status in (Work.DONE, Work.FAILED)):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    context: dict[str, Any] = {"farm": farm, "form": form, "days": days, "scenario": found}
    if found:
        context |= progress(found) | {"part": found.inputs["part"]}
        if found.status == Work.DONE:
            context |= hers_and_others(found, farm)
    return render(request, "logistics/outside.html", context, status=422 if form.errors else 200)


def _last_settled(day: DeliveryDay) -> DeliveryDay | None:
    if day.status == DeliveryDay.Status.SETTLED:
        return None
    settled = DeliveryDay.objects.filter(cycle__network=day.network, status=DeliveryDay.Status.SETTLED)
    return settled.order_by("-on").first()


def progress(found: Scenario) -> dict[str, Any]:
    return {
        "working": found.status in (Work.WAITING, Work.RUNNING),
        "failed": found.status == Work.FAILED,
        "percent": tasks.percent_of(found),
    }


def said(found: Scenario) -> str:
    """The question in a sentence."""
    asked = found.inputs
    if found.kind == Scenario.Kind.PRODUCER:
        number = sum(asked["crates"].values())
        crates = ngettext("%(number)s crate", "%(number)s crates", number) % {"number": number}
        return _("%(name)s joins with %(crates)s") % {"name": asked["name"], "crates": crates}
    if found.kind == Scenario.Kind.POINT:
        crates = ngettext("%(number)s crate", "%(number)s crates", asked["crates"]) % {"number": asked["crates"]}
        return _("a pickup point %(name)s with %(crates)s") % {"name": asked["name"], "crates": crates}
    if found.kind == Scenario.Kind.DAY:
        number = len(asked["deliveries"])
        places = ngettext("%(number)s place", "%(number)s places", number) % {"number": number}
        return _("%(places)s on %(day)s instead") % {"places": places, "day": WEEKDAYS[asked["weekday"]]}
    if found.kind == Scenario.Kind.VAN:
        return _("one more vehicle like %(name)s") % {"name": asked["name"]}
    return _("%(part)s %% of the crates of %(farm)s outside the platform") % {
        "part": asked["part"],
        "farm": asked["name"],
    }


def told(found: Scenario) -> dict[str, Any]:
    """A result as the page shows it: sides, a row and two bars per farm, who would be worse off, and how sure."""
    result, noise = found.result, found.result["noise"]
    rows = []
    for one in result["bills"]:
        before, after = one["before"], one["after"]
        change = None if before is None or after is None else after - before
        rows.append(
            {
                "name": one["name"],
                "before": None if before is None else from_cents(before),
                "after": None if after is None else from_cents(after),
                "change": None if change is None else from_cents(change),
                "worse": bool(change and change > 0),
                "sure": change is not None and abs(change) > noise,
            }
        )
    sides = [
        {
            "label": label,
            **result[side],
            "cost": from_cents(result[side]["cost"]),
            "gap": from_cents(result[side]["gap"]),
        }
        for side, label in (("before", _("before")), ("after", _("after")))
    ]
    paid = {side: sum(one[side] or 0 for one in result["bills"]) for side in ("before", "after")}
    change = paid["after"] + result["after"]["gap"] - paid["before"] - result["before"]["gap"]
    return {
        "sides": sides,
        "rows": rows,
        "worse": sorted((row for row in rows if row["worse"]), key=lambda row: -row["change"]),
        "noise": from_cents(noise),
        "total": from_cents(change),
        "total_is_sure": abs(change) > noise,
        "outside": from_cents(result["outside"]) if result["outside"] else None,
        "new": next((row for row in rows if row["before"] is None), None),
        "bars": [
            {"label": row["name"], "values": [row["before"] or Decimal(0), row["after"] or Decimal(0)]} for row in rows
        ],
        "series": [{"kind": "alone", "label": _("before")}, {"kind": "together", "label": _("after")}],
    }


def hers_and_others(found: Scenario, farm: Producer) -> dict[str, Any]:
    """Only her own figures, and those of all others together."""
    result = found.result
    mine = next(one for one in result["bills"] if one["producer"] == farm.pk)
    theirs = [one for one in result["bills"] if one["producer"] != farm.pk]
    before, after = (sum(one[side] or 0 for one in theirs) for side in ("before", "after"))
    hers = mine["before"] or 0, mine["after"] or 0
    return {
        "before": from_cents(hers[0]),
        "after": from_cents(hers[1]),
        "mine": from_cents(hers[1] - hers[0]),
        "others": from_cents(after - before),
        "noise": from_cents(result["noise"]),
        "alone_there": from_cents(result["outside"]),
        "bars": [
            {"label": capfirst(_("now")), "values": [from_cents(hers[0])]},
            {"label": capfirst(_("with those crates outside")), "values": [from_cents(hers[1])]},
        ],
        "series": [{"kind": "together", "label": _("transport of all your crates")}],
    }
