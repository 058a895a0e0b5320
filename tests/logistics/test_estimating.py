"""What an outsider's estimate is made of, by hand, and the settled days it looks at."""

from dataclasses import replace
from datetime import date, timedelta
from math import ceil, inf

import pytest

from logistics import estimating, games, lived, outsiders
from logistics.alone import Rates
from logistics.distances import matrix
from logistics.estimating import Wish
from logistics.lived import Destination, Lived, Ride
from logistics.models import Vehicle
from network import clock
from tests.conftest import make_network

VAN = Rates(per_day=12.0, per_km=0.30, per_hour=19.0, crates=40)
HUB, POINT, YONDER = (51.04, 3.73), (51.05, 3.72), (51.1, 3.6)


def unsaved_van(**fields):
    rates = {"per_km": 1, "per_hour": 60, "per_stop": 2, "crates": 20} | dict.fromkeys(
        ("ambient", "cool", "cold", "frozen"), 20
    )
    return Vehicle(**{"pk": 1} | rates | fields)


MANY = {"producers": [{}] * estimating.SMALL, "weights": dict.fromkeys(("ambient", "cool", "cold", "frozen"), 2.0)}


def a_day(load=10, day=None, **fields):
    """
    One van from the hub past a farm yonder and back, and one to the point, of so many farms that nothing is shared anew. They
    paid 60 together; the collection cost 40, alone it would have been 80; the point costs 20 for 10 crates that weigh 20.
    """
    van = unsaved_van(**fields)
    return Lived(
        **{
            "on": date(2026, 3, 5),
            "hub": HUB,
            "paid": 60.0,
            "collection": 40.0,
            "to_hub": 80.0,
            "uncovered": 0.0,
            "inputs": MANY,
            "rides": (
                Ride("collection", van, (HUB, YONDER, HUB), frozenset(), {"cool": load}),
                Ride("distribution", van, (HUB, POINT, HUB), frozenset({"point 1"}), {"cool": load}),
            ),
            "destinations": (Destination("point 1", "Punt", POINT, 10.0, 20.0, 20.0, 7),),
        }
        | (day or {})
    )


def test_next_door_to_a_farm_of_the_round_she_costs_her_stop_and_her_crates():
    """
    No detour: 7 minutes for 4 crates and 2 euro for the stop, and 2 minutes to carry them in, at a euro a minute. Of the point
    she pays 8 of 28 parts.
    """
    priced = estimating.priced_on(a_day(), Wish(YONDER, {"cool": 4}), VAN)
    assert priced.gain == pytest.approx(priced.alone - 7 - 2 - 2)
    roads = matrix([YONDER, HUB])
    to_hub = 12 + 0.30 * 2 * roads.km[0, 1] + 19 * (2 * ceil(roads.minutes[0, 1]) + 7) / 60
    assert priced.together == pytest.approx(to_hub * (40 + 9) / (80 + to_hub) + (20 + 2) * 8 / 28)
    assert priced.others == pytest.approx(priced.gain - (priced.alone - priced.together))


def test_off_the_way_the_cheapest_detour_counts():
    yard = (51.2, 3.7)
    km, minutes = (lambda roads: (roads.km, roads.minutes))(matrix([HUB, YONDER, yard]))
    detour = min(
        km[a, 2] + km[2, b] - km[a, b] + minutes[a, 2] + minutes[2, b] - minutes[a, b] for a, b in ((0, 1), (1, 0))
    )
    priced = estimating.priced_on(a_day(), Wish(yard, {"cool": 4}), VAN)
    assert priced.gain == pytest.approx(priced.alone - detour - 7 - 2 - 2)


def test_when_no_van_has_room_one_comes_for_her_alone():
    roads = matrix([HUB, YONDER, POINT])
    there = 2 * (roads.km[0, 1] + roads.minutes[0, 1]) + 7 + 2
    on = 2 * (roads.km[0, 2] + roads.minutes[0, 2]) + 7 + 2
    priced = estimating.priced_on(a_day(load=18), Wish(YONDER, {"cool": 4}), VAN)
    assert priced.gain == pytest.approx(priced.alone - there - on)


