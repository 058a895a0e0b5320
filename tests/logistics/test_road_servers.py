import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from logistics.distances import Matrix, Server, ask, servers
from tests.logistics.road_server import KINDS, MALFORMED, km_of, nobody_there, road_server, seconds_of

PLACES = [(51.05, 3.72), (51.1, 3.6), (50.9, 4.1), (51.21, 4.4)]
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def fake():
    with road_server() as server:
        yield server


def everything(places):
    return ~np.eye(len(places), dtype=bool)


def told(fake, kind, places=PLACES, wanted=None, **fields):
    return ask(Server(**fake.at(kind, **fields)), places, everything(places) if wanted is None else wanted)


def is_true(table: Matrix, places):
    for i, start in enumerate(places):
        for j, stop in enumerate(places):
            if i != j:
                assert table.km[i, j] == pytest.approx(km_of(start, stop), abs=1e-9)
                assert table.minutes[i, j] == pytest.approx(seconds_of(start, stop) / 60, abs=1e-9)
    return True


def is_silent(table: Matrix):
    return np.isnan(table.km).all() and np.isnan(table.minutes).all()


def warnings(caplog):
    return [record.msg["event"] for record in caplog.records]


@every_kind
def test_the_table_is_what_the_server_tells_in_km_and_minutes(fake, kind, caplog):
    table = told(fake, kind)
    assert is_true(table, PLACES)
    assert table.km[0, 1] != table.km[1, 0]
    assert fake.asked == [(kind, PLACES, PLACES)]
    assert warnings(caplog) == []


@every_kind
def test_null_is_no_road(fake, kind):
    fake.islands = {PLACES[2]}
    table = told(fake, kind)
    roadless = np.isinf(table.km)
    assert roadless.tolist() == np.isinf(table.minutes).tolist()
    assert np.argwhere(roadless).tolist() == [[0, 2], [1, 2], [2, 0], [2, 1], [2, 3], [3, 2]]
    assert table.km[0, 1] == km_of(PLACES[0], PLACES[1])


@every_kind
def test_half_a_null_is_no_road_either(fake, kind):
    fake.mode = "half a null"
    table = told(fake, kind)
    assert np.isinf(table.km[everything(PLACES)]).all() and np.isinf(table.minutes[everything(PLACES)]).all()


@every_kind
def test_a_server_that_stumbles_is_asked_once_more(fake, kind, caplog):
    fake.failing = 1
    assert is_true(told(fake, kind), PLACES)
    assert len(fake.asked) == 2
    assert warnings(caplog) == []


def test_a_server_that_keeps_stumbling_is_not_asked_on(fake, caplog):
    fake.mode = "sick"
    assert is_silent(told(fake, "osrm", places=[(50 + i / 100, 4.0) for i in range(102)]))
    assert len(fake.asked) == 2
    assert warnings(caplog) == ["road server does not answer"]


@every_kind
@pytest.mark.parametrize("mode", [*MALFORMED, "a row short", "ragged", "NaN", "words", "huge", "elsewhere"])
def test_nonsense_tells_nothing(fake, kind, mode, caplog):
    fake.mode = mode
    assert is_silent(told(fake, kind))
    assert len(fake.asked) == 1
    assert warnings(caplog) == ["road server answers nonsense"]


@every_kind
@pytest.mark.parametrize("mode", ["negative", "another country", "hurried"])
def test_impossible_roads_are_not_believed(fake, kind, mode, caplog):
    fake.mode = mode
    table = told(fake, kind)
    assert np.isnan(table.km[everything(PLACES)]).all() and np.isnan(table.minutes[everything(PLACES)]).all()
    assert warnings(caplog) == ["road server tells of impossible roads"]


@pytest.mark.parametrize("mode", ["slow", "hangs up", "cut off", "drips"])
def test_a_server_that_does_not_finish_is_not_waited_for(fake, mode, caplog):
    fake.mode = mode
    started = time.monotonic()
    assert is_silent(told(fake, "valhalla", timeout=0.1))
    assert time.monotonic() - started < 5
    assert len(fake.asked) == 2
    assert warnings(caplog) == ["road server does not answer"]


