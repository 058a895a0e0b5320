"""
What a new plan keeps as it stands: standing tours, and what was locked in the plan before it. A locked round is to the
planner what a tour is: its van drives its stops in their order and at their times, and what went straight on it does so
again. A locked stop is called at by the vehicle it was on (`docs/loads.md`).
"""

from collections.abc import Iterable, Sequence

from logistics.calls import Call, Known, Straight
from logistics.loading import Pair
from logistics.models import Round, TourStop
from logistics.routing import Tour
from network import clock


def tours(known: Known, wanted: Sequence[Call]) -> dict[int, Tour]:
    """The part of each standing tour that these calls are on, by its pk; a tour without goods today is none."""
    call_of: dict[tuple[str, int | None], str] = {}
    for call in reversed([call for call in wanted if call.place and not call.key.endswith(" own")]):
        if call.producer_id:
            call_of["producer", call.producer_id] = call.key
        elif call.delivery_id:
            delivery = known.deliveries[call.delivery_id]
            call_of["pickup_point", delivery.pickup_point_id] = call.key
            call_of["outlet", delivery.outlet_id] = call.key
    found: dict[int, Tour] = {}
    taken: set[str] = set()
    for tour in known.tours:
        stops = {
            key: at
            for stop in tour.stops.all()
            if (key := _key(stop, call_of)) and key not in taken
            for at in [stop.at]
        }
        taken |= stops.keys()
        if stops:
            starts = tuple(at.hour * 60 + at.minute for at in stops.values())
            found[tour.pk] = Tour(str(tour.vehicle_id), tuple(stops), starts)
    return found


def _key(stop: TourStop, call_of: dict[tuple[str, int | None], str]) -> str | None:
    for kind in ("producer", "pickup_point", "outlet"):
        if pk := getattr(stop, f"{kind}_id"):
            return call_of.get((kind, pk))
    return None


def locked_rounds(known: Known, leg: str, wanted: Sequence[Call], toured: Iterable[Tour]) -> dict[int, Tour]:
    """
    The locked rounds of a leg as tours, by their number in the plan before this one, each with the stops that are still to
    be made and on none of the standing tours.
    """
    call_of = {
        (call.producer_id, call.delivery_id, _hers(known, call)): call
        for call in reversed([call for call in wanted if call.place])
    }
    taken = {key for tour in toured for key in tour.sites}
    found: dict[int, Tour] = {}
    on = known.day.on
    for round in known.locked:
        van, starts = str(round.vehicle_id), dict[str, int]()
        for stop in round.stops.all() if round.leg == leg else ():
            where = stop.producer_id, stop.delivery_id
            call = call_of.get((*where, van)) or call_of.get((*where, ""))
            if call and call.key not in taken:
                began = clock.minutes_of(stop.leaves_at, on) - call.service
                starts[call.key] = max(clock.minutes_of(stop.arrives_at, on), began, call.opens)
                taken.add(call.key)
        if starts:
            found[round.number] = Tour(van, tuple(starts), tuple(starts.values()))
    return found


def goes(round: Round, pair: Pair) -> bool:
    """Whether a round calls at the farm of a pair and later at its customer."""
    first = {(stop.producer_id, stop.delivery_id): stop.position for stop in reversed(round.stops.all())}
    farm, customer = first.get((pair[0], None)), first.get((None, pair[1]))
    return farm is not None and customer is not None and farm < customer


def locked_straight(known: Known, pairs: Sequence[Straight]) -> dict[int, Tour]:
    """The locked rounds straight from farm to customer as tours, by their former number, with what still goes straight there."""
    found: dict[int, Tour] = {}
    taken: set[str] = set()
    on = known.day.on
    for round in known.locked:
        own = [pair for pair in pairs if pair.key not in taken and goes(round, pair.pair)]
        if round.leg != Round.Leg.DIRECT or not own:
            continue
        taken |= {pair.key for pair in own}
        starts: dict[str, int] = {}
        for stop in round.stops.all():
            here = [call for pair in own for call in (pair.farm, pair.customer) if call.key not in starts]
            here = [one for one in here if (one.producer_id, one.delivery_id) == (stop.producer_id, stop.delivery_id)]
            began = clock.minutes_of(stop.leaves_at, on) - sum(call.service for call in here)
            at = max(clock.minutes_of(stop.arrives_at, on), began)
            for call in here:
                starts[call.key] = max(at, call.opens)
                at = starts[call.key] + call.service
        found[round.number] = Tour(str(round.vehicle_id), tuple(starts), tuple(starts.values()))
    return found


def _hers(known: Known, call: Call) -> str:
    """The van that alone may make this call, for the goods a farmer drives herself; nothing for any other call."""
    return known.own[call.producer_id] if call.producer_id and call.key.endswith(" own") else ""
