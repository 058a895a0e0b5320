"""Filters of the shop: each alone and together, counted, kept in the address, and what is sold out names another."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.http import QueryDict
from django.utils import translation

from network.models import Place
from network.models.places import km_between, km_from
from orders import finding, shelf
from orders.finding import Choice, Shop
from producers import stock
from producers.models import Offer, Producer, Product
from tests.conftest import MONDAY, forget_cached, make_producer, make_product

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf_of(network: Any, cycle: Any, farm: Producer, alice: Any) -> None:
    """Alice, 10.1 km off, organic: leek (all year) and celery in July. Ver, 40 km off: milk, bread with gluten, strawberry in June."""
    Producer.objects.filter(pk=farm.pk).update(organic_body="BE-BIO-01")
    far = make_producer(network, "Hoeve Ver", lat=51.2, lon=3.2)
    made = [
        make_product(farm, "leek"),
        make_product(farm, "celery", allergens=["celery"], season=[7]),
        make_product(far, "milk", category="dairy", allergens=["milk"], season=[3, 4]),
        make_product(far, "bread", category="bread", allergens=["gluten", "milk"]),
        make_product(far, "strawberry", category="fruit", season=[6]),
    ]
    for product in made:
        stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)


@pytest.fixture
def market(shelf_of: None, delivery: Any, network: Any) -> Shop:
    return Shop(delivery, network.price_groups.get(audience="household"))


def skus(shop: Shop, **chosen: Any) -> list[str]:
    found = finding.look(shop, Choice(**chosen))
    listed = [offer.supply.product.sku for offer in finding.offers_of(found.picks).select_related("supply__product")]
    assert found.counts.total == len(listed)
    return listed


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, ["celery", "leek", "strawberry", "milk", "bread"]),
        ({"category": "dairy"}, ["milk"]),
        ({"organic": True}, ["celery", "leek"]),
        ({"season": True}, ["leek", "milk", "bread"]),
        ({"near": 5}, []),
        ({"near": 10}, []),
        ({"near": 25}, ["celery", "leek"]),
        ({"free": ("milk",)}, ["celery", "leek", "strawberry"]),
        ({"free": ("celery", "gluten")}, ["leek", "strawberry", "milk"]),
        ({"farm": "hoeve-ver"}, ["strawberry", "milk", "bread"]),
        ({"farm": "nowhere"}, []),
        ({"sort": "near"}, ["leek", "celery", "milk", "bread", "strawberry"]),
        ({"mine": True}, []),
        ({"season": True, "organic": True, "near": 25, "free": ("celery",)}, ["leek"]),
        ({"q": "hoeve", "farm": "hoeve-ver", "free": ("milk",)}, ["strawberry"]),
    ],
)
def test_filters_combine(market, chosen, found) -> None:
    assert skus(market, **chosen) == found


@pytest.mark.parametrize("chosen", [{}, {"sort": "near"}, {"q": "hoeve"}, {"q": "hoeve", "free": ("celery",)}])
def test_what_is_taken_off_sale_meanwhile_is_not_among_a_page(market, chosen) -> None:
    """A whole page is looked up by number: the order was made once, and what is said of each offer is of this moment."""
    found = finding.look(market, Choice(**chosen))
    assert [offer.pk for offer in finding.offers_of(found.picks)] == found.picks
    Offer.objects.filter(pk=found.picks[1]).update(listed=False)
    assert [offer.pk for offer in finding.offers_of(found.picks[:3])] == [found.picks[0], found.picks[2]]
    assert list(finding.offers_of([])) == []


def test_in_my_basket(market) -> None:
    milk = Offer.objects.get(
        supply__product__sku="milk", delivery_day=market.delivery.delivery_day, price_group=market.group
    )
    assert skus(replace(market, basket={milk.pk: 239}), mine=True) == ["milk"]


def test_numbers_say_what_each_filter_leaves(market, django_assert_num_queries) -> None:
    forget_cached()
    with django_assert_num_queries(2):
        counts = finding.look(market, Choice()).counts
    assert [(value, number) for value, _label, number in counts.categories] == [
        ("vegetables", 2), ("fruit", 1), ("dairy", 1), ("bread", 1),
    ]  # fmt: skip
    assert (counts.total, counts.organic, counts.season) == (5, 2, 3)
    counts = finding.look(market, Choice(category="vegetables", free=("celery",))).counts
    assert [(value, number) for value, _label, number in counts.categories] == [
        ("vegetables", 1), ("fruit", 1), ("dairy", 1), ("bread", 1),
    ]  # fmt: skip
    assert (counts.total, counts.organic, counts.season) == (1, 1, 1)
    assert finding.look(market, Choice(category="dairy", organic=True)).counts.categories[-1][::2] == ("dairy", 0)


@pytest.mark.parametrize("chosen", [{"organic": True}, {"q": "hoeve"}])
def test_what_fits_is_kept_until_the_shop_changes(market, farm, alice, chosen, django_assert_num_queries) -> None:
    choice = Choice(**chosen)
    forget_cached()
    with django_assert_num_queries(2):
        first = finding.look(market, choice)
    with django_assert_num_queries(1):
        assert finding.look(market, choice) == first
    stock.announce(product=make_product(farm, "kale"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    with django_assert_num_queries(2):
        assert finding.look(market, choice).counts.total == first.counts.total + 1
    Offer.objects.filter(pk=first.picks[0]).update(listed=False)
    assert first.picks[0] not in finding.look(market, choice).picks


def test_what_is_free_of_an_allergen_is_asked_each_time(market, django_assert_num_queries) -> None:
    free = Choice(free=("milk",))
    assert skus(market, free=("milk",)) == ["celery", "leek", "strawberry"]
    Product.objects.filter(sku="leek").update(allergens=["milk"])
    with django_assert_num_queries(1):
        assert len(finding.look(market, free).picks) == 2


def test_what_is_kept_is_the_same_however_it_was_typed(market, django_assert_num_queries) -> None:
    """Nor does a text that is too long to be searched keep a list of its own."""
    finding.look(market, Choice(q="hoeve"))
    finding.look(market, Choice())
    with django_assert_num_queries(2):
        assert len(finding.look(market, Choice(q="HOEVE")).picks) == 5
        assert len(finding.look(market, Choice(q="x" * 90)).picks) == 5


def test_a_french_reader_has_an_order_of_her_own(market, farm, alice) -> None:
    """Kept per language: the names differ, and so does their order."""
    for sku, dutch, french in (("leek", "aaa", "zzz"), ("celery", "zzz", "aaa")):
        Product.objects.filter(sku=sku).update(name={"nl": dutch, "fr": french})
    with translation.override("nl"):
        assert skus(market, category="vegetables") == ["leek", "celery"]
    with translation.override("fr"):
        assert skus(market, category="vegetables") == ["celery", "leek"]


def test_a_search_that_other_filters_hide_says_so(market) -> None:
    found = finding.look(market, Choice(q="milk", organic=True))
    assert (found.counts.total, found.beyond, found.meant) == (0, 1, None)
    found = finding.look(market, Choice(q="strawbery", organic=True, category="dairy"))
    assert found.meant and found.meant.text == "strawberry" and found.counts.total == 1 and not found.beyond
    found = finding.look(market, Choice(q="ananas"))
    assert found.nothing and not found.meant and not found.picks


def test_a_word_whose_last_product_went_is_not_meant(market) -> None:
    """The words that may be meant are kept for some minutes."""
    assert finding.look(market, Choice(q="strawbery")).meant
    market.offers.filter(supply__product__sku="strawberry").update(listed=False)
    found = finding.look(market, Choice(q="strawbery"))
    assert found.nothing and not found.meant and not found.counts.total


def test_farms_with_how_much_they_sell(market, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert finding.farms_of(market) == [("hoeve-alice", "Hoeve Alice", 2), ("hoeve-ver", "Hoeve Ver", 3)]


def test_the_address_says_the_choice_and_nothing_else() -> None:
    address = "q=prei%20%26%20ui&category=fruit&organic=1&near=10&free=milk&free=eggs&farm=hoeve&sort=near&page=3"
    choice = Choice.read(QueryDict(address))
    assert choice == Choice(
        q="prei & ui", category="fruit", organic=True, near=10, free=("eggs", "milk"), farm="hoeve", sort="near", page=3
    )
    assert Choice.read(QueryDict(choice.query())) == choice
    assert choice.query(q="", organic=False, free=(), page=1) == "&category=fruit&near=10&farm=hoeve&sort=near"
    assert Choice().query() == ""


@pytest.mark.parametrize(
    "address",
    ["", "category=weapons", "page=-3", "page=0", "page=x", "page=99999999999", "page=٣", "near=7", "near=-5", "sort=price",
     "free=kryptonite", "farm=%00", "q=%00", "q=+++", "organic=", "page=1"],
)  # fmt: skip
def test_values_that_do_not_exist_count_as_not_given(address) -> None:
    assert Choice.read(QueryDict(address)) == Choice()


def test_a_search_that_is_too_long_is_kept_and_not_done(market) -> None:
    choice = Choice.read(QueryDict("q=" + "a" * 81))
    assert choice.too_long and choice.text == "" and choice.q == "a" * 81
    assert finding.look(market, choice).counts.total == 5
    assert not Choice(q="a" * 80).too_long


def test_the_database_measures_as_we_do(market) -> None:
    here = (51.05, 3.72)
    for place in Place.objects.annotate(a=F("lat"), km=km_from(here, "organisations__place")).exclude(km=None):
        assert place.km == pytest.approx(km_between(here, place.point), abs=1e-9)


def test_what_is_sold_out_names_the_nearest_in_kind(network, market, farm, alice) -> None:
    near = make_producer(network, "Hoeve Dicht", lat=51.05, lon=3.72)
    products = {
        "young": make_product(Producer.objects.get(slug="hoeve-ver"), "young", dfc_type="leek", drawing="kale"),
        "chives": make_product(near, "chives", drawing="leek"),
        "beet": make_product(near, "beet", drawing="beet"),
    }
    leek = farm.products.get(sku="leek")
    supplies = {
        sku: stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
        for sku, product in products.items()
    }
    leek.dfc_type = "leek"
    leek.save()
    stock.reserve({leek.supplies.get().pk: D(9)})
    assert alternative(network, market) == "Young"
    stock.reserve({supplies["young"].pk: D(9)})
    assert alternative(network, market) == "Chives"
    stock.reserve({supplies["chives"].pk: D(9)})
    assert alternative(network, market) == "Celery"
    Product.objects.filter(drawing="leek").exclude(pk=leek.pk).update(drawing="")
    assert alternative(network, market) == "Beet"


def alternative(network: Any, shop: Shop) -> str | None:
    rows = shelf.rows_of(shop.offers, network=network, delivery=shop.delivery, lines={}, editable=True)
    row = next(row for row in rows if row.name == "leek")
    other = next(one for one in rows if row.alternative and row.alternative[1] == f"#p{one.pk}")
    assert row.sold_out and row.alternative and row.alternative[0] == other.name and not other.sold_out
    assert all(one.alternative is None for one in rows if not one.sold_out)
    return other.name.capitalize()
