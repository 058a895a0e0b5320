"""What it brought and what it cost: what each farmer earned and paid for transport."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from logistics import statements
from logistics.earned import Earned, balance, earned
from producers.models import Producer

WEEKS = 12


@login_required
def money(request: HttpRequest, slug: str) -> HttpResponse:
    """Week by week: what she earned, and transport alone, together and saved."""
    farm = own_farm(request, slug)
    days = earned(farm)
    weeks = _by_week(days)
    page = Paginator(days, 20).get_page(request.GET.get("page"))
    shares = [day.share for day in days]
    months = statements.months(farm=farm)
    alone = sum((share.alone for share in shares), Decimal(0))
    together = sum((share.together for share in shares), Decimal(0))
    return render(
        request,
        "logistics/money.html",
        {
            "farm": farm,
            "network": _home(farm),
            "page": page,
            "columns": [
                {
                    "label": f"{week:%d/%m}",
                    "values": [sum(day.share.alone for day in found), sum(day.share.together for day in found)],
                }
                for week, found in reversed(weeks[:WEEKS])
            ],
            "series": _series(),
            "earned": sum((day.net for day in days), Decimal(0)),
            "goods": sum((day.goods for day in days), Decimal(0)),
            "alone": alone,
            "together": together,
            "saved": alone - together,
            "saving": (alone - together) / alone if alone else Decimal(0),
            "balance": balance(farm),
            "months": months,
            "several": len({network.pk for network, _month in months}) > 1,
        },
    )


def _series() -> list[dict[str, str]]:
    return [{"label": _("alone"), "kind": "alone"}, {"label": _("together"), "kind": "together"}]


def own_farm(request: HttpRequest, slug: str) -> Producer:
    return get_object_or_404(Producer.objects.run_by(request.user).select_related("organisation"), slug=slug)


def _home(farm: Producer) -> Any:
    membership = farm.organisation.memberships.current().filter(college="producers").select_related("network").first()
    return membership.network if membership else None


def _by_week(days: list[Earned]) -> list[tuple[Any, list[Earned]]]:
    weeks: dict[Any, list[Earned]] = {}
    for day in days:
        weeks.setdefault(day.day.cycle.week_on, []).append(day)
    return sorted(weeks.items(), reverse=True)
