"""What a household may decide about its subscriptions, and what is refused with what to do."""

from datetime import timedelta
from decimal import Decimal

import pytest

from network import clock, outbox
from network.errors import Refused
from network.models import Network
from orders import coming, subscriptions, swapping, turning
from orders.models import Cause, OrderLine, SubscriptionLine, SubscriptionRun
from producers.models import BoxSize, Supply
from tests.conftest import MONDAY, make_network, make_point
from tests.orders.conftest import NEXT

D = Decimal
pytestmark = pytest.mark.django_db


def states(one):
    return [f"{week.week_on:%d/%m} {week.state}" for week in coming.of([one])[one.pk]]


def test_the_next_weeks_say_what_comes(subscription, bob, shop, network, point):
    cause = Cause.objects.create(
        network=network, name="Voedselbank", organisation=shop.organisation, pickup_point=point
    )
    subscriptions.skip(subscription=subscription, week_on=NEXT, by=bob)
    subscriptions.give(subscription=subscription, week_on=NEXT + timedelta(weeks=1), cause=cause, by=bob)
    first = NEXT + timedelta(weeks=2)
    subscriptions.pause(subscription=subscription, first=first, last=first + timedelta(days=9), by=bob)
    subscription.refresh_from_db()
    assert states(subscription) == ["09/03 skipped", "16/03 given", "23/03 paused", "30/03 planned", "06/04 planned"]
    assert subscription.version == 3


def test_looking_ahead_asks_as_many_queries_for_many(
    subscription, network, household, bob, terms, leek, django_assert_num_queries
):
    told = {"buyer": household, "network": network, "starts_on": NEXT, "by": bob}
    other = subscriptions.subscribe(lines={leek: D(2)}, terms=terms, **told)
    for found in ([subscription], [subscription, other]):
        with django_assert_num_queries(5):
            coming.of(found)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts_on": MONDAY - timedelta(weeks=1)}, "Ordering for that week has closed"),
        ({"starts_on": NEXT + timedelta(weeks=20)}, "Ordering for that week has closed"),
        ({"weekday": 4}, "This pickup point is not open that day"),
        ({"rhythm": "daily"}, "Choose how often"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(size, network, household, bob, point, changed, sentence):
    told = {"weekday": 3, "rhythm": "weekly", "starts_on": NEXT} | changed
    starts_on = told.pop("starts_on")
    with pytest.raises(Refused, match=sentence):
        subscriptions.subscribe(
            buyer=household,
            network=network,
            terms=subscriptions.Terms(point, **told),
            starts_on=starts_on,
            by=bob,
            size=size,
        )


def test_a_week_whose_cut_off_has_passed_is_no_beginning(network, cycle, point, day):
    assert subscriptions.first_weeks(network, 3, 2) == [MONDAY, NEXT]
    with clock.at(day.closes_at):
        assert subscriptions.first_weeks(network, 3, 2) == [NEXT, NEXT + timedelta(weeks=1)]


def test_twice_the_same_is_refused_and_what_differs_is_not(subscription, size, network, household, bob, point, leek):
    told = {"buyer": household, "network": network, "starts_on": NEXT, "by": bob}
    terms = subscriptions.Terms(point, 3, "weekly")
    with pytest.raises(Refused, match="You have this subscription already"):
        subscriptions.subscribe(size=size, terms=terms, **told)
    subscriptions.subscribe(size=size, terms=subscriptions.Terms(point, 3, "monthly"), **told)
    subscriptions.subscribe(lines={leek: D(1)}, terms=terms, **told)
    with pytest.raises(Refused, match="You have this subscription already"):
        subscriptions.subscribe(lines={leek: D(2)}, terms=terms, **told)
    subscriptions.stop(subscription=subscription, by=bob)
    subscriptions.subscribe(size=size, terms=terms, **told)


def test_a_box_is_for_households_and_of_this_network(size, network, shop, eli, household, bob, terms):
    told = {"network": network, "terms": terms, "starts_on": NEXT, "size": size}
    with pytest.raises(Refused, match="Boxes are priced for households"):
        subscriptions.subscribe(buyer=shop.organisation, by=eli, **told)
    elsewhere: Network = make_network("leuven", weekdays=(3,))
    with pytest.raises(Refused, match="You are no member of this network"):
        subscriptions.subscribe(buyer=household, by=bob, **told | {"network": elsewhere})
    household.memberships.create(network=elsewhere, college="consumers")
    there = subscriptions.Terms(make_point(elsewhere, "b1"), 3, "weekly")
    with pytest.raises(Refused, match="This box is no longer offered"):
        subscriptions.subscribe(buyer=household, by=bob, **told | {"network": elsewhere, "terms": there})


def test_what_is_an_order_already_is_not_skipped_but_cancelled(subscription, opened, bob):
    opened()
    for change in (subscriptions.skip, subscriptions.as_usual):
        with pytest.raises(Refused, match="It is an order already"):
            change(subscription=subscription, week_on=NEXT, by=bob)
    assert states(subscription)[0] == "09/03 ordered"


@pytest.mark.parametrize("week_on", [NEXT - timedelta(weeks=1), NEXT - timedelta(weeks=5)])
def test_a_week_in_which_nothing_comes_is_not_skipped(subscription, bob, week_on):
    with pytest.raises(Refused, match="Nothing comes in that week"):
        subscriptions.skip(subscription=subscription, week_on=week_on, by=bob)


def test_after_the_cut_off_it_is_too_late(subscription, coming_cycle, bob):
    with (
        clock.at(coming_cycle.days.get(on=NEXT + timedelta(days=3)).closes_at),
        pytest.raises(Refused, match="Ordering for that week has closed"),
    ):
        subscriptions.skip(subscription=subscription, week_on=NEXT, by=bob)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (9, 8, "The last day lies before the first"),
        (-9, -2, "That is over"),
        (0, 200, "A pause lasts half a year at most"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(subscription, bob, first, last, sentence):
    days = [
        NEXT + timedelta(days=number) for number in (first - 7 if first < 0 else first, last - 7 if first < 0 else last)
    ]
    with pytest.raises(Refused, match=sentence):
        subscriptions.pause(subscription=subscription, first=days[0], last=days[1], by=bob)


def test_another_size_forgets_what_was_swapped_and_a_stopped_one_is_not_changed(subscription, size, leek, bob, terms):
    swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(5)}, by=bob)
    large = BoxSize.objects.create(box=size.box, name="groot", price=D(20))
    subscriptions.change(subscription=subscription, terms=terms, size=large, by=bob)
    assert not SubscriptionLine.objects.exists()
    with pytest.raises(Refused, match="Choose a size of the same box"):
        subscriptions.change(subscription=subscription, terms=terms, size=None, by=bob)
    for _twice in range(2):
        subscriptions.stop(subscription=subscription, by=bob)
    with pytest.raises(Refused, match="This subscription was stopped"):
        subscriptions.change(subscription=subscription, terms=terms, size=size, by=bob)


