"""Fetch what somebody may touch, or 404. A tie with the network but too small a role is 403."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from network.models import Membership, Network, NetworkRole, Organisation

COORDINATOR = NetworkRole.Role.COORDINATOR
DRIVER = NetworkRole.Role.DRIVER
VOLUNTEER = NetworkRole.Role.VOLUNTEER


def public_network(slug: str) -> Network:
    """The network anybody may look at."""
    return get_object_or_404(Network.objects.active(), slug=slug)


def require_role(person: Any, network: Network, *roles: str) -> None:
    """Nothing when the person has one of the roles in this network; 403 when only a lesser tie, 404 for strangers."""
    held = set(NetworkRole.objects.filter(network=network, person_id=person.pk).values_list("role", flat=True))
    if held & set(roles):
        return
    members = Membership.objects.current().filter(network=network, organisation__in=Organisation.objects.of(person))
    if held or members.exists():
        raise PermissionDenied
    raise Http404


def network_for(person: Any, slug: str, *roles: str) -> Network:
    """The network in which this person has one of the roles."""
    network = public_network(slug)
    require_role(person, network, *roles)
    return network
