"""Plans of days so small that the best one is known. All on a straight road, unless said otherwise."""

import json
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.distances import Matrix, matrix
from logistics.routing import (
    Load,
    Pair,
    Plan,
    Problem,
    RoutePlan,
    Scale,
    Site,
    StopPlan,
    Tour,
    Unplanned,
    Van,
    check,
    plan,
    retime,
    searching,
)
from logistics.routing.model import Model
from tests.logistics.published import read
from tests.logistics.straight_road import crates, road, stops, van


def test_two_stops_on_a_road_to_the_cent():
    """Opens at 8:00, the first must start by 8:05: away at 7:50, back at 8:40, 40 km and 50 minutes: 20 + 20 + 25 euro."""
    near = Site("near", 1, collect=crates(3), opens=480, closes=485, service=5)
    far = Site("far", 2, collect=crates(cold=4), opens=480, closes=600, service=5)
    assert plan(Problem(road(0, 10, 20), (far, near), (van(),))) == Plan(
        routes=(
            RoutePlan(
                van="van",
                leaves=470,
                returns=520,
                stops=(StopPlan("near", 480, 480, 485, 10.0), StopPlan("far", 495, 495, 500, 10.0)),
                km=40.0,
                minutes=50,
                cost=65.0,
            ),
        ),
        unplanned=(),
        cost=65.0,
        km=40.0,
    )


def test_a_van_waits_only_when_it_must():
    """The near stop closes at 8:10 and the far one opens at 10:00: away at 8:00, the latest for the near stop."""
    near = Site("near", 1, opens=470, closes=490, service=5)
    far = Site("far", 2, opens=600, closes=660, service=5)
    problem = Problem(road(0, 10, 20), (near, far), (van(),))
    (route,) = plan(problem).routes
    assert (route.leaves, route.returns, route.minutes) == (480, 625, 145)
    assert [(stop.arrives, stop.starts, stop.leaves) for stop in route.stops] == [(490, 490, 495), (505, 600, 605)]


def test_the_cheapest_plan_of_two_valleys_is_one_van_each():
    """Two times 20 crates on either side of the depot: 2 x 22 km, 2 x 32 minutes, 2 x 20 euro fixed."""
    sites = tuple(Site(f"s{row}", row, deliver=crates(10), service=5) for row in (1, 2, 3, 4))
    found = plan(Problem(road(0, -10, -11, 10, 11), sites, (van("a"), van("b"), van("c"))))
    assert sorted(sorted(stops(route)) for route in found.routes) == [["s1", "s2"], ["s3", "s4"]]
    assert found.km == 44.0
    assert found.cost == pytest.approx(40 + 22 + 32)


def test_a_van_starts_from_its_own_depot():
    sites = (Site("west", 2, collect=crates(1)), Site("east", 3, collect=crates(1)))
    found = plan(Problem(road(0, 100, 5, 95), sites, (van("a", at=0), van("b", at=1))))
    assert {route.van: stops(route) for route in found.routes} == {"a": ["west"], "b": ["east"]}
    assert found.km == 20.0


def test_an_idle_van_costs_nothing_and_the_cheap_one_drives():
    found = plan(Problem(road(0, 10), (Site("s", 1),), (van("dear", fixed=90.0), van("cheap", fixed=15.0))))
    assert [route.van for route in found.routes] == ["cheap"]
    assert found.cost == pytest.approx(15 + 10 + 10)


def test_crates_are_delivered_before_others_take_their_room():
    sites = (Site("takes", 1, collect=crates(20)), Site("gets", 2, deliver=crates(20)))
    (route,) = plan(Problem(road(0, 10, 20), sites, (van(),))).routes
    assert stops(route) == ["gets", "takes"]


def test_a_small_van_comes_back_to_load_again():
    sites = (Site("one", 1, deliver=crates(20), service=5), Site("two", 2, deliver=crates(20), service=5))
    problem = Problem(road(0, 10, 20), sites, (van(reloads=1),))
    found = plan(problem)
    (route,) = found.routes
    assert [stop.trip for stop in route.stops] == [0, 1]
    assert route.stops[1].km_before == 30.0
    assert (route.km, route.minutes, found.unplanned, check(problem, found)) == (60.0, 70, (), [])


def test_when_the_vans_are_too_few_the_least_is_left_out():
    sites = (Site("s10", 1, deliver=crates(10)), Site("s8", 1, deliver=crates(8)), Site("s12", 1, deliver=crates(12)))
    found = plan(Problem(road(0, 10), sites, (van(),)))
    assert found.unplanned == (Unplanned("s10", "left_out", {"vans": 1}),)
    assert sorted(stops(found.routes[0])) == ["s12", "s8"]


