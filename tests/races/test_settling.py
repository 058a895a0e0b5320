"""A day settled, and corrected, by several at once: one run, one set of bills, every posting once. Real threads, real commits."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from logistics import correcting, handover, rounds, settling
from logistics.models import CostRun
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, Transaction
from orders import crediting
from orders.models import Document, PurchaseOrderLine
from tests.conftest import make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def driven(day: Any, delivery: Any, network: Any, household: Any, leek: Any, dana: Any) -> DeliveryDay:
    make_order(delivery, household, {leek: 30})
    make_vehicle(network)
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
    day.refresh_from_db()
    return day


def keys() -> list[str]:
    assert not Transaction.objects.annotate(total=Sum("postings__amount")).exclude(total=0).exists()
    return sorted(Transaction.objects.values_list("key", flat=True))


def test_a_day_that_four_settle_at_once_is_settled_once(driven: DeliveryDay, dana: Any) -> None:
    answers = all_at_once(lambda _number: settling.settle_day(day=driven, by=dana), 4)
    assert answers == [CostRun.objects.get()] * 4
    assert len(keys()) == len(set(keys()))
    assert Document.objects.count() == 2, "one for the buyer, one for the farm"


def test_a_day_that_two_correct_at_once_is_shared_again_once(driven: DeliveryDay, dana: Any) -> None:
    settling.settle_day(day=driven, by=dana)
    line = PurchaseOrderLine.objects.get()
    crediting.credit(day=driven, missing={line.pk: Decimal(5)}, by=dana, reason="Rotten")
    answers = all_at_once(lambda _number: correcting.correct_day(day=driven, by=dana, reason="Rotten"), 2)
    assert sorted(type(answer) for answer in answers if not isinstance(answer, CostRun)) == [Refused]
    assert list(CostRun.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert len(keys()) == len(set(keys()))
