"""Two workers with the same subscription: one order of it, once."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from network import cycles
from network.models import Cycle
from orders import basket, checkout, repeating, subscriptions, turning
from orders.models import OrderLine, Subscription, SubscriptionRun
from producers import stock
from producers.models import Supply
from tests.conftest import MONDAY
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture
def subscription(
    cycle: Cycle, leek: Any, alice: Any, household: Any, bob: Any, network: Any, point: Any
) -> Subscription:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(90), price=D("1.60"), by=alice)
    return subscriptions.subscribe(
        buyer=household,
        network=network,
        terms=subscriptions.Terms(point, 3, "weekly"),
        starts_on=MONDAY,
        by=bob,
        lines={leek: D(4)},
    )


def test_many_workers_with_one_subscription_make_one_order(subscription: Subscription, cycle: Cycle) -> None:
    assert all_at_once(lambda _number: turning.turn(subscription.pk, cycle.pk), many=8) == [None] * 8
    assert (SubscriptionRun.objects.get().outcome, OrderLine.objects.get().confirmed) == ("filled", 4)
    assert Supply.objects.get().reserved == 4


def test_control_two_who_look_before_they_order_order_it_twice(
    subscription: Subscription, cycle: Cycle, delivery: Any, leek: Any, household: Any, bob: Any
) -> None:
    """What the lock on the subscription prevents: both see no run, both put the list on top of the order."""
    looked = threading.Barrier(2)

    def turn_without_lock(_number: int) -> None:
        undone = not SubscriptionRun.objects.filter(subscription=subscription, cycle=cycle).exists()
        looked.wait(timeout=30)
        if undone:
            order = basket.open_order(buyer=household, delivery=delivery, by=bob)
            order, _grown = repeating.put_in(order=order, wishes={leek.pk: D(4)}, by=bob, on_top=True)
            checkout.place_order(order=order, by=bob)

    all_at_once(turn_without_lock, many=2)
    assert OrderLine.objects.get().confirmed == 8


def test_skipping_while_it_is_turned_is_one_or_the_other(subscription: Subscription, cycle: Cycle, bob: Any) -> None:
    def skip_or_turn(number: int) -> Any:
        if number:
            return turning.turn(subscription.pk, cycle.pk)
        return subscriptions.skip(subscription=subscription, week_on=MONDAY, by=bob)

    answers = all_at_once(skip_or_turn, many=2)
    skipped = type(answers[0]).__name__ == "SubscriptionWeek"
    assert SubscriptionRun.objects.exists() != skipped
    assert Supply.objects.get().reserved == (0 if skipped else 4)
    assert cycles.open_cycle(cycle=cycle) is False
