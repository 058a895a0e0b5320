"""What is shared: the players, what every group of them would pay on its own, and what the day cost. Euro throughout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

EXACT_UP_TO = 18
"""Players up to which the cost of every group is computed."""
NEGLIGIBLE = 1e-7
"""Euro that are rounding noise of the arithmetic."""


@dataclass(frozen=True)
class Row:
    """
    A group and what it would pay on its own, as the programme meets it: the shares of the group stay below the cost. `tour`
    is the order in which one van calls at them for that, when it is known.
    """

    group: frozenset[int]
    cost: float
    tour: tuple[int, ...] = ()


class CostOracle(Protocol):
    """What each group of players would pay on its own."""

    def of(self, group: frozenset[int]) -> float:
        """Euro for this group; may be negative for games given as values."""
        ...

    def table(self) -> Floats | None:
        """All 2**n costs by bitmask (bit i is player i), or None when there are too many players."""
        ...

    def most_violated(self, shares: Sequence[float] | Floats, tau: float) -> tuple[list[Row], bool]:
        """Groups whose shares exceed (1 + tau) times their cost, worst first; and whether "none" is proven."""
        ...


@runtime_checkable
class Known(Protocol):
    """An oracle that can be listed in another order and says what its costs are made of."""

    def reordered(self, order: Sequence[int]) -> CostOracle: ...
    def digest(self) -> str: ...


def sums(amounts: Sequence[float] | Floats) -> Floats:
    """The sum over every group of players, by bitmask."""
    totals = np.zeros(1)
    for amount in amounts:
        totals = np.concatenate([totals, totals + amount])
    return totals


def members(mask: int) -> frozenset[int]:
    """The players of a bitmask."""
    return frozenset(i for i in range(mask.bit_length()) if mask >> i & 1)


def mask_of(group: Iterable[int]) -> int:
    return sum(1 << i for i in group)


class TableOracle:
    """Costs of all groups in a list by bitmask. Raises ValueError for a missing (not finite) or negative cost."""

    def __init__(self, costs: Sequence[float] | Floats) -> None:
        self.costs: Floats = np.array(costs, dtype=float)
        self.values = False
        self.certain = True
        """False when the costs are the cheapest found, so that "no group gains" is not proven."""
        self._check()
        if (self.costs < 0).any():
            self._refuse(int(np.argmax(self.costs < 0)), "is negative")

    @classmethod
    def from_values(cls, values: Sequence[float] | Floats) -> "TableOracle":
        """A game of profit: what each group would earn. Its costs are the values with the other sign."""
        oracle = cls([0.0])
        oracle.costs = 0.0 - np.array(values, dtype=float)
        oracle.values = True
        oracle._check()
        return oracle

    def _check(self) -> None:
        size = len(self.costs)
        if size < 1 or size & (size - 1):
            raise ValueError(f"a table has a cost for each of the 2**n groups, not {size} costs")
        if not np.isfinite(self.costs).all():
            self._refuse(int(np.argmin(np.isfinite(self.costs))), "is missing")
        if self.costs[0]:
            raise ValueError("the cost of nobody must be 0")

    def _refuse(self, mask: int, why: str) -> None:
        raise ValueError(f"the cost of group {sorted(members(mask))} {why}: {self.costs[mask]}")

    def of(self, group: frozenset[int]) -> float:
        return float(self.costs[mask_of(group)])

    def table(self) -> Floats:
        return self.costs

    def most_violated(self, shares: Sequence[float] | Floats, tau: float, most: int = 60) -> tuple[list[Row], bool]:
        above = sums(shares) - (1 + tau) * self.costs
        above[[0, -1]] = -np.inf
        above[1 << np.arange(len(shares))] = -np.inf
        count = int(np.count_nonzero(above > NEGLIGIBLE))
        if not count:
            return [], self.certain
        worst = np.argpartition(-above, min(most, count) - 1)[: min(most, count)]
        worst = worst[np.lexsort((worst, -above[worst]))]
        return [Row(members(int(mask)), float(self.costs[mask])) for mask in worst], self.certain

    def reordered(self, order: Sequence[int]) -> "TableOracle":
        """Player `order[k]` of this table becomes player k."""
        places = sums([float(1 << i) for i in order]).astype(np.int64)
        oracle = TableOracle([0.0])
        oracle.costs, oracle.values, oracle.certain = self.costs[places], self.values, self.certain
        return oracle

    def digest(self) -> str:
        return sha256(np.round(self.costs, 9).tobytes()).hexdigest()


class AdditiveOracle:
    """Nobody knows what groups would pay: together they pay what each pays alone, so no group has a reason to leave."""

    def __init__(self, alone: Sequence[float]) -> None:
        self.alone = tuple(float(cost) for cost in alone)
        for i, cost in enumerate(self.alone):
            if not cost >= 0 or cost == float("inf"):
                raise ValueError(f"the cost of player {i} alone must be a number and not negative, but is {cost}")

    def of(self, group: frozenset[int]) -> float:
        return float(sum(self.alone[i] for i in sorted(group)))

    def table(self) -> Floats | None:
        return sums(self.alone) if len(self.alone) <= 12 else None

    def most_violated(self, shares: Sequence[float] | Floats, tau: float) -> tuple[list[Row], bool]:
        above = [i for i, share in enumerate(shares) if share > (1 + tau) * self.alone[i] + NEGLIGIBLE]
        if not above or len(shares) < 3:
            return [], True
        group = frozenset(above if len(above) > 1 else [above[0], min(set(range(len(shares))) - set(above))])
        return [Row(group, self.of(group))], False

    def reordered(self, order: Sequence[int]) -> "AdditiveOracle":
        return AdditiveOracle([self.alone[i] for i in order])

    def digest(self) -> str:
        return sha256(np.round(self.alone, 9).tobytes()).hexdigest()


@dataclass(frozen=True)
class Game:
    """
    Who shares what. Costs in euro; `grand_cost` is what is billed and may differ from the cost of everyone together.

    `caps` is what each may pay at most, by default what she pays alone (never more than that). `weights` (crates, or
    euro of goods) are for the methods "volume" and "value". In a game of values `grand_cost` is the value shared.
    Raises ValueError for players named twice, lists of another length, and amounts that are negative or no number.
    """

    players: tuple[str, ...]
    cost: CostOracle
    grand_cost: float
    caps: tuple[float, ...] | None = None
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if len(set(self.players)) < len(self.players):
            raise ValueError("every player needs a name of her own")
        table = self.cost.table()
        if table is not None and len(table) != 2 ** len(self.players):
            raise ValueError(f"{len(self.players)} players have {2 ** len(self.players)} groups, not {len(table)}")
        for name, amounts in (("cap", self.caps), ("weight", self.weights)):
            if amounts is not None and len(amounts) != len(self.players):
                raise ValueError(f"every player needs a {name}")
            for player, amount in zip(self.players, amounts or (), strict=False):
                if not 0 <= amount < float("inf"):
                    raise ValueError(f"the {name} of {player} must be a number and not negative, but is {amount}")
        if not abs(self.grand_cost) < float("inf") or (self.grand_cost < 0 and not self.of_values):
            raise ValueError(f"the cost must be a number and not negative, but is {self.grand_cost}")

    @property
    def of_values(self) -> bool:
        """Whether this is a game of profit: shares are received instead of paid."""
        return isinstance(self.cost, TableOracle) and self.cost.values

    @cached_property
    def alone(self) -> Floats:
        """What each pays on her own. Raises ValueError when that is missing or negative."""
        found = np.array([self.cost.of(frozenset([i])) for i in range(len(self.players))], dtype=float)
        for player, cost in zip(self.players, found, strict=True):
            if not np.isfinite(cost) or (cost < 0 and not self.of_values):
                raise ValueError(f"the cost of {player} alone must be a number and not negative, but is {cost}")
        return found

    @cached_property
    def room(self) -> Floats:
        """What each may be billed at most: her cap, and never more than alone."""
        return self.alone if self.caps is None else np.minimum(self.alone, self.caps)

    @cached_property
    def sorted(self) -> "Game":
        """
        The same game with its players in the order of their names, so that no bill depends on how they were listed.
        An oracle that cannot be listed anew keeps its order.
        """
        order = sorted(range(len(self.players)), key=lambda i: self.players[i])
        table = self.cost.table()
        if isinstance(self.cost, Known):
            cost = self.cost.reordered(order)
        elif table is not None:
            cost = TableOracle(table).reordered(order)
        else:
            return self

        def listed(amounts: tuple[float, ...] | None) -> tuple[float, ...] | None:
            return None if amounts is None else tuple(amounts[i] for i in order)

        players = tuple(self.players[i] for i in order)
        return Game(players, cost, self.grand_cost, listed(self.caps), listed(self.weights))


def hash_of(game: Game, method: str, tau: float, seed: int) -> str:
    """The fingerprint of everything a bill follows from, whatever the order of the players."""
    game = game.sorted
    costs = game.cost.digest() if isinstance(game.cost, Known) else sha256(game.alone.tobytes()).hexdigest()
    caps, weights = ([float(amount) for amount in amounts or ()] for amounts in (game.caps, game.weights))
    facts = (game.players, costs, float(game.grand_cost), caps, weights, method, float(tau), int(seed))
    return sha256(repr(facts).encode()).hexdigest()
