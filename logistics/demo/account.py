"""What households do besides ordering: invite somebody, choose their mails, give back what keeps."""

from datetime import datetime, timedelta

from network import clock, households, notices
from network.models import DeliveryDay, Organisation, Person
from orders import withdrawals
from orders.models import Order

CAME_BACK = {3: True, 1: False}
"""Whether what was given back is there already, by how many weeks ago it was collected."""


def at_home(home: Organisation, by: Person) -> None:
    """The household of the cast asked one more to join, and wants to know when the shop opens."""
    households.invite(organisation=home, email="lies@huis.example", role="member", by=by)
    notices.choose(person=by, wanted={notices.Kind.SHOP_OPEN.value: True})


def give_back(day: DeliveryDay, now: datetime, by: Person) -> None:
    """The day after collection a household withdraws from one product that keeps; a week later it is back, or not yet."""
    weeks_ago = (clock.monday_of(clock.local(now).date()) - day.cycle.week_on).days // 7
    tomorrow = clock.moment(day.on + timedelta(days=1), datetime.min.time().replace(hour=10))
    if weeks_ago not in CAME_BACK or now < tomorrow:
        return
    orders = Order.objects.filter(delivery__delivery_day=day, buyer__kind=Organisation.Kind.HOUSEHOLD)
    order = orders.filter(lines__product__perishable=False, lines__billed__gt=0).order_by("pk").first()
    if order is None or order.placed_by is None or order.withdrawals.exists():
        return
    with clock.at(tomorrow):
        row = next((one for one in withdrawals.returnable(order) if not one.why), None)
        if row is None:
            return
        made = withdrawals.declare(order=order, wanted={row.line.pk: row.line.step}, by=order.placed_by)
    if CAME_BACK[weeks_ago]:
        with clock.at(tomorrow + timedelta(days=7)):
            withdrawals.receive(withdrawal=made, came={made.lines.get().pk: row.line.step}, by=by)
