"""Collecting a basket, or having it brought, as an event in a household's calendar."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from network import calendars, clock
from network.models import Person
from orders.models import Order

FILE = "kouter.ics"


def event_of(order: Order, person: Person, *, cancelled: bool = False) -> str:
    """The text of an .ics file in the reader's language; a later version of the order replaces the event."""
    delivery, network = order.delivery, order.delivery.delivery_day.network
    url = settings.SITE_URL + reverse("orders:detail", args=[order.pk])
    summary = _("Basket at your door") if delivery.home_id else _("Collect your basket: %(place)s")
    return calendars.event(
        uid=f"order-{order.pk}@kouter",
        sequence=order.version,
        starts_at=delivery.starts_at,
        ends_at=delivery.ends_at,
        summary=summary % {"place": delivery.where},
        description="\n".join([_("Order %(number)s, %(network)s") % {"number": order.pk, "network": network}, url]),
        location=str(delivery.place) if delivery.home_id else f"{delivery.where}, {delivery.place}",
        url=url,
        organizer=network.email,
        attendee=person.email,
        now=clock.now(),
        cancelled=cancelled,
    )
