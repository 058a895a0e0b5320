"""What became of subscriptions in a week, and which boxes still have to be composed for how many households. Reads only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from network import clock
from network.models import Cycle, DeliveryDay, Network
from orders import coming, rhythm
from orders.models import Subscription, SubscriptionRun, SubscriptionWeek
from producers import boxes
from producers.models import Box, BoxContent, BoxSize, Product

WEEKS_BACK = 12


@dataclass(frozen=True)
class Told:
    """A run in words: what of it did not come, with how much was wanted and got, per product."""

    run: SubscriptionRun
    missing: list[tuple[Product, Decimal, Decimal]]


@dataclass(frozen=True)
class Report:
    """`counts` per outcome (label, number); `troubles` what was not wholly filled; `given` what goes to a cause."""

    counts: list[tuple[str, int]]
    troubles: list[Told]
    given: list[SubscriptionRun]


def cycles_of(network: Network) -> QuerySet[Cycle]:
    """The weeks whose subscriptions were turned, or are now, latest first."""
    since = clock.monday_of(clock.today()) - timedelta(weeks=WEEKS_BACK)
    return network.cycles.exclude(status=Cycle.Status.SCHEDULED).filter(week_on__gte=since).order_by("-week_on")


def report_of(cycle: Cycle) -> Report:
    """In two queries, however many subscriptions there are."""
    Outcome = SubscriptionRun.Outcome
    runs = list(
        SubscriptionRun.objects.filter(cycle=cycle)
        .select_related(
            "subscription__buyer",
            "subscription__size__box",
            "subscription__pickup_point",
            "order__delivery",
            "cause__organisation",
        )
        .order_by("subscription__buyer__name", "pk")
    )
    counts = Counter(run.outcome for run in runs)
    troubles = [run for run in runs if run.outcome != Outcome.FILLED]
    return Report(
        counts=[(str(label), counts[value]) for value, label in Outcome.choices if counts[value]],
        troubles=tell(troubles),
        given=[run for run in runs if run.cause and run.order],
    )


def tell(runs: list[SubscriptionRun]) -> list[Told]:
    """What each of these runs lacks, in one query."""
    short = {run.pk: [line for line in run.lines if Decimal(line["got"]) < Decimal(line["wanted"])] for run in runs}
    products = Product.objects.in_bulk({line["product"] for lines in short.values() for line in lines})
    return [
        Told(
            run,
            [(products[line["product"]], Decimal(line["wanted"]), Decimal(line["got"])) for line in short[run.pk]],
        )
        for run in runs
    ]


# What is to be composed


@dataclass(frozen=True)
class Asked:
    """Boxes of a size in a week: `waiting` are still to become orders, `filled` are orders already."""

    size: BoxSize
    waiting: int
    filled: int
    is_composed: bool


@dataclass(frozen=True)
class WeekToCompose:
    """A week of a box with its sizes; it can be composed until `closes_at`, the last cut-off of the week."""

    week_on: date
    closes_at: Any
    sizes: list[Asked]


def weeks_to_compose(shown: list[Box]) -> list[tuple[Box, list[WeekToCompose]]]:
    """Per box the weeks that are planned and not closed; a few queries per network, whatever the number of boxes."""
    networks = {box.network_id: box.network for box in shown}
    sizes: dict[int, list[BoxSize]] = {}
    for size in BoxSize.objects.filter(box__in=shown):
        sizes.setdefault(size.box_id, []).append(size)
    ends: dict[tuple[int, date], Any] = {}
    for day in (
        DeliveryDay.objects.filter(
            cycle__network__in=networks, status__in=["scheduled", "open"], closes_at__gt=clock.now()
        )
        .select_related("cycle")
        .order_by("closes_at")
    ):
        ends[day.cycle.network_id, day.cycle.week_on] = day.closes_at
    composed = set(BoxContent.objects.filter(size__box__in=shown).values_list("size", "week_on").distinct())
    waiting = {(pk, week_on): waiting_in(networks[pk], week_on) for pk, week_on in ends}
    filled = Counter(
        SubscriptionRun.objects.filter(subscription__size__box__in=shown, order__isnull=False).values_list(
            "subscription__size", "cycle__week_on"
        )
    )
    return [
        (
            box,
            [
                WeekToCompose(
                    week_on,
                    closes_at,
                    [
                        Asked(
                            size,
                            waiting[pk, week_on][size.pk],
                            filled[size.pk, week_on],
                            (size.pk, week_on) in composed,
                        )
                        for size in sizes.get(box.pk, [])
                    ],
                )
                for (pk, week_on), closes_at in sorted(ends.items())
                if pk == box.network_id
            ],
        )
        for box in shown
    ]


def waiting_in(network: Network, week_on: date) -> Counter[int]:
    """How many boxes of each size are still to become orders in a week."""
    row = SubscriptionWeek.objects.filter(subscription=OuterRef("pk"), week_on=week_on, skipped=True)
    run = SubscriptionRun.objects.filter(subscription=OuterRef("pk"), cycle__network=network, cycle__week_on=week_on)
    moved = coming.moved_in([network.pk])[network.pk]
    found: Counter[int] = Counter()
    for one in Subscription.objects.running().filter(
        ~Exists(row), ~Exists(run), network=network, size__isnull=False, starts_on__lte=week_on
    ):
        on = rhythm.day_in(week_on, one.weekday, moved)
        if (
            on
            and one.size_id
            and not coming.is_paused(one, on)
            and rhythm.falls_in(week_on, rhythm=one.rhythm, starts_on=one.starts_on, weekday=one.weekday, moved=moved)
        ):
            found[one.size_id] += 1
    return found


def asked_for(size: BoxSize, week_on: date) -> Asked:
    filled = SubscriptionRun.objects.filter(subscription__size=size, cycle__week_on=week_on, order__isnull=False)
    composed = size.contents.filter(week_on=week_on).exists()
    return Asked(size, waiting_in(size.box.network, week_on)[size.pk], filled.count(), composed)


def needed(rows: Iterable[dict[str, Any]], waiting: int) -> list[dict[str, Any]]:
    """The rows of a composition with how much all waiting households need of it, and what is left."""
    found = []
    for row in rows:
        need = row["field"].initial * waiting
        left = row["offer"].supply.available if row["offer"] else Decimal(0)
        found.append({**row, "need": need, "left": left, "short": need > left})
    return found


def value_of(rows: Iterable[dict[str, Any]]) -> Decimal:
    """What the rows of a form come to, as they were when it was opened."""
    return sum((boxes.cost_of(row["offer"], row["field"].initial) for row in rows if row["offer"]), Decimal(0))
