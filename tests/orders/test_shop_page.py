"""The shop as a page: what visitors find, filter and read on; what stays when a basket is saved; what is remembered."""

import gzip
import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from orders.models import OrderLine
from producers import stock
from producers.models import Offer, Producer, Product, UnmetSearch
from tests.conftest import MONDAY, forget_cached, make_product
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget_cached()


@pytest.fixture
def field(cycle: Any, farm: Producer, alice: Any) -> list[Product]:
    """130 vegetables and 5 kinds of bread: three pages."""
    made = [make_product(farm, f"beet-{number:03}", drawing="beet") for number in range(130)]
    made += [make_product(farm, f"bread-{number}", category="bread", drawing="bread") for number in range(5)]
    rows = [stock.Announcement(product, D(9), D(2)) for product in made]
    stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    return made


@pytest.fixture
def url(network: Any, delivery: Any) -> str:
    return f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}"


def listed(answer: Any) -> list[str]:
    return re.findall(r"<h3><a[^>]*>([\w-]+)</a>", answer.content.decode())


def test_a_visitor_looks_filters_and_reads_on_without_scripts(field, url, visit, django_assert_num_queries) -> None:
    client = visit()
    client.get(url)
    with django_assert_num_queries(5):
        first = client.get(url)
    assert len(listed(first)) == 60 and "Page 1 of 3" in text(first)
    assert f'href="{url}&amp;page=2"' in first.content.decode()
    last = client.get(f"{url}&page=3")
    assert listed(last)[-1] == "bread-4" and len(listed(last)) == 15
    assert "Vegetables 130" in text(last) and "Bread and flour 5" in text(last)
    bread = client.get(f"{url}&category=bread")
    assert len(listed(bread)) == 5 and "Page" not in text(bread)
    found = client.get(f"{url}&q=beet-120")
    assert listed(found) == ["beet-120"]
    assert "“beet-120”" in text(found)
    assert f'href="{url}" aria-label="Leave out: “beet-120”"' in found.content.decode()


def test_paging_keeps_the_filters_and_the_filters_drop_the_page(field, url, visit) -> None:
    page = visit().get(f"{url}&q=beet&season=1&page=2").content.decode()
    assert f'href="{url}&amp;q=beet&amp;season=1&amp;page=3"' in page
    assert f'href="{url}&amp;q=beet" aria-label="Leave out: In season"' in page
    assert f'href="{url}&amp;season=1" aria-label="Leave out: “beet”"' in page


def test_the_page_is_light(field, url, visit, bob, household) -> None:
    for person in (None, bob):
        page = visit(person).get(url).content
        assert len(gzip.compress(page, 6)) < 20 * 1024


