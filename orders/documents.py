"""
Papers that never change: receipts, invoices, purchase slips. Gapless numbers per issuer, kind and year; VAT as the law
rounds it (a consumer's total is the sum of gross lines, a business's is computed from nets per rate, EN 16931).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from stdnum.be import ogm_vcs

from network.money import euros, split_vat
from orders.models import Document, DocumentSequence, OrderLine


@dataclass(frozen=True)
class Rate:
    """What a document says per VAT rate."""

    rate: Decimal
    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat


@dataclass(frozen=True)
class Item:
    """A printed line: euro per unit and in all, without VAT for a business, with VAT for a consumer."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    rate: Decimal


def consumer_items(lines: Iterable[OrderLine]) -> list[Item]:
    return [
        Item(str(line.name), line.billed, line.unit, line.gross, euros(line.gross * line.billed), line.vat_rate)
        for line in lines
        if line.billed
    ]


def business_items(lines: Iterable[OrderLine]) -> list[Item]:
    return [
        Item(str(line.name), line.billed, line.unit, line.net, euros(line.net * line.billed), line.vat_rate)
        for line in lines
        if line.billed
    ]


def rates_of(items: Sequence[Item], *, consumer: bool) -> list[Rate]:
    """Net and VAT per rate, each rounded once."""
    amounts: dict[Decimal, Decimal] = defaultdict(Decimal)
    for item in items:
        amounts[item.rate] += item.amount
    if consumer:
        return [Rate(rate, *split_vat(gross, rate)) for rate, gross in sorted(amounts.items())]
    return [Rate(rate, net, euros(net * rate / 100)) for rate, net in sorted(amounts.items())]


def deposit_of(lines: Iterable[OrderLine]) -> Decimal:
    return sum((euros(line.deposit * (line.billed or 0)) for line in lines), Decimal(0))


def empties_items(rows: Iterable[tuple[Decimal, int]]) -> list[dict[str, Any]]:
    """What a paper says of empties that came back: of each value of the deposit how many, and what is given back for them."""
    return [
        {"value": str(value), "count": count, "amount": str(euros(value * count))}
        for value, count in rows
        if value and count
    ]


def draft(
    *, kind: str, items: Sequence[Item], rates: Sequence[Rate], deposit: Decimal = Decimal(0), **fields: Any
) -> Document:
    """A document without a number yet."""
    net = sum((rate.net for rate in rates), Decimal(0))
    vat = sum((rate.vat for rate in rates), Decimal(0))
    return Document(
        kind=kind,
        net=net,
        vat=vat,
        gross=net + vat,
        deposit=deposit,
        lines=[
            {
                "name": item.name,
                "quantity": str(item.quantity.normalize()),
                "unit": item.unit,
                "unit_price": str(item.unit_price.normalize()),
                "amount": str(item.amount),
                "rate": str(item.rate.normalize()),
            }
            for item in items
        ],
        totals=[
            {"rate": str(rate.rate.normalize()), "net": str(rate.net), "vat": str(rate.vat), "gross": str(rate.gross)}
            for rate in rates
        ],
        **fields,
    )


@transaction.atomic
def issue(drafts: Sequence[Document]) -> list[Document]:
    """
    Number and store drafts, in their order, in a fixed number of queries. The sequences stay locked until the transaction
    ends, so a number is never lost: either all of this is issued or nothing is.
    """
    counts = Counter((paper.issuer_id, paper.kind, paper.year) for paper in drafts)
    DocumentSequence.objects.bulk_create(
        [DocumentSequence(issuer_id=issuer, kind=kind, year=year) for issuer, kind, year in sorted(counts)],
        ignore_conflicts=True,
    )
    sequences = {
        (row.issuer_id, row.kind, row.year): row
        for row in DocumentSequence.objects.select_for_update()
        .filter(issuer__in={issuer for issuer, _kind, _year in counts})
        .order_by("pk")
    }
    for paper in drafts:
        sequence = sequences[paper.issuer_id, paper.kind, paper.year]
        sequence.last += 1
        paper.number = sequence.last
    DocumentSequence.objects.bulk_update([sequences[key] for key in counts], ["last"])
    return Document.objects.bulk_create(drafts)


def communication(order: int) -> str:
    """The structured communication with which an order is paid: ten digits of its number and two that check them."""
    digits = f"{order:010d}"
    return f"+++{ogm_vcs.format(digits + ogm_vcs.calc_check_digits(digits)).strip('+')}+++"


def service_item(name: str, amount: Decimal, rate: Decimal) -> Item:
    return Item(name, Decimal(1), "piece", amount, amount, rate)
