"""
The certificate that goes with a bill (`docs/bills.md`): what was counted again, who would gain most by leaving, and what
the bill was made from, so that anybody with the role can make it again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Any

from django.utils.translation import ngettext

from logistics import leaving
from logistics.cost_sharing import Allocation, Game, verify
from logistics.games import Played, Shared
from logistics.models import CostGame, CostRun, CostShare, CostTerms
from network.models import Delivery
from network.money import from_cents

NAMED, DRAWN = 4, 6
"""Members of a group that are named before the others are counted, and groups in a picture."""
ENDLESS = 99.0
"""Stands for a threshold without end: a group that would drive for nothing."""


def hash_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of plain JSON in its canonical form: keys in order, no spaces."""
    return sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def result_of(inputs: Mapping[str, Any], shared: Shared) -> dict[str, Any]:
    """What is kept of a whole day beside the bills: km, the spread door to door, and who might leave together."""
    return {
        "alone_km": shared.alone_km,
        "own_km": shared.own_km,
        "spread": round(shared.spread, 4),
        "dearer_than_alone": shared.dearer_than_alone,
        "parts": {str(pk): {str(her): cents for her, cents in its.items()} for pk, its in shared.parts.items()},
        "leaving": leaving.search(inputs, shared),
    }


def game_row(played: Played) -> CostGame:
    """The game as it is stored with a run, unsaved. On a day of many farms it takes long to make: never under a lock."""
    game, bill = played.game, played.allocation
    rows = _rows(game, bill)
    return CostGame(
        kind=played.kind,
        cost=Decimal(str(played.inputs["euro"])),
        tau=_threshold(bill.tau),
        eps_star=_threshold(bill.eps_star),
        spread=Decimal(str(round(bill.spread, 2))),
        max_violation=from_cents(bill.max_violation_cents),
        subsidy=from_cents(bill.subsidy_cents),
        proven=bill.proven and played.inputs["drive"] is not None,
        exact=bill.exact,
        stopped=bill.stopped,
        inputs=played.inputs,
        rows=rows,
        result=_result(played, rows),
        inputs_hash=hash_of(played.inputs),
    )


def _threshold(value: float) -> Decimal:
    return Decimal(str(round(min(value, ENDLESS), 5))) if isfinite(value) else Decimal(ENDLESS)


def _rows(game: Game, bill: Allocation) -> list[dict[str, Any]]:
    """The groups that hold the bill, and those that would pay less apart, with what each costs and pays, in cents."""
    paid = [bill.cents[player] / 100 for player in game.players]
    found = {held.group: held.cost_cents for held in bill.binding}
    for row in game.cost.most_violated(paid, 0.0)[0]:
        found.setdefault(tuple(sorted(game.players[i] for i in row.group)), round(100 * row.cost))
    return [
        {"group": list(group), "cost": cost, "pays": sum(bill.cents[player] for player in group)}
        for group, cost in sorted(found.items(), key=lambda item: (len(item[0]), item[0]))
    ]


