"""The verifier: a right plan, and the same plan with one thing wrong."""

from dataclasses import replace

import pytest

from logistics.routing import Flaw, Pair, Plan, Site, Tour, Unplanned, check, plan, retime
from logistics.routing.checking import SENTENCES
from logistics.routing.problem import Problem
from tests.logistics.straight_road import crates, road, van


@pytest.fixture
def right():
    sites = (
        Site("near", 1, collect=crates(3), deliver=crates(cold=2), opens=480, closes=485, service=5),
        Site("far", 2, collect=crates(cold=4), opens=480, closes=600, service=5),
    )
    problem = Problem(road(0, 10, 20), sites, (van(),))
    found = plan(problem)
    assert check(problem, found) == []
    return problem, found


def wrong(found: Plan, *, stop: int | None = None, **changes) -> Plan:
    (route,) = found.routes
    if stop is not None:
        stops = tuple(replace(s, **changes) if n == stop else s for n, s in enumerate(route.stops))
        return replace(found, routes=(replace(route, stops=stops),))
    return replace(found, routes=(replace(route, **changes),))


@pytest.mark.parametrize(
    ("planted", "flaws"),
    [
        ({"leaves": 471, "minutes": 49, "cost": 64.5}, [Flaw("travel", "van", "near", 1), Flaw("cost", amount=-0.5)]),
        ({"returns": 519, "minutes": 49, "cost": 64.5}, [Flaw("travel", "van", amount=1), Flaw("cost", amount=-0.5)]),
        ({"minutes": 49}, [Flaw("minutes", "van", amount=1)]),
        ({"km": 39.0}, [Flaw("km", "van", amount=1.0), Flaw("km", amount=-1.0)]),
        ({"cost": 60.0}, [Flaw("cost", "van", amount=5.0), Flaw("cost", amount=-5.0)]),
        ({"van": "other"}, [Flaw("unknown", "other")]),
        (
            {"stop": 0, "starts": 486, "leaves": 491},
            [Flaw("window", "van", "near", 1), Flaw("travel", "van", "far", 6)],
        ),
        (
            {"stop": 0, "arrives": 478, "starts": 478},
            [Flaw("travel", "van", "near", 2), Flaw("early", "van", "near", 2)],
        ),
        ({"stop": 0, "leaves": 484}, [Flaw("service", "van", "near", 1)]),
        ({"stop": 1, "starts": 494}, [Flaw("early", "van", "far", 1)]),
        ({"stop": 1, "arrives": 494}, [Flaw("travel", "van", "far", 1)]),
        ({"stop": 1, "km_before": 9.0}, [Flaw("km", "van", "far", 1.0)]),
        ({"stop": 1, "pause": 10}, [Flaw("service", "van", "far", 10)]),
        ({"stop": 1, "site": "near"}, [Flaw("twice", site="near", amount=2), Flaw("missing", site="far")]),
        ({"stop": 1, "site": "else"}, [Flaw("missing", site="far"), Flaw("unknown", site="else")]),
        ({"stops": ()}, [Flaw("missing", site="near"), Flaw("missing", site="far"), Flaw("empty", "van")]),
    ],
)
def test_a_planted_error_is_found(right, planted, flaws):
    problem, found = right
    seen = check(problem, wrong(found, **planted))
    assert [flaw for flaw in flaws if flaw not in seen] == []


@pytest.mark.parametrize(
    ("traits", "flaws"),
    [
        ({"available_from": 475}, [Flaw("shift", "van", amount=5)]),
        ({"available_to": 500}, [Flaw("shift", "van", amount=20)]),
        ({"longest": 45}, [Flaw("longest", "van", amount=5)]),
        ({"per_stop": 1.5}, [Flaw("cost", "van", amount=3.0)]),
        ({"ends_at": 2}, [Flaw("km", "van", amount=-20.0), Flaw("cost", "van", amount=-10.0)]),
        ({"capacity": (20, 20, 3, 0)}, [Flaw("storage", "van", "far", 1, "cold")]),
        ({"capacity": (20, 20, 1, 0)}, [Flaw("storage", "van", "far", 3, "cold")]),
        ({"total_crates": 6}, [Flaw("crates", "van", "far", 1)]),
    ],
)
def test_a_van_that_cannot_drive_it_is_found(right, traits, flaws):
    problem, found = right
    assert check(replace(problem, vans=(van(**traits),)), found) == flaws


def test_kg_are_weighed_from_the_depot_on():
    problem = Problem(road(0, 10), (Site("s", 1, deliver=crates(1, kg=80)),), (van(),))
    found = plan(problem)
    assert check(replace(problem, vans=(van(kg=70),)), found) == [Flaw("kg", "van", "its depot", 10)]


def test_a_van_that_may_not_call_is_found(right):
    problem, found = right
    picky = replace(problem.sites[0], needs=frozenset({"zone", "lift"}))
    strict = replace(problem, sites=(picky, problem.sites[1]), vans=(van(skills=frozenset({"lift"})),))
    assert check(strict, found) == [Flaw("skills", "van", "near", 1, "zone")]


def test_trips_follow_one_another():
    problem = Problem(road(0, 10), tuple(Site(key, 1) for key in "abc"), (van(reloads=2),))
    found = retime(problem, {"van": [["a"], ["b"], ["c"]]})
    assert check(problem, found) == []
    assert check(replace(problem, vans=(van(reloads=1),)), found) == [Flaw("trips", "van", "c", 1)]
    mixed = wrong(found, stop=1, trip=2)
    assert Flaw("trips", "van", "b") in check(problem, mixed)
    assert Flaw("trips", "van", "a") in check(problem, wrong(found, stop=0, trip=1))


