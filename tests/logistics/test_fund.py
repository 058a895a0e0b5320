"""The start-up fund: money in once, its part of a settled day in bills and books, its course, and what is ahead."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db.models import F, Sum
from django.urls import reverse

from logistics import correcting, fund, games, handover, recomputing, rounds, settling, tipping
from logistics.fund_rule import Rule
from logistics.models import CostShare, CostTerms, Vehicle
from network import ledger
from network.errors import Refused
from network.models import Account, JournalEntry, Posting, Transaction
from orders.models import OrderLine
from tests.conftest import MONDAY, make_producer
from tests.logistics.conftest import settled_days
from tests.logistics.test_cost_curve import SIX
from tests.producers.test_desk import text

D = Decimal
TOKEN = UUID(int=7)


def url(network):
    return reverse("logistics:fund", args=[network.slug])


def put(network, amount, **fields):
    return fund.deposit(
        **{"network": network, "amount": D(amount), "source": "subsidy", "token": uuid4(), "by": None} | fields
    )


def terms(network, **fields):
    return CostTerms.objects.create(network=network, from_week=MONDAY, **fields)


@pytest.fixture
def six_weeks(network, farm):
    """The six days of docs/fund.md: 60 euro fixed, 1 a crate."""
    farms = [farm, make_producer(network, "Hoeve Dré"), make_producer(network, "Hoeve Cas")]
    days = {date(2026, 1, 22) + timedelta(weeks=week): SIX[week] for week in range(6)}
    settled_days(network, {on: (crates, D(euro)) for on, (crates, euro) in days.items()}, farms=farms)
    return farms


@pytest.fixture
def driven(closed_day, vehicle, dana):
    """Two farms, 5.2 crates: driven, not settled."""
    rounds.plan_rounds(day=closed_day, iterations=30)
    handover.drive_day(day=closed_day, by=dana)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def cheap(vehicle):
    """A van so cheap that going together saves something."""
    Vehicle.objects.filter(pk=vehicle.pk).update(per_day=2, per_km=D("0.10"), per_hour=5)


def lend(network, day, amount):
    """As if the fund had carried so much of another day."""
    ledger.book(
        network=network, on=day.on, entries=[fund.entry(key=f"fund:{day.pk}", amount=D(amount))], delivery_day=day
    )


def balances():
    return dict(Posting.objects.values_list("account__kind").annotate(total=Sum("amount")))


# Money in and out


def test_a_deposit_debits_the_bank_credits_the_fund_and_is_booked_once(network, dana):
    booked = put(network, "500", token=TOKEN, note="Province", by=dana)
    assert booked == put(network, "500", token=TOKEN, note="Province", by=dana) == put(network, "9", token=TOKEN)
    assert (booked.description, booked.on) == ("Subsidy: Province", MONDAY)
    assert balances() == {"bank": 500, "fund": -500}
    assert fund.balance(network) == 500
    assert JournalEntry.objects.get(action="put money in the fund").actor == dana


def test_it_can_be_taken_out_again_but_never_more_than_is_there(network):
    put(network, "100")
    put(network, "-40")
    with pytest.raises(Refused, match="less than that in the fund") as refused:
        put(network, "-60.01")
    assert refused.value.field == "amount"
    with pytest.raises(Refused, match="not nought"):
        put(network, "0")
    assert fund.balance(network) == 60
    assert Transaction.objects.count() == 2


# What it carries


def test_nothing_is_carried_while_the_members_decided_nothing(driven, network, dana):
    put(network, "500")
    run = settling.settle_day(day=driven, by=dana)
    assert (run.fund, run.result["fund"]) == (0, None)
    assert fund.balance(network) == 500


def test_while_there_is_no_line_half_of_the_day_counts_as_fixed(driven, network, dana):
    put(network, "500")
    terms(network, fund_crates=100)
    run = settling.settle_day(day=driven, by=dana)
    half = int(100 * run.cost) // 2
    each = str(round(run.cost * 50 / D("5.2"), 4))
    rule = Rule(fixed=half, per_crate=each, full=100, back_from=100, solidarity="0.000", balance=500_00, lent=0)
    assert Rule(**run.result["fund"]) == rule
    assert run.launch_gap > 0
    assert run.fund == round(D(half) * (1 - D("5.2") / 100)) / D(100) - run.launch_gap, (
        "they pay no less than the fuller day's price"
    )
    shares = list(CostShare.objects.all())
    assert sum(share.fund for share in shares) == run.fund > 0
    assert all(share.share == share.distribution + share.collection - share.fund for share in shares)
    assert sum(share.share for share in shares) == run.billed == run.cost - run.launch_gap - run.fund
    assert fund.balance(network) == 500 - run.fund


def test_the_line_of_the_weeks_before_says_what_is_fixed_and_all_of_it_is_booked(driven, six_weeks, network, dana):
    """60 euro fixed, 5.2 crates of 100: 94.8 % of it is carried, 56.88."""
    put(network, "500")
    terms(network, fund_crates=100)
    run = settling.settle_day(day=driven, by=dana)
    assert run.fund == D("56.88")
    assert {
        side.account.kind: side.amount for side in Transaction.objects.get(key=f"fund:{driven.pk}").postings.all()
    } == {
        "fund": D("56.88"),
        "transport": D("-56.88"),
    }
    assert balances()["fund"] == D("-443.12")
    assert balances().get("transport", 0) == 0
    assert not Transaction.objects.annotate(total=Sum("postings__amount")).exclude(total=0).exists()


def test_settling_twice_carries_once(driven, network, dana):
    put(network, "500")
    terms(network, fund_crates=100)
    run = settling.settle_day(day=driven, by=dana)
    before = fund.balance(network)
    assert settling.settle_day(day=driven, by=dana) == run
    assert fund.balance(network) == before < 500


def test_no_more_is_carried_than_is_in_the_fund(driven, network, dana):
    put(network, "12.34")
    terms(network, fund_crates=100)
    assert settling.settle_day(day=driven, by=dana).fund == D("12.34")
    assert fund.balance(network) == 0


def test_on_a_full_day_what_was_lent_comes_back_and_nobody_pays_above_alone(
    cheap, driven, six_weeks, network, cycle, dana
):
    """5.2 crates where 4 were enough: 60 x (5.2 / 4 - 1) = 18 euro comes back."""
    put(network, "500")
    lend(network, cycle.days.exclude(pk=driven.pk).get(), "20")
    terms(network, fund_crates=4)
    run = settling.settle_day(day=driven, by=dana)
    assert run.fund == D("-18.00")
    assert run.billed == run.cost + 18
    assert all(share.share + share.own <= share.alone for share in CostShare.objects.filter(cost_run=run))
    assert fund.balance(network) == 500 - 20 + 18
    assert Transaction.objects.get(key=f"fund:{driven.pk}").description == "Paid into the start-up fund"


def test_below_the_tipping_point_nothing_comes_back_yet(cheap, driven, six_weeks, network, cycle, dana):
    put(network, "500")
    lend(network, cycle.days.exclude(pk=driven.pk).get(), "20")
    terms(network, fund_crates=4)
    tipping.set_overhead(network=network, per_week=D(150), since=date(2026, 1, 5), by=dana)
    run = settling.settle_day(day=driven, by=dana)
    assert (run.fund, run.result["fund"]["back_from"]) == (0, pytest.approx(86.664))


def test_the_solidarity_margin_alone(cheap, driven, network, dana):
    terms(network, solidarity=D("0.05"))
    run = settling.settle_day(day=driven, by=dana)
    room = sum(share.alone - share.own - share.share + -share.fund for share in CostShare.objects.all())
    assert fund.balance(network) == -run.fund == D(int(5 * room)) / 100 > 0


def test_a_day_that_is_shared_again_does_not_count_its_own_part(driven, network, dana):
    """The rule of a correction sees the fund as it would be without this day."""
    put(network, "500")
    terms(network, fund_crates=100)
    run = settling.settle_day(day=driven, by=dana)
    first = Rule(**run.result["fund"])
    assert fund.rule_for(day=driven, shared=games.share(run.inputs), former=run) == first
    put(network, "-100")
    assert fund.rule_for(day=driven, shared=games.share(run.inputs), former=run) == replace(first, balance=400_00)


def test_a_corrected_day_carries_anew_what_differs_is_booked_and_both_can_be_made_again(
    driven, six_weeks, network, dana
):
    """Of 3.7 crates of leek 1.7 turn out to have come: 3.2 crates in all, and 60 x (1 - 3.2 / 100) = 58.08 is carried."""
    put(network, "500")
    terms(network, fund_crates=100)
    first = settling.settle_day(day=driven, by=dana)
    OrderLine.objects.filter(product__sku="leek", order__buyer__name="Gezin Hilde").update(billed=D(5))
    CostTerms.objects.update(fund_crates=10)
    second = correcting.correct_day(day=driven, by=dana, reason="Two crates stood elsewhere")
    assert (first.fund, second.fund) == (D("56.88"), D("58.08")), "by the terms of the first time"
    assert fund.balance(network) == 500 - D("58.08")
    assert balances().get("transport", 0) == 0
    assert {move.amount for move in fund.course(network)} == {500, D("-56.88"), D("-1.20")}
    for run in (first, second):
        assert recomputing.recompute(run).differences == ()
    CostShare.objects.filter(cost_run=second, fund__gt=1).update(fund=F("fund") - 1, share=F("share") + 1)
    assert "carried by the fund" in " ".join(recomputing.recompute(second).differences)


def test_the_settlement_shows_what_the_fund_carried(driven, six_weeks, network, dana, visit):
    put(network, "500")
    terms(network, fund_crates=100)
    settling.settle_day(day=driven, by=dana)
    shown = text(visit(dana).get(reverse("logistics:settlement", args=[driven.pk])))
    assert "Carried by the start-up fund € 56.88" in shown


# The page


def test_the_course_by_week_has_no_holes(network, cycle):
    day = cycle.days.earliest("on")
    put(network, "500")
    lend(network, day, "20")
    moves = fund.course(network)
    assert [(move.amount, move.balance) for move in moves] == [(500, 500), (-20, 480)]
    assert fund.by_week(moves) == {MONDAY: 480}
    later = replace(moves[1], balance=D(470))
    later.transaction.on = MONDAY + timedelta(weeks=3)
    assert fund.by_week([moves[0], later]) == {
        MONDAY: 500,
        MONDAY + timedelta(weeks=1): 500,
        MONDAY + timedelta(weeks=2): 500,
        MONDAY + timedelta(weeks=3): 470,
    }
    assert fund.by_week([]) == {}


def test_members_see_what_is_in_it_and_what_is_ahead(six_weeks, network, alice, visit):
    put(network, "500", note="Province")
    terms(network, fund_crates=200)
    shown = text(visit(alice).get(url(network), {"growth": "0"}))
    assert "In the fund € 500.00" in shown
    assert "The farms pay the price of a delivery day of 200 crates." in shown
    assert (
        "of a delivery day € 60.00 is fixed. With 90 crates of 200, 55 % of the crates that would pay for it are not there: the fund carries € 33.00."
        in shown
    )
    assert "9 March 90 € 33.00 € 0.00 € 467.00" in shown
    assert "Empty in the week of 22 June" in shown, "fifteen weeks of 33 euro, and then 5"
    assert "Subsidy: Province" in shown
    assert "Put money in" not in shown


def test_another_growth_fuller_day_and_margin_are_tried_and_nothing_is_kept(six_weeks, network, dana, visit):
    put(network, "500")
    browser = visit(dana)
    shown = text(browser.get(url(network), {"growth": "2,5", "full": "90", "solidarity": "10"}))
    assert "With 90 crates of 90" not in shown
    assert "9 March 92 € 0.00" in shown
    assert not CostTerms.objects.exists()
    assert "The members have not decided yet" in shown


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"growth": "fast"}, "Enter a number, such as 2 or 1,5."),
        ({"growth": "60"}, "Enter a percentage from -20 to 20."),
        ({"growth": "NaN"}, "Enter a number, such as 2 or 1,5."),
        ({"full": "-5"}, "greater than or equal to 0"),
        ({"full": "1.5"}, "Enter a whole number, such as 40."),
        ({"full": "9999999"}, "less than or equal to 100000"),
        ({"solidarity": "101"}, "Enter a percentage from 0 to 100."),
    ],
)
def test_nonsense_about_the_future_is_told_beside_the_field(six_weeks, network, alice, visit, values, said):
    answer = visit(alice).get(url(network), values)
    assert answer.status_code == 422
    assert said in text(answer) and 'aria-invalid="true"' in answer.content.decode()


def test_a_coordinator_books_a_deposit_from_the_page_once(network, dana, visit):
    browser = visit(dana)
    values = {"amount": "1250,50", "source": "shares", "note": "", "token": str(TOKEN)}
    for _time in range(2):
        assert browser.post(url(network), values).status_code == 302
    assert fund.balance(network) == D("1250.50")
    assert "Shares of members" in text(browser.get(url(network)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amount": "much"}, "Enter a number, such as 2 or 1,5."),
        ({"amount": "0"}, "Enter an amount that is not nought."),
        ({"amount": "1.234"}, "At most 2 decimals."),
        ({"amount": "-5"}, "There is less than that in the fund."),
        ({"source": "heaven"}, "Select a valid choice."),
        ({"note": "x" * 121}, "at most 120 characters"),
        ({"token": "x"}, "Nothing was saved yet."),
    ],
)
def test_a_wrong_deposit_is_told_beside_the_field_and_nothing_booked(network, dana, visit, values, said):
    right = {"amount": "10", "source": "gift", "note": "", "token": str(TOKEN)}
    answer = visit(dana).post(url(network), right | values)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Transaction.objects.exists()


def test_a_farmer_books_nothing(network, farm, alice, visit):
    values = {"amount": "10", "source": "gift", "token": str(TOKEN)}
    assert visit(alice).post(url(network), values).status_code == 403
    assert not Account.objects.exists()


def test_an_empty_fund_says_what_fills_it(network, dana, visit):
    shown = text(visit(dana).get(url(network)))
    assert "The fund is empty" in shown
    assert "There are too few settled delivery days to look ahead." in shown


def test_the_number_of_queries_does_not_grow(six_weeks, network, cycle, alice, visit, django_assert_num_queries):
    put(network, "500")
    terms(network, fund_crates=200)
    browser = visit(alice)
    browser.get(url(network))
    with django_assert_num_queries(10):
        browser.get(url(network))
    for day in cycle.days.all():
        lend(network, day, "20")
    put(network, "30")
    with django_assert_num_queries(10):
        browser.get(url(network))
