"""What planning again keeps: standing tours, and what was locked in the plan before."""

from datetime import time
from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import edits, versions
from logistics.models import PlanVersion, Round, Stop, Tour, TourStop
from network import clock
from tests.logistics.conftest import make_vehicle, plan


@pytest.fixture
def tour(network, vehicle, farm, second_farm):
    """The long way round: first Bea at half past seven, then Alice."""
    tour = Tour.objects.create(network=network, name="Donderdagronde", weekday=3, vehicle=vehicle)
    for position, (producer, hour) in enumerate([(second_farm, time(7, 30)), (farm, time(9))], 1):
        TourStop.objects.create(tour=tour, position=position, producer=producer, at=hour)
    return tour


def test_a_standing_tour_keeps_its_order_and_times(closed_day, tour, farm, second_farm):
    collection = plan(closed_day)[0]
    assert (collection.tour, collection.locked) == (tour, True)
    assert [stop.producer for stop in collection.stops.all()] == [second_farm, farm]
    leaves = [clock.minutes_of(stop.leaves_at, closed_day.on) for stop in collection.stops.all()]
    services = [5 + 0.5 * stop.crates.count() for stop in collection.stops.all()]
    assert [left - service for left, service in zip(leaves, services, strict=True)] == [450, 540]


def test_what_letting_a_tour_go_would_save_is_the_difference_in_cost(closed_day, tour):
    plan(closed_day)
    with_tour = PlanVersion.objects.get()
    tour.kept = False
    tour.save()
    plan(closed_day)
    without = PlanVersion.objects.latest("number")
    assert without.plan["tours"] == {}
    saved = Decimal(with_tour.plan["tours"][str(tour.pk)])
    assert versions.standing(with_tour) == [(tour, saved)]
    assert versions.standing(without) == []
    collection = Decimal(with_tour.plan["rounds"][0]["cost"]) - Decimal(without.plan["rounds"][0]["cost"])
    assert abs(saved - collection) <= Decimal("0.01")
    assert saved > 0


def test_a_tour_that_its_van_cannot_hold_today_is_not_kept_and_that_is_said(closed_day, tour, vehicle):
    vehicle.cool = vehicle.crates = 3
    vehicle.save()
    make_vehicle(closed_day.network, name="Groot")
    plan(closed_day)
    assert PlanVersion.objects.get().plan["tours"] == {str(tour.pk): None}
    assert versions.standing(PlanVersion.objects.get()) == [(tour, None)]
    assert not closed_day.rounds.filter(tour=tour).exists()
    assert not closed_day.unplanned.exists()


def test_a_tour_to_the_points_is_kept_in_the_distribution(closed_day, vehicle):
    tour = Tour.objects.create(network=closed_day.network, name="Punten", weekday=3, vehicle=vehicle)
    for position, delivery in enumerate(closed_day.deliveries.filter(outlet=None).order_by("-pickup_point__code"), 1):
        TourStop.objects.create(
            tour=tour, position=position, pickup_point=delivery.pickup_point, at=time(14 + position)
        )
    distribution = plan(closed_day)[1]
    assert distribution.tour == tour
    assert [stop.delivery.pickup_point.code for stop in distribution.stops.all()] == ["b2", "a1"]


# What was locked in the plan before


def lock(round_, dana, stop=None):
    version = versions.latest(round_.delivery_day).number
    if stop:
        return edits.lock_stop(day=round_.delivery_day, version=version, by=dana, stop=stop.pk)
    return edits.lock_round(day=round_.delivery_day, version=version, by=dana, round=round_.pk)


def drawn(round_):
    return [
        (stop.producer_id, stop.delivery_id, stop.arrives_at, stop.leaves_at)
        for stop in round_.stops.order_by("position")
    ]


def test_planning_again_keeps_a_locked_round_with_its_order_times_and_driver(closed_day, tour, dana, gust, farm):
    """The long way round, made by a tour that is gone: only the lock keeps it."""
    collection = plan(closed_day)[0]
    tour.delete()
    lock(collection, dana)
    Round.objects.filter(pk=collection.pk).update(driver=gust)
    before = drawn(collection)
    again = plan(closed_day)[0]
    assert (again.locked, again.tour, again.driver) == (True, None, gust)
    assert drawn(again) == before
    version = versions.latest(closed_day)
    assert version.plan["loosed"] == []
    edits.lock_round(day=closed_day, version=version.number, by=dana, round=again.pk, locked=False)
    free = plan(closed_day)[0]
    assert free.cost < again.cost


def test_a_locked_round_whose_van_is_gone_is_planned_anew_and_that_is_said(closed_day, vehicle, dana, visit):
    collection, _distribution = plan(closed_day)
    lock(collection, dana)
    make_vehicle(closed_day.network, name="Groot")
    vehicle.archived_at = clock.now()
    vehicle.save()
    plan(closed_day)
    assert versions.latest(closed_day).plan["loosed"] == [collection.number]
    assert not closed_day.rounds.filter(locked=True).exists()
    page = visit(dana).get(reverse("logistics:day", args=[closed_day.pk]))
    assert "Round 1 of the plan before this one was locked" in page.content.decode()


def test_planning_again_keeps_a_locked_stop_on_its_van(closed_day, vehicle, dana, farm, second_farm):
    """The dear van keeps the farm that was locked on it; the other farm goes with the cheap one that came later."""
    collection = plan(closed_day)[0]
    lock(collection, dana, stop=collection.stops.get(producer=farm))
    vehicle.per_km = 20
    vehicle.save()
    cheap = make_vehicle(closed_day.network, name="Goedkoop", per_km=Decimal("0.01"), per_day=0)
    plan(closed_day)
    where = {
        stop.producer: (stop.round.vehicle, stop.locked)
        for stop in Stop.objects.filter(round__leg="collection", round__delivery_day=closed_day)
    }
    assert where == {farm: (vehicle, True), second_farm: (cheap, False)}
