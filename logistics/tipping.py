"""
Where a network stands: what its delivery days cost per crate against how much was sold together, and from how many crates
what sharing saves pays for the network itself, the tipping point (docs/fund.md). Sums of several farms, never of one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils.translation import gettext as _

from logistics import cost_curve
from logistics.cost_curve import Line, Reached
from logistics.models import CostRun, Overhead
from network import clock, journal
from network.errors import Refused
from network.models import Network, Person

WEEKS = 26
LATELY = 4
"""Whole weeks whose average is where the network stands."""
FEWEST_WEEKS = 4
FEWEST_FARMS = 3
"""Farms on a day from which its crates are told: of two, each would know what the other sent."""


@dataclass(frozen=True)
class Day:
    """
    A settled delivery day: crates, what its rounds cost, and what the farms would have spent more without them (everybody alone,
    less what those who bring their goods to the hub spend anyway). Euro without VAT.
    """

    on: date
    week_on: date
    crates: Decimal
    cost: Decimal
    alone: Decimal
    gap: Decimal
    farms: int

    @property
    def saved(self) -> Decimal:
        """Euro that sharing saved; negative when the rounds cost more than everybody alone."""
        return self.alone - self.cost

    @property
    def per_crate(self) -> Decimal:
        return self.cost / self.crates

    @property
    def may_be_shown(self) -> bool:
        return self.farms >= FEWEST_FARMS


@dataclass
class Week:
    """The settled days of a week, and what the network itself cost in it (None: nobody noted that)."""

    week_on: date
    overhead: Decimal | None
    days: list[Day] = field(default_factory=list)

    @property
    def crates(self) -> Decimal:
        return sum((day.crates for day in self.days), Decimal(0))

    @property
    def cost(self) -> Decimal:
        return sum((day.cost for day in self.days), Decimal(0))

    @property
    def saved(self) -> Decimal:
        return sum((day.saved for day in self.days), Decimal(0))

    @property
    def per_crate(self) -> Decimal:
        return self.cost / self.crates

    @property
    def gap(self) -> Decimal | None:
        """Euro of the network's own cost that the savings do not pay: the launch gap. Below nought they pay more than that."""
        return None if self.overhead is None else self.overhead - self.saved

    @property
    def may_be_shown(self) -> bool:
        return all(day.may_be_shown for day in self.days)


@dataclass(frozen=True)
class Standing:
    """
    What the last WEEKS weeks tell. `cost` and `saving` are the lines through their days, None when they are too few or too much
    alike; `crates` a delivery day and `days` a week are the average of the last LATELY whole weeks, `sizes` that of each weekday;
    `overhead` is that of today.
    """

    weeks: list[Week]
    cost: Line | None
    saving: Line | None
    overhead: Decimal | None
    crates: float
    days: int
    sizes: list[float]

    @property
    def all_days(self) -> list[Day]:
        return [day for week in self.weeks for day in week.days]

    @property
    def tipping(self) -> Reached | None:
        """Crates of a delivery day from which its savings pay a day's part of the overhead."""
        if self.saving is None or self.overhead is None:
            return None
        return self.saving.reaches(float(self.overhead) / self.days)

    @property
    def gap(self) -> float | None:
        """Euro a week that the savings still fall short of the overhead, at today's crates; negative above the tipping point."""
        if self.saving is None or self.overhead is None:
            return None
        return float(self.overhead) - self.days * self.saving.at(self.crates)

    @property
    def growth(self) -> float:
        """By which part the crates of a delivery day grew a week."""
        return cost_curve.growth([float(week.crates) / len(week.days) for week in self.weeks])


def standing(network: Network, *, before: date | None = None) -> Standing:
    """Where the network stands (on the eve of `before`; today), in two queries."""
    until = before or clock.today() + timedelta(days=1)
    overheads = list(Overhead.objects.filter(network=network))
    weeks: dict[date, Week] = {}
    for day in _settled(network, until):
        weeks.setdefault(day.week_on, Week(day.week_on, _on(overheads, day.week_on))).days.append(day)
    found = list(weeks.values())
    days = [day for week in found for day in week.days]
    enough = len(found) >= FEWEST_WEEKS
    this_week = clock.monday_of(until - timedelta(days=1))
    last = [week for week in found if week.week_on < this_week][-LATELY:] or found
    lately = [day for week in last for day in week.days]
    return Standing(
        weeks=found,
        cost=cost_curve.fit_cost(_points(days, "cost")) if enough else None,
        saving=cost_curve.fit_saving(_points(days, "saved")) if enough else None,
        overhead=_on(overheads, until - timedelta(days=1)),
        crates=float(sum(day.crates for day in lately)) / len(lately) if lately else 0.0,
        days=round(len(lately) / len(last)) if lately else 1,
        sizes=_sizes(lately),
    )


def _sizes(days: Sequence[Day]) -> list[float]:
    """Crates of an average Thursday, Friday and so on."""
    by_weekday: dict[int, list[float]] = defaultdict(list)
    for day in days:
        by_weekday[day.on.weekday()].append(float(day.crates))
    return [sum(found) / len(found) for _weekday, found in sorted(by_weekday.items())]


def _settled(network: Network, until: date) -> list[Day]:
    """The settled days with something on board, of the WEEKS weeks that end before `until`."""
    rows = (
        CostRun.objects.current()
        .filter(
            delivery_day__cycle__network=network,
            delivery_day__on__lt=until,
            delivery_day__on__gte=until - timedelta(weeks=WEEKS),
        )
        .order_by("delivery_day__on")
        .values("cost", "launch_gap", on=F("delivery_day__on"), week_on=F("delivery_day__cycle__week_on"))
        .annotate(
            crates=Sum("shares__crates"), alone=Sum("shares__alone"), own=Sum("shares__own"), farms=Count("shares")
        )
        .filter(crates__gt=0)
    )
    return [
        Day(
            on=row["on"],
            week_on=row["week_on"],
            crates=row["crates"],
            cost=row["cost"],
            alone=row["alone"] - row["own"],
            gap=row["launch_gap"],
            farms=row["farms"],
        )
        for row in rows
    ]


def _points(days: Sequence[Day], value: str) -> list[cost_curve.Point]:
    return [(float(day.crates), float(getattr(day, value))) for day in days]


def _on(overheads: Sequence[Overhead], day: date) -> Decimal | None:
    return next((one.per_week for one in overheads if day in one.period), None)


@transaction.atomic
def set_overhead(*, network: Network, per_week: Decimal, since: date, by: Person | None) -> Overhead:
    """
    The network itself costs so many euro a week from the week of this Monday on. The same Monday again replaces the amount;
    Refused for a day that is no Monday or lies before the last change.
    """
    if per_week < 0:
        raise Refused(_("An amount is nought or more."), "per_week")
    if since.weekday():
        raise Refused(_("A week begins on a Monday: choose one."), "since")
    Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    last = network.overheads.last()
    if last and since < last.period.lower:
        begun = f"{last.period.lower:%d/%m/%Y}"
        raise Refused(_("Before %(day)s it is settled already.") % {"day": begun}, "since")
    if last and since == last.period.lower:
        last.delete()
    elif last:
        last.period = (last.period.lower, since)
        last.save(update_fields=["period"])
    made = Overhead.objects.create(network=network, per_week=per_week, period=(since, None), by=by)
    journal.record(
        action="set the overhead", subject=made, by=by, network=network, per_week=str(per_week), since=since.isoformat()
    )
    return made
