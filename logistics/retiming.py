"""
When a changed round drives: every stop in the given order, home as early as that can be, away as late as that allows. It
never refuses: what comes too late or weighs too much is said by `logistics.flaws`.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from math import ceil, isfinite

from django.utils.translation import gettext as _

from logistics import roads
from logistics.calls import CROSS_DOCK
from logistics.drafts import Draft, Trip, minutes, moment
from logistics.models import Round
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
            _time(draft, trip, soonest)
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


def _time(draft: Draft, trip: Trip, soonest: int) -> None:
    hub = draft.day.network.hub.point
    measured = roads.between([hub, *(visit.stop.place.point for visit in trip.visits)]).matrix
    path = [0, *range(1, len(trip.visits) + 1), 0]
    km = [float(measured.km[a, b]) for a, b in pairwise(path)]
    drives = [float(measured.minutes[a, b]) for a, b in pairwise(path)]
    if not all(map(isfinite, km + drives)):
        raise Refused(_("There is no road between two of these stops."))
    *legs, home = [ceil(drive - 1e-9) for drive in drives]
    calls = [(drive, *visit.window(draft.day), visit.service) for drive, visit in zip(legs, trip.visits, strict=True)]

    def forth(leaves: int) -> list[tuple[int, int]]:
        times, now = [], leaves
        for drive, opens, _closes, service in calls:
            arrives = now + drive
            now = max(arrives, opens) + service
            times.append((arrives, now))
        return times

    latest = forth(soonest)[-1][1]
    for drive, _opens, closes, service in reversed(calls):
        latest = min(latest - service, closes) - drive
    leaves = max(latest, soonest)
    times = forth(leaves)
    trip.round.starts_at = moment(draft.day, leaves)
    trip.round.ends_at = moment(draft.day, times[-1][1] + home)
    trip.round.km = sum((Decimal(str(one)).quantize(CENT) for one in km), Decimal(0))
    for visit, (arrives, away), one in zip(trip.visits, times, km, strict=False):
        visit.stop.arrives_at, visit.stop.leaves_at = moment(draft.day, arrives), moment(draft.day, away)
        visit.stop.km = Decimal(str(one)).quantize(CENT)


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
