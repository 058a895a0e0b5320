"""Benchmarks live in real time and build networks of any size with the demo's own functions."""

from collections.abc import Iterator
from typing import Any

import pytest

from logistics.demo import build, scale
from network.models import Network
from producers.models import Product


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    yield


@pytest.fixture
def add_network(transactional_db: None) -> Any:
    """`add_network(number, size)`: the demo's networks, and then as many more as are asked for."""
    build.build(2026)
    pattern = Network.objects.get(slug="gent")
    models = list(Product.objects.filter(producer__organisation__memberships__network=pattern).order_by("pk"))
    return lambda number, size: scale.add_network(pattern, models, number, size)
