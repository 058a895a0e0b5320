"""A problem as PyVRP knows it, in whole numbers, and its solutions as trips of calls again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyvrp
from numpy.typing import NDArray

from logistics.routing.problem import UNPAUSED, UNREACHABLE, Job, Load, Pair, Problem, Scale, Site, Van
from logistics.routing.remedies import dimensions

Ints: TypeAlias = NDArray[np.int64]
Drawn: TypeAlias = dict[str, list[list[Site]]]
"""The trips of each van that drives, by its key."""


@dataclass(frozen=True, eq=False)
class Model:
    """
    Jobs and vans as PyVRP knows them. Vans in `short` come back within the six hours that need no pause. Every call has a
    location of its own, since what a van is paid per stop is in the distance to it.
    """

    problem: Problem
    jobs: Sequence[Job]
    vans: Sequence[Van]
    short: frozenset[str]
    scale: Scale

    @cached_property
    def sites(self) -> list[Site]:
        return [job for job in self.jobs if isinstance(job, Site)]

    @cached_property
    def pairs(self) -> list[Pair]:
        return [job for job in self.jobs if isinstance(job, Pair)]

    @cached_property
    def calls(self) -> list[Site]:
        return [*self.sites, *(stop for pair in self.pairs for stop in pair.stops)]

    @cached_property
    def fleet(self) -> list[list[Van]]:
        """Vans that differ only by key are one type: the solver need not try them one by one."""
        types: dict[tuple[object, ...], list[Van]] = {}
        for van in self.vans:
            traits = (self._longest(van), *(value for name, value in vars(van).items() if name != "key"))
            types.setdefault(traits, []).append(van)
        return list(types.values())

    def _longest(self, van: Van) -> int:
        """Minutes on the road, without the pause."""
        if not van.pause or van.longest <= UNPAUSED:
            return van.longest
        return UNPAUSED if van.key in self.short else max(UNPAUSED, van.longest - van.pause)

    @cached_property
    def depots(self) -> list[int]:
        return sorted({row for van in self.vans for row in (van.at, van.end)})

    @cached_property
    def dearest(self) -> float:
        """Euro: more than any detour or waiting for one call could cost."""
        rows = self.depots + [call.at for call in self.calls]
        km = self.problem.km[np.ix_(rows, rows)]
        furthest = float(np.max(km, where=km < UNREACHABLE, initial=0.0))
        return 1 + max(
            van.fixed
            + 2 * furthest * van.per_km
            + 2 * van.per_stop
            + van.per_hour * max(0, van.available_to - van.available_from) / 60
            for van in self.vans
        )

    @cached_property
    def prizes(self) -> dict[str, int]:
        """What leaving out each job costs: its prize, else more than any detour, and as much again for its crates."""
        crates = {job.key: sum(load.total for load in loads_of(job)) for job in self.jobs}
        mean = sum(crates.values()) / len(crates) or 1
        euro = {
            job.key: self.dearest * (1 + crates[job.key] / mean) if job.prize is None else job.prize
            for job in self.jobs
        }
        return {key: round(self.scale.per_euro * amount) for key, amount in euro.items()}

    @property
    def highest(self) -> int:
        """What the dearest job costs to leave out."""
        return max(round(self.scale.per_euro * self.dearest), *self.prizes.values())

    def data(self, *, optional: bool) -> pyvrp.ProblemData:
        """`optional`: every job may be left out for its prize; else only those with a prize of their own."""
        rows = np.array(self.depots + [call.at for call in self.calls])
        cut = np.ix_(rows, rows)
        km: Ints = np.rint(self.problem.km[cut] * self.scale.per_km).astype(np.int64)
        minutes: Ints = self.problem.minutes[cut]
        np.fill_diagonal(km, 0)
        np.fill_diagonal(minutes, 0)
        per_stop = sorted({self._per_stop(vans[0]) for vans in self.fleet})
        home, first_pair = len(self.depots), len(self.depots) + len(self.sites)
        needs = sorted({need for job in self.jobs for need in job.needs})
        needed = self._binding(needs)

        def amounts(load: Load, job: Job | None = None) -> list[int]:
            everything = (*dimensions(load), *(int(job is not None and need in job.needs) for need in needs))
            return [everything[i] for i in needed]

        def terms(job: Job) -> dict[str, Any]:
            return {"prize": self.prizes[job.key], "required": not optional and job.prize is None}

        # PyVRP's stubs know no shapes of arrays.
        distances: Any = [self._with_stops(km, units) for units in per_stop]
        durations: Any = [minutes for _ in per_stop]
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in rows],
            clients=[
                pyvrp.Client(
                    location=home + n,
                    delivery=amounts(site.deliver, site),
                    pickup=amounts(site.collect),
                    service_duration=site.service,
                    tw_early=max(0, site.opens),
                    tw_late=site.closes,
                    **terms(site),
                )
                for n, site in enumerate(self.sites)
            ],
            shipments=[
                pyvrp.Shipment(
                    pickup_location=first_pair + 2 * n,
                    delivery_location=first_pair + 2 * n + 1,
                    pickup_tw_early=max(0, pair.from_opens),
                    pickup_tw_late=pair.from_closes,
                    pickup_service_duration=pair.from_service,
                    delivery_tw_early=max(0, pair.to_opens),
                    delivery_tw_late=pair.to_closes,
                    delivery_service_duration=pair.to_service,
                    amount=amounts(pair.load, pair),
                    **terms(pair),
                )
                for n, pair in enumerate(self.pairs)
            ],
            depots=[pyvrp.Depot(location=n) for n in range(home)],
            vehicle_types=[self._vehicle_type(vans, needs, needed, per_stop) for vans in self.fleet],
            distance_matrices=distances,
            duration_matrices=durations,
        )

    def _with_stops(self, km: Ints, units: int) -> Ints:
        if not units:
            return km
        dearer = km.copy()
        dearer[:, len(self.depots) :] += units
        np.fill_diagonal(dearer, 0)
        return dearer

    def _per_km(self, van: Van) -> int:
        # Where km cost nothing (a volunteer's van), the shorter round is still the better one.
        return max(1, round(van.per_km * self.scale.per_euro / self.scale.per_km))

    def _per_stop(self, van: Van) -> int:
        return round(van.per_stop * self.scale.per_euro / self._per_km(van))

    def _vehicle_type(
        self, vans: list[Van], needs: list[str], needed: list[int], per_stop: list[int]
    ) -> pyvrp.VehicleType:
        van = vans[0]
        room = self._room(van, needs)
        return pyvrp.VehicleType(
            num_available=len(vans),
            capacity=[room[i] for i in needed],
            start_depot=self.depots.index(van.at),
            end_depot=self.depots.index(van.end),
            fixed_cost=round(van.fixed * self.scale.per_euro),
            tw_early=max(0, van.available_from),
            tw_late=van.available_to,
            shift_duration=self._longest(van),
            unit_distance_cost=self._per_km(van),
            unit_duration_cost=round(van.per_hour * self.scale.per_euro / 60),
            profile=per_stop.index(self._per_stop(van)),
            reload_depots=[self.depots.index(van.at)] if van.reloads else [],
            max_reloads=van.reloads,
        )

    def _room(self, van: Van, needs: list[str]) -> tuple[int, ...]:
        """A skill is a load dimension of which a van that lacks it carries nothing."""
        return (*van.capacity, van.total_crates, van.kg, *(len(self.jobs) * (need in van.skills) for need in needs))

    def _binding(self, needs: list[str]) -> list[int]:
        """
        The load dimensions to plan with: of those in which some van cannot take everything at once, those that no other one
        implies, as crates in all imply each class of which a van takes as many. The rest only slow the search down.
        """
        loads = [
            (*dimensions(load), *(int(n == 0 and need in job.needs) for need in needs))
            for job in self.jobs
            for n, load in enumerate(loads_of(job))
        ]
        rooms = [self._room(vans[0], needs) for vans in self.fleet]
        totals = [sum(amounts) for amounts in zip(*loads, strict=True)]
        binding = [i for i, total in enumerate(totals) if total > min(room[i] for room in rooms)]
        for weaker in binding.copy():
            if any(
                other != weaker
                and all(load[other] >= load[weaker] for load in loads)
                and all(room[other] <= room[weaker] for room in rooms)
                for other in binding
            ):
                binding.remove(weaker)
        return binding

    def trips(self, solution: pyvrp.Solution) -> Drawn:
        """Trips per key of the vans that drive."""
        drawn: Drawn = {}
        idle = [list(vans) for vans in self.fleet]
        for route in solution.routes():
            trips: list[list[Site]] = [[] for _ in range(route.num_trips())]
            for activity in route.schedule():
                if activity.is_client():
                    trips[activity.trip].append(self.sites[activity.idx])
                elif activity.is_pickup() or activity.is_delivery():
                    trips[activity.trip].append(self.pairs[activity.idx].stops[activity.is_delivery()])
            if trips := [trip for trip in trips if trip]:
                drawn[idle[route.vehicle_type()].pop(0).key] = trips
        return drawn


def cost_of(solution: pyvrp.Solution, scale: Scale) -> float:
    """Euro that the routes of a solution cost, as precise as the scale."""
    return (solution.fixed_vehicle_cost() + solution.distance_cost() + solution.duration_cost()) / scale.per_euro


def loads_of(job: Job) -> tuple[Load, ...]:
    """What a job puts on board, now or before."""
    return (job.load,) if isinstance(job, Pair) else (job.collect, job.deliver)
