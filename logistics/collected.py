"""What the coordinator sees of a day's pickup points: who did not collect, and what was missing or bad there."""

from dataclasses import dataclass

from network import clock
from network.models import Delivery, DeliveryDay
from orders.models import Order, Shortfall


@dataclass(frozen=True)
class Watched:
    """A delivery whose window is over, the orders that nobody checked off there, and how many there were."""

    delivery: Delivery
    orders: list[Order]
    of: int

    @property
    def blind(self) -> bool:
        """Nothing was checked off at all: nobody kept it on a phone, and it says nothing of who came."""
        return len(self.orders) == self.of


def uncollected(day: DeliveryDay) -> list[Watched]:
    """
    Follows from the clock, so it needs nobody to mark it, and goes away when a phone that had no reception sends its
    check-offs. What goes to an outlet is handed over by the driver.
    """
    over = list(
        day.deliveries.filter(ends_at__lt=clock.now(), outlet=None)
        .select_related("pickup_point", "place")
        .order_by("pickup_point__name", "starts_at")
    )
    if not over:
        return []
    found: dict[int, list[Order]] = {}
    orders = Order.objects.filter(delivery__in=over, status__in=[Order.Status.CLOSED, Order.Status.SETTLED])
    for order in orders.select_related("buyer", "pickup").order_by("number", "pk"):
        found.setdefault(order.delivery_id, []).append(order)
    rows = [
        Watched(one, [order for order in found[one.pk] if not hasattr(order, "pickup")], len(found[one.pk]))
        for one in over
        if one.pk in found
    ]
    return [row for row in rows if row.orders]


def shortfalls(day: DeliveryDay) -> list[Shortfall]:
    """What households did not get or got bad, by farm."""
    return list(
        Shortfall.objects.filter(line__order__delivery__delivery_day=day)
        .select_related("line__producer__organisation", "line__order__delivery__pickup_point", "by")
        .order_by("line__producer__organisation__name", "line__name", "pk")
    )
