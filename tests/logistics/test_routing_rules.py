"""Fleets, pairs, prizes, pauses and standing tours, on days so small that the best plan is known."""

import time
from dataclasses import replace

import pytest

from logistics.distances import matrix
from logistics.routing import (
    Pair,
    Plan,
    Problem,
    Progress,
    Site,
    Tour,
    Unplanned,
    check,
    plan,
    retime,
    saving_of_letting_go,
)
from tests.logistics.straight_road import crates, road, stops, van


def times(route) -> list[tuple[int, int]]:
    return [(stop.starts, stop.leaves) for stop in route.stops]


def checked(problem: Problem, **how) -> Plan:
    found = plan(problem, **how)
    assert [str(flaw) for flaw in check(problem, found)] == []
    return found


# Vans


def test_a_van_may_end_elsewhere():
    """A farmer brings goods to the hub and stays there: 20 km, not 40."""
    problem = Problem(road(0, 10, 20), (Site("s", 1, service=5),), (van(ends_at=2),))
    found = checked(problem)
    assert (found.km, found.routes[0].minutes, found.cost) == (20.0, 25, 20 + 10 + 12.5)


def test_a_van_that_ends_elsewhere_reloads_where_it_started():
    sites = (Site("one", 1, deliver=crates(20)), Site("two", 1, deliver=crates(20)))
    problem = Problem(road(0, 10, 20), sites, (van(ends_at=2, reloads=1),))
    found = checked(problem)
    assert (found.km, [stop.trip for stop in found.routes[0].stops]) == (40.0, [0, 1])


def test_the_carrier_paid_per_stop_drives_where_stops_are_few():
    """A stop with the carrier costs 8 euro, the van costs 20 a day: one stop for the carrier, three for the van."""
    carrier = van("carrier", fixed=0.0, per_stop=8.0)
    one = Problem(road(0, 10), (Site("a", 1),), (van(), carrier))
    assert [route.van for route in checked(one).routes] == ["carrier"]
    assert checked(one).cost == 8 + 10 + 10
    three = replace(one, sites=tuple(Site(key, 1) for key in "abc"))
    found = checked(three)
    assert ([route.van for route in found.routes], found.cost) == (["van"], 40.0)


def test_only_a_van_with_the_skill_calls():
    """The dear van alone may enter the low-emission zone; it does that and nothing else."""
    zone = frozenset({"zone"})
    sites = (Site("town", 1, needs=zone), Site("field", 2))
    vans = (van("old"), van("clean", fixed=60.0, per_km=2.0, skills=zone))
    found = checked(Problem(road(0, -10, 10), sites, vans))
    assert {route.van: stops(route) for route in found.routes} == {"old": ["field"], "clean": ["town"]}


def test_a_driver_is_not_away_for_longer_than_allowed():
    """Two farms at an hour and a half on either side: six hours in all, more than the five of one driver."""
    sites = (Site("west", 1), Site("east", 2))
    one = Problem(road(0, -90, 90), sites, (van("a", longest=360), van("b")))
    assert len(checked(one).routes) == 1
    both = replace(one, vans=(van("a", longest=300), van("b", longest=300)))
    assert sorted(route.minutes for route in checked(both).routes) == [180, 180]


def test_vehicles_without_room_and_no_vehicles_at_all():
    site, small = Site("s", 1, deliver=crates(1)), van(capacity=(0, 0, 0, 0), total_crates=0, kg=0)
    assert checked(Problem(road(0, 1), (site,), (small,))).unplanned == (
        Unplanned("s", "storage", {"storage": "ambient"}),
    )
    pair = Pair("p", 0, 1)
    assert checked(Problem(road(0, 1), (site,), (), (pair,))).unplanned == (
        Unplanned("s", "left_out", {"vans": 1}),
        Unplanned("p", "left_out", {"vans": 1}),
    )


# Prizes


def test_a_stop_that_costs_more_than_its_prize_is_left_out_with_the_prize_it_needs():
    """From the farm at 10 km another 10 to the outlet: 20 km and 20 minutes more, 20 euro."""
    sites = (Site("farm", 1), Site("outlet", 2, prize=19.5))
    problem = Problem(road(0, 10, 20), sites, (van(),))
    found = checked(problem)
    assert found.unplanned == (Unplanned("outlet", "left_out", {"euro": 0.5}),)
    worth = replace(problem, sites=(sites[0], replace(sites[1], prize=20.5)))
    assert checked(worth).unplanned == ()


def test_what_may_be_left_out_gives_way_to_what_may_not():
    sites = (Site("may", 1, deliver=crates(15), prize=500.0), Site("must", 1, deliver=crates(10)))
    found = checked(Problem(road(0, 10), sites, (van(),)))
    assert found.unplanned == (Unplanned("may", "left_out", {"vans": 1}),)


