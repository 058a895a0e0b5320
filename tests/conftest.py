"""
The cast, in every test the same people in one small network: alice farmer, bob household, charlie stranger, dana
coordinator, eli outlet buyer, fien volunteer, gust driver. Monday 2 March 2026, 10:00: the week is open.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils.translation import override

from logistics.models import Vehicle
from network import clock, cycles
from network.models import (
    Cycle,
    Delivery,
    DeliveryDay,
    HomeDelivery,
    Membership,
    Network,
    NetworkRole,
    Organisation,
    OrganisationRole,
    Outlet,
    Person,
    PickupPoint,
    PickupSlot,
    Place,
    PointCapacity,
    PriceGroup,
    Tariff,
    VatRate,
    VatStatus,
    WeeklyDay,
)
from producers.models import Producer, Product

pytest_plugins = ["tests.world"]
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALWAYS = (date(2020, 1, 1), None)


def make_person(name: str, **fields: Any) -> Person:
    return Person.objects.create_user(f"{name}@example.org", "secret-kouter", name=name.capitalize(), **fields)


def make_organisation(name: str, *people: Person, kind: str = "household", place: Place | None = None) -> Organisation:
    organisation = Organisation.objects.create(name=name, kind=kind, place=place or make_place())
    for person in people:
        OrganisationRole.objects.create(organisation=organisation, person=person)
    return organisation


def make_place(lat: float = 51.05, lon: float = 3.72, municipality: str = "Gent") -> Place:
    return Place.objects.create(street="Kouter 1", postcode="9000", municipality=municipality, lat=lat, lon=lon)


def make_network(slug: str = "gent", flow: str = "retail", weekdays: tuple[int, ...] = (3, 4)) -> Network:
    """Opens on Saturday, delivers on `weekdays` (default Thursday and Friday), closes two days before at noon."""
    if not VatRate.objects.exists():
        for category, rate in (("food", 6), ("alcohol", 21), ("plants", 6), ("service", 21)):
            VatRate.objects.create(category=category, rate=rate, period=ALWAYS)
    network = Network.objects.create(
        slug=slug,
        name=slug.capitalize(),
        organisation=make_organisation(f"Kouter {slug.capitalize()}", kind="cooperative"),
        hub=make_place(51.04, 3.73),
        flow=flow,
        email=f"{slug}@example.org",
        opens_weekday=5,
        opens_time=time(8),
    )
    for weekday in weekdays:
        WeeklyDay.objects.create(network=network, weekday=weekday, cutoff_days_before=2, cutoff_time=time(12))
    for audience, contribution in (("household", "0.2"), ("trade", "0.1")):
        PriceGroup.objects.create(network=network, audience=audience, contribution=contribution)
    for storage_class, per_crate in (("ambient", "1.5"), ("cool", "2"), ("cold", "2.5"), ("frozen", "3")):
        Tariff.objects.create(network=network, storage_class=storage_class, per_crate=per_crate, period=ALWAYS)
    return network


def make_point(network: Network, code: str = "a1", *, weekday: int = 3, hard: int = 100, **place: Any) -> PickupPoint:
    point = PickupPoint.objects.create(network=network, code=code, name=f"Punt {code}", place=make_place(**place))
    PickupSlot.objects.create(pickup_point=point, weekday=weekday, opens=time(17), closes=time(19))
    for storage_class in ("ambient", "cool", "cold", "frozen"):
        PointCapacity.objects.create(pickup_point=point, storage_class=storage_class, soft=hard, hard=hard)
    return point


def make_home_delivery(network: Network, **terms: Any) -> HomeDelivery:
    """Brought home on Thursdays and Fridays between 17 and 20 o'clock, within 15 km, ten doors a day, for € 6,05."""
    values: dict[str, Any] = {
        "weekdays": [3, 4],
        "opens": time(17),
        "closes": time(20),
        "price": Decimal("6.05"),
        "radius_km": 15,
        "doors": 10,
    }
    return HomeDelivery.objects.create(network=network, **values | terms)


def make_household(network: Network, name: str, *people: Person) -> Organisation:
    household = make_organisation(name, *people)
    Membership.objects.create(network=network, organisation=household, college="consumers", joined_on=MONDAY)
    return household


def make_outlet(network: Network, name: str, *people: Person, weekdays: tuple[int, ...] = (3,)) -> Outlet:
    organisation = make_organisation(name, *people, kind="business")
    VatStatus.objects.create(organisation=organisation, regime="normal", number="BE0000013757", period=ALWAYS)
    Membership.objects.create(network=network, organisation=organisation, college="outlets", joined_on=MONDAY)
    return Outlet.objects.create(
        organisation=organisation,
        code=name.lower()[:12].replace(" ", "-"),
        kind="shop",
        weekdays=list(weekdays),
        opens=time(9),
        closes=time(12),
    )


