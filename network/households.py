"""
The people of an organisation, and where it is: a household, a farm and a shop alike. Changes lock the organisation, so that
two owners who leave at once cannot leave it to nobody.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from network import clock, journal, outbox, postcodes
from network.errors import Refused
from network.models import Address, Invitation, Organisation, OrganisationRole, Person, Place

MOST_INVITATIONS = 20
"""A day, per organisation: nobody mails strangers through us."""
OWNER = OrganisationRole.Role.OWNER
SIGNER = signing.Signer(salt="network.invitation")


def link_of(invitation: Invitation) -> str:
    """What stands in the address of an invitation."""
    return SIGNER.sign(str(invitation.pk))


def invitation_of(link: str) -> Invitation | None:
    """The invitation of a link that we signed, whatever became of it."""
    try:
        pk = int(SIGNER.unsign(link))
    except (signing.BadSignature, ValueError):
        return None
    return Invitation.objects.select_related("organisation", "by").filter(pk=pk).first()


@transaction.atomic
def invite(*, organisation: Organisation, email: str, role: str, by: Person) -> Invitation:
    """
    Ask somebody to join, by mail; asking again withdraws the earlier invitation. Refused for who is in it already, and
    when too many were asked in a day.
    """
    roles = _roles(organisation)
    email = email.strip().lower()
    if any(one.person.email == email for one in roles):
        raise Refused(_("This person is in it already."), "email")
    asked = Invitation.objects.filter(organisation=organisation, made_at__gt=clock.now() - timedelta(days=1))
    if asked.count() >= MOST_INVITATIONS:
        raise Refused(_("You invited many people today. Go on tomorrow."), "email")
    earlier = Invitation.objects.filter(organisation=organisation, email=email, accepted_at=None, withdrawn_at=None)
    earlier.update(withdrawn_at=clock.now())
    made = Invitation.objects.create(organisation=organisation, email=email, role=role, by=by)
    journal.record(action="invited somebody", subject=organisation, by=by)
    outbox.add(kind="invited", key=f"invited:{made.pk}", invitation=made.pk)
    return made


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Person) -> None:
    """The link no longer works. Withdrawing twice changes nothing."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if open_ones.update(withdrawn_at=clock.now()):
        journal.record(action="withdrew an invitation", subject=invitation.organisation, by=by)


@transaction.atomic
def accept(*, invitation: Invitation, by: Person) -> Organisation:
    """Join. Refused for anybody but who it was sent to, a second time, and when it is withdrawn or too old."""
    if by.email != invitation.email:
        raise Refused(_("This invitation was sent to another e-mail address. Sign in with that one."))
    roles = _roles(invitation.organisation)
    if invitation.organisation.archived_at:
        raise Refused(_("This household or business is no longer here."))
    if not Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=clock.now()):
        raise Refused(_("This invitation was used, withdrawn, or is older than 14 days. Ask for a new one."))
    if all(one.person_id != by.pk for one in roles):
        OrganisationRole.objects.create(organisation=invitation.organisation, person=by, role=invitation.role)
        journal.record(action="joined", subject=invitation.organisation, by=by)
    return invitation.organisation


@transaction.atomic
def leave(*, organisation: Organisation, person: Person) -> None:
    """Leave an organisation to the others in it. Refused for the last of it, and for the last owner."""
    roles = _roles(organisation)
    if len(roles) == 1:
        raise Refused(_("You are the only one in it. Invite somebody first, or delete your account."))
    _stays_owned(roles, without=person)
    if OrganisationRole.objects.filter(organisation=organisation, person=person).delete()[0]:
        journal.record(action="left", subject=organisation, by=person)


@transaction.atomic
def remove(*, organisation: Organisation, person: Person, by: Person) -> None:
    """Take somebody else out of it. Refused for oneself (leave instead)."""
    _roles(organisation)
    if person == by:
        raise Refused(_("To go yourself, use the button to leave."))
    if OrganisationRole.objects.filter(organisation=organisation, person=person).delete()[0]:
        journal.record(action="removed somebody", subject=organisation, by=by, person=person.pk)


@transaction.atomic
def change_role(*, organisation: Organisation, person: Person, role: str, by: Person) -> None:
    """Refused when nobody would be owner any more."""
    roles = _roles(organisation)
    if role != OWNER:
        _stays_owned(roles, without=person)
    if OrganisationRole.objects.filter(organisation=organisation, person=person).exclude(role=role).update(role=role):
        journal.record(action="changed a role", subject=organisation, by=by, person=person.pk, role=role)


def _roles(organisation: Organisation) -> list[OrganisationRole]:
    """Everybody's role in it, the organisation locked."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    return list(OrganisationRole.objects.filter(organisation=organisation).select_related("person").order_by("pk"))


def _stays_owned(roles: list[OrganisationRole], *, without: Person) -> None:
    if not any(one.role == OWNER and one.person_id != without.pk for one in roles):
        raise Refused(_("Nobody would be owner any more. Make somebody else owner first."))


@transaction.atomic
def move(*, organisation: Organisation, street: str, postcode: str, municipality: str, by: Person) -> Place:
    """
    From today a household lives at another address; what was issued before keeps the old one. Refused when the postcode or
    the municipality does not exist, and for who is delivered at its door or collected from: its hours and roads are the
    coordinator's.
    """
    organisation = (
        Organisation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("place")
        .get(pk=organisation.pk)
    )
    if organisation.kind != Organisation.Kind.HOUSEHOLD:
        raise Refused(_("Rounds are planned to this address. Ask the coordinator of your network to change it."))
    area = postcodes.find(postcode, municipality)
    place = Place.objects.create(
        street=street,
        postcode=area.postcode,
        municipality=area.village or area.municipality,
        lat=area.lat,
        lon=area.lon,
    )
    today = clock.today()
    now = Address.objects.filter(organisation=organisation, period__contains=today).first()
    if now and now.period.lower == today:
        now.place = place
        now.save(update_fields=["place"])
    else:
        if now:
            now.period = (now.period.lower, today)
            now.save(update_fields=["period"])
        elif organisation.place:
            Address.objects.create(organisation=organisation, place=organisation.place, period=(None, today))
        Address.objects.create(organisation=organisation, place=place, period=(today, None))
    organisation.place = place
    organisation.save(update_fields=["place"])
    journal.record(action="moved house", subject=organisation, by=by)
    return place


def places_on(day: date, organisations: Iterable[Organisation]) -> dict[int, Place | None]:
    """Where each organisation was on a day, by its pk. Their present `place` should be loaded."""
    found: dict[int, Place | None] = {one.pk: one.place for one in organisations}
    then = Address.objects.filter(organisation__in=found, period__contains=day).select_related("place")
    return found | {one.organisation_id: one.place for one in then}
