"""Two of a farm in one row, and a cut while households order: real threads, real commits."""

import threading
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from network.models import Delivery
from orders import basket, checkout, cutting
from orders.models import OrderLine
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, make_household, make_person
from tests.races.threads import MANY, all_at_once

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supply(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)


def seen(network: Any) -> stock.Seen:
    return stock.Seen(D(50), D("1.60"), frozenset({network.pk}))


def test_of_twenty_who_saw_the_same_row_one_is_stored_and_the_others_are_told(
    supply: Supply, network: Any, leek: Any, alice: Any
) -> None:
    def announce(number: int) -> Any:
        return stock.announce(
            product=leek, week_on=MONDAY, quantity=D(60 + number), price=D("1.60"), seen=seen(network),
            selling=frozenset({network.pk}), by=alice,
        )  # fmt: skip

    answers = Counter(type(answer).__name__ for answer in all_at_once(announce))
    assert answers == {"Supply": 1, "Overtaken": MANY - 1}
    assert supply.movements.count() == 2


def test_control_who_looks_before_the_lock_overwrites(supply: Supply, leek: Any, alice: Any) -> None:
    looked = threading.Barrier(MANY)

    def announce(number: int) -> Any:
        with transaction.atomic():
            same = Supply.objects.get(pk=supply.pk).quantity == 50
            looked.wait(timeout=30)
            assert same
            return stock.announce(product=leek, week_on=MONDAY, quantity=D(60 + number), price=D("1.60"), by=alice)

    answers = Counter(type(answer).__name__ for answer in all_at_once(announce))
    assert answers == {"Supply": MANY}


def test_a_cut_while_households_order_sells_nothing_twice_and_blocks_nobody(
    supply: Supply, network: Any, leek: Any, alice: Any, day: Any, delivery: Delivery
) -> None:
    offer = Offer.objects.get(delivery_day=day, price_group__audience="household")
    people = [make_person(f"buyer{number}") for number in range(MANY)]
    homes = [make_household(network, f"Gezin {person.name}", person) for person in people]
    for home, by in list(zip(homes, people, strict=True))[:8]:
        order = basket.open_order(buyer=home, delivery=delivery, by=by)
        basket.fill(order=order, quantities={offer.pk: D(4)}, by=by)
        checkout.place_order(order=order, by=by)

    def act(number: int) -> Any:
        if number == 0:
            for _attempt in range(50):
                now = Supply.objects.select_related("product").get(pk=supply.pk)
                mark = cutting.plan(supply=now, quantity=D(20), rule="pro_rata").mark
                try:
                    return cutting.cut(supply=now, quantity=D(20), rule="pro_rata", mark=mark, by=alice)
                except cutting.Refused:
                    continue
            return None
        order = basket.open_order(buyer=homes[number], delivery=delivery, by=people[number])
        return basket.fill(order=order, quantities={offer.pk: D(1 if number < 8 else 2)}, by=people[number])

    answers = all_at_once(act)
    assert isinstance(answers[0], cutting.Plan)
    assert {type(answer).__name__ for answer in answers[1:]} <= {"Order", "BasketRefused"}
    supply.refresh_from_db()
    held = sum((line.held for line in OrderLine.objects.all()), D(0))
    assert (supply.quantity, supply.reserved) == (20, held)
    confirmed = OrderLine.objects.aggregate(all=Sum("confirmed"))["all"]
    booked = delivery.capacities.get(storage_class="cool").booked
    assert booked == confirmed / 10
