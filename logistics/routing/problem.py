"""What must be driven, with what, and the plan that comes out. Minutes of the day, km, euro, whole crates and kg."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logistics.distances import Floats, Matrix

STORAGE_CLASSES = ("ambient", "cool", "cold", "frozen")
DAY = 24 * 60
UNPAUSED = 6 * 60
"""Minutes a driver may be away without a pause, and after which a pause has begun on a longer round."""
UNREACHABLE = 10_000_000

Crates: TypeAlias = tuple[int, int, int, int]
"""Whole crates per storage class, in the order of STORAGE_CLASSES."""
Reason: TypeAlias = Literal["skills", "storage", "capacity", "window", "hours", "left_out"]


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
    `opens` to `closes`, both included, and takes `service` minutes. `at` is its row in the matrix. Only a van whose skills
    contain all `needs` may call. With a `prize` in euro it is left out when calling there costs more; without, only when
    the vans are too few.
    """

    key: str
    at: int
    collect: Load = NOTHING
    deliver: Load = NOTHING
    opens: int = 0
    closes: int = DAY
    service: int = 0
    needs: frozenset[str] = frozenset()
    prize: float | None = None

    def __post_init__(self) -> None:
        if self.service < 0:
            raise ValueError(f"service at {self.key} may not take negative time")
        if self.prize is not None and self.prize < 0:
            raise ValueError(f"the prize of {self.key} may not be negative")


@dataclass(frozen=True)
class Pair:
    """
    Goods that go straight from one place to another, in one van and on one trip, without passing a depot. In a plan its two
    stops are called `<key> from` and `<key> to`. The rest as for a Site; `prize` is for the pair.
    """

    key: str
    from_at: int
    to_at: int
    load: Load = NOTHING
    from_opens: int = 0
    from_closes: int = DAY
    from_service: int = 0
    to_opens: int = 0
    to_closes: int = DAY
    to_service: int = 0
    needs: frozenset[str] = frozenset()
    prize: float | None = None

    def __post_init__(self) -> None:
        if min(self.from_service, self.to_service) < 0:
            raise ValueError(f"service at {self.key} may not take negative time")
        if self.prize is not None and self.prize < 0:
            raise ValueError(f"the prize of {self.key} may not be negative")

    @property
    def stops(self) -> tuple[Site, Site]:
        """Its two calls. The second one delivers what the first collects, not what comes from a depot."""
        return (
            Site(
                f"{self.key} from",
                self.from_at,
                collect=self.load,
                opens=self.from_opens,
                closes=self.from_closes,
                service=self.from_service,
                needs=self.needs,
            ),
            Site(
                f"{self.key} to",
                self.to_at,
                deliver=self.load,
                opens=self.to_opens,
                closes=self.to_closes,
                service=self.to_service,
                needs=self.needs,
            ),
        )


Job: TypeAlias = Site | Pair


