"""
Kinds of products and what is usual for each, so that a farmer fills in a product in seconds and changes what is otherwise at
her farm. `kinds.csv` has a row per kind; its types are those of the Data Food Consortium, by which products are compared.
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from network.texts import LocalText
from producers.models import Product

FILE = Path(__file__).with_suffix(".csv")
PARTICULARS = (
    "category", "dfc_type", "unit", "step", "sold_by_weight", "net_quantity", "net_unit", "unit_kg", "vat_category",
    "storage_class", "max_temperature", "shelf_life_days", "allergens", "season", "crate", "units_per_crate", "deposit",
    "alcohol", "perishable", "drawing",
)  # fmt: skip
"""The fields of a product that a kind, or another product, fills in."""
NUMBERS = ("step", "net_quantity", "unit_kg", "max_temperature", "deposit", "alcohol")


@dataclass(frozen=True)
class Kind:
    """A kind of product; `usual` are the values of the fields of a Product."""

    key: str
    name: LocalText
    usual: dict[str, Any]

    @property
    def category(self) -> str:
        return str(self.usual["category"])

    @property
    def dfc_type(self) -> str:
        return str(self.usual["dfc_type"])


@cache
def every() -> dict[str, Kind]:
    """All kinds by key, those of a category together."""
    with FILE.open(encoding="utf-8") as handle:
        return {row["key"]: _read(row) for row in csv.DictReader(handle)}


def by_category() -> list[tuple[str, list[Kind]]]:
    """The name of each category, with its kinds."""
    return [
        (str(label), [kind for kind in every().values() if kind.category == value])
        for value, label in Product.Category.choices
    ]


def name_of(dfc_type: str) -> str:
    """What a type is called, in the reader's language; "" for one without a kind."""
    return next((str(kind.name) for kind in every().values() if kind.dfc_type == dfc_type), "")


def usual_of(product: Product) -> dict[str, Any]:
    """The particulars of a product, for another that is much like it."""
    return {name: getattr(product, name) for name in PARTICULARS}


def _read(row: dict[str, str]) -> Kind:
    usual: dict[str, Any] = {name: row[name] for name in PARTICULARS}
    usual |= {name: Decimal(row[name]) if row[name] else None for name in NUMBERS}
    usual |= {name: row[name] == "1" for name in ("sold_by_weight", "perishable")}
    usual |= {name: int(row[name]) for name in ("shelf_life_days", "units_per_crate")}
    usual |= {"allergens": row["allergens"].split(), "season": [int(month) for month in row["season"].split()]}
    return Kind(row["key"], LocalText({code: row[f"name_{code}"] for code in ("nl", "fr", "en")}), usual)
