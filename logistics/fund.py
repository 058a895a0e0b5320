"""
The start-up fund of a network: what was put in, what it carried of each delivery day, and what it will (docs/fund.md). It is an
account in the books: credit is what is in it, and the database's own sums are its balance.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics import fund_rule, terms, tipping
from logistics.fund_rule import Ahead, Rule
from logistics.games import Shared
from logistics.models import CostRun, CostTerms
from logistics.tipping import Standing
from network import clock, journal, ledger
from network.errors import Refused
from network.ledger import Entry
from network.models import Account, DeliveryDay, Network, Person, Posting, Transaction
from network.money import cents, euros, from_cents

Kind = Account.Kind
FORECAST = 26
"""Weeks."""


class Source(models.TextChoices):
    """Where the money of a deposit comes from."""

    SUBSIDY = "subsidy", gettext_lazy("subsidy")
    SHARES = "shares", gettext_lazy("shares of members")
    GIFT = "gift", gettext_lazy("gift")


@dataclass(frozen=True)
class Move:
    """A transaction on the fund: euro into it (negative: out of it), and what was then in it."""

    transaction: Transaction
    amount: Decimal
    balance: Decimal

    @property
    def size(self) -> Decimal:
        return abs(self.amount)


def rule_for(*, day: DeliveryDay, shared: Shared, former: CostRun | None = None) -> Rule | None:
    """
    What the fund's part of a driven day follows from: the terms in force, the line through the days before it, and what is in the
    fund, which stays locked until the day is booked. While the line is not known, half of what the day cost counts as fixed. A day that is shared again keeps all of its `former` run but what is in the fund. None when the terms give the fund
    nothing to do.
    """
    network = day.network
    decided = terms.of(network, day.cycle.week_on)
    if former:
        rule = rule_of(former)
    elif decided.fund_crates or decided.solidarity:
        rule = _rule(decided, tipping.standing(network, before=day.on), cost=shared.cost, crates=_crates(shared))
    else:
        rule = None
    if rule is None:
        return None
    _lock(network)
    balance, lent = without(network, [day.pk])
    return replace(rule, balance=balance, lent=lent)


def changes(before: CostTerms, after: CostTerms) -> bool:
    """Whether the fund would do something else under other terms."""
    return (before.fund_crates, before.solidarity) != (after.fund_crates, after.solidarity)


def rule_under(decided: CostTerms, *, day: DeliveryDay, shared: Shared, balance: int, lent: int) -> Rule | None:
    """The same of a past day had these terms been in force, with so many cents in the fund and lent."""
    if not (decided.fund_crates or decided.solidarity):
        return None
    rule = _rule(decided, tipping.standing(day.network, before=day.on), cost=shared.cost, crates=_crates(shared))
    return replace(rule, balance=balance, lent=lent)


def rule_of(run: CostRun) -> Rule | None:
    """The rule a cost run was shared by, as it was kept."""
    kept = run.result.get("fund")
    return Rule(**kept) if kept else None


def _crates(shared: Shared) -> Decimal:
    return sum((Decimal(str(round(bill.crates, 3))) for bill in shared.bills.values()), Decimal(0))


def _rule(decided: CostTerms, stands: Standing, *, cost: int = 0, crates: Decimal = Decimal(0)) -> Rule:
    """What terms and line say, of an empty fund; without a line, a day of such a cost in cents and so many crates."""
    full = decided.fund_crates or None
    tips = stands.tipping
    fixed, each = (100 * stands.cost.fixed, 100 * stands.cost.slope) if stands.cost else (cost // 2, cost / 2)
    if not stands.cost:
        each = each / float(crates) if crates else 0
    return Rule(
        fixed=round(fixed),
        per_crate=str(round(Decimal(each), 4)),
        full=full,
        back_from=round(max(full or 0, tips.at if tips else 0), 3),
        solidarity=str(decided.solidarity),
        balance=0,
        lent=0,
    )


def carried_of(shared: Shared, rule: Rule | None) -> dict[int, int]:
    """Cents the fund carries of every producer's bill, negative what she pays in."""
    if rule is None:
        return dict.fromkeys(shared.bills, 0)
    return fund_rule.carried(
        shares={pk: bill.share for pk, bill in shared.bills.items()},
        caps={pk: bill.cap for pk, bill in shared.bills.items()},
        crates=_crates(shared),
        rule=rule,
    )


