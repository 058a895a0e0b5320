"""What a producer could not bring, spread over those who asked for it. What is short at a pickup point: `orders.collecting`."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import journal
from network.errors import Refused
from network.models import DeliveryDay, Organisation, OrganisationRole, Person
from network.money import share_out
from network.quantities import checked_quantity
from orders.models import Order, OrderLine, PurchaseOrder, PurchaseOrderLine, Shortfall

Wants = Organisation.Substitution
BEFORE_BILLING = (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED, DeliveryDay.Status.DRIVEN)


@transaction.atomic
def record_missing(*, line: PurchaseOrderLine, missing: Decimal, by: Person, reason: str = "") -> PurchaseOrderLine:
    """
    Note that `missing` units of what was asked were not there, in all (again with another number corrects it). Every
    order gives up in proportion to what it asked, in whole steps, by largest remainder; `packed` of its line is what
    remains. Refused for more than was asked, off the step, or once the day is billed.
    """
    line = (
        PurchaseOrderLine.objects.select_for_update(no_key=True, of=("self",))
        .select_related("purchase_order__delivery_day__cycle__network", "product")
        .get(pk=line.pk)
    )
    day = line.purchase_order.delivery_day
    if day.status not in BEFORE_BILLING:
        raise Refused(_("This day has been settled. Correct it with a credit note."), "missing")
    step = line.product.step
    missing = checked_quantity(missing, step=step, field="missing")
    if missing > line.quantity:
        raise Refused(
            _("Only %(asked)s was asked: no more than that can be missing.")
            % {"asked": number_format(line.quantity.normalize(), use_l10n=True)},
            "missing",
        )
    asked = list(
        OrderLine.objects.select_for_update(no_key=True)
        .filter(order__delivery__delivery_day=day, order__status="closed", supply=line.supply_id, price=line.price)
        .order_by("pk")
    )
    short = dict(Shortfall.objects.filter(line__in=asked).values_list("line", "quantity"))
    for wanted, fewer in zip(asked, in_steps(missing, [wanted.quantity for wanted in asked], step), strict=True):
        lost = fewer * step + short.get(wanted.pk, Decimal(0))
        wanted.packed = max(Decimal(0), wanted.quantity - lost) if lost else None
    OrderLine.objects.bulk_update(asked, ["packed"])
    before, line.missing = line.missing, missing
    line.save(update_fields=["missing"])
    journal.record(
        action="recorded as missing",
        subject=line.purchase_order,
        by=by,
        network=day.network,
        reason=reason,
        product=str(line.name),
        before=str(before),
        after=str(missing),
    )
    return line


@dataclass
class Wish:
    """A household that wants something else than less to pay; `phones` to ask it, when that is its wish."""

    order: int
    buyer: str
    wants: str
    products: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


def wishes_of(purchase: PurchaseOrder) -> list[Wish]:
    """Of those who ordered from this farm, who wants to be called or to get something alike; two queries."""
    lines = OrderLine.objects.filter(
        order__in=Order.objects.confirmed(),
        order__delivery__delivery_day=purchase.delivery_day_id,
        producer=purchase.producer_id,
        order__buyer__substitution__in=[Wants.ASK, Wants.REPLACE],
    ).select_related("order__buyer")
    found: dict[int, Wish] = {}
    buyers: dict[int, Wish] = {}
    for line in lines.order_by("order__buyer__substitution", "order__buyer__name", "order", "pk"):
        buyer = line.order.buyer
        wish = found.setdefault(line.order_id, Wish(line.order_id, buyer.name, buyer.when_missing))
        wish.products.append(str(line.name))
        if buyer.substitution == Wants.ASK:
            buyers[buyer.pk] = wish
    people = OrganisationRole.objects.filter(organisation__in=buyers).exclude(person__phone="").order_by("pk")
    for buyer_pk, phone in people.values_list("organisation", "person__phone"):
        buyers[buyer_pk].phones.append(phone)
    return list(found.values())


def in_steps(missing: Decimal, amounts: list[Decimal], step: Decimal) -> list[int]:
    """How many steps fewer each gets when so much is missing: in proportion, and nobody gives up more than she has."""
    return _within(share_out(int(missing / step), amounts), [int(amount / step) for amount in amounts])


def _within(parts: list[int], caps: list[int]) -> list[int]:
    """Nobody gives up more than she asked: what does not fit moves to the next who can."""
    over = sum(max(0, part - cap) for part, cap in zip(parts, caps, strict=True))
    parts = [min(part, cap) for part, cap in zip(parts, caps, strict=True)]
    for i, cap in enumerate(caps):
        extra = min(over, cap - parts[i])
        parts[i] += extra
        over -= extra
    return parts
