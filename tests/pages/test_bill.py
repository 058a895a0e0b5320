"""A farmer on her phone opens her bill, redoes the sum, looks at her other choices, and says what is wrong."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from logistics.models import CostShare, Dispute
from network.models import Delivery, DeliveryDay, Network, Person
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
SPOTS = (*AROUND, (51.15, 3.75), (51.02, 3.50), (50.98, 3.85))


def euro(written: str) -> Decimal:
    """The amount in `€ −1.234,56`."""
    (digits,) = re.findall(r"€\s(−?[\d.]+,\d\d)", written)
    return D(digits.replace(".", "").replace("−", "-").replace(",", "."))


def added_up(card: Locator) -> tuple[Decimal, Decimal]:
    """The sum of the lines of a card, and the total that stands below them."""
    lines = [euro(cell) for cell in card.locator("tbody td.num").all_inner_texts()]
    assert lines
    return sum(lines, D(0)), euro(card.locator("tfoot td.num").inner_text())


def test_a_farmer_redoes_her_bill_and_disputes_it(
    open_page: Callable[..., Page], network: Network, day: DeliveryDay, delivery: Delivery, dana: Person
) -> None:
    farms = make_farms(network, SPOTS)
    order_of_each(farms, delivery)
    settle(day, dana, brings=[farms[1]])
    share = CostShare.objects.get(producer=farms[0])
    page = open_page(farms[0].organisation.people.get(), phone=True)
    page.goto(reverse("logistics:money", args=[farms[0].slug]))
    page.locator(f"a[href$='/money/{day.pk}/']").click()
    expect(page.get_by_role("heading", name="Waarom dit bedrag?")).to_be_visible()
    _she_redoes_the_sum(page, share)
    _she_looks_at_her_other_choices(page)
    _she_says_what_is_wrong(page, share)
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def _she_redoes_the_sum(page: Page, share: Any) -> None:
    """Every card adds up, and the parts of the last one are the totals of those before."""
    totals = {}
    for name in ("alone", "out", "in", "all"):
        lines, totals[name] = added_up(page.locator(f"#sum-{name}"))
        assert lines == totals[name], name
    assert totals["alone"] == share.alone
    assert totals["out"] + totals["in"] == totals["all"] == share.together
    for kind, rate in (("kilometer", D("0.30")), ("uur", D("19"))):
        row = page.locator("#sum-alone tbody tr").filter(has_text=f"per {kind}")
        said, paid = row.locator("th").inner_text(), euro(row.locator("td").inner_text())
        many = D(re.findall(r"[\d,]+", said)[0].replace(",", "."))
        if kind == "uur":
            hours, minutes = re.search(r"(?:(\d+)\su\s)?(\d+)(?:\smin)?\s", said).groups()  # type: ignore[union-attr]
            many = (int(hours or 0) * 60 + int(minutes)) / D(60)
        assert abs(many * rate - paid) <= D("0.01"), said
    said = page.locator("#sum-in tbody tr").first.locator("small").inner_text()
    alone, rest = euro(said), D(re.findall(r"([\d,]+)\s%", said)[0].replace(",", ".")) / 100
    first = euro(page.locator("#sum-in tbody td.num").first.inner_text())
    assert abs(alone * rest - first) <= D("0.01")


def _she_looks_at_her_other_choices(page: Page) -> None:
    page.get_by_role("link", name="Reken het uit").click()
    expect(page.get_by_role("rowheader", name="Zelf naar de hub brengen").first).to_be_visible()
    assert page.url.endswith("/"), "swapped in, without leaving the page"


def _she_says_what_is_wrong(page: Page, share: Any) -> None:
    page.get_by_label("Wat klopt er niet?").fill("Ik bracht twee kratten, geen vier.")
    page.get_by_role("button", name="Naar de coördinator sturen").click()
    expect(page.get_by_text("De coördinator weet het.")).to_be_visible()
    expect(page.get_by_text("Ik bracht twee kratten, geen vier.")).to_be_visible()
    assert Dispute.objects.get().share == share


def test_without_javascript_her_choices_come_on_the_page_too(
    open_page: Callable[..., Page], network: Network, day: DeliveryDay, delivery: Delivery, dana: Person
) -> None:
    farms = make_farms(network)
    order_of_each(farms, delivery)
    settle(day, dana)
    page = open_page(farms[0].organisation.people.get(), javascript=False)
    page.goto(reverse("logistics:money_day", args=[farms[0].slug, day.pk]))
    page.get_by_role("link", name="Reken het uit").click()
    expect(page.get_by_role("rowheader", name="Zelf naar de hub brengen").first).to_be_visible()
