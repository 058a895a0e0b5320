from datetime import timedelta

import pytest
from django.urls import reverse

from logistics import rounds, tasks, versions
from logistics.models import Crate, TransportChoice
from network import clock
from network.models import DeliveryDay


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def coordinator(client, dana):
    client.force_login(dana)
    return client


def of(day, name="day"):
    return reverse(f"logistics:{name}", args=[day.pk])


def test_the_week_shows_every_day_with_its_state_and_orders(coordinator, network, closed_day, cycle):
    page = coordinator.get(reverse("logistics:week", args=[network.slug])).content.decode()
    assert page.count('class="steps"') == 2
    assert of(closed_day) in page
    row = next(part for part in page.split("<article") if of(closed_day) in part)
    assert "<dd>2</dd>" in row


def test_a_week_is_reached_by_its_monday_and_no_other_date(coordinator, network, cycle):
    assert coordinator.get(reverse("logistics:cycle", args=[network.slug, "2026-03-02"])).status_code == 200
    for wrong in ("2026-03-03", "monday", "2026-13-40"):
        assert coordinator.get(reverse("logistics:cycle", args=[network.slug, wrong])).status_code == 404


def test_a_network_without_weeks_says_so(coordinator, network):
    assert coordinator.get(reverse("logistics:week", args=[network.slug])).status_code == 200


def test_close_early(coordinator, day):
    answer = coordinator.post(of(day, "close"), follow=True)
    day.refresh_from_db()
    assert day.status == DeliveryDay.Status.CLOSED
    assert of(day, "plan") in answer.content.decode()
    assert coordinator.post(of(day, "close"), follow=True).status_code == 200


def test_postpone_the_cut_off(coordinator, day):
    later = day.closes_at + timedelta(hours=5)
    local = clock.local(later)
    values = {"on": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "reason": "frost"}
    assert coordinator.post(of(day, "postpone"), values).status_code == 302
    day.refresh_from_db()
    assert day.closes_at == later


@pytest.mark.parametrize(
    "values",
    [
        {"on": "2026-03-01", "time": "12:00"},
        {"on": "2026-03-05", "time": "00:00"},
        {"on": "soon", "time": "12:00"},
        {"on": "2026-03-04", "time": "25:00"},
        {},
    ],
)
def test_an_impossible_new_cut_off_is_explained_beside_the_field_and_changes_nothing(coordinator, day, values):
    before = day.closes_at
    answer = coordinator.post(of(day, "postpone"), values)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    day.refresh_from_db()
    assert day.closes_at == before


def test_a_postponed_cut_off_in_the_hour_that_does_not_exist_is_the_moment_after_the_jump(coordinator, day):
    DeliveryDay.objects.filter(pk=day.pk).update(
        on="2026-03-31", closes_at=clock.moment(day.on, clock.datetime.min.time())
    )
    coordinator.post(of(day, "postpone"), {"on": "2026-03-29", "time": "02:30"})
    day.refresh_from_db()
    assert f"{clock.local(day.closes_at):%d %H:%M}" == "29 03:30"


def test_planning_is_asked_of_the_worker_once_and_its_progress_is_seen(
    coordinator, closed_day, vehicle, dana, settings
):
    assert tasks.ask_for_plan(closed_day, dana)
    assert not tasks.ask_for_plan(closed_day, dana)
    page = coordinator.get(of(closed_day)).content.decode()
    assert 'hx-trigger="every 1s"' in page
    tasks.plan_day(closed_day.pk, dana.pk)
    assert tasks.progress_of(closed_day) == {}
    answer = coordinator.get(of(closed_day) + "?planning", headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_a_plan_that_is_refused_says_why_on_the_page(coordinator, planned, dana):
    Crate.objects.filter(delivery_day=planned).update(status=Crate.Status.LOADED)
    tasks.ask_for_plan(planned, dana, version=1)
    tasks.plan_day(planned.pk, dana.pk, version=1)
    assert "note alert" in coordinator.get(of(planned)).content.decode()
    assert tasks.ask_for_plan(planned, dana)
    tasks.forget(planned)


def test_the_planned_day_shows_its_rounds_loads_and_papers(coordinator, planned):
    page = coordinator.get(of(planned)).content.decode()
    for round_ in planned.rounds.all():
        assert reverse("logistics:round", args=[round_.pk]) in page
    for purchase in planned.purchase_orders.all():
        assert reverse("orders:purchase_order", args=[purchase.pk]) in page
        assert reverse("logistics:missing", args=[purchase.pk]) in page
    assert page.count("data-map") == 2
    assert of(planned, "packing_lists") in page


def test_what_no_van_could_take_is_said_with_the_reason_and_settled_by_hand(coordinator, closed_day, farm):
    rounds.plan_rounds(day=closed_day)
    versions.publish(day=closed_day, by=None)
    page = coordinator.get(of(closed_day)).content.decode()
    assert page.count('<tr class="alert">') == 4
    coordinator.post(of(closed_day, "by_hand"), {"producer": farm.pk})
    assert set(closed_day.crates.filter(producer=farm).values_list("status", flat=True)) == {"loaded"}
    assert closed_day.crates.filter(status="expected").count() == 9
    coordinator.post(of(closed_day, "by_hand"), {"producer": farm.pk, "undo": "1"})
    assert closed_day.crates.filter(status="expected").count() == 13


@pytest.mark.parametrize("values", [{}, {"producer": "x"}, {"delivery": "-1"}, {"producer": "999999"}])
def test_nonsense_by_hand_changes_nothing(coordinator, closed_day, values):
    rounds.plan_rounds(day=closed_day)
    assert coordinator.post(of(closed_day, "by_hand"), values).status_code == 302
    assert closed_day.crates.filter(status="expected").count() == 13


def test_drive_and_print(coordinator, planned):
    assert coordinator.get(of(planned, "packing_lists")).content.startswith(b"%PDF")
    coordinator.post(of(planned, "drive"))
    planned.refresh_from_db()
    assert planned.status == DeliveryDay.Status.DRIVEN
    assert of(planned, "settle") in coordinator.get(of(planned)).content.decode()


def test_a_step_too_early_is_explained(coordinator, day):
    for name in ("drive", "plan", "settle"):
        answer = coordinator.post(of(day, name), follow=True)
        assert answer.status_code == 200
        day.refresh_from_db()
        assert day.status == DeliveryDay.Status.OPEN


@pytest.mark.parametrize("name", ["close", "postpone", "plan", "drive", "settle", "by_hand"])
def test_a_household_gets_403_and_changes_nothing(client, bob, household, closed_day, name):
    client.force_login(bob)
    before = DeliveryDay.objects.filter(pk=closed_day.pk).values().get()
    assert client.post(of(closed_day, name)).status_code == 403
    assert DeliveryDay.objects.filter(pk=closed_day.pk).values().get() == before


def test_a_day_says_how_the_goods_of_each_farm_travel_this_week(coordinator, planned, farm):
    TransportChoice.objects.create(producer=farm, week_on=planned.cycle.week_on, transport="brings")
    page = coordinator.get(reverse("logistics:day", args=[planned.pk]))
    row = page.content.decode().split(">Hoeve Alice</a></th>")[1].split("</tr>")[0]
    assert str(farm.Transport.BRINGS.label) in row


def test_the_number_of_queries_of_a_day_and_a_week(coordinator, network, planned, django_assert_num_queries):
    coordinator.get(of(planned))
    with django_assert_num_queries(25):
        coordinator.get(of(planned))
    with django_assert_num_queries(15):
        coordinator.get(reverse("logistics:week", args=[network.slug]))