@pytest.mark.parametrize(
    ("site", "traits", "reason", "remedy"),
    [
        (
            Site("x", 1, collect=crates(1), needs=frozenset({"zone", "lift"})),
            {"skills": frozenset({"lift"})},
            "skills",
            {"needs": ["zone"]},
        ),
        (Site("x", 1, collect=crates(frozen=1)), {}, "storage", {"storage": "frozen"}),
        (Site("x", 1, deliver=crates(21)), {"capacity": (30, 0, 0, 0)}, "capacity", {"crates": 1}),
        (Site("x", 1, deliver=crates(9)), {"capacity": (8, 0, 0, 0)}, "capacity", {"crates": 1}),
        (Site("x", 1, collect=crates(1, kg=501)), {}, "capacity", {"kg": 1}),
        (Site("x", 1, collect=crates(24, kg=510)), {}, "capacity", {"crates": 4, "kg": 10}),
        (Site("x", 1, collect=crates(2)), {"total_crates": 1}, "capacity", {"crates": 1}),
        (Site("x", 1, opens=300, closes=365), {}, "window", {"minutes": 5}),
        (Site("x", 1, opens=600, closes=599), {}, "window", {"minutes": 1}),
        (Site("x", 1, service=701), {}, "hours", {"minutes": 1}),
        (Site("x", 1, service=50), {"longest": 60}, "hours", {"minutes": 10}),
        (Site("x", 1, service=345), {"longest": 390, "pause": 30}, "hours", {"minutes": 5}),
        (Site("x", 1, opens=1071), {}, "hours", {"minutes": 1}),
        (Site("x", 1, collect=crates(2)), {"available_from": 700, "available_to": 600}, "hours", {"minutes": 120}),
    ],
)
def test_what_no_van_could_take_is_said_with_reason_and_remedy_and_the_rest_is_planned(site, traits, reason, remedy):
    fine = Site("fine", 2)
    problem = Problem(road(0, 10, 5), (site, fine), (van("tiny", total_crates=1, longest=20), van(**traits)))
    found = plan(problem)
    assert found.unplanned == (Unplanned("x", reason, remedy),)
    assert [stops(route) for route in found.routes] == [["fine"]]
    assert check(problem, found) == []


def test_the_reason_is_that_of_the_van_that_comes_closest():
    """The large van carries it but starts too late; the small one is there in time but cannot carry it."""
    site = Site("x", 1, collect=crates(15), opens=400, closes=420)
    vans = (van("small", total_crates=10), van("late", available_from=500), van("later", available_from=520))
    assert plan(Problem(road(0, 10), (site,), vans)).unplanned == (Unplanned("x", "window", {"minutes": 90}),)


def test_a_pair_is_hopeless_for_either_of_its_stops():
    pairs = (
        Pair("heavy", 1, 2, crates(21)),
        Pair("shut", 1, 2, crates(1), to_opens=480, to_closes=470),
        Pair("soon", 1, 2, crates(1), from_opens=400, to_closes=405, from_service=5),
        Pair("fine", 1, 2, crates(1)),
    )
    problem = Problem(road(0, 10, 20), (), (van(),), pairs)
    found = plan(problem)
    assert found.unplanned == (
        Unplanned("heavy", "capacity", {"crates": 1}),
        Unplanned("shut", "window", {"minutes": 10}),
        Unplanned("soon", "window", {"minutes": 10}),
    )
    assert [stops(route) for route in found.routes] == [["fine from", "fine to"]]
    assert check(problem, found) == []


@pytest.mark.parametrize("reloads", [0, 1])
def test_a_place_without_a_road_is_out_of_reach(reloads):
    cut_off = Matrix(km=np.array([[0, np.inf], [np.inf, 0]]), minutes=np.array([[0, np.nan], [np.inf, 0]]))
    problem = Problem(cut_off, (Site("island", 1),), (van(reloads=reloads),))
    found = plan(problem)
    assert found.unplanned == (Unplanned("island", "window"),)
    assert check(problem, found) == []


def test_two_banks_of_a_river_are_two_rounds():
    """Each bank can be reached from the depot, but there is no bridge between them."""
    table = road(0, 10, 10)
    for half in (table.km, table.minutes):
        half[1, 2] = half[2, 1] = np.nan
    problem = Problem(table, (Site("left", 1), Site("right", 2)), (van("a"), van("b")))
    found = plan(problem)
    assert sorted(stops(route) for route in found.routes) == [["left"], ["right"]]
    assert (found.km, check(problem, found)) == (40.0, [])


def test_next_to_nothing():
    assert plan(Problem(road(0), (), (van(),))) == Plan((), (), 0, 0)
    assert plan(Problem(matrix([]), (), ())) == Plan((), (), 0, 0)
    assert plan(Problem(road(0, 1), (Site("s", 1),), ())).unplanned == (Unplanned("s", "left_out", {"vans": 1}),)


