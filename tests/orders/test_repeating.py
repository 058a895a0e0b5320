"""As last time: as much of it as there is, nothing lowered, and what became dearer or is not there is said."""

from decimal import Decimal

import pytest
from django.urls import reverse

from network import clock
from orders import basket, checkout, repeating
from orders.models import Order
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, make_household, make_producer, make_product, open_week
from tests.producers.test_desk import text

D = Decimal
NEXT = MONDAY.replace(day=9)


@pytest.fixture
def before(supply, ordered, household, bob, farm, alice, cycle, day, delivery):
    """Bob's order of Thursday 5 March: 4 kg of leek and 3 of chard."""
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    offer = Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    ordered(household, bob, 4)
    return ordered(household, bob, 3, of=offer)


@pytest.fixture
def now(before, network):
    """The delivery of a week later, at the same point."""
    return open_week(network, NEXT).days.get(on=NEXT.replace(day=12)).deliveries.get(pickup_point__code="a1")


def announce(product, quantity, price="1.60"):
    return stock.announce(product=product, week_on=NEXT, quantity=D(quantity), price=D(price), by=None)


def test_what_is_there_is_put_in_and_reserved(before, now, leek, household, bob):
    supply = announce(leek, 20)
    order = basket.open_order(buyer=household, delivery=now, by=bob)
    chard = before.lines.get(product__sku="chard").product_id
    order, grown = repeating.put_in(order=order, wishes={leek.pk: D(4), chard: D(3)}, by=bob)
    assert grown == {leek.pk: D(4)}
    supply.refresh_from_db()
    assert (supply.reserved, list(order.lines.values_list("product", "quantity"))) == (4, [(leek.pk, 4)])


@pytest.mark.parametrize(
    ("inside", "left", "becomes"), [(0, 20, 4), (1, 20, 4), (6, 20, 6), (0, 3, 3), (2, 1, 3), (0, 0, None)]
)
def test_nothing_in_the_basket_is_lowered_and_less_is_better_than_nothing(
    before, now, leek, household, bob, inside, left, becomes
):
    supply = announce(leek, inside + left)
    order = basket.open_order(buyer=household, delivery=now, by=bob)
    offer = Offer.objects.get(supply=supply, delivery_day=now.delivery_day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: D(inside)}, by=bob)
    order, _grown = repeating.put_in(order=order, wishes={leek.pk: D(4)}, by=bob)
    assert list(order.lines.values_list("quantity", flat=True)) == ([becomes] if becomes else [])


def test_on_top_adds_to_what_is_in_the_basket(before, now, leek, household, bob):
    announce(leek, 9)
    order = basket.open_order(buyer=household, delivery=now, by=bob)
    for wanted, quantity in ((4, 4), (4, 8), (4, 9)):
        order, _grown = repeating.put_in(order=order, wishes={leek.pk: D(wanted)}, by=bob, on_top=True)
        assert order.lines.get().quantity == quantity


def test_goods_sold_by_the_half_kilo_are_put_in_by_whole_halves(before, now, farm, household, bob):
    veal = make_product(farm, "veal", step=D("0.5"), category="meat")
    supply = announce(veal, 5)
    Supply.objects.filter(pk=supply.pk).update(quantity=D("1.3"))
    order = basket.open_order(buyer=household, delivery=now, by=bob)
    order, grown = repeating.put_in(order=order, wishes={veal.pk: D("2.5")}, by=bob)
    assert grown == {veal.pk: D(1)}


def test_the_nearest_alternative_is_alike_before_it_is_near(before, now, farm, leek, network, household):
    """The same drawing, then the same unit, then the same farm, then the nearest weight."""
    other = make_producer(network, "Hoeve Bert")
    beet = make_product(farm, "beet", drawing="beet")
    bunch = make_product(farm, "leek-bunch", unit="bunch")
    theirs = make_product(other, "leek")
    apple = make_product(farm, "apple", category="fruit")
    for product in (apple, beet, bunch, theirs):
        announce(product, 9)
        group = basket.price_group_of(household, network)
        found = repeating.alternatives(now, group, [leek])
        assert found.get(leek.pk, None) is None or found[leek.pk].supply.product == product
    assert found[leek.pk].supply.product == theirs
    Supply.objects.filter(product=theirs, week_on=NEXT).update(reserved=9)
    assert repeating.alternatives(now, group, [leek])[leek.pk].supply.product == bunch


def test_one_tap_fills_the_basket_and_says_what_differs(
    before, now, leek, farm, network, household, bob, visit, django_assert_num_queries
):
    announce(leek, 3, "2.00")
    announce(make_product(farm, "winter leek"), 9)
    url = reverse("orders:again", args=[network.slug])
    client = visit(bob)
    page = client.get(reverse("orders:shop", args=[network.slug]), {"delivery": now.pk})
    assert "Same as last time" in text(page)
    answer = client.post(url, {"delivery": now.pk})
    assert answer.headers["Location"] == f"{url}?delivery={now.pk}&order={before.pk}"
    with django_assert_num_queries(14):
        shown = client.get(answer.headers["Location"])
    said = text(shown)
    assert (
        "1 of 2 products are in your basket. 2 are not there, or not enough of them. 1 has another price than then."
        in said
    )
    assert "€ 2.39 → € 2.92" in said and "not enough: 0 more to be had" in said and "not for sale this day" in said
    assert "Take winter leek of Hoeve Alice, € 2.39" in said
    assert Order.objects.get(delivery=now).lines.get().quantity == 3
    client.post(url, {"delivery": now.pk, "order": before.pk})
    assert Order.objects.get(delivery=now).lines.get().quantity == 3, "twice is once"


def test_only_what_was_ordered_by_ones_own_is_ordered_again(before, now, network, charlie, visit):
    make_household(network, "Gezin Charlie", charlie)
    client = visit(charlie)
    url = reverse("orders:again", args=[network.slug])
    assert client.post(url, {"order": before.pk}).status_code == 404
    assert client.post(url, {"order": "x"}).status_code == 404
    page = client.post(url, follow=True)
    assert "You have no earlier order here yet." in text(page)
    assert "Same as last time" not in text(page)


def test_an_order_that_was_called_off_is_not_repeated(before, now, network, household, bob, delivery):
    with clock.at(clock.now()):
        checkout.cancel_order(order=before, by=bob)
    assert not repeating.earlier_orders(household, network).exists()
