"""
Plan the rounds of a delivery day: collection from the farms to the hub in the morning, then distribution from the hub, and
beside them what goes straight from a farm to a customer (`logistics.planning`, `docs/loads.md`).

What a plan rests on is read first; the search holds no lock and no transaction. What it finds is stored in one
transaction, on the locked day, and only when nothing it rests on has changed meanwhile. Every trip of a van is a round.
Times are minutes of the day as the Brussels clock shows them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from decimal import Decimal
from itertools import groupby, pairwise
from math import ceil

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import alone, calls, loading, planning, terms, versions
from logistics.alone import Alone, Carried
from logistics.calls import Known
from logistics.models import Crate, PlanVersion, Round, Stop, Unplanned
from logistics.planning import CROSS_DOCK, Draft, Effort, Wave
from logistics.routing import RoutePlan, StopPlan
from logistics.waves import Watch
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, OrganisationRole, Person
from network.money import euros

__all__ = ["CROSS_DOCK", "plan_rounds"]


def plan_rounds(
    *, day: DeliveryDay, by: Person | None = None, iterations: int = 500, seed: int = 1, watch: Watch | None = None
) -> list[Round]:
    """
    Pack the crates of a closed day and plan its rounds; what no van could take is stored as `Unplanned` with the reason and
    what would make it possible. Planning again replaces the plan until the first crate is checked, but for what was locked.

    Refused then, before the cut-off, and when something the plan rests on changed while it was made; raises
    `waves.Cancelled` when that is asked through `watch`. In all these cases the former plan stays as it was. The same
    orders, fleet, iterations and seed give the same plan, unless the watch cut a search short.
    """
    watch = watch or Watch()
    day = DeliveryDay.objects.select_related("cycle__network__hub").get(pk=day.pk)
    _may_be_planned(day)
    known = calls.known(day)
    draft = planning.draft(known, Effort(iterations, seed), watch)
    watch.step("storing")
    by_herself = _alone(known)
    with transaction.atomic():
        _claim(day, known)
        made = _store(known, draft, by)
        version = versions.record(day=day, action="planned the rounds", by=by, roads=known.roads.source)
        PlanVersion.objects.filter(pk=version.pk).update(
            plan=version.plan
            | {
                "tours": {str(pk): None if euro is None else f"{euro:.2f}" for pk, euro in draft.tours.items()},
                "loosed": draft.loosed,
                "search": {"iterations": iterations, "seed": seed, "cut_short": watch.cut_short},
            },
            alone_km=by_herself.km,
            alone_cost=by_herself.cost,
        )
    return made


def _may_be_planned(day: DeliveryDay) -> None:
    if day.status in (DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN):
        raise Refused(_("Ordering is still open. Close the day first, then plan its rounds."))
    if day.status not in (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED):
        raise Refused(_("These rounds have been driven. Their plan stays as it was."))
    if (
        day.crates.exclude(status=Crate.Status.EXPECTED).exists()
        or day.rounds.exclude(status=Round.Status.PLANNED).exists()
    ):
        raise Refused(
            _("Something was noted on the road already: this plan is being driven and can no longer be replaced.")
        )


def _claim(day: DeliveryDay, known: Known) -> None:
    """Lock the day and clear its former plan. Refused when it may no longer be planned, or from what is known."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network__hub")
        .get(pk=day.pk)
    )
    _may_be_planned(day)
    if calls.state_of(day) != known.state:
        raise Refused(_("While the plan was made, orders, vehicles or the plan itself changed. Plan the rounds again."))
    day.crates.all().delete()
    day.rounds.all().delete()
    day.unplanned.all().delete()


def _store(known: Known, draft: Draft, by: Person | None) -> list[Round]:
    day = known.day
    drivers = _drivers(known)
    rounds: list[Round] = []
    stops: list[Stop] = []
    missed: dict[tuple[int | None, int | None], Unplanned] = {}
    for round_, own in _numbered(known, draft):
        round_.driver_id = round_.driver_id or drivers.get(str(round_.vehicle_id))
        rounds.append(round_)
        stops += own
    for wave in draft.waves:
        for call in wave.nowhere:
            where = call.producer_id, call.delivery_id
            missed.setdefault(where, Unplanned(delivery_day=day, reason=Unplanned.Reason.NOWHERE))
        for left in wave.plan.unplanned:
            where = wave.call_of[left.site].producer_id, wave.call_of[left.site].delivery_id
            missed.setdefault(where, Unplanned(delivery_day=day, reason=left.reason, remedy=dict(left.remedy)))
    Round.objects.bulk_create(rounds)
    Stop.objects.bulk_create(stops)
    crates = draft.crates
    loading.label_anew(crates)
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


def drawn(known: Known, draft: Draft) -> list[Round]:
    """The rounds of a draft, unsaved."""
    return [round_ for round_, _stops in _numbered(known, draft)]


def _numbered(known: Known, draft: Draft) -> Iterator[tuple[Round, list[Stop]]]:
    """The rounds of all waves with their stops; what a vehicle costs for the day is part of its first."""
    started: set[str] = set()
    number = 0
    for wave in draft.waves:
        for route in wave.plan.routes:
            for round_, stops in _trips(known, wave, route, fixed=route.van not in started):
                number += 1
                round_.number = number
                yield round_, stops
            started.add(route.van)


