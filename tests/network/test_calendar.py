"""The week against the calendar: holidays, weeks that overlap, and each day its own cut-off."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from network import clock, cycles
from network.errors import Refused
from network.models import (
    Cycle,
    Delivery,
    DeliveryCapacity,
    DeliveryDay,
    Holiday,
    JournalEntry,
    Membership,
    PickupSlot,
    WeeklyDay,
)
from tests.conftest import MONDAY, NOW, make_network, make_outlet, make_point, open_week

TUESDAY, THURSDAY, FRIDAY = date(2026, 3, 3), date(2026, 3, 5), date(2026, 3, 6)


def planned(network, week_on=MONDAY):
    """Per delivery day: where something is handed over, and when it closes (Brussels time)."""
    cycle = cycles.plan_cycle(network=network, week_on=week_on)
    return {
        day.on: (sorted(str(delivery.destination) for delivery in day.deliveries.all()), clock.local(day.closes_at))
        for day in cycle.days.all()
    }


def brussels(day: date, shown: time) -> datetime:
    return datetime.combine(day, shown, tzinfo=clock.BRUSSELS)


@pytest.fixture
def friday_point(network):
    return make_point(network, "b2", weekday=4)


def test_each_day_has_its_own_cut_off(network, point, friday_point):
    WeeklyDay.objects.filter(weekday=4).update(cutoff_days_before=1, cutoff_time=time(23, 59))
    assert planned(network) == {
        THURSDAY: (["Punt a1"], brussels(TUESDAY, time(12))),
        FRIDAY: (["Punt b2"], brussels(THURSDAY, time(23, 59))),
    }


def test_a_moved_day_takes_its_points_and_counts_its_cut_off_from_the_new_date(network, point, friday_point, shop):
    Holiday.objects.create(network=network, on=THURSDAY, name="Feest", moved_to=date(2026, 3, 7))
    assert planned(network) == {
        FRIDAY: (["Punt b2"], brussels(date(2026, 3, 4), time(12))),
        date(2026, 3, 7): (["Punt a1", "Winkel Eli"], brussels(THURSDAY, time(12))),
    }


@pytest.mark.parametrize(("dropped", "kept"), [(THURSDAY, FRIDAY), (FRIDAY, THURSDAY)])
def test_a_day_moved_onto_another_joins_it(network, point, friday_point, shop, dropped, kept):
    both_days = make_point(network, "c3", weekday=3)
    PickupSlot.objects.create(pickup_point=both_days, weekday=4, opens=time(17), closes=time(19))
    make_outlet(network, "Winkel Fee", weekdays=(3, 4))
    Holiday.objects.create(network=network, on=dropped, name="Feest", moved_to=kept)
    assert planned(network) == {
        kept: (
            ["Punt a1", "Punt b2", "Punt c3", "Winkel Eli", "Winkel Fee"],
            brussels(kept - timedelta(days=2), time(12)),
        )
    }
    assert DeliveryCapacity.objects.filter(delivery__pickup_point=both_days).count() == 4


def test_a_holiday_elsewhere_or_in_another_week_changes_nothing(network, point, friday_point):
    Holiday.objects.create(network=make_network("leuven"), on=THURSDAY, name="Feest")
    Holiday.objects.create(network=network, on=THURSDAY + timedelta(days=7), name="Feest")
    assert set(planned(network)) == {THURSDAY, FRIDAY}
    assert set(planned(network, MONDAY + timedelta(days=7))) == {FRIDAY + timedelta(days=7)}


def test_a_holiday_is_set_once_and_does_not_move_to_itself(network):
    Holiday.objects.create(network=network, on=THURSDAY, name="Feest")
    for wrong in ({"on": THURSDAY}, {"on": FRIDAY, "moved_to": FRIDAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Holiday.objects.create(network=network, name="Feest", **wrong)


def test_where_nothing_is_handed_over_any_more_nothing_is_planned(network, point, friday_point, shop):
    point.archived_at = NOW
    point.save()
    Membership.objects.filter(organisation=shop.organisation).update(left_on=MONDAY)
    assert [destinations for destinations, _closes in planned(network).values()] == [[], ["Punt b2"]]


def test_a_delivery_has_the_window_of_its_point_also_after_the_clock_change(network, point, shop):
    planned(network, date(2026, 3, 23))
    planned(network, date(2026, 3, 30))
    assert list(
        Delivery.objects.filter(pickup_point=point).order_by("starts_at").values_list("starts_at", "ends_at")
    ) == [
        (datetime(2026, 3, 26, 16, 0, tzinfo=UTC), datetime(2026, 3, 26, 18, 0, tzinfo=UTC)),
        (datetime(2026, 4, 2, 15, 0, tzinfo=UTC), datetime(2026, 4, 2, 17, 0, tzinfo=UTC)),
    ]
    opened = dict(Cycle.objects.values_list("week_on", "opens_at"))
    assert opened == {
        date(2026, 3, 23): datetime(2026, 3, 21, 7, 0, tzinfo=UTC),
        date(2026, 3, 30): datetime(2026, 3, 28, 7, 0, tzinfo=UTC),
    }


def test_the_next_week_opens_while_this_one_is_still_driven(network, point, friday_point):
    this = open_week(network)
    coming = cycles.plan_cycle(network=network, week_on=MONDAY + timedelta(days=7))
    this.days.filter(on=THURSDAY).update(status="driven")
    with clock.at(coming.opens_at):
        assert list(Cycle.objects.due_to_open()) == [coming]
        assert cycles.open_cycle(cycle=coming)
        assert list(Cycle.objects.open().order_by("week_on")) == [this, coming]
        assert list(DeliveryDay.objects.on_sale().order_by("on").values_list("on", flat=True)) == [
            date(2026, 3, 12),
            date(2026, 3, 13),
        ]
    assert this.days.get(on=THURSDAY).status == "driven"


def test_a_day_is_on_sale_up_to_its_cut_off_and_due_to_close_from_then_on(network, point):
    days = open_week(network).days
    thursday, friday = days.order_by("on")
    moments = {}
    for moment in (
        thursday.closes_at - timedelta(microseconds=1),
        thursday.closes_at,
        friday.closes_at - timedelta(microseconds=1),
        friday.closes_at,
    ):
        with clock.at(moment):
            on_sale, due = set(DeliveryDay.objects.on_sale()), set(DeliveryDay.objects.due_to_close())
            assert {day for day in (thursday, friday) if day.is_on_sale} == on_sale
            assert {delivery.delivery_day for delivery in Delivery.objects.on_sale()} <= on_sale
        moments[moment] = (on_sale, due)
    assert list(moments.values()) == [
        ({thursday, friday}, set()),
        ({friday}, {thursday}),
        ({friday}, {thursday}),
        (set(), {thursday, friday}),
    ]


def test_a_postponed_day_stays_on_sale_and_the_other_keeps_its_cut_off(network, point, dana):
    thursday, friday = open_week(network).days.order_by("on")
    before = friday.closes_at
    later = thursday.closes_at + timedelta(hours=5)
    cycles.postpone_cut_off(day=thursday, closes_at=later, by=dana, reason="Sneeuw")
    with clock.at(later - timedelta(minutes=1)):
        assert list(DeliveryDay.objects.due_to_close()) == []
    with clock.at(later):
        assert list(DeliveryDay.objects.due_to_close()) == [thursday]
    friday.refresh_from_db()
    assert friday.closes_at == before
    entry = JournalEntry.objects.get(action="postponed the cut-off")
    assert (entry.actor, entry.reason, entry.subject_id, entry.data) == (
        dana,
        "Sneeuw",
        thursday.pk,
        {"before": "2026-03-03T11:00:00+00:00", "after": "2026-03-03T16:00:00+00:00"},
    )


def test_a_cut_off_moves_up_to_the_last_minute_before_the_day_itself(network, point, dana):
    thursday = open_week(network).days.get(on=THURSDAY)
    midnight = clock.moment(THURSDAY, time(0))
    with pytest.raises(Refused, match="before the delivery day itself begins"):
        cycles.postpone_cut_off(day=thursday, closes_at=midnight, by=dana)
    last = midnight - timedelta(minutes=1)
    assert cycles.postpone_cut_off(day=thursday, closes_at=last, by=dana).closes_at == last


def test_planning_ahead_leaves_archived_networks_alone(network, point):
    leuven = make_network("leuven")
    leuven.archived_at = NOW
    leuven.save()
    assert {cycle.week_on for cycle in cycles.plan_ahead()} == {MONDAY + timedelta(weeks=week) for week in range(3)}
    assert not leuven.cycles.exists()
