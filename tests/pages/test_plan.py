"""The coordinator's desk in a real browser: a stop moved with the keyboard only, dragged, undone; the plan published."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import rounds, versions
from logistics.models import Stop
from network.models import DeliveryDay
from tests.conftest import make_household, make_point, make_producer, make_product, make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture
def point(network: Any) -> Any:
    make_point(network, "b2", lat=51.0, lon=3.8)
    return make_point(network)


@pytest.fixture
def planned(day: DeliveryDay, delivery: Any, network: Any, household: Any, leek: Any, gust: Any) -> DeliveryDay:
    """Milk at Bea and leek at Alice for two points, planned and not published."""
    bea = make_producer(network, "Melkerij Bea", lat=51.0, lon=3.65)
    milk = make_product(bea, "milk", storage_class="cold", units_per_crate=12)
    make_order(delivery, household, {leek: 12, milk: 6})
    make_order(day.deliveries.get(pickup_point__code="b2"), make_household(network, "Gezin Hilde"), {leek: 5})
    make_vehicle(network)
    freeze(day)
    rounds.plan_rounds(day=day, iterations=30)
    return day


def order(day: DeliveryDay) -> list[str]:
    return [
        str(stop) for stop in Stop.objects.filter(round__delivery_day=day, round__leg="collection").order_by("position")
    ]


def the_day(day: DeliveryDay) -> str:
    return reverse("logistics:day", args=[day.pk])


def last(day: DeliveryDay) -> Stop:
    return Stop.objects.filter(round__delivery_day=day, round__leg="collection").order_by("position").last()  # type: ignore[return-value]


def test_a_stop_is_moved_undone_and_the_plan_published_with_the_keyboard_only(
    open_page: Open, planned: DeliveryDay, dana: Any
) -> None:
    before, stop = order(planned), last(planned)
    page = open_page(dana, phone=False, locale="en")
    page.goto(the_day(planned))
    up = page.locator(f"#up-{stop.pk}")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Moved a stop")
    assert order(planned) == before[::-1]
    expect(page.locator(f"#up-{stop.pk}")).to_be_disabled()
    expect(page.locator(f"#down-{stop.pk}")).to_be_focused()
    assert violations(page) == []
    page.locator("#undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Restored an earlier version")
    expect(page.locator("#undo")).to_be_focused()
    assert order(planned) == before
    page.locator("#publish").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#publish")).to_have_count(0)
    version = versions.published(planned)
    assert version and version.number == 3


def test_a_stop_is_dragged_before_another(open_page: Open, planned: DeliveryDay, dana: Any) -> None:
    before, stop = order(planned), last(planned)
    page = open_page(dana, phone=False)
    page.goto(the_day(planned))
    handle = page.locator(f"[data-stop='{stop.pk}'] .handle")
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    first = page.locator("[data-stop]").first.bounding_box()
    assert start and first
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(first["x"] + 80, first["y"] + 20, steps=5)
    page.mouse.move(first["x"] + 80, first["y"] + 4, steps=2)
    page.mouse.up()
    expect(page.locator("#said")).not_to_be_empty()
    assert order(planned) == before[::-1]


def test_the_buttons_of_a_stop_open_beside_it(open_page: Open, planned: DeliveryDay, dana: Any) -> None:
    stop = last(planned)
    page = open_page(dana)
    page.goto(the_day(planned))
    page.locator(f"#open-{stop.pk}").press("Enter")
    expect(page.locator(f"#moves-{stop.pk} summary")).to_be_focused()
    page.locator(f"#lock-{stop.pk}").click()
    expect(page.locator("#said")).not_to_be_empty()
    stop.refresh_from_db()
    assert stop.locked


def test_without_scripts_the_same_buttons_do_it(open_page: Open, planned: DeliveryDay, dana: Any) -> None:
    before, stop = order(planned), last(planned)
    page = open_page(dana, javascript=False)
    page.goto(the_day(planned))
    page.locator(f"#open-{stop.pk}").click()
    page.locator(f"#at-{stop.pk}").fill("eerst")
    page.locator(f"#move-{stop.pk}").click()
    expect(page.locator("#plan [role=alert]")).to_be_visible()
    assert order(planned) == before
    page.locator(f"#at-{stop.pk}").fill("1")
    page.locator(f"#move-{stop.pk}").click()
    page.wait_for_load_state()
    assert order(planned) == before[::-1]


def test_two_coordinators_at_once_the_second_sees_the_plan_as_it_is(
    open_page: Open, planned: DeliveryDay, dana: Any
) -> None:
    stop = last(planned)
    one, two = open_page(dana, phone=False), open_page(dana, phone=True)
    one.goto(the_day(planned))
    two.goto(the_day(planned))
    one.locator(f"#up-{stop.pk}").click()
    expect(one.locator("#said")).not_to_be_empty()
    moved = order(planned)
    two.locator(f"#up-{stop.pk}").click()
    expect(two.locator("#plan [role=alert]")).to_be_visible()
    expect(two.locator(f"#up-{stop.pk}")).to_be_disabled()
    assert order(planned) == moved
    assert versions.latest(planned).number == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)], ids=["390 light", "1280 dark"])
def test_flaws_the_tools_and_the_versions_have_no_axe_violations(
    open_page: Open, planned: DeliveryDay, dana: Any, network: Any, phone: bool, dark: bool
) -> None:
    bike = make_vehicle(network, "Bakfiets", crates=1, cool=0, kg=5)
    page = open_page(dana, phone=phone, dark=dark)
    page.goto(the_day(planned))
    ride = planned.rounds.get(leg="collection")
    page.locator(f"#tools-{ride.pk} summary").click()
    page.locator(f"#vehicle-{ride.pk}").select_option(str(bike.pk))
    page.locator(f"#tools-{ride.pk} button[value='swap {ride.pk}']").click()
    expect(page.locator(".flaw").first).to_be_visible()
    expect(page.locator("[name=accept_flaws]")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= (390 if phone else 1280)
    page.locator("#publish").click()
    expect(page.locator("#id_accept_flaws_error")).to_be_visible()
    assert violations(page) == []
    page.locator("[name=accept_flaws]").check()
    page.locator("#publish").click()
    expect(page.locator("#publish")).to_have_count(0)
    page.goto(reverse("logistics:versions", args=[planned.pk]))
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= (390 if phone else 1280)