def _drivers(known: Known) -> dict[str, int]:
    """Who drives, by key of the van: a farmer her own, the network's drivers its vehicles, in turn."""
    roles = NetworkRole.objects.filter(network=known.day.network, role=NetworkRole.Role.DRIVER).order_by("pk")
    ours = [key for key, vehicle in known.vehicles.items() if vehicle.network_id]
    found = dict(zip(ours, roles.values_list("person_id", flat=True)))
    theirs = {vehicle.owner_id: key for key, vehicle in known.vehicles.items() if not vehicle.network_id}
    if theirs:
        people = OrganisationRole.objects.filter(organisation__in=theirs).order_by("-pk")
        found |= {theirs[owner]: person for owner, person in people.values_list("organisation_id", "person_id")}
    return found


def _trips(known: Known, wave: Wave, route: RoutePlan, *, fixed: bool) -> list[tuple[Round, list[Stop]]]:
    """A round per trip. The time a van waits at the hub between two trips belongs to the second."""
    day, vehicle, matrix = known.day, known.vehicles[route.van], known.roads.matrix
    van = next(van for van in wave.problem.vans if van.key == route.van)
    tour_of = {key: pk for pk, tour in wave.tours.items() for key in tour.sites}
    was = {round.number: round for round in known.locked}
    round_of = {key: was[number] for number, tour in wave.locked.items() for key in tour.sites}
    trips: list[tuple[Round, list[Stop]]] = []
    leaves, last = route.leaves, route.stops[-1].trip
    for number, group in groupby(route.stops, lambda stop: stop.trip):
        made = list(group)
        path = [van.at, *(wave.problem.stops[stop.site].at for stop in made), van.end if number == last else van.at]
        legs = [Decimal(str(float(matrix.km[leg]))).quantize(Decimal("0.01")) for leg in pairwise(path)]
        home = ceil(float(matrix.minutes[path[-2], path[-1]]) - 1e-9)
        returns = route.returns if number == last else made[-1].leaves + home
        tour = next((tour_of[stop.site] for stop in made if stop.site in tour_of), None)
        former = next((round_of[stop.site] for stop in made if stop.site in round_of), None)
        round_ = Round(
            delivery_day=day,
            leg=wave.leg,
            vehicle=vehicle,
            tour_id=tour,
            driver_id=former.driver_id if former else None,
            locked=tour is not None or former is not None,
            starts_at=_moment(day, leaves),
            ends_at=_moment(day, returns),
            km=sum(legs),
        )
        stops = _stops(known, round_, wave, made, legs)
        cost = vehicle.per_km * sum(legs) + vehicle.per_hour * (returns - leaves) / 60 + vehicle.per_stop * len(stops)
        round_.cost = euros(cost + (vehicle.per_day if fixed and not trips else 0))
        trips.append((round_, stops))
        leaves = returns
    return trips


def _stops(known: Known, round_: Round, wave: Wave, made: list[StopPlan], legs: list[Decimal]) -> list[Stop]:
    """What is done at one place one thing after the other is one stop."""
    day, stops = round_.delivery_day, list[Stop]()
    for planned, km in zip(made, legs, strict=False):
        call = wave.call_of[planned.site]
        assert call.place
        where = call.producer_id, call.delivery_id
        if not stops or (stops[-1].producer_id, stops[-1].delivery_id) != where:
            stops.append(
                Stop(
                    round=round_,
                    position=len(stops) + 1,
                    producer_id=call.producer_id,
                    delivery_id=call.delivery_id,
                    place=call.place,
                    arrives_at=_moment(day, planned.arrives),
                    km=km,
                    locked=where in known.pinned,
                )
            )
        stops[-1].leaves_at = _moment(day, planned.leaves)
        _put(call.crates, stops[-1])
    return stops


def _put(crates: Iterable[Crate], stop: Stop) -> None:
    """Crates change hands at a stop: on the direct leg they are collected at one and dropped at another."""
    for crate in crates:
        if crate.leg == Round.Leg.DIRECT and stop.delivery_id:
            crate.dropped_at = stop
        else:
            crate.stop = stop


def _alone(known: Known) -> Alone:
    """Everybody driving alone with the goods of this day, over the same roads."""
    rates = alone.rates_by_owner()
    standard = alone.standard_van(terms.of(known.day.network, known.day.cycle.week_on))
    carried: dict[int, Carried] = {}
    row = {place.point: known.row[place.pk] for place in known.places}
    for delivery, rows in known.goods.ordered.items():
        there = known.deliveries[delivery].place.point
        for line in rows:
            if farm := known.farms.get(line["producer"]):
                place = farm.organisation.place or known.hub
                her = Carried(farm, rates.get(farm.organisation_id, standard), place.point)
                carried.setdefault(farm.pk, her).drops[there] += float(line["left"] * line["crate_share"])
    return alone.together(carried.values(), known.roads.matrix, row)


def _moment(day: DeliveryDay, minutes: int) -> datetime:
    return clock.moment(day.on, time(minutes // 60 % 24, minutes % 60))
