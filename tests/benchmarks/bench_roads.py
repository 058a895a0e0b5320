"""A table of distances by formula, and one of which a road server has told everything before."""

import random
import time
from collections.abc import Callable

import pytest
from django.test import override_settings

from logistics import distances, roads
from logistics.models import Road
from network import clock
from tests.benchmarks.bench_closing import analyse
from tests.benchmarks.measure import measure, say, spread
from tests.logistics.road_server import nobody_there, road_server

pytestmark = pytest.mark.django_db(transaction=True)
PLACES, NETWORKS = 150, 10


def somewhere(count: int, seed: int) -> list[distances.Point]:
    draw = random.Random(seed)
    return [(round(draw.uniform(50.7, 51.4), 5), round(draw.uniform(2.6, 5.8), 5)) for _place in range(count)]


def timed(work: Callable[[], object], times: int) -> list[float]:
    seconds = []
    for _time in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds


def test_a_thousand_places_by_formula() -> None:
    places = somewhere(1000, 1)
    say("1,000 places by formula", spread(timed(lambda: distances.matrix(places), 7)))


def test_a_region_from_what_is_kept() -> None:
    now = clock.now()
    for network in range(1, NETWORKS):
        spots = [(round(lat * 100_000), round(lon * 100_000)) for lat, lon in somewhere(PLACES, network)]
        Road.objects.bulk_create(
            Road(source="osrm", from_lat=a, from_lon=b, to_lat=c, to_lon=d, km=10, minutes=12, at=now)
            for a, b in spots
            for c, d in spots
            if (a, b) != (c, d)
        )
    places = somewhere(PLACES, 0)
    with road_server() as server, override_settings(ROAD_SERVER=server.at("osrm")):
        first = measure(lambda: roads.between(places))
        asked = len(server.asked)
    analyse()
    with override_settings(ROAD_SERVER={"kind": "osrm", "address": nobody_there()}):
        seconds = timed(lambda: roads.between(places), 21)
        assert roads.between(places).source == "osrm"
    say(f"{PLACES} places, {asked} requests to a fake server", first)
    say(f"{PLACES} places from {Road.objects.count():,} kept pairs", spread(seconds))
