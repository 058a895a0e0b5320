"""What can drive on a day and where it may, and how each farm's goods leave the yard."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics import fleet, transport
from logistics.models import LowEmissionZone, Round, TransportChoice, Vehicle
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, Network
from producers.models import Producer
from tests.conftest import MONDAY, make_network, make_place, make_producer, make_vehicle, open_week

SQUARE = [[51.04, 3.70], [51.04, 3.74], [51.06, 3.74], [51.06, 3.70]]
ELL = [[0, 0], [0, 4], [2, 4], [2, 2], [4, 2], [4, 0]]


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((51.05, 3.72), True),
        ((51.03, 3.72), False),
        ((51.05, 3.69), False),
        ((51.05, 3.75), False),
        ((51.04, 3.72), True),  # on an edge
        ((51.06, 3.72), True),
        ((51.05, 3.70), True),
        ((51.05, 3.74), True),
        ((51.04, 3.70), True),  # on a corner
        ((51.06, 3.74), True),
        ((51.04, 3.69), False),  # level with an edge, outside
        ((51.04, 3.75), False),
        ((51.06, 3.69), False),
    ],
)
def test_inside_a_square_its_edge_included(point, expected):
    assert fleet.inside(point, SQUARE) is expected
    assert fleet.inside(point, SQUARE[::-1]) is expected


@pytest.mark.parametrize(
    ("point", "expected"),
    [((1, 3), True), ((3, 1), True), ((3, 3), False), ((2, 3), True), ((2, 2), True), ((3, 2), True), ((2, 5), False)],
)
def test_inside_a_zone_with_a_bite_out_of_it(point, expected):
    assert fleet.inside(point, ELL) is expected


def test_on_a_slanting_edge():
    triangle = [[0, 0], [0.3, 0.9], [0.7, 0.1]]
    assert fleet.inside((0.1, 0.3), triangle)
    assert not fleet.inside((0.1, 0.3001), triangle)


@given(st.floats(-1, 5), st.floats(-1, 5), st.integers(0, 5))
def test_where_a_ring_begins_does_not_matter(lat, lon, first):
    assert fleet.inside((lat, lon), ELL) == fleet.inside((lat, lon), [*ELL[first:], *ELL[:first]])


def test_a_place_in_a_zone_needs_a_vehicle_that_may_enter(db, network, django_assert_num_queries):
    inside, outside = make_place(51.05, 3.72), make_place(51.2, 3.72)
    assert fleet.needs(inside) == frozenset()
    LowEmissionZone.objects.create(name="Gent", boundary=SQUARE)
    assert (fleet.needs(inside), fleet.needs(outside)) == ({"low_emission"}, frozenset())
    rings = fleet.zones()
    with django_assert_num_queries(0):
        assert [fleet.needs(place, rings=rings) for place in (inside, outside)] == [{"low_emission"}, frozenset()]
    assert fleet.skills(make_vehicle(network)) == {"low_emission"}
    assert fleet.skills(make_vehicle(network, "Old", enters_low_emission=False)) == frozenset()


def make_own(name, *, owner, **fields):
    """A farmer's own vehicle, at her farm."""
    vehicle = make_vehicle(Network.objects.earliest("pk"), name, owner=owner, depot=owner.place, **fields)
    vehicle.network = None
    vehicle.save()
    return vehicle


@pytest.fixture
def own_van(farm):
    return make_own("Van of Alice", owner=farm.organisation)


def told():
    actions = JournalEntry.objects.filter(subject_type="producers.producer").order_by("pk")
    return list(actions.values_list("action", "data__transport"))


def travel_of(farm, week_on=MONDAY):
    farm = Producer.objects.get(pk=farm.pk)
    return transport.travels([farm], week_on)[farm.pk]


def test_a_farm_is_collected_until_the_farmer_says_otherwise(farm, day):
    assert travel_of(farm) == transport.Travel("collected")
    assert fleet.transports([farm], day) == {farm.pk: "collected"}


