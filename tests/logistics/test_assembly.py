"""Proposed, discussed, voted and counted; and in force from a week that had not begun."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from logistics import assembly, tasks, terms
from logistics.models import CollegeRule, CostTerms, Proposal
from network import clock, cycles, journal
from network.errors import Refused
from network.models import Membership, Organisation, OutboxEntry
from tests.conftest import MONDAY, NOW, make_network, make_producer

LATER = date(2026, 3, 23)
ENDS = NOW + timedelta(days=7)


@pytest.fixture
def members(farm, household, shop):
    """Alice's farm, Bob's household, Eli's shop: a member in three colleges each, at 4, 3 and 2 ninths."""
    return {name: Membership.objects.get(college=name) for name in ("producers", "consumers", "outlets")}


def propose(network, by, **wanted):
    values = {"title": "Twenty percent", "why": "Savings would be more equal.", "closes_at": ENDS, "from_week": LATER}
    new = wanted.pop("new", None) or CostTerms(tau=Decimal("0.2"))
    return assembly.propose(network=network, by=by, new=new, **values | wanted)


@pytest.fixture
def proposal(network, members, alice):
    return propose(network, alice)


def told(proposal):
    return [entry.action for entry in journal.history_of(proposal)]


def everybody_votes(proposal, members, person, in_favour=True):
    for membership in members.values():
        assembly.vote(proposal=proposal, membership=membership, in_favour=in_favour, by=person)


def decided(proposal, at=ENDS):
    with clock.at(at):
        tasks.decide_due()
    proposal.refresh_from_db()
    proposal.terms.refresh_from_db()
    return proposal


def refused(act, message, field=None):
    with pytest.raises(Refused, match=message) as caught:
        act()
    assert caught.value.field == field


# Proposing


def test_a_proposal_keeps_its_terms_apart_until_it_passes(proposal, network):
    assert (proposal.status, proposal.terms.from_week, proposal.terms.tau) == ("open", None, Decimal("0.2"))
    assert terms.of(network, LATER).tau == Decimal("0.1")
    assert told(proposal) == ["made a proposal"]


def test_every_person_of_every_member_gets_one_mail(proposal, alice, bob, eli, dana, charlie, farm):
    assert set(OutboxEntry.objects.filter(kind="proposal_opened").values_list("payload__person", flat=True)) == {
        alice.pk,
        bob.pk,
        eli.pk,
    }


def test_asked_twice_it_is_one_proposal(proposal, network, alice):
    assert propose(network, alice) == proposal
    assert (Proposal.objects.count(), CostTerms.objects.count()) == (1, 1)
    assert OutboxEntry.objects.filter(kind="proposal_opened").count() == 3


def test_one_open_proposal_per_person(proposal, network, alice, dana):
    refused(lambda: propose(network, alice, from_week=LATER + timedelta(weeks=1)), "“Twenty percent”. Withdraw it")
    propose(network, dana, from_week=LATER + timedelta(weeks=1))
    assembly.withdraw(proposal=proposal, by=alice)
    propose(network, alice, title="Again")


def test_one_proposal_per_week(proposal, network, dana, members):
    refused(lambda: propose(network, dana), "proposed or decided already", "from_week")
    everybody_votes(proposal, members, dana)
    decided(proposal)
    refused(
        lambda: propose(network, dana, new=CostTerms(tau=Decimal("0.3"))), "proposed or decided already", "from_week"
    )


def test_the_database_refuses_a_second_proposal_for_a_week_too(proposal, network, dana):
    with pytest.raises(IntegrityError, match="one_proposal_per_network_and_week"), transaction.atomic():
        Proposal.objects.create(
            network=network,
            by=dana,
            title="x",
            why="x",
            closes_at=ENDS,
            from_week=LATER,
            terms=CostTerms.objects.create(network=network),
        )


def test_another_network_is_another_week(proposal, dana):
    leuven = make_network("leuven")
    propose(leuven, dana)


@pytest.mark.parametrize(
    ("wanted", "message", "field"),
    [
        ({"from_week": MONDAY}, "has begun", "from_week"),
        ({"from_week": MONDAY - timedelta(weeks=4)}, "has begun", "from_week"),
        ({"from_week": date(2026, 3, 24)}, "on a Monday", "from_week"),
        ({"from_week": date(2026, 3, 9)}, "opens on Saturday 7 March", "from_week"),
        ({"from_week": date(2027, 3, 1)}, "coming half year", "from_week"),
        ({"closes_at": NOW + timedelta(hours=23)}, "at least a day", "closes_on"),
        ({"closes_at": NOW - timedelta(days=1)}, "at least a day", "closes_on"),
        ({"new": CostTerms()}, "hold already", None),
    ],
)
def test_what_cannot_be_proposed_is_said_and_leaves_nothing(network, alice, farm, cycle, wanted, message, field):
    refused(lambda: propose(network, alice, **wanted), message, field)
    assert not CostTerms.objects.exists() and not OutboxEntry.objects.filter(kind="proposal_opened").exists()


