"""Where a call still fits into trips that are drawn, and what that costs: after the search, which may have missed it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from logistics.routing.problem import Job, Problem, Site, Van
from logistics.routing.remedies import calls_of, dimensions
from logistics.routing.timing import Trips, broken, timed


class Insertion(NamedTuple):
    """The trips of a van with one job more, and the euro that job adds."""

    euro: float
    van: str
    trips: list[list[Site]]


def cheapest(problem: Problem, job: Job, drawn: Mapping[str, Trips], vans: Sequence[Van]) -> Insertion | None:
    """The cheapest way in which one of these vans takes a job without changing its order. None when there is none."""
    return min(_ways(problem, job, drawn, vans), key=lambda way: way.euro, default=None)


def _ways(problem: Problem, job: Job, drawn: Mapping[str, Trips], vans: Sequence[Van]) -> Iterator[Insertion]:
    pairs = frozenset(stop.key for pair in problem.pairs for stop in pair.stops)
    for van in vans:
        trips = [list(trip) for trip in drawn.get(van.key, ())]
        if not job.needs <= van.skills:
            continue
        before = timed(problem, van, trips).cost if any(trips) else 0.0
        for number, longer in _longer(trips, calls_of(job), van.reloads):
            if _carries(van, longer[number], pairs) and broken(problem, van, longer) == (0, 0):
                yield Insertion(timed(problem, van, longer).cost - before, van.key, longer)


def _longer(trips: list[list[Site]], calls: Sequence[Site], reloads: int) -> Iterator[tuple[int, list[list[Site]]]]:
    """All ways to put calls, one right after the other, on a trip or on a trip of their own; and the number of that trip."""
    for number, trip in enumerate(trips):
        for at in range(len(trip) + 1):
            yield number, [*trips[:number], [*trip[:at], *calls, *trip[at:]], *trips[number + 1 :]]
    if len(trips) <= reloads:
        for number in range(len(trips) + 1):
            yield number, [*trips[:number], list(calls), *trips[number:]]


def _carries(van: Van, trip: Sequence[Site], pairs: frozenset[str]) -> bool:
    """Whether a van has room all along a trip. `pairs`: the stops of all pairs, which bring nothing from the depot."""
    room = (*van.capacity, van.total_crates, van.kg)
    board = [0] * len(room)
    for call in trip:
        if call.key not in pairs:
            board = [amount + more for amount, more in zip(board, dimensions(call.deliver), strict=True)]
    fits = [all(amount <= most for amount, most in zip(board, room, strict=True))]
    for call in trip:
        changes = zip(board, dimensions(call.deliver), dimensions(call.collect), strict=True)
        board = [amount - out + back for amount, out, back in changes]
        fits.append(all(amount <= most for amount, most in zip(board, room, strict=True)))
    return all(fits)
