"""What is missing is shared in proportion, in whole steps, and can be corrected; what the scales say is capped."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import journal
from network.errors import Refused
from network.models import DeliveryDay, Organisation
from orders import closing, shortages, weighing
from orders.models import OrderLine, PurchaseOrderLine
from tests.conftest import make_household, make_person

D = Decimal


@pytest.fixture
def closed(supply, ordered, network, day):
    """Orders of 1, 3 and 6 kg, closed: ten kilos asked."""
    for name, quantity in (("ann", 1), ("bea", 3), ("cis", 6)):
        person = make_person(name)
        ordered(make_household(network, f"Gezin {name}", person), person, quantity)
    closing.close_day(day=day)
    return PurchaseOrderLine.objects.get()


def packed():
    return list(OrderLine.objects.order_by("pk").values_list("packed", flat=True))


@pytest.mark.parametrize(
    ("missing", "left"),
    [(0, [None, None, None]), (1, [None, None, D(5)]), (5, [D(0), D(2), D(3)]), (10, [D(0), D(0), D(0)])],
)
def test_everybody_gives_up_in_proportion(closed, dana, missing, left):
    shortages.record_missing(line=closed, missing=D(missing), by=dana, reason="frost")
    assert packed() == left


def test_the_number_can_be_corrected_and_both_are_on_record(closed, dana):
    for missing in (7, 2, 0):
        closed = shortages.record_missing(line=closed, missing=D(missing), by=dana)
    assert (packed(), closed.missing) == ([None, None, None], 0)
    noted = journal.history_of(closed.purchase_order).filter(action="recorded as missing")
    assert [(e.data["before"], e.data["after"]) for e in noted] == [
        ("2.000", "0.000"),
        ("7.000", "2.000"),
        ("0.000", "7.000"),
    ]


@pytest.mark.parametrize(
    ("missing", "sentence"), [("11", "Only 10 was asked"), ("-1", "cannot be negative"), ("0.5", "sold per 1")]
)
def test_what_cannot_be_is_refused_beside_the_field(closed, dana, missing, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        shortages.record_missing(line=closed, missing=D(missing), by=dana)
    assert refused.value.field == "missing"
    assert packed() == [None, None, None]


def test_a_settled_day_is_corrected_otherwise(closed, dana, day):
    DeliveryDay.objects.filter(pk=day.pk).update(status="settled")
    with pytest.raises(Refused, match="has been settled"):
        shortages.record_missing(line=closed, missing=D(1), by=dana)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(missing=st.lists(st.integers(0, 10), min_size=1, max_size=4))
def test_what_is_given_up_is_what_is_missing_whatever_was_said_before(closed, dana, missing):
    for number in missing:
        shortages.record_missing(line=closed, missing=D(number), by=dana)
    left = sum(rest if rest is not None else order for order, rest in zip((1, 3, 6), packed()))
    assert left == 10 - missing[-1]


@pytest.fixture
def weighed_line(closed):
    OrderLine.objects.update(sold_by_weight=True)
    return OrderLine.objects.order_by("pk")[1]


@pytest.mark.parametrize(
    ("scales", "billed"), [("2.87", D("2.87")), ("3.3", D("3.300")), ("3.4", D("3.300")), ("0", D(0))]
)
def test_nobody_pays_for_more_than_a_tenth_above_what_was_ordered(weighed_line, dana, scales, billed):
    assert weighing.weigh(packed={weighed_line.pk: D(scales)}, by=dana) == 1
    weighed_line.refresh_from_db()
    assert weighing.billable(weighed_line) == billed


def test_what_is_not_weighed_is_billed_as_ordered_and_never_above(closed):
    line = OrderLine.objects.order_by("pk")[1]
    assert weighing.billable(line) == 3
    line.packed = D(4)
    assert weighing.billable(line) == 3


@pytest.mark.parametrize("weight", ["-0.001", "NaN", "Infinity"])
def test_no_weight_is_below_zero_or_no_number(weighed_line, dana, weight):
    with pytest.raises(Refused, match="cannot be negative"):
        weighing.weigh(packed={weighed_line.pk: D(weight)}, by=dana)


def test_weighing_is_all_or_nothing(weighed_line, dana):
    other = OrderLine.objects.order_by("pk")[0]
    OrderLine.objects.filter(pk=other.pk).update(sold_by_weight=False)
    with pytest.raises(Refused, match="cannot be weighed"):
        weighing.weigh(packed={weighed_line.pk: D(3), other.pk: D(1)}, by=dana)
    assert packed() == [None, None, None]


def test_who_wants_to_be_called_or_something_alike_is_said_to_the_coordinator_alone(closed, dana, gust, visit):
    ann, bea, cis = Organisation.objects.filter(kind="household", name__startswith="Gezin ").order_by("name")
    for home, wish in ((ann, "ask"), (bea, "refund"), (cis, "replace")):
        home.substitution = wish
        home.save()
    ann.people.update(phone="0470 12 34 56")
    cis.people.update(phone="0470 65 43 21")
    found = shortages.wishes_of(closed.purchase_order)
    assert [(wish.buyer, wish.wants, wish.products, wish.phones) for wish in found] == [
        ("Gezin ann", "call me first", ["leek"], ["0470 12 34 56"]),
        ("Gezin cis", "put something alike in its place", ["leek"], []),
    ]
    page = visit(dana).get(f"/purchase-orders/{closed.purchase_order_id}/missing/").content.decode()
    assert "0470 12 34 56" in page and "0470 65 43 21" not in page and "Gezin bea" not in page
