"""On a phone: a basket taken elsewhere with one tap, confirmed, and every page of it accessible and within its width."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from network.models import Cycle, Delivery, Network
from orders import basket
from producers import stock
from producers.models import Offer
from tests.conftest import make_home_delivery, make_point
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def near(network: Network) -> Any:
    return make_point(network, "near", lat=51.06, municipality="Ledeberg")


@pytest.fixture
def order(near: Any, cycle: Cycle, leek: Any, alice: Any, bob: Any, household: Any, delivery: Delivery) -> Any:
    make_home_delivery(cycle.network)
    stock.announce(product=leek, week_on=cycle.week_on, quantity=Decimal(20), price=Decimal("1.60"), by=alice)
    offer = Offer.objects.get(delivery_day=delivery.delivery_day, price_group__audience="household")
    made = basket.open_order(buyer=household, delivery=delivery, by=bob)
    return basket.fill(order=made, quantities={offer.pk: Decimal(5)}, by=bob)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_basket_is_taken_elsewhere_and_confirmed(
    open_page: Callable[..., Page], near: Any, order: Any, bob: Any, javascript: bool
) -> None:
    page = open_page(bob, javascript=javascript)
    wrong: dict[str, Any] = {}

    def look(name: str) -> None:
        found = violations(page) if javascript else []
        if javascript and not page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"):
            found.append("wider than the screen")
        if found:
            wrong[name] = found[:3]

    page.goto(reverse("orders:home", args=["gent"]))
    look("home")
    page.goto(reverse("orders:shop", args=["gent"]))
    page.get_by_role("link", name="wijzig").click()
    page.wait_for_url("**/deliveries/**")
    look("deliveries")
    page.locator(".pins > li").filter(has_text="Punt near").get_by_role("button").click()
    page.get_by_text("Je mand staat nu op").wait_for()
    page.goto(reverse("orders:confirm", args=[order.pk]))
    look("confirm")
    page.get_by_role("button", name="Bestelling met betalingsverplichting").click()
    page.get_by_text("je afhaalnummer").wait_for()
    look("detail")
    assert wrong == {}
    order.refresh_from_db()
    assert (order.status, order.delivery.pickup_point) == ("confirmed", near)
