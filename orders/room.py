"""
Room where baskets go: crate equivalents per storage class at a pickup point, doors a day for what is brought home. Taken when
an order is confirmed, under lock; said in words where a household chooses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from network.errors import Refused
from network.models import Delivery, DeliveryCapacity, HomeDelivery
from network.models.places import km_between
from network.quantities import StorageClass
from orders.models import Order, OrderLine

Needs = Mapping[str, Decimal]
"""Crate equivalents by storage class."""
MILLI = Decimal("0.001")


class Full(Refused):
    """There is no room left at a delivery; `nearest` is the one of that day with room for the whole basket, if there is."""

    def __init__(self, message: str, nearest: Delivery | None) -> None:
        super().__init__(message, "delivery")
        self.nearest = nearest


def needs_of(lines: Iterable[OrderLine]) -> dict[str, Decimal]:
    """The room that all of these lines take."""
    needs: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        needs[line.storage_class] += line.quantity * line.crate_share
    return needs


def book(delivery: Delivery, changes: Needs, *, needs: Needs | None = None) -> None:
    """
    Take room at a delivery, or give it back. Raises Full, which names the nearest that holds the whole basket (`needs`; else
    what is asked here).
    """
    rooms = list(DeliveryCapacity.objects.select_for_update(no_key=True).filter(delivery=delivery).order_by("pk"))
    for room in rooms:
        change = changes.get(room.storage_class, Decimal(0)).quantize(MILLI)
        if change > 0 and room.booked + change > room.hard:
            words = {"storage": StorageClass(room.storage_class).label}
            raise _full(delivery, needs or changes, _("There is no room left here for %(storage)s goods.") % words)
        room.booked = max(Decimal(0), room.booked + change)
    DeliveryCapacity.objects.bulk_update(rooms, ["booked"])


def take_door(order: Order, needs: Needs) -> None:
    """
    One of the doors of a day, for an order that is brought home and not confirmed yet. Who confirms at the same moment waits
    on the network's terms. Raises Full when the vans have no time for another door.
    """
    delivery = order.delivery
    terms = (
        HomeDelivery.objects.select_for_update(no_key=True)
        .filter(network=delivery.delivery_day.cycle.network_id)
        .first()
    )
    others = Order.objects.confirmed().filter(
        delivery__delivery_day=delivery.delivery_day_id, delivery__home__isnull=False
    )
    if terms is None or others.exclude(pk=order.pk).count() >= terms.doors:
        raise _full(delivery, needs, _("The driver has no time for another door that day."))


def _full(delivery: Delivery, needs: Needs, sentence: str) -> Full:
    near = nearest(delivery, needs)
    if near is None:
        advice = _("Take less, or choose another day.")
    else:
        advice = _("%(point)s still has room that day.") % {"point": near.destination}
    return Full(f"{sentence} {advice}", near)


def nearest(delivery: Delivery, needs: Needs) -> Delivery | None:
    """The pickup point of the same day that has room for all of it, nearest to where it would have gone."""
    short = Q()
    for storage_class, need in needs.items():
        if need > 0:
            short |= Q(storage_class=storage_class, booked__gt=F("hard") - need.quantize(MILLI))
    others = Delivery.objects.at_points().filter(delivery_day=delivery.delivery_day_id).exclude(pk=delivery.pk)
    if short:
        others = others.filter(~Exists(DeliveryCapacity.objects.filter(short, delivery=OuterRef("pk"))))
    return min(
        others.select_related("delivery_day", "place", "pickup_point").order_by("pk"),
        key=lambda other: km_between(delivery.place.point, other.place.point),
        default=None,
    )


def said(delivery: Delivery, needs: Needs) -> tuple[str, list[str]]:
    """
    How much room there is, in words: a state ("ok", "warn", "alert") and a sentence per storage class that is short of it,
    the worst first. Full is what has no room for this basket.
    """
    full, nearly = [], []
    rooms = list(delivery.capacities.all())
    for room in sorted(rooms, key=lambda room: StorageClass.values.index(room.storage_class)):
        label = {"storage": StorageClass(room.storage_class).label}
        if room.booked >= room.hard or room.booked + needs.get(room.storage_class, Decimal(0)) > room.hard:
            full.append(_("full for %(storage)s") % label)
        elif room.booked >= room.soft:
            nearly.append(_("almost full for %(storage)s") % label)
    if rooms and len(full) == len(rooms):
        return "alert", [_("full")]
    if rooms and len(nearly) == len(rooms):
        return "warn", [_("almost full")]
    return ("alert" if full else "warn" if nearly else "ok"), [*full, *nearly] or [_("room enough")]
