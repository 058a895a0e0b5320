"""Why a call is not in the plan, and the least that would make it possible."""

from collections.abc import Sequence
from typing import Any

from logistics.routing.problem import (
    STORAGE_CLASSES,
    UNREACHABLE,
    Job,
    Load,
    Pair,
    Problem,
    Reason,
    RoutePlan,
    Site,
    Unplanned,
    Van,
)
from logistics.routing.timing import broken

_LADDER: tuple[Reason, ...] = ("skills", "storage", "capacity", "window", "hours")


def calls_of(job: Job) -> tuple[Site, ...]:
    """The stops of a site or pair, in order."""
    return job.stops if isinstance(job, Pair) else (job,)


def unplanned(problem: Problem, routes: Sequence[RoutePlan]) -> tuple[Unplanned, ...]:
    """What these routes leave out, each with its reason. A pair of which one stop is missing is not planned."""
    planned = {stop.site for route in routes for stop in route.stops}
    return tuple(
        hopeless(problem, job) or Unplanned(job.key, "left_out", {"vans": 1})
        for job in problem.jobs
        if not all(call.key in planned for call in calls_of(job))
    )


def hopeless(problem: Problem, job: Job) -> Unplanned | None:
    """Why no van could do this job even alone: the reason of the van that comes closest. None when one could."""
    for call in calls_of(job):
        if call.closes < call.opens:
            return Unplanned(job.key, "window", {"minutes": call.opens - call.closes})
    hurdles = [_first_hurdle(problem, job, van) for van in problem.vans]
    if not hurdles or None in hurdles:
        return None
    step, _short, remedy = min((hurdle for hurdle in hurdles if hurdle), key=lambda hurdle: (-hurdle[0], hurdle[1]))
    return Unplanned(job.key, _LADDER[step], remedy)


def _first_hurdle(problem: Problem, job: Job, van: Van) -> tuple[int, float, dict[str, Any]] | None:
    """The step of the ladder on which this van fails for this job, how far it falls short, and the remedy."""
    if lacking := sorted(job.needs - van.skills):
        return 0, len(lacking), {"needs": lacking}
    loads = [job.load] if isinstance(job, Pair) else [job.collect, job.deliver]
    for storage, room, *wanted in zip(STORAGE_CLASSES, van.capacity, *(load.crates for load in loads), strict=True):
        if any(wanted) and not room:
            return 1, sum(wanted), {"storage": storage}
    short = {"crates": max(_crates_short(load, van) for load in loads), "kg": max(load.kg - van.kg for load in loads)}
    if remedy := {unit: amount for unit, amount in short.items() if amount > 0}:
        return 2, remedy.get("crates", 0) + remedy.get("kg", 0) / 10, remedy
    late, over = broken(problem, van, [calls_of(job)])
    for step, minutes in ((3, late), (4, over)):
        if minutes:
            return step, minutes, {"minutes": minutes} if minutes < UNREACHABLE / 2 else {}
    return None


def _crates_short(load: Load, van: Van) -> int:
    by_class = (crates - room for crates, room in zip(load.crates, van.capacity, strict=True))
    return max(*by_class, load.total - van.total_crates)


def dimensions(load: Load) -> tuple[int, ...]:
    """A load as the van knows it: crates per storage class, crates in all, kg."""
    return (*load.crates, load.total, load.kg)
