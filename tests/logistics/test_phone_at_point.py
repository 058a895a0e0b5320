"""What the phone of a volunteer sends from a pickup point: orders handed over, crates, bad goods and empties, once each."""

from datetime import timedelta
from decimal import Decimal

import pytest

from logistics import atpoint, phone, rounds
from logistics.models import Pickup
from network import journal
from orders.models import EmptiesReturn, Order, OrderLine
from producers.models import Product
from tests.conftest import NOW
from tests.logistics.test_phone import ago


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def delivery(planned):
    return planned.deliveries.get(pickup_point__code="a1")


@pytest.fixture
def order(planned, household):
    return Order.objects.get(buyer=household)


@pytest.fixture
def at_point(delivery, fien):
    def sent(*actions):
        return phone.carry_out(sent=actions, by=fien, delivery=delivery)

    return sent


def test_an_order_is_handed_over_once_and_the_last_word_counts(at_point, order, fien):
    action = ago(5, "hand_over", order=order.pk)
    assert [one.outcome for one in at_point(action, action)] == ["done", "already"]
    assert Pickup.objects.get().by == fien
    assert [one.outcome for one in at_point(ago(9, "take_back", order=order.pk))] == ["superseded"]
    assert [one.outcome for one in at_point(ago(2, "take_back", order=order.pk))] == ["done"]
    assert [one.outcome for one in at_point(ago(3, "hand_over", order=order.pk))] == ["superseded"]
    assert not Pickup.objects.exists()
    assert list(journal.history_of(order).values_list("action", flat=True)) == [
        "took back the hand-over",
        "handed over",
    ]


def test_an_order_of_elsewhere_or_still_open_is_not_handed_over(at_point, planned, order):
    elsewhere = Order.objects.exclude(pk=order.pk).get()
    assert "another pickup point" in at_point(ago(1, "hand_over", order=elsewhere.pk))[0].sentence
    Order.objects.filter(pk=order.pk).update(status="confirmed")
    assert "not closed yet" in at_point(ago(1, "hand_over", order=order.pk))[0].sentence
    assert not Pickup.objects.exists()


def test_crates_are_given_one_by_one(at_point, order, delivery):
    at_point(ago(3, "given", order=order.pk, letter="B1"), ago(2, "given", order=order.pk, letter="C1"))
    at_point(ago(1, "not_given", order=order.pk, letter="B1"))
    assert atpoint.given(delivery) == {(order.pk, "C1")}


def test_what_is_bad_is_not_paid_and_the_last_word_counts(at_point, order, leek, milk):
    leeks, bottles = OrderLine.objects.filter(order=order).order_by("pk")
    (answer,) = at_point(
        ago(5, "short", order=order.pk, **{f"gets_{leeks.pk}": "10", f"gets_{bottles.pk}": ""}, note="rot")
    )
    assert answer.outcome == "done"
    assert [one.outcome for one in at_point(ago(9, "short", order=order.pk, **{f"gets_{leeks.pk}": "2"}))] == [
        "superseded"
    ]
    leeks.refresh_from_db()
    bottles.refresh_from_db()
    assert (leeks.packed, bottles.packed) == (Decimal(10), None)
    entry = journal.history_of(order).get()
    assert (entry.reason, entry.data["before"][str(leeks.pk)], entry.data["after"][str(leeks.pk)]) == (
        "rot",
        "12.000",
        "10.000",
    )
    at_point(ago(1, "short", order=order.pk, **{f"gets_{leeks.pk}": "12"}))
    leeks.refresh_from_db()
    assert leeks.packed is None


def test_what_is_bad_is_not_lost_because_nobody_said_how_much(at_point, order):
    (answer,) = at_point(ago(1, "short", order=order.pk, why="bad", note="all the leek is rotten"))
    assert (answer.outcome, answer.sentence) == ("refused", "Write how much is really given of what is missing or bad.")


