"""Mails about somebody's account: plain text with an HTML twin, in the language of the reader. Sent from the outbox only."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from network import households
from network.models import Invitation, Person


def invited(invitation: int) -> None:
    """Whoever was asked to join an organisation, in the language of who asks; nothing when it was withdrawn."""
    found = Invitation.objects.open().select_related("organisation", "by").filter(pk=invitation).first()
    if found is None:
        return
    reader = Person.objects.filter(email=found.email).first()
    with translation.override(reader.language if reader else found.by.language):
        context = {
            "invitation": found,
            "language": translation.get_language(),
            "until": found.expires_at,
            "url": settings.SITE_URL + reverse("network:invitation", args=[households.link_of(found)]),
        }
        subject = _("%(name)s invites you to %(organisation)s") % {
            "name": found.by.name,
            "organisation": found.organisation,
        }
        send(found.email, subject, "invited", context, key=f"invited-{found.pk}")


def leaving(person: int, ends_at: str) -> None:
    """Somebody asked to end this account: when it ends, and how to keep it. Nothing when she changed her mind already."""
    found = Person.objects.filter(pk=person, left_at=None).exclude(leaving_at=None).first()
    if found is None or found.leaving_at is None or found.leaving_at.isoformat() != ends_at:
        return
    with translation.override(found.language):
        context = {
            "person": found,
            "language": found.language,
            "on": found.leaving_at,
            "url": settings.SITE_URL + reverse("network:leave"),
        }
        key = f"leaving-{found.pk}-{found.leaving_at:%Y%m%d%H%M%S}"
        send(found.email, _("Your account will be deleted"), "leaving", context, key=key)


def send(
    to: str, subject: str, template: str, context: dict[str, Any], *, key: str, headers: Mapping[str, str] | None = None
) -> None:
    """One mail with a message id of its own, so that a second try is the same mail to whoever receives it."""
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"mail/{template}.txt", context),
        to=[to],
        headers={"Message-ID": f"<{key}@kouter>", **(headers or {})},
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    message.send()
