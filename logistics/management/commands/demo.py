"""The demo network: the present week at once, twelve past weeks behind it."""

from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from logistics.demo import build, scale, tasks, weeks
from network import cycles
from network.models import Network


def at_once(live: Callable[[int, int], None], networks: list[Network], seed: int) -> None:
    """A process per network: they meet only in supplies that are ample."""
    connections.close_all()
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("fork")) as pool:
        for done in [pool.submit(live, network.pk, seed) for network in networks]:
            done.result()


class Command(BaseCommand):
    help = "Fill an empty database with the demo network; prints its logins with --logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--logins", action="store_true", help="only tell who can sign in, and how")
        parser.add_argument(
            "--if-needed", action="store_true", help="when there are networks already, only go on with their weeks"
        )
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument(
            "--history", choices=["job", "now", "none"], default="job", help="past weeks: by a worker, at once, or not"
        )
        parser.add_argument("--scale", type=int, default=1, help="above 1: a load-test network, inserted set-based")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            people = ", ".join(f"{login.email} ({login.role})" for login in build.LOGINS)
            self.stdout.write(f"{people}; the password is {build.PASSWORD}")
            return
        seed, history = options["seed"], options["history"]
        networks = list(Network.objects.filter(slug__in=tasks.SLUGS).order_by("pk"))
        if not Network.objects.exists():
            if options["scale"] > 1:
                scale.build(options["scale"], seed)
                return
            self.stdout.write("Building the demo network: this week now, twelve past weeks in the background")
            build.build(seed)
            networks = list(Network.objects.order_by("pk"))
            cycles.plan_ahead()
        elif not options["if_needed"]:
            raise CommandError("There are networks already. The demo is for an empty database: run `make clean` first.")
        at_once(weeks.live_present_weeks, networks, seed)
        if history == "now":
            at_once(tasks.live_past_weeks, networks, seed)
        elif history == "job":
            for network in networks:
                if tasks.weeks_to_live(network):
                    tasks.live_past_weeks.delay(network.pk, seed)
