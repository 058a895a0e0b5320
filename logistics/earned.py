"""What a farm earned day by day, after her part in the transport."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from logistics.models import CostShare
from logistics.statements import per_line
from network.models import Account, DeliveryDay, Posting, VatRate
from network.money import euros
from orders.models import OrderLine
from producers.models import Producer

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


def earned(farm: Producer, *, day: DeliveryDay | None = None) -> list[Earned]:
    """Her settled days, the last first, in three queries; of all days without what they were computed from."""
    shares = CostShare.objects.filter(producer=farm, cost_run__corrected_at=None).select_related(
        "cost_run__delivery_day__cycle__network", "producer__organisation"
    )
    if day:
        shares = shares.filter(cost_run__delivery_day=day)
    else:
        shares = shares.defer("cost_run__inputs", "cost_run__result")
    sold = {
        row["order__delivery__delivery_day"]: row
        for row in _sold(farm)
        .values("order__delivery__delivery_day")
        .annotate(
            goods=Sum(per_line("price")),
            tariff=Sum(per_line("tariff")),
            kept=Sum(per_line("contribution")),
        )
    }
    rates = list(VatRate.objects.filter(category="service"))
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
                vat=euros(share.share * next((one.rate for one in rates if its.on in one.period), Decimal(0)) / 100),
            )
        )
    return found


def _sold(farm: Producer) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(producer=farm, billed__gt=0, order__status__in=BILLED)


def balance(farm: Producer) -> Decimal:
    """Euro the networks owe her now."""
    total = Posting.objects.filter(
        account__organisation=farm.organisation, account__kind=Account.Kind.PRODUCER
    ).aggregate(total=Sum("amount"))["total"]
    return -(total or Decimal(0))
