"""The volunteer's phone at a pickup point and the household's in its hand, in a real browser, with and without reception."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from logistics import rounds
from logistics.models import PhoneAction, Pickup, PlanVersion
from network import clock
from network.models import DeliveryDay
from orders.models import EmptiesReturn, Order, OrderLine, Shortfall
from producers.models import Product
from tests.conftest import make_household, make_product, make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.pages.test_road import kept, net, offline
from tests.pages.test_styleguide import violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]


@pytest.fixture
def order(day: DeliveryDay, delivery: Any, network: Any, household: Any, leek: Any, shop: Any, farm: Any) -> Order:
    """Bob's leek and beer lie ready at the point, and something of a neighbour."""
    beer = make_product(farm, "beer", alcohol=Decimal("6.5"), deposit=Decimal("0.30"), storage_class="ambient")
    order = make_order(delivery, household, {leek: 30, beer: 6})
    other = make_order(delivery, make_household(network, "Gezin Mia"), {leek: 2})
    Order.objects.filter(pk=order.pk).update(number=101, code="ABCDEFGH2345")
    Order.objects.filter(pk=other.pk).update(number=102, code="ABCDEFGH2346")
    make_vehicle(network)
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    PlanVersion.objects.filter(delivery_day=day).update(published_at=clock.now())
    order.refresh_from_db()
    return order


@pytest.fixture
def volunteer(open_page: Open, fien: Any, order: Order) -> Page:
    page = open_page(fien, locale="en-GB")
    path = f"/deliveries/{order.delivery_id}/"
    page.goto(path)
    kept(page, path)
    return page


def row(page: Page, order: Order) -> Any:
    return page.locator(".pickuprow", has=page.locator(f"#order{order.pk}"))


def test_a_pickup_without_reception_is_stored_once_when_the_network_is_back(volunteer: Page, order: Order) -> None:
    leeks, _beers = order.lines.order_by("pk")
    offline(volunteer)
    volunteer.reload()
    bob = row(volunteer, order)
    bob.get_by_role("checkbox", name="101 Gezin Bob").click()
    expect(bob.get_by_role("alert")).to_have_text("Look at the identity card first, and tick that.")
    expect(bob.get_by_role("checkbox", name="101 Gezin Bob")).not_to_be_checked()
    bob.get_by_role("checkbox", name="16+: identity card seen").click()
    bob.locator("details summary").click()
    bob.get_by_role("checkbox", name="B2", exact=True).click()
    bob.get_by_label("Leek (kg)").fill("28")
    bob.get_by_label("What is wrong").select_option("bad")
    bob.get_by_label("What happened").fill("rot")
    bob.get_by_role("button", name="Record").click()
    bob.get_by_label("Deposit 0.30 (Beer)").fill("3")
    bob.get_by_role("button", name="Take empties back").click()
    bob.get_by_role("checkbox", name="101 Gezin Bob").click()
    expect(net(volunteer)).to_have_text("5 actions on this device")
    assert not PhoneAction.objects.exists()
    volunteer.reload()
    expect(bob.get_by_role("checkbox", name="101 Gezin Bob")).to_be_checked()
    expect(net(volunteer)).to_have_text("5 actions on this device")
    bob.locator("details summary").click()
    expect(bob.locator("output").first).to_have_text("28 · Bad · rot")
    offline(volunteer, False)
    expect(net(volunteer)).to_have_text("Everything sent")
    expect(bob.get_by_text("2 bad")).to_be_visible()
    volunteer.reload()
    expect(net(volunteer)).to_have_text("Everything sent")
    kinds = sorted(PhoneAction.objects.values_list("kind", "refused"))
    assert kinds == [(kind, "") for kind in ("age_seen", "given", "hand_over", "returned", "short")]
    leeks.refresh_from_db()
    assert leeks.packed == 28
    shortfall = Shortfall.objects.get()
    assert (shortfall.line, shortfall.quantity, shortfall.reason, shortfall.note) == (leeks, 2, "bad", "rot")
    assert Pickup.objects.get().order == order
    back = EmptiesReturn.objects.get()
    assert (back.value, back.count) == (Decimal("0.30"), 3)
    bob.locator("details summary").click()
    expect(bob.get_by_role("checkbox", name="B2", exact=True)).to_be_checked()
    expect(bob.get_by_role("checkbox", name="B1", exact=True)).not_to_be_checked()
    expect(bob.get_by_label("Deposit 0.30 (Beer)")).to_have_attribute("placeholder", "3")


