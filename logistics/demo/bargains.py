"""What the farmer who shows the demo keeps of her own and promised the trade: from this week on."""

from datetime import timedelta
from decimal import Decimal

from network import clock
from network.money import euros
from producers import prices
from producers.models import Producer


def build(producer: Producer, usual: dict[str, Decimal]) -> None:
    """Her cost of two products, one price fixed for a year, another lower from thirty units; `usual` is her price by sku."""
    alice = producer.organisation.people.first()
    assert alice
    monday = clock.monday_of(clock.today())
    first, second = producer.products.active().order_by("pk")[:2]
    for product in (first, second):
        prices.keep_cost(product=product, cost=euros(usual[product.sku] * Decimal("0.7")), by=alice)
    for product, share, number in ((first, "0.95", 0), (second, "0.9", 30)):
        for group in prices.trade_of(producer):
            prices.agree(
                product=product,
                group=group,
                price=euros(usual[product.sku] * Decimal(share)),
                from_quantity=Decimal(number),
                starts_on=monday,
                ends_on=monday + timedelta(days=364),
                by=alice,
            )
