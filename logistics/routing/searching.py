"""The search for the cheapest routes: PyVRP's iterated local search, watched and, when it must be, begun again."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import PerturbationParams
from pyvrp.solve import SolveParams

from logistics.routing.model import Model

# Times the highest prize. These, the history and the perturbations were tuned for 500 iterations on days of 14 to 34 stops.
PENALTIES = (0.4, 4.0, 400.0)
PATIENCE = 500
"""Iterations without any plan that keeps the rules, after which dearer penalties are tried."""
EVERY = 20
"""Iterations between two reports."""

Report: TypeAlias = Callable[[int, int, pyvrp.Solution], bool]
"""Told the iteration, of how many, and the best solution so far; says whether to stop."""


@dataclass(frozen=True)
class Found:
    solution: pyvrp.Solution
    stopped: bool


def search(model: Model, *, iterations: int, seed: int, report: Report) -> Found:
    """
    The best solution found that breaks no rule: the empty one if there is no better.

    A broken rule costs a penalty per crate, kg or minute. Low ones let the search pass through broken rules to better
    plans, but when they stay below the highest prize it may stay there: then PyVRP warns (PenaltyBoundWarning) or finds
    nothing, and the search goes on from the best so far with dearer penalties.
    """
    data = model.data(optional=True)
    watch = _Watch(data, report, iterations)
    for factor in PENALTIES:
        watch.begin(last=factor == PENALTIES[-1])
        start = watch.best if watch.found else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", PenaltyBoundWarning)
                pyvrp.solve(data, watch, seed, False, False, _settings(model, watch, factor), start)
        except PenaltyBoundWarning:
            continue
        if watch.found or watch.stopped:
            break
    return Found(watch.best, watch.stopped)


def _settings(model: Model, watch: "_Watch", factor: float) -> SolveParams:
    return SolveParams(
        ils=pyvrp.IteratedLocalSearchParams(history_length=20, callbacks=watch),
        penalty=pyvrp.PenaltyParams(solutions_between_updates=20, max_penalty=factor * model.highest),
        perturbation=PerturbationParams(1, 10),
    )


class _Watch(pyvrp.IteratedLocalSearchCallbacks):
    """
    Keeps the best solution that breaks no rule, also when the search is broken off; reports it, and says when to stop. It is
    both what PyVRP calls back and its stopping criterion.
    """

    def __init__(self, data: pyvrp.ProblemData, report: Report, iterations: int) -> None:
        self.free = pyvrp.CostEvaluator([0.0] * data.num_load_dimensions, 0.0, 0.0)
        self.best = pyvrp.Solution(data, [])
        self.report, self.iterations = report, iterations
        self.iteration, self.before = 0, 0
        self.stopped = self.fresh = self.last = False

    @property
    def found(self) -> bool:
        return bool(self.best.num_routes())

    def begin(self, *, last: bool) -> None:
        """Another search begins, perhaps the last."""
        self.before, self.last = self.before + self.iteration, last
        self.iteration = 0

    def __call__(self, best_cost: float) -> bool:
        tired = not self.found and not self.last and self.iteration >= PATIENCE
        return self.stopped or tired or self.iteration >= self.iterations

    def on_best(self, best: pyvrp.Solution) -> None:
        if best.is_feasible() and self.free.cost(best) < self.free.cost(self.best):
            self.best = best

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        self.on_best(ils.initial_solution)

    def on_iteration(self, *_solutions: object) -> None:
        self.iteration += 1
        if self.iteration % EVERY == 0:
            self.stopped = self.report(self.before + self.iteration, self.before + self.iterations, self.best)