def _result(played: Played, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares in cents, and who would gain most by leaving: the largest gain there is when `proven`, else the largest found."""
    game, bill, drive = played.game, played.allocation, played.inputs["drive"]
    report = verify(game, bill)
    gains = [(report.gain_cents, report.leaver)]
    if game.cost.table() is None:
        gains += [(row["pays"] - row["cost"], tuple(row["group"])) for row in rows if len(row["group"]) > 1]
    gain, group = max(gains, key=lambda pair: pair[0])
    return {
        "method": bill.method,
        "cents": bill.cents,
        "alone": bill.alone_cents,
        "launch_gap": bill.launch_gap_cents,
        "leaver": {
            "group": list(group),
            "gain": gain,
            "proven": report.proven and drive is not None and drive["hours"] is None,
        }
        if gain > 0
        else None,
        "flaws": list(report.flaws),
        "notes": list(report.notes),
    }


@dataclass(frozen=True)
class Group:
    """Players by name, what they pay together and what they would apart, in euro."""

    names: str
    pays: Decimal
    cost: Decimal

    @property
    def gain(self) -> Decimal:
        return self.pays - self.cost

    @property
    def part(self) -> Decimal:
        return self.gain / self.cost if self.cost else Decimal(0)


@dataclass(frozen=True)
class Said:
    """What the certificate of a game says. `bars` are the groups that would gain most, for the picture and its table."""

    game: CostGame
    method: str
    players: int
    asked: Decimal
    leaver: Group | None
    leaver_proven: bool
    bars: list[dict[str, Any]]

    @property
    def raised(self) -> bool:
        return self.game.eps_star > self.asked

    @property
    def priced(self) -> bool:
        """Whether groups were priced at all."""
        return self.game.inputs["drive"] is not None

    @property
    def keeps_hours(self) -> bool:
        return self.priced and self.game.inputs["drive"]["hours"] is not None

    @property
    def hash(self) -> list[str]:
        """In pieces, so that it breaks on a phone."""
        return [self.game.inputs_hash[at : at + 8] for at in range(0, 64, 8)]


@dataclass(frozen=True)
class Certificate:
    """Of a whole day: the lowest and highest saving door to door (parts of alone), each game, and who might leave together."""

    lowest: Decimal | None
    highest: Decimal | None
    dearer_than_alone: bool
    games: list[Said]
    leaving: Group | None


def read(run: CostRun, shares: Sequence[CostShare]) -> Certificate:
    """The certificate of a run in words and numbers; two queries."""
    savings = sorted(share.saved / share.alone for share in shares if share.alone)
    farms = {str(share.producer_id): str(share.producer) for share in shares}
    games = list(run.games.all())
    stops = {player for game in games if game.kind == CostGame.Kind.DISTRIBUTION for player in game.inputs["players"]}
    deliveries = Delivery.objects.select_related("pickup_point", "outlet__organisation").filter(pk__in=stops)
    places = {str(delivery.pk): str(delivery.destination) for delivery in deliveries}
    found = run.result.get("leaving")
    return Certificate(
        lowest=savings[0] if savings else None,
        highest=savings[-1] if savings else None,
        dearer_than_alone=run.result.get("dearer_than_alone", False),
        games=[_said(game, places if game.kind == CostGame.Kind.DISTRIBUTION else farms) for game in games],
        leaving=found and _group(found, {pk: farms.get(str(pk), str(pk)) for pk in found["group"]}),
    )


def _said(game: CostGame, names: Mapping[str, str]) -> Said:
    groups = [_group(row, names) for row in game.rows]
    gaining = sorted((group for group in groups if group.gain > 0), key=lambda group: -group.gain)
    leaver = game.result["leaver"]
    if leaver:
        pays = sum(game.result["cents"][player] for player in leaver["group"])
        leaver_group = _group({"group": leaver["group"], "pays": pays, "cost": pays - leaver["gain"]}, names)
    return Said(
        game=game,
        method=str(CostTerms.Method(game.result["method"]).label),
        players=len(game.inputs["players"]),
        asked=Decimal(str(game.inputs["tau"])),
        leaver=leaver_group if leaver else None,
        leaver_proven=bool(leaver and leaver["proven"]),
        bars=[{"label": group.names, "values": [group.pays, group.cost]} for group in gaining[:DRAWN]],
    )


def _group(row: Mapping[str, Any], names: Mapping[Any, str]) -> Group:
    members = sorted(names.get(player, str(player)) for player in row["group"])
    shown = members if len(members) <= NAMED + 1 else members[:NAMED]
    more = len(members) - len(shown)
    listed = ", ".join(shown)
    if more:
        listed = ngettext("%(names)s and %(count)s other", "%(names)s and %(count)s others", more) % {
            "names": listed,
            "count": more,
        }
    return Group(listed, from_cents(row["pays"]), from_cents(row["cost"]))
