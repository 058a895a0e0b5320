"""
The patronage refund (ristorno, ristourne): what a co-operative gives back of a year's result to its members, in proportion to
what each bought and sold through it and not to her shares. Decided by the assembly, booked once (docs/fund.md).

Every sale counts twice at the same amount, its net price on the shelf: once for the member who sold and once for the member
who bought. Trade with who is no member earns nobody a refund.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, ExpressionWrapper, F, Q, Sum
from django.utils.translation import gettext as _

from logistics.models import Refund
from network import clock, journal, ledger
from network.errors import Refused
from network.ledger import Entry, Side
from network.models import Account, Membership, Network, Organisation, Person, Posting
from network.money import cents, euros, from_cents, share_out
from orders.models import OrderLine

Kind = Account.Kind
WORTH = Sum(ExpressionWrapper(F("net") * F("billed"), output_field=DecimalField(max_digits=16, decimal_places=6)))


@dataclass(frozen=True)
class Part:
    """What a member sold or bought in a year (euro without VAT), and what she is given back of it."""

    organisation: Organisation
    kind: str
    turnover: Decimal
    amount: Decimal

    @property
    def sold(self) -> bool:
        return self.kind == Kind.PRODUCER


def parts(*, network: Network, year: int, amount: Decimal) -> list[Part]:
    """
    Who is given what of the `amount`, in whole cents by largest remainder, largest first; three queries. Who both sold and bought
    has two parts. Empty when no member sold or bought.
    """
    used = _turnovers(network, year)
    given = share_out(cents(amount), [turnover for _owner, turnover in used]) if used else []
    owners = Organisation.objects.in_bulk({owner for (_kind, owner), _turnover in used})
    found = [
        Part(owners[owner], kind, euros(turnover), from_cents(part))
        for ((kind, owner), turnover), part in zip(used, given, strict=True)
    ]
    return sorted(found, key=lambda part: (-part.turnover, part.organisation.pk, part.kind))


def _turnovers(network: Network, year: int) -> list[tuple[tuple[str, int], Decimal]]:
    """Euro by kind of account and member, in the order of their numbers; members are those of the last day (or of today)."""
    last = min(date(year, 12, 31), clock.today())
    members = set(
        Membership.objects.filter(network=network, joined_on__lte=last)
        .filter(Q(left_on=None) | Q(left_on__gt=last))
        .values_list("organisation", flat=True)
    )
    lines = OrderLine.objects.filter(
        order__delivery__delivery_day__cycle__network=network,
        order__delivery__delivery_day__on__year=year,
        order__status="settled",
        billed__gt=0,
    )
    sides = {Kind.BUYER: "order__buyer", Kind.PRODUCER: "producer__organisation"}
    return [
        ((str(kind), owner), worth)
        for kind, who in sides.items()
        for owner, worth in lines.values_list(who).annotate(worth=WORTH).order_by(who).values_list(who, "worth")
        if owner in members and worth
    ]


def kept(network: Network, year: int) -> Decimal:
    """Euro of contribution that the network kept in a year: it cannot give back more."""
    booked = Posting.objects.filter(
        account__network=network, account__kind=Kind.CONTRIBUTION, transaction__on__year=year
    ).aggregate(total=Sum("amount"))["total"]
    return -(booked or Decimal(0))


@transaction.atomic
def give_back(*, network: Network, year: int, amount: Decimal, by: Person) -> Refund:
    """
    Book the refund of a year. The same amount again returns what was booked; Refused for another amount, for a year that is not
    over, for more than the network kept, and when no member sold or bought.
    """
    Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    amount = euros(amount)
    if made := network.refunds.filter(year=year).first():
        if made.amount == amount:
            return made
        raise Refused(_("The refund of %(year)s is booked already.") % {"year": year}, "amount")
    if year >= clock.today().year:
        raise Refused(_("The year %(year)s is not over yet.") % {"year": year}, "year")
    if amount <= 0:
        raise Refused(_("Enter an amount above nought."), "amount")
    if amount > (most := max(Decimal(0), kept(network, year))):
        told = {"amount": euros(most), "year": year}
        raise Refused(_("The network kept %(amount)s euro in %(year)s: it cannot give back more.") % told, "amount")
    given = parts(network=network, year=year, amount=amount)
    if not given:
        raise Refused(_("No member sold or bought anything in %(year)s.") % {"year": year}, "year")
    made = Refund.objects.create(network=network, year=year, amount=amount, by=by)
    sides: list[Side] = [(Kind.REFUND, None, amount)]
    sides += [(part.kind, part.organisation.pk, -part.amount) for part in given]
    entry = Entry(f"refund:{made.pk}", _("Refund to members over %(year)s") % {"year": year}, sides)
    ledger.book(network=network, on=clock.today(), entries=[entry])
    journal.record(
        action="gave a refund", subject=made, by=by, network=network, amount=str(amount), year=year, members=len(given)
    )
    return made


@dataclass(frozen=True)
class Given:
    """What an organisation was given back over a year, as seller or as buyer."""

    refund: Refund
    organisation: Organisation
    sold: bool
    amount: Decimal


def given_to(organisations: Iterable[Organisation]) -> list[Given]:
    """What these were given back, the last year first; two queries, one when nothing ever was."""
    postings = (
        Posting.objects.filter(
            transaction__key__startswith="refund:",
            account__organisation__in=organisations,
            account__kind__in=[Kind.PRODUCER, Kind.BUYER],
        )
        .select_related("transaction", "account__organisation")
        .order_by("-transaction__on", "pk")
    )
    found = list(postings)
    if not found:
        return []
    refunds = Refund.objects.select_related("network").in_bulk([_number(one) for one in found])
    return [
        Given(
            refunds[_number(one)],
            one.account.organisation,  # type: ignore[arg-type]
            one.account.kind == Kind.PRODUCER,
            -one.amount,
        )
        for one in found
    ]


def _number(posting: Posting) -> int:
    return int(posting.transaction.key.removeprefix("refund:"))
