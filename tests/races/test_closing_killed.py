"""A real worker is killed in the middle of a close, at three places; started again, the day ends exactly as if nothing happened."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from network import clock
from network.models import Delivery, DeliveryDay, JournalEntry, OutboxEntry
from orders import basket, checkout, closing, tasks
from orders.models import Order, OrderLine, PurchaseOrder, PurchaseOrderLine
from producers import stock
from producers.models import Offer, Producer, Supply
from tests.conftest import make_household, make_person, make_product, open_week

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """A worker is another process: it lives in real time, and so does this test."""
    yield


@pytest.fixture
def due(network: Any, point: Any, farm: Producer, alice: Any) -> DeliveryDay:
    """Six households ordered two products, three of them have more in the basket; the cut-off has just passed."""
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    day = cycle.days.order_by("on").first()
    assert day is not None
    delivery = Delivery.objects.get(delivery_day=day, pickup_point=point)
    for sku in ("leek", "chard"):
        product = make_product(farm, sku)
        stock.announce(product=product, week_on=cycle.week_on, quantity=D(100), price=D("1.60"), by=alice)
    offers = list(Offer.objects.filter(delivery_day=day, price_group__audience="household").order_by("pk"))
    for number in range(6):
        person = make_person(f"buyer{number}")
        order = basket.open_order(
            buyer=make_household(network, f"Gezin {number}", person), delivery=delivery, by=person
        )
        basket.fill(order=order, quantities={offer.pk: D(number + 1) for offer in offers}, by=person)
        if number:
            checkout.place_order(order=order, by=person)
        if number % 2:
            basket.fill(order=order, quantities={offers[0].pk: D(20 - number)}, by=person)
    OutboxEntry.objects.update(done_at=clock.now())
    DeliveryDay.objects.filter(pk=day.pk).update(closes_at=clock.now() - timedelta(seconds=1))
    day.refresh_from_db()
    return day


def state(day: DeliveryDay) -> dict[str, list[tuple[Any, ...]]]:
    """All that a close may touch, without numbers that only say when or in which order rows were made."""
    rows: dict[str, Any] = {
        "days": DeliveryDay.objects.order_by("pk").values_list("pk", "status"),
        "cycles": day.network.cycles.order_by("pk").values_list("pk", "status"),
        "orders": Order.objects.order_by("pk").values_list("pk", "status", "hold_expires_at"),
        "lines": OrderLine.objects.order_by("pk").values_list("pk", "quantity", "confirmed"),
        "supplies": Supply.objects.order_by("pk").values_list("pk", "reserved"),
        "purchases": PurchaseOrder.objects.order_by("producer").values_list("producer", "total", "below_minimum"),
        "asked": PurchaseOrderLine.objects.order_by("supply").values_list("supply", "quantity", "price"),
        "mails": OutboxEntry.objects.filter(kind="order_closed").order_by("key").values_list("key", "payload"),
        "for farmers": OutboxEntry.objects.filter(kind="purchase_order_ready").values_list("kind"),
        "journal": JournalEntry.objects.filter(subject_type="network.deliveryday")
        .order_by("pk")
        .values_list("action", "data"),
    }
    return {name: list(found) for name, found in rows.items()}


def closed_in_peace(day: DeliveryDay) -> dict[str, list[tuple[Any, ...]]]:
    """What the close makes when nobody disturbs it; taken back."""
    with transaction.atomic():
        closing.close_day(day=day)
        after = state(day)
        transaction.set_rollback(True)
    return after


def until(true: Callable[[], bool], seconds: int = 60) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"


def somebody_waits_for(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", [pid])
        return bool(cursor.fetchone()[0])


def connected() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor}


@contextmanager
def standing_in_the_way(statement: str, *arguments: Any) -> Iterator[int]:
    """Another connection that holds what the close needs; taken back at the end. Gives its process id in PostgreSQL."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(statement, arguments)
            cursor.execute("SELECT pg_backend_pid()")
            yield cursor.fetchone()[0]
        other.rollback()
    finally:
        other.close()


def in_the_way(moment: str, day: DeliveryDay, farm: Producer) -> tuple[Any, ...]:
    """What makes the close wait at the first statement, half-way, and at the last."""
    first_order = Order.objects.filter(status="confirmed").order_by("pk")[0].pk
    return {
        "holds": ("SELECT FROM producers_supply WHERE id = %s FOR UPDATE", Supply.objects.order_by("pk")[0].pk),
        "purchase orders": (
            "INSERT INTO orders_purchaseorder (delivery_day_id, producer_id, made_at, below_minimum, total) "
            "VALUES (%s, %s, now(), false, 0)",
            day.pk,
            farm.pk,
        ),
        "mails": (
            "INSERT INTO network_outboxentry (key, kind, payload, created_at, due_at, attempts, error) "
            "VALUES (%s, 'order_closed', '{}', now(), now(), 0, '')",
            f"order_closed:{first_order}",
        ),
    }[moment]


@pytest.mark.parametrize("moment", ["holds", "purchase orders", "mails"])
def test_a_close_that_is_killed_ends_as_if_nothing_happened(
    start_worker: Callable[[], Any], due: DeliveryDay, farm: Producer, moment: str
) -> None:
    before, expected = state(due), closed_in_peace(due)
    assert before == state(due) != expected
    with standing_in_the_way(*in_the_way(moment, due, farm)) as pid:
        others = connected()
        worker = start_worker()
        tasks.close_delivery_day.delay(due.pk)
        until(lambda: somebody_waits_for(pid))
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", [pid]
            )
        until(lambda: connected() <= others)
        assert state(due) == before
    start_worker()
    for _minute in range(2):
        tasks.close_due_days.delay()
    until(lambda: DeliveryDay.objects.get(pk=due.pk).status == "closed")
    until(lambda: not OutboxEntry.objects.waiting().exists())
    assert state(due) == expected
