"""
Sold only if enough is ordered: the packages of one animal, a batch that is baked or pressed when it pays (`docs/supply.md`).
Buyers order as always, until it is decided; what was decided: `orders.pooling`.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import Person
from network.quantities import checked_quantity
from producers import stock
from producers.models import Offer, Pool, Supply


@transaction.atomic
def gather(*, supply: Supply, threshold: Decimal, decides_at: datetime, by: Person) -> Pool:
    """
    Sell a week's supply only if `threshold` units of it are ordered by `decides_at`; until then it can be ordered, and not
    after. Refused for standing stock, once somebody ordered it without knowing, for more than there is, and for a moment that
    is over or after the first of its days closes.
    """
    days = [day for day in stock.share_days(supply.product.producer, supply.week_on) if stock.is_to_come(day)]
    days = [day for day in days if day.cycle.week_on == supply.week_on]
    supply = Supply.objects.select_for_update(no_key=True, of=("self",)).select_related("product").get(pk=supply.pk)
    if supply.carries_over:
        raise Refused(_("This stock carries over from week to week. Announce a batch for one week instead."))
    if not days:
        raise Refused(_("Ordering for this week has closed. Announce it for a later week."))
    threshold = checked_quantity(threshold, step=supply.product.step, field="threshold")
    if not 0 < threshold <= supply.quantity:
        raise Refused(_("Enter more than 0, and no more than you announced."), "threshold")
    if decides_at <= clock.now() or decides_at > min(day.closes_at for day in days):
        raise Refused(_("Choose a moment that is still to come, before the first of its days closes."), "decides_at")
    known = Pool.objects.filter(supply=supply).first()
    if known and known.status != Pool.Status.GATHERING:
        raise Refused(_("That has been decided already."))
    if supply.reserved:
        raise Refused(_("Somebody ordered it already: what was said then stays."))
    pool, _fresh = Pool.objects.update_or_create(
        supply=supply, defaults={"threshold": threshold, "decides_at": decides_at}
    )
    Offer.objects.filter(supply=supply, delivery_day__in=days).update(closes_at=decides_at)
    journal.record(
        action="sells it only if enough is ordered",
        subject=supply,
        by=by,
        number=str(threshold),
        closes_at=decides_at.isoformat(),
    )
    return pool