def a_carrier(**fields):
    """Dearer than the vans of the day, and idle on it."""
    return unsaved_van(**{"pk": 9, "per_day": 95, "per_stop": 5, "crates": 160, "cool": 160} | fields)


def priced_with(*, slacks=(inf, inf), idle=(), load=10, crates=4, yard=YONDER):
    """Next door to the farm of the round, with so much time left on the collection and on the distribution."""
    usual = a_day(load=load)
    rides = tuple(replace(ride, slack=slack) for ride, slack in zip(usual.rides, slacks, strict=True))
    return estimating.priced_on(replace(usual, rides=rides, idle=idle), Wish(yard, {"cool": crates}), VAN)


def alone_there(where, crates, *, per_stop):
    """A van at 1 euro a km and a euro a minute from the hub to a place and back."""
    roads = matrix([HUB, where])
    return 2 * (roads.km[0, 1] + roads.minutes[0, 1]) + 5 + 0.5 * crates + per_stop


def test_a_round_without_the_time_does_not_call():
    """7 minutes at her yard: with 7 left it calls; with 6 no van has the time, and one is hired for the day."""
    assert priced_with(slacks=(7, inf)).gain == pytest.approx(priced_with().gain)
    hired = priced_with(slacks=(6, inf), idle=(a_carrier(),))
    assert hired.gain == pytest.approx(hired.alone - 95 - alone_there(YONDER, 4, per_stop=5) - 2)
    assert hired.gain < 0 < priced_with().gain
    assert hired.together <= hired.alone


def test_full_vans_with_time_come_twice_before_one_is_hired():
    twice = priced_with(load=18, idle=(a_carrier(),))
    there, on = alone_there(YONDER, 4, per_stop=2), alone_there(POINT, 4, per_stop=2)
    assert twice.gain == pytest.approx(twice.alone - there - on)
    hired = priced_with(load=18, slacks=(6, 6), idle=(a_carrier(),))
    there, on = alone_there(YONDER, 4, per_stop=5), alone_there(POINT, 4, per_stop=5)
    assert hired.gain == pytest.approx(hired.alone - 95 - there - on)


def test_the_cheapest_that_stood_idle_is_taken_and_it_must_hold_her_crates():
    idle = (a_carrier(), a_carrier(pk=8, per_day=18), a_carrier(pk=7, per_day=1, cool=3))
    found = priced_with(slacks=(6, inf), idle=idle)
    assert found.gain == pytest.approx(found.alone - 18 - alone_there(YONDER, 4, per_stop=5) - 2)


def test_the_room_of_each_storage_class_counts():
    roomy = estimating.priced_on(a_day(cold=4), Wish(YONDER, {"cold": 4}), VAN)
    tight = estimating.priced_on(a_day(cold=3), Wish(YONDER, {"cold": 4}), VAN)
    assert roomy.gain > tight.gain


def test_nobody_is_told_more_than_alone():
    priced = estimating.priced_on(a_day(day={"collection": 900.0}), Wish(YONDER, {"cool": 4}), VAN)
    assert priced.together == priced.alone


def test_what_the_gap_gains_is_neither_hers_nor_the_others():
    (estimate,) = estimating.estimates([a_day(day={"uncovered": 5.0})], Wish(YONDER, {"cool": 4}), VAN)
    assert estimate.gap == pytest.approx(5)
    assert estimate.gain == pytest.approx(estimate.saved + estimate.others + 5)


def test_crates_go_where_she_says_as_the_goods_of_the_day_are_spread():
    yonder = Destination("outlet 2", "Winkel", YONDER, 30.0, 60.0, 30.0, 8)
    two = a_day(day={"destinations": (*a_day().destinations, yonder)})

    def parts(*to):
        return [(one.key, part) for one, part in estimating._sent(two, Wish(HUB, {"cool": 4}, to))]

    assert parts() == [("point 1", 0.25), ("outlet 2", 0.75)]
    assert parts("point 1") == [("point 1", 1)]
    assert estimating.priced_on(two, Wish(HUB, {"cool": 4}, ("point 9",)), VAN) is None


