"""The farmer's desk on a phone and at the kitchen table, in a real browser."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from network.models import Cycle, Person
from producers import stock
from producers.models import Producer, Product, Supply
from tests.conftest import make_product

D = Decimal
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def supply(cycle: Cycle, farm: Producer, leek: Product, alice: Person) -> Supply:
    """Leek announced and partly ordered, carrots not announced yet."""
    make_product(farm, "carrot", name={"nl": "Wortel", "en": "Carrot"}, step=D("0.5"), drawing="carrot")
    found = stock.announce(product=leek, week_on=cycle.week_on, quantity=D(50), price=D("1.60"), by=alice)
    stock.reserve({found.pk: D(12)})
    return found


@pytest.fixture
def desk(open_page: Open, supply: Supply, farm: Producer, alice: Person) -> Callable[..., Page]:
    def opened(**how: Any) -> Page:
        page = open_page(alice, locale="en-GB", **how)
        page.goto(reverse("producers:week", args=[farm.slug, supply.week_on]))
        return page

    return opened


def row(page: Page, name: str) -> Any:
    return page.locator(".supply").filter(has=page.get_by_role("heading", name=name))


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{v['id']}: {node['target']} {node['html'][:160]}" for v in found for node in v["nodes"]]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_leaving_a_field_saves_the_row_and_says_so(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk()
    leek = row(page, "leek")
    expect(leek).to_contain_text("12 ordered · 38 left")
    expect(page.locator("#totals")).to_contain_text("€ 19.20")
    leek.get_by_label("You receive (€)").fill("1,85")
    leek.get_by_label("You receive (€)").press("Tab")
    expect(leek.locator("output")).to_contain_text("Saved at")
    expect(leek).to_contain_text("€ 2.72")
    expect(leek.get_by_role("switch")).to_be_focused()
    expect(page.locator("#totals")).to_contain_text("€ 22.20")
    leek.get_by_label("Stock (kg)").fill("60")
    leek.get_by_role("switch").click()
    expect(leek).to_contain_text("48 left")
    expect(leek).to_have_attribute("data-off", "")
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(60), D("1.85"))
    assert set(supply.offers.values_list("listed", flat=True)) == {False}


def test_undo_goes_back_to_what_it_was(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk()
    leek = row(page, "leek")
    leek.get_by_role("switch").click()
    leek.get_by_role("button", name="Undo").click()
    expect(leek.get_by_role("switch")).to_be_checked()
    leek.get_by_label("Stock (kg)").fill("70")
    leek.get_by_label("Stock (kg)").press("Tab")
    expect(leek).to_contain_text("58 left")
    leek.get_by_role("button", name="Undo").click()
    expect(leek.get_by_label("Stock (kg)")).to_have_value("50")
    expect(leek).to_contain_text("38 left")
    supply.refresh_from_db()
    assert supply.quantity == 50
    assert set(supply.offers.values_list("listed", flat=True)) == {True}


def test_what_is_wrong_stands_beside_the_field_until_it_is_right(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk()
    leek = row(page, "leek")
    stock_field = leek.get_by_label("Stock (kg)")
    stock_field.fill("11")
    stock_field.press("Tab")
    expect(stock_field).to_have_accessible_description("12 kg of leek is already ordered.")
    expect(stock_field).to_have_attribute("aria-invalid", "true")
    expect(leek.locator("output")).to_have_text("Not saved")
    assert violations(page) == [] and fits(page)
    stock_field.fill("50")
    stock_field.press("Tab")
    expect(stock_field).not_to_have_attribute("aria-invalid", "true")
    expect(leek.locator("output")).to_contain_text("Saved at")
    supply.refresh_from_db()
    assert supply.quantity == 50


def test_a_new_product_shows_its_shelf_price_before_it_is_on_sale(desk: Callable[..., Page]) -> None:
    page = desk()
    carrot = row(page, "Carrot")
    carrot.get_by_label("You receive (€)").fill("2")
    carrot.get_by_label("You receive (€)").press("Tab")
    expect(carrot).to_contain_text("€ 2.92")
    expect(carrot.locator("output")).to_have_text("Fill in the stock to put it on sale.")
    carrot.get_by_label("Stock (kg)").fill("7,5")
    carrot.get_by_label("Stock (kg)").press("Tab")
    expect(carrot).to_contain_text("7.5 left")
    assert Supply.objects.get(product__sku="carrot").quantity == D("7.5")


def test_enter_goes_to_the_next_product_and_saves(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk(phone=False)
    row(page, "leek").get_by_label("Stock (kg)").fill("55")
    row(page, "leek").get_by_label("Stock (kg)").press("Enter")
    expect(row(page, "Carrot").get_by_label("Stock (kg)")).to_be_focused()
    expect(row(page, "leek").locator("output")).to_contain_text("Saved at")
    page.keyboard.press("ArrowUp")
    expect(row(page, "leek").get_by_label("Stock (kg)")).to_be_focused()
    assert page.url.endswith(f"/week/{supply.week_on}/")


def test_without_a_connection_it_says_so_and_sends_it_again(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk()
    leek = row(page, "leek")
    page.context.set_offline(True)
    leek.get_by_label("Stock (kg)").fill("61")
    leek.get_by_label("Stock (kg)").press("Tab")
    expect(leek.locator("output")).to_contain_text("Not saved: no connection.")
    page.context.set_offline(False)
    expect(leek.locator("output")).to_contain_text("Saved at")
    supply.refresh_from_db()
    assert supply.quantity == 61


def test_it_works_without_scripts(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk(javascript=False)
    leek = row(page, "leek")
    leek.get_by_label("You receive (€)").fill("1,75")
    leek.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: leek.")).to_be_visible()
    assert page.url.endswith(f"#p{supply.product_id}")
    leek.get_by_label("Stock (kg)").fill("veel")
    leek.get_by_role("button", name="Save").click()
    expect(row(page, "leek").get_by_text("Enter a number, such as 2 or 1,5.")).to_be_visible()
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(50), D("1.75"))


def test_forty_products_are_announced_by_keyboard_in_few_strokes(
    open_page: Open, cycle: Cycle, farm: Producer, alice: Person
) -> None:
    """Stock down the column, then price down the column: at 280 strokes a minute, a slow typist, well under a minute."""
    for number in range(40):
        make_product(farm, f"p{number:02}", name={"nl": f"Product {number:02}", "en": f"Product {number:02}"})
    page = open_page(alice, phone=False, locale="en-GB")
    strokes = 0

    def press(key: str) -> None:
        nonlocal strokes
        strokes += 1
        page.keyboard.press(key)

    page.goto(reverse("producers:week", args=[farm.slug, cycle.week_on]))
    fields = page.get_by_label("You receive (€)")
    expect(fields).to_have_count(40)
    for column, typed in (("You receive (€)", "2"), ("Stock (kg)", "50")):
        page.get_by_label(column).first.focus()
        for _row in range(40):
            for key in typed:
                press(key)
            press("Enter")
    expect(page.get_by_text("Saved at")).to_have_count(40)
    assert Supply.objects.filter(quantity=50, price=2).count() == 40
    assert strokes == 200
    assert strokes / 280 * 60 < 60


def test_cells_pasted_on_a_field_are_looked_at_first(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk(phone=False)
    row(page, "leek").get_by_label("Stock (kg)").focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer()
          data.setData('text/plain', '60\\t1,75\\n30\\t2,50\\n')
          document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
        }"""
    )
    expect(page.get_by_role("heading", name="What would change").first).to_be_visible()
    expect(page.get_by_role("row", name="leek")).to_contain_text("60")
    expect(page.get_by_role("row", name="Carrot")).to_contain_text("€ 2.50")
    assert violations(page) == [] and fits(page)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_text("2 products changed.")).to_be_visible()
    assert set(Supply.objects.values_list("quantity", "price")) == {(60, D("1.75")), (30, D("2.5"))}


