"""Mails about a withdrawal: the acknowledgement the law demands, and what came of it. From the outbox only."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from network.mail import send
from orders.models import Withdrawal


def made(withdrawal: int) -> None:
    """To who declared it, at once: what, of which order, and the moment it was declared."""
    _send(withdrawal, "withdrawal_made")


def done(withdrawal: int) -> None:
    """What came back and is credited."""
    _send(withdrawal, "withdrawal_done")


def _send(withdrawal: int, template: str) -> None:
    found = Withdrawal.objects.select_related(
        "by", "order__buyer", "order__delivery__delivery_day__cycle__network", "order__delivery__pickup_point"
    ).get(pk=withdrawal)
    if not found.by.is_active:
        return
    lines = list(found.lines.select_related("line"))
    with translation.override(found.by.language):
        subject = (
            _("We received your withdrawal from order %(number)s")
            if template == "withdrawal_made"
            else _("Your goods of order %(number)s are back")
        )
        context = {
            "person": found.by,
            "withdrawal": found,
            "order": found.order,
            "network": found.order.delivery.delivery_day.network,
            "lines": lines,
            "credited": any(row.received for row in lines),
            "url": settings.SITE_URL + reverse("orders:detail", args=[found.order_id]),
        }
        number = {"number": found.order_id}
        send(found.by.email, subject % number, template, context, key=f"{template}-{found.pk}")
