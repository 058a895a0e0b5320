"""Why a call is not in the plan, and the least that would make it possible."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
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
from logistics.routing.timing import Trips, broken, timed

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


def carries(van: Van, trip: Sequence[Site], pairs: frozenset[str]) -> bool:
    """Whether a van has the skills and, all along a trip, the room for its calls. `pairs`: the stops of all pairs."""
    room = (*van.capacity, van.total_crates, van.kg)
    board = [sum(amounts) for amounts in zip(*(dimensions(s.deliver) for s in trip if s.key not in pairs), strict=True)]
    board = board or [0] * len(room)
    for call in (None, *trip):
        if call:
            changes = zip(board, dimensions(call.deliver), dimensions(call.collect), strict=True)
            board = [amount - out + back for amount, out, back in changes]
        if any(amount > most for amount, most in zip(board, room, strict=True)):
            return False
    return all(call.needs <= van.skills for call in trip)


def dimensions(load: Load) -> tuple[int, ...]:
    """A load as the van knows it: crates per storage class, crates in all, kg."""
    return (*load.crates, load.total, load.kg)


def price(problem: Problem, job: Job, routes: Mapping[str, Trips], vans: Sequence[Van]) -> float | None:
    """The least euro for which these vans could still take a job without leaving their order. None when they cannot."""
    pairs = frozenset(stop.key for pair in problem.pairs for stop in pair.stops)
    extra = []
    for van in vans:
        trips = [trip for trip in routes.get(van.key, ()) if trip]
        before = timed(problem, van, trips).cost if trips else 0.0
        for number, longer in _longer(trips, calls_of(job), van.reloads):
            if carries(van, longer[number], pairs) and broken(problem, van, longer) == (0, 0):
                extra.append(timed(problem, van, longer).cost - before)
    return min(extra, default=None)


def priced(left: Unplanned, job: Job, cost: float | None) -> Unplanned:
    """What was left out because its prize is below the `cost` of calling, with the prize that would do."""
    if left.reason != "left_out" or job.prize is None or cost is None or cost <= job.prize:
        return left
    return Unplanned(left.site, "left_out", {"euro": ceil(100 * (cost - job.prize)) / 100})


def _longer(trips: Trips, calls: Sequence[Site], reloads: int) -> Iterator[tuple[int, list[list[Site]]]]:
    """All ways to put calls, one right after the other, into some trips or on one more; and the number of that trip."""
    drawn = [list(trip) for trip in trips]
    for number, trip in enumerate(drawn):
        for at in range(len(trip) + 1):
            yield number, [*drawn[:number], [*trip[:at], *calls, *trip[at:]], *drawn[number + 1 :]]
    if len(drawn) <= reloads:
        yield len(drawn), [*drawn, list(calls)]
