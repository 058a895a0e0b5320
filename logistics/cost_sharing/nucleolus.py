"""The nucleolus, plain and per head: the least content group is as content as it can be, then the next, and so on."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from logistics.cost_sharing.game import Floats, sums
from logistics.cost_sharing.programmes import INFINITE, Programme

CLOSE = 1e-8


def nucleolus(costs: Floats, total: float, *, per_capita: bool = False) -> Floats:
    """
    The shares of `total` for a table of all costs by bitmask (Schmeidler 1969; fixing as Guajardo and Jörnsten 2015).

    A group's contentment is its cost less its shares (per head with `per_capita`). Nobody pays more than alone, unless
    even all alone together pay less than the total.
    """
    n = len(costs).bit_length() - 1
    masks = np.arange(n)
    return _found(
        _Levels(costs, 1 << masks, sums, lambda mask: (mask >> masks & 1).astype(float), total, per_capita), total
    )


def nucleolus_of_groups(
    groups: Sequence[Iterable[int]], costs: Floats, alone: Floats, total: float, *, per_capita: bool = False
) -> Floats:
    """The same among some groups and everyone alone: the nucleolus itself when no other group matters."""
    n = len(alone)
    rows = np.zeros((n + len(groups), n))
    rows[:n] = np.eye(n)
    for row, group in zip(rows[n:], groups, strict=True):
        row[list(group)] = 1.0
    all_costs = np.concatenate([alone, costs])
    return _found(_Levels(all_costs, np.arange(n), lambda x: rows @ x, lambda row: rows[row], total, per_capita), total)


def _found(search: "_Levels", total: float) -> Floats:
    if search.n <= 1:
        return np.array([total] * search.n)
    while search.rank < search.n:
        search.next_level()
    return search.shares * search.scale


class _Levels:
    """Groups whose shares are settled (`fixed`), those that follow from them (`settled`), and those in the programme."""

    def __init__(
        self,
        costs: Floats,
        single: NDArray[np.int64],
        sums_of: Callable[[Floats], Floats],
        vector: Callable[[int], Floats],
        total: float,
        per_capita: bool,
    ) -> None:
        self.n, self.sums_of, self.vector = len(single), sums_of, vector
        self.scale = float(np.abs(costs).max(initial=0.0)) or 1.0
        self.costs = costs / self.scale
        self.heads = sums_of(np.ones(self.n)) if per_capita else np.ones(len(costs))
        alone, total = self.costs[single], total / self.scale
        self.upper = alone if alone.sum() >= total - CLOSE else np.full(self.n, INFINITE)
        self.fixed: list[tuple[Floats, float]] = [(np.ones(self.n), total)]
        self.active: list[int] = [int(i) for i in single]
        self.shares = np.zeros(self.n)
        self.rank = 0
        self._settle()

    def _settle(self) -> None:
        """Groups that are sums of fixed groups are found by their product with a random vector that is zero on those."""
        _left, sizes, right = np.linalg.svd(np.array([vector for vector, _amount in self.fixed]))
        self.rank = int((sizes > CLOSE).sum())
        free = right[self.rank :]
        draw = np.random.default_rng(0).standard_normal((2, len(free)))
        self.settled = np.ones(len(self.costs), dtype=bool)
        for direction in draw @ free:
            self.settled &= np.abs(self.sums_of(direction)) < CLOSE

    def next_level(self) -> None:
        n = self.n
        programme = Programme(
            np.array([0.0] * n + [-1.0]),
            np.full(n + 1, -INFINITE),
            np.concatenate([self.upper, [INFINITE]]),
        )
        for vector, amount in self.fixed:
            programme.add(np.flatnonzero(vector).tolist(), vector[vector > 0], amount, amount)
        rows = [mask for mask in self.active if not self.settled[mask]]
        if not rows:
            rows = [int(np.flatnonzero(~self.settled)[0])]
        for mask in rows:
            self._add(programme, mask)
        known = set(rows)
        while True:
            point = programme.solve()
            self.shares, level = point[:n], float(point[n])
            short = self.sums_of(self.shares) + level * self.heads - self.costs
            short[self.settled] = -np.inf
            worst = np.argsort(-short, kind="stable")[:40] if len(short) < 100 else self._worst(short)
            fresh = [int(mask) for mask in worst if short[mask] > CLOSE and int(mask) not in known]
            if not fresh:
                break
            for mask in fresh:
                self._add(programme, mask)
            known.update(fresh)
            rows += fresh
        prices = programme.duals()[len(self.fixed) :]
        paid = [mask for mask, price in zip(rows, prices, strict=True) if abs(price) > CLOSE]
        self.fixed += [(self.vector(mask), float(self.costs[mask] - level * self.heads[mask])) for mask in paid]
        self.active = rows
        self._independent()
        self._settle()

    @staticmethod
    def _worst(short: Floats) -> list[int]:
        worst = np.argpartition(-short, 40)[:40]
        return [int(mask) for mask in worst[np.lexsort((worst, -short[worst]))]]

    def _add(self, programme: Programme, mask: int) -> None:
        group = np.flatnonzero(self.vector(mask)).tolist()
        factors = [1.0] * len(group) + [float(self.heads[mask])]
        programme.add([*group, self.n], factors, -INFINITE, float(self.costs[mask]))

    def _independent(self) -> None:
        """Keep of the fixed groups those that do not follow from earlier ones: equal rows with noise have no solution."""
        kept: list[tuple[Floats, float]] = []
        basis = np.zeros((0, self.n))
        for vector, amount in self.fixed:
            free = vector
            for _twice in range(2):
                free = free - basis.T @ (basis @ free)
            if np.linalg.norm(free) > 1e-6:
                kept.append((vector, amount))
                basis = np.vstack([basis, free / np.linalg.norm(free)])
        self.fixed = kept