def test_two_sites_in_one_spot_and_one_at_the_depot():
    sites = (Site("a", 1, collect=crates(1)), Site("b", 1, collect=crates(1)), Site("yard", 0, collect=crates(1)))
    found = plan(Problem(road(0, 10), sites, (van(),)))
    assert found.km == 20.0
    assert sorted(stops(found.routes[0])) == ["a", "b", "yard"]


def test_penalties_too_low_to_keep_the_rules_are_raised(monkeypatch):
    """The first search overloads the van rather than leave somebody out; the next one does not."""
    monkeypatch.setattr(searching, "PENALTIES", (1e-6, 4.0))
    sites = tuple(Site(f"s{n}", 1, deliver=crates(20)) for n in range(6))
    problem = Problem(road(0, 10), sites, (van(),))
    found = plan(problem)
    assert len(found.unplanned) == 5
    assert check(problem, found) == []


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Load((1, 2, 3, -1)), "none negative"),
        (lambda: Load((0, 0, 0, 0), -1), "none negative"),
        (lambda: Site("s", 0, service=-1), "negative time"),
        (lambda: van(total_crates=-1), "capacity of van"),
        (lambda: van(per_km=-0.1), "rates and reloads of van"),
        (lambda: Problem(road(0), (Site("s", 0), Site("s", 0)), ()), "key of its own"),
        (lambda: Problem(road(0), (), (van(at=1),)), "row in the matrix"),
        (lambda: Problem(road(0), (), (van(ends_at=1),)), "row in the matrix"),
        (lambda: Problem(road(0), (), (), (Pair("p", 0, 1),)), "row in the matrix"),
        (lambda: Problem(road(0), (Site("p from", 0),), (), (Pair("p", 0, 0),)), "key of its own"),
        (lambda: Problem(road(0), (), (), (), (Tour("a", ("s",)), Tour("b", ("s",)))), "one standing tour only"),
        (lambda: Tour("a", ("s", "t"), (480,)), "starting time for every stop"),
        (lambda: Pair("p", 0, 0, to_service=-1), "negative time"),
        (lambda: Pair("p", 0, 0, prize=-1), "prize of p"),
        (lambda: Site("s", 0, prize=-0.5), "prize of s"),
        (lambda: van(per_stop=-1), "rates and reloads of van"),
        (lambda: van(pause=-1), "driver of van"),
    ],
)
def test_nonsense_is_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


minutes_of_day = st.integers(300, 1200)
loads = st.builds(Load, st.tuples(*[st.integers(0, 6)] * 3, st.integers(0, 1)), st.integers(0, 120))
skills = st.frozensets(st.sampled_from(["zone", "lift"]))
prizes = st.sampled_from([None, None, 0.0, 12.5, 60.0])


