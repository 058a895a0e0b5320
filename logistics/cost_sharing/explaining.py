"""Why this amount: the short sum that a farmer can redo, and the group that holds her bill where it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from logistics.cost_sharing.allocating import Allocation, Binding
from logistics.cost_sharing.cents import in_cents
from logistics.cost_sharing.game import Game
from logistics.cost_sharing.sentences import SENTENCES

Reason: TypeAlias = Literal["free", "equal", "method", "capped", "held", "lower", "carries", "moved"]
NBSP = "\N{NO-BREAK SPACE}"
NAMED = 4
"""Members of a group that a sentence names; the others are counted."""


@dataclass(frozen=True)
class Explanation:
    """
    The numbers of one bill, and the sentences that say them. Amounts in whole cents, savings as parts (0.25 is a quarter).

    `wish_cents` is what the short sum gives: `alone_cents * billed_cents / everybody_alone_cents` for equal savings, the
    weighed part for volume and value, the method's own share for the others. `difference_cents` is what her bill is above
    that (below, when negative), and `reason` why: `equal` or `method` (not at all), `capped` by `cap_cents`, `held` by the
    groups in `held_by`, which may pay `limit_cents` at most, `lower` or `carries` because others are held, `moved` because
    others are capped, `free` when going alone costs nothing.
    """

    player: str
    language: str
    method: str
    reason: Reason
    alone_cents: int
    cents: int
    saved_cents: int
    saving: float
    everybody_alone_cents: int
    billed_cents: int
    overall_saving: float
    wish_cents: int
    difference_cents: int
    cap_cents: int
    tau: float
    eps_star: float
    launch_gap_cents: int
    held_by: tuple[Binding, ...]
    sentences: tuple[str, ...]


def explain(
    game: Game, allocation: Allocation, player: str, language: str = "nl", *, names: Mapping[str, str] | None = None
) -> Explanation:
    """
    Explain one bill in nl, fr or en. `names` says how players are called in the sentences, by default as in the game.
    Raises ValueError for another language, somebody who is no player, and a game of values.
    """
    if language not in ("nl", "fr", "en"):
        raise ValueError(f"bills are explained in nl, fr and en, not in {language!r}")
    if player not in allocation.alone_cents:
        raise ValueError(f"{player!r} has no bill in this game")
    numbers = _numbers(game, allocation, player)
    wish, paid, cap = numbers["wish_cents"], allocation.cents[player], numbers["cap_cents"]
    held = tuple(group for group in allocation.binding if player in group.group and allocation.method == "epm")
    reason = _reason(allocation, player, paid - wish, paid == cap, bool(held))
    words = _Words(language, names or {})
    return Explanation(
        player=player,
        language=language,
        method=allocation.method,
        reason=reason,
        cents=paid,
        difference_cents=paid - wish,
        tau=allocation.tau,
        eps_star=allocation.eps_star,
        launch_gap_cents=allocation.launch_gap_cents,
        held_by=held if reason == "held" else (),
        sentences=tuple(words.of(game, allocation, player, reason, numbers, held)),
        overall_saving=1 - numbers["billed_cents"] / (numbers["everybody_alone_cents"] or 1),
        saving=numbers["saved_cents"] / (numbers["alone_cents"] or 1),
        **numbers,
    )


def _numbers(game: Game, allocation: Allocation, player: str) -> dict[str, int]:
    alone, everybody = allocation.alone_cents[player], sum(allocation.alone_cents.values())
    billed, i = sum(allocation.cents.values()), game.players.index(player)
    if allocation.method in ("epm", "stand_alone"):
        wish = in_cents(alone * billed / everybody / 100) if everybody else 0
    else:
        wish = in_cents(allocation.shares[player])
    return {
        "alone_cents": alone,
        "everybody_alone_cents": everybody,
        "billed_cents": billed,
        "wish_cents": wish,
        "cap_cents": in_cents(float(game.room[i])),
        "saved_cents": alone - allocation.cents[player],
    }


def _reason(allocation: Allocation, player: str, difference: int, at_cap: bool, held: bool) -> Reason:
    if not allocation.alone_cents[player]:
        return "free"
    if abs(difference) <= 1:
        return "equal" if allocation.method in ("epm", "stand_alone") else "method"
    if difference < 0:
        return "capped" if at_cap else "held" if held else "lower"
    return "carries" if allocation.method == "epm" and allocation.binding else "moved"


class _Words:
    def __init__(self, language: str, names: Mapping[str, str]) -> None:
        self.language, self.names = language, names

    def of(
        self,
        game: Game,
        allocation: Allocation,
        player: str,
        reason: Reason,
        numbers: dict[str, int],
        held: tuple[Binding, ...],
    ) -> list[str]:
        wish, paid = numbers["wish_cents"], allocation.cents[player]
        billed, everybody = numbers["billed_cents"], numbers["everybody_alone_cents"]
        facts = {
            "alone": self.euro(numbers["alone_cents"]),
            "everybody": self.euro(everybody),
            "billed": self.euro(billed),
            "rate": self.percent(1 - billed / (everybody or 1)),
            "wish": self.euro(wish),
            "paid": self.euro(paid),
            "cap": self.euro(numbers["cap_cents"]),
            "less": self.euro(wish - paid),
            "more": self.euro(paid - wish),
            "saved": self.euro(numbers["saved_cents"]),
            "saving": self.percent(numbers["saved_cents"] / (numbers["alone_cents"] or 1)),
            "gap": self.euro(allocation.launch_gap_cents),
            "asked": self.percent(allocation.tau_asked),
            "tau": self.percent(allocation.tau),
        }
        if game.weights is not None:
            facts["weight"] = self.number(game.weights[game.players.index(player)])
            facts["weights"] = self.number(sum(game.weights))
        if reason == "held":
            # The smallest group is the easiest to understand.
            group = min(held, key=lambda group: len(group.group))
            others = [self.names.get(other, other) for other in group.group if other != player]
            facts |= {"group": self.listed(others), "cost": self.euro(group.cost_cents)}
            facts["limit"] = self.euro(group.limit_cents)
        if reason == "free":
            return [self.say("free", facts)]
        said = ["alone", "together", *self.why(allocation, reason, wish == paid, numbers["saved_cents"] > 0)]
        if allocation.launch_gap_cents:
            said.append("gap")
        if allocation.method == "epm" and allocation.eps_star > allocation.tau_asked:
            said.append("raised")
        if allocation.stopped:
            said.append("stopped")
        elif not allocation.proven:
            said.append("unproven")
        return [self.say(key, facts) for key in said]

    @staticmethod
    def why(allocation: Allocation, reason: Reason, exactly: bool, saves: bool) -> list[str]:
        sums = {"epm": "equal", "stand_alone": "equal", "volume": "weighed", "value": "weighed"}
        ends = {"equal": "equal_paid" if exactly else "cent", "method": "paid" if exactly else "cent"}
        if not allocation.tau:
            ends["held"] = "held_at_cost"
        return [sums.get(allocation.method, allocation.method), ends.get(reason, reason), *(["saved"] if saves else [])]

    def say(self, key: str, facts: Mapping[str, str]) -> str:
        return SENTENCES[key][self.language].format(**facts)

    def listed(self, names: list[str]) -> str:
        if len(names) > NAMED + 1:
            names = [*names[:NAMED], self.say("others", {"count": str(len(names) - NAMED)})]
        return f" {self.say('and', {})} ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])

    def euro(self, cents: int) -> str:
        return f"€{NBSP}" + self.point(f"{cents / 100:,.2f}")

    def percent(self, part: float) -> str:
        number = self.point(f"{100 * part:.1f}".removesuffix(".0"))
        return number + ("%" if self.language == "en" else f"{NBSP}%")

    def number(self, amount: float) -> str:
        return self.point(f"{amount:,.3f}".rstrip("0").rstrip("."))

    def point(self, number: str) -> str:
        """A number with its marks as the language writes them."""
        if self.language == "en":
            return number
        whole, _point, parts = number.partition(".")
        return whole.replace(",", "." if self.language == "nl" else NBSP) + ("," + parts if parts else "")
