"""Two vans back at the hub in the same minute, and a plan asked while the first crate is checked: real threads, real commits."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils.translation import override

from logistics import drivers, edits, handover, rounds, versions
from logistics.models import Crate, Round
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, OutboxEntry
from tests.conftest import NOW, make_point, make_producer, make_product, make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.races.threads import all_at_once, waiting_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)
MEET = threading.Barrier(2)


@pytest.fixture
def point(network: Any) -> Any:
    make_point(network, "b2", lat=51.0, lon=3.8)
    return make_point(network)


@pytest.fixture
def planned(day: Any, delivery: Any, network: Any, household: Any, leek: Any, gust: Any) -> DeliveryDay:
    """Two rounds: leek collected at the farm and brought to the point."""
    kale = make_product(make_producer(network, "Hoeve Cor"), "kale")
    make_order(delivery, household, {leek: 30, kale: 20})
    make_vehicle(network)
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    versions.publish(day=day, by=None)
    day.refresh_from_db()
    return day


def finish_blindly(ride: Round) -> None:
    """The control: finishing without the lock on the day, each looking for other rounds before the other has committed."""
    with transaction.atomic():
        Round.objects.filter(pk=ride.pk).update(status=Round.Status.DRIVEN)
        others = Round.objects.filter(delivery_day=ride.delivery_day_id).exclude(status=Round.Status.DRIVEN)
        last = not others.exists()
        MEET.wait(timeout=30)
        if last:
            DeliveryDay.objects.filter(pk=ride.delivery_day_id).update(status=DeliveryDay.Status.DRIVEN)


def test_the_day_is_driven_when_the_last_two_rounds_finish_at_once(planned: DeliveryDay, gust: Any) -> None:
    rides = list(planned.rounds.all())
    Crate.objects.filter(delivery_day=planned).update(status=Crate.Status.LOADED)
    answers = all_at_once(lambda number: handover.finish_round(round=rides[number], by=gust), len(rides))
    assert [type(answer) for answer in answers] == [Round] * len(rides)
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.DRIVEN


def test_without_the_lock_nobody_would_notice_that_the_day_is_driven(planned: DeliveryDay) -> None:
    rides = list(planned.rounds.all())[:2]
    planned.rounds.exclude(pk__in=[ride.pk for ride in rides]).delete()
    assert all_at_once(lambda number: finish_blindly(rides[number]), 2) == [None, None]
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.PLANNED


def test_a_plan_and_a_check_of_the_same_crate_never_both_win(planned: DeliveryDay, gust: Any) -> None:
    crate = planned.crates.filter(leg="collection").first()
    assert crate

    def act(number: int) -> Any:
        if number:
            return handover.check_crates(crates=[crate.pk], by=gust)
        return rounds.plan_rounds(day=planned, iterations=20)

    planning, checking = all_at_once(act, 2)
    if isinstance(planning, Refused):
        assert checking == 1
        assert Crate.objects.get(pk=crate.pk).status == Crate.Status.LOADED
    else:
        assert isinstance(checking, Refused)
        assert not planned.crates.exclude(status=Crate.Status.EXPECTED).exists()


def test_two_phones_on_one_stop_check_every_crate_once(planned: DeliveryDay, gust: Any, dana: Any) -> None:
    crates = list(planned.crates.filter(leg="collection").values_list("pk", flat=True))
    answers = all_at_once(lambda number: handover.check_crates(crates=crates, by=(gust, dana)[number]), 2)
    assert sorted(answers) == [0, len(crates)]


def test_of_two_coordinators_at_once_one_changes_the_plan(planned: DeliveryDay, dana: Any) -> None:
    stop = planned.rounds.get(leg="collection").stops.get(position=2)
    answers = all_at_once(lambda number: edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1), 4)
    assert sorted(type(answer).__name__ for answer in answers) == ["Kept", "Refused", "Refused", "Refused"]
    assert [version.number for version in planned.plan_versions.all()] == [1, 2]


def move_blindly(stop: Any) -> None:
    """The control: looking which version is the last one, and changing the plan, without the lock on the day."""
    with transaction.atomic():
        last = versions.latest(stop.round.delivery_day)
        assert last and last.number == 1
        MEET.wait(timeout=30)
        versions.record(day=stop.round.delivery_day, action="moved a stop", by=None)


def test_without_the_lock_both_would_start_from_the_same_version(planned: DeliveryDay) -> None:
    """Nobody is told that the plan changed meanwhile: the second is stopped by the database, or not even by that."""
    stop = planned.rounds.get(leg="collection").stops.get(position=2)
    answers = all_at_once(lambda number: move_blindly(stop), 2)
    assert sorted(type(answer).__name__ for answer in answers) in (
        ["IntegrityError", "NoneType"],
        ["NoneType", "NoneType"],
    )


def test_a_change_and_a_check_off_never_cross(planned: DeliveryDay, dana: Any, gust: Any) -> None:
    """The round is changed before it is under way, or not at all; the crate is checked either way."""
    stop = planned.rounds.get(leg="collection").stops.get(position=2)
    crate = stop.crates.first()
    assert crate

    def act(number: int) -> Any:
        if number:
            return handover.check_crates(crates=[crate.pk], by=gust)
        return edits.move_stop(day=planned, version=1, by=dana, stop=stop.pk, position=1)

    moved, checked = all_at_once(act, 2)
    assert checked == 1
    assert Crate.objects.get(pk=crate.pk).status == Crate.Status.LOADED
    stop.refresh_from_db()
    assert stop.position == (2 if isinstance(moved, Refused) else 1)
    assert planned.plan_versions.count() == (1 if isinstance(moved, Refused) else 2)


def test_a_change_made_while_a_driver_is_mailed_is_mailed_after_it(planned: DeliveryDay, dana: Any, gust: Any) -> None:
    ride = planned.rounds.get(leg="collection")
    handover.assign_driver(round=ride, driver=gust, by=dana)
    mails = OutboxEntry.objects.filter(kind=drivers.KIND, payload__number=ride.number).order_by("pk")
    other = make_vehicle(planned.network, "Other van")

    def change() -> None:
        try:
            with clock.at(NOW), override("en"):
                edits.swap_vehicle(day=planned, version=2, by=dana, round=ride.pk, vehicle=other.pk)
        finally:
            connection.close()

    coordinator = threading.Thread(target=change)
    with transaction.atomic():
        mails.select_for_update().get()
        with waiting_for_a_lock(1):
            coordinator.start()
        mails.update(done_at=NOW)
    coordinator.join(timeout=60)
    assert [(mail.payload["sequence"], mail.payload["what"]["vehicle"], mail.done_at) for mail in mails] == [
        (0, ride.vehicle_id, NOW),
        (1, other.pk, None),
    ]
