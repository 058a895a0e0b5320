"""Where a network stands: the line through its settled days, what it costs itself, and what members read of both."""

from datetime import date, timedelta
from decimal import Decimal
from math import exp

import pytest
from django.urls import reverse

from logistics import tipping
from logistics.models import Overhead
from network import clock
from network.errors import Refused
from network.models import JournalEntry
from tests.conftest import MONDAY, make_network, make_producer
from tests.logistics.conftest import settled_days
from tests.logistics.test_cost_curve import SIX
from tests.producers.test_desk import text

D = Decimal
THURSDAY = date(2026, 1, 22)


def url(network):
    return reverse("logistics:tipping_point", args=[network.slug])


@pytest.fixture
def farms(network, farm):
    return [farm, make_producer(network, "Hoeve Bea"), make_producer(network, "Hoeve Cas")]


@pytest.fixture
def six_weeks(network, farms):
    """The six days of docs/fund.md, one a week, the last on 26 February."""
    days = {THURSDAY + timedelta(weeks=week): D(euro) for week, (_crates, euro) in enumerate(SIX)}
    settled_days(network, {on: (SIX[i][0], euro) for i, (on, euro) in enumerate(days.items())}, farms=farms)


def test_the_line_and_where_the_network_stands_on_it(six_weeks, network):
    stands = tipping.standing(network)
    assert (stands.cost.fixed, stands.cost.slope) == (pytest.approx(60), pytest.approx(1))
    assert (stands.crates, stands.days) == (90, 1), "the last four of one day a week: 60, 80, 100, 120"
    assert [(week.crates, week.cost, week.saved) for week in stands.weeks][-1] == (120, 182, 182)
    assert stands.overhead is stands.tipping is stands.gap is None
    assert stands.growth == 0.02


def test_the_tipping_point_is_where_the_savings_pay_for_the_network(six_weeks, network, dana):
    tipping.set_overhead(network=network, per_week=D(150), since=date(2026, 2, 16), by=dana)
    stands = tipping.standing(network)
    assert stands.overhead == 150
    assert [week.overhead for week in stands.weeks] == [None] * 4 + [150, 150]
    assert [week.gap for week in stands.weeks] == [None] * 4 + [150 - 159, 150 - 182]
    at = exp((150 - stands.saving.fixed) / stands.saving.slope)
    assert stands.tipping.at == pytest.approx(at)
    assert stands.tipping.low < at < stands.tipping.high
    assert stands.gap == pytest.approx(150 - stands.saving.at(90))


def test_what_was_known_on_the_eve_of_a_day_and_no_more(six_weeks, network, dana):
    tipping.set_overhead(network=network, per_week=D(150), since=date(2026, 2, 16), by=dana)
    stands = tipping.standing(network, before=date(2026, 2, 12))
    assert [week.crates for week in stands.weeks] == [20, 40, 60]
    assert (stands.cost, stands.overhead) == (None, None)
    assert tipping.standing(network, before=date(2026, 2, 27)).cost.days == 6


def test_half_a_year_counts_and_other_networks_do_not(six_weeks, network, farms):
    settled_days(network, {date(2025, 8, 28): (300, D(900))}, farms=farms)
    assert tipping.standing(network).cost.days == 6
    assert tipping.standing(make_network("leuven")).weeks == []


def test_a_few_weeks_are_no_line_however_many_days(network, farms):
    days = [date(2026, 2, 9) + timedelta(days=day) for day in range(9)]
    settled_days(network, {on: (20 + 9 * i, D(80 + 9 * i)) for i, on in enumerate(days)}, farms=farms)
    stands = tipping.standing(network)
    assert len(stands.all_days) == 9
    assert (stands.cost, stands.saving, stands.crates, stands.days) == (None, None, 56, 4)


# What the network itself costs


def test_the_overhead_is_dated_and_old_weeks_keep_theirs(network, dana):
    tipping.set_overhead(network=network, per_week=D(100), since=date(2026, 1, 5), by=dana)
    tipping.set_overhead(network=network, per_week=D(140), since=MONDAY, by=dana)
    tipping.set_overhead(network=network, per_week=D(150), since=MONDAY, by=dana)
    rows = [(one.per_week, one.period.lower, one.period.upper) for one in Overhead.objects.all()]
    assert rows == [(100, date(2026, 1, 5), MONDAY), (150, MONDAY, None)]
    assert JournalEntry.objects.filter(action="set the overhead").count() == 3


