"""
Changes of a day's plan by its coordinator: move, lock, swap, split, merge, undo, and who drives. Each locks the day, starts
from the version its page showed (else it is Refused), re-times what it touches, keeps the result whatever its flaws are,
and records a new version: nothing is ever lost. Once the plan is published, drivers get the differences.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import drafts, fleet, restoring, writing
from logistics.drafts import Draft, Trip, Visit
from logistics.models import Round, Vehicle
from logistics.writing import Kept, Opened
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person


@transaction.atomic
def move_stop(
    *,
    day: DeliveryDay,
    version: int,
    by: Person | None,
    stop: int,
    round: int | None = None,
    vehicle: int | None = None,
    position: int | None = None,
    steps: int = 0,
) -> Kept:
    """
    Put a stop (pk) at a position (1 is first; None: last) of its own round, of another `round` (pk), or alone on a new round
    of a `vehicle` (pk); or so many `steps` later on its own (negative: earlier). Refused for a locked stop or round, one on the
    road, rounds of another leg, a position out of range.
    """
    opened = writing.open_plan(day=day, version=version)
    trip, visit = _visit(opened.draft, stop)
    if visit.stop.locked:
        raise Refused(_("%(stop)s is locked. Unlock it first.") % {"stop": visit.stop})
    target = _target(opened, round, vehicle, trip.round.leg, like=trip) or trip
    _free(trip, target)
    trip.visits.remove(visit)
    _insert(target, visit, visit.stop.position + steps if steps else position)
    return writing.keep(opened, action="moved a stop", by=by, touched=[trip, target], stop=str(visit.stop))


@transaction.atomic
def place(
    *,
    day: DeliveryDay,
    version: int,
    by: Person,
    producer: int | None = None,
    delivery: int | None = None,
    round: int | None = None,
    vehicle: int | None = None,
    position: int | None = None,
) -> Kept:
    """
    Put a farm or a delivery (pk) that is on no round on one, or on a new round of a `vehicle`. Refused when nothing of it
    waits, when its address is not known, and as in `move_stop`.
    """
    opened = writing.open_plan(day=day, version=version)
    draft = opened.draft
    leg = Round.Leg.COLLECTION if producer else Round.Leg.DISTRIBUTION
    boxes = [box for box in draft.loose if (box.producer, box.delivery, box.leg) == (producer, delivery, leg)]
    if not boxes:
        raise Refused(_("No crates of this farm or delivery wait for a round."))
    target = _target(opened, round, vehicle, leg)
    if target is None:
        raise Refused(_("Choose a round, or a vehicle for a new one."), "round")
    _free(target)
    stop = restoring.new_stop(producer, delivery)
    draft.loose = [box for box in draft.loose if box not in boxes]
    draft.unplanned = [one for one in draft.unplanned if (one.producer_id, one.delivery_id) != (producer, delivery)]
    _insert(target, Visit(stop, boxes), position)
    return writing.keep(opened, action="put a stop on a round", by=by, touched=[target], stop=str(stop))


@transaction.atomic
def lock_stop(*, day: DeliveryDay, version: int, by: Person, stop: int, locked: bool = True) -> Kept:
    """Keep a stop (pk) on its round, where it is, or (not `locked`) let it go."""
    opened = writing.open_plan(day=day, version=version)
    trip, visit = _visit(opened.draft, stop)
    _planned(trip)
    visit.stop.locked = locked
    action = "locked a stop" if locked else "unlocked a stop"
    return writing.keep(opened, action=action, by=by, stop=str(visit.stop))


@transaction.atomic
def lock_round(*, day: DeliveryDay, version: int, by: Person, round: int, locked: bool = True) -> Kept:
    """Keep a round (pk) with its stops, order and times, or (not `locked`) let it go."""
    opened = writing.open_plan(day=day, version=version)
    trip = _trip(opened.draft, round)
    _planned(trip)
    trip.round.locked = locked
    return writing.keep(
        opened, action="locked a round" if locked else "unlocked a round", by=by, round=trip.round.number
    )


@transaction.atomic
def swap_vehicle(*, day: DeliveryDay, version: int, by: Person, round: int, vehicle: int) -> Kept:
    """Drive a round (pk) with another vehicle (pk) of the day. Refused for any other vehicle, and on a locked round."""
    opened = writing.open_plan(day=day, version=version)
    trip = _trip(opened.draft, round)
    _free(trip)
    trip.round.vehicle = _vehicle(opened.draft.day, vehicle)
    return writing.keep(opened, action="swapped the vehicle", by=by, touched=[trip], round=trip.round.number)


@transaction.atomic
def split_round(
    *, day: DeliveryDay, version: int, by: Person, round: int, after: int, vehicle: int | None = None
) -> Kept:
    """
    End a round (pk) after its `after`th stop; the others become a new round of `vehicle` (pk), or of the same vehicle when
    it is back. Refused at the end, when a locked stop would leave, and on a locked round.
    """
    opened = writing.open_plan(day=day, version=version)
    trip = _trip(opened.draft, round)
    _free(trip)
    if not 1 <= after < len(trip.visits):
        raise Refused(_("Choose a stop after which others follow."), "after")
    leaving = trip.visits[after:]
    _loose(leaving)
    other = _target(opened, None, vehicle or trip.round.vehicle_id, trip.round.leg, like=trip)
    assert other
    trip.visits, other.visits = trip.visits[:after], leaving
    return writing.keep(
        opened, action="split a round", by=by, touched=[trip, other], round=trip.round.number, into=other.round.number
    )


@transaction.atomic
def merge_rounds(*, day: DeliveryDay, version: int, by: Person, round: int, into: int) -> Kept:
    """
    Put all stops of a round (pk) after those of another (`into`, pk). Refused for one and the same round, rounds of another
    leg, locked rounds and stops.
    """
    opened = writing.open_plan(day=day, version=version)
    trip, target = _trip(opened.draft, round), _trip(opened.draft, into)
    if trip is target:
        raise Refused(_("Choose another round to merge with."), "into")
    _same_leg(target, trip.round.leg)
    _free(trip, target)
    _loose(trip.visits)
    target.visits, trip.visits = target.visits + trip.visits, []
    return writing.keep(
        opened,
        action="merged two rounds",
        by=by,
        touched=[target],
        round=trip.round.number,
        into=target.round.number,
    )


@transaction.atomic
def restore(*, day: DeliveryDay, version: int, by: Person, number: int) -> Kept:
    """
    Make the plan what it was in version `number`: stops, order, hours, vehicles, locks and drivers. Refused for a version
    that is not of this day, and when a round on the road would change.
    """
    opened = writing.open_plan(day=day, version=version)
    wanted = opened.draft.day.plan_versions.filter(number=number).first()
    if wanted is None:
        raise Refused(_("This version does not exist."), "number")
    touched = restoring.become(opened.draft, wanted.plan)
    return writing.keep(opened, action="restored a version", by=by, touched=touched, restored=number)


@transaction.atomic
def undo(*, day: DeliveryDay, version: int, by: Person) -> Kept:
    """Restore the version before this one; undoing that again brings this one back. Refused when it is the first."""
    if version < 2:
        raise Refused(_("There is nothing to undo: this is the first version."))
    return restore(day=day, version=version, by=by, number=version - 1)


@transaction.atomic
def assign_drivers(*, day: DeliveryDay, version: int, by: Person, drivers: Mapping[int, int | None]) -> Kept:
    """
    Give rounds (pk) to drivers (pk), or to nobody, all at once. Refused for whoever does not drive in this network (field
    `driver_<round>`), for a finished round, and when nothing changes.
    """
    opened = writing.open_plan(day=day, version=version)
    allowed = {
        role.person_id: role.person
        for role in NetworkRole.objects.filter(network=day.network, role="driver").select_related("person")
    }
    changed = []
    for pk, driver in drivers.items():
        trip = _trip(opened.draft, pk)
        if trip.round.driver_id == driver:
            continue
        if driver and driver not in allowed:
            raise Refused(_("Choose a driver of this network."), f"driver_{pk}")
        if trip.round.status == Round.Status.DRIVEN:
            raise Refused(_("This round is finished. Its driver can no longer change."), f"driver_{pk}")
        trip.round.driver = allowed[driver] if driver else None
        changed.append(trip.round.number)
    if not changed:
        raise Refused(_("Every round keeps its driver: nothing was changed."))
    return writing.keep(opened, action="gave rounds to drivers", by=by, rounds=changed)


def _visit(draft: Draft, stop: int) -> tuple[Trip, Visit]:
    for trip, visit in draft.visits():
        if visit.stop.pk == stop:
            return trip, visit
    raise Refused(_("This stop is not in the plan of this day."), "stop")


def _trip(draft: Draft, pk: int, field: str = "round") -> Trip:
    for trip in draft.trips:
        if trip.round.pk == pk:
            return trip
    raise Refused(_("This round is not in the plan of this day."), field)


def _vehicle(day: DeliveryDay, pk: int) -> Vehicle:
    for vehicle in fleet.vehicles_for(day):
        if vehicle.pk == pk:
            return vehicle
    raise Refused(_("Choose a vehicle that drives for this network on this day."), "vehicle")


def _target(
    opened: Opened, round: int | None, vehicle: int | None, leg: str, *, like: Trip | None = None
) -> Trip | None:
    """The round that is meant, or a new one; None when neither is named."""
    draft = opened.draft
    if round is not None:
        trip = _trip(draft, round)
        _same_leg(trip, leg)
        return trip
    if vehicle is None:
        return None
    same = like is not None and like.round.vehicle_id == vehicle
    chosen = like.round.vehicle if like and same else _vehicle(draft.day, vehicle)
    start = like.round.ends_at if like else drafts.moment(draft.day, 0)
    made = Round(
        delivery_day=draft.day,
        leg=leg,
        number=max((trip.round.number for trip in draft.trips), default=0) + 1,
        vehicle=chosen,
        driver=like.round.driver if like and same else None,
        starts_at=start,
        ends_at=start,
        km=0,
        cost=0,
    )
    draft.trips.append(Trip(made))
    return draft.trips[-1]


def _insert(trip: Trip, visit: Visit, position: int | None) -> None:
    at = len(trip.visits) + 1 if position is None else position
    if not 1 <= at <= len(trip.visits) + 1:
        raise Refused(
            _("Choose a position from 1 to %(most)s.") % {"most": len(trip.visits) + 1},
            "position",
        )
    trip.visits.insert(at - 1, visit)


def _same_leg(trip: Trip, leg: str) -> None:
    if trip.round.leg != leg:
        raise Refused(_("Collection, distribution and direct rounds cannot be mixed."), "round")


def _planned(*trips: Trip) -> None:
    for trip in trips:
        if trip.round.status != Round.Status.PLANNED:
            raise Refused(_("%(round)s is on the road: it can no longer be changed.") % {"round": trip.round})


def _free(*trips: Trip) -> None:
    _planned(*trips)
    for trip in trips:
        if trip.round.locked:
            raise Refused(_("%(round)s is locked. Unlock it first.") % {"round": trip.round})


def _loose(visits: Iterable[Visit]) -> None:
    for visit in visits:
        if visit.stop.locked:
            raise Refused(_("%(stop)s is locked. Unlock it first.") % {"stop": visit.stop})
