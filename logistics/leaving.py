"""
Would some farms do better together, without the network, from door to door? A search for such groups: one van calls at
their farms, then at all their destinations, and goes home. What it finds can be driven; that there is nothing else is not
proven.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.calls import PER_CRATE, PER_STOP
from logistics.games import Shared

Facts: TypeAlias = Mapping[str, Any]

LARGEST = 6
"""Farms in a group that is looked at."""
WIDTH = 20
"""Groups of each size that are tried with one more farm."""


def search(inputs: Facts, shared: Shared) -> dict[str, Any] | None:
    """
    The group found that would gain most: `{"group": producers, "cost", "pays", "gain"}` in cents, `pays` with what they
    spend to bring their goods; None when none was found that gains.
    """
    drives = _Drives(inputs)
    pays = {pk: bill.own + bill.share for pk, bill in shared.bills.items()}
    best: tuple[int, tuple[int, ...]] = 0, ()
    groups: list[tuple[int, ...]] = list(combinations(sorted(pays), 2))
    while groups:
        gains = sorted(
            ((sum(pays[pk] for pk in group) - cost, group) for group in groups if (cost := drives.cents(group))),
            key=lambda pair: (-pair[0], pair[1]),
        )
        if gains and gains[0][0] > best[0]:
            best = gains[0]
        kept = [group for _gain, group in gains[:WIDTH] if len(group) < LARGEST]
        groups = sorted({tuple(sorted((*group, pk))) for group in kept for pk in pays if pk not in group})
    gain, group = best
    if not group:
        return None
    together = sum(pays[pk] for pk in group)
    return {"group": list(group), "cost": together - gain, "pays": together, "gain": gain}


class _Drives:
    """What a group of farms would pay to drive its goods in one van, in cents; 0 when one does not hold them."""

    def __init__(self, inputs: Facts) -> None:
        self.km = np.array(inputs["km"], dtype=float)
        self.minutes = np.array(inputs["minutes"], dtype=float)
        self.at = {row["id"]: row["at"] for row in inputs["producers"]}
        self.rates = {row["id"]: row["rates"] for row in inputs["producers"]}
        places = {row["id"]: row["at"] for row in inputs["destinations"]}
        self.loads: dict[int, dict[int, float]] = {pk: {} for pk in self.at}
        for row in inputs["crates"]:
            its = self.loads[row["producer"]]
            there = places[row["delivery"]]
            its[there] = its.get(there, 0.0) + sum(row["crates"].values())
        everywhere = sorted({place for its in self.loads.values() for place in its})
        self.turn = {place: number for number, place in enumerate(_along(self.km, everywhere))}

    def cents(self, group: tuple[int, ...]) -> int:
        rates = min((self.rates[pk] for pk in group), key=lambda one: (-one["crates"], one["per_day"], one["per_km"]))
        loads: dict[int, float] = {}
        for pk in group:
            for place, crates in self.loads[pk].items():
                loads[place] = loads.get(place, 0.0) + crates
        if not loads or sum(loads.values()) > rates["crates"]:
            return 0
        legs = rates["per_km"] * self.km + rates["per_hour"] / 60 * self.minutes
        around = np.array(sorted(loads, key=self.turn.__getitem__))
        minutes = sum(PER_STOP + PER_CRATE * crates for crates in loads.values())
        # What the first farm loads costs no time in her yard when she drives alone either.
        drive = min(
            self._calls(legs, self._farms(legs, start, group), around)
            + rates["per_hour"] / 60 * sum(self._service(pk) for pk in group if pk != start)
            for start in group
        )
        return round(100 * (rates["per_day"] + drive + rates["per_hour"] / 60 * minutes))

    def _service(self, pk: int) -> float:
        return PER_STOP + PER_CRATE * sum(self.loads[pk].values())

    def _farms(self, legs: NDArray[np.float64], start: int, group: Iterable[int]) -> list[int]:
        """Their places, each time the nearest next."""
        path, left = [self.at[start]], [self.at[pk] for pk in group if pk != start]
        while left:
            nearest = min(left, key=lambda place: (legs[path[-1], place], place))
            left.remove(nearest)
            path.append(nearest)
        return path

    @staticmethod
    def _calls(legs: NDArray[np.float64], farms: list[int], around: NDArray[np.int64]) -> float:
        """Along the farms, then around the destinations from the best one on, either way, and home."""
        way = float(legs[farms[:-1], farms[1:]].sum())
        ends = []
        for ring in (around, around[::-1]):
            onward = np.roll(ring, -1)
            circle = legs[ring, onward]
            # From each destination around to the one before it.
            ends.append(
                float(
                    (circle.sum() - np.roll(circle, 1) + legs[farms[-1], ring] + legs[np.roll(ring, 1), farms[0]]).min()
                )
            )
        return way + min(ends)


def _along(km: NDArray[np.float64], places: list[int]) -> list[int]:
    """All places in one round: each time the nearest next, from the first."""
    if not places:
        return []
    path, left = [places[0]], places[1:]
    while left:
        nearest = min(left, key=lambda place: (km[path[-1], place], place))
        left.remove(nearest)
        path.append(nearest)
    return path
