"""From the order of stops to a timetable: when each van leaves, calls, pauses and returns. No search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from logistics.routing.problem import UNPAUSED, Problem, RoutePlan, Site, StopPlan, Van

Trips: TypeAlias = Sequence[Sequence[Site]]


def timed(problem: Problem, van: Van, trips: Trips) -> RoutePlan:
    """
    The route of a van over its trips: back as early as it can be, away as late as that allows. When that takes more than six
    hours, the driver pauses after the call where that breaks the fewest rules, then takes the least time, then is latest.
    """
    ride = _Ride.over(problem, van, trips)
    clock = ride.best()
    stops, now = [], clock.leaves
    for at, (site, drive, starts) in enumerate(zip(ride.sites, ride.drives, clock.starts, strict=True)):
        pause = van.pause if at == clock.paused_at else 0
        leaves = starts + site.service + pause
        stops.append(StopPlan(site.key, now + drive, starts, leaves, ride.legs[at], ride.trips[at], pause))
        now = leaves
    km = sum(ride.legs) + ride.home_km
    return RoutePlan(
        van=van.key,
        leaves=clock.leaves,
        returns=clock.returns,
        stops=tuple(stops),
        km=km,
        minutes=clock.minutes,
        cost=van.fixed + van.per_km * km + van.per_stop * len(stops) + van.per_hour * clock.minutes / 60,
    )


def broken(problem: Problem, van: Van, trips: Trips) -> tuple[int, int]:
    """By how many minutes these trips miss windows (added up), and the driver's hours or pause. Both 0: in time."""
    clock = _Ride.over(problem, van, trips).best()
    return clock.late, clock.over


def _pinned(problem: Problem, van: Van) -> dict[str, Site]:
    """The stops of a van's standing tours, open at their own minute only."""
    return {
        key: replace(problem.stops[key], opens=start, closes=start)
        for tour in problem.tours
        if tour.van == van.key and tour.starts is not None
        for key, start in zip(tour.sites, tour.starts, strict=True)
        if key in problem.stops
    }


@dataclass(frozen=True)
class _Clock:
    """When a van leaves, starts at each stop and returns, and by how many minutes that breaks windows and hours."""

    leaves: int
    returns: int
    starts: list[int]
    paused_at: int | None
    late: int
    over: int

    @property
    def minutes(self) -> int:
        return self.returns - self.leaves


@dataclass(frozen=True)
class _Ride:
    """The calls of a van one after the other, and the minutes and km of the way to each and home."""

    van: Van
    sites: list[Site]
    trips: list[int]
    drives: list[int]
    legs: list[float]
    home: int
    home_km: float

    @classmethod
    def over(cls, problem: Problem, van: Van, trips: Trips) -> "_Ride":
        pinned = _pinned(problem, van)
        sites: list[Site] = []
        numbers: list[int] = []
        drives: list[int] = []
        legs: list[float] = []
        here = van.at
        for number, trip in enumerate(trip for trip in trips if trip):
            for site in trip:
                way = [here, site.at] if not numbers or numbers[-1] == number else [here, van.at, site.at]
                sites.append(pinned.get(site.key, site))
                numbers.append(number)
                drives.append(sum(int(problem.minutes[leg]) for leg in pairwise(way)))
                legs.append(sum(float(problem.km[leg]) for leg in pairwise(way)))
                here = site.at
        home = here, van.end
        return cls(van, sites, numbers, drives, legs, int(problem.minutes[home]), float(problem.km[home]))

    def best(self) -> _Clock:
        clock = self.clock()
        if not self.van.pause or clock.minutes <= UNPAUSED:
            return clock
        paused = [self.clock(at) for at in range(len(self.sites))]
        return min(paused, key=lambda c: (c.late + c.over, c.minutes, c.returns, -(c.paused_at or 0)))

    def clock(self, paused_at: int | None = None) -> _Clock:
        """The timetable with a pause after service at one stop, or none."""
        van, sites, drives = self.van, self.sites, self.drives
        rests = [site.service for site in sites]
        if paused_at is not None:
            rests[paused_at] += van.pause
        earliest = self._starts(van.available_from, rests)
        latest = earliest[-1] + rests[-1]
        for site, drive, rest, start in zip(sites[::-1], drives[::-1], rests[::-1], earliest[::-1], strict=True):
            # What is late is not made later.
            latest = min(latest - rest, max(site.closes, start)) - drive
        starts = self._starts(latest, rests)
        returns = starts[-1] + rests[-1] + self.home
        late = sum(max(0, start - site.closes) for site, start in zip(sites, starts, strict=True))
        over = max(0, returns - van.available_to, returns - latest - van.longest)
        if paused_at is not None:
            over = max(over, starts[paused_at] + sites[paused_at].service - latest - UNPAUSED)
        return _Clock(latest, returns, starts, paused_at, late, over)

    def _starts(self, clock: int, rests: Iterable[int]) -> list[int]:
        starts = []
        for site, drive, rest in zip(self.sites, self.drives, rests, strict=True):
            starts.append(max(clock + drive, site.opens))
            clock = starts[-1] + rest
        return starts
