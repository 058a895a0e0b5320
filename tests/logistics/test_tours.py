"""Standing tours: made from a round, changed by hand, let go and kept again."""

from datetime import time

import pytest

from logistics import edits, rounds, tours, versions
from logistics.models import Round, Tour, Vehicle
from network import journal
from network.errors import Refused
from network.models import JournalEntry
from tests.conftest import make_network, make_outlet, make_point, make_producer, make_vehicle


@pytest.fixture
def rides(closed_day, vehicle):
    """Thursday's collection at two farms and distribution to two points, each with the one van."""
    return rounds.plan_rounds(day=closed_day, iterations=20)


@pytest.fixture
def tour(rides, dana):
    return tours.make(round=rides[1], name="Two points", by=dana)


def told(tour):
    return [entry.action for entry in journal.history_of(tour)]


def hours(tour):
    return {stop.pk: stop.at for stop in tour.stops.all()}


def order(tour):
    return [(stop.position, str(tours.where(stop)), f"{stop.at:%H:%M}") for stop in tour.stops.order_by("position")]


def test_a_round_becomes_a_tour_with_its_stops_hours_weekday_and_vehicle(rides, dana, vehicle, network):
    made = [tours.make(round=ride, name=f"Tour {ride.leg}", by=dana) for ride in rides]
    for tour, ride in zip(made, rides, strict=True):
        stops = list(ride.stops.order_by("position"))
        assert (tour.network, tour.weekday, tour.vehicle, tour.kept) == (network, 3, vehicle, True)
        assert [stop.producer_id for stop in tour.stops.all()] == [stop.producer_id for stop in stops]
        points = [stop.delivery.pickup_point_id if stop.delivery else None for stop in stops]
        assert [stop.pickup_point_id for stop in tour.stops.all()] == points
        assert told(tour) == ["made a standing tour"]
    assert Tour.objects.count() == 2


def test_the_same_round_twice_would_need_its_van_twice(rides, tour, dana):
    with pytest.raises(Refused, match="drives the standing tour Two points at that time"):
        tours.make(round=rides[1], name="Again", by=dana)
    assert Tour.objects.count() == 1


def test_a_farm_visited_twice_on_a_round_is_one_stop_of_the_tour(rides, dana):
    first = rides[0].stops.first()
    last = rides[0].stops.last()
    first.pk, first.position, first.arrives_at = None, last.position + 1, last.leaves_at
    first.save()
    assert tours.make(round=rides[0], name="Farms", by=dana).stops.count() == 2


def test_moving_a_stop_gives_it_the_hour_of_its_new_place(tour, dana):
    before = order(tour)
    first = tour.stops.get(position=1)
    tours.move(stop=first, up=False, by=dana)
    assert order(tour) == [
        (1, before[1][1], before[0][2]),
        (2, before[0][1], before[1][2]),
    ]
    tours.move(stop=tour.stops.get(position=2), up=True, by=dana)
    assert order(tour) == before


def test_beyond_the_ends_nothing_moves(tour, dana):
    before = order(tour)
    tours.move(stop=tour.stops.get(position=1), up=True, by=dana)
    tours.move(stop=tour.stops.get(position=2), up=False, by=dana)
    assert order(tour) == before
    assert told(tour) == ["made a standing tour"]


def test_hours_ascend(tour, dana, vehicle):
    first, second = tour.stops.all()
    for late in (time(14), time(13, 59)):
        with pytest.raises(Refused, match="later than 14:00") as refused:
            tours.change(
                tour=tour, by=dana, name="x", weekday=3, vehicle=vehicle, hours={first.pk: time(14), second.pk: late}
            )
        assert refused.value.field == f"at_{second.pk}"
    tour.refresh_from_db()
    assert tour.name == "Two points" and hours(tour) == {first.pk: first.at, second.pk: second.at}
    tours.change(
        tour=tour, by=dana, name="x", weekday=3, vehicle=vehicle, hours={first.pk: time(14), second.pk: time(14, 1)}
    )
    assert list(hours(tour).values()) == [time(14), time(14, 1)]


@pytest.mark.parametrize(
    ("van", "weekday", "hour", "field", "said"),
    [
        ({"weekdays": [4]}, 3, time(14), "vehicle", "does not drive on that day"),
        ({"weekdays": [3]}, 4, time(14), "vehicle", "does not drive on that day"),
        ({"available_from": time(15)}, 3, time(14), "at_", "drives from 15:00 until 20:00"),
        ({"available_until": time(14, 20)}, 3, time(14), "at_", "drives from 5:00 until 14:20"),
    ],
)
def test_a_tour_fits_the_days_and_hours_of_its_vehicle(tour, dana, network, van, weekday, hour, field, said):
    other = make_vehicle(network, "Other", **van)
    first, second = tour.stops.all()
    given = {first.pk: hour, second.pk: time(14, 30)}
    with pytest.raises(Refused, match=said) as refused:
        tours.change(tour=tour, by=dana, name="x", weekday=weekday, vehicle=other, hours=given)
    assert refused.value.field.startswith(field)


