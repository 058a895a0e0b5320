"""The shop page with a thousand and with ten thousand offers, of which it shows sixty; and searching in it."""

import gzip
import time
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network import clock
from network.models import Delivery
from orders import basket
from producers import stock
from producers.models import Offer, Product
from tests.benchmarks.measure import say, spread
from tests.conftest import forget_cached, make_household, make_network, make_point, make_producer, open_week

pytestmark = pytest.mark.django_db(transaction=True)
FARMS = 50
NAMES = [
    ("Prei", "Poireaux"), ("Wortelen met loof", "Carottes en botte"), ("Aardappelen vastkokend", "Pommes de terre à chair ferme"),
    ("Karnemelk", "Lait battu"), ("Desembrood tarwe", "Pain au levain"), ("Appel Jonagold", "Pommes Jonagold"), ("Ajuin geel", "Oignons"),
    ("Hoevekip", "Poulet de ferme"), ("Aardbeienconfituur", "Confiture de fraises"), ("Bloemkool", "Chou-fleur"),
]  # fmt: skip
PAGES = {
    "the first page": "", "page 40": "&page=40", "organic, in season": "&organic=1&season=1", "within 10 km": "&near=10",
    "“prei”": "&q=prei", "“pomme de terre”": "&q=pomme+de+terre", "a part, “melk”": "&q=melk", "a typing error, “wortle”": "&q=wortle",
    "nothing, “ananas”": "&q=ananas",
}  # fmt: skip


def _sell(network: Any, week_on: Any, more: int, by: Any) -> None:
    """So many products more in the shop, of fifty farms."""
    categories = [value for value, _label in Product.Category.choices]
    for farm in range(FARMS):
        producer = make_producer(network, f"Hoeve {farm} {more}", lat=50.9 + farm / 200)
        products = Product.objects.bulk_create(
            Product(
                producer=producer, sku=f"p{number}", name={"nl": f"{nl} {number}", "fr": f"{fr} {number}"},
                category=categories[(farm + number) % len(categories)], unit="kg", net_quantity=1, net_unit="kg", unit_kg=1,
                storage_class="cool", max_temperature=8, shelf_life_days=7, units_per_crate=10, drawing="leek",
            )
            for number in range(more // FARMS)
            for nl, fr in [NAMES[(farm + number) % len(NAMES)]]
        )  # fmt: skip
        rows = [stock.Announcement(product, Decimal(100), Decimal("1.60")) for product in products]
        stock.announce_many(producer=producer, week_on=week_on, rows=rows, by=by)


def test_ten_thousand_offers(bob: Any, alice: Any) -> None:
    network = make_network("gent", weekdays=(3,))
    point = make_point(network)
    household = make_household(network, "Gezin Bob", bob)
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    delivery = Delivery.objects.get(delivery_day__cycle=cycle, pickup_point=point)
    offers = Offer.objects.filter(delivery_day=delivery.delivery_day, price_group__audience="household")
    client = Client(headers={"accept-encoding": "gzip"})
    client.force_login(bob)
    url = f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}"
    middle: dict[str, list[float]] = {}
    for size in (1_000, 10_000):
        _sell(network, cycle.week_on, size - offers.count(), alice)
        assert offers.count() == size
        if size == 1_000:
            order = basket.open_order(buyer=household, delivery=delivery, by=bob)
            basket.fill(order=order, quantities={offer.pk: Decimal(2) for offer in offers[:20]}, by=bob)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum has done long ago in a shop that is open
        for name, query in PAGES.items():
            client.get(url + query)
            with CaptureQueriesContext(connection) as captured:
                client.get(url + query)
            queries = len(captured)  # the next request empties the log
            seconds = []
            for _time in range(40):
                started = time.perf_counter()
                answer = client.get(url + query)
                seconds.append(time.perf_counter() - started)
            first = []
            for _time in range(10):
                forget_cached()
                started = time.perf_counter()
                client.get(url + query)
                first.append(time.perf_counter() - started)
            zipped = answer.headers.get("content-encoding") == "gzip"
            body = answer.content if zipped else gzip.compress(answer.content)
            say(
                f"Shop of {size} offers, {name}",
                spread(seconds),
                f"the first who asks {median(first) * 1000:.0f} ms",
                f"{queries} queries",
                f"{len(body) / 1024:.1f} KB on the wire",
            )
            middle.setdefault(name, []).append(median(seconds))
            assert queries <= 13
    for name, (small, large) in middle.items():
        say(f"Ten times the offers, {name}", f"{large / small:.2f} times")
