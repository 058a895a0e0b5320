"""
From what is known of a day to a plan of it: collection at the farms, distribution from the hub, and between or beside
them what goes straight from farm to customer. Nothing is stored here; `logistics.rounds` does that (`docs/loads.md`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import atan2, ceil, cos, radians

from logistics import calls, fleet, keeping, loading, waves
from logistics.calls import Call, Known, Straight
from logistics.loading import Packed, Pair
from logistics.models import Crate, Round
from logistics.routing import DAY, Load, Plan, Problem, Site, Tour, Van
from logistics.routing import Pair as Carry
from logistics.waves import Watch
from network.models import Place

CROSS_DOCK = 60
"""Minutes between the last collected crate at the hub and the first van that leaves with sorted ones."""
UNHURRIED = 60
"""Minutes the distribution gets on top of the drive to its most pressing stop."""
LATER = (0, 60, 120, 180, 240)
"""By how many minutes the collection may be later than the deliveries ask, when farms would be left behind otherwise."""
TIMELY = ("window", "hours", "left_out")
"""Reasons that more time may take away."""
GLANCE = 100
"""Iterations at most for a plan that only decides how to plan: what goes straight, and how early to collect."""


@dataclass(frozen=True)
class Effort:
    """How long is searched: iterations, the same for the same number of stops, so that a plan can be made again."""

    iterations: int
    seed: int = 1

    def for_stops(self, stops: int) -> int:
        """From forty stops on, the more there are the fewer iterations, each of which takes longer."""
        return max(50, round(self.iterations * min(1.0, 40 / max(1, stops))))

    @property
    def glance(self) -> "Effort":
        return replace(self, iterations=min(self.iterations, GLANCE))


@dataclass(frozen=True)
class Wave:
    """
    A plan of one leg, and the call behind each of its stops. `nowhere` are calls without an address; `tours` the standing
    tours by pk and `locked` the rounds by former number that it keeps.
    """

    leg: str
    problem: Problem
    plan: Plan
    call_of: dict[str, Call]
    nowhere: list[Call] = field(default_factory=list)
    tours: dict[int, Tour] = field(default_factory=dict)
    locked: dict[int, Tour] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """
    A whole day planned. `tours` is, by standing tour (pk), the euro that letting it go would save; None: it could not be
    kept. `loosed` are the former numbers of the locked rounds that could not be kept.
    """

    packed: Packed
    brought: list[Crate]
    waves: list[Wave]
    tours: dict[int, float | None]
    loosed: list[int]

    @property
    def crates(self) -> list[Crate]:
        packed = self.packed
        return [
            crate
            for group in (packed.collected, packed.delivered, packed.straight)
            for own in group.values()
            for crate in own
        ]

    @property
    def merit(self) -> tuple[int, float]:
        """The less the better: what is left out, then euro."""
        left = sum(len(wave.plan.unplanned) + len(wave.nowhere) for wave in self.waves)
        return left, round(sum(wave.plan.cost for wave in self.waves), 2)

    @property
    def carries_all(self) -> bool:
        """Everything that was to go straight does."""
        return not any(wave.plan.unplanned for wave in self.waves if wave.leg == Round.Leg.DIRECT)


def draft(known: Known, effort: Effort, watch: Watch) -> Draft:
    """
    The day planned. Where goods may go straight from farm to customer, it is glanced at with all of that, with what farmers
    buy, with what spares a stop, and with none; what leaves out least and then costs least is planned in earnest. What goes
    straight on a locked round does so in each of them, as long as that round can be kept.
    """
    watch.step("loading")
    over_hub = loading.pack(known.goods)
    pairs = calls.may_go_straight(known)
    locked = [
        round
        for round in known.locked
        if round.leg == Round.Leg.DIRECT and any(keeping.goes(round, pair) for pair in pairs)
    ]
    while True:
        held = [pair for pair in pairs if any(keeping.goes(round, pair) for round in locked)]
        made = _cheapest(known, over_hub, _ways(known, pairs, held), effort, watch)
        kept = [round for round in locked if round.number not in made.loosed]
        if kept == locked:
            return made
        locked = kept


def _cheapest(known: Known, over_hub: Packed, ways: Sequence[list[Pair]], effort: Effort, watch: Watch) -> Draft:
    """The best of these ways planned in earnest: all locked rounds kept if that can be, little left out, cheap."""
    chosen = ways[0]
    if len(ways) > 1:
        watch.step("comparing")
        glanced = [
            (_planned(known, _packed(known, over_hub, way), effort.glance, watch, quiet=True), way) for way in ways
        ]
        able = [one for one in glanced if one[0].carries_all]
        best = min(able, key=lambda one: (len(one[0].loosed), one[0].merit, len(one[1])), default=None)
        chosen = best[1] if best else chosen
    for way in (chosen, ways[0]):
        made = _planned(known, _packed(known, over_hub, way), effort, watch)
        if made.carries_all:
            return made
    return _planned(known, over_hub, effort, watch)


def _ways(known: Known, pairs: Sequence[Pair], held: Sequence[Pair] = ()) -> list[list[Pair]]:
    """Beside what is `held`: nothing straight; only what spares a stop; only what farmers buy; all that may."""
    ways: list[list[Pair]] = [list(held)]
    for some in (calls.that_spare_a_stop(known.goods, pairs), calls.that_farmers_buy(known, pairs), pairs):
        way = [*some, *(pair for pair in held if pair not in some)]
        if way not in ways:
            ways.append(way)
    return ways


def _packed(known: Known, over_hub: Packed, way: Sequence[Pair]) -> Packed:
    return loading.pack(known.goods, way, like=over_hub) if way else over_hub


def _planned(known: Known, packed: Packed, effort: Effort, watch: Watch, *, quiet: bool = False) -> Draft:
    watch.spent = 0.0
    farms, brought = calls.collections(known, packed)
    collecting = _collecting(known)
    farms = calls.visits(farms, collecting)
    deliveries = calls.visits(calls.distributions(known, packed), collecting)
    kept: dict[int, float | None] = {tour.pk: None for tour in known.tours}

    if not quiet:
        watch.step("collection")
    collected = _collect(known, farms, deliveries, collecting, effort, watch)
    watch.spent = collected.plan.cost
    if not quiet:
        watch.step("distribution")
    delivering = _delivering(known, collected.plan)
    delivered = _wave(known, Round.Leg.DISTRIBUTION, deliveries, delivering, effort, watch)
    found = [collected, delivered]
    if not quiet:
        for wave in found:
            for pk, tour in wave.tours.items():
                kept[pk] = (kept[pk] or 0.0) + _saved_without(known, wave, tour, effort, watch)
    pairs = calls.straights(known, packed)
    if pairs:
        watch.spent += delivered.plan.cost
        if not quiet:
            watch.step("straight")
        found.insert(1, _carry(known, pairs, _carrying(known, [collected.plan, delivered.plan]), effort, watch))
    held = {number for wave in found for number in wave.locked}
    return Draft(packed, brought, found, kept, [round.number for round in known.locked if round.number not in held])


def _collecting(known: Known) -> list[Van]:
    """The vans that can collect: from their depots to the hub, early enough to be home within their hours."""
    vans = []
    for key, vehicle in known.vehicles.items():
        start, end = calls.ends(vehicle, Round.Leg.COLLECTION, known.hub)
        van = _van(known, key, start, end)
        vans.append(replace(van, available_to=van.available_to - _drive(known, end, calls.home_of(vehicle))))
    return vans


def _delivering(known: Known, collected: Plan) -> list[Van]:
    """The vans that can deliver once the goods are sorted, with what is left of their drivers' hours."""
    drove = {route.van: route for route in collected.routes}
    sorted_at = max((route.returns for route in collected.routes), default=-CROSS_DOCK) + CROSS_DOCK
    vans = []
    for key, vehicle in known.vehicles.items():
        van = _van(known, key, *calls.ends(vehicle, Round.Leg.DISTRIBUTION, known.hub))
        if route := drove.get(key):
            van = replace(van, fixed=0.0, longest=max(0, van.longest - route.minutes))
            there = route.returns
        else:
            there = van.available_from + _drive(known, vehicle.depot, known.hub)
        vans.append(replace(van, available_from=max(there, sorted_at)))
    return vans


