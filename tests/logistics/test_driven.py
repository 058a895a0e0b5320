"""What was driven beside the plan: noted, corrected, late, paid to the cent; and nothing after the day is settled."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from logistics import cost_sharing, driven, handover, rounds, settling, versions
from logistics.driven import Driven, Noted
from logistics.models import Crate, Round, Stop, Vehicle
from network import clock, journal
from network.errors import Refused
from network.models import NetworkRole
from tests.conftest import make_person
from tests.producers.test_desk import text

D = Decimal
NINE = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def ride(*, km="40.00", km_driven=None, minutes=120, away=None, cost="80.00", kind="van", **rates):
    """A round of 40 km in two hours, unsaved: 0,42 a km and 30 an hour."""
    vehicle = Vehicle(
        pk=7,
        owner_id=3,
        kind=kind,
        per_day=0,
        per_km=rates.get("per_km", D("0.42")),
        per_hour=rates.get("per_hour", D(30)),
        co2_per_km=rates.get("co2_per_km", 230),
    )
    return Driven(
        Round(
            pk=1,
            number=1,
            vehicle=vehicle,
            km=D(km),
            cost=D(cost),
            starts_at=NINE,
            ends_at=NINE + timedelta(minutes=minutes),
            km_driven=None if km_driven is None else D(km_driven),
            started_at=None if away is None else NINE,
            finished_at=None if away is None else NINE + timedelta(minutes=away),
        )
    )


@pytest.fixture
def planned(closed_day, vehicle, gust):
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.rounds.update(driver=gust)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def back(planned, dana):
    """The collection round of a driven day, of which nothing was noted yet."""
    handover.drive_day(day=planned, by=dana)
    planned.refresh_from_db()
    return planned.rounds.select_related("vehicle", "delivery_day__cycle__network").get(leg="collection")


def page_of(found):
    return reverse("logistics:driven", args=[found.pk])


# What it costs


@pytest.mark.parametrize(
    ("its", "cost", "variance"),
    [
        ({}, "80.00", "0.00"),
        ({"km_driven": "44.30"}, "81.81", "1.81"),
        ({"km_driven": "31.25"}, "76.33", "-3.67"),
        ({"away": 125}, "82.50", "2.50"),
        ({"km_driven": "44.30", "away": 113}, "78.31", "-1.69"),
        ({"km_driven": "0", "away": 0, "cost": "10.00"}, "0.00", "-10.00"),
    ],
)
def test_a_round_costs_its_plan_and_the_rates_on_the_difference(its, cost, variance):
    assert (ride(**its).cost, ride(**its).variance) == (D(cost), D(variance))


def test_the_example_of_the_docs_adds_up():
    van = {"per_km": D("0.34"), "per_hour": D(21)}
    first = ride(km="84", minutes=200, cost="116.56", km_driven="87.50", away=214, **van)
    mia = ride(kind="car", km="31", minutes=80, cost="12.40", km_driven="30.20", per_km=D("0.40"), per_hour=D(0))
    assert [(its.cost, its.variance) for its in (first, mia)] == [
        (D("122.65"), D("6.09")),
        (D("12.08"), D("-0.32")),
    ]
    game = cost_sharing.Game(("an", "bo", "cas"), cost_sharing.AdditiveOracle([90, 60, 50]), 128.96)
    assert cost_sharing.allocate(game).cents == {"an": 5803, "bo": 3869, "cas": 3224}


def test_a_volunteer_is_repaid_her_kilometres_whatever_the_hours():
    hers = ride(kind="car", per_hour=D(0), cost="16.80", km_driven="50", away=300)
    assert hers.cost == D("21.00") == D("0.42") * 50
    assert settling.carriage(hers).sides[2] == ("expenses", 3, D("-21.00"))


def test_what_nobody_noted_counts_as_planned():
    its = ride()
    assert (its.km, its.minutes, its.cost, its.co2) == (D("40.00"), 120, D("80.00"), D("9.20"))
    assert not its.knows_km and not its.knows_time


@pytest.mark.parametrize("away", [-1, -600, 24 * 60 + 1])
def test_a_clock_that_cannot_be_right_is_not_believed(away):
    assert not ride(away=away).knows_time
    assert ride(away=away).cost == D("80.00")


money = st.decimals(0, 900, places=2)


@given(
    km=money,
    km_driven=st.none() | money,
    minutes=st.integers(0, 900),
    away=st.none() | st.integers(-60, 1500),
    cost=money,
    per_km=st.decimals(0, 3, places=4),
    per_hour=st.decimals(0, 90, places=2),
    kind=st.sampled_from(["van", "bike", "car", "carrier"]),
)
def test_every_round_in_the_books_sums_to_zero_and_the_variance_is_driven_less_planned(
    km, km_driven, minutes, away, cost, per_km, per_hour, kind
):
    its = ride(
        km=km, km_driven=km_driven, minutes=minutes, away=away, cost=cost, per_km=per_km, per_hour=per_hour, kind=kind
    )
    sides = settling.carriage(its).sides
    by_kind = {side[0]: side[2] for side in sides}
    assert sum(side[2] for side in sides) == 0
    assert by_kind["variance"] == its.cost - D(cost)
    assert by_kind["transport"] == D(cost), "the farms share the plan"
    assert by_kind["expenses" if kind == "car" else "carrier"] == -its.cost <= 0


# Noting it


def test_what_was_driven_is_noted_corrected_and_on_record(back, planned, gust):
    for km in ("51.5", "52.25"):
        driven.note(day=planned, rounds={back.pk: Noted(km=D(km), started_at=NINE)}, by=gust)
    back.refresh_from_db()
    assert (back.km_driven, back.started_at, back.finished_at) == (D("52.25"), NINE, None)
    noted = journal.history_of(back).filter(action="noted what was driven")
    assert [entry.data["km"] for entry in noted] == [{"1": "52.25"}, {"1": "51.5"}]


@pytest.mark.parametrize(
    ("noted", "field"),
    [
        (Noted(km=D("-0.01")), "km"),
        (Noted(km=D("NaN")), "km"),
        (Noted(km=D("Infinity")), "km"),
        (Noted(km=D(2001)), "km"),
        (Noted(started_at=NINE, finished_at=NINE - timedelta(minutes=1)), "back"),
        (Noted(started_at=NINE, finished_at=NINE + timedelta(hours=25)), "back"),
    ],
)
def test_the_impossible_is_refused_beside_its_field_however_sure(back, planned, gust, noted, field):
    with pytest.raises(Refused) as refused:
        driven.note(day=planned, rounds={back.pk: noted}, by=gust, sure=True)
    assert refused.value.field == field
    back.refresh_from_db()
    assert (back.km_driven, back.started_at, back.finished_at) == (None, None, None)


def test_far_more_than_planned_must_be_confirmed(back, planned, gust):
    most = 3 * back.km + 100
    assert driven.note(day=planned, rounds={back.pk: Noted(km=most)}, by=gust)
    with pytest.raises(Refused, match="far more than the") as refused:
        driven.note(day=planned, rounds={back.pk: Noted(km=most + D("0.01"))}, by=gust)
    assert refused.value.field == "sure"
    driven.note(day=planned, rounds={back.pk: Noted(km=most + D("0.01"))}, by=gust, sure=True)
    back.refresh_from_db()
    assert back.km_driven == most + D("0.01")


def test_a_round_that_has_not_left_has_not_been_driven(planned, gust):
    with pytest.raises(Refused, match="not left"):
        driven.note(day=planned, rounds={planned.rounds.first().pk: Noted(km=D(9))}, by=gust)


def test_after_settling_nothing_changes_any_more(back, planned, gust, dana):
    settling.settle_day(day=planned, by=dana)
    with pytest.raises(Refused, match="settled"):
        driven.note(day=planned, rounds={back.pk: Noted(km=D(50))}, by=gust)
    back.refresh_from_db()
    assert back.km_driven is None


def test_a_round_of_another_day_is_left_alone(back, planned, cycle, gust):
    other = cycle.days.exclude(pk=planned.pk).get()
    assert driven.note(day=other, rounds={back.pk: Noted(km=D(50))}, by=gust) == []
    back.refresh_from_db()
    assert back.km_driven is None


# Late


def report_of(back):
    (report,) = driven.reports([back], back.delivery_day)
    return report


def arrive(stop, moment):
    Stop.objects.filter(pk=stop.pk).update(arrived_at=moment)


@pytest.mark.parametrize(("minutes", "late"), [(None, False), (-30, False), (0, False), (10, False), (11, True)])
def test_more_than_ten_minutes_after_the_planned_hour_is_late(back, minutes, late):
    stop = back.stops.first()
    arrive(stop, None if minutes is None else stop.arrives_at + timedelta(minutes=minutes))
    call = report_of(back).calls[0]
    assert (call.minutes_late, call.late, call.after_window) == (minutes, late, False)


def test_after_the_window_is_late_even_by_a_minute(planned, back, dana):
    """The farm closes at 14:00; at the pickup point goods must stand when it opens, at 17:00."""
    stop = back.stops.first()
    closes = clock.moment(planned.on, clock.datetime.min.time().replace(hour=14))
    Stop.objects.filter(pk=stop.pk).update(arrives_at=closes - timedelta(minutes=3))
    arrive(stop, closes + timedelta(seconds=1))
    assert report_of(back).calls[0].after_window
    distribution = planned.rounds.select_related("vehicle").get(leg="distribution")
    at_point = distribution.stops.first()
    for moment, after in ((at_point.delivery.starts_at, False), (at_point.delivery.starts_at + timedelta(1e-4), True)):
        arrive(at_point, moment)
        assert driven.reports([distribution], planned)[0].calls[0].after_window is after


def test_loads_are_planned_and_carried(planned, back):
    stop = back.stops.first()
    crate = stop.crates.first()
    Crate.objects.filter(pk=crate.pk).update(status=Crate.Status.MISSING)
    report = report_of(back)
    assert (report.load.crates, report.load.carried) == (6, 5)
    assert report.load.kg - report.load.kg_carried == crate.kg > 0
    assert report.calls[0].load.crates - report.calls[0].load.carried == 1


def test_what_was_not_driven_yet_was_not_carried_nor_on_time(planned, visit, dana):
    reports = driven.reports(planned.rounds.select_related("vehicle"), planned)
    assert [(report.load.carried, report.load.kg_carried) for report in reports] == [(0, 0), (0, 0)]
    stop = Stop.objects.get(round=reports[0].round, position=1)
    Crate.objects.filter(stop=stop).update(status=Crate.Status.LOADED)
    Stop.objects.filter(pk=stop.pk).update(arrived_at=stop.arrives_at)
    (report,) = driven.reports([reports[0].round], planned)
    assert report.load.carried == report.calls[0].load.carried == stop.crates.count() < report.load.crates
    assert "Late stops 0 of 1 " in text(visit(dana).get(reverse("logistics:day_driven", args=[planned.pk])))


# The pages


def test_finishing_a_round_asks_for_its_kilometres(planned, gust, visit):
    versions.publish(day=planned, by=None, accept_flaws=True)
    found = planned.rounds.get(leg="collection")
    for stop in found.stops.all():
        handover.check_stop(stop=stop, by=gust)
    answer = visit(gust).post(reverse("logistics:finish", args=[found.pk]), follow=True)
    assert answer.redirect_chain == [(page_of(found), 302)]
    assert "How many kilometres was it?" in text(answer)
    assert "€" not in answer.content.decode(), "what it costs is the coordinator's"


@pytest.mark.parametrize(
    ("values", "km"),
    [
        ({"km": "51.5"}, "51.50"),
        ({"odometer_start": "84210.5", "odometer_end": "84262"}, "51.50"),
        ({"odometer_start": "84210", "odometer_end": "84262", "km": "52"}, "52.00"),
        ({"km": "0"}, "0.00"),
    ],
)
def test_the_driver_fills_in_km_or_the_odometer(back, gust, visit, values, km):
    assert visit(gust).post(page_of(back), values).url == page_of(back)
    back.refresh_from_db()
    assert back.km_driven == D(km)


def test_a_fleming_writes_a_comma(back, gust):
    client = Client(headers={"accept-language": "nl"})
    client.force_login(gust)
    assert client.post(page_of(back), {"km": "51,5"}).status_code == 302
    back.refresh_from_db()
    assert back.km_driven == D("51.50")
    assert 'value="51,5"' in client.get(page_of(back)).content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"km": "-1"}, "cannot be negative"),
        ({"km": "far"}, "Enter a number"),
        ({"km": "900"}, "If it is right, confirm it here"),
        ({"km": "9000", "sure": "on"}, "No van drives that far"),
        ({"odometer_start": "500", "odometer_end": "400"}, "never runs back"),
        ({"odometer_start": "500"}, "Fill in both numbers"),
        ({"odometer_end": "500"}, "Fill in both numbers"),
        ({"odometer_start": "100", "odometer_end": "150", "km": "60"}, "says something else"),
        ({"left": "09:00", "back": "08:59"}, "back before it left"),
        ({"left": "25:00"}, "Enter a valid time"),
    ],
)
def test_bad_input_is_explained_beside_the_field_and_nothing_is_noted(back, gust, visit, values, sentence):
    answer = visit(gust).post(page_of(back), values)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    back.refresh_from_db()
    assert (back.km_driven, back.started_at) == (None, None)


def test_who_is_sure_may_have_driven_far(back, gust, visit):
    driver = visit(gust)
    assert 'name="sure"' not in driver.get(page_of(back)).content.decode()
    assert 'name="sure"' in driver.post(page_of(back), {"km": "900"}).content.decode()
    assert driver.post(page_of(back), {"km": "900", "sure": "on"}).status_code == 302


def test_hours_left_as_they_were_keep_the_second_the_phone_noted(back, planned, gust, visit):
    left, returned = NINE + timedelta(seconds=41), NINE + timedelta(hours=3, seconds=9)
    driven.note(day=planned, rounds={back.pk: Noted(started_at=left, finished_at=returned)}, by=gust)
    visit(gust).post(page_of(back), {"km": "40", "left": "09:00", "back": "12:30"})
    back.refresh_from_db()
    assert (back.started_at, back.finished_at) == (left, NINE + timedelta(hours=3, minutes=30))
    visit(gust).post(page_of(back), {"km": "40", "left": "", "back": "12:30"})
    back.refresh_from_db()
    assert back.started_at is None


def test_the_hours_follow_from_what_the_phone_noted_at_the_stops_until_somebody_says_otherwise(back, gust, visit):
    """Ten minutes late at the first stop, twenty when leaving the last: it will have left ten and be back twenty later."""
    first, last = back.stops.order_by("position")
    arrive(first, first.arrives_at + timedelta(minutes=10))
    Stop.objects.filter(pk=last.pk).update(left_at=last.leaves_at + timedelta(minutes=20))
    left, returned = back.starts_at + timedelta(minutes=10), back.ends_at + timedelta(minutes=20)
    page = visit(gust).get(page_of(back)).content.decode()
    assert f'value="{clock.local(left):%H:%M}"' in page and f'value="{clock.local(returned):%H:%M}"' in page
    visit(gust).post(
        page_of(back), {"left": f"{clock.local(left):%H:%M}", "back": f"{clock.local(returned):%H:%M}", "km": "50"}
    )
    back.refresh_from_db()
    assert (back.started_at, back.finished_at) == (left, returned)
    assert Driven(back).minutes == Driven(back).minutes_planned + 10


def test_the_page_says_what_was_not_noted_and_shows_what_was(back, planned, dana, gust, visit):
    shown = text(visit(dana).get(page_of(back)))
    assert "Nobody noted the kilometres: the" in shown
    assert "Nobody noted when this round left and was back" in shown
    assert "Of 2 stops nobody noted the arrival." in shown
    stop = back.stops.first()
    arrive(stop, stop.arrives_at + timedelta(minutes=17))
    noted = Noted(km=back.km + 10, started_at=back.starts_at, finished_at=back.ends_at + timedelta(minutes=20))
    driven.note(day=planned, rounds={back.pk: noted}, by=gust)
    shown = text(visit(dana).get(page_of(back)))
    assert "Nobody noted" not in shown
    assert "17 min late" in shown
    back.refresh_from_db()
    assert "€ 14.20" in shown, "ten km at 0,42 and a third of an hour at 30"


def test_another_driver_gets_403_a_stranger_404_and_nothing_is_noted(back, network, charlie, visit):
    other = make_person("hilde")
    NetworkRole.objects.create(network=network, person=other, role="driver")
    for person, expected in ((other, 403), (charlie, 404)):
        assert visit(person).post(page_of(back), {"km": "40"}).status_code == expected
    back.refresh_from_db()
    assert back.km_driven is None


def test_a_settled_day_shows_no_form_and_refuses(back, planned, dana, visit):
    settling.settle_day(day=planned, by=dana)
    client = visit(dana)
    answer = client.get(page_of(back))
    assert "This day is settled." in text(answer)
    assert 'name="km"' not in answer.content.decode()
    assert client.post(page_of(back), {"km": "40"}).status_code == 422


def test_a_card_per_round_and_the_sums_of_the_day(back, planned, gust, dana, visit):
    driven.note(day=planned, rounds={back.pk: Noted(km=back.km + 10)}, by=gust)
    answer = visit(dana).get(reverse("logistics:day_driven", args=[planned.pk]))
    for found in planned.rounds.all():
        assert page_of(found) in answer.content.decode()
    shown = text(answer)
    assert "€ 4.20 is the network’s" in shown
    assert "Of 2 rounds the kilometres or the hours were not noted" in shown
    assert (
        reverse("logistics:day_driven", args=[planned.pk])
        in visit(dana).get(reverse("logistics:day", args=[planned.pk])).content.decode()
    )


def test_a_day_without_rounds_says_what_to_do(day, dana, visit):
    assert "No rounds yet" in text(visit(dana).get(reverse("logistics:day_driven", args=[day.pk])))


def test_the_number_of_queries_does_not_grow(back, planned, dana, visit, django_assert_num_queries):
    client = visit(dana)
    urls = {page_of(back): 7, reverse("logistics:day_driven", args=[planned.pk]): 7}
    for extra in range(2):
        for url, queries in urls.items():
            client.get(url)
            with django_assert_num_queries(queries):
                client.get(url)
        copy = Round.objects.get(pk=back.pk)
        copy.pk, copy.number = None, 10 + extra
        copy.save()
        for stop in back.stops.all():
            stop.pk, stop.round, stop.position = None, copy, stop.position
            stop.save()
            stop.pk, stop.round, stop.position = None, back, stop.position + 10 * 3**extra
            stop.save()
