"""
Plan the rounds of a delivery day: collection from the farms to the hub in the morning, then distribution from the hub.

Both are planned by `logistics.routing` and looked at by its independent check before anything is stored. Vans start and
end at the hub; a van may drive in both waves and, when vans are short, come back to reload: each trip is a round.
Times are minutes of the day as the Brussels clock shows them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from itertools import groupby, pairwise
from math import ceil

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import calls, fleet, roads, versions
from logistics.calls import Call
from logistics.distances import Matrix
from logistics.models import Crate, Round, Stop, Unplanned, Vehicle
from logistics.routing import DAY, Load, Plan, Problem, RoutePlan, Site, Van, check, plan
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person
from network.money import euros

CROSS_DOCK = 60
"""Minutes between the last collected crate at the hub and the first van that leaves with sorted ones."""
UNHURRIED = 60
"""Minutes the distribution gets on top of the drive to its most pressing stop."""
LATER = (60, 120)
RELOADS = 2
TIMELY = ("window", "hours", "left_out")
"""Reasons that more time may take away."""

Progress = Callable[[str], None]


@transaction.atomic
def plan_rounds(
    *,
    day: DeliveryDay,
    by: Person | None = None,
    iterations: int = 500,
    seed: int = 1,
    progress: Progress | None = None,
) -> list[Round]:
    """
    Pack the crates of a closed day and plan its rounds; what no van could take is stored as `Unplanned` with the reason.
    Planning again replaces the plan until the first crate is checked; then, and before the cut-off, it is Refused.
    The same orders, vans, iterations and seed give the same plan. `progress` hears what is being done.
    """
    tell = progress or (lambda step: None)
    day = _claim(day)
    tell("loading")
    vehicles = fleet.vehicles_for(day)
    vans = [fleet.van(vehicle) for vehicle in vehicles]
    (farms, brought), deliveries = calls.collections(day), calls.distributions(day)
    farms, deliveries = calls.visits(farms, vans), calls.visits(deliveries, vans)
    known = [call for call in (*farms, *deliveries) if call.place]
    measured = roads.between([day.network.hub.point, *(call.place.point for call in known if call.place)])
    row = {call.key: number for number, call in enumerate(known, 1)}

    tell("collection")
    collected = _plan_collection(farms, deliveries, vans, measured.matrix, row, iterations, seed)
    tell("distribution")
    released = max((route.returns for route in collected.routes), default=-CROSS_DOCK) + CROSS_DOCK
    paid = {route.van for route in collected.routes}
    rested = [
        replace(van, available_from=max(van.available_from, released), fixed=0 if van.key in paid else van.fixed)
        for van in vans
    ]
    delivered = _solve(
        Problem(
            measured.matrix, tuple(_site(call, row, deliver=True) for call in deliveries if call.place), tuple(rested)
        ),
        iterations,
        seed,
    )
    tell("storing")
    made = _store(day, by, vehicles, measured.matrix, row, [(farms, collected), (deliveries, delivered)], brought)
    versions.record(day=day, action="planned the rounds", by=by, roads=measured.source)
    return made


def _claim(day: DeliveryDay) -> DeliveryDay:
    """The day, locked, without its former plan."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network__hub")
        .get(pk=day.pk)
    )
    if day.status in (DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN):
        raise Refused(_("Ordering is still open. Close the day first, then plan its rounds."))
    if day.status not in (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED):
        raise Refused(_("These rounds have been driven. Their plan stays as it was."))
    if (
        day.crates.exclude(status=Crate.Status.EXPECTED).exists()
        or day.rounds.exclude(status=Round.Status.PLANNED).exists()
    ):
        raise Refused(_("Crates have been checked off: this plan is being driven and can no longer be replaced."))
    day.crates.all().delete()
    day.rounds.all().delete()
    day.unplanned.all().delete()
    return day


def _site(call: Call, row: dict[str, int], *, deliver: bool = False) -> Site:
    load = call.load
    return Site(
        key=call.key,
        at=row[call.key],
        collect=Load() if deliver else load,
        deliver=load if deliver else Load(),
        opens=call.opens,
        closes=call.closes,
        service=call.service,
    )


def _plan_collection(
    farms: Sequence[Call],
    deliveries: Sequence[Call],
    vans: Sequence[Van],
    roads: Matrix,
    row: dict[str, int],
    iterations: int,
    seed: int,
) -> Plan:
    """
    Collect early enough for every delivery. When that would leave out farms, later: a delivery may miss its window for
    them, since a farm left behind is missing at all deliveries.
    """
    sites = tuple(_site(call, row) for call in farms if call.place)
    back = [ceil(min(minutes, DAY)) for minutes in roads.minutes[:, 0]]
    reached = [call for call in deliveries if call.place and back[row[call.key]] < DAY]
    pressing = [call.closes - back[row[call.key]] - CROSS_DOCK - UNHURRIED for call in reached]
    soonest = min((van.available_from for van in vans), default=0)
    alone = [
        max(site.opens, soonest + back[site.at]) + site.service + back[site.at] for site in sites if back[site.at] < DAY
    ]
    deadline = max(min(pressing, default=DAY), *alone, 0)

    def by(latest: int) -> Plan:
        early = tuple(replace(van, available_to=min(van.available_to, latest)) for van in vans)
        return _solve(Problem(roads, sites, early), iterations, seed)

    best = by(deadline)
    if any(left.reason in TIMELY for left in best.unplanned) and deadline < DAY:
        relaxed = by(DAY)
        for later in LATER:
            if len(best.unplanned) > len(relaxed.unplanned):
                best = by(deadline + later)
        if len(best.unplanned) > len(relaxed.unplanned):
            best = relaxed
    return best


