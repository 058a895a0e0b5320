"""Two phones on one round, and one phone sending twice at once: real threads, real commits."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from logistics import phone
from logistics.models import Crate, PhoneAction
from logistics.phone import Sent
from network import clock
from network.models import DeliveryDay
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
