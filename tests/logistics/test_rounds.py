import itertools
from datetime import time
from decimal import Decimal

import pytest

from logistics import calls, rounds
from logistics.models import Crate, Round, Stop, Unplanned
from logistics.waves import Watch
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole
from orders.models import PurchaseOrder
from tests.conftest import make_household, make_person, make_producer, make_product
from tests.logistics.conftest import freeze, make_order, make_vehicle


def shown(moment):
    return clock.local(moment).time()


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=50)
    closed_day.refresh_from_db()
    return closed_day


def test_the_day_is_collected_in_the_morning_and_distributed_before_the_points_open(planned, farm, second_farm):
    collection, distribution = planned.rounds.all()
    assert planned.status == DeliveryDay.Status.PLANNED
    assert (collection.leg, distribution.leg) == (Round.Leg.COLLECTION, Round.Leg.DISTRIBUTION)
    assert {stop.producer for stop in collection.stops.all()} == {farm, second_farm}
    assert {stop.delivery.pickup_point.code for stop in distribution.stops.all()} == {"a1", "b2"}
    assert not planned.unplanned.exists()
    for stop in collection.stops.all():
        assert stop.producer.opens <= shown(stop.arrives_at) <= stop.producer.closes
    for stop in distribution.stops.all():
        assert stop.leaves_at <= stop.delivery.starts_at
    assert (distribution.starts_at - collection.ends_at).total_seconds() >= rounds.CROSS_DOCK * 60


def test_every_crate_has_its_stop(planned):
    assert planned.crates.count() == 13
    assert not planned.crates.filter(stop=None).exists()
    for crate in planned.crates.select_related("stop"):
        assert (crate.stop.producer_id, crate.stop.delivery_id) == (crate.producer_id, crate.delivery_id)


def test_a_van_that_drives_twice_is_paid_its_day_once(planned, vehicle):
    collection, distribution = planned.rounds.all()
    for round_, fixed in ((collection, vehicle.per_day), (distribution, 0)):
        hours = Decimal((round_.ends_at - round_.starts_at).total_seconds()) / 3600
        assert round_.cost == round(fixed + vehicle.per_km * round_.km + vehicle.per_hour * hours, 2)
        home = round_.km - sum(stop.km for stop in round_.stops.all())
        assert home > 0


def test_planning_again_gives_the_same_plan(planned):
    def drawn():
        return list(Stop.objects.order_by("round__number", "position").values_list("place", "arrives_at", "km"))

    before = drawn()
    assert len(rounds.plan_rounds(day=planned, iterations=50)) == 2
    assert drawn() == before
    assert planned.crates.count() == 13


def test_a_plan_that_is_being_driven_is_not_replaced(planned):
    Crate.objects.filter(delivery_day=planned).update(status=Crate.Status.LOADED)
    with pytest.raises(Refused, match="noted on the road"):
        rounds.plan_rounds(day=planned)
    assert planned.rounds.count() == 2


def test_an_open_day_is_not_planned(day, vehicle):
    with pytest.raises(Refused, match="Close the day first"):
        rounds.plan_rounds(day=day)


def test_a_driven_day_keeps_its_plan(planned):
    DeliveryDay.objects.filter(pk=planned.pk).update(status=DeliveryDay.Status.DRIVEN)
    with pytest.raises(Refused, match="have been driven"):
        rounds.plan_rounds(day=planned)


def test_a_vehicle_too_small_for_a_stop_says_which_and_plans_the_rest(closed_day, network, monkeypatch):
    monkeypatch.setattr(calls, "MOST_VISITS", 3)
    make_vehicle(network, crates=1, kg=40)
    rounds.plan_rounds(day=closed_day, iterations=50)
    missed = {str(row.producer or row.delivery.destination): row.reason for row in closed_day.unplanned.all()}
    assert missed == {"Hoeve Alice": "capacity", "Punt b2": "capacity"}
    assert {str(stop) for stop in Stop.objects.all()} == {"Melkerij Bea", "Punt a1"}
    assert closed_day.crates.filter(stop=None).count() == 4 + 4


def test_what_no_van_holds_at_once_is_fetched_in_several_visits(closed_day, network, farm):
    make_vehicle(network, crates=3, kg=60)
    rounds.plan_rounds(day=closed_day, iterations=50)
    assert not closed_day.unplanned.exists()
    visits = Stop.objects.filter(producer=farm)
    assert [visit.crates.count() for visit in visits] == [2, 2]
    assert not closed_day.crates.filter(stop=None).exists()


def test_a_van_without_a_cold_room_leaves_the_milk(closed_day, network, second_farm):
    make_vehicle(network, cold=0)
    rounds.plan_rounds(day=closed_day, iterations=50)
    assert set(closed_day.unplanned.values_list("reason", flat=True)) == {Unplanned.Reason.STORAGE}
    assert closed_day.unplanned.filter(producer=second_farm).exists()