def test_a_week_that_was_opened_early_has_begun(network, alice, farm):
    cycle = cycles.plan_cycle(network=network, week_on=LATER)
    assert LATER in assembly.coming_weeks(network)
    cycles.open_cycle(cycle=cycle)
    assert LATER not in assembly.coming_weeks(network)
    refused(lambda: propose(network, alice), "has begun", "from_week")


def test_the_weeks_to_choose_from(network, proposal, cycle):
    weeks = assembly.coming_weeks(network)
    assert weeks[:3] == [date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 30)]
    assert len(weeks) == assembly.WEEKS_AHEAD - 1
    with clock.at(cycles.opening_of(network, date(2026, 3, 9))):
        assert assembly.coming_weeks(network)[0] == date(2026, 3, 16)


def test_only_who_made_it_withdraws_it_and_only_while_it_is_open(proposal, alice, dana, members):
    refused(lambda: assembly.withdraw(proposal=proposal, by=dana), "Only who made")
    assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice)
    assembly.withdraw(proposal=proposal, by=alice)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_at, proposal.votes.count()) == ("withdrawn", NOW, 1)
    for act in (
        lambda: assembly.withdraw(proposal=proposal, by=alice),
        lambda: assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice),
        lambda: assembly.remark(proposal=proposal, text="Too late", by=alice),
    ):
        refused(act, "was withdrawn")
    assert decided(proposal).status == "withdrawn"
    assert told(proposal) == ["withdrew the proposal", "voted", "made a proposal"]


# Remarks and votes


def test_a_remark_sent_twice_is_said_once(proposal, bob):
    for text in ("Good idea.", "Good idea.", "But when?"):
        assembly.remark(proposal=proposal, text=text, by=bob)
    assert list(proposal.remarks.values_list("text", flat=True)) == ["Good idea.", "But when?"]
    with clock.at(ENDS):
        refused(lambda: assembly.remark(proposal=proposal, text="Late", by=bob), "and with it the discussion")


def test_a_vote_can_change_until_closing_and_counts_once(proposal, members, alice):
    for in_favour in (True, True, False):
        assembly.vote(proposal=proposal, membership=members["producers"], in_favour=in_favour, by=alice)
    assert list(proposal.votes.values_list("in_favour", flat=True)) == [False]
    assert told(proposal) == ["voted", "voted", "made a proposal"]
    assert not any("in_favour" in str(entry.data) for entry in journal.history_of(proposal)), (
        "what was voted is not told"
    )
    with clock.at(ENDS - timedelta(seconds=1)):
        assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice)
    with clock.at(ENDS):
        refused(
            lambda: assembly.vote(proposal=proposal, membership=members["producers"], in_favour=False, by=alice),
            "The vote has ended",
        )
    assert proposal.votes.get().in_favour


def test_an_organisation_in_two_colleges_votes_in_each(proposal, members, alice, network, farm):
    also = Membership.objects.create(
        network=network, organisation=farm.organisation, college="outlets", joined_on=MONDAY
    )
    assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice)
    assembly.vote(proposal=proposal, membership=also, in_favour=False, by=alice)
    counted = {c.name: (c.members, c.votes, c.in_favour) for c in assembly.colleges_of(proposal)}
    assert counted == {"producers": (1, 1, 1), "consumers": (1, 0, 0), "outlets": (2, 1, 0), "workers": (0, 0, 0)}


def test_who_joins_later_or_has_left_does_not_vote(proposal, members, alice, network):
    late = Membership.objects.create(
        network=network,
        organisation=Organisation.objects.create(name="New"),
        college="producers",
        joined_on=MONDAY + timedelta(days=1),
    )
    Membership.objects.filter(pk=members["outlets"].pk).update(left_on=MONDAY)
    other = make_producer(make_network("leuven"), "Ver").organisation.memberships.get()

    def try_for(membership):
        return lambda: assembly.vote(proposal=proposal, membership=membership, in_favour=True, by=alice)

    for membership in (late, members["outlets"], other):
        refused(try_for(membership), "votes on the next")


