"""
Mails to drivers, with an event for the calendar, and to outsiders who asked what if: real plain text with an HTML twin, in the
reader's language. From the outbox only.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from logistics import calls, outsiders
from logistics.models import Round, WhatIf
from network import calendars, clock
from network.models import DeliveryDay, OutboxEntry, Person
from network.money import from_cents


def round_assigned(day: int, number: int, driver: int, sequence: int, what: dict[str, Any]) -> None:
    """
    A driver has a round, its hours or vehicle changed (`sequence` above 0), or it is hers no longer (`what` is empty). When
    the plan has changed again meanwhile, a later mail says so and this one is not sent.
    """
    person = Person.objects.get(pk=driver)
    found = (
        Round.objects.published()
        .filter(delivery_day=day, number=number, driver=driver)
        .select_related("vehicle__depot", "vehicle__returns_to", "delivery_day__cycle__network__hub")
        .first()
    )
    key = f"round-{day}-{number}-{driver}"
    if what and found:
        _send(person, found.delivery_day, number, key, sequence, found, (found.starts_at, found.ends_at))
    elif not what and not found and (hours := _last_told(key, sequence)):
        known = DeliveryDay.objects.select_related("cycle__network__hub").get(pk=day)
        _send(person, known, number, key, sequence, None, hours)


def what_if_ready(what_if: int) -> None:
    """The exact figure she asked for; nothing when she wants it no longer."""
    found = WhatIf.objects.kept().filter(pk=what_if, status="done").select_related("network").first()
    if found is None:
        return
    with translation.override(found.inputs["language"]):
        path = reverse("logistics:what_if_kept", args=[found.network.slug, found.token])
        best = outsiders.best_of(found.exact["days"])
        context = {
            "network": found.network,
            "where": found.inputs["where"],
            "best": best and {key: from_cents(best[key]) for key in ("alone", "together", "gain", "noise")},
            "on": best and date.fromisoformat(best["on"]),
            "url": settings.SITE_URL + path,
            "expires_on": found.expires_on,
            "language": found.inputs["language"],
        }
        message = EmailMultiAlternatives(
            subject=_("What transport in %(network)s would cost you, exactly") % {"network": found.network},
            body=render_to_string("mail/what_if_ready.txt", context),
            to=[found.email],
            headers={"Message-ID": f"<what-if-{found.pk}@kouter>"},
        )
        message.attach_alternative(render_to_string("mail/what_if_ready.html", context), "text/html")
        message.send()


def _send(
    person: Person,
    day: DeliveryDay,
    number: int,
    key: str,
    sequence: int,
    found: Round | None,
    hours: tuple[datetime, datetime],
) -> None:
    network = day.network
    with translation.override(person.language):
        round_ = _("Round %(number)s") % {"number": number}
        on = date_format(day.on, "l j F")
        if found is None:
            template, subject = "round_withdrawn", _("You do not drive %(round)s on %(day)s after all")
            url = settings.SITE_URL + reverse("logistics:my_rounds")
        else:
            template = "round_assigned"
            subject = _("%(round)s on %(day)s has changed") if sequence else _("You drive %(round)s on %(day)s")
            url = settings.SITE_URL + reverse("logistics:round", args=[found.pk])
        stops = list(_stops(found)) if found else []
        start = calls.ends(found.vehicle, found.leg, network.hub)[0] if found else network.hub
        subject = subject % {"round": round_.lower(), "day": on}
        context = {
            "person": person,
            "round": found,
            "name": round_,
            "day": day,
            "start": start,
            "changed": sequence > 0,
            "stops": stops,
            "url": url,
        }
        text = render_to_string(f"mail/{template}.txt", context)
        message = EmailMultiAlternatives(
            subject=subject,
            body=text,
            to=[f"{person.name} <{person.email}>" if person.name else person.email],
            headers={"Message-ID": f"<{key}-{sequence}@kouter>"},
        )
        message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
        ics = calendars.event(
            uid=f"{key}@kouter",
            sequence=sequence,
            starts_at=hours[0],
            ends_at=hours[1],
            summary=f"{round_}, {network.name}",
            description="\n".join([*(f"{clock.local(s.arrives_at):%H:%M} {s}" for s in stops), url]),
            location=str(start),
            url=url,
            organizer=network.email,
            attendee=person.email,
            now=clock.now(),
            cancelled=found is None,
        )
        message.attach("round.ics", ics, f"text/calendar; method={'REQUEST' if found else 'CANCEL'}")
        message.send()


def _stops(found: Round) -> Any:
    return found.stops.select_related(
        "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place"
    ).order_by("position")


def _last_told(key: str, sequence: int) -> tuple[datetime, datetime] | None:
    """The hours of the event that is withdrawn; None when there is none in her calendar."""
    before = OutboxEntry.objects.filter(key=f"{key}-{sequence - 1}").first()
    if before is None or not before.payload["what"]:
        return None
    starts_at, ends_at = (datetime.fromisoformat(before.payload["what"][name]) for name in ("starts_at", "ends_at"))
    return starts_at, ends_at
