"""
The statement of a farm: what a network owes her for a delivery day, a month or a year, line by line as it stands in the books.

Nothing is computed anew. Every line adds up postings on her accounts, named after what stands on the other side of the same
transaction, so that the balance is that of the ledger to the cent whatever was corrected since (`docs/your-bill.md`).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Round

from logistics.models import CostShare
from logistics.periods import Period
from network.models import Account, DeliveryDay, Network, Posting
from orders.models import Document, OrderLine
from producers.models import Producer

Kind = Account.Kind
HERS = (Kind.PRODUCER, Kind.CARRIER, Kind.EXPENSES)
"""Accounts on which a network owes her something."""
TAXES = (Kind.VAT, Kind.COMPENSATION)
SOLD, CARRIED, OTHER = "sold", "carried", "other"
ORDER = (
    *(SOLD, Kind.PURCHASES, Kind.TARIFF, Kind.TRANSPORT, Kind.FUND, Kind.CONTRIBUTION, CARRIED),
    *(Kind.REFUND, Kind.DEPOSITS, OTHER),
)
BEARS_TAX = (Kind.TRANSPORT, Kind.CONTRIBUTION, Kind.PURCHASES)
"""What the VAT in a transaction belongs to, the first that is there."""


@dataclass
class Part:
    """A line of a statement in euro, what she receives positive: `kind` is an account kind, or sold, carried, other."""

    kind: str
    net: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.net + self.vat


@dataclass(frozen=True)
class Booked:
    """What a transaction moved for her, in euro, what she receives positive."""

    description: str
    on: date
    amount: Decimal


@dataclass(frozen=True)
class Posted:
    """
    A posting on one of her accounts, in euro, what she receives positive: dated `on`, about the goods of `day`, and what it is
    for as (kind, net, VAT), which add up to `amount`.
    """

    key: str
    description: str
    on: date
    day: date
    network: int
    amount: Decimal
    meaning: list[tuple[str, Decimal, Decimal]]


@dataclass(frozen=True)
class Statement:
    """
    `opening` was owed to her when the period began (0 for a day), `paid` was paid out since, and `closing` is owed to her now,
    VAT included. `lines` are her goods per product, of a day only; `contribution` is what customers paid on top of her price.
    """

    farm: Producer
    network: Network
    period: Period
    opening: Decimal
    parts: list[Part]
    paid: Decimal
    shares: list[CostShare]
    lines: list[dict[str, Any]]
    contribution: Decimal
    booked: list[Booked]
    iban: str
    deducts: bool

    @property
    def earned(self) -> Part:
        """All lines together."""
        return Part(
            "", sum((part.net for part in self.parts), Decimal(0)), sum((p.vat for p in self.parts), Decimal(0))
        )

    @property
    def closing(self) -> Decimal:
        return self.opening + self.earned.total - self.paid


def of_day(*, farm: Producer, day: DeliveryDay) -> Statement:
    """Everything that was booked for a delivery day, corrections of later included."""
    hers = postings_of(farm).filter(account__network=day.network, transaction__delivery_day=day)
    return _statement(
        farm, day.network, Period(day.on, day.on), hers, DeliveryDay.objects.filter(pk=day.pk), Decimal(0)
    )


def of_period(*, farm: Producer, network: Network, period: Period) -> Statement:
    """Everything that is dated in a month or a year, and what was owed to her before it began."""
    mine, dates = postings_of(farm).filter(account__network=network), (period.first, period.last)
    before = mine.filter(transaction__on__lt=period.first).aggregate(total=Sum("amount"))["total"]
    days = DeliveryDay.objects.filter(cycle__network=network, on__range=dates)
    return _statement(farm, network, period, mine.filter(transaction__on__range=dates), days, -(before or Decimal(0)))


def months(*, farm: Producer) -> list[tuple[Network, Period]]:
    """The months in which something was booked for her, the last first, per network."""
    rows = postings_of(farm).values_list("account__network", "transaction__on").distinct()
    found = {(network, Period.month_of(on)) for network, on in rows}
    networks = Network.objects.in_bulk({network for network, _month in found})
    listed = [(networks[network], month) for network, month in found]
    return sorted(listed, key=lambda one: (one[1].first, one[0].name), reverse=True)


def deducts(*, farm: Producer, period: Period) -> bool:
    """Whether she can deduct the VAT on her share: not under the agricultural scheme or the exemption."""
    return not farm.organisation.vat_statuses.filter(
        period__contains=period.last, regime__in=["agricultural", "exempt"]
    ).exists()


def per_line(part: str) -> Round:
    """Euro of her order lines, each rounded as billing rounds it."""
    return Round(F(part) * F("billed"), precision=2)


def postings_of(farm: Producer) -> QuerySet[Posting]:
    """All that the networks booked for her."""
    return Posting.objects.filter(account__organisation=farm.organisation_id, account__kind__in=HERS)


def _statement(
    farm: Producer,
    network: Network,
    period: Period,
    hers: QuerySet[Posting],
    days: QuerySet[DeliveryDay],
    opening: Decimal,
) -> Statement:
    sold = OrderLine.objects.filter(producer=farm, billed__gt=0, order__delivery__delivery_day__in=days)
    lines: Any = sold.values("name", "unit", "price").annotate(units=Sum("billed"), worth=Sum(per_line("price")))
    shares = CostShare.objects.filter(producer=farm, cost_run__delivery_day__in=days, cost_run__corrected_at=None)
    accounts = farm.organisation.bank_accounts.filter(period__contains=period.last)
    parts, booked = _read(farm, network, hers, days)
    paid = parts.pop(Kind.BANK, Part(Kind.BANK))
    return Statement(
        farm=farm,
        network=network,
        period=period,
        opening=opening,
        parts=[parts[kind] for kind in ORDER if kind in parts and parts[kind] != Part(kind)],
        paid=-paid.total,
        shares=list(shares.select_related("cost_run__delivery_day").order_by("cost_run__delivery_day__on", "pk")),
        lines=list(lines.order_by("-worth")) if period.is_day else [],
        contribution=sold.aggregate(kept=Sum(per_line("contribution")))["kept"] or Decimal(0),
        booked=booked,
        iban=accounts.values_list("iban", flat=True).first() or "",
        deducts=deducts(farm=farm, period=period),
    )


def _read(
    farm: Producer, network: Network, hers: QuerySet[Posting], days: QuerySet[DeliveryDay]
) -> tuple[dict[str, Part], list[Booked]]:
    """Her postings by what they are for, and one by one."""
    rows = posted(farm, hers)
    parts: dict[str, Part] = {}
    for row in rows:
        for kind, net, vat in row.meaning:
            part = parts.setdefault(kind, Part(kind))
            part.net, part.vat = part.net + net, part.vat + vat
    if SOLD in parts:
        _split_sales(parts, farm, network, days)
    return parts, [Booked(row.description, row.on, row.amount) for row in rows]


def posted(farm: Producer, hers: QuerySet[Posting]) -> list[Posted]:
    """These postings on her accounts, each with what it is for, the first first; in two queries."""
    rows = list(
        hers.order_by("transaction__on", "pk").values_list(
            "transaction",
            "transaction__key",
            "transaction__description",
            "transaction__on",
            "transaction__delivery_day__on",
            "account__network",
            "account__kind",
            "amount",
        )
    )
    others: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for transaction, kind, total in (
        Posting.objects.filter(transaction__in=hers.values("transaction"))
        .exclude(account__organisation=farm.organisation_id)
        .values_list("transaction", "account__kind")
        .annotate(total=Sum("amount"))
    ):
        others[transaction][kind] = total
    return [
        Posted(key, description, on, day or on, network, -amount, list(_meaning(kind, -amount, others[transaction])))
        for transaction, key, description, on, day, network, kind, amount in rows
    ]


def _meaning(account: str, amount: Decimal, others: dict[str, Decimal]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """
    What an amount she receives is for: (kind, net, VAT). The other side of a transaction says so; where other farms or
    buyers have a part in it too, the amount stays whole.
    """
    if account != Kind.PRODUCER:
        yield CARRIED, amount, Decimal(0)
    elif Kind.BUYER in others:
        yield SOLD, amount, Decimal(0)
    elif sum(others.values()) != amount or others.keys() & set(HERS):
        yield OTHER, amount, Decimal(0)
    else:
        bears = next((kind for kind in BEARS_TAX if kind in others), OTHER)
        vat = sum((others[kind] for kind in TAXES if kind in others), Decimal(0))
        for kind in others.keys() - set(TAXES):
            yield kind if kind in (*ORDER, Kind.BANK) else OTHER, others[kind], Decimal(0)
        if vat:
            yield bears, Decimal(0), vat


def _split_sales(parts: dict[str, Part], farm: Producer, network: Network, days: QuerySet[DeliveryDay]) -> None:
    """What she sold to customers herself holds VAT and deposits, which her papers tell apart; a credit note takes back."""
    papers = Document.objects.filter(
        issuer=farm.organisation_id, network=network, order__delivery__delivery_day__in=days
    )
    vat = deposit = Decimal(0)
    for kind, its_vat, its_deposit in papers.order_by().values_list("kind").annotate(Sum("vat"), Sum("deposit")):
        sign = -1 if kind == Document.Kind.CREDIT_NOTE else 1
        vat, deposit = vat + sign * its_vat, deposit + sign * its_deposit
    sold = parts[SOLD]
    sold.net, sold.vat = sold.net - vat - deposit, vat
    parts.setdefault(Kind.DEPOSITS, Part(Kind.DEPOSITS)).net += deposit