@st.composite
def problems(draw):
    points = draw(st.lists(st.tuples(st.floats(50.9, 51.2), st.floats(3.4, 4.0)), min_size=1, max_size=7))
    rows = st.integers(0, len(points) - 1)
    sites = tuple(
        Site(
            f"s{n}",
            draw(rows),
            collect=draw(loads),
            deliver=draw(loads),
            opens=draw(minutes_of_day),
            closes=draw(minutes_of_day),
            service=draw(st.integers(0, 90)),
            needs=draw(skills) if n % 3 == 0 else frozenset(),
            prize=draw(prizes),
        )
        for n in range(draw(st.integers(0, 6)))
    )
    pairs = tuple(
        Pair(
            f"p{n}",
            draw(rows),
            draw(rows),
            draw(loads),
            from_opens=draw(minutes_of_day),
            from_closes=draw(minutes_of_day),
            from_service=draw(st.integers(0, 30)),
            to_opens=draw(minutes_of_day),
            to_closes=draw(minutes_of_day),
            to_service=draw(st.integers(0, 30)),
            prize=draw(prizes),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    vans = tuple(
        Van(
            f"v{n}",
            draw(rows),
            capacity=draw(st.tuples(*[st.integers(0, 15)] * 4)),
            total_crates=draw(st.integers(0, 30)),
            kg=draw(st.integers(50, 300)),
            fixed=draw(st.sampled_from([0.0, 35.0])),
            per_km=draw(st.sampled_from([0.0, 0.4234])),
            per_hour=draw(st.sampled_from([0.0, 28.5])),
            per_stop=draw(st.sampled_from([0.0, 1.75])),
            available_from=draw(minutes_of_day),
            available_to=draw(minutes_of_day),
            reloads=draw(st.integers(0, 2)),
            ends_at=draw(st.none() | rows),
            longest=draw(st.sampled_from([200, 370, 600])),
            pause=draw(st.sampled_from([0, 30])),
            skills=draw(skills),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    return Problem(matrix(points), sites, vans, pairs)


def drawn(found: Plan) -> dict[str, list[list[str]]]:
    """What `retime` wants to hear of a plan."""
    return {
        route.van: [[stop.site for stop in group] for _trip, group in groupby(route.stops, lambda stop: stop.trip)]
        for route in found.routes
    }


@settings(max_examples=80, deadline=None)
@given(problems())
def test_every_plan_passes_the_check_and_comes_out_the_same_again(problem):
    found = plan(problem, iterations=30)
    assert check(problem, found) == []
    assert plan(problem, iterations=30) == found


@settings(max_examples=40, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_a_plan_timed_anew_is_the_same_plan_and_the_order_of_sites_breaks_no_rule(problem, random):
    found = plan(problem, iterations=30)
    again = retime(problem, drawn(found))
    assert (again.routes, again.cost, again.km) == (found.routes, found.cost, found.km)
    assert [(left.site, left.reason) for left in again.unplanned] == [
        (left.site, left.reason) for left in found.unplanned
    ]
    shuffled = replace(problem, sites=tuple(random.sample(problem.sites, len(problem.sites))))
    assert check(shuffled, plan(shuffled, iterations=30)) == []


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_a_plan_kept_as_standing_tours_is_the_same_plan(problem, data):
    """Whatever van is kept with its times, its route stays, and the whole plan breaks no rule."""
    found = plan(problem, iterations=30)
    kept = [route for route in found.routes if data.draw(st.booleans())]
    tours = tuple(
        Tour(route.van, tuple(stop.site for stop in group), tuple(stop.starts for stop in group))
        for route in kept
        for group in [[stop for stop in route.stops if stop.trip == trip] for trip in range(route.stops[-1].trip + 1)]
    )
    standing = replace(problem, tours=tours)
    again = plan(standing, iterations=30)
    assert [route for route in again.routes if route in kept] == kept
    assert check(standing, again) == []


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_whatever_is_drawn_by_hand_is_timed_and_never_early(problem, data):
    """Any order of any stops is timed; apart from what breaks a rule, the plan is true to itself."""
    keys = data.draw(st.permutations(list(problem.stops)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(keys)), min_size=2, max_size=2)))
    parts = [keys[: cuts[0]], keys[cuts[0] : cuts[1]], keys[cuts[1] :]]
    routes = {van.key: [part, []] for van, part in zip(problem.vans, parts, strict=False)}
    kinds = {flaw.kind for flaw in check(problem, retime(problem, routes))}
    assert not kinds & {"travel", "early", "service", "km", "minutes", "cost", "excuse", "unknown", "twice", "empty"}


def test_more_iterations_or_another_seed_may_differ_but_not_the_same_ones():
    points = [(51.05 + 0.03 * (n * 7 % 11 - 5), 3.7 + 0.05 * (n * 5 % 13 - 6)) for n in range(15)]
    sites = tuple(Site(f"s{n}", n, deliver=crates(n % 5 + 2)) for n in range(1, 15))
    problem = Problem(matrix(points), sites, (van("a"), van("b"), van("c")))
    first = plan(problem)
    assert plan(problem) == first
    assert plan(problem, iterations=1500).cost <= first.cost


@pytest.mark.parametrize("name", ["kouter-n13.vrp", "kouter-tw10.txt"])
def test_the_best_plan_of_a_small_instance_is_found(name):
    """Made for this test; the best distances were computed by dynamic programming over all groups of stops."""
    path = Path(__file__).parent / "instances" / name
    problem, scale = read(path)
    found = plan(problem, scale=scale)
    assert check(problem, found) == []
    assert found.unplanned == ()
    best = json.loads((path.parent / "best_known.json").read_text())[path.stem]["best_known_distance"]
    assert found.km == pytest.approx(best, abs=1e-3)


def test_a_limit_that_another_one_implies_is_not_searched_with():
    """Seven crates ambient and six cold: how many fit in all says how many of each class, unless those are fewer."""
    sites = (Site("a", 1, deliver=crates(3)), Site("b", 2, deliver=crates(4)), Site("c", 3, collect=crates(cold=6)))

    def limits(*vans: Van) -> int:
        problem = Problem(road(0, 1, 2, 3), sites, vans)
        model = Model(problem, problem.jobs, problem.vans, frozenset(), Scale())
        return model.data(optional=False).num_load_dimensions

    assert limits(van(capacity=(20, 0, 20, 0), total_crates=20)) == 0
    assert limits(van(capacity=(6, 0, 5, 0), total_crates=20)) == 2
    assert limits(van(capacity=(6, 0, 5, 0), total_crates=5)) == 1
    assert limits(van(capacity=(6, 0, 5, 0), total_crates=7)) == 3
    assert limits(van("v", capacity=(6, 0, 6, 0), total_crates=6), van("w", capacity=(6, 0, 5, 0), total_crates=6)) == 2