def _carrying(known: Known, plans: Sequence[Plan]) -> list[Van]:
    """
    The vans that can bring goods straight, each in the longest stretch in which it is free. One that is not at home at the
    hub only when it does not drive otherwise.
    """
    vans = []
    for key, vehicle in known.vehicles.items():
        van = _van(known, key, *calls.ends(vehicle, Round.Leg.DIRECT, known.hub))
        routes = sorted((route.leaves, route.returns) for made in plans for route in made.routes if route.van == key)
        if routes:
            if {vehicle.depot.pk, calls.home_of(vehicle).pk} != {known.hub.pk}:
                continue
            edges = [van.available_from, *(edge for route in routes for edge in route), van.available_to]
            begins, ends = max(zip(edges[::2], edges[1::2], strict=True), key=lambda gap: (gap[1] - gap[0], -gap[0]))
            away = sum(returns - leaves for leaves, returns in routes)
            van = replace(van, fixed=0.0, available_from=begins, available_to=ends, longest=max(0, van.longest - away))
        vans.append(van)
    return vans


def _van(known: Known, key: str, start: Place, end: Place) -> Van:
    van = fleet.van(known.vehicles[key], at=known.row[start.pk], ends_at=known.row[end.pk])
    asked_for = {*known.own.values(), *known.pinned.values()}
    return replace(van, skills=van.skills | {calls.own_skill(key)}) if key in asked_for else van


