"""
What each way of getting her goods to the hub would have cost a farm on the goods of her last settled week: an estimate for
the choice of the next (`docs/farm-money.md`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from logistics import choosing
from logistics.choosing import Choice, Outcome
from logistics.models import CostShare
from network.models import DeliveryDay
from producers.models import Producer

Transport = Producer.Transport
PATIENCE = 1.5
"""Seconds after which no other day is begun on; the rest waits for another press of the button."""
OTHER = {Transport.BRINGS: Choice("collected"), Transport.COLLECTED: Choice("bring")}


@dataclass(frozen=True)
class Ways:
    """
    The settled days of a week, and what her goods of those days cost her each way, by transport. `left` are days that were not
    reckoned yet, `asked` when a worker does it; the sums are without them.
    """

    days: list[DeliveryDay]
    costs: dict[str, Outcome]
    left: int = 0
    asked: bool = False

    @property
    def rows(self) -> Iterator[tuple[str, Outcome]]:
        """Label and cost; who drives a round pays as who is collected."""
        for transport, cost in self.costs.items():
            yield str(Transport(transport).label), cost

    @property
    def more(self) -> Decimal:
        """How much dearer bringing is than being collected."""
        return self.costs[Transport.BRINGS].together - self.costs[Transport.COLLECTED].together

    @property
    def less(self) -> Decimal:
        return -self.more


def of_last_week(farm: Producer) -> Ways | None:
    """Reckoned while somebody waits, as far as there is time; None without a settled day of which the games were kept."""
    shares = _last(farm)
    if not shares:
        return None
    began, left, asked = monotonic(), 0, False
    costs = {str(Transport.COLLECTED): _nothing(), str(Transport.BRINGS): _nothing()}
    days = []
    for share in shares:
        hers = next(row for row in share.cost_run.inputs["producers"] if row["id"] == share.producer_id)
        way = Transport.BRINGS if hers["brings"] else Transport.COLLECTED
        other = Transport.COLLECTED if hers["brings"] else Transport.BRINGS
        as_was = then = choosing.now(share)
        if OTHER[way] in choosing.choices_of(share=share):
            large = choosing.is_large(share)
            found = choosing.reckoned(share=share, choice=OTHER[way])
            if found is None and not large and monotonic() - began < PATIENCE:
                found = choosing.reckon(share=share, choice=OTHER[way])
            if found is None:
                left += 1
                if large:
                    choosing.ask_for(share)
                    asked = True
                continue
            then = found
        costs[way], costs[other] = _sum(costs[way], as_was), _sum(costs[other], then)
        days.append(share.cost_run.delivery_day)
    return Ways(days, costs, left, asked)


def _last(farm: Producer) -> list[CostShare]:
    """Her bills of the last week in which one was settled, in whichever networks."""
    shares = CostShare.objects.filter(
        producer=farm, cost_run__corrected_at=None, cost_run__inputs__has_key="places"
    ).select_related("cost_run__delivery_day__cycle__network")
    last = shares.order_by("-cost_run__delivery_day__cycle__week_on").values_list(
        "cost_run__delivery_day__cycle__week_on", flat=True
    )
    return list(
        shares.filter(cost_run__delivery_day__cycle__week_on=last[:1]).order_by("cost_run__delivery_day__on", "pk")
    )


def _nothing() -> Outcome:
    return Outcome(Decimal(0), Decimal(0), Decimal(0))


def _sum(one: Outcome, more: Outcome) -> Outcome:
    return Outcome(one.alone + more.alone, one.own + more.own, one.share + more.share)
