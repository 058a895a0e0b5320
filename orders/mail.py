"""Mails about orders: real plain text with an HTML twin, in the language of the reader. Sent from the outbox only."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from network import clock, notices
from network.models import JournalEntry, Organisation, Person
from network.quantities import Unit
from network.texts import LocalText
from orders import appointments, changes, coming, qr, shelf
from orders.models import Order, PurchaseChange, PurchaseOrder, SubscriptionRun
from producers.models import Product


def order_confirmed(order: int, entry: int | None = None) -> None:
    """
    What was ordered, what changed since it was last confirmed (says the journal's `entry`), where and when it can be
    collected, until when it can be changed; with an event for the calendar.
    """
    noted = JournalEntry.objects.filter(pk=entry).first() if entry else None
    subject = gettext_noop("Your order for %(day)s")
    if noted and noted.action != "confirmed":
        subject = gettext_noop("Your order for %(day)s has changed")
    _about_order(order, "order_confirmed", subject, noted, calendar="REQUEST", with_code=True)


def order_cancelled(order: int) -> None:
    _about_order(order, "order_cancelled", gettext_noop("Your order for %(day)s is cancelled"), calendar="CANCEL")


def order_closed(order: int) -> None:
    """The cut-off has passed: this is what will come."""
    _about_order(order, "order_closed", gettext_noop("This comes on %(day)s"), with_code=True)


def order_cut(
    order: int,
    version: int,
    name: dict[str, str],
    unit: str,
    farm: str,
    before: str,
    after: str,
    called_off: bool = False,
) -> None:
    """A farm has less than was ordered, or called a batch off that too few ordered: what the buyer gets of it now."""
    cut = {
        "name": LocalText(name),
        "unit": Unit(unit).label,
        "farm": farm,
        "before": Decimal(before),
        "after": Decimal(after),
        "called_off": called_off,
    }
    _about_order(
        order,
        "order_cut",
        gettext_noop("One product does not come on %(day)s")
        if called_off
        else gettext_noop("You get less of one product on %(day)s"),
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


def purchase_changed(change: int) -> None:
    """What a farmer is asked to bring has changed after the cut-off."""
    found = PurchaseChange.objects.select_related(
        "purchase_order__producer__organisation", "purchase_order__delivery_day", "line", "by"
    ).get(pk=change)
    purchase = found.purchase_order
    for person in _readers(purchase.producer.organisation):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:purchase_order", args=[purchase.pk])
            subject = _("Changed: to deliver on %(day)s") % {"day": _spelled(purchase.delivery_day.on)}
            context = {"change": found, "person": person, "url": url}
            _send(person, subject, "purchase_changed", context, key=f"purchase-changed-{found.pk}-{person.pk}")


def goods_were_bad(purchase: PurchaseOrder, reported: Sequence[Any]) -> None:
    """What buyers found bad of a farm's goods where they collected them (`collecting.Reported`)."""
    for person in _readers(purchase.producer.organisation):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:purchase_order", args=[purchase.pk])
            context = {"purchase": purchase, "reported": reported, "person": person, "url": url}
            subject = _("Bad on arrival on %(day)s") % {"day": _spelled(purchase.delivery_day.on)}
            key = f"goods-were-bad-{purchase.pk}-{clock.today()}-{person.pk}"
            _send(person, subject, "goods_were_bad", context, key=key)


def subscription_turned(run: int) -> None:
    """What is in the box or list this week and until when it can be changed; or why there is none, and when the next comes."""
    found = SubscriptionRun.objects.select_related(
        "subscription__buyer",
        "subscription__size__box",
        "subscription__pickup_point",
        "cycle__network",
        "order__delivery__delivery_day",
        "order__delivery__pickup_point",
        "order__delivery__place",
        "cause",
    ).get(pk=run)
    one = found.subscription
    products = Product.objects.in_bulk({line["product"] for line in found.lines})
    lines = [(products[line["product"]], Decimal(line["wanted"]), Decimal(line["got"])) for line in found.lines]
    page = (
        reverse("orders:detail", args=[found.order_id])
        if found.order
        else reverse("orders:subscription", args=[one.pk])
    )
    for person in _readers(one.buyer):
        with translation.override(person.language):
            context = {
                "run": found,
                "subscription": one,
                "order": found.order,
                "lines": [(product, got) for product, _wanted, got in lines if got],
                "missing": [(product, wanted - got) for product, wanted, got in lines if got < wanted],
                "next_on": coming.next_day(one, found.cycle.week_on),
                "person": person,
                "url": settings.SITE_URL + page,
            }
            subject = _told_of_subscription(found)
            _send(person, subject, "subscription_turned", context, key=f"subscription-turned-{found.pk}-{person.pk}")


def _told_of_subscription(run: SubscriptionRun) -> str:
    if run.order:
        on = {"what": run.subscription, "day": _day(run.order)}
        return (_("Given away on %(day)s: %(what)s") if run.cause else _("Comes on %(day)s: %(what)s")) % on
    return _("Does not come this week: %(what)s") % {"what": run.subscription}


def _about_order(
    pk: int,
    template: str,
    subject: str,
    noted: JournalEntry | None = None,
    *,
    calendar: str = "",
    with_code: bool = False,
    version: int | None = None,
    **more: Any,
) -> None:
    """
    The same mail to everybody of the household, each in her language; `calendar` is the method of the event that goes along,
    `with_code` adds the picture of what is shown at the point, `version` is that of the order when this happened.
    """
    order = (
        Order.objects.select_related(
            "buyer",
            "delivery__delivery_day__cycle__network",
            "delivery__pickup_point",
            "delivery__outlet__organisation",
            "delivery__place",
        )
        .prefetch_related("lines__product")
        .get(pk=pk)
    )
    lines = list(order.lines.all())
    for person in _readers(order.buyer, template):
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:detail", args=[order.pk])
            shown = changes.with_changes([noted] if noted else [])
            context = {
                "order": order,
                "lines": lines,
                "basket": shelf.basket_of(
                    order, order.delivery.delivery_day.network, consumer=True, fee=order.delivery.fee
                ),
                "entry": shown[0] if shown else None,
                "age": max((line.product.minimum_age or 0 for line in lines), default=0),
                "person": person,
                "url": url,
                **more,
            }
            event = ""
            if calendar and order.confirmed_at:
                event = appointments.event_of(order, person, cancelled=calendar == "CANCEL")
            _send(
                person,
                _(subject) % {"day": _day(order)},
                template,
                context,
                key=f"{template}-{order.pk}-{order.version if version is None else version}-{person.pk}",
                picture=qr.png(order) if with_code and order.code else b"",
                event=(event, calendar) if event else None,
            )


def _readers(organisation: Organisation, kind: str = "") -> list[Person]:
    """Its people, without who switched this kind of mail off."""
    people = organisation.people.filter(is_active=True).order_by("pk")
    return [person for person in people if notices.wants(person, kind)]


def _day(order: Order) -> str:
    return _spelled(order.delivery.delivery_day.on)


def _spelled(day: date) -> str:
    return date_format(day, "l j F")


def _send(
    person: Person,
    subject: str,
    template: str,
    context: dict[str, Any],
    *,
    key: str,
    picture: bytes = b"",
    event: tuple[str, str] | None = None,
) -> None:
    """
    One mail with a message id of its own, so that a second try is the same mail to whoever receives it. `picture` is a PNG
    that its HTML shows as `cid:picture`, `event` the text and the method of an .ics that goes along.
    """
    context["unsubscribe"] = notices.switch_of(person, template)
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", context),
        to=[f"{person.name} <{person.email}>" if person.name else person.email],
        headers={"Message-ID": f"<{key}@kouter>"} | notices.headers(person, template),
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    if event:
        message.attach(appointments.FILE, event[0], f"text/calendar; method={event[1]}")
    if picture:
        shown = MIMEImage(picture, "png")
        shown.add_header("Content-ID", "<picture>")
        shown.add_header("Content-Disposition", "inline", filename="qr.png")
        message.attach(shown)
    message.send()
