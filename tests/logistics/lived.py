"""Weeks of a small network, lived from the first order to the settlement by the product's own functions."""

from datetime import date
from decimal import Decimal

from logistics.models import CostRun
from network import clock, cycles
from network.models import DeliveryDay, Network, Person
from orders import basket, checkout
from producers import stock
from producers.models import Offer, Product
from tests.conftest import make_household, make_person, make_vehicle
from tests.logistics.farms import AROUND, make_farms, settle

FARMS = (*AROUND, (51.00, 3.95))


def settle_in(network: Network, farms: int = 4) -> tuple[list[Product], list[Person]]:
    """A van, farms on all sides of the hub, each with a farmer and a product, and three households; members for years."""
    make_vehicle(network)
    products = [farm.products.get() for farm in make_farms(network, FARMS[:farms])]
    people = [make_person(f"buyer{number}") for number in range(3)]
    for number, person in enumerate(people):
        make_household(network, f"Gezin {number}", person)
    network.memberships.update(joined_on=date(2020, 1, 1))
    return products, people


def live_week(
    network: Network, week_on: date, products: list[Product], people: list[Person], by: Person | None = None
) -> CostRun:
    """The first delivery day of a week, ordered, driven and settled at its own moments; nobody orders for the others."""
    return settle(order_week(network, week_on, products, people), by)


def order_week(network: Network, week_on: date, products: list[Product], people: list[Person]) -> DeliveryDay:
    """The first delivery day of a week, for which everybody ordered."""
    opens_at = cycles.opening_of(network, week_on)
    with clock.at(opens_at):
        cycle = cycles.plan_cycle(network=network, week_on=week_on)
        cycles.open_cycle(cycle=cycle)
        day = cycle.days.earliest("on")
        for product in products:
            farmer = product.producer.organisation.people.get()
            stock.announce(product=product, week_on=week_on, quantity=Decimal(400), price=Decimal("1.60"), by=farmer)
        offers = list(
            Offer.objects.filter(
                delivery_day=day, supply__product__in=products, price_group__audience="household"
            ).order_by("pk")
        )
        for number, person in enumerate(people):
            delivery = day.deliveries.exclude(pickup_point=None).get()
            order = basket.open_order(buyer=person.organisations.get(), delivery=delivery, by=person)
            wanted = {offer.pk: Decimal(10 * (turn + 1) + number) for turn, offer in enumerate(offers)}
            basket.fill(order=order, quantities=wanted, by=person)
            checkout.place_order(order=order, by=person)
    return day