@dataclass(frozen=True)
class Van:
    """
    A van with its driver, from its depot (row `at` in the matrix) to `ends_at` (None: back to its depot) between
    `available_from` and `available_to`, away for `longest` minutes at most. A driver who is away for more than six hours
    takes a pause of `pause` minutes, which begins within those six hours and counts as time away.

    It carries at most `capacity` crates of each storage class, `total_crates` of all together, and `kg`. It costs
    `fixed` when it drives at all, and is paid `per_km`, `per_stop`, and `per_hour` of the whole route. It may come back to
    its depot `reloads` times to unload and load again.
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
    per_stop: float = 0.0
    ends_at: int | None = None
    longest: int = DAY
    pause: int = 0
    skills: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.capacity) != len(STORAGE_CLASSES) or min(*self.capacity, self.total_crates, self.kg) < 0:
            raise ValueError(f"the capacity of {self.key} may not be negative, and names every storage class")
        if min(self.fixed, self.per_km, self.per_hour, self.per_stop, self.reloads) < 0:
            raise ValueError(f"the rates and reloads of {self.key} may not be negative")
        if min(self.longest, self.pause) < 0:
            raise ValueError(f"the driver of {self.key} cannot be away or pause for negative time")

    @property
    def end(self) -> int:
        """The row of the matrix where it ends."""
        return self.at if self.ends_at is None else self.ends_at


@dataclass(frozen=True)
class Tour:
    """
    A standing tour: its van drives it as it stands, the stops in this order, each starting at its minute of `starts` (None:
    in this order, at the times that follow). Stops that are not in the problem are skipped: there is nothing to bring or
    fetch. Two tours of a van are two trips. A tour whose van is not there is let go.
    """

    van: str
    sites: tuple[str, ...]
    starts: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.starts is not None and len(self.starts) != len(self.sites):
            raise ValueError(f"a tour of {self.van} has a starting time for every stop, or none at all")


@dataclass(frozen=True)
class Problem:
    """Raises ValueError when keys are not unique, a row is not in the matrix, or a stop is on two tours."""

    matrix: Matrix
    sites: tuple[Site, ...]
    vans: tuple[Van, ...]
    pairs: tuple[Pair, ...] = ()
    tours: tuple[Tour, ...] = ()

    def __post_init__(self) -> None:
        keys = [job.key for job in self.jobs] + [stop.key for pair in self.pairs for stop in pair.stops]
        if len(set(keys)) < len(keys) or len({van.key for van in self.vans}) < len(self.vans):
            raise ValueError("every site, pair and van needs a key of its own")
        rows = [stop.at for stop in self.stops.values()] + [row for van in self.vans for row in (van.at, van.end)]
        if not all(0 <= row < len(self.matrix) for row in rows):
            raise ValueError("every site, pair and van needs a row in the matrix")
        toured = [key for tour in self.tours for key in tour.sites]
        if len(set(toured)) < len(toured):
            raise ValueError("a stop can be on one standing tour only, once")

    def without_tours(self) -> "Problem":
        return replace(self, tours=())

    @property
    def jobs(self) -> tuple[Job, ...]:
        return (*self.sites, *self.pairs)

    @cached_property
    def stops(self) -> dict[str, Site]:
        """Every call by its key, the two of each pair included."""
        calls = [*self.sites, *(stop for pair in self.pairs for stop in pair.stops)]
        return {call.key: call for call in calls}

    @cached_property
    def minutes(self) -> NDArray[np.int64]:
        """Driving times rounded up to whole minutes; a pair without a road (not finite) takes longer than any day."""
        return whole_minutes(self.matrix)

    @cached_property
    def km(self) -> Floats:
        """Road km; a pair without a road is farther than anywhere."""
        km: Floats = np.where(_by_road(self.matrix), self.matrix.km, float(UNREACHABLE))
        return km


@dataclass(frozen=True)
class Scale:
    """
    The solver counts in whole numbers: how many units make a euro, and how many a km. Too fine, and it finds bad plans. Its
    unit of time is the minute of the problem.
    """

    per_euro: int = 1000
    per_km: int = 10


@dataclass(frozen=True)
class StopPlan:
    """
    A call at a site; `km_before` from the stop before, through the depot when a new `trip` (counted from 0) begins. The
    driver's `pause` is taken here after service, before `leaves`.
    """

    site: str
    arrives: int
    starts: int
    leaves: int
    km_before: float
    trip: int = 0
    pause: int = 0


@dataclass(frozen=True)
class RoutePlan:
    """What one van does: `minutes` from leaving to returning, waiting included; `cost` in euro, of all its rates."""

    van: str
    leaves: int
    returns: int
    stops: tuple[StopPlan, ...]
    km: float
    minutes: int
    cost: float


@dataclass(frozen=True)
class Unplanned:
    """
    A site or pair outside the plan. All reasons but `left_out` hold even with all vans free for it alone. `remedy` is the
    least that would make it possible, given the van that comes closest:

    - `skills`: `{"needs": [...]}` what no van has; `storage`: `{"storage": "frozen"}`, a class no van has room for;
    - `capacity`: `{"crates": n}`, `{"kg": n}` or both: more room in the van;
    - `window`: `{"minutes": n}` longer open; `hours`: `{"minutes": n}` more time for the driver; empty without a road;
    - `left_out`: `{"vans": 1}` more vans, or `{"euro": x}` more prize for what may be left out.
    """

    site: str
    reason: Reason
    remedy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    routes: tuple[RoutePlan, ...]
    unplanned: tuple[Unplanned, ...]
    cost: float
    km: float


@dataclass(frozen=True)
class Progress:
    """
    How far a search is: `iteration` of `iterations` (more when it must begin again), what the best plan so far costs in
    euro and how many sites and pairs it leaves out. `plan()` makes that plan.
    """

    iteration: int
    iterations: int
    best_cost: float
    unplanned: int
    plan: Callable[[], Plan] = field(repr=False, compare=False)


def whole_minutes(matrix: Matrix) -> NDArray[np.int64]:
    """Driving times rounded up to whole minutes; a pair without a road (not finite) takes longer than any day."""
    minutes = np.where(_by_road(matrix), matrix.minutes, UNREACHABLE)
    rounded: NDArray[np.int64] = np.ceil(minutes - 1e-9).astype(np.int64)
    return rounded


def _by_road(matrix: Matrix) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.isfinite(matrix.km) & np.isfinite(matrix.minutes)
    return found