def test_crates_ticked_one_by_one_stay_ticked_once_they_are_sent(volunteer: Page, order: Order) -> None:
    bob = row(volunteer, order)
    bob.locator("details summary").click()
    crates = [bob.get_by_role("checkbox", name=letter, exact=True) for letter in ("B1", "B2")]
    for crate in crates:
        crate.click()
    for _again in range(2):
        expect(net(volunteer)).to_have_text("Everything sent")
        for crate in crates:
            expect(crate).to_be_checked()
        volunteer.evaluate("dispatchEvent(new Event('online'))")
    crates[0].click()
    expect(bob.locator("[data-wait]")).to_have_count(0)
    expect(net(volunteer)).to_have_text("Everything sent")
    expect(crates[0]).not_to_be_checked()
    kinds = PhoneAction.objects.order_by("happened_at").values_list("kind", flat=True)
    assert list(kinds) == ["given", "given", "not_given"]


def test_a_quantity_that_is_refused_is_back_in_its_field_and_an_empty_form_notes_nothing(
    volunteer: Page, order: Order
) -> None:
    bob = row(volunteer, order)
    bob.locator("details summary").click()
    short, back = (bob.locator("output").nth(number) for number in (0, 1))
    bob.get_by_role("button", name="Record").click()
    expect(short).to_have_text("Write how much is really given of what is missing or bad.")
    bob.get_by_role("button", name="Take empties back").click()
    expect(back).to_have_text("Enter how many came back: a number from 0 to 999.")
    leeks = bob.get_by_label("Leek (kg)")
    leeks.fill("1000000")
    bob.get_by_label("What is wrong").select_option("bad")
    bob.get_by_role("button", name="Record").click()
    refused = volunteer.get_by_role("list", name="Not accepted")
    expect(refused.get_by_role("listitem")).to_have_count(1)
    expect(short).to_be_empty()
    expect(leeks).to_have_value("1000000")
    expect(bob.get_by_label("What is wrong")).to_have_value("bad")
    refused.get_by_role("button", name="Seen").click()
    expect(short).to_be_empty()
    leeks.fill("28")
    bob.get_by_role("button", name="Record").click()
    expect(bob.get_by_text("2 bad")).to_be_visible()
    expect(short).to_have_text("28 · Bad")
    assert list(PhoneAction.objects.order_by("happened_at").values_list("kind", flat=True)) == ["short", "short"]


def test_an_order_opened_after_another_volunteer_ticked_its_crate_shows_that(
    volunteer: Page, open_page: Open, dana: Any, order: Order
) -> None:
    other = open_page(dana, locale="en-GB")
    other.goto(f"/deliveries/{order.delivery_id}/?order={order.pk}")
    row(other, order).get_by_role("checkbox", name="B2", exact=True).click()
    expect(other.locator("[data-wait]")).to_have_count(0)
    expect(net(other)).to_have_text("Everything sent")
    row(volunteer, Order.objects.get(number=102)).get_by_role("checkbox", name="102 Gezin Mia").click()
    expect(volunteer.locator("[data-wait]")).to_have_count(0)
    expect(net(volunteer)).to_have_text("Everything sent")
    row(volunteer, order).locator("details summary").click()
    expect(row(volunteer, order).get_by_role("checkbox", name="B2", exact=True)).to_be_checked()


@pytest.mark.parametrize("said", ["101", "gezin bob", "ABCDEFGH2345", "abcdefgh2345"])
def test_an_order_is_found_by_number_name_or_code_without_reception(volunteer: Page, order: Order, said: str) -> None:
    expect(volunteer.locator("[data-scan]")).to_be_hidden()  # this browser reads no codes
    offline(volunteer)
    volunteer.reload()
    field = volunteer.get_by_label("Pickup number, name or code")
    field.press_sequentially(said)
    expect(volunteer.locator(".pickuprow:visible")).to_have_count(1)
    expect(row(volunteer, order)).to_be_visible()


