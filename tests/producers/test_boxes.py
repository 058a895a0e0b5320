"""What is in a box is for sale, in whole steps, and comes to its price at most and to 85 % of it at least."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import clock
from network.errors import Refused
from producers import boxes, stock
from producers.models import Box, BoxSize, Offer, Product, Supply
from tests.conftest import MONDAY, make_product

D = Decimal


@pytest.fixture
def size(cycle, farm, leek, alice, network):
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    box = Box.objects.create(network=network, producer=farm, name="Groentepakket")
    return BoxSize.objects.create(box=box, name="klein", price=D(10))


def test_what_is_composed_replaces_what_was_and_comes_to_what_households_pay(size, leek):
    assert boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(4)}, by=None) == D("9.56")
    assert boxes.content_of(size, MONDAY) == {leek.pk: D(4)}
    assert boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(0)}, by=None) == 0
    assert boxes.content_of(size, MONDAY) == {}


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("5", "This comes to € 11.95, and the box to € 10.00. Take out € 1.95."),
        ("3", "This comes to € 7.17 and the box costs € 10.00. Add something: at least € 8.50 is promised."),
        ("1.5", "This is sold per 1. Enter a multiple of it."),
        ("-1", "A quantity cannot be negative."),
    ],
)
def test_a_wrong_composition_is_refused_and_changes_nothing(size, leek, quantity, sentence):
    boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(4)}, by=None)
    with pytest.raises(Refused) as refused:
        boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(quantity)}, by=None)
    assert sentence in refused.value.message
    assert boxes.content_of(size, MONDAY) == {leek.pk: D(4)}


def test_only_what_is_for_sale_that_week_and_fits_the_kind_of_box_goes_in(size, farm, leek, alice):
    mince, beer = make_product(farm, "mince", category="meat"), make_product(farm, "beer", alcohol=D(6))
    for product in (mince, beer):
        stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D("1.60"), by=alice)
    assert list(boxes.goods_for(size.box, MONDAY)) == [leek.pk]
    for product in (mince, beer):
        with pytest.raises(Refused, match="This is not for sale in that week") as refused:
            boxes.compose(size=size, week_on=MONDAY, content={product.pk: D(4)}, by=None)
        assert refused.value.field == f"q{product.pk}"
    assert set(boxes.goods_for(Box(network=size.box.network, kind="mixed"), MONDAY)) == {leek.pk, mince.pk}


def test_a_week_that_has_closed_or_is_not_planned_is_not_composed(size, leek):
    for moment, week_on in ((clock.now() + timedelta(days=5), MONDAY), (clock.now(), MONDAY + timedelta(weeks=4))):
        with clock.at(moment), pytest.raises(Refused, match="has closed, or is not planned yet"):
            boxes.compose(size=size, week_on=week_on, content={leek.pk: D(4)}, by=None)


def test_goods_that_are_weighed_count_a_tenth_more(size, farm, alice):
    celeriac = make_product(farm, "celeriac", sold_by_weight=True)
    stock.announce(product=celeriac, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    size.price = D(11)
    assert boxes.compose(size=size, week_on=MONDAY, content={celeriac.pk: D(4)}, by=None) == D("10.52")


@given(
    price=st.decimals("0.01", 40, places=2),
    asked=st.lists(st.tuples(st.decimals("0.01", 9, places=2), st.integers(1, 9), st.booleans()), max_size=6),
)
def test_whatever_prices_became_a_box_never_costs_more_than_was_said(price, asked):
    content, offers = {}, {}
    for pk, (gross, quantity, by_weight) in enumerate(asked):
        product = Product(pk=pk, step=D(1), sold_by_weight=by_weight)
        offers[pk] = Offer(gross=gross, supply=Supply(product=product))
        content[pk] = D(quantity)
    kept = boxes.within(price, content, offers)
    assert boxes.value_of(kept, offers) <= price
    assert all(0 < kept[pk] <= content[pk] for pk in kept)
    if boxes.value_of(content, offers) <= price:
        assert kept == content
