"""One whole week through the pages, in a real browser, with a real worker: from the field to the farmer's account."""

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from logistics.models import CostShare, Crate
from network.models import DeliveryDay, Posting
from orders.models import Order
from producers.models import Offer, Supply
from tests.conftest import make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_week_runs(
    open_page, worker, network, point, farm, leek, household, cycle, day, delivery, shop, alice, bob, eli, dana, gust
):
    make_vehicle(network)
    _the_farmer_announces(open_page(alice), farm, leek, cycle)
    offer = Offer.objects.get(delivery_day=day, price_group__audience="household")
    _the_household_orders(open_page(bob), network, delivery, offer)
    _the_outlet_orders(open_page(eli, phone=False), network, shop, day)
    _the_coordinator_closes_and_plans(open_page(dana, phone=False), day)
    _the_driver_drives(open_page(gust), day)
    _the_coordinator_settles(open_page(dana, phone=False), day)
    _the_farmer_sees_what_she_earned(open_page(alice), farm, day)
    assert sum(Posting.objects.values_list("amount", flat=True)) == 0
    assert Order.objects.get(buyer=household).status == "settled"


def _the_farmer_announces(page, farm, leek, cycle):
    page.goto(reverse("producers:week", args=[farm.slug, cycle.week_on.isoformat()]))
    row = page.locator(f"#p{leek.pk}")
    row.locator("[name=quantity]").fill("40")
    row.locator("[name=price]").fill("1,60")
    row.locator("[name=price]").press("Tab")
    expect(page.locator(f"#p{leek.pk} output[data-state=saved]")).to_be_visible()
    supply = Supply.objects.get(product=leek)
    assert (supply.quantity, supply.price) == (Decimal(40), Decimal("1.60"))


def _the_household_orders(page, network, delivery, offer):
    page.goto(f"{reverse('orders:shop', args=[network.slug])}?delivery={delivery.pk}")
    row = page.locator(f"#p{offer.pk}")
    for _time in range(3):
        row.locator("button[name=plus]").click()
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    page.locator("#bar").click()
    page.locator("#basket a.go").click()
    page.get_by_role("button", name="Bestelling met betalingsverplichting").click()
    page.wait_for_url("**/orders/*/")
    order = Order.objects.get(delivery=delivery)
    assert order.status == "confirmed"
    assert order.lines.get().confirmed == 3


def _the_outlet_orders(page, network, shop, day):
    page.goto(reverse("orders:shop", args=[network.slug]))
    page.locator("tr .step input[type=number]").first.fill("12")
    page.locator("tr .step input[type=number]").first.press("Tab")
    expect(page.locator("body")).to_have_attribute("data-sync", "saved")
    page.locator("#basket a.go").click()
    page.get_by_role("button", name="Bestelling met betalingsverplichting").click()
    page.wait_for_url("**/orders/*/")
    assert Order.objects.get(buyer=shop.organisation).delivery.delivery_day == day


def _the_coordinator_closes_and_plans(page, day):
    page.goto(reverse("logistics:day", args=[day.pk]))
    page.locator(f"form[action$='/{day.pk}/close/'] button").click(force=True)
    page.locator(f"form[action$='/{day.pk}/plan/'] button").click()
    expect(page.locator(f"form[action$='/{day.pk}/drive/']")).to_be_visible(timeout=60_000)
    expect(page.locator("figure.map, .map").first).to_be_visible()
    assert sorted(day.rounds.values_list("leg", flat=True)) == ["collection", "direct", "distribution"]
    page.locator(f"form[action$='/{day.pk}/publish/'] button").click()
    expect(page.locator(f"form[action$='/{day.pk}/publish/']")).to_have_count(0)


def _the_driver_drives(page, day):
    for ride in day.rounds.order_by("number"):
        page.goto(reverse("logistics:round", args=[ride.pk]))
        for stop in ride.stops.order_by("position"):
            page.goto(reverse("logistics:stop", args=[ride.pk, stop.position]))
            with page.expect_navigation():
                page.locator("button[name=all]").click()
        page.locator(f"form[action$='/{ride.pk}/finish/'] button").click()
        page.wait_for_load_state()
    assert not Crate.objects.filter(delivery_day=day, status="expected").exists()
    assert DeliveryDay.objects.get(pk=day.pk).status == "driven"


def _the_coordinator_settles(page, day):
    page.goto(reverse("logistics:day", args=[day.pk]))
    page.locator(f"form[action$='/{day.pk}/settle/'] button").click()
    page.wait_for_load_state()
    page.goto(reverse("logistics:settlement", args=[day.pk]))
    expect(page.get_by_role("heading", name="Afrekening")).to_be_visible()


def _the_farmer_sees_what_she_earned(page, farm, day):
    page.goto(reverse("logistics:money", args=[farm.slug]))
    page.locator(f"a[href$='/money/{day.pk}/']").click()
    share = CostShare.objects.get(producer=farm)
    assert share.share + share.own <= share.alone
    expect(page.locator("#transport")).to_have_text("Jouw vervoer")
    expect(page.get_by_text("€\u00a024,00").first).to_be_visible()
