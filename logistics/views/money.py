"""What it cost and what it brought: the settlement of a day, and what each farmer earned and paid for transport."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from logistics import statements
from logistics.earned import Earned, balance, earned
from logistics.models import CostRun, CostShare
from network.access import COORDINATOR, require_role
from network.models import Account, DeliveryDay
from producers.models import Producer

WEEKS = 12


@login_required
def settlement(request: HttpRequest, pk: int) -> HttpResponse:
    """Who pays what for the rounds of a day: alone, together, saved."""
    day = get_object_or_404(DeliveryDay.objects.select_related("cycle__network"), pk=pk)
    require_role(request.user, day.network, COORDINATOR)
    run = day.cost_runs.current().first()
    shares = list(run.shares.select_related("producer__organisation").order_by("-alone", "pk")) if run else []
    transactions = list(day.transactions.order_by("pk").exclude(key__startswith="sale:"))
    driven = Decimal(run.inputs.get("driven", run.cost)) if run else Decimal(0)
    accounts: dict[tuple[str, int | None], int] = {
        (kind, owner): pk
        for kind, owner, pk in Account.objects.filter(
            network=day.network, kind__in=[Account.Kind.PRODUCER, Account.Kind.VARIANCE]
        ).values_list("kind", "organisation", "pk")
    }
    return render(
        request,
        "logistics/settlement.html",
        {
            "network": day.network,
            "day": day,
            "run": run,
            "shares": shares,
            "bars": [
                bar(share, _account_url(day, accounts.get((Account.Kind.PRODUCER, share.producer.organisation_id))))
                for share in shares
            ],
            "alone": sum((share.alone for share in shares), Decimal(0)),
            "together": sum((share.together for share in shares), Decimal(0)),
            "driven": driven,
            "variance": driven - run.cost if run else Decimal(0),
            "variance_url": _account_url(day, accounts.get((Account.Kind.VARIANCE, None))),
            "rides": _rides(run, {one.key: one.pk for one in transactions}),
            "transactions": transactions,
        },
    )


def _rides(run: CostRun | None, booked: dict[str, int]) -> list[dict[str, Any]]:
    """The rounds as they were settled, each with its transaction; none of days settled before rounds were kept whole."""
    kept = [ride for ride in run.inputs["rounds"] if isinstance(ride, dict)] if run else []
    return [
        {
            **ride,
            "variance": Decimal(ride["driven"]["cost"]) - Decimal(ride["planned"]["cost"]),
            "transaction": booked.get(f"round:{ride['round']}"),
        }
        for ride in kept
    ]


def _account_url(day: DeliveryDay, account: int | None) -> str:
    return reverse("network:account", args=[day.network.slug, account]) if account else ""


def bar(share: CostShare, url: str = "") -> dict[str, Any]:
    return {"label": str(share.producer), "values": [share.alone, share.together, share.saved], "url": url}


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
