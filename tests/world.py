"""A small world in which every page has something to show, and the rows of the matrix that name those pages."""

import importlib
from decimal import Decimal

import pytest

from logistics import handover, papers, rounds, settling
from network import clock
from network.models import Account, Transaction
from orders import basket, checkout, closing
from orders.models import Document, PurchaseOrder
from producers import stock
from producers.models import Offer
from tests.conftest import make_vehicle
from tests.matrix import Page, World

APPS = ("network", "producers", "orders", "logistics")
PAGES: list[Page] = [page for app in APPS for page in importlib.import_module(f"tests.{app}.matrix").PAGES]


@pytest.fixture
def world(
    network, point, farm, leek, cycle, day, delivery, shop, household, alice, bob, charlie, eli, fien, gust, dana
):
    """Bob has ordered leek for Thursday; the day is closed, planned and settled; Gust drives. Friday's basket is open."""
    supply = stock.announce(product=leek, week_on=cycle.week_on, quantity=Decimal(50), price=Decimal(2), by=alice)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    offer = Offer.objects.get(delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: Decimal(5)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    vehicle = make_vehicle(network)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        made = rounds.plan_rounds(day=day, by=dana)
        version = day.plan_versions.get()
        version.published_at = clock.now()
        version.save(update_fields=["published_at"])
        papers.make(version=version.pk)
    for ride in made:
        ride.driver = gust
        ride.save(update_fields=["driver"])
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
        settling.settle_day(day=day, by=dana)
    ride = made[0]
    stop = ride.stops.first()
    return World(
        network=network,
        point=point,
        farm=farm,
        leek=leek,
        supply=supply,
        offer=offer,
        cycle=cycle,
        day=day,
        delivery=delivery,
        shop=shop,
        household=household,
        order=order,
        purchase_order=PurchaseOrder.objects.get(),
        document=Document.objects.filter(order=order).first(),
        round=ride,
        stop=stop,
        crate=stop.crates.first(),
        paper=ride.papers.first(),
        day_paper=version.papers.get(kind="everything"),
        vehicle=vehicle,
        account=Account.objects.first(),
        transaction=Transaction.objects.first(),
        people={"alice": alice, "bob": bob, "charlie": charlie, "eli": eli, "fien": fien, "gust": gust, "dana": dana},
    )
