"""
What drives in the demo networks, and who: two vans of the hub, a cargo bike, a volunteer's car, a hired carrier, and a van
at every farm; Gent's low-emission zone; a standing tour in each network.
"""

from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from logistics import transport
from logistics.models import LowEmissionZone, Tour, TourStop, Vehicle
from network.models import Cycle, Network, NetworkRole, Organisation, Person, PickupPoint, Place
from producers.models import Producer

GENT_RING = [
    [51.0665, 3.7265], [51.0655, 3.7200], [51.0635, 3.7125], [51.0605, 3.7060], [51.0560, 3.7055], [51.0515, 3.7075],
    [51.0480, 3.7095], [51.0440, 3.7125], [51.0405, 3.7175], [51.0390, 3.7245], [51.0385, 3.7330], [51.0395, 3.7400],
    [51.0450, 3.7425], [51.0505, 3.7425], [51.0560, 3.7385], [51.0615, 3.7345],
]  # fmt: skip
"""Gent within the R40, drawn by hand: near enough to show what a zone does, and no source to drive by."""
DAYS = [3, 4, 5]
BY_FARM = {"gent": "P005", "leuven": "P004"}
"""Who drives a round with her own van in one week out of three."""
VOLUNTEERS = {"gent": "a04-1@huis.example", "leuven": "a11-1@huis.example"}
CARRIERS = {"gent": "Koeltransport De Schelde", "leuven": "Koeltransport Dijlevallei"}
TOURS: dict[str, tuple[str, int, list[tuple[str, time]]]] = {
    "gent": ("Vrijdag langs het zuiden", 4, [("a07", time(14, 30)), ("a08", time(14, 55)), ("a04", time(15, 25))]),
    "leuven": ("Donderdag rond de vest", 3, [("a12", time(14, 40)), ("a11", time(15, 10))]),
}


def build(networks: Sequence[Network], producers: dict[str, Producer]) -> None:
    """Vehicles in the order in which the planner meets them, and a driver for each in the same order."""
    LowEmissionZone.objects.create(
        name={
            "nl": "Lage-emissiezone Gent",
            "fr": "Zone de basses émissions de Gand",
            "en": "Low-emission zone of Gent",
        },
        boundary=GENT_RING,
    )
    for network in networks:
        second = _vans(network)
        bike, car, carrier = _bike(network), _car(network), _carrier(network)
        _drivers(network, [bike, car, carrier], producers[BY_FARM[network.slug]])
        _tour(network, second)
    for number, producer in enumerate(producers.values()):
        _own_van(producer, modern=number % 3 != 1)


def _vans(network: Network) -> Vehicle:
    """Two vans of the hub; the second, an older diesel, stays out of the low-emission zone."""
    return [
        Vehicle.objects.create(
            network=network,
            owner=network.organisation,
            name=f"Bestelwagen {number}",
            depot=network.hub,
            crates=110,
            ambient=110,
            cool=90,
            cold=40,
            frozen=10,
            kg=1100,
            per_day=Decimal(18),
            per_km=Decimal("0.34"),
            per_hour=Decimal(21),
            enters_low_emission=number == 1,
            available_from=time(5),
            available_until=time(20),
        )
        for number in (1, 2)
    ][-1]


def _bike(network: Network) -> Vehicle:
    """For the town: the planner counts the minutes of a van, so its rate per km holds the rider's extra time."""
    return Vehicle.objects.create(
        network=network,
        owner=network.organisation,
        name="Bakfiets",
        kind=Vehicle.Kind.BIKE,
        cooling=Vehicle.Cooling.BOXES,
        depot=network.hub,
        crates=14,
        ambient=14,
        cool=10,
        cold=4,
        frozen=0,
        kg=150,
        per_day=Decimal(4),
        per_km=Decimal("1.10"),
        per_hour=Decimal(19),
        weekdays=DAYS,
        longest_minutes=120,
        pause_minutes=0,
        co2_per_km=0,
        available_from=time(9),
        available_until=time(19),
    )


