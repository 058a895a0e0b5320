"""
Equal relative savings, as far as no group gains more than tau by leaving (Frisk, Göthe-Lundgren, Jörnsten and Rönnqvist
2010), made unique by the shares nearest to equal savings. Groups enter as rows only when shares violate them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from logistics.cost_sharing.game import NEGLIGIBLE, CostOracle, Floats, Quick, Row
from logistics.cost_sharing.nearest import Nearest
from logistics.cost_sharing.programmes import INFINITE, Infeasible, Programme

AT_MOST_ROUNDS = 400
STRIDE = 0.3
"""The part of the way to the corner of the rows that a quick look goes."""
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
    rows: dict[frozenset[int], float] = field(default_factory=dict)
    shares: Floats | None = None
    eps_star: float = 0.0
    eps_proven: bool = False
    proven: bool = False
    stopped: bool = False
    spread: float = 0.0

    def __post_init__(self) -> None:
        self.until = monotonic() + self.time_limit
        self.inside = np.flatnonzero(self.room > NEGLIGIBLE)

    def weighted(self, row: Row) -> tuple[list[int], Floats]:
        """The columns and factors of a group: the programmes count in shares of each player's alone cost."""
        group = [int(i) for i in self.inside if int(i) in row.group]
        return [int(np.searchsorted(self.inside, i)) for i in group], self.alone[group]

    def grow(self, solve: Callable[[], tuple[Floats, float]], add: Callable[[Row], None]) -> None:
        """
        Solve for shares and a threshold, look for groups that object, add them, until nobody does. Sets `shares` and
        `proven` as it goes. Corners of what the rows allow are wild as long as rows are few: where an oracle has a quick
        look, it looks part of the way to them, from where it looked last (Neame 1999).
        """
        looked = self.total * self.room / self.room.sum() if self.shares is None else self.shares
        for _turn in range(AT_MOST_ROUNDS):
            if monotonic() > self.until:
                raise Stopped
            self.shares, tau = solve()
            if isinstance(self.oracle, Quick):
                looked = looked + STRIDE * (self.shares - looked)
                if self._new(self.oracle.quickly_violated(looked, tau), add):
                    continue
            found, self.proven = self.oracle.most_violated(self.shares, tau)
            if not self._new(found, add):
                return
        self.proven = False

    def _new(self, found: list[Row], add: Callable[[Row], None]) -> bool:
        fresh = [row for row in found if row.cost < self.rows.get(row.group, INFINITE) - NEGLIGIBLE]
        for row in fresh:
            self.rows[row.group] = row.cost
            add(row)
        return bool(fresh)

    def full(self, relative: Floats) -> Floats:
        """Shares of everybody from the part of her alone cost that each inside pays."""
        shares = np.zeros(len(self.alone))
        shares[self.inside] = np.clip(relative, 0.0, None) * self.alone[self.inside]
        return shares

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
        """`eps_star`: the smallest part of its cost that some group gains by leaving, whatever the shares."""
        k = len(self.inside)
        programme = self.programme((1.0, 0.0, INFINITE))

        def solve() -> tuple[Floats, float]:
            point = programme.solve()
            self.eps_star = float(point[k]) if point[k] > NEGLIGIBLE else 0.0
            return self.full(point[:k]), self.eps_star

        def add(row: Row) -> None:
            columns, factors = self.weighted(row)
            programme.add([*columns, k], [*factors, -row.cost], -INFINITE, row.cost)

        self.grow(solve, add)
        self.eps_proven = self.proven

    def equal(self, tau: float) -> None:
        """The smallest spread of relative savings in the tau-core, and in it the shares nearest to equal savings."""
        slack = NEGLIGIBLE
        while True:
            self.least_spread(tau)
            known = len(self.rows)
            try:
                self.nearest(tau, self.spread + slack)
                return
            except Infeasible:
                # Groups found meanwhile: the smallest spread itself has to be found again. Or none, and it was rounding.
                if len(self.rows) == known:
                    slack *= 10
                    if slack > MOST_SLACK:
                        raise

    def least_spread(self, tau: float) -> None:
        """Every relative share lies between the columns k (lowest) and k + 1 (highest)."""
        k = len(self.inside)
        programme = self.programme((-1.0, -INFINITE, INFINITE), (1.0, -INFINITE, INFINITE))
        for i in range(k):
            programme.add([i, k], [1.0, -1.0], 0.0, INFINITE)
            programme.add([i, k + 1], [1.0, -1.0], -INFINITE, 0.0)

        def solve() -> tuple[Floats, float]:
            point = programme.solve()
            self.spread = max(0.0, float(point[k + 1] - point[k]))
            return self.full(point[:k]), tau

        def add(row: Row) -> None:
            programme.add(*self.weighted(row), -INFINITE, (1 + tau) * row.cost)

        for group, cost in self.rows.items():
            add(Row(group, cost))
        self.grow(solve, add)

    def nearest(self, tau: float, spread: float) -> None:
        """
        Of shares with this spread, those nearest to equal savings: `min sum((x - level * alone) ** 2 / alone)`. Counted in
        `x / sqrt(alone)` that is a distance.
        """
        a = self.alone[self.inside]
        root = np.sqrt(a)
        k = len(a)
        search = Nearest(self.total / a.sum() * root)
        search.hold(root, self.total, equal=True)
        # Everyone at least 0 and at most her cap; then the groups.
        normals = [*-np.eye(k), *np.eye(k)]
        limits = [*np.zeros(k), *(self.room[self.inside] / root)]

        def add(row: Row) -> None:
            columns, _factors = self.weighted(row)
            normal = np.zeros(k)
            normal[columns] = root[columns]
            length = np.linalg.norm(normal)
            normals.append(normal / length)
            limits.append((1 + tau) * row.cost / length)

        def solve() -> tuple[Floats, float]:
            held = np.array(normals), np.array(limits)
            while (worst := self._worst(search.point, root, spread, *held)) is not None:
                search.hold(*worst)
            return self.full(search.point / root), tau

        for group, cost in self.rows.items():
            add(Row(group, cost))
        self.grow(solve, add)

    @staticmethod
    def _worst(
        point: Floats, root: Floats, spread: float, normals: Floats, limits: Floats
    ) -> tuple[Floats, float] | None:
        """What the point violates most: a limit, or the spread between the highest and the lowest."""
        relative = point / root
        low, high = int(relative.argmin()), int(relative.argmax())
        apart = np.zeros(len(point))
        apart[high] += 1 / root[high]
        apart[low] -= 1 / root[low]
        above = normals @ point - limits
        worst = int(above.argmax())
        wide = (relative[high] - relative[low] - spread) / (np.linalg.norm(apart) or 1.0)
        if max(wide, above[worst]) <= TOUCHING:
            return None
        return (apart, spread) if wide > above[worst] else (normals[worst], limits[worst])


def equal_savings(
    oracle: CostOracle, *, alone: Floats, room: Floats, total: float, tau: float, time_limit: float, level: bool = True
) -> Search:
    """
    Find eps* and, with `level`, the equal savings at max(tau, eps*). When time runs out, `shares` are the last ones that
    add up within their caps, and the search is marked `stopped` and not proven.
    """
    search = Search(oracle, alone, room, total, time_limit)
    if not len(search.inside) or total <= NEGLIGIBLE:
        search.shares = np.zeros(len(alone))
        search.proven = search.eps_proven = True
        return search
    try:
        try:
            search.least_core()
        except Infeasible:
            # A group that would pay nothing on its own: no tau keeps it.
            search.eps_star = INFINITE
            search.shares = total * room / room.sum()
            return search
        if level:
            search.equal(max(tau, search.eps_star + NEGLIGIBLE if search.eps_star else 0.0))
    except Stopped:
        search.stopped, search.proven = True, False
        if search.shares is None:
            search.shares = total * room / room.sum()
    return search
