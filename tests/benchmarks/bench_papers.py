"""All papers of a day of 600 baskets, made as publishing has them made."""

import resource
from datetime import time, timedelta
from typing import Any

from logistics import papers, rounds, versions
from logistics.demo.scale import Size, fill_week
from logistics.models import PlanVersion, Vehicle
from network import clock, cycles
from network.models import DeliveryDay
from orders import closing
from tests.benchmarks.measure import measure, say


def spent() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


def test_papers_of_600_baskets(add_network: Any) -> None:
    queries = []
    for number, baskets in ((1, 60), (2, 600)):
        network = add_network(number, Size(producers=120, baskets=baskets, lines=12))
        network.weekly_days.exclude(pk=network.weekly_days.order_by("weekday")[0].pk).delete()
        monday = clock.monday_of(clock.today()) + timedelta(weeks=1)
        fill_week(network, cycles.plan_cycle(network=network, week_on=monday), 12)
        day = DeliveryDay.objects.get(cycle__network=network)
        closing.close_day(day=day)
        Vehicle.objects.bulk_create(
            Vehicle(
                network=network, owner=network.organisation, depot=network.hub, name=f"Van {number}", crates=160,
                ambient=160, cool=160, cold=160, frozen=160, kg=2000, per_day=30, per_km="0.4", per_hour=25,
                available_from=time(4), available_until=time(22),
            )
            for number in range(max(4, baskets // 25))
        )  # fmt: skip
        rounds.plan_rounds(day=day, iterations=30)
        version = versions.record(day=day, action="published", by=None)
        PlanVersion.objects.filter(pk=version.pk).update(published_at=clock.now())
        before = spent().ru_utime
        measured = measure(lambda version=version: papers.make(version=version.pk))
        made = list(version.papers.all())
        everything = next(paper for paper in made if paper.kind == "everything")
        assert len(made) == measured.result
        queries.append(measured.queries)
        say(
            f"Papers of {baskets} baskets",
            f"{day.crates.count()} crates, {day.rounds.count()} rounds",
            f"{len(made)} papers, {everything.pages} pages in one of {everything.file.size // 1024} KB",
            measured,
            f"{spent().ru_maxrss // 1024} MB in a press, {spent().ru_utime - before:.1f} s of its processor time",
        )
    assert len(set(queries)) == 1
