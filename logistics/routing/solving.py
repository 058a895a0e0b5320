"""From a problem to a plan: standing tours as they stand, the rest searched, timed, and what is left out explained."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import ceil
from typing import NamedTuple

import pyvrp

from logistics.routing.inserting import cheapest
from logistics.routing.model import Drawn, Model
from logistics.routing.problem import Job, Plan, Problem, Progress, Scale, Site, Van
from logistics.routing.remedies import calls_of, hopeless
from logistics.routing.retiming import assembled
from logistics.routing.searching import search
from logistics.routing.timing import Trips, broken

Heard = Callable[[Progress], bool]

AGAIN = 3
"""Searches in which vans that could not fit in a pause get shorter rounds one by one; in the last, all vans do."""


def plan(
    problem: Problem, *, iterations: int = 500, seed: int = 1, heard: Heard | None = None, scale: Scale | None = None
) -> Plan:
    """
    The cheapest plan found for the jobs of a problem. The same problem, iterations and seed give the same plan.

    Standing tours are kept as they are, even where they break a rule (`check` tells). Jobs that no van could take even alone
    are reported with the reason; the others are planned. When the vans are too few, the plan leaves out as little as it
    can, stops and crates weighing equally, and reports it as `left_out`. Every route returns as early as it can, and
    leaves as late as that allows.

    `heard` is told every few iterations how far the search is, and returns True to stop it with the best plan so far.
    """
    return _Planning(problem, scale or Scale(), heard or (lambda progress: False)).run(iterations, seed)


class Saving(NamedTuple):
    """The plan with the standing tours kept, the one with all of them let go, and the euro the latter saves."""

    kept: Plan
    free: Plan
    euro: float


def saving_of_letting_go(problem: Problem, *, kept: Plan | None = None, iterations: int = 500, seed: int = 1) -> Saving:
    """
    What the standing tours of a problem cost: its plan (`kept`, when it was made before) against the one without tours. A
    plan that leaves out more, or is dearer, is no alternative: then nothing would be saved.
    """
    kept = kept or plan(problem, iterations=iterations, seed=seed)
    free = plan(problem.without_tours(), iterations=iterations, seed=seed)
    if (len(free.unplanned), free.cost) >= (len(kept.unplanned), kept.cost):
        free = kept
    return Saving(kept, free, kept.cost - free.cost)


class _Planning:
    """One run: what is kept out of the search, what goes in, and the plan of any solution on the way."""

    def __init__(self, problem: Problem, scale: Scale, heard: Heard) -> None:
        self.problem, self.scale, self.heard = problem, scale, heard
        self.kept = kept_tours(problem)
        toured = {call.key for trips in self.kept.values() for trip in trips for call in trip}
        self.jobs = [
            job
            for job in problem.jobs
            if not any(call.key in toured for call in calls_of(job)) and not hopeless(problem, job)
        ]
        self.out = (
            len(problem.jobs)
            - len(self.jobs)
            - sum(all(call.key in toured for call in calls_of(job)) for job in problem.jobs)
        )
        self.vans = [van for van in problem.vans if van.key not in self.kept and van.available_from <= van.available_to]
        self.tour_cost = assembled(problem, self.kept).cost

    def run(self, iterations: int, seed: int) -> Plan:
        short: frozenset[str] = frozenset()
        drawn: Drawn = {}
        for turn in range(AGAIN if self.jobs and self.vans else 0):
            model = Model(self.problem, self.jobs, self.vans, short, self.scale)
            drawn = model.trips(search(model, iterations=iterations, seed=seed, report=partial(self.report, model)))
            late = {van.key for van in self.vans if van.key in drawn and self.fails(van, drawn[van.key])}
            if not late:
                break
            short |= late if turn < AGAIN - 2 else {van.key for van in self.vans}
        return self.planned(drawn)

    def report(self, model: Model, iteration: int, iterations: int, best: pyvrp.Solution) -> bool:
        routes = best.fixed_vehicle_cost() + best.distance_cost() + best.duration_cost()
        progress = Progress(
            iteration,
            iterations,
            best_cost=self.tour_cost + routes / self.scale.per_euro,
            unplanned=self.out + len(best.unplanned()),
            plan=lambda: self.planned(model.trips(best)),
        )
        return self.heard(progress)

    def fails(self, van: Van, trips: Trips) -> bool:
        return any(broken(self.problem, van, trips))

    def planned(self, drawn: Drawn) -> Plan:
        """
        The plan of these trips and the standing tours. A van that cannot fit in its pause drops stops until it can, and what
        is left out goes wherever there is room for it, if it is worth that.
        """
        by_key = {van.key: van for van in self.vans}
        routes = {key: self.trimmed(by_key[key], trips) for key, trips in drawn.items()}
        missing: dict[str, float] = {}
        for job in self.jobs:
            if any(call.key == calls_of(job)[0].key for trips in routes.values() for trip in trips for call in trip):
                continue
            if (way := cheapest(self.problem, job, routes, self.vans)) is None:
                continue
            if job.prize is None or way.euro <= job.prize:
                routes[way.van] = way.trips
            else:
                missing[job.key] = ceil(100 * (way.euro - job.prize) - 1e-6) / 100
        found = assembled(self.problem, self.kept | routes)
        return replace(
            found,
            unplanned=tuple(
                replace(left, remedy={"euro": missing[left.site]}) if left.site in missing else left
                for left in found.unplanned
            ),
        )

    def trimmed(self, van: Van, trips: list[list[Site]]) -> list[list[Site]]:
        while any(trips) and self.fails(van, trips):
            driven = {call.key for trip in trips for call in trip}
            fewer = [_without(trips, job) for job in self.jobs if calls_of(job)[0].key in driven]
            trips = min(fewer, key=lambda less: sum(broken(self.problem, van, less)) if any(less) else 0)
        return trips


def kept_tours(problem: Problem) -> Drawn:
    """The trips of the vans that drive standing tours: what there is to bring or fetch on them, the earliest first."""
    vans = {van.key for van in problem.vans}
    whole = {call.key: {call.key} for call in problem.sites}
    whole |= {stop.key: {each.key for each in pair.stops} for pair in problem.pairs for stop in pair.stops}
    kept: Drawn = {}
    for tour in sorted(problem.tours, key=lambda tour: min(tour.starts or (0,))):
        keys = [key for key in tour.sites if key in whole and whole[key] <= set(tour.sites)]
        if keys and tour.van in vans:
            kept.setdefault(tour.van, []).append([problem.stops[key] for key in keys])
    return kept


def _without(trips: Sequence[Sequence[Site]], job: Job) -> list[list[Site]]:
    gone = {call.key for call in calls_of(job)}
    return [[call for call in trip if call.key not in gone] for trip in trips]
