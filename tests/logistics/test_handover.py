from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import handover, rounds, versions
from logistics.models import Crate, Round, Stop
from network import journal
from network.errors import Refused
from network.models import DeliveryDay
from orders.models import OrderLine, PurchaseOrderLine


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    versions.publish(day=closed_day, by=None)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def at_alice(planned, farm):
    return Stop.objects.get(producer=farm)


@pytest.fixture
def leeks(planned, leek):
    return PurchaseOrderLine.objects.get(product=leek)


def statuses(stop):
    return [crate.status for crate in stop.crates.order_by("pk")]


def test_a_checked_crate_is_collected_and_the_round_is_under_way(at_alice, gust):
    crate = at_alice.crates.first()
    assert handover.check_crates(crates=[crate.pk], by=gust) == 1
    crate.refresh_from_db()
    at_alice.refresh_from_db()
    assert (crate.status, crate.checked_by) == (Crate.Status.LOADED, gust)
    assert crate.checked_at is not None
    assert at_alice.done_at is None
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.DRIVING
    assert journal.history_of(at_alice).get().data == {"crates": [crate.letter]}


def test_checking_twice_changes_nothing(at_alice, gust, dana):
    pk = at_alice.crates.first().pk
    handover.check_crates(crates=[pk], by=gust)
    assert handover.check_crates(crates=[pk], by=dana) == 0
    assert Crate.objects.get(pk=pk).checked_by == gust


def test_a_check_can_be_taken_back(at_alice, gust):
    handover.check_stop(stop=at_alice, by=gust)
    pk = at_alice.crates.first().pk
    assert handover.check_crates(crates=[pk], by=gust, checked=False) == 1
    at_alice.refresh_from_db()
    assert Crate.objects.get(pk=pk).status == Crate.Status.EXPECTED
    assert at_alice.done_at is None


def test_the_whole_stop_in_one_tap(at_alice, gust):
    assert handover.check_stop(stop=at_alice, by=gust) == 4
    at_alice.refresh_from_db()
    assert statuses(at_alice) == [Crate.Status.LOADED] * 4
    assert at_alice.done_at is not None


def test_crates_at_a_delivery_are_delivered(planned, gust):
    stop = Stop.objects.filter(delivery__isnull=False).first()
    handover.check_stop(stop=stop, by=gust)
    assert set(statuses(stop)) == {Crate.Status.DELIVERED}


def test_nothing_is_checked_on_a_settled_day(planned, at_alice, gust):
    DeliveryDay.objects.filter(pk=planned.pk).update(status=DeliveryDay.Status.SETTLED)
    with pytest.raises(Refused, match="settled"):
        handover.check_stop(stop=at_alice, by=gust)
    assert statuses(at_alice) == [Crate.Status.EXPECTED] * 4


def test_what_is_missing_is_spread_over_the_buyers_and_whole_crates_are_crossed_out(at_alice, leeks, gust):
    handover.report_missing(line=leeks, missing=Decimal(18), by=gust, reason="frost")
    assert list(OrderLine.objects.filter(supply=leeks.supply).order_by("pk").values_list("quantity", "packed")) == [
        (Decimal(12), Decimal(6)),
        (Decimal(25), Decimal(13)),
    ]
    assert statuses(at_alice) == ["expected", "expected", "missing", "missing"]


def test_what_turns_up_after_all_is_expected_again(at_alice, leeks, gust):
    handover.report_missing(line=leeks, missing=Decimal(37), by=gust)
    at_alice.refresh_from_db()
    assert set(statuses(at_alice)) == {"missing"}
    assert at_alice.done_at is not None
    handover.report_missing(line=leeks, missing=Decimal(0), by=gust)
    at_alice.refresh_from_db()
    assert set(statuses(at_alice)) == {"expected"}
    assert at_alice.done_at is None


@pytest.mark.parametrize("missing", ["-1", "38", "0.5", "NaN", "1000000"])
def test_an_impossible_shortage_is_refused_beside_its_field_and_changes_nothing(leeks, gust, missing):
    with pytest.raises(Refused) as refused:
        handover.report_missing(line=leeks, missing=Decimal(missing), by=gust, field="missing_7")
    assert refused.value.field == "missing_7"
    leeks.refresh_from_db()
    assert leeks.missing == 0
    assert not Crate.objects.filter(status=Crate.Status.MISSING).exists()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 37), min_size=1, max_size=4))
def test_only_the_last_word_on_what_is_missing_counts(leeks, gust, reports):
    for missing in reports:
        handover.report_missing(line=leeks, missing=Decimal(missing), by=gust)
    crossed = Crate.objects.filter(purchase_order_line=leeks, status=Crate.Status.MISSING)
    assert sum(Decimal(crate.contents[0]["quantity"]) for crate in crossed) <= reports[-1]
    packed = OrderLine.objects.filter(supply=leeks.supply)
    assert (
        sum(line.quantity - (line.quantity if line.packed is None else line.packed) for line in packed) == reports[-1]
    )


def test_a_round_with_unchecked_crates_does_not_finish(at_alice, gust):
    with pytest.raises(Refused, match="6 crates"):
        handover.finish_round(round=at_alice.round, by=gust)
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.PLANNED


