"""
What a farm is asked after the cut-off: each change makes a version of its purchase order, which its people read and say that
they saw (`docs/harvest.md`).
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import OrganisationRole, Person
from orders.models import PurchaseChange, PurchaseOrder, PurchaseOrderLine, PurchaseRead

FROZEN = 1
"""The version that was frozen at the cut-off."""


def version_of(purchase: PurchaseOrder) -> int:
    last = purchase.changes.aggregate(last=Max("version"))["last"]
    return last or FROZEN


@transaction.atomic
def change(
    *,
    line: PurchaseOrderLine,
    kind: str,
    by: Person,
    asked: Decimal | None = None,
    missing: Decimal | None = None,
    why: str = "",
    reason: str = "",
    rule: str = "",
) -> PurchaseChange | None:
    """
    Make a line (locked by the caller, with its purchase order and producer) ask so much, or miss so much, in all; the change
    is the next version. None when as much is to be brought as before.
    """
    before = line.left
    line.quantity = line.quantity if asked is None else asked
    line.missing = line.missing if missing is None else missing
    line.save(update_fields=["quantity", "missing"])
    if line.left == before:
        return None
    purchase = PurchaseOrder.objects.select_for_update(no_key=True).get(pk=line.purchase_order_id)
    return PurchaseChange.objects.create(
        purchase_order=purchase,
        line=line,
        version=version_of(purchase) + 1,
        kind=kind,
        difference=line.left - before,
        after=line.left,
        why=why,
        reason=reason[:300],
        rule=rule,
        by=by,
        by_farm=OrganisationRole.objects.filter(organisation__producer=purchase.producer_id, person=by).exists(),
    )


@transaction.atomic
def acknowledge(*, purchase: PurchaseOrder, version: int, by: Person) -> int:
    """
    Somebody of the farm saw everything up to this version; returns how many changes that were not seen yet. Twice does
    nothing. Refused for a version that is not there.
    """
    if not FROZEN <= version <= version_of(purchase):
        raise Refused(_("There is no such version of this purchase order. Look at it again."))
    unseen = purchase.changes.unseen().filter(version__lte=version).count()
    if unseen:
        _read(purchase, PurchaseRead.Kind.SEEN, version, by)
        journal.record(
            action="saw what changed", subject=purchase, by=by, network=purchase.delivery_day.network, version=version
        )
    return unseen


def printed(*, purchase: PurchaseOrder, version: int, by: Person) -> None:
    """Somebody of the farm takes this version of the purchase order along on paper."""
    _read(purchase, PurchaseRead.Kind.PRINTED, version, by)


def _read(purchase: PurchaseOrder, kind: str, version: int, by: Person) -> None:
    PurchaseRead.objects.bulk_create(
        [PurchaseRead(purchase_order=purchase, kind=kind, version=version, by=by, at=clock.now())],
        ignore_conflicts=True,
    )
