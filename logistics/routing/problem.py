"""What must be driven, with what, and the plan that comes out. Minutes of the day, km, euro, whole crates and kg."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.distances import Matrix

STORAGE_CLASSES = ("ambient", "cool", "cold", "frozen")
DAY = 24 * 60
UNREACHABLE = 1_000_000

Crates: TypeAlias = tuple[int, int, int, int]
"""Whole crates per storage class, in the order of STORAGE_CLASSES."""
Reason: TypeAlias = Literal["capacity", "storage", "window", "hours", "left_out"]


@dataclass(frozen=True)
class Load:
    crates: Crates = (0, 0, 0, 0)
    kg: int = 0

    def __post_init__(self) -> None:
        if len(self.crates) != len(STORAGE_CLASSES) or min(*self.crates, self.kg) < 0:
            raise ValueError("a load has a number of crates per storage class and kg, none negative")

    @property
    def total(self) -> int:
        """Crates of all storage classes together."""
        return sum(self.crates)


NOTHING = Load()


@dataclass(frozen=True)
class Site:
    """
    A place to call at: `collect` goes from there to the depot, `deliver` from the depot to there. Service must start from
    `opens` to `closes`, both included, and takes `service` minutes. `at` is its row in the matrix.
    """

    key: str
    at: int
    collect: Load = NOTHING
    deliver: Load = NOTHING
    opens: int = 0
    closes: int = DAY
    service: int = 0

    def __post_init__(self) -> None:
        if self.service < 0:
            raise ValueError(f"service at {self.key} may not take negative time")


@dataclass(frozen=True)
class Van:
    """
    A van with its driver, from its depot (row `at` in the matrix) and back between `available_from` and `available_to`.
    It carries at most `capacity` crates of each storage class, `total_crates` of all together, and `kg`. It costs
    `fixed` when it drives at all, and is paid `per_km` and `per_hour` of the whole route. It may come back to its depot
    `reloads` times to unload and load again.
    """

    key: str
    at: int
    capacity: Crates
    total_crates: int
    kg: int
    fixed: float = 0.0
    per_km: float = 0.0
    per_hour: float = 0.0
    available_from: int = 0
    available_to: int = DAY
    reloads: int = 0

    def __post_init__(self) -> None:
        if len(self.capacity) != len(STORAGE_CLASSES) or min(*self.capacity, self.total_crates, self.kg) < 0:
            raise ValueError(f"the capacity of {self.key} may not be negative, and names every storage class")
        if min(self.fixed, self.per_km, self.per_hour, self.reloads) < 0:
            raise ValueError(f"the rates and reloads of {self.key} may not be negative")


@dataclass(frozen=True)
class Problem:
    matrix: Matrix
    sites: tuple[Site, ...]
    vans: tuple[Van, ...]

    def __post_init__(self) -> None:
        for things in (self.sites, self.vans):
            if len({thing.key for thing in things}) < len(things):
                raise ValueError("every site and every van needs a key of its own")
            if not all(0 <= thing.at < len(self.matrix) for thing in things):
                raise ValueError("every site and every van needs a row in the matrix")


@dataclass(frozen=True)
class StopPlan:
    """A call at a site; `km_before` from the stop before, through the depot when a new `trip` (counted from 0) begins."""

    site: str
    arrives: int
    starts: int
    leaves: int
    km_before: float
    trip: int = 0


@dataclass(frozen=True)
class RoutePlan:
    """What one van does: `minutes` from leaving to returning, waiting included; `cost` fixed, km and hours, in euro."""

    van: str
    leaves: int
    returns: int
    stops: tuple[StopPlan, ...]
    km: float
    minutes: int
    cost: float


@dataclass(frozen=True)
class Unplanned:
    """A site outside the plan. All reasons but `left_out` (too few vans) hold even with all vans free for it alone."""

    site: str
    reason: Reason


@dataclass(frozen=True)
class Plan:
    routes: tuple[RoutePlan, ...]
    unplanned: tuple[Unplanned, ...]
    cost: float
    km: float


def whole_minutes(matrix: Matrix) -> NDArray[np.int64]:
    """Driving times rounded up to whole minutes; a pair without a road (not finite) takes longer than any day."""
    minutes = np.where(np.isfinite(matrix.minutes), matrix.minutes, UNREACHABLE)
    rounded: NDArray[np.int64] = np.ceil(minutes - 1e-9).astype(np.int64)
    return rounded
