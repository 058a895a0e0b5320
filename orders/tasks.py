"""Thin tasks: what they call may run twice."""

from celery import shared_task

from network.models import DeliveryDay
from orders import basket, closing, pooling, reminders, turning
from producers.models import Pool


@shared_task
def close_due_days() -> int:
    """By the clock: one task per day whose cut-off has passed, so that one failure stops no other."""
    due = list(DeliveryDay.objects.due_to_close().values_list("pk", flat=True))
    for pk in due:
        close_delivery_day.delay(pk)
    return len(due)


@shared_task
def close_delivery_day(pk: int) -> bool:
    day = DeliveryDay.objects.due_to_close().filter(pk=pk).first()
    return day is not None and closing.close_day(day=day)


@shared_task
def decide_pools() -> int:
    """By the clock: what is sold only if enough is ordered, one task each."""
    due = pooling.due()
    for pk in due:
        decide_pool.delay(pk)
    return len(due)


@shared_task
def decide_pool(pk: int) -> bool:
    return pk in pooling.due() and pooling.decide(pool=Pool.objects.get(pk=pk))


@shared_task
def expire_holds() -> int:
    return basket.expire_holds()


@shared_task
def turn_subscriptions() -> int:
    """Every minute: what is due in a cycle that has opened is queued, one row each."""
    return turning.queue_due()


@shared_task
def remind() -> None:
    """By the clock: the shop is open, and a basket still waits."""
    reminders.announce_open()
    reminders.remind_baskets()
