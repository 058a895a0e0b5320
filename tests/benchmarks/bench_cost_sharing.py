"""
How long a bill takes, and how good it is, on random regions of 30 km: every row of the targets of fair cost.

KOUTER_NETWORKS is how many networks of KOUTER_FARMS farms are billed on two cores (25 of 120 by default). `-k as_jobs` is the
whole product: days that were closed, planned and driven, settled by Celery in worker processes of their own.
"""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django
import numpy as np
from celery import current_app
from django.db import connection
from django.db.models import Count, F, Sum

from logistics import bill_jobs, handover, recomputing, rounds, tasks
from logistics.cost_sharing import METHODS, Allocation, Game, RoutingOracle, allocate, verify
from logistics.demo.scale import Size, fill_week
from logistics.models import BillJob, CostGame, CostRun
from logistics.routing import Problem, plan
from network import clock, cycles
from network.models import Cycle, DeliveryDay, Network, OutboxEntry, Person, Transaction
from orders import closing
from tests.benchmarks.measure import say
from tests.logistics.regions import region
from tests.logistics.test_cost_games import all_rows_at_once

NETWORKS = int(os.environ.get("KOUTER_NETWORKS", "25"))
FARMS = int(os.environ.get("KOUTER_FARMS", "120"))
SMALL = range(5)
WORKERS = 2


