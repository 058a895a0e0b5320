"""Two networks with everybody in them: farms, products, points, outlets, households, vehicles and the people behind."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.text import slugify

from logistics.demo import account, bargains, fleets, funds
from logistics.models import CollegeRule
from network import clock
from network.models import (
    BankAccount,
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

DATA = Path(__file__).parent / "data"
PASSWORD = "kouter"
WEEKS = 12
"""Weeks that lie behind the network when a visitor first sees it."""
SINCE = (date(2020, 1, 1), None)
WEEKDAYS = {"do": 3, "vr": 4, "za": 5}
IN_BOTH = ("P018", "P021")
BRINGERS = ("P001", "P017", "P021", "P015", "P026")
UNITS = {
    "kg": "kg",
    "bos": "bunch",
    "stuk": "piece",
    "pakket": "box",
    "fles": "bottle",
    "pot": "pot",
    "boeket": "bouquet",
    "doosje 6": "box",
    "doosje 10": "box",
    "zak 5 kg": "bag",
    "1 l": "bottle",
}
CATEGORIES = {
    "groenten": "vegetables",
    "aardappelen": "vegetables",
    "pakketten": "vegetables",
    "fruit": "fruit",
    "zuivel": "dairy",
    "eieren": "dairy",
    "vlees": "meat",
    "brood": "bread",
    "droog": "bread",
    "verwerkt": "pantry",
    "dranken": "drinks",
    "alcohol": "drinks",
    "planten": "plants",
}
STORAGE = {"kamer": "ambient", "koel": "cool", "koud": "cold", "diepvries": "frozen"}
REGIMES = {
    "normaal": "normal",
    "landbouwregeling": "agricultural",
    "vrijstelling": "exempt",
    "publiek": "public",
    "art44": "article_44",
}
ALLERGENS = {
    "selderij": "celery",
    "melk": "milk",
    "eieren": "eggs",
    "gluten": "gluten",
    "mosterd": "mustard",
    "sulfieten": "sulphites",
}
STATUTES = (
    ("producers", "0.4", "0.5"),
    ("consumers", "0.3", "0.1"),
    ("outlets", "0.2", "0.1"),
    ("workers", "0.1", "0.5"),
)
KINDS = {
    "winkel": "shop",
    "hoevewinkel": "farm_shop",
    "markt": "market",
    "horeca": "restaurant",
    "grootkeuken": "kitchen",
    "school": "school",
    "cateraar": "caterer",
}
FIRST_NAMES = (
    "Emma Louis Olivia Arthur Louise Noah Mila Liam Ella Jules Anna Lucas Nora Adam Lotte Finn Marie Victor Elise "
    "Matteo Fleur Lowie Amber Warre Jade Stan Lien Wout Hanne Bram Katrijn Joris Griet Pieter An Koen Leen Dirk "
    "Mieke Jan"
).split()
LAST_NAMES = (
    "Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Smet Pauwels Dubois Hermans Aerts "
    "Michiels Lambrecht Martens Desmet Vermeulen Verstraete Cools Baert Declercq Segers Bogaert Lemmens Moens "
    "Thijs Coppens Nys"
).split()


@dataclass(frozen=True)
class Login:
    role: str
    email: str


LOGINS = [
    Login("household", "bob@kouter.example"),
    Login("farmer", "alice@kouter.example"),
    Login("coordinator", "dana@kouter.example"),
    Login("outlet", "eli@kouter.example"),
    Login("driver", "gust@kouter.example"),
    Login("volunteer", "fien@kouter.example"),
]


def rows(name: str) -> Iterator[dict[str, str]]:
    with open(DATA / f"{name}.csv", encoding="utf-8") as handle:
        yield from csv.DictReader(handle)


@transaction.atomic
def build(seed: int) -> None:
    """Master data of both networks. Refuses nothing and repeats nothing: call it on an empty database."""
    dice = random.Random(seed)
    for category, rate in (("food", 6), ("alcohol", 21), ("plants", 6), ("service", 21)):
        VatRate.objects.create(category=category, rate=rate, period=SINCE)
    networks = [
        _network(
            "gent",
            "Kouter Gent",
            "retail",
            "BE64539007548852",
            Place(street="Hundelgemsesteenweg 12", postcode="9050", municipality="Gentbrugge", lat=51.0361, lon=3.7452),
        ),
        _network(
            "leuven",
            "Kouter Leuven",
            "facilitation",
            "BE40539007549963",
            Place(street="Aarschotsesteenweg 84", postcode="3012", municipality="Wilsele", lat=50.9021, lon=4.7113),
        ),
    ]
    producers = _farms(networks)
    _products(producers, dice)
    _points(networks, dice)
    _outlets(networks)
    _cast(networks, producers)
    _bring_home(networks[0])
    fleets.build(networks, producers)
    funds.build(networks[0], weeks=WEEKS)
    usual = {
        row["sku"].lower(): (Decimal(row["producer_price_low"]) + Decimal(row["producer_price_high"])) / 2
        for row in rows("products")
    }
    bargains.build(producers["P002"], usual)
    EmailAddress.objects.bulk_create(
        EmailAddress(user_id=pk, email=email, verified=True, primary=True)
        for pk, email in Person.objects.values_list("pk", "email")
    )


def _side(networks: list[Network], lon: str) -> Network:
    return networks[0] if float(lon) < 4.2 else networks[1]


def _network(slug: str, name: str, flow: str, iban: str, hub: Place) -> Network:
    hub.save()
    organisation = Organisation.objects.create(name=f"{name} cv", kind="cooperative", place=hub)
    VatStatus.objects.create(organisation=organisation, regime="normal", period=SINCE)
    BankAccount.objects.create(organisation=organisation, iban=iban, period=SINCE)
    network = Network.objects.create(
        slug=slug,
        name=name,
        organisation=organisation,
        hub=hub,
        flow=flow,
        email=f"{slug}@kouter.example",
        opens_weekday=3,
        opens_time=time(8),
        minimum_order=Decimal(15),
    )
    for weekday in WEEKDAYS.values():
        WeeklyDay.objects.create(network=network, weekday=weekday, cutoff_days_before=2, cutoff_time=time(12))
    for audience, contribution in (("household", "0.20"), ("trade", "0.10")):
        PriceGroup.objects.create(network=network, audience=audience, contribution=contribution)
    for college, weight, quorum in STATUTES:
        CollegeRule.objects.create(network=network, college=college, weight=weight, quorum=quorum)
    for storage_class, per_crate in (("ambient", "1.40"), ("cool", "1.70"), ("cold", "2.10"), ("frozen", "2.60")):
        Tariff.objects.create(network=network, storage_class=storage_class, per_crate=per_crate, period=SINCE)
    return network


def _farms(networks: list[Network]) -> dict[str, Producer]:
    producers = {}
    for row in rows("farms"):
        place = Place.objects.create(
            street="Dorpsstraat 1", postcode=row["postcode"], municipality=row["place"], lat=row["lat"], lon=row["lon"]
        )
        organisation = Organisation.objects.create(
            name=row["name"], kind="business", place=place, enterprise_number=row["kbo_demo"]
        )
        VatStatus.objects.create(
            organisation=organisation, regime=REGIMES[row["vat_regime"]], number=row["vat_demo"], period=SINCE
        )
        BankAccount.objects.create(organisation=organisation, iban=row["iban_demo"], period=SINCE)
        producers[row["code"]] = Producer.objects.create(
            organisation=organisation,
            slug=slugify(row["name"]),
            code=row["code"].lower(),
            speciality=row["type"].replace("-", " en ").capitalize(),
            story=f"{row['name']} in {row['place']} verkoopt rechtstreeks aan wie in de buurt woont.",
            organic_body=row["organic_control_body"],
            establishment_number=row["favv_establishment_demo"],
            minimum=Decimal(10),
            transport="brings" if row["code"] in BRINGERS else "collected",
            opens=time(5, 30),
            closes=time(12),
        )
        home = _side(networks, row["lon"])
        for network in networks if row["code"] in IN_BOTH else [home]:
            Membership.objects.create(
                network=network, organisation=organisation, college="producers", joined_on=SINCE[0]
            )
    return producers


def _products(producers: dict[str, Producer], dice: random.Random) -> None:
    texts = {row["sku"]: row for row in rows("texts")}
    sold_by: dict[str, list[Producer]] = {}
    for row in rows("farms"):
        for sku in row["skus"].split():
            sold_by.setdefault(sku, []).append(producers[row["code"]])
    products = []
    for row in rows("products"):
        by_weight = row["variable_weight"] == "1" and row["sales_unit"] == "kg"
        net_unit = {"kg": "kg", "l": "l", "st": "piece"}[row["net_unit"]]
        net = Decimal(row["net_quantity"])
        text = texts[row["sku"]]
        for producer in sold_by[row["sku"]]:
            products.append(
                Product(
                    producer=producer,
                    sku=row["sku"].lower(),
                    name={"nl": row["name_nl"], "fr": text["name_fr"], "en": text["name_en"]},
                    category=CATEGORIES[row["category"]],
                    dfc_type=row["dfc_product_type"],
                    unit=UNITS.get(row["sales_unit"], "pack"),
                    step=Decimal("0.5") if by_weight else Decimal(1),
                    sold_by_weight=by_weight,
                    net_quantity=net,
                    net_unit=net_unit,
                    unit_kg=net * Decimal("0.065") if net_unit == "piece" and "ei" in row["category"] else net,
                    vat_category={"alcohol": "alcohol", "planten": "plants"}.get(row["category"], "food"),
                    storage_class=STORAGE[row["storage_class"]],
                    max_temperature=row["max_temp_c"],
                    shelf_life_days=int(row["shelf_life_days"]),
                    allergens=[ALLERGENS[name] for name in row["allergens"].split(";") if name],
                    season=[int(month) for month in f"{row['season_months']} {row['storage_months']}".split()],
                    crate=row["crate"],
                    units_per_crate=int(row["units_per_crate"]),
                    deposit=Decimal(row["deposit_eur"] or 0),
                    alcohol=Decimal(row["abv"]) if row["abv"] else None,
                    perishable=row["perishable_no_withdrawal"] == "1",
                    drawing=text["drawing"],
                )
            )
    Product.objects.bulk_create(products)


def _points(networks: list[Network], dice: random.Random) -> None:
    """Each point with its slot and room, and as many households around it as it expects orders."""
    for row in rows("pickup_points"):
        network = _side(networks, row["lon"])
        place = Place.objects.create(
            street="Kerkplein 2", postcode=row["postcode"], municipality=row["place"], lat=row["lat"], lon=row["lon"]
        )
        point = PickupPoint.objects.create(
            network=network, code=row["code"].lower(), name=row["name"], place=place, cooling=row["cooling"]
        )
        PickupSlot.objects.create(
            pickup_point=point, weekday=WEEKDAYS[row["pickup_day"]], opens=row["open_from"], closes=row["open_to"]
        )
        expected = int(row["expected_orders_per_week"])
        for storage_class, each in (("ambient", "1"), ("cool", "1.6"), ("cold", "0.8"), ("frozen", "0.3")):
            soft = int(expected * Decimal(each)) + 8
            PointCapacity.objects.create(pickup_point=point, storage_class=storage_class, soft=soft, hard=soft * 3 // 2)
        _households(network, point, expected, dice)


def _households(network: Network, point: PickupPoint, count: int, dice: random.Random) -> None:
    nobody = make_password(None)
    names = [f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}" for _ in range(count)]
    people = Person.objects.bulk_create(
        Person(email=f"{point.code}-{i}@huis.example", name=name, password=nobody, joined_at=clock.now())
        for i, name in enumerate(names, 1)
    )
    places = Place.objects.bulk_create(
        Place(
            street=f"Molenstraat {i}",
            postcode=point.place.postcode,
            municipality=point.place.municipality,
            lat=float(point.place.lat) + dice.uniform(-0.012, 0.012),
            lon=float(point.place.lon) + dice.uniform(-0.018, 0.018),
        )
        for i in range(1, count + 1)
    )
    homes = Organisation.objects.bulk_create(
        Organisation(name=f"Gezin {name}", kind="household", place=place)
        for name, place in zip(names, places, strict=True)
    )
    OrganisationRole.objects.bulk_create(
        OrganisationRole(organisation=home, person=person) for home, person in zip(homes, people, strict=True)
    )
    Membership.objects.bulk_create(
        Membership(network=network, organisation=home, college="consumers", joined_on=SINCE[0]) for home in homes
    )


def _outlets(networks: list[Network]) -> None:
    for name in ("shops", "b2b_customers"):
        for number, row in enumerate(rows(name)):
            network = _side(networks, row["lon"])
            regime = REGIMES[row.get("vat_status", "normaal")]
            if row["name"] == "Hoevewinkel Ter Linde":
                organisation = Organisation.objects.get(producer__code="p001")
            else:
                place = Place.objects.create(
                    street="Marktstraat 5",
                    postcode=row["postcode"],
                    municipality=row["place"],
                    lat=row["lat"],
                    lon=row["lon"],
                )
                organisation = Organisation.objects.create(
                    name=row["name"], kind="public" if regime == "public" else "business", place=place
                )
                VatStatus.objects.create(organisation=organisation, regime=regime, period=SINCE)
            Membership.objects.create(network=network, organisation=organisation, college="outlets", joined_on=SINCE[0])
            Outlet.objects.create(
                organisation=organisation,
                code=row["code"].lower(),
                kind=KINDS[row["type"]],
                weekdays=[list(WEEKDAYS.values())[number % 3]],
                opens=time(13) if name == "shops" else time(12, 30),
                closes=time(18) if name == "shops" else time(17),
            )


def _bring_home(network: Network) -> None:
    """One of the networks brings baskets home. What households want when something is missing, most have said."""
    HomeDelivery.objects.create(
        network=network,
        weekdays=list(WEEKDAYS.values()),
        opens=time(16),
        closes=time(20),
        price=Decimal("6.50"),
        radius_km=8,
        doors=6,
    )
    wishes = Organisation.Substitution.values
    homes = list(Organisation.objects.filter(kind="household").order_by("pk"))
    for number, home in enumerate(homes):
        home.substitution = "" if number % 4 == 3 else wishes[number % 4]
    Organisation.objects.bulk_update(homes, ["substitution"])


def _cast(networks: list[Network], producers: dict[str, Producer]) -> None:
    """The people whose logins `make run` prints; a coordinator and drivers in each network."""
    gent, leuven = networks
    bob, alice, dana, eli, gust, fien = (
        Person.objects.create_user(login.email, PASSWORD, name=name)
        for login, name in zip(
            LOGINS,
            ["Bob Vermeulen", "Alice De Wilde", "Dana Maes", "Eli Goossens", "Gust Peeters", "Fien Aerts"],
            strict=True,
        )
    )
    point = PickupPoint.objects.get(code="a03")
    homes = {}
    for person, email in ((bob, "a03-1@huis.example"), (fien, "a03-2@huis.example")):
        homes[person] = home = Organisation.objects.get(roles__person__email=email)
        home.name = f"Gezin {person.name.split()[-1]}"
        home.save(update_fields=["name"])
        OrganisationRole.objects.create(organisation=home, person=person)
    account.at_home(homes[bob], bob)
    OrganisationRole.objects.create(organisation=producers["P002"].organisation, person=alice)
    OrganisationRole.objects.create(organisation=Organisation.objects.get(outlet__code="w01"), person=eli)
    roles = [
        (gent, dana, "coordinator", None),
        (leuven, dana, "coordinator", None),
        (gent, gust, "driver", None),
        (gent, fien, "volunteer", point),
    ]
    NetworkRole.objects.bulk_create(
        NetworkRole(network=network, person=person, role=role, pickup_point=at) for network, person, role, at in roles
    )
    for code, producer in producers.items():
        if code != "P002":
            farmer = Person.objects.create_user(f"{producer.slug}@boer.example", name=f"Boer van {producer}")
            OrganisationRole.objects.create(organisation=producer.organisation, person=farmer)