def test_with_the_last_round_the_day_is_driven(planned, gust):
    first, last = planned.rounds.all()
    for round_ in (first, last):
        for stop in round_.stops.all():
            handover.check_stop(stop=stop, by=gust)
    handover.finish_round(round=first, by=gust)
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.PLANNED
    assert handover.finish_round(round=last, by=gust).status == Round.Status.DRIVEN
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.DRIVEN


def test_a_finished_round_does_not_change(planned, at_alice, gust):
    for stop in at_alice.round.stops.all():
        handover.check_stop(stop=stop, by=gust)
    handover.finish_round(round=at_alice.round, by=gust)
    with pytest.raises(Refused, match="finished"):
        handover.check_crates(crates=[at_alice.crates.first().pk], by=gust, checked=False)
    with pytest.raises(Refused, match="finished"):
        handover.assign_driver(round=at_alice.round, driver=gust, by=gust)


def test_everything_went_well(planned, leeks, dana, django_assert_max_num_queries):
    handover.report_missing(line=leeks, missing=Decimal(10), by=dana)
    with django_assert_max_num_queries(11):
        assert handover.drive_day(day=planned, by=dana)
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.DRIVEN
    assert sorted(set(planned.crates.values_list("status", flat=True))) == ["delivered", "loaded", "missing"]
    assert set(planned.rounds.values_list("status", flat=True)) == {Round.Status.DRIVEN}
    assert not Stop.objects.filter(done_at=None).exists()
    assert handover.drive_day(day=planned, by=dana) is False


def test_what_no_van_could_take_stays_open(closed_day, dana):
    rounds.plan_rounds(day=closed_day)
    handover.drive_day(day=closed_day, by=dana)
    assert set(closed_day.crates.values_list("status", flat=True)) == {Crate.Status.EXPECTED}
    crates = list(closed_day.crates.values_list("pk", flat=True))
    assert handover.check_crates(crates=crates, by=dana) == 13


def test_a_day_without_plan_is_not_driven(closed_day, dana):
    with pytest.raises(Refused, match="Plan the rounds first"):
        handover.drive_day(day=closed_day, by=dana)


def test_crates_of_several_days_at_once_are_refused(planned, at_alice, cycle, farm, gust):
    other = Crate.objects.create(
        delivery_day=cycle.days.exclude(pk=planned.pk).get(),
        leg="collection",
        producer=farm,
        storage_class="cool",
        letter="B1",
    )
    with pytest.raises(Refused, match="one delivery day"):
        handover.check_crates(crates=[other.pk, at_alice.crates.first().pk], by=gust)


@pytest.fixture
def direct(planned, farm, at_alice):
    """A crate that goes straight from Alice to the second stop of her round."""
    drop = at_alice.round.stops.exclude(pk=at_alice.pk).get()
    return Crate.objects.create(
        delivery_day=planned,
        leg="direct",
        producer=farm,
        delivery=planned.deliveries.get(pickup_point__code="a1"),
        stop=at_alice,
        dropped_at=drop,
        storage_class="cool",
        letter="B9",
    )


def test_what_goes_straight_to_a_customer_is_collected_then_delivered(direct, at_alice, gust):
    drop = direct.dropped_at
    assert handover.check_stop(stop=at_alice, by=gust) == 5
    direct.refresh_from_db()
    at_alice.refresh_from_db()
    assert direct.status == Crate.Status.LOADED
    assert at_alice.done_at is not None
    others = drop.crates.values_list("pk", flat=True)
    handover.check_crates(crates=others, by=gust)
    drop.refresh_from_db()
    assert drop.done_at is None
    assert handover.check_crates(crates=[direct.pk], by=gust, stop=drop) == 1
    direct.refresh_from_db()
    drop.refresh_from_db()
    assert direct.status == Crate.Status.DELIVERED
    assert drop.done_at is not None
    assert handover.check_crates(crates=[direct.pk], by=gust, checked=False, stop=drop) == 1
    direct.refresh_from_db()
    assert direct.status == Crate.Status.LOADED


def test_a_round_does_not_finish_with_a_crate_in_the_van_that_was_to_be_dropped(direct, at_alice, gust):
    for stop in at_alice.round.stops.all():
        handover.check_crates(crates=stop.crates.values_list("pk", flat=True), by=gust)
    with pytest.raises(Refused, match="1 crate"):
        handover.finish_round(round=at_alice.round, by=gust)
    handover.check_stop(stop=direct.dropped_at, by=gust)
    assert handover.finish_round(round=at_alice.round, by=gust).status == Round.Status.DRIVEN


def test_a_day_that_went_well_delivers_what_goes_straight(direct, planned, dana):
    handover.drive_day(day=planned, by=dana)
    direct.refresh_from_db()
    assert direct.status == Crate.Status.DELIVERED


def test_only_a_driver_of_the_network_drives(at_alice, gust, bob, dana):
    assert handover.assign_driver(round=at_alice.round, driver=gust, by=dana).driver == gust
    with pytest.raises(Refused, match="driver of this network"):
        handover.assign_driver(round=at_alice.round, driver=bob, by=dana)
    assert Round.objects.get(pk=at_alice.round_id).driver == gust
