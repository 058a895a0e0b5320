"""
Decided together: how the cost of transport is shared is proposed, discussed and voted by the members, and holds from a
week on whose ordering has not begun. Weeks before it keep the terms they had (`docs/decided-together.md`).

Locks: the network first, then the proposal.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from logistics import terms
from logistics.ballot import STATUTES, College, count
from logistics.models import CollegeRule, CostTerms, Proposal, Remark, Vote
from network import clock, cycles, journal, outbox
from network.errors import Refused
from network.models import Cycle, Membership, Network, OrganisationRole, Person

WEEKS_AHEAD = 26
"""How far ahead terms may begin."""
SHORTEST_VOTE = timedelta(days=1)
SETTINGS = ("method", "tau", "per_day", "per_km", "per_hour", "crates", "fund_crates", "solidarity")
Status = Proposal.Status


def entitled(proposal: Proposal) -> QuerySet[Membership]:
    """The memberships that may vote on it: of today, and of the day it was proposed."""
    return Membership.objects.current().filter(
        network=proposal.network_id,
        joined_on__lte=clock.local(proposal.made_at).date(),
        organisation__archived_at=None,
    )


def rules_of(network: Network) -> dict[str, tuple[Fraction, Fraction]]:
    """Weight and quorum per college by the network's statutes; those of everyone when it has none."""
    own = {
        rule.college: (Fraction(rule.weight), Fraction(rule.quorum))
        for rule in CollegeRule.objects.filter(network=network)
    }
    chosen = own or STATUTES
    return {college: chosen[college] for college in Membership.College.values if college in chosen}


def has_begun(network: Network, week: date) -> bool:
    """Whether ordering for the week of this Monday has begun: its terms stay as they are."""
    cycle = Cycle.objects.filter(network=network, week_on=week).first()
    if cycle:
        return cycle.status != Cycle.Status.SCHEDULED or cycle.opens_at <= clock.now()
    return cycles.opening_of(network, week) <= clock.now()


def coming_weeks(network: Network) -> list[date]:
    """The Mondays of the coming half year whose ordering has not begun and for which no terms are proposed or decided."""
    monday = clock.monday_of(clock.today())
    planned = {cycle.week_on: cycle for cycle in Cycle.objects.filter(network=network, week_on__gte=monday)}
    taken = _spoken_for(network)
    weeks = [monday + timedelta(weeks=number) for number in range(1, WEEKS_AHEAD + 1)]
    opening = {week: planned[week].opens_at if week in planned else cycles.opening_of(network, week) for week in weeks}
    return [
        week
        for week in weeks
        if opening[week] > clock.now()
        and (week not in planned or planned[week].status == Cycle.Status.SCHEDULED)
        and week not in taken
    ]


def before(proposal: Proposal) -> CostTerms:
    """The terms that hold until the proposed ones begin."""
    return terms.of(proposal.network, (proposal.terms.from_week or proposal.from_week) - timedelta(weeks=1))


@transaction.atomic
def propose(
    *, network: Network, new: CostTerms, title: str, why: str, closes_at: datetime, from_week: date, by: Person
) -> Proposal:
    """
    Ask the members for other terms (`new`, not saved) from the week of a Monday on; every member gets a mail. Asked twice
    it is one proposal. Refused for a week that has begun or is spoken for, for a vote that is too short or ends after that
    week opens, for terms that hold already, and for a second proposal of the same person while one is open.
    """
    Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    mine = (
        network.proposals.filter(by=by, status=Status.OPEN, closes_at__gt=clock.now()).select_related("terms").first()
    )
    if (
        mine
        and (mine.title, mine.why, mine.from_week) == (title, why, from_week)
        and settings(mine.terms) == settings(new)
    ):
        return mine
    if mine:
        raise Refused(
            _("You have an open proposal already: “%(title)s”. Withdraw it, or wait for the count.") % {"title": mine}
        )
    _refuse_week(network, from_week, closes_at)
    if settings(terms.of(network, from_week - timedelta(weeks=1))) == settings(new):
        raise Refused(_("These are the terms that hold already. Change at least one of them."))
    new.network, new.from_week = network, None
    new.save()
    made = Proposal.objects.create(
        network=network, terms=new, title=title, why=why, by=by, closes_at=closes_at, from_week=from_week
    )
    journal.record(action="made a proposal", subject=made, by=by, network=network, title=title)
    _tell_members(made, "proposal_opened")
    return made


