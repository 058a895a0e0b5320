"""
Moments and days in Brussels. Moments are aware and stored in UTC; durations are subtracted in UTC; only here does the
clock on the church tower count. `at()` lets the demo network and the tests live in another week.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
_travelled: ContextVar[datetime | None] = ContextVar("travelled", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _travelled.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, `now()` is `moment` (aware)."""
    token = _travelled.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _travelled.reset(token)


def today() -> date:
    """The day in Brussels."""
    return now().astimezone(BRUSSELS).date()


def moment(day: date, clock_time: time) -> datetime:
    """
    The UTC moment at which the Brussels clock shows `clock_time` on `day`. A time that does not exist (spring, 02:00 to
    03:00) is read as the moment the same distance past the jump (02:30 is 03:30); one that exists twice (autumn) is the
    first.
    """
    return datetime.combine(day, clock_time, tzinfo=BRUSSELS).astimezone(UTC)


def local(instant: datetime) -> datetime:
    """The same moment as the Brussels clock shows it."""
    return instant.astimezone(BRUSSELS)


def minutes_of(instant: datetime, day: date) -> int:
    """Minutes from midnight of `day` in Brussels to `instant`, as the clock shows them."""
    shown = instant.astimezone(BRUSSELS)
    return (shown.date() - day).days * 1440 + shown.hour * 60 + shown.minute


def cut_off(day: date, *, days_before: int, clock_time: time) -> datetime:
    """When ordering for a delivery on `day` closes."""
    return moment(day - timedelta(days=days_before), clock_time)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
