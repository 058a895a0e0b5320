"""
Closing a delivery day: one transaction of a fixed number of statements, however many orders there are (`docs/closing.md`).

It runs at the cut-off, or earlier at the coordinator's word. Killed half-way it leaves nothing; run again it does
nothing. Buyers share the day's lock while they order, so closing waits for the last of them and they for it.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from network import clock, journal, outbox
from network.models import Cycle, DeliveryDay, Person
from orders import pooling
from orders.basket import PRICES, priced
from orders.models import LapsedLine, Order, OrderLine

RELEASE_WHAT_WAS_NOT_CONFIRMED = """
WITH excess AS (
    SELECT line.supply_id, sum(greatest(line.quantity, line.confirmed) - line.confirmed) AS held,
           CASE WHEN bool_or(own.carries_over) THEN sum(line.confirmed) ELSE 0 END AS sold
    FROM orders_orderline line
    JOIN orders_order o ON o.id = line.order_id
    JOIN network_delivery delivery ON delivery.id = o.delivery_id
    JOIN producers_supply own ON own.id = line.supply_id
    WHERE delivery.delivery_day_id = %(day)s AND o.status IN ('basket', 'confirmed')
      AND (line.quantity > line.confirmed OR own.carries_over)
    GROUP BY line.supply_id
), locked AS (
    SELECT supply.id FROM producers_supply supply JOIN excess ON excess.supply_id = supply.id
    ORDER BY supply.id FOR NO KEY UPDATE OF supply
), taken AS (
    UPDATE producers_supply supply
    SET reserved = supply.reserved - excess.held - excess.sold, quantity = supply.quantity - excess.sold
    FROM excess, locked WHERE supply.id = excess.supply_id AND locked.id = supply.id
)
INSERT INTO producers_stockmovement (supply_id, change, reason, note, delivery_day_id, at)
SELECT supply_id, -sold, 'sale', '', %(day)s, %(now)s FROM excess WHERE sold > 0 ORDER BY supply_id
"""
"""And of stock that carries over, which other weeks go on selling, what this day sold leaves it."""

MAKE_PURCHASE_ORDERS = """
INSERT INTO orders_purchaseorder (delivery_day_id, producer_id, made_at, below_minimum, total)
SELECT %(day)s, producer.id, %(now)s, asked.total < producer.minimum, asked.total
FROM (
    SELECT line.producer_id, round(sum(line.confirmed * line.price), 2) AS total
    FROM orders_orderline line
    JOIN orders_order o ON o.id = line.order_id
    JOIN network_delivery delivery ON delivery.id = o.delivery_id
    WHERE delivery.delivery_day_id = %(day)s AND o.status = 'closed'
    GROUP BY line.producer_id
) asked
JOIN producers_producer producer ON producer.id = asked.producer_id
ORDER BY producer.id
"""

MAKE_THEIR_LINES = """
INSERT INTO orders_purchaseorderline (purchase_order_id, supply_id, product_id, name, unit, quantity, missing, price)
SELECT purchase.id, asked.supply_id, product.id, asked.name, asked.unit, asked.quantity, 0, asked.price
FROM (
    SELECT line.producer_id, line.supply_id, line.price, sum(line.confirmed) AS quantity,
           (array_agg(line.name ORDER BY line.id))[1] AS name, min(line.unit) AS unit
    FROM orders_orderline line
    JOIN orders_order o ON o.id = line.order_id
    JOIN network_delivery delivery ON delivery.id = o.delivery_id
    WHERE delivery.delivery_day_id = %(day)s AND o.status = 'closed'
    GROUP BY line.producer_id, line.supply_id, line.price
) asked
JOIN orders_purchaseorder purchase ON purchase.producer_id = asked.producer_id AND purchase.delivery_day_id = %(day)s
JOIN producers_supply supply ON supply.id = asked.supply_id
JOIN producers_product product ON product.id = supply.product_id
ORDER BY purchase.id, asked.supply_id, asked.price
"""

TELL_EVERYBODY = """
INSERT INTO network_outboxentry (key, kind, payload, created_at, due_at, attempts, error)
SELECT 'order_closed:' || o.id, 'order_closed', jsonb_build_object('order', o.id), %(now)s, %(now)s, 0, ''
FROM orders_order o JOIN network_delivery delivery ON delivery.id = o.delivery_id
WHERE delivery.delivery_day_id = %(day)s AND o.status = 'closed'
UNION ALL
SELECT 'purchase_order_ready:' || p.id, 'purchase_order_ready', jsonb_build_object('purchase_order', p.id), %(now)s, %(now)s, 0, ''
FROM orders_purchaseorder p WHERE p.delivery_day_id = %(day)s
ON CONFLICT (key) DO NOTHING
"""


@transaction.atomic
def close_day(*, day: DeliveryDay, by: Person | None = None) -> bool:
    """
    Freeze the orders of an open day: unconfirmed holds released, confirmed orders closed, one purchase order per
    producer, mails queued. `by` None is the clock. False when it is closed already.
    """
    pooling.decide_before_closing(day)
    day = DeliveryDay.objects.select_for_update(of=("self",)).select_related("cycle__network").get(pk=day.pk)
    if day.status != DeliveryDay.Status.OPEN:
        return False
    at: dict[str, Any] = {"day": day.pk, "now": clock.now()}
    orders = Order.objects.filter(delivery__delivery_day=day)
    lines = OrderLine.objects.filter(order__in=orders.filter(status__in=[Order.Status.BASKET, Order.Status.CONFIRMED]))
    with connection.cursor() as cursor:
        cursor.execute(RELEASE_WHAT_WAS_NOT_CONFIRMED, at)
        lines.filter(confirmed=0).delete()
        LapsedLine.objects.filter(order__in=orders).delete()
        _confirmed_again(lines.exclude(quantity=F("confirmed")))
        orders.filter(status=Order.Status.BASKET).update(status=Order.Status.CANCELLED, hold_expires_at=None)
        closed = orders.filter(status=Order.Status.CONFIRMED).update(status=Order.Status.CLOSED, hold_expires_at=None)
        cursor.execute(MAKE_PURCHASE_ORDERS, at)
        cursor.execute(MAKE_THEIR_LINES, at)
        cursor.execute(TELL_EVERYBODY, at)
    early = clock.now() < day.closes_at
    DeliveryDay.objects.filter(pk=day.pk).update(status=DeliveryDay.Status.CLOSED)
    journal.record(action="closed early" if early else "closed", subject=day, by=by, network=day.network, orders=closed)
    still_selling = DeliveryDay.objects.filter(cycle=day.cycle, status__in=["scheduled", "open"])
    if not still_selling.exists():
        Cycle.objects.filter(pk=day.cycle_id, status=Cycle.Status.OPEN).update(status=Cycle.Status.CLOSED)
    outbox.wake_after_commit()
    return True


def _confirmed_again(lines: QuerySet[OrderLine]) -> None:
    """Lines that were being changed are as they were confirmed, at the price of that quantity where it depends on it."""
    tiered = list(lines.exclude(offer__tiers=[]).select_related("offer"))
    lines.update(quantity=F("confirmed"))
    for line in tiered:
        line.quantity = line.confirmed
    OrderLine.objects.bulk_update(priced(tiered), PRICES)
