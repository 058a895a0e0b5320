"""
What the members of the first demo network decided and still decide: the threshold went from 10 to 15 percent some weeks ago, and a
proposal to price going alone with a dearer van is open, with a few remarks and votes.
"""

from collections.abc import Collection, Iterable
from datetime import date, time, timedelta
from decimal import Decimal

from django.db import transaction

from logistics import assembly, consequences, terms
from logistics.demo.build import LOGINS
from logistics.models import CostTerms, Proposal
from network import clock
from network.models import Membership, Network, OrganisationRole, OutboxEntry, Person

SLUG = "gent"
DECIDED = "Drempel naar 15 %"
OPEN = "Bestelwagen aan de prijs van vandaag"
WEEKS_AGO = 4
"""How long ago the first decision took effect."""


@transaction.atomic
def decide(network: Network, week_on: date) -> None:
    """
    Before a past week is lived: the first proposal, made and counted two weeks before it takes effect. Called for every past
    week in turn it acts once, and at once, so that the real clock never counts it today.
    """
    from_week = clock.monday_of(clock.today()) - timedelta(weeks=WEEKS_AGO)
    if network.slug != SLUG or week_on != from_week - timedelta(weeks=2) or network.proposals.exists():
        return
    asked_at = clock.moment(week_on - timedelta(days=5), time(20))
    closes_at = clock.moment(week_on + timedelta(days=2), time(20))
    with clock.at(asked_at):
        made = assembly.propose(
            network=network,
            new=_changed(network, tau=Decimal("0.15")),
            title=DECIDED,
            why="Wie ver woont bespaart nu veel minder dan wie bij het verdeelpunt woont. Met een iets hogere drempel ligt dat "
            "dichter bij elkaar, en niemand betaalt meer dan alleen.",
            closes_at=closes_at,
            from_week=from_week,
            by=_voters(network, "producers")[0][1],
        )
        consequences.assess(proposal=made)
    _discuss(
        made,
        {"producers": (14, 3), "consumers": (70, 8), "outlets": (6, 2)},
        ["Goed voor wie ver rijdt.", "Voor ons maakt het weinig uit, dus ja."],
    )
    with clock.at(closes_at + timedelta(minutes=1)):
        assembly.decide(proposal=made)
    _forget_old_mail()


def propose(network: Network) -> None:
    """In the present: one proposal is open, what everybody would have paid and the frontier are computed. Acts once."""
    if network.slug != SLUG or network.proposals.filter(title=OPEN).exists():
        return
    weeks = assembly.coming_weeks(network)
    with clock.at(clock.now() - timedelta(days=4)):
        made = assembly.propose(
            network=network,
            new=_changed(network, per_km=Decimal("0.34"), per_hour=Decimal(22)),
            title=OPEN,
            why="Diesel en lonen zijn duurder geworden. Wie geen eigen bestelwagen heeft, wordt alleen nog aan oude prijzen gerekend.",
            closes_at=clock.moment(clock.today() + timedelta(days=9), time(20)),
            from_week=next(week for week in weeks if week > clock.today() + timedelta(weeks=3)),
            by=_voters(network, "producers")[2][1],
        )
    _discuss(
        made,
        {"producers": (4, 1), "consumers": (18, 3), "outlets": (2, 0)},
        [
            "Klopt, mijn laatste tankbeurt was 15 % duurder.",
            "Betalen wij dan ook meer in de winkel?",
            "Nee, jullie prijs verandert hier niet door.",
        ],
        OrganisationRole.objects.filter(person__email__in=[login.email for login in LOGINS]).values_list(
            "organisation", flat=True
        ),
    )
    _forget_old_mail()
    consequences.assess(proposal=made)
    consequences.trace(network=network, chosen=terms.of(network, clock.monday_of(clock.today())))


def _changed(network: Network, **wanted: Decimal) -> CostTerms:
    """The present terms with a few settings changed."""
    present = terms.of(network, clock.monday_of(clock.today()))
    return CostTerms(**{name: getattr(present, name) for name in assembly.SETTINGS} | wanted)


def _voters(network: Network, college: str) -> list[tuple[Membership, Person]]:
    """Memberships of a college that somebody acts for, with that person."""
    members = network.memberships.current().filter(college=college).order_by("pk")
    found = [(one, list(one.organisation.people.all())) for one in members.prefetch_related("organisation__people")]
    return [(one, people[0]) for one, people in found if people]


def _discuss(
    made: Proposal, votes: dict[str, tuple[int, int]], remarks: Iterable[str], spared: Collection[int] = ()
) -> None:
    """
    In the days after it was made: so many of each college in favour and against, as far as there are, and some remarks. The
    spared organisations have yet to vote.
    """
    voters = {college: _voters(made.network, college) for college in votes}
    speakers = [voters[college][turn][1] for college, turn in (("producers", 0), ("consumers", 0), ("producers", 1))]
    with clock.at(made.made_at + timedelta(days=1)):
        for text, person in zip(remarks, speakers, strict=False):
            assembly.remark(proposal=made, text=text, by=person)
    with clock.at(made.made_at + timedelta(days=2)):
        for college, (in_favour, against) in votes.items():
            casting = [pair for pair in voters[college] if pair[0].organisation_id not in spared]
            for number, (membership, person) in enumerate(casting[: in_favour + against]):
                assembly.vote(proposal=made, membership=membership, in_favour=number < in_favour, by=person)


def _forget_old_mail() -> None:
    """What members were told weeks ago is not sent today."""
    OutboxEntry.objects.waiting().filter(
        kind__startswith="proposal_", due_at__lt=clock.now() - timedelta(days=3)
    ).update(done_at=clock.now())
