"""
Real sessions through the web server on the cores there are: people who look around, fill a basket, read its summary and
confirm, with 1,000 and 10,000 offers; and the last hour before the cut-offs of all Flanders. The load comes from a process of its own
(`load.py`). `LOAD_SCALE=0.1` tries it small, `LOAD_VISITS=20_000` lets fewer come in that hour.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F, Q, Sum
from django.db.models.functions import Greatest
from django.test import Client
from django.urls import reverse

from logistics.demo.scale import Size
from network import clock
from network.models import Delivery, DeliveryCapacity, Network, OrganisationRole, Person
from orders import basket
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer, Producer, Product, Supply
from tests.benchmarks.bench_confirm import TOKEN, server
from tests.benchmarks.measure import say
from tests.conftest import make_household, make_person, make_producer, make_product, open_week

__all__ = ["server"]
pytestmark = pytest.mark.django_db(transaction=True)
SCALE = float(os.environ.get("LOAD_SCALE", "1"))
USERS, FARMS = 20, 50
NETWORKS, RUN = 25, 240
HOUR = int(os.environ.get("LOAD_VISITS", "30_000"))
ROOM = 100_000
"""Crates that fit at a point: it never fills up, but it is locked and booked as ever."""
SCARCE = 4
"""Of so many offers, one is scarce: more ask for it than there is."""
SCARCE_FILL = "fill scarce"
WORDS = ["prei", "melk", "brood", "appel", "wortel", "kaas", "p7", "hoeve"]


def scaled(number: float, least: int = 1) -> int:
    return max(least, round(number * SCALE))


def drive(port: int, visits: Sequence[dict[str, Any]], **how: Any) -> dict[str, Any]:
    """Let the load run; what it measured."""
    plan = {"port": port, "cookie": settings.SESSION_COOKIE_NAME, "token": TOKEN, "visits": visits} | how
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("load.py")], input=json.dumps(plan), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(what: str, found: dict[str, Any]) -> None:
    """Requests a second, median, 95 % and 99 % per step, what went wrong, and what the load itself took."""
    answers = [answer for step in found["answers"].values() for answer in step]
    steps = [f"{name} {percentiles([took for _status, took in step])}" for name, step in found["answers"].items()]
    say(
        what,
        f"{len(answers) / found['seconds']:.1f} requests/s",
        *steps,
        f"all {percentiles([took for _status, took in answers])}",
        f"errors {errors(found)} of {len(answers)}",
        f"answers {dict(sorted(Counter(status for status, _took in answers).items()))}",
        f"the load took {found['cpu'] / found['seconds'] * 100:.0f} % of one core",
        *([f"visits began at most {found['late'] * 1000:.0f} ms late"] if found["late"] else []),
    )


def percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    median, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.95, 0.99))
    return f"{median:.0f}/{p95:.0f}/{p99:.0f} ms"


def errors(found: dict[str, Any]) -> int:
    """Answers that are not what the step is for; only what is scarce may be refused (422): sold out."""
    right = {"confirm": {302}, SCARCE_FILL: {200, 422}}
    return sum(
        status not in right.get(name, {200}) for name, step in found["answers"].items() for status, _took in step
    )


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def step(name: str, path: str, **fields: Any) -> list[Any]:
    return [name, "POST" if fields else "GET", path, fields]


def confirm(order: Order) -> list[list[Any]]:
    """The last look, and the button below it: a page that is posted as it was read, and led away from."""
    summary = reverse("orders:confirm", args=[order.pk])
    return [step("summary", summary), step("confirm", summary, age_declared="on")]


def nothing_oversold() -> None:
    """What the supplies say is held is what lies in the baskets, and no more than there was."""
    held = dict(
        OrderLine.objects.values_list("supply")
        .annotate(held=Sum(Greatest(F("quantity"), F("confirmed"))))
        .values_list("supply", "held")
    )
    for pk, quantity, reserved in Supply.objects.values_list("pk", "quantity", "reserved"):
        assert reserved == held.get(pk, 0) <= quantity
    assert not DeliveryCapacity.objects.filter(booked__gt=F("hard")).exists()


@pytest.mark.parametrize("offers", [1_000, 10_000])
def test_browse_fill_and_confirm(
    server: int, network: Network, point: Any, bob: Person, alice: Person, offers: int
) -> None:
    dice = random.Random(offers)
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    DeliveryCapacity.objects.update(soft=ROOM, hard=ROOM)
    categories = [value for value, _label in Product.Category.choices]
    each = scaled(offers, FARMS) // FARMS
    for farm in range(FARMS):
        producer = make_producer(network, f"Hoeve {farm}", lat=50.9 + farm / 200)
        rows = [
            stock.Announcement(
                make_product(producer, f"p{number}", category=categories[(farm + number) % len(categories)]),
                Decimal(100_000),
                Decimal("1.60"),
            )
            for number in range(each)
        ]
        stock.announce_many(producer=producer, week_on=cycle.week_on, rows=rows, by=alice)
    delivery = Delivery.objects.filter(delivery_day__cycle=cycle, pickup_point=point).order_by("starts_at")[0]
    on_sale = list(
        Offer.objects.filter(delivery_day=delivery.delivery_day, price_group__audience="household").order_by("pk")
    )
    assert len(on_sale) == FARMS * each
    visits = []
    for number in range(scaled(200, 3 * USERS)):
        person = make_person(f"buyer{number}")
        home = make_household(network, f"Gezin {number}", person)
        order = basket.open_order(buyer=home, delivery=delivery, by=person)
        visits.append(
            {"session": session_of(person), "order": order.pk, "steps": steps_of(network, order, on_sale, dice)}
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    drive(server, visits, users=2, seconds=3, pause=0)  # both workers have read their templates
    for pause, seconds, how in ((1, 60, "a second between two clicks"), (0, 40, "without a pause")):
        found = drive(server, visits, users=USERS, seconds=scaled(seconds, 4), pause=pause)
        told(f"{USERS} users at once, {len(on_sale)} offers, {how}", found)
        assert errors(found) == 0
        visited = [visit["order"] for visit in visits[: len(found["answers"]["confirm"])]]
        assert confirmed(visited) == len(visited)
        nothing_oversold()


def confirmed(orders: list[int]) -> int:
    """Of these orders (pk), how many are."""
    return Order.objects.filter(pk__in=orders, status=Order.Status.CONFIRMED).count()


def steps_of(network: Network, order: Order, on_sale: list[Offer], dice: random.Random) -> list[list[Any]]:
    """The shop, a search, a product, five changes, the summary and the confirmation."""
    shop = reverse("orders:shop", args=[network.slug]) + f"?delivery={order.delivery_id}"
    fill = reverse("orders:fill", args=[network.slug, order.delivery_id])
    product = dice.choice(on_sale).supply.product_id
    changes = [step("fill", fill, **{f"q{offer.pk}": dice.randint(1, 3)}) for offer in dice.sample(on_sale, 5)]
    return [
        step("shop", shop),
        step("search", f"{shop}&q={dice.choice(WORDS)}"),
        step("product", f"/{network.slug}/products/{product}/"),
        *changes,
        *confirm(order),
    ]


def test_the_last_hour_of_all_flanders(server: int, add_network: Any) -> None:
    """
    30,000 confirmations in an hour (`LOAD_VISITS`), each after two shop pages and four changes (58 requests a second) and a look at the summary
    (67), in 25 networks.
    """
    dice = random.Random(25)
    rate, seconds, many = HOUR / 3600, scaled(RUN, 20), scaled(NETWORKS, 2)
    rate = max(1.0, rate * min(1.0, SCALE * 2))
    homes = round(rate * seconds / many) + 1
    visits: list[dict[str, Any]] = []
    for number in range(1, many + 1):
        network = add_network(number, Size(producers=scaled(120, 12), baskets=homes))
        visits += visits_of(network, homes, dice)
    dice.shuffle(visits)
    visits = visits[: round(rate * seconds)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    drive(server, visits[:2], users=2, seconds=3, pause=0)
    found = drive(server, visits, rate=rate, seconds=seconds, pause=2)
    asked = rate * len(visits[0]["steps"])
    told(f"The last hour of Flanders: {asked:.0f} requests/s asked, {many} networks, {seconds} s", found)
    assert errors(found) == 0
    assert confirmed([visit["order"] for visit in visits]) == len(visits)
    nothing_oversold()
    sold_out = Supply.objects.filter(reserved=F("quantity"), quantity__gt=0).count()
    refused = sum(status == 422 for status, _took in found["answers"][SCARCE_FILL])
    say(
        "Nothing oversold",
        f"{len(visits)} orders confirmed",
        f"{sold_out} products sold out",
        f"{refused} times refused",
    )


def visits_of(network: Network, homes: int, dice: random.Random) -> list[dict[str, Any]]:
    """A network open next week, some of its goods scarce, and what each of its households will do in that hour."""
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    DeliveryCapacity.objects.update(soft=ROOM, hard=ROOM)
    scarce = Decimal(max(2, homes // 8))
    for producer in Producer.objects.in_network(network).order_by("pk"):
        rows = [
            stock.Announcement(product, scarce if product.pk % SCARCE == 0 else Decimal(100_000), Decimal("2.00"))
            for product in producer.products.all()
        ]
        stock.announce_many(producer=producer, week_on=cycle.week_on, rows=rows, by=None)
    deliveries = list(
        Delivery.objects.filter(delivery_day__cycle=cycle, outlet=None)
        .select_related("delivery_day__cycle__network", "pickup_point")
        .order_by("pk")
    )
    wanted: dict[int, tuple[list[Offer], list[Offer]]] = {}
    for day in cycle.days.all():
        offers = Offer.objects.filter(delivery_day=day, price_group__audience="household").order_by("pk")
        sober = offers.filter(Q(supply__product__alcohol=None) | Q(supply__product__alcohol=0))
        plenty, few = sober.filter(supply__quantity__gt=scarce), sober.filter(supply__quantity=scarce)
        wanted[day.pk] = list(plenty), list(few)[:6]
    visits = []
    roles = OrganisationRole.objects.filter(organisation__memberships__network=network, organisation__kind="household")
    for role in roles.select_related("person", "organisation").order_by("pk"):
        delivery = dice.choice(deliveries)
        order = basket.open_order(buyer=role.organisation, delivery=delivery, by=role.person)
        plenty, few = wanted[delivery.delivery_day_id]
        shop = reverse("orders:shop", args=[network.slug]) + f"?delivery={delivery.pk}"
        fill = reverse("orders:fill", args=[network.slug, delivery.pk])
        asked = [*dice.sample(plenty, 3), dice.choice(few)]
        steps = [
            step("shop", shop),
            *(step("fill", fill, **{f"q{offer.pk}": dice.choice(["1", "2"])}) for offer in asked[:2]),
            step("search", f"{shop}&q={dice.choice(WORDS)}"),
            step("fill", fill, **{f"q{asked[2].pk}": "1"}),
            step(SCARCE_FILL, fill, **{f"q{asked[3].pk}": "1"}),
            *confirm(order),
        ]
        visits.append({"session": session_of(role.person), "order": order.pk, "steps": steps})
    return visits