def _refuse_week(network: Network, week: date, closes_at: datetime) -> None:
    if closes_at < clock.now() + SHORTEST_VOTE:
        raise Refused(_("Give the members at least a day to vote."), "closes_on")
    if week.weekday():
        raise Refused(_("Terms begin with a week, on a Monday."), "from_week")
    if has_begun(network, week):
        raise Refused(
            _("Ordering for that week has begun, so its terms stay as they are. Choose a later week."), "from_week"
        )
    opens_at = cycles.opening_of(network, week)
    if opens_at <= closes_at:
        raise Refused(
            _(
                "Ordering for that week opens on %(day)s, before the vote has ended. Choose a later week, or a shorter vote."
            )
            % {"day": date_format(clock.local(opens_at), "l j F")},
            "from_week",
        )
    if week > clock.monday_of(clock.today()) + timedelta(weeks=WEEKS_AHEAD):
        raise Refused(_("Choose a week of the coming half year."), "from_week")
    if week in _spoken_for(network):
        raise Refused(_("For that week other terms are proposed or decided already. Choose another week."), "from_week")


def _spoken_for(network: Network) -> set[date]:
    """The weeks for which terms are proposed or decided: one at a time, so that a vote is never between two."""
    asked = network.proposals.filter(status__in=[Status.OPEN, Status.PASSED]).values_list("from_week", flat=True)
    return {*asked, *_decided(network)}


def _decided(network: Network) -> set[date]:
    weeks = network.cost_terms.exclude(from_week=None).values_list("from_week", flat=True)
    return {week for week in weeks if week}


def settings(chosen: CostTerms) -> dict[str, str]:
    """What is decided, by name, written the same whether it comes from a form or from the database."""
    values = {name: getattr(chosen, name) for name in SETTINGS}
    return {name: value if isinstance(value, str) else _plain(value) for name, value in values.items()}


def _plain(value: Decimal | float | None) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


@transaction.atomic
def withdraw(*, proposal: Proposal, by: Person) -> Proposal:
    """Take a proposal back; its remarks and votes stay on record. Refused when it is not hers, or the vote has ended."""
    found = _open(proposal)
    if found.by_id != by.pk:
        raise Refused(_("Only who made a proposal can withdraw it."))
    found.status, found.decided_at = Status.WITHDRAWN, clock.now()
    found.save(update_fields=["status", "decided_at"])
    journal.record(action="withdrew the proposal", subject=found, by=by, network=found.network, title=found.title)
    return found


@transaction.atomic
def remark(*, proposal: Proposal, text: str, by: Person) -> Remark:
    """Say something about an open proposal. Saying the same twice is saying it once."""
    found = _open(proposal, _("The vote has ended, and with it the discussion."))
    said = found.remarks.filter(by=by, text=text).first()
    if said:
        return said
    said = Remark.objects.create(proposal=found, by=by, text=text)
    journal.record(action="made a remark", subject=found, by=by, network=found.network)
    return said


@transaction.atomic
def vote(*, proposal: Proposal, membership: Membership, in_favour: bool, by: Person) -> Vote:
    """
    The vote of one member, changeable until closing; `by` acts for its organisation. What was voted is not journaled, only
    that somebody did. Refused after closing, and for who became a member after the proposal was made.
    """
    found = _open(proposal)
    if not entitled(found).filter(pk=membership.pk).exists():
        raise Refused(_("Who became a member after the proposal was made votes on the next one."))
    if membership.college not in rules_of(found.network):
        raise Refused(_("By the statutes of this network this college does not vote."))
    cast = found.votes.filter(membership=membership).first()
    if cast and cast.in_favour == in_favour:
        return cast
    cast, _fresh = Vote.objects.update_or_create(
        proposal=found, membership=membership, defaults={"in_favour": in_favour, "by": by, "at": clock.now()}
    )
    journal.record(action="voted", subject=found, by=by, network=found.network, member=membership.organisation_id)
    return cast


