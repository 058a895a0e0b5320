"""Is a plan right? An independent look that shares no code with the planning, so that neither hides the other's mistakes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, isclose, isfinite
from typing import Literal, TypeAlias

from logistics.routing.problem import (
    STORAGE_CLASSES,
    UNPAUSED,
    UNREACHABLE,
    Load,
    Pair,
    Plan,
    Problem,
    RoutePlan,
    Site,
    StopPlan,
    Tour,
    Unplanned,
    Van,
)

Kind: TypeAlias = Literal[
    "missing",
    "twice",
    "unknown",
    "doubled",
    "empty",
    "shift",
    "longest",
    "pause",
    "trips",
    "travel",
    "early",
    "window",
    "service",
    "storage",
    "crates",
    "kg",
    "skills",
    "pair",
    "tour",
    "km",
    "minutes",
    "cost",
    "excuse",
]


@dataclass(frozen=True)
class Flaw:
    """
    A rule that a plan breaks: where, and by how much (minutes, crates, kg, km or euro too many; times for `twice`). `detail`
    is the storage class of `storage`, the lacking skills of `skills`, the reason given for `excuse`. As a string an English
    sentence.
    """

    kind: Kind
    van: str = ""
    site: str = ""
    amount: float = 0
    detail: str = ""

    def __str__(self) -> str:
        van = f"van {self.van}" if self.van else "the plan"
        site = self.site or ("its end" if self.kind == "travel" else van)
        return SENTENCES[self.kind].format(van=van, site=site, amount=self.amount, detail=self.detail)


SENTENCES: dict[Kind, str] = {
    "missing": "{site} is neither planned nor said to be left out",
    "twice": "{site} appears {amount} times",
    "unknown": "{site} is not in the problem",
    "doubled": "{van} drives {amount} routes",
    "empty": "{van} drives without a stop",
    "shift": "{van} drives {amount} minutes outside its hours",
    "longest": "{van} is away {amount} minutes too long",
    "pause": "{van} lacks {amount} minutes of a pause within six hours",
    "trips": "{van} makes {amount} trips too many or mixes up their order at {site}",
    "travel": "{van} is at {site} {amount} minutes sooner than it can be",
    "early": "{van} starts at {site} {amount} minutes before it may",
    "window": "{van} starts at {site} {amount} minutes too late",
    "service": "{van} leaves {site} {amount} minutes before it is done",
    "storage": "{van} carries {amount} {detail} crates too many after {site}",
    "crates": "{van} carries {amount} crates too many after {site}",
    "kg": "{van} carries {amount} kg too much after {site}",
    "skills": "{van} may not call at {site}: it lacks {detail}",
    "pair": "{van} does not bring {site} from one place to the other on one trip",
    "tour": "{van} does not keep {site} in the order and at the time of its standing tour",
    "km": "{van} drives {amount:.3f} km more than it says",
    "minutes": "{van} is away {amount} minutes more than it says",
    "cost": "{van} costs {amount:.4f} euro more than it says",
    "excuse": "{site} is said to be unplanned for {detail}, which is not so",
}


def check(problem: Problem, plan: Plan) -> list[Flaw]:
    """Everything that is wrong with a plan: loads, windows, hours, pauses, skills, order, km, cost, each job once."""
    return list(_Check(problem).flaws(plan))


class _Check:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.vans = {van.key: van for van in problem.vans}
        self.sites = {site.key: site for site in problem.sites}
        self.pairs = {pair.key: pair for pair in problem.pairs}
        self.froms = {f"{pair.key} from": pair for pair in problem.pairs}
        self.tos = {f"{pair.key} to": pair for pair in problem.pairs}
        self.calls = self.sites | {key: _from(pair) for key, pair in self.froms.items()}
        self.calls |= {key: _to(pair) for key, pair in self.tos.items()}

    def flaws(self, plan: Plan) -> Iterator[Flaw]:
        yield from self.counts(plan)
        for route in plan.routes:
            if route.van in self.vans and all(stop.site in self.calls for stop in route.stops):
                yield from self.route(route)
        for tour in self.problem.tours:
            yield from self.tour(tour, plan)
        for left in plan.unplanned:
            yield from self.excuse(left)
        yield from _more("km", "", plan.km, sum(route.km for route in plan.routes))
        yield from _more("cost", "", plan.cost, sum(route.cost for route in plan.routes))

    def counts(self, plan: Plan) -> Iterator[Flaw]:
        driven = Counter(stop.site for route in plan.routes for stop in route.stops)
        excused = Counter(left.site for left in plan.unplanned)
        for key in self.sites:
            yield from _once(key, driven[key] + excused[key])
        for key in self.pairs:
            halves = f"{key} from", f"{key} to"
            torn = sum(driven[half] > 0 for half in halves) == 1  # which is a flaw of its own
            for half in halves:
                yield from _once(half, driven[half] + (0 if torn and driven[half] else excused[key]))
        for key in driven:
            if key not in self.calls:
                yield Flaw("unknown", site=key)
        for key in excused:
            if key not in self.sites and key not in self.pairs:
                yield Flaw("unknown", site=key)
        for key, times in Counter(route.van for route in plan.routes).items():
            if key not in self.vans:
                yield Flaw("unknown", key)
            elif times > 1:
                yield Flaw("doubled", key, amount=times)

    def route(self, route: RoutePlan) -> Iterator[Flaw]:
        van, stops = self.vans[route.van], route.stops
        if not stops:
            yield Flaw("empty", van.key)
            return
        outside = max(0, van.available_from - route.leaves) + max(0, route.returns - van.available_to)
        if outside:
            yield Flaw("shift", van.key, amount=outside)
        away = route.returns - route.leaves
        if away > van.longest:
            yield Flaw("longest", van.key, amount=away - van.longest)
        yield from self.order(van, stops)
        here, now, trip, km = van.at, route.leaves, 0, 0.0
        for stop in stops:
            call = self.calls[stop.site]
            ride, drive = self.travel([here, call.at] if stop.trip == trip else [here, van.at, call.at])
            yield from _too_much("travel", van, stop, now + drive - stop.arrives)
            yield from _too_much("early", van, stop, max(stop.arrives, call.opens) - stop.starts)
            yield from _too_much("window", van, stop, stop.starts - call.closes)
            yield from _too_much("service", van, stop, stop.starts + call.service + stop.pause - stop.leaves)
            yield from _more("km", van.key, stop.km_before, ride, stop.site)
            if lacking := sorted(call.needs - van.skills):
                yield Flaw("skills", van.key, stop.site, len(lacking), ", ".join(lacking))
            here, now, trip, km = call.at, stop.leaves, stop.trip, km + ride
        ride, drive = self.travel([here, van.end])
        if route.returns < now + drive:
            yield Flaw("travel", van.key, amount=now + drive - route.returns)
        yield from self.pause(van, route)
        yield from _more("km", van.key, route.km, km + ride)
        if route.minutes != away:
            yield Flaw("minutes", van.key, amount=away - route.minutes)
        cost = van.fixed + van.per_km * (km + ride) + van.per_stop * len(stops) + van.per_hour / 60 * away
        yield from _more("cost", van.key, route.cost, cost)
        for number in sorted({stop.trip for stop in stops}):
            yield from self.loads(van, [stop.site for stop in stops if stop.trip == number])

    def order(self, van: Van, stops: Sequence[StopPlan]) -> Iterator[Flaw]:
        """Trips follow one another, and both stops of a pair are on one trip, the first one first."""
        for before, after in pairwise([0, *(stop.trip for stop in stops)]):
            if after not in (before, before + 1):
                yield Flaw("trips", van.key, next(stop.site for stop in stops if stop.trip == after))
        if stops[-1].trip > van.reloads:
            yield Flaw("trips", van.key, stops[-1].site, stops[-1].trip - van.reloads)
        elif stops[0].trip != 0:
            yield Flaw("trips", van.key, stops[0].site)
        waiting: dict[str, int] = {}
        for stop in stops:
            if stop.site in self.froms:
                waiting[self.froms[stop.site].key] = stop.trip
            elif stop.site in self.tos and waiting.pop(self.tos[stop.site].key, None) != stop.trip:
                yield Flaw("pair", van.key, self.tos[stop.site].key)
        for key in waiting:
            yield Flaw("pair", van.key, key)

    def pause(self, van: Van, route: RoutePlan) -> Iterator[Flaw]:
        if van.pause and route.returns - route.leaves > UNPAUSED:
            begun = [stop for stop in route.stops if stop.leaves - stop.pause - route.leaves <= UNPAUSED]
            lacking = van.pause - max((stop.pause for stop in begun), default=0)
            if lacking > 0:
                yield Flaw("pause", van.key, amount=lacking)

    def loads(self, van: Van, trip: Sequence[str]) -> Iterator[Flaw]:
        """A trip leaves the depot with all that comes from there, and comes back with all that goes there."""
        room = (*van.capacity, van.total_crates, van.kg)
        board = [0] * len(room)
        for key in trip:
            if key in self.sites:
                board = [a + b for a, b in zip(board, _amounts(self.sites[key].deliver), strict=True)]
        worst: dict[int, tuple[int, str]] = {}
        for after in ("", *trip):
            if after:
                call = self.calls[after]
                changes = zip(board, _amounts(call.deliver), _amounts(call.collect), strict=True)
                board = [amount - out + back for amount, out, back in changes]
            for dimension, (amount, most) in enumerate(zip(board, room, strict=True)):
                if amount - most > worst.get(dimension, (0, ""))[0]:
                    worst[dimension] = amount - most, after
        for dimension, (amount, after) in sorted(worst.items()):
            if dimension < len(STORAGE_CLASSES):
                yield Flaw("storage", van.key, after or "its depot", amount, STORAGE_CLASSES[dimension])
            else:
                yield Flaw(
                    "crates" if dimension == len(STORAGE_CLASSES) else "kg", van.key, after or "its depot", amount
                )

    def tour(self, tour: Tour, plan: Plan) -> Iterator[Flaw]:
        """The stops of a standing tour are driven by its van, on one trip, in their order and at their minutes."""
        if tour.van not in self.vans:
            return
        wanted = [key for key in tour.sites if self._whole(key, tour.sites)]
        driven = [stop for route in plan.routes if route.van == tour.van for stop in route.stops if stop.site in wanted]
        starts = dict(zip(tour.sites, tour.starts, strict=True)) if tour.starts else {}
        trips, found = {stop.trip for stop in driven}, [stop.site for stop in driven]
        for key in wanted:
            if key not in found:
                yield Flaw("tour", tour.van, key)
        order = [key for key in wanted if key in found]
        for stop, key in zip(driven, order, strict=False):
            shift = abs(stop.starts - starts[stop.site]) if starts else 0
            if stop.site != key or shift or len(trips) > 1:
                yield Flaw("tour", tour.van, stop.site, shift)

    def _whole(self, key: str, keys: Sequence[str]) -> bool:
        """Whether a stop of a tour is in the problem, and with it the other stop of its pair."""
        pair = self.froms.get(key) or self.tos.get(key)
        return key in self.sites if pair is None else {f"{pair.key} from", f"{pair.key} to"} <= set(keys)

    def excuse(self, left: Unplanned) -> Iterator[Flaw]:
        """Whoever is said to be impossible must be impossible for each van, even alone."""
        pair = self.pairs.get(left.site)
        calls = [f"{pair.key} from", f"{pair.key} to"] if pair else [left.site]
        if not self.problem.vans or not all(key in self.calls for key in calls):
            return
        able = any(self.could_alone(van, calls) for van in self.problem.vans)
        if able == (left.reason != "left_out"):
            yield Flaw("excuse", site=left.site, detail=left.reason)

    def could_alone(self, van: Van, keys: list[str]) -> bool:
        calls = [self.calls[key] for key in keys]
        if any(call.needs - van.skills for call in calls) or any(self.loads(van, keys)):
            return False
        pauses: list[int | None] = [None, *range(len(calls))]
        return any(self.in_time(van, calls, pause) for pause in pauses)

    def in_time(self, van: Van, calls: list[Site], paused_at: int | None) -> bool:
        """Whether a van could make these calls in time, pausing after one of them or not at all."""
        rests = [call.service + (van.pause if at == paused_at else 0) for at, call in enumerate(calls)]
        drives = [self.travel(leg)[1] for leg in pairwise([van.at, *(call.at for call in calls), van.end])]
        path = [sum(drives[: at + 1]) + sum(rests[:at]) for at in range(len(calls))]
        # Leaving later never shortens what is late, and never lengthens the time away: one of these is as good as any.
        departures = {van.available_from, van.available_to - sum(drives) - sum(rests)}
        departures |= {edge - way for call, way in zip(calls, path, strict=True) for edge in (call.opens, call.closes)}
        return any(
            self.leaving_at(departure, van, calls, drives, rests, paused_at)
            for departure in departures
            if departure >= van.available_from
        )

    def leaving_at(
        self, departure: int, van: Van, calls: list[Site], drives: list[int], rests: list[int], paused_at: int | None
    ) -> bool:
        now = departure
        for at, call in enumerate(calls):
            starts = max(now + drives[at], call.opens)
            if starts > call.closes or (at == paused_at and starts + call.service - departure > UNPAUSED):
                return False
            now = starts + rests[at]
        away = now + drives[-1] - departure
        rested = paused_at is not None or not van.pause or away <= UNPAUSED
        return rested and away <= van.longest and departure + away <= van.available_to

    def travel(self, path: Sequence[int]) -> tuple[float, int]:
        """Km along a path, and minutes with every leg rounded up. Where there is no road it is far beyond any day."""
        km, minutes = 0.0, 0
        for leg in pairwise(path):
            far, long = float(self.problem.matrix.km[leg]), float(self.problem.matrix.minutes[leg])
            road = isfinite(far) and isfinite(long)
            km, minutes = km + (far if road else UNREACHABLE), minutes + (ceil(long - 1e-9) if road else UNREACHABLE)
        return km, minutes


def _from(pair: Pair) -> Site:
    window = pair.from_opens, pair.from_closes, pair.from_service
    return Site(f"{pair.key} from", pair.from_at, pair.load, Load(), *window, pair.needs)


def _to(pair: Pair) -> Site:
    window = pair.to_opens, pair.to_closes, pair.to_service
    return Site(f"{pair.key} to", pair.to_at, Load(), pair.load, *window, pair.needs)


def _once(key: str, times: int) -> Iterator[Flaw]:
    if times != 1:
        yield Flaw("twice", site=key, amount=times) if times else Flaw("missing", site=key)


def _too_much(kind: Kind, van: Van, stop: StopPlan, amount: int) -> Iterator[Flaw]:
    if amount > 0:
        yield Flaw(kind, van.key, stop.site, amount)


def _more(kind: Kind, van: str, said: float, real: float, site: str = "") -> Iterator[Flaw]:
    if not isclose(said, real, abs_tol=1e-6):
        yield Flaw(kind, van, site, real - said)


def _amounts(load: Load) -> tuple[int, ...]:
    return (*load.crates, sum(load.crates), load.kg)