def test_without_vehicles_everything_is_left_out(closed_day):
    assert rounds.plan_rounds(day=closed_day) == []
    assert closed_day.unplanned.count() == 4
    assert set(closed_day.unplanned.values_list("reason", flat=True)) == {Unplanned.Reason.LEFT_OUT}


def test_an_archived_vehicle_and_one_of_another_network_stay_home(closed_day, vehicle):
    vehicle.archived_at = clock.now()
    vehicle.save()
    make_vehicle(network=vehicle.network, name="Elsewhere")
    Round.objects.all().delete()
    assert {round_.vehicle.name for round_ in rounds.plan_rounds(day=closed_day, iterations=50)} == {"Elsewhere"}


def test_one_small_van_goes_twice_when_that_is_what_it_takes(closed_day, network):
    make_vehicle(network, crates=4, kg=80)
    made = rounds.plan_rounds(day=closed_day, iterations=50)
    assert not closed_day.unplanned.exists()
    assert [round_.leg for round_ in made] == ["collection", "collection", "distribution", "distribution"]
    for before, after in itertools.pairwise(made):
        assert before.ends_at <= after.starts_at
    assert sum(round_.cost >= 35 for round_ in made) >= 1


def test_who_brings_her_goods_is_called_at_by_nobody(closed_day, vehicle, farm):
    farm.transport = "brings"
    farm.save()
    rounds.plan_rounds(day=closed_day, iterations=50)
    assert not Stop.objects.filter(producer=farm).exists()
    assert closed_day.crates.filter(producer=farm, stop=None).count() == 4
    assert not closed_day.unplanned.exists()


def test_a_farm_without_address_is_said_to_be_nowhere(closed_day, vehicle, farm):
    farm.organisation.place = None
    farm.organisation.save()
    rounds.plan_rounds(day=closed_day, iterations=50)
    assert closed_day.unplanned.get().reason == Unplanned.Reason.NOWHERE


def test_an_outlet_that_wants_its_goods_in_the_morning_pulls_the_collection_forward(
    day, network, vehicle, shop, leek, milk
):
    delivery = day.deliveries.get(outlet=shop)
    make_order(delivery, shop.organisation, {leek: 6, milk: 6})
    freeze(day)
    rounds.plan_rounds(day=day, iterations=50)
    assert not day.unplanned.exists()
    stop = Stop.objects.get(delivery=delivery)
    assert time(9) <= shown(stop.arrives_at) <= time(12)


def test_a_farm_is_not_left_behind_for_an_outlet_that_opens_before_dawn(day, network, vehicle, shop, leek):
    delivery = day.deliveries.get(outlet=shop)
    delivery.starts_at, delivery.ends_at = clock.moment(day.on, time(5)), clock.moment(day.on, time(5, 30))
    delivery.save()
    make_order(delivery, shop.organisation, {leek: 20})
    freeze(day)
    rounds.plan_rounds(day=day, iterations=50)
    (missed,) = day.unplanned.all()
    assert (missed.delivery, missed.reason) == (delivery, Unplanned.Reason.WINDOW)
    assert Stop.objects.get().producer == leek.producer


def test_an_empty_day_has_an_empty_plan(day, vehicle):
    freeze(day)
    assert rounds.plan_rounds(day=day) == []
    day.refresh_from_db()
    assert day.status == DeliveryDay.Status.PLANNED


def test_drivers_are_given_out_in_turn(closed_day, network, gust, vehicle):
    NetworkRole.objects.create(network=network, person=make_person("hilde"), role="driver")
    made = rounds.plan_rounds(day=closed_day, iterations=50)
    assert {round_.driver_id for round_ in made} == {gust.pk}


def test_planning_is_journaled_and_tells_what_it_does(closed_day, vehicle, dana):
    heard = []
    watch = Watch(lambda step, percent, euro: heard.append(step))
    rounds.plan_rounds(day=closed_day, by=dana, iterations=50, watch=watch)
    assert list(dict.fromkeys(heard)) == ["loading", "collection", "distribution", "storing"]
    entry = journal.history_of(closed_day).first()
    assert (entry.actor, entry.data) == (dana, {"rounds": 2, "stops": 4, "crates": 13, "unplanned": 0})


def test_the_number_of_queries_does_not_grow_with_the_day(
    closed_day, network, vehicle, leek, django_assert_max_num_queries
):
    def queries(run):
        with django_assert_max_num_queries(100) as captured:
            run()
        return len(captured)

    rounds.plan_rounds(day=closed_day, iterations=20)
    small = queries(lambda: rounds.plan_rounds(day=closed_day, iterations=20))
    extra = make_producer(network, "Hoeve Cor", lat=51.08, lon=3.7)
    kale = make_product(extra, "kale")
    for number, delivery in enumerate(closed_day.deliveries.filter(outlet=None)):
        make_order(delivery, make_household(network, f"Gezin {number}"), {leek: 3, kale: 4})
    Crate.objects.all().delete()
    PurchaseOrder.objects.all().delete()
    freeze(closed_day)
    rounds.plan_rounds(day=closed_day, iterations=20)
    assert queries(lambda: rounds.plan_rounds(day=closed_day, iterations=20)) == small
