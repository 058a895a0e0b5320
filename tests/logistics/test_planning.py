"""Who drives herself, what could not be planned and why, everybody alone, and what happens while it is planned."""

from datetime import time
from decimal import Decimal

import pytest

from logistics import calls, handover, rounds, settling, versions, waves
from logistics.models import Crate, PlanVersion, Stop, TransportChoice, Unplanned
from logistics.planning import Effort
from logistics.routing import Load, Problem, Progress, Site, Van, check
from logistics.waves import Watch
from network import clock
from network.errors import Refused
from network.models import DeliveryDay
from orders import shortages
from orders.models import PurchaseOrderLine
from tests.conftest import make_producer, make_product
from tests.logistics.conftest import freeze, make_order, make_vehicle, plan

# Who drives


@pytest.fixture
def own_van(closed_day, farm):
    """Alice drives this week, with a van of forty crates that lives in her yard."""
    place = farm.organisation.place
    van = make_vehicle(
        closed_day.network, "Van Alice", owner=farm.organisation, depot=place, crates=40, per_day=Decimal(12)
    )
    van.network = None
    van.save()
    TransportChoice.objects.create(producer=farm, week_on=closed_day.cycle.week_on, transport="drives", vehicle=van)
    return van


def test_who_drives_loads_her_own_goods_first_and_ends_at_the_hub(closed_day, farm, second_farm, own_van, alice):
    collection, distribution = plan(closed_day)
    first, second = collection.stops.all()
    assert (collection.vehicle, collection.driver) == (own_van, alice)
    assert (first.producer, first.km, second.producer) == (farm, 0, second_farm)
    known = calls.known(closed_day)
    assert collection.km - second.km == Decimal(
        str(known.km(second_farm.organisation.place, closed_day.network.hub))
    ).quantize(Decimal("0.01"))
    assert distribution.vehicle == own_van
    last = distribution.stops.last()
    home = distribution.km - sum(stop.km for stop in distribution.stops.all())
    assert home == Decimal(str(known.km(last.place, farm.organisation.place))).quantize(Decimal("0.01"))


def test_her_goods_are_loaded_by_nobody_else(closed_day, vehicle, farm, own_van):
    plan(closed_day)
    assert Stop.objects.get(producer=farm).round.vehicle == own_van


def test_what_her_van_does_not_hold_is_collected(closed_day, vehicle, farm, own_van):
    own_van.cool = own_van.crates = 3
    own_van.save()
    plan(closed_day)
    stops = Stop.objects.filter(producer=farm)
    assert {stop.round.vehicle: stop.crates.count() for stop in stops} == {own_van: 3, vehicle: 1}


def test_a_van_that_must_come_to_the_hub_first_can_leave_later(closed_day, farm, own_van):
    TransportChoice.objects.all().delete()
    own_van.network = closed_day.network
    own_van.available_from = time(13)
    own_van.save()
    plan(closed_day)
    assert all(clock.local(ride.starts_at).time() >= time(13) for ride in closed_day.rounds.all())


# What could not be planned, and what would help


def test_what_would_make_it_possible_is_kept_with_the_reason(closed_day, network):
    make_vehicle(network, cold=0)
    plan(closed_day)
    assert [(row.reason, row.remedy) for row in closed_day.unplanned.order_by("pk")] == [
        ("storage", {"storage": "cold"})
    ] * 3


def test_too_little_room_says_how_much_more(closed_day, network, monkeypatch):
    monkeypatch.setattr(calls, "MOST_VISITS", 3)
    make_vehicle(network, crates=1, kg=40)
    plan(closed_day)
    assert {row.reason for row in closed_day.unplanned.all()} == {"capacity"}
    assert all(row.remedy["crates"] > 0 for row in closed_day.unplanned.all())


def test_two_farms_in_one_spot_are_two_stops_without_a_way_between(
    day, delivery, network, household, farm, leek, vehicle
):
    twin = make_producer(network, "Hoeve Twee", lat=51.1, lon=3.6)
    make_order(delivery, household, {leek: 5, make_product(twin, "kale"): 5})
    collection = plan(freeze(day))[0]
    assert [stop.km > 0 for stop in collection.stops.all()] == [True, False]


