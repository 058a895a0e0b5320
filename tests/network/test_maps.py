from math import hypot

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from network import maps

GHENT = (51.05, 3.72)
places = st.tuples(st.floats(50.7, 51.4), st.floats(2.6, 5.6))


def test_north_is_up_and_east_is_right() -> None:
    view = maps.view_of([GHENT])
    x, y = view.xy(*GHENT)
    assert (x, y) == (300, 225)
    assert view.xy(GHENT[0] + 0.01, GHENT[1])[1] < y
    assert view.xy(GHENT[0], GHENT[1] + 0.01)[0] > x


def test_a_kilometre_is_as_long_east_as_north() -> None:
    view = maps.view_of([GHENT])
    east = view.xy(GHENT[0], GHENT[1] + 1 / 69.98)[0] - 300
    north = 225 - view.xy(GHENT[0] + 1 / maps.KM_PER_DEGREE, GHENT[1])[1]
    assert east == pytest.approx(north, rel=0.001)


@given(st.lists(places, min_size=1, max_size=30))
def test_every_point_is_inside_the_margin(points: list[tuple[float, float]]) -> None:
    view = maps.view_of(points)
    for lat, lon in points:
        x, y = view.xy(lat, lon)
        assert maps.MARGIN - 1 <= x <= view.width - maps.MARGIN + 1
        assert maps.MARGIN - 1 <= y <= view.height - maps.MARGIN + 1


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 450)), max_size=25))
@example([(0.0, 0.0), (0.0, 2.2250738585072014e-308)])
def test_pins_pushed_apart_stay_near_where_they_belong(points: list[tuple[float, float]]) -> None:
    for (x, y), (at_x, at_y) in zip(maps.spread(points), points, strict=True):
        assert hypot(x - at_x, y - at_y) <= maps.NUDGE + 1e-6


@pytest.mark.parametrize("x", [0.0, 5e-324, 1e-308])
def test_two_pins_on_one_spot_can_both_be_read(x: float) -> None:
    (ax, ay), (bx, by) = maps.spread([(0, 100), (x, 100)])
    assert hypot(ax - bx, ay - by) == pytest.approx(maps.PIN, abs=0.5)


def test_a_square_over_the_edge_is_cut_at_the_edge() -> None:
    assert maps.clip_polygon([(-50, -50), (50, -50), (50, 50), (-50, 50)], 100, 100, edge=0) == [
        (0, 0),
        (50, 0),
        (50, 50),
        (0, 50),
    ]


def test_a_polygon_outside_vanishes() -> None:
    assert maps.clip_polygon([(200, 200), (300, 200), (300, 300)], 100, 100, edge=0) == []


def test_a_line_keeps_the_stretches_in_sight() -> None:
    line = [(-90.0, 50.0), (-50.0, 50.0), (50.0, 50.0), (150.0, 50.0), (190.0, 50.0)]
    assert maps.clip_line(line, 100, 100, edge=0) == [[(-50, 50), (50, 50), (150, 50)]]


def test_path_data_is_whole_numbers_and_skips_what_cannot_be_seen() -> None:
    assert maps.path_data([(0.4, 0.2), (0.9, 0.3), (10.6, 5.1)]) == "M0 0L11 5"
    assert maps.path_data([(0, 0), (10, 0), (10, 10)], closed=True) == "M0 0L10 0L10 10Z"
    assert maps.path_data([(3, 3)]) == ""


def test_names_of_towns_cover_neither_pins_nor_each_other() -> None:
    view = maps.view_of([(51.2, 3.3), (50.9, 4.3)])
    ghent = view.xy(51.054, 3.725)
    named = maps.towns(view, [ghent])
    assert "Gent" in {town["name"] for town in named}
    spots = [(town["x"], town["y"]) for town in named]
    assert len(spots) == len(set(spots))
    assert all(abs(town["x"] - ghent[0]) > 16 or abs(town["y"] - 7 - ghent[1]) > 16 for town in named)


def test_a_drawing_has_pins_lines_and_the_same_in_degrees() -> None:
    markers = [
        {"lat": 51.0, "lon": 3.8, "kind": "farm", "label": "Hoeve Alice", "number": 1, "url": "/hoeve/"},
        {"lat": 51.05, "lon": 3.72, "kind": "hub", "label": "Hub"},
    ]
    lines = [{"points": [(51.05, 3.72), (51.0, 3.8)], "number": 9, "label": "Round 9"}]
    drawn = maps.draw(markers, lines)
    assert [pin["kind"] for pin in drawn["pins"]] == ["farm", "hub"]
    assert drawn["lines"][0]["style"] == "l1"
    assert drawn["lines"][0]["path"].startswith("M")
    assert drawn["data"]["pins"][0] == {
        "at": [51.0, 3.8],
        "kind": "farm",
        "number": 1,
        "label": "Hoeve Alice",
        "url": "/hoeve/",
    }
    assert next(kind for kind, _path in drawn["paths"]) == "land"


def test_a_map_of_nothing_still_shows_the_region() -> None:
    drawn = maps.draw([])
    assert drawn["pins"] == []
    assert "Gent" in {town["name"] for town in drawn["towns"]}


def test_six_rounds_look_different() -> None:
    assert len({maps.line_style({"number": number}) for number in range(1, 9)}) == 8
    assert maps.line_style({"kind": "chain"}) == "chain"