def test_a_choice_counts_for_its_week_only(farm, day, alice, own_van):
    transport.choose(producer=farm, week_on=MONDAY, transport="brings", by=alice)
    assert travel_of(farm) == transport.Travel("brings", chosen=True)
    assert travel_of(farm, MONDAY + timedelta(weeks=1)) == transport.Travel("collected")
    transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=own_van, by=alice)
    assert travel_of(farm) == transport.Travel("drives", own_van.pk, chosen=True)
    assert TransportChoice.objects.count() == 1
    assert told() == [
        ("chose how her goods travel", "brings"),
        ("chose how her goods travel", "drives"),
    ]


def test_the_same_choice_again_is_not_told_twice(farm, day, alice):
    for _ in range(2):
        transport.choose(producer=farm, week_on=MONDAY, transport="brings", repeats=True, by=alice)
    assert told() == [("chose how her goods travel", "brings")]


def test_a_choice_that_repeats_counts_until_she_chooses_otherwise(farm, day, alice, own_van):
    week = [MONDAY + timedelta(weeks=number) for number in range(5)]
    transport.choose(producer=farm, week_on=week[0], transport="brings", repeats=True, by=alice)
    transport.choose(producer=farm, week_on=week[1], transport="collected", by=alice)
    transport.choose(producer=farm, week_on=week[3], transport="drives", vehicle=own_van, repeats=True, by=alice)
    assert travel_of(farm, week[0] - timedelta(weeks=1)) == transport.Travel("collected")
    assert [travel_of(farm, monday) for monday in week] == [
        transport.Travel("brings", chosen=True, repeats=True),
        transport.Travel("collected", chosen=True),
        transport.Travel("brings"),
        transport.Travel("drives", own_van.pk, chosen=True, repeats=True),
        transport.Travel("drives", own_van.pk),
    ]
    Vehicle.objects.filter(pk=own_van.pk).update(archived_at=clock.now())
    assert travel_of(farm, week[4]) == transport.Travel("collected"), "without a vehicle she is collected"


def test_who_usually_drives_does_so_with_the_vehicle_she_drove_last(farm, day, alice, own_van):
    second = make_own("Bike", owner=farm.organisation)
    Producer.objects.filter(pk=farm.pk).update(transport="drives")
    later = MONDAY + timedelta(weeks=3)
    assert travel_of(farm, later) == transport.Travel("drives", own_van.pk)
    transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=second, by=alice)
    assert travel_of(farm, later) == transport.Travel("drives", second.pk)
    Vehicle.objects.filter(owner=farm.organisation).update(archived_at=clock.now())
    assert travel_of(farm, later) == transport.Travel("collected"), "without a vehicle she is collected"


def test_travels_asks_as_much_for_many_farms_as_for_one(farm, network, day, own_van, django_assert_num_queries):
    farms = [farm, *(make_producer(network, f"Farm {number}") for number in range(4))]
    Producer.objects.update(transport="drives")
    farms = list(Producer.objects.filter(pk__in=[one.pk for one in farms]))
    for some in (farms[:1], farms):
        with django_assert_num_queries(3):
            transport.travels(some, MONDAY)


def test_from_the_first_cut_off_on_nothing_can_be_chosen(farm, day, alice):
    with clock.at(day.closes_at - timedelta(seconds=1)):
        transport.choose(producer=farm, week_on=MONDAY, transport="brings", by=alice)
    with clock.at(day.closes_at), pytest.raises(Refused, match="first cut-off"):
        transport.choose(producer=farm, week_on=MONDAY, transport="collected", repeats=True, by=alice)
    farm.refresh_from_db()
    assert (travel_of(farm).transport, farm.transport) == ("brings", "collected")


def test_a_day_that_closed_early_closes_the_choice(farm, day, alice):
    DeliveryDay.objects.filter(pk=day.pk).update(status="closed")
    with pytest.raises(Refused, match="first cut-off"):
        transport.choose(producer=farm, week_on=MONDAY, transport="brings", by=alice)


