"""A kind of van, and what every leg and call with it costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.cost_sharing.game import Floats
from logistics.routing.problem import UNPAUSED, Load, Pair, Problem, Site, Van, whole_minutes

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Kind:
    """
    Euro of each leg (`legs[0]` is from the hub, `legs[:, 0]` back, player i is row i + 1), of each call, and of hiring the
    van. `takes` says at whom it may call, `room` what it holds: crates in all, crates per storage class, kg. `minutes` are
    like legs, `service` like calls; the van is free within `hours`, its driver away for `longest` minutes, a `pause`
    included when that is more than six hours; a minute of waiting or pause costs `per_minute`.
    """

    legs: Floats
    calls: Floats
    fixed: float
    takes: Flags
    room: Floats
    per_minute: float
    hours: tuple[int, int]
    longest: int
    pause: int
    minutes: Floats
    service: Floats

    @classmethod
    def of(cls, van: Van, problem: Problem) -> "Kind":
        """Players are the sites of the problem; of one without sites, its pairs, one driven after the other."""
        jobs = problem.sites or problem.pairs
        into = np.array([job.at if isinstance(job, Site) else job.from_at for job in jobs], dtype=int)
        out = np.array([job.at if isinstance(job, Site) else job.to_at for job in jobs], dtype=int)
        km = np.where(np.isfinite(problem.matrix.km), problem.matrix.km, FAR)
        minutes = whole_minutes(problem.matrix).astype(float)
        euro = van.per_km * km + van.per_hour / 60 * minutes
        service = np.array(
            [job.service if isinstance(job, Site) else job.from_service + job.to_service for job in jobs]
        )
        calls = [1 if isinstance(job, Site) else 2 for job in jobs]
        between = np.ix_([van.at, *out], [van.end, *into])
        legs, times = euro[between], minutes[between]
        legs[0, 1:], times[0, 1:] = euro[van.at, into], minutes[van.at, into]
        within = minutes[into, out] * (into != out)
        return cls(
            legs=legs,
            calls=van.per_hour / 60 * service + van.per_stop * np.array(calls) + euro[into, out] * (into != out),
            fixed=van.fixed,
            takes=np.array([job.needs <= van.skills and _holds(van, job) for job in jobs], dtype=bool),
            room=room_of(van),
            per_minute=van.per_hour / 60,
            hours=(van.available_from, van.available_to),
            longest=van.longest,
            pause=van.pause,
            minutes=times,
            service=service + within,
        )

    def cut(self, some: Sequence[int]) -> "Kind":
        """The same with some of the players, in this order."""
        rows = [0, *(i + 1 for i in some)]
        return replace(
            self,
            legs=self.legs[np.ix_(rows, rows)],
            minutes=self.minutes[np.ix_(rows, rows)],
            calls=self.calls[list(some)],
            service=self.service[list(some)],
            takes=self.takes[list(some)],
        )

    def tour(self, stops: Sequence[int]) -> float:
        """Euro of calling at these players in this order, hiring included and waiting not."""
        rows = np.array([0, *(i + 1 for i in stops), 0])
        return float(self.fixed + self.legs[rows[:-1], rows[1:]].sum() + self.calls[list(stops)].sum())

    def waiting(self, stops: Sequence[int], hours: Floats) -> float:
        """Euro of waiting and pausing on a tour within the hours of each player; infinite when they do not allow it."""
        waited = 0.0
        begins = max(hours[stops[0], 0], self.hours[0] + self.minutes[0, stops[0] + 1])
        leaves = begins - self.minutes[0, stops[0] + 1]
        for before, stop in pairwise(stops):
            arrives = begins + self.service[before] + self.minutes[before + 1, stop + 1]
            if begins > hours[before, 1]:
                return np.inf
            begins = max(arrives, hours[stop, 0])
            waited += begins - arrives
        if begins > hours[stops[-1], 1]:
            return np.inf
        ends = begins + self.service[stops[-1]] + self.minutes[stops[-1] + 1, 0]
        return self.per_minute * waited + float(self.returns(np.array(leaves), np.array(ends)))

    def returns(self, leaves: Floats, ends: Floats) -> Floats:
        """Euro of the pause on tours of these minutes, and infinite where the van is not back in time."""
        pause = np.where(ends - leaves > UNPAUSED, self.pause, 0)
        late = (ends + pause > self.hours[1]) | (ends + pause - leaves > self.longest)
        costs: Floats = np.where(late | ~np.isfinite(ends), np.inf, self.per_minute * pause)
        return costs


FAR = 1e6
"""Km to where no road leads."""


def room_of(van: Van) -> Floats:
    return np.array([van.total_crates, *van.capacity, van.kg], dtype=float)


def load_of(load: Load) -> Floats:
    return np.array([load.total, *load.crates, load.kg], dtype=float)


def _holds(van: Van, job: Site | Pair) -> bool:
    return isinstance(job, Site) or bool((load_of(job.load) <= room_of(van)).all())
