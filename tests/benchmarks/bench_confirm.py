"""Fifty households fill a basket and confirm it in the same instant, through the web server, and there is not enough for all."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from network import clock, embedded
from network.models import Delivery
from network.supervisor import WEB
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer
from tests.benchmarks.measure import say, spread
from tests.conftest import make_household, make_person, make_product, open_week

pytestmark = pytest.mark.django_db(transaction=True)
HOUSEHOLDS, SCARCE, ROUNDS = 50, 30, 5
TOKEN = "k" * 32


@pytest.fixture
def server() -> Iterator[int]:
    """Granian as in production, on the test's database. Its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name, host = connection.settings_dict["NAME"], connection.settings_dict["HOST"]
    process = subprocess.Popen(
        [
            Path(sys.executable).parent / WEB[0],
            *(*WEB[1:], f"--port={port}", "--log-level=error"),
        ],
        cwd=embedded.ROOT,
        env=os.environ | {"DATABASE_URL": f"postgresql://app@/{name}?host={host}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=embedded.die_with_parent,
    )
    deadline = time.monotonic() + 120
    while not answers(port):
        assert time.monotonic() < deadline, "the web server did not start"
    yield port
    embedded.stop(process)


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", reverse("network:home"), "")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, session: str, **fields: Any) -> tuple[int, float]:
    """Status of the answer, and seconds until all of it was there."""
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    started = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request(
        method,
        path,
        urlencode(fields | {"csrfmiddlewaretoken": TOKEN}),
        {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status, time.perf_counter() - started


def test_fifty_households_at_once(server: int, network: Any, point: Any, farm: Any, alice: Any) -> None:
    cycle = open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))
    delivery = Delivery.objects.filter(delivery_day__cycle=cycle, pickup_point=point).order_by("starts_at")[0]
    people = [make_person(f"buyer{number}") for number in range(HOUSEHOLDS)]
    homes = [make_household(network, f"Gezin {person.name}", person) for person in people]
    sessions = []
    for person in people:
        client = Client()
        client.force_login(person)
        sessions.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    fills: list[tuple[int, float]] = []
    confirms: list[tuple[int, float]] = []
    for number in range(ROUNDS):
        product = make_product(farm, f"leek{number}", name={"nl": f"Prei {number}"})
        supply = stock.announce(
            product=product, week_on=cycle.week_on, quantity=Decimal(SCARCE), price=Decimal("1.60"), by=alice
        )
        offer = Offer.objects.get(supply=supply, delivery_day=delivery.delivery_day, price_group__audience="household")
        start = threading.Barrier(HOUSEHOLDS)

        def shop(session: str, home: Any, offer: Offer = offer, start: threading.Barrier = start) -> None:
            start.wait(timeout=30)
            fills.append(
                ask(
                    server,
                    "POST",
                    reverse("orders:fill", args=[network.slug, delivery.pk]),
                    session,
                    **{f"q{offer.pk}": 1},
                )
            )
            order = Order.objects.filter(buyer=home).values_list("pk", flat=True).first()
            connection.close()
            if order and fills:
                confirms.append(ask(server, "POST", reverse("orders:confirm", args=[order]), session))

        threads = [threading.Thread(target=shop, args=pair) for pair in zip(sessions, homes, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        supply.refresh_from_db()
        sold = OrderLine.objects.filter(supply=supply).aggregate(sold=Sum("confirmed"))["sold"]
        assert (supply.reserved, sold) == (SCARCE, SCARCE), "all that there was is sold, and no more"
    statuses = Counter(status for status, _seconds in fills + confirms)
    assert not [status for status in statuses if status >= 500]
    say(
        f"{ROUNDS} times {HOUSEHOLDS} households at once for {SCARCE} pieces",
        f"putting it in the basket {spread([seconds for _status, seconds in fills])}",
        f"confirming {spread([seconds for _status, seconds in confirms])}",
        f"answers {dict(statuses)}",
    )
