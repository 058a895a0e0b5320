"""
The books: double entry, append-only, one set of accounts per network. Debit is positive, credit negative.

What a key has booked is never booked again, so settling twice changes nothing. Corrections are new transactions.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from network.models import Account, DeliveryDay, Network, Posting, Transaction
from network.money import euros

Owner = tuple[str, int | None]
Side = tuple[str, int | None, Decimal]


@dataclass(frozen=True)
class Entry:
    """A transaction to book: `sides` are (account kind, organisation id or None, euro), summing to zero."""

    key: str
    description: str
    sides: Sequence[Side] = field(default_factory=tuple)


@transaction.atomic
def book(*, network: Network, on: date, entries: Iterable[Entry], delivery_day: DeliveryDay | None = None) -> int:
    """
    Book the entries whose key is new, in a fixed number of queries; return how many were. Sides of the same account are
    added up; an entry that moves nothing is left out. Raises ValueError for one that does not sum to zero in whole cents.
    Always in one order of the keys, 2 before 10, so that two who book the same at once cannot lock each other out.
    """
    moves = {entry.key: (entry.description, _moves(entry)) for entry in entries}
    moves = {key: moves[key] for key in sorted(moves, key=lambda key: (len(key), key))}
    Transaction.objects.bulk_create(
        [
            Transaction(network=network, key=key, description=description, on=on, delivery_day=delivery_day)
            for key, (description, amounts) in moves.items()
            if amounts
        ],
        ignore_conflicts=True,
    )
    fresh = dict(
        Transaction.objects.filter(key__in=moves, postings=None)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("key", "pk")
    )
    accounts = _accounts(network, {owner for key in fresh for owner in moves[key][1]})
    Posting.objects.bulk_create(
        Posting(transaction_id=pk, account_id=accounts[owner], amount=amount)
        for key, pk in fresh.items()
        for owner, amount in moves[key][1].items()
    )
    return len(fresh)


def _moves(entry: Entry) -> dict[Owner, Decimal]:
    """Euro per account, those that move."""
    amounts: dict[Owner, Decimal] = defaultdict(Decimal)
    for kind, organisation, amount in entry.sides:
        amounts[kind, organisation] += euros(amount)
    if sum(amounts.values()):
        raise ValueError(f"{entry.key} does not sum to zero")
    return {owner: amount for owner, amount in amounts.items() if amount}


def _accounts(network: Network, wanted: set[Owner]) -> dict[Owner, int]:
    Account.objects.bulk_create(
        [Account(network=network, kind=kind, organisation_id=owner) for kind, owner in sorted(wanted, key=str)],
        ignore_conflicts=True,
    )
    rows = Account.objects.filter(network=network).values_list("kind", "organisation_id", "pk")
    return {(kind, owner): pk for kind, owner, pk in rows}
