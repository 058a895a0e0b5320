"""Thin tasks of the common ground. What they call may run twice."""

from celery import shared_task

from network import cycles, joining, outbox, privacy
from network.models import Cycle


@shared_task
def drain_outbox() -> int:
    """Until nothing waits: after a close there are as many mails as orders."""
    done = 0
    while batch := outbox.drain():
        done += batch
    return done


@shared_task
def turn_the_week() -> None:
    """Every minute: the coming weeks exist, and those whose moment has come are open."""
    cycles.plan_ahead()
    for cycle in Cycle.objects.due_to_open().select_related("network"):
        cycles.open_cycle(cycle=cycle)


@shared_task
def end_accounts() -> int:
    """Every hour: who asked to go and did not change her mind is forgotten, and so are exports older than a week."""
    privacy.delete_old_exports()
    return privacy.end_due()


@shared_task
def end_memberships() -> int:
    """Every five minutes: who left from this week on is a member no more."""
    return joining.end_due()


@shared_task
def echo(word: str) -> str:
    """The worker's part of the health check."""
    return word
