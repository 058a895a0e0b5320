"""Is a plan right? An independent look that shares no code with the planning, so that neither hides the other's mistakes."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import ceil, isclose

from logistics.routing.problem import STORAGE_CLASSES, Load, Plan, Problem, RoutePlan, Site, Van


def check(problem: Problem, plan: Plan) -> list[str]:
    """Everything that is wrong with a plan, one sentence each: loads, windows, hours, km, cost, each site once."""
    sites = {site.key: site for site in problem.sites}
    vans = {van.key: van for van in problem.vans}
    return [
        *_counts(plan, sites, vans),
        *(flaw for route in plan.routes if _known(route, sites, vans) for flaw in _route(problem, route, sites, vans)),
        *_excuses(problem, plan, sites),
        *_totals(plan),
    ]


def _known(route: RoutePlan, sites: dict[str, Site], vans: dict[str, Van]) -> bool:
    return route.van in vans and all(stop.site in sites for stop in route.stops)


def _counts(plan: Plan, sites: dict[str, Site], vans: dict[str, Van]) -> Iterator[str]:
    seen = Counter(
        [stop.site for route in plan.routes for stop in route.stops] + [left.site for left in plan.unplanned]
    )
    for key in [*sites, *(seen.keys() - sites.keys())]:
        if key not in sites:
            yield f"site {key} is not in the problem"
        elif seen[key] != 1:
            yield f"site {key} appears {seen[key]} times"
    for key, times in Counter(route.van for route in plan.routes).items():
        if key not in vans:
            yield f"van {key} is not in the problem"
        elif times > 1:
            yield f"van {key} drives {times} routes"


def _route(problem: Problem, route: RoutePlan, sites: dict[str, Site], vans: dict[str, Van]) -> Iterator[str]:
    van, name = vans[route.van], f"van {route.van}"
    if not route.stops:
        yield f"{name} drives without a stop"
        return
    if route.leaves < van.available_from or route.returns > van.available_to:
        yield f"{name} drives from {route.leaves} to {route.returns}, outside its hours"
    trips = [stop.trip for stop in route.stops]
    if trips != sorted(trips) or set(trips) != set(range(trips[-1] + 1)) or trips[-1] > van.reloads:
        yield f"{name} makes trips {trips} with {van.reloads} reloads"
    here, now, trip, km = van.at, route.leaves, 0, 0.0
    for stop in route.stops:
        site = sites[stop.site]
        path = [here, site.at] if stop.trip == trip else [here, van.at, site.at]
        ride, drive = _travel(problem, path)
        if stop.arrives < now + drive:
            yield f"{name} cannot be at {site.key} by {stop.arrives}"
        if stop.starts < stop.arrives or not site.opens <= stop.starts <= site.closes:
            yield f"{name} starts at {site.key} at {stop.starts}, outside its window or before it arrives"
        if stop.leaves < stop.starts + site.service:
            yield f"{name} leaves {site.key} at {stop.leaves}, before it is done"
        if not isclose(stop.km_before, ride, abs_tol=1e-6):
            yield f"{name} drives {ride:.3f} km to {site.key}, not {stop.km_before:.3f}"
        here, now, trip, km = site.at, stop.leaves, stop.trip, km + ride
    ride, drive = _travel(problem, [here, van.at])
    if route.returns < now + drive:
        yield f"{name} cannot be back by {route.returns}"
    if not isclose(route.km, km + ride, abs_tol=1e-6):
        yield f"{name} drives {km + ride:.3f} km, not {route.km:.3f}"
    if route.minutes != route.returns - route.leaves:
        yield f"{name} is away {route.returns - route.leaves} minutes, not {route.minutes}"
    cost = van.fixed + van.per_km * (km + ride) + van.per_hour / 60 * (route.returns - route.leaves)
    if not isclose(route.cost, cost, abs_tol=1e-6):
        yield f"{name} costs {cost:.4f} euro, not {route.cost:.4f}"
    for number in sorted(set(trips)):
        yield from _loads(van, [sites[stop.site] for stop in route.stops if stop.trip == number])


def _travel(problem: Problem, path: list[int]) -> tuple[float, float]:
    """Km along a path, and minutes with every leg rounded up."""
    legs = list(pairwise(path))
    minutes = [float(problem.matrix.minutes[leg]) for leg in legs]
    return sum(float(problem.matrix.km[leg]) for leg in legs), sum(ceil(m - 1e-9) if m < 1e6 else 1e6 for m in minutes)


def _loads(van: Van, calls: list[Site]) -> Iterator[str]:
    """A trip leaves the depot with everything it delivers and comes back with everything it collected."""
    on_board = [sum(amounts) for amounts in zip(*(_amounts(site.deliver) for site in calls), strict=True)]
    room = (*van.capacity, van.total_crates, van.kg)
    names = (*(f"{storage} crates" for storage in STORAGE_CLASSES), "crates", "kg")
    for after, delivered, collected in [("its depot", Load(), Load()), *((s.key, s.deliver, s.collect) for s in calls)]:
        changes = zip(on_board, _amounts(delivered), _amounts(collected), strict=True)
        on_board = [amount - out + back for amount, out, back in changes]
        for name, amount, most in zip(names, on_board, room, strict=True):
            if amount > most:
                yield f"van {van.key} carries {amount} {name} after {after}, at most {most}"


def _amounts(load: Load) -> tuple[int, ...]:
    return (*load.crates, sum(load.crates), load.kg)


def _excuses(problem: Problem, plan: Plan, sites: dict[str, Site]) -> Iterator[str]:
    """Whoever is said to be impossible must be impossible for each van, even alone."""
    for left in plan.unplanned:
        site = sites.get(left.site)
        if site is None:
            continue
        able = [van.key for van in problem.vans if _could_alone(problem, van, site)]
        if able and left.reason != "left_out":
            yield f"site {left.site} is said to fail on {left.reason}, but van {able[0]} could take it alone"
        if not able and problem.vans and left.reason == "left_out":
            yield f"site {left.site} is said to be left out, but no van could ever take it"


def _could_alone(problem: Problem, van: Van, site: Site) -> bool:
    starts = max(site.opens, van.available_from + _travel(problem, [van.at, site.at])[1])
    in_time = (
        starts <= site.closes and starts + site.service + _travel(problem, [site.at, van.at])[1] <= van.available_to
    )
    return in_time and not list(_loads(van, [site]))


def _totals(plan: Plan) -> Iterator[str]:
    for name, total, parts in (
        ("km", plan.km, [route.km for route in plan.routes]),
        ("euro", plan.cost, [route.cost for route in plan.routes]),
    ):
        if not isclose(total, sum(parts), abs_tol=1e-6):
            yield f"the routes make {sum(parts):.4f} {name}, not {total:.4f}"
