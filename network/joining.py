"""
When a farm begins and ends to sell through a network: always with a week that has not opened yet (`docs/leaving.md`). What
leaving does to offers and rounds is for the upper apps; here is the membership itself.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from network import clock, cycles, journal, outbox
from network.errors import Refused
from network.models import Cycle, Membership, MembershipRequest, Network, Organisation, OrganisationRole, Person

LONGEST = 1000
PRODUCERS = Membership.College.PRODUCERS
Status = MembershipRequest.Status


def next_week(network: Network) -> date:
    """The Monday of the first week that has not opened yet."""
    begun = Cycle.objects.filter(network=network).exclude(status=Cycle.Status.SCHEDULED)
    last = begun.order_by("-week_on").values_list("week_on", flat=True).first()
    monday = clock.monday_of(clock.today())
    monday = max(monday, last + timedelta(weeks=1)) if last else monday
    while cycles.opening_of(network, monday) <= clock.now():
        monday += timedelta(weeks=1)
    return monday


@transaction.atomic
def ask(*, organisation: Organisation, network: Network, by: Person, words: str = "") -> MembershipRequest:
    """Ask to sell through a network; its coordinators get a mail. Refused for who does so already, or asked before."""
    require_owner(organisation, by)
    words = _words(words)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if held(organisation, network).exists():
        raise Refused(_("You sell through %(network)s already.") % {"network": network})
    if MembershipRequest.objects.waiting().filter(organisation=organisation, network=network).exists():
        raise Refused(_("You asked this already. A coordinator of %(network)s will answer.") % {"network": network})
    asked = MembershipRequest.objects.create(network=network, organisation=organisation, by=by, words=words)
    journal.record(action="asked to join", subject=organisation, by=by, network=network)
    outbox.add(kind="farm_asks", key=f"farm_asks:{asked.pk}", request=asked.pk)
    return asked


@transaction.atomic
def take_back(*, request: MembershipRequest, by: Person) -> None:
    """She no longer asks. Refused once it was answered."""
    require_owner(request.organisation, by)
    if not MembershipRequest.objects.waiting().filter(pk=request.pk).update(status=Status.WITHDRAWN):
        raise Refused(_("This was answered already."))
    journal.record(action="no longer asked to join", subject=request.organisation, by=by, network=request.network)


@transaction.atomic
def answer(*, request: MembershipRequest, accepted: bool, by: Person, words: str = "") -> MembershipRequest:
    """
    Accept, from the next week that opens on, or decline with a word why; who asked gets a mail. Refused once it was answered
    or taken back, and without a word when declined.
    """
    words = _words(words)
    if not accepted and not words:
        raise Refused(_("Say why, so that the farm knows."), "words")
    request = (
        MembershipRequest.objects.select_for_update(of=("self",))
        .select_related("network", "organisation")
        .get(pk=request.pk)
    )
    if request.status != Status.WAITING:
        raise Refused(_("This was answered already, or the farm no longer asks."))
    request.status = Status.ACCEPTED if accepted else Status.DECLINED
    request.answer, request.answered_by, request.answered_at = words, by, clock.now()
    request.save(update_fields=["status", "answer", "answered_by", "answered_at"])
    if accepted and not held(request.organisation, request.network).exists():
        Membership.objects.create(
            network=request.network,
            organisation=request.organisation,
            college=PRODUCERS,
            joined_on=next_week(request.network),
        )
    action = "took a farm in" if accepted else "declined a farm"
    journal.record(action=action, subject=request.organisation, by=by, network=request.network, reason=words[:300])
    outbox.add(kind="farm_answered", key=f"farm_answered:{request.pk}", request=request.pk)
    return request


def end_due() -> int:
    """Memberships whose first week without them has begun are over; how many."""
    ended = 0
    for membership in Membership.objects.current().filter(leaves_on__lte=clock.today()).order_by("pk"):
        with transaction.atomic():
            due = Membership.objects.current().filter(pk=membership.pk, leaves_on=membership.leaves_on)
            if due.update(left_on=membership.leaves_on):
                journal.record(
                    action="left the network",
                    subject=membership.organisation,
                    by=None,
                    network=membership.network,
                )
                ended += 1
    return ended


def held(organisation: Organisation, network: Network) -> QuerySet[Membership]:
    """Its present membership as a farm, if it has one."""
    return Membership.objects.current().filter(organisation=organisation, network=network, college=PRODUCERS)


def require_owner(organisation: Organisation, person: Person) -> None:
    """Refused for who is no owner: where a farm sells is not for everybody who works there."""
    if not OrganisationRole.objects.filter(
        organisation=organisation, person=person, role=OrganisationRole.Role.OWNER
    ).exists():
        raise Refused(_("Only an owner of the farm decides where it sells."))


def _words(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST:
        raise Refused(_("That is too long. Keep it below %(most)s characters.") % {"most": LONGEST}, "words")
    return text
