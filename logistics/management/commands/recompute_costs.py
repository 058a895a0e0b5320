"""Make the bills of a past week again from what was kept with them."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from logistics.models import CostRun
from logistics.recomputing import recompute


class Command(BaseCommand):
    help = (
        "Make every bill and game of a week (its Monday, as 2026-03-02) again from the inputs that were kept, and compare "
        "to the cent. Exit code 1 when anything differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", required=True, type=date.fromisoformat, help="the Monday of the week")
        parser.add_argument("--network", help="the slug of one network; all of them without")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = _runs(options["cycle"], options["network"])
        if not runs:
            raise CommandError(f"Nothing was settled in the week of {options['cycle']}.")
        different = 0
        for run in runs:
            found = recompute(run)
            day = run.delivery_day
            name = f"{day.network.slug} {day.on} run {run.number}"
            if found.equal:
                self.stdout.write(f"{name}: equal ({found.games} games, {found.bills} bills)")
            else:
                different += 1
                self.stdout.write("\n  ".join([f"{name}: DIFFERENT", *found.differences]))
        if different:
            raise CommandError(f"{different} of {len(runs)} runs differ from what their inputs give.")
        self.stdout.write(f"All {len(runs)} runs are equal to the cent.")


def _runs(week_on: date, slug: str | None) -> QuerySet[CostRun]:
    runs = CostRun.objects.filter(delivery_day__cycle__week_on=week_on)
    if slug:
        runs = runs.filter(delivery_day__cycle__network__slug=slug)
    return (
        runs.select_related("delivery_day__cycle__network")
        .prefetch_related("games")
        .order_by("delivery_day__cycle__network__slug", "delivery_day__on", "number")
    )
