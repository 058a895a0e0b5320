"""
Roads between places: from a road server when one is configured, else by formula. What a server told is kept per pair, so
that it is asked again only for places it has not been asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from logistics import distances
from logistics.distances import Matrix, Point, Server
from logistics.models import Road
from network import clock

KEPT = timedelta(days=180)
"""After which a server is asked again: roads are built and closed."""
NO_ROAD_KEPT = timedelta(days=1)
"""The same for pairs it found no road between: that is mostly a gap in its map, or a bad day."""
SPOTS_PER_DEGREE = 100_000

Spots = NDArray[np.int32]

_KNOWN = """
    SELECT start.number, array_agg(stop.number), array_agg(road.km), array_agg(road.minutes), array_agg(
        road.at >= CASE WHEN road.km IS NULL THEN %(no_road_since)s ELSE %(since)s END)
    FROM unnest(%(lat)s::int[], %(lon)s::int[]) WITH ORDINALITY AS start(lat, lon, number)
    JOIN logistics_road road ON road.source = %(source)s AND road.from_lat = start.lat AND road.from_lon = start.lon
    JOIN unnest(%(lat)s::int[], %(lon)s::int[]) WITH ORDINALITY AS stop(lat, lon, number)
        ON road.to_lat = stop.lat AND road.to_lon = stop.lon
    GROUP BY start.number
"""


@dataclass(frozen=True)
class Roads:
    """
    `matrix` between the points asked for, and where it comes from: `osrm`, `valhalla` or `ors` when all of it does,
    `formula`, or `mixed`: from the server where it answered, by formula for the rest.
    """

    matrix: Matrix
    source: str


def between(points: Sequence[Point]) -> Roads:
    """
    Road km and minutes between all pairs of points, infinite where a server knows of no road. ValueError for a point that
    is not on earth.

    One query when everything is known, two when a server must be asked. That takes 20 seconds at most
    (`distances.servers.BUDGET`), whatever the server does; who holds a lock meanwhile may ask before taking it, and then
    finds the answer kept.
    """
    formula = distances.matrix(points)
    if not settings.ROAD_SERVER:
        return Roads(formula, "formula")
    server = Server(**settings.ROAD_SERVER)
    degrees = np.array(points, dtype=float).reshape(-1, 2)
    spots, number = np.unique(np.rint(degrees * SPOTS_PER_DEGREE).astype(np.int32), axis=0, return_inverse=True)
    known, fresh = _known(server.kind, spots)
    if not fresh.all():
        told = distances.ask(server, [(lat, lon) for lat, lon in (spots / SPOTS_PER_DEGREE).tolist()], ~fresh)
        heard = ~np.isnan(told.km)
        np.fill_diagonal(heard, False)
        _keep(server.kind, spots, told, heard)
        known = Matrix(np.where(heard, told.km, known.km), np.where(heard, told.minutes, known.minutes))
    pairs = np.ix_(number, number)
    km, minutes = known.km[pairs], known.minutes[pairs]
    unknown = np.isnan(km)
    apart = number[:, None] != number
    source = server.kind if not unknown.any() else "formula" if unknown[apart].all() else "mixed"
    return Roads(Matrix(np.where(unknown, formula.km, km), np.where(unknown, formula.minutes, minutes)), source)


def said(source: str) -> str:
    """A sentence on where distances come from, of a `Roads.source`; nothing for a plan that does not know."""
    sentences = {
        "formula": _("Distances and driving times are estimated by formula."),
        "osrm": _("Distances and driving times are by road, from an OSRM server."),
        "valhalla": _("Distances and driving times are by road, from a Valhalla server."),
        "ors": _("Distances and driving times are by road, from openrouteservice."),
        "mixed": _(
            "Distances and driving times are by road where the road server answered, and estimated by formula elsewhere."
        ),
    }
    return sentences.get(source, "")


def _known(source: str, spots: Spots) -> tuple[Matrix, NDArray[np.bool_]]:
    """What is kept between spots, not a number where nothing is; and of which pairs that need not be asked again."""
    km, minutes = (np.full((len(spots), len(spots)), np.nan) for _each in range(2))
    fresh = np.eye(len(spots), dtype=bool)
    now = clock.now()
    values = {
        "source": source,
        "lat": spots[:, 0].tolist(),
        "lon": spots[:, 1].tolist(),
        "since": now - KEPT,
        "no_road_since": now - NO_ROAD_KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, values)
        for start, *columns in cursor.fetchall():
            stops, lengths, times, recent = (np.array(column) for column in columns)
            km[start - 1, stops - 1] = _or_endless(lengths)
            minutes[start - 1, stops - 1] = _or_endless(times)
            fresh[start - 1, stops - 1] = recent
    np.fill_diagonal(km, 0.0)
    np.fill_diagonal(minutes, 0.0)
    return Matrix(km, minutes), fresh


def _or_endless(column: NDArray[Any]) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.astype(float)
    return np.where(np.isnan(values), np.inf, values)


def _keep(source: str, spots: Spots, told: Matrix, heard: NDArray[np.bool_]) -> None:
    """Store the pairs that were heard; in the order of their spots, so that two who store the same wait and never lock."""
    now = clock.now()
    starts, stops = np.nonzero(heard)
    lengths, times = (
        [value if isfinite(value) else None for value in table[heard].tolist()] for table in (told.km, told.minutes)
    )
    roads = [
        Road(source=source, from_lat=a, from_lon=b, to_lat=c, to_lon=d, km=km, minutes=minutes, at=now)
        for (a, b), (c, d), km, minutes in zip(spots[starts].tolist(), spots[stops].tolist(), lengths, times)
    ]
    Road.objects.bulk_create(
        roads,
        update_conflicts=True,
        unique_fields=["source", "from_lat", "from_lon", "to_lat", "to_lon"],
        update_fields=["km", "minutes", "at"],
    )
