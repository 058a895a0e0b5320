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
LEAST = Decimal("0.75")
"""Of what was ordered: a weight below it is asked about, for it is more often a slip than a small cabbage."""


@transaction.atomic
def weigh(*, packed: Mapping[int, Decimal | None], by: Person) -> int:
    """
    Note what the scales said, in units of the line (kg), by order line id; all or nothing. None is "not weighed after all".
    Refused for lines that are not sold by weight or not waiting to be weighed, and for a weight below zero. Returns how many
    lines were noted.
    """
    if any(weight is not None and (not weight.is_finite() or weight < 0) for weight in packed.values()):
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
        weight = packed[line.pk]
        line.packed = None if weight is None else weight.quantize(Decimal("0.001"))
    OrderLine.objects.bulk_update(lines, ["packed"])
    for day in {line.order.delivery.delivery_day for line in lines}:
        journal.record(action="weighed", subject=day, by=by, network=day.network, lines=len(lines))
    return len(lines)


def is_odd(line: OrderLine, weight: Decimal) -> bool:
    """Whether a weight is so far from what was ordered that it should be asked about."""
    return not line.quantity * LEAST <= weight <= most_billable(line)


def billable(line: OrderLine) -> Decimal:
    """What is paid for: what was packed, at most 110 % of what was ordered by weight, and never more than ordered else."""
    if line.packed is None:
        return line.quantity
    return min(line.packed, most_billable(line))


def most_billable(line: OrderLine) -> Decimal:
    return line.quantity * MOST if line.sold_by_weight else line.quantity
