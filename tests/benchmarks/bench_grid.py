"""The farmer's grid: one cell of 300 products saved, the page itself, and 5,000 rows from a spreadsheet read and applied."""

import os
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from network import clock, tables
from network.models import Cycle, Network, Outlet, PickupPoint
from producers import batches, sheet, stock
from producers.models import Producer, Supply
from tests.benchmarks.measure import measure, say, spread
from tests.conftest import make_product, open_week

D = Decimal
COMING = clock.monday_of(clock.today()) + timedelta(weeks=1)


@pytest.fixture
def cycle(network: Network, point: PickupPoint, shop: Outlet) -> Cycle:
    return open_week(network, COMING)


def work() -> float:
    """Seconds of a core that this process and its PostgreSQL backend have used: what others do meanwhile does not count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    ticks = Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def announced(farm: Producer, many: int, by: Any) -> list[Any]:
    products = [make_product(farm, f"p{number:05}") for number in range(many)]
    rows = [stock.Announcement(product, D(20), D("1.60")) for product in products]
    stock.announce_many(producer=farm, week_on=COMING, rows=rows, by=by)
    return products


def test_one_cell_of_three_hundred_products(transactional_db: None, cycle: Any, farm: Producer, alice: Any) -> None:
    products = announced(farm, 300, alice)
    client = Client(headers={"accept-language": "nl"})
    client.force_login(alice)
    opened: list[float] = []
    for _ in range(10):
        started = time.perf_counter()
        page = client.get(reverse("producers:week", args=[farm.slug, COMING]))
        opened.append(time.perf_counter() - started)
    saved: list[float] = []
    selling = str(cycle.network_id)
    before = work()
    for number, product in enumerate(products[:200]):
        sent = {"quantity": f"{30 + number}", "price": "1,60", "listed": "on"}
        sent |= {"was_quantity": "20", "was_price": "1.6", "was_selling": selling, "was_shelf": "2.39"}
        url = reverse("producers:announce", args=[farm.slug, COMING, product.pk])
        started = time.perf_counter()
        answer = client.post(url, sent, headers={"HX-Request": "true"})
        saved.append(time.perf_counter() - started)
        assert answer.status_code == 200
    say("One cell of 300 products saved", spread(saved), f"{(work() - before) / 200 * 1000:.0f} ms of a core at work")
    assert Supply.objects.get(product=products[199]).quantity == 229
    say("The grid of 300 products opened", spread(opened), f"{len(page.content) / 1024:.0f} KB of HTML")


def test_five_thousand_rows_imported(transactional_db: None, cycle: Any, farm: Producer, alice: Any) -> None:
    announced(farm, 5000, alice)
    rows = [[f"p{number:05}", "Prei", "kg", D(25), D("1.75"), "yes"] for number in range(5000)]
    content = tables.as_xlsx("x", sheet.headings()[:6], rows)
    batch = batches.ask(producer=farm, week_on=COMING, source="file", content=content, by=alice)
    assert batch.status == "waiting"
    before = work()
    read = measure(lambda: batches.read(batch=batch))
    assert len(batches.looked_at(batch).right) == 5000, batch.message
    batch.status = "applying"
    applied = measure(lambda: batches.carry_out(batch=batch))
    assert batch.status == "applied", batch.message
    assert Supply.objects.filter(quantity=25).count() == 5000
    say(f"5,000 rows of an XLSX of {len(content) / 1024:.0f} KB", f"read and compared {read}", f"applied {applied}")
    say("Together", f"{read.seconds + applied.seconds:.1f} s", f"{work() - before:.1f} s of a core at work")
