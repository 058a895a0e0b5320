"""A product is archived at the very moment somebody orders it: one of the two is told, never both served."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from network import clock
from network.errors import Refused
from producers import products, stock
from producers.models import Product, Supply
from tests.conftest import MONDAY
from tests.races.threads import all_at_once

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supply(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D(2), by=alice)


def test_who_orders_while_it_is_archived_is_told_or_it_is_not_archived(supply: Supply, alice: Any) -> None:
    def ask(number: int) -> Any:
        if number == 3:
            return products.archive(product=supply.product, by=alice)
        return stock.reserve({supply.pk: D(1)})

    answers = all_at_once(ask, 6)
    supply.refresh_from_db()
    archived = Product.objects.get(pk=supply.product_id).archived_at is not None
    if archived:
        assert (supply.quantity, supply.reserved) == (0, 0)
        assert sum(isinstance(answer, stock.SoldOut) for answer in answers) == 5
    else:
        assert isinstance(answers[3], Refused) and supply.reserved == 5


def test_control_by_look_then_write_it_is_archived_and_ordered(supply: Supply) -> None:
    looked, ordered = threading.Barrier(2), threading.Barrier(2)

    def archive_without_lock() -> None:
        with transaction.atomic():
            assert not Supply.objects.get(pk=supply.pk).reserved
            looked.wait(timeout=30)
            ordered.wait(timeout=30)
            Product.objects.filter(pk=supply.product_id).update(archived_at=clock.now())

    def order() -> None:
        looked.wait(timeout=30)
        stock.reserve({supply.pk: D(1)})
        ordered.wait(timeout=30)

    assert all_at_once(lambda number: (archive_without_lock, order)[number](), 2) == [None, None]
    supply.refresh_from_db()
    assert supply.reserved == 1 and Product.objects.get(pk=supply.product_id).archived_at