def kept(rule: Rule | None) -> dict[str, object] | None:
    """The rule as a cost run keeps it."""
    return asdict(rule) if rule else None


def entry(*, key: str, amount: Decimal) -> Entry:
    """What the fund carries of a day (negative: gets), in the books: of the transport cost, that part is the fund's."""
    said = _("Carried by the start-up fund") if amount >= 0 else _("Paid into the start-up fund")
    return Entry(key, said, [(Kind.FUND, None, amount), (Kind.TRANSPORT, None, -amount)])


@transaction.atomic
def deposit(
    *, network: Network, amount: Decimal, source: str, note: str = "", token: UUID, by: Person | None
) -> Transaction:
    """
    Euro from the bank into the fund; a negative amount takes them out again. The same `token` again books nothing. Refused
    for nothing, and for more out of the fund than is in it.
    """
    amount = euros(amount)
    key = f"deposit:{network.pk}:{token}"
    _lock(network)
    if booked := Transaction.objects.filter(key=key).first():
        return booked
    if not amount:
        raise Refused(_("Enter an amount that is not nought."), "amount")
    if from_cents(without(network, ())[0]) + amount < 0:
        raise Refused(_("There is less than that in the fund."), "amount")
    said = str(Source(source).label).capitalize()
    described = f"{said}: {note}" if note else said
    sides = [(str(Kind.BANK), None, amount), (str(Kind.FUND), None, -amount)]
    ledger.book(network=network, on=clock.today(), entries=[Entry(key, described[:200], sides)])
    journal.record(
        action="put money in the fund", subject=network, by=by, network=network, amount=str(amount), source=source
    )
    return Transaction.objects.get(key=key)


def balance(network: Network) -> Decimal:
    """Euro in the fund."""
    return from_cents(without(network, ())[0])


def course(network: Network) -> list[Move]:
    """Everything that went in and out, the oldest first."""
    postings = (
        Posting.objects.filter(account__network=network, account__kind=Kind.FUND)
        .select_related("transaction__delivery_day__cycle")
        .order_by("transaction__on", "pk")
    )
    moves: list[Move] = []
    inside = Decimal(0)
    for posting in postings:
        inside -= posting.amount
        moves.append(Move(posting.transaction, -posting.amount, inside))
    return moves


def by_week(moves: Sequence[Move]) -> dict[date, Decimal]:
    """What was in the fund at the end of every week (by its Monday) from the first move to the last."""
    ends: dict[date, Decimal] = {}
    for move in moves:
        week = clock.monday_of(move.transaction.on)
        last = max(ends, default=week)
        for gone in range(1, (week - last).days // 7):
            ends[last + timedelta(weeks=gone)] = ends[last]
        ends[week] = move.balance
    return ends


def ahead(
    network: Network, stands: Standing, *, full: int | None, solidarity: Decimal, growth: float
) -> Sequence[Ahead]:
    """
    The next FORECAST weeks, when the crates of a delivery day grow by the part `growth` a week and the fund works with these
    terms. None while the line is not known.
    """
    if not stands.cost or not stands.saving:
        return []
    inside, lent = without(network, ())
    rule = _rule(CostTerms(fund_crates=full, solidarity=solidarity), stands)
    return fund_rule.forecast(
        replace(rule, balance=inside, lent=lent),
        sizes=stands.sizes,
        growth=growth,
        cost=stands.cost,
        saving=stands.saving,
        weeks=FORECAST,
    )


def _lock(network: Network) -> None:
    """Who moves money on a fund waits for who does: its balance is read under this lock, and never falls below nought."""
    account, _new = Account.objects.get_or_create(network=network, kind=Kind.FUND, organisation=None)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def without(network: Network, days: Collection[int]) -> tuple[int, int]:
    """
    Cents in the fund, and cents that farms got from it less what they gave, had these delivery days moved nothing: one that is
    being settled, or those that are played again.
    """
    postings = Posting.objects.filter(account__network=network, account__kind=Kind.FUND)
    if days:
        postings = postings.exclude(transaction__delivery_day__in=days)
    sums = postings.aggregate(all=Sum("amount"), days=Sum("amount", filter=~Q(transaction__delivery_day=None)))
    return -cents(sums["all"] or Decimal(0)), cents(sums["days"] or Decimal(0))
