from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import charts

amounts = st.decimals(0, 100_000, places=2)


@given(st.lists(amounts, min_size=1, max_size=12))
def test_parts_of_a_stack_lie_end_to_end(values: list[Decimal]) -> None:
    parts = charts.stacked([{"label": "part", "kind": "farm", "value": value} for value in values])
    for before, after in pairwise(parts):
        assert after["at"] == pytest.approx(before["at"] + before["width"], abs=0.02)
    assert sum(part["width"] for part in parts) == pytest.approx(100 if sum(values) else 0, abs=0.1)


def test_bars_share_one_scale() -> None:
    rows = charts.bars(
        [{"label": "a", "values": [Decimal(40)]}, {"label": "b", "values": [Decimal(10)]}],
        [{"kind": "farm", "label": "earned"}],
    )
    assert [row["bars"][0]["width"] for row in rows] == [100.0, 25.0]


def test_bars_of_nothing_are_empty() -> None:
    rows = charts.bars([{"label": "a", "values": [Decimal(0)]}], [{"kind": "farm", "label": "earned"}])
    assert rows[0]["bars"][0]["width"] == 0


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 4), (456, 500), (4600, 5000), (0.3, 0.4), (95, 100), (Decimal("21.5"), 25)]
)
def test_the_top_of_an_axis_is_round(highest: float, top: float) -> None:
    assert charts.nice_top(highest) == pytest.approx(top)


@given(st.lists(amounts, min_size=1, max_size=52))
def test_columns_stand_on_the_floor_inside_the_drawing(values: list[Decimal]) -> None:
    chart = charts.columns(
        [{"label": str(i), "values": [value]} for i, value in enumerate(values)], [{"kind": "farm", "label": "earned"}]
    )
    for row in chart["rows"]:
        column = row["columns"][0]
        assert column["y"] + column["height"] == pytest.approx(chart["floor"], abs=0.11)
        assert column["x"] >= 0 and column["x"] + column["width"] <= 100.01
        assert column["y"] >= charts.HEADROOM - 0.1
    assert chart["rows"][-1]["labelled"]
    assert sum(row["labelled"] for row in chart["rows"]) <= 7


def test_a_curve_falls_from_left_to_right() -> None:
    chart = charts.curve([(10, Decimal(8)), (20, Decimal(4)), (40, Decimal(2))])
    assert chart["spot"](10, 8)[0] == 0
    assert chart["spot"](40, 2)[0] == 1000
    assert chart["spot"](10, 8)[1] < chart["spot"](40, 2)[1] < chart["height"]
    assert chart["line"].count("L") == 2


def test_a_plot_places_lines_dots_band_and_marks_on_one_pair_of_axes() -> None:
    plot = charts.plot(
        lines=[{"kind": "fit", "points": [(10, 4), (20, 2)]}, {"kind": "ahead", "points": []}],
        dots=[(15, Decimal(5)), (10, 12)],
        band=[(10, -1, 5), (20, 1, 3)],
        marks=[{"kind": "now", "x": 20, "y": 2, "label": "now"}, {"kind": "goal", "x": 10, "y": 4, "label": "goal"}],
        height=100,
        highest=8,
    )
    assert (plot["left"], plot["right"], plot["top"]) == (10, 20, 8)
    assert plot["lines"] == [{"kind": "fit", "points": [(10, 4), (20, 2)], "d": "M0.0 50.0L1000.0 75.0"}]
    assert plot["dots"] == [{"x": 50.0, "y": 37.5}, {"x": 0.0, "y": 0.0}], "what rises above the top is drawn on it"
    assert plot["band"] == "M0.0 37.5L1000.0 62.5L1000.0 87.5L0.0 100.0Z"
    assert [(mark["x"], mark["y"], mark["row"], mark["end"]) for mark in plot["marks"]] == [
        (100.0, 75.0, 14, True),
        (0.0, 50.0, 34, False),
    ]


def test_a_plot_of_one_point_stands_in_the_middle() -> None:
    plot = charts.plot(lines=[{"kind": "fit", "points": [(3, 7)]}])
    assert (plot["lines"][0]["d"], plot["top"], plot["band"]) == ("M500.0 25.0", 8, "")