# Pairs


def test_a_pair_goes_straight_from_one_place_to_the_other():
    """The farmer at 30 km buys from the one at 20 km: on the way out, with what the depot delivers at 10 km."""
    pair = Pair("milk", 2, 3, crates(cold=5), from_service=5, to_service=5)
    problem = Problem(road(0, 10, 20, 30), (Site("shop", 1, deliver=crates(3)),), (van(),), (pair,))
    found = checked(problem)
    assert stops(found.routes[0]) == ["shop", "milk from", "milk to"]
    assert found.km == 60.0


def test_a_pair_takes_room_between_its_stops_only():
    """15 crates of the pair and 15 for a shop fit in a van of 20, one after the other."""
    pair = Pair("p", 1, 2, crates(15))
    problem = Problem(road(0, 10, 20, 30), (Site("shop", 3, collect=crates(15)),), (van(),), (pair,))
    assert stops(checked(problem).routes[0]) == ["p from", "p to", "shop"]
    soon = Pair("p", 1, 2, crates(15), to_closes=500)
    both = replace(problem, sites=(Site("shop", 3, deliver=crates(15), opens=600),), pairs=(soon,))
    assert (len(checked(both).routes), len(checked(both).unplanned)) == (1, 1)
    again = replace(both, vans=(van(reloads=1),))
    assert checked(again).unplanned == ()


def test_a_pair_may_be_left_out_for_its_prize():
    problem = Problem(road(0, 10, 20), (), (van(),), (Pair("p", 1, 2, prize=30.0),))
    assert checked(problem).unplanned == (Unplanned("p", "left_out", {"euro": 30.0}),)
    assert checked(replace(problem, pairs=(Pair("p", 1, 2, prize=61.0),))).unplanned == ()


# Pauses


def test_the_pause_stands_in_the_timetable_before_six_hours_are_over():
    """Four calls of 100 minutes: after the third 310 minutes are gone, after the fourth 410."""
    sites = tuple(Site(key, 1, service=100) for key in "abcd")
    problem = Problem(road(0, 10), sites, (van(pause=30),))
    (route,) = checked(problem).routes
    assert (route.minutes, [stop.pause for stop in route.stops]) == (450, [0, 0, 30, 0])
    third, fourth = route.stops[2:]
    assert (third.leaves - third.starts, fourth.arrives) == (130, third.leaves)


def test_who_waits_pauses_while_waiting():
    """The second stop opens at 14:00: the driver must wait for hours anyway."""
    sites = (Site("early", 1, opens=480, closes=490, service=5), Site("late", 1, opens=840, service=5))
    problem = Problem(road(0, 10), sites, (van(pause=30),))
    (route,) = checked(problem).routes
    assert (route.leaves, route.returns, route.stops[0].pause) == (480, 855, 30)
    assert checked(replace(problem, vans=(van(),))).routes[0].returns == 855


def test_six_hours_need_no_pause():
    problem = Problem(road(0, 10), (Site("s", 1, service=340),), (van(pause=30),))
    assert checked(problem).routes[0].minutes == 360


@pytest.fixture
def tiring():
    """One van could just do all in 7 hours without a pause; with one it would be late at the last stop."""
    sites = (
        Site("first", 1, opens=400, closes=400, service=180),
        Site("second", 1, opens=580, closes=590, service=180),
        Site("third", 1, opens=760, closes=780, service=30),
    )
    return Problem(road(0, 10), sites, tuple(van(key, pause=30, available_to=820) for key in "ab"))


def test_a_pause_that_would_miss_a_window_makes_two_rounds(tiring):
    assert len(checked(tiring).routes) == 2
    alone = replace(tiring, vans=tiring.vans[:1])
    assert [left.reason for left in checked(alone).unplanned] == ["left_out"]
    tireless = replace(tiring, vans=tuple(replace(van, pause=0) for van in tiring.vans))
    assert len(checked(tireless).routes) == 1


def test_a_search_that_is_ended_early_is_still_done_again_for_who_must_pause(tiring):
    told = []

    def heard(progress):
        told.append(progress.iteration)
        return True

    assert len(plan(tiring, heard=heard).routes) == 2
    assert len(told) > 1 and set(told) == {20}


# Standing tours


@pytest.fixture
def standing():
    """Three stops in a row that the tour drives in a foolish order, and a fourth that is not on it."""
    sites = tuple(Site(f"s{row}", row, deliver=crates(2), service=5) for row in (1, 2, 3, 4))
    tour = Tour("a", ("s2", "s1", "s9", "s3"), (500, 520, 530, 560))
    return Problem(road(0, 10, 20, 30, -10), sites, (van("a"), van("b")), tours=(tour,))