def test_what_comes_to_a_point_in_several_visits_stands_there_when_it_opens(day, delivery, household, leek, vehicle):
    """400 crates: in one visit unloading would begin before the point can be supplied."""
    make_order(delivery, household, {leek: 4000})
    for number in range(8):
        make_vehicle(day.network, f"Van {number}", crates=100, cool=100, kg=4000)
    plan(freeze(day))
    stops = Stop.objects.filter(delivery=delivery)
    assert [stop.crates.count() for stop in stops] == [100] * 4
    assert all(stop.leaves_at <= delivery.starts_at for stop in stops)


def test_a_point_that_takes_longer_to_supply_than_it_may_is_out_of_reach(day, delivery, household, leek, network):
    """Supplying takes half a minute a crate; a point may be supplied for three hours before it opens."""
    make_vehicle(network, crates=400, cool=400, kg=4000)
    make_order(delivery, household, {leek: 3600})
    plan(freeze(day))
    (missed,) = day.unplanned.filter(producer=None)
    assert (missed.delivery, missed.reason, missed.remedy) == (delivery, "window", {"minutes": 5})


# Everybody alone


def test_everybody_driving_alone_is_the_same_as_what_settling_says(closed_day, vehicle, dana):
    plan(closed_day)
    version = PlanVersion.objects.get()
    handover.drive_day(day=closed_day, by=dana)
    run = settling.settle_day(day=closed_day, by=dana)
    # The settlement counts every leg in hundredths of a km, and every farm in whole cents.
    assert abs(version.alone_cost - sum(share.alone for share in run.shares.all())) <= Decimal("0.02")
    assert version.alone_km > version.km > 0


# While it is planned


def test_what_changed_while_the_plan_was_made_refuses_it_and_leaves_the_former(closed_day, vehicle, dana, farm):
    plan(closed_day)
    before = list(closed_day.crates.order_by("pk").values_list("pk", flat=True))

    def meddle(step, percent, euro):
        if step == "storing":
            line = PurchaseOrderLine.objects.get(purchase_order__producer=farm)
            shortages.record_missing(line=line, missing=Decimal(5), by=dana)

    with pytest.raises(Refused, match="changed"):
        plan(closed_day, watch=Watch(meddle))
    assert list(closed_day.crates.order_by("pk").values_list("pk", flat=True)) == before


def test_the_choice_of_a_farm_that_sends_nothing_this_day_disturbs_no_plan(closed_day, vehicle, network):
    idle = make_producer(network, "Hoeve Stil")

    def choose(step, percent, euro):
        if step == "storing":
            TransportChoice.objects.create(producer=idle, week_on=closed_day.cycle.week_on, transport="brings")

    assert plan(closed_day, watch=Watch(choose))


def test_a_crate_checked_while_the_plan_was_made_refuses_it(closed_day, vehicle, gust):
    plan(closed_day)
    versions.publish(day=closed_day, by=None)
    crate = closed_day.crates.filter(leg="collection").first()

    def check_one(step, percent, euro):
        if step == "storing":
            handover.check_crates(crates=[crate.pk], by=gust)

    with pytest.raises(Refused, match="noted on the road"):
        plan(closed_day, watch=Watch(check_one))
    crate.refresh_from_db()
    assert crate.status == Crate.Status.LOADED


def test_another_plan_in_between_refuses_the_later_one(closed_day, vehicle):
    def overtake(step, percent, euro):
        if step == "storing":
            rounds.plan_rounds(day=closed_day, iterations=20)

    with pytest.raises(Refused, match="changed"):
        plan(closed_day, watch=Watch(overtake))
    assert PlanVersion.objects.count() == 1


@pytest.mark.parametrize("step", ["loading", "collection", "distribution", "storing"])
def test_cancelled_it_leaves_everything_as_it_was(closed_day, vehicle, step):
    heard = []
    watch = Watch(lambda step, percent, euro: heard.append(step), lambda: "cancel" if step in heard else "")
    if step == "storing":
        plan(closed_day, watch=watch)
        assert closed_day.rounds.count() == 2
        return
    with pytest.raises(waves.Cancelled):
        plan(closed_day, watch=watch)
    assert closed_day.status == DeliveryDay.Status.CLOSED
    assert not closed_day.crates.exists()


def test_the_best_so_far_is_a_whole_plan(closed_day, vehicle):
    plan(closed_day, iterations=200, watch=Watch(asked=lambda: "keep"))
    assert closed_day.rounds.count() == 2
    assert not closed_day.unplanned.exists()
    assert PlanVersion.objects.get().plan["search"] == {"iterations": 200, "seed": 1, "cut_short": True}


