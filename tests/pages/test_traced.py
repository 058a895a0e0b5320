"""Lots and a recall in a real browser: a farmer on her phone, and each page as the food agency would see it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from network.models import DeliveryDay, Organisation, Person
from orders import basket, checkout, closing, recalls, tracing
from orders.models import Recall
from producers import lots, stock
from producers.models import Lot, Offer, Producer, Product
from tests.conftest import make_product
from tests.pages.test_farmer_desk import fits, violations

D = Decimal
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]


@pytest.fixture
def closed(
    day: DeliveryDay, farm: Producer, leek: Product, household: Organisation, alice: Person, bob: Person
) -> DeliveryDay:
    """Bob has five kilo of Alice's leek; the day is closed. She has carrots too."""
    carrots = make_product(farm, "carrot", name={"nl": "Wortel", "en": "Carrot"}, drawing="carrot")
    for product in (leek, carrots):
        stock.announce(product=product, week_on=day.cycle.week_on, quantity=D(50), price=D("1.60"), by=alice)
    offer = Offer.objects.get(supply__product=leek, delivery_day=day, price_group__audience="household")
    delivery = day.deliveries.get(pickup_point__code="a1")
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    checkout.place_order(order=basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob), by=bob)
    closing.close_day(day=day)
    return day


@pytest.mark.parametrize("javascript", [True, False])
def test_a_harvest_is_noted_and_called_back_on_a_phone(
    closed: DeliveryDay, farm: Producer, alice: Person, open_page: Open, javascript: bool
) -> None:
    page = open_page(alice, locale="en-GB", javascript=javascript)
    page.goto(reverse("producers:lots", args=[farm.slug]))
    page.get_by_role("button", name="Note these lots").click()
    expect(page.get_by_text("2 lots noted.")).to_be_visible()
    assert Lot.objects.filter(days=closed).count() == 2
    page.get_by_role("row", name="leek, ").get_by_role("link", name="leek, ").first.click()
    expect(page.get_by_text("1 line of an order")).to_be_visible()
    page.get_by_role("link", name="Call it back").click()
    page.get_by_label("Do not eat it, throw it away").check()
    page.get_by_label("What is wrong").fill("Glass")
    page.get_by_role("button", name="Tell 1 buyer").click()
    expect(page.get_by_text("The recall has started.")).to_be_visible()
    assert Recall.objects.get().notices.count() == 1


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_the_pages_of_a_lot_and_its_recall_are_accessible_and_fit(
    closed: DeliveryDay, farm: Producer, leek: Product, alice: Person, dana: Person, bob: Person, fien: Person,
    open_page: Open, phone: bool, dark: bool,
) -> None:  # fmt: skip
    for _letter in "AB":
        lot = lots.note(product=leek, harvested_on=closed.on, field="Kouterveld", uses={closed.pk: None}, by=alice)
    goods = tracing.goods_of_lots([lot])
    order = tracing.lines_of(goods).get().order
    asked = [
        (alice, reverse(f"orders:{page}", args=[farm.slug]) + f"?lot={lot.pk}") for page in ("trace", "recall_new")
    ]

    def look(rows: list[tuple[Person, str]]) -> dict[str, Any]:
        wrong = {}
        for person, url in rows:
            page = open_page(person, phone=phone, dark=dark)
            page.goto(url)
            found = violations(page) + ([] if fits(page) else ["wider than the screen"])
            if found:
                wrong[url] = found
        return wrong

    assert look(asked) == {}
    recall = recalls.start(
        producer=farm,
        goods=goods,
        viewer=tracing.viewer_of(alice, farm),
        action="return",
        reason="Er zit glas in.",
        by=alice,
    )
    delivery = order.delivery_id
    assert (
        look(
            [
                (alice, reverse("producers:lots", args=[farm.slug])),
                (alice, reverse("producers:lot_edit", args=[farm.slug, lot.pk])),
                (alice, reverse("logistics:farm_register", args=[farm.slug])),
                (dana, f"/orders/recalls/{recall.pk}/"),
                (alice, f"/orders/recalls/{recall.pk}/"),
                (dana, "/gent/recalls/?q=leek"),
                (bob, f"/orders/{order.pk}/"),
                (fien, f"/deliveries/{delivery}/"),
            ]
        )
        == {}
    )
