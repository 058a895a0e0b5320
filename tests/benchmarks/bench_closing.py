"""Closing a delivery day, at the size of a region and of all Flanders."""

import gc
from datetime import timedelta
from typing import Any

from django.db import connection

from logistics.demo.scale import Size, fill_week
from network import clock, cycles
from network.models import DeliveryDay, Network, OutboxEntry
from orders import closing
from orders.models import Order, OrderLine
from tests.benchmarks.measure import Measured, measure, say


def open_week(network: Network, lines: int) -> None:
    monday = clock.monday_of(clock.today()) + timedelta(weeks=1)
    fill_week(network, cycles.plan_cycle(network=network, week_on=monday), lines)


def analyse() -> None:
    """As the autovacuum of a server that has lived for longer than a minute would have done."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def close(day: DeliveryDay) -> Measured:
    gc.collect()
    return measure(lambda: closing.close_day(day=day))


def test_a_day_of_6000_orders(add_network: Any) -> None:
    queries = []
    for number, baskets in ((1, 60), (2, 6000)):
        network = add_network(number, Size(producers=120, baskets=baskets, lines=25))
        network.weekly_days.exclude(pk=network.weekly_days.order_by("weekday")[0].pk).delete()
        open_week(network, lines=25)
        day = DeliveryDay.objects.get(cycle__network=network)
        analyse()
        orders = Order.objects.filter(delivery__delivery_day=day)
        found = (orders.count(), OrderLine.objects.filter(order__in=orders).count())
        assert found == (baskets, baskets * 25)
        measured = close(day)
        assert measured.result and orders.filter(status="closed").count() == baskets
        assert OutboxEntry.objects.filter(kind="order_closed").count() == found[0] + (60 if number == 2 else 0)
        queries.append(measured.queries)
        say(f"Closing a day of {found[0]} orders with {found[1]} lines", measured)
    assert len(set(queries)) == 1


def test_all_flanders(add_network: Any) -> None:
    """25 networks, 100,000 orders, 1,000,000 lines."""
    for number in range(1, 26):
        open_week(add_network(number, Size()), lines=Size.lines)
    analyse()
    days = DeliveryDay.objects.filter(cycle__network__slug__startswith="streek-")
    say("All Flanders", f"{days.count()} days, {Order.objects.count()} orders, {OrderLine.objects.count()} lines")
    all_measured = [close(day) for day in days.order_by("pk")]
    assert all(measured.result for measured in all_measured)
    assert Order.objects.filter(status="closed").count() == 100_000
    say(
        "Closing all Flanders",
        f"{sum(measured.seconds for measured in all_measured):.1f} s for {len(all_measured)} days",
        f"longest {max(measured.seconds for measured in all_measured):.1f} s",
        f"first day {all_measured[0]}",
        f"last day {all_measured[-1]}",
    )
