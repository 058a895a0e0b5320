"""
What groups of farms would pay on their own: the cheapest way to drive for any of them, with the vans and rates of the day.

Up to 18 players every group is computed: the cheapest tour of one van over each group (Held and Karp 1962), then the
cheapest partition of each group into tours. Beyond that, only groups that fit one van can hold a bill, and the most
violated one is searched for (`pricing`).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256

import numpy as np

from logistics.cost_sharing.game import EXACT_UP_TO, NEGLIGIBLE, Floats, Row, TableOracle, sums
from logistics.cost_sharing.pricing import most_violated
from logistics.cost_sharing.touring import cheapest_partition, timed_tours, tours
from logistics.cost_sharing.vans import Kind, load_of, room_of
from logistics.routing.problem import DAY, Pair, Problem, Site, Van

LARGEST_GROUP = 19
"""Players of a group up to which its cost is computed exactly when there are more than 18 in all."""
SEARCHED_WHOLE = 240
"""Players up to which groups are searched among all of them; beyond, in neighbourhoods, and nothing is proven."""
TOGETHER = 12
FOLLOWERS = 20
TOLERANCES = ((60, 0.01), (10**9, 0.05))
"""Euro within which a violation counts as none, by number of players."""


class RoutingOracle:
    """
    The players are the sites of a routing problem, in its order; of a problem without sites, its pairs. All vans start from
    one hub. A group may hire as many vans of each kind as it needs, one for every tour. `alone` is what each would pay with
    a van of her own, in euro; it counts where hiring is dearer or her goods fit no van. Who has no goods is not called at
    and costs nothing.

    With opening hours, vans that are not free all day, drivers who pause, and pairs, costs are of tours that exist, and a
    cheaper one may have been missed. Nothing is called proven then, but where hours do not matter: no group would gain even
    without them. Reloading is left out, and so are standing tours. Raises ValueError for sites and pairs together, vans of several hubs, and goods that nobody can carry.
    """

    def __init__(self, problem: Problem, alone: Sequence[float] | None = None) -> None:
        self.jobs: tuple[Site, ...] | tuple[Pair, ...] = problem.sites or problem.pairs
        if problem.sites and problem.pairs:
            raise ValueError("sites and pairs are each a game of their own")
        if alone is not None and len(alone) != len(self.jobs):
            raise ValueError("every player needs what it costs alone")
        if len({van.at for van in problem.vans}) > 1:
            raise ValueError("the vans of a cost game start from one hub")
        self.problem = problem
        self.own = None if alone is None else np.array(alone, dtype=float)
        if self.own is not None and not (np.isfinite(self.own) & (self.own >= 0)).all():
            raise ValueError("what a player costs alone is a number and not negative")
        self.timed = bool((self.hours[:, 0] > 0).any() or (self.hours[:, 1] < DAY).any()) or any(
            kind.hours[0] > 0 or min(kind.hours[1], kind.longest) < DAY or kind.pause for kind in self.kinds
        )
        self.tolerance = next(euro for players, euro in TOLERANCES if len(self.jobs) <= players)
        self._groups: dict[frozenset[int], float] = {}

    @cached_property
    def loads(self) -> Floats:
        """
        Per player crates in all, crates per storage class, kg: what is collected or delivered, whichever is more. Pairs are
        driven one after the other and fill nothing together.
        """
        most = [np.maximum(load_of(site.collect), load_of(site.deliver)) for site in self.problem.sites]
        return np.array(most or np.zeros((len(self.jobs), 6)), dtype=float).reshape(-1, 6)

    @cached_property
    def hours(self) -> Floats:
        """Per player the first and last minute at which a call may begin."""
        found = []
        for job in self.jobs:
            if isinstance(job, Site):
                found.append((job.opens, job.closes))
            else:
                later = job.from_service + int(self.problem.minutes[job.from_at, job.to_at])
                found.append((max(job.from_opens, job.to_opens - later), min(job.from_closes, job.to_closes - later)))
        return np.array(found, dtype=float).reshape(-1, 2)

    @cached_property
    def active(self) -> list[int]:
        """Who has goods."""
        pairs = [i for i, job in enumerate(self.jobs) if isinstance(job, Pair) and load_of(job.load).any()]
        return pairs or [int(i) for i in np.flatnonzero(self.loads.any(axis=1))]

    @cached_property
    def kinds(self) -> list[Kind]:
        """The kinds of vans there are, each once; not those that another kind is as good as in everything."""
        same = {replace(van, key="", reloads=0): van for van in sorted(self.problem.vans, key=lambda van: van.key)}
        useful: list[Van] = []
        for van in sorted(same.values(), key=_rates):
            if not any(_serves(other, van) for other in useful):
                useful = [*(other for other in useful if not _serves(van, other)), van]
        return [Kind.of(van, self.problem) for van in useful]

    @cached_property
    def alone(self) -> Floats:
        """What each costs on her own: her own van or a hired one, in full loads when one does not hold her goods."""
        costs = np.full(len(self.jobs), np.inf) if self.own is None else self.own.copy()
        costs[np.setdiff1d(np.arange(len(costs)), self.active)] = 0.0
        for i in self.active:
            for kind in self.kinds:
                needed = self.loads[i] > 0
                if kind.takes[i] and (kind.room[needed] > 0).all():
                    trips = max(1, int(np.ceil((self.loads[i][needed] / kind.room[needed]).max(initial=1.0) - 1e-9)))
                    begins = max(self.hours[i, 0], kind.hours[0] + kind.minutes[0, i + 1])
                    leaves, ends = begins - kind.minutes[0, i + 1], begins + kind.service[i] + kind.minutes[i + 1, 0]
                    more = float(kind.returns(np.array(leaves), np.array(ends))) if self.timed else 0.0
                    if not self.timed or begins <= self.hours[i, 1]:
                        costs[i] = min(costs[i], trips * (kind.tour([i]) + more))
            if not np.isfinite(costs[i]):
                raise ValueError(f"the goods of {self.jobs[i].key} fit in no van at any hour")
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
            self._groups[group] = (
                float(self._costs(some, timed=self.timed)[-1]) if len(some) <= LARGEST_GROUP else self._along(some)
            )
        return self._groups[group]

    def along(self, tour: Sequence[int]) -> float:
        """Euro when one van calls at these players in this order, the cheapest that can; infinite when none can."""
        held, some = self.loads[list(tour)].sum(axis=0), list(tour)
        return min(
            (
                kind.tour(some) + (kind.waiting(some, self.hours) if self.timed else 0.0)
                for kind in self.kinds
                if kind.takes[some].all() and (held <= kind.room + 1e-9).all()
            ),
            default=np.inf,
        )

    def part(self, some: Sequence[int]) -> Floats:
        """The costs of all groups of some players, by bitmask in their order. Who has no goods changes none."""
        active = set(self.active)
        bits = {i: float(1 << bit) for bit, i in enumerate(i for i in some if i in active)}
        return self._costs(list(bits), timed=self.timed)[sums([bits.get(i, 0.0) for i in some]).astype(np.int64)]

    def table(self) -> Floats | None:
        return self._table if len(self.jobs) <= EXACT_UP_TO else None

    @cached_property
    def _table(self) -> Floats:
        return self.part(range(len(self.jobs)))

    def _costs(self, some: list[int], *, timed: bool) -> Floats:
        """The cost of every group of some players with goods, by bitmask."""
        single = np.full(1 << len(some), np.inf)
        sizes = [sums(self.loads[some, d]) for d in range(6)]
        found: dict[bytes, Floats] = {}
        for kind in self.kinds:
            barred = sums((~kind.takes[some]).astype(float)) > 0
            fits = ~barred & np.all([size <= room for size, room in zip(sizes, kind.room, strict=True)], axis=0)
            one = kind.cut(some)
            if timed:
                costs = timed_tours(one, fits, self.hours[some])
            else:
                # Vans that differ in room and hire alone drive the same tours.
                key = one.legs.tobytes() + one.calls.tobytes()
                known = found.get(key)
                costs = tours(one, fits) if known is None or (np.isinf(known) & fits).any() else known
                found[key] = costs
            single = np.minimum(single, np.where(fits, costs + kind.fixed, np.inf))
        for bit, i in enumerate(some):
            single[1 << bit] = self.alone[i]
        single[0] = 0.0
        return cheapest_partition(single)

    def _along(self, some: list[int]) -> float:
        """Neighbourhoods small enough to be computed, one after the other."""
        return sum(float(self._costs(near, timed=self.timed)[-1]) for near in self._neighbourhoods(some, TOGETHER))

    def _neighbourhoods(self, some: Sequence[int], size: int) -> list[list[int]]:
        """Players apart in groups of a size: the farthest who is left, and those nearest to her."""
        if not self.kinds:
            return [[i] for i in some]
        legs, left, found = self.kinds[0].legs, set(some), []
        for first in sorted(some, key=lambda i: (-legs[0, i + 1], i)):
            if first in left:
                near = sorted(left, key=lambda i: (legs[first + 1, i + 1], i))[:size]
                left -= set(near)
                found.append(sorted(near))
        return found

    def roughly(self, group: frozenset[int]) -> float:
        """Euro for a group of any size by joining tours that save most (Clarke and Wright 1964), hours left out."""
        tours = {i: [i] for i in self.active if i in group}
        of = {i: i for i in tours}
        held = {i: self.loads[i] for i in tours}
        for i, j in self._savings:
            if i not in of or j not in of or of[i] == of[j]:
                continue
            one, other = of[i], of[j]
            first, then = tours[one], tours[other]
            if i not in (first[0], first[-1]) or j not in (then[0], then[-1]):
                continue
            if (held[one] + held[other] > self._room).any():
                continue
            # Either may be driven the other way round.
            tours[one] = (first if first[-1] == i else first[::-1]) + (then if then[0] == j else then[::-1])
            held[one] = held[one] + held[other]
            of |= dict.fromkeys(tours.pop(other), one)
        euro = 0.0
        for one, stops in tours.items():
            fit = [
                kind.tour(stops) for kind in self.kinds if kind.takes[stops].all() and (held[one] <= kind.room).all()
            ]
            euro += min([*fit, float(sum(self.alone[i] for i in stops))])
        return euro

    @cached_property
    def _room(self) -> Floats:
        return np.max([kind.room for kind in self.kinds], axis=0)

    @cached_property
    def _savings(self) -> list[tuple[int, int]]:
        """Who could follow whom, what saves most first, among each one's nearest."""
        legs = max(self.kinds, key=lambda kind: tuple(kind.room)).legs
        saved = legs[1:, :1] + legs[:1, 1:] - legs[1:, 1:]
        np.fill_diagonal(saved, 0.0)
        near = np.argsort(-saved, axis=1, kind="stable")[:, :FOLLOWERS]
        pairs = [(float(saved[i, j]), i, int(j)) for i in range(len(saved)) for j in near[i] if saved[i, j] > 0]
        return [(i, j) for _saved, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))]

    def most_violated(self, shares: Sequence[float] | Floats, tau: float) -> tuple[list[Row], bool]:
        table = self.table()
        return self._search(shares, tau) if table is None else self.exactly.most_violated(shares, tau)

    def _search(self, shares: Sequence[float] | Floats, tau: float) -> tuple[list[Row], bool]:
        amounts, hours = np.asarray(shares, dtype=float), self.hours if self.timed else None
        whole = len(self.active) <= SEARCHED_WHOLE
        parts = [self.active] if whole else self._neighbourhoods(self.active, SEARCHED_WHOLE // 2)
        rows, proven = [], whole and not self.problem.pairs
        for part in parts:
            found, sure = most_violated(
                self.kinds, self.loads, part, amounts, tau, self.tolerance, hours, exactly=whole
            )
            rows += found
            proven = proven and sure
        return rows, proven

    @cached_property
    def exactly(self) -> TableOracle:
        """All groups. Their costs are certain when hours change none of them."""
        oracle = TableOracle(self._table)
        oracle.certain = not self.problem.pairs
        if self.timed and oracle.certain:
            everybody = self._costs(self.active, timed=False)
            oracle.certain = bool(np.allclose(everybody, self._costs(self.active, timed=True), rtol=0, atol=NEGLIGIBLE))
        return oracle

    def reordered(self, order: Sequence[int]) -> "TableOracle | RoutingOracle":
        """Player `order[k]` becomes player k."""
        if self.table() is not None:
            return self.exactly.reordered(order)
        sites = tuple(self.problem.sites[i] for i in order if self.problem.sites)
        pairs = tuple(self.problem.pairs[i] for i in order if self.problem.pairs)
        own = None if self.own is None else [float(self.own[i]) for i in order]
        return RoutingOracle(replace(self.problem, sites=sites, pairs=pairs, tours=()), own)

    def digest(self) -> str:
        """Of the costs alone that follow from the problem, whatever it calls its sites and rows."""
        if self.table() is not None:
            return self.exactly.digest()
        facts = [self.alone, self.loads, self.hours]
        for kind in self.kinds:
            facts += [kind.legs, kind.calls, kind.room, kind.takes.astype(float), kind.minutes, kind.service]
            facts.append(np.array([kind.fixed, *kind.hours, kind.longest, kind.pause], dtype=float))
        return sha256(b"".join(np.round(fact, 9).tobytes() for fact in facts)).hexdigest()


def _rates(van: Van) -> tuple[float, ...]:
    limits = (van.available_from, van.available_to, van.longest, van.pause, van.end)
    return (van.per_km, van.per_hour, van.per_stop, van.fixed, *room_of(van).tolist(), *limits)


def _serves(one: Van, other: Van) -> bool:
    """Whether what `other` drives `one` can drive at the same hours, for no more."""
    lower = ("fixed", "per_km", "per_hour", "per_stop", "available_from", "pause")
    return (
        (one.at, one.end) == (other.at, other.end)
        and all(getattr(one, name) <= getattr(other, name) for name in lower)
        and one.available_to >= other.available_to
        and one.longest >= other.longest
        and one.skills >= other.skills
        and bool((room_of(one) >= room_of(other)).all())
    )
