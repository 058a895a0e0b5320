"""
A first help for planning crops: how much was ordered of a kind in each week of the last year, in all networks of a farm together,
and of her own. Only where at least four farms sold it in that week, so that nobody can be recognised. Reads only.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from network import clock
from network.models import Network
from orders.models import PurchaseOrderLine
from producers import kinds, particulars
from producers.models import Producer, Product
from producers.prices import FEWEST

WEEKS = 52
GROWN = (Product.Category.VEGETABLES, Product.Category.FRUIT)


@dataclass(frozen=True)
class Week:
    """Kilos of a kind in a week of the year; `together` is None where fewer than four farms sold it."""

    week_on: date
    together: Decimal | None
    own: Decimal

    @property
    def number(self) -> int:
        return self.week_on.isocalendar().week


@dataclass(frozen=True)
class Crop:
    """A kind, or a whole shelf, with what of it was ordered by week of the year."""

    key: str
    name: str
    weeks: list[Week]
    season: list[int]

    @property
    def is_shown(self) -> bool:
        return any(week.together is not None for week in self.weeks)

    @property
    def months(self) -> list[tuple[str, str, bool]]:
        return particulars.months(self.season)


def kinds_of(networks: Collection[Network]) -> list[tuple[str, str]]:
    """What can be looked at, as key and name: shelves, then kinds, that four farms or more sold in the last year."""
    farms: dict[str, set[int]] = {}
    for producer, category, dfc_type in (
        _lines(networks).values_list("product__producer", "product__category", "product__dfc_type").distinct()
    ):
        for key in (category, dfc_type):
            farms.setdefault(key, set()).add(producer)
    enough = [key for key, sold in farms.items() if key and len(sold) >= FEWEST]
    shelves = [(str(one), _("%(shelf)s, all together") % {"shelf": one.label}) for one in GROWN if one in enough]
    named = [(key, kinds.name_of(key)) for key in enough if kinds.name_of(key)]
    return shelves + sorted(named, key=_by_name)


def _by_name(choice: tuple[str, str]) -> str:
    return choice[1]


def crop_of(farm: Producer, networks: Collection[Network], key: str, name: str) -> Crop:
    """One of `kinds_of`, in one query: by number of the week, of the 52 that lie behind."""
    which = Q(product__category=key) if key in GROWN else Q(product__dfc_type=key)
    kilos: Any = Sum(F("quantity") * F("product__unit_kg"), output_field=DecimalField())
    own: Any = Sum(F("quantity") * F("product__unit_kg"), filter=Q(product__producer=farm), output_field=DecimalField())
    rows = (
        _lines(networks)
        .filter(which)
        .values_list("purchase_order__delivery_day__cycle__week_on")
        .annotate(kilos=kilos, own=own, farms=Count("product__producer", distinct=True))
    )
    weeks = [
        Week(week_on, kilos if farms >= FEWEST else None, own or Decimal(0)) for week_on, kilos, own, farms in rows
    ]
    season: list[int] = next((kind.usual["season"] for kind in kinds.every().values() if kind.dfc_type == key), [])
    return Crop(key, name, sorted(weeks, key=_by_number), season)


def _by_number(week: Week) -> tuple[int, date]:
    return week.number, week.week_on


def _lines(networks: Collection[Network]) -> QuerySet[PurchaseOrderLine]:
    this_week = clock.monday_of(clock.today())
    return PurchaseOrderLine.objects.filter(
        purchase_order__delivery_day__cycle__network__in=networks,
        purchase_order__delivery_day__cycle__week_on__gte=this_week - timedelta(weeks=WEEKS),
        purchase_order__delivery_day__cycle__week_on__lt=this_week,
        product__category__in=GROWN,
    ).order_by()
