"""What is in a basket is held, to the gram; what is wrong with it is said per product and changes nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import clock
from network.errors import Refused
from network.models import DeliveryCapacity, Organisation
from orders import basket, checkout
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, NOW, make_household, make_network, make_point, make_product, open_week

D = Decimal


def reserved(supply):
    supply.refresh_from_db()
    return supply.reserved


def test_a_basket_holds_exactly_what_is_in_it(supply, basket_of, household, bob):
    assert reserved(supply) == 0
    for quantity in (3, 7, 2):
        order = basket_of(household, bob, quantity)
        assert (reserved(supply), order.lines.get().quantity) == (quantity, quantity)
    order = basket_of(household, bob, 0)
    assert (reserved(supply), order.lines.count(), order.hold_expires_at) == (0, 0, None)


def test_what_is_not_named_stays_as_it_is(supply, basket_of, household, bob, farm, alice, day):
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    basket_of(household, bob, 3)
    other = Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    order = basket_of(household, bob, 4, of=other)
    assert sorted(order.lines.values_list("name__nl", "quantity")) == [("Chard", 4), ("Leek", 3)]
    assert (reserved(supply), reserved(chard)) == (3, 4)


def test_there_is_one_order_per_buyer_and_delivery(delivery, household, bob):
    first = basket.open_order(buyer=household, delivery=delivery, by=bob)
    assert basket.open_order(buyer=household, delivery=delivery, by=bob) == first


@pytest.mark.parametrize("quantity", ["0.5", "1000"])
def test_what_is_refused_rolls_nothing_back(basket_of, offer, household, bob, quantity):
    """Over a connection on which a transaction was rolled back psycopg forgets what it had prepared."""
    order = basket_of(household, bob, 2)
    with CaptureQueriesContext(connection) as asked, pytest.raises(basket.BasketRefused):
        basket.fill(order=order, quantities={offer.pk: D(quantity)}, by=bob)
    assert not [
        query for query in asked.captured_queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ]


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("-1", "A quantity cannot be negative"),
        ("1.5", "This is sold per 1. Enter a multiple of it."),
        ("21", "Only 20 left. Ask for that or less."),
        ("1e12", "That is more than any field yields"),
        ("NaN", "A quantity cannot be negative"),
        ("Infinity", "A quantity cannot be negative"),
    ],
)
def test_a_wrong_quantity_is_refused_beside_its_product(supply, offer, basket_of, household, bob, quantity, sentence):
    order = basket_of(household, bob, 2)
    with pytest.raises(basket.BasketRefused) as refused:
        basket_of(household, bob, quantity)
    assert set(refused.value.errors) == {offer.pk}
    assert sentence in refused.value.errors[offer.pk]
    assert (reserved(supply), order.lines.get().quantity) == (2, 2)


def test_one_wrong_quantity_among_many_changes_nothing(supply, offer, household, bob, delivery, farm, alice, day):
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    other = Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    with pytest.raises(basket.BasketRefused) as refused:
        basket.fill(order=order, quantities={offer.pk: D(2), other.pk: D(10)}, by=bob)
    assert refused.value.errors == {other.pk: "Only 9 left. Ask for that or less."}
    assert (reserved(supply), reserved(chard), order.lines.count()) == (0, 0, 0)


def test_an_offer_of_another_network_day_or_price_group_is_not_for_this_basket(
    supply, offer, basket_of, household, bob, cycle, day
):
    elsewhere = make_network("leuven")
    make_point(elsewhere, "b1")
    open_week(elsewhere)
    strangers = [
        Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="trade"),
        Offer.objects.exclude(delivery_day=day).filter(supply=supply, price_group__audience="household")[0],
    ]
    for wrong in strangers:
        with pytest.raises(basket.BasketRefused) as refused:
            basket_of(household, bob, 1, of=wrong)
        assert refused.value.errors[wrong.pk].startswith("This is not offered here for this day.")
    with pytest.raises(basket.BasketRefused):
        order = Order.objects.get(buyer=household)
        basket.fill(order=order, quantities={999_999: D(1)}, by=bob)
    assert reserved(supply) == 0


def test_a_closed_day_takes_nothing_more(supply, basket_of, household, bob, day):
    basket_of(household, bob, 2)
    with clock.at(day.closes_at), pytest.raises(Refused, match="Ordering for this day has closed"):
        basket_of(household, bob, 3)
    assert reserved(supply) == 2


def test_whoever_is_no_member_cannot_order(network, delivery, charlie):
    stranger = make_household(network, "Gezin Charlie", charlie)
    stranger.memberships.update(left_on=MONDAY)
    with pytest.raises(Refused, match="no member of this network"):
        basket.open_order(buyer=stranger, delivery=delivery, by=charlie)


def test_a_household_is_not_served_at_the_door_of_a_shop(day, household, bob, shop):
    with pytest.raises(Refused, match="at another door"):
        basket.open_order(buyer=household, delivery=day.deliveries.get(outlet=shop), by=bob)


def test_outlets_and_farms_buy_from_the_price_group_of_the_trade(network, shop, farm, household):
    groups = [
        basket.price_group_of(buyer, network).audience for buyer in (shop.organisation, farm.organisation, household)
    ]
    assert groups == ["trade", "trade", "household"]


def test_the_price_is_that_of_the_moment_it_was_put_in(supply, offer, basket_of, household, bob, leek, alice):
    basket_of(household, bob, 1)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("3.00"), by=alice)
    line = basket_of(household, bob, 4).lines.get()
    assert (line.price, line.gross, line.quantity) == (D("1.60"), D("2.39"), 4)


def test_what_is_taken_off_the_list_can_be_kept_or_lowered_and_not_raised(
    supply, basket_of, household, bob, leek, alice
):
    basket_of(household, bob, 5)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice, listed=False)
    assert basket_of(household, bob, 4).lines.get().quantity == 4
    with pytest.raises(basket.BasketRefused, match="You can keep what you have, or take less"):
        basket_of(household, bob, 6)
    assert reserved(supply) == 4


def test_a_hold_expires_after_an_hour_and_only_then(supply, basket_of, household, bob):
    order = basket_of(household, bob, 5)
    with clock.at(NOW + timedelta(minutes=59)):
        assert basket.expire_holds() == 0
    assert reserved(supply) == 5
    with clock.at(NOW + timedelta(minutes=61)):
        assert (basket.expire_holds(), basket.expire_holds()) == (1, 0)
    assert (reserved(supply), order.lines.count()) == (0, 0)


def test_an_expired_change_falls_back_to_what_was_confirmed(supply, ordered, basket_of, household, bob):
    ordered(household, bob, 5)
    order = basket_of(household, bob, 8)
    assert reserved(supply) == 8
    with clock.at(NOW + timedelta(minutes=61)):
        basket.expire_holds()
    order.refresh_from_db()
    assert (reserved(supply), order.status, order.lines.get().quantity) == (5, "confirmed", 5)


def test_a_cancelled_order_begins_anew(supply, ordered, basket_of, household, bob):
    order = ordered(household, bob, 5)
    checkout.cancel_order(order=order, by=bob)
    again = basket_of(household, bob, 2)
    assert (again.pk, again.status, reserved(supply)) == (order.pk, "basket", 2)


STEPS = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(["fill", "place", "cancel", "expire"]), st.integers(0, 12)),
    max_size=9,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_whatever_people_do_what_is_held_is_what_is_reserved_and_room_is_what_is_confirmed(
    supply, offer, network, delivery, household, bob, charlie, steps
):
    other = Organisation.objects.filter(name="Gezin Charlie").first() or make_household(
        network, "Gezin Charlie", charlie
    )
    for buyer, by in ((household, bob), (other, charlie)):
        checkout.cancel_order(order=basket.open_order(buyer=buyer, delivery=delivery, by=by), by=by)
    for who, what, quantity in steps:
        buyer, by = ((household, bob), (other, charlie))[who]
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        try:
            if what == "fill":
                basket.fill(order=order, quantities={offer.pk: D(quantity)}, by=by)
            elif what == "place":
                checkout.place_order(order=order, by=by)
            elif what == "cancel":
                checkout.cancel_order(order=order, by=by)
            else:
                with clock.at(NOW + timedelta(hours=2)):
                    basket.expire_holds()
        except Refused:
            pass
        lines = list(OrderLine.objects.filter(supply=supply))
        assert reserved(supply) == sum(line.held for line in lines) <= supply.quantity
        room = DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool")
        assert room.booked == sum(line.confirmed * line.crate_share for line in lines)
