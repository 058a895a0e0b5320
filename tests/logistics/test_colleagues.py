"""A farm buys from a colleague for its own shop: at the price for the trade, brought to its yard, on invoice."""

from datetime import time
from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import handover, loading, rounds, settling
from logistics.models import Stop
from network import clock, cycles, farmshops
from network.errors import Refused
from network.models import Delivery, Holiday, Membership, Organisation, Outlet
from orders import basket, closing
from orders.models import Document, Order, PurchaseOrder
from producers import stock
from tests.conftest import (
    MONDAY,
    make_person,
    make_producer,
    make_product,
    make_vehicle,
    open_week,
)
from tests.producers.test_prices import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def honey(network, cycle):
    """Eve's honey: € 5 for her, for sale on Thursday and Friday."""
    eve = make_producer(network, "Hoeve Eve", make_person("eve"), lat=51.09, lon=3.61)
    made = make_product(eve, "honey", category="pantry", unit="jar", storage_class="ambient", net_quantity=D("0.5"))
    stock.announce(product=made, week_on=MONDAY, quantity=D(30), price=D(5), by=None)
    return made


def receive(farm, alice, weekdays=(3,), opens=time(8), closes=time(10)):
    return farmshops.receive(farm=farm.organisation, weekdays=weekdays, opens=opens, closes=closes, by=alice)


def doors(farm):
    found = Delivery.objects.filter(outlet__organisation=farm.organisation).order_by("starts_at")
    return [(clock.local(one.starts_at).strftime("%a %d %H:%M"), clock.local(one.ends_at).hour) for one in found]


def test_a_farmer_buys_from_her_colleague_from_her_desk_to_the_invoice(
    network, farm, honey, alice, dana, day, visit, django_assert_num_queries
):
    client, url = visit(alice), reverse("orders:colleagues", args=[farm.slug])
    assert url in client.get(reverse("producers:desk", args=[farm.slug])).content.decode()
    shown = text(client.get(url))
    assert "1 product of colleagues (1 farms)" in shown and "ordered until Tuesday 3 March, 12:00" in shown
    assert "The network keeps 10 % of what you pay, where households leave it 20 %." in shown
    with django_assert_num_queries(10):
        client.get(url)
    noted = client.post(url, {"weekdays": ["3"], "opens": "08:00", "closes": "10:00"}, follow=True)
    assert "Noted. You choose your own yard when you order." in text(noted)
    assert doors(farm) == [("Thu 05 08:00", 10)]

    shop = client.post(reverse("orders:buyer", args=[network.slug]), {"buyer": farm.organisation_id}, follow=True)
    delivery = Delivery.objects.get(outlet__organisation=farm.organisation)
    assert shop.context["delivery"] == delivery and "€ 6.07" in text(shop)  # (5 + 1.50 / 10) / 0.9, and 6 %
    offer = honey.supplies.get().offers.get(delivery_day=day, price_group__audience="trade")
    fill = reverse("orders:fill", args=[network.slug, delivery.pk])
    client.post(fill, {f"q{offer.pk}": "12", "buyer": farm.organisation_id})
    order = Order.objects.get(buyer=farm.organisation)
    client.post(reverse("orders:confirm", args=[order.pk]), {"reference": "Hoevewinkel"})
    order.refresh_from_db()
    assert (order.status, order.reference) == ("confirmed", "Hoevewinkel")

    make_vehicle(network)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        rounds.plan_rounds(day=day, by=dana)
    purchase = PurchaseOrder.objects.get()
    assert (purchase.producer_id, purchase.total) == (honey.producer_id, D(60))
    assert Stop.objects.filter(delivery=delivery).exists()
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
        settling.settle_day(day=day, by=dana)
    invoice = Document.objects.get(order=order)
    assert (invoice.kind, invoice.recipient, invoice.net, invoice.vat) == (
        "invoice",
        farm.organisation,
        D("68.67"),
        D("4.12"),
    )
    assert "Thursday 5 March" in text(client.get(url))


