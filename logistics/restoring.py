"""From a kept version back to a plan: the rows that are still there keep their identity, so addresses of rounds do not break."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from logistics.drafts import Box, Draft, Trip, Visit
from logistics.models import Round, Stop, Tour, Unplanned, Vehicle
from network.errors import Refused
from network.models import Delivery, NetworkRole
from producers.models import Producer

Plan = dict[str, Any]


def become(draft: Draft, plan: Plan) -> list[Trip]:
    """
    Make the draft what a version says; the rounds whose times must be computed anew because their crates are not what they
    were then. Refused when a round on the road would change.
    """
    every = [*draft.loose, *(box for _trip, visit in draft.visits() for box in visit.boxes)]
    waiting = {_key(box): box for box in every}
    old_stops = [visit.stop for _trip, visit in draft.visits()]
    old_rounds = {trip.round.number: trip.round for trip in draft.trips}
    _keep_the_road(draft, plan)
    vehicles = Vehicle.objects.select_related("depot", "returns_to").in_bulk({row["vehicle"] for row in plan["rounds"]})
    drivers = {
        role.person_id: role.person
        for role in NetworkRole.objects.filter(network=draft.day.network, role="driver").select_related("person")
    }
    tours = set(Tour.objects.filter(pk__in={row.get("tour") for row in plan["rounds"]}).values_list("pk", flat=True))
    draft.trips, touched = [], []
    for row in plan["rounds"]:
        found = old_rounds.get(row["number"]) or Round(delivery_day=draft.day, number=row["number"], leg=row["leg"])
        found.leg, found.locked = row["leg"], row["locked"]
        found.tour_id = row.get("tour") if row.get("tour") in tours else None  # the tour may be gone since
        found.vehicle = vehicles[row["vehicle"]]
        if found.driver_id != row["driver"]:
            found.driver = drivers.get(row["driver"])
        found.starts_at, found.ends_at = (datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at"))
        found.km, found.cost = Decimal(row["km"]), Decimal(row["cost"])
        trip = Trip(found)
        for wanted in row["stops"]:
            boxes = _take(waiting, wanted, row["leg"])
            visit = Visit(_stop(old_stops, wanted), boxes)
            if len(boxes) < len(wanted["letters"]):
                touched.append(trip)
            if boxes or wanted["dropped"]:
                trip.visits.append(visit)
        draft.trips.append(trip)
    _drop(draft, plan)
    touched += _what_came_since(draft, plan, list(waiting.values()))
    draft.unplanned = [
        Unplanned(
            producer_id=row["producer"],
            delivery_id=row["delivery"],
            reason=row["reason"],
            remedy=row.get("remedy") or {},
        )
        for row in plan.get("unplanned", ())
    ]
    return touched


def new_stop(producer: int | None, delivery: int | None) -> Stop:
    """A stop at a farm or a delivery, without round or times yet. Refused when its address is not known."""
    farm = Producer.objects.select_related("organisation__place").get(pk=producer) if producer else None
    customer = (
        Delivery.objects.select_related("pickup_point", "outlet__organisation", "place").get(pk=delivery)
        if delivery
        else None
    )
    place = farm.organisation.place if farm else customer.place if customer else None
    if place is None:
        raise Refused(_("Its address is not known. Fill it in first."))
    return Stop(producer=farm, delivery=customer, place=place)


def _keep_the_road(draft: Draft, plan: Plan) -> None:
    rows = {row["number"]: row for row in plan["rounds"]}
    for trip in draft.trips:
        if trip.round.status == Round.Status.PLANNED:
            continue
        row = rows.get(trip.round.number)
        now = [(*visit.where, [box.name for box in visit.boxes]) for visit in trip.visits]
        then = [(stop["producer"], stop["delivery"], stop["letters"]) for stop in row["stops"]] if row else []
        if row is None or row["vehicle"] != trip.round.vehicle_id or now != then:
            raise Refused(_("%(round)s is on the road: it can no longer be changed.") % {"round": trip.round})


def _key(box: Box) -> tuple[Any, ...]:
    """A crate within a day, as a stop of a version names it."""
    return box.leg, box.producer, None if box.leg == Round.Leg.DIRECT else box.delivery, box.name


def _take(waiting: dict[Any, Box], wanted: Plan, leg: str) -> list[Box]:
    """The crates of a stop that are still there, no longer waiting then."""
    delivery = None if leg == Round.Leg.DIRECT else wanted["delivery"]
    keys = [(leg, wanted["producer"], delivery, name) for name in wanted["letters"]]
    return [waiting.pop(key) for key in keys if key in waiting]


def _stop(old: list[Stop], wanted: Plan) -> Stop:
    """The row of this farm or delivery when there still is one, with the times of then."""
    same = [s for s in old if (s.producer_id, s.delivery_id) == (wanted["producer"], wanted["delivery"])]
    arrives, leaves = (datetime.fromisoformat(wanted[name]) for name in ("arrives_at", "leaves_at"))
    exact = [stop for stop in same if (stop.arrives_at, stop.leaves_at) == (arrives, leaves)]
    if same:
        stop = (exact or same)[0]
        old.remove(stop)
    else:
        stop = new_stop(wanted["producer"], wanted["delivery"])
    stop.locked, stop.km, stop.arrives_at, stop.leaves_at = wanted["locked"], Decimal(wanted["km"]), arrives, leaves
    return stop


def _drop(draft: Draft, plan: Plan) -> None:
    """Crates that go straight to a customer are put down where the version says."""
    direct = {box.name: box for _trip, visit in draft.visits() for box in visit.boxes if box.leg == Round.Leg.DIRECT}
    dropped = {
        (row["number"], stop["producer"], stop["delivery"]): stop["dropped"]
        for row in plan["rounds"]
        for stop in row["stops"]
    }
    for trip, visit in draft.visits():
        visit.dropped = [direct[name] for name in dropped[(trip.round.number, *visit.where)] if name in direct]


def _what_came_since(draft: Draft, plan: Plan, waiting: list[Box]) -> list[Trip]:
    """Crates the version does not know go along with those of the same farm or delivery, else they wait."""
    visits: dict[Any, tuple[Trip, Visit]] = {}
    for trip, visit in draft.visits():
        visits.setdefault((trip.round.leg, *visit.where), (trip, visit))
    left_out = {(row["producer"], row["delivery"]) for row in plan.get("unplanned", ())}
    touched, draft.loose = [], []
    for box in waiting:
        found = visits.get((box.leg, box.producer, box.delivery))
        if found and box.stop and (box.producer, box.delivery) not in left_out:
            found[1].boxes.append(box)
            touched.append(found[0])
        else:
            draft.loose.append(box)
    return touched
