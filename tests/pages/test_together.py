"""Members vote the threshold from 10 to 20 percent on their phones; next week's bills use it, last week's do not change."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from logistics import tasks
from logistics.models import CostRun, Proposal
from network import clock
from network.models import Person
from tests.logistics.lived import live_week, settle_in
from tests.logistics.test_consequences import forget
from tests.pages.test_styleguide import violations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def village(network, point, farm, household, shop):
    """Alice's farm and four more, Bob's household and three more, Eli's shop."""
    yield settle_in(network)
    forget(network)


def farmer(number: int) -> Person:
    return Person.objects.get(email=f"farmer{number}@example.org")


def bill(page: Page, run: CostRun) -> str:
    """What a farmer reads of her bill."""
    page.goto(reverse("logistics:money_day", args=["hoeve-0", run.delivery_day_id]))
    return page.locator("main").inner_text()


def vote(page: Page, proposal: Proposal, word: str, said: str) -> None:
    page.goto(reverse("logistics:proposal", args=[proposal.pk]))
    page.get_by_role("button", name=word, exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()


def test_members_vote_on_their_phones_and_the_bills_follow(open_page, worker, network, village, alice, bob, eli, dana):
    monday = clock.monday_of(clock.today())
    past = live_week(network, monday - timedelta(weeks=1), *village, dana)
    reader = open_page(farmer(0))
    before = bill(reader, past)
    assert "€" in before

    page = open_page(alice)
    page.goto(reverse("logistics:together", args=[network.slug]))
    page.get_by_role("link", name="Doe een voorstel").click()
    page.get_by_label("In een paar woorden").fill("Drempel naar 20 procent")
    page.get_by_label("Waarom", exact=True).fill("De besparingen liggen dan dichter bij elkaar.")
    page.get_by_label("Overstapdrempel, in procent").fill("120")
    page.get_by_role("button", name="In stemming brengen").click()
    expect(page.locator("#id_tau_error")).to_be_visible()
    page.get_by_label("Overstapdrempel, in procent").fill("20")
    page.get_by_role("button", name="In stemming brengen").click()
    expect(page.get_by_role("heading", level=1, name="Drempel naar 20 procent")).to_be_visible()
    proposal = Proposal.objects.get()
    assert (proposal.by, proposal.status) == (alice, "open")

    reader.goto(reverse("logistics:proposal", args=[proposal.pk]))
    expect(reader.get_by_text("Hoeve 0 zou")).to_be_visible(timeout=30_000)
    assert reader.get_by_text("Hoeve 1").count() == 0, "nobody else's bill is shown"
    assert violations(reader) == []
    reader.get_by_label("Wat denk je ervan?").fill("Dat vind ik eerlijker.")
    reader.get_by_role("button", name="Zeggen").click()
    expect(reader.get_by_text("Dat vind ik eerlijker.")).to_be_visible()

    vote(reader, proposal, "Voor", "Je stemde voor.")
    changing = open_page(farmer(1), javascript=False)
    vote(changing, proposal, "Tegen", "Je stemde tegen.")
    vote(changing, proposal, "Voor", "Je stemde voor.")
    vote(page, proposal, "Voor", "Je stemde voor.")
    vote(open_page(bob), proposal, "Voor", "Je stemde voor.")
    vote(open_page(eli), proposal, "Tegen", "Je stemde tegen.")

    with clock.at(proposal.closes_at):
        tasks.decide_due()
    proposal.refresh_from_db()
    page.goto(reverse("logistics:proposal", args=[proposal.pk]))
    expect(page.get_by_text("Aangenomen met 77,8\xa0%.")).to_be_visible()
    expect(page.get_by_role("heading", name="Jouw stem")).to_have_count(0)
    assert violations(page) == []

    last = live_week(network, proposal.from_week - timedelta(weeks=1), *village, dana)
    first = live_week(network, proposal.from_week, *village, dana)
    assert [run.tau for run in (past, last, first)] == [Decimal("0.1"), Decimal("0.1"), Decimal("0.2")]
    assert bill(reader, past) == before, "a bill of before the vote stays what it was"
    desk = open_page(dana)
    for run, tau in ((last, "10,0\xa0%"), (first, "20,0\xa0%")):
        desk.goto(reverse("logistics:settlement", args=[run.delivery_day_id]))
        assert tau in (desk.locator("main").text_content() or "")
    page.goto(reverse("logistics:together", args=[network.slug]))
    expect(page.get_by_text("Overstapdrempel: 10\xa0% → 20\xa0%").first).to_be_visible()
