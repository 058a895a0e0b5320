"""
Carrying out what phones send: late, twice, out of order, from clocks that are hours off (docs/phone.md).

An action is made on the phone with an id of its own, and stored once under the lock of its delivery day. Actions are carried
out in the order in which they happened, and each sets something absolute ("crate 12 is in the van") of which the last word
counts, by the moment it was said. So the end state is the same however often, however late and in whatever order they
arrive. What may not be done is stored as well, with the sentence the phone shows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import atpoint, notes
from logistics.models import PhoneAction, Round
from logistics.phoned import Act, Where
from network import clock
from network.models import Delivery, DeliveryDay, Person

RIGHT = 60_000
"""Milliseconds a phone's clock may be off before it is corrected: less is the time a message travels."""
OLDEST = timedelta(days=31)
LONGEST = 400
"""Characters of anything in an action but a picture."""

ROUND: dict[str, Callable[[Where, list[Act]], None]] = {
    "check": notes.check,
    "uncheck": notes.check,
    "temperature": notes.temperatures,
    "proof": notes.proofs,
    "trouble": notes.troubles,
    "empties": notes.empties,
    "arrived": notes.times,
    "left": notes.times,
    "times": notes.times,
}
LEFT = {"temperature", "proof", "trouble", "empties"}
"""
Who notes one of these has left: that plan is not made anew any more. Arrivals note themselves, also of who only looks ahead;
crates see to it themselves.
"""
POINT: dict[str, Callable[[Where, list[Act]], None]] = {
    "given": atpoint.crates,
    "not_given": atpoint.crates,
    "short": atpoint.short,
    "returned": atpoint.empties,
    "age_seen": atpoint.hand_over,
    "age_unseen": atpoint.hand_over,
    "hand_over": atpoint.hand_over,
    "take_back": atpoint.hand_over,
}
"""In this order: bottles that stay at the point are noted before it is asked how old who collects the rest is."""


@dataclass(frozen=True)
class Sent:
    """An action as the phone sends it: `happened` in milliseconds of the phone's clock."""

    id: UUID
    kind: str
    happened: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What became of an action: `done`, `already` (it came before), `superseded` (overtaken by a later word) or `refused`."""

    id: UUID
    outcome: str
    sentence: str = ""


def offset(*, phone: int, known: int = 0) -> int:
    """
    Milliseconds to add to what a phone's clock says, which shows `phone` now. What it was told before (`known`) holds as
    long as it is right within a minute: otherwise slow messages would change the order of what one phone did.
    """
    measured = this_moment() - phone
    return known if abs(measured - known) < RIGHT else measured


@transaction.atomic
def carry_out(
    *,
    sent: Sequence[Sent],
    by: Person,
    round: Round | None = None,
    delivery: Delivery | None = None,
    offset: int = 0,
) -> list[Answer]:
    """
    Store and carry out what a phone did on a round or at a pickup point, each exactly once; an answer per action, in the
    order sent. `offset` corrects the phone's clock. The number of queries does not depend on the number of check-offs.
    """
    owner: Any = round or delivery
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network")
        .get(pk=owner.delivery_day_id)
    )
    known = dict(PhoneAction.objects.filter(pk__in=[one.id for one in sent]).values_list("pk", "refused"))
    new = {one.id: one for one in reversed(sent) if one.id not in known}
    acts = _in_order(new.values(), offset)
    where = Where(day=day, by=by, round=_fresh(round), delivery=delivery)
    table = ROUND if round else POINT
    for handler in dict.fromkeys(table.values()):
        if own := [act for act in acts if table.get(act.kind) is handler]:
            handler(where, own)
    if where.round and any(act.kind in LEFT and not act.refused for act in acts):
        Round.objects.filter(pk=where.round.pk, status=Round.Status.PLANNED).update(status=Round.Status.DRIVING)
    for act in acts:
        if act.kind not in table:
            act.refused = _("This page is too old for what was done. Open it again while there is reception.")
    PhoneAction.objects.bulk_create(
        PhoneAction(
            id=act.id,
            by=by,
            round=round,
            delivery=delivery,
            kind=act.kind[:20],
            payload=act.data | ({"superseded": True} if act.superseded else {}),
            happened_at=act.happened_at,
            received_at=clock.now(),
            refused=act.refused[:300],
        )
        for act in acts
    )
    outcomes = {act.id: act for act in acts}
    return [_answer(one.id, outcomes.pop(one.id, None), known) for one in sent]


def do(
    *, kind: str, data: dict[str, Any], by: Person, round: Round | None = None, delivery: Delivery | None = None
) -> Answer:
    """One action just done, through a form: what a browser without scripts sends."""
    now = Sent(uuid4(), kind, this_moment(), data)
    return carry_out(sent=[now], by=by, round=round, delivery=delivery)[0]


def _in_order(sent: Iterable[Sent], offset: int) -> list[Act]:
    """
    As they happened. Nothing happened in the future, or longer than a month ago. Two phones may name the same millisecond:
    then the ids decide, in the microseconds, so that everybody decides the same.
    """
    now = clock.now()
    acts = []
    for number, one in enumerate(sorted(sent, key=lambda one: one.happened)):
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=one.happened + offset)
        within = min(max(moment, now - OLDEST), now)
        micros = one.id.int % 1000 if within == moment else number % 1000
        acts.append(Act(one.id, one.kind, within + timedelta(microseconds=micros), dict(one.data)))
    return sorted(acts, key=lambda act: act.happened_at)


def _answer(id: UUID, act: Act | None, known: dict[UUID, str]) -> Answer:
    if act is None:
        sentence = known.get(id, "")
        return Answer(id, "refused" if sentence else "already", sentence)
    if act.refused:
        return Answer(id, "refused", act.refused)
    return Answer(id, "superseded" if act.superseded else "done")


def _fresh(round: Round | None) -> Round | None:
    """The round as it is now that its day is locked."""
    return Round.objects.prefetch_related("stops").get(pk=round.pk) if round else None


def this_moment() -> int:
    """
    Now, in milliseconds since 1970 as phones count. A page that says when it was made takes it before it reads anything:
    what a phone sends meanwhile is then later, and the page asks again.
    """
    return int(clock.now().timestamp() * 1000)
