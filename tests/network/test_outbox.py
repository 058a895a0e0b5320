"""What must follow a change does follow: after commit, again by the clock, once."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from queue import Empty
from typing import Any

import pytest
from celery import Celery, current_app
from django.conf import settings
from django.db import connection, transaction

from network import clock, outbox, tasks
from network.models import OutboxEntry, Place
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
WAIT = 30


def note(street: str) -> None:
    """A handler that leaves a trace in the database."""
    Place.objects.create(street=street, postcode="9000", municipality="Gent", lat=51, lon=3)


def fail(street: str) -> None:
    note(street)
    raise RuntimeError(f"{street} is closed")


def fail_once(street: str) -> None:
    note(street)
    if OutboxEntry.objects.filter(payload__street=street, attempts=0).exists():
        raise RuntimeError("not yet")


@pytest.fixture(autouse=True)
def handlers(settings: Any) -> None:
    here = __name__
    settings.OUTBOX_HANDLERS = {name: f"{here}.{name}" for name in ("note", "fail", "fail_once")}


@pytest.fixture
def queue() -> Iterator[Any]:
    """The queue at the broker, empty, from which no worker takes."""
    with current_app.connection_for_read() as broker:
        simple = broker.SimpleQueue(current_app.conf.task_default_queue)
        simple.clear()
        yield simple
        simple.clear()
        simple.close()


def noted() -> list[str]:
    return list(Place.objects.order_by("pk").values_list("street", flat=True))


def test_a_key_is_queued_once_for_ever() -> None:
    outbox.add(kind="note", key="mail:1", street="Kouter 1")
    outbox.add(kind="note", key="mail:1", street="Kouter 2")
    outbox.add_many(kind="note", payloads={"mail:1": {"street": "Kouter 3"}, "mail:2": {"street": "Kouter 4"}})
    assert outbox.drain() == 2
    outbox.add(kind="note", key="mail:1", street="Kouter 5")
    assert outbox.drain() == 0
    assert noted() == ["Kouter 1", "Kouter 4"]


def test_many_are_queued_in_one_query(django_assert_num_queries: Any) -> None:
    payloads = {f"mail:{number}": {"street": f"Kouter {number}"} for number in range(500)}
    with django_assert_num_queries(1):
        outbox.add_many(kind="note", payloads=payloads)
    assert OutboxEntry.objects.waiting().count() == 500


def test_what_is_taken_back_is_not_followed_by_anything(queue: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.add(kind="note", key="mail:1", street="Kouter 1")
        raise ZeroDivisionError
    with pytest.raises(Empty):
        queue.get_nowait()
    assert outbox.drain() == 0


def test_a_commit_wakes_a_worker_that_drains(queue: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.add(kind="note", key="mail:1", street="Kouter 1")
        with pytest.raises(Empty):
            queue.get_nowait()
    message = queue.get(timeout=WAIT)
    message.ack()
    current_app.tasks[message.headers["task"]]()
    assert noted() == ["Kouter 1"]


def test_the_clock_drains_what_no_message_told_of() -> None:
    outbox.add(kind="note", key="mail:1", street="Kouter 1")
    beat = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    current_app.loader.import_default_modules()
    assert outbox.DRAIN in beat <= set(current_app.tasks)
    assert tasks.drain_outbox() == 1
    assert noted() == ["Kouter 1"]


def test_a_broker_that_is_away_loses_nothing(django_capture_on_commit_callbacks: Any) -> None:
    kouter = current_app._get_current_object()
    away = Celery("away", broker="redis+socket:///nowhere/valkey.sock")
    away.conf.broker_transport_options = {"max_retries": 0}
    away.set_current()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            outbox.add(kind="note", key="mail:1", street="Kouter 1")
    finally:
        kouter.set_current()
    assert outbox.drain() == 1
    assert noted() == ["Kouter 1"]


def test_draining_twice_does_it_once() -> None:
    outbox.add(kind="note", key="mail:1", street="Kouter 1")
    entry = OutboxEntry.objects.get()
    assert [outbox.drain(), outbox.drain(), outbox.handle(entry.pk)] == [1, 0, False]
    assert noted() == ["Kouter 1"]
    entry.refresh_from_db()
    assert (entry.done_at, entry.attempts, entry.error) == (NOW, 1, "")


def test_a_handler_that_fails_stops_nobody_leaves_nothing_and_says_why() -> None:
    outbox.add(kind="fail", key="mail:1", street="Kouter 1")
    outbox.add(kind="forgotten", key="mail:2", street="Kouter 2")
    outbox.add(kind="note", key="mail:3", street="Kouter 3")
    assert outbox.drain() == 1
    assert noted() == ["Kouter 3"]
    assert list(OutboxEntry.objects.waiting().order_by("pk").values_list("key", "attempts", "error", "due_at")) == [
        ("mail:1", 1, "RuntimeError('Kouter 1 is closed')", NOW + timedelta(minutes=2)),
        ("mail:2", 1, "KeyError('forgotten')", NOW + timedelta(minutes=2)),
    ]


def test_what_failed_is_tried_again_ever_later() -> None:
    outbox.add(kind="fail", key="mail:1", street="Kouter 1")
    tried = []
    for minute in range(13):
        with clock.at(NOW + timedelta(minutes=minute)):
            outbox.drain()
        tried.append(OutboxEntry.objects.get().attempts)
    assert tried == [1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4]


def test_what_failed_once_is_done_at_the_second_try() -> None:
    outbox.add(kind="fail_once", key="mail:1", street="Kouter 1")
    assert outbox.drain() == 0
    with clock.at(NOW + timedelta(minutes=1, seconds=59)):
        assert outbox.drain() == 0
    with clock.at(NOW + timedelta(minutes=2)):
        assert outbox.drain() == 1
    assert noted() == ["Kouter 1"]
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.error, entry.done_at) == (2, "", NOW + timedelta(minutes=2))


def test_the_oldest_go_first_and_no_more_than_asked_at_a_time() -> None:
    for minutes in (3, 1, 2):
        with clock.at(NOW - timedelta(minutes=minutes)):
            outbox.add(kind="note", key=f"mail:{minutes}", street=f"Kouter {minutes}")
    assert outbox.drain(most=2) == 2
    assert noted() == ["Kouter 3", "Kouter 2"]
    assert outbox.drain(most=2) == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_somebody_else_is_at_is_passed_over() -> None:
    outbox.add(kind="note", key="mail:1", street="Kouter 1")
    outbox.add(kind="note", key="mail:2", street="Kouter 2")
    busy, free = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                OutboxEntry.objects.select_for_update().get(key="mail:1")
                busy.set()
                assert free.wait(WAIT)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert busy.wait(WAIT)
        assert outbox.drain() == 1
        assert noted() == ["Kouter 2"]
        assert OutboxEntry.objects.get(key="mail:1").attempts == 0
    finally:
        free.set()
        other.join(WAIT)
    assert outbox.drain() == 1
    assert noted() == ["Kouter 2", "Kouter 1"]
