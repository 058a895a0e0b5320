"""
Equal relative savings, as far as no group gains more than tau by leaving (Frisk, Göthe-Lundgren, Jörnsten and Rönnqvist
2010), made unique by the shares nearest to equal savings. Groups enter as rows only when shares violate them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from logistics.cost_sharing.game import NEGLIGIBLE, CostOracle, Floats, Ints, Row
from logistics.cost_sharing.nearest import Nearest
from logistics.cost_sharing.programmes import INFINITE, Infeasible, Programme

AT_MOST_TURNS = 400
TOUCHING = 1e-9
"""How far beyond a limit is still rounding noise."""
MOST_SLACK = 1e-4
"""How much wider than the smallest a spread may be, as a part, when rounding leaves no point at the smallest."""


class Stopped(Exception):
    """The time that a job was given is over."""


@dataclass
class Search:
    """The groups met so far, and what is known about the last shares."""

    oracle: CostOracle
    alone: Floats
    room: Floats
    total: float
    time_limit: float
    rows: dict[frozenset[int], Row] = field(default_factory=dict)
    shares: Floats | None = None
    eps_star: float = 0.0
    proven: bool = False
    stopped: bool = False

    def __post_init__(self) -> None:
        self.until = monotonic() + self.time_limit
        self.inside = np.flatnonzero(self.room > NEGLIGIBLE)
        self.column = {int(i): column for column, i in enumerate(self.inside)}
        self._columns: dict[frozenset[int], Ints] = {}

    def columns(self, group: frozenset[int]) -> Ints:
        """Where the programmes count its members, in shares of each one's alone cost. Who pays nothing is not counted."""
        if group not in self._columns:
            self._columns[group] = np.array([self.column[i] for i in sorted(group) if i in self.column], dtype=np.int64)
        return self._columns[group]

    def programme(self, *extra: tuple[float, float, float]) -> Programme:
        """Relative shares within their caps that add up, at no cost; `extra` columns as (cost, lower, upper)."""
        a, k = self.alone[self.inside], len(self.inside)
        costs, lower, upper = np.array(extra).T
        programme = Programme(
            np.concatenate([np.zeros(k), costs]),
            np.concatenate([np.zeros(k), lower]),
            np.concatenate([self.room[self.inside] / a, upper]),
        )
        programme.add(range(k), a, self.total, self.total)
        return programme

    def least_core(self) -> None:
        """
        `eps_star`: the smallest part of its cost that some group gains by leaving, whatever the shares. Infinite when a
        group would pay nothing on its own and has to: no threshold keeps it.
        """
        a, k = self.alone[self.inside], len(self.inside)
        programme = self.programme((1.0, 0.0, INFINITE))

        def limit(row: Row) -> None:
            columns = self.columns(row.group)
            programme.add([*columns, k], [*a[columns], -row.cost], -INFINITE, row.cost)

        def least() -> tuple[float, float]:
            self.eps_star = INFINITE
            eps = float(programme.solve()[k])
            self.eps_star = eps if eps > NEGLIGIBLE else 0.0
            return self.eps_star, INFINITE

        self.grow(least, limit)

    def equal(self, tau: float) -> None:
        """The smallest spread of relative savings in the tau-core, and in it the shares nearest to equal savings."""
        a, k = self.alone[self.inside], len(self.inside)
        programme = self.programme((-1.0, -INFINITE, INFINITE), (1.0, -INFINITE, INFINITE))
        for i in range(k):
            # Every relative share lies between the columns k (lowest) and k + 1 (highest).
            programme.add([i, k], [1.0, -1.0], 0.0, INFINITE)
            programme.add([i, k + 1], [1.0, -1.0], -INFINITE, 0.0)

        def limit(row: Row) -> None:
            columns = self.columns(row.group)
            programme.add(columns, a[columns], -INFINITE, (1 + tau) * row.cost)

        def least() -> tuple[float, float]:
            point = programme.solve()
            return tau, max(0.0, float(point[k + 1] - point[k]))

        self.grow(least, limit)

    def grow(self, least: Callable[[], tuple[float, float]], limit: Callable[[Row], None]) -> None:
        """
        Find the `least` threshold and spread that the groups met so far allow, and look for groups that object to the
        shares nearest to equal savings at those; until nobody does. Those shares move little from turn to turn, where
        the corners of a programme would jump. Sets `shares` and `proven` as it goes.
        """
        for row in self.rows.values():
            limit(row)
        for _turn in range(AT_MOST_TURNS):
            tau, spread = least()
            self.shares = self.nearest(tau, spread)
            found, self.proven = self.oracle.most_violated(self.shares, tau)
            fresh = self.meet(found)
            if not fresh:
                return
            if monotonic() > self.until:
                raise Stopped
            for row in fresh:
                limit(row)
        self.proven = False

    def meet(self, found: Iterable[Row]) -> list[Row]:
        """Remember those that are new, or cheaper than was known: these."""
        fresh = [
            row for row in found if row.group not in self.rows or row.cost < self.rows[row.group].cost - NEGLIGIBLE
        ]
        self.rows |= {row.group: row for row in fresh}
        return fresh

    def level(self, tau: float) -> None:
        """Equal savings at max(tau, eps*), after `least_core`."""
        if self.eps_star < INFINITE and not self.stopped:
            self.attempt(lambda: self.equal(max(tau, self.eps_star + NEGLIGIBLE if self.eps_star else 0.0)))

    def attempt(self, work: Callable[[], None]) -> None:
        """Do it unless there is nothing to share; out of time or of what rounding allows, keep the last shares."""
        if not len(self.inside) or self.total <= NEGLIGIBLE:
            self.shares, self.proven = np.zeros(len(self.alone)), True
            return
        try:
            work()
        except (Stopped, ArithmeticError):
            self.proven = False
            self.stopped = self.eps_star < INFINITE
            if not self.stopped:
                self.shares = None
        if self.shares is None:
            self.shares = self.total * self.room / self.room.sum()

    def nearest(self, tau: float, spread: float) -> Floats:
        """
        Of shares with this threshold and spread, those nearest to equal savings: `min sum((x - level * alone) ** 2 / alone)`.
        Counted in `x / sqrt(alone)` that is a distance.
        """
        a = self.alone[self.inside]
        root = np.sqrt(a)
        slack = NEGLIGIBLE
        while True:
            bounds = _Bounds(self, root, (1 + tau + slack), spread + slack)
            search = Nearest(self.total / a.sum() * root)
            search.hold(root, self.total, equal=True)
            try:
                while (worst := bounds.worst(search.point)) is not None:
                    search.hold(*worst)
                break
            except Infeasible:
                # There are such shares, but for the rounding of the programme that found the least.
                slack *= 10
                if slack > MOST_SLACK:
                    raise ArithmeticError("rounding leaves no shares at the least spread") from None
        shares = np.zeros(len(self.alone))
        shares[self.inside] = np.maximum(search.point * root, 0.0)
        return shares


