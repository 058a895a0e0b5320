"""A farm and a product as visitors see them, and ordered right there."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from network import clock
from network.models import Membership, Outlet
from orders.models import OrderLine
from producers import stock
from producers.models import Producer, Supply
from tests.conftest import MONDAY, make_network, make_producer, make_product
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def supply(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)


def farm_url(network: Any, farm: Any) -> str:
    return reverse("orders:farm", args=[network.slug, farm.slug])


def product_url(network: Any, product: Any) -> str:
    return reverse("orders:product", args=[network.slug, product.pk])


def test_a_farm_shows_what_is_for_sale_and_what_comes_later(
    network, supply, farm, leek, alice, visit, django_assert_num_queries
) -> None:
    make_product(farm, "strawberry", season=[5, 6])
    with django_assert_num_queries(9):
        answer = visit().get(farm_url(network, farm))
    shown = text(answer)
    assert "For sale for Thursday 5 March" in shown and "€ 2.39" in shown
    assert "In other weeks" in shown and "May June" in shown and "On other days" not in shown
    assert product_url(network, leek) in answer.content.decode()


def test_a_farm_says_on_which_other_day_it_sells_something(network, supply, farm, leek, day, visit) -> None:
    supply.offers.filter(delivery_day=day).update(listed=False)
    shown = text(visit().get(farm_url(network, farm)))
    assert "For sale for" not in shown and "On other days leek Friday 6 March" in shown


def test_a_farm_tells_where_else_to_buy(network, supply, farm, visit) -> None:
    assert "Where else to buy" not in text(visit().get(farm_url(network, farm)))
    leuven = make_network("leuven")
    Membership.objects.create(network=leuven, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    Outlet.objects.create(
        organisation=farm.organisation, code="a", kind="farm_shop", weekdays=[4, 5], opens="09:00", closes="12:30"
    )
    answer = visit().get(farm_url(network, farm))
    assert "Where else to buy Farm shop: Kouter 1, 9000 Gent, 09:00–12:30 Leuven" in text(answer)
    assert farm_url(leuven, farm) in answer.content.decode()
    Membership.objects.filter(network=leuven).update(left_on=MONDAY)
    assert farm_url(leuven, farm) not in visit().get(farm_url(network, farm)).content.decode()


def test_a_household_orders_on_the_page_of_a_product(
    network, supply, leek, day, delivery, household, bob, visit, django_assert_num_queries
) -> None:
    offer = supply.offers.get(delivery_day=day, price_group__audience="household")
    client = visit(bob)
    page = client.get(product_url(network, leek))
    assert f'name="q{offer.pk}"' in page.content.decode() and "For Thursday 5 March, Punt a1" in text(page)
    client.post(reverse("orders:fill", args=["gent", delivery.pk]), {f"q{offer.pk}": "2", f"w{offer.pk}": "0"})
    assert OrderLine.objects.get().quantity == 2
    assert 'value="2"' in client.get(product_url(network, leek)).content.decode()
    assert f'name="q{offer.pk}"' in client.get(farm_url(network, leek.producer)).content.decode()
    with django_assert_num_queries(12):
        client.get(product_url(network, leek))


def test_an_outlet_sees_its_own_price(network, supply, leek, shop, eli, visit) -> None:
    assert "€ 2.12" in text(visit(eli).get(product_url(network, leek)))
    assert "€ 2.12" in text(visit(eli).get(farm_url(network, leek.producer)))


def test_the_days_of_a_product_keep_the_point_where_there_is_one(
    network, supply, leek, cycle, point, delivery, visit
) -> None:
    friday = cycle.days.get(on=date(2026, 3, 6))
    assert "days you can have it" not in text(visit().get(product_url(network, leek)))
    there = friday.deliveries.create(
        pickup_point=point, place=point.place, starts_at=delivery.starts_at + timedelta(days=1),
        ends_at=delivery.ends_at + timedelta(days=1),
    )  # fmt: skip
    answer = visit().get(product_url(network, leek))
    assert "Other days you can have it Friday 6 March € 2.39 Punt a1 · order until Wednesday 4 March, 12:00" in text(
        answer
    )
    assert f'href="?delivery={there.pk}"' in answer.content.decode()


def test_what_is_sold_out_names_the_nearest_of_its_kind(network, supply, farm, leek, alice, visit) -> None:
    leek.dfc_type = "dfc-pt:leek"
    leek.save()
    far = make_producer(network, "Hoeve Ver", lat=51.3, lon=3.2)
    near = make_producer(network, "Hoeve Dicht", lat=51.05, lon=3.72)
    made = [
        make_product(far, "young-leek", dfc_type="dfc-pt:leek"),
        make_product(near, "summer-leek", dfc_type="dfc-pt:leek"),
        make_product(near, "chives"),
        make_product(near, "carrot", drawing="carrot"),
        make_product(near, "bread", drawing="bread", category="bread"),
    ]
    for product in made:
        stock.announce(product=product, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
    stock.reserve({supply.pk: D(50)})
    shown = text(visit().get(product_url(network, leek)))
    assert "Sold out for this week." in shown and "bread" not in shown
    instead = shown.split("instead")[1]
    assert instead.index("summer-leek") < instead.index("young-leek") < instead.index("chives")
    assert "carrot" not in instead


def test_a_photo_takes_the_place_of_the_drawing(network, supply, leek, visit, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    leek.photo.save("leek.png", ContentFile(b"x"))
    assert f'<img src="{leek.photo.url}" alt="leek">' in visit().get(product_url(network, leek)).content.decode()


def test_a_product_shows_what_the_law_wants_and_where_the_money_goes(
    network, supply, farm, leek, visit, django_assert_num_queries
) -> None:
    Producer.objects.filter(pk=farm.pk).update(organic_body="BE-BIO-01", establishment_number="2910007423")
    leek.allergens = ["celery", "milk"]
    leek.deposit = D("0.30")
    leek.alcohol = D("5.2")
    leek.save()
    with django_assert_num_queries(7):
        answer = visit().get(product_url(network, leek))
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
    url = product_url(network, leek)
    assert "Not for sale this week." in text(visit().get(url))
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
    stock.reserve({supply.pk: D(5)})
    assert "Sold out for this week." in text(visit().get(url))
    with clock.at(clock.now() + timedelta(days=5)):
        assert "Not for sale this week." in text(visit().get(url))


def test_farms_and_products_of_another_network_are_not_here(network, supply, leek, farm, visit) -> None:
    make_network("leuven")
    assert visit().get(reverse("orders:farm", args=["leuven", farm.slug])).status_code == 404
    assert visit().get(reverse("orders:product", args=["leuven", leek.pk])).status_code == 404
    Membership.objects.filter(organisation=farm.organisation).update(left_on=MONDAY)
    assert visit().get(reverse("orders:farm", args=[network.slug, farm.slug])).status_code == 404
