"""
Equal relative savings, as far as no group gains more than tau by leaving (Frisk, Göthe-Lundgren, Jörnsten and Rönnqvist
2010), made unique by the shares nearest to equal savings. Groups enter as rows only when shares violate them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

import numpy as np

from logistics.cost_sharing.game import NEGLIGIBLE, CostOracle, Floats, Row
from logistics.cost_sharing.programmes import INFINITE, Infeasible, Programme

AT_MOST_ROUNDS = 400


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
    spread: float | None = None

    def __post_init__(self) -> None:
        self.until = monotonic() + self.time_limit
        self.inside = np.flatnonzero(self.room > NEGLIGIBLE)

    def weighted(self, row: Row) -> tuple[list[int], Floats]:
        """The columns and factors of a group: the programmes count in shares of each player's alone cost."""
        group = [int(i) for i in self.inside if int(i) in row.group]
        return [int(np.searchsorted(self.inside, i)) for i in group], self.alone[group]

    def grow(self, programme: Programme, tau: Callable[[Floats], float], add: Callable[[Row], None]) -> Floats:
        """Solve, look for groups that object, add them, until nobody does. Sets `shares` and `proven` as it goes."""
        for turn in count():
            if monotonic() > self.until:
                raise Stopped
            point = programme.solve()
            shares = np.zeros(len(self.alone))
            shares[self.inside] = np.clip(point[: len(self.inside)], 0.0, None) * self.alone[self.inside]
            self.shares = shares
            found, self.proven = self.oracle.most_violated(shares, tau(point))
            fresh = [row for row in found if row.cost < self.rows.get(row.group, INFINITE) - NEGLIGIBLE]
            if not fresh or turn >= AT_MOST_ROUNDS:
                self.proven = self.proven and not fresh
                return point
            for row in fresh:
                self.rows[row.group] = row.cost
                add(row)
        raise AssertionError

    def base(self, extra: list[tuple[float, float, float]], curve: Floats | None, slope: float) -> Programme:
        """Shares within their caps that add up; `extra` columns as (cost, lower, upper)."""
        a, k = self.alone[self.inside], len(self.inside)
        programme = Programme(
            np.concatenate([slope * a, [cost for cost, _low, _high in extra]]),
            np.concatenate([np.zeros(k), [low for _cost, low, _high in extra]]),
            np.concatenate([self.room[self.inside] / a, [high for _cost, _low, high in extra]]),
            None if curve is None else np.concatenate([curve, np.zeros(len(extra))]),
        )
        programme.add(range(k), a, self.total, self.total)
        return programme

    def least_core(self) -> None:
        """`eps_star`: the smallest part of its cost that some group gains by leaving, whatever the shares."""
        k = len(self.inside)
        programme = self.base([(1.0, 0.0, INFINITE)], None, 0.0)

        def add(row: Row) -> None:
            columns, factors = self.weighted(row)
            programme.add([*columns, k], [*factors, -row.cost], -INFINITE, row.cost)

        point = self.grow(programme, lambda point: float(point[k]), add)
        self.eps_star = max(0.0, float(point[k]))
        self.eps_star = 0.0 if self.eps_star < NEGLIGIBLE else self.eps_star
        self.eps_proven = self.proven

    def equal(self, tau: float) -> None:
        """The smallest spread of relative savings in the tau-core, and in it the shares nearest to equal savings."""
        a, k = self.alone[self.inside], len(self.inside)
        wide = [(-1.0, -INFINITE, INFINITE), (1.0, -INFINITE, INFINITE)]
        programme = self.base(wide, None, 0.0)
        adder = self._adder(programme, tau)
        self._between(programme)
        for group, cost in self.rows.items():
            adder(Row(group, cost))
        point = self.grow(programme, lambda _point: tau, adder)
        self.spread = max(0.0, float(point[k + 1] - point[k]))
        still = [(0.0, -INFINITE, INFINITE), (0.0, -INFINITE, INFINITE)]
        level = self.total / a.sum()
        while True:
            programme = self.base(still, 2 * a, -2 * level)
            adder = self._adder(programme, tau)
            self._between(programme)
            programme.add([k, k + 1], [-1.0, 1.0], -INFINITE, self.spread + NEGLIGIBLE)
            for group, cost in self.rows.items():
                adder(Row(group, cost))
            try:
                self.grow(programme, lambda _point: tau, adder)
                return
            except Infeasible:
                # Groups found meanwhile: the smallest spread itself has to be found again.
                self.equal(tau)
                return

    def _between(self, programme: Programme) -> None:
        """Every relative share lies between the columns k (lowest) and k + 1 (highest)."""
        k = len(self.inside)
        for i in range(k):
            programme.add([i, k], [1.0, -1.0], 0.0, INFINITE)
            programme.add([i, k + 1], [1.0, -1.0], -INFINITE, 0.0)

    def _adder(self, programme: Programme, tau: float) -> Callable[[Row], None]:
        def add(row: Row) -> None:
            programme.add(*self.weighted(row), -INFINITE, (1 + tau) * row.cost)

        return add


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