def game_of(problem: Problem, iterations: int = 1500) -> Game:
    """The cost of a plan with as many vans as it wants is shared."""
    n = len(problem.sites)
    vans = tuple(replace(van, key=f"{van.key} {k}") for van in problem.vans for k in range(n // 3 + 3))
    cost = plan(replace(problem, vans=vans), iterations=iterations).cost
    return Game(tuple(site.key for site in problem.sites), RoutingOracle(problem), cost)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Its answer, and the seconds that one core worked for it: less than the clock shows when others want the cores too."""
    started = time.process_time()
    return work(), time.process_time() - started


def most_memory(pid: int | str = "self") -> float:
    """MB that a process held at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def billed(n: int, seed: int, windows: bool = False) -> tuple[Game, Allocation, float, float]:
    """In a process of its own: the game, its bill, seconds of work, and the most MB that were held."""
    game = game_of(region(n, seed, windows=windows))
    bill, seconds = timed(lambda: allocate(game, time_limit=600))
    return game, bill, seconds, most_memory()


def processes(number: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=django.setup)


def apart(*arguments: Any) -> tuple[Game, Allocation, float, float]:
    with processes(1) as worker:
        return worker.submit(billed, *arguments).result()


def test_up_to_sixteen() -> None:
    for n in (12, 16):
        slowest, off, worst = 0.0, 0.0, 0
        for seed in SMALL:
            game = game_of(region(n, seed))
            game = replace(game, weights=tuple(float(site.collect.total) for site in game.cost.problem.sites))
            game.cost.__dict__.pop("_table", None)
            bills, seconds = timed(lambda game=game: [allocate(game, method) for method in METHODS])
            slowest = max(slowest, seconds)
            for bill in bills:
                assert sum(bill.cents.values()) + bill.launch_gap_cents == round(100 * game.grand_cost)
                assert verify(game, bill).flaws == ()
            total = min(game.grand_cost, float(game.alone.sum()))
            _eps, spread = all_rows_at_once(game.cost.table(), game.alone, total, 0.10)
            off, worst = max(off, abs(bills[0].spread - spread)), max(worst, bills[0].max_violation_cents)
        say(
            f"{n} farms, all methods",
            f"{slowest:.2f} s at most, spread within {off:.3f} point, {worst} cents above",
            "2 s, 0.1 point, 1 cent",
        )


def test_fifty_and_a_hundred_and_twenty() -> None:
    for n, target in ((50, "5 s, proven, 1 cent"), (120, "60 s, 500 MB, proven, 5 cents")):
        for seed in range(2):
            game, bill, seconds, mb = apart(n, seed)
            report, again = timed(lambda game=game, bill=bill: verify(game, bill))
            assert report.flaws == ()
            say(
                f"{n} farms, region {seed}",
                f"{seconds:.1f} s, {mb:.0f} MB, {'proven' if bill.proven else 'not proven'}, {bill.max_violation_cents} cents above,"
                f" {report.max_violation_cents} counted again in {again:.1f} s, spread {bill.spread:.1f}, eps* {bill.eps_star:.2%}",
                target,
            )


def test_with_hours() -> None:
    for n in (50, 120):
        _game, bill, seconds, mb = apart(n, 0, True)
        say(
            f"{n} farms with opening hours",
            f"{seconds:.1f} s, {mb:.0f} MB, {'proven' if bill.proven else 'found'}",
            "found, said so",
        )


def test_the_order_of_farms() -> None:
    game, bill, _seconds, _mb = apart(50, 3)
    order = np.random.default_rng(0).permutation(50)
    problem = game.cost.problem
    listed = RoutingOracle(replace(problem, sites=tuple(problem.sites[i] for i in order)))
    again = allocate(Game(tuple(game.players[i] for i in order), listed, game.grand_cost))
    most = max(abs(again.cents[player] - bill.cents[player]) for player in game.players)
    say("50 farms in another order", f"{most} cents", "1 cent")


def test_shapley_of_many() -> None:
    game = game_of(region(120, 0), 300)
    bill, seconds = timed(lambda: allocate(game, "shapley"))
    error = np.mean([bill.standard_error[player] / bill.shares[player] for player in game.players])
    say("120 farms, Shapley estimated", f"{seconds:.1f} s, standard error {error:.1%} of a share", "said so")


def test_all_networks() -> None:
    started = time.perf_counter()
    with processes(2) as pool:
        found = list(pool.map(billed, [120] * NETWORKS, range(NETWORKS)))
    proven = sum(bill.proven for _game, bill, _seconds, _mb in found)
    say(
        f"{NETWORKS} networks of 120 farms, planned and billed",
        f"{time.perf_counter() - started:.0f} s, {proven} proven",
        "25 in 600 s",
    )


def driven_day(network: Network) -> DeliveryDay:
    """A delivery day of all its farms, closed, planned and driven by the product's own functions."""
    network.weekly_days.exclude(pk=network.weekly_days.earliest("weekday").pk).delete()
    week_on = clock.monday_of(clock.today()) + timedelta(weeks=1)
    cycle: Cycle = cycles.plan_cycle(network=network, week_on=week_on)
    fill_week(network, cycle)
    day = cycle.days.get()
    closing.close_day(day=day)
    rounds.plan_rounds(day=day, iterations=tasks.ITERATIONS)
    with clock.at(day.deliveries.latest("ends_at").ends_at):
        handover.drive_day(day=day, by=None)
    return DeliveryDay.objects.get(pk=day.pk)


def children_of(pid: int) -> list[int]:
    """The processes that a Celery worker does its work in."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_all_networks_as_jobs(add_network: Any, start_worker: Callable[[], subprocess.Popen[bytes]]) -> None:
    """Every network settles a day: the goods billed, the cost shared, the certificates made, all of it booked."""
    size = Size(producers=FARMS, baskets=5 * FARMS, shops=8)
    days = [driven_day(add_network(number, size)) for number in range(1, NETWORKS + 1)]
    dana = Person.objects.get(email="dana@kouter.example")
    OutboxEntry.objects.waiting().update(done_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    current_app.control.purge()
    workers = [start_worker() for _number in range(WORKERS)]
    started = time.perf_counter()
    jobs = [bill_jobs.ask(day=day, kind=BillJob.Kind.SETTLE, by=dana).pk for day in days]
    while BillJob.objects.unanswered().filter(pk__in=jobs).exists():
        time.sleep(0.5)  # other processes work; only the database tells when they are done
    seconds = time.perf_counter() - started
    memory = [most_memory(pid) for worker in workers for pid in children_of(worker.pid)]
    assert set(BillJob.objects.filter(pk__in=jobs).values_list("status", flat=True)) == {"done"}
    runs = CostRun.objects.filter(delivery_day__in=days).annotate(n=Count("shares"), paid=Sum("shares__share"))
    assert [run.n for run in runs] == [FARMS] * NETWORKS
    assert not runs.exclude(paid=F("billed")).exists() and not runs.exclude(delivery_day__status="settled").exists()
    assert not Transaction.objects.annotate(total=Sum("postings__amount")).exclude(total=0).exists()
    games = CostGame.objects.filter(cost_run__in=runs)
    assert all(game.result["flaws"] == [] for game in games)
    first, again = timed(lambda: recomputing.recompute(runs.earliest("pk")))
    assert first.equal
    say(
        f"{NETWORKS} networks of {FARMS} farms settled by {WORKERS} workers",
        f"{seconds:.0f} s, at most {max(memory):.0f} MB in a worker",
        f"{games.count()} games, {games.filter(proven=True).count()} proven, {games.filter(stopped=True).count()} stopped,"
        f" at most {max(game.max_violation for game in games)} euro above, {sum(run.n for run in runs)} bills that stand",
        f"cost {sum(run.cost for run in runs)}, launch gap {sum(run.launch_gap for run in runs)}",
        f"one made again, equal, in {again:.0f} s",
        "25 of 120 in 600 s, 500 MB",
    )
