"""
What a delivery day costs, and what sharing saves on it, for so many crates: least-squares lines through the days that were
driven. Cost is straight in the crates, a fixed part and a part per crate; savings are straight in their logarithm, fast at first
and ever slower. Why, and what the band means, is told in `docs/fund.md`. Pure: no Django.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

FEWEST_DAYS = 6
"""Delivery days from which a line is drawn: of fewer, the band says nothing."""

T_90 = (
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
    1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
)  # fmt: skip
"""Student's t that nine in ten draws stay within, for 1 to 30 degrees of freedom."""

ALIKE = 0.05
"""Days whose crates differ by less than this part of their average (as a standard deviation) show no line."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Reached:
    """A number of crates, and the two between which it lies nine times in ten; None for what the days do not tell."""

    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Line:
    """
    `fixed + slope * crates` in euro, or `fixed + slope * ln(crates)` when `in_logarithm`. `error` is the standard error of one
    day; `doubt` are the three numbers k that tell how sure the line itself is at x: variance / error² = k0 + 2 k1 x + k2 x².
    """

    fixed: float
    slope: float
    in_logarithm: bool
    days: int
    error: float
    doubt: tuple[float, float, float]
    lowest: float
    highest: float

    def at(self, crates: float) -> float:
        """Euro of a day with so many crates."""
        return self.fixed + self.slope * _x(crates, self.in_logarithm)

    def margin(self, crates: float) -> float:
        """Euro above and below `at` within which nine of ten new days fall."""
        x, (k0, k1, k2) = _x(crates, self.in_logarithm), self.doubt
        return self._t * self.error * sqrt(1 + max(0.0, k0 + 2 * k1 * x + k2 * x * x))

    def reaches(self, level: float) -> Reached | None:
        """
        From how many crates a rising line is at `level`, and between which numbers that is nine times in ten (Fieller 1954); None
        for a line that does not rise.
        """
        if self.slope <= 0:
            return None
        short = level - self.fixed
        k0, k1, k2 = (k * (self._t * self.error) ** 2 for k in self.doubt)
        a, b, c = self.slope**2 - k2, -2 * (short * self.slope + k1), short**2 - k0
        root = b * b - 4 * a * c
        ends: tuple[float, ...] = ()
        if a > 0 and root >= -1e-9 * b * b:
            half = sqrt(max(0.0, root))
            ends = ((-b - half) / (2 * a), (-b + half) / (2 * a))
        at, *ends_in_crates = (_crates(x, self.in_logarithm) for x in (short / self.slope, *ends))
        low, high = ends_in_crates or (None, None)
        return Reached(at, low, high)

    @property
    def _t(self) -> float:
        freedom = self.days - 2
        return T_90[freedom - 1] if freedom <= len(T_90) else 1.645 + 1.524 / freedom


def _x(crates: float, in_logarithm: bool) -> float:
    return log(max(crates, 0.001)) if in_logarithm else crates


def _crates(x: float, in_logarithm: bool) -> float:
    return exp(min(x, 20.0)) if in_logarithm else max(0.0, x)


def fit_cost(points: Sequence[Point]) -> Line | None:
    """
    Cost as `fixed + slope * crates`, from (crates, euro) of delivery days; neither part is negative: one that would be is nought and
    the other is fitted alone. None for fewer than FEWEST_DAYS, or when all days had about as many crates.
    """
    found = _fit(points, in_logarithm=False)
    if found is None or (found.fixed >= 0 and found.slope >= 0):
        return found
    many = len(points)
    if found.slope < 0:
        return _line(points, sum(y for _, y in points) / many, 0.0, (1 / many, 0.0, 0.0), in_logarithm=False)
    squares = sum(x * x for x, _ in points)
    slope = sum(x * y for x, y in points) / squares
    return _line(points, 0.0, slope, (0.0, 0.0, 1 / squares), in_logarithm=False)


def fit_saving(points: Sequence[Point]) -> Line | None:
    """What sharing saves as `fixed + slope * ln(crates)`; None as in `fit_cost`."""
    return _fit(points, in_logarithm=True)


def _fit(points: Sequence[Point], *, in_logarithm: bool) -> Line | None:
    many = len(points)
    if many < FEWEST_DAYS:
        return None
    average = sum(crates for crates, _ in points) / many
    if sum((crates - average) ** 2 for crates, _ in points) <= many * (ALIKE * average) ** 2:
        return None
    xs, ys = [_x(crates, in_logarithm) for crates, _ in points], [y for _, y in points]
    x_mean, y_mean = sum(xs) / many, sum(ys) / many
    spread = sum((x - x_mean) ** 2 for x in xs)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread
    doubt = (1 / many + x_mean**2 / spread, -x_mean / spread, 1 / spread)
    return _line(points, y_mean - slope * x_mean, slope, doubt, in_logarithm=in_logarithm)


def _line(
    points: Sequence[Point], fixed: float, slope: float, doubt: tuple[float, float, float], *, in_logarithm: bool
) -> Line:
    crates = [x for x, _ in points]
    left = sum((y - fixed - slope * _x(x, in_logarithm)) ** 2 for x, y in points)
    error = sqrt(left / (len(points) - 2))
    return Line(fixed, slope, in_logarithm, len(points), error, doubt, min(crates), max(crates))


def growth(volumes: Sequence[float], *, most: float = 0.02) -> float:
    """
    By which part volumes grew a week (0.02 is 2 %), as the least-squares line through their logarithms says; at most `most`
    up or down, and 0 of fewer than three.
    """
    seen = [(week, log(volume)) for week, volume in enumerate(volumes) if volume > 0]
    if len(seen) < 3:
        return 0.0
    x_mean, y_mean = sum(x for x, _ in seen) / len(seen), sum(y for _, y in seen) / len(seen)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in seen) / sum((x - x_mean) ** 2 for x, _ in seen)
    return max(-most, min(most, exp(slope) - 1))
