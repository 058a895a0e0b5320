"""
Why a bill is what it is: a sum that a farmer can redo with a pencil (`docs/your-bill.md`).

First what going alone would cost her, kilometre by kilometre; then what her crates pay at each destination; then her part
of the collection, with the group that holds it where one does; what she spends herself, the cap and the start-up fund. The
lines add up to her bill in whole cents. Of others it says no more than the lowest and the highest saving, what all save
together, and the members of a group that holds her bill; with only two in a game not even what both pay together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.formats import number_format
from django.utils.translation import get_language

from logistics import distances, games
from logistics.alone import Rates, trip
from logistics.cost_sharing import Allocation, Binding, Explanation, explain
from logistics.models import CostGame, CostShare
from logistics.routing import STORAGE_CLASSES
from logistics.routing.alone import AloneCost
from network.money import Number, cents, from_cents, share_out

FEW = 2
"""With so few in a game, what all pay together would tell what the other pays."""
LANGUAGES = ("nl", "fr", "en")


@dataclass(frozen=True)
class Trip:
    """A trip of her own at the rates of her van: `per_day`, `road` and `time` are euro and add up to `total`."""

    rates: Rates
    km: float
    minutes: int
    per_day: Decimal
    road: Decimal
    time: Decimal

    @property
    def total(self) -> Decimal:
        return self.per_day + self.road + self.time

    @property
    def distance(self) -> str:
        return f"{number_format(round(self.km, 2), 2, use_l10n=True)}\N{NO-BREAK SPACE}km"


@dataclass(frozen=True)
class Drop:
    """Her crates of one storage class at a delivery, what each pays there, and what they pay together. Euro."""

    delivery: int
    storage_class: str
    crates: Decimal
    price: Decimal
    pays: Decimal


@dataclass(frozen=True)
class Why:
    """
    Euro, without VAT. `alone` and `to_hub` are None where the kilometres were not kept. `drops`, and what goes `straight`
    from farm to customer, add up to `distribution` and `relief`: what of it is above her cap, and carried by the
    collection. `collected` explains `collection`; None when she has no part in it. `members` are the farms of that game,
    `held` the others in the smallest group that holds her bill.
    """

    share: CostShare
    alone: Trip | None
    to_hub: Trip | None
    drops: Sequence[Drop]
    straight: Decimal
    relief: Decimal
    collected: "Collected | None"
    members: int
    held: Sequence[str]
    cap: Decimal
    others: "Others"

    @property
    def known(self) -> bool:
        """Whether the games of the day were kept; before that, a bill was a part of alone."""
        return "places" in self.share.cost_run.inputs

    @property
    def few(self) -> bool:
        return self.members <= FEW

    @property
    def standard(self) -> bool:
        """Whether she is priced at the standard van of the network."""
        terms = self.share.cost_run.inputs.get("terms")
        return bool(self.alone and terms and asdict(self.alone.rates) == terms["van"])

    @property
    def less_relief(self) -> Decimal:
        return -self.relief


@dataclass(frozen=True)
class Collected:
    """
    Her part of the collection: `wish` is what the short sum gives, for most methods `alone` to the hub times what remains
    of what everybody would pay alone; with `difference` it comes to what she pays. Euro.
    """

    explanation: Explanation

    @property
    def proportional(self) -> bool:
        return self.explanation.method in ("epm", "stand_alone")

    @property
    def free(self) -> bool:
        return self.explanation.reason == "free"

    @property
    def alone(self) -> Decimal:
        return from_cents(self.explanation.alone_cents)

    @property
    def everybody(self) -> Decimal:
        return from_cents(self.explanation.everybody_alone_cents)

    @property
    def billed(self) -> Decimal:
        return from_cents(self.explanation.billed_cents)

    @property
    def remains(self) -> Decimal:
        return self.billed / self.everybody if self.everybody else Decimal(0)

    @property
    def wish(self) -> Decimal:
        return from_cents(self.explanation.wish_cents)

    @property
    def difference(self) -> Decimal:
        return from_cents(self.explanation.difference_cents)

    @property
    def sum_said(self) -> str:
        """The short sum in a sentence, for a method that is no such proportion."""
        return self.explanation.sentences[2]

    @property
    def because(self) -> str:
        """The sentence about what she pays: as the sum says, or why not."""
        return self.explanation.sentences[0 if self.free else 3]

    @property
    def smallest(self) -> tuple[str, ...]:
        """The smallest of the groups that hold her bill, by pk as text: the easiest to understand."""
        return min((held.group for held in self.explanation.held_by), key=len, default=())


@dataclass(frozen=True)
class Others:
    """
    Savings of a day as parts of alone, among those whom going alone costs something; None when there is nobody. What all
    save together is left out for two: with the lowest and the highest it would tell what the other pays.
    """

    farms: int
    lowest: Decimal | None
    highest: Decimal | None
    overall: Decimal | None

    @classmethod
    def of(cls, shares: Sequence[CostShare]) -> "Others":
        compared = [share for share in shares if share.alone]
        if not compared:
            return cls(0, None, None, None)
        savings = [share.saved / share.alone for share in compared]
        overall = sum(share.saved for share in compared) / sum(share.alone for share in compared)
        return cls(len(compared), min(savings), max(savings), overall if len(compared) > FEW else None)


def explained(*, share: CostShare, shares: Sequence[CostShare]) -> Why:
    """Why this share, one of all `shares` of its cost run; they name the farms of a group that holds her bill."""
    run, producer = share.cost_run, share.producer_id
    played = {game.kind: game for game in run.games.all()}
    collection = played.get(CostGame.Kind.COLLECTION)
    if collection and str(producer) not in collection.result["cents"]:
        collection = None
    drops = _drops(run.inputs, run.result.get("parts", {}), producer) if played else []
    direct = played.get(CostGame.Kind.DIRECT)
    straight = from_cents(direct.result["cents"].get(str(producer), 0)) if direct else Decimal(0)
    names = {str(one.producer_id): str(one.producer) for one in shares}
    collected = _explained(collection, str(producer), names) if collection else None
    return Why(
        share=share,
        alone=_trip(run.inputs, producer, share.alone),
        to_hub=_trip(run.inputs, producer, share.own, to_hub=True) if share.own else None,
        drops=drops,
        straight=straight,
        relief=sum((drop.pays for drop in drops), straight) - share.distribution if played else Decimal(0),
        collected=collected,
        members=len(collection.result["cents"]) if collection else 0,
        held=[names[pk] for pk in collected.smallest if pk != str(producer)] if collected else [],
        cap=max(Decimal(0), share.alone - share.own),
        others=Others.of(shares),
    )


def _explained(row: CostGame, player: str, names: Mapping[str, str]) -> Collected:
    language = (get_language() or "nl")[:2]
    return Collected(
        explain(
            games.game_of(row.inputs),
            allocation_of(row),
            player,
            language if language in LANGUAGES else "en",
            names=names,
        )
    )


def allocation_of(row: CostGame) -> Allocation:
    """A stored game as the engine shared it, shares to the cent. The spread and the saving are those of what is billed."""
    bill, tau = row.result, float(row.tau)
    paid, alone = bill["cents"], bill["alone"]
    binding = [
        Binding(tuple(held["group"]), held["cost"], round((1 + tau) * held["cost"]), held["pays"])
        for held in row.rows
        if held["pays"] >= (1 + tau) * held["cost"] - 1
    ]
    return Allocation(
        method=bill["method"],
        shares={player: cents / 100 for player, cents in paid.items()},
        cents=paid,
        launch_gap_cents=bill["launch_gap"],
        alone_cents=alone,
        saving={player: 1 - paid[player] / alone[player] if alone[player] else 0.0 for player in paid},
        spread=float(row.spread),
        tau=tau,
        eps_star=float(row.eps_star),
        max_violation_cents=cents(row.max_violation),
        proven=row.proven,
        binding=tuple(sorted(binding, key=lambda held: (len(held.group), held.group))),
        exact=row.exact,
        standard_error=None,
        inputs_hash=row.inputs_hash,
        stopped=row.stopped,
        tau_asked=row.inputs["tau"],
    )


def _drops(inputs: Mapping[str, Any], parts: Mapping[str, Mapping[str, int]], producer: int) -> list[Drop]:
    """What her crates pay where they are dropped, per storage class."""
    found = []
    for row in inputs["crates"]:
        paid = parts.get(str(row["delivery"]), {}).get(str(producer), 0)
        if row["producer"] != producer or row["straight"]:
            continue
        kinds = [kind for kind in STORAGE_CLASSES if row["crates"][kind]]
        weights = [row["crates"][kind] * inputs["weights"][kind] for kind in kinds]
        for kind, pays in zip(kinds, share_out(paid, weights), strict=True):
            price = paid * inputs["weights"][kind] / sum(weights) / 100 if sum(weights) else 0.0
            found.append(
                Drop(row["delivery"], kind, _decimal(row["crates"][kind], 3), _decimal(price, 4), from_cents(pays))
            )
    return found


def _trip(inputs: Mapping[str, Any], producer: int, total: Decimal, *, to_hub: bool = False) -> Trip | None:
    """Her trip when it comes to what was billed as such; days of before the games kept no roads between their places."""
    her = next((row for row in inputs["producers"] if row["id"] == producer), None)
    if her is None:
        return None
    rates = Rates(**her["rates"])
    driven = games.trip_of(inputs, producer, to_hub=to_hub) if "places" in inputs else _by_formula(her, rates, to_hub)
    if driven is None or not driven.km or abs(driven.euro - float(total)) > 0.006:
        return None
    costs = [rates.per_day, rates.per_km * driven.km, rates.per_hour * driven.minutes / 60]
    per_day, road, time = (from_cents(part) for part in share_out(cents(total), costs))
    return Trip(rates, driven.km, driven.minutes, per_day, road, time)


def _by_formula(her: Mapping[str, Any], rates: Rates, to_hub: bool) -> AloneCost | None:
    if to_hub:
        return None
    places = [tuple(her["start"]), *((lat, lon) for lat, lon, _crates in her["drops"])]
    loads = {number: crates for number, (*_place, crates) in enumerate(her["drops"], 1)}
    return trip(rates, distances.matrix(places), 0, loads)


def _decimal(value: Number, places: int) -> Decimal:
    return Decimal(str(round(np.float64(value), places)))
