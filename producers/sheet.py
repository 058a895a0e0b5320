"""The desk as a table for a spreadsheet, and what a table that comes back asks. The columns are known by their names in any language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from network.errors import Refused
from network.tables import Cell, Table
from producers import desk
from producers.models import Producer

COLUMNS = {
    "code": gettext_lazy("Code"),
    "product": gettext_lazy("Product"),
    "unit": gettext_lazy("Unit"),
    "quantity": gettext_lazy("Stock"),
    "price": gettext_lazy("You receive"),
    "listed": gettext_lazy("For sale"),
    "reserved": gettext_lazy("Ordered"),
    "left": gettext_lazy("Left"),
    "income": gettext_lazy("Expected"),
    "last_quantity": gettext_lazy("Stock last time"),
    "last_price": gettext_lazy("Price last time"),
}
ALSO = {
    "code": "sku artikel artikelnummer article",
    "product": "naam name nom produit",
    "quantity": "aantal hoeveelheid quantity quantité voorraad",
    "price": "prijs price prix",
    "listed": "aan on actief active actif",
}
"""Other names under which farmers keep these columns."""
ON = frozenset("1 x ja j yes y oui o on aan true waar vrai".split())
OFF = frozenset("0 nee n no non off uit false onwaar faux".split())
HEADING_WITHIN = 10


@dataclass(frozen=True)
class Wanted:
    """A row as somebody wrote it: which product, and what it should become. Empty cells leave things as they are."""

    line: int
    code: str
    name: str
    quantity: str = ""
    price: str = ""
    listed: str = ""


def headings() -> list[str]:
    return [str(name) for name in COLUMNS.values()]


def rows_of(producer: Producer, week_on: date) -> list[list[Cell]]:
    """The whole desk of a week, announced or not, in the order of the desk."""
    return [_row(row) for row in desk.week_of(producer, week_on).rows]


def _row(row: desk.Row) -> list[Cell]:
    supply, last, product = row.supply, row.last, row.product
    listed = (_("yes") if row.listed else _("no")) if supply else ""
    return [
        product.sku,
        str(product.name),
        str(product.get_unit_display()),
        _number(supply.quantity) if supply else "",
        _number(row.price) if row.price is not None else "",
        listed,
        _number(row.ordered) if supply else "",
        _number(supply.available) if supply else "",
        row.income if supply else "",
        _number(last.quantity) if last else "",
        _number(last.price) if last else "",
    ]


def _number(amount: Decimal) -> Decimal:
    """Without idle zeros."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()


def wanted_of(table: Table) -> list[Wanted]:
    """What the rows of a table ask; Refused when it has none. Without a row of names: product, stock, price, for sale."""
    places: dict[str, int] = {"code": 0, "product": 0, "quantity": 1, "price": 2, "listed": 3}
    start = 0
    for number, (_line, cells) in enumerate(table.rows[:HEADING_WITHIN]):
        if found := _places(cells):
            places, start = found, number + 1
            break
    rows = table.rows[start:]
    if not rows:
        raise Refused(_("There are no rows here. Copy at least a product and its stock or price."))
    return [
        Wanted(line, **{field: _cell(cells, places.get(column)) for field, column in FIELDS.items()})
        for line, cells in rows
    ]


FIELDS = {"code": "code", "name": "product", "quantity": "quantity", "price": "price", "listed": "listed"}


def _places(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is where, when these cells are names of columns."""
    known = _names()
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        column = known.get(cell.strip(" :*'").casefold())
        if column:
            found.setdefault(column, place)
    return found if found.keys() & {"code", "product"} and found.keys() & {"quantity", "price", "listed"} else None


@cache
def _names() -> dict[str, str]:
    """Every name of a column, in every language, in small letters."""
    names = {also: column for column, words in ALSO.items() for also in words.split()}
    for code, _language in settings.LANGUAGES:
        with override(code):
            names |= {str(name).casefold(): column for column, name in COLUMNS.items()}
    return names


def _cell(cells: Sequence[str], place: int | None) -> str:
    """A cell as it was before an export made it harmless."""
    text = cells[place] if place is not None and place < len(cells) else ""
    return text.removeprefix("'")


def is_on(text: str) -> bool | None:
    """Whether a cell says that something is for sale; None when it says nothing. Refused for other words."""
    word = text.strip().casefold()
    if not word:
        return None
    if word in ON or word in OFF:
        return word in ON
    raise Refused(_("Write yes or no in the column For sale."))
