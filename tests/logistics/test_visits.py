"""What no van holds at once comes in several visits, and what it takes before a dear van is hired."""

from datetime import time, timedelta

import pytest

from logistics import calls, loading, waves
from logistics.models import Crate, Stop
from logistics.routing import Problem, Site, Van
from logistics.waves import Watch
from network import clock
from network.models import Delivery
from tests.conftest import make_producer, make_product
from tests.logistics.conftest import freeze, make_order, make_vehicle, plan
from tests.logistics.straight_road import crates as load
from tests.logistics.straight_road import road, stops, van


def crates_of(**wanted):
    return [Crate(storage_class=storage_class, kg=8) for storage_class, many in wanted.items() for _ in range(many)]


def split(crates, *rooms):
    vans = [Van(f"v{n}", 0, room, sum(room), 10_000) for n, room in enumerate(rooms)]
    (call, *more) = calls.visits([calls.Call("farm 1", None, crates, 0, 600)], vans)
    return [loading.load_of(visit.crates).crates for visit in (call, *more)]


def test_as_few_visits_as_the_vans_need_each_with_its_share_of_the_cold():
    assert split(crates_of(ambient=100, cold=60), (110, 90, 40, 10)) == [(50, 0, 30, 0)] * 2
    assert split(crates_of(ambient=10, cold=100), (110, 90, 40, 10)) == [(4, 0, 34, 0), (3, 0, 33, 0), (3, 0, 33, 0)]


def test_one_class_after_the_other_when_no_van_takes_both():
    assert split(crates_of(ambient=10, frozen=4), (10, 0, 0, 0), (0, 0, 0, 4)) == [(10, 0, 0, 0), (0, 0, 0, 4)]


def test_what_takes_too_many_visits_stays_whole():
    assert split(crates_of(cool=60), (10, 10, 0, 0)) == [(0, 60, 0, 0)]


def test_what_only_a_hired_van_holds_may_come_in_two_visits():
    """91 cool crates: one too many for the vans of the network, and a lorry for the day is no answer to one crate."""
    vans = [
        Van("own", 0, (110, 90, 40, 10), 110, 10_000, fixed=18.0),
        Van("hired", 0, (160,) * 4, 160, 10_000, fixed=95.0),
    ]
    found = calls.visits([calls.Call("farm 1", None, crates_of(cool=91), 0, 600)], vans)
    assert [loading.load_of(visit.crates).crates for visit in found] == [(0, 46, 0, 0), (0, 45, 0, 0)]
    (whole,) = calls.visits([calls.Call("farm 1", None, crates_of(frozen=100), 0, 600)], vans)
    assert loading.load_of(whole.crates).crates == (0, 0, 0, 100), "what the others cannot cool goes with the hired one"


@pytest.mark.parametrize(("fixed", "driven"), [(60.0, {"own": 2}), (40.0, {"own": 1, "other": 1})])
def test_a_van_drives_twice_before_a_dear_one_is_hired(fixed, driven):
    """Two points of a full van each, a kilometre away: a second trip is cheaper than another van, and only tried for a dear one."""
    sites = (Site("a", 1, deliver=load(20)), Site("b", 1, deliver=load(20)))
    problem = Problem(road(0, 1), sites, (van("own", fixed=0.0), van("other", fixed=fixed)))
    found = waves.solve(problem, {"a": 0.0, "b": 0.0}, iterations=30, seed=1, watch=Watch())
    assert {route.van: len(stops(route)) for route in found.routes} == driven


@pytest.mark.parametrize(("dear", "driving"), [(50, ["Own"]), (1000, ["Hired", "Own"])])
def test_an_unhurried_hour_is_no_reason_to_hire(network, day, delivery, household, dear, driving, monkeypatch):
    """
    Two farms on either side, 37 minutes away, open from six, for a point that opens at ten: unhurried, goods are wanted at the
    hub at twenty to eight, and one van is back at a quarter to eight.
    """
    monkeypatch.setattr(waves, "DEAR", dear)
    make_vehicle(network, "Own")
    make_vehicle(network, "Hired", kind="carrier", per_day=95)
    opens = clock.moment(day.on, time(10))
    Delivery.objects.filter(pk=delivery.pk).update(starts_at=opens, ends_at=opens + timedelta(hours=2))
    delivery.refresh_from_db()
    farms = [make_producer(network, f"Hoeve {lat}", lat=lat, lon=3.73) for lat in (51.265, 50.815)]
    make_order(delivery, household, {make_product(farm, f"kale {farm}"): 5 for farm in farms})
    plan(freeze(day))
    assert sorted({ride.vehicle.name for ride in day.rounds.all()}) == driving
    assert not day.unplanned.exists()
    assert Stop.objects.get(delivery=delivery).leaves_at <= opens
