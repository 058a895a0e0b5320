"""What farmers read in these tests is English, whatever the catalogues say."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def visit() -> Callable[..., Client]:
    """`visit(person)`: a browser in English, signed in as that person (None: a visitor)."""

    def client_of(person: Any = None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if person is not None:
            client.force_login(person)
        return client

    return client_of
