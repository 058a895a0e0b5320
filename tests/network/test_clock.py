"""What the clock in Brussels shows, in summer, in winter, and in the two nights in between."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import clock

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
days = st.dates(date(2000, 1, 1), date(2050, 12, 31))


def test_now_is_aware_and_can_be_another_week_within_a_block() -> None:
    there = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    before = clock.now()
    with clock.at(there):
        assert clock.now() == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
        assert clock.now().tzinfo is UTC
        with clock.at(there + timedelta(days=1)):
            assert clock.today() == date(2026, 7, 2)
        assert clock.today() == date(2026, 7, 1)
    assert clock.now() == before


def test_time_goes_on_again_after_a_block_that_failed() -> None:
    before = clock.now()
    with pytest.raises(ZeroDivisionError), clock.at(datetime(2030, 1, 1, tzinfo=UTC)):
        raise ZeroDivisionError
    assert clock.now() == before


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 1, 14, 22, 59, tzinfo=UTC), date(2026, 1, 14)),
        (datetime(2026, 1, 14, 23, 0, tzinfo=UTC), date(2026, 1, 15)),
        (datetime(2026, 7, 14, 21, 59, tzinfo=UTC), date(2026, 7, 14)),
        (datetime(2026, 7, 14, 22, 0, tzinfo=UTC), date(2026, 7, 15)),
    ],
)
def test_the_day_begins_at_midnight_in_brussels(utc: datetime, day: date) -> None:
    with clock.at(utc):
        assert clock.today() == day


@pytest.mark.parametrize(
    ("day", "shown", "utc"),
    [
        (SPRING, time(1, 59), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (SPRING, time(2, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (SPRING, time(2, 59), datetime(2026, 3, 29, 1, 59, tzinfo=UTC)),
        (SPRING, time(3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (AUTUMN, time(1, 59), datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        (AUTUMN, time(2, 0), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),
        (AUTUMN, time(2, 59), datetime(2026, 10, 25, 0, 59, tzinfo=UTC)),
        (AUTUMN, time(3, 0), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_that_is_not_there_is_read_past_the_jump_and_of_two_the_first_counts(
    day: date, shown: time, utc: datetime
) -> None:
    assert clock.moment(day, shown) == utc


@pytest.mark.parametrize(
    ("delivery", "utc"),
    [
        (date(2026, 3, 30), datetime(2026, 3, 28, 11, 0, tzinfo=UTC)),
        (date(2026, 4, 1), datetime(2026, 3, 30, 10, 0, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 24, 10, 0, tzinfo=UTC)),
        (date(2026, 10, 28), datetime(2026, 10, 26, 11, 0, tzinfo=UTC)),
    ],
)
def test_a_cut_off_at_noon_is_at_noon_also_across_the_clock_change(delivery: date, utc: datetime) -> None:
    cut_off = clock.cut_off(delivery, days_before=2, clock_time=time(12))
    assert cut_off == utc
    assert clock.local(cut_off).time() == time(12)


@pytest.mark.parametrize(
    ("delivery", "utc"),
    [
        (date(2026, 3, 31), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 27), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_cut_off_at_half_past_two_in_the_night_of_the_clock_change_comes_once(delivery: date, utc: datetime) -> None:
    assert clock.cut_off(delivery, days_before=2, clock_time=time(2, 30)) == utc


@given(days, st.times().filter(lambda t: not time(2) <= t < time(3)))
def test_what_the_clock_shows_is_found_back(day: date, shown: time) -> None:
    local = clock.local(clock.moment(day, shown))
    assert (local.date(), local.time()) == (day, shown)


@given(days, st.integers(0, 3), st.times(), st.times())
def test_a_later_time_on_the_clock_is_never_an_earlier_moment_but_for_the_jump(
    day: date, later: int, one: time, other: time
) -> None:
    """Of a day and a later day, whatever the hours; within a day only the hour that does not exist overtakes."""
    assert clock.moment(day, one) < clock.moment(day + timedelta(days=later + 2), other)


def test_minutes_of_a_day_are_those_on_the_clock() -> None:
    assert clock.minutes_of(datetime(2026, 3, 5, 16, 30, tzinfo=UTC), date(2026, 3, 5)) == 17 * 60 + 30
    assert clock.minutes_of(datetime(2026, 7, 5, 16, 30, tzinfo=UTC), date(2026, 7, 5)) == 18 * 60 + 30
    assert clock.minutes_of(datetime(2026, 3, 5, 23, 30, tzinfo=UTC), date(2026, 3, 5)) == 24 * 60 + 30
    assert clock.minutes_of(datetime(2026, 3, 4, 22, 0, tzinfo=UTC), date(2026, 3, 5)) == -60


@given(days)
def test_a_week_begins_on_the_monday_on_or_before_a_day(day: date) -> None:
    monday = clock.monday_of(day)
    assert monday.weekday() == 0
    assert timedelta(0) <= day - monday < timedelta(days=7)
