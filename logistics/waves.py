"""
The search for one wave of a day: one problem, watched while it runs, checked before anyone sees the plan. Large waves are
cut by direction from the hub, and what no cut could take is tried again with the vans that were left. No database.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil, inf

from logistics.routing import Plan, Problem, Progress, Site, Tour, Van, check, plan, retime

RELOADS = 2
LARGE, CUT = 150, 60
"""Stops from which a wave is cut by direction, and how many are meant to be in a cut."""
DEAR = 50.0
"""Euro a day from which a van, a hired one, is not sent out before it was tried whether the others can drive twice."""
ENOUGH = 100
"""Iterations every search is given, also when its time is up: before those a plan may be poor."""
SETTLED = 8_000
"""Iterations without a better plan after which a search ends: it has then begun anew both ways (`logistics.routing`)."""
BEAT = 0.25
"""Seconds between two reports of a search."""

Tell = Callable[[str, int, float | None], None]
"""Hears the step, how far it is in percent, and the best cost so far in euro when there is one."""


class Cancelled(Exception):
    """Somebody asked to stop planning and to keep what there was."""


class Watch:
    """
    Follows the searches of a day: tells how far they are, and ends them when they find nothing better any more, when their time
    is up or when `asked` answers "keep" (the best so far will do) or "cancel". Of the `seconds` for all of them each may take
    half of what is left, so that none is starved. `cut_short`: somebody or the clock ended a search, so that the same seed may
    not give the same plan.
    """

    def __init__(
        self, tell: Tell | None = None, asked: Callable[[], str] | None = None, seconds: float | None = None
    ) -> None:
        self._tell = tell or (lambda step, percent, euro: None)
        self._asked = asked or (lambda: "")
        self._end = inf if seconds is None else time.monotonic() + seconds
        self._iteration: float = inf
        self._last = 0.0
        self._answer = ""
        self._step = ""
        self.spent = 0.0
        self.cut_short = False

    def step(self, step: str) -> None:
        """The next step begins. Raises Cancelled."""
        self._step = step
        self._last = time.monotonic()
        self._answer = self._answer or self._asked()
        self._tell(step, 0, None)
        self.go_on()

    def go_on(self) -> None:
        """Raises Cancelled when somebody asked for that."""
        if self._answer == "cancel":
            raise Cancelled

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._until = self._began + (self._end - self._began) / 2
        self._best, self._improved = (0, inf), 0

    def heard(self, progress: Progress) -> bool:
        """For the search: whether it has to end now."""
        if progress.iteration <= self._iteration:
            self._begin()  # another search, or the same once more with less time for who must pause
        self._iteration = progress.iteration
        now = time.monotonic()
        if now - self._last >= BEAT:
            self._last = now
            self._answer = self._answer or self._asked()
            done = progress.iteration / max(1, progress.iterations)
            used = (now - self._began) / max(BEAT, self._until - self._began)
            self._tell(self._step, min(99, int(100 * max(done, used))), self.spent + progress.best_cost)
        if self._answer == "cancel":
            return True
        if progress.iteration >= ENOUGH and (self._answer or now > self._until):
            self.cut_short = True
            return True
        best = progress.unplanned, progress.best_cost
        if best != self._best:
            self._best, self._improved = best, progress.iteration
        return progress.iteration - self._improved >= SETTLED


def solve(problem: Problem, bearings: Mapping[str, float], *, iterations: int, seed: int, watch: Watch) -> Plan:
    """
    The checked plan of a wave; `bearings` is the direction of each site from the hub, in radians. Vans reload only when
    they are too few for one trip each, or when that spares hiring a dear one. Raises Cancelled, and RuntimeError should the check find a flaw.
    """
    if len(problem.sites) > LARGE and not problem.pairs:
        found = _by_direction(problem, bearings, iterations=iterations, seed=seed, watch=watch)
        problem = replace(problem, vans=tuple(_reloading(van) for van in problem.vans))
    else:
        found = _searched(problem, iterations, seed, watch)
        if problem.vans and (_left_out(found) or hires(problem, found)):
            again = replace(problem, vans=tuple(_reloading(van) for van in problem.vans))
            more = _searched(again, iterations, seed, watch)
            if (len(more.unplanned), more.cost) < (len(found.unplanned), found.cost):
                problem, found = again, more
    if flaws := check(problem, found):
        raise RuntimeError("; ".join(map(str, flaws)))
    return found


def _left_out(found: Plan) -> bool:
    return any(left.reason == "left_out" for left in found.unplanned)


def hires(problem: Problem, found: Plan) -> bool:
    """Whether a dear van drives beside others, which could perhaps do its work on a second trip."""
    dear = {van.key for van in problem.vans if van.fixed >= DEAR}
    return len(found.routes) > 1 and any(route.van in dear for route in found.routes)


def can_be_kept(problem: Problem, tour: Tour) -> bool:
    """Whether its van can drive a standing tour as it stands with the loads of today."""
    van = next((van for van in problem.vans if van.key == tour.van), None)
    if van is None:
        return False
    sites = tuple(site for site in problem.sites if site.key in tour.sites)
    pairs = tuple(pair for pair in problem.pairs if pair.stops[0].key in tour.sites)
    alone = replace(problem, sites=sites, vans=(van,), pairs=pairs, tours=(tour,))
    return not check(alone, retime(alone, {van.key: [list(tour.sites)]}))


def _reloading(van: Van) -> Van:
    """Only where it begins can a van unload, so only one that begins where it ends comes back for more."""
    return replace(van, reloads=max(RELOADS, van.reloads)) if van.at == van.end else van


def _searched(problem: Problem, iterations: int, seed: int, watch: Watch) -> Plan:
    found = plan(problem, iterations=iterations, seed=seed, heard=watch.heard)
    watch.go_on()
    return found


def _by_direction(problem: Problem, bearings: Mapping[str, float], *, iterations: int, seed: int, watch: Watch) -> Plan:
    """A plan per cut, then the leftovers with the vans that stayed idle, all put together and timed as one plan."""
    cuts = _cuts(problem, bearings)
    trips: dict[str, list[list[str]]] = {}
    for cut in [*cuts, None]:
        part = cut or _leftovers(problem, trips)
        if not part.sites or not part.vans:
            continue
        again = replace(part, vans=tuple(_reloading(van) for van in part.vans))
        found = _searched(part, iterations, seed, watch)
        if _left_out(found):
            more = _searched(again, iterations, seed, watch)
            found = min(found, more, key=lambda one: (len(one.unplanned), one.cost))
        for route in found.routes:
            drawn: dict[int, list[str]] = defaultdict(list)
            for stop in route.stops:
                drawn[stop.trip].append(stop.site)
            trips[route.van] = list(drawn.values())
    return retime(replace(problem, vans=tuple(_reloading(van) for van in problem.vans)), trips)


def _cuts(problem: Problem, bearings: Mapping[str, float]) -> list[Problem]:
    """
    Neighbouring directions together, as many sites in each. A van that a site asks for by name, or that drives a standing
    tour, goes where that site or tour is; the others are dealt to where most crates wait for room.
    """
    ordered = sorted(problem.sites, key=lambda site: (bearings[site.key], site.key))
    many = ceil(len(ordered) / CUT)
    size = ceil(len(ordered) / many)
    cut_of = {site.key: number // size for number, site in enumerate(ordered)}
    for tour in problem.tours:
        cut_of |= dict.fromkeys(tour.sites, cut_of[tour.sites[0]])
    waiting = [0.0] * many
    for site in ordered:
        waiting[cut_of[site.key]] += site.collect.total + site.deliver.total
    tied = {tour.van: cut_of[tour.sites[0]] for tour in problem.tours}
    for van in problem.vans:
        mine = [site for site in ordered if site.needs and _only(site, van, problem.vans)]
        if mine and van.key not in tied:
            tied[van.key] = cut_of[mine[0].key]
    dealt: dict[int, list[Van]] = defaultdict(list)
    for van in sorted(problem.vans, key=lambda van: (van.key not in tied, -van.total_crates)):
        number = tied.get(van.key, max(range(many), key=lambda cut: waiting[cut]))
        dealt[number].append(van)
        waiting[number] -= van.total_crates
    return [
        replace(
            problem,
            sites=tuple(site for site in ordered if cut_of[site.key] == number),
            vans=tuple(van for van in problem.vans if van in dealt[number]),
            tours=tuple(tour for tour in problem.tours if cut_of[tour.sites[0]] == number),
        )
        for number in range(many)
    ]


def _only(site: Site, van: Van, vans: Sequence[Van]) -> bool:
    return site.needs <= van.skills and not any(site.needs <= other.skills for other in vans if other is not van)


def _leftovers(problem: Problem, trips: Mapping[str, list[list[str]]]) -> Problem:
    driven = {key for drawn in trips.values() for trip in drawn for key in trip}
    return replace(
        problem,
        sites=tuple(site for site in problem.sites if site.key not in driven),
        vans=tuple(van for van in problem.vans if van.key not in trips),
        tours=(),
    )
