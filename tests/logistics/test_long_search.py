"""Searches that are long: they begin with a population of plans, and go on another way when they have settled."""

import random
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import pyvrp

from logistics.distances import matrix
from logistics.routing import Pair, Problem, Site, check, plan, searching
from logistics.routing.halves import by_halves
from logistics.routing.model import Model
from logistics.routing.problem import Scale
from tests.logistics.published import read
from tests.logistics.straight_road import crates, road, van

WAYS = {"one plan": "_iterate", "a population": "_breed", "halves": "_halve"}


@pytest.fixture
def begun(monkeypatch) -> list[str]:
    """The ways that a search goes, one after the other; it settles soon."""
    begun = []

    def noted(way, search, *args):
        begun.append(way)
        return search(*args)

    for way, name in WAYS.items():
        monkeypatch.setattr(searching, name, partial(noted, way, getattr(searching, name)))
    monkeypatch.setattr(searching, "SETTLED", 30)
    monkeypatch.setattr(searching, "HALF", 20)
    return begun


@pytest.mark.parametrize(
    ("long", "first", "second"), [(1_000, "one plan", "a population"), (0, "a population", "halves")]
)
def test_a_search_that_has_settled_begins_anew_the_other_way_and_keeps_the_best(
    monkeypatch, begun, long, first, second
):
    told = []
    monkeypatch.setattr(searching, "LONG", long)
    problem, scale = read(Path(__file__).parent / "instances" / "kouter-tw10.txt")
    plan(problem, iterations=400, seed=7, scale=scale, heard=lambda progress: told.append(progress))
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


def test_the_halves_of_a_busy_day_keep_every_rule(begun):
    problem = a_busy_day()
    with long_search():
        found = plan(problem, iterations=300)
        assert check(problem, found) == []
        assert plan(problem, iterations=300) == found
    assert begun.count("halves") >= 2
    assert {left.site for left in found.unplanned} == {"s5", "s11"}


def test_a_population_that_settles_without_any_plan_has_no_halves_and_leaves_out_the_least(begun):
    """Two vans of ten crates for thirty."""
    sites = tuple(Site(f"s{n}", 1, deliver=crates(10)) for n in range(3))
    problem = Problem(road(0, 5), sites, tuple(van(key, capacity=(10, 0, 0, 0), total_crates=10) for key in "ab"))
    with long_search():
        found = plan(problem, iterations=600)
    assert check(problem, found) == [] and len(found.unplanned) == 1
    assert begun[:3] == ["a population", "halves", "a population"]


def test_a_half_is_searched_apart_and_kept_where_it_became_better():
    """
    Two vans share the east badly and two the west well. Around whichever route is cut, those of one side are only mixed with
    each other; the van that stood still is there for what was left out.
    """
    east = [Site(f"e{n}", n, deliver=crates(5)) for n in range(1, 5)]
    west = [Site(f"w{n}", n + 4, deliver=crates(5)) for n in range(1, 5)]
    extra = Site("far", 9, deliver=crates(5), prize=400.0)
    vans = tuple(van(key, capacity=(10, 0, 0, 0), total_crates=10, fixed=5.0) for key in "abcde")
    problem = Problem(road(0, 10, 11, 30, 31, -10, -11, -30, -31, -50), (*east, *west, extra), vans)
    data = Model(problem, problem.jobs, problem.vans, frozenset(), Scale()).data(optional=False)
    bad, good = ([0, 2], [1, 3]), ([4, 5], [6, 7])
    before = pyvrp.Solution(data, [driven(data, jobs) for jobs in (*bad, *good)])
    sizes = []

    def search(half, start, seed):
        sizes.append((half.num_clients, half.num_vehicles))
        return pyvrp.solve(half, pyvrp.stop.MaxIterations(200), seed, display=False, initial_solution=start).best

    after = by_halves(data, before, search, random.Random(1))
    assert sorted(sizes) == [(4, 2), (5, 3)]
    jobs = [{call.idx for call in route.schedule() if call.is_client()} for route in after.routes()]
    assert [some for some in jobs if min(some) < 4] in ([{0, 1}, {2, 3}], [{2, 3}, {0, 1}])
    assert after.is_feasible() and sorted(job for some in jobs for job in some) == list(range(9))
    worse = by_halves(data, after, lambda half, start, seed: pyvrp.Solution(half, []), random.Random(1))
    assert worse == after


def driven(data: pyvrp.ProblemData, jobs: list[int]) -> pyvrp.Route:
    return pyvrp.Route(data, [pyvrp.Activity(pyvrp.ActivityType.CLIENT, job) for job in jobs], 0)


def test_a_population_fills_vans_to_the_last_crate():
    """Three vans of ten crates for thirty."""
    amounts = (6, 4, 7, 3, 5, 5)
    sites = tuple(Site(f"s{n}", 1, deliver=crates(amount)) for n, amount in enumerate(amounts))
    problem = Problem(road(0, 5), sites, tuple(van(key, capacity=(10, 0, 0, 0), total_crates=10) for key in "abc"))
    with long_search():
        assert plan(problem, iterations=200).unplanned == ()
