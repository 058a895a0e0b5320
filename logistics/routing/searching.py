"""
The search for the cheapest routes: PyVRP's iterated local search when it is short; when it is long a population of plans, and
then the halves of the best of them.
"""

import random
import warnings
from collections.abc import Callable
from itertools import cycle
from typing import TypeAlias

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import PerturbationParams
from pyvrp.solve import SolveParams

from logistics.routing.breeding import breed
from logistics.routing.halves import by_halves
from logistics.routing.model import Model

PENALTIES = (0.4, 4.0, 400.0)
"""Bounds of what a crate, kg or minute too many costs, in times the price of the dearest job, one search after the other."""
HISTORY = 100
"""
At most so many iterations ago is the plan that a new one must beat. A tenth of all iterations when they are few: the longer,
the further a search strays before it settles.
"""
PATIENCE = 500
"""Iterations without any plan that keeps the rules, or 20 per job when that is more, after which something else is tried."""
SETTLED = 3_000
"""Iterations without a better plan after which a search goes on another way: where it settles depends on how it began."""
LONG = 100_000
"""Iterations from which a search begins with a population. With fewer, one plan that is changed again and again gets further first."""
HALF = 700
"""Iterations on each half of a plan before it is cut anew. The halves have less to do in each, so they count for half as many."""
EVERY = 20
"""Iterations between two reports."""

Report: TypeAlias = Callable[[int, int, pyvrp.Solution], bool]
"""Told the iteration, of how many, and the best solution so far; says whether to stop."""


def search(model: Model, *, iterations: int, seed: int, report: Report) -> pyvrp.Solution:
    """
    The best solution found that breaks no rule: the empty one if there is no better.

    First nothing may be left out but what has a prize of its own, which is the faster search. When that finds no plan, jobs
    may be left out for more than any detour costs.

    A broken rule costs a penalty per crate, kg or minute. Low ones let the search pass through broken rules to better
    plans, but when they stay below the highest prize it may stay there: then PyVRP warns (PenaltyBoundWarning) or finds
    nothing, and the search goes on from the best so far with dearer penalties.
    """
    done = 0
    for optional in (False, True):
        watch = _Watch(model, report, iterations, done, optional=optional)
        ways = cycle((_breed, _halve) if iterations >= LONG else (_iterate, _breed))
        for again, way in enumerate(ways):
            way(model, watch, seed + again)
            if not watch.settled:
                break
        done = watch.before + watch.iteration
        if watch.found or watch.stopped:
            break
    return watch.best


def _breed(model: Model, watch: "_Watch", seed: int) -> None:
    """Search with a population, begun from the best so far, if there is one, and from nothing."""
    watch.last = watch.optional
    watch.start()
    penalties = _Penalties(
        solutions_between_updates=50,
        penalty_increase=1.2,
        penalty_decrease=0.85,
        target_feasible=0.43,
        max_penalty=PENALTIES[-1] * model.highest,
    )
    manager = pyvrp.PenaltyManager(penalties.midpoint_penalties(watch.data), penalties)
    breed(watch.data, manager, watch.best if watch.found else None, seed=seed, hear=watch.hear)