def test_a_vote_of_who_left_before_the_count_is_not_counted(proposal, members, alice):
    everybody_votes(proposal, members, alice)
    Membership.objects.filter(pk=members["outlets"].pk).update(left_on=MONDAY)
    assert {c["college"]: c["votes"] for c in decided(proposal).result["colleges"]} == {"producers": 1, "consumers": 1}


def test_the_statutes_of_a_network_replace_those_of_everyone(proposal, members, alice, network):
    assert list(assembly.rules_of(network)) == ["producers", "consumers", "outlets", "workers"]
    CollegeRule.objects.create(network=network, college="producers", weight=1, quorum=1)
    assert list(assembly.rules_of(network)) == ["producers"]
    refused(
        lambda: assembly.vote(proposal=proposal, membership=members["consumers"], in_favour=True, by=alice),
        "does not vote",
    )
    assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice)
    assert decided(proposal).status == "passed"


# Counting


def test_nothing_is_counted_before_its_time(proposal, members, alice):
    everybody_votes(proposal, members, alice)
    assert decided(proposal, ENDS - timedelta(seconds=1)).status == "open"


def test_what_passed_holds_from_its_week_and_not_before(proposal, members, alice, network):
    everybody_votes(proposal, members, alice)
    decided(proposal)
    assert (proposal.status, proposal.decided_at, proposal.terms.from_week) == ("passed", ENDS, LATER)
    held = {
        week: terms.of(network, week).tau
        for week in (MONDAY, LATER - timedelta(weeks=1), LATER, LATER + timedelta(weeks=9))
    }
    assert list(held.values()) == [Decimal("0.1"), Decimal("0.1"), Decimal("0.2"), Decimal("0.2")]
    assert proposal.result == {
        "support": "1.0000",
        "colleges": [
            {
                "college": name,
                "weight": weight,
                "quorum": quorum,
                "members": 1,
                "votes": 1,
                "in_favour": 1,
                "quorate": True,
            }
            for name, weight, quorum in (
                ("producers", "0.4444", "0.5000"),
                ("consumers", "0.3333", "0.1000"),
                ("outlets", "0.2222", "0.2500"),
            )
        ],
    }


def test_a_count_that_runs_twice_counts_once(proposal, members, alice):
    everybody_votes(proposal, members, alice)
    decided(proposal)
    decided(proposal, ENDS + timedelta(days=1))
    assert proposal.decided_at == ENDS
    assert told(proposal).count("counted the vote") == 1
    assert OutboxEntry.objects.filter(kind="proposal_decided").count() == 3


@pytest.mark.parametrize(
    ("against", "silent", "status"),
    [
        (["outlets"], [], "passed"),
        (["producers"], [], "passed"),
        (["producers", "outlets"], [], "rejected"),
        ([], ["outlets"], "rejected"),
    ],
)
def test_colleges_weigh_four_three_and_two_ninths_and_each_needs_its_quorum(
    proposal, members, alice, against, silent, status
):
    for college, membership in members.items():
        if college not in silent:
            assembly.vote(proposal=proposal, membership=membership, in_favour=college not in against, by=alice)
    decided(proposal)
    assert proposal.status == status
    assert proposal.terms.from_week == (LATER if status == "passed" else None)


def test_a_late_clock_lets_it_hold_from_the_next_week_that_has_not_begun(proposal, members, alice, network):
    everybody_votes(proposal, members, alice)
    late = cycles.opening_of(network, LATER) + timedelta(minutes=1)
    decided(proposal, late)
    assert (proposal.status, proposal.terms.from_week) == ("passed", LATER + timedelta(weeks=1))


def test_a_late_count_takes_no_week_that_is_taken(proposal, members, alice, bob, network):
    second = propose(
        network,
        bob,
        new=CostTerms(tau=Decimal("0.3")),
        from_week=LATER + timedelta(weeks=1),
        closes_at=ENDS + timedelta(days=1),
    )
    for one in (proposal, second):
        everybody_votes(one, members, alice)
    late = cycles.opening_of(network, LATER) + timedelta(minutes=1)
    with clock.at(late):
        tasks.decide_due()
    weeks = dict(CostTerms.objects.values_list("tau", "from_week"))
    assert weeks == {Decimal("0.200"): LATER + timedelta(weeks=1), Decimal("0.300"): LATER + timedelta(weeks=2)}


def test_before_is_what_holds_until_it_begins(proposal, members, alice, network):
    CostTerms.objects.create(network=network, from_week=MONDAY, tau=Decimal("0.15"))
    assert assembly.before(proposal).tau == Decimal("0.15")
    everybody_votes(proposal, members, alice)
    assert assembly.before(decided(proposal)).tau == Decimal("0.15")
