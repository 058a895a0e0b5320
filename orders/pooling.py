"""
What is sold only if enough of it is ordered: whether it goes on is decided at its moment, on the farmer's word, or when the
first of its days closes, whichever comes first. When it does not, every line of it lapses and its buyers are told.

Locks: all its days in pk order, for us alone; then as `orders.cutting`.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from network import clock, journal
from network.models import DeliveryDay, Person
from orders import cutting
from orders.models import Order, OrderLine
from producers.models import Offer, Pool, ShortageRule, Supply


def confirmed(supply: Supply) -> Decimal:
    """Units that buyers confirmed; what lies in a basket does not count."""
    lines = OrderLine.objects.filter(supply=supply, order__status=Order.Status.CONFIRMED)
    return lines.aggregate(all=Sum("confirmed"))["all"] or Decimal(0)


@transaction.atomic
def decide(*, pool: Pool, goes_on: bool | None = None, by: Person | None = None) -> bool:
    """
    It goes on, or is called off: by what is confirmed (`goes_on` None), or on the farmer's word whatever is confirmed. What
    goes on can be ordered again until its days close. False when it was decided already.
    """
    lock_days(days_of([pool]))
    found = Pool.objects.select_for_update(no_key=True, of=("self",)).select_related("supply__product").get(pk=pool.pk)
    if found.status != Pool.Status.GATHERING:
        return False
    supply, asked = found.supply, confirmed(found.supply)
    if goes_on is None:
        goes_on = asked >= found.threshold
    found.status, found.decided_at = (Pool.Status.ON if goes_on else Pool.Status.OFF), clock.now()
    found.save(update_fields=["status", "decided_at"])
    offers = Offer.objects.filter(supply=supply)
    if goes_on:
        offers.update(closes_at=None)
    else:
        offers.update(listed=False)
        _lapse(supply, by)
    journal.record(
        action="it goes on" if goes_on else "called it off",
        subject=supply,
        by=by,
        number=str(asked),
        of=str(found.threshold),
    )
    return True


def _lapse(supply: Supply, by: Person | None) -> None:
    supply.refresh_from_db(fields=["reserved"])
    if supply.reserved:
        rule, nothing = ShortageRule.PRO_RATA, Decimal(0)
        mark = cutting.plan(supply=supply, quantity=nothing, rule=rule).mark
        cutting.cut(supply=supply, quantity=nothing, rule=rule, mark=mark, called_off=True, by=by)


def days_of(pools: list[Pool]) -> list[int]:
    offers = Offer.objects.filter(supply__in=[pool.supply_id for pool in pools])
    return list(offers.order_by().values_list("delivery_day", flat=True).distinct())


def lock_days(pks: list[int]) -> None:
    list(DeliveryDay.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk"))


def decide_before_closing(day: DeliveryDay) -> None:
    """Whatever is not decided of what a day sells, is decided now; within the transaction that closes it."""
    pools = list(
        Pool.objects.filter(status=Pool.Status.GATHERING, supply__offers__delivery_day=day).distinct().order_by("pk")
    )
    if pools:
        lock_days([day.pk, *days_of(pools)])
    for pool in pools:
        decide(pool=pool)


def due() -> list[int]:
    """Pools, by pk, whose moment has come."""
    found = Pool.objects.filter(status=Pool.Status.GATHERING, decides_at__lte=clock.now())
    return list(found.order_by("pk").values_list("pk", flat=True))
