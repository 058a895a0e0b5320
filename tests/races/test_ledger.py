"""One day settled by twenty at once is booked once: real threads, real commits."""

from decimal import Decimal

import pytest

from network import ledger
from network.ledger import Entry
from network.models import Account, Network, Transaction
from tests.conftest import MONDAY
from tests.races.threads import MANY, all_at_once

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)


def entry(key: str, amount: int) -> Entry:
    return Entry(key, "Round driven", [("transport", None, D(amount)), ("carrier", None, D(-amount))])


def test_of_twenty_that_book_one_key_one_does(network: Network) -> None:
    answers = all_at_once(
        lambda number: ledger.book(network=network, on=MONDAY, entries=[entry("round:1", number + 1)])
    )
    assert sorted(answers) == [0] * (MANY - 1) + [1]
    booked = Transaction.objects.get()
    assert [abs(amount) for amount in booked.postings.values_list("amount", flat=True)] == [D(answers.index(1) + 1)] * 2
    assert Account.objects.count() == 2


def test_who_books_in_opposite_order_waits_and_does_not_deadlock(network: Network) -> None:
    entries = [entry(f"round:{number}", 5) for number in range(300)]
    answers = all_at_once(
        lambda number: ledger.book(network=network, on=MONDAY, entries=entries if number % 2 else entries[::-1])
    )
    assert sum(answers) == 300, answers
    assert Transaction.objects.count() == 300
    assert {account.kind: account.balance for account in Account.objects.with_balance()} == {
        "transport": D(1500),
        "carrier": D(-1500),
    }
