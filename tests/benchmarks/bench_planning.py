"""Planning rounds: the demo week, a network of the size of the reference, and all Flanders as jobs side by side."""

import multiprocessing
import resource
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection, connections
from django.db.models import Count, Q, Sum

from logistics import rounds, tasks
from logistics.demo import build, weeks
from logistics.demo.scale import Size, fill_week
from logistics.models import PlanVersion
from logistics.waves import Watch
from network import clock, cycles
from network.models import DeliveryDay, Network
from orders import closing
from tests.benchmarks.measure import say

WORKERS = 2


class Planned(NamedTuple):
    seconds: float
    megabytes: float


def plan(pk: int, iterations: int = tasks.ITERATIONS, seconds: int = tasks.SECONDS) -> Planned:
    """As the job does it; in a worker's process."""
    started = time.perf_counter()
    rounds.plan_rounds(day=DeliveryDay.objects.get(pk=pk), iterations=iterations, watch=Watch(seconds=seconds))
    return Planned(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def in_workers(days: Sequence[int]) -> list[Planned]:
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        return pool.map(plan, days, chunksize=1)


def close_all(networks: Iterable[Network], lines: int = Size.lines) -> list[int]:
    monday = clock.monday_of(clock.today()) + timedelta(weeks=1)
    for network in networks:
        fill_week(network, cycles.plan_cycle(network=network, week_on=monday), lines)
    days = DeliveryDay.objects.filter(cycle__network__in=networks, cycle__week_on=monday).order_by("on", "pk")
    for day in days:
        closing.close_day(day=day)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [day.pk for day in days]


def facts(days: Sequence[int]) -> list[str]:
    """What came out, against everybody driving alone."""
    totals: Any = PlanVersion.objects.filter(delivery_day__in=days).aggregate(
        cost=Sum("cost"), alone=Sum("alone_cost"), km=Sum("km"), alone_km=Sum("alone_km"), unplanned=Sum("unplanned")
    )
    counted = DeliveryDay.objects.filter(pk__in=days).aggregate(
        trips=Count("rounds", distinct=True),
        straight=Count("rounds", Q(rounds__leg="direct"), distinct=True),
        calls=Count("rounds__stops", distinct=True),
    )
    short = sum(version.plan["search"]["cut_short"] for version in PlanVersion.objects.filter(delivery_day__in=days))
    return [
        f"{counted['trips']} rounds ({counted['straight']} straight), {counted['calls']} stops, "
        f"{totals['unplanned']} not planned, {short} days out of time",
        f"{totals['cost']} euro and {totals['km']} km, alone {totals['alone']} euro and {totals['alone_km']} km: "
        f"{100 - 100 * totals['cost'] / totals['alone']:.0f} % less",
    ]


def test_the_demo_week(transactional_db: None) -> None:
    """26 farms, 34 destinations, two hubs, as it stands three weeks ago."""
    build.build(2026)
    week_on = weeks.past_weeks()[-3]
    days: list[int] = []
    for network in Network.objects.order_by("pk"):
        cycle = weeks._let_order_at_once(network, week_on, 2026)
        days += cycle.days.order_by("on").values_list("pk", flat=True)
    started = time.perf_counter()
    planned = [plan(pk) for pk in days]
    say(
        f"Planning the demo week, {len(days)} days one after the other",
        f"{time.perf_counter() - started:.1f} s, longest day {max(one.seconds for one in planned):.1f} s",
        *facts(days),
    )


def test_the_reference_network(add_network: Any) -> None:
    """120 producers, 16 points and 8 shops, 600 baskets over 3 days."""
    days = close_all([add_network(1, Size(producers=120, baskets=600, shops=8))])
    started = time.perf_counter()
    planned = [plan(pk) for pk in days]
    say(
        f"Planning the reference network, {len(days)} days one after the other",
        f"{time.perf_counter() - started:.1f} s, longest day {max(one.seconds for one in planned):.1f} s",
        *facts(days),
    )


def test_searching_longer(add_network: Any) -> None:
    """One day of the reference network and one of 4,000 baskets, planned, and then searched for longer."""
    days = close_all([add_network(1, Size(producers=120, baskets=600, shops=8)), add_network(2, Size(shops=8))])
    for pk in days[:2]:
        said = []
        for effort in (tasks.ITERATIONS, tasks.SECONDS), (tasks.THOROUGH_ITERATIONS, tasks.THOROUGH_SECONDS):
            seconds = plan(pk, *effort).seconds
            version = PlanVersion.objects.filter(delivery_day=pk).latest("pk")
            ended = "out of time" if version.plan["search"]["cut_short"] else "settled"
            said.append(f"{version.cost} euro, {version.unplanned} not planned, {ended} after {seconds:.0f} s")
        say("Searching longer", *said)


def test_all_flanders(add_network: Any) -> None:
    """25 networks of 120 producers, 100,000 baskets."""
    days = close_all([add_network(number, Size(shops=8)) for number in range(1, 26)])
    started = time.perf_counter()
    planned = in_workers(days)
    say(
        f"Planning all Flanders, {len(days)} days by {WORKERS} workers",
        f"{time.perf_counter() - started:.0f} s, longest day {max(one.seconds for one in planned):.1f} s",
        f"at most {max(one.megabytes for one in planned):.0f} MB in a worker",
        *facts(days),
    )