def make_producer(
    network: Network | None, name: str, *people: Person, regime: str = "normal", **place: Any
) -> Producer:
    organisation = make_organisation(
        name, *people, kind="business", place=make_place(**(place or {"lat": 51.1, "lon": 3.6}))
    )
    VatStatus.objects.create(organisation=organisation, regime=regime, period=ALWAYS)
    slug = name.lower().replace(" ", "-")
    producer = Producer.objects.create(
        organisation=organisation, slug=slug, code=slug[:12], opens=time(6), closes=time(14)
    )
    if network:
        Membership.objects.create(network=network, organisation=organisation, college="producers", joined_on=MONDAY)
    return producer


def make_product(producer: Producer, sku: str = "leek", **fields: Any) -> Product:
    """One kilo of leek unless told otherwise: cool, ten to a crate, sold per piece-like whole kilo."""
    values: dict[str, Any] = {
        "name": {"nl": sku.capitalize(), "fr": sku, "en": sku},
        "category": "vegetables",
        "unit": "kg",
        "net_quantity": Decimal(1),
        "net_unit": "kg",
        "unit_kg": Decimal(1),
        "storage_class": "cool",
        "max_temperature": Decimal(8),
        "shelf_life_days": 7,
        "units_per_crate": 10,
        "drawing": "leek",
    }
    return Product.objects.create(producer=producer, sku=sku, **values | fields)


def make_vehicle(network: Network, name: str = "Bestelwagen", **fields: Any) -> Vehicle:
    """The hub's van: 110 crates, 1,100 kg, 18 euro a day, 0.34 a km, 21 an hour, from five in the morning till eight."""
    room: dict[str, Any] = {"crates": 110, "ambient": 110, "cool": 90, "cold": 40, "frozen": 10, "kg": 1100}
    rates = {"per_day": Decimal(18), "per_km": Decimal("0.34"), "per_hour": Decimal(21)}
    hours = {"available_from": time(5), "available_until": time(20)}
    values = room | rates | hours | {"network": network, "owner": network.organisation, "depot": network.hub} | fields
    return Vehicle.objects.create(name=name, **values)


def open_week(network: Network, week_on: date = MONDAY) -> Cycle:
    cycle = cycles.plan_cycle(network=network, week_on=week_on)
    cycles.open_cycle(cycle=cycle)
    return cycle


class QuickHasher(PBKDF2PasswordHasher):
    """What every process can check, without the tenth of a second that keeps burglars out."""

    iterations = 1


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.QuickHasher"]):
        yield


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What tests read is the source's language, whatever the catalogues say."""
    with override("en"):
        yield


@pytest.fixture
def visit() -> Callable[[Person | None], Client]:
    """`visit(person)`: a browser in English, signed in as that person (None: a visitor)."""

    def client_of(person: Person | None = None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if person is not None:
            client.force_login(person)
        return client

    return client_of


@pytest.fixture
def alice(db: None) -> Person:
    return make_person("alice")


@pytest.fixture
def bob(db: None) -> Person:
    return make_person("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return make_person("charlie")


@pytest.fixture
def dana(network: Network) -> Person:
    person = make_person("dana")
    NetworkRole.objects.create(network=network, person=person, role="coordinator")
    return person


@pytest.fixture
def eli(db: None) -> Person:
    return make_person("eli")


@pytest.fixture
def fien(network: Network, point: PickupPoint) -> Person:
    person = make_person("fien")
    NetworkRole.objects.create(network=network, person=person, role="volunteer", pickup_point=point)
    return person


@pytest.fixture
def gust(network: Network) -> Person:
    person = make_person("gust")
    NetworkRole.objects.create(network=network, person=person, role="driver")
    return person


@pytest.fixture
def network(db: None) -> Network:
    return make_network()


@pytest.fixture
def point(network: Network) -> PickupPoint:
    return make_point(network)


@pytest.fixture
def farm(network: Network, alice: Person) -> Producer:
    return make_producer(network, "Hoeve Alice", alice)


@pytest.fixture
def household(network: Network, bob: Person) -> Organisation:
    return make_household(network, "Gezin Bob", bob)


@pytest.fixture
def shop(network: Network, eli: Person) -> Outlet:
    return make_outlet(network, "Winkel Eli", eli)


@pytest.fixture
def leek(farm: Producer) -> Product:
    return make_product(farm)


@pytest.fixture
def cycle(network: Network, point: PickupPoint, shop: Outlet) -> Cycle:
    """The open week of 2 March: Thursday 5 (closes Tuesday noon) and Friday 6; a delivery at the point and the shop on Thursday."""
    return open_week(network)


@pytest.fixture
def day(cycle: Cycle) -> DeliveryDay:
    return cycle.days.get(on=date(2026, 3, 5))


@pytest.fixture
def delivery(day: DeliveryDay, point: PickupPoint) -> Delivery:
    return day.deliveries.get(pickup_point=point)


def forget_cached() -> None:
    """Empty this worker's part of the cache, which outlives the database of a test; the other workers keep theirs."""
    client = cache._cache.get_client()
    if found := client.keys(cache.make_key("*", version="*")):
        client.delete(*found)
