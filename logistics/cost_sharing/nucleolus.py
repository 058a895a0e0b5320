"""The nucleolus, plain and per head: the least content group is as content as it can be, then the next, and so on."""

import numpy as np

from logistics.cost_sharing.game import Floats, members, sums
from logistics.cost_sharing.programmes import INFINITE, Programme

CLOSE = 1e-8


def nucleolus(costs: Floats, total: float, *, per_capita: bool = False) -> Floats:
    """
    The shares of `total` for a table of all costs by bitmask (Schmeidler 1969; fixing as Guajardo and Jörnsten 2015).

    A group's contentment is its cost less its shares (per head with `per_capita`). Nobody pays more than alone, unless
    even all alone together pay less than the total.
    """
    n = len(costs).bit_length() - 1
    if n <= 1:
        return np.array([total] * n)
    scale = float(np.abs(costs).max()) or 1.0
    search = _Levels(costs / scale, total / scale, per_capita)
    while search.rank < n:
        search.next_level()
    return search.shares * scale


class _Levels:
    """Groups whose shares are settled (`fixed`), those that follow from them (`settled`), and those in the programme."""

    def __init__(self, costs: Floats, total: float, per_capita: bool) -> None:
        self.n = len(costs).bit_length() - 1
        self.costs, self.total = costs, total
        self.heads = sums(np.ones(self.n)) if per_capita else np.ones(len(costs))
        alone = costs[1 << np.arange(self.n)]
        self.upper = alone if alone.sum() >= total - CLOSE else np.full(self.n, INFINITE)
        everyone = len(costs) - 1
        self.fixed: list[tuple[int, float]] = [(everyone, total)]
        self.active: list[int] = [1 << i for i in range(self.n)]
        self.shares = np.zeros(self.n)
        self.rank = 0
        self._settle()

    def _settle(self) -> None:
        """Groups that are sums of fixed groups are found by their product with a random vector that is zero on those."""
        fixed = np.array([[mask >> i & 1 for i in range(self.n)] for mask, _amount in self.fixed], dtype=float)
        _left, sizes, right = np.linalg.svd(fixed)
        self.rank = int((sizes > CLOSE).sum())
        free = right[self.rank :]
        draw = np.random.default_rng(0).standard_normal((2, len(free)))
        self.settled = np.ones(len(self.costs), dtype=bool)
        for direction in draw @ free:
            self.settled &= np.abs(sums(direction)) < CLOSE
        self.settled[0] = True

    def next_level(self) -> None:
        n = self.n
        programme = Programme(
            np.array([0.0] * n + [-1.0]),
            np.full(n + 1, -INFINITE),
            np.concatenate([self.upper, [INFINITE]]),
        )
        for mask, amount in self.fixed:
            programme.add(sorted(members(mask)), np.ones(mask.bit_count()), amount, amount)
        rows = [mask for mask in self.active if not self.settled[mask]]
        if not rows:
            rows = [int(np.flatnonzero(~self.settled)[0])]
        for mask in rows:
            self._add(programme, mask)
        known = set(rows)
        while True:
            point = programme.solve()
            self.shares, level = point[:n], float(point[n])
            short = sums(self.shares) + level * self.heads - self.costs
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
        self.fixed += [(mask, float(self.costs[mask] - level * self.heads[mask])) for mask in paid]
        self.active = rows
        self._independent()
        self._settle()

    @staticmethod
    def _worst(short: Floats) -> list[int]:
        worst = np.argpartition(-short, 40)[:40]
        return [int(mask) for mask in worst[np.lexsort((worst, -short[worst]))]]

    def _add(self, programme: Programme, mask: int) -> None:
        group = sorted(members(mask))
        factors = [1.0] * len(group) + [float(self.heads[mask])]
        programme.add([*group, self.n], factors, -INFINITE, float(self.costs[mask]))

    def _independent(self) -> None:
        """Keep of the fixed groups those that do not follow from earlier ones: equal rows with noise have no solution."""
        kept: list[tuple[int, float]] = []
        basis = np.zeros((0, self.n))
        for mask, amount in self.fixed:
            vector = np.array([float(mask >> i & 1) for i in range(self.n)])
            for _twice in range(2):
                vector = vector - basis.T @ (basis @ vector)
            if np.linalg.norm(vector) > 1e-6:
                kept.append((mask, amount))
                basis = np.vstack([basis, vector / np.linalg.norm(vector)])
        self.fixed = kept
