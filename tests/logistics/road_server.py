"""
A road server that speaks like OSRM, Valhalla and openrouteservice, each under its own paths, with their limits and their
refusals, and that can be told to misbehave. Its roads lead from anywhere to anywhere, northwards longer than back.
"""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from logistics.distances import Point, haversine

KINDS = ("osrm", "valhalla", "ors")
KEY = "5b3ce3597851110001cf6248"
MALFORMED = {
    "garbage": b"<!DOCTYPE html><h1>Welcome to nginx!</h1>",
    "empty": b"",
    "a list": b"[]",
    "an object": b'{"code": "Ok", "sources_to_targets": {"durations": []}}',
    "nothing": b'{"code": "Ok", "durations": null, "distances": null, "sources_to_targets": null}',
    "deep": b"[" * 100_000,
    "not text": b"\xff\xfe\x00",
}
Way = tuple[float | None, float | None]


class Refusal(Exception):
    """A status, and what is said with it: `Refusal(400, {...})`."""


def km_of(start: Point, stop: Point) -> float:
    return round(1.3 * haversine(start, stop) + (0.25 if stop[0] > start[0] else 0), 3)


def seconds_of(start: Point, stop: Point) -> int:
    return round(72 * km_of(start, stop))


class RoadServer:
    """
    `mode` is what it does: `good`, one of `MALFORMED`, or a name in `_spoilt` or `_deliver`. The next `failing` requests
    get 503. There is no road to or from `islands`. `asked` holds kind, sources and destinations of each request.
    """

    def __init__(self) -> None:
        self.mode = "good"
        self.failing = 0
        self.islands: set[Point] = set()
        self.asked: list[tuple[str, list[Point], list[Point]]] = []
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self, None)

            def do_POST(self) -> None:
                server.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads, self.http.block_on_close = True, False
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.http.shutdown()
        self.http.server_close()

    def at(self, kind: str, *, timeout: float = 5.0, key: str = KEY) -> dict[str, Any]:
        """As in `settings.ROAD_SERVER`."""
        return {"kind": kind, "address": self.address, "key": key if kind == "ors" else "", "timeout": timeout}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/roads/"

    def answer(self, request: BaseHTTPRequestHandler, question: Any) -> None:
        try:
            kind, starts, stops = _understood(request, question)
            self.asked.append((kind, starts, stops))
            if self.failing:
                self.failing -= 1
                raise Refusal(503, {"message": "not well"})
            body = (
                MALFORMED.get(self.mode)
                or json.dumps(_SAID[kind](self._spoilt([[self._way(a, b) for b in stops] for a in starts]))).encode()
            )
            if self.mode == "empty":
                body = b""
            self._deliver(request, 200, body)
        except Refusal as refusal:
            status, said = refusal.args
            self._deliver(request, status, json.dumps(said).encode())

    def _way(self, start: Point, stop: Point) -> Way:
        if self.islands & {start, stop} and start != stop:
            return None, None
        return seconds_of(start, stop), km_of(start, stop)

    def _spoilt(self, table: list[list[Way]]) -> list[list[Any]]:
        match self.mode:
            case "a row short":
                return table[:-1]
            case "ragged":
                return [*table[:-1], table[-1][:-1]]
            case "negative":
                return [[(-seconds, -km) for seconds, km in row] for row in table]
            case "NaN":
                return [[(float("nan"), km) for _seconds, km in row] for row in table]
            case "words":
                return [[("soon", "far") for _way in row] for row in table]
            case "huge":
                return [[(10**400, 10**400) for _way in row] for row in table]
            case "another country":
                return [[(0, 0.0) for _way in row] for row in table]
            case "hurried":
                return [[(seconds / 60, km) for seconds, km in row] for row in table]
            case "half a null":
                return [[(None, km) for _seconds, km in row] for row in table]
        return table

    def _deliver(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        if self.mode == "hangs up":
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.mode == "slow":
            self.over.wait()
            return
        request.send_response({"sick": 502, "elsewhere": 404, "busy": 429}.get(self.mode, status))
        request.send_header("Content-Type", "application/json;charset=UTF-8")
        request.send_header("Content-Length", str(len(body) + (self.mode == "cut off")))
        request.end_headers()
        try:
            if self.mode == "drips":
                while not self.over.wait(0.05):
                    request.wfile.write(b" ")
            request.wfile.write(body)
        except OSError:
            return


@contextmanager
def road_server() -> Iterator[RoadServer]:
    server = RoadServer()
    try:
        yield server
    finally:
        server.close()


def nobody_there() -> str:
    """An address where connections are refused."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


# What each of the three understands


def _understood(request: BaseHTTPRequestHandler, question: Any) -> tuple[str, list[Point], list[Point]]:
    parts = urlsplit(request.path)
    if found := re.fullmatch(r"/roads/table/v1/driving/([^/]+)", parts.path):
        return "osrm", *_osrm(found[1], parse_qs(parts.query, strict_parsing=True, separator="&"))
    if parts.path == "/roads/sources_to_targets" and question:
        return "valhalla", *_valhalla(question)
    if parts.path == "/roads/v2/matrix/driving-car" and question:
        if request.headers["Authorization"] != KEY:
            raise Refusal(403, {"error": "Access to this API has been disallowed"})
        return "ors", *_ors(question)
    raise Refusal(404, {"code": "InvalidUrl", "message": "URL string malformed"})


def _osrm(path: str, options: dict[str, list[str]]) -> tuple[list[Point], list[Point]]:
    spots = [(float(lat), float(lon)) for lon, lat in (spot.split(",") for spot in path.split(";"))]
    if options.pop("annotations") != ["duration,distance"] or set(options) != {"sources", "destinations"}:
        raise Refusal(400, {"code": "InvalidQuery", "message": "Query string malformed"})
    if len(path) > 8000:
        raise Refusal(414, {"code": "TooBig", "message": "URI too long"})
    starts, stops = ([spots[int(i)] for i in options[key][0].split(";")] for key in ("sources", "destinations"))
    if len(starts) * len(stops) > 100 * 100:
        raise Refusal(400, {"code": "TooBig", "message": "Too many table coordinates"})
    for number, spot in enumerate(spots):
        if not _in_benelux(spot):
            said = f"Could not find a matching segment for coordinate {number}"
            raise Refusal(400, {"code": "NoSegment", "message": said})
    return starts, stops


def _valhalla(question: dict[str, Any]) -> tuple[list[Point], list[Point]]:
    if question["costing"] != "auto" or question["units"] != "kilometers":
        raise Refusal(400, {"error_code": 125, "error": "No costing method found", "status_code": 400})
    starts, stops = ([(place["lat"], place["lon"]) for place in question[key]] for key in ("sources", "targets"))
    if len(starts) * len(stops) > 2500:
        raise Refusal(400, {"error_code": 150, "error": "Exceeded max locations:2500", "status_code": 400})
    if not all(map(_in_benelux, starts + stops)):
        raise Refusal(400, {"error_code": 171, "error": "No suitable edges near location", "status_code": 400})
    return starts, stops


def _ors(question: dict[str, Any]) -> tuple[list[Point], list[Point]]:
    if question["metrics"] != ["duration", "distance"] or question["units"] != "m":
        raise Refusal(400, {"error": {"code": 6003, "message": "Parameter 'metrics' has incorrect value"}})
    spots = [(lat, lon) for lon, lat in question["locations"]]
    starts, stops = ([spots[int(i)] for i in question[key]] for key in ("sources", "destinations"))
    if len(starts) * len(stops) > 2500:
        said = "Request parameters exceed the server configuration limits. Only a total of 2500 routes are allowed."
        raise Refusal(400, {"error": {"code": 6004, "message": said}})
    if not all(map(_in_benelux, spots)):
        raise Refusal(404, {"error": {"code": 6010, "message": "Could not find routable point within 350 m"}})
    return starts, stops


def _in_benelux(spot: Point) -> bool:
    return 49 < spot[0] < 54 and 2 < spot[1] < 8


def _as_osrm(table: list[list[Any]]) -> dict[str, Any]:
    return {"code": "Ok", "durations": _column(table, 0), "distances": _column(table, 1, 1000), "sources": []}


def _as_valhalla(table: list[list[Any]]) -> dict[str, Any]:
    rows = [
        [{"distance": km, "time": time, "to_index": j, "from_index": i} for j, (time, km) in enumerate(row)]
        for i, row in enumerate(table)
    ]
    return {"sources_to_targets": rows, "units": "kilometers"}


def _as_ors(table: list[list[Any]]) -> dict[str, Any]:
    return {"durations": _column(table, 0), "distances": _column(table, 1, 1000), "metadata": {"service": "matrix"}}


def _column(table: list[list[Any]], which: int, times: int = 1) -> list[list[Any]]:
    return [
        [way[which] if way[which] is None or isinstance(way[which], str) else way[which] * times for way in row]
        for row in table
    ]


_SAID = {"osrm": _as_osrm, "valhalla": _as_valhalla, "ors": _as_ors}
