"""The demo network: the present week at once, twelve past weeks behind it."""

import sys
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from logistics.demo import build, tasks, weeks
from network import cycles
from network.models import Network


def live_at_once(jobs: list[tuple[int, int]]) -> None:
    """The present weeks of several networks, a process each: networks meet only in supplies that are ample."""
    connections.close_all()
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("fork")) as pool:
        for done in [pool.submit(weeks.live_present_weeks, *job) for job in jobs]:
            done.result()


class Command(BaseCommand):
    help = "Fill an empty database with the demo network; prints its logins with --logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--logins", action="store_true", help="only tell who can sign in, and how"
        )
        parser.add_argument(
            "--exists", action="store_true", help="only tell, by the exit status, whether there are networks"
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
        if options["exists"]:
            sys.exit(0 if Network.objects.exists() else 1)
        if Network.objects.exists():
            raise CommandError("There are networks already. The demo is for an empty database: run `make clean` first.")
        if options["scale"] > 1:
            from logistics.demo import scale

            scale.build(options["scale"], options["seed"])
            return
        seed = options["seed"]
        build.build(seed)
        networks = list(Network.objects.order_by("pk"))
        cycles.plan_ahead()
        live_at_once([(network.pk, seed) for network in networks])
        for network in networks:
            if options["history"] == "job":
                tasks.live_past_weeks.delay(network.pk, seed)
            elif options["history"] == "now":
                tasks.live_past_weeks(network.pk, seed)
