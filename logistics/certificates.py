"""
The certificate that goes with a bill (`docs/bills.md`): what was counted again, who would gain most by leaving, and what
the bill was made from, so that anybody with the role can make it again.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Any

from logistics import leaving
from logistics.cost_sharing import Allocation, Game, verify
from logistics.games import Played, Shared
from logistics.models import CostGame, CostRun
from network.money import from_cents

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


def game_row(run: CostRun, played: Played) -> CostGame:
    """The game as it is stored, unsaved."""
    game, bill = played.game, played.allocation
    return CostGame(
        cost_run=run,
        kind=played.kind,
        cost=Decimal(str(played.inputs["euro"])),
        tau=_threshold(bill.tau),
        eps_star=_threshold(bill.eps_star),
        spread=Decimal(str(round(bill.spread, 2))),
        max_violation=from_cents(bill.max_violation_cents),
        subsidy=from_cents(bill.subsidy_cents),
        proven=bill.proven and played.kind != CostGame.Kind.DIRECT,
        exact=bill.exact,
        stopped=bill.stopped,
        inputs=played.inputs,
        rows=_rows(game, bill),
        result=_result(game, bill),
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


def _result(game: Game, bill: Allocation) -> dict[str, Any]:
    """Shares in cents, and who would gain most by leaving: the largest gain there is, or, for large games, the largest found."""
    report = verify(game, bill)
    gains = [(report.gain_cents, report.leaver)]
    if game.cost.table() is None:
        gains += [
            (row["pays"] - row["cost"], tuple(row["group"])) for row in _rows(game, bill) if len(row["group"]) > 1
        ]
    gain, group = max(gains, key=lambda pair: pair[0])
    return {
        "method": bill.method,
        "cents": bill.cents,
        "alone": bill.alone_cents,
        "launch_gap": bill.launch_gap_cents,
        "leaver": {"group": list(group), "gain": gain, "proven": report.proven} if gain > 0 else None,
        "flaws": list(report.flaws),
        "notes": list(report.notes),
    }
