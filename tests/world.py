"""A small world in which every page has something to show, and the rows of the matrix that name those pages."""

import importlib
from datetime import timedelta
from decimal import Decimal

import pytest

from logistics import (
    assembly,
    consequences,
    driven,
    estimating,
    handover,
    lived,
    outsiders,
    papers,
    rounds,
    scenarios,
    settling,
    tasks,
    temperatures,
    tours,
    versions,
)
from logistics.models import CostTerms, TemperatureReading
from network import clock, cycles, households, privacy
from network.models import Account, Transaction
from orders import basket, carrying, checkout, closing, favourites, recalls, subscriptions, tracing, withdrawals
from orders.models import Cause, Document, PurchaseOrder, Subscription
from producers import batches, boxes, lots, prices, stock
from producers.models import Box, BoxSize, Offer
from tests.conftest import make_home_delivery, make_product, make_vehicle
from tests.matrix import Page, World

APPS = ("network", "producers", "orders", "logistics")
PAGES: list[Page] = [page for app in APPS for page in importlib.import_module(f"tests.{app}.matrix").PAGES]


@pytest.fixture
def world(
    network, point, farm, leek, cycle, day, delivery, shop, household, alice, bob, charlie, eli, fien, gust, dana
):
    """
    Bob has ordered leek for Thursday, and jam, of which he gives one jar back; the day is closed, planned and settled; Gust
    drives. Friday's basket is open. Bob invited Charlie, and has his data in a file.
    """
    make_home_delivery(network)
    supply = stock.announce(product=leek, week_on=cycle.week_on, quantity=Decimal(50), price=Decimal(2), by=alice)
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    offer = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")
    jam = make_product(farm, "jam", category="pantry", unit="jar", storage_class="ambient", perishable=False)
    carrying.begin(product=jam, quantity=Decimal(10), price=Decimal(4), by=alice)
    jars = Offer.objects.get(supply__product=jam, delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: Decimal(5), jars.pk: Decimal(2)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    vehicle = make_vehicle(network)
    lot = lots.note(product=leek, harvested_on=clock.today(), field="Kouterveld", uses={day.pk: None}, by=alice)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        made = rounds.plan_rounds(day=day, by=dana)
    for ride in made:
        ride.driver = gust
        ride.save(update_fields=["driver"])
    with clock.at(day.closes_at):
        version = versions.publish(day=day, by=dana)
        papers.make(version=version.pk)
    tour = tours.make(round=made[0], name="Leek, every Thursday", by=dana)
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
        driven.note(day=day, rounds={made[0].pk: driven.Noted(km=made[0].km + 3)}, by=gust)
        warm = TemperatureReading(round=made[0], storage_class="cold", celsius=Decimal("8.5"), by=gust)
        temperatures.note(day=day, readings=[warm], by=gust)
        settling.settle_day(day=day, by=dana)
    recall = recalls.start(
        producer=farm,
        goods=tracing.goods_of_lots([lot]),
        viewer=tracing.viewer_of(alice, farm),
        action="return",
        reason="Er kan zand in zitten.",
        by=alice,
    )
    withdrawal = withdrawals.declare(order=order, wanted={order.lines.get(offer=jars).pk: Decimal(1)}, by=bob)
    invitation = households.invite(organisation=household, email=charlie.email, role="member", by=bob)
    export = privacy.ask_for_export(person=bob)
    privacy.make_export(export.pk)
    proposal = assembly.propose(
        network=network,
        new=CostTerms(tau=Decimal("0.2")),
        title="Drempel naar 20 %",
        why="De besparingen liggen dan dichter bij elkaar.",
        closes_at=clock.now() + timedelta(days=7),
        from_week=cycle.week_on + timedelta(weeks=3),
        by=alice,
    )
    consequences.assess(proposal=proposal)
    consequences.trace(network=network, chosen=CostTerms(network=network))
    assembly.remark(proposal=proposal, text="Voor ons mag het.", by=bob)
    ride = made[0]
    what_if, scenario = asked(day, farm, dana, alice)
    size, subscription, cause = subscribed(cycle, farm, leek, household, point, shop, alice, bob)
    stop = ride.stops.first()
    batch = batches.ask_by_rule(producer=farm, week_on=cycle.week_on, rule="percent", percent=Decimal(5), by=alice)
    agreement = prices.agree(
        product=leek,
        group=network.price_groups.get(audience="trade"),
        price=Decimal("1.8"),
        from_quantity=Decimal(20),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=90),
        by=alice,
    )
    return World(
        network=network,
        agreement=agreement,
        batch=batch,
        lot=lot,
        recall=recall,
        point=point,
        farm=farm,
        leek=leek,
        jam=jam,
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
        withdrawal=withdrawal,
        invitation=invitation,
        export=export,
        tour=tour,
        proposal=proposal,
        what_if=what_if,
        scenario=scenario,
        account=Account.objects.first(),
        transaction=Transaction.objects.first(),
        size=size,
        subscription=subscription,
        own_list=Subscription.objects.get(size=None),
        cause=cause,
        people={"alice": alice, "bob": bob, "charlie": charlie, "eli": eli, "fien": fien, "gust": gust, "dana": dana},
    )


def subscribed(cycle, farm, leek, household, point, shop, alice, bob):
    """Next week is open. From then on Bob has a box of leek and a list of his own; the box is composed, and can be given to the shop's cause."""
    week_on = cycle.week_on + timedelta(weeks=1)
    cycles.open_cycle(cycle=cycles.plan_cycle(network=cycle.network, week_on=week_on))
    stock.announce(product=leek, week_on=week_on, quantity=Decimal(50), price=Decimal(2), by=alice)
    box = Box.objects.create(network=cycle.network, producer=farm, name="Groentepakket", drawing="leek")
    size = BoxSize.objects.create(box=box, name="klein", price=Decimal(9))
    boxes.compose(size=size, week_on=week_on, content={leek.pk: Decimal(3)}, by=alice)
    cause = Cause.objects.create(
        network=cycle.network, name="Voedselbank", organisation=shop.organisation, pickup_point=point
    )
    terms = subscriptions.Terms(point, 3, "weekly")
    told = {"buyer": household, "network": cycle.network, "terms": terms, "starts_on": week_on, "by": bob}
    made = subscriptions.subscribe(size=size, **told)
    subscriptions.subscribe(lines={leek: Decimal(2)}, **told)
    favourites.set_favourite(buyer=household, product=leek, wanted=True)
    return size, made, cause


def asked(day, farm, dana, alice):
    """An outsider's what-if that was kept and computed, a coordinator's of a farm more; and Alice's of her own crates."""
    wish = estimating.Wish((51.1, 3.6), {"cool": 4})
    made = estimating.estimates(lived.days(day.network), wish, outsiders.van_of(day.network))
    kept = outsiders.keep(
        network=day.network, wish=wish, where="9920", estimates=made, names={}, email="frans@example.org", language="nl"
    )
    more = {"name": "Hoeve Frans", "where": "9920", "point": [51.1, 3.6], "crates": {"cool": 4}, "to": []}
    scenario = scenarios.ask(day=day, kind="producer", inputs=more, by=dana)
    own = scenarios.ask(day=day, kind="outside", inputs={"producer": farm.pk, "part": 50, "own": True}, by=alice)
    tasks.compute_what_if(kept.pk)
    tasks.compute_scenario(scenario.pk)
    tasks.compute_scenario(own.pk)
    return kept, scenario
