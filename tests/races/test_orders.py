"""Households at the same moment: the last kilo, a double click, two tabs, the cut-off, the last crate of room."""

import threading
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from network import clock
from network.models import Delivery, DeliveryCapacity, Organisation, OutboxEntry
from orders import basket, checkout, closing, room
from orders.forms import BasketForm
from orders.models import Order, OrderLine, PurchaseOrderLine
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, NOW, make_household, make_person, make_product
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

    assert names(all_at_once(shop)) == {"Order": 5, "Refused": 15}
    assert DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked == 1


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


def test_a_hold_that_expires_while_it_is_confirmed_is_one_or_the_other(
    offer: Offer, homes: Any, delivery: Delivery
) -> None:
    buyer, by = homes[0]
    order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
    basket.fill(order=order, quantities={offer.pk: D(3)}, by=by)
    Order.objects.update(hold_expires_at=NOW)

    def expire_or_confirm(number: int) -> Any:
        if number % 2:
            return checkout.place_order(order=order, by=by)
        with clock.at(NOW):
            return basket.expire_holds()

    all_at_once(expire_or_confirm, many=6)
    order.refresh_from_db()
    held = Supply.objects.get().reserved
    lines = list(order.lines.values_list("quantity", "confirmed"))
    assert (order.status, held, lines) in [("confirmed", 3, [(3, 3)]), ("basket", 0, [])]


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
