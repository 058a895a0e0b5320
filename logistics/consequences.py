"""
What terms of cost sharing come to on the network's own last twelve settled weeks, computed again from what those days were
settled with: the frontier of equal savings against stability, and what every farm would have paid under a proposal.

It takes seconds to minutes, so a job does it, day by day; each day is kept as soon as it is done, and a job that was killed
goes on where it stopped. The bills of those weeks stay what they were (`docs/decided-together.md`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from statistics import fmean
from typing import Any

from django.db import transaction

from logistics import assembly, fund, games
from logistics.alone import standard_van
from logistics.models import CostGame, CostRun, CostTerms, Frontier, Proposal
from network import clock, outbox
from network.models import Cycle, DeliveryDay, Network
from network.money import from_cents

WEEKS = 12
TAUS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Where on the dial the frontier is computed."""
FEW = 4
"""With fewer farms than this, what the others would pay is not shown: one could tell who it is."""
STEPS = (-10, -5, -1, 1, 5, 10)
"""The bounds, in percent, between which changes of bills are counted."""
Tell = Callable[[int, int], None]
"""Told how many days are done, of how many."""


def settled_runs(network: Network) -> list[CostRun]:
    """The cost runs of the last twelve weeks in which anything was settled, the oldest first, without their inputs; not
    those of before the games, which cannot be computed again."""
    weeks = list(
        Cycle.objects.filter(network=network, days__cost_runs__corrected_at=None, days__cost_runs__isnull=False)
        .order_by("-week_on")
        .values_list("week_on", flat=True)
        .distinct()[:WEEKS]
    )
    runs = CostRun.objects.current().filter(
        delivery_day__cycle__network=network, delivery_day__cycle__week_on__in=weeks
    )
    runs = runs.exclude(result={})
    return list(
        runs.defer("inputs", "result")
        .select_related("delivery_day__cycle", "frontier")
        .order_by("delivery_day__on", "pk")
    )


# The frontier


@dataclass(frozen=True)
class Curve:
    """
    The mean spread, in points, per threshold in percent, over the days on which at least two farms were collected; `now` is the present
    setting, whose threshold is None under a method that has none. `days` are those that were computed, of `of`.
    """

    points: list[tuple[Decimal, Decimal]]
    now: tuple[Decimal | None, Decimal] | None
    days: int
    of: int
    first: date | None
    last: date | None

    @property
    def is_whole(self) -> bool:
        return bool(self.of) and self.days == self.of


def setting_of(chosen: CostTerms) -> str:
    """How a setting is named in a frontier: its threshold, or its method when that has none."""
    return f"{chosen.tau:.3f}" if chosen.method == CostTerms.Method.EPM else chosen.method


def _is_threshold(setting: str) -> bool:
    return setting[0].isdigit()


def _wanted(chosen: CostTerms) -> list[str]:
    return sorted({*(f"{tau:.3f}" for tau in TAUS), setting_of(chosen)})


def frontier_of(network: Network, chosen: CostTerms) -> Curve:
    """The frontier as far as it is computed, with the chosen terms on it."""
    runs = settled_runs(network)
    wanted = _wanted(chosen)
    kept = [run.frontier.spread for run in runs if hasattr(run, "frontier")]
    done = [spread for spread in kept if all(setting in spread for setting in wanted)]
    mean = {}
    for setting in wanted:
        spreads = [spread[setting] for spread in done if spread[setting] is not None]
        if spreads:
            mean[setting] = Decimal(str(round(fmean(spreads), 1)))
    points = [
        (Decimal(setting) * 100, mean[setting]) for setting in wanted if _is_threshold(setting) and setting in mean
    ]
    here = setting_of(chosen)
    threshold = Decimal(here) * 100 if _is_threshold(here) else None
    now = (threshold, mean[here]) if here in mean else None
    days = [run.delivery_day.on for run in runs]
    return Curve(points, now, len(done), len(runs), min(days, default=None), max(days, default=None))


def trace(*, network: Network, chosen: CostTerms, tell: Tell = lambda done, of: None) -> None:
    """Compute what the frontier lacks, day by day. Doing it twice, or side by side, changes nothing."""
    runs = settled_runs(network)
    for done, run in enumerate(runs):
        tell(done, len(runs))
        known = run.frontier.spread if hasattr(run, "frontier") else {}
        lacking = [setting for setting in _wanted(chosen) if setting not in known]
        if lacking:
            inputs = _inputs(run.pk)
            found = known | {setting: _spread(inputs, setting) for setting in lacking}
            Frontier.objects.update_or_create(cost_run=run, defaults={"spread": found, "made_at": clock.now()})


