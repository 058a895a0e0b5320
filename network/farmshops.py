"""
A farm that buys for its own shop has it brought to its yard, on the days and hours it says, as any other outlet. Which price it
pays follows from what it is (`orders.basket.price_group_of`); that it is a member, from the network it sells in.
"""

from collections.abc import Collection
from datetime import time

from django.db import transaction
from django.utils.translation import gettext as _

from network import cycles, journal
from network.errors import Refused
from network.models import Membership, Organisation, Outlet, Person, WeeklyDay


def weekdays_of(farm: Organisation) -> list[int]:
    """The weekdays on which a network of this farm delivers."""
    networks = Membership.objects.current().filter(organisation=farm).values("network")
    days = WeeklyDay.objects.filter(network__in=networks, network__archived_at=None).order_by("weekday")
    return list(days.values_list("weekday", flat=True).distinct())


@transaction.atomic
def receive(*, farm: Organisation, weekdays: Collection[int], opens: time, closes: time, by: Person) -> Outlet:
    """
    Have goods brought to the farm from now on: on these weekdays (0 is Monday), between these hours. The days that are planned
    already follow. No weekdays: nowhere any more. Refused without an address, for other weekdays, and for hours that end first.
    """
    if farm.place is None or not farm.place.street:
        raise Refused(_("Fill in the address of your farm first, so that the driver finds you."))
    if not set(weekdays) <= set(weekdays_of(farm)):
        raise Refused(_("No network of yours delivers on that day. Choose other days."), "weekdays")
    if opens >= closes:
        raise Refused(_("Choose an end after the beginning."), "closes")
    said = {"weekdays": sorted(weekdays), "opens": opens, "closes": closes, "archived_at": None}
    outlet, _fresh = Outlet.objects.update_or_create(
        organisation=farm,
        defaults=said,
        create_defaults=said | {"code": f"f{farm.pk}", "kind": Outlet.Kind.FARM_SHOP},
    )
    cycles.plan_door(outlet=outlet)
    journal.record(action="said when goods can be brought", subject=farm, by=by, weekdays=sorted(weekdays))
    return outlet
