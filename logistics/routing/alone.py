"""What it costs one farm to bring her own goods: the cheapest tour of one van, in several trips when it is too small."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, inf
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.distances import Floats, Matrix
from logistics.routing.problem import UNREACHABLE, whole_minutes

Ints: TypeAlias = NDArray[np.int64]

EXACT_UP_TO = 10
SLACK = 1e-9


class AloneCost(NamedTuple):
    euro: float
    km: float
    minutes: int


def alone_cost(
    matrix: Matrix,
    *,
    start: int,
    sites: Sequence[int],
    fixed: float = 0.0,
    per_km: float = 0.0,
    per_hour: float = 0.0,
    service: int | Sequence[int] = 0,
    loads: Sequence[float] | None = None,
    capacity: float = inf,
) -> AloneCost:
    """
    The cheapest way of one van from `start` to all `sites` (rows of the matrix) and back: euro, km and minutes.

    `service` is the minutes at each call, `loads` the crates for each site, `capacity` the crates the van holds: with
    more it drives several trips, and a site that needs more than a van is driven to with full vans first. `fixed` counts
    once. Opening hours are left out. Sites in the same spot as the start cost nothing; with no others nothing is driven.
    Exact up to ten sites, else nearest neighbour improved by reversing and moving stretches: never below the cheapest.
    Raises ValueError when a load is negative or a van without room has something to carry.
    """
    amounts = np.zeros(len(sites)) if loads is None else np.array(loads, dtype=float)
    services = np.broadcast_to(np.asarray(service, dtype=int), len(sites))
    if len(amounts) != len(sites) or (amounts < 0).any():
        raise ValueError("every site needs a load, and no load is negative")
    if capacity <= 0 and amounts.any():
        raise ValueError("a van without room cannot carry anything")
    away = [i for i, site in enumerate(sites) if matrix.km[start, site] > 0 or matrix.km[site, start] > 0]
    if not away:
        return AloneCost(0.0, 0.0, 0)
    drive = _Drive.over(matrix, [start, *(sites[i] for i in away)], per_km, per_hour)
    trips: list[list[int]] = []
    rest = np.zeros(len(away) + 1)
    for stop, i in enumerate(away, start=1):
        full = max(0, ceil(amounts[i] / capacity - SLACK) - 1) if amounts[i] else 0
        trips += [[stop]] * full
        rest[stop] = amounts[i] - (full * capacity if full else 0.0)
    trips += _trips(drive.euro, rest, capacity)
    calls = [services[away[stop - 1]] for trip in trips for stop in trip]
    legs = [leg for trip in trips for leg in pairwise([0, *trip, 0])]
    km = float(sum(drive.km[leg] for leg in legs))
    minutes = int(sum(drive.minutes[leg] for leg in legs) + sum(calls))
    return AloneCost(fixed + per_km * km + per_hour * minutes / 60, km, minutes)


@dataclass(frozen=True, eq=False)
class _Drive:
    """Km, whole minutes, and what both cost, between the start (0) and the stops (from 1)."""

    km: Floats
    minutes: Floats
    euro: Floats

    @classmethod
    def over(cls, matrix: Matrix, rows: list[int], per_km: float, per_hour: float) -> "_Drive":
        cut = np.ix_(rows, rows)
        km = np.where(np.isfinite(matrix.km[cut]), matrix.km[cut], UNREACHABLE)
        minutes = whole_minutes(Matrix(km=km, minutes=matrix.minutes[cut])).astype(float)
        # A thousandth of a cent per km: the shorter tour where the rates do not care.
        return cls(km, minutes, (per_km + 1e-5) * km + per_hour / 60 * minutes)


def _trips(euro: Floats, loads: Floats, capacity: float) -> list[list[int]]:
    if len(loads) - 1 <= EXACT_UP_TO:
        return _exact_trips(euro, loads, capacity)
    giant = _improved(euro, _nearest(euro))
    if loads.sum() <= capacity + SLACK:
        return [giant]
    return [
        _exact_trips(euro, loads, capacity, trip)[0] if len(trip) <= EXACT_UP_TO else _improved(euro, trip)
        for trip in _split(euro, loads, capacity, giant)
    ]


def _exact_trips(euro: Floats, loads: Floats, capacity: float, stops: Sequence[int] | None = None) -> list[list[int]]:
    """The cheapest trips over some stops (all by default), by dynamic programming over groups of stops (Held and Karp)."""
    stops = range(1, len(loads)) if stops is None else stops
    members = _groups(len(stops))
    paths = _paths(euro, stops, members)
    tours = paths + euro[np.array(stops), 0]
    everyone = len(members) - 1
    group_loads: list[float] = (members @ loads[np.array(stops)]).tolist()
    if group_loads[everyone] <= capacity + SLACK:
        return [_order(euro, stops, paths, tours, everyone)]
    cost: list[float] = tours.min(axis=1).tolist()
    best, last_trip = [0.0] + [inf] * everyone, [0] * (everyone + 1)
    for group in range(1, everyone + 1):
        trip = group
        while trip:
            other = group ^ trip
            if other < trip and group_loads[trip] <= capacity + SLACK and cost[trip] + best[other] < best[group]:
                best[group], last_trip[group] = cost[trip] + best[other], trip
            trip = (trip - 1) & group
    trips, left = [], everyone
    while left:
        trips.append(_order(euro, stops, paths, tours, last_trip[left]))
        left ^= last_trip[left]
    return trips


@lru_cache
def _groups(n: int) -> Ints:
    """All groups of n stops: row g holds a 1 for each stop whose bit is set in g."""
    return np.arange(2**n)[:, None] >> np.arange(n) & 1


def _paths(euro: Floats, stops: Sequence[int], members: Ints) -> Floats:
    """`paths[group, last]`: the cheapest way from the start through a group of stops (a bitmask) that ends at `last`."""
    n, between, sizes = len(stops), euro[np.ix_(stops, stops)], members.sum(axis=1)
    paths = np.full((2**n, n), inf)
    paths[2 ** np.arange(n), np.arange(n)] = euro[0, np.array(stops)]
    for size in range(2, n + 1):
        for last in range(n):
            ending = np.flatnonzero((sizes == size) & (members[:, last] == 1))
            paths[ending, last] = (paths[ending ^ (1 << last)] + between[:, last]).min(axis=1)
    return paths


def _order(euro: Floats, stops: Sequence[int], paths: Floats, tours: Floats, group: int) -> list[int]:
    order = [int(tours[group].argmin())]
    while group := group ^ (1 << order[0]):
        order.insert(0, int((paths[group] + euro[np.array(stops), stops[order[0]]]).argmin()))
    return [stops[i] for i in order]


def _nearest(euro: Floats) -> list[int]:
    order, left = [0], set(range(1, len(euro)))
    while left:
        order.append(min(left, key=lambda stop: (euro[order[-1], stop], stop)))
        left.remove(order[-1])
    return order[1:]


def _improved(euro: Floats, trip: list[int]) -> list[int]:
    """The trip after the best reversals (2-opt) and moves of one to three stops (or-opt), until none helps."""
    tour = np.array([0, *trip, 0])
    while True:
        gain, better = min((_reversal(euro, tour), _move(euro, tour)), key=lambda change: change[0])
        if gain > -SLACK:
            return [int(stop) for stop in tour[1:-1]]
        tour = better


def _reversal(euro: Floats, tour: Ints) -> tuple[float, Ints]:
    """The reversal of one stretch that changes the cost most, and by how much (0 when there is none)."""
    forth = np.concatenate([[0.0], np.cumsum(euro[tour[:-1], tour[1:]])])
    back = np.concatenate([[0.0], np.cumsum(euro[tour[1:], tour[:-1]])])
    first, last = np.arange(1, len(tour) - 1)[:, None], np.arange(1, len(tour) - 1)
    change = euro[tour[first - 1], tour[last]] + euro[tour[first], tour[last + 1]]
    change = change - euro[tour[first - 1], tour[first]] - euro[tour[last], tour[last + 1]]
    change = np.where(first < last, change + back[last] - back[first] - forth[last] + forth[first], 0.0)
    i, j = (int(at) + 1 for at in np.unravel_index(change.argmin(), change.shape))
    return float(change.min()), np.concatenate([tour[:i], tour[i : j + 1][::-1], tour[j + 1 :]])


def _move(euro: Floats, tour: Ints) -> tuple[float, Ints]:
    """The move of one to three neighbouring stops that changes the cost most, and by how much (0 when there is none)."""
    best, moved = 0.0, tour
    for length in range(1, min(3, len(tour) - 3) + 1):
        first, gap = np.arange(1, len(tour) - length)[:, None], np.arange(len(tour) - 1)
        head, tail, before, after = tour[first], tour[first + length - 1], tour[first - 1], tour[first + length]
        saved = euro[before, head] + euro[tail, after] - euro[before, after]
        added = euro[tour[gap], head] + euro[tail, tour[gap + 1]] - euro[tour[gap], tour[gap + 1]]
        change = np.where((gap < first - 1) | (gap >= first + length), added - saved, 0.0)
        if change.min() < best:
            best = float(change.min())
            i, k = (int(at) for at in np.unravel_index(change.argmin(), change.shape))
            rest = np.delete(tour, slice(i + 1, i + 1 + length))
            moved = np.insert(rest, k + 1 if k < i else k + 1 - length, tour[i + 1 : i + 1 + length])
    return best, moved


def _split(euro: Floats, loads: Floats, capacity: float, giant: list[int]) -> list[list[int]]:
    """The cheapest cut of one tour over all stops into trips that fit the van, in the order of the tour (Prins 2004)."""
    best, cut = [0.0] + [inf] * len(giant), [0] * (len(giant) + 1)
    for begin in range(len(giant)):
        load, inside = 0.0, 0.0
        for end in range(begin, len(giant)):
            load += loads[giant[end]]
            if load > capacity + SLACK:
                break
            inside += euro[giant[end - 1], giant[end]] if end > begin else 0.0
            cost = best[begin] + euro[0, giant[begin]] + inside + euro[giant[end], 0]
            if cost < best[end + 1]:
                best[end + 1], cut[end + 1] = float(cost), begin
    trips, end = [], len(giant)
    while end:
        trips.append(giant[cut[end] : end])
        end = cut[end]
    return trips
