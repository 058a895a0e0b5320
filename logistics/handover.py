"""
Goods change hands: crates checked at the farm and at the delivery, what is missing, rounds finished, orders picked up.

Everything that touches crates or rounds of a day locks that day first, so that two phones on one round, a finished round
and a new plan never cross. Checking twice changes nothing.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics import drivers, versions
from logistics.models import Crate, Pickup, Round, Stop
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person
from orders import shortages
from orders.models import Order, PurchaseOrderLine

CHECKED = {
    Round.Leg.COLLECTION: Crate.Status.LOADED,
    Round.Leg.DISTRIBUTION: Crate.Status.DELIVERED,
    Round.Leg.DIRECT: Crate.Status.DELIVERED,
}


@transaction.atomic
def check_crates(*, crates: Iterable[int], by: Person, checked: bool = True) -> int:
    """
    Check crates (pks, of one day) off, or take the check back; return how many changed. A crate that is known to be
    missing stays so. Refused once its round is finished, or for crates of several days.
    """
    pks = list(crates)
    days = set(Crate.objects.filter(pk__in=pks).values_list("delivery_day_id", flat=True))
    if not days:
        return 0
    if len(days) > 1:
        raise Refused(_("Check off the crates of one delivery day at a time."))
    day = _underway(days.pop())
    touched = Crate.objects.filter(pk__in=pks)
    if touched.filter(stop__round__status=Round.Status.DRIVEN).exists():
        raise Refused(_("This round is finished. Its crates can no longer change."))
    changed = 0
    for leg, done in CHECKED.items():
        changed += touched.filter(leg=leg, status=Crate.Status.EXPECTED if checked else done).update(
            status=done if checked else Crate.Status.EXPECTED,
            checked_at=clock.now() if checked else None,
            checked_by=by if checked else None,
        )
    if changed:
        stops = Stop.objects.filter(crates__in=pks).distinct()
        _note_done(stops)
        Round.objects.filter(stops__in=stops, status=Round.Status.PLANNED).update(status=Round.Status.DRIVING)
        letters = list(touched.order_by("pk").values_list("letter", flat=True))
        action = "checked crates" if checked else "took back the check of crates"
        for subject in stops or [day]:
            journal.record(action=action, subject=subject, by=by, network=day.network, crates=letters)
    return changed


def check_stop(*, stop: Stop, by: Person) -> int:
    """All crates of a stop are as expected."""
    return check_crates(crates=list(stop.crates.values_list("pk", flat=True)), by=by)


@transaction.atomic
def report_missing(
    *, line: PurchaseOrderLine, missing: Decimal, by: Person, reason: str = "", field: str | None = None
) -> PurchaseOrderLine:
    """
    Note how much of what was asked of a farm is missing in all: an absolute quantity in the line's unit, 0 to take it
    back. It is spread over the buyers by `orders.shortages`; crates of which nothing is left are missing too. Refused
    (with `field`) below zero, above what was asked, or off the step of the product.
    """
    _locked(line.purchase_order.delivery_day_id)
    try:
        line = shortages.record_missing(line=line, missing=missing, by=by, reason=reason)
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
    waiting = Crate.objects.filter(stop__round=round, status=Crate.Status.EXPECTED).count()
    if waiting:
        raise Refused(
            ngettext(
                "%(count)s crate is neither checked off nor recorded as missing. Do that first.",
                "%(count)s crates are neither checked off nor recorded as missing. Do that first.",
                waiting,
            )
            % {"count": waiting}
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
    driven. A plan that was not published is published with it. What no van could take stays open. False when the day was
    driven already. Set-based.
    """
    day = _locked(day.pk)
    if day.status in (DeliveryDay.Status.DRIVEN, DeliveryDay.Status.SETTLED):
        return False
    if day.status != DeliveryDay.Status.PLANNED:
        raise Refused(_("Plan the rounds first."))
    if not versions.published(day):
        versions.publish(day=day, by=by, accept_flaws=True)
    brought = Q(stop=None, leg=Round.Leg.COLLECTION, producer__transport="brings")
    for leg, done in CHECKED.items():
        Crate.objects.filter(
            Q(stop__isnull=False) | brought, delivery_day=day, leg=leg, status=Crate.Status.EXPECTED
        ).update(status=done, checked_at=clock.now(), checked_by=by)
    Stop.objects.filter(round__delivery_day=day, done_at=None).update(done_at=F("leaves_at"))
    day.rounds.update(status=Round.Status.DRIVEN)
    _drive(day, by)
    return True


@transaction.atomic
def hand_over(*, order: Order, by: Person, checked: bool = True) -> bool:
    """The buyer has her goods (or, unchecked, has not after all); False when that was known. Refused before the cut-off."""
    if order.status not in (Order.Status.CLOSED, Order.Status.SETTLED):
        raise Refused(_("This order is not closed yet: there is nothing to hand over."))
    if checked:
        changed = Pickup.objects.get_or_create(order=order, defaults={"by": by})[1]
    else:
        changed = bool(Pickup.objects.filter(order=order).delete()[0])
    if changed:
        network = order.delivery.delivery_day.network
        journal.record(
            action="handed over" if checked else "took back the hand-over", subject=order, by=by, network=network
        )
    return changed


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


def _locked(pk: int) -> DeliveryDay:
    return DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=pk)


def _underway(pk: int) -> DeliveryDay:
    """The day, locked, when its crates can change hands."""
    day = _locked(pk)
    if day.status not in (DeliveryDay.Status.PLANNED, DeliveryDay.Status.DRIVEN):
        if day.status == DeliveryDay.Status.SETTLED:
            raise Refused(_("This day is settled. What was delivered can no longer change."))
        raise Refused(_("The rounds of this day are not planned yet."))
    if day.status == DeliveryDay.Status.PLANNED and not versions.published(day):
        raise Refused(_("The rounds of this day are not published yet."))
    return day


def _note_done(stops: Iterable[Stop]) -> None:
    """A stop is done when none of its crates is expected any more."""
    open_crates = Crate.objects.filter(stop=OuterRef("pk"), status=Crate.Status.EXPECTED)
    these = Stop.objects.filter(pk__in=[stop.pk for stop in stops])
    these.filter(Exists(open_crates)).update(done_at=None)
    these.filter(~Exists(open_crates), done_at=None).update(done_at=clock.now())


def _drive(day: DeliveryDay, by: Person | None) -> None:
    if DeliveryDay.objects.filter(pk=day.pk, status=DeliveryDay.Status.PLANNED).update(
        status=DeliveryDay.Status.DRIVEN
    ):
        journal.record(action="drove the rounds", subject=day, by=by, network=day.network)
