"""What the food agency asks for: in and out, with lots, by date; households as a number."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from network.errors import Refused
from network.models import Network
from orders import register, shortages
from orders.models import PurchaseOrder, PurchaseOrderLine
from producers import lots
from producers.models import Producer
from tests.conftest import MONDAY

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def rows(entries: list[register.Entry]) -> list[tuple[Any, ...]]:
    return [
        (one.on.day, one.direction, one.product, one.lots, one.quantity, one.source, one.destination, one.document)
        for one in entries
    ]


def test_a_farm_reads_its_harvest_and_what_the_hub_took(went, farm, network, day, dana) -> None:
    Producer.objects.filter(pk=farm.pk).update(establishment_number="2123456789")
    farm.refresh_from_db()
    line = PurchaseOrderLine.objects.get(purchase_order__delivery_day=day, product=went.chard)
    shortages.record_missing(line=line, missing=D(1), by=dana)
    hers = "Hoeve Alice (2123456789)"
    numbers = {purchase.delivery_day_id: f"purchase order {purchase.pk}" for purchase in PurchaseOrder.objects.all()}
    assert rows(register.of_farm(farm, *MARCH)) == [
        (2, "in", "leek", "260302A", None, "own harvest", hers, ""),
        (5, "out", "leek", "260302A", D(17), hers, "Kouter Gent", numbers[day.pk]),
        (5, "out", "leek", "260302A", D(2), hers, "Kouter Leuven", numbers[went.far.pk]),
    ]


def test_a_farm_that_sells_itself_reads_to_whom(went, farm, network, leek, day) -> None:
    Network.objects.update(flow="facilitation")
    out = [row for row in rows(register.of_farm(farm, *MARCH)) if row[1] == "out"]
    assert out == [
        (5, "out", "leek", "260302A", D(12), "Hoeve Alice", "Winkel Eli", ""),
        (5, "out", "leek", "260302A", D(5), "Hoeve Alice", "1 household", ""),
        (5, "out", "leek", "260302A", D(2), "Hoeve Alice", "1 household", ""),
        (5, "out", "chard", "", D(1), "Hoeve Alice", "1 household", ""),
    ]


def test_what_a_farm_bought_says_from_whom_and_with_which_paper(leek, farm, alice, day, network) -> None:
    told = {"product": leek, "harvested_on": MONDAY, "supplier": "Hoeve Eve", "document": "LB-17", "by": alice}
    lots.note(uses={day.pk: D(40)}, **told)
    assert rows(register.of_farm(farm, *MARCH)) == [
        (2, "in", "leek", "260302A", D(40), "Hoeve Eve", "Hoeve Alice", "LB-17")
    ]
    assert register.of_farm(farm, date(2026, 4, 1), date(2026, 4, 30)) == []


def test_a_network_reads_what_came_in_and_what_left_its_hub(went, network, django_assert_num_queries) -> None:
    with django_assert_num_queries(8):
        found = rows(register.of_network(network, *MARCH))
    assert [row[:2] for row in found] == sorted((row[:2] for row in found), key=lambda row: (row[0], row[1] != "in"))
    assert {row[5:7] for row in found if row[1] == "in"} == {("Hoeve Alice", "Kouter Gent")}
    out = [(row[2], row[3], row[4], row[6]) for row in found if row[1] == "out"]
    assert out == [
        ("leek", "260302A", D(12), "Winkel Eli"),
        ("leek", "260302A", D(5), "1 household"),
        ("chard", "", D(1), "1 household"),
    ]


@pytest.mark.parametrize(("first", "days"), [(MONDAY, -1), (MONDAY, 366)])
def test_a_period_runs_from_early_to_late_and_lasts_a_year_at_most(farm, first, days) -> None:
    with pytest.raises(Refused) as refused:
        register.of_farm(farm, first, first + timedelta(days=days))
    assert refused.value.field == "last"
