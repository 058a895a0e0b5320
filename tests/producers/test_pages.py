"""The farms and the history of a supply, as visitors and coordinators see them."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from producers import stock
from producers.models import Supply
from tests.conftest import MONDAY, make_network, make_producer
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def supply(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)


def test_visitors_find_the_farms(network, supply, farm, visit, django_assert_num_queries) -> None:
    url = reverse("producers:farms", args=[network.slug])
    visit().get(url)
    with django_assert_num_queries(5):
        answer = visit().get(url)
    assert "Hoeve Alice" in text(answer) and "1 product for sale" in text(answer)
    assert reverse("orders:farm", args=[network.slug, farm.slug]) in answer.content.decode()


def test_a_network_without_farms_says_so(network, visit) -> None:
    assert "No farms yet" in text(visit().get(reverse("producers:farms", args=[network.slug])))


def test_the_farmer_and_her_coordinator_read_the_history_of_a_supply(
    supply, farm, leek, alice, dana, bob, charlie, household, visit, django_assert_num_queries
) -> None:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(45), price=D("1.75"), by=alice)
    url = reverse("producers:supply", args=[supply.pk])
    for person in (alice, dana):
        shown = text(visit(person).get(url))
        assert "Stock 50 → 45 · corrected · Alice" in shown and "Price € 1.60 → € 1.75 · Alice" in shown
        assert "Thursday 5 March" in shown and "€ 2.58" in shown
    assert visit(bob).get(url).status_code == 403
    assert visit(charlie).get(url).status_code == 404
    eve = make_producer(make_network("leuven"), "Hoeve Eve").organisation
    assert eve.name not in shown
    client = visit(alice)
    client.get(url)
    with django_assert_num_queries(8):
        client.get(url)
