"""Filling a basket in a real browser: in few taps, by keyboard, without JavaScript, and on a connection that comes and goes."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from network import clock
from network.models import Delivery, DeliveryDay, Network, Organisation, Person, PickupPoint
from orders import basket
from orders.models import LapsedLine, Order, OrderLine
from producers import stock
from producers.models import Offer, Producer
from tests.browser import session_cookie
from tests.conftest import make_household, make_person, make_point, make_product, open_week
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
Open = Callable[..., Page]
NAMES = ["leek", "chard", "carrot", "beet", "bread", "cheese", "milk", "eggs", "apple", "pear", "jam", "honey"]
KINDS = ["vegetables"] * 4 + ["bread"] + ["dairy"] * 3 + ["fruit"] * 2 + ["pantry"] * 2


@pytest.fixture
def offers(farm: Producer, alice: Person, day: DeliveryDay) -> dict[str, Offer]:
    """Twelve products, ten of each."""
    for name, kind in zip(NAMES, KINDS):
        make_product(farm, name, category=kind)
    rows = [stock.Announcement(product=one, quantity=D(10), price=D(2)) for one in farm.products.all()]
    stock.announce_many(producer=farm, week_on=day.cycle.week_on, rows=rows, by=alice)
    found = Offer.objects.filter(delivery_day=day, price_group__audience="household").select_related("supply__product")
    return {offer.supply.product.sku: offer for offer in found}


@pytest.fixture
def url(network: Network, delivery: Delivery) -> str:
    return f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}"


@pytest.fixture
def page(open_page: Open, bob: Person, household: Organisation, offers: Any, url: str) -> Page:
    """Bob's shop, in English."""
    opened = open_page(bob, locale="en-GB")
    opened.goto(url)
    return opened