# Swapping


def held():
    return dict(Supply.objects.filter(week_on=NEXT).values_list("product__sku", "reserved"))


def test_swapped_before_it_is_an_order_it_comes_so(subscription, leek, chard, bob, opened):
    swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(1), chard.pk: D(3)}, by=bob)
    opened()
    assert dict(OrderLine.objects.values_list("product__sku", "confirmed")) == {"leek": 1, "chard": 3}


def test_swapped_in_the_order_only_the_part_of_the_box_changes(subscription, leek, chard, bob, opened):
    opened()
    week = swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(5)}, by=bob)
    assert held() == {"leek": 5, "chard": 0}
    assert dict(OrderLine.objects.values_list("product__sku", "confirmed")) == {"leek": 5}
    run = SubscriptionRun.objects.get()
    assert (run.outcome, run.lines) == ("filled", [{"product": leek.pk, "wanted": "5.000", "got": "5.000"}])
    assert week.run == run
    swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(1), chard.pk: D(1)}, by=bob)
    assert held() == {"leek": 1, "chard": 1}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("leek_kg", "chard_kg", "sentence"),
    [
        (0, 5, "This comes to € 14.60, and the box to € 14.00. Take out € 0.60."),
        (0, 0, "Keep something in it, or skip the week."),
        ("0.5", 2, "This is sold per 1."),
    ],
)
def test_a_swap_above_the_value_or_for_nothing_is_refused(
    subscription, leek, chard, bob, opened, turned, leek_kg, chard_kg, sentence
):
    if turned:
        opened()
    before = held()
    with pytest.raises(Refused) as refused:
        swapping.swap(
            subscription=subscription, week_on=NEXT, content={leek.pk: D(leek_kg), chard.pk: D(chard_kg)}, by=bob
        )
    assert sentence in refused.value.message
    assert held() == before and not SubscriptionLine.objects.exists()


def test_what_sold_out_is_said_beside_it_and_the_order_stays(subscription, leek, chard, bob, opened, goods):
    opened()
    Supply.objects.filter(pk=goods["leek"].pk).update(quantity=4)
    with pytest.raises(Refused) as refused:
        swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(5)}, by=bob)
    assert (refused.value.field, refused.value.message) == (f"q{leek.pk}", "Only 4 left. Ask for that or less.")
    assert held() == {"leek": 3, "chard": 2}


def test_nothing_is_swapped_after_the_cut_off_or_before_it_is_composed(subscription, leek, bob, opened, coming_cycle):
    with pytest.raises(Refused, match="cannot be swapped"):
        swapping.swap(subscription=subscription, week_on=NEXT + timedelta(weeks=1), content={leek.pk: D(5)}, by=bob)
    opened()
    with (
        clock.at(coming_cycle.days.get(on=NEXT + timedelta(days=3)).closes_at),
        pytest.raises(Refused, match="cannot be swapped"),
    ):
        swapping.swap(subscription=subscription, week_on=NEXT, content={leek.pk: D(5)}, by=bob)


def test_an_own_list_is_changed_from_the_next_week_on(network, household, bob, terms, leek, chard, goods, opened):
    one = subscriptions.subscribe(
        buyer=household, network=network, terms=terms, starts_on=NEXT, by=bob, lines={leek: D(2)}
    )
    with pytest.raises(Refused, match="Put something on your list first"):
        subscriptions.set_list(subscription=one, lines={leek: D(0)}, by=bob)
    subscriptions.set_list(subscription=one, lines={leek: D(0), chard: D(4)}, by=bob)
    opened()
    assert dict(OrderLine.objects.values_list("product__sku", "confirmed")) == {"chard": 4}
    assert turning.queue_due() == 0 and outbox.drain() == 0
