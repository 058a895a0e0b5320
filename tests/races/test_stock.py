"""The last kilo, asked by twenty at once: real threads, real commits."""

import threading
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import override

from network import clock
from network.errors import Refused
from network.models import DeliveryDay
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, NOW, make_product
from tests.races.threads import MANY, all_at_once, waiting_for_a_lock

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kilo(cycle: Any, leek: Any, alice: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(1), price=D(2), by=alice)


def test_the_last_kilo_goes_to_one_of_twenty(kilo: Supply) -> None:
    answers = Counter(type(answer).__name__ for answer in all_at_once(lambda _number: stock.reserve({kilo.pk: D(1)})))
    assert answers == {"NoneType": 1, "SoldOut": 19}
    kilo.refresh_from_db()
    assert (kilo.reserved, kilo.available) == (D(1), D(0))


def test_control_without_the_lock_more_believe_they_have_it(kilo: Supply) -> None:
    """The same question asked by look, then write: what the lock prevents does happen."""
    looked = threading.Barrier(MANY)

    def reserve_without_lock(_number: int) -> None:
        with transaction.atomic():
            supply = Supply.objects.get(pk=kilo.pk)
            looked.wait(timeout=30)
            if supply.available < 1:
                raise stock.SoldOut({supply.pk: supply.available})
            supply.reserved += 1
            supply.save(update_fields=["reserved"])

    answers = Counter(type(answer).__name__ for answer in all_at_once(reserve_without_lock))
    assert answers == {"NoneType": 20}


def test_control_even_a_blind_increment_is_stopped_by_the_database(kilo: Supply) -> None:
    def increment(_number: int) -> None:
        Supply.objects.filter(pk=kilo.pk).update(reserved=F("reserved") + 1)

    answers = all_at_once(increment)
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 19
    kilo.refresh_from_db()
    assert kilo.reserved == 1


def test_baskets_filled_in_opposite_order_do_not_deadlock(cycle: Any, farm: Any, leek: Any, alice: Any) -> None:
    rows = [
        stock.Announcement(p, D(100), D(2)) for p in (leek, make_product(farm, "carrot"), make_product(farm, "kale"))
    ]
    pks = [supply.pk for supply in stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)]

    def fill(number: int) -> None:
        order = pks if number % 2 else pks[::-1]
        stock.reserve({pk: D(1) for pk in order})

    assert all_at_once(fill) == [None] * MANY
    assert set(Supply.objects.values_list("reserved", flat=True)) == {D(MANY)}


def test_twenty_farmers_hands_announce_one_product_once(cycle: Any, leek: Any, alice: Any) -> None:
    def announce(number: int) -> Supply:
        return stock.announce(product=leek, week_on=MONDAY, quantity=D(10 + number), price=D(2), by=alice)

    answers = all_at_once(announce)
    assert all(isinstance(answer, Supply) for answer in answers), answers
    supply = Supply.objects.get()
    assert sum(movement.change for movement in supply.movements.all()) == supply.quantity
    assert supply.price_changes.count() == 1
    assert Offer.objects.count() == 4


def test_an_announcement_waits_for_a_day_that_closes_and_is_then_refused(kilo: Supply, leek: Any, alice: Any) -> None:
    """Closing locks the days first and the supplies after; announcing keeps the same order, so neither kills the other."""
    answers: list[Any] = []

    def announce() -> None:
        try:
            with clock.at(NOW), override("en"):
                stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
        except Refused as refusal:
            answers.append(refusal.message)
        finally:
            connection.close()

    farmer = threading.Thread(target=announce)
    with transaction.atomic():
        days = DeliveryDay.objects.select_for_update(of=("self",)).order_by("pk")
        assert len(days) == 2
        with waiting_for_a_lock(1):
            farmer.start()
        assert len(Supply.objects.select_for_update(no_key=True)) == 1
        DeliveryDay.objects.update(status=DeliveryDay.Status.CLOSED)
    farmer.join(timeout=30)
    assert answers == ["Ordering for this week has closed. Announce it for a later week."]
    kilo.refresh_from_db()
    assert kilo.quantity == 1
