"""Composing the boxes of a week, and what became of subscriptions, for who is responsible."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import clock
from network.access import COORDINATOR, network_for
from network.models import Person
from orders import reporting
from orders.box_forms import BoxForm, SizeForm
from orders.models import Cause
from orders.subscription_forms import CauseForm, ComposeForm
from producers.access import farm_for, monday_or_404
from producers.models import Box, BoxSize


@login_required
def farm_boxes(request: HttpRequest, slug: str) -> HttpResponse:
    """The boxes of a farm: which weeks are composed, and how many households wait for them."""
    farm = farm_for(request.user, slug)
    own = Box.objects.active().filter(producer=farm).select_related("network").order_by("pk")
    return render(request, "orders/farm_boxes.html", {"farm": farm, "rows": reporting.weeks_to_compose(list(own))})


@login_required
def box_start(request: HttpRequest, slug: str) -> HttpResponse:
    """A new box of a farm, with its sizes."""
    farm = farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    form = BoxForm(farm, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Your box is there. Say what comes in it, week by week."))
        return redirect("orders:farm_boxes", slug)
    context = {"farm": farm, "form": form}
    return render(request, "orders/box_start.html", context, status=422 if form.errors else 200)


@login_required
def box_size(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another size of a box of the farm."""
    farm = farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    shown = get_object_or_404(Box.objects.active().filter(producer=farm).select_related("network"), pk=pk)
    form = SizeForm(request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(shown, request.user):
        messages.success(request, _("Saved."))
        return redirect("orders:farm_boxes", slug)
    context = {"farm": farm, "box": shown, "form": form, "sizes": shown.sizes.all()}
    return render(request, "orders/box_size.html", context, status=422 if form.errors else 200)


@login_required
def compose(request: HttpRequest, size: int, week_on: str) -> HttpResponse:
    """What one box of a size holds in a week."""
    shown = get_object_or_404(
        BoxSize.objects.filter(box__in=Box.objects.active().composed_by(request.user)).select_related(
            "box__network", "box__producer__organisation"
        ),
        pk=size,
    )
    assert isinstance(request.user, Person)
    monday = monday_or_404(week_on)
    form = ComposeForm(shown, monday, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved. This is what comes in the box."))
        return redirect("orders:compose", size, week_on)
    asked, value = reporting.asked_for(shown, monday), reporting.value_of(form.rows)
    return render(
        request,
        "orders/compose.html",
        {
            "network": shown.box.network,
            "size": shown,
            "box": shown.box,
            "week_on": monday,
            "ends_on": monday + timedelta(days=6),
            "form": form,
            "asked": asked,
            "rows": reporting.needed(form.rows, asked.waiting),
            "value": value,
            "left": shown.price - value,
        },
        status=422 if form.errors else 200,
    )


@login_required
def report(request: HttpRequest, network: str) -> HttpResponse:
    """What became of the subscriptions of a week, those that could not be filled with the reason; the causes."""
    found = network_for(request.user, network, COORDINATOR)
    form = CauseForm(found, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("orders:subscription_report", network)
    cycles = list(reporting.cycles_of(found))
    asked = request.GET.get("week", "")
    cycle = next((one for one in cycles if one.week_on.isoformat() == asked), cycles[0] if cycles else None)
    week = reporting.report_of(cycle) if cycle else None
    own = Box.objects.active().filter(network=found).select_related("producer__organisation", "network").order_by("pk")
    return render(
        request,
        "orders/subscription_report.html",
        {
            "network": found,
            "cycle": cycle,
            "cycles": cycles,
            "week": week,
            "page": Paginator(week.troubles if week else [], 100).get_page(request.GET.get("page")),
            "boxes": reporting.weeks_to_compose(list(own)),
            "causes": found.causes.filter(archived_at=None)
            .select_related("organisation", "pickup_point")
            .order_by("name"),
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@login_required
@require_POST
def cause_archive(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    cause = get_object_or_404(Cause, network=found, pk=pk)
    Cause.objects.filter(pk=cause.pk, archived_at=None).update(archived_at=clock.now())
    messages.success(request, _("%(cause)s is off the list. What was given already goes there.") % {"cause": cause})
    return redirect("orders:subscription_report", network)
