"""
From what a farmer receives to what a buyer pays, and back. The formula, with a worked example, is in `docs/pricing.md`:
`net = (price + tariff) / (1 - contribution)`, per unit, four decimals; then VAT, rounded once to the cent.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from network.models import Network, PriceGroup, Tariff, VatRate
from network.money import gross_of
from producers.models import Product

UNIT_PRICE = Decimal("0.0001")


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
        """Euro of logistics per unit."""
        return _unit_price(self.tariffs.get(product.storage_class, Decimal(0)) / product.units_per_crate)

    def vat_on(self, product: Product, regime: str) -> Decimal:
        """Percent of VAT on a sale: of the hub (retail), or of the farmer under her own regime (facilitation)."""
        if self.network.flow == Network.Flow.FACILITATION and regime != "normal":
            return Decimal(0)
        return self.vat_rates[product.vat_category]


def terms_of(networks: list[Network], *, on: date) -> dict[int, Terms]:
    """The terms of several networks on a day, by network id, in three queries."""
    tariffs: dict[int, dict[str, Decimal]] = {}
    for network_id, storage_class, per_crate in (
        Tariff.objects.on(on).filter(network__in=networks).values_list("network_id", "storage_class", "per_crate")
    ):
        tariffs.setdefault(network_id, {})[storage_class] = per_crate
    vat_rates = dict(VatRate.objects.filter(period__contains=on).values_list("category", "rate"))
    groups: dict[int, list[PriceGroup]] = {}
    for group in PriceGroup.objects.filter(network__in=networks).order_by("pk"):
        groups.setdefault(group.network_id, []).append(group)
    return {
        network.pk: Terms(network, tariffs.get(network.pk, {}), vat_rates, tuple(groups.get(network.pk, [])))
        for network in networks
    }


def shelf_price(*, price: Decimal, product: Product, group: PriceGroup, terms: Terms, regime: str) -> Price:
    """What buyers of `group` pay when the farmer, under her VAT `regime`, receives `price` per unit."""
    price = _unit_price(price)
    tariff = terms.tariff_on(product)
    net = _unit_price((price + tariff) / (1 - group.contribution))
    vat_rate = terms.vat_on(product, regime)
    return Price(price, tariff, net - price - tariff, net, vat_rate, gross_of(net, vat_rate))


def farmer_price(*, gross: Decimal, product: Product, group: PriceGroup, terms: Terms, regime: str) -> Decimal:
    """
    What the farmer receives when the shelf says `gross`; may be 0 or less when the tariff alone costs more. Pricing it
    forward again gives the same gross to the cent.
    """
    net = gross * 100 / (100 + terms.vat_on(product, regime))
    return _unit_price(net * (1 - group.contribution) - terms.tariff_on(product))


def _unit_price(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT_PRICE, rounding=ROUND_HALF_UP)
