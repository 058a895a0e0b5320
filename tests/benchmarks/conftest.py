"""Benchmarks live in real time and build networks of any size with the demo's own functions."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.template.base import Template

from logistics.demo import build, scale
from network.models import Network
from producers.models import Product


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    yield


@pytest.fixture(autouse=True)
def render_as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runner notes every template it renders, with a copy of its context; production does not."""
    monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))


@pytest.fixture
def add_network(transactional_db: None) -> Any:
    """`add_network(number, size)`: the demo's networks, and then as many more as are asked for."""
    build.build(2026)
    pattern = Network.objects.get(slug="gent")
    models = list(Product.objects.filter(producer__organisation__memberships__network=pattern).order_by("pk"))
    return lambda number, size: scale.add_network(pattern, models, number, size)
