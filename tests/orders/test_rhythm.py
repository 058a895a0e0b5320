"""In which weeks a subscription comes: what a page promises for later weeks is what the clock does."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import rhythm

MONDAY = date(2026, 3, 2)
WEEK = timedelta(weeks=1)


def due(rhythm_name, starts_on=MONDAY, weekday=3, number=6, moved=None, since=MONDAY):
    found = rhythm.coming(since, number, rhythm=rhythm_name, starts_on=starts_on, weekday=weekday, moved=moved or {})
    return [f"{day:%d/%m}" for day in found]


@pytest.mark.parametrize(
    ("name", "weeks"),
    [
        ("weekly", ["02/03", "09/03", "16/03", "23/03", "30/03", "06/04"]),
        ("fortnightly", ["02/03", "16/03", "30/03", "13/04", "27/04", "11/05"]),
        ("monthly", ["02/03", "30/03", "04/05", "01/06", "29/06", "03/08"]),
    ],
)
def test_every_week_every_two_weeks_or_with_the_first_delivery_of_the_month(name, weeks):
    """Thursdays: 5 March, 2 April (in the week of 30 March), 7 May, 4 June, 2 July and 6 August are the first of their month."""
    assert due(name) == weeks


def test_nothing_comes_before_it_begins_and_every_two_weeks_counts_from_then():
    assert due("weekly", MONDAY + WEEK, number=2) == ["09/03", "16/03"]
    assert due("fortnightly", MONDAY + WEEK, number=2) == ["09/03", "23/03"]
    assert due("monthly", MONDAY + WEEK, number=1) == ["30/03"], "the first delivery of March is behind us"


def test_on_a_holiday_nothing_comes_and_nothing_comes_twice():
    """Thursday 5 March is dropped: every two weeks keeps its count, once a month takes the next Thursday of the month."""
    dropped = {date(2026, 3, 5): None}
    assert due("fortnightly", number=3, moved=dropped) == ["02/03", "16/03", "30/03"]
    assert rhythm.day_in(MONDAY, 3, dropped) is None
    assert due("monthly", number=2, moved=dropped) == ["09/03", "30/03"]


def test_a_delivery_that_moves_to_another_day_stays_that_of_its_week():
    moved = {date(2026, 3, 5): date(2026, 3, 6), date(2026, 4, 2): date(2026, 3, 31)}
    assert rhythm.day_in(MONDAY, 3, moved) == date(2026, 3, 6)
    assert due("monthly", number=2, moved=moved) == ["02/03", "30/03"], "the one of April, though it comes on 31 March"


HOLIDAYS = st.dictionaries(st.integers(0, 120).map(lambda n: MONDAY + timedelta(days=n)), st.none(), max_size=12)


@settings(max_examples=80, deadline=None)
@given(weekday=st.integers(0, 6), start=st.integers(0, 9), moved=HOLIDAYS)
def test_whatever_the_holidays_no_month_has_two_and_every_two_weeks_stays_even(weekday, start, moved):
    starts_on = MONDAY + start * WEEK
    told = {"starts_on": starts_on, "weekday": weekday, "moved": moved}
    weeks = [MONDAY + n * WEEK for n in range(16)]
    monthly = [week for week in weeks if rhythm.falls_in(week, rhythm="monthly", **told)]
    usual = [week + timedelta(days=weekday) for week in monthly]
    assert len({(day.year, day.month) for day in usual}) == len(usual)
    assert all(day not in moved for day in usual), "what comes once a month is not lost to a holiday"
    weekly = {week for week in weeks if rhythm.falls_in(week, rhythm="weekly", **told)}
    fortnightly = {week for week in weeks if rhythm.falls_in(week, rhythm="fortnightly", **told)}
    assert set(monthly) | fortnightly <= weekly == {week for week in weeks if week >= starts_on}
    assert all((week - starts_on).days % 14 == 0 for week in fortnightly)
    assert not any(week + WEEK in fortnightly for week in fortnightly)
