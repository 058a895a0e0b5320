from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.distances import Matrix, haversine, matrix, road_km, road_seconds

GENT = (51.0543, 3.7174)
LEUVEN = (50.8798, 4.7005)

flemish = st.tuples(st.floats(50.6, 51.5), st.floats(2.5, 5.9))


def test_one_degree_of_latitude():
    assert haversine((50.0, 4.0), (51.0, 4.0)) == pytest.approx(111.195, abs=0.001)


def test_gent_to_leuven_is_what_a_driver_expects():
    great_circle = haversine(GENT, LEUVEN)
    assert great_circle == pytest.approx(71.53, abs=0.01)
    assert road_km(great_circle) == pytest.approx(87.60, abs=0.01)
    assert road_seconds(road_km(great_circle)) / 60 == pytest.approx(84.7, abs=0.1)


@pytest.mark.parametrize(
    ("great_circle", "km"),
    [
        (0.0, 0.0),
        (0.0999, 0.0),
        (0.1, 0.0),
        (0.3, 1.07 * (1.33 + 1.126 * 0.5) / 2),
        (0.5, 1.07 * (1.33 + 1.126 * 0.5)),
        (10.0, 1.07 * (1.33 + 1.126 * 10)),
    ],
)
def test_short_distances_rise_linearly_to_the_fitted_line(great_circle, km):
    assert road_km(great_circle) == pytest.approx(km, abs=1e-12)


def test_seconds_are_the_fitted_power():
    assert road_seconds(0.0) == 0.0
    assert road_seconds(1.0) == pytest.approx(1.15 * 113.3)
    assert road_seconds(10.0) == pytest.approx(1.15 * 113.3 * 10**0.819)


@given(st.lists(flemish, max_size=8))
def test_the_matrix_is_the_pairwise_formulas(points):
    table = matrix(points)
    assert len(table) == len(points)
    assert table.km.shape == table.minutes.shape == (len(points), len(points))
    assert (np.diag(table.km) == 0).all() and (np.diag(table.minutes) == 0).all()
    for i, start in enumerate(points):
        for j, end in enumerate(points):
            km = road_km(haversine(start, end))
            assert isclose(table.km[i, j], km, abs_tol=1e-9)
            assert isclose(table.minutes[i, j], road_seconds(km) / 60, abs_tol=1e-9)


def test_no_points_and_two_in_one_spot():
    assert matrix([]).km.shape == (0, 0)
    assert matrix([GENT, GENT]).km.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("point", [(91.0, 4.0), (51.0, 181.0), (float("nan"), 4.0), (None, None)])
def test_a_point_off_the_earth_is_refused(point):
    with pytest.raises(ValueError, match="latitude from -90 to 90"):
        matrix([GENT, point])


def test_a_matrix_is_square():
    with pytest.raises(ValueError, match="square"):
        Matrix(km=np.zeros((2, 3)), minutes=np.zeros((2, 3)))
