"""A farmer on her phone reads her year, adds it up, and looks at what leaving would cost before she decides."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import tasks
from logistics.models import Scenario
from network.models import Delivery, DeliveryDay, Membership, Network, Person
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle
from tests.pages.test_bill import euro
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
SPOTS = (*AROUND, (51.15, 3.75), (51.02, 3.50))


@pytest.fixture
def farms(network: Network, day: DeliveryDay, delivery: Delivery, dana: Person) -> list[Any]:
    farms = make_farms(network, SPOTS)
    order_of_each(farms, delivery)
    settle(day, dana)
    return farms


def test_her_year_adds_up_on_the_page(open_page: Callable[..., Page], farms: list[Any]) -> None:
    page = open_page(farms[0].organisation.people.get())
    page.goto(reverse("logistics:money", args=[farms[0].slug]))
    page.get_by_role("link", name="Week na week").click()
    page.get_by_text("Van goederen tot wat je krijgt").click()
    table = page.locator("details[open] table")
    lines = [euro(cell) for cell in table.locator("tbody td.num").all_inner_texts()]
    assert sum(lines, D(0)) == euro(table.locator("tfoot td.num").inner_text())
    assert violations(page) == []
    page.get_by_role("link", name="Per product").click()
    for label in ("Goederen", "Na vervoer"):
        cells = page.locator(f"table.rows tbody td[data-label='{label}']").all_inner_texts()
        total = page.locator(f"table.rows tfoot td[data-label='{label}']").inner_text()
        assert sum((euro(cell) for cell in cells), D(0)) == euro(total)
    assert violations(page) == []


def test_she_sees_what_leaving_costs_leaves_and_stays_after_all(
    open_page: Callable[..., Page], farms: list[Any], network: Network
) -> None:
    page = open_page(farms[0].organisation.people.get())
    page.goto(reverse("logistics:belonging", args=[farms[0].slug, network.slug]))
    page.get_by_role("button", name="Berekenen").click()
    expect(page.locator("#computing")).to_be_visible()
    tasks.compute_scenario(Scenario.objects.get().pk)
    expect(page.locator("#answer")).to_be_visible(timeout=15_000)
    assert violations(page) == []
    page.get_by_role("button", name="verlaten").click()
    expect(page.locator("#leaving")).to_be_visible()
    assert Membership.objects.get(organisation=farms[0].organisation).leaves_on
    page.get_by_role("button", name="Toch blijven").click()
    expect(page.locator("#leaving")).to_have_count(0)
    assert Membership.objects.get(organisation=farms[0].organisation).leaves_on is None
