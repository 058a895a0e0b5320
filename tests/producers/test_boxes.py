"""What is in a box is for sale, in whole steps, and comes to its price at most and to 85 % of it at least."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from network import clock, journal
from network.errors import Refused
from producers import boxes, stock
from producers.models import Box, BoxSize, Offer, Product, Supply
from tests.conftest import MONDAY, make_network, make_person, make_producer, make_product, open_week

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


def test_goods_of_a_colleague_in_the_network_go_in_and_a_strangers_do_not(size, network, leek, cycle):
    bert = make_producer(network, "Hoeve Bert", make_person("bert"))
    away = make_network("aalst")
    strange = make_producer(away, "Hoeve Ver", make_person("ver"))
    open_week(away)
    pks = []
    for farm in (bert, strange):
        carrot = make_product(farm, "carrot")
        stock.announce(product=carrot, week_on=MONDAY, quantity=D(9), price=D("1.60"), by=None)
        pks.append(carrot.pk)
    assert boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(2), pks[0]: D(2)}, by=None) == D("9.56")
    with pytest.raises(Refused, match="This is not for sale in that week"):
        boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(2), pks[1]: D(2)}, by=None)


def test_a_farm_starts_a_box_with_its_sizes(network, farm, alice):
    box = boxes.start(
        network=network,
        producer=farm,
        kind="vegetables",
        name="Seizoenspakket",
        sizes=[("klein", D(12)), ("groot", D("19.50")), ("", None)],
        by=alice,
    )
    assert list(box.sizes.values_list("name__nl", "price")) == [("klein", D(12)), ("groot", D("19.50"))]
    with pytest.raises(Refused, match="There is a size of that name already"):
        boxes.add_size(box=box, name=" Klein ", price=D(14), by=alice)
    assert [entry.action for entry in journal.history_of(box)] == ["started a box", "added a size", "added a size"]


@pytest.mark.parametrize(
    ("sizes", "field", "said"),
    [
        ([("", None)], "size1", "A box has at least one size."),
        ([("klein", D(12)), ("", D(9))], "size2", "Give this size a name."),
        ([("klein", D(12)), ("groot", None)], "price2", "Enter a price from € 1 to € 500."),
        ([("klein", D(0))], "price1", "Enter a price from € 1 to € 500."),
        ([("klein", D(12)), ("klein", D(13))], "size2", "There is a size of that name already."),
    ],
)
def test_a_box_that_cannot_be_is_not_started(network, farm, alice, sizes, field, said):
    with pytest.raises(Refused) as refused:
        boxes.start(network=network, producer=farm, kind="meat", name="Vlees", sizes=sizes, by=alice)
    assert (refused.value.field, refused.value.message) == (field, said)
    assert not Box.objects.exists()


def test_a_farm_starts_no_box_where_it_does_not_sell(farm, alice):
    with pytest.raises(Refused, match="does not sell in this network"):
        boxes.start(
            network=make_network("aalst"), producer=farm, kind="meat", name="Vlees", sizes=[("a", D(9))], by=alice
        )


def test_its_pages(network, farm, alice, visit):
    page, url = visit(alice), reverse("orders:box_start", args=[farm.slug])
    sent = {"network": network.pk, "kind": "mixed", "name": "Van alles", "size1": "klein", "price1": "14,50"}
    wrong = page.post(url, sent | {"size2": "groot"})
    assert wrong.status_code == 422 and "Enter a price from € 1 to € 500." in wrong.content.decode()
    assert page.post(url, sent).status_code == 302
    box = Box.objects.get()
    size = reverse("orders:box_size", args=[farm.slug, box.pk])
    assert page.post(size, {"name": "groot", "price": "22"}).status_code == 302
    assert page.post(size, {"name": "groot", "price": "22"}).status_code == 422
    assert [str(one) for one in box.sizes.all()] == ["Van alles, klein", "Van alles, groot"]


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
