"""A delivery day on the coordinator's desk: close, postpone, plan, watch, print, drive."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from logistics import (
    bill_jobs,
    collected,
    desk,
    drafts,
    flaws,
    fleet,
    handover,
    settling,
    sheets,
    tasks,
    temperatures,
    transport,
    versions,
)
from logistics.access import day_for
from logistics.forms import DriversForm, PostponeForm, PublishForm
from logistics.models import BillJob, Round
from logistics.transport import Travel
from logistics.writing import Kept
from network import journal
from network.errors import Refused
from network.models import DeliveryDay
from network.views.refusals import told
from orders import closing
from orders.models import Order, PurchaseOrder


@login_required
def day(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    if request.htmx and "planning" in request.GET and not tasks.progress_of(found):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    if request.htmx and "stop" in request.GET:  # type: ignore[attr-defined]
        return render(request, "logistics/_plan.html", plan_of(found, opened=request.GET["stop"]))
    return day_page(request, found)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    if closing.close_day(day=found, by=request.user):  # type: ignore[arg-type]
        messages.success(
            request, _("Ordering is closed. The farms have their purchase orders; now the rounds can be planned.")
        )
    else:
        messages.info(request, _("Ordering for this day had already closed."))
    return redirect("logistics:day", pk=pk)


@login_required
@require_POST
def postpone(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    form = PostponeForm(found, request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The cut-off is postponed. Buyers see the new moment everywhere."))
        return redirect("logistics:day", pk=pk)
    return day_page(request, found, postpone_form=form)


@login_required
@require_POST
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the worker for a plan, or for the best it finds in five minutes (`thorough`); the page then shows how far it is."""
    found = day_for(request.user, pk)
    version = request.POST.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else 0
    if found.status not in (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED):
        messages.error(request, _("Rounds are planned between the cut-off and the first checked crate."))
        return redirect("logistics:day", pk=pk)
    with told(request):
        versions.still(found, number)
        try:
            tasks.ask_for_plan(found, request.user, version=number, thorough="thorough" in request.POST)  # type: ignore[arg-type]
        except tasks.plan_day.OperationalError:
            messages.error(request, _("The planner cannot be reached. Nothing was changed; try again in a minute."))
    return redirect("logistics:day", pk=pk)


@login_required
@require_POST
def cancel_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """End the planning: with the best plan so far (`keep`), or leaving everything as it was."""
    found = day_for(request.user, pk)
    if not tasks.end_planning(found, keep="keep" in request.POST):
        messages.info(request, _("Planning had already ended."))
    return redirect("logistics:day", pk=pk)


