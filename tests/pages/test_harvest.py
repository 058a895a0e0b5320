"""The picking list in the field and the scales in the barn, in a real browser with its service worker."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import rounds
from network.models import DeliveryDay, Person
from orders import shortages
from orders.models import OrderLine, PurchaseOrder
from tests.conftest import make_product, make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.pages.test_road import kept, offline
from tests.pages.test_styleguide import violations

D = Decimal
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]


@pytest.fixture
def purchase(
    day: DeliveryDay, delivery: Any, network: Any, household: Any, farm: Any, leek: Any, shop: Any
) -> PurchaseOrder:
    """Thirty kilos of leek, two of sausage that is weighed, and a plan."""
    sausage = make_product(
        farm, "sausage", category="meat", storage_class="cold", sold_by_weight=True, step=D("0.5"), drawing="steak"
    )
    make_order(delivery, household, {leek: 30, sausage: 2})
    make_order(delivery, network.organisation, {sausage: D("1.5")})
    make_vehicle(network)
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    return PurchaseOrder.objects.get()


@pytest.fixture
def list_of(open_page: Open, purchase: PurchaseOrder, alice: Person, farm: Any) -> Callable[..., Page]:
    def opened(path: str = "", **how: Any) -> Page:
        page = open_page(alice, locale="en-GB", **how)
        page.goto(reverse("logistics:picking", args=[farm.slug, purchase.pk]) + path)
        return page

    return opened


def tick(page: Page, name: str) -> Any:
    return page.locator(".picks .check").filter(has_text=name)


def test_ticks_in_the_field_survive_no_reception_and_a_closed_browser(
    list_of: Callable[..., Page], purchase: PurchaseOrder, farm: Any, dana: Person
) -> None:
    page = list_of("../")
    path = reverse("logistics:picking", args=[farm.slug, purchase.pk])
    kept(page, path)
    offline(page)
    page.goto(path)
    expect(page.get_by_role("heading", level=2, name="To pick")).to_be_visible()
    expect(page.locator("[data-tally]")).to_have_text("0/2")
    expect(page.locator("[data-was]").first).to_be_hidden()
    tick(page, "leek").click()
    expect(page.locator("[data-tally]")).to_have_text("1/2")
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(path)
    expect(tick(page, "leek").get_by_role("checkbox")).to_be_checked()
    expect(tick(page, "sausage").get_by_role("checkbox")).not_to_be_checked()
    offline(page, False)
    shortages.record_missing(line=purchase.lines.get(product__sku="leek"), missing=D(3), by=dana)
    page.reload()
    expect(tick(page, "leek").get_by_text("changed since you ticked it")).to_be_visible()
    expect(tick(page, "sausage").locator("[data-was]")).to_be_hidden()
    expect(tick(page, "leek").get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_text("Noted: you saw 1 change.")).to_be_visible()


def test_a_weight_is_saved_on_leaving_its_field(list_of: Callable[..., Page]) -> None:
    page = list_of("weigh/")
    first, second = page.locator(".weigh .input").all()
    first.fill("2,05")
    first.press("Enter")
    expect(second).to_be_focused()
    expect(page.locator(".weigh").first).to_contain_text("Saved")
    expect(page.locator(".tally")).to_contain_text("2.05 of 3.5 kg · 1 of 2 weighed")
    second.fill("15")
    second.press("Tab")
    row = page.locator(".weigh").nth(1)
    expect(row).to_contain_text("Sure?")
    assert violations(page) == []
    row.get_by_role("button", name="Yes, 15 kg").click()
    expect(row).to_contain_text("Saved")
    expect(page.locator(".tally")).to_contain_text("17.05 of 3.5 kg · 2 of 2 weighed")
    assert sorted(OrderLine.objects.filter(sold_by_weight=True).values_list("packed", flat=True)) == [D("2.05"), D(15)]


def test_without_scripts_it_is_one_form(list_of: Callable[..., Page]) -> None:
    page = list_of("weigh/", javascript=False)
    for field, weight in zip(page.locator(".weigh .input").all(), ("2,1", "1,4"), strict=True):
        field.fill(weight)
    page.get_by_role("button", name="Save all").first.click()
    expect(page.locator(".tally")).to_contain_text("3.5 of 3.5 kg · 2 of 2 weighed")


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_the_pages_of_a_closed_day_are_accessible_and_fit(
    list_of: Callable[..., Page], purchase: PurchaseOrder, dana: Person, phone: bool, dark: bool
) -> None:
    line = purchase.lines.get(product__sku="leek")
    shortages.record_missing(line=line, missing=D(3), by=dana, reason="Blown away")
    page = list_of(phone=phone, dark=dark)
    for path in ("", "../", "weigh/", f"{line.pk}/less/?missing=10&why=hail&rule=pro_rata"):
        page.goto(reverse("logistics:picking", args=[purchase.producer.slug, purchase.pk]) + path)
        assert violations(page) == [], path
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
