"""
Who pays what of a driven day (`docs/bills.md`): what it came from as plain JSON, and from that the games of the day, the
caps and the bills in whole cents. The engine that shares one game is `logistics.cost_sharing`.

First what went straight from farm to customer, then distribution over the destinations of the hub's rounds, each
destination's part split over the crates dropped there, then collection among the farms collected. Nobody pays more than
going alone from door to door would cost her, less what she spends herself; what nobody may be asked is launch gap.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Any, TypeAlias

import numpy as np

from logistics.alone import Rates, trip
from logistics.calls import PER_CRATE, PER_STOP
from logistics.cost_sharing.game import EXACT_UP_TO
from logistics.cost_sharing.programmes import Infeasible
from logistics.distances import Matrix
from logistics.facts import inputs_of
from logistics.loading import NEARLY
from logistics.playing import ALWAYS, Played, game_of, played_of
from logistics.routing import STORAGE_CLASSES, AloneCost
from network.money import share_out

__all__ = ["Bill", "Played", "Shared", "game_of", "inputs_of", "share"]

Facts: TypeAlias = Mapping[str, Any]
Heard: TypeAlias = Callable[[], None]
"""Told when one more game is shared, by who wants to know how far it is."""

LARGE = 40
"""Farms, or destinations, above which sharing a day takes longer than anybody looks at a blank page: a worker does it."""
ONLY_SMALL = ("nucleolus", "per_capita_nucleolus")
"""Methods that need the cost of every group; a larger game is shared by equal savings."""
ANY_KG = 1_000_000


@dataclass(frozen=True)
class Bill:
    """
    Of one producer, in whole cents. `alone` is going alone from door to door, `own` what bringing to the hub costs her
    herself, `cap` what the network may bill at most; `share` is `distribution`, what went straight included, plus
    `collection`. `saving` is the part of alone that she keeps, None when alone costs nothing.
    """

    alone: int
    own: int
    distribution: int
    collection: int
    cap: int
    crates: float

    @property
    def share(self) -> int:
        return self.distribution + self.collection

    @property
    def saving(self) -> float | None:
        return (self.alone - self.own - self.share) / self.alone if self.alone else None


@dataclass(frozen=True)
class Shared:
    """
    In cents: `cost = sum of shares + launch_gap`. `alone_km` is what everybody alone would drive, `own_km` what those drove
    who brought their goods to the hub. `parts` is each producer's part, in cents, of what a delivery pays.
    """

    cost: int
    launch_gap: int
    bills: dict[int, Bill]
    games: tuple[Played, ...]
    alone_km: float = 0.0
    own_km: float = 0.0
    parts: dict[int, dict[int, int]] = field(default_factory=dict)

    @property
    def dearer_than_alone(self) -> bool:
        """Whether the plan cost more than everybody alone: own vans would have been cheaper."""
        return self.cost > sum(bill.cap for bill in self.bills.values())

    @property
    def spread(self) -> float:
        """The largest saving less the smallest, door to door, in points."""
        savings = [bill.saving for bill in self.bills.values() if bill.saving is not None]
        return 100 * (max(savings) - min(savings)) if savings else 0.0


def share(
    inputs: Facts,
    *,
    method: str | None = None,
    tau: float | None = None,
    time_limit: float = 60.0,
    heard: Heard = lambda: None,
) -> Shared:
    """
    The bills of a day from what happened on it (`inputs_of`), by the method and tau given, else those in force. Touches no
    database; the same inputs give the same bills. A game that took longer than `time_limit` seconds is marked `stopped`.
    """
    tau = inputs["terms"]["tau"] if tau is None else tau
    day = _Day(inputs, method or inputs["terms"]["method"], tau, time_limit, heard)
    games: list[Played] = []
    straight = _straight(day, games)
    distribution, parts, pool = _distribution(day, games, straight)
    collection = _collection(day, games, distribution, pool)
    bills = {
        pk: Bill(
            alone=day.alone[pk],
            own=day.own[pk],
            distribution=distribution[pk],
            collection=collection.get(pk, 0),
            cap=day.caps[pk],
            crates=day.crates[pk],
        )
        for pk in day.producers
    }
    cost = sum(ride["shared"] for ride in inputs["rounds"])
    return Shared(
        cost=cost,
        launch_gap=cost - sum(bill.share for bill in bills.values()),
        bills=bills,
        games=tuple(games),
        alone_km=round(sum(one.km for one in day.trips.values()), 2),
        own_km=round(sum(one.km for one in day.to_hub.values()), 2),
        parts=parts,
    )


@dataclass(frozen=True)
class _Day:
    """What happened, and how it is to be shared. All amounts by producer (pk) in cents."""

    inputs: Facts
    method: str
    tau: float
    time_limit: float
    heard: Heard = lambda: None

    @cached_property
    def matrix(self) -> Matrix:
        return Matrix(np.array(self.inputs["km"], dtype=float), np.array(self.inputs["minutes"], dtype=float))

    @cached_property
    def producers(self) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self.inputs["producers"]}

    @cached_property
    def destinations(self) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self.inputs["destinations"]}

    @cached_property
    def rows(self) -> dict[int, list[dict[str, Any]]]:
        """What each producer sent."""
        found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in self.producers}
        for row in self.inputs["crates"]:
            found[row["producer"]].append(row)
        return found

    @cached_property
    def crates(self) -> dict[int, float]:
        return {pk: sum(_many(row) for row in rows) for pk, rows in self.rows.items()}

    def through_hub(self, pk: int) -> list[dict[str, Any]]:
        return [row for row in self.rows[pk] if not row["straight"]]

    def driven_by(self, pk: int, rows: Sequence[Facts], to: int | None = None) -> AloneCost:
        """A producer driving these goods herself, to their destinations or all to one place."""
        loads: dict[int, float] = defaultdict(float)
        for row in rows:
            loads[self.destinations[row["delivery"]]["at"] if to is None else to] += _many(row)
        her = self.producers[pk]
        return trip(Rates(**her["rates"]), self.matrix, her["at"], loads)

    @cached_property
    def trips(self) -> dict[int, AloneCost]:
        """Everybody alone, door to door."""
        return {pk: self.driven_by(pk, rows) for pk, rows in self.rows.items()}

    @cached_property
    def to_hub(self) -> dict[int, AloneCost]:
        """Of those who brought their goods, the way to the hub and home."""
        bringing = [pk for pk, her in self.producers.items() if her["brings"]]
        return {pk: self.driven_by(pk, self.through_hub(pk), to=0) for pk in bringing}

    @cached_property
    def alone(self) -> dict[int, int]:
        return {pk: _cents(one.euro) for pk, one in self.trips.items()}

    @cached_property
    def own(self) -> dict[int, int]:
        return {pk: _cents(self.to_hub[pk].euro) if pk in self.to_hub else 0 for pk in self.producers}

    @cached_property
    def caps(self) -> dict[int, int]:
        return {pk: max(0, self.alone[pk] - self.own[pk]) for pk in self.producers}

    def cost(self, leg: str) -> int:
        return sum(ride["shared"] for ride in self.inputs["rounds"] if ride["leg"] == leg)

    def drive(
        self, leg: str, sites: Sequence[Facts], loads: Sequence[Sequence[Facts]], to: Sequence[Facts] = ()
    ) -> dict[str, Any]:
        """
        How groups could drive: from the hub along these sites with these goods, or from each site straight `to` another,
        with a van of the plan or a standard one.
        """
        rows = [0, *(site["at"] for site in (*sites, *to))]
        standard, all_day = self.inputs["terms"]["van"], list(ALWAYS)
        vans = [
            {key: van[key] for key in van if key != "leg"} | {"hours": all_day}
            for van in self.inputs["vans"]
            if van["leg"] == leg
        ]
        vans.append(
            {
                "fixed": standard["per_day"],
                "per_km": standard["per_km"],
                "per_hour": standard["per_hour"],
                "per_stop": 0.0,
                "capacity": [standard["crates"]] * len(STORAGE_CLASSES),
                "crates": standard["crates"],
                "kg": ANY_KG,
                "hours": all_day,
            }
        )
        return {
            "km": [[self.inputs["km"][a][b] for b in rows] for a in rows],
            "minutes": [[self.inputs["minutes"][a][b] for b in rows] for a in rows],
            "loads": [_load(some) for some in loads],
            "vans": vans,
            "hours": None,
            "pairs": bool(to),
        }

    def within_hours(self, leg: str, sites: Sequence[Facts], drive: Mapping[str, Any]) -> dict[str, Any]:
        """The same within opening hours, and those of the leg."""
        begin, end = self.inputs["hours"][leg]
        own = [van["hours"] for van in self.inputs["vans"] if van["leg"] == leg] + [[begin, end]]
        hours = [[max(begin, first), max(min(end, last), begin + 1)] for first, last in own]
        return {
            **drive,
            "vans": [van | {"hours": its} for van, its in zip(drive["vans"], hours, strict=True)],
            "hours": [
                [max(0, site["opens"]), max(0, site["latest"] - (service if site.get("done") else 0))]
                for site, (_crates, _kg, service) in zip(sites, drive["loads"], strict=True)
            ],
        }

    def play(
        self,
        kind: str,
        players: Mapping[int, Sequence[Facts]],
        cents: int,
        *,
        sites: Sequence[Facts] = (),
        drive: dict[str, Any] | None = None,
        alone: list[float] | None = None,
        caps: Sequence[int] | None = None,
    ) -> Played:
        """
        Share `cents` among players, each with what she sends along. Groups are priced by how they could `drive`; along these
        `sites` without opening hours: that can only make them look cheaper, so what holds is proven. Where no shares would hold
        so, they keep the hours.
        """
        method = "epm" if self.method in ONLY_SMALL and len(players) > EXACT_UP_TO else self.method
        weighed = {"volume": _many, "value": lambda row: row["value"]}.get(method)
        if sites:
            drive = self.drive(kind, sites, list(players.values()))
        inputs = {
            "players": [str(pk) for pk in players],
            "euro": cents / 100,
            "alone": alone,
            "caps": None if caps is None else [cap / 100 for cap in caps],
            "weights": weighed and [round(sum(weighed(row) for row in rows), 6) for rows in players.values()],
            "drive": drive,
            "method": method,
            "tau": self.tau,
        }
        try:
            played = played_of(kind, inputs, self.time_limit)
        except Infeasible:
            # A search that proves nothing met a group too late: then in proportion to alone, with the certificate of that.
            played = played_of(kind, inputs | {"method": "stand_alone"}, self.time_limit)
        self.heard()
        if drive is None or not sites or played.allocation.eps_star <= self.tau:
            return played
        hired = [round(float(cost), 6) for cost in played.game.alone]
        within = inputs | {"alone": hired, "drive": self.within_hours(kind, sites, drive)}
        try:
            kept = played_of(kind, within, self.time_limit)
        except Infeasible:
            return played
        return kept if kept.allocation.eps_star < played.allocation.eps_star else played


def _straight(day: _Day, games: list[Played]) -> dict[int, int]:
    """
    What goes straight from farm to customer: cents by producer. Groups are priced one drive after the other in a van, as the
    planner does; more drives than can all be combined are shared without.
    """
    players = {pk: rows for pk in day.producers if (rows := [row for row in day.rows[pk] if row["straight"]])}
    cost = day.cost("direct")
    if not players or not cost:
        return {}
    alone = [_cents(day.driven_by(pk, rows).euro) / 100 for pk, rows in players.items()]
    caps = [day.caps[pk] for pk in players]
    drives = [(pk, row) for pk, rows in players.items() for row in rows]
    one_each = len(drives) == len(players)
    priced = drives if one_each or len(drives) <= EXACT_UP_TO else []
    sites, to = [day.producers[pk] for pk, _row in priced], [day.destinations[row["delivery"]] for _pk, row in priced]
    owned = {
        "owners": [list(players).index(pk) for pk, _row in priced],
        "alone": [_cents(day.driven_by(pk, [row]).euro) / 100 for pk, row in priced],
    }
    drive = day.drive("direct", sites, [[row] for _pk, row in priced], to) | ({} if one_each else owned)
    played = day.play("direct", players, cost, drive=drive if priced else None, alone=alone, caps=caps)
    games.append(played)
    return {int(pk): cents for pk, cents in played.allocation.cents.items()}


def _distribution(
    day: _Day, games: list[Played], straight: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, dict[int, int]], int]:
    """
    Cents by producer, what went straight included; each producer's part of what a delivery pays; and what the caps of some
    leave for the collection to carry.
    """
    dropped: dict[int, list[dict[str, Any]]] = {}
    for row in day.inputs["crates"]:
        if not row["straight"]:
            dropped.setdefault(row["delivery"], []).append(row)
    dropped = {pk: dropped[pk] for pk in sorted(dropped)}
    cost, parts = day.cost("distribution"), dict[int, dict[int, int]]()
    owed = dict.fromkeys(day.producers, 0) | dict(straight)
    pool = 0
    if dropped and cost:
        played = day.play("distribution", dropped, cost, sites=[day.destinations[pk] for pk in dropped])
        games.append(played)
        for pk, rows in dropped.items():
            weights = [sum(row["crates"][key] * day.inputs["weights"][key] for key in STORAGE_CLASSES) for row in rows]
            split = share_out(played.allocation.cents[str(pk)], weights)
            parts[pk] = {row["producer"]: cents for row, cents in zip(rows, split, strict=True)}
    for its in parts.values():
        for producer, cents in its.items():
            owed[producer] += cents
    for pk, cap in day.caps.items():
        pool += max(0, owed[pk] - cap)
        owed[pk] = min(owed[pk], cap)
    return owed, parts, pool


def _collection(day: _Day, games: list[Played], distribution: Mapping[int, int], pool: int) -> dict[int, int]:
    """Cents by producer who was collected; together they carry the pool as well, as far as their caps allow."""
    players = {pk: rows for pk, her in day.producers.items() if not her["brings"] and (rows := day.through_hub(pk))}
    cost = day.cost("collection") + pool
    if not players or not cost:
        return {}
    alone = [_cents(day.driven_by(pk, rows, to=0).euro) / 100 for pk, rows in players.items()]
    caps = [day.caps[pk] - distribution[pk] for pk in players]
    played = day.play("collection", players, cost, sites=[day.producers[pk] for pk in players], alone=alone, caps=caps)
    games.append(played)
    return {int(pk): cents for pk, cents in played.allocation.cents.items()}


def _many(row: Facts) -> float:
    """Crate equivalents."""
    return float(sum(row["crates"].values()))


def _load(rows: Sequence[Facts]) -> tuple[list[int], int, int]:
    """Whole crates per storage class, kg, and minutes at the stop."""
    crates = [ceil(sum(row["crates"][key] for row in rows) - float(NEARLY)) for key in STORAGE_CLASSES]
    return crates, ceil(sum(row["kg"] for row in rows)), ceil(PER_STOP + PER_CRATE * sum(crates))


def _cents(euro: float) -> int:
    """Half up, free of the noise of arithmetic."""
    return int(100 * round(euro, 6) + 0.5 + 1e-7)


def trip_of(inputs: Facts, producer: int, *, to_hub: bool = False) -> AloneCost:
    """What a producer would drive alone with what she sent: from door to door, or to the hub with what went over it."""
    day = _Day(inputs, "", 0.0, 0.0)
    if to_hub:
        return day.driven_by(producer, day.through_hub(producer), to=0)
    return day.driven_by(producer, day.rows[producer])


def players_of(inputs: Facts, kind: str) -> dict[int, tuple[Facts, list[dict[str, Any]]]]:
    """The players of a day's collection or distribution: by pk, who they are, and what a van takes or leaves there."""
    day = _Day(inputs, "", 0.0, 0.0)
    if kind == "collection":
        farms = {pk: rows for pk, her in day.producers.items() if not her["brings"] and (rows := day.through_hub(pk))}
        return {pk: (day.producers[pk], rows) for pk, rows in farms.items()}
    dropped: dict[int, list[dict[str, Any]]] = {}
    for row in inputs["crates"]:
        if not row["straight"]:
            dropped.setdefault(row["delivery"], []).append(row)
    return {pk: (day.destinations[pk], dropped[pk]) for pk in sorted(dropped)}


def cheapest(inputs: Facts, kind: str, some: Sequence[int]) -> int:
    """Cents of the cheapest tours along some of these players at any hour, with the vans of the plan or standard ones."""
    players = players_of(inputs, kind)
    some = [pk for pk in some if pk in players]
    if not some:
        return 0
    drive = _Day(inputs, "", 0.0, 0.0).drive(kind, [players[pk][0] for pk in some], [players[pk][1] for pk in some])
    facts = {"players": [str(pk) for pk in some], "euro": 0, "alone": None, "caps": None, "weights": None}
    return _cents(game_of(facts | {"drive": drive}).cost.of(frozenset(range(len(some)))))
