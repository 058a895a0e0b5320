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
    added up; zero amounts are left out. Raises ValueError for an entry that does not sum to zero.
    """
    wanted: dict[str, Entry] = {}
    for entry in entries:
        if sum(amount for _, _, amount in entry.sides):
            raise ValueError(f"{entry.key} does not sum to zero")
        wanted[entry.key] = entry
    Transaction.objects.bulk_create(
        [
            Transaction(network=network, key=entry.key, description=entry.description, on=on, delivery_day=delivery_day)
            for entry in wanted.values()
            if any(amount for _, _, amount in entry.sides)
        ],
        ignore_conflicts=True,
    )
    fresh = dict(
        Transaction.objects.filter(key__in=wanted, postings=None)
        .select_for_update(of=("self",))
        .values_list("key", "pk")
    )
    accounts = _accounts(network, {(kind, owner) for key in fresh for kind, owner, _ in wanted[key].sides})
    postings = []
    for key, pk in fresh.items():
        amounts: dict[int, Decimal] = defaultdict(Decimal)
        for kind, owner, amount in wanted[key].sides:
            amounts[accounts[kind, owner]] += euros(amount)
        postings += [
            Posting(transaction_id=pk, account_id=account, amount=amount)
            for account, amount in amounts.items()
            if amount
        ]
    Posting.objects.bulk_create(postings)
    return len(fresh)


def _accounts(network: Network, wanted: set[tuple[str, int | None]]) -> dict[tuple[str, int | None], int]:
    Account.objects.bulk_create(
        [Account(network=network, kind=kind, organisation_id=owner) for kind, owner in sorted(wanted, key=str)],
        ignore_conflicts=True,
    )
    rows = Account.objects.filter(network=network).values_list("kind", "organisation_id", "pk")
    return {(kind, owner): pk for kind, owner, pk in rows}
