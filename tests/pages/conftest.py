"""Pages in a real browser live in real time: their week is the coming one, open now."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from network import clock
from network.models import Cycle, DeliveryDay, Network, Outlet, PickupPoint
from tests.conftest import open_week


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    yield


@pytest.fixture
def cycle(network: Network, point: PickupPoint, shop: Outlet) -> Cycle:
    return open_week(network, clock.monday_of(clock.today()) + timedelta(weeks=1))


@pytest.fixture
def day(cycle: Cycle) -> DeliveryDay:
    return cycle.days.get(on=cycle.week_on + timedelta(days=3))
