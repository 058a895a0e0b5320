"""Filling a week's supply quickly."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from network.errors import Refused
from network.models import Person
from producers import stock
from producers.models import Offer, Producer, Supply


@transaction.atomic
def repeat_last_week(*, producer: Producer, week_on: date, by: Person | None) -> int:
    """
    Announce what was announced the week before, quantities and prices alike; what this week already has stays as it is.
    Returns how many products were repeated; Refused when there is nothing to repeat.
    """
    already = Supply.objects.filter(week_on=week_on, product=OuterRef("product"))
    listed = Offer.objects.filter(supply=OuterRef("pk"), listed=True)
    last = (
        Supply.objects.filter(
            ~Exists(already), product__producer=producer, product__archived_at=None, week_on=week_on - timedelta(weeks=1)
        )
        .annotate(was_listed=Exists(listed))
        .select_related("product")
        .order_by("pk")
    )
    rows = [
        stock.Announcement(product=supply.product, quantity=supply.quantity, price=supply.price, listed=supply.was_listed)
        for supply in last
    ]
    if not rows:
        raise Refused(_("Last week has nothing that is not here already."))
    stock.announce_many(producer=producer, week_on=week_on, rows=rows, by=by)
    return len(rows)
