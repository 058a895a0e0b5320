"""
All Flanders for load tests: N times the demo's towns, farms and households, in N networks of 120 producers at the most.
The farms of a network lie all over its region, and it has vans enough to plan.

Inserted set-based, since it measures the product and does not show it: the present week open with confirmed baskets, and
one past week closed. 25 gives 3,000 producers and 100,000 baskets a week.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from math import cos, pi, sin, sqrt
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from logistics.demo import build as one
from logistics.models import Vehicle
from network import clock, cycles
from network.models import (
    Cycle,
    Membership,
    Network,
    Organisation,
    OrganisationRole,
    Outlet,
    Person,
    PickupPoint,
    Place,
)
from orders import closing
from producers import stock
from producers.models import Producer, Product


@dataclass(frozen=True)
class Size:
    """Of one network: how many producers, baskets in a week, products in a basket, and shops that buy by the crate."""

    producers: int = 120
    baskets: int = 4000
    lines: int = 10
    shops: int = 0

    @property
    def vans(self) -> int:
        """
        Enough for the busiest day: a third of the baskets and somewhat more, three to a crate, each van once around.
        """
        return 4 + self.producers // 20 + self.baskets * self.lines // 5000


NOON = time(12)
REACH_KM = 30
"""How far from the hub the farthest farm of a network lies."""
GOLDEN = pi * (3 - sqrt(5))
"""The angle between one farm and the next: however many there are, they lie evenly spread, like seeds in a sunflower."""


FILL_BASKETS = """
WITH buyers AS (
    SELECT m.organisation_id, row_number() OVER (ORDER BY m.organisation_id) AS n
    FROM network_membership m WHERE m.network_id = %(network)s AND m.college = 'consumers'
), places AS (
    SELECT delivery.id, row_number() OVER (ORDER BY delivery.id) AS n, count(*) OVER () AS many
    FROM network_delivery delivery JOIN network_deliveryday day ON day.id = delivery.delivery_day_id
    WHERE day.cycle_id = %(cycle)s AND delivery.pickup_point_id IS NOT NULL
)
INSERT INTO orders_order (buyer_id, delivery_id, status, created_at, confirmed_at, version, age_declared, reference)
SELECT buyers.organisation_id, places.id, 'confirmed', %(now)s, %(now)s, 2, true, ''
FROM buyers JOIN places ON places.n = 1 + buyers.n %% places.many
"""

FILL_SHOPS = """
INSERT INTO orders_order (buyer_id, delivery_id, status, created_at, confirmed_at, version, age_declared, reference)
SELECT outlet.organisation_id, delivery.id, 'confirmed', %(now)s, %(now)s, 2, true, ''
FROM network_delivery delivery JOIN network_deliveryday day ON day.id = delivery.delivery_day_id
JOIN network_outlet outlet ON outlet.id = delivery.outlet_id
WHERE day.cycle_id = %(cycle)s
"""

FILL_LINES = """
WITH offers AS (
    SELECT offer.*, pg.audience = 'trade' AS trade,
           row_number() OVER (PARTITION BY offer.delivery_day_id, pg.audience ORDER BY offer.id) AS n,
           count(*) OVER (PARTITION BY offer.delivery_day_id, pg.audience) AS many
    FROM producers_offer offer JOIN network_pricegroup pg ON pg.id = offer.price_group_id
    JOIN network_deliveryday day ON day.id = offer.delivery_day_id WHERE day.cycle_id = %(cycle)s
)
INSERT INTO orders_orderline (order_id, offer_id, supply_id, product_id, producer_id, name, unit, step, sold_by_weight,
    storage_class, crate_share, unit_kg, quantity, confirmed, price, tariff, contribution, net, vat_rate, gross, deposit)
SELECT o.id, offers.id, offers.supply_id, product.id, product.producer_id, product.name, product.unit, product.step,
    product.sold_by_weight, product.storage_class, round(1.0 / product.units_per_crate, 6), product.unit_kg,
    product.step * times, product.step * times, offers.price, offers.tariff, offers.contribution, offers.net, offers.vat_rate,
    offers.gross, product.deposit
