"""The database refuses what the code never does: to alter what was booked, noted or issued, or to leave books unbalanced."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from network import journal, ledger
from network.ledger import Entry
from network.models import Account, JournalEntry, Network, Posting, Transaction
from orders.models import Document
from tests.conftest import MONDAY, make_organisation

D = Decimal


@pytest.fixture
def kept(network: Network) -> dict[str, QuerySet[Any]]:
    """One of everything that may never change, by name."""
    sides = [("transport", None, D(5)), ("carrier", None, D(-5))]
    ledger.book(network=network, on=MONDAY, entries=[Entry(key="a", description="A", sides=sides)])
    journal.record(action="settled", subject=network, by=None, network=network)
    Document.objects.create(
        kind="invoice",
        issuer=network.organisation,
        recipient=make_organisation("Gezin Bob"),
        network=network,
        year=2026,
        number=1,
        issued_on=MONDAY,
        net=D(10),
        vat=D("0.60"),
        gross=D("10.60"),
    )
    rows: dict[str, QuerySet[Any]] = {
        "posting": Posting.objects.all(),
        "transaction": Transaction.objects.all(),
        "journal entry": JournalEntry.objects.all(),
        "document": Document.objects.all(),
    }
    return rows


CHANGES: dict[str, dict[str, Any]] = {
    "posting": {"amount": D(6)},
    "transaction": {"on": date(2026, 1, 1)},
    "journal entry": {"action": "opened"},
    "document": {"issued_on": date(2026, 1, 1)},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(
    "change", [lambda rows, values: rows.update(**values), lambda rows, _values: rows._raw_delete("default")]
)
def test_what_is_booked_noted_or_issued_is_never_altered(
    kept: dict[str, QuerySet[Any]], name: str, change: Callable[..., Any]
) -> None:
    before = list(kept[name].values())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change(kept[name], CHANGES[name])
    assert list(kept[name].values()) == before != []


def test_a_transaction_that_does_not_sum_to_zero_cannot_be_committed(network: Network) -> None:
    account = Account.objects.create(network=network, kind="transport")
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        booked = Transaction.objects.create(network=network, key="half", description="Half", on=MONDAY)
        Posting.objects.create(transaction=booked, account=account, amount=D(5))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_currencies_are_not_added_up(network: Network) -> None:
    euros = Account.objects.create(network=network, kind="transport")
    francs = Account.objects.create(network=network, kind="carrier", currency="CHF")
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        booked = Transaction.objects.create(network=network, key="two", description="Two currencies", on=MONDAY)
        Posting.objects.create(transaction=booked, account=euros, amount=D(5))
        Posting.objects.create(transaction=booked, account=francs, amount=D(-5))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