@pytest.mark.parametrize("gets", ["-1", "13", "1,5", "NaN", "all", "1e9"])
def test_an_impossible_quantity_is_refused_and_changes_nothing(at_point, order, gets):
    leeks, bottles = OrderLine.objects.filter(order=order).order_by("pk")
    (answer,) = at_point(ago(1, "short", order=order.pk, **{f"gets_{bottles.pk}": "1", f"gets_{leeks.pk}": gets}))
    assert answer.outcome == "refused"
    assert set(OrderLine.objects.values_list("packed", flat=True)) == {None}


def test_a_line_of_somebody_else_is_not_shortened(at_point, order):
    other = OrderLine.objects.exclude(order=order).first()
    (answer,) = at_point(ago(1, "short", order=order.pk, **{f"gets_{other.pk}": "1"}))
    assert answer.outcome == "refused"


@pytest.fixture
def bottles(milk):
    """Bottles of thirty cents are known in this network."""
    Product.objects.filter(pk=milk.pk).update(deposit=Decimal("0.30"))
    return milk


def counted(order):
    return {(row.value, row.count) for row in EmptiesReturn.objects.filter(order=order)}


def test_empties_are_counted_per_value_and_the_last_word_on_each_counts(at_point, order, bottles, fien, household):
    at_point(ago(5, "returned", order=order.pk, empty_30="4", empty_0="1"))
    assert counted(order) == {(Decimal("0.30"), 4), (Decimal(0), 1)}
    row = EmptiesReturn.objects.get(value=Decimal("0.30"))
    assert (row.buyer, row.by, row.amount) == (household, fien, Decimal("1.20"))
    assert row.at.replace(microsecond=0) == NOW - timedelta(minutes=5)
    assert [one.outcome for one in at_point(ago(8, "returned", order=order.pk, empty_30="7"))] == ["superseded"]
    at_point(ago(2, "returned", order=order.pk, empty_30="3"))
    assert counted(order) == {(Decimal("0.30"), 3), (Decimal(0), 1)}
    assert journal.history_of(order).filter(action="took empties back").count() == 2


@pytest.mark.parametrize(
    "empties", [{"empty_30": "-3"}, {"empty_30": "1000"}, {"empty_31": "1"}, {"empty_x": "1"}, {"empty_0": ""}]
)
def test_empties_nobody_can_bring_back_are_refused(at_point, order, bottles, empties):
    (answer,) = at_point(ago(1, "returned", order=order.pk, **empties))
    assert answer.outcome == "refused"
    assert counted(order) == set()


def test_alcohol_is_handed_over_after_the_age_was_looked_at(at_point, order, milk, delivery):
    Product.objects.filter(pk=milk.pk).update(alcohol=Decimal("6.5"))
    (answer,) = at_point(ago(9, "hand_over", order=order.pk))
    assert "16 or older" in answer.sentence
    assert not Pickup.objects.exists()
    words = ago(8, "age_seen", order=order.pk), ago(7, "hand_over", order=order.pk)
    assert [one.outcome for one in at_point(*words)] == ["done", "done"]
    assert Pickup.objects.get().order == order
    assert (order.pk, "") in atpoint.given(delivery)
    assert [one.outcome for one in at_point(ago(6, "age_unseen", order=order.pk))] == ["done"]
    assert atpoint.given(delivery) == set()


def test_alcohol_that_stays_at_the_point_asks_no_age(at_point, order, milk):
    Product.objects.filter(pk=milk.pk).update(alcohol=Decimal("6.5"))
    line = order.lines.get(product=milk)
    words = (
        ago(3, "hand_over", order=order.pk),
        ago(4, "short", order=order.pk, why="other", note="15", **{f"gets_{line.pk}": "0"}),
    )
    assert [one.outcome for one in at_point(*words)] == ["done", "done"]


def test_a_crate_is_named_by_its_letter(at_point, order):
    (answer,) = at_point(ago(3, "given", order=order.pk))
    assert answer.outcome == "refused"