@pytest.mark.parametrize(
    ("per_week", "since", "field", "said"),
    [
        (D(-1), MONDAY, "per_week", "nought or more"),
        (D(10), MONDAY + timedelta(days=1), "since", "begins on a Monday"),
        (D(10), date(2025, 12, 29), "since", "Before 05/01/2026"),
    ],
)
def test_an_impossible_overhead_is_refused_and_nothing_kept(network, dana, per_week, since, field, said):
    tipping.set_overhead(network=network, per_week=D(100), since=date(2026, 1, 5), by=dana)
    with pytest.raises(Refused, match=said) as refused:
        tipping.set_overhead(network=network, per_week=per_week, since=since, by=dana)
    assert refused.value.field == field
    assert Overhead.objects.get().per_week == 100


# The page


def test_members_read_it_in_words_and_numbers(six_weeks, network, dana, alice, visit):
    tipping.set_overhead(network=network, per_week=D(150), since=date(2026, 2, 16), by=dana)
    shown = text(visit(alice).get(url(network)))
    assert (
        "The rounds of a delivery day cost about € 60.00 whatever they carry, and € 1.00 more for every crate." in shown
    )
    assert "At 90 crates, where you are now, that is € 1.67 a crate; at 135 it would be € 1.44." in shown
    assert "The network itself costs € 150.00 a week" in shown
    assert "Tipping point 87 crates" in shown
    assert "From 6 settled delivery days" in shown
    assert "What the network itself costs" not in shown, "a farmer does not set it"


def test_a_coordinator_sets_what_the_network_costs_and_errors_stand_beside_the_field(six_weeks, network, dana, visit):
    browser = visit(dana)
    for values, said in (
        ({"per_week": "lots", "since": "2026-03-02"}, "Enter a number"),
        ({"per_week": "-3", "since": "2026-03-02"}, "Enter an amount from 0 to 9999."),
        ({"per_week": "120", "since": "2026-03-03"}, "choose one"),
        ({"per_week": "120", "since": "tomorrow"}, "Enter a valid date"),
        ({}, "Enter an amount, or 0."),
    ):
        answer = browser.post(url(network), values)
        assert answer.status_code == 422
        assert said in text(answer) and 'aria-invalid="true"' in answer.content.decode()
    assert not Overhead.objects.exists()
    assert browser.post(url(network), {"per_week": "120,50", "since": "2026-03-02"}).status_code == 302
    assert Overhead.objects.get().per_week == D("120.50")
    assert "Now € 120.50 a week" in text(browser.get(url(network)))


def test_a_farmer_cannot_set_it(network, farm, alice, visit):
    assert visit(alice).post(url(network), {"per_week": "120", "since": "2026-03-02"}).status_code == 403
    assert not Overhead.objects.exists()


def test_of_days_with_two_farms_no_crates_are_told(network, farms, alice, visit):
    weeks = {THURSDAY + timedelta(weeks=week): (20 + 20 * week, D(100 + week)) for week in range(6)}
    settled_days(network, weeks, farms=farms[:2])
    shown = text(visit(alice).get(url(network)))
    assert shown.count("too few farms to show") == 6
    assert "Days with goods of fewer than 3 farms count in the line but are not shown" in shown


def test_too_few_weeks_and_none_at_all_are_said(network, farms, alice, visit):
    assert "Nothing settled yet" in text(visit(alice).get(url(network)))
    settled_days(network, {THURSDAY: (50, D(90))}, farms=farms)
    shown = text(visit(alice).get(url(network)))
    assert "There is too little to draw a line yet" in shown
    assert "22 January" not in shown and "19 January" in shown


def test_savings_that_do_not_grow_have_no_tipping_point(network, farms, alice, dana, visit):
    weeks = {THURSDAY + timedelta(weeks=week): (20 + 20 * week, D(200 - 9 * week)) for week in range(6)}
    settled_days(network, weeks, farms=farms)
    tipping.set_overhead(network=network, per_week=D(150), since=MONDAY, by=dana)
    assert "no number of crates can be told" in text(visit(alice).get(url(network)))
    Overhead.objects.all().delete()
    assert "was not noted, so the tipping point cannot be told" in text(visit(alice).get(url(network)))


def test_a_tipping_point_far_beyond_what_was_ever_sold_is_out_of_sight(six_weeks, network, alice, dana, visit):
    tipping.set_overhead(network=network, per_week=D(900), since=MONDAY, by=dana)
    shown = text(visit(alice).get(url(network)))
    assert "only at many times more crates than you ever had" in shown
    assert "Launch gap € 747.96" in shown


def test_the_number_of_queries_does_not_grow(six_weeks, network, farms, alice, visit, django_assert_num_queries):
    browser = visit(alice)
    browser.get(url(network))
    with django_assert_num_queries(7):
        browser.get(url(network))
    settled_days(
        network,
        {clock.today() - timedelta(days=10 + 9 * i): (30 + i, D(100)) for i in range(12)},
        farms=[*farms, *(make_producer(network, f"Hoeve {number}") for number in range(4))],
    )
    with django_assert_num_queries(7):
        browser.get(url(network))
