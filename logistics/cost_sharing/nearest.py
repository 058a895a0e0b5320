"""
The point nearest to a wish within half-spaces that are named one by one (Goldfarb and Idnani 1983): every step holds the
distance minimal for the half-spaces met so far. Small products only, so that no second core is woken up.
"""

import numpy as np

from logistics.cost_sharing.game import Floats
from logistics.cost_sharing.programmes import Infeasible

FLAT = 1e-9
"""The square of a direction, out of a unit one, that follows from the others."""
AT_MOST_STEPS = 20_000


class Nearest:
    """`point` is the nearest to the wish within all half-spaces held so far."""

    def __init__(self, wish: Floats) -> None:
        self.point = wish.copy()
        # The half-spaces that the point touches, how hard the wish pulls at each, and the inverse of their products.
        self.normals = np.zeros((0, len(wish)))
        self.limits = np.zeros(0)
        self.prices = np.zeros(0)
        self.inverse = np.zeros((0, 0))
        self.always = np.zeros(0, dtype=bool)
        self.steps = 0

    def hold(self, normal: Floats, limit: float, *, equal: bool = False) -> None:
        """
        Move to the nearest point with `normal @ point <= limit` (or exactly, with `equal`) as well. Raises Infeasible when
        there is none.
        """
        length = float(np.linalg.norm(normal))
        normal, limit = normal / length, limit / length
        if equal and normal @ self.point < limit:
            normal, limit = -normal, -limit
        price = 0.0
        along, free = self._split(normal)
        while (above := float(normal @ self.point - limit)) > 0:
            self.steps += 1
            if self.steps > AT_MOST_STEPS:
                raise ArithmeticError("the nearest shares were not found")
            slope = float(free @ free)
            full = above / slope if slope > FLAT else np.inf
            loosens = (along > FLAT) & ~self.always
            steps = np.where(loosens, self.prices / np.where(loosens, along, 1.0), np.inf)
            step = min(full, float(steps.min(initial=np.inf)))
            if step == np.inf:
                raise Infeasible("no shares meet all conditions")
            self.prices = self.prices - step * along
            price += step
            if slope > FLAT:
                self.point = self.point - step * free
            if step == full:
                break
            self._let_go(int(steps.argmin()))
            along, free = self._split(normal)
        self._touch(normal, limit, price, equal, along, float(free @ free))

    def _split(self, normal: Floats) -> tuple[Floats, Floats]:
        """A direction as a sum of the normals held, and what is left of it. Once more on the rest, for the rounding."""
        along = self.inverse @ (self.normals @ normal)
        free = normal - along @ self.normals
        again = self.inverse @ (self.normals @ free)
        return along + again, free - again @ self.normals

    def _touch(self, normal: Floats, limit: float, price: float, equal: bool, along: Floats, slope: float) -> None:
        self.normals = np.vstack([self.normals, normal])
        self.limits = np.append(self.limits, limit)
        self.prices = np.append(self.prices, price)
        self.always = np.append(self.always, equal)
        aside = np.append(along, -1.0)
        self.inverse = np.pad(self.inverse, (0, 1)) + np.outer(aside, aside) / slope
        for _twice in range(2):
            # Back onto the planes that are touched, from where many small steps have led.
            self.point = self.point - (self.inverse @ (self.normals @ self.point - self.limits)) @ self.normals

    def _let_go(self, j: int) -> None:
        keep = np.arange(len(self.prices)) != j
        aside = self.inverse[j, keep]
        self.inverse = self.inverse[np.ix_(keep, keep)] - np.outer(aside, aside) / self.inverse[j, j]
        self.normals, self.limits = self.normals[keep], self.limits[keep]
        self.prices, self.always = self.prices[keep], self.always[keep]
