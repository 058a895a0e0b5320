"""Sold only if enough is ordered: seen by buyers, decided at its moment, on her word or when a day closes, and told to everybody."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db.models import F
from django.urls import reverse

from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryCapacity
from orders import basket, closing, pooling, tasks
from orders.models import Order, OrderLine
from producers import catalogue, desk, standing, stock
from producers import pooling as pools
from producers.models import Offer, Pool, Supply
from tests.conftest import MONDAY, make_household, make_person

D = Decimal


@pytest.fixture
def pool(supply, day, alice):
    """Of the twenty, twelve must be ordered by Tuesday at nine, three hours before the day closes."""
    return pools.gather(supply=supply, threshold=D(12), decides_at=day.closes_at - timedelta(hours=3), by=alice)


@pytest.fixture
def three(pool, ordered, network):
    """Ann confirmed 6, Bea 3: nine."""
    orders = []
    for name, quantity in (("ann", 6), ("bea", 3)):
        person = make_person(name, language="en")
        orders.append(ordered(make_household(network, f"Gezin {name}", person), person, quantity))
    return orders


def state(pool):
    pool.refresh_from_db()
    supply = Supply.objects.get(pk=pool.supply_id)
    return pool.status, supply.quantity, supply.reserved


def test_too_few_and_every_line_lapses_and_is_told(three, pool, basket_of, household, bob, network):
    """Bob's basket does not count: it was not confirmed."""
    basket_of(household, bob, 5)
    outbox.drain()
    mail.outbox.clear()
    with clock.at(pool.decides_at):
        assert pooling.due() == [pool.pk]
        assert pooling.decide(pool=pool)
        assert not pooling.decide(pool=pool)
        assert pooling.due() == []
        assert outbox.drain() == 3
    assert state(pool) == ("off", 0, 0)
    assert not OrderLine.objects.exists() and not Offer.objects.filter(listed=True).exists()
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "cancelled", "basket"]
    assert not DeliveryCapacity.objects.exclude(booked=0).exists()
    ann, _bea, his = sorted(mail.outbox, key=lambda one: one.to)
    assert ann.subject == "One product does not come on Thursday 5 March"
    assert (
        "too few people ordered leek of Hoeve Alice, so it does not go on. Your 6 kg for Thursday 5 March" in ann.body
    )
    assert "bob@example.org" in his.to[0]
    said = journal.history_of(pool.supply).first()
    assert (said.action, said.actor, said.data) == ("called it off", None, {"number": "9.000", "of": "12.000"})


def test_enough_goes_on_and_the_rest_can_be_ordered_again(three, pool, ordered, household, bob):
    ordered(household, bob, 3)
    with clock.at(pool.decides_at):
        assert not Offer.objects.on_sale().exists()
        assert tasks.decide_pool(pool.pk)
        assert not tasks.decide_pool(pool.pk)
        assert Offer.objects.on_sale().count() == 4
    assert state(pool) == ("on", 20, 12)
    assert journal.history_of(pool.supply).first().action == "it goes on"


def test_after_its_moment_nobody_orders_more(three, pool, basket_of, household, bob):
    with clock.at(pool.decides_at), pytest.raises(basket.BasketRefused) as refused:
        basket_of(household, bob, 5)
    assert refused.value.message == "This is no longer for sale."


@pytest.mark.parametrize(("word", "after"), [("on", ("on", 20, 9)), ("off", ("off", 0, 0))])
def test_her_word_decides_whatever_is_ordered(three, pool, alice, visit, word, after):
    page = visit(alice)
    url = reverse("orders:pool", args=[pool.supply_id])
    assert page.post(url, {"what": word}).status_code == 302
    assert state(pool) == after
    page.post(url, {"what": "on" if word == "off" else "off"})
    assert state(pool) == after
    assert page.get(url).status_code == 200


def test_a_day_that_closes_early_decides_first(three, pool, day, dana):
    """Its coordinator closes on Monday: nine of twelve, so nothing is frozen of it, and no purchase order is made."""
    assert closing.close_day(day=day, by=dana)
    assert state(pool) == ("off", 0, 0)
    assert not Order.objects.filter(status=Order.Status.CLOSED).exists()


