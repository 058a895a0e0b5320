"""Finding in a real browser: filters change the list alone, what is typed stays, more comes as one scrolls; and without scripts."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.models import OrderLine
from producers import stock
from producers.models import Offer, Producer
from tests.conftest import forget_cached, make_product
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture
def url(network: Any, cycle: Any, day: Any, delivery: Any, farm: Producer, alice: Any) -> str:
    """130 kinds of beet, one of them organic; bread."""
    forget_cached()
    made = [make_product(farm, f"beet-{number:03}", drawing="beet", season=[]) for number in range(130)]
    made.append(make_product(farm, "bread", name="Desembrood", category="bread", drawing="bread", allergens=["gluten"]))
    rows = [stock.Announcement(product, D(9), D(2)) for product in made]
    stock.announce_many(producer=farm, week_on=cycle.week_on, rows=rows, by=alice)
    return f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}"


def offer_of(sku: str, delivery: Any) -> Offer:
    return Offer.objects.get(
        supply__product__sku=sku, delivery_day=delivery.delivery_day, price_group__audience="household"
    )


def test_filters_change_the_list_and_lose_nothing_typed(open_page, url, delivery, bob, household) -> None:
    page: Page = open_page(bob)
    page.goto(url)
    beet = offer_of("beet-003", delivery)
    page.evaluate("window.stayed = true")
    for _time in range(4):
        page.locator(f"#p{beet.pk} button[name=plus]").click()
    page.locator(".cats a", has_text="Brood").click()  # before the quantity is sent
    expect(page.locator("#offers h3")).to_have_count(1)
    page.wait_for_url(f"**{url}&category=bread")
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    expect(page.locator("#bar-count")).to_have_text("1")
    assert OrderLine.objects.get().quantity == 4
    bread = offer_of("bread", delivery)
    page.locator(f"#p{bread.pk} button[name=plus]").click()
    expect(page.locator("#bar-count")).to_have_text("2")
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    expect(page.locator("#basket .lines li")).to_have_count(2)
    page.locator("#f-mine").check(force=True)
    expect(page.locator(".found .chips li")).to_have_count(3)
    page.locator(".found .chips a", has_text="Brood").click()
    expect(page.locator("#offers h3")).to_have_count(2)
    page.go_back()
    expect(page.locator("#offers h3")).to_have_count(1)


def test_more_comes_as_one_scrolls_and_stays_one_list(open_page, url, delivery, bob, household) -> None:
    page: Page = open_page(bob, phone=False)
    page.goto(url)
    page.evaluate("window.stayed = true")
    page.locator("#next").scroll_into_view_if_needed()
    expect(page.locator("#offers .product")).to_have_count(120)
    page.locator("#next").scroll_into_view_if_needed()
    expect(page.locator("#offers .product")).to_have_count(131)
    expect(page.locator("#next a[rel=next]")).to_have_count(0)
    assert page.locator("#offers h2").all_inner_texts() == ["Groenten", "Brood en bloem"]
    assert page.locator("#offers .grid").count() == 2
    assert page.url.endswith(url) and page.evaluate("window.stayed")
    last = offer_of("beet-129", delivery)
    page.locator(f"#p{last.pk} button[name=plus]").click()
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    assert OrderLine.objects.get().offer == last
    assert violations(page) == []


def test_a_search_is_sent_by_enter_and_only_once(open_page, url) -> None:
    page: Page = open_page()
    page.goto(url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    page.locator("input[name=q]").fill("broodje")
    page.locator("input[name=q]").press("Enter")
    expect(page.locator("#offers .note")).to_contain_text("broodje")
    expect(page.locator("#offers h3")).to_have_count(1)
    expect(page.locator("input[name=q]")).to_have_value("broodje")
    assert len(asked) == 1
    assert violations(page) == []
    page.locator("#offers .note a").last.click()
    expect(page.locator("#offers h3")).to_have_count(60)


def test_without_scripts_one_finds_filters_pages_and_orders(open_page, url, delivery, bob, household) -> None:
    page: Page = open_page(bob, javascript=False)
    page.goto(url)
    page.locator("#next a[rel=next]").click()
    page.locator("#next a[rel=next]").click()
    bread = offer_of("bread", delivery)
    page.locator(f"#p{bread.pk} button[name=plus]").click()
    expect(page.locator(f"#p{bread.pk} input[type=number]")).to_have_value("1")
    assert page.url.endswith("&page=3")
    page.locator("a.more").click()
    page.locator(".free label", has_text="gluten").click()
    page.get_by_role("button", name="Toon").click()
    expect(page.locator("#offers .product")).to_have_count(60)
    page.locator(".cats a", has_text="Groenten").click()
    page.locator("input[name=q]").fill("beet-120")
    page.locator("input[name=q]").press("Enter")
    expect(page.locator("#offers .product").first).to_contain_text("Beet-120")
    assert OrderLine.objects.get().offer == bread


def test_a_product_is_ordered_on_its_own_page(open_page, url, network, delivery, bob, household) -> None:
    page: Page = open_page(bob)
    page.goto(reverse("orders:product", args=[network.slug, offer_of("bread", delivery).supply.product_id]))
    page.locator("button[name=plus]").click()
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    expect(page.locator("#bar-count")).to_have_text("1")
    assert OrderLine.objects.get().quantity == 1
    assert violations(page) == []
