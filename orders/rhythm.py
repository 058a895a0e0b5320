"""
In which weeks a subscription comes (`docs/subscriptions.md`): pure calendar, so that what a page promises for later weeks is
what the clock will do.

`moved` is the network's holidays: a date to the date that replaces it, or to None when nothing does.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice

Moved = Mapping[date, date | None]
WEEK = timedelta(weeks=1)
FARTHEST = 60
"""Weeks that are looked ahead at most."""


def day_in(week_on: date, weekday: int, moved: Moved) -> date | None:
    """On which day the network delivers for that weekday of a week; None when a holiday takes it away."""
    usual = week_on + timedelta(days=weekday)
    return moved.get(usual, usual)


def falls_in(week_on: date, *, rhythm: str, starts_on: date, weekday: int, moved: Moved) -> bool:
    """
    Whether a subscription is due in the week of that Monday. Every two weeks counts from its first week, whatever was
    skipped or fell on a holiday. Once a month is the first delivery of the calendar month that a holiday does not take away.
    """
    if week_on < starts_on:
        return False
    if rhythm == "weekly":
        return True
    if rhythm == "fortnightly":
        return (week_on - starts_on).days % 14 == 0
    return day_in(week_on, weekday, moved) is not None and not any(
        day_in(earlier, weekday, moved) is not None for earlier in _earlier_in_month(week_on, weekday)
    )


def _earlier_in_month(week_on: date, weekday: int) -> Iterator[date]:
    """The weeks before, whose delivery usually falls in the same month."""
    usual = week_on + timedelta(days=weekday)
    for weeks in range(1, (usual.day - 1) // 7 + 1):
        yield week_on - weeks * WEEK


def coming(week_on: date, number: int, *, rhythm: str, starts_on: date, weekday: int, moved: Moved) -> list[date]:
    """The first so many weeks from that Monday on in which a subscription is due."""
    weeks = (week_on + WEEK * turn for turn in range(FARTHEST))
    due = (week for week in weeks if falls_in(week, rhythm=rhythm, starts_on=starts_on, weekday=weekday, moved=moved))
    return list(islice(due, number))
