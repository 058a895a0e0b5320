"""Planning as a job: it takes seconds, so the page asks for it, watches its progress, and may be closed meanwhile."""

from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.utils.translation import gettext_noop, override

from logistics import rounds
from network.errors import Refused
from network.models import DeliveryDay, Person

STEPS = {
    "waiting": gettext_noop("Waiting for the planner"),
    "loading": gettext_noop("Packing orders into crates"),
    "collection": gettext_noop("Planning the collection at the farms"),
    "distribution": gettext_noop("Planning the distribution from the hub"),
    "storing": gettext_noop("Checking and keeping the plan"),
}
PATIENCE = 300
"""Seconds after which a job that says nothing counts as lost and may be asked for again."""
ITERATIONS = 3000


def _key(day: int) -> str:
    return f"planning-{day}"


def ask_for_plan(day: DeliveryDay, by: Person) -> bool:
    """Start planning a day unless that is being done; False then."""
    if not cache.add(_key(day.pk), {"step": "waiting"}, PATIENCE):
        if "failed" not in progress_of(day):
            return False
        cache.set(_key(day.pk), {"step": "waiting"}, PATIENCE)
    try:
        plan_day.delay(day.pk, by.pk)
    except plan_day.OperationalError:
        cache.delete(_key(day.pk))
        raise
    return True


def progress_of(day: DeliveryDay) -> dict[str, Any]:
    """Nothing, `{"step": key of STEPS}` while it runs, or `{"failed": what went wrong}`."""
    return cache.get(_key(day.pk)) or {}


def forget(day: DeliveryDay) -> None:
    """What was last said about planning a day is no longer of interest."""
    cache.delete(_key(day.pk))


@shared_task
def plan_day(day_pk: int, by_pk: int | None = None) -> None:
    day = DeliveryDay.objects.select_related("cycle__network").get(pk=day_pk)
    by = Person.objects.filter(pk=by_pk).first() if by_pk else None

    def tell(step: str) -> None:
        cache.set(_key(day_pk), {"step": step}, PATIENCE)

    with override(by.language if by else None):
        try:
            rounds.plan_rounds(day=day, by=by, iterations=ITERATIONS, progress=tell)
        except Refused as refused:
            cache.set(_key(day_pk), {"failed": refused.message}, PATIENCE)
        except Exception:
            cache.set(_key(day_pk), {"failed": ""}, PATIENCE)
            raise
        else:
            cache.delete(_key(day_pk))