def test_a_standing_tour_keeps_its_order_and_times_and_the_rest_is_planned_round_it(standing):
    found = checked(standing)
    first, second = found.routes
    assert (first.van, stops(first), [stop.starts for stop in first.stops]) == (
        "a",
        ["s2", "s1", "s3"],
        [500, 520, 560],
    )
    assert (first.leaves, first.returns) == (480, 595)
    assert (second.van, stops(second)) == ("b", ["s4"])


def test_a_tour_without_times_keeps_its_order(standing):
    loose = replace(standing, tours=(Tour("a", ("s3", "s2", "s1")),))
    assert [stops(route) for route in checked(loose).routes] == [["s3", "s2", "s1"], ["s4"]]


def test_a_tour_without_its_van_or_without_loads_is_let_go(standing):
    assert checked(replace(standing, vans=standing.vans[1:])).km == 80.0
    empty = replace(standing, tours=(Tour("a", ("s7", "s8")),))
    assert len(checked(empty).routes) == 1


def test_a_tour_that_breaks_a_rule_is_kept_and_told(standing):
    hurried = replace(standing, tours=(Tour("a", ("s2", "s1", "s3"), (500, 510, 560)),))
    found = plan(hurried)
    assert stops(found.routes[0]) == ["s2", "s1", "s3"]
    assert [(flaw.kind, flaw.van, flaw.site, flaw.amount) for flaw in check(hurried, found)] == [("tour", "a", "s1", 5)]


def test_two_tours_of_a_van_are_two_trips_in_the_order_of_the_day(standing):
    tours = (Tour("a", ("s3",), (700,)), Tour("a", ("s1", "s2"), (480, 495)))
    found = checked(replace(standing, vans=(van("a", reloads=1), van("b")), tours=tours))
    assert [(stop.site, stop.trip) for stop in found.routes[0].stops] == [("s1", 0), ("s2", 0), ("s3", 1)]


def test_a_pair_can_be_on_a_tour(standing):
    pairs = (Pair("p", 1, 3, crates(1)), Pair("q", 1, 3, crates(1)))
    tour = Tour("a", ("p from", "s2", "p to", "q to"))
    found = checked(replace(standing, pairs=pairs, tours=(tour,)))
    assert stops(found.routes[0]) == ["p from", "s2", "p to"]
    assert {"q from", "q to"} < set(stops(found.routes[1]))


def test_the_saving_of_letting_a_tour_go_is_known_to_the_cent(standing):
    """
    Kept: 20 + 10 + 20 + 30 km and 115 minutes, and 20 km and 25 minutes for the other. Let go: one van, 80 km, 100 minutes.
    """
    saving = saving_of_letting_go(standing)
    assert saving.kept.cost == pytest.approx((20 + 40 + 57.5) + (20 + 10 + 12.5))
    assert saving.free.cost == pytest.approx(20 + 40 + 50)
    assert saving.euro == pytest.approx(50.0)
    sensible = replace(standing, tours=(Tour("a", ("s4", "s1", "s2", "s3")),))
    assert saving_of_letting_go(sensible).euro == 0


# Being heard


def scattered() -> Problem:
    points = [(51.05 + 0.03 * (n * 7 % 11 - 5), 3.7 + 0.05 * (n * 5 % 13 - 6)) for n in range(40)]
    sites = tuple(Site(f"s{n}", n, deliver=crates(n % 5 + 2), service=6) for n in range(1, 40))
    return Problem(matrix(points), sites, tuple(van(key, total_crates=50, capacity=(50, 0, 0, 0)) for key in "abcd"))


def test_a_search_is_heard_on_the_way_and_can_be_stopped():
    problem, heard = scattered(), []

    def enough(progress: Progress) -> bool:
        heard.append(progress)
        return progress.iteration >= 100

    stopped = plan(problem, heard=enough)
    assert [progress.iteration for progress in heard] == [20, 40, 60, 80, 100]
    assert {progress.iterations for progress in heard} == {500}
    assert check(problem, stopped) == []
    assert heard[-1].plan() == stopped
    assert heard[-1].best_cost == pytest.approx(stopped.cost, rel=0.002)
    assert [progress.best_cost for progress in heard] == sorted((p.best_cost for p in heard), reverse=True)
    first = heard[0].plan()
    assert check(problem, first) == []
    assert first.cost >= stopped.cost >= plan(problem).cost


def test_listening_changes_nothing():
    problem = scattered()
    assert plan(problem, iterations=60, heard=lambda progress: False) == plan(problem, iterations=60)


def test_a_day_is_timed_anew_at_once():
    problem = scattered()
    found = plan(problem, iterations=60)
    routes = {route.van: [stops(route)[::-1]] for route in found.routes}
    started = time.perf_counter()
    retime(problem, routes)
    assert time.perf_counter() - started < 0.2
