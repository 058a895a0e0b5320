from decimal import Decimal as D

import pytest

from network.errors import Refused
from orders import basket, checkout
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY


def test_order(cycle, leek, alice, bob, household, delivery, day):
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D("1.60"), by=alice)
    offer = Offer.objects.get(price_group__audience="household", delivery_day=day)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    assert order.status == "confirmed"
    basket.fill(order=order, quantities={offer.pk: D(1)}, by=bob)
    supply.refresh_from_db()
    assert supply.reserved == 3
    checkout.place_order(order=order, by=bob)
    supply.refresh_from_db()
    assert supply.reserved == 1
    with pytest.raises(Refused):
        basket.fill(order=order, quantities={offer.pk: D(6)}, by=bob)
    checkout.cancel_order(order=order, by=bob)
    supply.refresh_from_db()
    assert supply.reserved == 0


def test_close(cycle, leek, alice, bob, household, delivery, day):
    from orders import closing, shortages
    from orders.models import OrderLine, PurchaseOrderLine

    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(5), price=D("1.60"), by=alice)
    offer = Offer.objects.get(price_group__audience="household", delivery_day=day)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
    checkout.place_order(order=order, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob)
    assert closing.close_day(day=day)
    assert not closing.close_day(day=day)
    supply.refresh_from_db()
    assert supply.reserved == 3
    line = PurchaseOrderLine.objects.get()
    assert line.quantity == 3
    shortages.record_missing(line=line, missing=D(1), by=alice)
    assert OrderLine.objects.get().packed == 2

    from network.models import DeliveryDay, Posting
    from orders import billing
    from orders.models import Document

    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    assert billing.bill_day(day=day) == 1
    assert Document.objects.count() == 2
    assert sum(Posting.objects.values_list("amount", flat=True)) == 0
    assert [str(d) for d in Posting.objects.values_list("amount", flat=True)]
