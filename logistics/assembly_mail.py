"""Mails to members about what they decide together: real plain text with an HTML twin, in her language. From the outbox only."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from logistics import assembly, wording
from logistics.models import Proposal
from network import clock
from network.models import Person

Status = Proposal.Status


def proposal_opened(proposal: int, person: int) -> None:
    """Other terms are proposed, and her vote is asked; not sent once that is over."""
    found = _proposal(proposal)
    if found.status == Status.OPEN and clock.now() < found.closes_at:
        _send(found, person, "proposal_opened", _opened)


def proposal_decided(proposal: int, person: int) -> None:
    """How the vote ended, and from which week what passed holds."""
    found = _proposal(proposal)
    if found.status in (Status.PASSED, Status.REJECTED):
        _send(found, person, "proposal_decided", _decided)


def _opened(found: Proposal) -> str:
    return _("Your vote is asked: %(title)s") % {"title": found.title}


def _decided(found: Proposal) -> str:
    passed = found.status == Status.PASSED
    return (_("Passed: %(title)s") if passed else _("Rejected: %(title)s")) % {"title": found.title}


def _proposal(pk: int) -> Proposal:
    return Proposal.objects.select_related("network", "terms", "by").defer("effects").get(pk=pk)


def _send(found: Proposal, pk: int, template: str, subject: Any) -> None:
    """One mail with a message id of its own, so that a second try is the same mail to whoever receives it."""
    person = Person.objects.get(pk=pk)
    with translation.override(person.language):
        context = {
            "person": person,
            "proposal": found,
            "changes": wording.changes(assembly.before(found), found.terms),
            "support": float(found.result.get("support", 0)),
            "url": settings.SITE_URL + reverse("logistics:proposal", args=[found.pk]),
        }
        message = EmailMultiAlternatives(
            subject=" ".join(subject(found).split()),
            body=render_to_string(f"mail/{template}.txt", context),
            to=[f"{person.name} <{person.email}>" if person.name else person.email],
            headers={"Message-ID": f"<{template}-{found.pk}-{person.pk}@kouter>"},
        )
        message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
        message.send()
