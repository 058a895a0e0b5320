"""Who pays what, by the method the members chose, with the certificate that anyone can check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from logistics.cost_sharing.cents import capped, in_cents, rounded
from logistics.cost_sharing.equal import Search, equal_savings
from logistics.cost_sharing.game import NEGLIGIBLE, Floats, Game, hash_of
from logistics.cost_sharing.nucleolus import nucleolus, nucleolus_of_groups
from logistics.cost_sharing.sampling import estimated_shapley
from logistics.cost_sharing.shapley import shapley

METHODS = ("epm", "shapley", "nucleolus", "per_capita_nucleolus", "stand_alone", "volume", "value")
GROUPS_COUNT = ("shapley", "nucleolus", "per_capita_nucleolus")
"""Methods whose answer is exact only when the cost of every group is known."""
MANY = 240
"""Players up to which those answer at all."""
NUCLEOLUS_TURNS = 20
HOLDS = 0.005
"""Euro: a group this close to leaving holds the bill where it is."""


@dataclass(frozen=True)
class Binding:
    """
    A group that holds the bill where it is: its members together pay `limit_cents` at most, (1 + tau) times `cost_cents`.
    `tour` is the order in which one van calls at them for that, when it is known.
    """

    group: tuple[str, ...]
    cost_cents: int
    limit_cents: int
    share_cents: int
    tour: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allocation:
    """
    A bill and its certificate. `shares` are exact, in euro, as the method defines them; `cents` is what is billed: capped
    and rounded. With `launch_gap_cents`, what the caps left uncovered, they add up to the cost in whole cents.

    `saving` is the part of her alone cost that each keeps (0.25 is a quarter), `spread` the largest minus the smallest in
    points, among those whom going alone costs something; both before rounding. `tau` is the threshold that was kept, at
    least `eps_star`: the least that makes it possible. No group pays more than (1 + tau) times its own cost, but for
    `max_violation_cents`; that is the largest possible when `proven`, else the largest found. `exact`: the method's own
    answer, not an estimate (then with a `standard_error` in euro) and not cut short (`stopped`).
    """

    method: str
    shares: dict[str, float]
    cents: dict[str, int]
    launch_gap_cents: int
    alone_cents: dict[str, int]
    saving: dict[str, float]
    spread: float
    tau: float
    eps_star: float
    max_violation_cents: int
    proven: bool
    binding: tuple[Binding, ...]
    exact: bool
    standard_error: dict[str, float] | None
    inputs_hash: str
    stopped: bool = False
    seed: int = 0
    tau_asked: float = 0.0

    @property
    def subsidy_cents(self) -> int:
        """What would have to be paid from outside for no group at all to gain by leaving."""
        if self.eps_star == float("inf"):
            return sum(self.cents.values())
        return in_cents(sum(self.cents.values()) / 100 * self.eps_star / (1 + self.eps_star))


def allocate(
    game: Game, method: str = "epm", *, tau: float = 0.10, time_limit: float = 60.0, seed: int = 0
) -> Allocation:
    """
    Share the cost of the game. `tau` is the part of its own cost that a group must gain before it leaves, 0.10 by default.

    The answer depends on the inputs and the seed alone, never on the order of players or the speed of the machine; only a
    search that `time_limit` seconds cut short is marked `stopped` and holds the last shares that add up.
    Raises ValueError for an unknown method, a negative tau, weights that are missing, a game of values with a method that
    needs costs, and more than 240 players for Shapley and the nucleoli. Of more than 18 the Shapley value is estimated,
    with its standard error, from costs that are themselves rough when vans are routed; the nucleoli follow from the groups
    that were found and from what each adds to all others, roughly.
    """
    if method not in METHODS:
        raise ValueError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    if not 0 <= tau < float("inf"):
        raise ValueError(f"tau must be a number and not negative, but is {tau}")
    inputs_hash = hash_of(game, method, tau, seed)
    listed, game = game.players, game.sorted
    found = _of_values(game, method) if game.of_values else _of_costs(game, method, tau, time_limit, seed)

    def in_order(amounts: dict[str, float]) -> dict[str, float]:
        return {player: amounts[player] for player in listed if player in amounts}

    return replace(
        found,
        shares=in_order(found.shares),
        cents={player: found.cents[player] for player in listed},
        alone_cents={player: found.alone_cents[player] for player in listed if player in found.alone_cents},
        saving=in_order(found.saving),
        inputs_hash=inputs_hash,
        seed=seed,
        tau_asked=tau,
    )


def frontier(game: Game, taus: Sequence[float], *, time_limit: float = 600.0) -> list[tuple[float, float]]:
    """
    For every tau the smallest spread of savings, in points, that `epm` reaches: (tau kept, spread). The groups found for one
    serve the next. Raises ValueError for a game of values.
    """
    if game.of_values:
        raise ValueError("a game of values has no savings")
    game = game.sorted
    search, points = _search(game, None, time_limit), []
    for tau in taus:
        search.level(tau)
        assert search.shares is not None
        points.append((max(tau, search.eps_star), _spread(_saving(game, search.shares), game)))
    return points


def _search(game: Game, tau: float | None, time_limit: float) -> Search:
    total = min(game.grand_cost, float(game.room.sum()))
    return equal_savings(game.cost, alone=game.alone, room=game.room, total=total, tau=tau, time_limit=time_limit)


def _saving(game: Game, bill: Floats) -> Floats:
    compared = game.alone > NEGLIGIBLE
    return np.where(compared, 1 - bill / np.where(compared, game.alone, 1.0), 0.0)


def _spread(saving: Floats, game: Game) -> float:
    """In points, among those whom going alone costs something."""
    compared = game.alone > NEGLIGIBLE
    return float(100 * np.ptp(saving[compared])) if compared.any() else 0.0


def _of_costs(game: Game, method: str, tau: float, time_limit: float, seed: int) -> Allocation:
    players, alone, room = game.players, game.alone, game.room
    search = _search(game, tau if method == "epm" else None, time_limit)
    error: Floats | None = None
    if method == "epm":
        assert search.shares is not None
        shares = bill = search.shares
    else:
        shares, error = _by_method(game, method, search.total, seed, search)
        bill = capped(shares, room)
    kept = max(tau, search.eps_star)
    violation, proven = _violation(search, bill, kept)
    if method == "epm":
        proven = proven and search.proven
    most = [in_cents(amount) for amount in room]
    billed = min(in_cents(game.grand_cost), sum(most))
    saving = _saving(game, bill)
    return Allocation(
        method=method,
        shares=_named(players, shares),
        cents=rounded(bill, billed, most, players),
        launch_gap_cents=in_cents(game.grand_cost) - billed,
        alone_cents={player: in_cents(cost) for player, cost in zip(players, alone, strict=True)},
        saving=_named(players, saving),
        spread=_spread(saving, game),
        tau=kept,
        eps_star=search.eps_star,
        max_violation_cents=int(np.ceil(100 * violation - 0.01)),
        proven=proven and not search.stopped,
        binding=_binding(search, players, bill, kept),
        exact=not search.stopped and (method not in GROUPS_COUNT or game.cost.table() is not None),
        standard_error=None if error is None else _named(players, error),
        inputs_hash="",
        stopped=search.stopped,
    )


def _by_method(game: Game, method: str, total: float, seed: int, search: Search) -> tuple[Floats, Floats | None]:
    n = len(game.players)
    if method in ("stand_alone", "volume", "value"):
        if method != "stand_alone" and game.weights is None:
            raise ValueError(f"the method {method!r} needs the weights of the players")
        weights = game.alone if method == "stand_alone" else np.array(game.weights, dtype=float)
        return total * (weights / weights.sum() if weights.sum() else np.full(n, 1 / max(n, 1))), None
    table = _table(game, total)
    if method == "shapley" and table is not None:
        return shapley(table), None
    rough = getattr(game.cost, "roughly", game.cost.of)
    if table is None and n > MANY:
        raise ValueError(f"the method {method!r} counts what groups would pay, of {MANY} players at most, not {n}")
    if method == "shapley":
        return estimated_shapley(rough, n, total, seed)
    per_capita = method == "per_capita_nucleolus"
    if table is not None:
        return nucleolus(table, total, per_capita=per_capita), None
    return _nucleolus_of_found(game, total, search, per_capita), None


def _nucleolus_of_found(game: Game, total: float, search: Search, per_capita: bool) -> Floats:
    """Among the groups found and those that object to what follows from them, turn by turn."""
    n, rough = len(game.players), getattr(game.cost, "roughly", game.cost.of)
    everybody = frozenset(range(n))
    # What everyone but one would pay says what she adds; it is rough, and in proportion to what is shared.
    whole = rough(everybody) or 1.0
    but_one = {tuple(sorted(everybody - {i})): total * rough(everybody - {i}) / whole for i in range(n)}
    shares = np.zeros(n)
    for _turn in range(NUCLEOLUS_TURNS):
        groups = but_one | {tuple(sorted(group)): row.cost for group, row in search.rows.items()}
        listed = sorted(groups)
        costs = np.array([groups[group] for group in listed])
        shares = nucleolus_of_groups(listed, costs, game.alone, total, per_capita=per_capita)
        found, _proven = search.oracle.most_violated(capped(shares, game.room), search.eps_star)
        if not search.meet(found):
            break
        if monotonic() > search.until:
            search.stopped = True
            break
    return shares


def _table(game: Game, total: float) -> Floats | None:
    """The costs of all groups, that of everyone being what is billed."""
    table = game.cost.table()
    if table is None:
        return None
    costs = table.copy()
    costs[-1] = total if len(game.players) else 0.0
    return costs


def _of_values(game: Game, method: str) -> Allocation:
    if method not in ("shapley", "nucleolus", "per_capita_nucleolus"):
        raise ValueError(f"the method {method!r} is for costs; a game of values has shapley and the nucleoli")
    table = _table(game, -game.grand_cost)
    assert table is not None
    if method == "shapley":
        shares = -shapley(table)
    else:
        shares = -nucleolus(table, -game.grand_cost, per_capita=method == "per_capita_nucleolus")
    return Allocation(
        method=method,
        shares=_named(game.players, shares + 0.0),
        cents=rounded(shares, in_cents(game.grand_cost) if game.players else 0, None, game.players),
        launch_gap_cents=0,
        alone_cents={},
        saving={},
        spread=0.0,
        tau=0.0,
        eps_star=0.0,
        max_violation_cents=0,
        proven=True,
        binding=(),
        exact=True,
        standard_error=None,
        inputs_hash="",
    )


def _violation(search: Search, bill: Floats, tau: float) -> tuple[float, bool]:
    """Euro by which some group pays more than (1 + tau) times its cost, and whether no group can be worse off."""
    if tau == float("inf"):
        return 0.0, False
    rows, proven = search.oracle.most_violated(bill, tau)
    search.meet(rows)
    above = {group: float(sum(bill[i] for i in group)) - (1 + tau) * row.cost for group, row in search.rows.items()}
    together, most = 0.0, frozenset[int]()
    if search.oracle.table() is None:
        # Groups that fit a van are searched; several that object can object as one.
        for group in sorted(above, key=lambda group: (-above[group], sorted(group))):
            if above[group] > 0 and not group & most:
                together, most = together + above[group], most | group
    return max(together, *above.values(), 0.0), proven


def _binding(search: Search, players: tuple[str, ...], bill: Floats, tau: float) -> tuple[Binding, ...]:
    held = []
    for row in search.rows.values():
        paid, limit = float(sum(bill[i] for i in row.group)), (1 + tau) * row.cost
        if paid > limit - HOLDS:
            names, tour = tuple(sorted(players[i] for i in row.group)), tuple(players[i] for i in row.tour)
            held.append(Binding(names, in_cents(row.cost), in_cents(limit), in_cents(paid), tour))
    return tuple(sorted(held, key=lambda binding: (len(binding.group), binding.group)))


def _named(players: tuple[str, ...], amounts: Floats) -> dict[str, float]:
    return {player: float(amount) for player, amount in zip(players, amounts, strict=True)}
