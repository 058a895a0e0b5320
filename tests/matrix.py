"""The role x page matrix: what each of the cast gets from each page. Every named url must have a row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CAST = ("anonymous", "charlie", "bob", "alice", "eli", "fien", "gust", "dana")


class World:
    """Everything a row may point at: network, farm, leek, supply, order, day, delivery, cycle, round, stop, …"""

    def __init__(self, **things: Any) -> None:
        self.__dict__.update(things)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the world of the access matrix has no {name}")


@dataclass(frozen=True)
class Page:
    """
    A named url, its arguments in a world, and the status each of the cast gets. Who is not named gets `others`. For a
    page that asks to sign in, strangers' 302 counts for `anonymous` only.
    """

    name: str
    kwargs: Callable[[Any], dict[str, Any]] = lambda world: {}
    method: str = "get"
    data: Callable[[Any], dict[str, Any]] = lambda world: {}
    others: int = 404
    expected: dict[str, int] = field(default_factory=dict)

    def status_for(self, who: str) -> int:
        return self.expected.get(who, self.others)
