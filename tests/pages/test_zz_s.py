from tests.pages.test_road import *
from tests.pages.test_road import offline, net, kept
from tests.conftest import make_product, make_household
from network.models import Person
import pytest
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
@pytest.mark.parametrize("dark", [False, True])
def test_shots(open_page, gust, fien, alice, day, delivery, network, household, leek, farm, dark):
    Person.objects.filter(pk=alice.pk).update(phone="0470 12 34 56")
    milk = make_product(farm, "milk", name={"nl":"Melk","en":"Milk"}, unit="bottle", storage_class="cold", units_per_crate=12, max_temperature=Decimal(6))
    make_order(delivery, household, {leek: 30, milk: 20})
    make_order(delivery, make_household(network, "Gezin Hilde"), {leek: 3, milk: 2})
    OrderLine.objects.filter(product=milk).update(deposit=Decimal("0.30"))
    make_vehicle(network); freeze(day)
    made = rounds.plan_rounds(day=day, iterations=20)
    Round.objects.filter(delivery_day=day).update(driver=gust)
    ride = next(one for one in made if one.leg == "collection"); stop = ride.stops.get()
    t = "dark" if dark else "light"
    page = open_page(gust, dark=dark)
    page.goto(f"/rounds/{ride.pk}/"); kept(page, f"/rounds/{ride.pk}/1/")
    page.goto(f"/rounds/{ride.pk}/1/")
    offline(page)
    for n in (0, 1, 3): page.get_by_role("checkbox").nth(n).click()
    expect(net(page)).to_have_text("4 acties op dit toestel")
    page.screenshot(path=f"/tmp/shot-stop-{t}.png")
    for s in page.locator("details > summary").all(): s.click()
    page.get_by_label("Graden").fill("9,5")
    page.get_by_label("Wat de coördinator moet weten").fill("Doos is nat geworden")
    page.get_by_role("button", name="Zeg het aan").click()
    expect(page.locator("#of-trouble")).to_contain_text("nat")
    page.screenshot(path=f"/tmp/shot-stop-full-{t}.png", full_page=True)
    page.get_by_label("Code op het etiket").fill("ABCDEFGH"); page.keyboard.press("Enter")
    offline(page, False)
    expect(page.get_by_role("list", name="Niet aanvaard")).to_contain_text("ABCDEFGH")
    page.screenshot(path=f"/tmp/shot-stop-refused-{t}.png")
    page.goto(f"/rounds/{ride.pk}/"); page.screenshot(path=f"/tmp/shot-round-{t}.png", full_page=True)
    v = open_page(fien, dark=dark); v.goto(f"/deliveries/{delivery.pk}/"); kept(v, f"/deliveries/{delivery.pk}/"); offline(v)
    v.get_by_role("checkbox").first.click()
    v.locator("details > summary").first.click()
    v.get_by_role("checkbox", name="C1", exact=True).first.click()
    expect(net(v)).to_have_text("2 acties op dit toestel")
    v.screenshot(path=f"/tmp/shot-pickup-{t}.png", full_page=True)
