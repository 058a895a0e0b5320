"""The books: every transaction sums to zero, a key is booked once, an account is made once."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import ledger
from network.ledger import Entry
from network.models import Account, Network, Posting, Transaction
from tests.conftest import MONDAY, make_network, make_organisation

D = Decimal
KINDS = ("buyer", "producer", "sales", "transport", "vat")


def sale(key: str = "sale:1", amount: str = "10.60", buyer: int | None = None) -> Entry:
    gross = D(amount)
    vat = D("0.60")
    return Entry(key, f"Sale {key}", [("buyer", buyer, gross), ("sales", None, vat - gross), ("vat", None, -vat)])


def balances() -> dict[str, Decimal]:
    return {account.kind: account.balance for account in Account.objects.with_balance()}


def test_an_entry_becomes_a_transaction_with_its_postings(network: Network, day) -> None:
    household = make_organisation("Gezin Bob")
    booked = ledger.book(network=network, on=MONDAY, entries=[sale(buyer=household.pk)], delivery_day=day)
    assert booked == 1
    made = Transaction.objects.get()
    assert (made.key, made.description, made.network, made.on, made.delivery_day) == (
        "sale:1",
        "Sale sale:1",
        network,
        MONDAY,
        day,
    )
    assert set(made.postings.values_list("account__kind", "account__organisation", "amount")) == {
        ("buyer", household.pk, D("10.60")),
        ("sales", None, D("-10.00")),
        ("vat", None, D("-0.60")),
    }


def test_the_same_key_a_second_time_does_nothing_even_with_other_amounts(network: Network) -> None:
    assert ledger.book(network=network, on=MONDAY, entries=[sale()]) == 1
    assert ledger.book(network=network, on=MONDAY, entries=[sale(amount="99.60")]) == 0
    assert ledger.book(network=network, on=date(2026, 3, 9), entries=[sale(amount="99.60"), sale("sale:2")]) == 1
    assert balances() == {"buyer": D("21.20"), "sales": D("-20.00"), "vat": D("-1.20")}
    assert Transaction.objects.get(key="sale:1").on == MONDAY


def test_another_network_cannot_book_a_key_again(network: Network) -> None:
    ledger.book(network=network, on=MONDAY, entries=[sale()])
    assert ledger.book(network=make_network("leuven"), on=MONDAY, entries=[sale()]) == 0
    assert Transaction.objects.get().network == network


def test_accounts_are_made_once_and_per_network(network: Network) -> None:
    leuven = make_network("leuven")
    bob, cas = make_organisation("Gezin Bob"), make_organisation("Gezin Cas")
    for number, buyer in enumerate((bob, cas, bob)):
        ledger.book(network=network, on=MONDAY, entries=[sale(f"sale:{number}", buyer=buyer.pk)])
    assert network.accounts.count() == 4
    ledger.book(network=leuven, on=MONDAY, entries=[sale("sale:leuven", buyer=bob.pk)])
    assert leuven.accounts.count() == 3
    assert network.accounts.with_balance().get(organisation=bob).balance == D("21.20")
    assert leuven.accounts.with_balance().get(organisation=bob).balance == D("10.60")


def test_an_account_without_postings_has_a_balance_of_nothing(network: Network) -> None:
    Account.objects.create(network=network, kind="launch_gap")
    assert balances() == {"launch_gap": D(0)}


@pytest.mark.parametrize(
    "sides",
    [
        [("buyer", None, D("10.00")), ("sales", None, D("-9.99"))],
        [("buyer", None, D("10.00"))],
        [("buyer", None, D("0.005")), ("vat", None, D("0.005")), ("sales", None, D("-0.01"))],
    ],
    ids=["a cent short", "one side", "only before rounding"],
)
def test_an_entry_that_does_not_sum_to_zero_is_refused_with_all_that_came_with_it(network: Network, sides) -> None:
    with pytest.raises(ValueError, match="wrong does not sum to zero"), transaction.atomic():
        ledger.book(network=network, on=MONDAY, entries=[sale(), Entry("wrong", "Wrong", sides)])
    assert not Transaction.objects.exists()
    assert not Account.objects.exists()


def test_sides_of_one_account_are_added_up_and_nothing_is_not_booked(network: Network) -> None:
    entries = [
        Entry("twice", "Twice", [("carrier", None, D(3)), ("carrier", None, D(4)), ("transport", None, D(-7))]),
        Entry("idle", "Idle", [("carrier", None, D(0)), ("transport", None, D(0))]),
        Entry("to and fro", "To and fro", [("carrier", None, D(5)), ("carrier", None, D(-5))]),
        Entry("empty", "Empty"),
    ]
    assert ledger.book(network=network, on=MONDAY, entries=entries) == 1
    assert ledger.book(network=network, on=MONDAY, entries=entries) == 0
    assert list(Posting.objects.values_list("transaction__key", "amount").order_by("amount")) == [
        ("twice", D(-7)),
        ("twice", D(7)),
    ]
    assert Transaction.objects.count() == 1


def test_a_thousand_entries_take_as_many_queries_as_one(network: Network) -> None:
    def queries(keys: range) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert ledger.book(network=network, on=MONDAY, entries=[sale(f"sale:{key}") for key in keys]) == len(keys)
        return len(counted)

    assert queries(range(1)) == queries(range(1, 1001)) == 7


cents = st.integers(-100_000, 100_000).map(lambda amount: D(amount) / 100)
sides = st.lists(st.tuples(st.sampled_from(KINDS), st.none(), cents), min_size=1, max_size=6).map(
    lambda some: [*some, ("rounding", None, -sum(amount for _, _, amount in some))]
)
entries = st.lists(st.builds(Entry, st.sampled_from("abcdefgh"), st.just("Booked"), sides), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, min_size=1, max_size=4))
def test_whatever_is_booked_in_whatever_order_the_books_balance(network: Network, batches: list[list[Entry]]) -> None:
    """Against a model: of each key the last of the first batch that has it counts, if it moves anything."""
    with transaction.atomic():
        model: dict[str, dict[str, Decimal]] = {}
        for batch in batches:
            expected = {}
            for entry in batch:
                moved: dict[str, Decimal] = {}
                for kind, _owner, amount in entry.sides:
                    moved[kind] = moved.get(kind, D(0)) + amount
                expected[entry.key] = {kind: amount for kind, amount in moved.items() if amount}
            fresh = {key: moved for key, moved in expected.items() if moved and key not in model}
            assert ledger.book(network=network, on=MONDAY, entries=batch) == len(fresh)
            model |= fresh
        kept: dict[str, dict[str, Decimal]] = {}
        for key, kind, amount in Posting.objects.values_list("transaction__key", "account__kind", "amount"):
            assert kind not in kept.setdefault(key, {})
            kept[key][kind] = amount
        assert kept == model
        assert not Transaction.objects.alias(sum=Sum("postings__amount")).exclude(sum=0).exists()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