def _drive(known: Known, start: Place, end: Place) -> int:
    """Whole minutes from one place to another; a day where there is no road."""
    return ceil(min(float(known.roads.matrix.minutes[known.row[start.pk], known.row[end.pk]]), DAY) - 1e-9)


def _wave(
    known: Known,
    leg: str,
    wanted: Sequence[Call],
    vans: Sequence[Van],
    effort: Effort,
    watch: Watch,
    *,
    latest: int = DAY,
) -> Wave:
    """The calls of a leg planned, standing tours as they stand. Vans without a tour are back by `latest`."""
    sites = tuple(_site(known, call, leg) for call in wanted if call.place)
    driving = {van.key for van in vans}
    tours = {pk: tour for pk, tour in keeping.tours(known, wanted).items() if tour.van in driving}
    locked = keeping.locked_rounds(known, leg, wanted, tours.values())
    toured = [tour.van for tour in (*tours.values(), *locked.values())]
    vans = [
        replace(van, reloads=max(van.reloads, toured.count(van.key) - 1))
        if van.key in toured
        else replace(van, available_to=min(van.available_to, latest))
        for van in vans
    ]
    problem = Problem(known.roads.matrix, sites, tuple(vans))
    tours = {pk: tour for pk, tour in tours.items() if waves.can_be_kept(problem, tour)}
    locked = {number: tour for number, tour in locked.items() if waves.can_be_kept(problem, tour)}
    problem = replace(problem, tours=(*tours.values(), *locked.values()))
    return Wave(
        leg=leg,
        problem=problem,
        plan=_solved(known, problem, wanted, effort, watch),
        call_of={call.key: call for call in wanted},
        nowhere=[call for call in wanted if not call.place],
        tours=tours,
        locked=locked,
    )


def _solved(known: Known, problem: Problem, wanted: Iterable[Call], effort: Effort, watch: Watch) -> Plan:
    bearings = {call.key: _bearing(known.hub, call.place) for call in wanted if call.place}
    stops = len(problem.sites) + 2 * len(problem.pairs)
    iterations = effort.for_stops(stops if stops <= waves.LARGE else waves.CUT)
    return waves.solve(problem, bearings, iterations=iterations, seed=effort.seed, watch=watch)


