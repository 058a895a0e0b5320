import os
import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import distances, roads, rounds
from logistics.models import Road, Unplanned
from network import clock
from network.embedded import ROOT
from network.settings import _road_server
from tests.conftest import NOW
from tests.logistics.road_server import KINDS, km_of, nobody_there, road_server, seconds_of

PLACES = [(51.05, 3.72), (51.1, 3.6), (50.9, 4.1), (51.21, 4.4)]
NEW = (51.0, 3.9)
every_kind = pytest.mark.parametrize("kind", KINDS)
pytestmark = pytest.mark.django_db


@pytest.fixture
def fake():
    with road_server() as server:
        yield server


@pytest.fixture
def osrm(fake, settings):
    settings.ROAD_SERVER = fake.at("osrm")
    return fake


def by_road(places):
    spots = [(round(lat, 5), round(lon, 5)) for lat, lon in places]
    return [[0.0 if start == stop else km_of(start, stop) for stop in spots] for start in spots]


def by_formula(places):
    return distances.matrix(places).km.tolist()


def test_without_a_server_distances_are_by_formula(settings, django_assert_num_queries):
    assert settings.ROAD_SERVER == {}
    with django_assert_num_queries(0):
        measured = roads.between(PLACES)
    assert (measured.source, measured.matrix.km.tolist()) == ("formula", by_formula(PLACES))
    assert measured.matrix.minutes.tolist() == distances.matrix(PLACES).minutes.tolist()


@every_kind
@pytest.mark.parametrize("count", [3, 40])
def test_a_server_is_asked_once_in_two_queries_and_then_one(fake, kind, count, settings, django_assert_num_queries):
    settings.ROAD_SERVER = fake.at(kind)
    places = [(50 + i / 100, 4 + i / 200) for i in range(count)]
    with django_assert_num_queries(2):
        first = roads.between(places)
    asked = len(fake.asked)
    with django_assert_num_queries(1):
        again = roads.between(places)
    assert (asked, len(fake.asked)) == (1, 1)
    for measured in (first, again):
        assert measured.source == kind
        assert measured.matrix.km.tolist() == [pytest.approx(row, abs=1e-9) for row in by_road(places)]
        assert measured.matrix.minutes[0, 1] == pytest.approx(seconds_of(places[0], places[1]) / 60)
    assert first.matrix.km.tolist() == again.matrix.km.tolist()
    assert Road.objects.count() == count * (count - 1)


def test_what_is_kept_is_the_pair_in_hundred_thousandths_of_a_degree(osrm):
    roads.between([(51.050001, 3.7199999), (51.1, 3.6)])
    there, back = Road.objects.order_by("from_lat")
    assert (there.from_lat, there.from_lon, there.to_lat, there.to_lon) == (5105000, 372000, 5110000, 360000)
    assert (there.source, there.at) == ("osrm", NOW)
    assert there.km == pytest.approx(km_of((51.05, 3.72), (51.1, 3.6)))
    assert back.km == pytest.approx(there.km - 0.25)


def test_only_what_is_new_is_asked(osrm):
    roads.between(PLACES)
    osrm.asked.clear()
    assert roads.between([NEW, *PLACES]).source == "osrm"
    assert [(len(starts), len(stops)) for _kind, starts, stops in osrm.asked] == [(1, 4), (4, 1)]
    osrm.asked.clear()
    roads.between([PLACES[2], NEW])
    assert osrm.asked == []


def test_two_places_in_one_spot(osrm):
    places = [PLACES[0], PLACES[1], PLACES[0], (PLACES[0][0] + 1e-6, PLACES[0][1])]
    measured = roads.between(places)
    assert osrm.asked == [("osrm", PLACES[:2], PLACES[:2])]
    there, back = km_of(*PLACES[:2]), km_of(PLACES[1], PLACES[0])
    assert measured.matrix.km.tolist() == [
        pytest.approx(row) for row in ([0, there, 0, 0], [back, 0, back, back], [0, there, 0, 0], [0, there, 0, 0])
    ]


@pytest.mark.parametrize("places", [[], PLACES[:1], PLACES[:1] * 3])
def test_nowhere_to_go_asks_nothing(osrm, places):
    assert (roads.between(places).matrix.km == np.zeros((len(places), len(places)))).all()
    assert osrm.asked == []


