"""
What a network's rounds did over the weeks, for everybody to see: km, CO2, how full the vans were, and how many km less than
everybody alone (docs/after-the-round.md). Only days that were driven. Counts and sums of several farms, never what one sold.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db.models import Count, F, FilteredRelation, Max, Q

from logistics.driven import Driven
from logistics.models import Crate, PlanVersion, Round
from network import clock
from network.models import DeliveryDay, Network

WEEKS = 13
FEWEST = 3
"""Farms in a week from which its fullness is told: of two, each would know what the other sent."""
SEEN = (DeliveryDay.Status.DRIVEN, DeliveryDay.Status.SETTLED)


@dataclass(frozen=True)
class Ride:
    """A round: how many farms and destinations it called at, and how far it went."""

    driven: Driven
    farms: int
    points: int
    fullest: int

    @property
    def round(self) -> Round:
        return self.driven.round


@dataclass
class Week:
    """
    The driven days of a week. `alone_km` is what every farm driving her own goods would have driven, `own_km` what farms who
    brought their goods to the hub drove; None when that is not known of one of the days.
    """

    week_on: date
    rides: list[Ride] = field(default_factory=list)
    farms: int = 0
    alone_km: Decimal | None = Decimal(0)
    own_km: Decimal | None = Decimal(0)

    @property
    def km(self) -> Decimal:
        return sum((ride.driven.km for ride in self.rides), Decimal(0))

    @property
    def co2(self) -> Decimal:
        """Kg, of the rounds."""
        return sum((ride.driven.co2 for ride in self.rides), Decimal(0))

    @property
    def fullness(self) -> Decimal | None:
        """
        Crates on board at the fullest moment of each round, as a part of what the vehicles hold (0 to 1); None of fewer
        farms than FEWEST.
        """
        room = sum(ride.round.vehicle.crates for ride in self.rides)
        if not room or self.farms < FEWEST:
            return None
        return Decimal(sum(ride.fullest for ride in self.rides)) / room

    @property
    def together_km(self) -> Decimal | None:
        """Km of the rounds and of farmers on their way to the hub."""
        return None if self.own_km is None else self.km + self.own_km

    @property
    def saved_km(self) -> Decimal | None:
        if self.alone_km is None or self.together_km is None:
            return None
        return self.alone_km - self.together_km

    @property
    def farms_per_round(self) -> Decimal | None:
        return _mean([ride.farms for ride in self.rides if ride.farms])

    @property
    def points_per_round(self) -> Decimal | None:
        return _mean([ride.points for ride in self.rides if ride.points])


def weeks(network: Network, *, many: int = WEEKS) -> list[Week]:
    """The last weeks in which something was driven, the oldest first; five queries."""
    since = clock.monday_of(clock.today()) - timedelta(weeks=many)
    days = list(
        DeliveryDay.objects.filter(cycle__network=network, status__in=SEEN, cycle__week_on__gte=since)
        .alias(run=FilteredRelation("cost_runs", condition=Q(cost_runs__corrected_at=None)))
        .order_by("on")
        .values("pk", week_on=F("cycle__week_on"), alone=F("run__result__alone_km"), own=F("run__result__own_km"))
    )
    pks = [day["pk"] for day in days]
    planned = _alone_as_planned(pks)
    found: dict[date, Week] = {}
    for day in days:
        week = found.setdefault(day["week_on"], Week(day["week_on"]))
        week.alone_km = _added(week.alone_km, planned.get(day["pk"], day["alone"]))
        week.own_km = _added(week.own_km, day["own"])
    for ride, week_on in _rides(pks):
        found[week_on].rides.append(ride)
    for week_on, farms in _farms(pks):
        found[week_on].farms = farms
    return [week for week in found.values() if week.rides]


def _alone_as_planned(days: list[int]) -> dict[int, Decimal | None]:
    """Km of everybody alone as the last plan knew it, by day; a published plan goes before drafts."""
    versions = PlanVersion.objects.filter(delivery_day__in=days).exclude(alone_km=None)
    rows = versions.order_by(F("published_at").asc(nulls_first=True), "number")
    return dict(rows.values_list("delivery_day", "alone_km"))


def _rides(days: list[int]) -> Iterable[tuple[Ride, date]]:
    rounds = (
        Round.objects.filter(delivery_day__in=days)
        .select_related("vehicle", "delivery_day__cycle")
        .annotate(
            farms=Count("stops__producer", distinct=True),
            points=Count("stops__delivery", distinct=True),
            last=Max("stops__position"),
        )
        .order_by("delivery_day__on", "number")
    )
    boards = _on_board(days)
    for one in rounds:
        fullest = max(accumulate(boards[one.pk][position] for position in range((one.last or 0) + 2)), default=0)
        yield Ride(Driven(one), one.farms, one.points, fullest), one.delivery_day.cycle.week_on


def _on_board(days: list[int]) -> dict[int, dict[int, int]]:
    """By round, how many crates come on board (or, negative, off) at each position; what starts at the hub does so at 0."""
    board: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        Crate.objects.filter(delivery_day__in=days, stop__isnull=False)
        .exclude(status=Crate.Status.MISSING)
        .order_by()
        .values_list("stop__round", "leg", "stop__position", "dropped_at__position")
        .annotate(Count("pk"))
    )
    for ride, leg, position, dropped, crates in rows:
        if leg == Round.Leg.DISTRIBUTION:
            board[ride][0] += crates
            board[ride][position] -= crates
        else:
            board[ride][position] += crates
            if dropped:
                board[ride][dropped] -= crates
    return board


def _farms(days: list[int]) -> Iterable[tuple[date, int]]:
    """How many farms had goods on board in each week."""
    crates = Crate.objects.filter(~Q(status=Crate.Status.MISSING), delivery_day__in=days, producer__isnull=False)
    return (
        crates.order_by()
        .values_list("delivery_day__cycle__week_on")
        .annotate(farms=Count("producer", distinct=True))
        .values_list("delivery_day__cycle__week_on", "farms")
    )


def _added(sum_: Decimal | None, more: Any) -> Decimal | None:
    return None if sum_ is None or more is None else sum_ + Decimal(str(more))


def _mean(numbers: list[int]) -> Decimal | None:
    return Decimal(sum(numbers)) / len(numbers) if numbers else None
