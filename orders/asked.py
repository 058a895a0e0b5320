"""
What is asked in the networks of a farm and there is too little of, or nobody grows: searches, what sold out, standing orders that
could not be filled. In numbers, never by whom (`docs/products.md`). Reads only.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef

from network import clock
from network.models import Network
from network.quantities import Unit
from producers import kinds, words
from producers.models import Offer, Producer, Product, Supply

WEEKS = 12
LEAST = 3
"""Times something must have been searched for: what one person typed once is hers."""
MOST = 15


@dataclass(frozen=True)
class SoldOut:
    """A kind of product of which everything was ordered, in so many weeks at so many farms; `hers`: she sells this kind."""

    name: str
    weeks: int
    farms: int
    hers: bool


@dataclass(frozen=True)
class Unfilled:
    """What standing orders did not get of a kind, in its unit, and in how many weeks."""

    name: str
    missing: Decimal
    unit: str
    weeks: int
    hers: bool


@dataclass(frozen=True)
class Asked:
    network: Network
    searched: list[tuple[str, int]]
    sold_out: list[SoldOut]
    unfilled: list[Unfilled]

    @property
    def is_nothing(self) -> bool:
        return not (self.searched or self.sold_out or self.unfilled)


def since() -> date:
    """The Monday from which is counted."""
    return clock.monday_of(clock.today()) - timedelta(weeks=WEEKS)


def asked_of(farm: Producer, networks: Collection[Network]) -> list[Asked]:
    """Per network what was asked in the last twelve weeks and this one; three queries each, and one for what she sells."""
    hers = set(farm.products.active().exclude(dfc_type="").values_list("dfc_type", flat=True))
    return [
        Asked(
            network,
            words.unmet(network, since=since(), least=LEAST)[:MOST],
            _sold_out(network, hers),
            _unfilled(network, hers),
        )
        for network in networks
    ]


def _sold_out(network: Network, hers: Collection[str]) -> list[SoldOut]:
    offered = Offer.objects.filter(supply=OuterRef("pk"), delivery_day__cycle__network=network, listed=True)
    found = (
        Supply.objects.filter(Exists(offered), week_on__gte=since(), quantity__gt=0, reserved=F("quantity"))
        .values_list("product__dfc_type", "product__category")
        .annotate(weeks=Count("week_on", distinct=True), farms=Count("product__producer", distinct=True))
        .order_by("-weeks", "-farms", "product__dfc_type", "product__category")[:MOST]
    )
    return [
        SoldOut(_name(dfc_type, category), weeks, farms, dfc_type in hers) for dfc_type, category, weeks, farms in found
    ]


UNFILLED = """
SELECT product.dfc_type, product.category, product.unit,
       sum((line->>'wanted')::numeric - (line->>'got')::numeric) AS missing, count(DISTINCT cycle.week_on) AS weeks
FROM orders_subscriptionrun run
JOIN network_cycle cycle ON cycle.id = run.cycle_id
CROSS JOIN jsonb_array_elements(run.lines) line
JOIN producers_product product ON product.id = (line->>'product')::bigint
WHERE cycle.network_id = %s AND cycle.week_on >= %s AND run.outcome <> 'filled'
  AND (line->>'got')::numeric < (line->>'wanted')::numeric
GROUP BY product.dfc_type, product.category, product.unit
ORDER BY weeks DESC, missing DESC, product.dfc_type
LIMIT %s
"""


def _unfilled(network: Network, hers: Collection[str]) -> list[Unfilled]:
    with connection.cursor() as cursor:
        cursor.execute(UNFILLED, [network.pk, since(), MOST])
        rows = cursor.fetchall()
    return [
        Unfilled(_name(dfc_type, category), missing, str(Unit(unit).label), weeks, dfc_type in hers)
        for dfc_type, category, unit, missing, weeks in rows
    ]


def _name(dfc_type: str, category: str) -> str:
    """What a kind is called; one that is in no list goes by its shelf."""
    return kinds.name_of(dfc_type) or str(Product.Category(category).label)
