"""A kind of van, and what every leg and call with it costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from logistics.cost_sharing.game import Floats


@dataclass(frozen=True, eq=False)
class Kind:
    """
    Euro of each leg (`legs[0]` and `legs[:, 0]` are the hub, player i is row i + 1), of each call, and of hiring the van.
    `room` per load: crates in all, crates per storage class, kg. `minutes` like legs, `service` like calls; the van is free
    within `hours`, and a minute of waiting costs `per_minute`.
    """

    legs: Floats
    calls: Floats
    fixed: float
    room: Floats
    per_minute: float
    hours: tuple[int, int]
    minutes: Floats
    service: Floats

    def cut(self, some: Sequence[int]) -> "Kind":
        """The same with some of the players, in this order."""
        rows = [0, *(i + 1 for i in some)]
        return replace(
            self,
            legs=self.legs[np.ix_(rows, rows)],
            minutes=self.minutes[np.ix_(rows, rows)],
            calls=self.calls[list(some)],
            service=self.service[list(some)],
        )

    def tour(self, stops: Sequence[int]) -> float:
        """Euro of calling at these players in this order, hiring included and waiting not."""
        rows = np.array([0, *(i + 1 for i in stops), 0])
        return float(self.fixed + self.legs[rows[:-1], rows[1:]].sum() + self.calls[list(stops)].sum())

    def in_time(self, i: int, opens: float, closes: float) -> bool:
        """Whether one player can be called at within her hours and the van's."""
        begins = max(opens, self.hours[0] + self.minutes[0, i + 1])
        return bool(begins <= closes and begins + self.service[i] + self.minutes[i + 1, 0] <= self.hours[1])
