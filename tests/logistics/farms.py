"""Farms around Gent whose goods were ordered, planned, driven and settled: what a bill is made of."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from logistics import handover, rounds, settling
from logistics.models import CostRun, TransportChoice, Vehicle
from network import clock
from network.models import Delivery, DeliveryDay, Network, Person
from orders import basket, checkout, closing
from producers import stock
from producers.models import Offer, Producer
from tests.conftest import make_household, make_person, make_producer, make_product, make_vehicle

AROUND = ((51.12, 3.60), (51.13, 3.62), (50.95, 3.55))
"""Two neighbours in the north west, and one farm far to the south."""


def make_farms(network: Network, spots: Sequence[tuple[float, float]] = AROUND, **fields: Any) -> list[Producer]:
    """Hoeve 0, 1, …, each with a farmer and leek."""
    farms = []
    for number, (lat, lon) in enumerate(spots):
        farmer = make_person(f"farmer{number}")
        farm = make_producer(network, f"Hoeve {number}", farmer, lat=lat, lon=lon, **fields)
        make_product(farm, f"leek{number}")
        farms.append(farm)
    return farms


def order_of_each(farms: Sequence[Producer], delivery: Delivery, units: int = 40, name: str = "Gezin") -> None:
    """One household orders so many kilos of everybody's leek."""
    day = delivery.delivery_day
    wanted = {}
    for farm in farms:
        (product,) = farm.products.all()
        stock.announce(
            product=product,
            week_on=day.cycle.week_on,
            quantity=Decimal(500),
            price=Decimal("1.60"),
            by=farm.organisation.people.get(),
        )
        offer = Offer.objects.get(supply__product=product, delivery_day=day, price_group__audience="household")
        wanted[offer.pk] = Decimal(units)
    person = make_person(name.lower())
    home = make_household(day.network, name, person)
    order = basket.open_order(buyer=home, delivery=delivery, by=person)
    basket.fill(order=order, quantities=wanted, by=person)
    checkout.place_order(order=order, by=person)


def drive(day: DeliveryDay, by: Person | None, *, brings: Sequence[Producer] = ()) -> None:
    """Closed, planned and driven, with a van of the hub."""
    if not Vehicle.objects.exists():
        make_vehicle(day.network)
    for farm in brings:
        TransportChoice.objects.create(producer=farm, week_on=day.cycle.week_on, transport="brings")
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        rounds.plan_rounds(day=day, by=by)
    with clock.at(_evening(day)):
        handover.drive_day(day=day, by=by)
    day.refresh_from_db()


def settle(day: DeliveryDay, by: Person | None, *, brings: Sequence[Producer] = ()) -> CostRun:
    """The same, and settled."""
    drive(day, by, brings=brings)
    with clock.at(_evening(day)):
        run = settling.settle_day(day=day, by=by)
    day.refresh_from_db()
    return run


def _evening(day: DeliveryDay) -> datetime:
    return max(delivery.ends_at for delivery in day.deliveries.all())
