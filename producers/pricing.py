"""
From what a farmer receives to what a buyer pays, and back. The formula, with a worked example, is in `docs/pricing.md`:
`net = (price + tariff) / (1 - contribution)`, per unit, four decimals; then VAT, rounded once to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from network.models import DeliveryDay, Network, Organisation, PriceGroup, Tariff, VatRate, VatStatus
from network.money import euros, gross_of
from producers.models import Agreement, Offer, Product

UNIT_PRICE = Decimal("0.0001")
MOST_OVER = Decimal("1.10")
"""Goods sold by weight may weigh a tenth more than was ordered, and no more is paid."""
ODD = 5
"""A price so many times that of last week, or as small a part of it, is asked about: a comma is easily lost."""


@dataclass(frozen=True)
class Price:
    """Euro per unit: `price + tariff + contribution = net` exactly; `gross` is what the shelf says."""

    price: Decimal
    tariff: Decimal
    contribution: Decimal
    net: Decimal
    vat_rate: Decimal
    gross: Decimal


@dataclass(frozen=True)
class Terms:
    """What a network adds on a day: tariff per crate by storage class, VAT in percent by category, its price groups."""

    network: Network
    tariffs: dict[str, Decimal]
    vat_rates: dict[str, Decimal]
    groups: tuple[PriceGroup, ...]

    def tariff_on(self, product: Product) -> Decimal:
        """Euro of logistics per unit; a storage class without a tariff rides for nothing."""
        return unit_price(self.tariffs.get(product.storage_class, Decimal(0)) / product.units_per_crate)

    def vat_on(self, product: Product, regime: str) -> Decimal:
        """Percent of VAT on a sale: of the hub (retail), or of the farmer under her own regime (facilitation)."""
        if self.network.flow == Network.Flow.FACILITATION and regime != VatStatus.Regime.NORMAL:
            return Decimal(0)
        return self.vat_rates[product.vat_category]


def terms_of(days: Sequence[DeliveryDay]) -> dict[int, Terms]:
    """The terms of delivery days, by their id, in three queries; `cycle__network` is expected to be selected."""
    if not days:
        return {}
    networks = {day.network.pk: day.network for day in days}
    on = {day.on for day in days}
    week = DateRange(min(on), max(on), "[]")
    tariffs = list(Tariff.objects.filter(network__in=networks, period__overlap=week))
    vat_rates = list(VatRate.objects.filter(period__overlap=week))
    groups = list(PriceGroup.objects.filter(network__in=networks).order_by("pk"))
    return {
        day.pk: Terms(
            network=networks[day.network.pk],
            tariffs={
                tariff.storage_class: tariff.per_crate
                for tariff in tariffs
                if tariff.network_id == day.network.pk and _holds(tariff.period, day.on)
            },
            vat_rates={rate.category: rate.rate for rate in vat_rates if _holds(rate.period, day.on)},
            groups=tuple(group for group in groups if group.network_id == day.network.pk),
        )
        for day in days
    }


def regimes_of(seller: Organisation, days: Sequence[DeliveryDay]) -> dict[int, str]:
    """The seller's VAT regime on delivery days, by their id; normal when none is known."""
    statuses = list(VatStatus.objects.filter(organisation=seller))
    return {
        day.pk: next((s.regime for s in statuses if _holds(s.period, day.on)), str(VatStatus.Regime.NORMAL))
        for day in days
    }


def shelf_price(*, price: Decimal, product: Product, group: PriceGroup, terms: Terms, regime: str) -> Price:
    """What buyers of `group` pay when the farmer, under her VAT `regime`, receives `price` per unit."""
    price = unit_price(price)
    tariff = terms.tariff_on(product)
    net = unit_price((price + tariff) / (1 - group.contribution))
    vat_rate = terms.vat_on(product, regime)
    return Price(price, tariff, net - price - tariff, net, vat_rate, gross_of(net, vat_rate))


def at_terms(price: Decimal, agreed: Sequence[Agreement], **terms: Any) -> dict[str, Any]:
    """
    The prices of an offer, with `terms` as for `shelf_price`: at what she asks, or at what was agreed for any quantity; and
    its tiers, from so many units, fewest first.
    """
    fixed = next((one.price for one in agreed if not one.from_quantity), price)
    tiers = [
        {"from": str(one.from_quantity)}
        | {name: str(value) for name, value in vars(shelf_price(price=one.price, **terms)).items()}
        for one in agreed
        if one.from_quantity
    ]
    return {**vars(shelf_price(price=fixed, **terms)), "tiers": tiers}


def prices_of(offer: Offer) -> list[tuple[Decimal, Price]]:
    """From how many units each of its prices holds, fewest first: its own from 0, then its tiers."""
    names = [field.name for field in fields(Price)]
    own = Price(**{name: getattr(offer, name) for name in names})
    return [(Decimal(0), own)] + [
        (Decimal(tier["from"]), Price(**{name: Decimal(tier[name]) for name in names})) for tier in offer.tiers
    ]


def price_for(offer: Offer, quantity: Decimal) -> Price:
    """What so many units of an offer cost each."""
    return [price for least, price in prices_of(offer) if quantity >= least][-1]


def farmer_price(*, gross: Decimal, product: Product, group: PriceGroup, terms: Terms, regime: str) -> Decimal:
    """
    What the farmer receives when the shelf says `gross`; may be 0 or less when the tariff alone costs more. Pricing it
    forward again gives the same gross to the cent, for any contribution up to 95 %.
    """
    net = gross * 100 / (100 + terms.vat_on(product, regime))
    return unit_price(net * (1 - group.contribution) - terms.tariff_on(product))


def per_measure(gross: Decimal, product: Product) -> Decimal:
    """Euro per kg, litre or piece (`product.net_unit`) of goods that cost `gross` per unit, as the law wants it shown."""
    return euros(gross / product.net_quantity)


def unit_price(amount: Decimal) -> Decimal:
    """Euro per unit, four decimals, half up."""
    return amount.quantize(UNIT_PRICE, rounding=ROUND_HALF_UP)


def is_odd(price: Decimal, usual: Decimal | None) -> bool:
    """Whether a price is so far from the usual one that it may be a slip of the finger."""
    return bool(usual and (price >= usual * ODD or price * ODD <= usual))


def _holds(period: Any, day: date) -> bool:
    return day in period
