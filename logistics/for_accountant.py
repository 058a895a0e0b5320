"""
A farm's year as a table for her accountant: a row per paper and VAT rate, and per amount that is booked without a paper.

Every row belongs to a transaction, and the rows of a transaction add up to what it moved on her accounts, so the column of
totals is what the networks booked for her in that year, to the cent (`docs/farm-money.md`).
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from logistics.statements import Posted, posted, postings_of
from network.models import Network, VatRate
from network.tables import Cell
from orders.models import Document
from producers.models import Producer

ZERO = Decimal(0)
Papers = dict[tuple[str, int, bool], list[Document]]
"""By what they are about, an order or a purchase order, and whether they are credit notes; the first issued first."""
ABOUT = {"sale": "order", "purchase": "purchase_order", "contribution": "purchase_order"}
"""What the number in the key of a transaction that issued papers is."""


def headings() -> list[str]:
    return [
        _("Date"),
        _("Paper"),
        _("What"),
        _("Network"),
        _("VAT rate"),
        _("Without VAT"),
        _("VAT"),
        _("Total"),
    ]


def rows_of(farm: Producer, year: int) -> list[list[Cell]]:
    """Everything dated in a year, in all her networks, the first first: what she receives positive."""
    rows = posted(farm, postings_of(farm).filter(transaction__on__year=year))
    networks = Network.objects.in_bulk({row.network for row in rows})
    rates = list(VatRate.objects.filter(category=VatRate.Category.SERVICE))
    papers = _papers(farm, rows)
    table: list[list[Cell]] = []
    for row in rows:
        said = [row.on.isoformat(), str(networks[row.network])]
        paper = _paper_of(row, papers)
        if paper is None:
            net = sum((net for _kind, net, _vat in row.meaning), ZERO)
            vat = sum((vat for _kind, _net, vat in row.meaning), ZERO)
            rate = next((one.rate for one in rates if row.on in one.period), None) if vat else None
            table.append(_row(said, "", row.description, rate, net, vat))
            continue
        told = list(_told(paper, -1 if row.key.startswith("contribution") else 1))
        table += [_row(said, str(paper), *one) for one in told]
        if left := row.amount - sum((net + vat for _what, _rate, net, vat in told), ZERO):
            table.append(_row(said, str(paper), _("Logistics tariff, kept until the day is settled"), None, left, ZERO))
    return table


def _row(said: list[str], paper: str, what: str, rate: Decimal | None, net: Decimal, vat: Decimal) -> list[Cell]:
    on, network = said
    return [on, paper, what, network, "" if rate is None else rate.normalize(), net, vat, net + vat]


def _told(paper: Document, sign: int) -> Iterator[tuple[str, Decimal | None, Decimal, Decimal]]:
    """What a paper says per VAT rate, and its deposits, which stand outside VAT. A credit note takes back."""
    sign = -sign if paper.kind == Document.Kind.CREDIT_NOTE else sign
    for one in paper.totals:
        yield _("Goods and services"), Decimal(one["rate"]), sign * Decimal(one["net"]), sign * Decimal(one["vat"])
    if paper.deposit:
        yield _("Deposits"), None, sign * paper.deposit, ZERO


def _about(row: Posted) -> tuple[str, int, bool] | None:
    """Of a transaction that issued a paper: what the paper is about, and whether it is a credit note."""
    head, number, *rest = row.key.split(":")
    return (ABOUT[head], int(number), bool(rest)) if head in ABOUT else None


def _papers(farm: Producer, rows: list[Posted]) -> Papers:
    about = {told for row in rows if (told := _about(row))}
    orders, purchases = ({pk for kind, pk, _credit in about if kind == which} for which in ("order", "purchase_order"))
    hers = Q(order__in=orders, issuer=farm.organisation_id) | Q(
        purchase_order__in=purchases, purchase_order__producer=farm
    )
    found: Papers = defaultdict(list)
    # A paper of nothing moved nothing, so no transaction is waiting for it.
    for paper in Document.objects.filter(hers).exclude(gross=0, deposit=0).order_by("pk").defer("lines", "empties"):
        kind, pk = ("order", paper.order_id) if paper.order_id else ("purchase_order", paper.purchase_order_id)
        found[kind, pk or 0, paper.kind == Document.Kind.CREDIT_NOTE].append(paper)
    return found


def _paper_of(row: Posted, papers: Papers) -> Document | None:
    """Its paper; the credits of an order were issued in the order in which they were booked."""
    about = _about(row)
    waiting = papers[about] if about else []
    return waiting.pop(0) if waiting else None
