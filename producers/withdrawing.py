"""What a farm offers in the weeks after it leaves a network comes off the shelf there, and back when it stays after all."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from network.models import Network
from producers import stock
from producers.models import Offer, Producer, Product


@transaction.atomic
def take_off(*, producer: Producer, network: Network, from_week: date) -> list[int]:
    """Her offers that buyers of the network would see from a Monday on are seen no more; which they were (pk)."""
    seen = Offer.objects.filter(
        supply__product__producer=producer,
        delivery_day__cycle__network=network,
        delivery_day__cycle__week_on__gte=from_week,
        listed=True,
    )
    pks = sorted(seen.values_list("pk", flat=True))
    Offer.objects.filter(pk__in=pks).update(listed=False)
    return pks


@transaction.atomic
def put_back(*, offers: Iterable[int]) -> None:
    """These are seen again, at the prices of now."""
    found = Offer.objects.filter(pk__in=list(offers))
    found.update(listed=True)
    for product in Product.objects.filter(pk__in=found.values("supply__product")).order_by("pk"):
        stock.offer_again(product)
