"""
A second pair of eyes on a bill: everything that can be counted again is counted again, by other means than `allocate`
uses. Of the package it needs only what a game and an allocation are, and the fingerprint of the inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

import numpy as np

from logistics.cost_sharing.allocating import Allocation, Binding
from logistics.cost_sharing.game import Floats, Game, hash_of

CENT = 0.01
NOISE = 1e-6
COUNTED_UP_TO = 18
"""Members of a group up to which its cost is asked for again, unless a tour is named that tells."""
SEARCHED_UP_TO, NEIGHBOURS = 150, 10
"""Players up to which groups are searched without a table: all those of each player and nine with whom she saves most."""
ALL_PAIRS_UP_TO = 10
"""Players up to which every two groups are compared with what they cost together."""


@dataclass(frozen=True)
class Report:
    """
    What was found. `flaws`: the bill is wrong, a sentence each; none, and the bill is right as far as counted again here.
    `notes`: what is odd about the inputs or the answer, and true. `leaver` is the group that would gain most by leaving
    and `gain_cents` how much, on the amounts billed (0 and nobody when none gains); the largest possible when `proven`,
    else the largest found. `max_violation_cents` is what some group pays above (1 + tau) times its cost, before rounding.
    """

    flaws: tuple[str, ...]
    notes: tuple[str, ...]
    leaver: tuple[str, ...]
    gain_cents: int
    max_violation_cents: int
    proven: bool

    @property
    def right(self) -> bool:
        return not self.flaws


def verify(game: Game, allocation: Allocation) -> Report:
    """
    Count an allocation again: sums, caps, savings, threshold, method, fingerprint, and what every group would gain.

    Without a table of all costs the groups that the allocation names are counted, and all groups of every player and those
    with whom she would save most: then nothing is `proven`. That
    `eps_star` and the spread of `epm` could not be smaller, and the per-capita nucleolus, are not counted again.
    """
    count = _Count(game, allocation)
    flaws = list(count.flaws())
    if game.of_values or any(flaw.startswith("the players") for flaw in flaws):
        return Report(tuple(flaws), tuple(count.notes()) if not game.of_values else (), (), 0, 0, not flaws)
    worst, leaver, gain = count.groups()
    notes = list(count.notes())
    stated = allocation.max_violation_cents
    if 100 * worst > stated + 1 + NOISE:
        above = f"a group pays {100 * worst:.2f} cents above its limit, not {stated} at most"
        (flaws if allocation.proven else notes).append(above)
    return Report(
        flaws=tuple(flaws),
        notes=tuple(notes),
        leaver=tuple(sorted(game.players[i] for i in leaver)),
        gain_cents=max(0, int(100 * gain + NOISE)),
        max_violation_cents=max(0, int(np.ceil(100 * worst - 0.01))),
        proven=game.cost.table() is not None,
    )


def _whole(euro: float) -> int:
    return int(Decimal(repr(round(100 * float(euro), 6))).quantize(Decimal(1), rounding=ROUND_HALF_UP))


class _Count:
    def __init__(self, game: Game, allocation: Allocation) -> None:
        self.game, self.bill, self.players = game, allocation, game.players
        self.alone = [game.cost.of(frozenset([i])) for i in range(len(self.players))]
        caps = game.caps or self.alone
        self.most = [min(cap, cost) for cap, cost in zip(caps, self.alone, strict=True)]

    def flaws(self) -> Iterator[str]:
        bill, game = self.bill, self.game
        for name in ("shares", "cents") if game.of_values else ("shares", "cents", "alone_cents", "saving"):
            if set(getattr(bill, name)) != set(self.players):
                yield f"the players of {name} are not the players of the game"
                return
        if bill.inputs_hash != hash_of(game, bill.method, bill.tau_asked, bill.seed):
            yield "the inputs are not those that the bill was made from"
        billed, cost = sum(bill.cents.values()) + bill.launch_gap_cents, _whole(game.grand_cost)
        if billed != cost and (self.players or billed):
            yield f"the bills and the launch gap add up to {billed} cents, not to {cost}"
        if game.of_values:
            yield from self._method()
            return
        yield from self._each()
        compared = [bill.saving[p] for p, cost in zip(self.players, self.alone, strict=True) if cost > NOISE]
        spread = 100 * (max(compared) - min(compared)) if compared else 0.0
        if abs(spread - bill.spread) > 1e-6:
            yield f"the spread of savings is {spread:.4f} points, not {bill.spread:.4f}"
        if abs(bill.tau - max(bill.tau_asked, bill.eps_star)) > NOISE:
            yield f"the threshold kept is {bill.tau:.4f}, not the larger of {bill.tau_asked:.4f} and {bill.eps_star:.4f}"
        for held in bill.binding:
            if abs(held.share_cents - sum(100 * self._exact(p) for p in held.group)) > 0.5 + NOISE:
                yield f"the group {', '.join(held.group)} does not pay {held.share_cents} cents"
            if not self._drives(held):
                yield f"the group {', '.join(held.group)} cannot drive for {held.cost_cents} cents"
        yield from self._method()

    def _drives(self, held: Binding) -> bool:
        """Whether the tour that is named costs no more than is stated, or else whatever is cheapest, as far as counted again."""
        along, tour = getattr(self.game.cost, "along", None), [self.players.index(player) for player in held.tour]
        if (
            along is not None
            and sorted(held.tour) == sorted(held.group)
            and 100 * along(tour) <= held.cost_cents + 0.5 + NOISE
        ):
            return True
        group = frozenset(self.players.index(player) for player in held.group)
        return len(group) > COUNTED_UP_TO or _whole(self.game.cost.of(group)) <= held.cost_cents

    def _each(self) -> Iterator[str]:
        bill = self.bill
        gap = max(0.0, self.game.grand_cost - sum(self.most))
        if abs(bill.launch_gap_cents - 100 * gap) > 1 + 0.5 * len(self.players):
            yield f"the launch gap is {100 * gap:.2f} cents, not {bill.launch_gap_cents}"
        for player, alone, most in zip(self.players, self.alone, self.most, strict=True):
            cents = bill.cents[player]
            if bill.alone_cents[player] != _whole(alone):
                yield f"{player} would pay {_whole(alone)} cents alone, not {bill.alone_cents[player]}"
            if not 0 <= cents <= _whole(most):
                yield f"{player} is billed {cents} cents, and may be billed from 0 to {_whole(most)}"
            exact = self._exact(player)
            if not -NOISE <= exact <= most + NOISE:
                yield f"the saving of {player} means a share of {exact:.4f} euro, above {most:.4f} or below 0"
            # Largest remainder moves a bill by less than a cent, a few when rounded caps stand in the way.
            if abs(cents - 100 * exact) > 1 + 0.5 * len(self.players) * (bill.launch_gap_cents > 0) + NOISE:
                yield f"{player} is billed {cents} cents, but her saving means {100 * exact:.2f}"
            within = all(-NOISE <= bill.shares[p] <= m + NOISE for p, m in zip(self.players, self.most, strict=True))
            if within and abs(exact - bill.shares[player]) > NOISE:
                yield f"the share of {player} is {bill.shares[player]:.4f} euro, but her saving means {exact:.4f}"

    def _exact(self, player: str) -> float:
        """What she pays before rounding: her alone cost less the saving stated."""
        return self.alone[self.players.index(player)] * (1 - self.bill.saving[player])

    def _method(self) -> Iterator[str]:
        table, bill = self.game.cost.table(), self.bill
        shares = np.array([bill.shares[player] for player in self.players])
        sign = -1.0 if self.game.of_values else 1.0
        total = self.game.grand_cost if sign < 0 else min(self.game.grand_cost, sum(self.most))
        if len(shares) and abs(shares.sum() - total) > NOISE * max(1.0, abs(total)):
            yield f"the shares add up to {shares.sum():.4f} euro, not to {total:.4f}"
        expected: Floats | None = None
        if bill.method in ("stand_alone", "volume", "value") and len(shares):
            weights = self.alone if bill.method == "stand_alone" else list(self.game.weights or ())
            whole = sum(weights)
            expected = np.array([total * w / whole if whole else total / len(weights) for w in weights])
        elif table is not None and len(shares):
            costs = table.copy()
            costs[-1] = sign * total
            if bill.method == "shapley":
                expected = sign * _by_dividends(costs)
            elif bill.method == "nucleolus":
                yield from self._kernel(costs, sign * shares)
        if expected is not None and bill.exact:
            for player, share, right in zip(self.players, shares, expected, strict=True):
                if abs(share - right) > 1e-5 * max(1.0, abs(total)):
                    yield f"by {bill.method} the share of {player} is {right:.4f} euro, not {share:.4f}"

    def _kernel(self, costs: Floats, shares: Floats) -> Iterator[str]:
        """The nucleolus lies in the kernel: no two players hold each other unequally, unless one pays all of alone."""
        n, scale = len(shares), max(1.0, float(np.abs(costs).max()))
        alone = [costs[1 << i] for i in range(n)]
        bounded = sum(alone) >= costs[-1] - NOISE
        content = costs - _all_sums(shares)
        masks = np.arange(len(costs))
        for i, j in combinations(range(n), 2):
            ours = content[(masks >> i & 1 == 1) & (masks >> j & 1 == 0)].min()
            theirs = content[(masks >> j & 1 == 1) & (masks >> i & 1 == 0)].min()
            for one, gap in ((j, theirs - ours), (i, ours - theirs)):
                at_most = bounded and shares[one] >= alone[one] - 1e-5 * scale
                if gap > 1e-5 * scale and not at_most:
                    yield f"{self.players[i]} and {self.players[j]} hold each other unequally: not the nucleolus"
                    return

    def groups(self) -> tuple[float, frozenset[int], float]:
        """The largest excess over (1 + tau) times cost, and the group that gains most by leaving, with its gain."""
        exact = np.array([self._exact(player) for player in self.players])
        billed = np.array([self.bill.cents[player] / 100 for player in self.players])
        table = self.game.cost.table()
        if table is None:
            over, gain, leaver = 0.0, 0.0, frozenset[int]()
            for held in self.bill.binding:
                group = frozenset(self.players.index(player) for player in held.group)
                cost = held.cost_cents / 100 + 0.005
                over = max(over, sum(exact[i] for i in group) - (1 + self.bill.tau) * cost)
                if sum(billed[i] for i in group) - cost > gain:
                    gain, leaver = sum(billed[i] for i in group) - cost, group
            for near, part in self._neighbourhoods():
                over = max(over, float((_all_sums(exact[near]) - (1 + self.bill.tau) * part).max()))
                gains = _all_sums(billed[near]) - part
                if gains.max() > gain:
                    gain = float(gains.max())
                    leaver = frozenset(near[bit] for bit in range(len(near)) if int(gains.argmax()) >> bit & 1)
            return over, leaver if gain > CENT else frozenset(), gain
        proper = np.ones(len(table), dtype=bool)
        proper[[0, -1]] = False
        proper[[1 << i for i in range(len(self.players))]] = False
        if not proper.any() or self.bill.tau == float("inf"):
            return 0.0, frozenset(), 0.0
        worst = (_all_sums(exact) - (1 + self.bill.tau) * table)[proper].max()
        gained = np.where(proper, _all_sums(billed) - table, -np.inf)
        best = int(gained.argmax())
        group = frozenset(i for i in range(len(self.players)) if best >> i & 1)
        return float(worst), group if gained[best] > NOISE else frozenset(), float(gained[best])

    def _neighbourhoods(self) -> Iterator[tuple[list[int], Floats]]:
        """Of every player those with whom she would save most, and what all groups of them cost, single players aside."""
        part, n = getattr(self.game.cost, "part", None), len(self.players)
        if part is None or n > SEARCHED_UP_TO or self.bill.tau == float("inf"):
            return
        saved = np.zeros((n, n))
        for i, j in combinations(range(n), 2):
            saved[i, j] = saved[j, i] = self.alone[i] + self.alone[j] - part([i, j])[3]
        seen = set()
        for i in range(n):
            near = sorted([i, *(int(j) for j in np.argsort(-saved[i], kind="stable") if j != i)][:NEIGHBOURS])
            if tuple(near) not in seen:
                seen.add(tuple(near))
                table = part(near)
                table[[0, *(1 << np.arange(len(near)))]] = np.inf
                yield near, table

    def notes(self) -> Iterator[str]:
        bill, table = self.bill, self.game.cost.table()
        if not self.players:
            yield "nobody was carried: the whole cost is launch gap"
        elif self.game.grand_cost > sum(self.alone) + CENT:
            yield "the plan costs more than everybody alone: own vans would be cheaper, and the difference is launch gap"
        elif bill.launch_gap_cents > 0:
            yield "the caps leave part of the cost uncovered: it is launch gap"
        if table is not None and len(self.players) > 1:
            yield from self._odd(table)
            if self.game.grand_cost > table[-1] + CENT:
                yield f"the plan costs {self.game.grand_cost - table[-1]:.2f} euro more than the cheapest known for everyone"
        if bill.eps_star > bill.tau_asked:
            yield f"no shares keep every group below {bill.tau_asked:.1%}: the threshold was raised to {bill.eps_star:.2%}"
        if bill.stopped:
            yield "the search was stopped by its time limit: these are its last shares that add up"
        elif not bill.proven:
            yield "that no group gains more is not proven: it is the largest found"
        if not bill.exact and not bill.stopped:
            error = bill.standard_error is not None
            yield (
                "the shares are an estimate, with a standard error"
                if error
                else "the shares follow from the groups found"
            )

    def _odd(self, table: Floats) -> Iterator[str]:
        n, masks = len(self.players), np.arange(len(table))

        def name(mask: int) -> str:
            return "{" + ", ".join(self.players[i] for i in range(n) if mask >> i & 1) + "}"

        for i in range(n):
            without = masks[masks >> i & 1 == 0]
            falls = table[without | 1 << i] < table[without] - NOISE
            if falls.any():
                yield f"a group becomes cheaper with {self.players[i]}: {name(int(without[falls.argmax()]))}"
                break
        for one in range(1, len(table) - 1) if n <= ALL_PAIRS_UP_TO else [1 << i for i in range(n)]:
            apart = masks[(masks & one == 0) & (masks > 0)]
            dearer = table[apart | one] > table[apart] + table[one] + NOISE
            if dearer.any():
                yield f"{name(one)} and {name(int(apart[dearer.argmax()]))} are cheaper apart than together"
                return


def _all_sums(amounts: Floats) -> Floats:
    """The sum over every group, a block of bitmasks at a time."""
    n = len(amounts)
    blocks = np.array_split(np.arange(2**n), max(1, 2**n // 4096))
    return np.concatenate([(block[:, None] >> np.arange(n) & 1) @ amounts for block in blocks])


def _by_dividends(costs: Floats) -> Floats:
    """Shapley by Harsanyi's dividends: what each group adds beyond its parts is split equally among its members."""
    n = len(costs).bit_length() - 1
    dividends, masks = costs.copy(), np.arange(len(costs))
    sizes = np.array([mask.bit_count() for mask in range(len(costs))])
    for i in range(n):
        having = masks[masks >> i & 1 == 1]
        dividends[having] -= dividends[having ^ 1 << i]
    return np.array([(dividends / np.maximum(sizes, 1))[masks >> i & 1 == 1].sum() for i in range(n)])
