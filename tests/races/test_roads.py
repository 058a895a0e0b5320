"""Many plan over the same new places at once, in any order: nobody is locked out, and each pair is kept once."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import override_settings

from logistics import roads
from logistics.models import Road
from tests.conftest import NOW
from tests.logistics.road_server import RoadServer, road_server
from tests.races.threads import MANY, all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
PLACES = [(50 + i / 50, 4 + i / 40) for i in range(12)]


@pytest.fixture
def fake() -> Iterator[RoadServer]:
    with road_server() as server, override_settings(ROAD_SERVER=server.at("valhalla", timeout=20)):
        yield server


def test_twenty_learn_the_same_roads_each_in_an_order_of_its_own(fake: RoadServer) -> None:
    def learn(number: int) -> tuple[str, float]:
        with transaction.atomic():
            places = PLACES[number % 12 :] + PLACES[: number % 12]
            return roads.between(places[:: -1 if number % 2 else 1]).source, round(
                roads.between(PLACES).matrix.km.sum(), 6
            )

    answers = Counter(all_at_once(learn))
    assert list(answers.values()) == [MANY]
    assert [source for source, _km in answers] == ["valhalla"]
    assert Road.objects.count() == 12 * 11


def test_control_who_writes_in_another_order_is_locked_out(transactional_db: Any) -> None:
    both = threading.Barrier(2)

    def store(number: int) -> None:
        pairs = [(1, 2), (2, 1)]
        with transaction.atomic():
            for start, stop in pairs[:: -1 if number else 1]:
                row = Road(source="osrm", from_lat=start, from_lon=0, to_lat=stop, to_lon=0, km=1, minutes=1, at=NOW)
                Road.objects.bulk_create([row], ignore_conflicts=True)
                if (start, stop) == pairs[number]:
                    both.wait(timeout=30)

    answers = Counter(type(answer) for answer in all_at_once(store, 2))
    assert answers == {type(None): 1, OperationalError: 1}
