"""The shop page with a thousand offers, of which it shows sixty."""

import gzip
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.template.base import Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network import clock
from network.models import Delivery
from orders import basket
from producers import stock
from producers.models import Offer, Product
from tests.benchmarks.measure import say, spread
from tests.conftest import make_producer, make_product, open_week

pytestmark = pytest.mark.django_db(transaction=True)
OFFERS = 1000


def _plainly(template: Template, context: Any) -> Any:
    return template.nodelist.render(context)


def test_a_thousand_offers(
    network: Any, point: Any, household: Any, bob: Any, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test runner notes every template it renders; production does not.
    monkeypatch.setattr(Template, "_render", _plainly)
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    delivery = Delivery.objects.filter(delivery_day__cycle=cycle, pickup_point=point).order_by("starts_at")[0]
    categories = [value for value, _label in Product.Category.choices]
    for farm in range(50):
        producer = make_producer(network, f"Hoeve {farm}", lat=50.9 + farm / 200)
        for number in range(OFFERS // 50):
            product = make_product(producer, f"p{number}", category=categories[(farm + number) % len(categories)])
            stock.announce(
                product=product, week_on=cycle.week_on, quantity=Decimal(100), price=Decimal("1.60"), by=alice
            )
    offers = Offer.objects.filter(delivery_day=delivery.delivery_day, price_group__audience="household")
    assert offers.count() == OFFERS
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: Decimal(2) for offer in offers[:20]}, by=bob)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum has done long ago in a shop that is open
    client = Client(headers={"accept-encoding": "gzip"})
    client.force_login(bob)
    url = f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}"
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    queries = len(captured)  # the next request empties the log
    seconds = []
    for _time in range(40):
        started = time.perf_counter()
        answer = client.get(url)
        seconds.append(time.perf_counter() - started)
    body = answer.content if answer.headers.get("content-encoding") == "gzip" else gzip.compress(answer.content)
    say(
        f"Shop page, {OFFERS} offers",
        spread(seconds),
        f"{queries} queries",
        f"{len(body) / 1024:.1f} KB on the wire",
    )
    assert queries <= 12
