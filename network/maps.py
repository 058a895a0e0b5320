"""
Maps without a map server: places projected on a small drawing of the region, from the bundled base map (Natural Earth,
public domain, simplified; waterways and roads are schematic). Equirectangular, true enough for a province.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

BASEMAP = Path(__file__).resolve().parent.parent / "static" / "map" / "basemap.json"
KM_PER_DEGREE = 111.32
WIDTH, HEIGHT = 600, 450
MARGIN = 56
LEAST_KM = 8
COLOURS = 8
PIN = 30
NUDGE = 18
SAME_SPOT = 0.01

LatLon = tuple[float, float]
XY = tuple[float, float]


@dataclass(frozen=True)
class View:
    """A window on the region: `lat`, `lon` is its middle, `scale` the drawing units per kilometre."""

    lat: float
    lon: float
    scale: float
    width: int = WIDTH
    height: int = HEIGHT

    def xy(self, lat: float, lon: float) -> XY:
        """Where a place lies in drawing units, from the top left."""
        east = (lon - self.lon) * KM_PER_DEGREE * cos(radians(self.lat))
        north = (lat - self.lat) * KM_PER_DEGREE
        return self.width / 2 + east * self.scale, self.height / 2 - north * self.scale


def view_of(points: Sequence[LatLon], *, margin: int = MARGIN) -> View:
    """The closest window, at least `LEAST_KM` wide, that shows every point inside a margin. No points: around Ghent."""
    if not points:
        return View(51.05, 3.72, (WIDTH - 2 * margin) / 60)
    south, north = min(lat for lat, _ in points), max(lat for lat, _ in points)
    west, east = min(lon for _, lon in points), max(lon for _, lon in points)
    lat, lon = round((south + north) / 2, 4), round((west + east) / 2, 4)
    wide = max((east - west) * KM_PER_DEGREE * cos(radians(lat)), LEAST_KM)
    high = max((north - south) * KM_PER_DEGREE, LEAST_KM * HEIGHT / WIDTH)
    return View(lat, lon, round(min((WIDTH - 2 * margin) / wide, (HEIGHT - 2 * margin) / high), 3))


@cache
def _features() -> list[dict[str, Any]]:
    return json.loads(BASEMAP.read_text())["features"]


def clip_polygon(ring: Sequence[XY], width: float, height: float, edge: float = 12) -> list[XY]:
    """The part of a closed ring inside the window and a little beyond (Sutherland and Hodgman, 1974)."""
    sides = ((0, -edge, 1), (0, width + edge, -1), (1, -edge, 1), (1, height + edge, -1))
    points = list(ring)
    for axis, limit, sign in sides:
        kept: list[XY] = []
        for before, after in zip(points[-1:] + points[:-1], points):
            inside, was = sign * (after[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
            if inside != was:
                share = (limit - before[axis]) / (after[axis] - before[axis])
                kept.append((before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])))
            if inside:
                kept.append(after)
        points = kept
    return points


def clip_line(line: Sequence[XY], width: float, height: float, edge: float = 12) -> list[list[XY]]:
    """The stretches of a line whose segments touch the window or a little beyond."""
    stretches: list[list[XY]] = []
    for start, end in pairwise(line):
        near = (
            max(start[0], end[0]) >= -edge
            and min(start[0], end[0]) <= width + edge
            and max(start[1], end[1]) >= -edge
            and min(start[1], end[1]) <= height + edge
        )
        if not near:
            continue
        if stretches and stretches[-1][-1] == start:
            stretches[-1].append(end)
        else:
            stretches.append([start, end])
    return stretches


def path_data(points: Iterable[XY], *, closed: bool = False, least: float = 2) -> str:
    """SVG path data in whole units, without points closer than `least` to the last one drawn."""
    drawn: list[tuple[int, int]] = []
    last: XY | None = None
    points = list(points)
    for i, point in enumerate(points):
        if last and hypot(point[0] - last[0], point[1] - last[1]) < least and (closed or i < len(points) - 1):
            continue
        last = point
        drawn.append((round(point[0]), round(point[1])))
    if len(drawn) < 2:
        return ""
    return "M" + "L".join(f"{x} {y}" for x, y in drawn) + ("Z" if closed else "")


@lru_cache(maxsize=256)
def base_paths(view: View) -> list[tuple[str, str]]:
    """`(kind, path data)` of the base map in this window, in the order to draw: land, urban, prov, road, water."""
    paths: dict[str, str] = dict.fromkeys(("land", "urban", "prov", "road", "water"), "")
    for feature in _features():
        kind, shape = feature["properties"]["k"], feature["geometry"]
        if kind not in paths:
            continue
        parts = shape["coordinates"]
        if shape["type"] == "LineString":
            line = [view.xy(lat, lon) for lon, lat in parts]
            paths[kind] += "".join(path_data(stretch) for stretch in clip_line(line, view.width, view.height))
            continue
        for rings in parts if shape["type"] == "MultiPolygon" else [parts]:
            for ring in rings:
                clipped = clip_polygon([view.xy(lat, lon) for lon, lat in ring], view.width, view.height)
                paths[kind] += path_data(clipped, closed=True)
    return [(kind, path) for kind, path in paths.items() if path]


def spread(points: Sequence[XY], *, least: float = PIN, nudge: float = NUDGE, rounds: int = 12) -> list[XY]:
    """The points, pushed apart where closer than `least`, none further than `nudge` from where it belongs."""
    placed = [list(point) for point in points]
    for _ in range(rounds):
        for i, one in enumerate(placed):
            for j in range(i):
                other = placed[j]
                dx, dy = one[0] - other[0], one[1] - other[1]
                apart = hypot(dx, dy)
                if apart >= least:
                    continue
                if apart < SAME_SPOT:
                    dx, dy, apart = 1.0, 0.5 * (i - j), hypot(1, 0.5 * (i - j))
                push = (least - apart) / 2 / apart
                one[0], one[1] = one[0] + dx * push, one[1] + dy * push
                other[0], other[1] = other[0] - dx * push, other[1] - dy * push
        for point, (x, y) in zip(placed, points):
            away = hypot(point[0] - x, point[1] - y)
            if away > nudge:
                point[0], point[1] = x + (point[0] - x) * nudge / away, y + (point[1] - y) * nudge / away
    return [(x, y) for x, y in placed]


def towns(view: View, taken: Sequence[XY]) -> list[dict[str, Any]]:
    """Names to write, biggest towns first, where they cover neither a pin nor each other: x, y, name, rank."""
    boxes = [(x - 16, y - 16, x + 16, y + 16) for x, y in taken]
    named: list[dict[str, Any]] = []
    places = [f for f in _features() if f["properties"]["k"] == "town"]
    for feature in sorted(places, key=lambda f: f["properties"]["r"]):
        lon, lat = feature["geometry"]["coordinates"]
        x, y = view.xy(lat, lon)
        name, rank = feature["properties"]["n"], feature["properties"]["r"]
        half = len(name) * (7 if rank == 1 else 5.8)
        for shift in (7, -21, 35):
            box = (x - half, y + shift - 18, x + half, y + shift + 4)
            fits = box[0] >= 4 and box[1] >= 4 and box[2] <= view.width - 4 and box[3] <= view.height - 4
            if fits and not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes):
                boxes.append(box)
                named.append({"x": round(x), "y": round(y + shift), "name": name, "rank": rank})
                break
    return named


def draw(markers: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """
    All a template needs to draw a map: the base map's `paths`, `lines` and `pins` in drawing units, `towns`, and `data`,
    the same in degrees for the map one can drag. Markers and lines as described at the `map` tag.
    """
    points = [(m["lat"], m["lon"]) for m in markers] + [point for line in lines for point in line["points"]]
    view = view_of(points)
    spots = spread([view.xy(m["lat"], m["lon"]) for m in markers])
    pins = [
        {"x": round(x), "y": round(y), "kind": m["kind"], "number": m.get("number"), "label": str(m["label"])}
        for m, (x, y) in zip(markers, spots)
    ]
    drawn = [
        {
            "path": path_data([view.xy(lat, lon) for lat, lon in line["points"]], least=0),
            "style": line_style(line),
            "chain": line.get("kind") == "chain",
            "label": str(line.get("label", "")),
        }
        for line in lines
    ]
    data = {
        "pins": [
            {
                "at": [m["lat"], m["lon"]],
                "kind": m["kind"],
                "number": m.get("number"),
                "label": str(m["label"]),
                "url": m.get("url", ""),
            }
            for m in markers
        ],
        "lines": [{"points": line["points"], "style": line_style(line)} for line in lines],
    }
    return {
        "view": view,
        "paths": base_paths(view),
        "lines": [line for line in drawn if line["path"]],
        "pins": sorted(pins, key=lambda pin: pin["kind"] == "hub"),
        "towns": towns(view, spots),
        "data": data,
    }


def line_style(line: dict[str, Any]) -> str:
    """The class of a line: `chain` for the thin dotted one, else `l1` to `l8` by its number, round and round."""
    if line.get("kind") == "chain":
        return "chain"
    return f"l{(int(line.get('number') or 1) - 1) % COLOURS + 1}"
