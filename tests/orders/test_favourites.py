"""The heart beside a product: the household's, kept once, and a filter of the shop."""

from decimal import Decimal

import pytest
from django.urls import reverse

from orders.models import Favourite
from producers import stock
from tests.conftest import MONDAY, make_network, make_person, make_producer, make_product
from tests.producers.test_desk import text

D = Decimal


@pytest.fixture
def chard(supply, farm, alice):
    product = make_product(farm, "chard")
    stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    return product


def test_a_heart_is_kept_dropped_and_filters_the_shop(supply, leek, chard, network, household, bob, visit, delivery):
    client = visit(bob)
    url = reverse("orders:favourite", args=[network.slug])
    shop = reverse("orders:shop", args=[network.slug])
    for _twice in range(2):
        answer = client.post(url, {"keep": leek.pk, "back": f"delivery={delivery.pk}"})
    assert answer.headers["Location"] == f"{shop}?delivery={delivery.pk}"
    assert Favourite.objects.get().buyer == household
    page = client.get(shop).content.decode()
    assert page.count('aria-pressed="true"') == 1 and page.count('aria-pressed="false"') == 1
    only = text(client.get(shop, {"favourites": 1}))
    assert "leek 1" in only.lower() and "chard 1" not in only.lower()
    assert "chard 1" in text(client.get(shop)).lower()
    client.post(url, {"drop": leek.pk})
    assert not Favourite.objects.exists()


def test_the_list_is_the_households_and_shows_what_is_not_for_sale_too(
    supply, leek, network, farm, household, bob, visit, django_assert_num_queries
):
    make_product(farm, "asparagus")
    other = make_person("griet")
    household.roles.create(person=other)
    client = visit(bob)
    url = reverse("orders:favourite", args=[network.slug])
    for product in farm.products.all():
        client.post(url, {"keep": product.pk})
    client = visit(other)
    page = reverse("orders:favourites", args=[network.slug])
    client.get(page)
    with django_assert_num_queries(11):
        said = text(client.get(page))
    assert said.index("leek Hoeve Alice · € 2.39") < said.index("asparagus Hoeve Alice · not for sale this day")


def test_the_shop_asks_no_query_more_for_hearts(
    supply, leek, chard, network, household, bob, visit, django_assert_num_queries
):
    client = visit(bob)
    url = reverse("orders:shop", args=[network.slug])
    client.get(url)
    with django_assert_num_queries(12):
        client.get(url)
    Favourite.objects.create(buyer=household, product=leek)
    with django_assert_num_queries(12):
        client.get(url)


def test_the_hearts_of_every_page_with_goods_have_their_form(supply, farm, leek, network, household, bob, visit):
    pages = (
        reverse("orders:shop", args=[network.slug]),
        reverse("orders:farm", args=[network.slug, farm.slug]),
        reverse("orders:product", args=[network.slug, leek.pk]),
    )
    for page in pages:
        shown = visit(bob).get(page).content.decode()
        assert (shown.count('form id="hearts"'), shown.count('form="hearts"') > 0) == (1, page != pages[2]), page


def test_what_another_network_sells_or_nobody_is_no_favourite_here(supply, network, household, bob, visit):
    elsewhere = make_product(make_producer(make_network("leuven"), "Hoeve Eve"))
    client = visit(bob)
    url = reverse("orders:favourite", args=[network.slug])
    for asked in (elsewhere.pk, 0, "x", ""):
        assert client.post(url, {"keep": asked}).status_code == 404
    assert visit().post(url, {"keep": 1}).status_code == 302
    assert not Favourite.objects.exists()
