"""
The long search: a population of plans, crossed with each other and improved, on all the cores there are.

It is the hybrid genetic search of Vidal, Crainic, Gendreau and Prins (2013), with the exchange of routes of Nagata and
Kobayashi (2010), around the local search of PyVRP.
"""

import os
import random
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, compute_neighbours

FEWEST, MOST = 25, 65
"""Plans in each of the two groups, those that keep the rules and those that break one: at MOST the weakest go."""
ELITE, CLOSE = 4, 5
"""The ELITE best by cost always stay; how unlike the others a plan is, is measured to the CLOSE nearest."""
TOGETHER = 8
"""Plans improved at once, however many cores there are: so the same seed gives the same plan everywhere."""
NEIGHBOURS = 25
"""Calls near each call between which the local search looks."""
MENDED, DEARER = 0.8, 12.0
"""Of the plans that break a rule, the part that is improved again with broken rules so many times dearer."""

Hear: TypeAlias = Callable[[pyvrp.Solution], bool]
"""Told every plan made; says whether to stop."""
Calls: TypeAlias = list[tuple[int, pyvrp.Activity]]
"""What a van does on its way, each with the number of its job: -1 for unloading at the depot."""


def breed(
    data: pyvrp.ProblemData, penalties: pyvrp.PenaltyManager, known: pyvrp.Solution | None, *, seed: int, hear: Hear
) -> None:
    """
    Make plans until `hear` has enough of them; one that is `known` joins those made by lot in the beginning. Two parents, each
    the better of two drawn by lot, are crossed; what comes of it is improved at the penalties of the moment, joins its group,
    and the weakest of a full group go.
    """
    lots, searches = random.Random(seed), [_local_search(data, seed + slot) for slot in range(TOGETHER)]
    start = pyvrp.RandomNumberGenerator(seed)
    kept, broken = _Group(), _Group()
    near = _nearest(data)
    if known is not None:
        kept.add(_Plan(data, known))
    with ThreadPoolExecutor(min(TOGETHER, os.cpu_count() or 1)) as cores, warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        while True:
            judge = penalties.cost_evaluator()
            if len(kept) + len(broken) < FEWEST:
                young = [pyvrp.Solution.make_random(data, start) for _ in searches]
            else:
                parents = _Parents(kept, broken, judge)
                young = [_crossed(data, parents.draw(lots), near, judge, lots) for _ in searches]
            mended = _dearer(penalties)
            dice = [mended if lots.random() < MENDED else None for _ in searches]
            for plans in cores.map(partial(_improved, data, judge), searches, young, dice):
                for plan in plans:
                    penalties.register(plan.solution)
                    (kept if plan.solution.is_feasible() else broken).add(plan)
                    if hear(plan.solution):
                        return
            for group in (kept, broken):
                group.thin(judge)


def _local_search(data: pyvrp.ProblemData, seed: int) -> LocalSearch:
    neighbours = compute_neighbours(data, NeighbourhoodParams(num_neighbours=NEIGHBOURS))
    search = LocalSearch(data, pyvrp.RandomNumberGenerator(seed), neighbours)
    for operator in OPERATORS:
        if operator.supports(data):
            search.add_operator(operator(data))
    return search


def _dearer(penalties: pyvrp.PenaltyManager) -> pyvrp.CostEvaluator:
    loads, minute, km = penalties.penalties()
    return pyvrp.CostEvaluator([DEARER * load for load in loads], DEARER * minute, DEARER * km)


def _nearest(data: pyvrp.ProblemData) -> NDArray[Any]:
    """The jobs by number, and in each row all of them from the nearest to that job to the furthest."""
    at = [client.location for client in data.clients()] + [pair.pickup.location for pair in data.shipments()]
    return np.argsort(data.distance_matrix(0)[np.ix_(at, at)], axis=1, kind="stable")


class _Plan:
    """A solution, its routes with their calls and jobs, and what follows on what in it."""

    def __init__(self, data: pyvrp.ProblemData, solution: pyvrp.Solution) -> None:
        sites, pairs = data.num_clients, data.num_shipments
        self.solution = solution
        self.driven = solution.routes()
        self.types = [route.vehicle_type() for route in self.driven]
        self.routes: list[Calls] = []
        before, after = ([-1] * (sites + 2 * pairs) for _ in range(2))
        for route in self.driven:
            calls: Calls = []
            last = -1
            for activity in route.schedule()[1:-1]:
                if activity.is_depot():
                    calls.append((-1, activity))
                    last = -1
                    continue
                job = activity.idx + (0 if activity.is_client() else sites)
                calls.append((job, activity))
                here = job + (pairs if activity.is_delivery() else 0)
                before[here] = last
                if last >= 0:
                    after[last] = here
                last = here
            self.routes.append(calls)
        self.links = np.array((before, after), dtype=np.int32)
        self.jobs = [{job for job, _activity in calls if job >= 0} for calls in self.routes]


def _improved(
    data: pyvrp.ProblemData,
    judge: pyvrp.CostEvaluator,
    search: LocalSearch,
    young: pyvrp.Solution,
    mended: pyvrp.CostEvaluator | None,
) -> list[_Plan]:
    """Runs beside others: the local search lets go of Python's lock."""
    found = [search(young, judge, exhaustive=True)]
    if mended is not None and not found[0].is_feasible():
        found.append(search(found[0], mended, exhaustive=True))
    return [_Plan(data, solution) for solution in found if solution is found[0] or solution.is_feasible()]


