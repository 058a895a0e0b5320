"""The papers of a buyer: all documents, what is owed by the books, and deposit on empties."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from network import households, ledger
from network.ledger import Entry
from network.models import Account, Organisation
from orders import documents, empties
from orders.balance import Balance, balances
from orders.models import Document, OrderLine
from producers.models import Product
from tests.conftest import MONDAY, make_household
from tests.orders.test_billing import close_and_bill
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
D = Decimal


def page(organisation: Organisation) -> str:
    return reverse("orders:documents", args=[organisation.pk])


def paper(network, household, year: int, gross: str = "10.60") -> Document:
    (made,) = documents.issue(
        [
            documents.draft(
                kind="receipt",
                items=[],
                rates=[documents.Rate(D(6), D(gross) - D("0.60"), D("0.60"))],
                issuer=network.organisation,
                recipient=household,
                year=year,
                issued_on=date(year, 5, 1),
                network=network,
            )
        ]
    )
    return made


def test_all_documents_of_a_household_by_year_and_page(network, household, bob, charlie, visit) -> None:
    for _number in range(26):
        paper(network, household, 2025)
    latest = paper(network, household, 2026, "99.00")
    paper(network, make_household(network, "Gezin Charlie", charlie), 2026, "77.00")
    client = visit(bob)
    shown = text(client.get(page(household)))
    assert "Receipt 2026-00001" in shown and "€ 99.00" in shown and "€ 77.00" not in shown
    assert "Receipt 2025-00026" in shown and "Receipt 2025-00002" not in shown
    assert "Receipt 2025-00001" in text(client.get(page(household), {"page": 2}))
    assert "2025-00026" not in text(client.get(page(household), {"year": 2026}))
    old = text(client.get(page(household), {"year": 2025, "page": 2}))
    assert "2025-00001" in old and "2026" not in old.split("All documents")[-1]
    for nonsense in ("1999", "x", "²", ""):
        assert "2026-00001" in text(client.get(page(household), {"year": nonsense}))
    assert reverse("orders:document", args=[latest.pk]) in client.get(page(household)).content.decode()


def test_the_papers_of_others_stay_closed_and_a_farm_sees_hers(
    ordered, household, farm, bob, alice, charlie, dana, day, visit
) -> None:
    ordered(household, bob, 5)
    close_and_bill(day)
    for person in (charlie, alice, dana):
        assert visit(person).get(page(household)).status_code == 404
    assert visit().get(page(household)).status_code == 302
    assert "Self-billed invoice 2026-00001" in text(visit(alice).get(page(farm.organisation)))


def test_a_household_without_papers_is_told_when_they_come(household, bob, visit) -> None:
    shown = text(visit(bob).get(page(household)))
    assert (
        "No documents yet" in shown
        and "Nothing was charged yet." in shown
        and "Empties" not in shown.split("Balance")[1]
    )


def test_the_balance_is_what_the_books_say(ordered, household, bob, day, network, visit) -> None:
    assert balances(household) == []
    ordered(household, bob, 5)
    close_and_bill(day)
    assert balances(household) == [Balance("Gent", D("11.95"), D(0))]
    bank = [(Account.Kind.BANK, None, D("10.00")), (Account.Kind.BUYER, household.pk, D("-10.00"))]
    ledger.book(network=network, on=MONDAY, entries=[Entry("paid", "Paid", bank)])
    assert balances(household) == [Balance("Gent", D("11.95"), D("10.00"))]
    shown = text(visit(bob).get(page(household)))
    assert "Charged by Gent € 11.95 Credited or paid € 10.00 Still to pay € 1.95" in shown
    more = [(kind, owner, amount / 2) for kind, owner, amount in bank]
    ledger.book(network=network, on=MONDAY, entries=[Entry("more", "Paid", more)])
    assert "You get back € 3.05" in text(visit(bob).get(page(household)))


def test_deposit_is_owed_on_what_was_billed(ordered, household, bob, day, leek, visit) -> None:
    Product.objects.update(deposit=D("0.15"))
    ordered(household, bob, 5)
    assert empties.owed(household) == empties.Empties(D(0), D(0), D(0))
    close_and_bill(day)
    found = empties.owed(household)
    assert (found.pieces, found.charged, found.returned, found.owed) == (5, D("0.75"), 0, D("0.75"))
    assert found.charged == Document.objects.get(kind="receipt").deposit
    OrderLine.objects.update(returned=D(2))
    assert empties.owed(household).charged == D("0.45")
    assert "Deposit charged € 0.45 on 3 pieces" in text(visit(bob).get(page(household)))


def test_the_list_of_orders_says_what_each_order_says(ordered, household, bob, leek, visit) -> None:
    Product.objects.update(deposit=D("0.15"))
    order = ordered(household, bob, 5)
    shown = text(visit(bob).get(reverse("orders:detail", args=[order.pk])))
    assert "Deposits € 0.75 Total, VAT included € 12.70" in shown
    assert "Confirmed € 12.70 order" in text(visit(bob).get(reverse("orders:mine")))


def test_a_document_keeps_the_address_of_its_day(network, household, bob, visit) -> None:
    kept = paper(network, household, 2025)
    households.move(organisation=household, street="Dorp 3", postcode="9880", municipality="Aalter", by=bob)
    later = paper(network, household, 2026)
    for one, there in ((kept, "Kouter 1, 9000 Gent"), (later, "Dorp 3, 9880 Aalter")):
        assert f"Gezin Bob, {there}" in text(visit(bob).get(reverse("orders:document", args=[one.pk])))


def test_the_page_has_a_fixed_number_of_queries(network, household, bob, visit, django_assert_num_queries) -> None:
    client = visit(bob)
    for _time in range(2):
        paper(network, household, 2026)
        client.get(page(household))
        with django_assert_num_queries(9):
            client.get(page(household))
