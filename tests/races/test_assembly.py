"""Members who propose, vote and speak at the same moment, and a count that runs in several workers. Real threads, real commits."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from logistics import assembly
from logistics.models import CostTerms, Proposal, Remark, Vote
from network import clock
from network.errors import Refused
from network.models import JournalEntry, Membership, OutboxEntry
from tests.conftest import make_household, make_person
from tests.logistics.test_assembly import ENDS, LATER, propose
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


@pytest.fixture
def people(network: Any) -> list[Any]:
    found = [make_person(f"voter{number}") for number in range(MANY)]
    for number, person in enumerate(found):
        make_household(network, f"Gezin {number}", person)
    return found


@pytest.fixture
def proposal(network: Any, people: list[Any]) -> Proposal:
    return propose(network, people[0])


def test_of_many_proposals_for_one_week_there_is_one(network: Any, people: list[Any]) -> None:
    def ask(number: int) -> Proposal:
        return propose(network, people[number], title=f"Number {number}")

    answers = all_at_once(ask, MANY)
    assert Counter(type(answer) for answer in answers) == {Proposal: 1, Refused: MANY - 1}
    assert (Proposal.objects.count(), CostTerms.objects.count()) == (1, 1)
    assert OutboxEntry.objects.filter(kind="proposal_opened").count() == MANY


def test_without_the_lock_only_the_database_would_refuse(network: Any, people: list[Any]) -> None:
    """The control: the same, looking first and writing later without a lock."""

    def ask(number: int) -> Proposal:
        assert not Proposal.objects.filter(network=network, from_week=LATER).exists()
        return Proposal.objects.create(
            network=network,
            by=people[number],
            title="x",
            why="x",
            closes_at=ENDS,
            from_week=LATER,
            terms=CostTerms.objects.create(network=network),
        )

    answers = all_at_once(ask, MANY)
    assert sum(isinstance(answer, Proposal) for answer in answers) == 1
    assert {type(answer) for answer in answers if not isinstance(answer, Proposal)} <= {IntegrityError, AssertionError}
    assert CostTerms.objects.count() > 1, "terms were left behind"


def test_a_proposal_sent_many_times_is_one(network: Any, people: list[Any]) -> None:
    answers = all_at_once(lambda _number: propose(network, people[0]), MANY)
    assert answers == [Proposal.objects.get()] * MANY


def test_a_member_who_votes_many_times_at_once_has_one_vote(proposal: Proposal, people: list[Any]) -> None:
    membership = Membership.objects.get(organisation__roles__person=people[0])

    def ask(number: int) -> Vote:
        return assembly.vote(proposal=proposal, membership=membership, in_favour=number % 2 == 0, by=people[0])

    answers = all_at_once(ask, MANY)
    assert all(isinstance(answer, Vote) for answer in answers)
    assert Vote.objects.count() == 1
    all_at_once(lambda _number: assembly.remark(proposal=proposal, text="Twice?", by=people[0]), MANY)
    assert Remark.objects.count() == 1


def test_several_workers_count_once_and_no_vote_slips_in(proposal: Proposal, people: list[Any]) -> None:
    memberships = [Membership.objects.get(organisation__roles__person=person) for person in people]

    def ask(number: int) -> Any:
        if number % 2:
            with clock.at(ENDS):
                return assembly.decide(proposal=proposal).status
        with clock.at(ENDS - timedelta(seconds=1)):
            return assembly.vote(proposal=proposal, membership=memberships[number], in_favour=True, by=people[number])

    all_at_once(ask, MANY)
    proposal.refresh_from_db()
    assert proposal.status in ("passed", "rejected")
    cast = proposal.votes.count()
    assert [row["votes"] for row in proposal.result["colleges"]] == [cast], "every vote that was taken is counted"
    assert JournalEntry.objects.filter(action="counted the vote").count() == 1
    assert OutboxEntry.objects.filter(kind="proposal_decided").count() == MANY
    weeks = CostTerms.objects.filter(tau=Decimal("0.2")).values_list("from_week", flat=True)
    assert list(weeks) == [LATER if proposal.status == "passed" else None]
