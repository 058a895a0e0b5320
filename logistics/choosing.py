"""
What another choice would have made of a bill: the stored facts of the day with one thing changed, shared again.

How the rounds would have been driven then, nobody knows. Their cost is taken to move by as much as the cheapest tours along
the places that change and those around them, so what comes out is an estimate and is called one (`docs/your-bill.md`).
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from django.core.cache import cache

from logistics import games
from logistics.facts import roads_between
from logistics.games import Shared
from logistics.models import CostRun, CostShare
from logistics.routing import STORAGE_CLASSES
from network import clock, outbox
from network.money import from_cents

Facts: TypeAlias = dict[str, Any]

FULLER = Decimal("1.5")
"""How much more goes into a fuller crate."""
AROUND = 13
"""Places among which the tours of a change are compared."""
AT_ONCE = 8
"""Places that change, of those."""
KEPT = 24 * 3600
"""Seconds for which what was reckoned is kept."""


@dataclass(frozen=True)
class Choice:
    """
    `kind` is bring, collected, fuller, less, more or day; `of` the delivery it is about, or the delivery day. `key` names it
    in an address.
    """

    kind: str
    of: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.of}" if self.of else self.kind


@dataclass(frozen=True)
class Outcome:
    """Euro that the same goods cost her: alone from door to door, her own trip, and what she is billed."""

    alone: Decimal
    own: Decimal
    share: Decimal

    @property
    def together(self) -> Decimal:
        return self.own + self.share

    @property
    def saved(self) -> Decimal:
        return self.alone - self.together


def now(share: CostShare) -> Outcome:
    """The bill as it is, without what the start-up fund carries or gets back."""
    return Outcome(share.alone, share.own, share.share + share.fund)


def choices_of(*, share: CostShare) -> list[Choice]:
    """
    What she could have chosen: the other way to the hub, fuller crates, one destination less (the one with least of her
    crates) or more (the nearest she does not send to), and the other settled days of the week. None for a day of before
    the games were kept.
    """
    inputs = share.cost_run.inputs
    if "places" not in inputs:
        return []
    producer = share.producer_id
    her = next(row for row in inputs["producers"] if row["id"] == producer)
    mine = [row for row in inputs["crates"] if row["producer"] == producer]
    found = [Choice("collected" if her["brings"] else "bring")] if any(not row["straight"] for row in mine) else []
    if mine:
        found.append(Choice("fuller"))
    if len(mine) > 1:
        least = min(mine, key=lambda row: (sum(row["crates"].values()), row["delivery"]))
        found.append(Choice("less", least["delivery"]))
    served = {row["delivery"] for row in mine}
    others = [row for row in inputs["destinations"] if row["id"] not in served]
    if mine and others:
        nearest = min(others, key=lambda row: (inputs["km"][her["at"]][row["at"]], row["id"]))
        found.append(Choice("more", nearest["id"]))
    return found + [Choice("day", run.delivery_day_id) for run in _other_runs(share.cost_run)]


def weigh(*, share: CostShare, choice: Choice) -> Outcome:
    """What she would have paid. Raises ValueError for a choice she did not have."""
    if choice not in choices_of(share=share):
        raise ValueError(f"there was no choice {choice.key}")
    inputs, producer = share.cost_run.inputs, share.producer_id
    if choice.kind == "day":
        other = next(run for run in _other_runs(share.cost_run) if run.delivery_day_id == choice.of)
        before, after = other.inputs, _moved(inputs, other.inputs, producer)
        with_hers = _outcome(_shared_after(before, after), producer)
        there = CostShare.objects.filter(cost_run=other, producer=producer).first()
        if there is None:
            return with_hers
        was = now(there)
        return Outcome(with_hers.alone - was.alone, with_hers.own - was.own, with_hers.share - was.share)
    return _outcome(_shared_after(inputs, _changed(inputs, producer, choice)), producer)


def is_large(share: CostShare) -> bool:
    """Whether the day of this share is too large to be shared again while somebody waits."""
    inputs = share.cost_run.inputs
    return max(len(inputs["producers"]), len(inputs["destinations"])) > games.LARGE


def reckoned(*, share: CostShare, choice: Choice) -> Outcome | None:
    """What `reckon` found of late."""
    found: Outcome | None = cache.get(_key(share, choice))
    return found


def reckon(*, share: CostShare, choice: Choice) -> Outcome:
    """Weigh a choice, unless that was done of late."""
    found = reckoned(share=share, choice=choice)
    if found is None:
        found = weigh(share=share, choice=choice)
        cache.set(_key(share, choice), found, KEPT)
    return found


def ask_for(share: CostShare) -> None:
    """Have a worker reckon all choices of a bill, once a day at most."""
    outbox.add(kind="choices", key=f"choices-{share.pk}-{clock.today()}", share=share.pk)


def reckon_all(share: int) -> None:
    """What the outbox calls."""
    found = CostShare.objects.select_related("cost_run__delivery_day").get(pk=share)
    for choice in choices_of(share=found):
        reckon(share=found, choice=choice)


def _key(share: CostShare, choice: Choice) -> str:
    return f"choice:{share.pk}:{choice.key}"


def _outcome(shared: Shared, producer: int) -> Outcome:
    if producer not in shared.bills:
        return Outcome(Decimal(0), Decimal(0), Decimal(0))
    bill = shared.bills[producer]
    return Outcome(from_cents(bill.alone), from_cents(bill.own), from_cents(bill.share))


def _other_runs(run: CostRun) -> list[CostRun]:
    """The other days of that week of which the games were kept."""
    runs = CostRun.objects.current().filter(delivery_day__cycle=run.delivery_day.cycle_id, inputs__has_key="places")
    return list(runs.exclude(delivery_day=run.delivery_day_id).select_related("delivery_day").order_by("delivery_day"))


def _changed(inputs: Facts, producer: int, choice: Choice) -> Facts:
    """The facts of the day as they would have been."""
    facts = deepcopy(inputs)
    mine = [row for row in facts["crates"] if row["producer"] == producer]
    if choice.kind in ("bring", "collected"):
        next(row for row in facts["producers"] if row["id"] == producer)["brings"] = choice.kind == "bring"
    elif choice.kind == "fuller":
        for row in mine:
            row["crates"] = {kind: round(many / float(FULLER), 6) for kind, many in row["crates"].items()}
    elif choice.kind == "less":
        facts["crates"] = [
            row for row in facts["crates"] if (row["producer"], row["delivery"]) != (producer, choice.of)
        ]
    else:
        least = min(mine, key=lambda row: (sum(row["crates"].values()), row["delivery"]))
        facts["crates"].append(least | {"delivery": choice.of, "straight": False})
    return facts


def _moved(day: Facts, other: Facts, producer: int) -> Facts:
    """Another day's facts with her goods of this day: to the same places, each an extra stop where nobody calls."""
    facts = deepcopy(other)
    places = [tuple(place) for place in facts["places"]]
    for place in day["places"]:
        if tuple(place) not in places:
            places.append(tuple(place))
    facts |= {"places": [list(place) for place in places]} | roads_between(places)
    if all(row["id"] != producer for row in facts["producers"]):
        her = next(row for row in day["producers"] if row["id"] == producer)
        facts["producers"].append(her | {"at": places.index(tuple(day["places"][her["at"]]))})
    spots = {row["id"]: row | {"at": places.index(tuple(day["places"][row["at"]]))} for row in day["destinations"]}
    there = {row["at"]: row["id"] for row in facts["destinations"]}
    for row in day["crates"]:
        if row["producer"] != producer:
            continue
        spot = spots[row["delivery"]]["at"]
        if spot not in there:
            there[spot] = row["delivery"]
            facts["destinations"].append(spots[row["delivery"]])
        _put(facts, row | {"delivery": there[spot], "straight": False})
    return facts


