"""Boxes of the demo network and the households that subscribe to them: one skips, one is on holiday, one gives its box away."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from logistics.demo.build import LOGINS
from network.errors import Refused
from network.models import Cycle, Network, Organisation, Person, PickupSlot
from orders import subscriptions, turning
from orders.models import Cause, Subscription
from producers import boxes
from producers.models import Box, BoxSize, Producer

BOXES = {
    "gent": [
        ("p002", "vegetables", "Groentepakket van De Wilde Akker", "leek", [("klein", 15), ("groot", 24)]),
        ("", "meat", "Vleespakket van de streek", "steak", [("gezin", 40)]),
    ],
    "leuven": [("", "vegetables", "Groentepakket Hageland", "carrot", [("klein", 15)])],
}
HOUSEHOLDS = {"gent": 26, "leuven": 4}
CAUSES = {"gent": "Voedselbank Gent", "leuven": "Sociale kruidenier Leuven"}


def prepare(network: Network, cycle: Cycle) -> None:
    """Before a present week opens: its boxes are composed, and those who subscribe have done so."""
    if not network.boxes.exists():
        _start(network)
    for size in BoxSize.objects.filter(box__network=network).select_related("box__network", "box__producer"):
        _compose(size, cycle)
    if not network.subscriptions.exists():
        _subscribe(network, cycle)


def turn(cycle: Cycle) -> set[int]:
    """Once it has opened, they become orders; whose they are."""
    due = turning.due_in(cycle)
    for one in due:
        turning.turn(one.subscription.pk, cycle.pk)
    return {one.subscription.buyer_id for one in due}


def _start(network: Network) -> None:
    for code, kind, name, drawing, sizes in BOXES[network.slug]:
        farm = Producer.objects.filter(code=code).first()
        box = Box.objects.create(network=network, producer=farm, kind=kind, name=name, drawing=drawing)
        BoxSize.objects.bulk_create(BoxSize(box=box, name=size, price=Decimal(price)) for size, price in sizes)
    point = network.pickup_points.order_by("code").first()
    assert point
    collects = Organisation.objects.create(name=f"{CAUSES[network.slug]} vzw", kind="public", place=point.place)
    Cause.objects.create(network=network, name=CAUSES[network.slug], organisation=collects, pickup_point=point)


def _compose(size: BoxSize, cycle: Cycle) -> None:
    """One of each, and another of what still fits: of the box's own farm, or of all farms for the network's box."""
    offers = {
        pk: offer
        for pk, offer in boxes.goods_for(size.box, cycle.week_on).items()
        if offer.supply.product.unit != "box" and size.box.producer_id in (None, offer.supply.product.producer_id)
    }
    content: dict[int, Decimal] = {}
    for _round in range(3):
        for pk in sorted(offers):
            more = content | {pk: content.get(pk, Decimal(0)) + 1}
            if boxes.value_of(more, offers) <= size.price:
                content = more
    with suppress(Refused):
        boxes.compose(size=size, week_on=cycle.week_on, content=content, by=None)


def _subscribe(network: Network, cycle: Cycle) -> None:
    sizes = list(BoxSize.objects.filter(box__network=network).select_related("box").order_by("pk"))
    slots = list(PickupSlot.objects.filter(pickup_point__network=network).select_related("pickup_point").order_by("pk"))
    made = []
    for number in range(HOUSEHOLDS[network.slug]):
        slot = slots[number % len(slots)]
        person = Person.objects.get(email=f"{slot.pickup_point.code}-{number // len(slots) + 3}@huis.example")
        rhythm = ("weekly", "weekly", "fortnightly", "weekly", "monthly")[number % 5]
        made.append(_one(sizes[number % len(sizes)], slot, rhythm, person, cycle))
    weekly = [one for one in made if one.rhythm == Subscription.Rhythm.WEEKLY]
    cause = network.causes.get()
    subscriptions.skip(subscription=weekly[0], week_on=cycle.week_on, by=weekly[0].made_by)
    last = cycle.week_on + timedelta(days=13)
    subscriptions.pause(subscription=weekly[1], first=cycle.week_on, last=last, by=weekly[1].made_by)
    if len(weekly) > 2:
        subscriptions.give(subscription=weekly[2], week_on=cycle.week_on, cause=cause, by=weekly[2].made_by)
    _visitor(network, cycle, sizes, slots)


def _one(size: BoxSize, slot: PickupSlot, rhythm: str, person: Person, cycle: Cycle, after: int = 0) -> Subscription:
    home = person.organisations.get(kind="household")
    return subscriptions.subscribe(
        buyer=home,
        network=size.box.network,
        terms=subscriptions.Terms(slot.pickup_point, slot.weekday, rhythm),
        starts_on=cycle.week_on + timedelta(weeks=after),
        by=person,
        size=size,
    )


def _visitor(network: Network, cycle: Cycle, sizes: list[BoxSize], slots: list[PickupSlot]) -> None:
    """The household whose login `make run` prints begins next week and skips the week after: this week's basket is still hers."""
    person = Person.objects.get(email=LOGINS[0].email)
    home = person.organisations.get(kind="household")
    slot = next((slot for slot in slots if slot.pickup_point.code == "a03"), None)
    if slot and home.memberships.filter(network=network).exists():
        one = _one(sizes[0], slot, "weekly", person, cycle, after=1)
        subscriptions.skip(subscription=one, week_on=one.starts_on + timedelta(weeks=1), by=person)
