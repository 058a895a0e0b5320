"""Somebody announces while the farm leaves: real threads, real commits."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from logistics import belonging
from network import clock, cycles
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, NOW
from tests.races.test_closing_killed import until

D = Decimal
NEXT = MONDAY + timedelta(weeks=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ahead(cycle: Any, network: Any) -> None:
    cycles.plan_cycle(network=network, week_on=NEXT)


def left_while_announcing(network: Any, farm: Any, leek: Any, alice: Any) -> int:
    """She leaves, and before that is committed leek is announced; how many of its offers buyers see."""

    def announce() -> None:
        with clock.at(NOW):
            stock.announce(product=leek, week_on=NEXT, quantity=D(50), price=D(2), by=alice)
        connection.close()

    other = threading.Thread(target=announce)
    with transaction.atomic():
        belonging.leave(farm=farm, network=network, by=alice)
        other.start()
        until(lambda: not other.is_alive() or somebody_waits())
    other.join(timeout=30)
    return Offer.objects.filter(supply__product=leek, listed=True).count()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_who_announces_while_she_leaves_offers_nothing_there(
    ahead: None, network: Any, farm: Any, leek: Any, alice: Any
) -> None:
    assert left_while_announcing(network, farm, leek, alice) == 0


def test_control_without_the_lock_it_is_for_sale(
    ahead: None, network: Any, farm: Any, leek: Any, alice: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(belonging, "_wait_for_announcing", lambda network, from_week: None)
    assert left_while_announcing(network, farm, leek, alice) > 0
