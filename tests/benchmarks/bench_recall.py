"""From a lot to everybody who got it, and the recall itself: in one network, and at the size of all Flanders."""

import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from logistics.demo.scale import Size, fill_week
from network import clock, cycles
from network.models import DeliveryDay, Network, OrganisationRole, Person
from orders import closing, recalls, tracing
from orders.models import OrderLine
from producers.models import Lot, Producer
from tests.benchmarks.measure import measure, say, spread

SHOPS = 8
LOTS = """
INSERT INTO producers_lot (product_id, code, harvested_on, keeps, keeps_until, field, supplier, document, note, made_at)
SELECT id, 'A', %(on)s, 'best_before', %(on)s + shelf_life_days, '', '', '', '', now() FROM producers_product
"""
USES = """
INSERT INTO producers_lotuse (lot_id, delivery_day_id)
SELECT DISTINCT lot.id, offer.delivery_day_id FROM producers_lot lot
JOIN producers_supply supply ON supply.product_id = lot.product_id
JOIN producers_offer offer ON offer.supply_id = supply.id
JOIN network_deliveryday day ON day.id = offer.delivery_day_id AND day.on >= %(on)s
"""
EVERYWHERE = """
UPDATE orders_orderline SET product_id = %(product)s, producer_id = %(producer)s WHERE id %% 100 = 0
"""
"""One line in a hundred becomes a product that is sold in all networks: cheese of a dairy that everybody knows."""
EVERY_DAY = """
INSERT INTO producers_lotuse (lot_id, delivery_day_id)
SELECT %(lot)s, id FROM network_deliveryday day WHERE day.on >= %(on)s ON CONFLICT DO NOTHING
"""


def fill(add_network: Any, networks: int) -> list[Network]:
    """A closed week in so many networks, with a lot of every product on each of its days."""
    monday = clock.monday_of(clock.today()) + timedelta(weeks=1)
    made = [add_network(number, Size(shops=SHOPS)) for number in range(1, networks + 1)]
    for network in made:
        fill_week(network, cycles.plan_cycle(network=network, week_on=monday))
    for day in DeliveryDay.objects.filter(cycle__network__in=made).order_by("pk"):
        closing.close_day(day=day)
    product = (
        made[0].memberships.filter(college="producers").earliest("pk").organisation.producer.products.earliest("pk")
    )
    with connection.cursor() as cursor:
        cursor.execute(LOTS, {"on": monday})
        cursor.execute(USES, {"on": monday})
        told = {"product": product.pk, "producer": product.producer_id, "lot": product.lots.get().pk, "on": monday}
        cursor.execute(EVERYWHERE, told)
        cursor.execute(EVERY_DAY, told)
        cursor.execute("VACUUM ANALYZE")
    return made


def everybody(lots: list[Lot]) -> list[OrderLine]:
    return list(tracing.with_buyers(tracing.lines_of(tracing.goods_of_lots(lots))))


def measure_recalls(networks: list[Network]) -> None:
    known = Producer.objects.get(
        pk=OrderLine.objects.values("producer").annotate(n=Count("pk")).latest("n")["producer"]
    )
    usual = Lot.objects.exclude(product__producer=known).filter(product__producer__slug__startswith="streek-")
    seconds: list[float] = []
    got = 0
    for lot in usual.order_by("pk")[:: max(1, usual.count() // 40)][:40]:
        started = time.perf_counter()
        got += len(everybody([lot]))
        seconds.append(time.perf_counter() - started)
    say(f"From a lot to who got it, {got / len(seconds):.0f} lines on average", spread(seconds))
    lot = known.products.annotate(n=Count("lines")).latest("n").lots.get()
    traced = measure(lambda: everybody([lot]))
    say(f"The same for a lot of {len(traced.result)} lines in {len(networks)} networks", traced)

    alice = Person.objects.create_user("recall@kouter.example", "kouter", name="Alice")
    OrganisationRole.objects.create(organisation=known.organisation, person=alice)
    client = Client(headers={"accept-language": "nl"})
    client.force_login(alice)
    page = reverse("orders:trace", args=[known.slug]) + f"?lot={lot.pk}"
    client.get(page)
    started = time.perf_counter()
    assert client.get(page).status_code == 200
    say("Its page", f"{time.perf_counter() - started:.2f} s")

    def start() -> Any:
        return recalls.start(
            producer=known,
            goods=tracing.goods_of_lots([lot]),
            viewer=tracing.viewer_of(alice, known),
            action="destroy",
            reason="Listeria",
            by=alice,
        )

    begun = measure(start)
    assert begun.result.notices.count() == len({line.order.buyer_id for line in traced.result})
    say(f"The recall of it, {begun.result.notices.count()} buyers with a mail queued for each", begun)
    list_of_it = reverse("orders:recall", args=[begun.result.pk])
    started = time.perf_counter()
    assert client.get(list_of_it).status_code == 200
    say("Its list", f"{time.perf_counter() - started:.2f} s")


def test_one_network(add_network: Any) -> None:
    """120 producers, 4,000 baskets, 40,000 lines."""
    measure_recalls(fill(add_network, 1))


def test_all_flanders(add_network: Any) -> None:
    """25 networks of 120 producers, 100,000 baskets, 1,000,000 lines."""
    measure_recalls(fill(add_network, 25))
