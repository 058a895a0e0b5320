"""What a producer could not bring, spread over those who asked for it. What is short at a pickup point: `orders.collecting`."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, Organisation, OrganisationRole, Person
from network.money import share_out
from network.quantities import checked_quantity
from orders import purchasing
from orders.models import Order, OrderLine, PurchaseChange, PurchaseOrder, PurchaseOrderLine, Shortfall
from producers.models import ShortageRule

Wants = Organisation.Substitution
BEFORE_BILLING = (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED, DeliveryDay.Status.DRIVEN)
GOT_LESS = "got less"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = (
    "order__delivery__delivery_day__cycle__network",
    "order__delivery__pickup_point",
    "order__delivery__outlet__organisation",
)


@dataclass(frozen=True)
class Share:
    """A line that somebody ordered, how much she would get, and what she keeps of it."""

    line: OrderLine
    had: Decimal
    keeps: Decimal

    @property
    def gives(self) -> Decimal:
        return self.had - self.keeps


@dataclass(frozen=True)
class Shares:
    """What everybody keeps; `mark` is the same only as long as nobody gets more or less than this says."""

    shares: list[Share]

    @property
    def missing(self) -> Decimal:
        return sum((share.gives for share in self.shares), Decimal(0))

    @property
    def affected(self) -> list[Share]:
        return [share for share in self.shares if share.gives]

    @property
    def mark(self) -> str:
        said = [(share.line.pk, str(share.had), str(share.keeps)) for share in self.shares]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:24]


def plan(*, line: PurchaseOrderLine, missing: Decimal, rule: str = "") -> Shares:
    """
    What everybody gets when `missing` units of what was asked after the cut-off are not there, in all, by this rule (else
    that of the last time, else the farm's). Refused as `record_missing` is. `line` comes with its product and purchase order.
    """
    missing = _checked(line, missing)
    if missing == line.missing:
        raise Refused(_("That is what is noted already. Fill in how much does not come, in all."), "missing")
    return _shares(
        line, missing, rule or rule_of(line), list(_asked(line).select_related("order__buyer__outlet", *PLACE))
    )


@transaction.atomic
def record_missing(
    *,
    line: PurchaseOrderLine,
    missing: Decimal,
    by: Person,
    reason: str = "",
    why: str = "",
    rule: str = "",
    mark: str = "",
    tell: bool = False,
) -> PurchaseOrderLine:
    """
    Note that `missing` units of what was asked were not there, in all (again with another number corrects it). Orders give
    up in whole steps, by `rule` (else that of the last time, else the farm's); `packed` of a line is what remains. `why` is
    a `PurchaseChange.Why`, `reason` says it in words. `tell` mails everybody who gets less, or more after all. Refused for
    more than was asked, off the step, once the day is billed, and when the plan is no longer that of `mark`.
    """
    line = (
        PurchaseOrderLine.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "purchase_order__delivery_day__cycle__network", "purchase_order__producer__organisation", "product"
        )
        .get(pk=line.pk)
    )
    day = line.purchase_order.delivery_day
    missing = _checked(line, missing)
    rule = rule_of(line) if missing == line.missing else rule or rule_of(line)
    made = _shares(
        line, missing, rule, list(_asked(line).select_related("order").select_for_update(no_key=True, of=("self",)))
    )
    if mark and mark != made.mark:
        raise Refused(_("Something changed just now. Look at the list again."))
    OrderLine.objects.bulk_update([share.line for share in made.affected], ["packed"])
    before = line.missing
    purchasing.change(
        line=line,
        kind=PurchaseChange.Kind.MISSING if missing > before else PurchaseChange.Kind.FOUND,
        missing=missing,
        by=by,
        why=why,
        reason=reason,
        rule=rule,
    )
    _say(line, made, by, tell=tell)
    journal.record(
        action="recorded as missing",
        subject=line.purchase_order,
        by=by,
        network=day.network,
        reason=reason or (str(PurchaseChange.Why(why).label) if why else ""),
        product=str(line.name),
        before=str(before),
        after=str(missing),
    )
    return line


def rule_of(line: PurchaseOrderLine) -> str:
    """The rule by which the last shortage of this line was shared, else the farm's."""
    last = line.changes.exclude(rule="").order_by("-version").values_list("rule", flat=True).first()
    return last or line.purchase_order.producer.shortage_rule


def _checked(line: PurchaseOrderLine, missing: Decimal) -> Decimal:
    if line.purchase_order.delivery_day.status not in BEFORE_BILLING:
        raise Refused(_("This day has been settled. Correct it with a credit note."), "missing")
    missing = checked_quantity(missing, step=line.product.step, field="missing")
    if missing > line.quantity:
        raise Refused(
            _("Only %(asked)s was asked: no more than that can be missing.") % {"asked": written(line.quantity)},
            "missing",
        )
    return missing


def _asked(line: PurchaseOrderLine) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        order__delivery__delivery_day=line.purchase_order.delivery_day_id,
        order__status="closed",
        supply=line.supply_id,
        price=line.price,
    ).order_by("pk")


def _shares(line: PurchaseOrderLine, missing: Decimal, rule: str, asked: list[OrderLine]) -> Shares:
    """
    Each of these lines with what it keeps, `packed` set to it; one whose part of the shortage stays the same keeps what was
    weighed. What was short at the point comes on top.
    """
    short = dict(Shortfall.objects.filter(line__in=asked).values_list("line", "quantity"))
    amounts, step = [wanted.quantity for wanted in asked], line.product.step
    was, now = (
        given_up(
            units, amounts, in_turn(asked, by, besides={wanted.order_id for wanted in asked}) if units else None, step
        )
        for units, by in ((line.missing, rule_of(line) if line.missing else rule), (missing, rule))
    )
    shares = []
    for wanted, less_before, less in zip(asked, was, now, strict=True):
        had = wanted.quantity if wanted.packed is None else wanted.packed
        if less != less_before:
            lost = less + short.get(wanted.pk, Decimal(0))
            wanted.packed = max(Decimal(0), wanted.quantity - lost) if lost else None
        shares.append(Share(wanted, had, wanted.quantity if wanted.packed is None else wanted.packed))
    return Shares(shares)


def _say(line: PurchaseOrderLine, made: Shares, by: Person, *, tell: bool) -> None:
    """To the journal of each order that gets less, and with `tell` to everybody who gets something else than she expects."""
    network, unit = line.purchase_order.delivery_day.network, line.get_unit_display()
    less = [share for share in made.affected if share.gives > 0]
    journal.record_each(
        action=GOT_LESS,
        subjects=[share.line.order for share in less],
        by=by,
        network=network,
        said={
            share.line.order_id: (
                f"{share.line.name}: {written(share.had)} → {written(share.keeps)} {unit}",
                {"before": str(share.had), "after": str(share.keeps)},
            )
            for share in less
        },
    )
    if not tell or not made.affected:
        return
    orders = [share.line.order_id for share in made.affected]
    Order.objects.filter(pk__in=orders).update(version=F("version") + 1)
    versions = dict(Order.objects.filter(pk__in=orders).values_list("pk", "version"))
    mails: dict[str, dict[str, Any]] = {
        f"order_cut:{share.line.order_id}:{share.line.pk}:{versions[share.line.order_id]}": {
            "order": share.line.order_id,
            "version": versions[share.line.order_id],
            "name": dict(share.line.name),
            "unit": share.line.unit,
            "farm": str(line.purchase_order.producer),
            "before": str(share.had),
            "after": str(share.keeps),
        }
        for share in made.affected
    }
    outbox.add_many(kind="order_cut", payloads=mails)


def in_turn(lines: Sequence[OrderLine], rule: str, *, besides: Collection[int] = ()) -> list[int] | None:
    """
    The places of these lines (with their orders) in the order in which they give up all of it; None when everybody gives up
    a part. That orders `besides` got less does not count: it is what is being shared.
    """
    if rule == ShortageRule.PRO_RATA:
        return None
    places = range(len(lines))
    if rule == ShortageRule.FIRST_COME:
        return sorted(places, key=lambda i: (lines[i].order.confirmed_at or lines[i].order.created_at, i), reverse=True)
    buyers = {line.order.buyer_id for line in lines}
    orders = dict(Order.objects.filter(buyer__in=buyers).exclude(pk__in=besides).values_list("pk", "buyer"))
    last: dict[int, datetime] = {}
    for order, at in (
        JournalEntry.objects.filter(action=GOT_LESS, subject_type="orders.order", subject_id__in=list(orders))
        .values_list("subject_id")
        .annotate(at=Max("at"))
    ):
        last[orders[order]] = max(at, last.get(orders[order], LONG_AGO))
    return sorted(places, key=lambda i: (last.get(lines[i].order.buyer_id, LONG_AGO), i))


def given_up(missing: Decimal, amounts: list[Decimal], turn: list[int] | None, step: Decimal) -> list[Decimal]:
    """How much of each amount goes when so much is missing."""
    if turn is None:
        return [fewer * step for fewer in in_steps(missing, amounts, step)]
    given = [Decimal(0)] * len(amounts)
    for place in turn:
        given[place] = min(missing, amounts[place])
        missing -= given[place]
    return given


def written(amount: Decimal) -> str:
    """A quantity as it stands in a sentence."""
    return number_format(amount.normalize() + 0, use_l10n=True)


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