def test_out_of_time_is_the_best_so_far(closed_day, vehicle):
    plan(closed_day, iterations=200, watch=Watch(seconds=0))
    assert not closed_day.unplanned.exists()
    assert PlanVersion.objects.get().plan["search"]["cut_short"]


def heard(watch, iteration, cost, unplanned=0):
    return watch.heard(Progress(iteration, 10**6, cost, unplanned, plan=lambda: None))


def test_a_search_that_finds_nothing_better_any_more_ends_and_can_be_done_again():
    watch = Watch()
    assert not heard(watch, 1_000, 90.0, unplanned=1)
    assert not heard(watch, 1_000 + waves.SETTLED - 20, 95.0)
    assert not heard(watch, 1_000 + waves.SETTLED, 95.0)
    assert heard(watch, 1_000 + 2 * waves.SETTLED, 95.0)
    assert not watch.cut_short
    assert not heard(watch, 20, 95.0)


def test_a_search_takes_half_of_the_time_that_is_left(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(waves.time, "monotonic", lambda: now)
    watch = Watch(seconds=300)
    assert not heard(watch, 20, 95.0)
    now = 1149.0
    assert not heard(watch, 500, 90.0)
    now = 1151.0
    assert heard(watch, 520, 90.0) and watch.cut_short
    assert not heard(watch, 20, 95.0)
    now = 1225.0
    assert not heard(watch, 500, 50.0)
    now = 1226.0
    assert heard(watch, 520, 50.0)


def test_each_day_of_a_week_has_a_plan_of_its_own(closed_day, vehicle, network, household, leek, cycle):
    friday = cycle.days.get(on="2026-03-06")
    delivery = friday.deliveries.create(
        pickup_point=network.pickup_points.get(code="a1"),
        place=network.pickup_points.get(code="a1").place,
        starts_at=clock.moment(friday.on, time(17)),
        ends_at=clock.moment(friday.on, time(19)),
    )
    make_order(delivery, household, {leek: 8})
    plan(closed_day)
    plan(freeze(friday))
    assert [clock.local(ride.starts_at).date() for ride in closed_day.rounds.all()] == [closed_day.on] * 2
    assert [clock.local(ride.starts_at).date() for ride in friday.rounds.all()] == [friday.on] * 2
    assert {crate.delivery_day_id for crate in Crate.objects.filter(stop__round__delivery_day=friday)} == {friday.pk}


# Large waves


def test_a_large_wave_is_cut_by_direction_and_put_together_again(ring_of_farms):
    problem, bearings = ring_of_farms(200)
    found = waves.solve(problem, bearings, iterations=30, seed=1, watch=Watch())
    assert check(problem, found) == []
    assert found.unplanned == ()
    assert found == waves.solve(problem, bearings, iterations=30, seed=1, watch=Watch())


@pytest.fixture
def ring_of_farms():
    """So many farms of two crates around a hub, and a van for each fifteen."""
    from math import cos, pi, sin

    import numpy as np

    from logistics.distances import Matrix

    def made(many):
        angles = [2 * pi * number / many for number in range(many)]
        xs = np.array([0, *(20 * cos(angle) for angle in angles)])
        ys = np.array([0, *(20 * sin(angle) for angle in angles)])
        km = np.hypot(xs[:, None] - xs, ys[:, None] - ys)
        sites = tuple(Site(f"f{n}", n + 1, collect=Load((2, 0, 0, 0), 10), service=3) for n in range(many))
        vans = tuple(Van(f"v{n}", 0, (30, 0, 0, 0), 30, 1000, 20.0, 0.3, 20.0) for n in range(many // 15 + 3))
        return Problem(Matrix(km=km, minutes=km), sites, vans), {f"f{n}": angles[n] for n in range(many)}

    return made


def test_the_more_stops_the_fewer_iterations():
    effort = Effort(3000)
    assert [effort.for_stops(stops) for stops in (0, 40, 60, 120)] == [3000, 3000, 2000, 1000]


def test_unplanned_reasons_are_those_of_the_model():
    from typing import get_args

    from logistics.routing.problem import Reason

    assert set(get_args(Reason)) <= set(Unplanned.Reason.values)
