"""Many at the same moment: real threads, real connections."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils.translation import override

from network import clock
from tests.conftest import NOW

MANY = 20


def all_at_once(ask: Callable[[int], Any], many: int = MANY) -> list[Any]:
    """Run `ask(0)` … `ask(many - 1)`, each in a thread of its own, all released together; what each returned or raised."""
    start = threading.Barrier(many)
    answers: list[Any] = [None] * many

    def run(number: int) -> None:
        try:
            with clock.at(NOW), override("en"):
                start.wait(timeout=30)
                answers[number] = ask(number)
        except Exception as error:  # noqa: BLE001  what went wrong is the answer
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "one of them never ended"
    return answers


@contextmanager
def waiting_for_a_lock(count: int) -> Iterator[None]:
    """Leave the block once `count` connections wait for somebody's lock."""
    yield
    patience = threading.Event()
    for _attempt in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
        patience.wait(0.01)
    raise AssertionError("nobody waits")
