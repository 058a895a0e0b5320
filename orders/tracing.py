"""
One step down: from a lot, or from a product and dates, to everybody who got it (`docs/traceability.md`). Several lots of a
product on one day cannot be told apart in the crates: each line of that product and day counts for each of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, JSONObject

from network.access import COORDINATOR
from network.models import Delivery, DeliveryDay, Network, Organisation, OrganisationRole
from orders.models import Order, OrderLine, Shortfall
from producers.models import Lot, LotUse, Producer, Product

LONGEST = 92
"""Days of one search by product."""
PLACES = Prefetch(
    "order__delivery",
    Delivery.objects.select_related("delivery_day__cycle__network", "pickup_point", "outlet__organisation"),
)
"""Where lines were delivered, each place once however many lines went there."""


@dataclass(frozen=True)
class Viewer:
    """What somebody may see of where a farm's goods went: the networks she coordinates, and whether she works for the farm."""

    networks: frozenset[int]
    is_farmer: bool

    def may_see(self, lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
        if self.is_farmer:
            return lines
        return lines.filter(order__delivery__delivery_day__cycle__network__in=self.networks)


def viewer_of(person: Any, farm: Producer) -> Viewer:
    networks = Network.objects.with_role(person, COORDINATOR).values_list("pk", flat=True)
    is_farmer = Producer.objects.run_by(person).filter(pk=farm.pk).exists()
    return Viewer(frozenset(networks), is_farmer)


@dataclass(frozen=True)
class Goods:
    """A product of a delivery day; `lot` when one lot of it is meant."""

    product: Product
    day: DeliveryDay
    lot: Lot | None = None


@dataclass(frozen=True)
class Got:
    """
    A line and how much of it really went to its buyer. The farm reads of a household only the number of its order and where
    it was collected; `contacts` are for the coordinator of its network.
    """

    line: OrderLine
    quantity: Decimal
    named: bool
    coordinated: bool
    contacts: list[dict[str, str]]

    @property
    def order(self) -> Order:
        return self.line.order

    @property
    def day(self) -> DeliveryDay:
        return self.line.order.delivery.delivery_day


def goods_of_lots(lots: Iterable[Lot]) -> list[Goods]:
    """The days with which these lots went; one query."""
    uses = (
        LotUse.objects.filter(lot__in=list(lots))
        .select_related("lot__product", "delivery_day__cycle__network")
        .order_by("delivery_day__on", "pk")
    )
    return [Goods(use.lot.product, use.delivery_day, use.lot) for use in uses]


def goods_of_product(product: Product, first: date, last: date) -> list[Goods]:
    """The days of a period on which the product was ordered; one query."""
    days = (
        DeliveryDay.objects.filter(
            pk__in=OrderLine.objects.filter(
                product=product,
                order__in=Order.objects.confirmed(),
                order__delivery__delivery_day__on__range=(first, last),
            ).values("order__delivery__delivery_day")
        )
        .select_related("cycle__network")
        .order_by("on", "pk")
    )
    return [Goods(product, day) for day in days]


def lines_of(goods: Sequence[Goods]) -> QuerySet[OrderLine]:
    """
    The confirmed order lines that got any of these goods, `got` of them. What was bad on arrival was got all the same; what
    was missing was not. One query, found by the product's lines.
    """
    days: dict[int, set[int]] = defaultdict(set)
    for one in goods:
        days[one.product.pk].add(one.day.pk)
    wanted = [Q(product=product, order__delivery__delivery_day__in=its) for product, its in days.items()]
    if not wanted:
        return OrderLine.objects.none()
    return with_got(OrderLine.objects.filter(reduce(or_, wanted))).order_by(
        "order__delivery__delivery_day__on", "order__delivery", "order__number", "order", "pk"
    )


def with_got(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    """Of these lines those that are confirmed and got something, each with how much: `got`."""
    there = Case(
        When(shortfall=None, then=Value(Decimal(0))),
        When(shortfall__reason=Shortfall.Reason.MISSING, then=Value(Decimal(0))),
        default=F("shortfall__quantity"),
    )
    confirmed = lines.filter(order__in=Order.objects.confirmed())
    return confirmed.annotate(got=Coalesce("packed", "confirmed") + there).filter(got__gt=0)


def with_buyers(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    """The same with buyer, place and `people`: who can be called or written to. Two queries, however many lines."""
    people = (
        OrganisationRole.objects.filter(organisation=OuterRef("order__buyer"), person__is_active=True)
        .order_by("-role", "pk")
        .values(json=JSONObject(name="person__name", phone="person__phone", email="person__email"))
    )
    return (
        lines.select_related("order__buyer")
        .prefetch_related(PLACES)
        .only("name", "unit", "product", "order__number", "order__delivery", "order__buyer__name", "order__buyer__kind")
        .annotate(people=ArraySubquery(people))
    )


def got(lines: Iterable[OrderLine], viewer: Viewer, *, quantities: Mapping[int, Decimal] | None = None) -> list[Got]:
    """Lines as this viewer may see them: `quantities` as they were kept, else as they are known now."""
    found = []
    for line in lines:
        coordinates = line.order.delivery.delivery_day.network.pk in viewer.networks
        found.append(
            Got(
                line=line,
                quantity=quantities[line.pk] if quantities is not None else line.got,  # type: ignore[attr-defined]
                named=coordinates or line.order.buyer.kind != Organisation.Kind.HOUSEHOLD,
                coordinated=coordinates,
                contacts=line.people if coordinates else [],  # type: ignore[attr-defined]
            )
        )
    return found
