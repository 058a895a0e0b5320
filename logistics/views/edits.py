"""Changing a day's plan on the coordinator's desk: edit, give to drivers, publish, look back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import comparing
from logistics.access import day_for
from logistics.forms import DriversForm, EditForm, PublishForm
from logistics.views.day import day_page, plan_of
from logistics.writing import Kept
from network.models import DeliveryDay


@login_required
@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One change; htmx gets the plan anew, others the page. What was refused is said on the plan as it is now."""
    found = day_for(request.user, pk)
    form = EditForm(found, request.POST)
    kept = form.save(by=request.user) if form.is_valid() else None  # type: ignore[arg-type]
    said = _said(kept) if kept else form.refused()
    if request.htmx:  # type: ignore[attr-defined]
        context = plan_of(found, kept=kept) if kept else plan_of(found, edit_form=form)
        return render(request, "logistics/_plan.html", context | {"said": said}, status=200 if kept else 422)
    if kept is None:
        return day_page(request, found, edit_form=form)
    messages.success(request, said)
    return redirect("logistics:day", pk=pk)


@login_required
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    form = DriversForm(found, found.rounds.select_related("vehicle").order_by("number"), request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The rounds are given to their drivers."))
        return redirect("logistics:day", pk=pk)
    return day_page(request, found, drivers_form=form)


@login_required
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    form = PublishForm(found, request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The plan is published: drivers see their rounds and get a mail."))
        return redirect("logistics:day", pk=pk)
    return day_page(request, found, publish_form=form)


@login_required
def versions_of(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions of a plan, and two of them side by side: the last two unless `a` and `b` say which."""
    found = day_for(request.user, pk)
    all_versions = list(found.plan_versions.select_related("by").defer("plan").order_by("-number"))
    numbers = [version.number for version in all_versions]
    after = _number(request.GET.get("b"), numbers, numbers[0] if numbers else 0)
    before = _number(request.GET.get("a"), numbers, max([n for n in numbers if n < after], default=after))
    pair = {version.number: version for version in found.plan_versions.filter(number__in=[before, after])}
    context: dict[str, Any] = {
        "network": found.network,
        "day": found,
        "versions": all_versions,
        "latest": all_versions[0] if all_versions else None,
        "can_restore": found.status == DeliveryDay.Status.PLANNED,
        "before": pair.get(before),
        "after": pair.get(after),
        "compared": comparing.side_by_side(pair[before], pair[after]) if before != after and len(pair) == 2 else None,
    }
    return render(request, "logistics/versions.html", context)


def _said(kept: Kept) -> str:
    """`Moved a stop: round 2 is home 8 minutes later.`"""
    effect = comparing.announced(kept.before, kept.version.plan)
    return f"{kept.version.said}: {effect}." if effect else f"{kept.version.said}."


def _number(text: str | None, numbers: list[int], otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 and int(text) in numbers else otherwise
