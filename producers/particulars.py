"""What the law wants shown beside a product before it is bought, in the reader's language."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from network import clock
from network.quantities import Unit
from producers.models import ALLERGENS, Offer, Product
from producers.pricing import Price, per_measure

SMALL = {"kg": "g", "l": "ml"}
MEASURES = {"kg": "kg", "l": "l"}


def size_of(product: Product) -> str:
    """What one unit is: `bunch, 700 g`, `500 g`, `box, 6 pieces`, `per kg, weighed`."""
    unit = str(product.get_unit_display())
    if product.sold_by_weight and product.unit == Unit.KG:
        return _("per kg, weighed")
    size = product.net_quantity
    if product.net_unit == "piece":
        return _("%(unit)s, %(number)s pieces") % {"unit": unit, "number": _written(size)} if size > 1 else unit
    measure = MEASURES[product.net_unit]
    if size < 1:
        size, measure = size * 1000, SMALL[product.net_unit]
    written = f"{_written(size)}\u00a0{measure}"
    return written if product.unit == Unit.KG else f"{unit}, {written}"


def measure_price(gross: Decimal, product: Product) -> str:
    """`€ 3,43/kg`: the price per kg, litre or piece (Royal Decree of 30 June 1996)."""
    measure = MEASURES.get(product.net_unit) or _("piece")
    return f"€\u00a0{number_format(per_measure(gross, product), 2, use_l10n=True)}/{measure}"


def allergens_of(product: Product) -> list[str]:
    """Names of the allergens it contains (Regulation (EU) 1169/2011, annex II), in the order of the law."""
    return [str(name) for code, name in ALLERGENS.items() if code in product.allergens]


def months_of(product: Product) -> list[tuple[str, str, bool]]:
    return months(product.season)


def months(season: Collection[int]) -> list[tuple[str, str, bool]]:
    """Per month its full and short name, and whether it is in this season; without months everything is."""
    firsts = [clock.today().replace(month=month, day=1) for month in range(1, 13)]
    return [(date_format(m, "F"), date_format(m, "b")[:1].upper(), not season or m.month in season) for m in firsts]


def parts_of(offer: Offer | Price) -> list[dict[str, Any]]:
    """From what the farmer receives to what the shelf says: the parts of a price, as a bar shows them."""
    return [
        {"label": _("The farmer"), "value": offer.price, "kind": "farm"},
        {"label": _("Transport"), "value": offer.tariff, "kind": "transport"},
        {"label": _("The network"), "value": offer.contribution, "kind": "network"},
        {"label": _("VAT"), "value": offer.gross - offer.net, "kind": "vat"},
    ]


def _written(amount: Decimal) -> str:
    return number_format(amount, max(0, -int(amount.normalize().as_tuple().exponent)), use_l10n=True)
