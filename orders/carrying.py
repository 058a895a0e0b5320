"""Stock that carries over, beside what is ordered of it: `producers.standing` moves it, only orders know for which day it goes."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Greatest

from network.models import DeliveryDay, Person
from orders.models import OrderLine, WithdrawalLine
from producers import desk, standing, stock
from producers.models import Product, Supply

FEW = 5
"""Of what came back, how much the page shows."""


@transaction.atomic
def begin(
    *, product: Product, quantity: Decimal, price: Decimal, until_gone: bool = False, by: Person | None
) -> Supply:
    """
    From this week on `product` carries over, and `quantity` is what there is of it, without what closed days take. What is
    ordered of it this week goes along. Refused as `standing.begin` is.
    """
    standing.lock_days(product.producer)
    week_on = desk.present_week(product.producer)
    closed = OrderLine.objects.filter(
        supply__in=Supply.objects.filter(product=product, week_on=week_on, carries_over=False), confirmed__gt=0
    ).exclude(order__delivery__delivery_day__status__in=stock.TO_COME)
    sold = closed.values_list("order__delivery__delivery_day").annotate(sold=Sum("confirmed"))
    return standing.begin(
        product=product,
        week_on=week_on,
        quantity=quantity,
        price=price,
        until_gone=until_gone,
        sold=dict(sold),
        by=by,
    )


def came_back(supply: Supply) -> list[WithdrawalLine]:
    """What buyers who withdrew gave back of it since it carries over, the latest first: hers to note once it is good to sell."""
    lines = WithdrawalLine.objects.filter(line__supply=supply, received__gt=0, withdrawal__received_at__isnull=False)
    return list(lines.select_related("withdrawal").order_by("-withdrawal__received_at", "-pk")[:FEW])


@dataclass(frozen=True)
class Asked:
    """How much of a stock lies in baskets and orders of a day that still takes orders."""

    day: DeliveryDay
    quantity: Decimal


def asked(supply: Supply) -> list[Asked]:
    """What is reserved of a stock, day by day; two queries."""
    by_day = dict(
        OrderLine.objects.filter(supply=supply, order__status__in=["basket", "confirmed"])
        .order_by()
        .values_list("order__delivery__delivery_day")
        .annotate(asked=Sum(Greatest(F("quantity"), F("confirmed"))))
    )
    days = DeliveryDay.objects.filter(pk__in=by_day).select_related("cycle__network").order_by("on", "pk")
    return [Asked(day, by_day[day.pk]) for day in days]