def _collect(
    known: Known,
    farms: Sequence[Call],
    deliveries: Sequence[Call],
    vans: Sequence[Van],
    effort: Effort,
    watch: Watch,
) -> Wave:
    """
    Collect early enough for every delivery. When that would leave out farms, later: a delivery may miss its window for
    them, since a farm left behind is missing at all deliveries. When that would only hire a van, the hour to be unhurried
    is given up where all is cheaper so and nothing left out.
    """
    back = {call.key: _drive(known, call.place, known.hub) for call in (*farms, *deliveries) if call.place}
    reached = {key for key, minutes in back.items() if minutes < DAY}
    pressing = [call.latest - back[call.key] - CROSS_DOCK - UNHURRIED for call in deliveries if call.key in reached]
    toured = [
        tour.starts[0] - back[tour.sites[0]] - CROSS_DOCK
        for tour in keeping.tours(known, deliveries).values()
        if tour.starts and tour.sites[0] in reached
    ]
    soonest = min((van.available_from for van in vans), default=0)
    alone = [
        max(call.opens, soonest + back[call.key]) + call.service + back[call.key]
        for call in farms
        if call.key in reached
    ]
    deadline = max(min([*pressing, *toured], default=DAY), *alone, 0)
    hurried = min([deadline + UNHURRIED, DAY, *toured])

    def by(latest: int, effort: Effort) -> Wave:
        return _wave(known, Round.Leg.COLLECTION, farms, vans, effort, watch, latest=latest)

    glanced: list[tuple[int, int, Wave]] = []
    for latest in [*(deadline + later for later in LATER if deadline + later < DAY), DAY]:
        wave = by(latest, effort.glance)
        glanced.append((len(wave.plan.unplanned), latest, wave))
        if not any(left.reason in TIMELY for left in wave.plan.unplanned):
            break
    left_out, latest, best = min(glanced, key=lambda one: one[:2])
    if latest == deadline < hurried and waves.hires(best.problem, best.plan):
        later = by(hurried, effort.glance)

        def merit(wave: Wave) -> tuple[int, float]:
            then = _wave(known, Round.Leg.DISTRIBUTION, deliveries, _delivering(known, wave.plan), effort.glance, watch)
            return len(wave.plan.unplanned) + len(then.plan.unplanned), wave.plan.cost + then.plan.cost

        if merit(later) < merit(best):
            latest, best = hurried, later
    earnest = by(latest, effort) if effort != effort.glance else best
    return best if len(earnest.plan.unplanned) > left_out else earnest


def _carry(known: Known, pairs: Sequence[Straight], vans: Sequence[Van], effort: Effort, watch: Watch) -> Wave:
    """What goes straight; locked rounds as they stand, one of a van, where it is free then."""
    problem = Problem(known.roads.matrix, (), tuple(vans), pairs=tuple(_pair(known, pair) for pair in pairs))
    locked: dict[int, Tour] = {}
    for number, tour in keeping.locked_straight(known, pairs).items():
        if tour.van not in {kept.van for kept in locked.values()} and waves.can_be_kept(problem, tour):
            locked[number] = tour
    problem = replace(problem, tours=tuple(locked.values()))
    ends = [call for pair in pairs for call in (pair.farm, pair.customer)]
    return Wave(
        leg=Round.Leg.DIRECT,
        problem=problem,
        plan=_solved(known, problem, (), effort, watch),
        call_of={call.key: call for call in ends},
        locked=locked,
    )


def _saved_without(known: Known, wave: Wave, tour: Tour, effort: Effort, watch: Watch) -> float:
    """Euro that the wave would cost less without a standing tour, its other tours kept; never below 0."""
    problem = replace(wave.problem, tours=tuple(one for one in wave.problem.tours if one != tour))
    free = _solved(known, problem, wave.call_of.values(), effort, watch)
    if len(free.unplanned) > len(wave.plan.unplanned):
        return 0.0
    return max(0.0, wave.plan.cost - free.cost)


def _site(known: Known, call: Call, leg: str) -> Site:
    assert call.place
    deliver = leg == Round.Leg.DISTRIBUTION
    return Site(
        key=call.key,
        at=known.row[call.place.pk],
        collect=Load() if deliver else call.load,
        deliver=call.load if deliver else Load(),
        opens=call.opens,
        closes=call.latest,
        service=call.service,
        needs=call.needs | calls.pinned_to(known, call),
    )


def _pair(known: Known, pair: Straight) -> Carry:
    assert pair.farm.place and pair.customer.place
    return Carry(
        key=pair.key,
        from_at=known.row[pair.farm.place.pk],
        to_at=known.row[pair.customer.place.pk],
        load=loading.load_of(pair.crates),
        from_opens=pair.farm.opens,
        from_closes=pair.farm.latest,
        from_service=pair.farm.service,
        to_opens=pair.customer.opens,
        to_closes=pair.customer.latest,
        to_service=pair.customer.service,
        needs=pair.farm.needs | pair.customer.needs,
    )


def _bearing(hub: Place, place: Place) -> float:
    """The direction of a place from the hub in radians; over a region degrees are flat enough."""
    return atan2(place.lat - hub.lat, (place.lon - hub.lon) * cos(radians(hub.lat)))
