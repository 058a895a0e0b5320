"""Mails about orders: real plain text with an HTML twin, in the language of the reader. Sent from the outbox only."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network.models import Organisation, Person
from network.quantities import Unit
from network.texts import LocalText
from orders.models import Order, PurchaseOrder


def order_confirmed(order: int) -> None:
    """What was ordered, where and when it can be collected, until when it can be changed."""
    _about_order(order, "order_confirmed", lambda o: _("Your order for %(day)s") % {"day": _day(o)})


def order_cancelled(order: int) -> None:
    _about_order(order, "order_cancelled", lambda o: _("Your order for %(day)s is cancelled") % {"day": _day(o)})


def order_closed(order: int) -> None:
    """The cut-off has passed: this is what will come."""
    _about_order(order, "order_closed", lambda o: _("This comes on %(day)s") % {"day": _day(o)})


def order_cut(order: int, version: int, name: dict[str, str], unit: str, farm: str, before: str, after: str) -> None:
    """A farm has less than was ordered: what the buyer gets of it now."""
    cut = {
        "name": LocalText(name),
        "unit": Unit(unit).label,
        "farm": farm,
        "before": Decimal(before),
        "after": Decimal(after),
    }
    _about_order(
        order,
        "order_cut",
        lambda o: _("You get less of one product on %(day)s") % {"day": _day(o)},
        version=version,
        cut=cut,
    )


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


def _about_order(
    pk: int, template: str, subject: Callable[[Order], str], *, version: int | None = None, **more: Any
) -> None:
    order = Order.objects.select_related(
        "buyer",
        "delivery__delivery_day__cycle__network",
        "delivery__pickup_point",
        "delivery__outlet__organisation",
        "delivery__place",
    ).get(pk=pk)
    for person in _readers(order.buyer):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:detail", args=[order.pk])
            context = {"order": order, "lines": order.lines.all(), "person": person, "url": url, **more}
            key = f"{template}-{order.pk}-{order.version if version is None else version}-{person.pk}"
            _send(person, subject(order), template, context, key=key)


def _readers(organisation: Organisation) -> list[Person]:
    return list(organisation.people.filter(is_active=True).order_by("pk"))


def _day(order: Order) -> str:
    return _spelled(order.delivery.delivery_day.on)


def _spelled(day: date) -> str:
    return date_format(day, "l j F")


def _send(person: Person, subject: str, template: str, context: dict[str, Any], *, key: str) -> None:
    """One mail with a message id of its own, so that a second try is the same mail to whoever receives it."""
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", context),
        to=[f"{person.name} <{person.email}>" if person.name else person.email],
        headers={"Message-ID": f"<{key}@kouter>"},
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    message.send()
