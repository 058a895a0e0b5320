"""
Large batches as jobs: the page shows how far they are, and may be closed meanwhile; and standing stock by the clock. What
they call may run twice.
"""

from celery import shared_task
from django.core.cache import cache
from django.utils.translation import override

from producers import batches, standing
from producers.models import Batch

PATIENCE = 300


def begin_batch(batch: int) -> None:
    """From the outbox: a worker reads or applies a batch."""
    work_on_batch.delay(batch)


def percent_of(batch: Batch) -> int:
    """How far the job is."""
    return int(cache.get(f"batch-{batch.pk}-percent") or 0)


@shared_task
def work_on_batch(pk: int) -> None:
    batch = Batch.objects.select_related("producer__organisation", "by").filter(pk=pk).first()
    if batch is None:
        return

    def tell(percent: int) -> None:
        cache.set(f"batch-{pk}-percent", percent, PATIENCE)

    with override(batch.by.language):
        if batch.status == Batch.Status.WAITING:
            batches.read(batch=batch, tell=tell)
        elif batch.status == Batch.Status.APPLYING:
            batches.carry_out(batch=batch, tell=tell)


@shared_task
def turn_standing_stock() -> int:
    """Every minute: standing stock is offered in weeks planned since, and what is gone ends."""
    return standing.turn()
