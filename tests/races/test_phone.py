"""Two phones on one round, and one phone sending twice at once: real threads, real commits."""

import threading
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from logistics import atpoint, handover, phone
from logistics.models import Crate, PhoneAction, Pickup
from logistics.phone import Sent
from network import clock
from network.models import DeliveryDay
from orders import billing
from orders.models import EmptiesReturn, Order
from tests.conftest import NOW
from tests.races.test_rounds import planned, point
from tests.races.threads import all_at_once

__all__ = ["planned", "point"]
pytestmark = pytest.mark.django_db(transaction=True)
MS = int(NOW.timestamp() * 1000)
MEET = threading.Barrier(2)


def blindly(crate: Crate, action: Sent, checked: bool) -> None:
    """The control: without the lock on the day, each phone reads what was said before the other has written it."""
    with transaction.atomic():
        before = Crate.objects.get(pk=crate.pk).checked_at
        MEET.wait(timeout=30)
        happened = clock.now().fromtimestamp(action.happened / 1000, tz=NOW.tzinfo)
        if not checked:
            PAUSE.wait(timeout=30)
        if before is None or before < happened:
            Crate.objects.filter(pk=crate.pk).update(status="loaded" if checked else "expected", checked_at=happened)
    PAUSE.set()


PAUSE = threading.Event()


def test_one_phone_sending_everything_twice_at_once_stores_it_once(planned: DeliveryDay, gust: Any) -> None:
    ride = planned.rounds.get(leg="collection")
    crates = list(Crate.objects.filter(stop__round=ride))
    sent = [Sent(uuid4(), "check", MS - 1000, {"crate": crate.pk}) for crate in crates]
    answers = all_at_once(lambda _n: [one.outcome for one in phone.carry_out(sent=sent, by=gust, round=ride)], 4)
    assert sorted(map(tuple, answers)) == [("already",) * len(crates)] * 3 + [("done",) * len(crates)]
    assert PhoneAction.objects.count() == len(crates)


def test_two_phones_on_one_crate_end_with_the_last_word(planned: DeliveryDay, gust: Any, dana: Any) -> None:
    ride = planned.rounds.get(leg="collection")
    for number, crate in enumerate(Crate.objects.filter(stop__round=ride)):
        words = [
            Sent(uuid4(), "check", MS - 5000 + number, {"crate": crate.pk}),
            Sent(uuid4(), "uncheck", MS - 4000 + number, {"crate": crate.pk}),
        ]
        all_at_once(lambda n, words=words: phone.carry_out(sent=[words[n]], by=(gust, dana)[n], round=ride), 2)  # type: ignore[misc]
        crate.refresh_from_db()
        assert crate.status == Crate.Status.EXPECTED


def test_without_the_lock_the_older_word_can_win(planned: DeliveryDay) -> None:
    crate = planned.crates.filter(leg="collection").first()
    assert crate
    newer, older = Sent(uuid4(), "check", MS - 1000), Sent(uuid4(), "uncheck", MS - 9000)
    PAUSE.clear()
    assert all_at_once(lambda n: blindly(crate, (newer, older)[n], n == 0), 2) == [None, None]
    crate.refresh_from_db()
    assert crate.status == Crate.Status.EXPECTED


@pytest.fixture
def order(planned: DeliveryDay) -> Order:
    return Order.objects.select_related("delivery").get(delivery__delivery_day=planned)


def hand_over_blindly(order: Order, by: Any) -> None:
    """The control: without the lock on the day, each volunteer looks before the other has written."""
    with transaction.atomic():
        there = Pickup.objects.filter(order=order).exists()
        MEET.wait(timeout=30)
        if not there:
            Pickup.objects.create(order=order, by=by)


def test_two_volunteers_giving_the_same_crate_and_order_do_not_fight(order: Order, fien: Any, dana: Any) -> None:
    letter = "B1"
    words = [
        [
            Sent(uuid4(), "given", MS - 3000 + n, {"order": order.pk, "letter": letter}),
            Sent(uuid4(), "hand_over", MS - 2000 + n, {"order": order.pk}),
        ]
        for n in range(2)
    ]
    answers = all_at_once(lambda n: phone.carry_out(sent=words[n], by=(fien, dana)[n], delivery=order.delivery), 2)
    assert all(one.outcome in ("done", "superseded") for answer in answers for one in answer)
    assert atpoint.given(order.delivery) == {(order.pk, letter)}
    assert Pickup.objects.get().order == order
    assert PhoneAction.objects.count() == 4


def test_one_takes_a_crate_back_while_another_gives_it_and_the_last_word_counts(
    order: Order, fien: Any, dana: Any
) -> None:
    words = [
        Sent(uuid4(), "not_given", MS - 1000, {"order": order.pk, "letter": "B1"}),
        Sent(uuid4(), "given", MS - 3000, {"order": order.pk, "letter": "B1"}),
    ]
    all_at_once(lambda n: phone.carry_out(sent=[words[n]], by=(fien, dana)[n], delivery=order.delivery), 2)
    assert atpoint.given(order.delivery) == set()


def test_without_the_lock_an_order_would_be_handed_over_twice(order: Order, fien: Any, dana: Any) -> None:
    answers = all_at_once(lambda n: hand_over_blindly(order, (fien, dana)[n]), 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["IntegrityError", "NoneType"]


def test_empties_counted_on_two_phones_at_once_are_the_last_count(order: Order, fien: Any, dana: Any) -> None:
    words = [Sent(uuid4(), "returned", MS - 2000 + n, {"order": order.pk, "empty_0": str(3 + n)}) for n in range(2)]
    all_at_once(lambda n: phone.carry_out(sent=[words[n]], by=(fien, dana)[n], delivery=order.delivery), 2)
    assert EmptiesReturn.objects.get().count == 4


def test_what_is_short_while_the_day_is_billed_is_billed_less_or_credited(order: Order, fien: Any, dana: Any) -> None:
    """Whoever wins, the household pays for 25 of 30, and what was billed and credited adds up."""
    day = order.delivery.delivery_day
    handover.drive_day(day=day, by=dana)
    line = order.lines.get(quantity=30)
    word = Sent(uuid4(), "short", MS - 1000, {"order": order.pk, "why": "bad", f"gets_{line.pk}": "25"})

    def act(n: int) -> Any:
        if n:
            return phone.carry_out(sent=[word], by=fien, delivery=order.delivery)
        return billing.bill_day(day=day, by=dana)

    answers = all_at_once(act, 2)
    assert [one for one in answers if isinstance(one, Exception)] == []
    line.refresh_from_db()
    assert line.billed == 25
    papers = {paper.kind: paper.gross for paper in order.documents.all()}
    assert papers["receipt"] - papers.get("credit_note", 0) == Decimal("2.65") * 45
