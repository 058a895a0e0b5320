"""What can drive on a delivery day, and how each farm's goods leave the yard."""

from collections.abc import Iterable, Sequence
from typing import Any

from logistics.models import TransportChoice, Vehicle
from logistics.routing import Van
from network.models import DeliveryDay, Place
from producers.models import Producer


def vehicles_for(day: DeliveryDay) -> list[Vehicle]:
    """The vehicles of the day's network that drive on its weekday, and those of farmers who chose to drive."""
    chosen = TransportChoice.objects.filter(
        week_on=day.cycle.week_on,
        transport=Producer.Transport.DRIVES,
        producer__organisation__memberships__network=day.network,
        producer__organisation__memberships__left_on=None,
    )
    vehicles = Vehicle.objects.filter(archived_at=None, weekdays__contains=[day.on.weekday()]).select_related(
        "depot", "returns_to"
    )
    own = vehicles.filter(network=day.network)
    return list((own | vehicles.filter(pk__in=chosen.values("vehicle"))).order_by("pk").distinct())


def van(vehicle: Vehicle, *, at: int = 0) -> Van:
    """A vehicle as the planner knows it; `at` is the row of its depot in the matrix."""
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
    )


def transports(producers: Iterable[Producer], day: DeliveryDay) -> dict[int, str]:
    """How each producer's goods reach the hub in the week of `day`, by producer pk: her choice, else what she usually does."""
    usual = {producer.pk: producer.transport for producer in producers}
    chosen = TransportChoice.objects.filter(producer__in=usual, week_on=day.cycle.week_on)
    return usual | dict(chosen.values_list("producer", "transport"))


def zones() -> list[Any]:
    """The boundaries of all low-emission zones."""
    return []


def needs(place: Place, *, rings: Sequence[Any] | None = None) -> frozenset[str]:
    """The skills a vehicle needs to stop at a place."""
    return frozenset()
