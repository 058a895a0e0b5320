"""What goes straight, who drives herself, standing tours, what could not be planned, and everybody alone: planned by hand."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from logistics import calls, handover, loading, planning, rounds, settling, versions, waves
from logistics.models import Crate, PlanVersion, Round, Stop, TransportChoice, Unplanned
from logistics.planning import Effort
from logistics.routing import Load, Problem, Site, Van, check
from logistics.waves import Watch
from network import clock
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Outlet
from orders import shortages
from orders.models import PurchaseOrderLine
from tests.conftest import make_outlet, make_place, make_producer, make_product
from tests.logistics.conftest import freeze, make_order, make_vehicle
from tests.logistics.straight_road import crates as load
from tests.logistics.straight_road import road, stops, van


def shown(moment):
    return clock.local(moment).time()


def plan(day, **options):
    made = rounds.plan_rounds(day=day, iterations=50, **options)
    day.refresh_from_db()
    return made


@pytest.fixture
def far_shop(network):
    """A shop ten kilometres beyond Hoeve Alice, seen from the hub, that opens at nine."""
    outlet = make_outlet(network, "Winkel Ver")
    outlet.organisation.place = make_place(51.14, 3.52)
    outlet.organisation.save()
    return outlet


def at(day, outlet):
    return day.deliveries.get(outlet=outlet)


# What goes straight


def test_full_crates_for_a_shop_beyond_the_farm_go_straight(far_shop, day, farm, leek, vehicle):
    make_order(at(day, far_shop), far_shop.organisation, {leek: 25})
    (ride,) = plan(freeze(day))
    assert ride.leg == Round.Leg.DIRECT
    loading_stop, dropping_stop = ride.stops.all()
    assert (loading_stop.producer, dropping_stop.delivery) == (farm, at(day, far_shop))
    crates = day.crates.order_by("pk")
    assert [(crate.leg, crate.letter) for crate in crates] == [("direct", f"B{number}") for number in (1, 2, 3)]
    assert {(crate.stop, crate.dropped_at) for crate in crates} == {(loading_stop, dropping_stop)}
    assert farm.opens <= shown(loading_stop.arrives_at) <= farm.closes
    assert time(9) <= shown(dropping_stop.leaves_at)
    assert (shown(ride.starts_at), shown(ride.ends_at)) == (time(8, 18), time(9, 36))
    assert (ride.km, ride.cost) == (Decimal("48.62"), Decimal("94.42"))


def test_less_than_a_crate_goes_over_the_hub(far_shop, day, farm, leek, vehicle):
    make_order(at(day, far_shop), far_shop.organisation, {leek: 9})
    made = plan(freeze(day))
    assert [(ride.leg, ride.km) for ride in made] == [
        ("collection", Decimal("30.00")),
        ("distribution", Decimal("47.20")),
    ]


def test_less_than_a_crate_goes_straight_to_another_farm(network, second_farm, day, leek, vehicle):
    outlet = Outlet.objects.create(
        organisation=second_farm.organisation,
        code="hoevewinkel",
        kind="farm_shop",
        weekdays=[3],
        opens=time(9),
        closes=time(12),
    )
    delivery = day.deliveries.create(
        outlet=outlet,
        place=second_farm.organisation.place,
        starts_at=clock.moment(day.on, time(9)),
        ends_at=clock.moment(day.on, time(12)),
    )
    make_order(delivery, second_farm.organisation, {leek: 4})
    assert [ride.leg for ride in plan(freeze(day))] == ["direct"]


def test_what_a_farmer_brings_to_the_hub_never_goes_straight(far_shop, day, farm, leek, vehicle):
    farm.transport = "brings"
    farm.save()
    make_order(at(day, far_shop), far_shop.organisation, {leek: 25})
    assert [ride.leg for ride in plan(freeze(day))] == ["distribution"]


def test_what_households_ordered_goes_over_the_hub(day, delivery, farm, household, leek, vehicle):
    make_order(delivery, household, {leek: 50})
    assert [ride.leg for ride in plan(freeze(day))] == ["collection", "distribution"]


def test_a_shop_on_the_way_to_the_hub_is_no_reason_to_go_straight(network, day, farm, leek, vehicle, shop):
    delivery = at(day, shop)
    delivery.place = network.hub
    delivery.save()
    make_order(delivery, shop.organisation, {leek: 50})
    known = calls.known(freeze(day))
    assert calls.may_go_straight(known) == []


def test_of_all_ways_the_cheapest_is_planned(far_shop, day, delivery, household, farm, leek, milk, vehicle):
    make_order(at(day, far_shop), far_shop.organisation, {leek: 20, milk: 24})
    make_order(delivery, household, {leek: 20, milk: 12})
    known, effort = calls.known(freeze(day)), Effort(50)
    ways = planning._ways(known)
    assert [len(way) for way in ways] == [0, 2]
    merits = [planning._planned(known, loading.pack(known.goods, way), effort, Watch()).merit for way in ways]
    assert merits[0] != merits[1]
    assert planning.draft(known, effort, Watch()).merit == min(merits)


def test_a_day_with_straight_rounds_is_driven_and_settled(far_shop, day, farm, leek, vehicle, dana):
    make_order(at(day, far_shop), far_shop.organisation, {leek: 25})
    plan(freeze(day))
    handover.drive_day(day=day, by=dana)
    assert set(day.crates.values_list("status", flat=True)) == {Crate.Status.DELIVERED}
    run = settling.settle_day(day=day, by=dana)
    assert run.cost == day.rounds.get().cost


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
    assert all(shown(ride.starts_at) >= time(13) for ride in closed_day.rounds.all())


# What no van holds at once


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

    with pytest.raises(Refused, match="checked off"):
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
    plan(closed_day, watch=Watch(asked=lambda: "keep"))
    assert closed_day.rounds.count() == 2
    assert not closed_day.unplanned.exists()
    assert PlanVersion.objects.get().plan["search"] == {"iterations": 50, "seed": 1, "cut_short": True}


def test_out_of_time_is_the_best_so_far(closed_day, vehicle):
    plan(closed_day, watch=Watch(seconds=0))
    assert not closed_day.unplanned.exists()
    assert PlanVersion.objects.get().plan["search"]["cut_short"]


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
