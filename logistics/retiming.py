"""
When a changed round drives: every stop in the given order, home as early as that can be, away as late as that allows
(`logistics.routing.retime`). It never refuses: what comes too late or weighs too much is said by `logistics.flaws`.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from math import ceil, isfinite

from django.utils.translation import gettext as _

from logistics import calls, fleet, roads, routing
from logistics.calls import CROSS_DOCK
from logistics.drafts import Draft, Trip, minutes, moment
from logistics.models import Round
from logistics.routing import Problem, Site
from network.errors import Refused
from network.money import euros

CENT = Decimal("0.01")


def retime(draft: Draft, touched: Iterable[Trip], *, vehicles: Iterable[int] = ()) -> None:
    """
    New times, km and cost for the touched rounds, and for the rounds that can no longer leave when they would: their
    vehicle is not back yet, or their crates are not sorted. Locked rounds and those on the road keep theirs. What rounds of
    `vehicles` (pk) cost is computed anew too.
    """
    todo, dearer = set(touched), set(vehicles)
    order = draft.in_order()
    for number, trip in enumerate(order):
        soonest = _earliest(draft, trip, order[:number])
        late = minutes(draft, trip.round.starts_at) < soonest
        if trip in todo or (late and not trip.round.locked and trip.round.status == Round.Status.PLANNED):
            _time(
                draft,
                trip,
                soonest,
                starts_empty=all(o.round.vehicle_id != trip.round.vehicle_id for o in order[:number]),
            )
            dearer.add(trip.round.vehicle_id)
    for trip in draft.trips:
        if trip.round.vehicle_id in dearer:
            _price(draft, trip)


def _earliest(draft: Draft, trip: Trip, before: list[Trip]) -> int:
    """The minute from which a round can leave, after those `before` it."""
    opens = trip.round.vehicle.available_from
    soonest = [opens.hour * 60 + opens.minute]
    for other in before:
        if other.round.vehicle_id == trip.round.vehicle_id:
            soonest.append(minutes(draft, other.round.ends_at))
        if trip.round.leg == Round.Leg.DISTRIBUTION and other.round.leg == Round.Leg.COLLECTION:
            soonest.append(minutes(draft, other.round.ends_at) + CROSS_DOCK)
    return max(soonest)


def _time(draft: Draft, trip: Trip, soonest: int, *, starts_empty: bool) -> None:
    """
    The engine's timetable of one round, which leaves at `soonest` at the earliest; `starts_empty`: and not before its
    vehicle could drive from its depot to where the round begins.
    """
    vehicle = trip.round.vehicle
    start, end = calls.ends(vehicle, trip.round.leg, draft.day.network.hub)
    places = [start, *(visit.stop.place for visit in trip.visits), end, vehicle.depot]
    matrix = roads.between([place.point for place in places]).matrix
    path = list(range(len(places) - 1))
    empty = float(matrix.minutes[-1, 0])
    if starts_empty and isfinite(empty):
        soonest = max(soonest, vehicle.available_from.hour * 60 + vehicle.available_from.minute + ceil(empty - 1e-9))
    if not all(isfinite(matrix.km[leg]) and isfinite(matrix.minutes[leg]) for leg in pairwise(path)):
        raise Refused(_("There is no road between two of these stops."))
    sites = []
    for row, visit in enumerate(trip.visits, 1):
        opens, closes = visit.window(draft.day, vehicle)
        sites.append(Site(key=str(row), at=row, opens=opens, closes=closes, service=visit.service))
    van = replace(fleet.van(vehicle, at=0, ends_at=path[-1]), key="van", available_from=soonest)
    (route,) = routing.retime(Problem(matrix, tuple(sites), (van,)), {"van": [[site.key for site in sites]]}).routes
    trip.round.starts_at, trip.round.ends_at = moment(draft.day, route.leaves), moment(draft.day, route.returns)
    for visit, planned in zip(trip.visits, route.stops, strict=True):
        visit.stop.arrives_at = moment(draft.day, planned.arrives)
        visit.stop.leaves_at = moment(draft.day, planned.leaves)
        visit.stop.km = Decimal(str(planned.km_before)).quantize(CENT)
    home = Decimal(str(float(matrix.km[path[-2], path[-1]]))).quantize(CENT)
    trip.round.km = sum((visit.stop.km for visit in trip.visits), home)


def _price(draft: Draft, trip: Trip) -> None:
    """What a round costs; the vehicle's day is paid by its first."""
    vehicle, round_ = trip.round.vehicle, trip.round
    hours = Decimal((round_.ends_at - round_.starts_at).total_seconds()) / 3600
    round_.cost = euros(
        vehicle.per_km * round_.km
        + vehicle.per_hour * hours
        + vehicle.per_stop * len(trip.visits)
        + (0 if draft.before(trip) else vehicle.per_day)
    )
