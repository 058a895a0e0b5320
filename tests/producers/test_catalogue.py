"""Repeating a week, the list of farms, the history of a supply, and what the law wants shown."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from network import clock
from network.errors import Refused
from network.models import Membership
from producers import catalogue, particulars, stock
from producers.models import Offer, Product, Supply
from tests.conftest import MONDAY, make_producer, make_product, open_week

D = Decimal
NEXT = MONDAY + timedelta(weeks=1)


@pytest.mark.django_db
def test_last_week_is_repeated_but_for_what_is_here_already(network, cycle, farm, leek, alice) -> None:
    open_week(network, NEXT)
    carrot, kale = make_product(farm, "carrot"), make_product(farm, "kale")
    gone = make_product(farm, "beet")
    rows = [
        stock.Announcement(leek, D(10), D("1.60")),
        stock.Announcement(carrot, D(20), D(2), listed=False),
        stock.Announcement(kale, D(30), D(3)),
        stock.Announcement(gone, D(30), D(3)),
    ]
    first, *_ = stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    stock.reserve({first.pk: D(4)})
    Product.objects.filter(pk=gone.pk).update(archived_at=clock.now())
    stock.announce(product=kale, week_on=NEXT, quantity=D(1), price=D(9), by=alice)
    assert catalogue.repeat_last_week(producer=farm, week_on=NEXT, by=alice) == 2
    repeated = (
        Supply.objects.filter(week_on=NEXT).order_by("product").values_list("product", "quantity", "reserved", "price")
    )
    assert list(repeated) == [
        (leek.pk, D(10), D(0), D("1.6")), (carrot.pk, D(20), D(0), D(2)), (kale.pk, D(1), D(0), D(9)),
    ]  # fmt: skip
    assert set(Offer.objects.filter(supply__week_on=NEXT, listed=False).values_list("supply__product", flat=True)) == {
        carrot.pk
    }
    with pytest.raises(Refused, match="nothing that is not here"):
        catalogue.repeat_last_week(producer=farm, week_on=NEXT, by=alice)


@pytest.mark.django_db
def test_farms_of_a_network_by_name_with_what_they_sell(
    network, cycle, farm, leek, alice, django_assert_num_queries
) -> None:
    second = make_producer(network, "Abdijhoeve", lat=51.04, lon=3.73)
    left = make_producer(network, "Zandhoeve")
    Membership.objects.filter(organisation=left.organisation).update(left_on=MONDAY)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
    with django_assert_num_queries(3):
        found = catalogue.farms_of(network)
    assert [(e.number, e.farm, e.drawings, e.selling) for e in found] == [(1, second, [], 0), (2, farm, ["leek"], 1)]
    assert found[0].distance_km == 0
    assert round(found[1].distance_km or 0, 1) == 11.3


@pytest.mark.django_db
def test_the_history_of_a_supply_tells_from_what_to_what(cycle, leek, alice) -> None:
    for minutes, (quantity, price) in enumerate((("10", "2"), ("8", "2"), ("8", "2.5"))):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(quantity), price=D(price), by=alice)
    told: list[Any] = [(c.kind, c.old, c.new, c.by) for c in catalogue.history_of(supply)]
    assert told == [
        ("price", D(2), D("2.5"), alice),
        ("stock", D(10), D(8), alice),
        ("stock", D(0), D(10), alice),
        ("price", None, D(2), alice),
    ]


@pytest.mark.parametrize(
    ("fields", "size", "per"),
    [
        (
            {"unit": "kg", "net_unit": "kg", "net_quantity": D(1), "sold_by_weight": True},
            "per kg, weighed",
            "€ 2.40/kg",
        ),
        ({"unit": "bunch", "net_unit": "kg", "net_quantity": D("0.7")}, "bunch, 700 g", "€ 3.43/kg"),
        ({"unit": "bottle", "net_unit": "l", "net_quantity": D("0.75")}, "bottle, 750 ml", "€ 3.20/l"),
        ({"unit": "bag", "net_unit": "kg", "net_quantity": D("2.5")}, "bag, 2.5 kg", "€ 0.96/kg"),
        ({"unit": "box", "net_unit": "piece", "net_quantity": D(6)}, "box, 6 pieces", "€ 0.40/piece"),
        ({"unit": "piece", "net_unit": "piece", "net_quantity": D(1)}, "piece", "€ 2.40/piece"),
    ],
)
def test_what_a_unit_is_and_what_it_costs_per_measure(fields, size, per) -> None:
    product = Product(**fields)
    with override("en"):
        assert particulars.size_of(product).replace("\u00a0", " ") == size
        assert particulars.measure_price(D("2.40"), product).replace("\u00a0", " ") == per


def test_allergens_in_the_order_of_the_law() -> None:
    assert particulars.allergens_of(Product(allergens=["mustard", "gluten", "celery"])) == [
        "gluten",
        "celery",
        "mustard",
    ]


def test_a_product_without_a_season_is_there_all_year() -> None:
    assert [on for _name, _letter, on in particulars.months_of(Product(season=[]))] == [True] * 12
    assert [name for name, _letter, on in particulars.months_of(Product(season=[6, 5])) if on] == ["May", "June"]
