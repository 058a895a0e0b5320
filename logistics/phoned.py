"""An action of a phone while it is carried out, and where it belongs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from logistics import handover
from logistics.models import PhoneAction, Round, Stop
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Person


@dataclass
class Act:
    """
    `data` is what is stored of it, as the phone sent it. `refused`: why it was not carried out. `superseded`: something
    later was said before it arrived.
    """

    id: UUID
    kind: str
    happened_at: datetime
    data: dict[str, Any]
    refused: str = ""
    superseded: bool = False


@dataclass(frozen=True)
class Where:
    """The round or the delivery, its day locked, and whose phone it is."""

    day: DeliveryDay
    by: Person
    round: Round | None = None
    delivery: Delivery | None = None

    @cached_property
    def stops(self) -> dict[int, Stop]:
        return {stop.pk: stop for stop in self.round.stops.all()} if self.round else {}

    @cached_property
    def closed(self) -> str:
        """Why the crates of this day can no longer change hands; empty while they can."""
        try:
            handover.still_open(self.day)
        except Refused as refused:
            return refused.message
        return ""

    def stop(self, act: Act) -> Stop:
        """The stop an action names; Refused when the round changed since the phone saw it."""
        found = self.stops.get(whole(act.data.get("stop")) or 0)
        if not found:
            raise Refused(_("This stop is not on this round any more. Tell the coordinator what you did there."))
        return found

    def earlier(self, *kinds: str) -> Iterator[Act]:
        """What was carried out here before, of these kinds."""
        for row in PhoneAction.objects.filter(
            round=self.round, delivery=self.delivery, kind__in=kinds, refused=""
        ).order_by("happened_at"):
            yield Act(row.pk, row.kind, row.happened_at, row.payload)


def each(acts: list[Act], carry: Callable[[Act], None]) -> None:
    """Carry out one by one; what is refused is remembered with the action and does not stop the others."""
    for act in acts:
        try:
            carry(act)
        except Refused as refused:
            act.refused = refused.message


def whole(value: Any) -> int | None:
    """A count or a key as phones and forms write it; None for anything else."""
    text = str(value if value is not None else "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def number(value: Any) -> Decimal:
    """A number with comma or point. Refused for anything else."""
    try:
        found = Decimal(str(value).strip().replace(",", ".").replace("\u2212", "-"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refused(_("Enter a number, such as 2 or 1,5."))
    return found