def test_the_first_cut_off_of_all_her_networks_counts(farm, day, alice):
    leuven = make_network("leuven", weekdays=(2,))
    farm.organisation.memberships.create(network=leuven, college="producers", joined_on=MONDAY)
    open_week(leuven)
    first = DeliveryDay.objects.get(cycle__network=leuven)
    assert transport.deadline(transport.days_of(farm, MONDAY)) == first.closes_at < day.closes_at
    with clock.at(first.closes_at), pytest.raises(Refused):
        transport.choose(producer=farm, week_on=MONDAY, transport="brings", by=alice)


def test_weeks_without_days_may_be_chosen_ahead_but_not_behind(farm, day, alice):
    transport.choose(producer=farm, week_on=MONDAY + timedelta(weeks=5), transport="brings", by=alice)
    with pytest.raises(Refused):
        transport.choose(producer=farm, week_on=MONDAY - timedelta(weeks=1), transport="brings", by=alice)


def test_nobody_drives_without_a_vehicle_of_her_own_that_drives_then(farm, day, alice, own_van, network):
    hers = make_producer(network, "Hoeve Bea").organisation
    not_hers = make_own("Van of Bea", owner=hers)
    for vehicle, said in (
        (None, "add one first"),
        (not_hers, "not yours"),
        (make_vehicle(network), "not yours"),
        (make_own("Mondays", owner=farm.organisation, weekdays=[0]), "none of the delivery"),
        (make_own("Gone", owner=farm.organisation, archived_at=clock.now()), "archived"),
    ):
        with pytest.raises(Refused, match=said) as refused:
            transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=vehicle, by=alice)
        assert refused.value.field == "vehicle"
    assert not TransportChoice.objects.exists()


def names(day):
    return [vehicle.name for vehicle in fleet.vehicles_for(day)]


def test_what_drives_on_a_day(farm, day, network, alice, own_van):
    make_vehicle(network, "Thursdays", weekdays=[3])
    make_vehicle(network, "Fridays", weekdays=[4])
    make_vehicle(network, "Gone", archived_at=clock.now())
    make_vehicle(make_network("leuven"), "Of Leuven")
    assert names(day) == ["Thursdays"]
    transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=own_van, by=alice)
    assert names(day) == ["Van of Alice", "Thursdays"]
    transport.choose(producer=farm, week_on=MONDAY, transport="brings", by=alice)
    assert names(day) == ["Thursdays"]


def test_a_vehicle_on_a_round_of_another_network_drives_for_nobody_else_that_day(farm, day, alice, own_van):
    leuven = make_network("leuven")
    farm.organisation.memberships.create(network=leuven, college="producers", joined_on=MONDAY)
    cycle = open_week(leuven)
    transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=own_van, by=alice)
    theirs = cycle.days.get(on=day.on)
    assert names(day) == names(theirs) == ["Van of Alice"]
    Round.objects.create(
        delivery_day=theirs, leg="collection", number=1, vehicle=own_van, starts_at=clock.now(), ends_at=clock.now(),
        km=0, cost=0,
    )  # fmt: skip
    assert (names(day), names(theirs)) == ([], ["Van of Alice"])
    assert names(day.cycle.days.get(on=date(2026, 3, 6))) == ["Van of Alice"]


def test_a_vehicle_as_the_planner_knows_it(network):
    vehicle = make_vehicle(
        network,
        per_km=Decimal("0.4"),
        per_stop=Decimal("1.50"),
        longest_minutes=480,
        pause_minutes=45,
        enters_low_emission=False,
    )
    van = fleet.van(vehicle, at=3, ends_at=0)
    assert (van.at, van.ends_at, van.capacity, van.total_crates, van.kg) == (3, 0, (110, 90, 40, 10), 110, 1100)
    assert (van.fixed, van.per_km, van.per_hour, van.per_stop) == (18, 0.4, 21, 1.5)
    assert (van.available_from, van.available_to, van.longest, van.pause) == (300, 1200, 480, 45)
    assert van.skills == frozenset()
