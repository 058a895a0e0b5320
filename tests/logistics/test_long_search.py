"""Searches that are long: they begin with a population of plans, and begin anew the other way when they have settled."""

from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import pyvrp

from logistics.distances import matrix
from logistics.routing import Pair, Problem, Site, check, plan, searching
from tests.logistics.published import read
from tests.logistics.straight_road import crates, road, van


@pytest.mark.parametrize(("long", "first"), [(1_000, "one plan"), (0, "a population")])
def test_a_search_that_has_settled_begins_anew_the_other_way_and_keeps_the_best(monkeypatch, long, first):
    begun, told = [], []
    ways = {"one plan": (pyvrp, "solve"), "a population": (searching, "breed")}

    def noted(way, search, *args, **kwargs):
        begun.append(way)
        return search(*args, **kwargs)

    for way, (where, name) in ways.items():
        monkeypatch.setattr(where, name, partial(noted, way, getattr(where, name)))
    monkeypatch.setattr(searching, "SETTLED", 30)
    monkeypatch.setattr(searching, "LONG", long)
    problem, scale = read(Path(__file__).parent / "instances" / "kouter-tw10.txt")
    plan(problem, iterations=400, seed=7, scale=scale, heard=lambda progress: told.append(progress))
    second = next(way for way in ways if way != first)
    assert begun == [first, second] * (len(begun) // 2) + [first] * (len(begun) % 2) and 5 < len(begun) <= 14
    assert told[-1].iteration == 400
    costs = [progress.best_cost for progress in told]
    assert costs == sorted(costs, reverse=True)


@contextmanager
def long_search():
    """Every search is long: it begins with a population."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "LONG", 0)
        yield


def a_busy_day() -> Problem:
    """Two depots, vans that differ and come back for more, pairs, skills, windows, and sites that are not worth any detour."""
    points = [(51.05 + 0.03 * (n * 7 % 11 - 5), 3.7 + 0.05 * (n * 5 % 13 - 6)) for n in range(22)]
    sites = tuple(
        Site(
            f"s{n}", n, deliver=crates(n % 4 + 1), collect=crates(cold=n % 3), opens=480 + 30 * (n % 4), closes=900,
            service=5, needs=frozenset({"lift"} if n % 7 == 0 else ()), prize=0.5 if n in (5, 11) else None,
        )
        for n in range(2, 16)
    )  # fmt: skip
    pairs = tuple(
        Pair(f"p{n}", n, n + 3, crates(2), from_opens=480, from_closes=900, to_opens=480, to_closes=1000)
        for n in (16, 17, 18)
    )
    vans = (
        van("a", capacity=(8, 0, 8, 0), total_crates=12, reloads=2, skills=frozenset({"lift"})),
        van("b", capacity=(8, 0, 8, 0), total_crates=12, reloads=2),
        van("c", at=1, capacity=(20, 0, 8, 0), total_crates=20, fixed=60.0, per_km=0.8),
    )
    return Problem(matrix(points), sites, vans, pairs)


def test_a_long_search_plans_whatever_a_short_one_does_and_the_same_again():
    problem = a_busy_day()
    short = plan(problem, iterations=1_000)
    with long_search():
        found = plan(problem, iterations=600)
        assert check(problem, found) == []
        assert plan(problem, iterations=600) == found
    assert {left.site for left in found.unplanned} == {left.site for left in short.unplanned} == {"s5", "s11"}
    assert any(stop.trip for route in found.routes for stop in route.stops)
    assert found.cost <= 1.05 * short.cost


def test_a_population_fills_vans_to_the_last_crate():
    """Three vans of ten crates for thirty."""
    amounts = (6, 4, 7, 3, 5, 5)
    sites = tuple(Site(f"s{n}", 1, deliver=crates(amount)) for n, amount in enumerate(amounts))
    problem = Problem(road(0, 5), sites, tuple(van(key, capacity=(10, 0, 0, 0), total_crates=10) for key in "abc"))
    with long_search():
        assert plan(problem, iterations=200).unplanned == ()
