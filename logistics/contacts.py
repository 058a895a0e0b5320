"""Whom a driver calls: people of the farm, outlet or household, volunteers of the pickup point. For one's own rounds only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from logistics.models import Stop
from network.models import NetworkRole, OrganisationRole


@dataclass(frozen=True)
class Contact:
    name: str
    phone: str


def contacts_of(stops: Iterable[Stop]) -> dict[int, list[Contact]]:
    """
    People with a phone number per stop pk, owners first; two queries. The stops come with producer, delivery, outlet and
    pickup point selected.
    """
    organisation_of: dict[int, int] = {}
    point_of: dict[int, int] = {}
    for stop in stops:
        if stop.producer:
            organisation_of[stop.pk] = stop.producer.organisation_id
        elif stop.delivery and stop.delivery.outlet:
            organisation_of[stop.pk] = stop.delivery.outlet.organisation_id
        elif stop.delivery and stop.delivery.home_id:
            organisation_of[stop.pk] = stop.delivery.home_id
        elif stop.delivery and stop.delivery.pickup_point_id:
            point_of[stop.pk] = stop.delivery.pickup_point_id
    people: dict[int, list[Contact]] = defaultdict(list)
    roles = OrganisationRole.objects.filter(organisation__in=set(organisation_of.values())).exclude(person__phone="")
    for owner, name, phone in roles.order_by("-role", "pk").values_list(
        "organisation_id", "person__name", "person__phone"
    ):
        people[owner].append(Contact(name, phone))
    volunteers: dict[int, list[Contact]] = defaultdict(list)
    manned = NetworkRole.objects.filter(role=NetworkRole.Role.VOLUNTEER, pickup_point__in=set(point_of.values()))
    for point, name, phone in (
        manned.exclude(person__phone="").order_by("pk").values_list("pickup_point_id", "person__name", "person__phone")
    ):
        volunteers[point].append(Contact(name, phone))
    return {
        **{stop: people[organisation] for stop, organisation in organisation_of.items()},
        **{stop: volunteers[point] for stop, point in point_of.items()},
    }