def test_the_best_day_reaches_most_and_then_costs_least():
    friday = a_day(day={"on": date(2026, 3, 6), "collection": 30.0})
    made = estimating.estimates([a_day(), friday], Wish(YONDER, {"cool": 4}), VAN)
    assert [one.weekday for one in made] == [3, 4]
    assert estimating.best(made).weekday == 4
    elsewhere = a_day(day={"on": date(2026, 3, 6), "destinations": (Destination("point 2", "Elders", POINT, 5.0),)})
    both = estimating.estimates([a_day(), elsewhere], Wish(YONDER, {"cool": 4}, ("point 1", "point 3")), VAN)
    assert [(one.weekday, one.reached, one.missed) for one in both] == [(3, ["point 1"], ["point 3"])]


def test_a_day_on_which_all_together_lose_is_not_the_best():
    cheap, dear = (
        estimating.Estimate(day, ["2026-03-05"], 50, together, gain, 0, together, together)
        for day, together, gain in ((3, 20, -1), (4, 30, 5))
    )
    assert estimating.best([cheap, dear]) is dear
    assert estimating.best([]) is None


def test_the_mean_of_a_weekday_and_between_which_days_it_lies():
    dear = a_day(day={"on": date(2026, 2, 26), "collection": 70.0})
    (estimate,) = estimating.estimates([a_day(), dear], Wish(YONDER, {"cool": 4}), VAN)
    assert estimate.together == pytest.approx((estimate.lowest + estimate.highest) / 2)
    assert estimate.lowest < estimate.highest
    assert estimate.days == ["2026-03-05", "2026-02-26"]


def test_a_small_day_is_shared_once_more_with_her_and_adds_up(settled, network):
    """What she pays more than she costs, the others and the gap pay less."""
    (day,) = lived.days(network)
    rates = outsiders.van_of(network)
    (estimate,) = estimating.estimates([day], Wish(YONDER, {"cool": 4}), rates)
    added = estimate.alone - estimate.gain
    shared = games.share(
        estimating._inputs(
            day,
            Wish(YONDER, {"cool": 4}),
            rates,
            estimating._sent(day, Wish(YONDER, {"cool": 4})),
            added,
            0.0,
        )
    )
    run = settled.cost_runs.current().get()
    assert shared.cost / 100 == pytest.approx(float(run.cost) + added, abs=0.01)
    assert estimate.gain == pytest.approx(estimate.saved + estimate.others + estimate.gap)
    assert day.paid + day.uncovered + added == pytest.approx(
        day.paid - estimate.others + estimate.together + day.uncovered - estimate.gap, abs=0.02
    )


# What was driven


def test_the_settled_days_of_the_last_weeks_are_looked_at(settled, network, django_assert_num_queries):
    with django_assert_num_queries(8):
        (day,) = lived.days(network)
    run = settled.cost_runs.current().get()
    shares = list(run.shares.all())
    assert day.on == settled.on
    assert day.paid == pytest.approx(float(sum(share.together for share in shares)))
    assert day.collection == float(run.games.get(kind="collection").cost)
    assert day.uncovered == float(run.launch_gap)
    assert [(ride.leg, dict(ride.load), len(ride.path)) for ride in day.rides] == [
        ("collection", {"cool": 4, "cold": 2}, 4),
        ("distribution", {"cool": 5, "cold": 2}, 4),
    ]
    paid = run.games.get(kind="distribution").result["cents"]
    assert sorted((one.name, round(one.crates, 4), one.price) for one in day.destinations) == [
        ("Punt a1", 1.7, paid[str(settled.deliveries.get(pickup_point__code="a1").pk)] / 100),
        ("Punt b2", 3.5, paid[str(settled.deliveries.get(pickup_point__code="b2").pk)] / 100),
    ]
    with clock.at(clock.now() + timedelta(weeks=9)):
        assert lived.days(network) == []
    assert lived.days(make_network("leuven")) == []