def test_nobody_answers(caplog):
    assert is_silent(ask(Server("ors", nobody_there()), PLACES, everything(PLACES)))
    assert warnings(caplog) == ["road server does not answer"]
    assert "refused" in caplog.records[0].msg["why"]


def test_an_address_that_cannot_be_one(caplog):
    assert is_silent(ask(Server("osrm", "http://127.0.0.1:1/a b\n/"), PLACES, everything(PLACES)))
    assert is_silent(ask(Server("ors", "http://127.0.0.1:1/", key="two\nlines"), PLACES, everything(PLACES)))
    assert warnings(caplog) == ["road server does not answer"] * 2


def test_the_whole_question_has_its_time(fake, monkeypatch, caplog):
    monkeypatch.setattr(servers, "BUDGET", 0.0)
    assert is_silent(told(fake, "osrm"))
    assert fake.asked == []
    assert caplog.records[0].msg["why"] == "out of time"


def test_a_server_that_is_asked_too_often_is_left_alone(fake, caplog):
    fake.mode = "busy"
    assert is_silent(told(fake, "ors"))
    assert len(fake.asked) == 1
    assert caplog.records[0].msg["why"].startswith("429 ")


def test_a_wrong_key_is_told_and_never_written_down(fake, caplog):
    assert is_silent(told(fake, "ors", key="not-the-key"))
    assert caplog.records[0].msg["why"] == '403 {"error": "Access to this API has been disallowed"}'
    assert "not-the-key" not in json.dumps([record.msg for record in caplog.records])
    assert "not-the-key" not in repr(Server(**fake.at("ors", key="not-the-key")))


@every_kind
def test_a_place_far_from_any_road_costs_only_its_own_table(fake, kind, caplog):
    places = [(50 + i / 200, 4.0) for i in range(101 if kind == "osrm" else 51)] + [(55.0, 4.0)]
    table = told(fake, kind, places)
    assert is_true(Matrix(table.km[:50, :50], table.minutes[:50, :50]), places[:50])
    assert is_silent(Matrix(table.km[-2:, -2:], table.minutes[-2:, -2:]))
    assert set(warnings(caplog)) == {"road server answers nonsense"}


@pytest.mark.parametrize(("kind", "requests"), [("osrm", 4), ("valhalla", 9), ("ors", 9)])
def test_a_large_table_is_asked_in_parts_the_server_takes(fake, kind, requests):
    places = [(50 + i / 200, 4 + i / 400) for i in range(120)]
    assert is_true(told(fake, kind, places), places)
    assert len(fake.asked) == requests


@every_kind
def test_a_new_place_among_known_ones_is_one_row_and_one_column(fake, kind):
    places = [(50 + i / 100, 4.0) for i in range(40)]
    wanted = np.zeros((40, 40), dtype=bool)
    wanted[7] = wanted[:, 7] = True
    wanted[7, 7] = False
    table = told(fake, kind, places, wanted)
    assert [(len(starts), len(stops)) for _kind, starts, stops in fake.asked] == [(1, 39), (39, 1)]
    assert np.isfinite(table.km[wanted]).all() and np.isnan(table.km[~wanted]).all()


def test_nothing_wanted_asks_nothing(fake):
    told(fake, "osrm", [], np.zeros((0, 0), dtype=bool))
    told(fake, "osrm", wanted=np.zeros((4, 4), dtype=bool))
    assert fake.asked == []


@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12).map(lambda shape: (shape[0],) * 2)),
    st.integers(1, 13),
)
def test_tiles_hold_every_wanted_pair_once(wanted, side):
    held = np.zeros(wanted.shape, dtype=int)
    for rows, columns in servers.tiles(wanted, side):
        assert 0 < len(rows) <= side and 0 < len(columns) <= side
        held[np.ix_(rows, columns)] += 1
    assert (held[wanted] == 1).all()
    assert (held <= 1).all()
    if wanted.all():
        assert held.all()
