"""Alice's leek is for sale: 20 kg at € 1,60, which is € 2,39 on a household's shelf."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from network.models import Cycle, Delivery, DeliveryDay, Organisation, Person
from orders import basket, checkout
from orders.models import Order
from producers import stock
from producers.models import Offer, Product, Supply
from tests.conftest import MONDAY

D = Decimal
Ordered = Callable[..., Order]


@pytest.fixture
def supply(cycle: Cycle, leek: Product, alice: Person) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)


@pytest.fixture
def offer(supply: Supply, day: DeliveryDay) -> Offer:
    return Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")


@pytest.fixture
def basket_of(offer: Offer, delivery: Delivery) -> Ordered:
    """`basket_of(buyer, by, quantity)`: a basket with so much leek, not confirmed."""

    def filled(buyer: Organisation, by: Person, quantity: str | int | Decimal, of: Offer = offer) -> Order:
        order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
        return basket.fill(order=order, quantities={of.pk: D(quantity)}, by=by)

    return filled


@pytest.fixture
def ordered(basket_of: Ordered) -> Ordered:
    """`ordered(buyer, by, quantity)`: the same, confirmed."""

    def placed(buyer: Organisation, by: Person, quantity: str | int | Decimal, **more: Offer) -> Order:
        return checkout.place_order(order=basket_of(buyer, by, quantity, **more), by=by, age_declared=True)

    return placed