def test_one_vehicle_drives_one_kept_tour_at_a_time(rides, tour, dana, vehicle):
    early = tours.make(round=rides[0], name="Farms", by=dana)
    start = tour.stops.first().at
    farms = list(early.stops.all())
    given = {farms[0].pk: time(6, 30), farms[1].pk: start}
    with pytest.raises(Refused, match="Two points at that time"):
        tours.change(tour=early, by=dana, name="Farms", weekday=3, vehicle=vehicle, hours=given)
    tours.keep(tour=tour, kept=False, by=dana)
    tours.change(tour=early, by=dana, name="Farms", weekday=3, vehicle=vehicle, hours=given)
    with pytest.raises(Refused, match="Farms at that time"):
        tours.keep(tour=tour, kept=True, by=dana)
    tour.refresh_from_db()
    assert not tour.kept


def test_letting_go_and_keeping_again_are_told_once(tour, dana):
    for kept in (True, False, False, True):
        tours.keep(tour=tour, kept=kept, by=dana)
    assert told(tour) == ["kept the standing tour", "let the standing tour go", "made a standing tour"]


def test_stops_are_added_at_the_end_and_removed(tour, network, farm, shop, dana):
    last = tour.stops.last().at
    for place, minutes in ((farm, 15), (shop, 30)):
        added = tours.add(tour=tour, place=place, by=dana)
        assert added.at.hour * 60 + added.at.minute == last.hour * 60 + last.minute + minutes
        with pytest.raises(Refused, match="on this tour already") as refused:
            tours.add(tour=tour, place=place, by=dana)
        assert refused.value.field == "place"
    tours.remove(stop=tour.stops.get(position=2), by=dana)
    assert [stop.position for stop in tour.stops.all()] == [1, 2, 3]
    assert [str(tours.where(stop)) for stop in tour.stops.all()][1:] == ["Hoeve Alice", "Winkel Eli"]
    for stop in list(tour.stops.all())[1:]:
        tours.remove(stop=stop, by=dana)
    with pytest.raises(Refused, match="at least one stop"):
        tours.remove(stop=tour.stops.get(), by=dana)


def test_no_stop_after_midnight(tour, farm, dana):
    tour.stops.filter(position=2).update(at=time(23, 50))
    with pytest.raises(Refused, match="none can follow"):
        tours.add(tour=tour, place=farm, by=dana)


def test_what_belongs_to_another_network_is_no_stop(tour, dana):
    leuven = make_network("leuven")
    for place in (make_producer(leuven, "Far"), make_point(leuven, "z9"), make_outlet(leuven, "Winkel Ver")):
        with pytest.raises(Refused, match="does not belong to this network"):
            tours.add(tour=tour, place=place, by=dana)


def test_a_deleted_tour_leaves_its_rounds(tour, rides, dana):
    Round.objects.filter(pk=rides[1].pk).update(tour=tour)
    tours.delete(tour=tour, by=dana)
    assert not Tour.objects.exists()
    assert Round.objects.get(pk=rides[1].pk).tour is None
    assert JournalEntry.objects.filter(action="deleted the standing tour", data__name="Two points").exists()


# The pages


@pytest.fixture
def coordinator(dana, visit):
    return visit(dana)


def fields(tour, **wanted):
    given = {"name": tour.name, "weekday": tour.weekday, "vehicle": tour.vehicle_id}
    return given | {f"at_{pk}": f"{at:%H:%M}" for pk, at in hours(tour).items()} | wanted


def test_a_round_is_made_a_standing_tour_from_its_page(coordinator, rides):
    round_ = f"/rounds/{rides[1].pk}/"
    assert f"{round_}tour/" in coordinator.get(round_).content.decode()
    assert coordinator.post(f"{round_}tour/", {"name": " "}).status_code == 422
    answer = coordinator.post(f"{round_}tour/", {"name": "Milk round"}, follow=True)
    assert "the planner keeps its order and hours" in answer.content.decode()
    answer = coordinator.post(f"{round_}tour/", {"name": "Again"})
    assert answer.status_code == 422 and "at that time" in answer.content.decode()
    assert Tour.objects.get().name == "Milk round"