def follow(run: CostRun) -> None:
    """
    What must follow a settled day: when it was the last of its week with anything to settle, and when it is shared again, the
    frontier of its network is computed anew, by a worker. Called in the transaction that keeps the run.
    """
    cycle = run.delivery_day.cycle
    left = cycle.days.exclude(status=DeliveryDay.Status.SETTLED)
    if left.exclude(status=DeliveryDay.Status.CLOSED, purchase_orders=None).exists():
        return
    again = f":{run.delivery_day_id}:{run.number}" if run.number > 1 else ""
    key = f"frontier:{cycle.network_id}:{cycle.pk}{again}"
    outbox.add(kind="frontier", key=key, network=cycle.network_id)


def _inputs(run: int) -> dict[str, Any]:
    found: dict[str, Any] = CostRun.objects.values_list("inputs", flat=True).get(pk=run)
    return found


def _spread(inputs: dict[str, Any], setting: str) -> float | None:
    """
    Largest minus smallest saving in the game of collection, in points: of the day's games the one among farms, which the
    dial moves. None with fewer than two farms collected.
    """
    shared = (
        games.share(inputs, method="epm", tau=float(setting))
        if _is_threshold(setting)
        else games.share(inputs, method=setting)
    )
    found = [one for one in shared.games if one.kind == CostGame.Kind.COLLECTION and len(one.game.players) > 1]
    return round(found[0].allocation.spread, 2) if found else None


# What a proposal would have cost


@dataclass(frozen=True)
class Paid:
    """What one farm pays for transport over the weeks, in euro, and the part of going alone that she saves."""

    producer: int
    was: Decimal
    becomes: Decimal
    saving_was: float | None
    saving_becomes: float | None

    @property
    def change(self) -> Decimal | None:
        """By how much her bill changes, in percent; None when there was none."""
        return 100 * (self.becomes - self.was) / self.was if self.was else None


@dataclass(frozen=True)
class Course:
    """Euro in the start-up fund before those weeks, what was put in since included, and after them under both settings."""

    begins: Decimal
    was: Decimal
    becomes: Decimal


@dataclass(frozen=True)
class Effects:
    """
    What every farm would have paid; `rows` by producer, whole or as far as it is computed. `fund` only when the proposal changes
    what the start-up fund does: then what it carries and takes is in every row.
    """

    begun: bool
    rows: dict[int, Paid]
    days: int
    of: int
    first: date | None
    last: date | None
    gap_was: Decimal
    gap_becomes: Decimal
    fund: Course | None = None

    @property
    def is_whole(self) -> bool:
        return self.begun and self.days == self.of

    @property
    def shown(self) -> bool:
        """Whether there are enough farms to show what happens to others without names."""
        return len(self.rows) >= FEW

    @property
    def was(self) -> Decimal:
        return sum((row.was for row in self.rows.values()), Decimal(0))

    @property
    def becomes(self) -> Decimal:
        return sum((row.becomes for row in self.rows.values()), Decimal(0))

    def savings(self, which: str) -> tuple[float, float] | None:
        """The lowest and the highest saving, of those whom going alone costs something."""
        found = [saving for row in self.rows.values() if (saving := getattr(row, f"saving_{which}")) is not None]
        return (min(found), max(found)) if found else None

    def tally(self) -> list[int]:
        """How many farms would pay less or more, by the bounds of STEPS; those without a bill count as unchanged."""
        counted = Counter(sum((row.change or 0) >= bound for bound in STEPS) for row in self.rows.values())
        return [counted[number] for number in range(len(STEPS) + 1)]


def effects_of(proposal: Proposal) -> Effects:
    """What is known of a proposal's effects; days 0 of 0 when nothing was computed yet."""
    kept: dict[str, Any] = proposal.effects
    sums: dict[int, list[list[int]]] = {}
    gaps = [0, 0]
    for day in kept.get("days", {}).values():
        for side in (0, 1):
            gaps[side] += day["gap"][side]
        for producer, both in day["bills"].items():
            her = sums.setdefault(int(producer), [[0, 0, 0], [0, 0, 0]])
            for side in (0, 1):
                her[side] = [total + part for total, part in zip(her[side], both[side], strict=True)]
    rows = {
        producer: Paid(
            producer,
            from_cents(was),
            from_cents(becomes),
            saved_was / alone_was if alone_was else None,
            saved_becomes / alone_becomes if alone_becomes else None,
        )
        for producer, ((alone_was, was, saved_was), (alone_becomes, becomes, saved_becomes)) in sorted(sums.items())
    }
    first, last = (date.fromisoformat(day) for day in kept["between"]) if kept.get("between") else (None, None)
    return Effects(
        begun=bool(kept),
        rows=rows,
        days=len(kept.get("days", {})),
        of=len(kept.get("runs", [])),
        first=first,
        last=last,
        gap_was=from_cents(gaps[0]),
        gap_becomes=from_cents(gaps[1]),
        fund=_course(kept),
    )


