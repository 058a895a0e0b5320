"""Mails about a farm that joins or leaves a network, each in the language of who reads it. From the outbox only."""

from collections.abc import Callable, Iterable
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network import mail
from network.access import COORDINATOR
from network.models import Membership, MembershipRequest, Network, Organisation, Person

Said = Callable[[], tuple[str, list[str]]]
"""The subject and the sentences, in the language of now."""


def farm_leaves(membership: int, leaves_on: str) -> None:
    """The coordinators, and her own people with the way back. Nothing when she stays after all."""
    found = _membership(membership)
    if found.leaves_on is None or found.leaves_on.isoformat() != leaves_on:
        return

    def said() -> tuple[str, list[str]]:
        words = _words(found, leaves_on)
        return _("%(farm)s leaves %(network)s from the week of %(day)s") % words, [
            _("%(farm)s no longer sells through %(network)s from the week of %(day)s on.") % words,
            _("What was ordered before is delivered, billed and paid as always. Until then this can be taken back."),
        ]

    _to_both(found, f"farm-leaves-{leaves_on}", said)


def farm_stays(membership: int, leaves_on: str) -> None:
    """The same people read that it was taken back."""
    found = _membership(membership)

    def said() -> tuple[str, list[str]]:
        words = _words(found, leaves_on)
        return _("%(farm)s stays in %(network)s") % words, [
            _("%(farm)s would have left %(network)s from the week of %(day)s on, and stays.") % words
        ]

    _to_both(found, f"farm-stays-{leaves_on}", said)


def farm_asks(request: int) -> None:
    """The coordinators read who asks to join."""
    found = _request(request)

    def said() -> tuple[str, list[str]]:
        words = {"farm": found.organisation, "network": found.network}
        return _("%(farm)s asks to sell through %(network)s") % words, [
            _("%(farm)s asks to sell through %(network)s. Say yes or no.") % words,
            *([found.words] if found.words else []),
        ]

    _send(_coordinators(found.network), f"farm-asks-{found.pk}", said, _requests_url(found.network))


def farm_answered(request: int) -> None:
    """Whoever asked reads the answer."""
    found = _request(request)

    def said() -> tuple[str, list[str]]:
        words = {"farm": found.organisation, "network": found.network}
        if found.status == MembershipRequest.Status.ACCEPTED:
            subject = _("%(farm)s may sell through %(network)s") % words
            sentences = [_("You may announce from the next week that opens.")]
        else:
            subject = _("%(network)s says no to %(farm)s for now") % words
            sentences = []
        return subject, [subject + ".", *sentences, *([found.answer] if found.answer else [])]

    _send([found.by], f"farm-answered-{found.pk}", said, _farm_url(found.organisation, found.network))


def _membership(pk: int) -> Membership:
    return Membership.objects.select_related("network", "organisation__producer").get(pk=pk)


def _request(pk: int) -> MembershipRequest:
    return MembershipRequest.objects.select_related("network", "organisation__producer", "by").get(pk=pk)


def _words(found: Membership, leaves_on: str) -> dict[str, str]:
    return {
        "farm": str(found.organisation),
        "network": str(found.network),
        "day": date_format(date.fromisoformat(leaves_on), "j F"),
    }


def _coordinators(network: Network) -> Iterable[Person]:
    held = Person.objects.filter(network_roles__network=network, network_roles__role=COORDINATOR, is_active=True)
    return held.distinct().order_by("pk")


def _requests_url(network: Network) -> str:
    return reverse("logistics:membership_requests", args=[network.slug])


def _farm_url(organisation: Organisation, network: Network) -> str:
    return reverse("logistics:belonging", args=[organisation.producer.slug, network.slug])


def _to_both(found: Membership, key: str, said: Said) -> None:
    key = f"{key}-{found.pk}"
    _send(_coordinators(found.network), key, said, _requests_url(found.network))
    hers = found.organisation.people.filter(is_active=True).order_by("pk")
    _send(hers, f"{key}-own", said, _farm_url(found.organisation, found.network))


def _send(readers: Iterable[Person], key: str, said: Said, path: str) -> None:
    for person in readers:
        with translation.override(person.language):
            subject, sentences = said()
            context = {"person": person, "sentences": sentences, "url": settings.SITE_URL + path}
            mail.send(person.email, subject, "belonging", context, key=f"{key}-{person.pk}")
