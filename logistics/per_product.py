"""
What each product earned after transport (`docs/farm-money.md`): her share of a day's rounds is divided over her goods of that
day by the crates they filled, since crates are what a van has room for.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from logistics.farm_year import Sums, sold_in
from logistics.models import CostShare
from logistics.statements import per_line
from network.models import Network
from network.money import cents, euros, from_cents, share_out
from producers.models import Producer, Product

ZERO = Decimal(0)


@dataclass
class Earned:
    """Euro without VAT over a year: goods at her price, the tariff customers paid on them, and their part of her transport."""

    product: Product
    units: Decimal = ZERO
    crates: Decimal = ZERO
    goods: Decimal = ZERO
    tariff: Decimal = ZERO
    transport: Decimal = ZERO

    @property
    def after_transport(self) -> Decimal:
        return self.goods + self.tariff - self.transport

    @property
    def per_unit(self) -> Decimal:
        return euros(self.after_transport / self.units)

    @property
    def price(self) -> Decimal:
        """Her own price per unit, on average."""
        return euros(self.goods / self.units)


def products_of(farm: Producer, year: int, network: Network | None = None) -> list[Earned]:
    """Her products, what earned most first, in three queries."""
    lines, shares = sold_in(farm, year), CostShare.objects.filter(producer=farm, cost_run__corrected_at=None)
    shares = shares.filter(cost_run__delivery_day__on__year=year)
    if network:
        lines = lines.filter(order__delivery__delivery_day__cycle__network=network)
        shares = shares.filter(cost_run__delivery_day__cycle__network=network)
    days: dict[int, list[dict[str, Any]]] = defaultdict(list)
    sold: Any = lines.values("product", day=F("order__delivery__delivery_day")).annotate(
        units=Sum("billed"),
        crates=Sum(F("billed") * F("crate_share")),
        goods=Sum(per_line("price")),
        tariff=Sum(per_line("tariff")),
    )
    for row in sold:
        days[row["day"]].append(row)
    charged = dict(shares.values_list("cost_run__delivery_day", "share"))
    products = Product.objects.in_bulk({row["product"] for rows in days.values() for row in rows})
    found = {pk: Earned(product) for pk, product in products.items()}
    for day, rows in days.items():
        rows.sort(key=lambda one: one["product"])
        parts = share_out(cents(charged.get(day, ZERO)), [row["crates"] for row in rows])
        for row, part in zip(rows, parts, strict=True):
            its = found[row["product"]]
            its.units, its.crates = its.units + row["units"], its.crates + row["crates"]
            its.goods, its.tariff = its.goods + row["goods"], its.tariff + row["tariff"]
            its.transport += from_cents(part)
    return sorted(found.values(), key=lambda one: (-one.after_transport, one.product.pk))


def beside(products: Sequence[Earned], sums: Sums) -> Sums:
    """What of the books stands on no product: cents of rounding, goods the network bore, days of which all was credited."""
    return Sums(
        goods=sums.goods - sum((one.goods for one in products), ZERO),
        tariff=sums.tariff - sum((one.tariff for one in products), ZERO),
        transport=sums.transport + sum((one.transport for one in products), ZERO),
    )
