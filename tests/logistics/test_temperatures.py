"""The temperature log: every reading beside the coldest product that was on board, on screen, in a spreadsheet, on paper."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from logistics import handover, rounds, settling, temperatures
from logistics.models import Crate, Round, Stop, TemperatureReading
from logistics.periods import Period
from logistics.temperatures import Limits
from network import clock
from network.errors import Refused
from network.quantities import StorageClass
from tests.conftest import make_network
from tests.producers.test_desk import text

D = Decimal
PERIOD = "2026-03-05"


@pytest.fixture
def planned(closed_day, vehicle, gust):
    """Leek (cool, 13 kg per crate) and milk (cold) of two farms, collected; then brought to two points."""
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def collection(planned):
    return planned.rounds.get(leg="collection")


def measure(day, found, by, *celsius, stop=None, storage_class="cold"):
    return temperatures.note(
        day=day,
        readings=[
            TemperatureReading(
                round=found,
                stop=stop,
                storage_class=storage_class,
                celsius=D(degrees),
                by=by,
                at=found.starts_at + timedelta(minutes=number),
            )
            for number, degrees in enumerate(celsius)
        ],
        by=by,
    )


def url(network, kind="temperatures", period=PERIOD):
    return reverse(f"logistics:{kind}", args=[network.slug, period])


# Limits


def test_a_class_has_the_limit_of_the_law_unless_a_product_must_be_colder(planned, collection):
    Crate.objects.update(max_temperature=None)
    assert Limits([collection.pk]).of(collection.pk, "cold", None) == D(7)
    assert Limits([collection.pk]).of(collection.pk, "frozen", None) == D(-18)
    assert Limits([collection.pk]).of(collection.pk, "cool", None) is None
    Crate.objects.filter(storage_class="cool").update(max_temperature=D(8))
    assert Limits([collection.pk]).of(collection.pk, "cool", None) == D(8)
    assert Limits([collection.pk]).classes(collection.pk) == ["cool", "cold"]


def test_mince_counts_from_where_it_is_taken_in_and_until_it_is_dropped(planned, collection):
    first, second = collection.stops.order_by("position")
    Crate.objects.filter(leg="collection").update(storage_class="cold")
    mince = second.crates.first()
    Crate.objects.filter(pk=mince.pk).update(max_temperature=D(2))
    limits = Limits([collection.pk])
    assert [limits.of(collection.pk, "cold", stop.position) for stop in (first, second)] == [D(7), D(2)]
    assert limits.of(collection.pk, "cold", None) == D(2)
    distribution = planned.rounds.get(leg="distribution")
    first, second = distribution.stops.order_by("position")
    poultry = first.crates.filter(storage_class="cold").first()
    Crate.objects.filter(pk=poultry.pk).update(max_temperature=D(4))
    limits = Limits([distribution.pk])
    assert [limits.of(distribution.pk, "cold", stop.position) for stop in (first, second)] == [D(4), D(7)]


def test_what_goes_straight_counts_between_its_two_stops(planned, collection, farm):
    third = Stop.objects.create(
        round=collection,
        position=3,
        producer=farm,
        place=farm.organisation.place,
        arrives_at=collection.ends_at,
        leaves_at=collection.ends_at,
        km=0,
    )
    Crate.objects.create(
        delivery_day=planned,
        leg="direct",
        producer=farm,
        delivery=planned.deliveries.first(),
        stop=collection.stops.get(position=1),
        dropped_at=collection.stops.get(position=2),
        storage_class="cold",
        letter="C9",
        max_temperature=D(2),
    )
    limits = Limits([collection.pk])
    assert [limits.of(collection.pk, "cold", position) for position in (1, 2, third.position)] == [D(2), D(2), D(7)]


def test_a_missing_crate_asks_for_no_cold(planned, collection):
    Crate.objects.filter(storage_class="cold").update(max_temperature=D(2), status=Crate.Status.MISSING)
    assert Limits([collection.pk]).of(collection.pk, "cold", None) == D(7)


@pytest.mark.parametrize(("celsius", "warm"), [("7.0", False), ("7.1", True), ("-3", False)])
def test_warmer_than_the_limit_is_too_warm(planned, collection, network, gust, celsius, warm):
    measure(planned, collection, gust, celsius)
    (line,) = temperatures.log(network, Period.of(PERIOD))
    assert (line.limit, line.too_warm) == (D(7), warm)


def test_after_settling_nothing_is_added(planned, collection, gust, dana):
    handover.drive_day(day=planned, by=dana)
    settling.settle_day(day=planned, by=dana)
    with pytest.raises(Refused, match="settled"):
        measure(planned, collection, gust, "4")
    assert not TemperatureReading.objects.exists()


# Periods


def test_a_period_is_a_day_or_a_month():
    march = Period.of("2026-03")
    assert (march.first, march.last) == (date(2026, 3, 1), date(2026, 3, 31))
    assert [str(march.before), str(march), str(march.after)] == ["2026-02", "2026-03", "2026-04"]
    assert str(Period.of(PERIOD)) == PERIOD and Period.of(PERIOD).month == march
    assert str(Period.of("2026-12").after) == "2027-01"


@pytest.mark.parametrize(
    "wrong", ["2026", "2026-13", "2026-02-30", "maart", "20260305", "2026-3", "9999-12-31", "9999-12", "0001-01"]
)
def test_any_other_period_is_not_found(network, dana, visit, wrong):
    client = visit(dana)
    for kind in ("temperatures", "temperatures_csv", "temperatures_pdf"):
        assert client.get(url(network, kind, wrong)).status_code == 404


# Page, spreadsheet, paper


def test_the_page_marks_what_is_out_of_limits(planned, collection, network, gust, dana, visit):
    stop = collection.stops.first()
    measure(planned, collection, gust, "3.5", "8.2", stop=stop)
    for period in (PERIOD, "2026-03"):
        answer = visit(dana).get(url(network, period=period))
        shown = text(answer)
        assert "Measured 2 Too warm 1" in shown
        assert "8.2 Too warm 7 Gust" in shown
        assert str(stop) in shown
        assert answer.content.decode().count('<tr class="alert">') == 1
    assert "Nothing was measured in this period." in text(visit(dana).get(url(network, period="2026-02")))


def test_another_network_does_not_see_it(planned, collection, network, gust):
    measure(planned, collection, gust, "3.5")
    assert temperatures.log(make_network("leuven"), Period.of(PERIOD)) == []


def test_the_spreadsheet_opens_in_belgium_and_runs_no_formula(planned, collection, network, gust, dana, vehicle):
    vehicle.name = "=1+1;x"
    vehicle.save()
    measure(planned, collection, gust, "8.2", "-1")
    client = Client(headers={"accept-language": "nl"})
    client.force_login(dana)
    answer = client.get(url(network, "temperatures_csv"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="temperatures-gent-2026-03-05.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    with translation.override("nl"):
        cold = StorageClass.COLD.label
    hour = f"{clock.local(collection.starts_at):%H:%M}"
    assert lines[1].startswith(f'05/03/2026;{hour};1;"\'=1+1;x";;{cold};8,2;7,0;Gust;')
    assert ";-1,0;7,0;" in lines[2]
    assert len(lines) == 4


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_paper_is_drawn_in_every_language_also_when_empty(planned, collection, network, gust, language):
    with translation.override(language):
        empty = temperatures.as_pdf(network, Period.of("2026-01"), [])
        measure(planned, collection, gust, "8.2")
        lines = temperatures.log(network, Period.of(PERIOD))
        assert temperatures.as_pdf(network, Period.of(PERIOD), lines).startswith(b"%PDF")
        assert empty.startswith(b"%PDF")
    data = temperatures.paper(network, Period.of(PERIOD), lines)
    assert data["facts"] == [["Measured", "1"], ["Too warm", "1"], ["Business", "Kouter Gent"]]
    assert data["rows"][0]["cells"][-3:] == ["7.0", "Gust", "too warm"]


def test_the_number_of_queries_does_not_grow(
    planned, collection, network, gust, dana, visit, django_assert_num_queries
):
    client = visit(dana)
    client.get(url(network))
    for found in (collection, planned.rounds.get(leg="distribution")):
        for stop in found.stops.all():
            measure(planned, found, gust, "4", "9", stop=stop)
        with django_assert_num_queries(6):
            client.get(url(network))
    assert Round.objects.count() == 2
