"""
The right of withdrawal (art. VI.47 and VI.53 Code of Economic Law; online function of directive 2023/2673): within 14 days
after collection a consumer gives back goods that keep, without a reason. Perishables are exempt. `docs/account.md`.

What is declared counts at once, with its moment; the credit note follows when the goods are back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from dateutil.easter import easter
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock, journal, outbox
from network.errors import Refused
from network.models import Organisation, Person
from network.quantities import checked_quantity
from orders import crediting
from orders.models import Order, OrderLine, Withdrawal, WithdrawalLine

DAYS = 14
LONGEST_REST = 5
"""Days that may follow one another without a working day among them, and one to spare."""
COMES_OR_CAME = [Order.Status.CLOSED, Order.Status.SETTLED]


@dataclass(frozen=True)
class Returnable:
    """A line of an order: how much can still be given back, or `why` nothing."""

    line: OrderLine
    most: Decimal
    why: str = ""


def orders_of(person: Person) -> list[Order]:
    """The orders of her households that can be gone back on today, the latest first."""
    found = (
        Order.objects.filter(
            buyer__in=Organisation.objects.of(person).filter(kind=Organisation.Kind.HOUSEHOLD),
            status__in=COMES_OR_CAME,
            delivery__delivery_day__on__gte=clock.today() - timedelta(days=DAYS + LONGEST_REST),
        )
        .select_related(
            "delivery__delivery_day__cycle__network",
            "delivery__pickup_point",
            "delivery__outlet__organisation",
            "buyer",
        )
        .order_by("-delivery__starts_at", "-pk")
    )
    return [order for order in found if ends_on(order) >= clock.today()]


def ends_on(order: Order) -> date:
    """
    The last day on which an order can be gone back on: the fourteenth after that of collection, or the first working day
    after it (regulation 1182/71).
    """
    last = order.delivery.delivery_day.on + timedelta(days=DAYS)
    while last.weekday() >= 5 or last in _holidays(last.year):
        last += timedelta(days=1)
    return last


@cache
def _holidays(year: int) -> frozenset[date]:
    """The ten legal ones of Belgium."""
    sunday = easter(year)
    moving = {sunday + timedelta(days=days) for days in (1, 39, 50)}
    fixed = {date(year, *on) for on in ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25))}
    return frozenset(moving | fixed)


def returnable(order: Order) -> list[Returnable]:
    """Every line of an order with what can be given back of it."""
    lines = order.lines.select_related("product").annotate(
        declared=Sum("withdrawals__quantity", filter=Q(withdrawals__withdrawal__received_at=None), default=Decimal(0))
    )
    return [_returnable(line) for line in lines]


def _returnable(line: OrderLine) -> Returnable:
    if line.product.perishable:
        return Returnable(line, Decimal(0), _("It spoils quickly: the law lets nobody give it back."))
    came = line.billed if line.billed is not None else line.packed if line.packed is not None else line.confirmed
    most = max(Decimal(0), came - line.returned - line.declared)  # type: ignore[attr-defined]
    return Returnable(line, most, "" if most else _("Nothing is left of it to give back."))


def checked(order: Order, wanted: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """
    What is given back, by line (pk), as can be; lines of which nothing is are left out. Refused, with the field, for more
    than came, off the step, for perishables, and for nothing at all.
    """
    found: dict[int, Decimal] = {}
    for row in returnable(order):
        asked, field = wanted.get(row.line.pk, Decimal(0)), f"q{row.line.pk}"
        if not asked:
            continue
        if row.why:
            raise Refused(row.why, field)
        step = Decimal("0.001") if row.line.sold_by_weight else row.line.step
        quantity = checked_quantity(asked, step=step, field=field)
        if quantity > row.most:
            most = number_format(row.most.normalize(), use_l10n=True)
            raise Refused(_("You can give back %(most)s of this at most.") % {"most": most}, field)
        found[row.line.pk] = quantity
    if not found:
        raise Refused(_("Enter how much of what you give back."))
    return found


@transaction.atomic
def declare(*, order: Order, wanted: Mapping[int, Decimal], by: Person) -> Withdrawal:
    """Go back on these units, by line (pk); acknowledged by mail at once. Refused as `checked`, and after the 14 days."""
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order.pk)
    if order not in orders_of(by):
        raise Refused(_("The 14 days in which you can withdraw from this order have passed."))
    quantities = checked(order, wanted)
    made = Withdrawal.objects.create(order=order, by=by)
    WithdrawalLine.objects.bulk_create(
        WithdrawalLine(withdrawal=made, line_id=pk, quantity=quantity) for pk, quantity in sorted(quantities.items())
    )
    network = order.delivery.delivery_day.network
    journal.record(action="withdrew from the contract", subject=order, by=by, network=network)
    outbox.add(kind="withdrawal_made", key=f"withdrawal_made:{made.pk}", withdrawal=made.pk)
    return made


@transaction.atomic
def receive(*, withdrawal: Withdrawal, came: Mapping[int, Decimal], by: Person) -> bool:
    """
    The goods are back, so many by withdrawal line (pk): what came is credited. False when somebody noted it already.
    Refused for more than was declared and before the day is settled.
    """
    order = Order.objects.select_related("delivery__delivery_day__cycle__network").get(pk=withdrawal.order_id)
    crediting.locked(order.delivery.delivery_day)
    claimed = Withdrawal.objects.filter(pk=withdrawal.pk, received_at=None)
    if not claimed.update(received_at=clock.now(), received_by=by):
        return False
    rows = list(withdrawal.lines.select_related("line"))
    for row in rows:
        row.received = _received(row, came.get(row.pk, Decimal(0)))
    WithdrawalLine.objects.bulk_update(rows, ["received"])
    returned = {row.line_id: row.received for row in rows if row.received}
    if returned:
        crediting.take_back(order=order, returned=returned)
    network = order.delivery.delivery_day.network
    journal.record(action="took goods back", subject=order, by=by, network=network)
    outbox.add(kind="withdrawal_done", key=f"withdrawal_done:{withdrawal.pk}", withdrawal=withdrawal.pk)
    return True


def _received(row: WithdrawalLine, came: Decimal) -> Decimal:
    field = f"r{row.pk}"
    step = Decimal("0.001") if row.line.sold_by_weight else row.line.step
    quantity = checked_quantity(came, step=step, field=field)
    if quantity > row.quantity:
        raise Refused(_("That is more than was announced."), field)
    return quantity
