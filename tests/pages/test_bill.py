"""A farmer on her phone opens her bill, redoes the sum, tries other choices, and says what is wrong."""

import pytest
from django.urls import reverse

from tests.conftest import make_vehicle
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle

pytestmark = pytest.mark.django_db(transaction=True)


def test_zz(open_page, network, point, cycle, day, dana):
    spots = (*AROUND, (51.15, 3.75), (51.02, 3.50), (50.98, 3.85))
    farms = make_farms(network, spots)
    make_vehicle(network)
    for n, d in enumerate(day.deliveries.all()):
        if d.pickup_point:
            order_of_each(farms[: 5 - n] if n else farms, d, 40 + 10 * n, f"gezin{n}")
    settle(day, dana, brings=[farms[1]])
    for i in (0, 1):
        farmer = farms[i].organisation.people.get()
        for phone, dark in ((True, False), (False, True)):
            page = open_page(farmer, phone=phone, dark=dark)
            page.goto(reverse("logistics:money_day", args=[farms[i].slug, day.pk]) + "?what")
            page.screenshot(
                path=f"/tmp/bill-{i}-{'phone' if phone else 'desk'}-{'dark' if dark else 'light'}.png", full_page=True
            )
    page = open_page(farmer, phone=True)
    page.goto(reverse("logistics:money", args=[farms[i].slug]))
    page.screenshot(path="/tmp/bill-money.png", full_page=True)
