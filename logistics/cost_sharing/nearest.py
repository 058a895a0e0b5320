"""
The point nearest to a wish within half-spaces that are named one by one (Goldfarb and Idnani 1983): every step holds the
distance minimal for the half-spaces met so far, so that later ones are added without starting anew.
"""

import numpy as np

from logistics.cost_sharing.game import Floats
from logistics.cost_sharing.programmes import Infeasible

FLAT = 1e-9
"""A direction shorter than this, of a unit one, follows from the others."""
AT_MOST_STEPS = 20_000


class Nearest:
    """`point` is the nearest to `wish` within all half-spaces held; `held` names those that touch it."""

    def __init__(self, wish: Floats) -> None:
        self.wish = wish
        self.point = wish.copy()
        self.normals = np.zeros((0, len(wish)))
        self.limits = np.zeros(0)
        self.prices = np.zeros(0)
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
        while (above := float(normal @ self.point - limit)) > 0:
            self.steps += 1
            if self.steps > AT_MOST_STEPS:
                raise ArithmeticError("the nearest shares were not found")
            along = np.linalg.lstsq(self.normals.T, normal, rcond=None)[0] if len(self.normals) else np.zeros(0)
            free = normal - along @ self.normals
            slope = float(free @ free)
            full = above / slope if slope > FLAT**2 else np.inf
            loosens = (along > FLAT) & ~self.always
            steps = np.where(loosens, self.prices / np.where(loosens, along, 1.0), np.inf)
            step = min(full, float(steps.min(initial=np.inf)))
            if step == np.inf:
                raise Infeasible("no shares meet all conditions")
            self.prices = self.prices - step * along
            price += step
            if slope > FLAT**2:
                self.point = self.point - step * free
            if step == full:
                break
            self._drop(int(steps.argmin()))
        self.normals = np.vstack([self.normals, normal])
        self.limits = np.append(self.limits, limit)
        self.prices = np.append(self.prices, price)
        self.always = np.append(self.always, equal)
        self._polish()

    def _drop(self, j: int) -> None:
        keep = np.arange(len(self.prices)) != j
        self.normals, self.limits = self.normals[keep], self.limits[keep]
        self.prices, self.always = self.prices[keep], self.always[keep]

    def _polish(self) -> None:
        """Back onto the planes that are touched: what many small steps add up to in rounding."""
        off = np.linalg.lstsq(self.normals, self.normals @ self.point - self.limits, rcond=None)[0]
        self.point = self.point - off