def _put(facts: Facts, row: Facts) -> None:
    """Her crates with what she already sends there, as one row."""
    same = (row["producer"], row["delivery"])
    for known in facts["crates"]:
        if (known["producer"], known["delivery"]) == same:
            known["crates"] = {kind: known["crates"][kind] + row["crates"][kind] for kind in STORAGE_CLASSES}
            known["kg"], known["value"] = known["kg"] + row["kg"], known["value"] + row["value"]
            return
    facts["crates"].append(row)


def _shared_after(before: Facts, after: Facts) -> Shared:
    """The changed day shared, its rounds as much dearer or cheaper as the tours along what changed."""
    rounds = list(after["rounds"])
    for kind in ("collection", "distribution"):
        cost = sum(row["shared"] for row in rounds if row["leg"] == kind)
        moved = sum(
            games.cheapest(after, kind, piece) - games.cheapest(before, kind, piece)
            for piece in _pieces(before, after, kind)
        )
        rounds.append({"leg": kind, "shared": max(moved, -cost)})
    return games.share(after | {"rounds": rounds})


def _pieces(before: Facts, after: Facts, kind: str) -> Iterator[Sequence[int]]:
    """The players that change, in groups of neighbours, each with the nearest that do not."""
    was, becomes = games.players_of(before, kind), games.players_of(after, kind)
    km, at = after["km"], {pk: site["at"] for pk, (site, _rows) in (was | becomes).items()}
    left = [pk for pk in at if _load(was, pk) != _load(becomes, pk)]
    same = [pk for pk in at if pk not in left]
    while left:
        first = left[0]

        def near(pk: int, place: int = at[first]) -> tuple[float, int]:
            return km[place][at[pk]], pk

        piece = sorted(left, key=near)[:AT_ONCE]
        left = [pk for pk in left if pk not in piece]
        yield sorted(piece + sorted(same, key=near)[: AROUND - len(piece)])


def _load(players: Mapping[int, tuple[Any, list[dict[str, Any]]]], pk: int) -> Any:
    """What a van takes or leaves at a player, to tell whether it changed."""
    return sorted((row["producer"], sorted(row["crates"].items())) for row in players[pk][1]) if pk in players else None
