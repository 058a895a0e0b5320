"""Farms, products and the history of a supply, as visitors and coordinators see them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from network import clock
from network.models import Membership
from producers import stock
from producers.models import Producer, Supply
from tests.conftest import MONDAY, make_network, make_producer, make_product
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def supply(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)


def test_visitors_find_the_farms(network, supply, farm, visit, django_assert_num_queries) -> None:
    url = reverse("producers:farms", args=[network.slug])
    visit().get(url)
    with django_assert_num_queries(4):
        answer = visit().get(url)
    assert "Hoeve Alice" in text(answer) and "1 product for sale" in text(answer)
    assert reverse("producers:farm", args=[network.slug, farm.slug]) in answer.content.decode()


def test_a_network_without_farms_says_so(network, visit) -> None:
    assert "No farms yet" in text(visit().get(reverse("producers:farms", args=[network.slug])))


def test_a_farm_shows_what_is_for_sale_and_what_comes_later(
    network, supply, farm, leek, visit, django_assert_num_queries
) -> None:
    make_product(farm, "strawberry", season=[5, 6])
    url = reverse("producers:farm", args=[network.slug, farm.slug])
    with django_assert_num_queries(4):
        answer = visit().get(url)
    shown = text(answer)
    assert "€ 2.39" in shown and "Thursday 5 March" in shown and "In other weeks" in shown and "May June" in shown
    assert reverse("producers:product", args=[network.slug, leek.pk]) in answer.content.decode()


def test_a_product_shows_what_the_law_wants_and_where_the_money_goes(
    network, supply, farm, leek, visit, django_assert_num_queries
) -> None:
    Producer.objects.filter(pk=farm.pk).update(organic_body="BE-BIO-01", establishment_number="2910007423")
    leek.allergens = ["celery", "milk"]
    leek.deposit = D("0.30")
    leek.alcohol = D("5.2")
    leek.save()
    with django_assert_num_queries(3):
        answer = visit().get(reverse("producers:product", args=[network.slug, leek.pk]))
    shown = text(answer)
    for words in (
        "€ 2.39", "€ 2.39/kg", "+ € 0.30 deposit", "milk, celery", "1 kg", "9000 Gent", "at most 8 °C", "7 days", "BE-BIO-01",
        "Hoeve Alice, Kouter 1, 9000 Gent (2910007423)", "Only for people of 16 and older", "5.2 %",
    ):  # fmt: skip
        assert words in shown
    for part in (
        "The farmer 67 % € 1.60",
        "Transport 8 % € 0.20",
        "The network 19 % € 0.45",
        "VAT 6 % € 0.14",
        "Total € 2.39",
    ):
        assert part in shown


def test_a_product_that_is_not_for_sale_or_sold_out_says_so(network, cycle, farm, leek, alice, visit) -> None:
    url = reverse("producers:product", args=[network.slug, leek.pk])
    assert "Not for sale this week." in text(visit().get(url))
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
    stock.reserve({supply.pk: D(5)})
    assert "Sold out for this week." in text(visit().get(url))
    with clock.at(clock.now() + timedelta(days=5)):
        assert "Not for sale this week." in text(visit().get(url))


def test_farms_and_products_of_another_network_are_not_here(network, supply, leek, farm, visit) -> None:
    make_network("leuven")
    assert visit().get(reverse("producers:farm", args=["leuven", farm.slug])).status_code == 404
    assert visit().get(reverse("producers:product", args=["leuven", leek.pk])).status_code == 404
    assert visit().get(reverse("producers:farms", args=["nowhere"])).status_code == 404
    Membership.objects.filter(organisation=farm.organisation).update(left_on=MONDAY)
    assert visit().get(reverse("producers:farm", args=[network.slug, farm.slug])).status_code == 404


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
    with django_assert_num_queries(9):
        client.get(url)