def _solve(problem: Problem, iterations: int, seed: int) -> Plan:
    """The checked plan; vans reload only when they are too few for one trip each."""
    found = plan(problem, iterations=iterations, seed=seed)
    if any(left.reason == "left_out" for left in found.unplanned) and problem.vans:
        again = replace(problem, vans=tuple(replace(van, reloads=RELOADS) for van in problem.vans))
        more = plan(again, iterations=iterations, seed=seed)
        if len(more.unplanned) < len(found.unplanned):
            problem, found = again, more
    if flaws := check(problem, found):
        raise RuntimeError("; ".join(flaws))
    return found


def _store(
    day: DeliveryDay,
    by: Person | None,
    vehicles: Sequence[Vehicle],
    roads: Matrix,
    row: dict[str, int],
    waves: Iterable[tuple[list[Call], Plan]],
    brought: Sequence[Crate],
) -> list[Round]:
    by_pk = {str(vehicle.pk): vehicle for vehicle in vehicles}
    roles = NetworkRole.objects.filter(network=day.network, role=NetworkRole.Role.DRIVER).order_by("pk")
    driver_of = dict(zip(by_pk, roles.values_list("person_id", flat=True)))
    rounds: list[Round] = []
    stops: list[Stop] = []
    crates: list[Crate] = list(brought)
    missed: dict[tuple[int | None, int | None], Unplanned] = {}
    started: set[str] = set()
    for wanted, wave in waves:
        call_of = {call.key: call for call in wanted}
        for route in wave.routes:
            for round_, own in _trips(
                day, route, by_pk[route.van], roads, row, call_of, fixed=route.van not in started
            ):
                round_.number = len(rounds) + 1
                round_.driver_id = driver_of.get(route.van)
                rounds.append(round_)
                stops += own
            started.add(route.van)
        lost: dict[str, str] = {left.site: left.reason for left in wave.unplanned}
        lost |= {call.key: Unplanned.Reason.NOWHERE for call in wanted if not call.place}
        crates += [crate for call in wanted for crate in call.crates]
        for call in wanted:
            if call.key in lost:
                where = call.producer_id, call.delivery_id
                missed.setdefault(where, Unplanned(delivery_day=day, reason=lost[call.key]))
    Round.objects.bulk_create(rounds)
    Stop.objects.bulk_create(stops)
    Crate.objects.bulk_create(crates, batch_size=2000)
    for (producer, delivery), left_out in missed.items():
        left_out.producer_id, left_out.delivery_id = producer, delivery
    Unplanned.objects.bulk_create(missed.values())
    DeliveryDay.objects.filter(pk=day.pk).update(status=DeliveryDay.Status.PLANNED)
    journal.record(
        action="planned the rounds",
        subject=day,
        by=by,
        network=day.network,
        rounds=len(rounds),
        stops=len(stops),
        crates=len(crates),
        unplanned=len(missed),
    )
    return rounds


def _trips(
    day: DeliveryDay,
    route: RoutePlan,
    vehicle: Vehicle,
    roads: Matrix,
    row: dict[str, int],
    call_of: dict[str, Call],
    *,
    fixed: bool,
) -> list[tuple[Round, list[Stop]]]:
    """A round per trip. The time a van waits at the hub between two trips belongs to the second."""
    trips: list[tuple[Round, list[Stop]]] = []
    leaves = route.leaves
    for _number, group in groupby(route.stops, lambda stop: stop.trip):
        made = list(group)
        path = [0, *(row[stop.site] for stop in made), 0]
        legs = [_km(roads, a, b) for a, b in pairwise(path)]
        returns = made[-1].leaves + ceil(float(roads.minutes[path[-2], 0]) - 1e-9)
        cost = vehicle.per_km * sum(legs) + vehicle.per_hour * (returns - leaves) / 60
        round_ = Round(
            delivery_day=day,
            leg=Round.Leg.COLLECTION if call_of[made[0].site].producer_id else Round.Leg.DISTRIBUTION,
            vehicle=vehicle,
            starts_at=_moment(day, leaves),
            ends_at=_moment(day, returns),
            km=sum(legs),
            cost=euros(cost + (vehicle.per_day if fixed and not trips else 0)),
        )
        stops = []
        for position, (planned, km) in enumerate(zip(made, legs, strict=False), 1):
            call = call_of[planned.site]
            stop = Stop(
                round=round_,
                position=position,
                producer_id=call.producer_id,
                delivery_id=call.delivery_id,
                place=call.place,
                arrives_at=_moment(day, planned.arrives),
                leaves_at=_moment(day, planned.leaves),
                km=km,
            )
            stops.append(stop)
            for crate in call.crates:
                crate.stop = stop
        trips.append((round_, stops))
        leaves = returns
    return trips


def _km(roads: Matrix, start: int, end: int) -> Decimal:
    return Decimal(str(float(roads.km[start, end]))).quantize(Decimal("0.01"))


def _moment(day: DeliveryDay, minutes: int) -> datetime:
    return clock.moment(day.on, time(minutes // 60 % 24, minutes % 60))
