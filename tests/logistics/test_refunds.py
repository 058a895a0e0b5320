"""The patronage refund: in proportion to what members bought and sold, to the cent, booked once, seen by each."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import handover, refunds, rounds, settling
from logistics.models import Refund
from network import clock
from network.errors import Refused
from network.models import JournalEntry, Membership, Organisation, Posting, Transaction
from tests.conftest import make_household, make_network, make_producer, make_product
from tests.logistics.conftest import freeze, make_order
from tests.producers.test_desk import text

D = Decimal
NEXT_YEAR = datetime(2027, 2, 1, 9, tzinfo=UTC)


def url(network):
    return reverse("logistics:refund", args=[network.slug])


@pytest.fixture
def settled(closed_day, vehicle, dana):
    """
    Leek and milk at 2.50 net: Bob's household 12 and 6, Hilde's 25 and 12; Alice sold 37, Bea 18. In all 137.50, of which
    55 x 0.30 = 16.50 is contribution.
    """
    Membership.objects.update(joined_on=date(2026, 1, 1))
    rounds.plan_rounds(day=closed_day, iterations=10)
    handover.drive_day(day=closed_day, by=dana)
    settling.settle_day(day=closed_day, by=dana)
    return closed_day


@pytest.fixture
def year_is_over():
    with clock.at(NEXT_YEAR):
        yield


def shown(parts):
    return [(str(part.organisation), part.kind, part.turnover, part.amount) for part in parts]


def test_every_sale_counts_once_for_who_sold_and_once_for_who_bought(settled, network):
    assert refunds.kept(network, 2026) == D("16.50")
    assert shown(refunds.parts(network=network, year=2026, amount=D(11))) == [
        ("Hoeve Alice", "producer", D("92.50"), D("3.70")),
        ("Gezin Hilde", "buyer", D("92.50"), D("3.70")),
        ("Gezin Bob", "buyer", D("45.00"), D("1.80")),
        ("Melkerij Bea", "producer", D("45.00"), D("1.80")),
    ]


def test_cents_go_by_largest_remainder_and_add_up(settled, network):
    parts = refunds.parts(network=network, year=2026, amount=D("0.03"))
    assert sorted((part.amount for part in parts), reverse=True) == [D("0.01"), D("0.01"), D("0.01"), 0]
    assert refunds.parts(network=network, year=2025, amount=D(10)) == []


def test_who_is_no_member_at_the_end_of_the_year_gets_nothing(settled, network):
    Membership.objects.filter(organisation__name="Gezin Hilde").update(left_on=date(2026, 3, 1))
    Membership.objects.filter(organisation__name="Melkerij Bea").update(joined_on=date(2026, 6, 1))
    names = [str(part.organisation) for part in refunds.parts(network=network, year=2026, amount=D(11))]
    assert names == ["Hoeve Alice", "Gezin Bob"], "as it stands in March"
    with clock.at(NEXT_YEAR):
        names = [str(part.organisation) for part in refunds.parts(network=network, year=2026, amount=D(11))]
    assert names == ["Hoeve Alice", "Gezin Bob", "Melkerij Bea"]


def test_a_farm_that_also_buys_has_two_parts(settled, network, farm, cycle, delivery, dana):
    Membership.objects.create(
        network=network, organisation=farm.organisation, college="outlets", joined_on=date(2026, 1, 1)
    )
    friday = cycle.days.exclude(pk=settled.pk).get()
    delivery.pk, delivery.delivery_day = None, friday
    delivery.save()
    other = make_product(make_producer(network, "Hoeve Cas"), "kale")
    make_order(delivery, farm.organisation, {other: 10})
    freeze(friday)
    rounds.plan_rounds(day=friday, iterations=10)
    handover.drive_day(day=friday, by=dana)
    settling.settle_day(day=friday, by=dana)
    parts = [
        part for part in refunds.parts(network=network, year=2026, amount=D(9)) if "Alice" in str(part.organisation)
    ]
    assert [(part.kind, part.turnover) for part in parts] == [("producer", D("92.50")), ("buyer", D("25.00"))]


def test_it_is_booked_once_a_year_and_sums_to_zero(settled, network, dana, year_is_over):
    made = refunds.give_back(network=network, year=2026, amount=D(11), by=dana)
    assert refunds.give_back(network=network, year=2026, amount=D(11), by=dana) == made
    booked = Transaction.objects.get(key=f"refund:{made.pk}")
    sides = {(side.account.kind, str(side.account.organisation or "")): side.amount for side in booked.postings.all()}
    assert sides == {
        ("refund", ""): D(11),
        ("producer", "Hoeve Alice"): D("-3.70"),
        ("producer", "Melkerij Bea"): D("-1.80"),
        ("buyer", "Gezin Hilde"): D("-3.70"),
        ("buyer", "Gezin Bob"): D("-1.80"),
    }
    assert (booked.on, booked.description) == (date(2027, 2, 1), "Refund to members over 2026")
    assert JournalEntry.objects.filter(action="gave a refund").count() == 1
    with pytest.raises(Refused, match="of 2026 is booked already"):
        refunds.give_back(network=network, year=2026, amount=D(12), by=dana)
    assert Refund.objects.get() == made


@pytest.mark.parametrize(
    ("year", "amount", "field", "said"),
    [
        (2027, "5", "year", "2027 is not over yet"),
        (2026, "0", "amount", "above nought"),
        (2026, "16.51", "amount", "kept 16.50 euro in 2026"),
        (2025, "1", "amount", "kept 0.00 euro in 2025"),
    ],
)
def test_what_cannot_be_given_back_is_refused(settled, network, dana, year_is_over, year, amount, field, said):
    with pytest.raises(Refused, match=said) as refused:
        refunds.give_back(network=network, year=year, amount=D(amount), by=dana)
    assert refused.value.field == field
    assert not Refund.objects.exists() and not Transaction.objects.filter(key__startswith="refund:").exists()


def test_when_no_member_is_left_nothing_is_given_back(settled, network, dana, year_is_over):
    Membership.objects.update(left_on=date(2026, 4, 1))
    with pytest.raises(Refused, match="No member sold or bought"):
        refunds.give_back(network=network, year=2026, amount=D(5), by=dana)


def test_another_network_has_nothing_to_do_with_it(settled, year_is_over):
    assert refunds.parts(network=make_network("leuven"), year=2026, amount=D(5)) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(amount=st.decimals("0.01", "99999", places=2))
def test_the_parts_add_up_to_the_amount_whatever_it_is(settled, network, amount):
    with transaction.atomic():
        parts = refunds.parts(network=network, year=2026, amount=amount)
    assert sum(part.amount for part in parts) == amount
    assert all(part.amount >= 0 for part in parts)
    assert all(more.amount >= less.amount - D("0.01") for more, less in pairwise(parts)), "who used more gets more"


# The pages


def test_the_coordinator_looks_before_she_books(settled, network, dana, visit, year_is_over):
    browser = visit(dana)
    assert "Look before you book" in text(browser.get(url(network)))
    page = text(browser.get(url(network), {"year": "2026", "amount": "11"}))
    for words in (
        "Hoeve Alice sold € 92.50 € 3.70",
        "To who sold € 5.50 2 members, € 137.50",
        "The network kept € 16.50",
        "Give back € 11.00",
    ):
        assert words in page
    assert not Refund.objects.exists()
    assert browser.post(url(network), {"year": "2026", "amount": "11.00"}).status_code == 302
    made = Refund.objects.get()
    assert (made.amount, made.by) == (11, dana)
    page = text(browser.get(url(network), {"year": "2026", "amount": "11"}))
    assert "The refund of 2026 is booked already." in page and "Give back €" not in page
    assert "2026: € 11.00" in page


def test_a_year_that_still_runs_is_shown_and_cannot_be_booked(settled, network, dana, visit):
    browser = visit(dana)
    page = text(browser.get(url(network), {"year": "2026", "amount": "11"}))
    assert "2026 is not over yet" in page and "Give back €" not in page
    answer = browser.post(url(network), {"year": "2026", "amount": "11"})
    assert answer.status_code == 422 and "2026 is not over yet" in text(answer)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"year": "2026", "amount": ""}, "This field is required."),
        ({"year": "2026", "amount": "lots"}, "Enter a number, such as 2 or 1,5."),
        ({"year": "2026", "amount": "-4"}, "Enter an amount above nought."),
        ({"year": "2026", "amount": "1.005"}, "At most 2 decimals."),
        ({"year": "1812", "amount": "4"}, "Select a valid choice."),
        ({"amount": "4"}, "This field is required."),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nonsense_is_told_beside_the_field(network, dana, visit, method, values, said):
    answer = getattr(visit(dana), method)(url(network), values)
    assert answer.status_code == 422
    assert said in text(answer) and 'aria-invalid="true"' in answer.content.decode()


def test_a_year_without_members_trade_says_so(network, dana, visit):
    assert "Nobody to give back to" in text(visit(dana).get(url(network), {"year": "2026", "amount": "5"}))


def test_each_member_sees_hers(settled, network, farm, alice, bob, charlie, dana, visit, year_is_over):
    refunds.give_back(network=network, year=2026, amount=D(11), by=dana)
    money = text(visit(alice).get(reverse("logistics:money", args=[farm.slug])))
    assert "2026 Gent what Hoeve Alice sold € 3.70" in money
    mine = reverse("logistics:my_refunds")
    assert "2026 Gent what Gezin Bob bought € 1.80" in text(visit(bob).get(mine))
    assert "Alice" not in text(visit(bob).get(mine))
    assert "Nothing given back yet" in text(visit(charlie).get(mine))


def test_the_number_of_queries_does_not_grow(
    settled, network, dana, bob, visit, django_assert_num_queries, year_is_over
):
    browser = visit(dana)
    asked = {"year": "2026", "amount": "11"}
    browser.get(url(network), asked)
    with django_assert_num_queries(10):
        browser.get(url(network), asked)
    for number in range(5):
        home = make_household(network, f"Gezin {number}")
        Membership.objects.filter(organisation=home).update(joined_on=date(2026, 1, 1))
    line = settled.deliveries.first().orders.first().lines.first()
    for home in Organisation.objects.filter(name__regex=r"Gezin \d"):
        order = line.order
        order.pk, order.buyer = None, home
        order.save()
        line.pk, line.order = None, order
        line.save()
    assert len(refunds.parts(network=network, year=2026, amount=D(11))) == 9
    with django_assert_num_queries(10):
        browser.get(url(network), asked)
    refunds.give_back(network=network, year=2026, amount=D(11), by=dana)
    assert Posting.objects.filter(transaction__key__startswith="refund:").count() == 10
    browser = visit(bob)
    browser.get(reverse("logistics:my_refunds"))
    with django_assert_num_queries(4):
        browser.get(reverse("logistics:my_refunds"))
