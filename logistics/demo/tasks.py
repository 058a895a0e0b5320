"""The past of the demo network, lived in the background."""

from celery import shared_task

from logistics.demo import weeks
from logistics.models import CostRun
from network.models import Network


@shared_task
def live_past_weeks(network: int, seed: int) -> None:
    """Twelve weeks of one network, oldest first; weeks that were lived already are left alone."""
    found = Network.objects.get(pk=network)
    for week_on in weeks.past_weeks():
        if not CostRun.objects.filter(
            delivery_day__cycle__network=found, delivery_day__cycle__week_on=week_on
        ).exists():
            weeks.live(found, week_on, seed)
