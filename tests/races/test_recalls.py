"""Two people of a farm call the same goods back, or note the same harvest, at the same moment: it happens once."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from network.errors import Refused
from orders import basket, checkout, closing, recalls, tracing
from orders.models import Recall, RecallNotice
from producers import lots, stock
from producers.models import Lot, Offer
from tests.conftest import MONDAY
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
MANY = 6


@pytest.fixture
def goods(day: Any, delivery: Any, farm: Any, leek: Any, household: Any, alice: Any, bob: Any) -> list[tracing.Goods]:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D(2), by=alice)
    offer = Offer.objects.get(supply__product=leek, delivery_day=day, price_group__audience="household")
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    checkout.place_order(order=basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob), by=bob)
    closing.close_day(day=day)
    return [tracing.Goods(leek, day)]


def told(farm: Any, goods: Any, alice: Any) -> dict[str, Any]:
    viewer = tracing.viewer_of(alice, farm)
    return {"producer": farm, "goods": goods, "viewer": viewer, "action": "destroy", "reason": "Glas", "by": alice}


def test_a_recall_started_by_all_at_once_starts_once(goods: Any, farm: Any, alice: Any) -> None:
    how = told(farm, goods, alice)
    answers = all_at_once(lambda _number: recalls.start(**how), many=MANY)
    assert sum(isinstance(answer, Refused) for answer in answers) == MANY - 1
    assert RecallNotice.objects.count() == 1


def test_without_the_lock_a_buyer_would_be_told_by_each(goods: Any, farm: Any, alice: Any) -> None:
    """The control: who looks first and tells afterwards, all having looked before anybody told."""
    viewer = tracing.viewer_of(alice, farm)
    looked = threading.Barrier(MANY)

    def look_then_tell(_number: int) -> None:
        with transaction.atomic():
            found = recalls.reach(goods, viewer)
            looked.wait(timeout=30)
            recall = Recall.objects.create(producer=farm, action="destroy", reason="Glas", started_by=alice)
            RecallNotice.objects.create(recall=recall, buyer=found.lines[0].order.buyer)

    assert all_at_once(look_then_tell, many=MANY) == [None] * MANY
    assert RecallNotice.objects.count() == MANY


def test_a_harvest_noted_by_all_at_once_is_noted_once(goods: Any, day: Any, farm: Any, leek: Any, alice: Any) -> None:
    how = {"producer": farm, "products": [leek], "harvested_on": MONDAY, "days": [day], "by": alice}
    answers = all_at_once(lambda _number: lots.note_many(**how), many=MANY)
    assert sum(isinstance(answer, Refused) for answer in answers) == MANY - 1
    assert Lot.objects.get().code == "260302A"
