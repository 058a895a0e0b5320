"""Fetch the day, round, delivery or purchase order somebody may touch, or 404; too small a role in its network is 403."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from logistics.models import Paper, Proposal, Round, Tour, Vehicle
from network.access import COORDINATOR, VOLUNTEER, public_network, require_role
from network.models import Delivery, DeliveryDay, Membership, Network, NetworkRole, Organisation
from orders.models import PurchaseOrder
from producers.access import farm_for
from producers.models import Producer


def day_for(person: Any, pk: int) -> DeliveryDay:
    """A delivery day, for a coordinator of its network."""
    day = get_object_or_404(DeliveryDay.objects.select_related("cycle__network__hub"), pk=pk)
    require_role(person, day.network, COORDINATOR)
    return day


def bill_for(person: Any, pk: int) -> tuple[DeliveryDay, bool]:
    """A settled day, and whether the person coordinates its network; for a coordinator and the farmers who got a bill."""
    day = get_object_or_404(DeliveryDay.objects.select_related("cycle__network__hub"), pk=pk)
    coordinates = Network.objects.with_role(person, COORDINATOR).filter(pk=day.network.pk).exists()
    hers = Producer.objects.run_by(person).filter(cost_shares__cost_run__delivery_day=day)
    if not coordinates and not hers.exists():
        require_role(person, day.network, COORDINATOR)
    return day, coordinates


def round_for(person: Any, pk: int) -> Round:
    """A round, for its driver once it is published, and for a coordinator of its network."""
    round = get_object_or_404(
        Round.objects.select_related(
            "delivery_day__cycle__network__hub", "vehicle__depot", "vehicle__returns_to", "driver"
        ).annotate(is_published=Exists(Round.objects.published().filter(pk=OuterRef("pk")))),
        pk=pk,
    )
    if round.driver_id != person.pk or not round.is_published:  # type: ignore[attr-defined]
        require_role(person, round.delivery_day.network, COORDINATOR)
    return round


def paper_for(person: Any, pk: int) -> Paper:
    """A kept paper, for a coordinator of its network and, of her own round, for the driver."""
    paper = get_object_or_404(
        Paper.objects.select_related("round", "version__delivery_day__cycle__network").defer("version__plan"), pk=pk
    )
    if paper.round is None or paper.round.driver_id != person.pk:
        require_role(person, paper.version.delivery_day.network, COORDINATOR)
    return paper


def delivery_for(person: Any, pk: int) -> tuple[Delivery, bool]:
    """A delivery and whether the person coordinates its network; for a coordinator and a volunteer of its point."""
    delivery = get_object_or_404(
        Delivery.objects.select_related(
            "delivery_day__cycle__network", "pickup_point__place", "outlet__organisation", "place"
        ),
        pk=pk,
    )
    network = delivery.delivery_day.network
    require_role(person, network, COORDINATOR, VOLUNTEER)
    roles = set(NetworkRole.objects.filter(network=network, person=person).values_list("role", "pickup_point_id"))
    coordinates = (COORDINATOR, None) in roles
    here = {(VOLUNTEER, None), (VOLUNTEER, delivery.pickup_point_id)} if delivery.pickup_point_id else set()
    if not coordinates and not roles & here:
        raise PermissionDenied
    return delivery, coordinates


def purchase_order_for(person: Any, pk: int) -> PurchaseOrder:
    """What a farm was asked for, for who records shortages: a coordinator, and whoever drives a round that day."""
    purchase = get_object_or_404(
        PurchaseOrder.objects.select_related("delivery_day__cycle__network", "producer__organisation"), pk=pk
    )
    if not Round.objects.filter(delivery_day=purchase.delivery_day_id, driver=person).exists():
        require_role(person, purchase.delivery_day.network, COORDINATOR)
    return purchase


def harvest_for(person: Any, slug: str, pk: int) -> PurchaseOrder:
    """What a farm was asked for, for the people who work for it."""
    farm = farm_for(person, slug)
    return get_object_or_404(
        PurchaseOrder.objects.select_related(
            "delivery_day__cycle__network__hub",
            "delivery_day__cycle__network__organisation",
            "producer__organisation__place",
        ),
        pk=pk,
        producer=farm,
    )


def vehicle_for(person: Any, pk: int) -> tuple[Vehicle, bool]:
    """
    A vehicle, and whether the person may change it. A network's: for its coordinators. A farmer's own: for the people of
    the farm, and to look at for coordinators of its networks.
    """
    vehicle = get_object_or_404(Vehicle.objects.select_related("network__hub", "owner", "depot", "returns_to"), pk=pk)
    if vehicle.network:
        require_role(person, vehicle.network, COORDINATOR)
        return vehicle, True
    farm = get_object_or_404(Producer, organisation=vehicle.owner_id)
    coordinated = Network.objects.with_role(person, COORDINATOR).filter(
        memberships__organisation=vehicle.owner_id, memberships__left_on=None
    )
    if vehicle.owner.roles.filter(person_id=person.pk).exists() or not coordinated.exists():
        farm_for(person, farm.slug)
        return vehicle, True
    return vehicle, False


def tour_for(person: Any, pk: int) -> Tour:
    """A standing tour, for a coordinator of its network."""
    tour = get_object_or_404(Tour.objects.select_related("network__hub", "vehicle"), pk=pk)
    require_role(person, tour.network, COORDINATOR)
    return tour


def assembly_for(person: Any, slug: str) -> tuple[Network, list[Membership]]:
    """
    A network and the memberships in it of those the person acts for: for its members and its coordinators. Who only drives
    or volunteers for it gets 403.
    """
    network = public_network(slug)
    return network, _memberships(person, network)


def proposal_for(person: Any, pk: int) -> tuple[Proposal, list[Membership]]:
    """A proposal and the person's memberships in its network, for the same people."""
    proposal = get_object_or_404(
        Proposal.objects.select_related("network__hub", "network__organisation", "terms", "by"), pk=pk
    )
    return proposal, _memberships(person, proposal.network)


def _memberships(person: Any, network: Network) -> list[Membership]:
    found = list(
        Membership.objects.current()
        .filter(network=network, organisation__in=Organisation.objects.active().of(person))
        .select_related("organisation__producer")
        .order_by("pk")
    )
    if not found:
        require_role(person, network, COORDINATOR)
    return found


def members_network(person: Any, slug: str) -> tuple[Network, bool]:
    """A network and whether the person coordinates it, for its coordinators and for the people of its farms."""
    network = public_network(slug)
    if NetworkRole.objects.filter(network=network, person_id=person.pk, role=COORDINATOR).exists():
        return network, True
    farms = Membership.objects.current().filter(network=network, college=Membership.College.PRODUCERS)
    if not farms.filter(organisation__in=Organisation.objects.of(person)).exists():
        require_role(person, network, COORDINATOR)
    return network, False