@pytest.mark.parametrize("point", [(None, None), (float("nan"), 4.0), (91.0, 4.0)])
def test_a_place_without_coordinates_is_refused_before_anybody_is_asked(osrm, point):
    with pytest.raises(ValueError, match="a point is a latitude"):
        roads.between([*PLACES, point])
    assert osrm.asked == []


def test_kinds_are_kept_apart(fake, settings):
    for kind in KINDS:
        settings.ROAD_SERVER = fake.at(kind)
        assert roads.between(PLACES[:2]).source == kind
    assert [kind for kind, _starts, _stops in fake.asked] == list(KINDS)
    assert Road.objects.count() == 6


@every_kind
@pytest.mark.parametrize("mode", ["garbage", "a row short", "negative", "another country", "sick", "slow"])
def test_a_server_that_fails_leaves_it_to_the_formula_and_nothing_is_kept(fake, kind, mode, settings):
    settings.ROAD_SERVER = fake.at(kind, timeout=0.2)
    fake.mode = mode
    measured = roads.between(PLACES)
    assert (measured.source, measured.matrix.km.tolist()) == ("formula", by_formula(PLACES))
    assert not Road.objects.exists()


def test_a_server_that_is_not_there(settings):
    settings.ROAD_SERVER = {"kind": "valhalla", "address": nobody_there()}
    measured = roads.between(PLACES)
    assert (measured.source, measured.matrix.km.tolist()) == ("formula", by_formula(PLACES))


def test_what_was_known_stays_when_the_server_goes_away(osrm):
    roads.between(PLACES)
    osrm.mode = "garbage"
    assert roads.between(PLACES).source == "osrm"
    measured = roads.between([*PLACES, NEW])
    assert measured.source == "mixed"
    assert measured.matrix.km[:4, :4].tolist() == [pytest.approx(row) for row in by_road(PLACES)]
    assert measured.matrix.km[4].tolist() == by_formula([*PLACES, NEW])[4]
    assert measured.matrix.km[:, 4].tolist() == [row[4] for row in by_formula([*PLACES, NEW])]


def test_no_road_is_infinitely_far_and_asked_again_after_a_day(osrm):
    osrm.islands = {PLACES[3]}
    measured = roads.between(PLACES)
    assert measured.source == "osrm"
    far = [[False, False, False, True]] * 3 + [[True, True, True, False]]
    assert np.isinf(measured.matrix.km).tolist() == np.isinf(measured.matrix.minutes).tolist() == far
    assert Road.objects.filter(km=None, minutes=None).count() == 6
    osrm.asked.clear()
    osrm.islands = set()
    with clock.at(NOW + timedelta(days=1)):
        assert np.isinf(roads.between(PLACES).matrix.km).tolist() == far
    assert osrm.asked == []
    with clock.at(NOW + timedelta(days=1, seconds=1)):
        assert roads.between(PLACES).matrix.km.tolist() == [pytest.approx(row) for row in by_road(PLACES)]
    assert [(len(starts), len(stops)) for _kind, starts, stops in osrm.asked] == [(1, 3), (3, 1)]
    assert Road.objects.filter(km=None).count() == 0


def test_what_is_half_a_year_old_is_asked_again_and_kept_until_there_is_an_answer(osrm, django_assert_num_queries):
    roads.between(PLACES)
    Road.objects.update(km=100)
    osrm.asked.clear()
    with clock.at(NOW + timedelta(days=180)):
        assert roads.between(PLACES).matrix.km[0, 1] == 100
    assert osrm.asked == []
    with clock.at(NOW + timedelta(days=181)):
        osrm.mode = "garbage"
        measured = roads.between(PLACES)
        assert (measured.source, measured.matrix.km[0, 1]) == ("osrm", 100)
        osrm.mode = "good"
        with django_assert_num_queries(2):
            measured = roads.between(PLACES)
        assert measured.matrix.km.tolist() == [pytest.approx(row) for row in by_road(PLACES)]
        assert set(Road.objects.values_list("at", flat=True)) == {clock.now()}
    assert Road.objects.count() == 12


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_asked_in_whatever_order_the_answer_is_the_servers(osrm, data):
    spots = st.sampled_from([(50.5 + i / 7, 3 + j / 5) for i in range(5) for j in range(5)])
    for places in data.draw(st.lists(st.lists(spots, max_size=8), min_size=1, max_size=4)):
        measured = roads.between(places)
        assert measured.source == "osrm"
        assert measured.matrix.km.tolist() == [pytest.approx(row, abs=1e-9) for row in by_road(places)]
        osrm.asked.clear()
        assert roads.between(list(reversed(places))).matrix.km[::-1, ::-1].tolist() == measured.matrix.km.tolist()
        assert osrm.asked == []


