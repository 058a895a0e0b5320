"""A closed Thursday: who ordered what is frozen, and every farm has its purchase order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from logistics import edits, handover, rounds, settling, versions
from logistics.models import CostRun, CostShare, Round, Vehicle
from network import clock
from network.models import Cycle, Delivery, DeliveryDay, Network, Organisation, Person, PickupPoint, PriceGroup
from network.money import share_out
from orders.models import Order, OrderLine, PurchaseOrder, PurchaseOrderLine
from producers.models import Offer, Producer, Product, Supply
from tests.conftest import make_household, make_place, make_point, make_producer, make_product


def make_vehicle(network: Network, name: str = "Van", **fields: Any) -> Vehicle:
    """A van of the hub: 60 crates, 20 of each class at most but 40 ambient, from 5:00 until 20:00."""
    values: dict[str, Any] = {
        "crates": 60,
        "ambient": 40,
        "cool": 20,
        "cold": 20,
        "frozen": 20,
        "kg": 800,
        "per_day": Decimal("35"),
        "per_km": Decimal("0.42"),
        "per_hour": Decimal("30"),
        "available_from": time(5),
        "available_until": time(20),
    }
    ours = {"network": network, "owner": network.organisation, "depot": network.hub, "name": name}
    return Vehicle.objects.create(**ours | values | fields)


def make_offer(day: DeliveryDay, product: Product, price: str = "2.0000") -> Offer:
    supply, _ = Supply.objects.get_or_create(
        product=product, week_on=day.cycle.week_on, defaults={"quantity": 5000, "price": Decimal(price)}
    )
    group = PriceGroup.objects.get(network=day.cycle.network, audience="household")
    offer, _ = Offer.objects.get_or_create(
        supply=supply,
        delivery_day=day,
        price_group=group,
        defaults={
            "price": Decimal(price),
            "tariff": Decimal("0.2"),
            "contribution": Decimal("0.3"),
            "net": Decimal(price) + Decimal("0.5"),
            "vat_rate": 6,
            "gross": Decimal("2.65"),
        },
    )
    return offer


def make_order(delivery: Delivery, buyer: Organisation, wanted: Mapping[Product, Any]) -> Order:
    """A frozen order of so many units of each product."""
    order = Order.objects.create(delivery=delivery, buyer=buyer, status=Order.Status.CLOSED, confirmed_at=clock.now())
    for product, quantity in wanted.items():
        offer = make_offer(delivery.delivery_day, product)
        OrderLine.objects.create(
            order=order,
            offer=offer,
            supply=offer.supply,
            product=product,
            producer=product.producer,
            name=product.name,
            unit=product.unit,
            step=product.step,
            sold_by_weight=product.sold_by_weight,
            storage_class=product.storage_class,
            crate_share=(1 / Decimal(product.units_per_crate)).quantize(Decimal("0.000001")),
            unit_kg=product.unit_kg,
            quantity=Decimal(quantity),
            confirmed=Decimal(quantity),
            price=offer.price,
            tariff=offer.tariff,
            contribution=offer.contribution,
            net=offer.net,
            vat_rate=offer.vat_rate,
            gross=offer.gross,
        )
    return order


def freeze(day: DeliveryDay) -> DeliveryDay:
    """The day closed, with a purchase order per producer."""
    asked: dict[Producer, dict[tuple[Supply, Decimal], list[OrderLine]]] = defaultdict(lambda: defaultdict(list))
    for line in OrderLine.objects.filter(order__delivery__delivery_day=day).select_related(
        "supply", "producer", "product"
    ):
        asked[line.producer][line.supply, line.price].append(line)
    for producer, groups in asked.items():
        purchase = PurchaseOrder.objects.create(delivery_day=day, producer=producer, total=0)
        for (supply, price), lines in groups.items():
            PurchaseOrderLine.objects.create(
                purchase_order=purchase,
                supply=supply,
                product=lines[0].product,
                name=lines[0].name,
                unit=lines[0].unit,
                quantity=sum(line.confirmed for line in lines),
                price=price,
            )
    DeliveryDay.objects.filter(pk=day.pk).update(status=DeliveryDay.Status.CLOSED)
    day.refresh_from_db()
    return day


@pytest.fixture
def vehicle(network: Network) -> Vehicle:
    return make_vehicle(network)


@pytest.fixture
def second_point(network: Network) -> PickupPoint:
    return make_point(network, "b2", lat=51.0, lon=3.8)


@pytest.fixture
def second_farm(network: Network) -> Producer:
    return make_producer(network, "Melkerij Bea", lat=51.0, lon=3.65)


@pytest.fixture
def milk(second_farm: Producer) -> Product:
    """Cold, twelve bottles of 1,05 kg to a crate."""
    return make_product(
        second_farm,
        "milk",
        category="dairy",
        unit="bottle",
        units_per_crate=12,
        unit_kg=Decimal("1.05"),
        storage_class="cold",
    )


@pytest.fixture
def closed_day(
    second_point: PickupPoint, day: DeliveryDay, network: Network, household: Organisation, leek: Product, milk: Product
) -> DeliveryDay:
    """Bob takes 12 kg of leek and 6 bottles at the first point, another household 25 kg and 12 bottles at the second."""
    first, second = day.deliveries.filter(outlet=None).order_by("pickup_point__code")
    make_order(first, household, {leek: 12, milk: 6})
    make_order(second, make_household(network, "Gezin Hilde"), {leek: 25, milk: 12})
    return freeze(day)


@pytest.fixture
def settled(closed_day: DeliveryDay, vehicle: Vehicle, dana: Person) -> DeliveryDay:
    """The closed day planned, driven and settled: Alice's 37 kg of leek (4 crates) and Bea's 18 bottles (2), for two points."""
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    handover.drive_day(day=closed_day, by=dana)
    settling.settle_day(day=closed_day, by=dana)
    closed_day.refresh_from_db()
    return closed_day


def plan(day: DeliveryDay, iterations: int = 50, **options: Any) -> list[Round]:
    """The rounds of a day, planned with a short search."""
    made = rounds.plan_rounds(day=day, iterations=iterations, **options)
    day.refresh_from_db()
    return made


def plan_in_order(day: DeliveryDay, *names: str) -> DeliveryDay:
    """
    The day planned, with the stops of each round in the order of `names`, whatever of equally good plans the planner took;
    that is version 1.
    """
    rounds.plan_rounds(day=day, iterations=30)
    for found in day.rounds.order_by("number"):
        wanted = [name for name in names if any(str(stop) == name for stop in found.stops.all())]
        for position, name in enumerate(wanted, 1):
            stop = next(stop for stop in found.stops.all() if str(stop) == name)
            version = day.plan_versions.count()
            edits.move_stop(day=day, version=version, by=None, stop=stop.pk, position=position)
    day.plan_versions.all().delete()
    versions.record(day=day, action="planned the rounds", by=None, roads="formula")
    day.refresh_from_db()
    return day


__all__ = ["freeze", "make_offer", "make_order", "make_place", "make_vehicle", "plan", "plan_in_order", "settled_days"]


def settled_days(network: Network, costs: Mapping[date, tuple[Any, Any]], *, farms: Sequence[Producer]) -> None:
    """
    Delivery days as settling leaves them: (crates, euro of the rounds) by date, equal parts for each of the farms, for whom going
    alone would have cost twice as much.
    """
    for on, (crates, euro) in costs.items():
        week_on = clock.monday_of(on)
        cycle, _new = Cycle.objects.get_or_create(
            network=network, week_on=week_on, defaults={"opens_at": clock.now(), "status": "settled"}
        )
        day = DeliveryDay.objects.create(cycle=cycle, on=on, closes_at=clock.now(), status="settled")
        run = CostRun.objects.create(delivery_day=day, method="epm", cost=euro, billed=euro, launch_gap=0)
        each = [share_out(int(whole), [1] * len(farms)) for whole in (100 * euro, 1000 * crates)]
        for farm, part, milli in zip(farms, *each, strict=True):
            share = Decimal(part) / 100
            CostShare.objects.create(
                cost_run=run,
                producer=farm,
                crates=Decimal(milli) / 1000,
                alone=2 * share,
                own=0,
                collection=share,
                share=share,
            )
