"""What terms come to on the network's own last weeks: computed day by day, kept, and the same whoever asks again."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import pytest
from django.urls import reverse

from logistics import assembly, consequences, correcting, fund, games, settling, tasks, terms
from logistics.models import CostRun, CostTerms, Frontier, Proposal
from network import clock, outbox
from network.models import Membership, OutboxEntry
from orders import crediting
from tests.conftest import MONDAY
from tests.logistics.lived import live_week, settle_in
from tests.logistics.test_assembly import ENDS, LATER, decided, propose
from tests.producers.test_desk import text

D = Decimal
PAST = MONDAY - timedelta(weeks=2)


@pytest.fixture(autouse=True)
def nothing_being_computed(network):
    """The cache outlives the database of a test."""
    yield
    forget(network)


def forget(network):
    tasks.cache.delete_many(
        [
            f"{tasks.FRONTIER}-{network.pk}",
            *(f"{tasks.EFFECTS}-{pk}" for pk in network.proposals.values_list("pk", flat=True)),
        ]
    )


@pytest.fixture
def village(network, point):
    return settle_in(network)


@pytest.fixture
def past(network, village, dana):
    """Two settled weeks, of which the second is last week."""
    return [live_week(network, PAST + timedelta(weeks=week), *village, dana) for week in (0, 1)]


@pytest.fixture
def proposal(network, past, dana):
    return propose(network, dana, new=CostTerms(tau=D("0.5"), per_day=D(20)))


def compute(what, pk):
    (tasks.trace_frontier if what == tasks.FRONTIER else tasks.assess_proposal)(pk)


def spread(run, tau):
    shared = games.share(run.inputs, tau=tau)
    return next(played.allocation.spread for played in shared.games if played.kind == "collection")


# The frontier


def test_the_frontier_is_the_mean_of_what_each_day_comes_to(network, past):
    compute(tasks.FRONTIER, network.pk)
    curve = consequences.frontier_of(network, terms.of(network, MONDAY))
    assert (curve.days, curve.of, curve.is_whole) == (2, 2, True)
    assert (curve.first, curve.last) == (past[0].delivery_day.on, past[1].delivery_day.on)
    assert [tau for tau, _spread in curve.points] == [0, 2, 5, 10, 15, 20, 30, 50]
    for tau, points in curve.points:
        assert points == D(str(round(sum(round(spread(run, float(tau) / 100), 2) for run in past) / 2, 1)))
    falling = [points for _tau, points in curve.points]
    assert falling == sorted(falling, reverse=True)
    assert curve.now == (10, falling[3])


def test_nothing_settled_is_nothing_computed(network):
    compute(tasks.FRONTIER, network.pk)
    curve = consequences.frontier_of(network, CostTerms(network=network))
    assert (curve.points, curve.now, curve.days, curve.of, curve.is_whole) == ([], None, 0, 0, False)


def test_a_dial_between_the_marks_and_a_method_without_one_have_their_place(network, past):
    chosen = CostTerms.objects.create(network=network, from_week=MONDAY, tau=D("0.12"))
    compute(tasks.FRONTIER, network.pk)
    curve = consequences.frontier_of(network, chosen)
    assert D(12) in [tau for tau, _spread in curve.points] and curve.now[0] == 12
    CostTerms.objects.filter(pk=chosen.pk).update(method="shapley")
    chosen.refresh_from_db()
    assert not consequences.frontier_of(network, chosen).is_whole, "Shapley was not computed"
    compute(tasks.FRONTIER, network.pk)
    threshold, points = consequences.frontier_of(network, chosen).now
    assert threshold is None and points > 0


def test_a_job_that_was_killed_goes_on_where_it_stopped(network, past):
    class Killed(BaseException):
        pass

    def die_on_the_second_day(done, of):
        if done == 1:
            raise Killed

    chosen = CostTerms(network=network)
    with pytest.raises(Killed):
        consequences.trace(network=network, chosen=chosen, tell=die_on_the_second_day)
    assert consequences.frontier_of(network, chosen).days == 1
    first = Frontier.objects.get()
    compute(tasks.FRONTIER, network.pk)
    compute(tasks.FRONTIER, network.pk)
    assert Frontier.objects.count() == 2
    assert Frontier.objects.get(pk=first.pk).made_at == first.made_at
    assert consequences.frontier_of(network, chosen).is_whole


def test_only_the_last_twelve_settled_weeks_count(network, past, monkeypatch):
    monkeypatch.setattr(consequences, "WEEKS", 1)
    assert [run.pk for run in consequences.settled_runs(network)] == [past[1].pk]


def test_days_of_before_the_games_are_left_out(network, past):
    CostRun.objects.filter(pk=past[0].pk).update(inputs={"producers": []}, result={})
    assert [run.pk for run in consequences.settled_runs(network)] == [past[1].pk]


def test_a_day_with_one_farm_collected_has_no_spread(network, past):
    CostRun.objects.filter(pk=past[0].pk).update(
        inputs=past[0].inputs | {"producers": [her | {"brings": True} for her in past[0].inputs["producers"]]}
    )
    compute(tasks.FRONTIER, network.pk)
    assert set(Frontier.objects.get(cost_run=past[0]).spread.values()) == {None}
    curve = consequences.frontier_of(network, CostTerms(network=network))
    assert curve.is_whole and curve.now[1] == D(str(round(spread(past[1], 0.1), 1)))


def frontiers_asked():
    return list(OutboxEntry.objects.filter(kind="frontier").order_by("pk").values_list("key", "payload"))


@pytest.fixture
def one_day_a_week(network):
    network.weekly_days.exclude(pk=network.weekly_days.earliest("weekday").pk).delete()


def test_the_last_day_of_a_week_asks_for_the_frontier_once(one_day_a_week, network, past, dana):
    weeks = [run.delivery_day.cycle for run in past]
    assert [cycle.days.count() for cycle in weeks] == [1, 1]
    wanted = [(f"frontier:{network.pk}:{cycle.pk}", {"network": network.pk}) for cycle in weeks]
    assert frontiers_asked() == wanted
    settling.settle_day(day=past[0].delivery_day, by=dana)
    assert frontiers_asked() == wanted, "settling again changes nothing"
    outbox.drain()
    assert OutboxEntry.objects.waiting().filter(kind="frontier").count() == 0
    tasks.trace_frontier(network.pk)
    assert consequences.frontier_of(network, terms.of(network, MONDAY)).is_whole


def test_a_week_with_a_day_still_to_come_waits_for_it_but_for_none_that_closed_empty(network, past):
    other = past[1].delivery_day.cycle.days.exclude(pk=past[1].delivery_day_id)
    for status in ("open", "planned", "driven"):
        other.update(status=status)
        consequences.follow(past[1])
        assert frontiers_asked() == [], status
    other.update(status="closed")
    consequences.follow(past[1])
    assert len(frontiers_asked()) == 1


def test_a_day_that_is_shared_again_moves_the_frontier_too(one_day_a_week, network, past, dana):
    run = past[1]
    tasks.trace_frontier(network.pk)
    line = run.delivery_day.purchase_orders.earliest("pk").lines.get()
    crediting.credit(day=run.delivery_day, missing={line.pk: D(5)}, by=dana, reason="Rotten")
    correcting.correct_day(day=run.delivery_day, by=dana, reason="Rotten")
    cycle = run.delivery_day.cycle_id
    assert frontiers_asked()[-1][0] == f"frontier:{network.pk}:{cycle}:{run.delivery_day_id}:2"
    assert consequences.frontier_of(network, terms.of(network, MONDAY)).days == 1
    tasks.trace_frontier(network.pk)
    assert consequences.frontier_of(network, terms.of(network, MONDAY)).is_whole


# What a proposal would have cost


def test_effects_are_the_sums_of_both_settings(proposal, past):
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    effects = consequences.effects_of(proposal)
    assert (effects.days, effects.of, effects.is_whole, len(effects.rows)) == (2, 2, True, 4)
    was = [games.share(run.inputs) for run in past]
    for producer, row in effects.rows.items():
        assert row.was == D(sum(shared.bills[producer].share for shared in was)) / 100
        stored = sum(share.share for run in past for share in run.shares.filter(producer=producer))
        assert row.was == stored, "the terms of then are those of now"
    becomes = [games.share(consequences.under(run.inputs, proposal.terms)) for run in past]
    assert effects.becomes == D(sum(bill.share for shared in becomes for bill in shared.bills.values())) / 100
    assert effects.gap_becomes == D(sum(shared.launch_gap for shared in becomes)) / 100
    low, high = effects.savings("becomes")
    assert 0 <= low <= high < 1
    assert sum(effects.tally()) == 4


def test_the_standard_van_is_another_and_own_vans_are_not(past, network):
    inputs = past[0].inputs
    inputs["producers"][0]["rates"] = inputs["producers"][0]["rates"] | {"per_day": 33.0}
    other = consequences.under(inputs, CostTerms(network=network, per_day=D(20), tau=D("0.3"), method="shapley"))
    assert [her["rates"]["per_day"] for her in other["producers"]] == [33.0, 20.0, 20.0, 20.0]
    assert other["terms"]["van"]["per_day"] == 20.0
    assert (other["terms"]["method"], other["terms"]["tau"]) == ("shapley", 0.3)
    assert inputs["terms"]["tau"] == 0.1, "what is stored stays"


def test_effects_half_done_are_taken_up_and_stay_those_of_the_first_time(proposal, network, village, dana, past):
    class Killed(BaseException):
        pass

    def die_on_the_second_day(done, of):
        if done == 1:
            raise Killed

    with pytest.raises(Killed):
        consequences.assess(proposal=proposal, tell=die_on_the_second_day)
    proposal.refresh_from_db()
    half = consequences.effects_of(proposal)
    assert (half.days, half.of, half.is_whole) == (1, 2, False)
    kept = proposal.effects["days"]
    live_week(network, MONDAY, *village, dana)
    for _again in (1, 2):
        compute(tasks.EFFECTS, proposal.pk)
        proposal.refresh_from_db()
        assert consequences.effects_of(proposal).of == 2
        assert kept.items() <= proposal.effects["days"].items()
    assert consequences.effects_of(proposal).is_whole


# What a proposal about the fund would have come to


@pytest.fixture
def about_the_fund(network, past, dana):
    """500 euro are put in today; farms would pay the price of a day of a thousand crates."""
    fund.deposit(network=network, amount=D(500), source="subsidy", token=UUID(int=1), by=dana)
    return propose(network, dana, new=CostTerms(fund_crates=1000))


def carries(run):
    """By hand: half of what the day cost counts as fixed, of which the crates that are not there would have paid their part."""
    crates = sum(share.crates for share in run.shares.all())
    return int(100 * run.cost) // 2 * (1 - crates / 1000) / 100


def test_a_proposal_that_changes_the_fund_shows_what_the_fund_would_have_carried(about_the_fund, past):
    compute(tasks.EFFECTS, about_the_fund.pk)
    about_the_fund.refresh_from_db()
    effects = consequences.effects_of(about_the_fund)
    moved = sum((carries(run).quantize(D("0.01"), ROUND_HALF_UP) for run in past), D(0))
    assert 0 < moved < 500
    assert effects.fund == consequences.Course(D(500), D(500), D(500) - moved)
    assert (effects.was, effects.becomes) == (sum(run.billed for run in past), sum(run.billed for run in past) - moved)
    for row in effects.rows.values():
        assert row.becomes < row.was and row.saving_becomes > row.saving_was


def test_the_fund_never_carries_more_than_is_in_it(about_the_fund, network, past, dana):
    fund.deposit(network=network, amount=D(-400), source="subsidy", token=UUID(int=2), by=dana)
    compute(tasks.EFFECTS, about_the_fund.pk)
    about_the_fund.refresh_from_db()
    effects = consequences.effects_of(about_the_fund)
    assert effects.fund == consequences.Course(D(100), D(100), D(0)) and effects.was - effects.becomes == 100


def test_what_the_fund_did_in_those_weeks_is_undone_before_it_is_played_again(network, village, dana, past):
    """The terms of before carry something already: that side comes to the bills as they were."""
    CostTerms.objects.create(network=network, from_week=MONDAY, fund_crates=1000)
    fund.deposit(network=network, amount=D(500), source="subsidy", token=UUID(int=1), by=dana)
    run = live_week(network, MONDAY, *village, dana)
    assert run.fund > 0 and fund.balance(network) == 500 - run.fund
    proposal = propose(network, dana, new=CostTerms(fund_crates=None))
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    effects = consequences.effects_of(proposal)
    assert (effects.days, effects.fund.begins, effects.fund.becomes) == (3, 500, 500)
    kept = proposal.effects["days"]
    before = [kept[str(one.pk)]["fund"][0][0] for one in (*past, run)]
    assert before[1] - before[2] == int(100 * run.fund), "that day is as it was"
    assert effects.fund.was == D(before[2]) / 100


def test_a_fund_that_is_played_half_way_goes_on_from_where_it_was(about_the_fund, past):
    class Killed(BaseException):
        pass

    def die_on_the_second_day(done, of):
        if done == 1:
            raise Killed

    with pytest.raises(Killed):
        consequences.assess(proposal=about_the_fund, tell=die_on_the_second_day)
    compute(tasks.EFFECTS, about_the_fund.pk)
    about_the_fund.refresh_from_db()
    taken_up = about_the_fund.effects
    about_the_fund.effects = {}
    about_the_fund.save()
    compute(tasks.EFFECTS, about_the_fund.pk)
    about_the_fund.refresh_from_db()
    assert about_the_fund.effects == taken_up


def test_a_proposal_about_something_else_leaves_the_fund_out(proposal, network, dana):
    fund.deposit(network=network, amount=D(500), source="subsidy", token=UUID(int=1), by=dana)
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    assert consequences.effects_of(proposal).fund is None


def test_the_page_says_what_the_fund_does_and_that_an_empty_one_can_do_nothing(network, past, dana, visit):
    proposal = propose(network, dana, new=CostTerms(fund_crates=1000))
    page = reverse("logistics:proposal", args=[proposal.pk])
    compute(tasks.EFFECTS, proposal.pk)
    assert "There is nothing in the fund. As long as nobody puts money in" in text(visit(dana).get(page))
    fund.deposit(network=network, amount=D(500), source="subsidy", token=UUID(int=1), by=dana)
    Proposal.objects.update(effects={})
    compute(tasks.EFFECTS, proposal.pk)
    said = text(visit(dana).get(page))
    assert "beginning with the € 500.00 that would be in it" in said and "as it is, € 500.00" in said
    assert "nothing in the fund" not in said and "is left out" not in said


def test_effects_beside_other_terms_are_computed_anew(proposal, network):
    compute(tasks.EFFECTS, proposal.pk)
    CostTerms.objects.create(network=network, from_week=MONDAY, tau=D("0.4"))
    proposal.refresh_from_db()
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    assert proposal.effects["against"]["tau"] == "0.4"
    assert consequences.effects_of(proposal).is_whole


def test_a_network_without_settled_weeks_is_looked_at_again_later(network, village, dana, farm):
    proposal = propose(network, dana)
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    assert consequences.effects_of(proposal).is_whole and not consequences.effects_of(proposal).rows
    live_week(network, MONDAY, *village, dana)
    compute(tasks.EFFECTS, proposal.pk)
    proposal.refresh_from_db()
    assert consequences.effects_of(proposal).days == 1


def test_the_bounds_of_the_tally():
    def paid(was, becomes):
        return consequences.Paid(1, D(was), D(becomes), None, None)

    rows = [
        paid(100, 89),
        paid(100, 90),
        paid(100, 95),
        paid(100, 99),
        paid(100, 101),
        paid(100, 105),
        paid(100, 110),
        paid(0, 0),
    ]
    effects = consequences.Effects(True, dict(enumerate(rows)), 1, 1, None, None, D(0), D(0))
    assert effects.tally() == [1, 1, 1, 2, 1, 1, 1]


# The jobs


def test_the_clock_computes_what_a_running_vote_lacks_and_asks_once(proposal):
    tasks.decide_due()
    assert tasks.computed_so_far(tasks.EFFECTS, proposal.pk) == {"done": 0, "of": 0}
    assert not tasks.ask_to_compute(tasks.EFFECTS, proposal.pk)
    compute(tasks.EFFECTS, proposal.pk)
    assert tasks.computed_so_far(tasks.EFFECTS, proposal.pk) == {}
    tasks.decide_due()
    assert tasks.computed_so_far(tasks.EFFECTS, proposal.pk) == {}, "nothing lacks"


def test_a_job_that_fails_says_so(proposal):
    CostRun.objects.update(inputs={"terms": {}})
    with pytest.raises(KeyError):
        compute(tasks.EFFECTS, proposal.pk)
    assert tasks.computed_so_far(tasks.EFFECTS, proposal.pk) == {"failed": True}


# From a vote to the bills


def test_next_weeks_bills_use_the_new_threshold_and_old_ones_do_not_change(network, village, dana, past):
    """Tau from 10 to 20 percent: decided in one week, it counts in the week it named and in no bill before it."""
    proposal = propose(network, dana)
    for membership in Membership.objects.filter(network=network):
        assembly.vote(proposal=proposal, membership=membership, in_favour=True, by=dana)
    decided(proposal)
    assert (proposal.status, proposal.terms.from_week) == (Proposal.Status.PASSED, LATER)
    before = live_week(network, LATER - timedelta(weeks=1), *village, dana)
    after = live_week(network, LATER, *village, dana)
    assert [run.inputs["terms"]["tau"] for run in (*past, before, after)] == [0.1, 0.1, 0.1, 0.2]
    assert (before.tau, after.tau) == (D("0.100"), D("0.200"))
    for run, tau in ((before, 0.1), (after, 0.2)):
        bills = games.share(run.inputs, tau=tau).bills
        assert {share.producer_id: share.share for share in run.shares.all()} == {
            producer: D(bill.share) / 100 for producer, bill in bills.items()
        }
    for run in past:
        again = games.share(games.inputs_of(day=run.delivery_day))
        assert {share.producer_id: share.share for share in run.shares.all()} == {
            producer: D(bill.share) / 100 for producer, bill in again.bills.items()
        }, "computed again today, an old bill is the same"
    assert clock.now() < ENDS
