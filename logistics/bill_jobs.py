"""
The bills of a day of many farms, made by a worker (`docs/bills.md`): settled, shared again, or made again to check them. A
worker that is killed leaves nothing half done; the clock gives its job to another.

`result` of a check: `{"runs": [{"number", "games", "bills", "differences"}, …]}`; of what was refused: `{"refused": why}`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from logistics import correcting, games, recomputing, settling
from logistics.games import Heard
from logistics.models import BillJob
from network import outbox
from network.errors import Refused
from network.models import DeliveryDay, Person
from orders import crediting

Kind = BillJob.Kind
PATIENCE = 180.0
"""Seconds that a game may take: a worker shares its computer with others."""


def is_large(day: DeliveryDay) -> bool:
    """Whether the bills of a day take longer than a page may."""
    return max(day.purchase_orders.count(), day.deliveries.count()) > games.LARGE


@transaction.atomic
def ask(*, day: DeliveryDay, kind: str, by: Person, reason: str = "") -> BillJob:
    """Have a worker do it. Asked twice before it is done, it is done once."""
    waiting = BillJob.objects.unanswered().filter(delivery_day=day, kind=kind)
    job, _new = waiting.get_or_create(
        delivery_day=day, kind=kind, defaults={"by": by, "reason": reason.strip()[: correcting.LONGEST]}
    )
    outbox.add(kind="bill_job", key=f"bill_job:{job.pk}", job=job.pk)
    return job


@transaction.atomic
def credit(*, day: DeliveryDay, missing: Mapping[int, Decimal], by: Person, reason: str) -> BillJob:
    """Credit what was not delivered, as `crediting.credit` does, and have the day shared again: both or neither."""
    crediting.credit(day=day, missing=missing, by=by, reason=reason)
    return ask(day=day, kind=Kind.SHARE, by=by, reason=reason)


def last(day: DeliveryDay, *kinds: str) -> BillJob | None:
    """The job of these kinds that was asked last."""
    return BillJob.objects.filter(delivery_day=day, kind__in=kinds).first()


def steps_of(job: BillJob) -> int:
    """How many games are shared while it is done, about: one per leg that was driven, per run that is checked."""
    legs = job.delivery_day.rounds.values("leg").distinct().count()
    return legs * (job.delivery_day.cost_runs.count() if job.kind == Kind.CHECK else 1)


def compute(*, job: BillJob, heard: Heard = lambda: None) -> bool:
    """Do a claimed one. What is refused is kept with it. False when another worker did it meanwhile."""
    day, result = job.delivery_day, dict[str, Any]()
    try:
        if job.kind == Kind.SETTLE:
            settling.settle_day(day=day, by=job.by, time_limit=PATIENCE, heard=heard)
        elif job.kind == Kind.SHARE:
            return _share_again(job, heard)
        else:
            runs = day.cost_runs.order_by("number")
            found = [recomputing.recompute(run, time_limit=PATIENCE, heard=heard) for run in runs]
            result = {"runs": [checked(one) for one in found]}
    except Refused as refused:
        return BillJob.objects.finish(job.pk, result={"refused": refused.message})
    return BillJob.objects.finish(job.pk, result=result)


def _share_again(job: BillJob, heard: Heard) -> bool:
    """Until the bills follow all that was credited, also what was credited while they were made."""
    while True:
        with transaction.atomic():
            day = settling.locked(job.delivery_day)
            run = day.cost_runs.current().first()
            if run is None or not correcting.is_outdated(run):
                return BillJob.objects.finish(job.pk)
        correcting.correct_day(day=day, by=job.by, reason=job.reason, time_limit=PATIENCE, heard=heard)


def checked(found: recomputing.Recomputed) -> dict[str, Any]:
    """What a check found of one run, in plain values."""
    return {
        "number": found.run.number,
        "games": found.games,
        "bills": found.bills,
        "differences": list(found.differences),
    }