# Planning


def test_a_day_is_planned_over_the_roads_of_the_server_and_says_so(osrm, closed_day, vehicle, network, farm):
    collection, _distribution = rounds.plan_rounds(day=closed_day, iterations=50)
    assert closed_day.plan_versions.get().roads == "osrm"
    stop = collection.stops.get(producer=farm)
    before = collection.stops.filter(position__lt=stop.position).last()
    start = before.place.point if before else network.hub.point
    assert float(stop.km) == pytest.approx(km_of(start, farm.organisation.place.point), abs=0.006)


@pytest.mark.parametrize("mode", ["garbage", "negative", "slow"])
def test_a_day_is_planned_whatever_the_server_does(fake, mode, settings, closed_day, vehicle):
    settings.ROAD_SERVER = fake.at("osrm", timeout=0.2)
    fake.mode = mode
    assert len(rounds.plan_rounds(day=closed_day, iterations=50)) == 2
    assert closed_day.plan_versions.get().roads == "formula"


def test_a_farm_without_a_road_is_left_out_and_the_others_are_collected(osrm, closed_day, vehicle, farm, second_farm):
    osrm.islands = {second_farm.organisation.place.point}
    collection, distribution = rounds.plan_rounds(day=closed_day, iterations=50)
    assert [stop.producer for stop in collection.stops.all()] == [farm]
    assert distribution.stops.count() == 2
    left = closed_day.unplanned.get()
    assert (left.producer, left.reason) == (second_farm, Unplanned.Reason.WINDOW)


# What the page says, and what the settings take


def test_every_source_is_said():
    assert [roads.said(source) for source in ("formula", "osrm", "valhalla", "ors", "mixed", "")] == [
        "Distances and driving times are estimated by formula.",
        "Distances and driving times are by road, from an OSRM server.",
        "Distances and driving times are by road, from a Valhalla server.",
        "Distances and driving times are by road, from openrouteservice.",
        "Distances and driving times are by road where the road server answered, and estimated by formula elsewhere.",
        "",
    ]


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("", {}),
        ("osrm+https://host", {"kind": "osrm", "address": "https://host/", "key": "", "timeout": 8.0}),
        (
            "valhalla+http://host:8002/a/?timeout=2.5",
            {"kind": "valhalla", "address": "http://host:8002/a/", "key": "", "timeout": 2.5},
        ),
        (
            "ors+https://host/?key=a+b/c==",
            {"kind": "ors", "address": "https://host/", "key": "a+b/c==", "timeout": 8.0},
        ),
    ],
)
def test_the_address_of_a_road_server(url, fields):
    assert _road_server(url) == fields


@pytest.mark.parametrize(
    "url",
    [
        *(
            "osrm",
            "osrm://host/",
            "https://host/",
            "google+https://host/",
            "osrm+ftp://host/",
            "osrm+http://",
            "osrm+http://[",
        ),
        *("osrm+http://me:secret@host/", "osrm+http://host:0/", "osrm+http://host:99999/", "ors+https://host/?secret"),
        *("osrm+http://host/?timeout=soon", "osrm+http://host/?timeout=nan", "osrm+http://host/?timeout=21"),
    ],
)
def test_an_address_that_is_not_understood_is_refused(url):
    with pytest.raises(
        ImproperlyConfigured, match=r"^ROAD_SERVER is not understood\. Write osrm\+https://host/,"
    ) as refusal:
        _road_server(url)
    assert "secret" not in str(refusal.value)


def test_settings_do_not_start_with_it():
    done = subprocess.run(
        [sys.executable, "-c", "import network.settings"],
        cwd=ROOT,
        env=os.environ | {"ROAD_SERVER": "ors+https://host/?token=secret"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ROAD_SERVER is not understood. Write osrm+https://host/, valhalla+http://host:8002/ or" in done.stderr
    assert "secret" not in done.stderr