def test_scripts_get_the_list_alone_and_the_address_to_keep(field, url, visit) -> None:
    answer = visit().get(f"{url}&q=&near=&organic=&category=bread&farm=", headers=HTMX)
    body = answer.content.decode()
    assert answer["HX-Push-Url"] == f"{url}&category=bread" and "HX-Request" in answer["Vary"]
    assert body.lstrip().startswith('<div id="offers"') and 'hx-swap-oob="outerMorph"' in body and "<html" not in body
    restored = visit().get(url, headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


def test_scripts_get_the_next_page_alone_and_where_it_goes_on(field, url, visit) -> None:
    body = visit().get(f"{url}&page=2&after=vegetables", headers=HTMX).content.decode()
    assert "<h2" not in body and "data-continues" in body and 'id="offers"' not in body
    assert "click, revealed" in body and "page=3&amp;after=vegetables" in body
    body = visit().get(f"{url}&page=3&after=vegetables", headers=HTMX).content.decode()
    assert body.count("data-continues") == 1 and 'id="h-bread"' in body


def test_saving_a_basket_comes_back_to_the_same_choice(field, url, network, delivery, visit, bob, household) -> None:
    client = visit(bob)
    offer = Offer.objects.get(
        supply__product__sku="beet-100", delivery_day=delivery.delivery_day, price_group__audience="household"
    )
    back = "&q=beet&page=2"
    assert 'name="back" value="&amp;q=beet&amp;page=2"' in client.get(url + back).content.decode()
    fill = reverse("orders:fill", args=[network.slug, delivery.pk])
    answer = client.post(fill, {f"q{offer.pk}": "3", f"w{offer.pk}": "0", "back": back})
    assert answer.url == url + back and OrderLine.objects.get().quantity == 3
    evil = client.post(fill, {"back": "&next=https://evil.example&q=<script>"})
    assert evil.url == f"{url}&q=%3Cscript%3E"
    refused = client.post(fill, {f"q{offer.pk}": "300", f"w{offer.pk}": "3", "back": back})
    assert refused.status_code == 422 and "Only 9 left" in text(refused) and 'value="300"' in refused.content.decode()
    assert f'href="{url}&amp;q=beet&amp;page=3"' in refused.content.decode()
    mine = client.get(f"{url}&mine=1")
    assert listed(mine) == ["beet-100"]


def test_the_page_of_a_buyer_asks_as_little_as_before(
    field, url, delivery, visit, bob, household, django_assert_num_queries
) -> None:
    client = visit(bob)
    client.get(url)
    with django_assert_num_queries(10):
        client.get(url)
    for queries in (11, 10):  # the second time what fits is known
        with django_assert_num_queries(queries):
            client.get(f"{url}&q=beet")


def test_a_typing_error_shows_what_is_nearest_and_the_way_back(field, url, visit) -> None:
    answer = visit().get(f"{url}&q=braed-3")
    shown = text(answer)
    assert "Nothing is called “braed-3” this week. This is what “bread" in shown and "Show everything" in shown
    assert listed(answer)
    assert not UnmetSearch.objects.exists()


def test_what_nobody_sells_is_said_and_counted_once_a_visitor(field, url, network, visit) -> None:
    client = visit()
    for _time in range(3):
        answer = client.get(f"{url}&q=Ananas")
    assert "Nobody sells “Ananas” this week" in text(answer) and f'class="btn" href="{url}"' in answer.content.decode()
    visit().get(f"{url}&q=ananas", REMOTE_ADDR="10.0.0.9")
    visit().get(f"{url}&q=ananas", REMOTE_ADDR="10.0.0.8", headers={"user-agent": "Googlebot/2.1"})
    visit().get(f"{url}&q=ananas", REMOTE_ADDR="10.0.0.7", headers={"sec-purpose": "prefetch"})
    visit().get(f"{url}&q=ananas&organic=1", REMOTE_ADDR="10.0.0.6")
    assert [(row.network, row.words, row.times) for row in UnmetSearch.objects.all()] == [(network, "ananas", 2)]


def test_somebody_who_asks_all_day_is_counted_thirty_times(field, url, visit) -> None:
    client = visit()
    for number in range(33):
        client.get(f"{url}&q=qwx{chr(97 + number % 26)}{chr(97 + number // 26)}zzz")
    assert UnmetSearch.objects.count() == 30


def test_filters_that_leave_nothing_can_be_taken_away_one_by_one(field, url, visit) -> None:
    answer = visit().get(f"{url}&organic=1&near=5&free=milk")
    body = answer.content.decode()
    assert "Nothing fits this choice" in text(answer)
    for label, rest in (("Organic", "&amp;near=5&amp;free=milk"), ("Within 5 km", "&amp;organic=1&amp;free=milk")):
        assert f'href="{url}{rest}" aria-label="Leave out: {label}"' in body
    answer = visit().get(f"{url}&organic=1&q=bread-1")
    assert "There is “bread-1”, but not with these filters." in text(answer)
    assert f'href="{url}&amp;q=bread-1"' in answer.content.decode()


def test_farms_and_allergens_come_when_asked_for(field, url, visit, django_assert_num_queries) -> None:
    client = visit()
    assert "All farms" not in text(client.get(url))
    with django_assert_num_queries(6):
        answer = client.get(f"{url}&more=1")
    assert "Hoeve Alice (135)" in text(answer) and 'name="free" value="gluten"' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["q=" + "a" * 500, "q=%F0%9F%A5%95", "q=%D9%85%D8%B1%D8%AD%D8%A8%D8%A7", "q=%25", "q=_", "q=%27%20OR%201%3D1--", "q=%00",
     "q=de+het+een", "category=weapons", "page=-1", "page=9999", "page=x", "near=1000000", "free=x&free=y", "farm=%27",
     "organic=%3Cscript%3E", "delivery=99999999", "after=%3Cb%3E", "q=%ff%fe"],
)  # fmt: skip
def test_whatever_the_address_says_the_shop_answers(field, url, visit, query) -> None:
    for headers in ({}, HTMX):
        answer = visit().get(f"{url}&{query}", headers=headers)
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().replace('type="module"', "")


def test_a_search_that_is_too_long_is_told_so(field, url, visit) -> None:
    answer = visit().get(f"{url}&q={'a' * 81}")
    assert "A search has at most 80 characters. Use fewer words." in text(answer)
    assert "a" * 81 in answer.content.decode() and len(listed(answer)) == 60
