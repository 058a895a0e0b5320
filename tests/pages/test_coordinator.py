"""The coordinator's and the driver's day in a real browser, with a real worker that plans."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import rounds, versions
from logistics.models import Crate, Round
from network.models import DeliveryDay
from orders.models import PurchaseOrderLine
from tests.conftest import make_household, make_point, make_producer, make_product, make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture
def point(network):
    make_point(network, "b2", lat=51.0, lon=3.8)
    return make_point(network)


@pytest.fixture
def orders(day, delivery, network, household, leek):
    """Two households at two points, goods of two farms."""
    milk = make_product(
        make_producer(network, "Melkerij Bea", lat=51.0, lon=3.65), "milk", storage_class="cold", units_per_crate=12
    )
    placed = [
        make_order(delivery, household, {leek: 12, milk: 6}),
        make_order(day.deliveries.get(pickup_point__code="b2"), make_household(network, "Gezin Hilde"), {leek: 5}),
    ]
    make_vehicle(network)
    return placed


def confirmed(orders):
    for order in orders:
        order.status = "confirmed"
        order.save()


def url(name, *args):
    return reverse(f"logistics:{name}", args=args)


def test_close_early_plan_and_see_the_rounds(open_page: Open, worker, dana, day, orders):
    confirmed(orders)
    page = open_page(dana, phone=False)
    page.goto(url("week", day.network.slug))
    page.locator(f"a[href='{url('day', day.pk)}']").first.click()
    assert violations(page) == []
    page.locator(f"form[action='{url('close', day.pk)}'] button").click()
    page.locator(f"form[action='{url('plan', day.pk)}'] button").click()
    expect(page.locator("[data-map]").first).to_be_visible(timeout=30_000)
    assert DeliveryDay.objects.get(pk=day.pk).status == DeliveryDay.Status.PLANNED
    expect(page.locator("[data-map]")).to_have_count(2)
    for round_ in day.rounds.all():
        expect(page.locator(f"a[href='{url('round', round_.pk)}']").first).to_be_visible()
    with page.expect_response(re.compile("packing.pdf")) as paper:
        page.locator(f"a[href='{url('packing_lists', day.pk)}']").click()
    assert paper.value.headers["content-type"] == "application/pdf"


@pytest.fixture
def planned(day, orders, gust):
    freeze(day)
    rounds.plan_rounds(day=day, iterations=30)
    versions.publish(day=day, by=None)
    return day


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_driver_checks_crates_off_and_finishes(open_page: Open, planned, gust, farm, javascript):
    ride = planned.rounds.get(leg="collection")
    page = open_page(gust, javascript=javascript)
    page.goto(url("my_rounds"))
    page.locator(f"a[href='{url('round', ride.pk)}']").click()
    page.locator("a.btn.go").click()
    boxes = page.get_by_role("checkbox")
    first = boxes.first
    assert (first.bounding_box() or {})["height"] >= 72
    first.click()
    expect(boxes.first).to_have_attribute("aria-checked", "true")
    boxes.first.click()
    expect(boxes.first).to_have_attribute("aria-checked", "false")
    for _stop in ride.stops.all():
        page.locator("button[name=all]").click()
        page.wait_for_load_state()
    page.locator(f"form[action='{url('finish', ride.pk)}'] button").click()
    expect(page.locator(f"form[action='{url('finish', ride.pk)}']")).to_have_count(0)
    assert Round.objects.get(pk=ride.pk).status == Round.Status.DRIVEN
    assert set(Crate.objects.filter(stop__round=ride).values_list("status", flat=True)) == {Crate.Status.LOADED}


def test_a_driver_records_what_is_missing(open_page: Open, planned, gust, farm, leek):
    stop = planned.rounds.get(leg="collection").stops.get(producer=farm)
    line = PurchaseOrderLine.objects.get(product=leek)
    page = open_page(gust)
    page.goto(url("stop", stop.round_id, stop.position))
    page.locator("summary", has_text="ontbreekt").click()
    page.locator(f"a[href^='{url('missing', line.purchase_order_id)}']").click()
    field = page.locator(f"#id_missing_{line.pk}")
    field.fill("99")
    page.locator("form.form .btn").click()
    expect(page.locator(f"#id_missing_{line.pk}_error")).to_be_visible()
    field.fill("10")
    page.locator("form.form .btn").click()
    expect(page.locator(".check[data-status=missing]")).to_have_count(1)
    line.refresh_from_db()
    assert line.missing == Decimal(10)


def test_a_volunteer_hands_orders_over(open_page: Open, planned, fien, delivery):
    page = open_page(fien)
    page.goto(url("pickup", delivery.pk))
    page.get_by_role("checkbox").first.click()
    expect(page.get_by_role("checkbox").first).to_have_attribute("aria-checked", "true")
    expect(page.locator(".tally strong")).to_have_text("1")


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)], ids=["390 light", "1280 dark"])
def test_the_pages_of_the_week_have_no_axe_violations(open_page: Open, planned, dana, delivery, phone, dark):
    page = open_page(dana, phone=phone, dark=dark)
    ride = planned.rounds.first()
    line = PurchaseOrderLine.objects.first()
    for path in (
        url("week", planned.network.slug),
        url("day", planned.pk),
        url("round", ride.pk),
        url("stop", ride.pk, 1),
        url("missing", line.purchase_order_id),
        url("pickup", delivery.pk),
        url("my_rounds"),
    ):
        assert page.goto(path).status == 200
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1280), path