def _halve(model: Model, watch: "_Watch", seed: int) -> None:
    """Search the halves of the best so far, cut anew each time, until that finds nothing better."""
    if not watch.found:
        return
    watch.start()
    lots = random.Random(seed)
    params = _params(model, PENALTIES[1], HALF, pyvrp.IteratedLocalSearchCallbacks())

    def search(data: pyvrp.ProblemData, start: pyvrp.Solution, seed: int) -> pyvrp.Solution:
        return pyvrp.solve(data, pyvrp.stop.MaxIterations(HALF), seed, False, False, params, start).best

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        while not watch.hear(by_halves(watch.data, watch.best, search, lots), iterations=HALF // 2):
            pass


def _iterate(model: Model, watch: "_Watch", seed: int) -> None:
    """Search with one plan, begun from nothing or, when penalties were too low, from the best so far."""
    start = None
    for factor in PENALTIES:
        watch.last = watch.optional and factor == PENALTIES[-1]
        if _searched(model, watch, factor, seed, start) and (watch.found or watch.stopped):
            return
        if not watch.optional and not watch.found:
            return
        start = watch.best if watch.found else None
        watch.refill()


def _searched(model: Model, watch: "_Watch", factor: float, seed: int, start: pyvrp.Solution | None) -> bool:
    """False when PyVRP warned that a penalty has reached its bound."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PenaltyBoundWarning)
            pyvrp.solve(watch.data, watch, seed, False, False, _params(model, factor, watch.iterations, watch), start)
    except PenaltyBoundWarning:
        return False
    return True


def _params(model: Model, factor: float, iterations: int, callbacks: pyvrp.IteratedLocalSearchCallbacks) -> SolveParams:
    return SolveParams(
        ils=pyvrp.IteratedLocalSearchParams(
            history_length=min(HISTORY, max(20, iterations // 10)), callbacks=callbacks
        ),
        penalty=_Penalties(solutions_between_updates=50, max_penalty=factor * model.highest),
        perturbation=PerturbationParams(1, 25),
    )


class _Penalties(pyvrp.PenaltyParams):
    """
    Begin where a crate or minute too many costs what the drive for one does. PyVRP would begin half-way to the bound and need
    thousands of iterations to come down.
    """

    def midpoint_penalties(self, data: pyvrp.ProblemData) -> tuple[list[float], float, float]:
        van = data.vehicle_type(0)
        km, minutes = np.median(data.distance_matrix(van.profile)), np.median(data.duration_matrix(van.profile))
        leg = float(km * van.unit_distance_cost + minutes * van.unit_duration_cost)
        loads = [np.maximum(client.delivery, client.pickup) for client in data.clients()]
        loads += [np.array(shipment.amount) for shipment in data.shipments()]
        means = np.mean(loads, axis=0)
        return [leg / max(1.0, float(mean)) for mean in means], leg / max(1.0, float(minutes)), leg


class _Watch(pyvrp.IteratedLocalSearchCallbacks):
    """
    Keeps the best solution that breaks no rule, also when the search is broken off; reports it, and says when to stop. It is
    both what PyVRP calls back and its stopping criterion.
    """

    def __init__(self, model: Model, report: Report, iterations: int, before: int, *, optional: bool) -> None:
        self.data, self.optional = model.data(optional=optional), optional
        self.free = pyvrp.CostEvaluator([0.0] * self.data.num_load_dimensions, 0.0, 0.0)
        self.best = pyvrp.Solution(self.data, [])
        self.report, self.iterations = report, iterations
        self.patience = max(PATIENCE, 20 * len(model.jobs))
        self.before, self.iteration = before, 0
        self.improved = 0
        self.own = float("inf")
        self.stopped, self.last = False, optional

    @property
    def found(self) -> bool:
        return bool(self.best.num_routes())

    @property
    def done(self) -> bool:
        tired = not self.found and not self.last and self.iteration >= self.patience
        return self.stopped or tired or self.iteration >= self.iterations

    @property
    def settled(self) -> bool:
        """Whether this search finds nothing better any more, and there is time for another."""
        idle = self.iteration - self.improved
        return not self.done and idle >= SETTLED

    def start(self) -> None:
        """A search begins from nothing."""
        self.improved = self.iteration
        self.own = float("inf")

    def refill(self) -> None:
        """A search may begin over, with as many iterations as ever."""
        self.before, self.iteration = self.before + self.iteration, 0
        self.start()

    def __call__(self, best_cost: float) -> bool:
        return self.done or self.settled

    def hear(self, solution: pyvrp.Solution, iterations: int = 1) -> bool:
        """One more plan was made, in so many iterations: whether the search may end."""
        if solution.is_feasible() and self.free.cost(solution) < self.own:
            self.own = self.free.cost(solution)
            self.on_best(solution)
        self.count(iterations)
        return self(self.own)

    def on_best(self, best: pyvrp.Solution) -> None:
        self.improved = self.iteration
        if best.is_feasible() and self.free.cost(best) < self.free.cost(self.best):
            self.best = best

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        self.start()
        self.on_best(ils.initial_solution)

    def on_iteration(self, *_solutions: object) -> None:
        self.count(1)

    def count(self, iterations: int) -> None:
        self.iteration = min(self.iteration + iterations, self.iterations)
        if self.iteration % EVERY < iterations:
            self.stopped = self.report(self.before + self.iteration, self.before + self.iterations, self.best)
