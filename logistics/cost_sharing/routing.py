"""
What groups of farms would pay on their own: the cheapest way to drive for any of them, with the vans and rates of the day.

Up to 18 players every group is computed: the cheapest tour of one van over each group (Held and Karp 1962), then the
cheapest partition of each group into tours. Beyond that, only groups that fit one van can hold a bill, and the most
violated one is searched for (`pricing`).
"""

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from itertools import groupby

import numpy as np

from logistics.cost_sharing.game import EXACT_UP_TO, Floats, Row, TableOracle, sums
from logistics.cost_sharing.pricing import most_violated
from logistics.cost_sharing.touring import cheapest_partition, timed_tours, tours
from logistics.cost_sharing.vans import Kind
from logistics.routing.problem import DAY, Problem, Site, Van, whole_minutes

LARGEST_GROUP = 19
"""Players of a group up to which its cost is computed exactly when there are more than 18 in all."""
TOLERANCES = ((60, 0.01), (10**9, 0.05))
"""Euro within which a violation counts as none, by number of players."""


class RoutingOracle:
    """
    The players are the sites of a routing problem, in its order; all vans start from one hub. A group may hire as many
    vans of each kind as it needs, one for every tour. `alone` is what each would pay with a van of her own, in euro; it
    counts where hiring is dearer or her goods fit no van. Who has no goods is not called at and costs nothing.

    With opening hours, or vans that are not free all day, tours are the cheapest found and never too cheap: `certain` is
    False and nothing is called proven. Raises ValueError for vans of several hubs and goods that nobody can carry.
    """

    def __init__(self, problem: Problem, alone: Sequence[float] | None = None) -> None:
        if alone is not None and len(alone) != len(problem.sites):
            raise ValueError("every site needs what it costs alone")
        if len({van.at for van in problem.vans}) > 1:
            raise ValueError("the vans of a cost game start from one hub")
        self.problem = problem
        self.own = None if alone is None else np.array(alone, dtype=float)
        if self.own is not None and not (np.isfinite(self.own) & (self.own >= 0)).all():
            raise ValueError("what a site costs alone is a number and not negative")
        windowed = any(site.opens > 0 or site.closes < DAY for site in problem.sites)
        self.certain = not windowed and all(v.available_from == 0 and v.available_to >= DAY for v in problem.vans)
        self.tolerance = next(euro for players, euro in TOLERANCES if len(problem.sites) <= players)
        self._groups: dict[frozenset[int], float] = {}

    @cached_property
    def loads(self) -> Floats:
        """Per player crates in all, crates per storage class, kg: what is collected or delivered, whichever is more."""
        both = [
            [[load.total, *load.crates, load.kg] for load in (site.collect, site.deliver)]
            for site in self.problem.sites
        ]
        return np.array(both, dtype=float).reshape(-1, 2, 6).max(axis=1)

    @cached_property
    def active(self) -> list[int]:
        """Who has goods."""
        return [int(i) for i in np.flatnonzero(self.loads.any(axis=1))]

    @cached_property
    def kinds(self) -> list[Kind]:
        """The kinds of vans there are, each once, with what every leg and call costs."""

        def rates(van: Van) -> tuple[float, ...]:
            room = (van.total_crates, *van.capacity, van.kg)
            return (
                van.per_km,
                van.per_hour,
                van.per_stop,
                van.fixed,
                *map(float, room),
                van.available_from,
                van.available_to,
            )

        sites, vans = self.problem.sites, sorted(self.problem.vans, key=rates)
        rows = [vans[0].at, *(site.at for site in sites)] if vans else []
        cut = np.ix_(rows, rows)
        km, minutes = self.problem.matrix.km[cut], whole_minutes(self.problem.matrix)[cut].astype(float)
        service = np.array([site.service for site in sites], dtype=float)
        return [
            Kind(
                legs=van.per_km * np.where(np.isfinite(km), km, 1e6) + van.per_hour / 60 * minutes,
                calls=van.per_stop + van.per_hour / 60 * service,
                fixed=van.fixed,
                room=np.array([van.total_crates, *van.capacity, van.kg], dtype=float),
                per_minute=van.per_hour / 60,
                hours=(van.available_from, van.available_to),
                minutes=minutes,
                service=service,
            )
            for van in (next(same) for _rates, same in groupby(vans, key=rates))
        ]

    @cached_property
    def alone(self) -> Floats:
        """What each costs on her own: her own van or a hired one, in full loads when one does not hold her goods."""
        costs = np.full(len(self.problem.sites), np.inf) if self.own is None else self.own.copy()
        idle = np.setdiff1d(np.arange(len(costs)), self.active)
        for i in self.active:
            for kind in self.kinds:
                needed = self.loads[i] > 0
                if (kind.room[needed] > 0).all():
                    trips = int(np.ceil((self.loads[i][needed] / kind.room[needed]).max() - 1e-9))
                    if self.certain or kind.in_time(i, self.problem.sites[i].opens, self.problem.sites[i].closes):
                        costs[i] = min(costs[i], trips * kind.tour([i]))
            if not np.isfinite(costs[i]):
                raise ValueError(f"the goods of {self.problem.sites[i].key} fit in no van at any hour")
        costs[idle] = 0.0
        return costs

    def of(self, group: frozenset[int]) -> float:
        """Euro. Exact for groups up to 19; of larger ones the cheapest found, along one long tour."""
        if len(group) == 1:
            return float(self.alone[next(iter(group))])
        table = self.table()
        if table is not None:
            return float(table[sum(1 << i for i in group)])
        if group not in self._groups:
            some = sorted(group & set(self.active))
            self._groups[group] = float(self._costs(some)[-1]) if len(some) <= LARGEST_GROUP else self._along(some)
        return self._groups[group]

    def table(self) -> Floats | None:
        return self._table if len(self.problem.sites) <= EXACT_UP_TO else None

    @cached_property
    def _table(self) -> Floats:
        """Whoever has no goods changes no group's cost."""
        bits = {i: float(1 << bit) for bit, i in enumerate(self.active)}
        places = sums([bits.get(i, 0.0) for i in range(len(self.problem.sites))]).astype(np.int64)
        return self._costs(self.active)[places]

    def _costs(self, some: list[int]) -> Floats:
        """The cost of every group of some players with goods, by bitmask."""
        single = np.full(1 << len(some), np.inf)
        for _rates, same in groupby(
            self.kinds, key=lambda kind: (kind.legs.tobytes(), kind.calls.tobytes(), kind.hours)
        ):
            alike = list(same)
            fits = [np.all([sums(self.loads[some, d]) <= kind.room[d] for d in range(6)], axis=0) for kind in alike]
            fitting = np.any(fits, axis=0)
            one = alike[0].cut(some)
            costs = tours(one, fitting) if self.certain else timed_tours(one, fitting, self._hours(some))
            for kind, fit in zip(alike, fits, strict=True):
                single = np.minimum(single, np.where(fit, costs + kind.fixed, np.inf))
        for bit, i in enumerate(some):
            single[1 << bit] = self.alone[i]
        single[0] = 0.0
        return cheapest_partition(single)

    def _hours(self, some: list[int]) -> Floats:
        return np.array([[self.problem.sites[i].opens, self.problem.sites[i].closes] for i in some], dtype=float)

    def _along(self, some: list[int]) -> float:
        """The players in order of direction from the hub, cut into groups small enough to be computed."""
        toward = self.kinds[0].legs[0, 1:][some] if self.kinds else self.alone[some]
        order = [some[i] for i in np.argsort(toward, kind="stable")]
        left, cost = set(order), 0.0
        for first in reversed(order):
            if first in left:
                near = sorted(left, key=lambda i: (self.kinds[0].legs[first + 1, i + 1], i))[:12]
                left -= set(near)
                cost += float(self._costs(sorted(near))[-1])
        return cost

    def most_violated(self, shares: Sequence[float] | Floats, tau: float) -> tuple[list[Row], bool]:
        table = self.table()
        return self._search(shares, tau) if table is None else self.exactly.most_violated(shares, tau)

    def quickly_violated(self, shares: Sequence[float] | Floats, tau: float) -> list[Row]:
        """Some groups whose shares exceed (1 + tau) times their cost, if a quick look finds any."""
        return self._search(shares, tau, quick=True)[0]

    def _search(self, shares: Sequence[float] | Floats, tau: float, *, quick: bool = False) -> tuple[list[Row], bool]:
        found, proven = most_violated(
            self.kinds,
            self.loads,
            self.active,
            np.asarray(shares, dtype=float),
            tau,
            self.tolerance,
            self._hours_or_none,
            quick=quick,
        )
        return [Row(group, cost) for group, cost in found], proven

    @cached_property
    def _hours_or_none(self) -> Floats | None:
        return None if self.certain else self._hours(list(range(len(self.problem.sites))))

    @cached_property
    def exactly(self) -> TableOracle:
        oracle = TableOracle(self._table)
        oracle.certain = self.certain
        return oracle

    def reordered(self, order: Sequence[int]) -> "TableOracle | RoutingOracle":
        """Player `order[k]` becomes player k."""
        if self.table() is not None:
            return self.exactly.reordered(order)
        sites: tuple[Site, ...] = tuple(self.problem.sites[i] for i in order)
        own = None if self.own is None else [float(self.own[i]) for i in order]
        oracle = RoutingOracle(Problem(self.problem.matrix, sites, self.problem.vans), own)
        oracle.tolerance = self.tolerance
        return oracle

    def digest(self) -> str:
        """Of the costs alone that follow from the problem, whatever it calls its sites and rows."""
        if self.table() is not None:
            return self.exactly.digest()
        facts = [self.alone, self.loads]
        for kind in self.kinds:
            facts += [kind.legs, kind.calls, kind.room, np.array([kind.fixed, *kind.hours], dtype=float)]
        if self._hours_or_none is not None:
            facts += [self._hours_or_none, *(kind.minutes for kind in self.kinds)]
        return sha256(b"".join(np.round(fact, 9).tobytes() for fact in facts)).hexdigest()