def test_what_goes_on_is_closed_as_everything(three, pool, day, alice):
    pooling.decide(pool=pool, goes_on=True, by=alice)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
    assert state(pool) == ("on", 20, 9)
    assert OrderLine.objects.filter(order__status="closed", quantity=F("confirmed")).count() == 2


@pytest.mark.parametrize(
    ("threshold", "hours", "field", "said"),
    [
        (0, -3, "threshold", "Enter more than 0, and no more than you announced."),
        (21, -3, "threshold", "Enter more than 0, and no more than you announced."),
        (D("1.5"), -3, "threshold", "This is sold per 1. Enter a multiple of it."),
        (12, 1, "decides_at", "Choose a moment that is still to come, before the first of its days closes."),
        (12, -48, "decides_at", "Choose a moment that is still to come, before the first of its days closes."),
    ],
)
def test_what_cannot_be_gathered(supply, day, alice, threshold, hours, field, said):
    with pytest.raises(Refused) as refused:
        pools.gather(supply=supply, threshold=D(threshold), decides_at=day.closes_at + timedelta(hours=hours), by=alice)
    assert (refused.value.field, refused.value.message) == (field, said)
    assert not Pool.objects.exists() and not Offer.objects.exclude(closes_at=None).exists()


def test_nobody_is_bound_to_a_condition_she_did_not_know(supply, day, alice):
    stock.reserve({supply.pk: D(1)})
    with pytest.raises(Refused, match="Somebody ordered it already"):
        pools.gather(supply=supply, threshold=D(12), decides_at=day.closes_at, by=alice)


def test_as_last_week_does_not_repeat_it_without_its_condition(pool, supply, farm, alice):
    week_on = MONDAY + timedelta(weeks=1)
    assert desk.week_of(farm, week_on).repeatable == 0
    with pytest.raises(Refused, match="nothing that is not here already"):
        catalogue.repeat_last_week(producer=farm, week_on=week_on, by=alice)
    pool.delete()
    assert desk.week_of(farm, week_on).repeatable == 1
    assert catalogue.repeat_last_week(producer=farm, week_on=week_on, by=alice) == 1


def test_standing_stock_is_not_gathered_for(supply, day, alice, leek):
    standing.begin(product=leek, week_on=MONDAY, quantity=D(20), price=D(2), until_gone=False, sold={}, by=alice)
    with pytest.raises(Refused, match="carries over"):
        pools.gather(supply=supply, threshold=D(12), decides_at=day.closes_at, by=alice)


def test_buyers_see_how_far_it_is(three, pool, network, household, bob, visit, basket_of, leek):
    order = basket_of(household, bob, 1)
    page = visit(bob)
    shop = page.get(reverse("orders:shop", args=[network.slug])).content.decode()
    assert "goes on from 12: 10 ordered, decided Tuesday 09:00" in shop
    for url in (
        reverse("orders:product", args=[network.slug, leek.pk]),
        reverse("orders:confirm", args=[order.pk]),
        reverse("orders:detail", args=[order.pk]),
    ):
        assert "Goes on only if 12 are ordered; 10 are so far." in page.get(url).content.decode(), url


def test_the_farmer_sets_it_on_its_page(supply, alice, visit):
    page, url = visit(alice), reverse("orders:pool", args=[supply.pk])
    wrong = page.post(url, {"what": "gather", "threshold": "12", "decides_at": "straks"})
    assert wrong.status_code == 422 and not Pool.objects.exists()
    assert page.post(url, {"what": "gather", "threshold": "12", "decides_at": "2026-03-03T09:00"}).status_code == 302
    assert clock.local(Pool.objects.get().decides_at).hour == 9
    week = page.get(reverse("producers:week", args=[supply.product.producer.slug, str(MONDAY)])).content.decode()
    assert f'<a href="{url}">only from 12</a>' in week
