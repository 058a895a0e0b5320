"""Time, memory and queries of a piece of work, and one line that says them."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass
class Measured:
    """`python_mb` and `postgres_mb`: the most memory of their own that this process and its PostgreSQL backend had."""

    result: Any
    seconds: float
    queries: int
    python_mb: float
    postgres_mb: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s, {self.queries} queries, "
            f"{self.python_mb:.0f} MB here, {self.postgres_mb:.0f} MB in PostgreSQL"
        )


def own_memory(pid: int | str) -> float:
    """MB that a process shares with no other."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(work: Callable[[], Any]) -> Measured:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    peaks = [0.0, 0.0]
    over = threading.Event()

    def watch() -> None:
        while True:
            peaks[0] = max(peaks[0], own_memory("self"))
            peaks[1] = max(peaks[1], own_memory(backend))
            if over.wait(0.02):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            result = work()
            seconds = time.perf_counter() - started
    finally:
        over.set()
        watcher.join()
    return Measured(result, seconds, len(queries), *peaks)


def spread(seconds: Sequence[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"median {statistics.median(ordered) * 1000:.0f} ms, 95 % within {last * 1000:.0f} ms"


def say(what: str, *facts: object) -> None:
    print(f"\n{what} [{os.cpu_count()} cores]: " + "; ".join(str(fact) for fact in facts))
