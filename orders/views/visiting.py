"""For whom somebody looks at a shop, where and when it would be delivered, and the basket there."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse

from network import clock
from network.models import Delivery, Network, Organisation, PriceGroup
from network.templatetags.kouter import dayhour
from orders import repeating, shelf
from orders.basket import is_trade
from orders.forms import number_of
from orders.models import Order, OrderLine


@dataclass(frozen=True)
class Visit:
    """
    For whom somebody looks at the shop: the buyer (None for visitors), the delivery, and the order there, if any. What not
    every page asks for is read when it is asked for.
    """

    network: Network
    buyer: Organisation | None
    buyers: list[Organisation]
    delivery: Delivery | None
    order: Order | None
    seen: datetime

    @cached_property
    def lines(self) -> dict[int, OrderLine]:
        if self.order is None:
            return {}
        prefetch_related_objects([self.order], "lines")
        return {line.offer_id: line for line in self.order.lines.all()}

    @property
    def cents(self) -> dict[int, int]:
        """What each offer in the basket comes to."""
        return {pk: int(shelf.gross(line) * 100) for pk, line in self.lines.items() if line.quantity}

    @property
    def trade(self) -> bool:
        return self.buyer is not None and self.buyer.is_trade  # type: ignore[attr-defined]

    @cached_property
    def has_ordered(self) -> bool:
        """Whether this buyer ordered in this network before, and can have the same once more."""
        return self.buyer is not None and repeating.earlier_orders(self.buyer, self.network).exists()

    @cached_property
    def group(self) -> PriceGroup:
        audience = PriceGroup.Audience.TRADE if self.trade else PriceGroup.Audience.HOUSEHOLD
        return PriceGroup.objects.get(network=self.network, audience=audience)


def visit_of(request: HttpRequest, network: Network, wanted: str | None, *, buyer: str | None = None) -> Visit:
    """`buyer`: the one a page was made for, whom another tab may have switched away from; None of others than her own."""
    seen = clock.now()
    buyers = list(buyers_of(request, network)) if request.user.is_authenticated else []
    if buyer:
        chosen = next((one for one in buyers if str(one.pk) == buyer), None)
    else:
        chosen = next((one for one in buyers if one.pk == request.session.get("buyer")), buyers[0] if buyers else None)
    door = ("outlet__organisation",) if chosen and chosen.is_trade else ()
    deliveries = (
        choices(network, chosen)
        .select_related("delivery_day__cycle", "pickup_point", "place", *door)
        .order_by("starts_at", "pk")
    )
    order = None
    pk = number_of(wanted or "")
    delivery = deliveries.filter(pk=pk).first() if pk is not None else None
    if chosen:
        mine = orders_of(chosen)
        if delivery is None:
            filled = Exists(OrderLine.objects.filter(order=OuterRef("pk")))
            order = mine.filter(delivery__in=choices(network, chosen)).order_by(filled.desc(), "-created_at").first()
            delivery = deliveries.filter(pk=order.delivery_id).first() if order else _usual(deliveries, chosen, network)
        else:
            order = mine.filter(delivery=delivery).first()
    if delivery is None:
        delivery = deliveries.first()
    if delivery:
        delivery.delivery_day.cycle.network = network
    if order and chosen and delivery and order.delivery_id == delivery.pk:
        order.buyer, order.delivery = chosen, delivery
    return Visit(network, chosen, buyers, delivery, order, seen)


def buyers_of(request: HttpRequest, network: Network) -> Any:
    return (
        Organisation.objects.of(request.user)
        .active()
        .filter(memberships__network=network, memberships__left_on=None)
        .annotate(is_trade=is_trade())
        .distinct()
        .order_by("-kind", "pk")
    )


def orders_of(buyer: Organisation) -> QuerySet[Order]:
    return Order.objects.filter(buyer=buyer).exclude(status=Order.Status.CANCELLED).with_lapsed_at()


def choices(network: Network, buyer: Organisation | None) -> Any:
    """Deliveries still to be ordered for: the buyer's own door, and the pickup points."""
    found = Delivery.objects.on_sale().filter(delivery_day__cycle__network=network)
    return found.for_buyer(buyer) if buyer else found.at_points()


def _usual(deliveries: Any, buyer: Organisation, network: Network) -> Delivery | None:
    """The own door of an outlet, else the point of this network where this buyer collected last."""
    door = deliveries.filter(outlet__organisation=buyer).first()
    if door:
        return door
    last = (
        Order.objects.confirmed()
        .filter(buyer=buyer, delivery__pickup_point__network=network)
        .order_by("-created_at")
        .values("delivery__pickup_point")[:1]
    )
    return deliveries.filter(pickup_point__in=last).first()


def basket_of(visit: Visit, error: str = "") -> dict[str, Any]:
    """What parts/basket.html and parts/bar.html show beside the goods of a page."""
    assert visit.delivery
    return shelf.basket_of(visit.order, visit.network, consumer=not visit.trade, fee=visit.delivery.fee) | {
        "closes": dayhour(visit.delivery.delivery_day.closes_at),
        "error": error,
        "seen": int(visit.seen.timestamp() * 1000),
    }


def shop_url(network: str, delivery: int, choice: str = "") -> str:
    return f"{reverse('orders:shop', args=[network])}?delivery={delivery}{choice}"
