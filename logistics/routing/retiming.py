"""A plan from stops that are already in order, for whoever moves them by hand."""

from collections.abc import Mapping, Sequence

from logistics.routing.problem import Plan, Problem
from logistics.routing.remedies import unplanned
from logistics.routing.timing import Trips, timed


def retime(problem: Problem, routes: Mapping[str, Sequence[Sequence[str]]]) -> Plan:
    """
    The plan in which each van drives the given trips: stop keys in order, no search. It never refuses: what comes too late
    is timed as it comes, and `check` tells. What no van drives is unplanned. Stops on a standing tour keep its times as
    long as the van of the tour drives them. Raises KeyError for a van or stop that is not in the problem.
    """
    vans = {van.key: van for van in problem.vans}
    trips = {vans[key].key: [[problem.stops[stop] for stop in trip] for trip in drawn] for key, drawn in routes.items()}
    return assembled(problem, trips)


def assembled(problem: Problem, trips: Mapping[str, Trips]) -> Plan:
    """The plan of these trips per van, in the order of the vans of the problem."""
    routes = tuple(timed(problem, van, trips[van.key]) for van in problem.vans if any(trips.get(van.key, ())))
    return Plan(
        routes=routes,
        unplanned=unplanned(problem, routes),
        cost=sum(route.cost for route in routes),
        km=sum(route.km for route in routes),
    )
