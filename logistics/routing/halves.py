"""The halves of a plan, each searched on its own: what a search of the whole no longer finds, that of a half often does."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
import pyvrp

Search: TypeAlias = Callable[[pyvrp.ProblemData, pyvrp.Solution, int], pyvrp.Solution]
"""Told a problem, a solution that breaks no rule to begin from, and a seed; gives the best one found."""
Jobs: TypeAlias = set[tuple[bool, int]]
"""Whether each is a client, or else a shipment, and its number."""


def by_halves(data: pyvrp.ProblemData, solution: pyvrp.Solution, search: Search, lots: random.Random) -> pyvrp.Solution:
    """
    The solution with the routes of each half replaced by better ones, where they were found. One half are the routes around
    one drawn by lot, the other are the rest, which also has the vans that stood still and the jobs that were left out.
    """
    standing = Counter({kind: van.num_available for kind, van in enumerate(data.vehicle_types())})
    standing.subtract(route.vehicle_type() for route in solution.routes())
    left_out = {(activity.is_client(), activity.idx) for activity in solution.unplanned()}
    near, far = _cut(data, solution.routes(), lots)
    with ThreadPoolExecutor(2) as cores:
        found = [
            cores.submit(_searched, data, routes, vans, jobs, search, lots.randrange(2**31))
            for routes, vans, jobs in ((near, Counter[int](), Jobs()), (far, standing, left_out))
            if routes
        ]
        return pyvrp.Solution(data, [route for half in found for route in half.result()])


def _cut(
    data: pyvrp.ProblemData, routes: Sequence[pyvrp.Route], lots: random.Random
) -> tuple[list[pyvrp.Route], list[pyvrp.Route]]:
    """Two routes are the nearer, the less the mean distances from their calls to all others differ."""
    clients, pairs, distances = data.clients(), data.shipments(), data.distance_matrix(0)

    def location(call: pyvrp.ScheduledActivity) -> int:
        if call.is_client():
            return clients[call.idx].location
        pair = pairs[call.idx]
        return (pair.pickup if call.is_pickup() else pair.delivery).location

    means = [distances[[location(call) for call in _calls(route)]].mean(axis=0) for route in routes]
    middle = lots.choice(means)
    order = sorted(range(len(routes)), key=lambda route: float(np.abs(means[route] - middle).mean()))
    many = (len(routes) + 1) // 2
    return [routes[n] for n in order[:many]], [routes[n] for n in order[many:]]


def _calls(route: pyvrp.Route) -> list[pyvrp.ScheduledActivity]:
    return [call for call in route.schedule() if not call.is_depot()]


def _searched(
    whole: pyvrp.ProblemData,
    routes: Sequence[pyvrp.Route],
    standing: Counter[int],
    left_out: Jobs,
    search: Search,
    seed: int,
) -> Sequence[pyvrp.Route]:
    """Routes as a search finds them, or as they were: a problem of its own, in which jobs and types of vans have other numbers."""
    jobs = sorted(left_out.union((call.is_client(), call.idx) for route in routes for call in _calls(route)))
    clients = [job for is_client, job in jobs if is_client]
    pairs = [job for is_client, job in jobs if not is_client]
    vans = +(standing + Counter(route.vehicle_type() for route in routes))
    kinds = sorted(vans)
    half = whole.replace(
        clients=[whole.client(job) for job in clients],
        shipments=[whole.shipment(job) for job in pairs],
        vehicle_types=[whole.vehicle_type(kind).replace(num_available=vans[kind]) for kind in kinds],
    )
    to_client, to_pair = ({job: n for n, job in enumerate(numbers)} for numbers in (clients, pairs))
    start = pyvrp.Solution(
        half, [_as(half, route, to_client, to_pair, kinds.index(route.vehicle_type())) for route in routes]
    )
    found = search(half, start, seed)
    free = pyvrp.CostEvaluator([0.0] * half.num_load_dimensions, 0.0, 0.0)
    if not found.is_feasible() or free.cost(found) >= free.cost(start):
        return routes
    return [_as(whole, route, clients, pairs, kinds[route.vehicle_type()]) for route in found.routes()]


def _as(
    data: pyvrp.ProblemData,
    route: pyvrp.Route,
    clients: Mapping[int, int] | Sequence[int],
    pairs: Mapping[int, int] | Sequence[int],
    kind: int,
) -> pyvrp.Route:
    """A route in the numbers of another problem; those of depots are the same in both."""
    calls = [
        pyvrp.Activity(
            call.type, call.idx if call.is_depot() else clients[call.idx] if call.is_client() else pairs[call.idx]
        )
        for call in route.schedule()[1:-1]
    ]
    return pyvrp.Route(data, calls, kind)
