"""A farmer outside the network asks what if on her phone: by address and by a tap on the map, with and without consent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import tasks
from logistics.models import WhatIf
from tests.conftest import forget_cached
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    forget_cached()


def test_an_outsider_asks_what_if(open_page: Open, world: Any) -> None:
    WhatIf.objects.all().delete()
    page = open_page(locale="en-GB")
    page.goto(reverse("network:front", args=["gent"]))
    page.get_by_role("link", name="You have a farm?").click()
    page.get_by_role("button", name="Estimate").click()
    expect(page.locator("#id_postcode_error")).to_contain_text("Enter a postcode, or tap the spot on the map.")
    expect(page.locator("#id_ambient_error")).to_contain_text("at least one")
    page.get_by_label("Postcode").fill("9920")
    page.get_by_label("Municipality").fill("Lovendegem")
    page.get_by_label("Cool", exact=False).fill("4")
    page.get_by_role("button", name="Estimate").click()
    estimate = page.get_by_role("region", name="An estimate")
    expect(estimate).to_contain_text("the middle of 9920 Lovendegem")
    expect(estimate).to_contain_text("Best day to join")
    estimate.get_by_text("The same in a table").click()
    expect(estimate.get_by_role("table").first).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    assert violations(page) == []
    assert not WhatIf.objects.exists()

    expect(page.get_by_text("Your spot on the map counts")).to_be_hidden()
    drawing = page.get_by_role("img", name="Map of the region")
    drawing.click(position={"x": 100, "y": 100})
    expect(page.get_by_text("Your spot on the map counts")).to_be_visible()
    tapped = page.locator("#id_lat").input_value()
    page.get_by_role("button", name="Use the address").click()
    expect(page.locator("#id_lat")).to_have_value("")
    expect(page.get_by_label("Postcode")).to_be_focused()
    drawing.click(position={"x": 100, "y": 100})
    expect(page.locator("#id_lat")).to_have_value(tapped)
    page.get_by_label("Keep my answers for 30 days").check()
    page.get_by_label("E-mail").fill("frans@example.org")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your what-if")
    expect(page.get_by_text("The exact figure is being computed")).to_be_visible()
    kept = WhatIf.objects.get()
    assert kept.inputs["point"][0] == float(tapped)
    assert violations(page) == []
    tasks.compute_what_if(kept.pk)
    expect(page.get_by_role("region", name="The exact figure Exact")).to_contain_text("Alone")
    assert violations(page) == []
    page.get_by_role("button", name="Delete it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deleted")
    assert not WhatIf.objects.exists()


def test_a_tap_is_where_the_finger_was(open_page: Open, world: Any) -> None:
    """The hub's own pin, tapped, gives the hub's own place, to a few hundred metres."""
    page = open_page(locale="en-GB")
    page.goto(reverse("logistics:what_if", args=["gent"]))
    page.locator(".pick .pin.hub circle").click()
    hub = world.network.hub
    assert float(page.locator("#id_lat").input_value()) == pytest.approx(hub.lat, abs=0.005)
    assert float(page.locator("#id_lon").input_value()) == pytest.approx(hub.lon, abs=0.005)


def test_without_scripts_the_address_does_it(open_page: Open, world: Any) -> None:
    page = open_page(locale="en-GB", javascript=False)
    page.goto(reverse("logistics:what_if", args=["gent"]))
    expect(page.get_by_text("Or tap the map")).to_be_hidden()
    page.get_by_label("Postcode").fill("9920")
    page.get_by_label("Municipality").fill("Lovendegem")
    page.get_by_label("Cold").fill("2")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_role("region", name="An estimate")).to_contain_text("Together")
