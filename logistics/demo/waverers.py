"""
The volunteer's own household wavers: its basket of this week was let go after an hour and can be put back; that of last week
was never confirmed, so nothing came.
"""

from datetime import timedelta
from decimal import Decimal

from logistics.demo.build import LOGINS
from network import clock
from network.models import DeliveryDay, Organisation, Person
from orders import basket
from producers.models import Offer

WEEKS = 1
"""How many weeks back a basket is forgotten."""
BEFORE = timedelta(hours=3)
PUT_IN = ("vegetables", "dairy", "bread", "pantry")


def household() -> Organisation:
    return Organisation.objects.get(roles__person__email=LOGINS[5].email, kind=Organisation.Kind.HOUSEHOLD)


def waver(day: DeliveryDay, offers: list[Offer]) -> None:
    """Fill a basket some hours before the cut-off, or before now, and leave it at that; of what is for sale at that moment."""
    fien = Person.objects.get(email=LOGINS[5].email)
    until = min(clock.now(), day.closes_at)
    hers = fien.network_roles.values("pickup_point")
    delivery = day.deliveries.filter(pickup_point__in=hers).select_related("delivery_day").first()
    if delivery is None or until - BEFORE < day.cycle.opens_at:
        return
    wanted: dict[int, Decimal] = {}
    for category in PUT_IN:
        offer = next((offer for offer in offers if offer.supply.product.category == category), None)
        if offer:
            wanted[offer.pk] = offer.supply.product.step
    with clock.at(until - BEFORE):
        order = basket.open_order(buyer=household(), delivery=delivery, by=fien)
        basket.fill_what_fits(order=order, quantities=wanted, by=fien)
    with clock.at(until - BEFORE + basket.HOLD):
        basket.expire_holds()