def _open(proposal: Proposal, otherwise: str = "") -> Proposal:
    """The proposal, locked, with its vote still running."""
    found = Proposal.objects.select_for_update(no_key=True, of=("self",)).select_related("network").get(pk=proposal.pk)
    if found.status == Status.WITHDRAWN:
        raise Refused(_("This proposal was withdrawn."))
    if found.status != Status.OPEN or found.closes_at <= clock.now():
        raise Refused(otherwise or _("The vote has ended."))
    return found


def colleges_of(proposal: Proposal) -> list[College]:
    """Who may vote and who did, per college with a vote, as it stands now; two queries."""
    members = (
        entitled(proposal)
        .values("college")
        .annotate(
            members=Count("pk", distinct=True),
            voted=Count("pk", filter=Q(pk__in=proposal.votes.values("membership")), distinct=True),
            favour=Count(
                "pk", filter=Q(pk__in=proposal.votes.filter(in_favour=True).values("membership")), distinct=True
            ),
        )
    )
    counted = {row["college"]: (row["members"], row["voted"], row["favour"]) for row in members.order_by()}
    return [
        College(college, weight, quorum, *counted.get(college, (0, 0, 0)))
        for college, (weight, quorum) in rules_of(proposal.network).items()
    ]


@transaction.atomic
def decide(*, proposal: Proposal) -> Proposal:
    """
    Count a vote that has ended; the clock calls it, late or twice without harm. What passed holds from the week it named;
    when ordering for that week has begun meanwhile, or other terms begin in it, from the next week that is free.
    """
    network = Network.objects.select_for_update(no_key=True).get(pk=proposal.network_id)
    found = Proposal.objects.select_for_update(of=("self",)).select_related("network", "terms").get(pk=proposal.pk)
    if found.status != Status.OPEN or clock.now() < found.closes_at:
        return found
    counted = count(colleges_of(found))
    found.status = Status.PASSED if counted.passed else Status.REJECTED
    found.decided_at = clock.now()
    found.result = {
        "support": _written(counted.support),
        "colleges": [
            {
                "college": college.name,
                "weight": _written(counted.weights[college.name]),
                "quorum": _written(college.quorum),
                "members": college.members,
                "votes": college.votes,
                "in_favour": college.in_favour,
                "quorate": college.quorate,
            }
            for college in counted.colleges
        ],
    }
    found.save(update_fields=["status", "decided_at", "result"])
    if counted.passed:
        found.terms.from_week = _first_free_week(network, found.from_week)
        found.terms.save(update_fields=["from_week"])
    journal.record(
        action="counted the vote",
        subject=found,
        by=None,
        network=network,
        outcome=found.status,
        support=found.result["support"],
        from_week=str(found.terms.from_week or ""),
    )
    _tell_members(found, "proposal_decided")
    return found


def _first_free_week(network: Network, week: date) -> date:
    taken = _decided(network)
    while week in taken or has_begun(network, week):
        week += timedelta(weeks=1)
    return week


def _written(fraction: Fraction) -> str:
    return str((Decimal(fraction.numerator) / Decimal(fraction.denominator)).quantize(Decimal("0.0001")))


def _tell_members(proposal: Proposal, kind: str) -> None:
    """A mail to everyone who acts for a member, once."""
    members = list(entitled(proposal).values_list("organisation", flat=True))
    roles = OrganisationRole.objects.filter(organisation__in=members, person__is_active=True)
    people = roles.order_by("person").values_list("person", flat=True).distinct()
    payloads = {f"{kind}:{proposal.pk}:{person}": {"proposal": proposal.pk, "person": person} for person in people}
    outbox.add_many(kind=kind, payloads=payloads)
