"""What the rest of a tour can gain at best, by last stop and room left: the bounds that keep the exact search small."""

from dataclasses import dataclass

import numpy as np

from logistics.cost_sharing.game import Floats, Ints


@dataclass(frozen=True)
class Completions:
    """
    For a room (of the stop itself and what follows) and a stop: the least price of the way from the stop on, its own call
    included, the stop it goes to next, and the least price of a way that goes to another one.
    """

    best: Floats
    towards: Ints
    second: Floats

    def bound(self, room: Ints, stop: Ints, not_to: Ints) -> Floats:
        """The least price from `stop` on within `room` that does not go straight back to `not_to`."""
        straight = self.towards[room, stop] == not_to
        back = straight & (not_to >= 0)
        found: Floats = np.where(back, self.second[room, stop], self.best[room, stop])
        return found


def circling(legs: Floats, calls: Floats, fixed: float, crates: Ints, room: int) -> Completions:
    """
    Of tours that may call twice, only not there and straight back (Christofides, Mingozzi and Toth 1981). `legs` are those
    of the way back: from the end of the tour to its beginning.
    """
    n = len(calls)
    best = np.full((room + 1, n), np.inf)
    second = np.full((room + 1, n), np.inf)
    towards = np.full((room + 1, n), -1)
    between = legs[1:, 1:].T + np.where(np.eye(n), np.inf, 0.0)
    stops = np.arange(n)
    for left in range(room + 1):
        after = left - crates
        fits = after >= 0
        # candidates[j, i]: from j to i next, with what room is left after j
        rows = np.maximum(after, 0)[:, None]
        back = towards[rows, stops] == stops[:, None]
        on = between + np.where(back, second[rows, stops], best[rows, stops])
        ways = np.concatenate([on, (legs[0, 1:] + fixed)[:, None]], axis=1)
        first = ways.argmin(axis=1)
        best[left] = np.where(fits, ways[stops, first] + calls, np.inf)
        towards[left] = np.where(first < n, first, -1)
        ways[stops, first] = np.inf
        second[left] = np.where(fits, ways.min(axis=1) + calls, np.inf)
    return Completions(best, towards, second)


def completions(last: Ints, before: Ints, load: Ints, cost: Floats, n: int, room: int) -> Completions:
    """The same from the labels of a search in the other direction: `before` is where their way goes next."""
    best = np.full((room + 1, n), np.inf)
    second = np.full((room + 1, n), np.inf)
    towards = np.full((room + 1, n), -1)
    order = np.lexsort((cost, load, last))
    last, before, load, cost = last[order], before[order], load[order], cost[order]
    cell = load * n + last
    new = np.diff(cell, prepend=-1) != 0
    best.ravel()[cell[new]] = cost[new]
    towards.ravel()[cell[new]] = before[new]
    other = before != towards.ravel()[cell]
    np.minimum.at(second.ravel(), cell[other], cost[other])
    for left in range(1, room + 1):
        # Whatever fits in less room fits in this.
        less, there, other = best[left - 1], towards[left - 1], second[left - 1]
        wins = less < best[left]
        apart = np.where(wins, np.minimum(other, best[left]), np.minimum(second[left], less))
        second[left] = np.where(there == towards[left], np.minimum(second[left], other), apart)
        towards[left] = np.where(wins, there, towards[left])
        best[left] = np.where(wins, less, best[left])
    return Completions(best, towards, second)
