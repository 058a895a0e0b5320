"""A delivery day, a month or a year, as it stands in an address and as one says it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format


@dataclass(frozen=True)
class Period:
    """A day, a whole month, or a whole year."""

    first: date
    last: date

    @classmethod
    def of(cls, written: str) -> "Period":
        """The year `2026`, the month `2026-03` or the day `2026-03-05`. ValueError for anything else, and for no year of ours."""
        if not written.startswith("20"):
            raise ValueError(written)
        if len(written) == 10:
            day = date.fromisoformat(written)
            return cls(day, day)
        if len(written) == 4:
            first = date.fromisoformat(f"{written}-01-01")
            return cls(first, first.replace(month=12, day=31))
        if len(written) != 7:
            raise ValueError(written)
        return cls.month_of(date.fromisoformat(f"{written}-01"))

    @classmethod
    def month_of(cls, day: date) -> "Period":
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @property
    def is_day(self) -> bool:
        return self.first == self.last

    @property
    def is_year(self) -> bool:
        return (self.last - self.first).days > 31

    @property
    def month(self) -> "Period":
        return self.month_of(self.first)

    @property
    def before(self) -> "Period":
        """The month before."""
        return self.month_of(self.first - timedelta(days=1))

    @property
    def after(self) -> "Period":
        return self.month_of(self.last + timedelta(days=1))

    def __str__(self) -> str:
        written = self.first.isoformat()
        return written if self.is_day else written[:4] if self.is_year else written[:7]

    @property
    def said(self) -> str:
        return date_format(self.first, "l j F Y" if self.is_day else "Y" if self.is_year else "F Y")
