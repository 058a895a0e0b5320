"""What everybody sees of a network's rounds: honest sums of driven days, and nothing of one farm."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import handover, region, rounds, settling
from logistics.driven import Noted, note
from logistics.models import Crate, PlanVersion, Round, Vehicle
from tests.conftest import make_network, make_producer, make_product
from tests.logistics.conftest import freeze, make_order
from tests.producers.test_desk import text

D = Decimal


@pytest.fixture
def planned(closed_day, vehicle, gust):
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def driven(planned, dana):
    handover.drive_day(day=planned, by=dana)
    planned.refresh_from_db()
    return planned


@pytest.fixture
def settled(driven, dana):
    settling.settle_day(day=driven, by=dana)
    return driven


def url(network):
    return reverse("logistics:region", args=[network.slug])


def test_only_driven_days_count(planned, network, dana):
    assert region.weeks(network) == []
    handover.drive_day(day=planned, by=dana)
    (week,) = region.weeks(network)
    assert week.week_on == planned.cycle.week_on
    assert week.km == sum(planned.rounds.values_list("km", flat=True))


def test_km_driven_count_where_they_were_noted_and_co2_follows_them(driven, network, gust, vehicle):
    Vehicle.objects.update(co2_per_km=200)
    first, second = driven.rounds.order_by("number")
    note(day=driven, rounds={first.pk: Noted(km=D(90))}, by=gust)
    (week,) = region.weeks(network)
    assert week.km == 90 + second.km
    assert week.co2 == (90 + second.km) / 5


def test_farms_points_and_the_fullest_moment_of_each_round(driven, network):
    """Six crates collected at two farms, seven brought to two points; the van holds sixty."""
    (week,) = region.weeks(network)
    assert [(ride.round.leg, ride.farms, ride.points, ride.fullest) for ride in week.rides] == [
        ("collection", 2, 0, 6),
        ("distribution", 0, 2, 7),
    ]
    assert (week.farms_per_round, week.points_per_round) == (2, 2)


def test_what_goes_straight_is_on_board_between_its_two_stops_only(driven, network, farm):
    """At the first stop two more crates come in and at the second they are out again: the fullest moment is at the first or later."""
    found = driven.rounds.get(leg="collection")
    first, second = found.stops.order_by("position")
    at_first = first.crates.count()
    for number in range(7):
        Crate.objects.create(
            delivery_day=driven,
            leg="direct",
            producer=farm,
            delivery=driven.deliveries.first(),
            stop=first,
            dropped_at=second,
            storage_class="cool",
            letter=f"X{number}",
        )
    (week,) = region.weeks(network)
    assert week.rides[0].fullest == at_first + 7


def test_what_is_missing_was_not_on_board(driven, network):
    Crate.objects.filter(leg="distribution").update(status=Crate.Status.MISSING)
    (week,) = region.weeks(network)
    assert [ride.fullest for ride in week.rides] == [6, 0]


def test_how_full_the_vans_were_is_told_of_three_farms_and_no_fewer(driven, network, day, visit):
    (week,) = region.weeks(network)
    assert (week.farms, week.fullness) == (2, None)
    assert "Full vans" not in text(visit().get(url(network)))
    third = make_producer(network, "Hoeve Drie")
    Crate.objects.create(delivery_day=driven, leg="collection", producer=third, storage_class="cool", letter="B1")
    (week,) = region.weeks(network)
    assert (week.farms, week.fullness) == (3, D(13) / 120)
    assert "Full vans" in text(visit().get(url(network)))


def test_saved_km_are_alone_less_the_rounds_and_the_trips_of_who_brought(settled, network):
    (week,) = region.weeks(network)
    result = settled.cost_runs.get().result
    # The plan rounds everybody's trip, the settlement every leg.
    assert abs(week.alone_km - D(str(result["alone_km"]))) <= D("0.02")
    assert week.alone_km > week.km
    assert week.saved_km == week.alone_km - week.km - D(str(result["own_km"]))


def test_the_published_plan_knows_better_what_everybody_alone_would_drive(settled, network):
    version = settled.plan_versions.get()
    PlanVersion.objects.filter(pk=version.pk).update(alone_km=D(400), published_at=version.made_at)
    version.pk, version.number, version.alone_km, version.published_at = None, 2, D(777), None
    version.save()
    (week,) = region.weeks(network)
    assert week.alone_km == 400


def test_what_is_not_known_is_said(driven, network, visit):
    PlanVersion.objects.update(alone_km=None, alone_cost=None)  # as of the days before plans kept it
    (week,) = region.weeks(network)
    assert (week.alone_km, week.together_km, week.saved_km) == (None, None, None)
    shown = text(visit().get(url(network)))
    assert "Less than everybody alone not known" in shown
    assert "Of 1 week it is not known" in shown
    assert "Kilometres a week" not in shown


def test_anybody_sees_the_page_and_no_farm_vehicle_driver_or_euro_on_it(settled, network, visit, gust):
    settled.rounds.update(driver=gust)
    answer = visit().get(url(network))
    page = answer.content.decode()
    for secret in ("Hoeve Alice", "Melkerij", "Gust", "€", "Gezin", "Winkel"):
        assert secret not in page
    for words in (
        "How this is computed",
        "Thursday, collection Round 1, van 2 farms",
        "The rounds of the week of 2 March",
    ):
        assert words in text(answer)


def test_a_network_without_driven_days_says_so_and_the_front_page_leads_here(network, visit):
    assert "Nothing driven yet" in text(visit().get(url(network)))
    assert url(network) in visit().get(reverse("network:front", args=[network.slug])).content.decode()


def test_nonsense_in_the_address_shows_the_last_week(settled, network, visit):
    for week in ("", "2026-03-02", "soon", "2020-01-06", "<b>"):
        answer = visit().get(url(network), {"week": week})
        assert "The rounds of the week of 2 March" in text(answer)


def test_another_network_and_long_ago_are_left_out(settled, network):
    assert region.weeks(make_network("leuven")) == []
    settled.cycle.week_on -= timedelta(weeks=14)
    settled.cycle.save()
    assert region.weeks(network) == []


def test_the_number_of_queries_does_not_grow(
    settled, network, cycle, delivery, visit, dana, household, django_assert_num_queries
):
    client = visit()
    client.get(url(network))
    with django_assert_num_queries(6):
        client.get(url(network))
    friday = cycle.days.exclude(pk=settled.pk).get()
    delivery.pk, delivery.delivery_day = None, friday
    delivery.starts_at += timedelta(days=1)
    delivery.ends_at += timedelta(days=1)
    delivery.save()
    farms = [make_producer(network, f"Hoeve {number}", lat=51.0 + number / 50, lon=3.6) for number in range(4)]
    make_order(delivery, household, {make_product(farm, f"kale{farm.pk}"): 20 for farm in farms})
    freeze(friday)
    rounds.plan_rounds(day=friday, iterations=30)
    handover.drive_day(day=friday, by=dana)
    settling.settle_day(day=friday, by=dana)
    assert Round.objects.count() >= 4
    with django_assert_num_queries(6):
        client.get(url(network))
    (week,) = region.weeks(network)
    assert week.farms == 6 and week.fullness