@login_required
@require_POST
def drive(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything went as planned."""
    found = day_for(request.user, pk)
    with told(request):
        handover.drive_day(day=found, by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:day", pk=pk)


@login_required
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle at once; a large day by a job, which the settlement page follows."""
    found = day_for(request.user, pk)
    if found.status == DeliveryDay.Status.DRIVEN and bill_jobs.is_large(found):
        bill_jobs.ask(day=found, kind=BillJob.Kind.SETTLE, by=request.user)  # type: ignore[arg-type]
        return redirect("logistics:settlement", pk=pk)
    try:
        settling.settle_day(day=found, by=request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("logistics:day", pk=pk)
    return redirect("logistics:settlement", pk=pk)


@login_required
@require_POST
def by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Crates of a farm or a delivery without a round arrived (or, with `undo`, did not after all)."""
    found = day_for(request.user, pk)
    producer, delivery = (request.POST.get(name, "") for name in ("producer", "delivery"))
    crates = found.crates.filter(stop=None)
    chosen = (
        crates.filter(producer=int(producer))
        if producer.isdecimal()
        else crates.filter(delivery=int(delivery))
        if delivery.isdecimal()
        else crates.none()
    )
    with told(request):
        handover.check_crates(
            crates=chosen.values_list("pk", flat=True),
            by=request.user,  # type: ignore[arg-type]
            checked="undo" not in request.POST,
        )
    return redirect("logistics:day", pk=pk)


@login_required
def packing_lists(request: HttpRequest, pk: int) -> HttpResponse:
    found = day_for(request.user, pk)
    return pdf(sheets.packing_lists(day=found), f"packing-{found.network.slug}-{found.on}.pdf")


def pdf(paper: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        paper, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def day_page(request: HttpRequest, day: DeliveryDay, **forms: Any) -> HttpResponse:
    """The whole page; `forms` are those that were refused (`postpone_form`, `publish_form`, `drivers_form`, `edit_form`)."""
    plan = plan_of(day, opened=request.GET.get("stop", ""), **forms)
    rides: list[desk.Ride] = plan["rides"]
    orders = Order.objects.filter(delivery__delivery_day=day).aggregate(
        confirmed=Count("pk", ~Q(status__in=["basket", "cancelled"])), baskets=Count("pk", Q(status="basket"))
    )
    context: dict[str, Any] = {
        **plan,
        "postpone_form": forms.get("postpone_form") or PostponeForm(day),
        "orders": orders,
        "value": desk.ordered_value([day]).get(day.pk, 0),
        "planning": tasks.progress_of(day),
        "planning_steps": tasks.STEPS,
        "can_replan": day.status == DeliveryDay.Status.PLANNED
        and all(ride.round.status == Round.Status.PLANNED for ride in rides)
        and not any(ride.tally.checked or ride.tally.missing for ride in rides)
        and not any(one.tally.checked for one in (*plan["unplanned"], *plan["brought"])),
        "purchases": _purchases(day),
        "deliveries": _deliveries(day, rides),
        "uncollected": collected.uncollected(day),
        "shortfalls": collected.shortfalls(day),
        "troubles": handover.troubles_of([ride.round for ride in rides]).filter(resolved_at=None),
        "warm": temperatures.too_warm(day),
        "history": journal.history_of(day)[:12],
    }
    refused = any(form.errors for form in forms.values())
    return render(request, "logistics/day.html", context, status=422 if refused else 200)


def plan_of(day: DeliveryDay, *, opened: str = "", kept: Kept | None = None, **forms: Any) -> dict[str, Any]:
    """
    What the plan's part of the page shows: rounds with map, loads and flaws, versions, publishing, drivers. `opened` is the
    stop (pk) whose buttons to move and lock it are shown. What was just `kept` is not read again.
    """
    draft = kept.draft if kept else drafts.load(day)
    now, shown = (kept.version, kept.published) if kept else (versions.latest(day), versions.published(day))
    editable = day.status == DeliveryDay.Status.PLANNED
    wrong = flaws.flaws_of(draft) if editable else []
    rides = desk.rides_of(draft, wrong)
    loose = desk.loose(draft)
    number = now.number if now else 0
    hub, name = day.network.hub, day.network.name
    editable = editable and bool(rides or loose)
    vehicles = fleet.vehicles_for(day) if editable else []
    edit_form = forms.get("edit_form")
    waves = []
    for leg, label in Round.Leg.choices:
        own = [ride for ride in rides if ride.round.leg == leg]
        if own:
            used = {ride.round.vehicle_id for ride in own}
            free = [vehicle for vehicle in vehicles if vehicle.pk not in used]
            waves.append({"leg": leg, "label": label, "rides": own, "map": desk.drawn(own, hub, name), "free": free})
    return {
        "network": day.network,
        "day": day,
        "editable": editable,
        "rides": rides,
        "waves": waves,
        "wave_of": {wave["leg"]: wave for wave in waves},
        "vehicles": vehicles,
        "version": now,
        "published": shown,
        "wrong": [flaws.spelled(draft, flaw) for flaw in wrong],
        "totals": desk.totals(rides, now),
        "tours": versions.standing(now) if now else [],
        "unplanned": [one for one in loose if not one.is_brought],
        "brought": [one for one in loose if one.is_brought],
        "publish_form": forms.get("publish_form") or PublishForm(day, initial={"version": number}),
        "drivers_form": forms.get("drivers_form")
        or (DriversForm(day, [ride.round for ride in rides], initial={"version": number}) if editable else None),
        "edit_form": edit_form,
        "opened": edit_form.about if edit_form else opened,
    }


def _purchases(day: DeliveryDay) -> list[tuple[PurchaseOrder, Travel]]:
    """What each farm is asked, and how it travels this week."""
    purchases = list(
        day.purchase_orders.select_related("producer__organisation")
        .annotate(products=Count("lines"), short=Count("lines", Q(lines__missing__gt=0)))
        .order_by("producer__organisation__name")
    )
    travels = transport.travels([purchase.producer for purchase in purchases], day.cycle.week_on)
    return [(purchase, travels[purchase.producer_id]) for purchase in purchases]


def _deliveries(day: DeliveryDay, rides: list[desk.Ride]) -> list[dict[str, Any]]:
    visits: dict[int, list[tuple[desk.Ride, desk.Call]]] = defaultdict(list)
    for ride in rides:
        for call in ride.calls:
            if call.stop.delivery_id:
                visits[call.stop.delivery_id].append((ride, call))
    deliveries = (
        day.deliveries.select_related("pickup_point", "outlet__organisation", "place")
        .annotate(number=Count("orders", ~Q(orders__status__in=["basket", "cancelled"])))
        .exclude(home__isnull=False, number=0)
        .order_by(F("pickup_point").asc(nulls_last=True), "outlet__organisation__name")
    )
    return [
        {
            "delivery": one,
            "orders": one.number,
            "visits": visits[one.pk],
            "crates": sum(call.tally.crates for _ride, call in visits[one.pk]),
        }
        for one in deliveries
    ]
