"""On a straight road: a matrix row is a place, `road(0, 10)` puts two of them 10 km and 10 minutes apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.distances import Matrix, matrix
from logistics.routing import Load, Plan, Problem, RoutePlan, Site, StopPlan, Unplanned, Van, check, plan


def road(*places: float) -> Matrix:
    km = np.abs(np.subtract.outer(np.array(places, dtype=float), np.array(places, dtype=float)))
    return Matrix(km=km, minutes=km.copy())


def crates(ambient: int = 0, cool: int = 0, cold: int = 0, frozen: int = 0, kg: int = 0) -> Load:
    return Load((ambient, cool, cold, frozen), kg)


def van(key: str = "van", at: int = 0, **traits) -> Van:
    usual = {
        "capacity": (20, 20, 20, 0),
        "total_crates": 20,
        "kg": 500,
        "fixed": 20.0,
        "per_km": 0.5,
        "per_hour": 30.0,
        "available_from": 360,
        "available_to": 1080,
    }
    return Van(key=key, at=at, **(usual | traits))


def stops(route: RoutePlan) -> list[str]:
    return [stop.site for stop in route.stops]


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
    assert found.unplanned == (Unplanned("s10", "left_out"),)
    assert sorted(stops(found.routes[0])) == ["s12", "s8"]


@pytest.mark.parametrize(
    ("site", "traits", "reason"),
    [
        (Site("x", 1, collect=crates(frozen=1)), {}, "storage"),
        (Site("x", 1, deliver=crates(21)), {"capacity": (30, 0, 0, 0)}, "capacity"),
        (Site("x", 1, deliver=crates(9)), {"capacity": (8, 0, 0, 0)}, "capacity"),
        (Site("x", 1, collect=crates(1, kg=501)), {}, "capacity"),
        (Site("x", 1, collect=crates(2)), {"total_crates": 1}, "capacity"),
        (Site("x", 1, opens=300, closes=369), {}, "window"),
        (Site("x", 1, opens=600, closes=599), {}, "window"),
        (Site("x", 1, service=701), {}, "hours"),
        (Site("x", 1, opens=1071), {}, "hours"),
        (Site("x", 1, collect=crates(2)), {"available_from": 700, "available_to": 600}, "hours"),
    ],
)
def test_what_no_van_could_take_is_said_with_the_reason_and_the_rest_is_planned(site, traits, reason):
    fine = Site("fine", 2)
    problem = Problem(road(0, 10, 5), (site, fine), (van("tiny", total_crates=1), van(**traits)))
    found = plan(problem)
    assert found.unplanned == (Unplanned("x", reason),)
    assert [stops(route) for route in found.routes] == [["fine"]]
    assert check(problem, found) == []


def test_the_reason_is_that_of_the_van_that_comes_closest():
    """The large van carries it but starts too late; the small one is there in time but cannot carry it."""
    site = Site("x", 1, collect=crates(15), opens=400, closes=420)
    vans = (van("small", total_crates=10), van("late", available_from=500))
    assert plan(Problem(road(0, 10), (site,), vans)).unplanned == (Unplanned("x", "window"),)


def test_a_place_without_a_road_is_out_of_reach():
    cut_off = Matrix(km=np.array([[0, np.inf], [np.inf, 0]]), minutes=np.array([[0, np.nan], [np.inf, 0]]))
    problem = Problem(cut_off, (Site("island", 1),), (van(),))
    found = plan(problem)
    assert found.unplanned == (Unplanned("island", "window"),)
    assert check(problem, found) == []


def test_next_to_nothing():
    assert plan(Problem(road(0), (), (van(),))) == Plan((), (), 0, 0)
    assert plan(Problem(matrix([]), (), ())) == Plan((), (), 0, 0)
    assert plan(Problem(road(0, 1), (Site("s", 1),), ())).unplanned == (Unplanned("s", "left_out"),)


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
    ],
)
def test_nonsense_is_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


minutes_of_day = st.integers(300, 1200)
loads = st.builds(Load, st.tuples(*[st.integers(0, 6)] * 3, st.integers(0, 1)), st.integers(0, 120))


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
            service=draw(st.integers(0, 30)),
        )
        for n in range(draw(st.integers(0, 6)))
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
            available_from=draw(minutes_of_day),
            available_to=draw(minutes_of_day),
            reloads=draw(st.integers(0, 2)),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    return Problem(matrix(points), sites, vans)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_every_plan_passes_the_check_and_comes_out_the_same_again(problem):
    found = plan(problem, iterations=30)
    assert check(problem, found) == []
    assert plan(problem, iterations=30) == found


def test_more_iterations_or_another_seed_may_differ_but_not_the_same_ones():
    points = [(51.05 + 0.03 * (n * 7 % 11 - 5), 3.7 + 0.05 * (n * 5 % 13 - 6)) for n in range(15)]
    sites = tuple(Site(f"s{n}", n, deliver=crates(n % 5 + 2)) for n in range(1, 15))
    problem = Problem(matrix(points), sites, (van("a"), van("b"), van("c")))
    first = plan(problem)
    assert plan(problem) == first
    assert plan(problem, iterations=1500).cost <= first.cost


# The verifier: a right plan, and the same plan with one thing wrong.


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
    ("planted", "sentence"),
    [
        ({"leaves": 471, "minutes": 49}, "van van cannot be at near by 480"),
        ({"returns": 519, "minutes": 49}, "van van cannot be back by 519"),
        ({"leaves": 350, "minutes": 170}, "van van drives from 350 to 520, outside its hours"),
        ({"minutes": 49}, "van van is away 50 minutes, not 49"),
        ({"km": 39.0}, "van van drives 40.000 km, not 39.000"),
        ({"cost": 60.0}, "van van costs 65.0000 euro, not 60.0000"),
        ({"van": "other"}, "van other is not in the problem"),
        ({"stop": 0, "starts": 486, "leaves": 491}, "van van starts at near at 486, outside its window"),
        ({"stop": 0, "leaves": 484}, "van van leaves near at 484, before it is done"),
        ({"stop": 1, "starts": 494}, "van van starts at far at 494, outside its window or before it arrives"),
        ({"stop": 1, "arrives": 494}, "van van cannot be at far by 494"),
        ({"stop": 1, "km_before": 9.0}, "van van drives 10.000 km to far, not 9.000"),
        ({"stop": 1, "trip": 1}, "van van makes trips [0, 1] with 0 reloads"),
        ({"stop": 1, "site": "near"}, "site near appears 2 times"),
        ({"stop": 1, "site": "else"}, "site else is not in the problem"),
        ({"stops": ()}, "van van drives without a stop"),
    ],
)
def test_the_verifier_finds_a_planted_error(right, planted, sentence):
    problem, found = right
    assert any(flaw.startswith(sentence) for flaw in check(problem, wrong(found, **planted))), sentence


def test_the_verifier_weighs_the_van_at_every_point(right):
    problem, found = right
    tight = replace(problem, vans=(replace(problem.vans[0], capacity=(20, 20, 3, 0), total_crates=6, kg=500),))
    assert (
        check(tight, found)
        == [
            "van van carries 7 crates after far, at most 6",
            "van van carries 4 cold crates after far, at most 3",
        ][::-1]
    )


def test_the_verifier_misses_nobody(right):
    problem, found = right
    assert "site far appears 0 times" in check(
        problem, wrong(found, stops=found.routes[0].stops[:1], returns=495, minutes=25, km=20.0, cost=42.5)
    )
    assert check(problem, replace(found, routes=found.routes * 2, cost=130.0, km=80.0)) == [
        "site near appears 2 times",
        "site far appears 2 times",
        "van van drives 2 routes",
    ]


def test_the_verifier_adds_up(right):
    problem, found = right
    assert check(problem, replace(found, cost=64.0, km=41.0)) == [
        "the routes make 40.0000 km, not 41.0000",
        "the routes make 65.0000 euro, not 64.0000",
    ]


def test_the_verifier_does_not_believe_an_excuse(right):
    problem, _found = right
    excuses = Plan((), (Unplanned("near", "storage"), Unplanned("far", "left_out")), 0.0, 0.0)
    assert check(problem, excuses) == ["site near is said to fail on storage, but van van could take it alone"]
    impossible = replace(problem, vans=(van(total_crates=1),))
    assert check(impossible, excuses) == ["site far is said to be left out, but no van could ever take it"]
