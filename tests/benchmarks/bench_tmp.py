import time
from collections import Counter
from typing import Any
from logistics import waves, planning, calls, loading, rounds, tasks
from logistics.demo.scale import Size
from network.models import DeliveryDay
from tests.benchmarks.bench_planning import close_all
from logistics.models import PlanVersion, Unplanned, Stop


def test_tmp(add_network: Any) -> None:
    days = close_all([add_network(1, Size(shops=8))])
    orig = waves.plan

    def timed(problem, *, iterations, seed, heard):
        c, w = time.process_time(), time.perf_counter()
        found = orig(problem, iterations=iterations, seed=seed, heard=heard)
        tot = sum(s.collect.total + s.deliver.total for s in problem.sites)
        kg = sum(s.collect.kg + s.deliver.kg for s in problem.sites)
        cold = sum(s.collect.crates[2] + s.deliver.crates[2] for s in problem.sites)
        print(
            f"    sites {len(problem.sites)} pairs {len(problem.pairs)} crates {tot} kg {kg} cold {cold} vans {len(problem.vans)} {problem.vans[0].available_from}-{problem.vans[0].available_to} reload {problem.vans[0].reloads} it {iterations}: cpu {time.process_time() - c:.2f} wall {time.perf_counter() - w:.2f} unplanned {Counter(u.reason for u in found.unplanned)} cost {found.cost:.0f} routes {len(found.routes)}",
            flush=True,
        )
        return found

    waves.plan = timed
    for pk in days:
        day = DeliveryDay.objects.get(pk=pk)
        c = time.process_time()

        def tell(step, percent, euro):
            if percent == 0:
                print("  ", step, flush=True)

        rounds.plan_rounds(day=day, iterations=tasks.ITERATIONS, watch=waves.Watch(tell))
        print(
            "DAY",
            pk,
            f"{time.process_time() - c:.1f} cpu",
            PlanVersion.objects.get(delivery_day=day).plan["search"],
            flush=True,
        )
        for u in Unplanned.objects.filter(delivery_day=day)[:6]:
            print(u.producer, u.delivery and (u.delivery.starts_at, u.delivery.crates.count()), u.reason, u.remedy)
