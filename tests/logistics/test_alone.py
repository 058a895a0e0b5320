from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.distances import Matrix, matrix
from logistics.routing import AloneCost, alone_cost
from logistics.routing.problem import whole_minutes

near_gent = st.tuples(st.floats(50.9, 51.2), st.floats(3.4, 4.0))
RATES = {"per_km": 0.4, "per_hour": 25.0}


def road(*places: float) -> Matrix:
    km = np.abs(np.subtract.outer(np.array(places, dtype=float), np.array(places, dtype=float)))
    return Matrix(km=km, minutes=km.copy())


def test_one_tour_along_a_road():
    """20 km out and back and two calls of 5 minutes: 20 + 40 x 0.5 + 50/60 x 30 = 65 euro."""
    found = alone_cost(road(0, 10, 20), start=0, sites=[2, 1], fixed=20.0, per_km=0.5, per_hour=30.0, service=5)
    assert found == AloneCost(euro=65.0, km=40.0, minutes=50)


def test_service_may_differ_by_site():
    assert alone_cost(road(0, 10, 20), start=0, sites=[2, 1], per_hour=60.0, service=[7, 1]) == (48.0, 40.0, 48)


def test_a_van_that_is_too_small_drives_twice():
    """Places at 10, 11 and -10 with 6, 6 and 4 crates in a van of 10: the far one alone, the other two in one tour."""
    table = road(0, 10, 11, -10)
    found = alone_cost(table, start=0, sites=[1, 2, 3], per_km=1.0, loads=[6, 6, 4], capacity=10)
    assert found.km == 20 + 22 + 20
    assert alone_cost(table, start=0, sites=[1, 2, 3], per_km=1.0, loads=[6, 4, 6], capacity=10).km == 22 + 20


def test_more_than_a_van_full_for_one_site():
    """25 crates at 10 km in a van of 10: two full vans, and the last five with the crates for 20 km; fixed counts once."""
    found = alone_cost(
        road(0, 10, 20), start=0, sites=[1, 2], fixed=15.0, per_km=1.0, service=4, loads=[25, 5], capacity=10
    )
    assert found == AloneCost(euro=15.0 + 80.0, km=80.0, minutes=80 + 4 * 4)


def test_the_hub_in_her_yard_costs_nothing():
    assert alone_cost(road(0, 0), start=0, sites=[0, 1], fixed=20.0, service=5, **RATES) == (0, 0, 0)
    assert alone_cost(road(0), start=0, sites=[], fixed=20.0, **RATES) == (0, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"loads": [1]}, "every site needs a load"),
        ({"loads": [1, -1]}, "no load is negative"),
        ({"loads": [1, 1], "capacity": 0}, "a van without room"),
    ],
)
def test_nonsense_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        alone_cost(road(0, 1, 2), start=0, sites=[1, 2], **arguments)


def cheapest_by_trying(table, loads, capacity):
    """All orders, and all ways to cut them into trips that fit."""
    euro = 0.4 * table.km + 25 / 60 * whole_minutes(table)
    cuts_wanted = sum(loads) > capacity
    best = float("inf")
    for order in permutations(range(1, len(table))):
        for cuts in product([False, True] if cuts_wanted else [False], repeat=len(order) - 1):
            trips = [[order[0]]]
            for stop, cut in zip(order[1:], cuts, strict=True):
                trips = [*trips, [stop]] if cut else [*trips[:-1], [*trips[-1], stop]]
            if all(sum(loads[stop - 1] for stop in trip) <= capacity for trip in trips):
                best = min(best, sum(euro[leg] for trip in trips for leg in pairwise([0, *trip, 0])))
    return best


@settings(max_examples=40, deadline=None)
@given(st.lists(near_gent, min_size=2, max_size=6, unique=True), st.data())
def test_small_tours_are_the_cheapest_there_are(points, data):
    table = matrix(points)
    loads = [data.draw(st.integers(1, 9)) for _ in points[1:]]
    capacity = data.draw(st.integers(9, 30))
    found = alone_cost(table, start=0, sites=range(1, len(points)), loads=loads, capacity=capacity, **RATES)
    assert found.euro == pytest.approx(cheapest_by_trying(table, loads, capacity), abs=0.01)


@settings(max_examples=15, deadline=None)
@given(st.lists(near_gent, min_size=13, max_size=30, unique=True), st.data())
def test_long_tours_call_everywhere_and_are_the_same_again(points, data):
    table = matrix(points)
    sites = range(1, len(points))
    loads = [data.draw(st.integers(1, 9)) for _ in sites]
    one_trip = alone_cost(table, start=0, sites=sites, service=3, **RATES)
    trips = alone_cost(table, start=0, sites=sites, service=3, loads=loads, capacity=20, **RATES)
    assert alone_cost(table, start=0, sites=sites, service=3, loads=loads, capacity=20, **RATES) == trips
    for found in (one_trip, trips):
        assert found.euro == pytest.approx(0.4 * found.km + 25 * found.minutes / 60)
        assert found.minutes >= 3 * len(sites)
    assert one_trip.euro <= cost_of_neighbours(table) + 3 * len(sites) * 25 / 60 + 0.01


def cost_of_neighbours(table):
    euro = 0.4 * table.km + 25 / 60 * whole_minutes(table)
    order, left = [0], set(range(1, len(table)))
    while left:
        order.append(min(left, key=lambda stop: (euro[order[-1], stop], stop)))
        left.remove(order[-1])
    return sum(euro[leg] for leg in pairwise([*order, 0]))


def test_a_known_long_tour():
    """24 places on a circle: the shortest tour is the circle itself, whatever order they are named in."""
    angle = 2 * np.pi * (np.arange(24) * 7 % 24) / 24
    xy = np.column_stack([np.cos(angle), np.sin(angle)]) * 10
    km = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    found = alone_cost(Matrix(km=km, minutes=km), start=0, sites=range(1, 24), per_km=1.0)
    assert found.km == pytest.approx(24 * 20 * np.sin(np.pi / 24))
