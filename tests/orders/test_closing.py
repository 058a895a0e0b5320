"""A day that closes: what was confirmed is frozen and asked of the farms, the rest is let go; in a fixed number of queries."""

from decimal import Decimal

import pytest

from network import clock, journal
from network.models import DeliveryDay, OutboxEntry
from orders import basket, closing, tasks
from orders.models import Order, PurchaseOrder, PurchaseOrderLine
from producers import stock
from tests.conftest import MONDAY, make_household, make_person

D = Decimal


@pytest.fixture
def homes(network):
    def made(many):
        people = [make_person(f"buyer{number}") for number in range(many)]
        return [(make_household(network, f"Gezin {person.name}", person), person) for person in people]

    return made


def test_confirmed_orders_are_frozen_and_the_rest_is_let_go(supply, ordered, basket_of, homes, day, farm):
    (maes, mia), (peeters, piet), (aerts, an) = homes(3)
    ordered(maes, mia, 3)
    ordered(peeters, piet, 2)
    basket_of(peeters, piet, 6)
    basket_of(aerts, an, 4)
    supply.refresh_from_db()
    assert supply.reserved == 13
    with clock.at(day.closes_at):
        assert closing.close_day(day=day)
    supply.refresh_from_db()
    assert supply.reserved == 5
    states = Order.objects.order_by("pk").values_list("buyer__name", "status", "lines__quantity", "hold_expires_at")
    assert list(states) == [
        ("Gezin Buyer0", "closed", 3, None),
        ("Gezin Buyer1", "closed", 2, None),
        ("Gezin Buyer2", "cancelled", None, None),
    ]
    purchase = PurchaseOrder.objects.get()
    assert (purchase.producer, purchase.total, purchase.below_minimum) == (farm, D("8.00"), False)
    assert list(PurchaseOrderLine.objects.values_list("supply", "quantity", "price")) == [(supply.pk, 5, D("1.6"))]
    queued = OutboxEntry.objects.filter(kind__in=["order_closed", "purchase_order_ready"])
    assert sorted(queued.values_list("kind", flat=True)) == ["order_closed", "order_closed", "purchase_order_ready"]
    entry = journal.history_of(day)[0]
    assert (entry.action, entry.actor, entry.data) == ("closed", None, {"orders": 2})


def test_closing_twice_is_closing_once(supply, ordered, household, bob, day):
    ordered(household, bob, 3)
    with clock.at(day.closes_at):
        assert [closing.close_day(day=day) for _time in range(2)] == [True, False]
    assert (PurchaseOrder.objects.count(), journal.history_of(day).filter(action="closed").count()) == (1, 1)


def test_two_prices_of_one_week_are_two_lines(supply, ordered, homes, day, leek, alice):
    (maes, mia), (peeters, piet) = homes(2)
    ordered(maes, mia, 3)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("2.00"), by=alice)
    ordered(peeters, piet, 4)
    closing.close_day(day=day)
    assert list(PurchaseOrderLine.objects.order_by("price").values_list("quantity", "price")) == [
        (3, D("1.6")),
        (4, D("2")),
    ]
    assert PurchaseOrder.objects.get().total == D("12.80")


def test_an_order_below_the_farms_minimum_is_marked(supply, ordered, household, bob, day, farm):
    farm.minimum = D(10)
    farm.save()
    ordered(household, bob, 3)
    closing.close_day(day=day)
    assert PurchaseOrder.objects.get().below_minimum


def test_a_coordinator_may_close_early(supply, ordered, household, bob, day, dana):
    ordered(household, bob, 3)
    closing.close_day(day=day, by=dana)
    assert [(e.action, e.actor) for e in journal.history_of(day).filter(action__startswith="closed")] == [
        ("closed early", dana)
    ]


def test_the_clock_closes_what_is_due_and_nothing_else(day, cycle):
    other = cycle.days.exclude(pk=day.pk).get()
    assert not tasks.close_delivery_day(day.pk)
    with clock.at(day.closes_at):
        assert list(DeliveryDay.objects.due_to_close()) == [day]
        assert tasks.close_delivery_day(day.pk)
        assert not tasks.close_delivery_day(day.pk)
        assert not tasks.close_delivery_day(other.pk)


@pytest.mark.parametrize("many", [2, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(
    supply, ordered, basket_of, homes, day, many, django_assert_num_queries
):
    for number, (buyer, by) in enumerate(homes(many)):
        ordered(buyer, by, 1)
        if number % 2:
            basket_of(buyer, by, 2)
    with django_assert_num_queries(17):
        closing.close_day(day=day)


def test_orders_of_another_day_stay_open(supply, basket_of, household, bob, cycle, day):
    order = basket_of(household, bob, 2)
    other = cycle.days.exclude(pk=day.pk).get()
    closing.close_day(day=other)
    order.refresh_from_db()
    supply.refresh_from_db()
    assert (order.status, supply.reserved) == ("basket", 2)
    assert basket.expire_holds() == 0
