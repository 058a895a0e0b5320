"""What goes straight from a farm to a trade buyer, and what goes over the hub."""

from datetime import time
from decimal import Decimal

import pytest

from logistics import calls, edits, handover, loading, planning, settling, versions
from logistics.models import Crate, Round
from logistics.planning import Effort
from logistics.waves import Watch
from network import clock
from network.models import Outlet
from tests.conftest import make_outlet, make_place
from tests.logistics.conftest import freeze, make_order, make_vehicle, plan


def shown(moment):
    return clock.local(moment).time()


@pytest.fixture
def far_shop(network):
    """A shop ten kilometres beyond Hoeve Alice, seen from the hub, that opens at nine."""
    outlet = make_outlet(network, "Winkel Ver")
    outlet.organisation.place = make_place(51.14, 3.52)
    outlet.organisation.save()
    return outlet


def at(day, outlet):
    return day.deliveries.get(outlet=outlet)


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
    pairs = calls.may_go_straight(known)
    ways = planning._ways(known, pairs)
    assert [len(way) for way in ways] == [0, 2]
    assert planning._ways(known, pairs, pairs[:1]) == [pairs[:1], pairs]
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


# What was locked in the plan before


@pytest.fixture
def locked(far_shop, day, network, leek, milk, vehicle, dana, gust):
    """Leek and milk go straight to the far shop on one locked round of the van, with Gust; a cheap van comes later."""
    make_order(at(day, far_shop), far_shop.organisation, {leek: 25, milk: 24})
    (ride,) = plan(freeze(day))
    Round.objects.filter(pk=ride.pk).update(driver=gust)
    edits.lock_round(day=day, version=1, by=dana, round=ride.pk)
    make_vehicle(network, "Goedkoop", per_km=Decimal("0.01"), per_day=0, per_hour=0)
    return ride


def drawn(ride):
    return [
        (stop.producer_id, stop.delivery_id, stop.arrives_at, stop.leaves_at, stop.crates.count(), stop.dropped.count())
        for stop in ride.stops.order_by("position")
    ]


def test_planning_again_keeps_a_locked_round_that_goes_straight(locked, day, vehicle, dana, gust):
    before = drawn(locked)
    assert len(before) == 3
    (again,) = plan(day)
    assert (again.leg, again.vehicle, again.driver, again.locked) == ("direct", vehicle, gust, True)
    assert (again.starts_at, again.ends_at, again.km, again.cost) == (
        locked.starts_at,
        locked.ends_at,
        locked.km,
        locked.cost,
    )
    assert drawn(again) == before
    version = versions.latest(day)
    assert version.plan["loosed"] == []
    edits.lock_round(day=day, version=version.number, by=dana, round=again.pk, locked=False)
    assert {ride.vehicle.name for ride in plan(day)} == {"Goedkoop"}


def test_one_whose_van_is_too_small_now_is_planned_anew_and_that_is_said(locked, day, vehicle):
    vehicle.crates = 1
    vehicle.save()
    made = plan(day)
    assert {ride.vehicle.name for ride in made} == {"Goedkoop"}
    assert versions.latest(day).plan["loosed"] == [1]
    assert not day.unplanned.exists()
    assert not any(ride.locked for ride in made)
