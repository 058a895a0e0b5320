"""A subscription becomes an order once its cycle opens: whole, in part or not at all, once, and its household is told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail

from network import clock, cycles, journal, outbox
from network.models import Cycle, DeliveryCapacity, Holiday, OutboxEntry
from orders import basket, checkout, subscriptions, turning
from orders.models import Cause, Order, Subscription, SubscriptionRun
from producers import boxes, stock
from producers.models import Offer, Supply
from tests.conftest import make_household, make_person, make_point
from tests.orders.conftest import NEXT

D = Decimal
pytestmark = pytest.mark.django_db


def asked(order):
    return {line.product.sku: line.confirmed for line in order.lines.select_related("product")}


def only_run():
    return SubscriptionRun.objects.select_related("order").get()


def reserved():
    return dict(Supply.objects.values_list("product__sku", "reserved"))


def test_a_box_becomes_an_order_of_what_is_in_it_and_the_household_reads_what(subscription, opened, bob, household):
    assert opened() == 1
    run = only_run()
    order = run.order
    assert (run.outcome, order.status, order.buyer, order.placed_by) == ("filled", "confirmed", household, bob)
    assert asked(order) == {"leek": 3, "chard": 2} and reserved() == {"leek": 3, "chard": 2}
    assert sum(line.gross * line.quantity for line in order.lines.all()) == D("13.01") <= D(14)
    assert [entry.action for entry in journal.history_of(order)] == ["filled from a subscription", "confirmed"]
    assert [letter.subject for letter in mail.outbox] == ["Comes on Thursday 12 March: Groentepakket, klein"]
    for words in ("3 kg  leek", "2 kg  chard", "Punt a1", "Tuesday 10 March, 12:00", f"/orders/{order.pk}/"):
        assert words in mail.outbox[0].body


def test_run_again_it_does_nothing(subscription, opened, coming_cycle):
    opened()
    assert turning.queue_due() == 0
    turning.turn(subscription.pk, coming_cycle.pk)
    OutboxEntry.objects.filter(kind="subscription_due").update(done_at=None)
    outbox.drain()
    assert (Order.objects.count(), SubscriptionRun.objects.count(), len(mail.outbox)) == (1, 1, 1)
    assert reserved() == {"leek": 3, "chard": 2}


def test_killed_half_way_nothing_is_left_and_it_is_done_later(subscription, opened, monkeypatch):
    def killed(**_told):
        raise RuntimeError("the power went out")

    with monkeypatch.context() as broken:
        broken.setattr(checkout, "place_order", killed)
        opened()
    assert not Order.objects.exists() and not SubscriptionRun.objects.exists()
    assert reserved() == {"leek": 0, "chard": 0}
    with clock.at(clock.now() + timedelta(minutes=3)):
        outbox.drain()
    assert only_run().outcome == "filled"


@pytest.mark.parametrize(("leeks", "chards", "outcome"), [(2, 50, "partly"), (0, 2, "partly"), (0, 0, "failed")])
def test_what_ran_out_is_left_out_and_said(subscription, opened, goods, leeks, chards, outcome):
    for sku, left in (("leek", leeks), ("chard", chards)):
        Supply.objects.filter(pk=goods[sku].pk).update(quantity=left)
    opened()
    run = only_run()
    got = {line["product"]: D(line["got"]) for line in run.lines}
    assert run.outcome == outcome
    if outcome == "failed":
        assert (run.order, run.reason, got) == (None, "Nothing of it was left.", {})
        assert mail.outbox[0].subject.startswith("Does not come this week")
        assert "Nothing of it was left." in mail.outbox[0].body and "Thursday 19 March" in mail.outbox[0].body
    else:
        assert sorted(got.values()) == sorted([min(leeks, 3), min(chards, 2)])
        assert "This was not there any more" in mail.outbox[0].body


def test_what_became_dearer_never_makes_the_box_cost_more_than_was_said(subscription, opened, leek, chard, alice):
    stock.announce(product=chard, week_on=NEXT, quantity=D(50), price=D("3.50"), by=alice)
    opened()
    run = only_run()
    assert asked(run.order) == {"leek": 3, "chard": 1}
    assert sum(line.gross * line.quantity for line in run.order.lines.all()) <= D(14)
    assert run.outcome == "partly"


def test_an_order_that_is_there_already_gets_the_box_on_top(subscription, coming_cycle, goods, household, bob):
    cycles.open_cycle(cycle=coming_cycle)
    delivery = coming_cycle.days.get(on=NEXT + timedelta(days=3)).deliveries.get(pickup_point__code="a1")
    offer = Offer.objects.get(
        supply=goods["chard"], delivery_day=delivery.delivery_day, price_group__audience="household"
    )
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob)
    turning.queue_due()
    outbox.drain()
    assert not SubscriptionRun.objects.exists(), "what she is still filling is not confirmed for her"
    order.refresh_from_db()
    assert order.status == "basket"
    checkout.place_order(order=order, by=bob)
    with clock.at(clock.now() + timedelta(minutes=3)):
        outbox.drain()
    assert asked(only_run().order) == {"chard": 7, "leek": 3}


def test_a_basket_that_stays_unconfirmed_is_waited_for_until_six_hours_before_the_cut_off(
    subscription, coming_cycle, goods, household, bob
):
    cycles.open_cycle(cycle=coming_cycle)
    day = coming_cycle.days.get(on=NEXT + timedelta(days=3))
    offer = Offer.objects.get(supply=goods["chard"], delivery_day=day, price_group__audience="household")
    with clock.at(day.closes_at - timedelta(hours=5)):
        order = basket.open_order(buyer=household, delivery=day.deliveries.get(outlet=None), by=bob)
        basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob)
        turning.queue_due()
        outbox.drain()
    assert (only_run().outcome, only_run().reason[:28]) == ("failed", "You had not confirmed the ba")
    assert Order.objects.get().status == "basket"


def test_a_basket_that_lapsed_is_waited_for_as_long_and_then_makes_room_for_the_box(
    subscription, coming_cycle, goods, household, bob
):
    day = coming_cycle.days.first()
    offer = Offer.objects.get(supply=goods["chard"], delivery_day=day, price_group__audience="household")
    cycles.open_cycle(cycle=coming_cycle)
    order = basket.open_order(buyer=household, delivery=day.deliveries.get(outlet=None), by=bob)
    basket.fill(order=order, quantities={offer.pk: Decimal(1)}, by=bob)
    with clock.at(clock.now() + timedelta(hours=2)):
        basket.expire_holds()
        turning.queue_due()
        outbox.drain()
        assert not SubscriptionRun.objects.exists()
    with clock.at(day.closes_at - timedelta(hours=5)):
        outbox.drain()
    run = SubscriptionRun.objects.get()
    assert (run.outcome, run.order) == ("filled", order)
    assert not order.lapsed.exists()


def test_a_box_that_is_not_composed_is_waited_for_and_then_said(subscription, coming_cycle, size):
    boxes.compose(size=size, week_on=NEXT, content={}, by=None)
    cycles.open_cycle(cycle=coming_cycle)
    closes_at = coming_cycle.days.get(on=NEXT + timedelta(days=3)).closes_at
    with clock.at(closes_at - turning.LAST_CALL - timedelta(minutes=1)):
        assert turning.queue_due() == 0
    with clock.at(closes_at - turning.LAST_CALL):
        assert turning.queue_due() == 1
        outbox.drain()
    assert (only_run().outcome, only_run().reason) == ("failed", "Nothing was put in this box this week.")


def test_late_after_the_cut_off_it_is_said_that_it_was_too_late(subscription, coming_cycle):
    cycles.open_cycle(cycle=coming_cycle)
    day = coming_cycle.days.get(on=NEXT + timedelta(days=3))
    with clock.at(day.closes_at + timedelta(minutes=1)):
        assert turning.queue_due() == 1
        outbox.drain()
    assert only_run().reason.startswith("Ordering for this day has closed.")


def test_a_full_pickup_point_names_the_nearest_with_room(subscription, opened, network, coming_cycle):
    DeliveryCapacity.objects.filter(delivery__delivery_day__cycle=coming_cycle).update(hard=0, soft=0)
    opened()
    assert (only_run().outcome, only_run().reason[:37]) == ("failed", "There is no room left here for cool g")
    assert not Order.objects.exists() and reserved() == {"leek": 0, "chard": 0}


def test_the_minimum_order_holds_for_a_list_and_not_for_a_box(
    subscription, opened, network, household, bob, terms, leek
):
    network.minimum_order = D(15)
    network.save()
    opened()
    assert only_run().outcome == "filled"
    checkout.cancel_order(order=only_run().order, by=bob)
    subscriptions.subscribe(buyer=household, network=network, terms=terms, starts_on=NEXT, by=bob, lines={leek: D(2)})
    opened()
    assert SubscriptionRun.objects.latest("pk").reason.startswith("A basket starts at € 15")


def test_who_left_the_network_gets_nothing_more(subscription, opened, household):
    household.memberships.update(left_on=NEXT)
    opened()
    assert only_run().reason.startswith("You are no member of this network")


def test_skipped_paused_and_stopped_ones_are_left_alone_and_undone_in_time_they_come(
    subscription, opened, coming_cycle, bob
):
    subscriptions.skip(subscription=subscription, week_on=NEXT, by=bob)
    assert opened() == 0
    subscriptions.as_usual(subscription=subscription, week_on=NEXT, by=bob)
    subscriptions.pause(subscription=subscription, first=NEXT, last=NEXT + timedelta(days=3), by=bob)
    assert turning.queue_due() == 0
    subscriptions.pause(subscription=subscription, first=None, last=None, by=bob)
    subscriptions.stop(subscription=subscription, by=bob)
    assert turning.queue_due() == 0
    Subscription.objects.update(stopped_at=None)
    assert turning.queue_due() == 1
    outbox.drain()
    assert only_run().outcome == "filled"


def test_skipped_while_it_was_queued_it_is_not_ordered_and_comes_when_that_is_undone(subscription, coming_cycle, bob):
    cycles.open_cycle(cycle=coming_cycle)
    assert turning.queue_due() == 1
    subscriptions.skip(subscription=subscription, week_on=NEXT, by=bob)
    outbox.drain()
    assert not SubscriptionRun.objects.exists()
    subscriptions.as_usual(subscription=subscription, week_on=NEXT, by=bob)
    turning.queue_due()
    outbox.drain()
    assert only_run().outcome == "filled"


def test_a_box_that_is_given_away_is_collected_by_the_cause_and_paid_by_the_household(
    cycle, network, coming_cycle, goods, subscription, shop, household, bob
):
    other = make_point(network, "b2")
    week = NEXT + timedelta(weeks=1)
    given = cycles.plan_cycle(network=network, week_on=week)
    for supply in goods.values():
        stock.announce(product=supply.product, week_on=week, quantity=D(50), price=supply.price, by=None)
    boxes.compose(size=subscription.size, week_on=week, content=boxes.content_of(subscription.size, NEXT), by=None)
    cause = Cause.objects.create(
        network=network, name="Voedselbank", organisation=shop.organisation, pickup_point=other
    )
    subscriptions.give(subscription=subscription, week_on=week, cause=cause, by=bob)
    cycles.open_cycle(cycle=given)
    turning.turn(subscription.pk, given.pk)
    outbox.drain()
    run = only_run()
    assert (run.cause, run.order.buyer, run.order.delivery.pickup_point) == (cause, household, other)
    assert run.order.reference == "Voedselbank"
    assert [letter.subject for letter in mail.outbox] == ["Given away on Thursday 19 March: Groentepakket, klein"]


def test_on_a_holiday_it_comes_the_day_it_moved_to_or_is_told_when_it_does(
    network, point, size, household, bob, terms, coming_cycle
):
    subscriptions.subscribe(buyer=household, network=network, terms=terms, starts_on=NEXT, by=bob, size=size)
    dropped, moved = NEXT + timedelta(weeks=1), NEXT + timedelta(weeks=2)
    Holiday.objects.create(network=network, on=dropped + timedelta(days=3), name="Rerum Novarum")
    Holiday.objects.create(network=network, on=moved + timedelta(days=3), moved_to=moved + timedelta(days=2))
    one = Subscription.objects.get()
    for week_on in (dropped, moved):
        made = cycles.plan_cycle(network=network, week_on=week_on)
        if week_on == moved:
            for sku in ("leek", "chard"):
                product = size.box.producer.products.get(sku=sku)
                stock.announce(product=product, week_on=moved, quantity=D(50), price=D("1.60"), by=None)
            leek, chard = size.box.producer.products.order_by("pk")
            boxes.compose(size=size, week_on=moved, content={leek.pk: D(3), chard.pk: D(2)}, by=None)
        cycles.open_cycle(cycle=made)
        turning.turn(one.pk, made.pk)
    told, came = SubscriptionRun.objects.order_by("cycle__week_on")
    assert (told.outcome, told.order) == ("no_delivery", None)
    assert (came.outcome, came.order.delivery.delivery_day.on) == ("filled", moved + timedelta(days=2))
    outbox.drain()
    assert "Wednesday 25 March" in mail.outbox[0].body


def test_an_own_list_with_beer_is_ordered_with_the_age_that_was_declared(
    network, farm, leek, coming_cycle, goods, household, bob, terms, opened, alice
):
    leek.alcohol = D(6)
    leek.save()
    told = {"buyer": household, "network": network, "terms": terms, "starts_on": NEXT, "by": bob, "lines": {leek: D(2)}}
    with pytest.raises(Exception, match="There is alcohol on your list"):
        subscriptions.subscribe(**told)
    subscriptions.subscribe(age_declared=True, **told)
    opened()
    assert (asked(only_run().order), only_run().order.age_declared) == ({"leek": 2}, True)


def test_the_queries_of_queueing_are_as_many_for_many(
    subscription, coming_cycle, network, terms, size, django_assert_num_queries
):
    cycles.open_cycle(cycle=coming_cycle)
    counts = []
    for more in (0, 5):
        for number in range(more):
            person = make_person(f"more{number}")
            subscriptions.subscribe(
                buyer=make_household(network, person.name, person), network=network, terms=terms, starts_on=NEXT, by=person, size=size,
            )  # fmt: skip
        OutboxEntry.objects.all().delete()
        with django_assert_num_queries(7):
            counts.append(turning.queue_due())
    assert counts == [1, 6]
    assert Cycle.objects.open().count() == 2
