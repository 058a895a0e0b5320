"""Charts as numbers: where each bar begins and how long it is, in percent or in drawing units, ready to write in SVG."""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil, log10
from typing import Any

Number = Decimal | float | int
HEADROOM = 20


def percent(part: Number, whole: Number) -> float:
    """`part` as a percentage of `whole` with two decimals; 0 of nothing."""
    return round(float(part) / float(whole) * 100, 2) if whole else 0.0


def stacked(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts with `at` and `width` in percent of their sum. Negative parts are shown in the table, not in the bar."""
    total = sum(max(part["value"], 0) for part in parts)
    at = 0.0
    placed = []
    for part in parts:
        width = percent(max(part["value"], 0), total)
        placed.append({**part, "at": round(at, 2), "width": width, "share": round(width)})
        at += width
    return placed


def bars(rows: Sequence[dict[str, Any]], series: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `bars`: per series its value and `width` in percent of the longest bar of all rows."""
    longest = max((max(value, 0) for row in rows for value in row["values"]), default=0)
    return [
        {
            **row,
            "bars": [{**s, "value": v, "width": percent(max(v, 0), longest)} for s, v in zip(series, row["values"])],
        }
        for row in rows
    ]


def nice_top(highest: Number) -> float:
    """The round number (1, 2, 2.5, 4, 5 or 8 times a power of ten) at or above `highest`; 1 for nothing."""
    if highest <= 0:
        return 1.0
    step = 10 ** ceil(log10(float(highest)) - 1)
    return next(float(step * m) for m in (1, 2, 2.5, 4, 5, 8, 10) if step * m >= highest)


def columns(rows: Sequence[dict[str, Any]], series: Sequence[dict[str, Any]], *, height: int = 160) -> dict[str, Any]:
    """
    Columns side by side per row: x and width in percent of the drawing, y and height in its units, under a `top` that is
    a round number; a value that is None has no column. `floor` and `mid` are where 0 and half of `top` lie. At most seven labels are written: a phone has no room for more.
    """
    top = nice_top(max((value or 0 for row in rows for value in row["values"]), default=0))
    floor = HEADROOM + height
    room = 100 / max(len(rows), 1)
    thick = room * 0.72 / max(len(series), 1)
    every = ceil(len(rows) / 7) or 1
    placed = []
    for i, row in enumerate(rows):
        columns = []
        for j, (one, value) in enumerate(zip(series, row["values"])):
            tall = round(float(max(value or 0, 0)) / top * height, 1)
            left = round((i + 0.14) * room + j * thick, 2)
            columns.append(
                {
                    **one,
                    "value": value,
                    "x": left,
                    "width": round(thick * 0.9, 2),
                    "height": tall,
                    "y": round(floor - tall, 1),
                }
            )
        labelled = (len(rows) - 1 - i) % every == 0
        placed.append({**row, "columns": columns, "middle": round((i + 0.5) * room, 2), "labelled": labelled})
    return {
        "rows": placed,
        "top": top,
        "floor": floor,
        "mid": HEADROOM + height / 2,
        "label_y": floor + 18,
        "tall": floor + 26,
    }


def curve(points: Sequence[tuple[Number, Number]], *, height: int = 150) -> dict[str, Any]:
    """
    A line over an area: `line` and `area` as path data in a 1000 x `height` drawing, and `at(x, y)` as percentages and
    units for marks on it. The vertical axis begins at 0.
    """
    xs, ys = [float(x) for x, _ in points], [float(y) for _, y in points]
    left, right, top = min(xs), max(xs), max(ys) * 1.05 or 1

    def spot(x: Number, y: Number) -> tuple[float, float]:
        across = (float(x) - left) / (right - left) if right > left else 0.5
        return round(across * 1000, 1), round(height - float(y) / top * height, 1)

    line = "M" + "L".join(f"{x} {y}" for x, y in (spot(x, y) for x, y in points))
    return {
        "line": line,
        "area": f"{line}L1000 {height}L0 {height}Z",
        "spot": spot,
        "left": left,
        "right": right,
        "height": height,
    }


def plot(
    *,
    lines: Sequence[dict[str, Any]],
    dots: Sequence[tuple[Number, Number]] = (),
    band: Sequence[tuple[Number, Number, Number]] = (),
    marks: Sequence[dict[str, Any]] = (),
    height: int = 200,
    highest: Number | None = None,
) -> dict[str, Any]:
    """
    Lines (`kind`, `points`), a band of (x, low, high), dots, and marks (`kind`, `x`, `y`, `label`) on one pair of axes: paths in
    a 1000 x `height` drawing, spots in percent across and units down. The vertical axis runs from 0 to `top`, a round number at or
    above every line, dot and mark, or above `highest`; what rises above it is drawn on the upper edge. Every mark has its own row
    for its label.
    """
    spots = [spot for line in lines for spot in line["points"]] + list(dots) + [(m["x"], m["y"]) for m in marks]
    xs = [float(x) for x, _ in spots]
    left, right = min(xs, default=0.0), max(xs, default=1.0)
    top = nice_top(max((y for _, y in spots), default=0) if highest is None else highest)

    def across(x: Number) -> float:
        return round((float(x) - left) / (right - left) * 100, 2) if right > left else 50.0

    def down(y: Number) -> float:
        return round(height - min(max(float(y), 0.0), top) / top * height, 1)

    def path(points: Sequence[tuple[Number, Number]]) -> str:
        return "M" + "L".join(f"{across(x) * 10:.1f} {down(y)}" for x, y in points)

    there, back = [(x, high) for x, _, high in band], [(x, low) for x, low, _ in reversed(band)]
    return {
        "lines": [{**line, "d": path(line["points"])} for line in lines if line["points"]],
        "band": f"{path(there + back)}Z" if band else "",
        "dots": [{"x": across(x), "y": down(y)} for x, y in dots],
        "marks": [
            {**mark, "x": across(mark["x"]), "y": down(mark["y"]), "row": 14 + 20 * row, "end": across(mark["x"]) > 55}
            for row, mark in enumerate(marks)
        ],
        "left": left,
        "right": right,
        "top": top,
        "height": height,
        "headroom": 20 * len(marks) + 18,
    }
