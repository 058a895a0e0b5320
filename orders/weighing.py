"""By-weight goods: ordered, packed and billed are three numbers."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from network import journal
from network.errors import Refused
from network.models import Person
from orders.models import OrderLine
from orders.shortages import BEFORE_BILLING

MOST = Decimal("1.10")
"""Of what was ordered: nobody pays for more, whatever the scales say."""


@transaction.atomic
def weigh(*, packed: Mapping[int, Decimal], by: Person) -> int:
    """
    Note what the scales said, in units of the line (kg), by order line id; all or nothing. Refused for lines that are
    not sold by weight or not waiting to be weighed, and for a weight below zero. Returns how many lines were noted.
    """
    if any(not weight.is_finite() or weight < 0 for weight in packed.values()):
        raise Refused(_("A weight cannot be negative. Enter 0 or more."), "packed")
    lines = list(
        OrderLine.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            pk__in=packed,
            sold_by_weight=True,
            order__status="closed",
            order__delivery__delivery_day__status__in=BEFORE_BILLING,
        )
        .select_related("order__delivery__delivery_day__cycle__network")
        .order_by("pk")
    )
    if len(lines) != len(packed):
        raise Refused(
            _("Some of these lines cannot be weighed: they are not sold by weight, or already billed."), "packed"
        )
    for line in lines:
        line.packed = packed[line.pk].quantize(Decimal("0.001"))
    OrderLine.objects.bulk_update(lines, ["packed"])
    for day in {line.order.delivery.delivery_day for line in lines}:
        journal.record(action="weighed", subject=day, by=by, network=day.network, lines=len(lines))
    return len(lines)


def billable(line: OrderLine) -> Decimal:
    """What is paid for: what was packed, at most 110 % of what was ordered by weight, and never more than ordered else."""
    if line.packed is None:
        return line.quantity
    return min(line.packed, most_billable(line))


def most_billable(line: OrderLine) -> Decimal:
    return line.quantity * MOST if line.sold_by_weight else line.quantity
