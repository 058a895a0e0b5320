"""Planning as a job: asked once, followed, ended early, and harmless when it is killed."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.urls import reverse

from logistics import rounds, tasks, versions, waves
from logistics.models import Crate, PlanVersion
from network import clock
from network.models import DeliveryDay


@pytest.fixture(autouse=True)
def no_former_planning(closed_day):
    """The cache outlives the database of a test."""
    yield
    tasks.forget(closed_day)


@pytest.fixture
def coordinator(client, dana):
    client.force_login(dana)
    return client


def page_of(day):
    return reverse("logistics:day", args=[day.pk])


def test_a_plan_is_asked_once_and_made_once(closed_day, vehicle, dana):
    assert tasks.ask_for_plan(closed_day, dana)
    assert not tasks.ask_for_plan(closed_day, dana)
    assert tasks.progress_of(closed_day) == {"step": "waiting"}
    tasks.plan_day(closed_day.pk, dana.pk)
    assert tasks.progress_of(closed_day) == {}
    assert PlanVersion.objects.get().by == dana


def test_cancelled_before_a_worker_began_it_never_begins(closed_day, vehicle, dana):
    tasks.ask_for_plan(closed_day, dana)
    assert tasks.end_planning(closed_day, keep=False)
    assert tasks.progress_of(closed_day) == {"step": "waiting", "wish": "cancel"}
    tasks.plan_day(closed_day.pk, dana.pk)
    assert tasks.progress_of(closed_day) == {}
    assert not closed_day.crates.exists()
    closed_day.refresh_from_db()
    assert closed_day.status == DeliveryDay.Status.CLOSED


def test_a_wish_does_not_outlive_the_plan_it_was_for(closed_day, vehicle, dana):
    tasks.ask_for_plan(closed_day, dana)
    tasks.end_planning(closed_day, keep=False)
    tasks.plan_day(closed_day.pk, dana.pk)
    tasks.ask_for_plan(closed_day, dana)
    tasks.plan_day(closed_day.pk, dana.pk)
    assert closed_day.rounds.count() == 2


def test_the_best_so_far_is_kept(closed_day, vehicle, dana):
    tasks.ask_for_plan(closed_day, dana)
    tasks.end_planning(closed_day, keep=True)
    tasks.plan_day(closed_day.pk, dana.pk)
    assert closed_day.rounds.count() == 2
    assert PlanVersion.objects.get().plan["search"]["cut_short"]


@pytest.mark.parametrize(("form", "iterations"), [({}, 3_000), ({"thorough": "1"}, 60_000)])
def test_a_coordinator_who_has_the_patience_has_it_searched_for_longer(
    coordinator, closed_day, vehicle, monkeypatch, form, iterations
):
    monkeypatch.setattr(waves, "SETTLED", 200)
    monkeypatch.setattr(tasks.plan_day, "delay", tasks.plan_day)
    rounds.plan_rounds(day=closed_day)
    page = coordinator.get(page_of(closed_day)).content.decode()
    assert 'name="thorough"' in page and '<input type="hidden" name="version" value="1">' in page
    coordinator.post(reverse("logistics:plan", args=[closed_day.pk]), form | {"version": "1"})
    version = PlanVersion.objects.latest("pk")
    assert version.plan["search"] == {"iterations": iterations, "seed": 1, "cut_short": False}
    assert closed_day.rounds.count() == 2 and PlanVersion.objects.count() == 2


def test_ending_what_is_not_being_planned_does_nothing(coordinator, closed_day):
    assert not tasks.end_planning(closed_day, keep=True)
    answer = coordinator.post(
        reverse("logistics:cancel_plan", args=[closed_day.pk]), follow=True, headers={"accept-language": "en"}
    )
    assert "already ended" in answer.content.decode()
    assert tasks.progress_of(closed_day) == {}


def test_the_page_shows_step_percent_and_cost_and_how_to_end_it(coordinator, closed_day, dana):
    tasks.ask_for_plan(closed_day, dana)
    page = coordinator.get(page_of(closed_day)).content.decode()
    assert reverse("logistics:cancel_plan", args=[closed_day.pk]) in page
    assert 'name="keep"' not in page
    tasks.cache.set(tasks._key(closed_day.pk), {"step": "distribution", "percent": 40, "cost": 123.45}, 60)
    page = coordinator.get(page_of(closed_day)).content.decode()
    assert 'value="40"' in page
    assert "123,45" in page
    assert 'name="keep"' in page
    coordinator.post(reverse("logistics:cancel_plan", args=[closed_day.pk]), {"keep": "1"})
    assert tasks.progress_of(closed_day)["wish"] == "keep"
    page = coordinator.get(page_of(closed_day)).content.decode()
    assert reverse("logistics:cancel_plan", args=[closed_day.pk]) not in page


def test_a_failure_is_told_and_leaves_the_former_plan(closed_day, vehicle, dana):
    rounds.plan_rounds(day=closed_day, iterations=20)
    Crate.objects.filter(delivery_day=closed_day, leg="collection").update(status=Crate.Status.LOADED)
    dana.language = "en"
    dana.save()
    tasks.ask_for_plan(closed_day, dana, version=1)
    tasks.plan_day(closed_day.pk, dana.pk, version=1)
    assert "noted on the road" in tasks.progress_of(closed_day)["failed"]
    assert closed_day.rounds.count() == 2


def test_every_closed_day_still_to_come_is_planned_by_the_clock(closed_day, cycle):
    other = cycle.days.exclude(pk=closed_day.pk).get()
    try:
        assert tasks.plan_all_due() == 1
        assert tasks.plan_all_due() == 0
        assert tasks.progress_of(closed_day) == {"step": "waiting"}
        assert tasks.progress_of(other) == {}
    finally:
        tasks.forget(other)


def test_a_day_that_is_over_is_not_planned_by_the_clock(closed_day):
    with clock.at(clock.moment(closed_day.on + timedelta(days=1), clock.datetime.min.time())):
        assert tasks.plan_all_due() == 0


def test_a_job_handed_out_again_replaces_nothing_that_was_made_since(closed_day, vehicle, dana):
    tasks.ask_for_plan(closed_day, dana)
    tasks.plan_day(closed_day.pk, dana.pk)
    versions.publish(day=closed_day, by=dana)
    tasks.plan_day(closed_day.pk, dana.pk)
    assert versions.published(closed_day) and PlanVersion.objects.count() == 1
    assert tasks.progress_of(closed_day) == {}
    tasks.ask_for_plan(closed_day, dana, version=1)
    versions.record(day=closed_day, action="moved a stop", by=dana)
    dana.language = "en"
    dana.save()
    tasks.plan_day(closed_day.pk, dana.pk, version=1)
    assert "Somebody changed the plan meanwhile" in tasks.progress_of(closed_day)["failed"]
    assert PlanVersion.objects.count() == 2


@pytest.mark.parametrize("version", ["0", "", "2", "x", "9" * 5000])
def test_who_did_not_see_the_plan_does_not_replace_it(coordinator, closed_day, vehicle, version):
    rounds.plan_rounds(day=closed_day, iterations=20)
    answer = coordinator.post(
        reverse("logistics:plan", args=[closed_day.pk]),
        {"version": version},
        follow=True,
        headers={"accept-language": "en"},
    )
    assert "Somebody changed the plan meanwhile" in answer.content.decode()
    assert tasks.progress_of(closed_day) == {}


@pytest.mark.django_db(transaction=True)
def test_a_job_handed_out_twice_runs_once(closed_day, vehicle, dana):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [tasks.PLANNING, closed_day.pk])

    def second() -> None:
        tasks.plan_day(closed_day.pk, dana.pk)
        connections.close_all()

    try:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert not PlanVersion.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [tasks.PLANNING, closed_day.pk])
    tasks.plan_day(closed_day.pk, dana.pk)
    assert PlanVersion.objects.count() == 1
