"""What is asked and grown by nobody, in numbers; and kilos by week of the year, never of fewer than four farms."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from network import charts, clock
from orders import asked, basket, checkout, closing, crops
from orders.models import PurchaseOrder, PurchaseOrderLine, SubscriptionRun
from producers import stock, words
from producers.models import Offer, Supply
from tests.conftest import MONDAY, make_network, make_person, make_producer, make_product
from tests.producers.test_prices import text

D = Decimal
pytestmark = pytest.mark.django_db
LEEK = "dfc-pt:leek"


def leeks(network, number, kilos, week_on=MONDAY, **fields):
    """So many farms that each were asked so many kilos of leek in a week."""
    cycle = network.cycles.filter(week_on=week_on).first() or network.cycles.create(
        week_on=week_on, opens_at=clock.now(), status="closed"
    )
    day = cycle.days.first() or cycle.days.create(on=week_on, closes_at=clock.now(), status="settled")
    for index in range(number):
        farm = make_producer(network, f"{index} {week_on:%j} {network.slug}")
        ask(farm, day, kilos, **fields)


def ask(farm, day, kilos, **fields):
    product = farm.products.first() or make_product(farm, dfc_type=LEEK, **fields)
    supply, _fresh = Supply.objects.get_or_create(
        product=product, week_on=day.cycle.week_on, defaults={"quantity": D(100), "price": D(2)}
    )
    order = PurchaseOrder.objects.create(delivery_day=day, producer=farm, total=0)
    PurchaseOrderLine.objects.create(
        purchase_order=order, supply=supply, product=product, name="Prei", unit="kg", quantity=D(kilos), price=D(2)
    )


def test_what_was_searched_often_enough_is_told_and_never_by_whom(network, farm):
    for _time in range(3):
        words.note_unmet(network=network, text="Schorseneren")
    words.note_unmet(network=network, text="Jan Peeters")
    with clock.at(clock.now() - timedelta(weeks=20)):
        for _time in range(5):
            words.note_unmet(network=network, text="koolrabi")
    other = make_network("leuven")
    for _time in range(4):
        words.note_unmet(network=other, text="venkel")
    (found,) = asked.asked_of(farm, [network])
    assert found.searched == [("schorseneren", 3)]


def test_what_sold_out_counts_weeks_and_farms_and_says_whether_she_sells_it(network, farm, leek, alice, cycle):
    type(leek).objects.filter(pk=leek.pk).update(dfc_type=LEEK)
    eve = make_product(make_producer(network, "Hoeve Eve"), dfc_type=LEEK)
    honey = make_product(make_producer(network, "Hoeve Bij"), "honey", dfc_type="dfc-pt:honey", category="pantry")
    left = make_product(make_producer(network, "Hoeve Rest"), "eggs", dfc_type="dfc-pt:egg")
    for product, quantity, taken in ((leek, 5, 5), (eve, 4, 4), (honey, 3, 3), (left, 9, 8)):
        supply = stock.announce(product=product, week_on=MONDAY, quantity=D(quantity), price=D(2), by=alice)
        stock.reserve({supply.pk: D(taken)})
    nothing = stock.announce(product=left, week_on=MONDAY + timedelta(weeks=1), quantity=D(0), price=D(2), by=alice)
    assert nothing.reserved == 0
    (found,) = asked.asked_of(farm, [network])
    assert [(one.name, one.weeks, one.farms, one.hers) for one in found.sold_out] == [
        ("Leeks", 1, 2, True),
        ("Honey", 1, 1, False),
    ]
    elsewhere = make_network("leuven")
    assert asked.asked_of(farm, [elsewhere])[0].is_nothing


def test_what_standing_orders_did_not_get_adds_up(network, farm, leek, cycle, subscription_runs):
    type(leek).objects.filter(pk=leek.pk).update(dfc_type=LEEK)
    subscription_runs({"wanted": "5", "got": "2"}, {"wanted": "2", "got": "1.5"}, {"wanted": "4", "got": "4"})
    (found,) = asked.asked_of(farm, [network])
    assert [(one.name, one.missing, one.unit, one.weeks) for one in found.unfilled] == [("Leeks", D("3.5"), "kg", 1)]


@pytest.fixture
def subscription_runs(network, leek, household, point, bob, cycle, delivery):
    """Runs of as many weekly lists of leek, partly filled."""
    from orders.models import Order, Subscription

    def made(*lines):
        for number, line in enumerate(lines):
            one = Subscription.objects.create(
                buyer=household, network=network, pickup_point=point, weekday=number, rhythm="weekly",
                starts_on=MONDAY, made_by=bob,
            )  # fmt: skip
            order, _fresh = Order.objects.get_or_create(buyer=household, delivery=delivery)
            outcome = "filled" if line["wanted"] == line["got"] else "partly"
            SubscriptionRun.objects.create(
                subscription=one, cycle=cycle, outcome=outcome, order=order, lines=[line | {"product": leek.pk}]
            )

    return made


def last(weeks):
    return MONDAY - timedelta(weeks=weeks)


def test_kilos_by_week_of_the_year_only_where_four_farms_sold_it(network, farm):
    leeks(network, 3, 10, last(2))
    assert crops.kinds_of([network]) == []
    day = network.cycles.get(week_on=last(2)).days.get()
    ask(farm, day, 7)
    leeks(network, 3, 5, last(9))
    leeks(network, 4, 5, last(60))
    leeks(make_network("leuven"), 4, 50, last(2))
    assert crops.kinds_of([network]) == [("vegetables", "Vegetables, all together"), (LEEK, "Leeks")]
    crop = crops.crop_of(farm, [network], LEEK, "Leeks")
    assert [(week.number, week.together, week.own) for week in crop.weeks] == [(1, None, 0), (8, D(37), D(7))]
    assert crop.season == [1, 2, 3, 4, 7, 8, 9, 10, 11, 12]


def test_kinds_of_other_units_count_by_their_weight(network, farm):
    leeks(network, 4, 10, last(2), unit="bunch", unit_kg=D("0.7"), net_quantity=D("0.7"))
    crop = crops.crop_of(farm, [network], "vegetables", "Vegetables")
    assert [(week.together, week.own) for week in crop.weeks] == [(D(28), 0)]


def test_a_week_that_may_not_be_shown_has_no_column_and_a_dash():
    picture = charts.columns([{"label": "8", "values": [None, D(3)]}], [{"kind": "rest"}, {"kind": "farm"}])
    assert [column["height"] for column in picture["rows"][0]["columns"]] == [0, 120]


def test_her_page_tells_all_of_it_to_her_alone(
    network, farm, leek, alice, household, delivery, day, bob, dana, visit, django_assert_num_queries
):
    type(leek).objects.filter(pk=leek.pk).update(dfc_type=LEEK)
    client, url = visit(alice), reverse("orders:asked", args=[farm.slug])
    shown = text(client.get(url))
    assert "Nothing yet: everything that was asked could be had." in shown and "Nothing to show yet" in shown
    assert url in client.get(reverse("producers:desk", args=[farm.slug])).content.decode()
    for _time in range(3):
        words.note_unmet(network=network, text="Schorseneren")
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(4), price=D(2), by=alice)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    offer = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: D(4)}, by=bob)
    checkout.place_order(order=order, by=bob)
    closing.close_day(day=day)
    leeks(network, 4, 10, last(3))
    ask(farm, network.cycles.get(week_on=last(3)).days.get(), 6)
    client.get(url)
    with django_assert_num_queries(11):
        shown = text(client.get(url + f"?kind={LEEK}"))
    assert "schorseneren 3 times" in shown and "Leeks you sell it 1 week, 1 farm" in shown
    assert "Leeks: kilos by week of the year" in shown and "7 46 kg 6 kg" in shown
    assert "Usual season" in shown and "Gezin Bob" not in shown and "0 040 gent" not in shown
    assert client.get(url + "?kind=nothing").status_code == 200
    make_person("eve")
    assert visit(dana).get(url).status_code == 403
