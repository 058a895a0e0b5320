"""
What a farm earned, week by week, from the books (`docs/farm-money.md`).

A week holds everything that was ever booked for the goods delivered in it, corrections of later included, so that all weeks
together less what was paid out are the balance of the ledger. What is not about a delivery stands in the week of its date.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from django.db.models import Q, QuerySet, Sum

from logistics.models import CostShare
from logistics.statements import CARRIED, SOLD, per_line, posted, postings_of
from network import clock
from network.models import Account, Network, Posting
from orders.models import Document, OrderLine
from producers.models import Producer

Kind = Account.Kind
ZERO = Decimal(0)
PAYOUT = Q(transaction__in=Posting.objects.filter(account__kind=Kind.BANK).values("transaction"))
PAID_WITHIN = timedelta(days=30)
"""From the last delivery of a week (law of 28-11-2021: a supplier of food is paid within 30 days)."""
Key: TypeAlias = tuple[int, date]
"""A network and a Monday."""
COLUMN = {
    SOLD: "goods",
    Kind.PURCHASES: "goods",
    Kind.CONTRIBUTION: "goods",
    Kind.TARIFF: "tariff",
    Kind.TRANSPORT: "transport",
    CARRIED: "driven",
    Kind.DEPOSITS: "deposits",
}
"""Under which column a part of a statement stands; everything else is `other`."""


@dataclass
class Sums:
    """
    Euro without VAT, what she receives positive. `goods` are at her price, `transport` is her share of the rounds (negative),
    `driven` what she is paid for rounds she drove. Beside them what is not booked for her: `contribution`, which customers paid on
    top of her price, and what transport would have cost `alone`, and what of `together` is her `own` trip.
    """

    goods: Decimal = ZERO
    tariff: Decimal = ZERO
    transport: Decimal = ZERO
    driven: Decimal = ZERO
    deposits: Decimal = ZERO
    other: Decimal = ZERO
    vat: Decimal = ZERO
    contribution: Decimal = ZERO
    alone: Decimal = ZERO
    own: Decimal = ZERO

    def __add__(self, more: "Sums") -> "Sums":
        return Sums(*(getattr(self, one.name) + getattr(more, one.name) for one in fields(Sums)))

    @property
    def after_transport(self) -> Decimal:
        return self.goods + self.tariff + self.transport

    @property
    def total(self) -> Decimal:
        """What is owed to her for it, VAT included."""
        return self.after_transport + self.driven + self.deposits + self.other + self.vat

    @property
    def charged(self) -> Decimal:
        """Her share of the rounds."""
        return -self.transport

    @property
    def together(self) -> Decimal:
        return self.own + self.charged

    @property
    def saved(self) -> Decimal:
        return self.alone - self.together

    @property
    def saving(self) -> Decimal | None:
        """The part of alone that she keeps; None when alone costs nothing."""
        return self.saved / self.alone if self.alone else None


@dataclass
class Week:
    """`paid_on`: when the money for it was out, the oldest debts being paid first; None until then, and `due_on` at the latest."""

    network: Network
    week_on: date
    sums: Sums = field(default_factory=Sums)
    last_on: date = date.min
    paid_on: date | None = None

    @property
    def due_on(self) -> date:
        return self.last_on + PAID_WITHIN

    @property
    def is_late(self) -> bool:
        return self.sums.total > 0 and self.paid_on is None and self.due_on < clock.today()


def years_of(farm: Producer) -> list[int]:
    """The years in which something was delivered or booked for her, the last first."""
    days = postings_of(farm).values_list("transaction__delivery_day__on", "transaction__on").distinct()
    return sorted({(day or on).year for day, on in days}, reverse=True)


def weeks_of(farm: Producer, year: int) -> list[Week]:
    """
    The weeks of a year in each of her networks, the last first; what was paid out has no week. Of the week in which a year
    begins, each year has its own days.
    """
    weeks: dict[Key, Week] = {}
    in_year = Q(transaction__delivery_day__on__year=year) | Q(
        transaction__delivery_day=None, transaction__on__year=year
    )
    rows = posted(farm, postings_of(farm).filter(in_year).exclude(PAYOUT))
    networks = Network.objects.in_bulk({row.network for row in rows})
    for row in rows:
        week = _week(weeks, networks[row.network], row.day)
        week.last_on = max(week.last_on, row.day)
        for kind, net, vat in row.meaning:
            column = COLUMN.get(kind, "other")
            setattr(week.sums, column, getattr(week.sums, column) + net)
            week.sums.vat += vat
    if any(kind == SOLD for row in rows for kind, _net, _vat in row.meaning):
        _split_sales(weeks, farm, year)
    _beside_the_books(weeks, farm, year)
    _pay(weeks, farm)
    return sorted(weeks.values(), key=lambda one: (one.week_on, one.network.name), reverse=True)


def total(weeks: Iterable[Week]) -> Sums:
    return sum((week.sums for week in weeks), Sums())


def _week(weeks: dict[Key, Week], network: Network, day: date) -> Week:
    monday = clock.monday_of(day)
    return weeks.setdefault((network.pk, monday), Week(network, monday))


def _split_sales(weeks: dict[Key, Week], farm: Producer, year: int) -> None:
    """What she sold to customers herself holds VAT and deposits, which her papers tell apart; a credit note takes back."""
    papers = Document.objects.filter(issuer=farm.organisation_id, order__delivery__delivery_day__on__year=year)
    for network, day, kind, vat, deposit in (
        papers.order_by()
        .values_list("network", "order__delivery__delivery_day__on", "kind")
        .annotate(Sum("vat"), Sum("deposit"))
    ):
        sign = -1 if kind == Document.Kind.CREDIT_NOTE else 1
        if week := weeks.get((network, clock.monday_of(day))):
            week.sums.goods -= sign * (vat + deposit)
            week.sums.vat += sign * vat
            week.sums.deposits += sign * deposit


def _beside_the_books(weeks: dict[Key, Week], farm: Producer, year: int) -> None:
    """What customers paid on top, and transport alone and her own trips."""
    shares = CostShare.objects.filter(
        producer=farm, cost_run__corrected_at=None, cost_run__delivery_day__on__year=year
    ).values_list("cost_run__delivery_day__cycle__network", "cost_run__delivery_day__on", "alone", "own")
    for network, day, alone, own in shares:
        if week := weeks.get((network, clock.monday_of(day))):
            week.sums.alone += alone
            week.sums.own += own
    kept = (
        sold_in(farm, year)
        .values_list("order__delivery__delivery_day__cycle__network", "order__delivery__delivery_day__on")
        .annotate(kept=Sum(per_line("contribution")))
    )
    for network, day, contribution in kept:
        if week := weeks.get((network, clock.monday_of(day))):
            week.sums.contribution += contribution


def sold_in(farm: Producer, year: int) -> QuerySet[OrderLine]:
    """Her lines that were billed, of the deliveries of a year."""
    return OrderLine.objects.filter(
        producer=farm,
        billed__gt=0,
        order__status="settled",
        order__delivery__delivery_day__on__year=year,
    ).order_by()


def _pay(weeks: dict[Key, Week], farm: Producer) -> None:
    """Per network, the day on which what was paid out came up to all that was owed until the end of each week."""
    hers = postings_of(farm)
    owed: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for network, day, on, amount in (
        hers.exclude(PAYOUT)
        .values_list("account__network", "transaction__delivery_day__on", "transaction__on")
        .annotate(total=-Sum("amount"))
    ):
        owed[network].append((clock.monday_of(day or on), amount))
    paid: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for network, on, amount in (
        hers.filter(PAYOUT)
        .order_by("transaction__on", "pk")
        .values_list("account__network", "transaction__on", "amount")
    ):
        paid[network].append((on, amount))
    for (network, monday), week in weeks.items():
        still = sum((amount for its, amount in owed[network] if its <= monday), ZERO)
        for on, amount in paid[network]:
            still -= amount
            if still <= 0:
                week.paid_on = on
                break