def test_a_tour_is_changed_on_its_page_and_what_is_wrong_stands_beside_its_field(coordinator, tour):
    url = f"/tours/{tour.pk}/"
    first, second = tour.stops.all()
    page = coordinator.post(url, fields(tour, **{f"at_{second.pk}": "06:00"})).content.decode()
    assert f'id="id_at_{second.pk}_error"' in page and "Each stop comes after the one before it" in page
    assert coordinator.post(url, fields(tour, **{f"at_{first.pk}": ""})).status_code == 422
    assert coordinator.post(url, fields(tour, weekday="6")).status_code == 422
    assert coordinator.post(url, fields(tour, vehicle="0")).status_code == 422
    assert coordinator.post(url, {}).status_code == 422
    given = fields(tour, name="New name", **{f"at_{first.pk}": "13:30", f"at_{second.pk}": "14:15"})
    assert coordinator.post(url, given).status_code == 302
    tour = Tour.objects.get()
    assert (tour.name, list(hours(tour).values())) == ("New name", [time(13, 30), time(14, 15)])


def test_stops_move_by_buttons(coordinator, tour, farm, leek):
    url = f"/tours/{tour.pk}/stops/"
    before = order(tour)
    coordinator.post(url, {"down": tour.stops.first().pk})
    assert [row[1] for row in order(tour)] == [before[1][1], before[0][1]]
    coordinator.post(url, {"up": tour.stops.last().pk})
    assert order(tour) == before
    assert coordinator.post(url, {"place": f"producer {farm.pk}"}).status_code == 302
    assert order(tour)[2][1] == "Hoeve Alice"
    coordinator.post(url, {"remove": tour.stops.last().pk})
    assert order(tour) == before


@pytest.mark.parametrize("given", [{}, {"place": ""}, {"place": "producer 999999"}, {"place": "rocket 1"}])
def test_a_stop_that_is_none_is_said_beside_its_field(coordinator, tour, given):
    answer = coordinator.post(f"/tours/{tour.pk}/stops/", given)
    assert answer.status_code == 422 and 'id="id_place_error"' in answer.content.decode()
    assert tour.stops.count() == 2


@pytest.mark.parametrize("given", [{"up": "x"}, {"down": "-1"}, {"remove": "999999"}])
def test_a_stop_of_another_tour_cannot_be_moved(coordinator, tour, given):
    assert coordinator.post(f"/tours/{tour.pk}/stops/", given).status_code == 404


def test_the_last_stop_stays_and_the_page_says_why(coordinator, tour):
    tour.stops.filter(position=2).delete()
    answer = coordinator.post(f"/tours/{tour.pk}/stops/", {"remove": tour.stops.get().pk}, follow=True)
    assert "Delete the tour instead" in answer.content.decode()
    assert tour.stops.count() == 1


def test_let_go_keep_again_and_delete(coordinator, tour, network):
    page = coordinator.post(f"/tours/{tour.pk}/keep/", follow=True).content.decode()
    assert "This tour is let go" in page
    page = coordinator.post(f"/tours/{tour.pk}/keep/", {"kept": "1"}, follow=True).content.decode()
    assert "The planner keeps this tour" in page
    coordinator.post(f"/tours/{tour.pk}/keep/")
    Vehicle.objects.update(weekdays=[1])
    answer = coordinator.post(f"/tours/{tour.pk}/keep/", {"kept": "1"}, follow=True)
    assert "does not drive on that day" in answer.content.decode()
    page = coordinator.post(f"/tours/{tour.pk}/delete/", follow=True).content.decode()
    assert "Two points is deleted" in page and "No standing tours yet" in page


def test_a_household_gets_403_and_changes_nothing(visit, bob, household, tour):
    before = (order(tour), Tour.objects.values().get())
    client = visit(bob)
    for page in ("", "stops/", "keep/", "delete/"):
        assert client.post(f"/tours/{tour.pk}/{page}", fields(tour, name="x")).status_code == 403
    assert (order(tour), Tour.objects.values().get()) == before


def test_the_number_of_queries_of_tours(coordinator, network, tour, farm, shop, dana, django_assert_num_queries):
    def look():
        with django_assert_num_queries(6):
            coordinator.get(f"/{network.slug}/tours/")
        with django_assert_num_queries(14):
            coordinator.get(f"/tours/{tour.pk}/")

    look()
    for place in (farm, shop):
        tours.add(tour=tour, place=place, by=dana)
    again = Tour.objects.create(network=network, name="Another", weekday=4, vehicle=make_vehicle(network, "Other"))
    tours.add(tour=again, place=make_point(network, "c3"), by=dana)
    look()


def test_a_version_of_before_a_tour_was_deleted_comes_back_without_it(tour, closed_day, dana):
    rounds.plan_rounds(day=closed_day, iterations=20)
    closed_day.refresh_from_db()
    ride = closed_day.rounds.get(tour=tour)
    version = versions.latest(closed_day).number
    edits.lock_round(day=closed_day, version=version, by=dana, round=ride.pk, locked=False)
    tours.delete(tour=tour, by=dana)
    edits.undo(day=closed_day, version=version + 1, by=dana)
    assert not closed_day.rounds.exclude(tour=None).exists()
