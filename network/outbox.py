"""
What must follow a change: a row written in the same transaction, handled after commit and again by the clock.

A handler is named per kind in `settings.OUTBOX_HANDLERS` and gets the row's payload. It may run twice (a worker can die
between doing and noting), so it has to be harmless the second time.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from network import clock
from network.models import OutboxEntry

DRAIN = "network.tasks.drain_outbox"
PATIENCE = timedelta(minutes=2)


def add(*, kind: str, key: str, **payload: Any) -> None:
    """Queue one thing. `key` is unique for ever: adding it again does nothing."""
    add_many(kind=kind, payloads={key: payload})


def add_many(*, kind: str, payloads: dict[str, dict[str, Any]], due_at: datetime | None = None) -> None:
    """Queue many of a kind, by key, in one query; not to be handled before `due_at`."""
    due = due_at or clock.now()
    OutboxEntry.objects.bulk_create(
        [OutboxEntry(kind=kind, key=key, payload=payload, due_at=due) for key, payload in payloads.items()],
        ignore_conflicts=True,
    )
    wake_after_commit()


def wake_after_commit() -> None:
    """Have a worker drain once this transaction is committed. Without a broker the clock does it later."""
    if all(hook is not _wake for _savepoints, hook, *_ in connection.run_on_commit):
        transaction.on_commit(_wake)


def _wake() -> None:
    with suppress(Exception):  # a broker that is away must not fail what is already committed
        current_app.send_task(DRAIN, ignore_result=True, retry=False)


def drain(*, most: int = 500) -> int:
    """Handle what waits, oldest first, each row in its own transaction; return how many were done."""
    done = 0
    waiting = OutboxEntry.objects.waiting().filter(due_at__lte=clock.now()).order_by("due_at", "pk")
    for pk in list(waiting.values_list("pk", flat=True)[:most]):
        done += handle(pk)
    return done


def handle(pk: int) -> bool:
    """Handle one row unless somebody else is at it or it is done. A failure is kept on the row and tried again later."""
    try:
        with transaction.atomic():
            entry = OutboxEntry.objects.waiting().select_for_update(skip_locked=True).filter(pk=pk).first()
            if entry is None:
                return False
            import_string(settings.OUTBOX_HANDLERS[entry.kind])(**entry.payload)
            OutboxEntry.objects.filter(pk=pk).update(done_at=clock.now(), attempts=entry.attempts + 1, error="")
    except Exception as error:  # noqa: BLE001  one failure may not stop the batch
        attempts = OutboxEntry.objects.values_list("attempts", flat=True).get(pk=pk) + 1
        OutboxEntry.objects.waiting().filter(pk=pk).update(
            attempts=attempts, error=repr(error)[:1000], due_at=clock.now() + PATIENCE * attempts
        )
        return False
    return True
