"""Confirming, changing and cancelling an order: binding, once, and with room at the pickup point."""

from decimal import Decimal

import pytest
from django.db.models import F

from network import clock, journal
from network.errors import Refused
from network.models import Delivery, DeliveryCapacity, OutboxEntry
from orders import basket, checkout
from orders.models import OrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_network, make_person, make_point, make_product, open_week

D = Decimal


def room(delivery, storage_class="cool"):
    return DeliveryCapacity.objects.get(delivery=delivery, storage_class=storage_class).booked


def reserved(supply):
    supply.refresh_from_db()
    return supply.reserved


def mails(order):
    return list(OutboxEntry.objects.filter(payload__order=order.pk).order_by("pk").values_list("kind", flat=True))


def test_confirming_binds_books_room_notes_it_and_queues_one_mail(supply, ordered, household, bob, delivery):
    order = ordered(household, bob, 5)
    assert (order.status, order.hold_expires_at, order.placed_by) == ("confirmed", None, bob)
    assert (order.lines.get().confirmed, reserved(supply), room(delivery)) == (5, 5, D("0.5"))
    assert mails(order) == ["order_confirmed"]
    assert [(entry.action, entry.actor) for entry in journal.history_of(order)] == [("confirmed", bob)]


def test_confirming_twice_is_confirming_once(supply, ordered, household, bob, delivery):
    order = ordered(household, bob, 5)
    again = checkout.place_order(order=order, by=bob)
    assert (again.version, room(delivery), reserved(supply)) == (order.version, D("0.5"), 5)
    assert mails(order) == ["order_confirmed"]


def test_a_change_keeps_the_confirmed_goods_until_it_is_confirmed_itself(
    supply, ordered, basket_of, household, bob, delivery
):
    ordered(household, bob, 5)
    order = basket_of(household, bob, 2)
    assert (reserved(supply), room(delivery)) == (5, D("0.5"))
    order = checkout.place_order(order=order, by=bob)
    assert (reserved(supply), room(delivery), order.lines.get().confirmed) == (2, D("0.2"), 2)
    assert mails(order) == ["order_confirmed", "order_confirmed"]
    assert [entry.action for entry in journal.history_of(order)] == ["changed", "confirmed"]


def test_cancelling_frees_stock_and_room_and_twice_is_once(supply, ordered, household, bob, delivery):
    order = ordered(household, bob, 5)
    for _time in range(2):
        order = checkout.cancel_order(order=order, by=bob, reason="on holiday")
    assert (order.status, order.lines.count(), reserved(supply), room(delivery)) == ("cancelled", 0, 0, 0)
    assert mails(order) == ["order_confirmed", "order_cancelled"]
    entry = journal.history_of(order)[0]
    assert (entry.reason, entry.data["lines"]) == ("on holiday", [{"name": "leek", "quantity": "5.000"}])


def test_an_empty_basket_is_not_an_order(household, bob, delivery):
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    with pytest.raises(Refused, match="Your basket is empty"):
        checkout.place_order(order=order, by=bob)


def test_the_minimum_is_said_with_what_is_missing(network, ordered, household, bob):
    network.minimum_order = D(15)
    network.save()
    with pytest.raises(Refused, match=r"A basket starts at € 15\b.*Add € 7\.83"):
        ordered(household, bob, 3)


def test_alcohol_asks_for_a_declared_age(farm, alice, day, basket_of, household, bob):
    cider = make_product(farm, "cider", category="drinks", vat_category="alcohol", alcohol=D(5))
    stock.announce(product=cider, week_on=MONDAY, quantity=D(5), price=D(3), by=alice)
    offer = Offer.objects.get(supply__product=cider, delivery_day=day, price_group__audience="household")
    order = basket_of(household, bob, 1, of=offer)
    with pytest.raises(Refused, match="16 or older") as refused:
        checkout.place_order(order=order, by=bob)
    assert refused.value.field == "age_declared"
    assert checkout.place_order(order=order, by=bob, age_declared=True).age_declared


def test_a_full_point_names_the_nearest_that_has_room(
    network, supply, offer, basket_of, household, bob, delivery, cycle
):
    far, near = make_point(network, "far", lat=51.3), make_point(network, "near", lat=51.06)
    for point in (far, near):
        made = Delivery.objects.create(
            delivery_day=delivery.delivery_day,
            pickup_point=point,
            place=point.place,
            starts_at=delivery.starts_at,
            ends_at=delivery.ends_at,
        )
        DeliveryCapacity.objects.create(delivery=made, storage_class="cool", soft=5, hard=5)
    DeliveryCapacity.objects.filter(delivery=delivery, storage_class="cool").update(hard=1, soft=1)
    order = basket_of(household, bob, 11)
    with pytest.raises(
        Refused, match=r"no room left here for cool goods\. Punt near still has room that day"
    ) as refused:
        checkout.place_order(order=order, by=bob)
    assert refused.value.field == "delivery"
    assert (room(delivery), order.lines.get().confirmed) == (0, 0)
    assert checkout.place_order(order=basket_of(household, bob, 10), by=bob).status == "confirmed"


def test_after_the_cut_off_nothing_can_be_confirmed_or_cancelled(supply, ordered, basket_of, household, bob, day):
    order = ordered(household, bob, 5)
    basket_of(household, bob, 6)
    with clock.at(day.closes_at):
        for late in (checkout.place_order, checkout.cancel_order):
            with pytest.raises(Refused, match="Ordering for this day has closed"):
                late(order=order, by=bob)
    assert (order.lines.get().confirmed, reserved(supply)) == (5, 6)


def test_one_supply_is_sold_by_two_networks_and_never_twice(farm, leek, alice, supply, ordered, household, bob):
    elsewhere = make_network("leuven")
    make_point(elsewhere, "b1")
    elsewhere.memberships.create(organisation=farm.organisation, college="producers", joined_on=MONDAY)
    cycle = open_week(elsewhere)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)
    lena = make_person("lena")
    home = make_household(elsewhere, "Gezin Lena", lena)
    day = cycle.days.earliest("on")
    offer = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")
    ordered(household, bob, 15)
    order = basket.open_order(buyer=home, delivery=day.deliveries.get(), by=lena)
    with pytest.raises(basket.BasketRefused) as refused:
        basket.fill(order=order, quantities={offer.pk: D(6)}, by=lena)
    assert refused.value.errors == {offer.pk: "Only 5 left. Ask for that or less."}
    basket.fill(order=order, quantities={offer.pk: D(5)}, by=lena)
    assert reserved(supply) == 20
    assert not OrderLine.objects.exclude(supply=F("offer__supply")).exists()
