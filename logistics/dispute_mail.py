"""Mails about a disputed bill: to the coordinators when it is raised, to the farm when it is answered. From the outbox only."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from logistics.models import Dispute
from network.access import COORDINATOR
from network.models import Person


def raised(dispute: int) -> None:
    """Every coordinator of the network reads what is wrong, each in her language."""
    found = _found(dispute)
    day = found.share.cost_run.delivery_day
    coordinators = Person.objects.filter(
        network_roles__network=day.network, network_roles__role=COORDINATOR, is_active=True
    ).distinct()
    _send(found, coordinators.order_by("pk"), "dispute_raised", reverse("logistics:settlement", args=[day.pk]))


def answered(dispute: int) -> None:
    """Whoever raised it reads the answer."""
    found = _found(dispute)
    day = found.share.cost_run.delivery_day
    page = reverse("logistics:money_day", args=[found.share.producer.slug, day.pk])
    _send(found, [found.raised_by], "dispute_answered", f"{page}#dispute")


def _found(dispute: int) -> Dispute:
    return Dispute.objects.select_related(
        "share__cost_run__delivery_day__cycle__network", "share__producer__organisation", "raised_by", "answered_by"
    ).get(pk=dispute)


def _send(dispute: Dispute, readers: Iterable[Person], template: str, path: str) -> None:
    """One mail each, with a message id of its own, so that a second try is the same mail to whoever receives it."""
    day = dispute.share.cost_run.delivery_day
    for person in readers:
        with translation.override(person.language):
            words = {"farm": str(dispute.share.producer), "day": date_format(day.on, "l j F")}
            subject = (
                _("%(farm)s says that the bill of %(day)s is wrong")
                if template == "dispute_raised"
                else _("Answer about your bill of %(day)s")
            )
            context = words | {"dispute": dispute, "person": person, "url": settings.SITE_URL + path}
            message = EmailMultiAlternatives(
                subject=" ".join((subject % words).split()),
                body=render_to_string(f"mail/{template}.txt", context),
                to=[f"{person.name} <{person.email}>" if person.name else person.email],
                headers={"Message-ID": f"<{template}-{dispute.pk}-{person.pk}@kouter>"},
            )
            message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
            message.send()