class _Group:
    """Plans, and how unlike any two of them are: the part of the links that they do not share."""

    def __init__(self) -> None:
        self.plans: list[_Plan] = []
        self.links: NDArray[Any] = np.zeros((0, 0), dtype=np.int32)
        self.apart: NDArray[Any] = np.zeros((0, 0))

    def __len__(self) -> int:
        return len(self.plans)

    def add(self, plan: _Plan) -> None:
        flat = plan.links.ravel()
        self.links = np.vstack([self.links, flat]) if self.plans else flat[None]
        self.plans.append(plan)
        row = (self.links != flat).mean(axis=1)
        row[-1] = np.inf
        self.apart = np.vstack([np.column_stack([self.apart, row[:-1]]), row]) if len(self) > 1 else row[None]

    def costs(self, judge: pyvrp.CostEvaluator) -> NDArray[Any]:
        return np.array([judge.penalised_cost(plan.solution) for plan in self.plans])

    def fitness(self, costs: NDArray[Any]) -> NDArray[Any]:
        """The less the fitter: what a plan costs counts, and how like others it is."""
        near = self.apart if len(self) <= CLOSE else np.partition(self.apart, CLOSE, axis=1)[:, :CLOSE]
        alike = _ranks(-np.sort(near, axis=1).mean(axis=1))
        return (_ranks(costs) + (1 - min(ELITE, len(self)) / len(self)) * alike) / len(self)

    def thin(self, judge: pyvrp.CostEvaluator) -> None:
        """When there are too many: first the doubles go, then the least fit."""
        if len(self) < MOST:
            return
        while len(self) > FEWEST:
            double, other = np.unravel_index(np.argmin(self.apart), self.apart.shape)
            if self.apart[double, other] > 0:
                break
            self._drop(max(int(double), int(other)))
        costs = self.costs(judge)
        while len(self) > FEWEST:
            weakest = int(np.argmax(self.fitness(costs)))
            self._drop(weakest)
            costs = np.delete(costs, weakest)

    def _drop(self, which: int) -> None:
        del self.plans[which]
        self.links = np.delete(self.links, which, axis=0)
        self.apart = np.delete(np.delete(self.apart, which, axis=0), which, axis=1)


class _Parents:
    """Everybody who may be crossed at this moment, and how fit they are within their group."""

    def __init__(self, kept: _Group, broken: _Group, judge: pyvrp.CostEvaluator) -> None:
        self.plans = kept.plans + broken.plans
        self.fitness = np.concatenate([group.fitness(group.costs(judge)) for group in (kept, broken) if len(group)])

    def draw(self, lots: random.Random) -> tuple[_Plan, _Plan]:
        first = self._better(lots)
        second = next((plan for plan in (self._better(lots) for _ in range(10)) if plan is not first), first)
        return first, second

    def _better(self, lots: random.Random) -> _Plan:
        one, other = lots.randrange(len(self.plans)), lots.randrange(len(self.plans))
        return self.plans[one if self.fitness[one] <= self.fitness[other] else other]


def _crossed(
    data: pyvrp.ProblemData,
    parents: tuple[_Plan, _Plan],
    near: NDArray[Any],
    judge: pyvrp.CostEvaluator,
    lots: random.Random,
) -> pyvrp.Solution:
    """
    The first plan, of which some routes around a call drawn by lot are replaced by those of the second that do the most of
    the same jobs. Jobs that would be done twice are taken out of the routes that stay, or out of those that come, whichever
    is the cheaper; the local search brings in the ones that nobody does.
    """
    first, second = parents
    many = 1 + lots.randrange(max(1, min(len(first.routes), len(second.routes))))
    going = _around(first, near[lots.randrange(len(near))], many)
    gone = set().union(*(first.jobs[route] for route in going))
    coming = sorted(
        range(len(second.routes)),
        key=lambda route: len(second.jobs[route]) - 2 * len(second.jobs[route] & gone),
    )[: len(going)]
    twice = set().union(*(second.jobs[route] for route in coming)) - gone
    stay = [(first, n, van) for n, van in enumerate(first.types) if n not in going]
    free = [first.types[route] for route in going]
    come = []
    for route in sorted(coming, key=lambda route: second.types[route] not in free):
        van = second.types[route]
        come.append((second, route, free.pop(free.index(van)) if van in free else free.pop()))
    nothing: set[int] = set()
    young = [
        pyvrp.Solution(
            data,
            [route for out, routes in halves for which in routes for route in _driven(data, *which, without=out)],
        )
        for halves in (((twice, stay), (nothing, come)), ((nothing, stay), (twice, come)))
    ]
    return min(young, key=judge.penalised_cost)


def _around(plan: _Plan, near: Sequence[int], many: int) -> set[int]:
    """So many routes of a plan, those first whose jobs come first in `near`."""
    route_of = {job: route for route, jobs in enumerate(plan.jobs) for job in jobs}
    found: set[int] = set()
    for job in near:
        if (route := route_of.get(int(job))) is not None:
            found.add(route)
        if len(found) == many:
            break
    return found


def _driven(data: pyvrp.ProblemData, plan: _Plan, route: int, van: int, without: set[int]) -> list[pyvrp.Route]:
    """
    A route of a plan as this van drives it without some jobs; none when nothing is left to do. What another van drove it
    does without ways back to the depot, since it may have another one.
    """
    if not plan.jobs[route] - without:
        return []
    other = van != plan.types[route]
    if not other and not plan.jobs[route] & without:
        return [plan.driven[route]]
    calls = plan.routes[route]
    return [pyvrp.Route(data, [call for job, call in calls if job not in without and not (other and job < 0)], van)]


def _ranks(values: Any) -> NDArray[Any]:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")
