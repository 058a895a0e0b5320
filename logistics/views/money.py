"""What it brought and what it cost: what each farmer earned and paid for transport."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Round
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from logistics.models import CostShare
from network.models import Account, DeliveryDay, Posting, VatRate
from network.money import euros
from network.texts import LocalText
from orders.models import OrderLine, PurchaseOrder
from producers.models import Producer

WEEKS = 12
BILLED = ("settled",)


@dataclass(frozen=True)
class Earned:
    """What one delivery day brought a producer, in euro without VAT unless named so."""

    day: DeliveryDay
    goods: Decimal
    tariff: Decimal
    contribution: Decimal
    share: CostShare
    vat: Decimal

    @property
    def net(self) -> Decimal:
        """Her goods at her price, plus the tariff collected on them, less her share of the round."""
        return self.goods + self.tariff - self.share.share


def _bar(share: CostShare) -> dict[str, Any]:
    return {"label": str(share.producer), "values": [share.alone, share.together, share.saved]}


@login_required
def money(request: HttpRequest, slug: str) -> HttpResponse:
    """Week by week: what she earned, and transport alone, together and saved."""
    farm = _own_farm(request, slug)
    days = _earned(farm)
    weeks = _by_week(days)
    page = Paginator(days, 20).get_page(request.GET.get("page"))
    shares = [day.share for day in days]
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
            "balance": _balance(farm),
        },
    )


def _series() -> list[dict[str, str]]:
    return [{"label": _("alone"), "kind": "alone"}, {"label": _("together"), "kind": "together"}]


@login_required
def money_day(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One day unfolded: every euro down to its posting, and how her saving compares on the round."""
    farm = _own_farm(request, slug)
    day = get_object_or_404(
        DeliveryDay.objects.filter(cost_runs__shares__producer=farm).distinct().select_related("cycle__network"), pk=pk
    )
    earned = _earned(farm, day=day)[0]
    savings = sorted(share.saved / share.alone for share in earned.share.cost_run.shares.all() if share.alone)
    lines = (
        OrderLine.objects.filter(producer=farm, order__delivery__delivery_day=day, billed__gt=0)
        .values("name", "unit", "price")
        .annotate(units=Sum("billed"), worth=Sum(_cents("price")))
        .order_by("-worth")
    )
    postings = (
        Posting.objects.filter(account__organisation=farm.organisation, transaction__delivery_day=day)
        .exclude(account__kind=Account.Kind.BUYER)
        .select_related("transaction", "account")
        .order_by("pk")
    )
    share = earned.share
    return render(
        request,
        "logistics/money_day.html",
        {
            "farm": farm,
            "network": day.network,
            "day": day,
            "run": earned.share.cost_run,
            "earned": earned,
            "share": share,
            "bars": [_bar(share)],
            "saving": share.saved / share.alone if share.alone else None,
            "lowest": savings[0] if savings else None,
            "highest": savings[-1] if savings else None,
            "members": len(savings),
            "lines": [{**line, "name": LocalText(line["name"])} for line in lines],
            "postings": postings,
            "balance": -sum((posting.amount for posting in postings), Decimal(0)),
            "deductible": _deducts(farm, day),
            "purchase": PurchaseOrder.objects.filter(producer=farm, delivery_day=day).first(),
        },
    )


def _own_farm(request: HttpRequest, slug: str) -> Producer:
    return get_object_or_404(Producer.objects.run_by(request.user).select_related("organisation"), slug=slug)


def _home(farm: Producer) -> Any:
    membership = farm.organisation.memberships.current().filter(college="producers").select_related("network").first()
    return membership.network if membership else None


def _earned(farm: Producer, *, day: DeliveryDay | None = None) -> list[Earned]:
    """Her settled days, the last first, in three queries."""
    shares = CostShare.objects.filter(producer=farm, cost_run__corrected_at=None).select_related(
        "cost_run__delivery_day__cycle__network", "producer__organisation"
    )
    if day:
        shares = shares.filter(cost_run__delivery_day=day)
    sold = {
        row["order__delivery__delivery_day"]: row
        for row in _sold(farm)
        .values("order__delivery__delivery_day")
        .annotate(
            goods=Sum(F("price") * F("billed")),
            tariff=Sum(F("tariff") * F("billed")),
            kept=Sum(F("contribution") * F("billed")),
        )
    }
    rate = VatRate.objects.filter(category="service").order_by("-period").values_list(
        "rate", flat=True
    ).first() or Decimal(0)
    found = []
    for share in shares.order_by("-cost_run__delivery_day__on", "-pk"):
        its = share.cost_run.delivery_day
        row = sold.get(its.pk, {"goods": Decimal(0), "tariff": Decimal(0), "kept": Decimal(0)})
        found.append(
            Earned(
                day=its,
                goods=euros(row["goods"]),
                tariff=euros(row["tariff"]),
                contribution=euros(row["kept"]),
                share=share,
                vat=euros(share.share * rate / 100),
            )
        )
    return found


def _cents(part: str) -> Round:
    """What billing rounds per line, rounded the same way."""
    return Round(F(part) * F("billed"), precision=2)


def _sold(farm: Producer) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(producer=farm, billed__gt=0, order__status__in=BILLED)


def _by_week(days: list[Earned]) -> list[tuple[Any, list[Earned]]]:
    weeks: dict[Any, list[Earned]] = {}
    for day in days:
        weeks.setdefault(day.day.cycle.week_on, []).append(day)
    return sorted(weeks.items(), reverse=True)


def _balance(farm: Producer) -> Decimal:
    """Euro the networks owe her now."""
    total = Posting.objects.filter(
        account__organisation=farm.organisation, account__kind=Account.Kind.PRODUCER
    ).aggregate(total=Sum("amount"))["total"]
    return -(total or Decimal(0))


def _deducts(farm: Producer, day: DeliveryDay) -> bool:
    """Whether she can deduct the VAT on her cost share: not under the agricultural scheme or the exemption."""
    return not farm.organisation.vat_statuses.filter(
        period__contains=day.on, regime__in=["agricultural", "exempt"]
    ).exists()
