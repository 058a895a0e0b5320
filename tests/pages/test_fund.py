"""The start-up fund from the first deposit to a farmer's bill, the tipping point, and a refund that she is given back."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import fund, refunds
from logistics.models import CostRun, CostShare, CostTerms, Refund
from network import clock
from network.models import Membership, Network, Person, PickupPoint
from tests.logistics.conftest import settled_days
from tests.logistics.farms import drive
from tests.logistics.lived import live_week, order_week, settle_in
from tests.logistics.test_cost_curve import SIX
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)
OpenPage = Callable[..., Page]


@pytest.fixture
def village(network: Network, point: PickupPoint) -> Any:
    """Four farms and three households."""
    return settle_in(network)


def monday() -> date:
    return clock.monday_of(clock.today())


def farmer() -> Person:
    return Person.objects.get(email="farmer0@example.org")


def euro(amount: Decimal) -> str:
    """As a Dutch page writes it."""
    return f"€ {amount:.2f}".replace(".", ",").replace("-", "−")


def look(page: Page, name: str, *arguments: Any) -> None:
    """A page that fits on its screen and that axe finds nothing wrong with."""
    page.goto(reverse(f"logistics:{name}", args=arguments))
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_a_fund_is_filled_carries_a_week_and_is_on_the_bill(
    open_page: OpenPage, network: Network, village: Any, dana: Person
) -> None:
    last_week = monday() - timedelta(weeks=1)
    CostTerms.objects.create(network=network, from_week=last_week, fund_crates=1000)
    day = order_week(network, last_week, *village)
    drive(day, dana)

    page = open_page(dana, phone=False)
    look(page, "fund", network.slug)
    page.locator("#id_amount").fill("500")
    page.get_by_label("Waar het vandaan komt").select_option("subsidy")
    page.get_by_label("Notitie").fill("Provincie")
    page.get_by_role("button", name="Boek het").click()
    expect(page.get_by_text("Geboekt.")).to_be_visible()
    assert fund.balance(network) == 500

    page.goto(reverse("logistics:day", args=[day.pk]))
    page.get_by_role("button", name="Reken deze dag af").first.click()
    expect(page.get_by_text("Gedragen door het startfonds").first).to_be_visible()
    assert violations(page) == []
    run = CostRun.objects.get()
    assert 0 < run.fund < 500 and fund.balance(network) == 500 - run.fund
    expect(page.get_by_text(euro(run.fund)).first).to_be_visible()

    look(page, "fund", network.slug)
    expect(page.get_by_text(euro(500 - run.fund)).first).to_be_visible()

    hers = open_page(farmer())
    share = CostShare.objects.get(producer__organisation__people=farmer())
    look(hers, "money_day", share.producer.slug, day.pk)
    expect(hers.locator("#sum-all tr", has_text="draagt zoveel")).to_contain_text(euro(-share.fund))
    look(hers, "fund", network.slug)
    expect(hers.get_by_role("button", name="Boek het")).to_have_count(0)


def test_a_coordinator_notes_what_the_network_costs_and_members_read_where_it_tips(
    open_page: OpenPage, network: Network, village: Any, dana: Person
) -> None:
    farms, first = [product.producer for product in village[0]], monday() - timedelta(weeks=6)
    days = {first + timedelta(weeks=week, days=3): SIX[week] for week in range(6)}
    settled_days(network, {on: (crates, Decimal(cost)) for on, (crates, cost) in days.items()}, farms=farms)
    page = open_page(dana)
    look(page, "tipping_point", network.slug)
    page.get_by_label("euro per week").fill("120,50")
    page.get_by_label("Vanaf de week van maandag").fill(first.isoformat())
    page.get_by_role("button", name="Bewaar").click()
    expect(page.get_by_text("€ 120,50").first).to_be_visible()
    assert violations(page) == []
    hers = open_page(farmer(), phone=False, dark=True)
    look(hers, "tipping_point", network.slug)
    expect(hers.get_by_text("Het netwerk zelf kost € 120,50 per week")).to_be_visible()
    expect(hers.get_by_role("button", name="Bewaar")).to_have_count(0)


def test_a_refund_is_looked_at_booked_and_seen_by_who_gets_it(
    open_page: OpenPage, network: Network, village: Any, dana: Person
) -> None:
    year = clock.today().year - 1
    Membership.objects.update(joined_on=date(year, 1, 1))
    live_week(network, clock.monday_of(date(year, 11, 15)), *village, dana)
    most = refunds.kept(network, year)
    assert most > 10

    page = open_page(dana)
    look(page, "refund", network.slug)
    page.get_by_label("Jaar").select_option(str(year))
    page.get_by_label("om terug te geven").fill("10")
    page.get_by_role("button", name="Toon wie wat krijgt").click()
    expect(page.get_by_role("heading", name=f"Over {year}")).to_be_visible()
    assert violations(page) == []
    given = {part.organisation: part for part in refunds.parts(network=network, year=year, amount=Decimal(10))}
    assert len(given) == 7, "four farms and three households"
    page.get_by_role("button", name="Geef € 10,00 terug").click()
    expect(page.get_by_text("De ristorno is geboekt.")).to_be_visible()
    assert (Refund.objects.get().amount, Refund.objects.get().year) == (10, year)

    hers = open_page(farmer())
    farm = farmer().organisations.get().producer
    look(hers, "money", farm.slug)
    expect(hers.get_by_role("row", name=str(year)).first).to_contain_text(euro(given[farm.organisation].amount))
    household = Person.objects.get(email="buyer0@example.org")
    home = open_page(household, dark=True)
    look(home, "my_refunds")
    expect(home.get_by_text(euro(given[household.organisations.get()].amount)).first).to_be_visible()
