"""
What we know of a person, for her to take along (GDPR art. 15 and 20), and how it is forgotten (art. 17); `docs/account.md`.

Each app adds its part in a module of `settings.PRIVACY`, with three functions: `gather(person) -> dict` by heading,
`hindrances(person) -> list[Hindrance]`, why she cannot go yet, and `forget(person, emptied) -> None`, where `emptied` are the
households that have nobody left.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, Protocol, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, ProtectedError
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from network import clock, journal, notices, outbox
from network.errors import Refused
from network.models import (
    Address,
    BankAccount,
    Export,
    Invitation,
    JournalEntry,
    Membership,
    Network,
    NetworkRole,
    Organisation,
    OrganisationRole,
    Person,
    Place,
)
from network.models.account import EXPORT_KEPT_FOR

COOLING_OFF = timedelta(days=7)
COORDINATOR = NetworkRole.Role.COORDINATOR


@dataclass(frozen=True)
class Hindrance:
    """Why an account cannot end yet, and the page where something can be done about it."""

    text: str
    url: str


class Part(Protocol):
    def gather(self, person: Person) -> dict[str, Any]: ...
    def hindrances(self, person: Person) -> list[Hindrance]: ...
    def forget(self, person: Person, emptied: Sequence[Organisation]) -> None: ...


def parts() -> list[Part]:
    return [cast(Part, import_module(name)) for name in settings.PRIVACY]


# What we know


def ask_for_export(*, person: Person) -> Export:
    """Have everything put in one file; asking while that is going on gives the same one."""
    try:
        with transaction.atomic():
            made = Export.objects.create(person=person)
            outbox.add(kind="export", key=f"export:{made.pk}", export=made.pk)
            return made
    except IntegrityError:
        return Export.objects.get(person=person, file="")


@transaction.atomic
def make_export(export: int) -> None:
    """Write the file; nothing when that was done, or she has gone since."""
    made = Export.objects.select_for_update(of=("self",)).select_related("person").filter(pk=export, file="").first()
    if made is None:
        return
    with translation.override(made.person.language):
        everything = gather(made.person)
        for part in parts():
            everything |= part.gather(made.person)
        text = json.dumps(everything, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    made.file.save(f"{made.pk}.json", ContentFile(text.encode()))


def delete_old_exports() -> int:
    """Delete the files whose week has passed; how many."""
    old = list(Export.objects.filter(made_at__lte=clock.now() - EXPORT_KEPT_FOR))
    for one in old:
        _delete_export(one)
    return len(old)


def _delete_export(export: Export) -> None:
    if export.file:
        export.file.delete(save=False)
    export.delete()


def gather(person: Person) -> dict[str, Any]:
    """The common ground's part: who she is, of which organisations and networks, and what she did."""
    roles = OrganisationRole.objects.filter(person=person).select_related("organisation__place").order_by("pk")
    return {
        "person": {
            "name": person.name,
            "email": person.email,
            "emails": list(EmailAddress.objects.filter(user=person).order_by("pk").values_list("email", flat=True)),
            "phone": person.phone,
            "language": person.language,
            "joined_at": person.joined_at,
            "last_login": person.last_login,
            "mails": {kind: notices.wants(person, kind) for kind in notices.Kind.values},
        },
        "organisations": [_organisation(role) for role in roles],
        "network_roles": list(
            NetworkRole.objects.filter(person=person)
            .order_by("pk")
            .values("network__name", "role", "pickup_point__code")
        ),
        "invitations": list(
            Invitation.objects.filter(email=person.email)
            .order_by("pk")
            .values("organisation__name", "made_at", "accepted_at")
        ),
        "what_you_did": list(
            JournalEntry.objects.filter(actor=person)
            .order_by("pk")
            .values("at", "action", "subject_type", "subject_id", "reason")
        ),
    }


def _organisation(role: OrganisationRole) -> dict[str, Any]:
    """As she sees it on its page: of the others, their names."""
    one = role.organisation
    return {
        "name": one.name,
        "kind": one.kind,
        "your_role": role.role,
        "address": str(one.place) if one.place else "",
        "earlier_addresses": [
            {"address": str(address.place), "until": address.period.upper}
            for address in one.addresses.exclude(period__upper_inf=True).select_related("place").order_by("period")
        ],
        "people": list(one.roles.order_by("pk").values_list("person__name", flat=True)),
        "networks": list(
            Membership.objects.filter(organisation=one)
            .order_by("pk")
            .values("network__name", "college", "joined_on", "left_on")
        ),
    }


# Leaving


def hindrances(person: Person) -> list[Hindrance]:
    """Why her account cannot end yet; empty when it can."""
    found = [
        Hindrance(
            _("You are the only one of %(name)s. Hand it over to somebody first.") % {"name": one},
            reverse("network:organisation", args=[one.pk]),
        )
        for one in _alone_in(person)
        if one.kind != Organisation.Kind.HOUSEHOLD
    ]
    others = NetworkRole.objects.filter(network=OuterRef("pk"), role=COORDINATOR).exclude(person=person)
    for network in Network.objects.active().with_role(person, COORDINATOR).exclude(Exists(others)):
        found.append(
            Hindrance(
                _("You are the only coordinator of %(network)s. Ask support to name another first.")
                % {"network": network},
                reverse("network:front", args=[network.slug]),
            )
        )
    return found + [one for part in parts() for one in part.hindrances(person)]