def _car(network: Network) -> Vehicle:
    home = Organisation.objects.get(people__email=VOLUNTEERS[network.slug])
    return Vehicle.objects.create(
        network=network,
        owner=home,
        name=f"Auto van {home.name.removeprefix('Gezin ')}",
        kind=Vehicle.Kind.CAR,
        cooling=Vehicle.Cooling.BOXES,
        depot=network.hub,
        crates=16,
        ambient=16,
        cool=12,
        cold=4,
        frozen=0,
        kg=260,
        per_day=Decimal(0),
        per_km=Decimal("0.42"),
        per_hour=Decimal(0),
        weekdays=DAYS,
        longest_minutes=120,
        pause_minutes=0,
        co2_per_km=140,
        available_from=time(13),
        available_until=time(19),
    )


def _carrier(network: Network) -> Vehicle:
    """Dearer than all others: for the days on which nothing else fits."""
    firm = Organisation.objects.create(name=CARRIERS[network.slug], kind="business")
    return Vehicle.objects.create(
        network=network,
        owner=firm,
        name=f"Koelwagen {firm.name.removeprefix('Koeltransport ')}",
        kind=Vehicle.Kind.CARRIER,
        depot=network.hub,
        crates=160,
        ambient=160,
        cool=160,
        cold=120,
        frozen=40,
        kg=2400,
        per_day=Decimal(95),
        per_km=Decimal("0.85"),
        per_hour=Decimal(38),
        per_stop=Decimal("4.50"),
        weekdays=DAYS,
        co2_per_km=420,
        available_from=time(6),
        available_until=time(20),
    )


def _own_van(producer: Producer, *, modern: bool) -> None:
    assert isinstance(producer.organisation.place, Place)
    room: dict[str, Any] = {"crates": 40, "ambient": 40, "cool": 40, "cold": 16, "frozen": 6, "kg": 500}
    Vehicle.objects.create(
        owner=producer.organisation,
        name=f"Bestelwagen {producer}",
        depot=producer.organisation.place,
        per_day=Decimal(12),
        per_km=Decimal("0.30"),
        per_hour=Decimal(19),
        enters_low_emission=modern,
        available_from=time(5),
        available_until=time(20),
        **room,
    )


def _drivers(network: Network, vehicles: Sequence[Vehicle], farm: Producer) -> None:
    """Who drives them, after who drives the vans already; the car is driven by its owner, her own van by the farmer."""
    _bike, car, carrier = vehicles
    roles = NetworkRole.objects.filter(network=network, role="driver")
    people: list[Person] = []
    for number in range(roles.count() + 1, 3):
        people.append(_person(f"chauffeur{number}.{network.slug}", f"Chauffeur {number} {network.name}"))
    people.append(_person(f"fietskoerier.{network.slug}", f"Fietskoerier {network.name}"))
    people += car.owner.people.filter(email=VOLUNTEERS[network.slug])
    people.append(_person(f"koeltransport.{network.slug}", f"Chauffeur {carrier.owner}"))
    people += farm.organisation.people.order_by("pk")[:1]
    NetworkRole.objects.bulk_create(NetworkRole(network=network, person=person, role="driver") for person in people)


def _person(name: str, called: str) -> Person:
    return Person.objects.create_user(f"{name}@kouter.example", name=called)


def _tour(network: Network, vehicle: Vehicle) -> None:
    name, weekday, stops = TOURS[network.slug]
    tour = Tour.objects.create(network=network, name=name, weekday=weekday, vehicle=vehicle)
    for position, (code, at) in enumerate(stops, 1):
        point = PickupPoint.objects.get(network=network, code=code)
        TourStop.objects.create(tour=tour, position=position, pickup_point=point, at=at)


def choose(network: Network, cycle: Cycle) -> None:
    """In one week out of three a farmer of the network drives a round herself."""
    if cycle.week_on.isocalendar().week % 3 or network.slug not in BY_FARM:
        return
    farm = Producer.objects.select_related("organisation").get(code=BY_FARM[network.slug].lower())
    farmer = farm.organisation.people.order_by("pk").first()
    assert farmer
    own = Vehicle.objects.get(owner=farm.organisation, network=None)
    transport.choose(producer=farm, week_on=cycle.week_on, transport=Producer.Transport.DRIVES, vehicle=own, by=farmer)