FROM orders_order o
JOIN network_delivery delivery ON delivery.id = o.delivery_id
JOIN network_deliveryday day ON day.id = delivery.delivery_day_id AND day.cycle_id = %(cycle)s
CROSS JOIN generate_series(1, %(lines)s) AS pick
JOIN offers ON offers.delivery_day_id = day.id AND offers.trade = (delivery.outlet_id IS NOT NULL)
    AND offers.n = 1 + (o.id * 7 + pick * 13) %% offers.many
JOIN producers_supply supply ON supply.id = offers.supply_id
JOIN producers_product product ON product.id = supply.product_id
CROSS JOIN LATERAL (SELECT CASE WHEN offers.trade THEN product.units_per_crate ELSE 1 END AS times) size
ON CONFLICT DO NOTHING
"""

RESERVE = """
UPDATE producers_supply supply SET reserved = asked.quantity, quantity = greatest(supply.quantity, asked.quantity)
FROM (
    SELECT line.supply_id, sum(line.confirmed) AS quantity FROM orders_orderline line
    JOIN producers_offer offer ON offer.id = line.offer_id JOIN network_deliveryday day ON day.id = offer.delivery_day_id
    WHERE day.cycle_id = %(cycle)s GROUP BY line.supply_id
) asked
WHERE asked.supply_id = supply.id
"""


def build(times: int, seed: int) -> None:
    """`times` networks beside the demo's two, each with producers, points, households, and two weeks of baskets."""
    one.build(seed)
    pattern = Network.objects.get(slug="gent")
    models = list(Product.objects.filter(producer__organisation__memberships__network=pattern).order_by("pk"))
    monday = clock.monday_of(clock.today())
    for number in range(1, times + 1):
        network = add_network(pattern, models, number)
        for week_on in (monday - timedelta(weeks=1), monday):
            fill_week(network, cycles.plan_cycle(network=network, week_on=week_on))


@transaction.atomic
def add_network(pattern: Network, models: list[Product], number: int, size: Size = Size()) -> Network:
    """A region like `pattern`, with farms that grow what `models` are and households without a basket yet."""
    hub = Place.objects.create(
        postcode="9000", municipality=f"Streek {number}", lat=50.8 + number % 5 * 0.1, lon=3.0 + number // 5 * 0.35
    )
    network = Network.objects.create(
        slug=f"streek-{number}",
        name=f"Kouter Streek {number}",
        organisation=Organisation.objects.create(name=f"Kouter Streek {number} cv", kind="cooperative", place=hub),
        hub=hub,
        email=f"streek-{number}@kouter.example",
        opens_weekday=pattern.opens_weekday,
        opens_time=pattern.opens_time,
    )
    for rows in (pattern.weekly_days.all(), pattern.price_groups.all(), pattern.tariffs.all()):
        for row in rows:
            row.pk, row.network = None, network
            row.save()
    _points(network)
    _shops(network, size.shops)
    _households(network, size.baskets)
    _producers(network, models, size.producers)
    _vans(network, size.vans)
    return network


def _vans(network: Network, many: int) -> None:
    Vehicle.objects.bulk_create(
        Vehicle(
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
            available_from=time(5),
            available_until=time(20),
        )
        for number in range(1, many + 1)
    )


def _spread(network: Network, many: int, reach_km: float) -> list[Place]:
    """So many places, evenly over a disc around the hub, the same every time."""
    hub, found = network.hub, []
    for number in range(many):
        far = reach_km / 111.2 * sqrt((number + 0.5) / many)
        found.append(
            Place(
                postcode=hub.postcode,
                municipality=f"{hub.municipality}, gehucht {number}",
                lat=hub.lat + far * sin(number * GOLDEN),
                lon=hub.lon + far * cos(number * GOLDEN) / cos(hub.lat * pi / 180),
            )
        )
    return Place.objects.bulk_create(found)