class Taps:
    """Taps, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator) -> None:
        target.click()
        self.count += 1


def row(page: Page, offer: Offer) -> Locator:
    return page.locator(f"#p{offer.pk}")


def plus(page: Page, offer: Offer) -> Locator:
    return row(page, offer).locator("button[name=plus]")


def field(page: Page, offer: Offer) -> Locator:
    return row(page, offer).locator("input[type=number]")


def ask(page: Page, offer: Offer, quantity: str) -> None:
    """Type a quantity; the field is there once there is something."""
    plus(page, offer).click()
    field(page, offer).fill(quantity)
    field(page, offer).press("Tab")


def synced(page: Page, state: str = "saved") -> None:
    expect(page.locator("body")).to_have_attribute("data-sync", state)


def stored() -> dict[str, Decimal]:
    return dict(OrderLine.objects.values_list("product__sku", "quantity"))


def hour_over() -> None:
    """Nobody looked for an hour."""
    Order.objects.update(hold_expires_at=clock.now() - timedelta(seconds=1))
    assert basket.expire_holds() == 1


def test_a_household_that_returns_orders_twelve_products_with_few_taps(
    open_page: Open, network: Network, point: PickupPoint, farm: Producer, alice: Person, bob: Person, household: Organisation
) -> None:  # fmt: skip
    other = make_point(network, "b2")
    week = clock.monday_of(clock.today()) + timedelta(weeks=1)
    last, cycle = open_week(network, week - timedelta(weeks=1)), open_week(network, week)
    before = Delivery.objects.get(delivery_day__cycle=last, pickup_point=other)
    Order.objects.create(
        buyer=household, delivery=before, status="closed", confirmed_at=clock.now(), created_at=clock.now()
    )
    for name in NAMES:
        make_product(farm, name)
    rows = [stock.Announcement(product=one, quantity=D(10), price=D(2)) for one in farm.products.all()]
    stock.announce_many(producer=farm, week_on=week, rows=rows, by=alice)
    page, tap = open_page(bob), Taps()
    page.goto("/")
    tap(page.locator("#main").get_by_role("link", name="Bestellen"))
    expect(page.locator(".hero")).to_contain_text("Punt b2")
    tap(page.locator(f".hero a[href^='{reverse('orders:deliveries', args=[network.slug])}']"))
    here = Delivery.objects.get(delivery_day__cycle=cycle, pickup_point=point)
    tap(page.locator(f"a[href*='delivery={here.pk}']").first)
    expect(page.locator(".hero")).to_contain_text("Punt a1")
    for button in page.locator(".product button[name=plus]").all():
        tap(button)
    expect(page.locator("#bar-count")).to_have_text("12")
    tap(page.locator("#bar"))
    tap(page.locator("#to-summary"))
    tap(page.get_by_role("button", name="Bestelling met betalingsverplichting"))
    page.wait_for_url("**/orders/*/")
    order = Order.objects.get(delivery=here)
    assert (order.status, set(order.lines.values_list("product__sku", "confirmed"))) == (
        "confirmed",
        {(name, 1) for name in NAMES},
    )
    assert tap.count == 18 <= 25


def test_the_whole_order_without_javascript(
    open_page: Open, bob: Person, household: Organisation, offers: dict[str, Offer], url: str
) -> None:
    page = open_page(bob, javascript=False, locale="en-GB")
    page.goto(url)
    for name in ("leek", "leek", "bread"):
        plus(page, offers[name]).click()
    assert stored() == {"leek": 2, "bread": 1}
    row(page, offers["bread"]).locator("button[name=minus]").click()
    assert stored() == {"leek": 2}
    field(page, offers["leek"]).fill("11")
    page.get_by_role("button", name="Save the basket").click()
    expect(row(page, offers["leek"]).get_by_role("alert")).to_have_text("Only 10 left. Ask for that or less.")
    expect(field(page, offers["leek"])).to_have_value("11")
    field(page, offers["leek"]).fill("10")
    page.get_by_role("button", name="Save the basket").click()
    page.locator("#bar").click()
    expect(page.locator("#sign-in")).to_be_hidden()
    page.get_by_role("link", name="To the summary").click()
    page.get_by_role("button", name="Order with obligation to pay").click()
    page.wait_for_url("**/orders/*/")
    assert list(OrderLine.objects.values_list("product__sku", "confirmed")) == [("leek", 10)]


def tab_to(page: Page, selector: str) -> None:
    for _time in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_the_whole_order_by_keyboard(page: Page, offers: dict[str, Offer]) -> None:
    tab_to(page, f"[name=plus][value='{offers['leek'].pk}']")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(field(page, offers["leek"])).to_have_value("2")
    tab_to(page, f"[name=plus][value='{offers['bread'].pk}']")
    page.keyboard.press("Space")
    synced(page)
    expect(page.locator("#said")).to_have_text(
        "Saved. You can change it until Tuesday 12:00. Products in your basket: 2. Total: €\u00a0" + total(page) + "."
    )
    tab_to(page, "#bar")
    page.keyboard.press("Enter")
    tab_to(page, "#euro")
    page.keyboard.press("Enter")
    expect(page.locator("#basket").get_by_role("row", name="Farmers")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "to-summary"
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm/")
    tab_to(page, "main form .btn.go")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*/")
    assert set(OrderLine.objects.values_list("product__sku", "confirmed")) == {("leek", 2), ("bread", 1)}


def total(page: Page) -> str:
    """The total of the lines in the basket, as it is written."""
    return f"{sum(line.gross * line.quantity for line in OrderLine.objects.all()):.2f}"


def test_the_steppers_say_what_they_do(page: Page, offers: dict[str, Offer]) -> None:
    leek = row(page, offers["leek"])
    plus(page, offers["leek"]).click()
    expect(leek.get_by_role("button", name="Add: leek")).to_be_visible()
    expect(leek.get_by_role("spinbutton", name="Quantity of leek")).to_have_value("1")
    leek.get_by_role("button", name="One less: leek").click()
    expect(page.locator("#bar-count")).to_have_text("0")
    synced(page)
    assert stored() == {}


def test_what_is_changed_without_a_network_waits_on_the_device_and_is_sent(
    page: Page, offers: dict[str, Offer]
) -> None:
    plus(page, offers["leek"]).click()
    synced(page)
    page.context.set_offline(True)
    for _time in range(3):
        plus(page, offers["leek"]).click()
    plus(page, offers["bread"]).click()
    synced(page, "wait")
    said = "No connection. Your changes stay on this device and are sent as soon as there is one."
    expect(page.locator("#said")).to_contain_text(said)
    expect(page.locator("#bar")).to_contain_text("Not sent yet: 2")
    expect(page.locator("#bar-count")).to_have_text("2")
    waits = page.locator("[data-wait='on this device']")
    expect(waits).to_have_count(2)
    assert violations(page) == []
    page.locator("#bar").click()
    expect(page.locator("#sync")).to_have_text(said)
    with page.expect_event("requestfailed"):
        page.locator("#to-summary").click()
    synced(page, "wait")
    expect(page.locator("#to-summary")).to_be_visible()
    assert stored() == {"leek": 1}
    page.context.set_offline(False)
    synced(page)
    expect(waits).to_have_count(0)
    expect(page.locator("#bar")).to_contain_text("closes Tuesday 12:00")
    assert stored() == {"leek": 4, "bread": 1}


def test_a_page_closed_without_a_network_is_sent_when_it_is_opened_again(
    page: Page, offers: dict[str, Offer], url: str
) -> None:
    page.context.set_offline(True)
    plus(page, offers["leek"]).click()
    ask(page, offers["bread"], "7")
    synced(page, "wait")
    context = page.context
    page.close()
    assert stored() == {}
    context.set_offline(False)
    again = context.new_page()
    again.goto(url)
    expect(field(again, offers["bread"])).to_have_value("7")
    synced(again)
    assert stored() == {"leek": 1, "bread": 7}
    assert again.evaluate("localStorage.length") == 0


def test_what_waits_for_one_household_is_not_sent_for_another(
    page: Page, offers: dict[str, Offer], network: Network, bob: Person, url: str
) -> None:
    second = make_household(network, "Gezin Twee", bob)
    page.context.set_offline(True)
    plus(page, offers["leek"]).click()
    synced(page, "wait")
    page.context.set_offline(False)
    synced(page)
    page.goto(url)
    page.context.set_offline(True)
    plus(page, offers["bread"]).click()
    synced(page, "wait")
    page.context.route("**/fill/", lambda route: route.abort())
    page.context.set_offline(False)
    page.request.post(
        reverse("orders:buyer", args=[network.slug]),
        form={
            "buyer": str(second.pk),
            "csrfmiddlewaretoken": page.locator("[name=csrfmiddlewaretoken]").first.input_value(),
        },
        headers={"referer": page.url},
    )
    page.context.unroute("**/fill/")
    page.goto(url)
    expect(page.get_by_label("You order for")).to_have_value(str(second.pk))
    expect(field(page, offers["bread"])).to_have_value("0")
    assert set(Order.objects.exclude(lines=None).values_list("buyer__name", flat=True)) == {"Gezin Bob"}


def test_a_change_made_while_one_is_under_way_waits_for_its_answer(page: Page, offers: dict[str, Offer]) -> None:
    page.clock.install()
    page.reload()
    held: list[Any] = []
    page.route("**/fill/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/fill/"):
        plus(page, offers["leek"]).click()
        page.clock.run_for(400)
    for _time in range(2):
        plus(page, offers["leek"]).click()
        page.clock.run_for(400)
    assert stored() == {}
    with page.expect_request("**/fill/") as second:
        held[0].continue_()
    assert f"q{offers['leek'].pk}=3" in second.value.post_data
    synced(page)
    expect(field(page, offers["leek"])).to_have_value("3")
    assert stored() == {"leek": 3}


def test_what_sold_out_meanwhile_is_said_beside_it_with_what_there_is_instead(
    page: Page, offers: dict[str, Offer], network: Network, delivery: Delivery
) -> None:
    charlie = make_person("neighbour")
    theirs = basket.open_order(buyer=make_household(network, "Ernaast", charlie), delivery=delivery, by=charlie)
    basket.fill(order=theirs, quantities={offers["leek"].pk: D(10), offers["bread"].pk: D(8)}, by=charlie)
    plus(page, offers["milk"]).click()
    plus(page, offers["leek"]).click()
    ask(page, offers["bread"], "3")
    synced(page, "refused")
    said = row(page, offers["leek"]).get_by_role("alert")
    expect(said).to_contain_text("This has just sold out. Take")
    expect(said.get_by_role("link")).to_have_count(1)
    expect(row(page, offers["bread"]).get_by_role("alert")).to_have_text("Only 2 left. Ask for that or less.")
    expect(field(page, offers["leek"])).to_have_value("0")
    expect(page.locator("#bar-count")).to_have_text("1")
    assert violations(page) == []
    ask(page, offers["bread"], "2")
    synced(page)
    expect(row(page, offers["bread"]).get_by_role("alert")).to_have_count(0)
    assert dict(OrderLine.objects.exclude(order=theirs).values_list("product__sku", "quantity")) == {
        "milk": 1,
        "bread": 2,
    }


def test_two_tabs_show_the_same_basket(page: Page, offers: dict[str, Offer], url: str) -> None:
    other = page.context.new_page()
    other.goto(url)
    plus(other, offers["bread"]).click()
    synced(other)
    plus(page, offers["leek"]).click()
    synced(page)
    expect(field(page, offers["bread"])).to_have_value("1")
    expect(page.locator("#bar-count")).to_have_text("2")
    assert stored() == {"leek": 1, "bread": 1}


def test_whoever_signed_out_in_another_tab_loses_nothing(
    page: Page, offers: dict[str, Offer], bob: Person, live_server: Any, url: str
) -> None:
    page.context.clear_cookies()
    plus(page, offers["leek"]).click()
    synced(page, "out")
    expect(page.locator("#bar")).to_contain_text("Not sent yet: 1")
    page.locator("#bar").click()
    expect(page.locator("#sync")).to_have_text(
        "You are signed out. Your changes stay on this device; sign in and they are sent."
    )
    page.locator("#sign-in").click()
    page.wait_for_url("**/accounts/login/**")
    page.context.add_cookies([session_cookie(bob, live_server.url)])
    page.goto(url)
    synced(page)
    assert stored() == {"leek": 1}


def test_a_page_whose_token_is_void_takes_a_new_one(page: Page, offers: dict[str, Offer]) -> None:
    """Somebody signed in again in another tab: the server changes the token then."""
    page.context.clear_cookies(name="csrftoken")
    plus(page, offers["leek"]).click()
    synced(page)
    assert stored() == {"leek": 1}


def test_a_page_that_stood_open_over_the_hour_goes_on_with_its_basket(page: Page, offers: dict[str, Offer]) -> None:
    for name in ("leek", "bread"):
        plus(page, offers[name]).click()
    synced(page)
    hour_over()
    assert stored() == {}
    plus(page, offers["milk"]).click()
    expect(page.locator("#bar-count")).to_have_text("3")
    synced(page)
    page.locator("#bar").click()
    expect(page.locator("#basket-body [role=status]")).to_have_text(
        "Your basket had been let go after an hour. Everything is back in it."
    )
    assert stored() == {"leek": 1, "bread": 1, "milk": 1}
    assert not LapsedLine.objects.exists()


def test_the_next_visit_puts_it_back_with_one_tap(page: Page, offers: dict[str, Offer], url: str) -> None:
    plus(page, offers["leek"]).click()
    synced(page)
    hour_over()
    page.goto(url)
    expect(page.locator("#bar-count")).to_have_text("0")
    assert violations(page) == []
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#bar-count")).to_have_text("1")
    expect(page.locator("#messages")).to_contain_text("Everything is back in it.")
    assert stored() == {"leek": 1}


def test_a_page_over_night_says_that_the_day_has_closed(page: Page, offers: dict[str, Offer], day: DeliveryDay) -> None:
    DeliveryDay.objects.filter(pk=day.pk).update(closes_at=clock.now() - timedelta(minutes=1))
    plus(page, offers["leek"]).click()
    synced(page, "refused")
    expect(page.locator("#said")).to_contain_text("This delivery no longer takes orders. Choose another.")
    assert stored() == {}


def test_it_works_where_the_browser_keeps_nothing(
    open_page: Open, bob: Person, household: Organisation, offers: dict[str, Offer], url: str
) -> None:
    page = open_page(bob, locale="en-GB")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } });"
        "Object.defineProperty(navigator, 'locks', { value: undefined })"
    )
    page.goto(url)
    for name in ("leek", "bread", "leek"):
        plus(page, offers[name]).click()
    synced(page)
    assert stored() == {"leek": 2, "bread": 1}
