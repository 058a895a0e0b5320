"""
Who drives: rounds given to drivers, and what a driver is told. Once a plan is published every driver has a mail with each of
her rounds for her calendar; when its hours or vehicle change she gets it again, when it is no longer hers it is withdrawn.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction

from logistics.models import Round
from network import clock, journal, outbox
from network.models import DeliveryDay, OutboxEntry, Person

SOON = timedelta(minutes=5)
"""A changed round is told after a while, so that a coordinator who tries ten changes sends one mail."""

KIND = "round_assigned"


def tell(*, day: DeliveryDay, rounds: Iterable[Round]) -> None:
    """
    Queue what the drivers of a published day do not know yet; `rounds` are all rounds of the day. The day is locked by the
    caller. A row names day, number, driver and the `sequence` (0, 1, …) of what she was told of that round.
    """
    told: dict[tuple[int, int], OutboxEntry] = {}
    for entry in OutboxEntry.objects.filter(kind=KIND, key__startswith=f"round-{day.pk}-").order_by("pk"):
        told[entry.payload["number"], entry.payload["driver"]] = entry
    news = {
        (found.number, found.driver_id): {
            "starts_at": found.starts_at.isoformat(),
            "ends_at": found.ends_at.isoformat(),
            "vehicle": found.vehicle_id,
        }
        for found in rounds
        if found.driver_id and found.status != Round.Status.DRIVEN
    }
    finished = {(found.number, found.driver_id) for found in rounds if found.status == Round.Status.DRIVEN}
    for (number, driver), what in news.items():
        if (number, driver) not in told or told[number, driver].payload["what"] != what:
            _queue(day, number, driver, what, told.get((number, driver)))
    for (number, driver), entry in told.items():
        if entry.payload["what"] and (number, driver) not in news.keys() | finished:
            _queue(day, number, driver, {}, entry)


@transaction.atomic
def acknowledge(*, round: Round, last: int, by: Person) -> int:
    """The driver has seen what changed on her round, up to the change `last` (pk); how many were new to her."""
    news = round.changes.filter(acknowledged_at=None, pk__lte=last)
    count = news.update(acknowledged_at=clock.now(), acknowledged_by=by)
    if count:
        journal.record(
            action="saw the changes", subject=round, by=by, network=round.delivery_day.network, changes=count
        )
    return count


def _queue(day: DeliveryDay, number: int, driver: int | None, what: dict[str, Any], last: OutboxEntry | None) -> None:
    """What has not been sent yet is sent in its newest form; else a next mail follows."""
    if last and OutboxEntry.objects.filter(pk=last.pk, done_at=None).update(payload=last.payload | {"what": what}):
        return  # else it is sent: if that happened just now, the update has waited for it
    sequence = last.payload["sequence"] + 1 if last else 0
    outbox.add(
        kind=KIND,
        key=f"round-{day.pk}-{number}-{driver}-{sequence}",
        day=day.pk,
        number=number,
        driver=driver,
        sequence=sequence,
        what=what,
    )
    if sequence and what:
        key = f"round-{day.pk}-{number}-{driver}-{sequence}"
        OutboxEntry.objects.filter(key=key).update(due_at=clock.now() + SOON)
