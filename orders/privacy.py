"""The orders' part of what we know of a person and of her leaving (`network.privacy`)."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from network import privacy
from network.models import Organisation, Person
from network.privacy import Hindrance
from orders import basket, subscriptions
from orders.models import Document, Favourite, Order, RecalledLine, Subscription, Withdrawal

STILL_TO_COME = [Order.Status.CONFIRMED, Order.Status.CLOSED]
LINE = ("quantity", "confirmed", "packed", "billed", "returned", "unit", "gross", "vat_rate", "deposit")
PAPER = ("issued_on", "net", "vat", "gross", "deposit", "lines", "totals", "communication")


def gather(person: Person) -> dict[str, Any]:
    """Orders, subscriptions, favourites, documents, withdrawals and recalls of her organisations, as their pages show them to her."""
    hers = Organisation.objects.of(person)
    orders = (
        Order.objects.filter(buyer__in=hers)
        .select_related("buyer", "delivery__delivery_day", "delivery__pickup_point", "delivery__outlet__organisation")
        .prefetch_related("lines__producer__organisation")
        .order_by("pk")
    )
    papers = Document.objects.filter(Q(recipient__in=hers) | Q(issuer__in=hers)).select_related("issuer", "recipient")
    withdrawals = Withdrawal.objects.visible_to(person).prefetch_related("lines__line").order_by("pk")
    return {
        "orders": [_order(order, person) for order in orders.iterator(chunk_size=500)],
        "documents": [
            {"document": str(paper), "from": paper.issuer.name, "to": paper.recipient.name}
            | {name: getattr(paper, name) for name in PAPER}
            for paper in papers.order_by("pk").iterator(chunk_size=500)
        ],
        "withdrawals": [
            {
                "order": one.order_id,
                "made_at": one.made_at,
                "received_at": one.received_at,
                "lines": [{"product": str(row.line.name), "quantity": row.quantity} for row in one.lines.all()],
            }
            for one in withdrawals
        ],
        "recalls": [
            {"product": str(one.line.name), "order": one.line.order_id, "quantity": one.quantity}
            | {"why": one.notice.recall.reason, "mailed_at": one.notice.mailed_at, "called_at": one.notice.reached_at}
            for one in RecalledLine.objects.filter(notice__buyer__in=hers)
            .select_related("line", "notice__recall")
            .order_by("pk")
        ],
        "favourites": [
            {"for": one.buyer.name, "product": str(one.product)}
            for one in Favourite.objects.filter(buyer__in=hers).select_related("buyer", "product").order_by("pk")
        ],
        "subscriptions": [
            {
                "for": one.buyer.name,
                "what": str(one),
                "at": str(one.pickup_point),
                "since": one.starts_on,
                "stopped_at": one.stopped_at,
            }
            | {name: getattr(one, name) for name in ("weekday", "rhythm", "paused_from", "paused_until")}
            for one in Subscription.objects.of(person)
            .select_related("buyer", "size__box", "pickup_point")
            .order_by("pk")
        ],
    }


def _order(order: Order, person: Person) -> dict[str, Any]:
    return {
        "number": order.pk,
        "for": order.buyer.name,
        "on": order.delivery.delivery_day.on,
        "at": str(order.delivery.destination),
        "status": order.status,
        "made_at": order.created_at,
        "confirmed_at": order.confirmed_at,
        "confirmed_by_you": order.placed_by_id == person.pk,
        "age_declared": order.age_declared,
        "reference": order.reference,
        "lines": [
            {"product": str(line.name), "farm": line.producer.organisation.name}
            | {name: getattr(line, name) for name in LINE}
            for line in order.lines.all()
        ],
    }


def hindrances(person: Person) -> list[Hindrance]:
    """Orders still to be delivered or billed, of households that nobody else is in, and goods still to be given back."""
    alone = privacy.households_alone(person)
    orders = Order.objects.filter(buyer__in=alone, status__in=STILL_TO_COME).order_by("pk")
    returns = Withdrawal.objects.filter(order__buyer__in=alone, received_at=None).order_by("pk")
    return [
        Hindrance(
            _("Order %(number)s is still to be delivered or billed.") % {"number": pk},
            reverse("orders:detail", args=[pk]),
        )
        for pk in orders.values_list("pk", flat=True)
    ] + [
        Hindrance(
            _("What you give back of order %(number)s is still to be received.") % {"number": pk},
            reverse("orders:detail", args=[pk]),
        )
        for pk in returns.values_list("order", flat=True)
    ]


@transaction.atomic
def forget(person: Person, emptied: Sequence[Organisation]) -> None:
    """
    Of households that end: what lies in baskets is for sale again, subscriptions stop, favourites go; orders and documents
    stay.
    """
    waiting = Order.objects.select_for_update(no_key=True).filter(buyer__in=emptied, status=Order.Status.BASKET)
    for order in waiting.order_by("pk"):
        basket.let_lapse(order)
        basket.leave(order=order)
    Favourite.objects.filter(buyer__in=emptied).delete()
    for one in Subscription.objects.running().filter(buyer__in=emptied).order_by("pk"):
        subscriptions.stop(subscription=one, by=person)
