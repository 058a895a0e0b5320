"""What can drive on a delivery day, where it may drive, and how each farm's goods leave the yard (`docs/fleet.md`)."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from logistics import transport
from logistics.models import LowEmissionZone, Round, Vehicle
from logistics.routing import Van
from network.models import DeliveryDay, Place
from producers.models import Producer

Point: TypeAlias = tuple[float, float]
"""Latitude and longitude."""
Ring: TypeAlias = Sequence[Sequence[float]]
"""The corners of an area in order, each latitude and longitude; the last joins the first."""

LOW_EMISSION = "low_emission"
"""What a place in a low-emission zone needs, and what a vehicle that may enter one has."""


def vehicles_for(day: DeliveryDay) -> list[Vehicle]:
    """
    The vehicles of the day's network that drive on its weekday, and those of farmers who drive that week, but for
    vehicles on a round of another network that day.
    """
    farms = Producer.objects.active().in_network(day.network)
    driven = {travel.vehicle for travel in transport.travels(farms, day.cycle.week_on).values() if travel.vehicle}
    elsewhere = Round.objects.filter(delivery_day__on=day.on).exclude(delivery_day__cycle__network=day.network)
    vehicles = Vehicle.objects.filter(archived_at=None, weekdays__contains=[day.on.weekday()])
    vehicles = vehicles.filter(network=day.network) | vehicles.filter(pk__in=driven)
    return list(
        vehicles.exclude(pk__in=elsewhere.values("vehicle"))
        .select_related("owner", "depot", "returns_to")
        .order_by("pk")
    )


def van(vehicle: Vehicle, *, at: int = 0, ends_at: int | None = None) -> Van:
    """
    A vehicle as the planner knows it; `at` is the row of its depot in the matrix, `ends_at` that of where it ends (None:
    at its depot).
    """
    return Van(
        key=str(vehicle.pk),
        at=at,
        capacity=(vehicle.ambient, vehicle.cool, vehicle.cold, vehicle.frozen),
        total_crates=vehicle.crates,
        kg=vehicle.kg,
        fixed=float(vehicle.per_day),
        per_km=float(vehicle.per_km),
        per_hour=float(vehicle.per_hour),
        available_from=vehicle.available_from.hour * 60 + vehicle.available_from.minute,
        available_to=vehicle.available_until.hour * 60 + vehicle.available_until.minute,
        per_stop=float(vehicle.per_stop),
        ends_at=ends_at,
        longest=vehicle.longest_minutes,
        pause=vehicle.pause_minutes,
        skills=skills(vehicle),
    )


def transports(producers: Iterable[Producer], day: DeliveryDay) -> dict[int, str]:
    """How each producer's goods reach the hub in the week of `day`, by producer pk: her choice, else what she usually does."""
    return {pk: travel.transport for pk, travel in transport.travels(producers, day.cycle.week_on).items()}


def zones() -> list[Ring]:
    """The boundaries of all low-emission zones."""
    return list(LowEmissionZone.objects.order_by("pk").values_list("boundary", flat=True))


def needs(place: Place, *, rings: Sequence[Ring] | None = None) -> frozenset[str]:
    """
    The skills a vehicle needs to stop at a place: LOW_EMISSION inside a low-emission zone. Who asks for many places reads
    `zones()` once and passes them as `rings`.
    """
    rings = zones() if rings is None else rings
    return frozenset({LOW_EMISSION} if any(inside(place.point, ring) for ring in rings) else ())


def skills(vehicle: Vehicle) -> frozenset[str]:
    """Where a vehicle may stop that others may not."""
    return frozenset({LOW_EMISSION} if vehicle.enters_low_emission else ())


def inside(point: Point, ring: Ring) -> bool:
    """
    Whether a point lies within a ring or on its edge: a ray from it to the east crosses the ring an odd number of times.
    Degrees are taken as flat, which over the width of a town is exact to a metre; on the edge is within a millimetre.
    """
    lat, lon = point
    odd = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
        across = (lon_b - lon_a) * (lat - lat_a) - (lat_b - lat_a) * (lon - lon_a)
        between = min(lat_a, lat_b) <= lat <= max(lat_a, lat_b) and min(lon_a, lon_b) <= lon <= max(lon_a, lon_b)
        if abs(across) < 1e-12 and between:
            return True
        if (lat_a > lat) != (lat_b > lat) and lon < lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a):
            odd = not odd
    return odd