def test_what_is_not_applied_asks_before_it_is_left(desk: Callable[..., Page], supply: Supply, farm: Producer) -> None:
    page = desk(phone=False)
    page.goto(reverse("producers:many", args=[farm.slug, supply.week_on]))
    page.get_by_label("all prices by a percentage", exact=False).check()
    page.get_by_label("percentage (optional)", exact=False).fill("5")
    page.get_by_role("button", name="Look at what changes").last.click()
    expect(page.get_by_text("€ 1.68")).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.mouse.click(5, 5)
    page.get_by_role("link", name="My supply").last.click()
    expect(page.get_by_role("heading", name="My supply")).to_be_visible()
    assert asked == ["beforeunload"]
    supply.refresh_from_db()
    assert supply.price == D("1.60")


def test_two_of_the_farm_at_once_see_each_other(
    desk: Callable[..., Page], supply: Supply, leek: Product, alice: Person
) -> None:
    page = desk()
    stock.announce(product=leek, week_on=supply.week_on, quantity=D(40), price=D("1.60"), by=alice)
    mine = row(page, "leek")
    mine.get_by_label("Stock (kg)").fill("60")
    mine.get_by_label("Stock (kg)").press("Tab")
    expect(mine).to_contain_text("Alice made this 40 while you were typing.")
    assert violations(page) == [] and fits(page)
    mine.get_by_role("button", name="Make it mine").click()
    expect(mine).to_contain_text("48 left")
    expect(mine).to_contain_text("Saved at")
    supply.refresh_from_db()
    assert supply.quantity == 60


def test_a_lost_comma_is_asked_about(desk: Callable[..., Page], supply: Supply) -> None:
    page = desk()
    leek = row(page, "leek")
    leek.get_by_label("You receive (€)").fill("16")
    leek.get_by_label("You receive (€)").press("Tab")
    expect(leek).to_contain_text("Is that right?")
    assert violations(page) == [] and fits(page)
    leek.get_by_role("button", name="Yes, € 16.00").click()
    expect(leek).to_contain_text("Saved at")
    supply.refresh_from_db()
    assert supply.price == 16


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)], ids=["390 light", "1280 dark"])
def test_farm_pages_have_no_axe_violations_and_fit(
    open_page: Open, supply: Supply, farm: Producer, alice: Person, leek: Product, phone: bool, dark: bool
) -> None:
    page = open_page(alice, phone=phone, dark=dark)
    for path in (
        reverse("producers:desk", args=[farm.slug]),
        reverse("producers:week", args=[farm.slug, supply.week_on]),
        reverse("producers:many", args=[farm.slug, supply.week_on]),
        reverse("producers:price", args=[farm.slug, leek.pk]),
        reverse("producers:supply", args=[supply.pk]),
        reverse("orders:cut", args=[supply.pk]),
        reverse("orders:pool", args=[supply.pk]),
        reverse("orders:stock", args=[farm.slug, leek.pk]),
        reverse("orders:box_start", args=[farm.slug]),
        reverse("producers:farms", args=["gent"]),
        reverse("orders:farm", args=["gent", farm.slug]),
        reverse("orders:product", args=["gent", leek.pk]),
    ):
        answer = page.goto(path)
        assert answer is not None and answer.status == 200
        assert violations(page) == [], path
        assert fits(page), path
