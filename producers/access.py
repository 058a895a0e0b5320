"""Fetch the farm or supply somebody may touch, or 404; who is only tied to one of the farm's networks gets 403."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from network import clock
from network.models import Membership, Network, NetworkRole, Organisation, OrganisationRole
from producers.models import Producer, Supply


def farm_for(person: Any, slug: str) -> Producer:
    """A farm, for the people who work for it."""
    farm = get_object_or_404(Producer.objects.select_related("organisation__place"), slug=slug)
    _require(person, farm)
    return farm


def supply_for(person: Any, pk: int) -> Supply:
    """A supply, for the people of the farm and the coordinators of its networks."""
    supply = get_object_or_404(Supply.objects.select_related("product__producer__organisation__place"), pk=pk)
    _require(person, supply.product.producer, NetworkRole.Role.COORDINATOR)
    return supply


def traced_farm_for(person: Any, slug: str) -> Producer:
    """A farm whose goods are traced: for its people, and the coordinators of every network through which it sells or sold."""
    farm = get_object_or_404(Producer.objects.select_related("organisation__place"), slug=slug)
    coordinated = Network.objects.with_role(person, NetworkRole.Role.COORDINATOR)
    if not coordinated.filter(memberships__organisation=farm.organisation_id).exists():
        _require(person, farm)
    return farm


def _require(person: Any, farm: Producer, *roles: str) -> None:
    if OrganisationRole.objects.filter(organisation=farm.organisation_id, person_id=person.pk).exists():
        return
    networks = Network.objects.filter(
        memberships__in=Membership.objects.current().filter(organisation=farm.organisation_id)
    )
    held = set(NetworkRole.objects.filter(network__in=networks, person_id=person.pk).values_list("role", flat=True))
    if held & set(roles):
        return
    members = Membership.objects.current().filter(
        network__in=networks, organisation__in=Organisation.objects.of(person)
    )
    if held or members.exists():
        raise PermissionDenied
    raise Http404


def monday_or_404(text: str) -> date:
    """The Monday that an address names."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if day != clock.monday_of(day):
        raise Http404
    return day