def _points(network: Network) -> None:
    """
    The points of both demo networks, as they lie around their hubs, open in the afternoon: with so many farms the morning
    is for collecting.
    """
    points = PickupPoint.objects.filter(network__slug__in=["gent", "leuven"])
    for point in points.select_related("place", "network__hub").prefetch_related("slots").order_by("pk"):
        slots, model = list(point.slots.all()), point.network.hub
        place = Place.objects.create(
            postcode=point.place.postcode,
            municipality=point.place.municipality,
            lat=network.hub.lat + point.place.lat - model.lat,
            lon=network.hub.lon + point.place.lon - model.lon,
        )
        point.pk, point.network, point.place = None, network, place
        point.save()
        for slot in slots:
            slot.pk, slot.pickup_point = None, point
            if slot.opens < NOON:
                slot.opens, slot.closes = slot.opens.replace(hour=16), slot.closes.replace(hour=18)
            slot.save()


def _shops(network: Network, many: int) -> None:
    """Shops among the farms, each open on one of the network's days."""
    days = list(network.weekly_days.order_by("weekday").values_list("weekday", flat=True))
    for number, place in enumerate(_spread(network, many, 20)):
        shop = Organisation.objects.create(name=f"Winkel {network.slug} {number}", kind="business", place=place)
        Membership.objects.create(network=network, organisation=shop, college="outlets")
        Outlet.objects.create(
            organisation=shop,
            code=f"{network.pk}-w{number}",
            kind="shop",
            weekdays=[days[number % len(days)]],
            opens=time(9),
            closes=time(18),
        )


def _households(network: Network, many: int) -> None:
    nobody = make_password(None)
    people = Person.objects.bulk_create(
        Person(email=f"{network.slug}-{i}@huis.example", name=f"Huis {i}", password=nobody) for i in range(many)
    )
    homes = Organisation.objects.bulk_create(Organisation(name=f"Gezin {i}", place=network.hub) for i in range(many))
    OrganisationRole.objects.bulk_create(
        OrganisationRole(organisation=home, person=person) for home, person in zip(homes, people, strict=True)
    )
    Membership.objects.bulk_create(
        Membership(network=network, organisation=home, college="consumers") for home in homes
    )


def _producers(network: Network, models: list[Product], many: int) -> None:
    organisations = Organisation.objects.bulk_create(
        Organisation(name=f"Hoeve {network.slug} {i}", kind="business", place=yard)
        for i, yard in enumerate(_spread(network, many, REACH_KM))
    )
    Membership.objects.bulk_create(
        Membership(network=network, organisation=farm, college="producers") for farm in organisations
    )
    first = Producer.objects.order_by("pk").first()
    assert first
    producers = Producer.objects.bulk_create(
        Producer(
            organisation=farm,
            slug=f"{network.slug}-{i}",
            code=f"{network.pk}-{i}",
            opens=first.opens,
            closes=first.closes,
        )
        for i, farm in enumerate(organisations)
    )
    fields = [
        field.attname for field in Product._meta.concrete_fields if field.attname not in ("id", "producer_id", "sku")
    ]
    Product.objects.bulk_create(
        Product(
            producer=producer,
            sku=f"p{j}",
            **{field: getattr(models[(i * 8 + j) % len(models)], field) for field in fields},
        )
        for i, producer in enumerate(producers)
        for j in range(8)
    )


@transaction.atomic
def fill_week(network: Network, cycle: Cycle, lines: int = Size.lines) -> None:
    """Every farm announces, every household has a confirmed basket; days past their cut-off are closed."""
    with clock.at(cycle.opens_at):
        cycles.open_cycle(cycle=cycle)
        for producer in Producer.objects.filter(organisation__memberships__network=network).order_by("pk"):
            rows = [stock.Announcement(product, Decimal(500), Decimal("2.00")) for product in producer.products.all()]
            stock.announce_many(producer=producer, week_on=cycle.week_on, rows=rows, by=None)
    arguments: dict[str, Any] = {"network": network.pk, "cycle": cycle.pk, "now": clock.now(), "lines": lines}
    with connection.cursor() as cursor:
        for statement in (FILL_BASKETS, FILL_SHOPS, FILL_LINES, RESERVE):
            cursor.execute(statement, arguments)
    for day in cycle.days.filter(closes_at__lte=clock.now()):
        closing.close_day(day=day)