def test_what_is_shorter_straight_from_yard_to_yard_goes_straight(network, farm, honey, alice, dana, day):
    receive(farm, alice)
    delivery = Delivery.objects.get(outlet__organisation=farm.organisation)
    order = basket.open_order(buyer=farm.organisation, delivery=delivery, by=alice)
    offer = honey.supplies.get().offers.get(delivery_day=day, price_group__audience="trade")
    basket.fill(order=order, quantities={offer.pk: D(12)}, by=alice)
    Order.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at=clock.now())
    order.lines.update(confirmed=D(12))
    make_vehicle(network)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        made = rounds.plan_rounds(day=day, by=dana)
    stops = [stop for ride in made for stop in ride.stops.order_by("position")]
    assert [stop.producer_id or stop.delivery_id for stop in stops if stop.producer_id or stop.delivery_id] == [
        honey.producer_id,
        delivery.pk,
    ]
    assert loading.goods_of(day).ordered.keys() == {delivery.pk}


def test_days_planned_already_follow_and_later_weeks_too(network, farm, alice, cycle):
    open_week(network, MONDAY.replace(day=9))
    receive(farm, alice)
    assert doors(farm) == [("Thu 05 08:00", 10), ("Thu 12 08:00", 10)]
    receive(farm, alice, weekdays=(4,), opens=time(13), closes=time(15))
    assert doors(farm) == [("Fri 06 13:00", 15), ("Fri 13 13:00", 15)]
    receive(farm, alice, weekdays=(4,), opens=time(14), closes=time(16))
    assert doors(farm) == [("Fri 06 14:00", 16), ("Fri 13 14:00", 16)]
    cycles.plan_cycle(network=network, week_on=MONDAY.replace(day=16))
    assert doors(farm)[2:] == [("Fri 20 14:00", 16)]
    receive(farm, alice, weekdays=())
    assert doors(farm) == [] and Outlet.objects.get(organisation=farm.organisation).weekdays == []


def test_a_moved_day_comes_on_the_day_it_moved_to(network, farm, alice):
    Holiday.objects.create(network=network, on=MONDAY.replace(day=5), moved_to=MONDAY.replace(day=4))
    cycles.plan_cycle(network=network, week_on=MONDAY)
    receive(farm, alice)
    assert doors(farm) == [("Wed 04 08:00", 10)]


def test_a_day_for_which_something_is_ordered_stays(network, farm, honey, alice, cycle):
    receive(farm, alice, weekdays=(3, 4))
    first = Delivery.objects.filter(outlet__organisation=farm.organisation).earliest("starts_at")
    basket.open_order(buyer=farm.organisation, delivery=first, by=alice)
    receive(farm, alice, weekdays=())
    assert doors(farm) == [("Thu 05 08:00", 10)]


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"weekdays": ["1"], "opens": "08:00", "closes": "10:00"}, "weekdays", "not one of the available choices"),
        ({"weekdays": ["3"], "opens": "10:00", "closes": "10:00"}, "closes", "Choose an end after the beginning"),
        ({"weekdays": ["3"], "opens": "x", "closes": "10:00"}, "opens", "Enter a valid time"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(farm, alice, cycle, visit, said, field, sentence):
    answer = visit(alice).post(reverse("orders:colleagues", args=[farm.slug]), said)
    assert answer.status_code == 422 and sentence in answer.context["form"].errors[field][0]
    assert not Outlet.objects.filter(organisation=farm.organisation).exists()


def test_a_farm_without_an_address_or_on_another_day_is_refused(farm, alice, cycle):
    with pytest.raises(Refused, match="No network of yours delivers on that day"):
        receive(farm, alice, weekdays=(0,))
    Organisation.objects.filter(pk=farm.organisation_id).update(place=None)
    farm.organisation.refresh_from_db()
    with pytest.raises(Refused, match="address"):
        receive(farm, alice)


def test_a_shop_of_a_farm_keeps_its_kind_and_a_farm_that_left_is_not_delivered(network, farm, shop, alice, eli):
    receive(farm, alice)
    assert Outlet.objects.get(organisation=farm.organisation).kind == "farm_shop"
    farmshops.receive(farm=shop.organisation, weekdays=[4], opens=time(8), closes=time(9), by=eli)
    shop.refresh_from_db()
    assert (shop.kind, shop.weekdays) == ("shop", [4])
    Membership.objects.filter(organisation=farm.organisation).update(left_on=MONDAY)
    cycles.plan_cycle(network=network, week_on=MONDAY.replace(day=9))
    assert doors(farm) == []
