"""The last jar of a stock that two weeks sell: real threads, real commits."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from network import clock
from network.models import DeliveryDay
from orders import basket, carrying, checkout, closing
from orders.models import OrderLine
from producers import standing, stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, NOW, make_household, make_person, open_week
from tests.races.test_stock import waiting_for_a_lock
from tests.races.threads import MANY, all_at_once

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)
NEXT = MONDAY + timedelta(weeks=1)


@pytest.fixture
def jar(cycle: Any, network: Any, leek: Any, alice: Any) -> Supply:
    """One is left of it, and two weeks are open."""
    open_week(network, NEXT)
    return carrying.begin(product=leek, quantity=D(1), price=D(2), by=alice)


@pytest.fixture
def buyers(network: Any) -> list[Any]:
    people = [make_person(f"buyer{number}") for number in range(MANY)]
    return [(make_household(network, f"Gezin {person.name}", person), person) for person in people]


def offer_of(week_on: Any) -> Offer:
    return Offer.objects.get(
        delivery_day__cycle__week_on=week_on, delivery_day__on__week_day=5, price_group__audience="household"
    )


def test_the_last_one_is_sold_in_one_of_two_weeks(jar: Supply, buyers: list[Any]) -> None:
    def buy(number: int) -> None:
        buyer, person = buyers[number]
        offer = offer_of((MONDAY, NEXT)[number % 2])
        delivery = offer.delivery_day.deliveries.get(pickup_point__isnull=False)
        order = basket.open_order(buyer=buyer, delivery=delivery, by=person)
        basket.fill(order=order, quantities={offer.pk: D(1)}, by=person)
        checkout.place_order(order=order, by=person)

    answers = Counter(type(answer).__name__ for answer in all_at_once(buy))
    assert answers == {"NoneType": 1, "BasketRefused": MANY - 1}
    jar.refresh_from_db()
    assert (jar.quantity, jar.reserved) == (1, 1)
    assert OrderLine.objects.aggregate(all=Sum("confirmed"))["all"] == 1


def test_control_with_a_number_per_week_it_is_sold_twice(cycle: Any, network: Any, leek: Any, alice: Any) -> None:
    """The same jar announced in both weeks, as it is without a stock that carries over."""
    open_week(network, NEXT)
    pks = [
        stock.announce(product=leek, week_on=week, quantity=D(1), price=D(2), by=alice).pk for week in (MONDAY, NEXT)
    ]
    answers = all_at_once(lambda number: stock.reserve({pks[number % 2]: D(1)}))
    assert Counter(type(answer).__name__ for answer in answers) == {"NoneType": 2, "SoldOut": MANY - 2}


def test_a_day_that_closes_and_a_count_do_not_lose_each_other(
    jar: Supply, alice: Any, bob: Any, household: Any, day: Any
) -> None:
    """Thursday closes with one sold while she notes a harvest ten times: nothing is lost, whoever comes first."""
    offer = offer_of(MONDAY)
    delivery = offer.delivery_day.deliveries.get(pickup_point__isnull=False)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(1)}, by=bob)
    checkout.place_order(order=order, by=bob)

    def act(number: int) -> None:
        if number:
            standing.move(supply=jar, reason="harvest", quantity=D(2), by=alice)
        else:
            closing.close_day(day=day)

    assert Counter(type(answer).__name__ for answer in all_at_once(act, 11)) == {"NoneType": 11}
    jar.refresh_from_db()
    assert (jar.quantity, jar.reserved) == (20, 0)
    assert sum(movement.change for movement in jar.movements.all()) == 20


def test_two_workers_offer_a_new_week_once(jar: Supply, network: Any) -> None:
    open_week(network, NEXT + timedelta(weeks=1))
    answers = all_at_once(lambda _number: standing.turn(), 4)
    assert sorted(answers) == [0, 0, 0, 1]
    assert Offer.objects.filter(supply=jar).count() == 12


def test_who_begins_waits_for_a_basket_being_filled(
    cycle: Any, leek: Any, alice: Any, bob: Any, household: Any
) -> None:
    """A basket shares the day; making the week's supply the stock waits for it, and takes it along."""
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)

    def begin() -> None:
        try:
            with clock.at(NOW):
                carrying.begin(product=leek, quantity=D(5), price=D(2), by=alice)
        finally:
            connection.close()

    farmer = threading.Thread(target=begin)
    with transaction.atomic():
        list(DeliveryDay.objects.raw("SELECT id FROM network_deliveryday ORDER BY id FOR SHARE"))
        with waiting_for_a_lock(1):
            farmer.start()
        stock.reserve({supply.pk: D(2)})
    farmer.join(timeout=30)
    supply.refresh_from_db()
    assert (supply.carries_over, supply.quantity, supply.reserved) == (True, 5, 2)
