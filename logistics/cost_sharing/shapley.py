"""Shapley value: what each adds to the cost, averaged over all orders in which the players could join."""

from math import factorial

import numpy as np

from logistics.cost_sharing.game import Floats, sums


def shapley(costs: Floats) -> Floats:
    """Exact, for a table of all costs by bitmask (Shapley 1953). The shares add up to the cost of everyone."""
    n = len(costs).bit_length() - 1
    chances = np.array([factorial(size) * factorial(n - 1 - size) / factorial(n) for size in range(n)])
    sizes = sums(np.ones(n)).astype(int)
    shares = np.zeros(n)
    for i in range(n):
        by_bit = costs.reshape(-1, 2, 1 << i)
        added = by_bit[:, 1] - by_bit[:, 0]
        shares[i] = (chances[sizes.reshape(-1, 2, 1 << i)[:, 0]] * added).sum()
    return shares
