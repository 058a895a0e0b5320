"""The weeks of a network, for its coordinator."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from logistics import desk
from network import clock
from network.access import COORDINATOR, network_for
from network.models import Cycle, DeliveryDay, Network
from orders.models import PurchaseOrder

WEEKS = 8


@login_required
def week(request: HttpRequest, network: str) -> HttpResponse:
    """The week of the next delivery day that is not over, else the last one."""
    found = network_for(request.user, network, COORDINATOR)
    coming = DeliveryDay.objects.filter(cycle__network=found, on__gte=clock.today()).exclude(status="settled")
    day = coming.select_related("cycle").order_by("on").first()
    cycle = day.cycle if day else found.cycles.order_by("-week_on").first()
    return _week_page(request, found, cycle)


@login_required
def cycle(request: HttpRequest, network: str, week_on: str) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    try:
        monday = date.fromisoformat(week_on)
    except ValueError:
        raise Http404 from None
    return _week_page(request, found, get_object_or_404(Cycle, network=found, week_on=monday))


def _week_page(request: HttpRequest, network: Network, cycle: Cycle | None) -> HttpResponse:
    weeks = network.cycles.order_by("-week_on").prefetch_related("days")
    page = Paginator(weeks, WEEKS).get_page(request.GET.get("page"))
    listed = [day for one in page for day in one.days.all()]
    days = list(cycle.days.order_by("on")) if cycle else []
    orders = desk.order_counts([*listed, *days])
    return render(
        request,
        "logistics/week.html",
        {
            "network": network,
            "cycle": cycle,
            "states": [choice for choice in DeliveryDay.Status.choices if choice[0] != DeliveryDay.Status.SCHEDULED],
            "days": _rows(days, orders),
            "page": page,
            "weeks": [
                {"cycle": one, "days": one.days.all(), "orders": sum(orders.get(day.pk, 0) for day in one.days.all())}
                for one in page
            ],
            "before": cycle and network.cycles.filter(week_on__lt=cycle.week_on).order_by("-week_on").first(),
            "after": cycle and network.cycles.filter(week_on__gt=cycle.week_on).order_by("week_on").first(),
        },
    )


def _rows(days: list[DeliveryDay], orders: dict[int, int]) -> list[dict[str, Any]]:
    value = desk.ordered_value(days)
    counts: dict[int, Any] = {
        row["pk"]: row
        for row in DeliveryDay.objects.filter(pk__in=[day.pk for day in days])
        .order_by()
        .values("pk")
        .annotate(
            planned=Count("rounds", distinct=True),
            driven=Count("rounds", Q(rounds__status="driven"), distinct=True),
            unplanned_stops=Count("unplanned", distinct=True),
        )
    }
    farms = dict(
        PurchaseOrder.objects.filter(delivery_day__in=days).order_by().values_list("delivery_day").annotate(Count("pk"))
    )
    return [
        {"day": day, "orders": orders.get(day.pk, 0), "value": value.get(day.pk, 0), "farms": farms.get(day.pk, 0)}
        | counts[day.pk]
        for day in days
    ]
