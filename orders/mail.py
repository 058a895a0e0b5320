"""Mails about orders: real plain text with an HTML twin, in the language of the reader. Sent from the outbox only."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network import notices
from network.models import Organisation, Person
from orders.models import Order, PurchaseOrder


def order_confirmed(order: int) -> None:
    """What was ordered, where and when it can be collected, until when it can be changed."""
    _about_order(order, "order_confirmed", lambda o: _("Your order for %(day)s") % {"day": _day(o)})


def order_cancelled(order: int) -> None:
    _about_order(order, "order_cancelled", lambda o: _("Your order for %(day)s is cancelled") % {"day": _day(o)})


def order_closed(order: int) -> None:
    """The cut-off has passed: this is what will come."""
    _about_order(order, "order_closed", lambda o: _("This comes on %(day)s") % {"day": _day(o)})


def purchase_order_ready(purchase_order: int) -> None:
    """What a farmer is asked to bring."""
    purchase = (
        PurchaseOrder.objects.select_related("producer__organisation", "delivery_day__cycle__network")
        .prefetch_related("lines")
        .get(pk=purchase_order)
    )
    for person in _readers(purchase.producer.organisation):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:purchase_order", args=[purchase.pk])
            context = {"purchase": purchase, "lines": purchase.lines.all(), "person": person, "url": url}
            subject = _("To deliver on %(day)s") % {"day": _spelled(purchase.delivery_day.on)}
            _send(person, subject, "purchase_order_ready", context, key=f"purchase-order-{purchase.pk}-{person.pk}")


def _about_order(pk: int, template: str, subject: Callable[[Order], str]) -> None:
    order = Order.objects.select_related(
        "buyer",
        "delivery__delivery_day__cycle__network",
        "delivery__pickup_point",
        "delivery__outlet__organisation",
        "delivery__place",
    ).get(pk=pk)
    for person in _readers(order.buyer, template):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:detail", args=[order.pk])
            context = {"order": order, "lines": order.lines.all(), "person": person, "url": url}
            _send(person, subject(order), template, context, key=f"{template}-{order.pk}-{order.version}-{person.pk}")


def _readers(organisation: Organisation, kind: str = "") -> list[Person]:
    """Its people, without who switched this kind of mail off."""
    people = organisation.people.filter(is_active=True).order_by("pk")
    return [person for person in people if notices.wants(person, kind)]


def _day(order: Order) -> str:
    return _spelled(order.delivery.delivery_day.on)


def _spelled(day: date) -> str:
    return date_format(day, "l j F")


def _send(person: Person, subject: str, template: str, context: dict[str, Any], *, key: str) -> None:
    """One mail with a message id of its own, so that a second try is the same mail to whoever receives it."""
    context["unsubscribe"] = notices.switch_of(person, template)
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", context),
        to=[f"{person.name} <{person.email}>" if person.name else person.email],
        headers={"Message-ID": f"<{key}@kouter>"} | notices.headers(person, template),
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    message.send()
