"""Alice's leek is for sale: 20 kg at € 1,60, which is € 2,39 on a household's shelf."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from network import clock, cycles, outbox
from network.models import (
    Cycle,
    Delivery,
    DeliveryDay,
    Membership,
    Network,
    Organisation,
    OutboxEntry,
    Person,
    PickupPoint,
)
from orders import basket, checkout, closing, subscriptions, turning
from orders.models import Order, Subscription
from producers import boxes, lots, stock
from producers.models import Box, BoxSize, Offer, Producer, Product, Supply
from tests.conftest import MONDAY, make_household, make_network, make_person, make_point, make_product, open_week

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


NEXT = MONDAY + timedelta(weeks=1)


@pytest.fixture
def coming_cycle(cycle: Cycle) -> Cycle:
    """The week of 9 March, planned and not open: Thursday 12 (closes Tuesday 10 at noon) and Friday 13."""
    return cycles.plan_cycle(network=cycle.network, week_on=NEXT)


@pytest.fixture
def chard(farm: Producer) -> Product:
    return make_product(farm, "chard")


@pytest.fixture
def goods(coming_cycle: Cycle, leek: Product, chard: Product, alice: Person) -> dict[str, Supply]:
    """For that week 50 kg of leek at € 2,39 and 50 of chard at € 2,92, as households pay it."""
    return {
        product.sku: stock.announce(product=product, week_on=NEXT, quantity=D(50), price=D(price), by=alice)
        for product, price in ((leek, "1.60"), (chard, "2.00"))
    }


@pytest.fixture
def size(goods: dict[str, Supply], network: Network, farm: Producer, leek: Product, chard: Product) -> BoxSize:
    """A box of € 14 that comes to € 13,01: three kilos of leek and two of chard."""
    box = Box.objects.create(network=network, producer=farm, name="Groentepakket")
    size = BoxSize.objects.create(box=box, name="klein", price=D(14))
    boxes.compose(size=size, week_on=NEXT, content={leek.pk: D(3), chard.pk: D(2)}, by=None)
    return size


@pytest.fixture(autouse=True)
def bob_reads_english(request: pytest.FixtureRequest) -> None:
    """What he is told is stored and mailed in his language, and read here in the source's."""
    if "household" in request.fixturenames:
        request.getfixturevalue("bob")
        Person.objects.update(language="en")
        request.getfixturevalue("household")
        Organisation.objects.update(language="en")


@pytest.fixture
def terms(point: PickupPoint) -> subscriptions.Terms:
    return subscriptions.Terms(point, 3, "weekly")


@pytest.fixture
def subscription(
    size: BoxSize, network: Network, household: Organisation, bob: Person, terms: subscriptions.Terms
) -> Subscription:
    return subscriptions.subscribe(buyer=household, network=network, terms=terms, starts_on=NEXT, by=bob, size=size)


@pytest.fixture
def opened(coming_cycle: Cycle) -> Callable[[], int]:
    """`opened()`: the week has opened and what is due in it became orders; returns how many rows were queued."""

    def turned() -> int:
        cycles.open_cycle(cycle=coming_cycle)
        count = turning.queue_due()
        while outbox.drain():
            pass
        return count

    return turned


def buy(buyer: Any, delivery: Any, by: Any, wanted: dict[Any, int]) -> Order:
    audience = "trade" if delivery.outlet_id else "household"
    offers = {
        Offer.objects.get(
            supply__product=product, delivery_day=delivery.delivery_day, price_group__audience=audience
        ).pk: D(quantity)
        for product, quantity in wanted.items()
    }
    order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
    return checkout.place_order(order=basket.fill(order=order, quantities=offers, by=by), by=by)


@pytest.fixture
def went(
    network: Any, farm: Any, leek: Any, cycle: Any, day: Any, delivery: Any, shop: Any, household: Any, alice: Any,
    bob: Any, eli: Any,
) -> Any:  # fmt: skip
    """Alice's leek and chard go to Ghent and Leuven on Thursday; one lot of leek went with both."""
    leuven = make_network("leuven")
    Membership.objects.create(network=leuven, organisation=farm.organisation, college="producers")
    make_point(leuven, "l1")
    far = open_week(leuven).days.get(on=day.on)
    chard = make_product(farm, "chard")
    for product in (leek, chard):
        stock.announce(product=product, week_on=MONDAY, quantity=D(100), price=D("1.60"), by=alice)
    zoe = make_person("zoe", language="en", phone="0470 99 88 77")
    home = make_household(leuven, "Gezin Zoe", zoe)
    Person.objects.filter(pk=bob.pk).update(language="en", phone="0470 11 22 33")
    Person.objects.filter(pk=eli.pk).update(language="fr")
    orders = [
        buy(household, delivery, bob, {leek: 5, chard: 1}),
        buy(shop.organisation, day.deliveries.get(outlet=shop), eli, {leek: 12}),
        buy(home, far.deliveries.get(pickup_point__code="l1"), zoe, {leek: 2}),
    ]
    lot = lots.note(product=leek, harvested_on=MONDAY, uses={day.pk: None, far.pk: None}, by=alice)
    with clock.at(day.closes_at):
        for one in (day, far):
            closing.close_day(day=one)
            one.refresh_from_db()
    OutboxEntry.objects.all().delete()
    mine, shops, theirs = (Order.objects.get(pk=order.pk) for order in orders)
    return SimpleNamespace(
        leuven=leuven, far=far, chard=chard, lot=lot, mine=mine, shops=shops, theirs=theirs, zoe=zoe, home=home
    )
