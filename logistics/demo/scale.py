"""
All Flanders for load tests: N times the demo's towns, farms and households, in N networks of 120 producers at the most.

Inserted set-based, since it measures the product and does not show it: the present week open with confirmed baskets, and
one past week closed. 25 gives 3,000 producers and 100,000 baskets a week.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from logistics.demo import build as one
from network import clock, cycles
from network.models import Cycle, Membership, Network, Organisation, OrganisationRole, Person, PickupPoint, Place
from orders import closing
from producers import stock
from producers.models import Producer, Product


@dataclass(frozen=True)
class Size:
    """Of one network: how many producers, how many baskets in a week, and products in a basket."""

    producers: int = 120
    baskets: int = 4000
    lines: int = 10


FILL_BASKETS = """
WITH buyers AS (
    SELECT m.organisation_id, row_number() OVER (ORDER BY m.organisation_id) AS n
    FROM network_membership m WHERE m.network_id = %(network)s AND m.college = 'consumers'
), places AS (
    SELECT delivery.id, row_number() OVER (ORDER BY delivery.id) AS n, count(*) OVER () AS many
    FROM network_delivery delivery JOIN network_deliveryday day ON day.id = delivery.delivery_day_id
    WHERE day.cycle_id = %(cycle)s AND delivery.outlet_id IS NULL
)
INSERT INTO orders_order (buyer_id, delivery_id, status, created_at, confirmed_at, version, age_declared, reference)
SELECT buyers.organisation_id, places.id, 'confirmed', %(now)s, %(now)s, 2, true, ''
FROM buyers JOIN places ON places.n = 1 + buyers.n %% places.many
"""

FILL_LINES = """
WITH offers AS (
    SELECT offer.*, row_number() OVER (PARTITION BY offer.delivery_day_id ORDER BY offer.id) AS n,
           count(*) OVER (PARTITION BY offer.delivery_day_id) AS many
    FROM producers_offer offer JOIN network_pricegroup pg ON pg.id = offer.price_group_id AND pg.audience = 'household'
    JOIN network_deliveryday day ON day.id = offer.delivery_day_id WHERE day.cycle_id = %(cycle)s
)
INSERT INTO orders_orderline (order_id, offer_id, supply_id, product_id, producer_id, name, unit, step, sold_by_weight,
    storage_class, crate_share, unit_kg, quantity, confirmed, price, tariff, contribution, net, vat_rate, gross, deposit)
SELECT o.id, offers.id, offers.supply_id, product.id, product.producer_id, product.name, product.unit, product.step,
    product.sold_by_weight, product.storage_class, round(1.0 / product.units_per_crate, 6), product.unit_kg,
    product.step, product.step, offers.price, offers.tariff, offers.contribution, offers.net, offers.vat_rate,
    offers.gross, product.deposit
FROM orders_order o
JOIN network_delivery delivery ON delivery.id = o.delivery_id
JOIN network_deliveryday day ON day.id = delivery.delivery_day_id AND day.cycle_id = %(cycle)s
CROSS JOIN generate_series(1, %(lines)s) AS pick
JOIN offers ON offers.delivery_day_id = day.id AND offers.n = 1 + (o.id * 7 + pick * 13) %% offers.many
JOIN producers_supply supply ON supply.id = offers.supply_id
JOIN producers_product product ON product.id = supply.product_id
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
    _points(pattern, network)
    _households(network, size.baskets)
    _producers(network, models, size.producers)
    return network


def _points(pattern: Network, network: Network) -> None:
    for point in PickupPoint.objects.filter(network=pattern).select_related("place").prefetch_related("slots"):
        slots = list(point.slots.all())
        place = Place.objects.create(
            postcode=point.place.postcode,
            municipality=point.place.municipality,
            lat=network.hub.lat + point.place.lat - 51.04,
            lon=network.hub.lon + point.place.lon - 3.73,
        )
        point.pk, point.network, point.place = None, network, place
        point.save()
        for slot in slots:
            slot.pk, slot.pickup_point = None, point
            slot.save()


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
        Organisation(name=f"Hoeve {network.slug} {i}", kind="business", place=network.hub) for i in range(many)
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
        for statement in (FILL_BASKETS, FILL_LINES, RESERVE):
            cursor.execute(statement, arguments)
    for day in cycle.days.filter(closes_at__lte=clock.now()):
        closing.close_day(day=day)
