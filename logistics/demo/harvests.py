"""Somebody calls just after the cut-off: the farmer who shows the demo finds one change on her picking list."""

from contextlib import suppress

from django.db.models import F

from logistics.demo.build import LOGINS
from network.errors import Refused
from network.models import DeliveryDay, Person
from orders import amending
from orders.models import OrderLine, PurchaseChange


def call_too_late(day: DeliveryDay, by: Person) -> None:
    """A step more of the first of her lines of which something is left, once a day; nothing when the rounds have left."""
    hers = PurchaseChange.objects.filter(
        purchase_order__delivery_day=day, purchase_order__producer__organisation__people__email=LOGINS[1].email
    )
    if hers.exists():
        return
    line = (
        OrderLine.objects.filter(
            order__delivery__delivery_day=day,
            order__status="closed",
            producer__organisation__people__email=LOGINS[1].email,
            supply__quantity__gte=F("supply__reserved") + F("step"),
            packed=None,
        )
        .select_related("order", "offer")
        .order_by("pk")
        .first()
    )
    if line:
        with suppress(Refused):
            amending.amend(
                order=line.order,
                offer=line.offer,
                quantity=line.quantity + line.step,
                reason="Belde net na het sluiten: er komt volk eten.",
                by=by,
            )
