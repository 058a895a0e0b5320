"""The weekly rhythm: planning, holidays, opening, postponing, and both clock changes."""

from datetime import UTC, date, datetime, time

import pytest

from network import clock, cycles
from network.errors import Refused
from network.models import Cycle, DeliveryDay, Holiday, JournalEntry
from tests.conftest import MONDAY, make_network, open_week


def test_a_week_is_planned_with_its_days_cut_offs_and_deliveries(network, point, shop):
    cycle = cycles.plan_cycle(network=network, week_on=MONDAY)
    assert cycle.opens_at == datetime(2026, 2, 28, 7, 0, tzinfo=UTC)
    assert list(cycle.days.values_list("on", "closes_at", "status")) == [
        (date(2026, 3, 5), datetime(2026, 3, 3, 11, 0, tzinfo=UTC), "scheduled"),
        (date(2026, 3, 6), datetime(2026, 3, 4, 11, 0, tzinfo=UTC), "scheduled"),
    ]
    thursday = cycle.days.get(on=date(2026, 3, 5))
    assert {str(delivery.destination) for delivery in thursday.deliveries.all()} == {"Punt a1", "Winkel Eli"}
    assert thursday.deliveries.get(pickup_point=point).capacities.count() == 4


def test_planning_twice_changes_nothing(network, point):
    first = cycles.plan_cycle(network=network, week_on=MONDAY)
    assert cycles.plan_cycle(network=network, week_on=MONDAY) == first
    assert DeliveryDay.objects.count() == 2


def test_a_holiday_drops_or_moves_its_day(network, point):
    Holiday.objects.create(network=network, on=date(2026, 3, 5), name="Feestdag", moved_to=date(2026, 3, 4))
    Holiday.objects.create(network=network, on=date(2026, 3, 6), name="Feestdag")
    cycle = cycles.plan_cycle(network=network, week_on=MONDAY)
    day = cycle.days.get()
    assert day.on == date(2026, 3, 4)
    assert day.deliveries.get().starts_at == datetime(2026, 3, 4, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_cut_off_between_two_and_three_in_the_night_of_the_clock_change(day, utc):
    """In spring 02:30 does not exist and is read as 03:30; in autumn it exists twice and the first counts."""
    assert clock.moment(day, time(2, 30)) == utc


def test_opening_happens_once_at_its_moment(network, point):
    cycle = cycles.plan_cycle(network=network, week_on=MONDAY)
    with clock.at(datetime(2026, 2, 28, 6, 59, tzinfo=UTC)):
        assert not Cycle.objects.due_to_open().exists()
    with clock.at(datetime(2026, 2, 28, 7, 0, tzinfo=UTC)):
        assert list(Cycle.objects.due_to_open()) == [cycle]
    assert cycles.open_cycle(cycle=cycle)
    assert not cycles.open_cycle(cycle=cycle)
    assert set(cycle.days.values_list("status", flat=True)) == {"open"}
    assert JournalEntry.objects.filter(action="opened").count() == 1


def test_plan_ahead_covers_this_week_and_the_two_to_come(network, django_assert_num_queries):
    make_network("leuven")
    assert len(cycles.plan_ahead()) == 6
    assert Cycle.objects.count() == 6


def test_a_cut_off_moves_only_forward_and_only_while_open(network, point, dana):
    day = open_week(network).days.get(on=date(2026, 3, 5))
    later = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
    assert cycles.postpone_cut_off(day=day, closes_at=later, by=dana, reason="Sneeuw").closes_at == later
    for wrong in (later, datetime(2026, 3, 3, 10, 0, tzinfo=UTC), datetime(2026, 3, 5, 9, 0, tzinfo=UTC)):
        with pytest.raises(Refused) as refusal:
            cycles.postpone_cut_off(day=day, closes_at=wrong, by=dana)
        assert refusal.value.field == "closes_at"
    day.refresh_from_db()
    assert day.closes_at == later
    DeliveryDay.objects.update(status="closed")
    with pytest.raises(Refused):
        cycles.postpone_cut_off(day=day, closes_at=datetime(2026, 3, 4, 9, 0, tzinfo=UTC), by=dana)