class _Bounds:
    """What shares, divided by the `root` of each one's alone cost, have to keep within."""

    def __init__(self, search: Search, root: Floats, times: float, spread: float) -> None:
        self.root, self.spread, self.most = root, spread, search.room[search.inside]
        self.groups = [search.columns(group) for group in search.rows]
        self.limits = times * np.array([row.cost for row in search.rows.values()])
        if self.groups:
            self.flat = np.concatenate(self.groups)
            self.starts = np.cumsum([0, *(len(group) for group in self.groups[:-1])])
            self.lengths = np.sqrt(np.add.reduceat(root[self.flat] ** 2, self.starts))

    def worst(self, point: Floats) -> tuple[Floats, float] | None:
        """What the point violates most: 0, a cap, the spread between the highest and lowest, or the limit of a group."""
        root, relative, shares = self.root, point / self.root, point * self.root
        low, high, full = int(relative.argmin()), int(relative.argmax()), int(((shares - self.most) / root).argmax())
        normals = np.zeros((4, len(point)))
        normals[0, low] = -1.0
        normals[1, full] = 1.0
        normals[2, high] += 1 / root[high]
        normals[2, low] -= 1 / root[low]
        ends = [0.0, float(self.most[full] / root[full]), self.spread, 0.0]
        if self.groups:
            group = int(((np.add.reduceat(shares[self.flat], self.starts) - self.limits) / self.lengths).argmax())
            normals[3, self.groups[group]] = root[self.groups[group]]
            ends[3] = float(self.limits[group])
        lengths = np.linalg.norm(normals, axis=1)
        above = (normals @ point - ends) / np.where(lengths > 0, lengths, 1.0)
        worst = int(above.argmax())
        return (normals[worst], ends[worst]) if above[worst] > TOUCHING else None


def equal_savings(
    oracle: CostOracle, *, alone: Floats, room: Floats, total: float, tau: float | None, time_limit: float
) -> Search:
    """
    Find eps* and, unless tau is None, the equal savings at max(tau, eps*). When time runs out, `shares` are the last ones
    that add up within their caps, and the search is marked `stopped` and not proven.
    """
    search = Search(oracle, alone, room, total, time_limit)
    search.attempt(search.least_core)
    if tau is not None:
        search.level(tau)
    return search