def test_part_of_a_number_or_of_a_code_is_nobodys_number(open_page: Open, fien: Any, order: Order) -> None:
    crate = order.delivery.crates.first()
    crate.code = "99932A2B"
    crate.save()
    page = open_page(fien, locale="en-GB")
    page.goto(f"/deliveries/{order.delivery_id}/")
    field, nobody = page.get_by_label("Pickup number, name or code"), page.get_by_text("No order here has that")
    for part in ("999", "10", "BCDE"):
        field.fill(part)
        expect(page.locator(".pickuprow:visible")).to_have_count(0)
        expect(nobody).to_be_visible()
    field.fill("")
    expect(page.locator(".pickuprow:visible")).to_have_count(2)
    expect(nobody).to_be_hidden()


def test_a_pickup_number_is_not_taken_for_the_number_in_the_books_of_another_order(
    open_page: Open, fien: Any, order: Order
) -> None:
    other = Order.objects.get(number=102)
    Order.objects.filter(pk=order.pk).update(number=other.pk)
    Order.objects.filter(pk=other.pk).update(number=order.pk)
    page = open_page(fien, locale="en-GB")
    page.goto(f"/deliveries/{order.delivery_id}/?q={other.pk}")
    expect(page.locator(".pickuprow b")).to_have_text([str(other.pk)])
    page.goto(f"/deliveries/{order.delivery_id}/")
    page.get_by_label("Pickup number, name or code").fill(str(other.pk))
    expect(page.locator(".pickuprow:visible b")).to_have_text([str(other.pk)])


def test_a_scanned_code_opens_its_order(open_page: Open, fien: Any, order: Order) -> None:
    page = open_page(fien, locale="en-GB")
    page.add_init_script(
        f"""window.BarcodeDetector = class {{ async detect() {{ return [{{ rawValue: 'https://k.example/o/{order.code}' }}] }} }}
        navigator.mediaDevices.getUserMedia = async () => {{
          const canvas = document.createElement('canvas')
          canvas.getContext('2d').fillRect(0, 0, 9, 9)
          return canvas.captureStream(5)
        }}"""
    )
    page.goto(f"/deliveries/{order.delivery_id}/")
    page.get_by_role("button", name="Scan").click()
    expect(page.locator(".pickuprow:visible")).to_have_count(1)
    expect(row(page, order).get_by_role("button", name="Take empties back")).to_be_visible()


def test_two_volunteers_see_what_the_other_did(volunteer: Page, open_page: Open, dana: Any, order: Order) -> None:
    Product.objects.filter(sku="beer").update(alcohol=0)
    volunteer.reload()
    other = open_page(dana, locale="en-GB")
    other.goto(f"/deliveries/{order.delivery_id}/")
    row(other, order).get_by_role("checkbox", name="101 Gezin Bob").click()
    expect(net(other)).to_have_text("Everything sent")
    second = Order.objects.get(number=102)
    row(volunteer, second).get_by_role("checkbox", name="102 Gezin Mia").click()
    expect(net(volunteer)).to_have_text("Everything sent")
    expect(volunteer.locator("[data-tally]")).to_have_text("2")
    row(volunteer, order).get_by_role("checkbox", name="101 Gezin Bob").click()
    expect(volunteer.locator("[data-tally]")).to_have_text("1")
    expect(net(volunteer)).to_have_text("Everything sent")
    assert Pickup.objects.get().order == second


def test_the_number_and_the_code_stay_on_the_phone_of_the_household(open_page: Open, bob: Any, order: Order) -> None:
    page = open_page(bob, locale="en-GB")
    path = f"/orders/{order.pk}/"
    page.goto(path)
    kept(page, path)
    offline(page)
    page.reload()
    expect(page.get_by_role("heading", name="Show this when you collect")).to_be_visible()
    expect(page.locator(".bigprice strong")).to_have_text("101")
    expect(page.get_by_role("img", name="QR code ABCDEFGH2345")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_pages_of_collecting_are_accessible_with_all_open(
    open_page: Open, fien: Any, bob: Any, order: Order, dark: bool, width: int
) -> None:
    line = OrderLine.objects.filter(order=order).first()
    Shortfall.objects.create(line=line, quantity=2, reason="bad", note="rot", by=fien)
    EmptiesReturn.objects.create(order=order, buyer=order.buyer, value=Decimal("0.30"), count=3, by=fien)
    for who, path in ((fien, f"/deliveries/{order.delivery_id}/"), (bob, f"/orders/{order.pk}/")):
        page = open_page(who, dark=dark)
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(path)
        for summary in page.locator("details > summary").all():
            summary.click()
        assert violations(page) == [], path
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
