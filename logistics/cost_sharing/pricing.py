"""
Which group that fits one van gains most by leaving? A tour that pays its way when every player on it pays her share.

First a beam of partial tours, which finds many groups and proves nothing. When it finds none, tours are searched
exactly: tours that may come back to a stop after a while (ng-routes, Baldacci, Mingozzi and Roberti 2011) with longer
and longer memory, forth and back in turn, the labels of each turn bounding what those of the next can still gain. When
no label is left, no tour is. The search ends early at the first turn that finds tours without a call twice.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.cost_sharing.bounds import Completions, circling, completions
from logistics.cost_sharing.game import Floats, Ints, Row
from logistics.cost_sharing.remembering import Ways
from logistics.cost_sharing.vans import Kind

Tour: TypeAlias = tuple[tuple[int, ...], float]
"""Who is called at in which order, and what that costs."""

WIDTH = 24
"""Partial tours kept per last stop in the beam."""
AT_MOST_ROWS = 160
EACH_AT_MOST = 6
"""New groups that one player may be in, so that they differ."""
IN_TABLES, IN_LABELS = (6, 9), (16,)
"""Neighbours a tour remembers having called at, turn by turn; then all of them."""
AT_MOST_TIMED = 600
"""Tours, best first, that are checked against hours."""
APART = 1e4
"""Euro that no two ways to one stop differ by."""
AT_MOST_LABELS = 1_500_000


def most_violated(
    kinds: Sequence[Kind],
    loads: Floats,
    active: Sequence[int],
    shares: Floats,
    tau: float,
    tolerance: float,
    hours: Floats | None,
    *,
    exactly: bool,
) -> tuple[list[Row], bool]:
    """
    Groups of two or more that fit one van and whose shares exceed (1 + tau) times the tour, with its euro, worst first;
    and whether no group does by more than the tolerance. With `hours` that is only known when none would without them;
    unless `exactly`, only when a first look tells.
    """
    found: dict[frozenset[int], Row] = {}
    proven = False
    prices = []
    for kind in kinds:
        some = [i for i in active if kind.takes[i] and (loads[i] <= kind.room).all() and shares[i] > 0]
        if len(some) > 1:
            prices.append((_Price.of(kind, some, loads, shares, tau, hours), some))
    for labels in (False, True) if exactly else (False,):
        proven = True
        for price, some in prices:
            tours, sure = _search(price, tolerance, labels)
            _keep(found, tours, some)
            proven = proven and sure
        if found or proven:
            break
    return _varied(found, shares, tau), proven and not found


class _Price(NamedTuple):
    """Legs, calls and hiring at (1 + tau) times their cost, less the shares of who is called at; below 0 a group gains."""

    kind: Kind
    legs: Floats
    calls: Floats
    fixed: float
    loads: Floats
    hours: Floats | None
    tau: float

    @classmethod
    def of(
        cls, kind: Kind, some: list[int], loads: Floats, shares: Floats, tau: float, hours: Floats | None
    ) -> "_Price":
        cut, more = kind.cut(some), 1 + tau
        calls = more * cut.calls - shares[some]
        return cls(
            cut, more * cut.legs, calls, more * kind.fixed, loads[some], None if hours is None else hours[some], tau
        )

    def simple(self, tours: list[tuple[int, ...]], least: float) -> list[Tour]:
        """Those of two or more stops, none called at twice, that fit and gain more than `least`, with their euro."""
        found = []
        for stops in tours[: len(tours) if self.hours is None else AT_MOST_TIMED]:
            if 1 < len(stops) == len(set(stops)):
                euro = self.kind.tour(stops)
                if self.hours is not None:
                    euro += self.kind.waiting(stops, self.hours)
                gain = -self.calls[list(stops)].sum() + (1 + self.tau) * (self.kind.calls[list(stops)].sum() - euro)
                if gain > least and (self.loads[list(stops)].sum(axis=0) <= self.kind.room + 1e-9).all():
                    found.append((stops, euro))
        return found


def _keep(found: dict[frozenset[int], Row], tours: list[Tour], some: list[int]) -> None:
    for stops, cost in tours:
        tour = tuple(some[i] for i in stops)
        group = frozenset(tour)
        if group not in found or cost < found[group].cost:
            found[group] = Row(group, cost, tour)


def _varied(found: dict[frozenset[int], Row], shares: Floats, tau: float) -> list[Row]:
    """The worst groups first, not too many with the same players."""
    excess = {group: float(shares[sorted(group)].sum()) - (1 + tau) * row.cost for group, row in found.items()}
    times = np.zeros(len(shares), dtype=int)
    chosen: list[Row] = []
    for group in sorted(found, key=lambda group: (-round(excess[group], 9), sorted(group))):
        its = sorted(group)
        if times[its].min() < EACH_AT_MOST and len(chosen) < AT_MOST_ROWS:
            times[its] += 1
            chosen.append(found[group])
    return chosen


def _beam(price: _Price, least: float) -> list[Tour]:
    """Tours that gain more than `least`, grown stop by stop from the best partial tours to every last stop."""
    n, kind = len(price.calls), price.kind
    crates, room = _whole_loads(price)
    ends = circling(price.legs.T, price.calls, price.fixed, crates, room)
    mark = np.random.default_rng(0).integers(1, 2**62, n)
    last = np.arange(n)
    used = crates.copy()
    cost = price.legs[0, 1:] + price.calls
    load, visited, paths = price.loads.copy(), np.eye(n, dtype=bool), last[:, None]
    sums = mark.copy()
    real = kind.legs[0, 1:] + kind.calls
    time = leaves = np.zeros(n)
    if price.hours is not None:
        time = np.maximum(price.hours[:, 0], kind.hours[0] + kind.minutes[0, 1:])
        leaves = time - kind.minutes[0, 1:]
        cost = np.where(time <= price.hours[:, 1], cost, np.inf)
    tours: list[Tour] = []
    while len(last):
        longer = cost[:, None] + price.legs[1:, 1:][last] + price.calls
        longer[visited] = np.inf
        for d in range(price.loads.shape[1]):
            if kind.room[d] < price.loads[:, d].sum():
                longer[load[:, d, None] + price.loads[:, d] > kind.room[d] + 1e-9] = np.inf
        begins = np.zeros_like(longer)
        waits = np.zeros_like(longer)
        if price.hours is not None:
            arrives = time[:, None] + kind.service[last][:, None] + kind.minutes[1:, 1:][last]
            begins = np.maximum(arrives, price.hours[:, 0])
            waits = kind.per_minute * (begins - arrives)
            longer = np.where(begins <= price.hours[:, 1], longer + (1 + price.tau) * waits, np.inf)
        left = room - used
        guide = longer - price.calls + ends.bound(left[:, None], np.arange(n), last[:, None])
        guide[left[:, None] < crates] = np.inf
        guide[guide >= -least] = np.inf
        width = min(WIDTH, len(guide))
        rows = np.argpartition(guide, width - 1, axis=0)[:width].ravel()
        stops = np.tile(np.arange(n), width)
        value = np.where(np.isfinite(guide[rows, stops]), longer[rows, stops], np.inf)
        real_to = real[rows] + kind.legs[1:, 1:][last[rows], stops] + kind.calls[stops] + waits[rows, stops]
        ok = np.isfinite(value)
        rows, stops, value, real_to = rows[ok], stops[ok], value[ok], real_to[ok]
        total = sums[rows] + mark[stops]
        order = np.lexsort((value, stops, total))
        same = (np.diff(total[order], prepend=-1) == 0) & (np.diff(stops[order], prepend=-1) == 0)
        pick = order[~same]
        rows, stops, cost, real, sums = rows[pick], stops[pick], value[pick], real_to[pick], total[pick]
        time, leaves, last = begins[rows, stops], leaves[rows], stops
        load, used = load[rows] + price.loads[stops], used[rows] + crates[stops]
        visited = visited[rows]
        visited[np.arange(len(stops)), stops] = True
        paths = np.concatenate([paths[rows], stops[:, None]], axis=1)
        closed = cost + price.legs[1:, 0][last] + price.fixed
        euro = real + kind.legs[1:, 0][last] + kind.fixed
        if price.hours is not None:
            more = kind.returns(leaves, time + kind.service[last] + kind.minutes[1:, 0][last])
            closed, euro = closed + (1 + price.tau) * more, euro + more
        gaining = np.flatnonzero(closed < -least)
        gaining = gaining[np.lexsort((sums[gaining], closed[gaining]))][: 8 * AT_MOST_ROWS]
        tours += [(tuple(paths[k].tolist()), float(euro[k])) for k in gaining]
    return tours


def _search(price: _Price, tolerance: float, exactly: bool) -> tuple[list[Tour], bool]:
    """
    Tours that gain more than the tolerance, or none and the proof; neither when the labels become too many, or when the
    tables of ways alone do not tell and the search is not `exactly`.
    """
    n = len(price.calls)
    crates, room = _whole_loads(price)
    near = np.argsort(price.legs[1:, 1:] + price.legs[1:, 1:].T + np.where(np.eye(n), -1e9, 0.0), axis=1, kind="stable")
    legs, forth = price.legs, True
    ends = circling(legs.T, price.calls, price.fixed, crates, room)
    for memory in (*IN_TABLES, *IN_LABELS, n):
        size = min(memory, n)
        if memory in IN_TABLES:
            ways = Ways(legs, price.calls, crates, room, near[:, :size], ends, tolerance)
            tours, some = ways.tours(legs[1:, 0] + price.fixed, tolerance)
            ends = ways.completions(price.fixed)
        elif not exactly:
            break
        else:
            remembered = np.zeros((n, n), dtype=bool)
            remembered[np.arange(n)[:, None], near[:, :size]] = True
            grown = _Labels.grow(legs, price, crates, room, remembered, ends, tolerance)
            if grown is None:
                break
            tours, some = grown.tours, bool(grown.tours)
            ends = completions(grown.last, grown.before, grown.load, grown.cost + price.fixed, n, room)
        if not some:
            return [], True
        if simple := price.simple(tours if forth else [stops[::-1] for stops in tours], tolerance):
            return simple, False
        if beamed := forth and memory == IN_TABLES[0] and _beam(price, tolerance):
            return beamed, False
        if any(1 < len(stops) == len(set(stops)) for stops in tours):
            # Only hours or another load than crates in all forbid them: longer memories would find no less.
            break
        legs, forth = legs.T, not forth
    return [], False


def _whole_loads(price: _Price) -> tuple[Ints, int]:
    """
    Crates in all as whole steps, rounded down where they are fractions: that only lets more tours fit. So does a step for
    whoever takes none, and as much more room.
    """
    crates, room = price.loads[:, 0], price.kind.room[0]
    room = min(room, float(crates.sum()))
    scale = 1.0 if room <= 400 else 400 / room
    steps = np.floor(crates * scale + 1e-9).astype(np.int64)
    return np.maximum(steps, 1), int(np.floor(room * scale + 1e-9)) + int((steps == 0).sum())


class _Labels(NamedTuple):
    """Partial tours that may still gain: last stop, the one before (-1: the hub), load and cost; and tours that do."""

    last: Ints
    before: Ints
    load: Ints
    cost: Floats
    tours: list[tuple[int, ...]]

    @classmethod
    def grow(
        cls,
        legs: Floats,
        price: _Price,
        crates: Ints,
        room: int,
        remembered: NDArray[np.bool_],
        ends: Completions,
        tolerance: float,
    ) -> "_Labels | None":
        n = len(crates)
        mark = np.random.default_rng(1).integers(1, 2**62, n)
        kept: list[tuple[Ints, Ints, Ints, Floats, Ints]] = []
        last = np.arange(n)
        before, load = np.full(n, -1), crates.copy()
        cost = legs[0, 1:] + price.calls
        memory = np.eye(n, dtype=bool)
        called, simple = memory.copy(), np.ones(n, dtype=bool)
        parent = np.full(n, -1)
        first, count = 0, 0
        tours: list[tuple[float, int]] = []
        while len(last):
            bound = cost - price.calls[last] + ends.bound(room - load + crates[last], last, before)
            hopeful = bound < -tolerance
            # Of ways to one stop from the same stop before, with the same memory, only those are needed that no way
            # with less load and lower cost makes worthless.
            key = np.where(memory, mark, 0).sum(axis=1) + 7 * np.where(before >= 0, mark[before], 0)
            order = np.lexsort((cost, load, key, last))
            order = order[hopeful[order]]
            if len(order):
                alike = (np.diff(last[order], prepend=-1) == 0) & (np.diff(key[order], prepend=-1) == 0)
                lowered = cost[order] - APART * np.cumsum(~alike)
                least = np.minimum.accumulate(lowered)
                order = order[np.concatenate([[True], lowered[1:] < least[:-1]])]
            last, before, load, cost, parent = last[order], before[order], load[order], cost[order], parent[order]
            memory, called, simple = memory[order], called[order], simple[order]
            count += len(last)
            if count > AT_MOST_LABELS:
                return None
            kept.append((last, before, load, cost, parent))
            closed = cost + legs[1:, 0][last] + price.fixed
            gaining = np.flatnonzero(closed < -tolerance)
            tours += [(float(closed[k]), first + int(k)) for k in gaining]
            if not len(last) or (simple[gaining] & (parent[gaining] >= 0)).any():
                break
            fits = load[:, None] + crates <= room
            row, stop = np.nonzero(fits & ~memory)
            into = cost[row] + legs[1:, 1:][last[row], stop] + price.calls[stop]
            rest = ends.bound(room - load[row], stop, last[row])
            able = into - price.calls[stop] + rest < -tolerance
            row, stop, into = row[able], stop[able], into[able]
            simple = simple[row] & ~called[row, stop]
            memory, called = memory[row] & remembered[stop], called[row]
            memory[np.arange(len(stop)), stop] = called[np.arange(len(stop)), stop] = True
            before, load, cost, parent = last[row], load[row] + crates[stop], into, first + row
            last = stop
            first = count
        chains = [np.concatenate(column) for column in zip(*kept, strict=True)]
        best = [k for _cost, k in sorted(tours)[: 4 * AT_MOST_ROWS]]
        return cls(chains[0], chains[1], chains[2], chains[3], [cls.trace(chains[0], chains[4], k) for k in best])

    @staticmethod
    def trace(last: Ints, parent: Ints, k: int) -> tuple[int, ...]:
        stops = []
        while k >= 0:
            stops.append(int(last[k]))
            k = int(parent[k])
        return tuple(reversed(stops))
