"""From a problem to a plan. The only module that knows PyVRP: its interface moves between versions."""

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import PerturbationParams
from pyvrp.stop import MaxIterations

from logistics.routing.problem import (
    STORAGE_CLASSES,
    UNREACHABLE,
    Load,
    Plan,
    Problem,
    Reason,
    RoutePlan,
    Site,
    StopPlan,
    Unplanned,
    Van,
    whole_minutes,
)

# The solver works in whole numbers and finds bad plans when they are too fine: 1e-3 euro, 100 m, minutes.
UNITS_PER_EURO = 1000
UNITS_PER_KM = 10
# Times the highest prize. These, the history and the perturbations were tuned for 500 iterations on days of 14 to 34 stops.
PENALTIES = (0.4, 4.0, 400.0)

_LADDER: tuple[Reason, ...] = ("storage", "capacity", "window", "hours")

Trips = list[list[Site]]


def plan(problem: Problem, *, iterations: int = 500, seed: int = 1) -> Plan:
    """
    The cheapest plan found for the sites of a problem. The same problem, iterations and seed give the same plan.

    Sites that no van could take even alone are reported with the reason; the others are planned. When the vans are too
    few, the plan leaves out as little as it can, stops and crates weighing equally, and reports it as `left_out`. Every
    route returns as early as it can, and leaves as late as that allows.
    """
    minutes = whole_minutes(problem.matrix)
    reasons = {site.key: reason for site in problem.sites if (reason := _hopeless(site, problem.vans, minutes))}
    sites = [site for site in problem.sites if site.key not in reasons]
    routes = _solve(problem, sites, minutes, iterations, seed) if sites and problem.vans else {}
    planned = {site.key for trips in routes.values() for trip in trips for site in trip}
    plans = [_timed(problem, van, routes[van.key], minutes) for van in problem.vans if van.key in routes]
    return Plan(
        routes=tuple(plans),
        unplanned=tuple(
            Unplanned(site.key, reasons.get(site.key, "left_out")) for site in problem.sites if site.key not in planned
        ),
        cost=sum(route.cost for route in plans),
        km=sum(route.km for route in plans),
    )


def _hopeless(site: Site, vans: Sequence[Van], minutes: NDArray[np.int64]) -> Reason | None:
    """Why no van could do this site alone; the reason of the van that comes closest. None when one could."""
    if site.closes < site.opens:
        return "window"
    steps = [_first_hurdle(site, van, minutes) for van in vans]
    if not steps or len(_LADDER) in steps:
        return None
    return _LADDER[max(steps)]


def _first_hurdle(site: Site, van: Van, minutes: NDArray[np.int64]) -> int:
    """The step of the ladder on which this van fails for this site; the length of the ladder when it does not."""
    start = max(site.opens, van.available_from + int(minutes[van.at, site.at]))
    back = start + site.service + int(minutes[site.at, van.at])
    wanted = (site.collect, site.deliver)
    hurdles = (
        any(crates and not room for load in wanted for crates, room in zip(load.crates, van.capacity, strict=True)),
        not all(_fits(load, van) for load in wanted),
        start > site.closes,
        back > van.available_to,
    )
    return hurdles.index(True) if True in hurdles else len(_LADDER)


def _fits(load: Load, van: Van) -> bool:
    return (
        all(crates <= room for crates, room in zip(load.crates, van.capacity, strict=True))
        and load.total <= van.total_crates
        and load.kg <= van.kg
    )


def _solve(
    problem: Problem, sites: list[Site], minutes: NDArray[np.int64], iterations: int, seed: int
) -> dict[str, Trips]:
    """Trips per key of the vans that drive."""
    fleet = _alike(problem.vans)
    prizes = _prizes(problem, sites)
    data = _data(problem, sites, fleet, minutes, prizes)
    best = _search(data, max(prizes), iterations, seed)
    routes: dict[str, Trips] = {}
    idle = [list(vans) for vans in fleet]
    for route in best.routes():
        trips: Trips = [[] for _ in range(route.num_trips())]
        for activity in route.schedule():
            if activity.is_client():
                trips[activity.trip].append(sites[activity.idx])
        if trips := [trip for trip in trips if trip]:
            routes[idle[route.vehicle_type()].pop(0).key] = trips
    return routes


class _Best(pyvrp.IteratedLocalSearchCallbacks):
    """Keeps the best solution that breaks no rule, also when the search is broken off."""

    def __init__(self, data: pyvrp.ProblemData) -> None:
        self.free = pyvrp.CostEvaluator([0.0] * data.num_load_dimensions, 0.0, 0.0)
        self.solution = pyvrp.Solution(data, [])

    def on_best(self, best: pyvrp.Solution) -> None:
        if best.is_feasible() and self.free.cost(best) < self.free.cost(self.solution):
            self.solution = best

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        self.on_best(ils.initial_solution)


def _search(data: pyvrp.ProblemData, prize: int, iterations: int, seed: int) -> pyvrp.Solution:
    """
    The best solution found that breaks no rule: the empty one if there is no better.

    A broken rule costs a penalty per crate, kg or minute. Low ones let the search pass through broken rules to better
    plans, but when they stay below the highest prize it may stay there: then PyVRP warns (PenaltyBoundWarning) or finds
    nothing, and the search goes on from the best so far with dearer penalties.
    """
    best = _Best(data)
    for factor in PENALTIES:
        params = pyvrp.SolveParams(
            ils=pyvrp.IteratedLocalSearchParams(history_length=20, callbacks=best),
            penalty=pyvrp.PenaltyParams(solutions_between_updates=20, max_penalty=factor * prize),
            perturbation=PerturbationParams(1, 10),
        )
        start = best.solution if best.solution.num_routes() else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", PenaltyBoundWarning)
                pyvrp.solve(data, MaxIterations(iterations), seed, False, False, params, start)
        except PenaltyBoundWarning:
            continue
        if best.solution.num_routes():
            break
    return best.solution


