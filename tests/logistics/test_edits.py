"""The coordinator's changes of a plan: what each does to stops, times and versions, and what is refused."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import drafts, edits, flaws, rounds, versions
from logistics.models import Crate, PlanVersion, Round, Stop, Unplanned
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, NetworkRole
from tests.conftest import make_network, make_person
from tests.logistics.conftest import make_vehicle, plan_in_order


@pytest.fixture
def second(network: Any) -> Any:
    return make_vehicle(network, "Bakfiets")


@pytest.fixture
def planned(closed_day: DeliveryDay, vehicle: Any, gust: Any) -> DeliveryDay:
    """Round 1 collects at Bea, then Alice; round 2 delivers at a1, then b2. Gust drives both."""
    return plan_in_order(closed_day, "Melkerij Bea", "Hoeve Alice", "Punt a1", "Punt b2")


def shape(day: DeliveryDay) -> dict[int, list[str]]:
    """Names of the stops of each round, in order."""
    found = drafts.load(day)
    return {trip.round.number: [str(visit.stop) for visit in trip.visits] for trip in found.trips}


def at(moment: Any) -> str:
    return f"{clock.local(moment):%H:%M}"


def the_round(day: DeliveryDay, number: int) -> Round:
    return day.rounds.get(number=number)


def the_stop(day: DeliveryDay, name: str) -> Stop:
    return next(visit.stop for _trip, visit in drafts.load(day).visits() if str(visit.stop) == name)


def times(day: DeliveryDay, number: int) -> list[str]:
    found = the_round(day, number)
    return [at(found.starts_at), *(at(stop.arrives_at) for stop in found.stops.all()), at(found.ends_at)]


def test_a_plan_has_no_flaws(planned: DeliveryDay) -> None:
    assert shape(planned) == {1: ["Melkerij Bea", "Hoeve Alice"], 2: ["Punt a1", "Punt b2"]}
    assert flaws.flaws_of(drafts.load(planned)) == []


def test_a_stop_moves_within_its_round_which_is_timed_anew(planned: DeliveryDay, dana: Any) -> None:
    assert times(planned, 1) == ["05:45", "06:00", "06:27", "06:54"]
    before = list(planned.rounds.order_by("pk").values_list("pk", flat=True))
    stop = the_stop(planned, "Hoeve Alice")
    version = edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1).version
    assert shape(planned)[1] == ["Hoeve Alice", "Melkerij Bea"]
    assert times(planned, 1) == ["05:40", "06:00", "06:28", "06:49"]
    assert times(planned, 2) == ["13:54", "14:00", "14:23", "14:44"]
    assert (version.number, version.action, version.by) == (2, "moved a stop", dana)
    assert list(planned.rounds.order_by("pk").values_list("pk", flat=True)) == before
    assert JournalEntry.objects.get(action="moved a stop", actor=dana).data == {"version": 2, "stop": "Hoeve Alice"}


def test_undo_brings_the_plan_back_and_undo_of_undo_the_change(planned: DeliveryDay, dana: Any) -> None:
    first = planned.plan_versions.get()
    stop = the_stop(planned, "Hoeve Alice")
    second = edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1).version
    third = edits.undo(day=planned, version=2, by=dana).version
    assert third.plan == first.plan
    assert (third.km, third.cost, third.co2_kg) == (first.km, first.cost, first.co2_kg)
    assert versions.snapshot(drafts.load(planned)) == first.plan
    assert edits.undo(day=planned, version=3, by=dana).version.plan == second.plan
    assert the_stop(planned, "Hoeve Alice").pk == stop.pk
    assert planned.plan_versions.count() == 4


def test_a_stop_gets_a_round_of_its_own(planned: DeliveryDay, dana: Any, second: Any) -> None:
    stop = the_stop(planned, "Punt b2")
    edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, vehicle=second.pk)
    assert shape(planned) == {1: ["Melkerij Bea", "Hoeve Alice"], 2: ["Punt a1"], 3: ["Punt b2"]}
    new = the_round(planned, 3)
    assert (new.vehicle, new.leg, new.driver) == (second, "distribution", None)
    assert Stop.objects.get(pk=stop.pk).round == new
    assert new.cost == Decimal("35") + (new.km * Decimal("0.42") + hours(new) * 30).quantize(Decimal("0.01"))
    assert Crate.objects.filter(stop__round=new).count() == 4
    edits.move_stop(day=planned, version=2, by=dana, stop=stop.pk, round=the_round(planned, 2).pk, position=1)
    assert shape(planned) == {1: ["Melkerij Bea", "Hoeve Alice"], 2: ["Punt b2", "Punt a1"]}


def hours(round_: Round) -> Decimal:
    return Decimal((round_.ends_at - round_.starts_at).total_seconds()) / 3600


def test_a_round_is_split_and_merged_again(planned: DeliveryDay, dana: Any, gust: Any) -> None:
    kept = the_round(planned, 1).pk
    edits.split_round(day=planned, version=1, by=dana, round=kept, after=1)
    assert shape(planned) == {1: ["Melkerij Bea"], 2: ["Punt a1", "Punt b2"], 3: ["Hoeve Alice"]}
    assert times(planned, 1) == ["05:45", "06:00", "06:21"]
    assert times(planned, 3) == ["06:21", "06:41", "07:08"]
    assert the_round(planned, 3).driver == gust
    edits.merge_rounds(day=planned, version=2, by=dana, round=the_round(planned, 3).pk, into=kept)
    assert shape(planned) == {1: ["Melkerij Bea", "Hoeve Alice"], 2: ["Punt a1", "Punt b2"]}
    assert the_round(planned, 1).pk == kept
    last = planned.plan_versions.get(number=3)
    assert last.plan == planned.plan_versions.get(number=1).plan
    again = edits.restore(day=planned, version=3, by=dana, number=2).version
    assert again.plan == planned.plan_versions.get(number=2).plan
    assert sorted(shape(planned)) == [1, 2, 3]


def test_the_vehicle_is_swapped_and_its_day_is_paid_once(planned: DeliveryDay, dana: Any, second: Any) -> None:
    first, other = the_round(planned, 1), the_round(planned, 2)
    edits.swap_vehicle(day=planned, version=1, by=dana, round=first.pk, vehicle=second.pk)
    assert the_round(planned, 1).vehicle == second
    assert the_round(planned, 1).cost == first.cost
    assert the_round(planned, 2).cost == other.cost + 35


def test_what_is_wrong_is_kept_and_said(planned: DeliveryDay, dana: Any, network: Any) -> None:
    bike = make_vehicle(
        network, "Fiets", crates=3, ambient=0, cool=2, cold=20, frozen=20, kg=20, available_until=time(14, 30)
    )
    edits.swap_vehicle(day=planned, version=1, by=dana, round=the_round(planned, 2).pk, vehicle=bike.pk)
    found = drafts.load(planned)
    assert [flaws.spelled(found, flaw) for flaw in flaws.flaws_of(found)] == [
        "Round 2: is back 14 minutes after the vehicle's hours",
        "Round 2: too many crates cool: 3 too many",
        "Round 2: carries 4 crates too many",
        "Round 2: carries 36 kg too much",
    ]


def test_a_stop_that_is_reached_too_late_says_how_much(planned: DeliveryDay, dana: Any, farm: Any) -> None:
    farm.closes = time(6, 10)
    farm.save()
    assert [str(flaw) for flaw in flaws.flaws_of(drafts.load(planned))] == ["comes 17 minutes too late"]
    flaw = flaws.flaws_of(drafts.load(planned))[0]
    assert flaw.stop == the_stop(planned, "Hoeve Alice").pk


def test_what_follows_waits_for_its_van_and_its_crates(planned: DeliveryDay, dana: Any, farm: Any) -> None:
    """Alice opens at 14.00: round 1 comes home after round 2 would leave, so round 2 leaves an hour after that."""
    farm.opens, farm.closes = time(14), time(18)
    farm.save()
    edits.move_stop(day=planned, version=1, by=dana, stop=the_stop(planned, "Melkerij Bea").pk, position=1)
    assert times(planned, 1)[-1] == "14:27"
    assert times(planned, 2)[0] == "15:27"
    locked = the_round(planned, 2)
    edits.lock_round(day=planned, version=2, by=dana, round=locked.pk)
    farm.opens = time(15)
    farm.save()
    edits.move_stop(day=planned, version=3, by=dana, stop=the_stop(planned, "Melkerij Bea").pk, position=1)
    assert times(planned, 2)[0] == "15:27"
    assert [str(flaw) for flaw in flaws.flaws_of(drafts.load(planned))] == [
        "leaves 60 minutes before all crates are sorted at the hub"
    ]


def test_what_no_van_could_take_is_put_on_a_round(closed_day: DeliveryDay, dana: Any, network: Any, farm: Any) -> None:
    rounds.plan_rounds(day=closed_day)
    assert Unplanned.objects.count() == 4
    van = make_vehicle(network)
    before = closed_day.plan_versions.get()
    edits.place(day=closed_day, version=1, by=dana, producer=farm.pk, vehicle=van.pk)
    assert shape(closed_day) == {1: ["Hoeve Alice"]}
    assert (Unplanned.objects.count(), closed_day.plan_versions.get(number=2).unplanned) == (3, 3)
    assert Crate.objects.filter(stop__round__number=1).count() == 4
    with pytest.raises(Refused, match="No crates of this farm"):
        edits.place(day=closed_day, version=2, by=dana, producer=farm.pk, vehicle=van.pk)
    bea = Unplanned.objects.exclude(producer=None).get().producer_id
    edits.place(day=closed_day, version=2, by=dana, producer=bea, round=the_round(closed_day, 1).pk, position=1)
    assert shape(closed_day) == {1: ["Melkerij Bea", "Hoeve Alice"]}
    restored = edits.restore(day=closed_day, version=3, by=dana, number=1).version
    assert restored.plan == before.plan
    assert shape(closed_day) == {} and Unplanned.objects.count() == 4
    assert not Crate.objects.exclude(stop=None).exists()


def test_locks_hold(planned: DeliveryDay, dana: Any, second: Any) -> None:
    stop = the_stop(planned, "Hoeve Alice")
    edits.lock_stop(day=planned, version=1, by=dana, stop=stop.pk)
    with pytest.raises(Refused, match="Hoeve Alice is locked"):
        edits.move_stop(day=planned, version=2, by=dana, stop=stop.pk, position=1)
    with pytest.raises(Refused, match="Hoeve Alice is locked"):
        edits.split_round(day=planned, version=2, by=dana, round=stop.round_id, after=1)
    edits.lock_stop(day=planned, version=2, by=dana, stop=stop.pk, locked=False)
    edits.lock_round(day=planned, version=3, by=dana, round=stop.round_id)
    for change in (
        lambda: edits.move_stop(day=planned, version=4, by=dana, stop=stop.pk, position=1),
        lambda: edits.swap_vehicle(day=planned, version=4, by=dana, round=stop.round_id, vehicle=second.pk),
        lambda: edits.split_round(day=planned, version=4, by=dana, round=stop.round_id, after=1),
    ):
        with pytest.raises(Refused, match="Round 1 is locked"):
            change()
    edits.lock_round(day=planned, version=4, by=dana, round=stop.round_id, locked=False)
    assert planned.plan_versions.count() == 5


@pytest.mark.parametrize("position", [0, 4, -1, 99])
def test_a_position_out_of_range_is_refused(planned: DeliveryDay, dana: Any, position: int) -> None:
    stop = the_stop(planned, "Hoeve Alice")
    with pytest.raises(Refused, match="from 1 to 2"):
        edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=position)
    assert planned.plan_versions.count() == 1


def test_nonsense_is_refused_and_changes_nothing(planned: DeliveryDay, dana: Any, vehicle: Any) -> None:
    elsewhere = make_vehicle(make_network("aalst"))
    one, two = the_round(planned, 1).pk, the_round(planned, 2).pk
    stop = the_stop(planned, "Hoeve Alice").pk
    before = versions.snapshot(drafts.load(planned))
    plan: dict[str, Any] = {"day": planned, "version": 1, "by": dana}
    for change, why in (
        (lambda: edits.move_stop(**plan, stop=999999, position=1), "not in the plan"),
        (lambda: edits.move_stop(**plan, stop=stop, round=two), "cannot be mixed"),
        (lambda: edits.move_stop(**plan, stop=stop, round=999999), "not in the plan"),
        (lambda: edits.merge_rounds(**plan, round=one, into=two), "cannot be mixed"),
        (lambda: edits.merge_rounds(**plan, round=one, into=one), "another round"),
        (lambda: edits.split_round(**plan, round=one, after=2), "others follow"),
        (lambda: edits.split_round(**plan, round=one, after=0), "others follow"),
        (lambda: edits.swap_vehicle(**plan, round=one, vehicle=elsewhere.pk), "drives for this network"),
        (lambda: edits.move_stop(**plan, stop=stop, vehicle=elsewhere.pk), "drives for this network"),
        (lambda: edits.restore(**plan, number=7), "does not exist"),
        (lambda: edits.undo(**plan), "nothing to undo"),
        (lambda: edits.move_stop(**plan | {"version": 3}, stop=stop, position=1), "Somebody changed the plan"),
    ):
        with pytest.raises(Refused, match=why):
            change()
    assert versions.snapshot(drafts.load(planned)) == before
    assert planned.plan_versions.count() == 1


def test_a_round_on_the_road_stays_as_it_is(planned: DeliveryDay, dana: Any, second: Any) -> None:
    stop = the_stop(planned, "Hoeve Alice")
    edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1)
    planned.rounds.filter(number=1).update(status=Round.Status.DRIVING)
    plan: dict[str, Any] = {"day": planned, "version": 2, "by": dana}
    for change in (
        lambda: edits.move_stop(**plan, stop=stop.pk, position=2),
        lambda: edits.swap_vehicle(**plan, round=stop.round_id, vehicle=second.pk),
        lambda: edits.lock_round(**plan, round=stop.round_id),
        lambda: edits.undo(**plan),
    ):
        with pytest.raises(Refused, match="Round 1 is on the road"):
            change()
    edits.move_stop(**plan, stop=the_stop(planned, "Punt b2").pk, position=1)
    edits.undo(day=planned, version=3, by=dana)
    assert shape(planned) == {1: ["Hoeve Alice", "Melkerij Bea"], 2: ["Punt a1", "Punt b2"]}


def test_a_day_that_is_driven_or_not_planned_cannot_be_edited(planned: DeliveryDay, dana: Any) -> None:
    for status in (DeliveryDay.Status.CLOSED, DeliveryDay.Status.DRIVEN, DeliveryDay.Status.SETTLED):
        DeliveryDay.objects.filter(pk=planned.pk).update(status=status)
        with pytest.raises(Refused, match="from the moment it is made"):
            edits.lock_round(day=planned, version=1, by=dana, round=the_round(planned, 1).pk)


def test_drivers_are_chosen_all_at_once(planned: DeliveryDay, dana: Any, network: Any, bob: Any) -> None:
    hilde = make_person("hilde")
    NetworkRole.objects.create(network=network, person=hilde, role="driver")
    one, two = the_round(planned, 1).pk, the_round(planned, 2).pk
    version = edits.assign_drivers(day=planned, version=1, by=dana, drivers={one: hilde.pk, two: None}).version
    assert [round_.driver for round_ in planned.rounds.order_by("number")] == [hilde, None]
    assert version.plan["rounds"][0]["driver"] == hilde.pk
    for drivers, why in (({one: bob.pk}, "driver of this network"), ({one: hilde.pk, two: None}, "keeps its driver")):
        with pytest.raises(Refused, match=why):
            edits.assign_drivers(day=planned, version=2, by=dana, drivers=drivers)
    edits.undo(day=planned, version=2, by=dana)
    assert {round_.driver.name for round_ in planned.rounds.all() if round_.driver} == {"Gust"}


def test_the_number_of_queries_of_a_change(planned: DeliveryDay, dana: Any, django_assert_num_queries: Any) -> None:
    stop = the_stop(planned, "Hoeve Alice")
    with django_assert_num_queries(14):
        edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1)
    versions.publish(day=planned, by=dana)
    with django_assert_num_queries(22):
        edits.undo(day=planned, version=2, by=dana)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 3)), max_size=6))
def test_whatever_is_changed_no_crate_is_lost_and_every_version_comes_back(
    planned: DeliveryDay, dana: Any, second: Any, changes: list[tuple[int, int, int]]
) -> None:
    start = versions.latest(planned)
    assert isinstance(start, PlanVersion)
    crates = Crate.objects.filter(delivery_day=planned)
    on_rounds = crates.exclude(stop=None).count()
    for what, which, position in changes:
        number = planned.plan_versions.count()
        plan: dict[str, Any] = {"day": planned, "version": number, "by": dana}
        stops = list(Stop.objects.filter(round__delivery_day=planned).order_by("pk"))
        stop = stops[which % len(stops)]
        try:
            if what == 0:
                edits.move_stop(**plan, stop=stop.pk, position=position)
            elif what == 1:
                edits.move_stop(**plan, stop=stop.pk, vehicle=second.pk)
            elif what == 2:
                edits.split_round(**plan, round=stop.round_id, after=position)
            elif what == 3:
                edits.merge_rounds(**plan, round=stop.round_id, into=stops[(which + position) % len(stops)].round_id)
            elif what == 4:
                edits.swap_vehicle(**plan, round=stop.round_id, vehicle=second.pk)
            else:
                edits.undo(**plan)
        except Refused:
            assert planned.plan_versions.count() == number
        assert crates.exclude(stop=None).count() == on_rounds
        last = versions.latest(planned)
        assert last and last.plan == versions.snapshot(drafts.load(planned))
        for found in planned.rounds.all():
            positions = list(found.stops.order_by("position").values_list("position", flat=True))
            assert positions == list(range(1, len(positions) + 1)) != []
    back = edits.restore(day=planned, version=planned.plan_versions.count(), by=dana, number=start.number)
    assert back.version.plan == start.plan
