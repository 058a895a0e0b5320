"""
The Shapley value of many players, estimated: the additive game that fits sampled groups best, each weighed as it counts in
the value (Lundberg and Lee 2017). Groups of one and of all but one are all taken; the others are drawn in pairs, a group
and all who are not in it (Covert and Lee 2021).
"""

from collections.abc import Callable

import numpy as np

from logistics.cost_sharing.game import Floats

BATCHES = 10
GROUPS = 8000
"""Pairs of groups that are drawn."""


def estimated_shapley(
    cost: Callable[[frozenset[int]], float], n: int, total: float, seed: int
) -> tuple[Floats, Floats]:
    """
    Shares that add up to `total`, and the standard error of each: how far the fits of ten parts of the draw differ. Costs
    may be rough: the shares are those of the rough game, stretched to the total.
    """
    draw = np.random.default_rng(seed)
    everybody = frozenset(range(n))
    whole = cost(everybody)
    sizes = np.arange(2, n - 1)
    chances = 1 / (sizes * (n - sizes))
    # The weight of all groups of a size is (n - 1) / (size * (n - size)); that of one is its part.
    ends = [frozenset([i]) for i in range(n)]
    known = np.array([*(cost(group) for group in ends), *(cost(everybody - group) for group in ends)])
    members = np.vstack([np.eye(n), 1 - np.eye(n)])
    weights = np.full(2 * n, 1 / n / (n - 1))
    drawn = np.zeros((GROUPS, n))
    for row, size in enumerate(draw.choice(sizes, GROUPS, p=chances / chances.sum())):
        drawn[row, draw.choice(n, size, replace=False)] = 1.0
    pairs = np.array([[cost(frozenset(np.flatnonzero(half).tolist())) for half in (row, 1 - row)] for row in drawn])

    def fit(some: slice) -> Floats:
        rows, costs = drawn[some], pairs[some]
        x = np.vstack([members, rows, 1 - rows])
        y = np.concatenate([known, costs[:, 0], costs[:, 1]])
        w = np.concatenate([weights, np.full(2 * len(rows), chances.sum() / (2 * len(rows)))])
        # Least squares with the sum held at the whole: its price is one more unknown.
        system = np.ones((n + 1, n + 1))
        system[:n, :n], system[n, n] = x.T @ (w[:, None] * x), 0.0
        return np.asarray(np.linalg.solve(system, np.append(x.T @ (w * y), whole))[:n])

    shares = fit(slice(None))
    parts = np.array([fit(slice(batch, None, BATCHES)) for batch in range(BATCHES)])
    stretch = total / whole if whole else 1.0
    return stretch * shares, abs(stretch) * parts.std(axis=0, ddof=1) / np.sqrt(BATCHES)
