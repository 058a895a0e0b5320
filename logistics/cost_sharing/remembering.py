"""
Cheapest ways by load, last stop and which near stops were called at (ng-routes, Baldacci, Mingozzi and Roberti 2011): all
of them, load by load, in dense tables. What they cost bounds what other searches can still gain.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from logistics.cost_sharing.bounds import Completions
from logistics.cost_sharing.game import Floats, Ints

AT_MOST_TRACED = 4_000


class Ways:
    """
    From the hub over `legs` to every last stop, each call counted in `calls`; only those that can still gain more than
    `least`, by the bounds `ends` of the rest. `near[i]` are the stops that a way at i remembers, i itself first.
    """

    def __init__(
        self, legs: Floats, calls: Floats, crates: Ints, room: int, near: Ints, ends: Completions, least: float
    ) -> None:
        n, k = near.shape
        self.n, self.size = n, 1 << (k - 1)
        self.crates, self.near = crates, near
        self.cost = np.full((room + 1, n, self.size), np.inf)
        self.parent = np.full((room + 1, n, self.size), -1, dtype=np.int64)
        flat, parent = self.cost.reshape(-1), self.parent.reshape(-1)
        into = _into(near.tobytes(), n)
        fewest = np.full((n, self.size), np.inf)
        stops = np.arange(n)
        fits = crates <= room
        self.cost[crates[fits], stops[fits], 0] = (legs[0, 1:] + calls)[fits]
        between = legs[1:, 1:] + calls
        for load in range(room + 1):
            here = self.cost[load]
            here[here >= fewest] = np.inf
            last, memory = np.nonzero(np.isfinite(here))
            if not len(last):
                continue
            fewest = self._spread(np.minimum(fewest, here))
            after = load + crates
            rest = ends.best[np.maximum(room - load, 0), stops]
            back = (ends.towards[room - load, stops][None, :] == stops[:, None]) & (stops[:, None] >= 0)
            rest = np.where(back, ends.second[room - load, stops], rest) - calls
            rest[:, after > room] = np.inf
            longer = here[last, memory][:, None] + between[last]
            to = into[last, :, memory]
            row, stop = np.nonzero((longer + rest[last] < -least) & (to >= 0))
            value = longer[row, stop]
            target = (after[stop] * n + stop) * self.size + to[row, stop]
            np.minimum.at(flat, target, value)
            won = flat[target] == value
            parent[target[won]] = ((load * n + last[row[won]]) * self.size) + memory[row[won]]

    def _spread(self, fewest: Floats) -> Floats:
        """A way that remembers less is at least as good: the least over all that each memory holds."""
        for bit in range(self.size.bit_length() - 1):
            by_bit = fewest.reshape(self.n, -1, 2, 1 << bit)
            by_bit[:, :, 1] = np.minimum(by_bit[:, :, 1], by_bit[:, :, 0])
        return fewest

    def completions(self, fixed: float) -> Completions:
        """What a search the other way round can gain at best: from each stop, its own call included, by the room left."""
        best = np.minimum.accumulate(self.cost.min(axis=2), axis=0) + fixed
        return Completions(best, np.full(best.shape, -1), best)

    def tours(self, back: Floats, least: float) -> tuple[list[tuple[int, ...]], bool]:
        """
        The tours that gain more than `least` when closed at `back` from every last stop, and call nowhere twice; best first.
        And whether there are others, that do call twice.
        """
        closed = (self.cost + back[:, None]).reshape(-1)
        state = np.flatnonzero(closed < -least)
        state = state[np.lexsort((state, closed[state]))][:AT_MOST_TRACED]
        some = bool(len(state))
        parent = self.parent.reshape(-1)
        ways: list[Ints] = []
        called = np.zeros((len(state), self.n), dtype=bool)
        rows = np.arange(len(state))
        while len(rows):
            stop = np.where(state >= 0, state // self.size % self.n, -1)
            on = state >= 0
            simple = ~on | ~called[rows, stop]
            state, rows, stop, on = state[simple], rows[simple], stop[simple], on[simple]
            ways = [way[simple] for way in ways] + [stop]
            if not on.any():
                break
            called[rows[on], stop[on]] = True
            state = np.where(on, parent[state], -1)
        found = np.array(ways[::-1]).T if ways else np.zeros((0, 0), dtype=int)
        return [tuple(int(stop) for stop in way if stop >= 0) for way in found], some


@lru_cache(maxsize=4)
def _into(remembered: bytes, n: int) -> NDArray[np.int16]:
    """
    `[i, j, m]`: what a way at i with memory m remembers when it goes on to j, or -1 when it remembers j. It follows from who is
    near alone (`Ways`, as bytes), so it is kept from search to search.
    """
    near = np.frombuffer(remembered, dtype=np.int64).reshape(n, -1)
    k = near.shape[1]
    place = np.full((n, n), -1)
    place[np.arange(n)[:, None], near] = np.arange(k)
    masks = np.arange(1 << (k - 1))
    into = np.zeros((n, n, len(masks)), dtype=np.int16)
    for slot in range(k):
        # The stop in this slot of i, where j keeps it, and whether it was called at: i itself always.
        kept = place[:, near[:, slot]].T
        called = masks >= 0 if slot == 0 else (masks >> (slot - 1) & 1) == 1
        bit = np.where(kept > 0, 1 << np.maximum(kept - 1, 0), 0).astype(np.int16)
        into |= np.where(called, bit[:, :, None], 0)
    for i in range(n):
        into[i, i] = -1
        for slot in range(1, k):
            into[i, near[i, slot], (masks >> (slot - 1) & 1) == 1] = -1
    return into
