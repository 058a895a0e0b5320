"""One game of a day, made from plain JSON and shared: what is kept with a bill, and what it is made again from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np

from logistics.cost_sharing import AdditiveOracle, Allocation, CostOracle, Game, RoutingOracle, TableOracle, allocate
from logistics.distances import Matrix
from logistics.routing import DAY, Load, Pair, Problem, Site, Van

Facts: TypeAlias = Mapping[str, Any]

ALWAYS = (0, DAY)
"""Hours that hinder nobody."""


@dataclass(frozen=True)
class Played:
    """
    One game and how it was shared. Players are producers (pk as text), in the game of distribution deliveries. `inputs` are
    what `game_of` makes it from, with the method and tau: plain JSON.
    """

    kind: str
    game: Game
    allocation: Allocation
    inputs: dict[str, Any]


def game_of(inputs: Facts) -> Game:
    """The game that `inputs` describe (those of a `Played`): `euro` to share, players, caps, weights, and what groups cost."""
    oracle: CostOracle
    if (drive := inputs["drive"]) is None:
        oracle = AdditiveOracle(inputs["alone"])
    elif "owners" in drive:
        each = [str(number) for number in range(len(drive["owners"]))]
        pairs = RoutingOracle(_problem(each, drive), drive["alone"])
        oracle = _of_owners(pairs, drive["owners"], inputs["alone"])
    else:
        oracle = RoutingOracle(_problem(inputs["players"], drive), inputs["alone"])
    caps, weights = inputs["caps"], inputs["weights"]
    return Game(
        players=tuple(inputs["players"]),
        cost=oracle,
        grand_cost=inputs["euro"],
        caps=None if caps is None else tuple(caps),
        weights=None if weights is None else tuple(weights),
    )


def _of_owners(pairs: RoutingOracle, owners: Sequence[int], alone: Sequence[float]) -> TableOracle:
    """
    The costs of groups who own several drives each: those of all their drives together, or with some of them driving all their
    own alone. The cheapest found, as those of pairs are.
    """
    every = pairs.table()
    assert every is not None
    costs = np.zeros(1 << len(alone))
    for group in range(1, len(costs)):
        mine = sum(1 << drive for drive, owner in enumerate(owners) if group >> owner & 1)
        apart = [costs[group & ~(1 << i)] + alone[i] for i in range(len(alone)) if group >> i & 1]
        costs[group] = min(every[mine], *apart)
    oracle = TableOracle(costs)
    oracle.certain = False
    return oracle


def _problem(keys: Sequence[str], drive: Facts) -> Problem:
    """The sites, or pairs, of these keys, and the vans that could drive to them."""
    jobs = zip(keys, drive["loads"], drive["hours"] or repeat(ALWAYS), strict=False)
    sites = tuple(
        Site(player, number, Load(tuple(crates), kg), service=service, opens=hours[0], closes=hours[1])  # type: ignore[arg-type]
        for number, (player, (crates, kg, service), hours) in enumerate(jobs if not drive["pairs"] else (), 1)
    )
    pairs = tuple(
        Pair(
            player,
            number,
            number + len(keys),
            Load(tuple(crates), kg),
            from_service=service,
            to_service=service,
        )  # type: ignore[arg-type]
        for number, (player, (crates, kg, service), _hours) in enumerate(jobs if drive["pairs"] else (), 1)
    )
    vans = tuple(
        Van(
            key=str(number),
            at=0,
            capacity=tuple(van["capacity"]),  # type: ignore[arg-type]
            total_crates=van["crates"],
            kg=van["kg"],
            fixed=van["fixed"],
            per_km=van["per_km"],
            per_hour=van["per_hour"],
            per_stop=van["per_stop"],
            available_from=van["hours"][0],
            available_to=van["hours"][1],
        )
        for number, van in enumerate(drive["vans"])
    )
    matrix = Matrix(np.array(drive["km"], dtype=float), np.array(drive["minutes"], dtype=float))
    return Problem(matrix, sites, vans, pairs)


def played_of(kind: str, inputs: dict[str, Any], time_limit: float) -> Played:
    """Make the game that `inputs` describe and share it. Raises Infeasible as `allocate` may."""
    game = game_of(inputs)
    return Played(kind, game, allocate(game, inputs["method"], tau=inputs["tau"], time_limit=time_limit), inputs)
