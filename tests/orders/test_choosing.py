"""Where and when: the list nearest first, room in words, a basket taken elsewhere with one tap, and remembered next week."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from network import clock, cycles, journal
from network.errors import Refused
from network.models import Delivery, DeliveryCapacity, DeliveryDay
from orders import basket, checkout, moving, room
from orders.models import Order
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_network, make_person, make_point, make_product, open_week

D = Decimal


@pytest.fixture
def near(network):
    return make_point(network, "near", lat=51.06, municipality="Ledeberg")


@pytest.fixture
def friday(network):
    return make_point(network, "fri", weekday=4, lat=51.07)


@pytest.fixture
def cycle(network, point, shop, near, friday):
    return open_week(network)


def at(point):
    return Delivery.objects.get(pickup_point=point)


def booked(delivery):
    return DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked


def reserved(supply):
    supply.refresh_from_db()
    return supply.reserved


def test_the_list_is_nearest_first_with_room_in_words(visit, near, point, friday, cycle, household, bob, network):
    DeliveryCapacity.objects.filter(delivery=at(near), storage_class="frozen").update(booked=100)
    DeliveryCapacity.objects.filter(delivery=at(near), storage_class="cool").update(soft=10, booked=10)
    DeliveryCapacity.objects.filter(delivery=at(friday)).update(booked=100)
    household.place = near.place
    household.save()
    answer = visit(bob).get(reverse("orders:deliveries", args=[network.slug]))
    spots = [
        (spot.number, spot.name, round(spot.km, 1), [(slot.state, slot.words) for slot in spot.slots])
        for spot in answer.context["spots"]
    ]
    assert spots == [
        (1, "Punt near", 0.0, [("alert", ["full for frozen", "almost full for cool"])]),
        (2, "Punt a1", 1.1, [("ok", ["room enough"])]),
        (3, "Punt fri", 1.1, [("alert", ["full"])]),
    ] or spots == [
        (1, "Punt near", 0.0, [("alert", ["full for frozen", "almost full for cool"])]),
        (2, "Punt fri", 1.1, [("alert", ["full"])]),
        (3, "Punt a1", 1.1, [("ok", ["room enough"])]),
    ]


def test_choosing_costs_so_many_queries_whatever_there_is_to_choose(
    visit, near, basket_of, supply, cycle, household, bob, network, django_assert_num_queries
):
    basket_of(household, bob, 3)
    browser = visit(bob)
    with django_assert_num_queries(13):
        page = browser.get(reverse("orders:deliveries", args=[network.slug]))
    assert page.content.decode().count("Take it here") == 2
    for number in range(5):
        make_point(network, f"more{number}")
    cycles.plan_cycle(network=network, week_on=MONDAY + timedelta(weeks=1))
    with django_assert_num_queries(13):
        browser.get(reverse("orders:deliveries", args=[network.slug]))


def test_a_basket_moves_within_the_day_with_its_price_and_what_it_holds(
    near, basket_of, supply, household, bob, leek, alice
):
    order = basket_of(household, bob, 5)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("3.00"), by=alice)
    moved = moving.move_basket(order=order, to=at(near), by=bob)
    assert (moved.order.pk, moved.order.delivery, moved.prices, moved.left) == (order.pk, at(near), [], [])
    assert (moved.order.lines.get().gross, reserved(supply)) == (D("2.39"), 5)
    assert Order.objects.count() == 1


def test_a_confirmed_order_moves_its_room_and_tells(near, ordered, supply, household, bob, delivery):
    order = ordered(household, bob, 10)
    moving.move_basket(order=order, to=at(near), by=bob)
    order.refresh_from_db()
    assert (order.delivery, order.status, booked(delivery), booked(at(near))) == (at(near), "confirmed", 0, 1)
    entry = journal.history_of(order).first()
    assert (entry.action, entry.data["deliveries"]) == ("moved the order", [delivery.pk, at(near).pk])


def test_a_confirmed_order_stays_where_it_is_when_the_other_point_is_full(
    near, ordered, supply, household, bob, delivery
):
    order = ordered(household, bob, 10)
    DeliveryCapacity.objects.filter(delivery=at(near)).update(soft=0, hard=0)
    with pytest.raises(room.Full, match="no room left here for cool goods"):
        moving.move_basket(order=order, to=at(near), by=bob)
    order.refresh_from_db()
    assert (order.delivery, booked(delivery)) == (delivery, 1)


def test_it_joins_the_order_that_is_there_already(near, ordered, supply, offer, household, bob, delivery):
    order = ordered(household, bob, 10)
    there = basket.open_order(buyer=household, delivery=at(near), by=bob)
    basket.fill(order=there, quantities={offer.pk: D(2)}, by=bob)
    moved = moving.move_basket(order=order, to=at(near), by=bob).order
    line = moved.lines.get()
    assert (moved.pk, moved.status, line.quantity, line.confirmed) == (there.pk, "confirmed", 12, 10)
    assert (booked(delivery), booked(at(near)), reserved(supply)) == (0, 1, 12)
    order.refresh_from_db()
    assert (order.status, order.lines.count()) == ("cancelled", 0)


def test_to_another_day_it_says_what_is_not_there_and_what_costs_otherwise(
    friday, basket_of, supply, household, bob, farm, alice, day, cycle
):
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    order = basket_of(household, bob, 5)
    basket_of(
        household, bob, 2, of=Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    )
    later = Offer.objects.filter(delivery_day=at(friday).delivery_day)
    later.filter(supply=chard).update(listed=False)
    later.filter(supply=supply).update(gross=D("2.50"))
    missed = moving.elsewhere(order, [day.pk, at(friday).delivery_day_id])
    assert missed == {at(friday).delivery_day_id: ["chard"]}
    moved = moving.move_basket(order=order, to=at(friday), by=bob)
    assert (moved.left, moved.prices, moved.kept) == (["chard"], [("leek", D("2.39"), D("2.50"))], False)
    assert (moved.order.lines.get().quantity, reserved(supply), reserved(chard)) == (5, 5, 0)
    order.refresh_from_db()
    assert (order.lines.count(), order.hold_expires_at) == (0, None)


def test_what_was_confirmed_stays_ordered_when_it_is_taken_to_another_day(friday, ordered, supply, household, bob):
    order = ordered(household, bob, 9)
    moved = moving.move_basket(order=order, to=at(friday), by=bob)
    assert (moved.kept, moved.order.status, moved.order.lines.get().quantity) == (True, "basket", 9)
    order.refresh_from_db()
    assert (order.status, order.lines.get().confirmed, reserved(supply)) == ("confirmed", 9, 18)
    again = moving.move_basket(order=order, to=at(friday), by=bob)
    assert again.fewer == [("leek", 9, 2)]


def test_a_basket_that_came_too_late_goes_to_the_next_day(friday, basket_of, supply, household, bob, day):
    order = basket_of(household, bob, 5)
    with clock.at(day.closes_at):
        assert moving.next_chance(order) == at(friday)
        moved = moving.move_basket(order=order, to=at(friday), by=bob)
    assert (moved.order.lines.get().quantity, moved.left) == (5, [])
    with clock.at(at(friday).delivery_day.closes_at), pytest.raises(Refused, match="has closed"):
        moving.move_basket(order=moved.order, to=at(friday), by=bob)


def test_an_order_that_moves_gets_a_number_of_its_new_point(near, ordered, supply, household, bob, network):
    somebody = make_person("somebody")
    ordered(make_household(network, "Gezin elders", somebody), somebody, 1)
    order = ordered(household, bob, 2)
    assert (order.number, bool(order.code)) == (102, True)
    moved = moving.move_basket(order=order, to=at(near), by=bob).order
    moved.refresh_from_db()
    assert (moved.number, moved.code) == (101, order.code)


def test_nobody_moves_to_another_network_or_another_door(near, basket_of, supply, household, bob, shop, day):
    order = basket_of(household, bob, 5)
    with pytest.raises(Refused, match="another door"):
        moving.move_basket(order=order, to=day.deliveries.get(outlet=shop), by=bob)
    elsewhere = make_network("leuven")
    make_point(elsewhere, "b1")
    open_week(elsewhere)
    with pytest.raises(Refused, match="another network"):
        moving.move_basket(order=order, to=Delivery.objects.get(pickup_point__network=elsewhere), by=bob)


def test_a_full_point_offers_the_nearest_with_one_tap(near, basket_of, supply, visit, household, bob, delivery):
    DeliveryCapacity.objects.filter(delivery=delivery, storage_class="cool").update(hard=0, soft=0)
    order = basket_of(household, bob, 5)
    browser = visit(bob)
    confirm = reverse("orders:confirm", args=[order.pk])
    answer = browser.post(confirm, {"substitution": "refund"})
    assert answer.status_code == 422
    assert answer.context["elsewhere"] == at(near)
    page = answer.content.decode()
    assert "Punt near still has room that day." in page and "Take my basket to Punt near" in page
    answer = browser.post(reverse("orders:move", args=[order.pk]), {"to": at(near).pk, "next": "confirm"}, follow=True)
    assert answer.redirect_chain == [(confirm, 302)]
    assert "Your basket is now for Thursday 5 March: Punt near." in answer.content.decode()
    assert browser.post(confirm, {"substitution": "refund"}).status_code == 302
    assert booked(at(near)) == D("0.5")


def test_a_stranger_moves_nothing(near, basket_of, supply, visit, household, bob, charlie, delivery):
    order = basket_of(household, bob, 5)
    url = reverse("orders:move", args=[order.pk])
    assert visit(charlie).post(url, {"to": at(near).pk}).status_code == 404
    assert visit(bob).post(url, {"to": "x"}).status_code == 404
    order.refresh_from_db()
    assert order.delivery == delivery


def test_the_last_point_is_remembered_after_signing_out_and_per_network(near, ordered, supply, visit, household, bob):
    elsewhere = make_network("leuven")
    for code in ("b0", "b1"):
        make_point(elsewhere, code)
    elsewhere.memberships.create(organisation=household, college="consumers", joined_on=MONDAY)
    open_week(elsewhere)
    order = ordered(household, bob, 5)
    moving.move_basket(order=order, to=at(near), by=bob)
    DeliveryDay.objects.update(status="closed")
    for network in (near.network, elsewhere):
        week = cycles.plan_cycle(network=network, week_on=MONDAY + timedelta(weeks=1))
        cycles.open_cycle(cycle=week)
    browser = visit(bob)
    browser.logout()
    browser.force_login(bob)
    shown = [browser.get(reverse("orders:shop", args=[slug])).context["delivery"] for slug in ("gent", "leuven")]
    assert [str(delivery.destination) for delivery in shown] == ["Punt near", "Punt b0"]


def test_the_first_basket_with_something_in_it_is_shown_not_an_empty_one(
    near, basket_of, supply, offer, visit, household, bob, friday
):
    there = basket.open_order(buyer=household, delivery=at(friday), by=bob)
    order = basket_of(household, bob, 5)
    moving.move_basket(order=order, to=at(friday), by=bob)
    assert visit(bob).get(reverse("orders:shop", args=["gent"])).context["visit"].order == there


def test_two_who_ask_for_the_same_place_are_told_by_room_for_the_whole_basket(
    network, near, point, supply, basket_of, household, bob, delivery, farm, alice, day
):
    """The nearest that has room for what is cool and for what is frozen, not for the class alone that was full."""
    far = make_point(network, "far", lat=51.2)
    made = Delivery.objects.create(
        delivery_day=day, pickup_point=far, place=far.place, starts_at=delivery.starts_at, ends_at=delivery.ends_at
    )
    ice = make_product(farm, "ice", storage_class="frozen")
    stock.announce(product=ice, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    DeliveryCapacity.objects.filter(delivery=delivery, storage_class="cool").update(hard=0, soft=0)
    DeliveryCapacity.objects.filter(delivery=at(near), storage_class="frozen").update(hard=0, soft=0)
    basket_of(household, bob, 5)
    frozen = Offer.objects.get(supply__product=ice, delivery_day=day, price_group__audience="household")
    order = basket_of(household, bob, 1, of=frozen)
    with pytest.raises(room.Full) as full:
        checkout.place_order(order=order, by=bob)
    assert full.value.nearest == made


def test_others_at_home_see_nothing_of_it(network, near, supply, basket_of, visit, household, bob):
    stranger = make_person("zoe")
    make_household(network, "Gezin Zoe", stranger)
    basket_of(household, bob, 5)
    page = visit(stranger).get(reverse("orders:deliveries", args=[network.slug]))
    assert page.context["order"] is None
