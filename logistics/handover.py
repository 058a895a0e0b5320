"""
Goods change hands: crates checked at the farm and at the delivery, what is missing, rounds finished.

Everything that touches crates or rounds of a day locks that day first, so that two phones on one round, a finished round
and a new plan never cross. Checking twice changes nothing. Of a crate the last word counts, by the moment it was said
(`Crate.checked_at`) and not by the moment it was heard: what a phone without reception sends a day late changes nothing
that was said after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics import drivers, versions
from logistics.models import Crate, Round, Stop, Trouble
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person
from orders import shortages
from orders.models import PurchaseOrderLine

LOADED, DELIVERED, EXPECTED = Crate.Status.LOADED, Crate.Status.DELIVERED, Crate.Status.EXPECTED
UNFINISHED = Q(status=EXPECTED) | Q(leg=Round.Leg.DIRECT, status=LOADED)
"""Crates that have not reached the end of their leg: what goes straight to a customer is collected, then delivered."""


@dataclass(frozen=True)
class Word:
    """What somebody said at a moment: that a crate is (or after all is not) checked, at this stop (None: at its own)."""

    crate: Crate
    checked: bool
    at: datetime
    stop: int | None = None

    @property
    def status(self) -> str:
        """Absolute, so that words heard in another order, or twice, come to the same."""
        crate = self.crate
        if crate.leg == Round.Leg.DIRECT and self.stop and self.stop == crate.dropped_at_id:
            return DELIVERED if self.checked else LOADED
        if not self.checked:
            return EXPECTED
        return DELIVERED if crate.leg == Round.Leg.DISTRIBUTION else LOADED


@transaction.atomic
def check_crates(*, crates: Iterable[int], by: Person, checked: bool = True, stop: Stop | None = None) -> int:
    """
    Check crates (pks, of one day) off, or take the check back; return how many changed. A crate that is known to be
    missing stays so. `stop` tells where, for crates that go straight from a farm to a customer. Refused once its round is
    finished, or for crates of several days.
    """
    pks = list(crates)
    days = set(Crate.objects.filter(pk__in=pks).values_list("delivery_day_id", flat=True))
    if not days:
        return 0
    if len(days) > 1:
        raise Refused(_("Check off the crates of one delivery day at a time."))
    day = _underway(days.pop())
    touched = Crate.objects.filter(pk__in=pks).exclude(status=Crate.Status.MISSING).order_by("pk")
    if touched.filter(stop__round__status=Round.Status.DRIVEN).exists():
        raise Refused(_("This round is finished. Its crates can no longer change."))
    now = clock.now()
    changed = hear([Word(crate, checked, now, stop.pk if stop else None) for crate in touched], by=by)
    if changed:
        stops = stops_of(changed)
        letters = [crate.letter for crate in changed]
        action = "checked crates" if checked else "took back the check of crates"
        subjects: Sequence[Stop | DeliveryDay] = stops or [day]
        for subject in subjects:
            journal.record(action=action, subject=subject, by=by, network=day.network, crates=letters)
    return len(changed)


def check_stop(*, stop: Stop, by: Person) -> int:
    """All crates of a stop are as expected, but those that were said to be missing."""
    gone = {trouble.crate_id for trouble in stop.troubles.all() if trouble.says_missing}
    there = [pk for pk in crates_at(stop).values_list("pk", flat=True) if pk not in gone]
    return check_crates(crates=there, by=by, stop=stop)


def crates_at(stop: Stop) -> QuerySet[Crate]:
    """What is collected or dropped at a stop, in the order of its labels."""
    return Crate.objects.filter(Q(stop=stop) | Q(dropped_at=stop)).order_by("pk")


def hear(words: Sequence[Word], *, by: Person) -> list[Crate]:
    """
    Give crates the status of the last word on each, unless something later was said before; return those whose status
    changed. The day is locked by the caller, who has refused what may not be said. Five queries at most.
    """
    last: dict[int, Word] = {}
    for word in words:
        before = word.crate.checked_at
        if (before is None or before <= word.at) and (word.crate.pk not in last or last[word.crate.pk].at <= word.at):
            last[word.crate.pk] = word
    changed = []
    for word in last.values():
        crate = word.crate
        if crate.status != word.status:
            crate.status, crate.checked_by = word.status, by
            changed.append(crate)
        crate.checked_at = word.at
    Crate.objects.bulk_update([word.crate for word in last.values()], ["status", "checked_at", "checked_by"])
    if changed:
        stops = stops_of(changed)
        _note_done(stops)
        Round.objects.filter(stops__in=stops, status=Round.Status.PLANNED).update(status=Round.Status.DRIVING)
    return changed


def stops_of(crates: Iterable[Crate]) -> list[Stop]:
    pks = {pk for crate in crates for pk in (crate.stop_id, crate.dropped_at_id) if pk}
    return list(Stop.objects.filter(pk__in=pks).order_by("pk")) if pks else []


@transaction.atomic
def report_missing(
    *,
    line: PurchaseOrderLine,
    missing: Decimal,
    by: Person,
    reason: str = "",
    field: str | None = None,
    **how: Any,
) -> PurchaseOrderLine:
    """
    Note how much of what was asked of a farm is missing in all: an absolute quantity in the line's unit, 0 to take it
    back. It is spread over the buyers by `orders.shortages` (`how`: the rest of what `record_missing` takes); crates of
    which nothing is left are missing too. Refused (with `field`) below zero, above what was asked, or off the step of the
    product.
    """
    _locked(line.purchase_order.delivery_day_id)
    try:
        line = shortages.record_missing(line=line, missing=missing, by=by, reason=reason, **how)
    except Refused as refused:
        raise Refused(refused.message, field or refused.field) from refused
    gone, left = [], line.missing
    own = list(Crate.objects.filter(purchase_order_line=line).order_by("pk"))
    for crate in sorted(own, key=lambda crate: (Decimal(crate.contents[0]["quantity"]), -crate.pk)):
        left -= Decimal(crate.contents[0]["quantity"])
        if left >= 0:
            gone.append(crate.pk)
    ours = Crate.objects.filter(purchase_order_line=line)
    ours.filter(pk__in=gone).update(status=Crate.Status.MISSING, checked_at=clock.now(), checked_by=by)
    ours.filter(status=Crate.Status.MISSING).exclude(pk__in=gone).update(
        status=Crate.Status.EXPECTED, checked_at=None, checked_by=None
    )
    _note_done(Stop.objects.filter(crates__in=ours).distinct())
    return line


@transaction.atomic
def finish_round(*, round: Round, by: Person) -> Round:
    """A round is back. Refused while crates are neither checked nor missing. With the last round the day is driven."""
    day = _underway(round.delivery_day_id)
    waiting = list(
        Crate.objects.filter(UNFINISHED, stop__round=round)
        .order_by("stop__position")
        .values_list("stop__position", flat=True)
    )
    if waiting:
        raise Refused(
            ngettext(
                "%(count)s crate of stop %(stops)s is neither checked off nor recorded as missing. Do that first.",
                "%(count)s crates of stop %(stops)s are neither checked off nor recorded as missing. Do that first.",
                len(waiting),
            )
            % {"count": len(waiting), "stops": ", ".join(map(str, dict.fromkeys(waiting)))}
        )
    round.stops.filter(done_at=None).update(done_at=clock.now())
    if (
        round.delivery_day.rounds.filter(pk=round.pk)
        .exclude(status=Round.Status.DRIVEN)
        .update(status=Round.Status.DRIVEN)
    ):
        journal.record(action="finished the round", subject=round, by=by, network=day.network)
    if not day.rounds.exclude(status=Round.Status.DRIVEN).exists():
        _drive(day, by)
    round.refresh_from_db()
    return round


@transaction.atomic
def drive_day(*, day: DeliveryDay, by: Person | None = None) -> bool:
    """
    Everything on a planned day went as expected: all crates on a round or brought to the hub are checked, all rounds
    driven. A plan that was not published is published with it. What no van could take stays open. Refused while nobody has
    seen to what a driver reported. False when the day was driven already. Set-based.
    """
    day = _locked(day.pk)
    if day.status in (DeliveryDay.Status.DRIVEN, DeliveryDay.Status.SETTLED):
        return False
    if day.status != DeliveryDay.Status.PLANNED:
        raise Refused(_("Plan the rounds first."))
    if troubles_of(day.rounds.all()).filter(resolved_at=None).exists():
        raise Refused(_("Not everything went as planned: first see to what the drivers reported."))
    if not versions.published(day):
        versions.publish(day=day, by=by, accept_flaws=True)
    brought = Q(stop=None, leg=Round.Leg.COLLECTION) & ~Q(
        producer__in=day.unplanned.exclude(producer=None).values("producer")
    )
    done = Case(When(leg=Round.Leg.COLLECTION, then=Value(LOADED)), default=Value(DELIVERED))
    Crate.objects.filter(UNFINISHED, Q(stop__isnull=False) | brought, delivery_day=day).update(
        status=done, checked_at=clock.now(), checked_by=by
    )
    Stop.objects.filter(round__delivery_day=day, done_at=None).update(done_at=F("leaves_at"))
    day.rounds.update(status=Round.Status.DRIVEN)
    _drive(day, by)
    return True


@transaction.atomic
def assign_driver(*, round: Round, driver: Person | None, by: Person) -> Round:
    """Give a round to a driver of its network, or to nobody. Refused for anybody else, and once it is finished."""
    day = _locked(round.delivery_day_id)
    if driver and not NetworkRole.objects.filter(network=day.network, person=driver, role="driver").exists():
        raise Refused(_("Choose a driver of this network."), "driver")
    if not day.rounds.filter(pk=round.pk).exclude(status=Round.Status.DRIVEN).update(driver=driver):
        raise Refused(_("This round is finished. Its driver can no longer change."), "driver")
    journal.record(
        action="gave the round to a driver", subject=round, by=by, network=day.network, driver=str(driver or "")
    )
    round.driver = driver
    if day.status == DeliveryDay.Status.PLANNED:
        versions.record(day=day, action="gave the round to a driver", by=by)
        if versions.published(day):
            drivers.tell(day=day, rounds=day.rounds.all())
    return round


def troubles_of(rounds: Iterable[Round]) -> QuerySet[Trouble]:
    """What was not as it should be on rounds, what nobody has seen to first."""
    return (
        Trouble.objects.filter(stop__round__in=rounds)
        .select_related("stop__round", "stop__producer__organisation", "stop__delivery__pickup_point", "crate", "by")
        .select_related("stop__delivery__outlet__organisation")
        .order_by(F("resolved_at").asc(nulls_first=True), "at", "pk")
    )


@transaction.atomic
def resolve(*, trouble: Trouble, by: Person) -> bool:
    """The coordinator has seen to it; False when that was known."""
    resolved = Trouble.objects.filter(pk=trouble.pk, resolved_at=None).update(resolved_at=clock.now())
    if resolved:
        round = trouble.stop.round
        journal.record(
            action="saw to a trouble", subject=round, by=by, network=round.delivery_day.network, trouble=trouble.kind
        )
    return bool(resolved)


def _locked(pk: int) -> DeliveryDay:
    return DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=pk)


def _underway(pk: int) -> DeliveryDay:
    """The day, locked, when its crates can change hands."""
    day = _locked(pk)
    still_open(day)
    return day


def still_open(day: DeliveryDay) -> None:
    """Refused when the crates of a day cannot change hands: not planned yet, or settled."""
    if day.status not in (DeliveryDay.Status.PLANNED, DeliveryDay.Status.DRIVEN):
        if day.status == DeliveryDay.Status.SETTLED:
            raise Refused(_("This day is settled. What was delivered can no longer change."))
        raise Refused(_("The rounds of this day are not planned yet."))
    if day.status == DeliveryDay.Status.PLANNED and not versions.published(day):
        raise Refused(_("The rounds of this day are not published yet."))


def _note_done(stops: Iterable[Stop]) -> None:
    """A stop is done when nothing is waiting there any more, at the moment the last of it was checked."""
    here = Q(stop=OuterRef("pk")) | Q(dropped_at=OuterRef("pk"))
    waiting = Crate.objects.filter(
        Q(stop=OuterRef("pk"), status=EXPECTED) | Q(dropped_at=OuterRef("pk"), status__in=[EXPECTED, LOADED])
    )
    last = Crate.objects.filter(here).order_by().values("delivery_day").annotate(last=Max("checked_at")).values("last")
    these = Stop.objects.filter(pk__in=[stop.pk for stop in stops])
    these.update(done_at=Case(When(Exists(waiting), then=None), default=Coalesce(Subquery(last), Value(clock.now()))))


def _drive(day: DeliveryDay, by: Person | None) -> None:
    if DeliveryDay.objects.filter(pk=day.pk, status=DeliveryDay.Status.PLANNED).update(
        status=DeliveryDay.Status.DRIVEN
    ):
        journal.record(action="drove the rounds", subject=day, by=by, network=day.network)
