"""Fetch the day, round, delivery or purchase order somebody may touch, or 404; too small a role in its network is 403."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from logistics.models import Paper, Round
from network.access import COORDINATOR, VOLUNTEER, require_role
from network.models import Delivery, DeliveryDay, NetworkRole
from orders.models import PurchaseOrder


def day_for(person: Any, pk: int) -> DeliveryDay:
    """A delivery day, for a coordinator of its network."""
    day = get_object_or_404(DeliveryDay.objects.select_related("cycle__network__hub"), pk=pk)
    require_role(person, day.network, COORDINATOR)
    return day


def round_for(person: Any, pk: int) -> Round:
    """A round, for its driver and for a coordinator of its network."""
    round = get_object_or_404(
        Round.objects.select_related(
            "delivery_day__cycle__network__hub", "vehicle__depot", "vehicle__returns_to", "driver"
        ),
        pk=pk,
    )
    if round.driver_id != person.pk:
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
