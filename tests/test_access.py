"""Every page, seen by everybody: strangers get 404, too small a role 403, and no named url is forgotten."""

import importlib
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from logistics import handover, rounds, settling
from network import clock
from network.models import Account, Transaction
from network.views import operation
from orders import basket, checkout, closing
from orders.models import Document, PurchaseOrder
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_vehicle
from tests.matrix import CAST, Page, World

APPS = ("network", "producers", "orders", "logistics")
PAGES: list[Page] = [page for app in APPS for page in importlib.import_module(f"tests.{app}.matrix").PAGES]


@pytest.fixture
def world(
    network, point, farm, leek, cycle, day, delivery, shop, household, alice, bob, charlie, eli, fien, gust, dana
):
    """Bob has ordered leek for Thursday; the day is closed, planned and settled; Gust drives. Friday's basket is open."""
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=Decimal(50), price=Decimal(2), by=alice)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    offer = Offer.objects.get(delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: Decimal(5)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    vehicle = make_vehicle(network)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        made = rounds.plan_rounds(day=day, by=dana)
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
        vehicle=vehicle,
        account=Account.objects.first(),
        transaction=Transaction.objects.first(),
        people={"alice": alice, "bob": bob, "charlie": charlie, "eli": eli, "fien": fien, "gust": gust, "dana": dana},
    )


def test_everybody_gets_what_the_matrix_says(world, monkeypatch):
    """One world for all pages; what a page changes is taken back before the next. No worker answers the health check."""
    monkeypatch.setattr(operation, "WORKER_SECONDS", 0.1)
    clients = {who: Client() for who in CAST}
    for who, person in world.people.items():
        clients[who].force_login(person)
    wrong = {}
    for page in PAGES:
        for who, client in clients.items():
            with transaction.atomic():
                answer = getattr(client, page.method)(reverse(page.name, kwargs=page.kwargs(world)), page.data(world))
                transaction.set_rollback(True)
            if answer.status_code != page.status_for(who):
                wrong[f"{page.method} {page.name} {who}"] = answer.status_code
    assert wrong == {}


def named_urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name and namespace in APPS:
            yield f"{namespace}:{pattern.name}"


def test_no_page_is_missing_from_the_matrix():
    assert set(named_urls(get_resolver().url_patterns)) == {page.name for page in PAGES}