def _alone_in(person: Person) -> list[Organisation]:
    return list(
        Organisation.objects.active()
        .annotate(many=Count("roles"))
        .filter(many=1, pk__in=OrganisationRole.objects.filter(person=person).values("organisation"))
        .order_by("pk")
    )


def households_alone(person: Person) -> list[Organisation]:
    """The households that would have nobody left without her."""
    return [one for one in _alone_in(person) if one.kind == Organisation.Kind.HOUSEHOLD]


@transaction.atomic
def ask_to_leave(*, person: Person) -> Person:
    """End the account when the cooling-off has passed; told by mail. Refused while something stands in the way."""
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.leaving_at:
        return person
    if found := hindrances(person):
        raise Refused(found[0].text)
    person.leaving_at = clock.now() + COOLING_OFF
    person.save(update_fields=["leaving_at"])
    ends_at = person.leaving_at.isoformat()
    outbox.add(kind="leaving", key=f"leaving:{person.pk}:{ends_at}", person=person.pk, ends_at=ends_at)
    return person


def stay(*, person: Person) -> bool:
    """She changed her mind; False when there was nothing to change."""
    return bool(Person.objects.filter(pk=person.pk, left_at=None).exclude(leaving_at=None).update(leaving_at=None))


def end_due() -> int:
    """Forget who asked for it and did not change her mind; who cannot go yet goes when she can. How many went."""
    due = Person.objects.filter(leaving_at__lte=clock.now(), left_at=None)
    return sum(_end(pk) for pk in list(due.order_by("pk").values_list("pk", flat=True)))


def _end(pk: int) -> bool:
    with transaction.atomic():
        person = (
            Person.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=pk, leaving_at__lte=clock.now(), left_at=None)
            .first()
        )
        if person is None or hindrances(person):
            return False
        forget(person=person)
        return True


@transaction.atomic
def forget(*, person: Person) -> None:
    """
    Empty a person: what is kept by law (orders, documents, who did what) stays under a number. She leaves her households;
    those with nobody left are archived, their name and addresses forgotten, their documents kept. Refused while something
    stands in the way.
    """
    hers = list(Organisation.objects.of(person).select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if found := hindrances(person):
        raise Refused(found[0].text)
    emptied = households_alone(person)
    for organisation in hers:
        journal.record(action="left", subject=organisation, by=person)
    for part in parts():
        part.forget(person, emptied)
    for organisation in emptied:
        _empty_household(organisation)
    _hand_over(person)
    OrganisationRole.objects.filter(person=person).delete()
    NetworkRole.objects.filter(person=person).delete()
    Invitation.objects.filter(email=person.email).delete()
    for export in person.exports.all():
        _delete_export(export)
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()
    with translation.override(person.language):
        person.name = _("Former member %(number)s") % {"number": person.pk}
    LogEntry.objects.filter(
        content_type__app_label="network", content_type__model="person", object_id=person.pk
    ).update(object_repr=person.name)
    person.email = f"{person.pk}@left.invalid"
    person.phone = ""
    person.mail_choices = {}
    person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.leaving_at, person.left_at = None, clock.now()
    person.set_unusable_password()
    person.save()
    transaction.on_commit(lambda: _end_sessions(person.pk))


def _hand_over(person: Person) -> None:
    """Where she was the only owner, who is longest in it becomes owner."""
    for role in OrganisationRole.objects.filter(person=person, role=OrganisationRole.Role.OWNER).order_by("pk"):
        others = (
            OrganisationRole.objects.filter(organisation=role.organisation_id).exclude(person=person).order_by("pk")
        )
        heir = others.first()
        if heir and not others.filter(role=OrganisationRole.Role.OWNER).exists():
            OrganisationRole.objects.filter(pk=heir.pk).update(role=OrganisationRole.Role.OWNER)


def _empty_household(organisation: Organisation) -> None:
    with translation.override(organisation.language):
        name = _("Former household %(number)s") % {"number": organisation.pk}
    places = set(organisation.addresses.values_list("place", flat=True))
    if organisation.place_id:
        places.add(organisation.place_id)
    Address.objects.filter(organisation=organisation).delete()
    BankAccount.objects.filter(organisation=organisation).delete()
    Invitation.objects.filter(organisation=organisation).delete()
    Organisation.objects.filter(pk=organisation.pk).update(name=name, place=None, archived_at=clock.now())
    Membership.objects.current().filter(organisation=organisation).update(left_on=clock.today())
    for place in Place.objects.filter(pk__in=places):
        with suppress(ProtectedError):  # somebody else lives there too
            place.delete()


def _end_sessions(pk: int) -> None:
    """Sessions know who they are only inside; there are as many as browsers that are signed in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(pk):
            store(session.session_key).delete()