def _alike(vans: Sequence[Van]) -> list[list[Van]]:
    """Vans that differ only by key are one type: the solver need not try them one by one."""
    types: dict[tuple[object, ...], list[Van]] = {}
    for van in vans:
        if van.available_from <= van.available_to:
            traits = tuple(value for name, value in vars(van).items() if name != "key")
            types.setdefault(traits, []).append(van)
    return list(types.values())


def _prizes(problem: Problem, sites: list[Site]) -> list[int]:
    """What leaving out each site costs: more than any detour or waiting could, and as much again for its crates."""
    furthest = float(np.max(problem.matrix.km, where=np.isfinite(problem.matrix.km), initial=0.0))
    dearest = 1 + max(
        van.fixed + 2 * furthest * van.per_km + van.per_hour * max(0, van.available_to - van.available_from) / 60
        for van in problem.vans
    )
    crates = [site.collect.total + site.deliver.total for site in sites]
    mean = sum(crates) / len(crates) or 1
    return [round(UNITS_PER_EURO * dearest * (1 + amount / mean)) for amount in crates]


def _data(
    problem: Problem, sites: list[Site], fleet: list[list[Van]], minutes: NDArray[np.int64], prizes: list[int]
) -> pyvrp.ProblemData:
    depots = sorted({vans[0].at for vans in fleet})
    needed = _binding(sites, fleet)
    km = np.where(np.isfinite(problem.matrix.km), problem.matrix.km, UNREACHABLE)
    distances: Any = np.rint(km * UNITS_PER_KM).astype(np.int64)
    durations: Any = minutes.copy()
    np.fill_diagonal(distances, 0)
    np.fill_diagonal(durations, 0)
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(len(problem.matrix))],
        clients=[
            pyvrp.Client(
                location=site.at,
                delivery=[_dimensions(site.deliver)[i] for i in needed],
                pickup=[_dimensions(site.collect)[i] for i in needed],
                service_duration=site.service,
                tw_early=max(0, site.opens),
                tw_late=site.closes,
                prize=prize,
                required=False,
            )
            for site, prize in zip(sites, prizes, strict=True)
        ],
        depots=[pyvrp.Depot(location=at) for at in depots],
        vehicle_types=[_vehicle_type(vans, depots.index(vans[0].at), needed) for vans in fleet],
        distance_matrices=[distances],
        duration_matrices=[durations],
    )


def _vehicle_type(vans: list[Van], depot: int, needed: list[int]) -> pyvrp.VehicleType:
    van = vans[0]
    capacity = (*van.capacity, van.total_crates, van.kg)
    return pyvrp.VehicleType(
        num_available=len(vans),
        capacity=[capacity[i] for i in needed],
        start_depot=depot,
        end_depot=depot,
        fixed_cost=round(van.fixed * UNITS_PER_EURO),
        tw_early=max(0, van.available_from),
        tw_late=van.available_to,
        # Where km cost nothing (a volunteer's van), the shorter round is still the better one.
        unit_distance_cost=max(1, round(van.per_km * UNITS_PER_EURO / UNITS_PER_KM)),
        unit_duration_cost=round(van.per_hour * UNITS_PER_EURO / 60),
        reload_depots=[depot] if van.reloads else [],
        max_reloads=van.reloads,
    )


def _dimensions(load: Load) -> tuple[int, ...]:
    return (*load.crates, load.total, load.kg)


def _binding(sites: list[Site], fleet: list[list[Van]]) -> list[int]:
    """The load dimensions in which some van cannot take everything at once: the others only slow the search down."""
    loads = [_dimensions(load) for site in sites for load in (site.collect, site.deliver)]
    rooms = [(*vans[0].capacity, vans[0].total_crates, vans[0].kg) for vans in fleet]
    return [
        i for i in range(len(STORAGE_CLASSES) + 2) if sum(load[i] for load in loads) > min(room[i] for room in rooms)
    ]


def _timed(problem: Problem, van: Van, trips: Trips, minutes: NDArray[np.int64]) -> RoutePlan:
    """The route of a van over its trips: back as early as it can be, away as late as that allows."""
    calls = [(number, site) for number, trip in enumerate(trips) for site in trip]
    drives, legs = [], []
    for (before, previous), (number, site) in zip([(0, None), *calls], calls, strict=False):
        way = [previous.at, van.at, site.at] if previous and number != before else [(previous or van).at, site.at]
        drives.append(sum(int(minutes[a, b]) for a, b in pairwise(way)))
        legs.append(sum(float(problem.matrix.km[a, b]) for a, b in pairwise(way)))
    home = calls[-1][1].at, van.at

    def forth(leaves: int) -> list[StopPlan]:
        stops, clock = [], leaves
        for (number, site), drive, km in zip(calls, drives, legs, strict=True):
            starts = max(clock + drive, site.opens)
            stops.append(StopPlan(site.key, clock + drive, starts, starts + site.service, km, number))
            clock = starts + site.service
        return stops

    latest = forth(van.available_from)[-1].leaves
    for (_number, site), drive in zip(reversed(calls), reversed(drives), strict=True):
        latest = min(latest - site.service, site.closes) - drive
    stops = forth(latest)
    returns = stops[-1].leaves + int(minutes[home])
    km = sum(legs) + float(problem.matrix.km[home])
    return RoutePlan(
        van=van.key,
        leaves=latest,
        returns=returns,
        stops=tuple(stops),
        km=km,
        minutes=returns - latest,
        cost=van.fixed + van.per_km * km + van.per_hour * (returns - latest) / 60,
    )
