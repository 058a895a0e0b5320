"""An afternoon at the pickup points of the demo: who came, what was bad or missing, and the empties that came back."""

import random
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from logistics import atpoint, phone
from logistics.demo.build import LOGINS
from logistics.phone import Sent
from network import clock
from network.models import Delivery, DeliveryDay, Person
from orders import collecting
from orders.models import Order, Shortfall

FORGETS, SHORT, RETURNS = 0.03, 0.04, 0.25
WEEKS = 1
"""How many weeks back anybody looks at what happened at a point."""
NOTES = {"bad": ("geplet", "rot aan de onderkant", "schimmel"), "missing": ("zat niet in het krat", "")}


def collect(day: DeliveryDay, by: Person) -> None:
    """What volunteers noted by phone on a day of this or last week, each point in one message."""
    dice = random.Random(f"{day.on} {day.network.slug} at the points")
    fien = Person.objects.get(email=LOGINS[5].email)
    deposits = [value for value in collecting.deposits_of(day.network) if value]
    for delivery in day.deliveries.filter(outlet=None).select_related("pickup_point").order_by("pk"):
        mans = fien.network_roles.filter(pickup_point=delivery.pickup_point_id).exists()
        sent = _afternoon(delivery, deposits, dice)
        with clock.at(delivery.ends_at):
            phone.carry_out(sent=sent, by=fien if mans else by, delivery=delivery)
    lost = Shortfall.objects.filter(line__order__delivery__delivery_day=day, reason=Shortfall.Reason.MISSING).first()
    if lost:
        collecting.bear(shortfall=lost, bearer=Shortfall.Bearer.NETWORK, by=by)


def _afternoon(delivery: Delivery, deposits: list[Decimal], dice: random.Random) -> list[Sent]:
    orders = list(delivery.orders.filter(status=Order.Status.CLOSED).prefetch_related("lines").order_by("number", "pk"))
    ages = atpoint.ages_of([order.pk for order in orders])
    minutes = (delivery.ends_at - delivery.starts_at) / timedelta(minutes=1)
    sent: list[Sent] = []

    def note(order: Order, after: float, kind: str, **data: str) -> None:
        happened = delivery.starts_at + timedelta(minutes=after)
        id = UUID(int=dice.getrandbits(128), version=4)
        sent.append(Sent(id, kind, round(happened.timestamp() * 1000), {"order": order.pk} | data))

    for order in orders:
        if dice.random() < FORGETS:
            continue
        came = dice.random() * (minutes - 3)
        counted = [
            line for line in order.lines.all() if not line.sold_by_weight and (line.packed is None or line.packed)
        ]
        if counted and dice.random() < SHORT:
            line = dice.choice(counted)
            why = dice.choice(sorted(NOTES))
            gets = (line.quantity if line.packed is None else line.packed) - line.step
            note(order, came, "short", why=why, note=dice.choice(NOTES[why]), **{f"gets_{line.pk}": str(gets)})
        if deposits and dice.random() < RETURNS:
            note(order, came, "returned", **{f"empty_{int(dice.choice(deposits) * 100)}": str(dice.randint(1, 6))})
        if order.pk in ages:
            note(order, came + 1, "age_seen")
        note(order, came + 2, "hand_over")
    return sent
