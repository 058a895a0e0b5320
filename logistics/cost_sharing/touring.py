"""The cheapest tour of one van over every group of stops, and the cheapest partition of every group into tours."""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.cost_sharing.game import Floats, Ints, sums
from logistics.cost_sharing.vans import Kind

Flags: TypeAlias = NDArray[np.bool_]

BLOCK = 9
"""Stops of which all pairs of groups are compared in one go."""


def tours(kind: Kind, fitting: Flags) -> Floats:
    """
    Euro of the cheapest tour over each group that fits, by bitmask, without the fixed cost; infinite for the others
    (Held and Karp 1962, group by group of the same size).
    """
    n = len(kind.calls)
    between, calls = kind.legs[1:, 1:], kind.calls
    best = np.full((1 << n, n), np.inf)
    best[1 << np.arange(n), np.arange(n)] = kind.legs[0, 1:]
    for size, groups in enumerate(_by_size(n, fitting)):
        for last in range(n) if size > 1 else ():
            ending = groups[groups >> last & 1 == 1]
            if len(ending):
                best[ending, last] = (best[ending ^ (1 << last)] + between[:, last]).min(axis=1)
    costs = (best + kind.legs[1:, 0]).min(axis=1) + sums(calls)
    costs[0] = 0.0
    return np.where(fitting, costs, np.inf)


def timed_tours(kind: Kind, fitting: Flags, hours: Floats) -> Floats:
    """
    The same within opening hours: of every group and last stop two ways are kept, the cheapest and the soonest. Every cost
    is that of a tour that exists; a cheaper one may have been missed.
    """
    n, starts = len(kind.calls), kind.hours[0]
    opens, closes = hours[:, 0], hours[:, 1]
    cost = np.full((1 << n, 2 * n), np.inf)
    time = np.full((1 << n, 2 * n), np.inf)
    leaves = np.zeros((1 << n, 2 * n))
    stops = np.arange(n)
    begins = np.maximum(opens, starts + kind.minutes[0, 1:])
    for way in (0, n):
        cost[1 << stops, way + stops] = np.where(begins <= closes, kind.legs[0, 1:], np.inf)
        time[1 << stops, way + stops] = np.where(begins <= closes, begins, np.inf)
        leaves[1 << stops, way + stops] = begins - kind.minutes[0, 1:]
    away = np.tile(kind.service, 2)
    for size, groups in enumerate(_by_size(n, fitting)):
        for last in range(n) if size > 1 else ():
            ending = groups[groups >> last & 1 == 1]
            if not len(ending):
                continue
            before = ending ^ (1 << last)
            arrives = time[before] + away + np.tile(kind.minutes[1:, last + 1], 2)
            begin = np.maximum(arrives, opens[last])
            with np.errstate(invalid="ignore"):
                waits = np.where(np.isfinite(arrives), begin - arrives, 0.0)
            euro = cost[before] + np.tile(kind.legs[1:, last + 1], 2) + kind.per_minute * waits
            euro = np.where(begin <= closes[last], euro, np.inf)
            begin = np.where(np.isfinite(euro), begin, np.inf)
            rows = np.arange(len(ending))
            for way, chosen in ((0, euro.argmin(axis=1)), (n, begin.argmin(axis=1))):
                cost[ending, way + last], time[ending, way + last] = euro[rows, chosen], begin[rows, chosen]
                leaves[ending, way + last] = leaves[before, chosen]
    more = kind.returns(leaves, time + away + np.tile(kind.minutes[1:, 0], 2))
    costs = (cost + np.tile(kind.legs[1:, 0], 2) + more).min(axis=1) + sums(kind.calls)
    costs[0] = 0.0
    return np.where(fitting, costs, np.inf)


def _by_size(n: int, fitting: Flags) -> list[Ints]:
    sizes = sums(np.ones(n)).astype(int)
    return [np.flatnonzero((sizes == size) & fitting) for size in range(n + 1)]


def cheapest_partition(single: Floats) -> Floats:
    """For every group the least sum of `single` over its partitions into groups. `single[0]` is 0."""
    best = single[:1].copy()
    while len(best) < len(single):
        # Groups with the next stop: the part that holds it, and the best of the rest.
        best = np.concatenate([best, _together(single[len(best) : 2 * len(best)], best)])
    return best


def _together(part: Floats, rest: Floats) -> Floats:
    """`min(part[a] + rest[b])` over all disjoint a and b that make each group."""
    if not np.isfinite(part).any():
        return np.full(len(part), np.inf)
    if len(part) <= 1 << BLOCK:
        parts, rests, starts = _pairs(len(part).bit_length() - 1)
        return np.minimum.reduceat(part[parts] + rest[rests], starts)
    half = len(part) // 2
    low = _together(part[:half], rest[:half])
    high = np.minimum(_together(part[half:], rest[:half]), _together(part[:half], rest[half:]))
    return np.concatenate([low, high])


@lru_cache
def _pairs(bits: int) -> tuple[Ints, Ints, Ints]:
    """All pairs of disjoint groups of a few stops, listed by their union, and where each union starts."""
    parts, rests = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for bit in range(bits):
        parts = np.concatenate([parts, parts | 1 << bit, parts])
        rests = np.concatenate([rests, rests, rests | 1 << bit])
    order = np.argsort(parts | rests, kind="stable")
    union = (parts | rests)[order]
    return parts[order], rests[order], np.searchsorted(union, np.arange(1 << bits))