def _course(kept: dict[str, Any]) -> Course | None:
    done = [kept["days"][str(run)] for run in kept.get("runs", []) if str(run) in kept["days"]]
    if not kept.get("fund") or not done:
        return None
    return Course(from_cents(kept["fund"][0]), *(from_cents(balance) for balance, _lent in done[-1]["fund"]))


def assess(*, proposal: Proposal, tell: Tell = lambda done, of: None) -> None:
    """
    Compute, day by day, what every farm would have paid in the last twelve settled weeks under the terms that hold until
    the proposed ones begin, and under the proposed ones. The weeks are those of the first time, so that members see the
    same figures as long as the vote runs. When the fund's rule changes, the fund is played through those days in turn under
    both terms, each side beginning with what would be in it without them.
    """
    both = assembly.before(proposal), proposal.terms
    runs = _begin(proposal, *both)
    fund_begins = proposal.effects["fund"]
    funds = [fund_begins, fund_begins]
    for done, pk in enumerate(runs):
        tell(done, len(runs))
        if str(pk) not in proposal.effects["days"]:
            run = CostRun.objects.select_related("delivery_day__cycle__network").defer("result").get(pk=pk)
            sides = [_side(run, chosen, inside) for chosen, inside in zip(both, funds, strict=True)]
            _keep(proposal, pk, sides)
        funds = proposal.effects["days"][str(pk)]["fund"]


@dataclass(frozen=True)
class Side:
    """A day shared under terms, and cents that the fund carries of each bill; what is then in it, and lent."""

    shared: games.Shared
    carried: dict[int, int]
    fund: list[int] | None

    def sums(self, producer: int) -> list[int]:
        """Alone, paid and saved, in cents."""
        bill, carried = self.shared.bills.get(producer), self.carried.get(producer, 0)
        return [bill.alone, bill.share - carried, bill.cap - bill.share + carried] if bill else [0, 0, 0]


def _side(run: CostRun, chosen: CostTerms, inside: list[int] | None) -> Side:
    shared = games.share(under(run.inputs, chosen))
    if inside is None:
        return Side(shared, {}, None)
    balance, lent = inside
    rule = fund.rule_under(chosen, day=run.delivery_day, shared=shared, balance=balance, lent=lent)
    carried = fund.carried_of(shared, rule)
    moved = sum(carried.values())
    return Side(shared, carried, [balance - moved, lent + moved])


def _begin(proposal: Proposal, before: CostTerms, after: CostTerms) -> Sequence[int]:
    """
    Note which days are looked at, beside which terms, and what the fund begins with (None: its rule does not change); what was
    computed beside others, or without the fund, counts no more.
    """
    against, kept = assembly.settings(before), proposal.effects
    if kept.get("against") != against or "fund" not in kept or not kept["runs"]:
        runs = settled_runs(proposal.network)
        days = [run.delivery_day.on for run in runs]
        changed = fund.changes(before, after)
        inside = fund.without(proposal.network, [run.delivery_day_id for run in runs])
        proposal.effects = {
            "against": against,
            "fund": list(inside) if changed else None,
            "runs": [run.pk for run in runs],
            "between": [min(days).isoformat(), max(days).isoformat()] if days else [],
            "days": {},
        }
        proposal.save(update_fields=["effects"])
    found: list[int] = proposal.effects["runs"]
    return found


@transaction.atomic
def _keep(proposal: Proposal, run: int, sides: list[Side]) -> None:
    producers = sorted({producer for side in sides for producer in side.shared.bills})
    held = Proposal.objects.select_for_update(no_key=True, of=("self",)).get(pk=proposal.pk)
    held.effects["days"][str(run)] = {
        "bills": {str(producer): [side.sums(producer) for side in sides] for producer in producers},
        "gap": [side.shared.launch_gap for side in sides],
        "fund": [side.fund for side in sides],
    }
    held.save(update_fields=["effects"])
    proposal.effects = held.effects


def under(inputs: dict[str, Any], chosen: CostTerms) -> dict[str, Any]:
    """
    The same day under other terms: who was priced alone with the standard van of then is priced with the one chosen. What
    the rounds cost, and the rates of everyone's own van, stay what they were.
    """
    was, standard = inputs["terms"]["van"], asdict(standard_van(chosen))
    return inputs | {
        "terms": inputs["terms"] | {"method": str(chosen.method), "tau": float(chosen.tau), "van": standard},
        "producers": [her | {"rates": standard} if her["rates"] == was else her for her in inputs["producers"]],
    }
