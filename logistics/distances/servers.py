"""
Road servers: OSRM, Valhalla and openrouteservice, each asked for tables in the form it documents. A server is of another
house: it may be away, slow, or answer nonsense, and planning goes on all the same.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import structlog
from numpy.typing import NDArray

from logistics.distances.formula import Floats, Matrix, Point, great_circles

BUDGET = 20.0
"""Seconds that one question takes at most, over all its requests and retries."""
PAUSE = 0.3
"""Seconds before a request is tried once more."""
LARGEST = 64 * 2**20
"""Bytes after which an answer is not read on."""

# Beyond these a pair of points is not believed. Servers move a point to its nearest road, so that a way may be somewhat
# shorter than the crow flies; one that lacks the region moves all points to one spot, and every way has no length.
MOVED_KM = 2.0
FASTEST = 200.0
MOST_KM, MOST_MINUTES = 20_000.0, 43_200.0

Seconds = Metres = Floats
Places = NDArray[np.intp]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Server:
    """
    A road server: its `kind` (`osrm`, `valhalla` or `ors`), its `address` up to and with the slash before its own paths,
    the `key` openrouteservice wants, and how many seconds one request may take.
    """

    kind: str
    address: str
    key: str = field(default="", repr=False)
    timeout: float = 8.0


class Unheard(Exception):
    """The server does not answer, or does not want to: it makes no sense to ask on."""


class Nonsense(Exception):
    """The server answered, but not what was asked."""


def ask(server: Server, points: Sequence[Point], wanted: NDArray[np.bool_]) -> Matrix:
    """
    What a server tells of the `wanted` pairs of points (n x n, from row to column), and of others that were easily asked
    with them: infinite where it says that there is no road, not a number where it told nothing that can be believed.
    What goes wrong is logged as a warning, never raised.
    """
    km, minutes = np.full(wanted.shape, np.nan), np.full(wanted.shape, np.nan)
    ends = time.monotonic() + BUDGET
    for rows, columns in tiles(wanted, _SIDES[server.kind]):
        starts, stops = [points[i] for i in rows], [points[i] for i in columns]
        try:
            body = _answer(server, _REQUESTS[server.kind](server, starts, stops), ends)
            told = _read(server, body, great_circles(starts, stops))
        except Unheard as error:
            log.warning("road server does not answer", server=server.kind, address=server.address, why=str(error))
            break
        except Nonsense as error:
            log.warning("road server answers nonsense", server=server.kind, address=server.address, why=str(error))
            continue
        km[np.ix_(rows, columns)], minutes[np.ix_(rows, columns)] = told
    return Matrix(km, minutes)


def tiles(wanted: NDArray[np.bool_], side: int) -> Iterator[tuple[Places, Places]]:
    """
    Rows and columns, at most `side` of each, that together hold every wanted pair: first from the places of which most is
    wanted to all, then from the others to those. A place that is new among n known ones costs 2n pairs, not n squared.
    """
    new = wanted.sum(axis=1) > wanted.shape[1] / 2
    for these in (new, ~new):
        part = wanted & these[:, None]
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        for i in range(0, len(rows), side):
            for j in range(0, len(columns), side):
                tile = rows[i : i + side], columns[j : j + side]
                if part[np.ix_(*tile)].any():
                    yield tile


# Asking


def _osrm(server: Server, starts: Sequence[Point], stops: Sequence[Point]) -> Request:
    spots = list(dict.fromkeys([*starts, *stops]))
    number = {spot: str(i) for i, spot in enumerate(spots)}
    path = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in spots)
    sources, destinations = (";".join(number[spot] for spot in these) for these in (starts, stops))
    query = f"sources={sources}&destinations={destinations}&annotations=duration,distance"
    return Request(f"{server.address}table/v1/driving/{path}?{query}")


def _valhalla(server: Server, starts: Sequence[Point], stops: Sequence[Point]) -> Request:
    sources, targets = ([{"lat": lat, "lon": lon} for lat, lon in these] for these in (starts, stops))
    question = {"sources": sources, "targets": targets, "costing": "auto", "units": "kilometers"}
    return _post(f"{server.address}sources_to_targets", question)


def _ors(server: Server, starts: Sequence[Point], stops: Sequence[Point]) -> Request:
    spots = list(dict.fromkeys([*starts, *stops]))
    number = {spot: str(i) for i, spot in enumerate(spots)}
    question = {
        "locations": [[lon, lat] for lat, lon in spots],
        "sources": [number[spot] for spot in starts],
        "destinations": [number[spot] for spot in stops],
        "metrics": ["duration", "distance"],
        "units": "m",
    }
    return _post(
        f"{server.address}v2/matrix/driving-car", question, {"Authorization": server.key} if server.key else {}
    )


def _post(url: str, question: dict[str, Any], headers: dict[str, str] | None = None) -> Request:
    return Request(url, json.dumps(question).encode(), {"Content-Type": "application/json"} | (headers or {}))


_REQUESTS: dict[str, Callable[[Server, Sequence[Point], Sequence[Point]], Request]] = {
    "osrm": _osrm,
    "valhalla": _valhalla,
    "ors": _ors,
}
# Places each way in one request. OSRM: --max-table-size 100; Valhalla: max_matrix_location_pairs 2,500; openrouteservice:
# 3,500 pairs at its public server, maximum_routes 2,500 on one's own.
_SIDES = {"osrm": 100, "valhalla": 50, "ors": 50}


def _answer(server: Server, request: Request, ends: float) -> bytes:
    """The body of an answer; tried once more when nothing comes, or the server says that it is not well (5xx)."""
    request.add_header("Accept", "application/json")
    request.add_header("User-Agent", "Kouter")
    for attempt in (1, 2):
        try:
            return _fetch(request, min(ends, time.monotonic() + server.timeout))
        except HTTPError as error:
            why = f"{error.code} {_excerpt(error)}"
            if error.code in (401, 403, 429):
                raise Unheard(why) from error
            if error.code < 500:
                raise Nonsense(why) from error
        except (OSError, HTTPException, ValueError) as error:
            why = str(error) or type(error).__name__
        if attempt == 1:
            time.sleep(PAUSE)
    raise Unheard(why)


def _fetch(request: Request, ends: float) -> bytes:
    body = b""
    with urlopen(request, timeout=_left(ends)) as response:
        while part := response.read1():
            body += part
            if len(body) > LARGEST:
                raise Nonsense("an answer without end")
            _left(ends)
        if response.length:
            raise IncompleteRead(body, response.length)
    return body


def _left(ends: float) -> float:
    if (left := ends - time.monotonic()) <= 0:
        raise TimeoutError("out of time")
    return left


def _excerpt(error: HTTPError) -> str:
    """The beginning of what a server says with its refusal."""
    try:
        with error:
            return error.read(300).decode(errors="replace")
    except (OSError, HTTPException):
        return ""


# Reading


def _read(server: Server, body: bytes, crow: Floats) -> tuple[Floats, Floats]:
    """Km and minutes of a tile, of which `crow` are the great-circle distances."""
    try:
        answer = json.loads(body, parse_constant=_refuse)
        seconds, metres = (np.array(table, dtype=float) for table in _READERS[server.kind](answer))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise Nonsense(f"{type(error).__name__}: {error}"[:300]) from error
    if seconds.shape != crow.shape or metres.shape != crow.shape:
        raise Nonsense(f"{crow.shape} was asked, {seconds.shape} and {metres.shape} came")
    none = np.isnan(seconds) | np.isnan(metres)
    km, minutes = metres / 1000, seconds / 60
    with np.errstate(invalid="ignore"):
        odd = (km < 0) | (minutes < 0) | (km > MOST_KM) | (minutes > MOST_MINUTES)
        odd |= (km < 0.9 * crow - MOVED_KM) | (minutes + 1 < km / FASTEST * 60)
    if odd.any():
        log.warning(
            "road server tells of impossible roads", server=server.kind, address=server.address, pairs=int(odd.sum())
        )
    km[none] = minutes[none] = np.inf
    km[odd] = minutes[odd] = np.nan
    return km, minutes


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _read_osrm(answer: Any) -> tuple[Any, Any]:
    if answer["code"] != "Ok":
        raise ValueError(str(answer["code"]))
    return answer["durations"], answer["distances"]


def _read_valhalla(answer: Any) -> tuple[Any, Any]:
    rows = answer["sources_to_targets"]
    seconds = [[cell["time"] for cell in row] for row in rows]
    metres = [[None if cell["distance"] is None else cell["distance"] * 1000 for cell in row] for row in rows]
    return seconds, metres


def _read_ors(answer: Any) -> tuple[Any, Any]:
    return answer["durations"], answer["distances"]


_READERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "osrm": _read_osrm,
    "valhalla": _read_valhalla,
    "ors": _read_ors,
}