def test_a_pair_stays_together():
    problem = Problem(road(0, 10, 20), (), (van("a", reloads=1), van("b")), (Pair("p", 1, 2, crates(2)),))
    assert check(problem, retime(problem, {"a": [["p from", "p to"]]})) == []
    swapped = [Flaw("pair", "a", "p"), Flaw("pair", "a", "p")]
    assert [flaw for flaw in check(problem, retime(problem, {"a": [["p to", "p from"]]})) if flaw in swapped] == swapped
    assert set(check(problem, retime(problem, {"a": [["p from"], ["p to"]]}))) == {Flaw("pair", "a", "p")}
    torn = retime(problem, {"a": [["p from"]], "b": [["p to"]]})
    assert set(check(problem, torn)) == {Flaw("pair", "a", "p"), Flaw("pair", "b", "p")}
    half = retime(problem, {"a": [["p from"]]})
    assert half.unplanned == (Unplanned("p", "left_out", {"vans": 1}),)
    assert check(problem, half) == [Flaw("pair", "a", "p")]


def test_a_standing_tour_is_kept():
    sites = tuple(Site(key, row) for row, key in enumerate("abc", 1))
    tour = Tour("v", ("a", "gone", "b"), (480, 485, 495))
    problem = Problem(road(0, 10, 20, 30), sites, (van("v", reloads=1), van("w")), tours=(tour,))
    kept = retime(problem, {"v": [["a", "b"]], "w": [["c"]]})
    assert [stop.starts for stop in kept.routes[0].stops] == [480, 495]
    assert check(problem, kept) == []
    assert check(problem, retime(problem, {"v": [["a", "c", "b"]]})) == [Flaw("tour", "v", "b", 15)]
    assert check(problem, retime(problem, {"v": [["a"]], "w": [["b", "c"]]})) == [Flaw("tour", "v", "b")]
    assert check(problem, retime(problem, {"v": [["a"], ["b"]], "w": [["c"]]})) == [
        Flaw("tour", "v", "a"),
        Flaw("tour", "v", "b", 15),
    ]
    loose = replace(problem, tours=(replace(tour, starts=None),))
    assert check(loose, retime(loose, {"v": [["a", "c", "b"]]})) == []
    assert check(loose, retime(loose, {"v": [["b", "a", "c"]]})) == [Flaw("tour", "v", "b"), Flaw("tour", "v", "a")]


def test_a_pause_within_six_hours_is_missed():
    problem = Problem(road(0, 10), (Site("a", 1, service=300), Site("b", 1, service=60)), (van(pause=30),))
    found = plan(problem)
    assert check(problem, found) == []
    assert [stop.pause for stop in found.routes[0].stops] in ([30, 0], [0, 30])
    short = retime(replace(problem, vans=(van(),)), {"van": [["a", "b"]]})
    assert check(problem, short) == [Flaw("pause", "van", amount=30)]
    late = retime(problem, {"van": [["b", "a"]]})
    assert [stop.pause for stop in late.routes[0].stops] == [30, 0]
    (first, second), shift = late.routes[0].stops, 30
    moved = (
        replace(first, leaves=first.leaves - shift, pause=0),
        replace(second, arrives=second.arrives - shift, starts=second.starts - shift, pause=30),
    )
    assert check(problem, wrong(late, stops=moved)) == [Flaw("pause", "van", amount=30)]


def test_nobody_is_missed_or_seen_twice(right):
    problem, found = right
    gone = wrong(found, stops=found.routes[0].stops[:1], returns=495, minutes=25, km=20.0, cost=42.5)
    assert check(problem, replace(gone, cost=42.5, km=20.0)) == [Flaw("missing", site="far")]
    assert check(problem, replace(found, routes=found.routes * 2, cost=130.0, km=80.0)) == [
        Flaw("twice", site="near", amount=2),
        Flaw("twice", site="far", amount=2),
        Flaw("doubled", "van", amount=2),
    ]
    assert check(problem, replace(found, unplanned=(Unplanned("who", "left_out"),))) == [Flaw("unknown", site="who")]


def test_the_sums_are_made_again(right):
    problem, found = right
    assert check(problem, replace(found, cost=64.0, km=41.0)) == [
        Flaw("km", amount=-1.0),
        Flaw("cost", amount=1.0),
    ]


def test_an_excuse_is_not_believed(right):
    problem, _found = right
    excuses = Plan((), (Unplanned("near", "storage"), Unplanned("far", "left_out")), 0.0, 0.0)
    assert check(problem, excuses) == [Flaw("excuse", site="near", detail="storage")]
    impossible = replace(problem, vans=(van(total_crates=1),))
    assert check(impossible, excuses) == [Flaw("excuse", site="far", detail="left_out")]


def test_a_flaw_is_a_sentence():
    assert str(Flaw("window", "van", "near", 6)) == "van van starts at near 6 minutes too late"
    assert str(Flaw("storage", "7", "far", 2, "cold")) == "van 7 carries 2 cold crates too many after far"
    assert str(Flaw("travel", "7", amount=3)) == "van 7 is at its end 3 minutes sooner than it can be"
    assert str(Flaw("km", amount=1.5)) == "the plan drives 1.500 km more than it says"
    assert str(Flaw("unknown", site="x")) == "x is not in the problem"
    for kind in SENTENCES:
        assert "{" not in str(Flaw(kind, "van", "site", 1, "detail"))
