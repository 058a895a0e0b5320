"""Reminders that can be switched off, each with a link that does so without signing in. From the outbox only."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network import notices
from network.mail import send
from network.models import Cycle, Person
from network.notices import Kind
from orders import reminders
from producers.models import Offer, Product


def shop_open(cycle: int, person: int) -> None:
    """Ordering has begun: until when for which day, and how much there is. Nothing once it is over, or switched off."""
    found = Cycle.objects.open().select_related("network").filter(pk=cycle).first()
    reader = Person.objects.filter(pk=person, is_active=True).first()
    days = list(found.days.on_sale().order_by("on")) if found else []
    if found is None or reader is None or not days or not notices.wants(reader, Kind.SHOP_OPEN):
        return
    offers = Offer.objects.on_sale().filter(delivery_day__in=days, price_group__audience="household")
    with translation.override(reader.language):
        context = {
            "person": reader,
            "network": found.network,
            "days": days,
            "products": Product.objects.filter(supplies__offers__in=offers).distinct().count(),
            "url": settings.SITE_URL + reverse("orders:shop", args=[found.network.slug]),
        }
        subject = _("The shop of %(network)s is open") % {"network": found.network}
        _send(reader, Kind.SHOP_OPEN, subject, context, key=f"shop-open-{cycle}-{person}")


def basket_waiting(order: int) -> None:
    """What lies in the basket is not ordered yet. Nothing when it was confirmed or emptied meanwhile."""
    found = (
        reminders.unconfirmed()
        .select_related(
            "buyer",
            "delivery__delivery_day__cycle__network",
            "delivery__pickup_point",
            "delivery__outlet__organisation",
        )
        .filter(pk=order)
        .first()
    )
    if found is None:
        return
    day = found.delivery.delivery_day
    for reader in found.buyer.people.filter(is_active=True).order_by("pk"):
        if not notices.wants(reader, Kind.BASKET_WAITING):
            continue
        with translation.override(reader.language):
            context = {
                "person": reader,
                "order": found,
                "day": day,
                "lines": found.lines.exclude(quantity=0),
                "url": settings.SITE_URL + reverse("orders:confirm", args=[found.pk]),
            }
            subject = _("Your basket for %(day)s is not ordered yet") % {"day": date_format(day.on, "l j F")}
            key = f"basket-waiting-{found.pk}-{found.version}-{reader.pk}"
            _send(reader, Kind.BASKET_WAITING, subject, context, key=key)


def _send(reader: Person, kind: Kind, subject: str, context: dict[str, object], *, key: str) -> None:
    context["unsubscribe"] = notices.switch_of(reader, kind)
    send(reader.email, subject, kind.value, context, key=key, headers=notices.headers(reader, kind))
