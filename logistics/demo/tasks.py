"""What the demo network still has to live, in the background."""

from collections.abc import Callable

from celery import shared_task
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest

from logistics.demo import together, weeks
from network.models import Cycle, Network

SLUGS = ("gent", "leuven")
LOCKS = 20_260_000
"""PostgreSQL's number of the lock of a network that somebody is living is this plus its key."""


def weeks_to_live(network: Network) -> int:
    """How many of the past weeks are not settled yet."""
    past = weeks.past_weeks()
    lived = Cycle.objects.filter(network=network, week_on__in=past, status=Cycle.Status.SETTLED)
    return len(past) - lived.count()


@shared_task
def live_past_weeks(pk: int, seed: int) -> None:
    """
    Twelve weeks of one network, oldest first; what was lived already is left alone, so that a task that was killed goes
    on where it stopped. One worker at a time: a second finds the network taken and leaves.
    """
    network = Network.objects.get(pk=pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCKS + pk])
        if not cursor.fetchone()[0]:
            return
        try:
            for week_on in weeks.past_weeks():
                _tell(network)
                if not Cycle.objects.filter(network=network, week_on=week_on, status=Cycle.Status.SETTLED).exists():
                    together.decide(network, week_on)
                    weeks.live(network, week_on, seed)
            _tell(network)
            together.propose(network)
            weeks.wonder(network)
        finally:
            _tell(network)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCKS + pk])


def _tell(network: Network) -> None:
    cache.set(f"weeks-to-live:{network.slug}", weeks_to_live(network), timeout=120)


def progress(_request: HttpRequest) -> dict[str, Callable[[], int]]:
    """For every whole page of a local run, which asks for it: how many past weeks of the demo are still being lived."""
    return {"weeks_to_live": lambda: sum(cache.get_many([f"weeks-to-live:{slug}" for slug in SLUGS]).values())}
