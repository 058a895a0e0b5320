"""Households at the same moment: the last kilo, a double click, two tabs, the cut-off, the last crate of room."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Sum

from network import clock
from network.homes import bring_home
from network.models import Delivery, DeliveryCapacity, DeliveryDay, Organisation, OutboxEntry
from orders import basket, checkout, closing, moving, room
from orders.forms import BasketForm
from orders.models import Order, OrderLine, PurchaseOrderLine
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, NOW, make_home_delivery, make_household, make_person, make_point, make_product
from tests.races.threads import MANY, all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture
def offer(cycle: Any, leek: Any, alice: Any, day: Any) -> Offer:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(30), price=D("1.60"), by=alice)
    return Offer.objects.get(delivery_day=day, price_group__audience="household")


@pytest.fixture
def homes(network: Any) -> list[tuple[Organisation, Any]]:
    people = [make_person(f"buyer{number}") for number in range(MANY)]
    return [(make_household(network, f"Gezin {person.name}", person), person) for person in people]


def names(answers: list[Any]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def test_the_last_kilos_asked_by_twenty_households_are_sold_once(offer: Offer, homes: Any, delivery: Delivery) -> None:
    Supply.objects.update(quantity=7)

    def shop(number: int) -> Order:
        buyer, by = homes[number]
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        order = basket.fill(order=order, quantities={offer.pk: D(1)}, by=by)
        return checkout.place_order(order=order, by=by)

    assert names(all_at_once(shop)) == {"Order": 7, "BasketRefused": 13}
    supply = Supply.objects.get()
    assert (supply.reserved, OrderLine.objects.aggregate(all=Sum("confirmed"))["all"]) == (7, 7)
    assert OutboxEntry.objects.filter(kind="order_confirmed").count() == 7


def test_a_double_click_confirms_once(offer: Offer, homes: Any, delivery: Delivery) -> None:
    buyer, by = homes[0]
    order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
    basket.fill(order=order, quantities={offer.pk: D(10)}, by=by)
    assert names(all_at_once(lambda _number: checkout.place_order(order=order, by=by))) == {"Order": MANY}
    assert OutboxEntry.objects.filter(kind="order_confirmed").count() == 1
    assert DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked == 1


def test_control_two_who_look_before_they_book_take_the_room_twice(
    offer: Offer, homes: Any, delivery: Delivery
) -> None:
    """What the lock on the order prevents: both see it unconfirmed, both book."""
    buyer, by = homes[0]
    order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
    basket.fill(order=order, quantities={offer.pk: D(10)}, by=by)
    looked = threading.Barrier(2)

    def confirm_without_lock(_number: int) -> None:
        unconfirmed = Order.objects.get(pk=order.pk).status == Order.Status.BASKET
        looked.wait(timeout=30)
        if unconfirmed:
            with transaction.atomic():
                room.book(delivery, {"cool": D(1)})

    all_at_once(confirm_without_lock, many=2)
    assert DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked == 2


def test_all_who_confirm_at_once_at_a_point_have_numbers_of_their_own(
    offer: Offer, homes: Any, delivery: Delivery
) -> None:
    orders = [basket.open_order(buyer=home, delivery=delivery, by=person) for home, person in homes]
    for order, (_home, person) in zip(orders, homes, strict=True):
        basket.fill(order=order, quantities={offer.pk: D(1)}, by=person)
    answers = all_at_once(lambda n: checkout.place_order(order=orders[n], by=homes[n][1]), len(orders))
    assert sorted(order.number for order in answers) == list(range(101, 101 + len(orders)))


def test_two_people_of_one_household_open_one_order(offer: Offer, homes: Any, delivery: Delivery) -> None:
    buyer, by = homes[0]
    answers = all_at_once(lambda _number: basket.open_order(buyer=buyer, delivery=delivery, by=by))
    assert len({answer.pk for answer in answers}) == 1


def test_control_the_database_refuses_a_second_order(offer: Offer, homes: Any, delivery: Delivery) -> None:
    buyer, by = homes[0]

    def open_without_looking(_number: int) -> Order:
        return Order.objects.create(buyer=buyer, delivery=delivery, placed_by=by)

    assert names(all_at_once(open_without_looking)) == {"Order": 1, "IntegrityError": MANY - 1}


def test_the_last_crate_of_room_goes_to_who_fits(offer: Offer, homes: Any, delivery: Delivery) -> None:
    DeliveryCapacity.objects.filter(delivery=delivery).update(hard=1, soft=1)
    Supply.objects.update(quantity=90)

    def shop(number: int) -> Order:
        buyer, by = homes[number]
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        order = basket.fill(order=order, quantities={offer.pk: D(2)}, by=by)
        return checkout.place_order(order=order, by=by)

    assert names(all_at_once(shop)) == {"Order": 5, "Full": 15}
    assert DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked == 1


def test_control_two_who_look_before_they_book_overfill_a_point(offer: Offer, homes: Any, delivery: Delivery) -> None:
    """What the lock on the room prevents: both see the last crate free, and only the constraint stops the second."""
    DeliveryCapacity.objects.filter(delivery=delivery).update(hard=1, soft=1)
    looked = threading.Barrier(2)

    def book_without_lock(_number: int) -> None:
        space = DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool")
        looked.wait(timeout=30)
        if space.booked + 1 <= space.hard:
            DeliveryCapacity.objects.filter(pk=space.pk).update(booked=F("booked") + 1)

    assert names(all_at_once(book_without_lock, many=2)) == {"NoneType": 1, "IntegrityError": 1}


@pytest.fixture
def doors(network: Any, homes: Any, day: Any, offer: Offer) -> list[Order]:
    """Baskets that would be brought to as many doors as there are households, on a day with time for one."""
    make_home_delivery(network, doors=1)
    orders = []
    for buyer, by in homes:
        order = basket.open_order(buyer=buyer, delivery=bring_home(day=day, household=buyer), by=by)
        orders.append(basket.fill(order=order, quantities={offer.pk: D(1)}, by=by))
    return orders


def test_the_last_door_goes_to_one_household(doors: list[Order], homes: Any) -> None:
    answers = all_at_once(lambda number: checkout.place_order(order=doors[number], by=homes[number][1]))
    assert names(answers) == {"Order": 1, "Full": MANY - 1}
    assert Order.objects.confirmed().count() == 1


def test_control_two_who_count_before_they_confirm_both_get_the_last_door(doors: list[Order]) -> None:
    counted = threading.Barrier(2)

    def confirm_without_lock(number: int) -> None:
        taken = Order.objects.confirmed().exclude(delivery__home=None).count()
        counted.wait(timeout=30)
        if taken < 1:
            Order.objects.filter(pk=doors[number].pk).update(status="confirmed", confirmed_at=NOW)

    all_at_once(confirm_without_lock, many=2)
    assert Order.objects.confirmed().count() == 2


def test_two_who_change_places_with_their_orders_wait_for_each_other(
    offer: Offer, homes: Any, delivery: Delivery, network: Any, day: Any
) -> None:
    """Each gives room back at one point and takes it at the other: always in the same order, so nobody waits for ever."""
    there = day.deliveries.create(
        pickup_point=make_point(network, "b2"),
        place=delivery.place,
        starts_at=delivery.starts_at,
        ends_at=delivery.ends_at,
    )
    DeliveryCapacity.objects.create(delivery=there, storage_class="cool", soft=9, hard=9)
    orders = []
    for number, (buyer, by) in enumerate(homes):
        order = basket.open_order(buyer=buyer, delivery=(delivery, there)[number % 2], by=by)
        basket.fill(order=order, quantities={offer.pk: D(1)}, by=by)
        orders.append(checkout.place_order(order=order, by=by))

    def change_places(number: int) -> Any:
        return moving.move_basket(order=orders[number], to=(there, delivery)[number % 2], by=homes[number][1])

    assert names(all_at_once(change_places)) == {"Moved": MANY}
    booked = DeliveryCapacity.objects.filter(storage_class="cool", booked=1)
    assert booked.count() == 2


def test_whoever_confirms_at_the_cut_off_is_in_before_it_and_out_after_it(
    offer: Offer, homes: Any, delivery: Delivery, day: Any
) -> None:
    """A second before it half of the households, a second after it the others, all at the same moment of the machine."""
    orders = []
    for buyer, by in homes:
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        orders.append(basket.fill(order=order, quantities={offer.pk: D(1)}, by=by))

    def confirm(number: int) -> Order:
        with clock.at(day.closes_at + timedelta(seconds=1 if number % 2 else -1)):
            return checkout.place_order(order=orders[number], by=homes[number][1])

    answers = all_at_once(confirm)
    assert names(answers) == {"Order": MANY // 2, "Refused": MANY // 2}
    assert {answer.status for answer in answers[::2]} == {"confirmed"}
    assert all("Friday 6 March still takes orders" in str(answer) for answer in answers[1::2])


def test_control_without_its_day_shared_an_order_is_confirmed_after_the_day_was_closed(
    offer: Offer, homes: Any, delivery: Delivery, day: Any
) -> None:
    """What sharing the day prevents: who looked before it closed writes after it, and no farm is asked for it."""
    buyer, by = homes[0]
    order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
    basket.fill(order=order, quantities={offer.pk: D(1)}, by=by)
    looked, closed = threading.Event(), threading.Event()

    def confirm_or_close(number: int) -> None:
        if number:
            looked.wait(timeout=30)
            closing.close_day(day=day)
            closed.set()
            return
        assert DeliveryDay.objects.get(pk=day.pk).is_on_sale
        looked.set()
        closed.wait(timeout=30)
        Order.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at=NOW)

    assert all_at_once(confirm_or_close, many=2) == [None, None]
    assert Order.objects.get(pk=order.pk).status == "confirmed"
    assert not PurchaseOrderLine.objects.exists()


def test_an_order_that_meets_the_cut_off_is_wholly_in_or_not_at_all(
    offer: Offer, homes: Any, delivery: Delivery, day: Any
) -> None:
    for buyer, by in homes[1:]:
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        basket.fill(order=order, quantities={offer.pk: D(1)}, by=by)

    def close_or_confirm(number: int) -> Any:
        if number == 0:
            return closing.close_day(day=day)
        buyer, by = homes[number]
        return checkout.place_order(order=Order.objects.get(buyer=buyer), by=by)

    answers = all_at_once(close_or_confirm)
    assert answers[0] is True
    assert set(names(answers[1:])) <= {"Order", "Refused"}
    confirmed = names(answers[1:])["Order"]
    assert Order.objects.filter(status="closed").count() == confirmed
    assert Order.objects.filter(status="cancelled").count() == MANY - 1 - confirmed
    asked = PurchaseOrderLine.objects.aggregate(all=Sum("quantity"))["all"] or 0
    assert Supply.objects.get().reserved == confirmed == asked


def test_two_tabs_undo_nothing_of_each_other(
    offer: Offer, homes: Any, delivery: Delivery, leek: Any, farm: Any, alice: Any, day: Any
) -> None:
    """Each tab posts its whole page; only what differs from what it showed is changed."""
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    other = Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    buyer, by = homes[0]
    pages = [
        {f"q{offer.pk}": "4", f"w{offer.pk}": "0", f"q{other.pk}": "0", f"w{other.pk}": "0"},
        {f"q{offer.pk}": "0", f"w{offer.pk}": "0", f"q{other.pk}": "2", f"w{other.pk}": "0"},
    ]

    def post(number: int) -> Any:
        return BasketForm(pages[number], steps={}).save(buyer=buyer, delivery=delivery, by=by)

    assert names(all_at_once(post, many=2)) == {"Order": 2}
    lines = OrderLine.objects.order_by("quantity").values_list("offer", "quantity")
    assert list(lines) == [(other.pk, 2), (offer.pk, 4)]
