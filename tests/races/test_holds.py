"""Holds that run out while something else happens to their basket: confirming, filling, closing, looking, another tab."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from network import clock
from network.models import Delivery, Organisation
from orders import basket, checkout, closing
from orders.forms import BasketForm
from orders.models import LapsedLine, Order, OrderLine
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, NOW, make_household, make_person
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture
def offer(cycle: Any, leek: Any, alice: Any, day: Any) -> Offer:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(30), price=D("1.60"), by=alice)
    return Offer.objects.get(delivery_day=day, price_group__audience="household")


@pytest.fixture
def due(offer: Offer, delivery: Delivery, household: Organisation, bob: Any) -> Order:
    """Bob's three kilos, whose hour is over this very moment."""
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    order = basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
    Order.objects.update(hold_expires_at=NOW)
    return order


def state() -> tuple[Any, ...]:
    """Status, reserved, lines and what is remembered of the one order."""
    return (
        Order.objects.get().status,
        Supply.objects.get().reserved,
        list(OrderLine.objects.values_list("quantity", "confirmed")),
        list(LapsedLine.objects.values_list("quantity", flat=True)),
    )


def test_a_hold_that_runs_out_while_it_is_confirmed_is_one_or_the_other(due: Order, bob: Any) -> None:
    def expire_or_confirm(number: int) -> Any:
        return checkout.place_order(order=due, by=bob) if number % 2 else basket.expire_holds()

    answers = all_at_once(expire_or_confirm, many=8)
    assert state() in [("confirmed", 3, [(3, 3)], []), ("basket", 0, [], [3])]
    assert sum(answer for answer in answers if isinstance(answer, int)) == (Order.objects.get().status == "basket")


def test_control_who_expires_what_was_due_a_moment_ago_sells_what_is_confirmed(due: Order, bob: Any) -> None:
    """What the lock and the second look prevent: the goods of a confirmed order are free for others."""
    looked, confirmed = threading.Barrier(2), threading.Event()

    def expire_without_looking_again(number: int) -> None:
        if number:
            looked.wait(timeout=30)
            checkout.place_order(order=due, by=bob)
            confirmed.set()
            return
        lines = list(OrderLine.objects.filter(order__in=Order.objects.with_expired_hold()))
        looked.wait(timeout=30)
        confirmed.wait(timeout=30)
        stock.reserve({line.supply_id: line.confirmed - line.held for line in lines})

    all_at_once(expire_without_looking_again, many=2)
    assert state() == ("confirmed", 0, [(3, 3)], [])


def test_a_hold_that_runs_out_while_it_is_filled_keeps_nothing_twice(due: Order, offer: Offer, bob: Any) -> None:
    """The page sends five; it had seen three."""

    def expire_or_fill(number: int) -> Any:
        if number % 2 == 0:
            return basket.expire_holds()
        form = BasketForm({f"q{offer.pk}": "5"}, steps={})
        return form.save(buyer=due.buyer, delivery=due.delivery, by=bob)

    all_at_once(expire_or_fill, many=8)
    assert state() == ("basket", 5, [(5, 0)], [])


def test_a_look_at_the_last_moment_keeps_it_whole_or_not_at_all(due: Order) -> None:
    def expire_or_look(number: int) -> Any:
        return basket.expire_holds() if number % 2 else basket.keep(Order.objects.get())

    all_at_once(expire_or_look, many=8)
    assert (state(), Order.objects.get().hold_expires_at) in [
        (("basket", 3, [(3, 0)], []), NOW + basket.HOLD),
        (("basket", 0, [], [3]), None),
    ]


def test_it_is_put_back_once_however_often_the_button_is_pressed(due: Order, bob: Any) -> None:
    basket.expire_holds()
    all_at_once(lambda _number: basket.refill(order=due, by=bob), many=8)
    assert state() == ("basket", 3, [(3, 0)], [])


def test_the_last_kilos_put_back_by_many_are_sold_once(offer: Offer, network: Any, delivery: Delivery) -> None:
    """Eight households let go of three each; eleven are left when they all come back."""
    people = [make_person(f"buyer{number}") for number in range(8)]
    orders = []
    for person in people:
        order = basket.open_order(
            buyer=make_household(network, f"Gezin {person.name}", person), delivery=delivery, by=person
        )
        orders.append(basket.fill(order=order, quantities={offer.pk: D(3)}, by=person))
    with clock.at(NOW + timedelta(hours=2)):
        assert basket.expire_holds() == 8
    Supply.objects.update(quantity=11)
    answers = all_at_once(lambda number: basket.refill(order=orders[number], by=people[number]), many=8)
    said = Counter(sentence for _order, missed in answers for sentence in missed.values())
    assert said == {"Only 2 left: that much is in.": 1, "This has just sold out.": 4}
    assert sorted(OrderLine.objects.values_list("quantity", flat=True)) == [2, 3, 3, 3]
    assert Supply.objects.get().reserved == 11


def test_holds_that_run_out_while_the_day_closes_wait_for_each_other(due: Order, day: Any) -> None:
    answers = all_at_once(lambda number: basket.expire_holds() if number else closing.close_day(day=day), many=6)
    assert answers[0] is True
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert state() == ("cancelled", 0, [], [])


def test_control_who_locks_the_order_before_the_day_meets_the_closing_head_on(due: Order, day: Any) -> None:
    """Why expiring shares the day first: closing has the supplies and wants the order, the other the reverse."""
    both = threading.Barrier(2)

    def cross(number: int) -> None:
        first, second = (Order, Supply) if number else (Supply, Order)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            list(first.objects.select_for_update(no_key=True).all())
            both.wait(timeout=30)
            list(second.objects.select_for_update(no_key=True).all())

    answers = all_at_once(cross, many=2)
    assert sorted(type(answer) for answer in answers if answer) == [OperationalError]


def test_control_two_tabs_that_post_all_they_show_undo_each_other(due: Order, offer: Offer, bob: Any) -> None:
    """What `w` prevents: a tab that was opened before puts back what the other has changed."""
    stale = {f"q{offer.pk}": "3"}
    for said in ({f"q{offer.pk}": "7"}, stale):
        BasketForm(said, steps={}).save(buyer=due.buyer, delivery=due.delivery, by=bob)
    assert state()[2] == [(3, 0)]
    for said in ({f"q{offer.pk}": "7"}, stale | {f"w{offer.pk}": "3"}):
        BasketForm(said, steps={}).save(buyer=due.buyer, delivery=due.delivery, by=bob)
    assert state()[2] == [(7, 0)]
