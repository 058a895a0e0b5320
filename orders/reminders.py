"""
Reminders by the clock, each once: the shop is open, to who asked for it; a basket is not confirmed yet, some hours before
the cut-off. The outbox keys make a second run harmless.
"""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from network import clock, outbox
from network.models import Cycle, DeliveryDay, OutboxEntry, Person
from network.notices import Kind
from orders.basket import HOLD
from orders.models import LapsedLine, Order, OrderLine

FRESH = timedelta(days=1)
"""A shop that opened longer ago is no news."""
BEFORE_CLOSING = timedelta(hours=6)
QUIET = timedelta(minutes=15)
"""Nobody is reminded while she is at it."""


def announce_open() -> None:
    """One entry per cycle that opened; who is told is looked up when that entry is handled."""
    fresh = Cycle.objects.open().filter(opens_at__gt=clock.now() - FRESH).order_by("pk")
    payloads = {f"announce_shop:{pk}": {"cycle": pk} for pk in fresh.values_list("pk", flat=True)}
    _add_new("announce_shop", payloads)


def announce(cycle: int) -> None:
    """Tell the members of its network who asked for it."""
    found = Cycle.objects.open().filter(pk=cycle).first()
    if found is None:
        return
    readers = Person.objects.filter(
        is_active=True,
        mail_choices__contains={Kind.SHOP_OPEN.value: True},
        organisations__archived_at=None,
        organisations__memberships__network=found.network_id,
        organisations__memberships__left_on=None,
    )
    outbox.add_many(
        kind=Kind.SHOP_OPEN.value,
        payloads={
            f"shop_open:{cycle}:{pk}": {"cycle": cycle, "person": pk}
            for pk in readers.order_by("pk").values_list("pk", flat=True).distinct()
        },
    )


def unconfirmed() -> QuerySet[Order]:
    """Orders before their cut-off with something in them that is not confirmed, held still or let go after an hour."""
    return Order.objects.filter(
        Exists(OrderLine.objects.filter(order=OuterRef("pk")).exclude(quantity=F("confirmed")))
        | Exists(LapsedLine.objects.filter(order=OuterRef("pk"))),
        status__in=[Order.Status.BASKET, Order.Status.CONFIRMED],
        delivery__delivery_day__in=DeliveryDay.objects.on_sale(),
    )


def remind_baskets() -> None:
    """Once per order and day, when its day closes soon and nobody touched it for a while."""
    now = clock.now()
    waiting = unconfirmed().filter(
        Q(hold_expires_at=None) | Q(hold_expires_at__lte=now + HOLD - QUIET),
        delivery__delivery_day__closes_at__lte=now + BEFORE_CLOSING,
    )
    today = clock.today().isoformat()
    orders = waiting.order_by("pk").values_list("pk", flat=True)
    _add_new(Kind.BASKET_WAITING.value, {f"basket_waiting:{pk}:{today}": {"order": pk} for pk in orders})


def _add_new(kind: str, payloads: dict[str, dict[str, int]]) -> None:
    """Without waking a worker every few minutes for what was told already."""
    known = set(OutboxEntry.objects.filter(key__in=payloads).values_list("key", flat=True))
    if new := {key: payload for key, payload in payloads.items() if key not in known}:
        outbox.add_many(kind=kind, payloads=new)
