"""Who may touch what: everybody's role in this network, and in the other one."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from network.access import COORDINATOR, DRIVER, VOLUNTEER, network_for, public_network, require_role
from network.models import Membership, Network, NetworkRole, Organisation
from tests.conftest import MONDAY, make_network, make_organisation, make_person

ROLES = (COORDINATOR, DRIVER, VOLUNTEER)
CAST = {"dana": COORDINATOR, "gust": DRIVER, "fien": VOLUNTEER, "alice": None, "bob": None, "eli": None}


@pytest.fixture
def cast(request, network, farm, household, shop):
    return {name: request.getfixturevalue(name) for name in (*CAST, "charlie")} | {"a visitor": AnonymousUser()}


def answer(person, network: Network, *roles: str) -> int:
    try:
        require_role(person, network, *roles)
    except PermissionDenied:
        return 403
    except Http404:
        return 404
    return 200


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_doors_a_lesser_tie_is_told_so_and_strangers_see_nothing(cast, network, role) -> None:
    assert {name: answer(person, network, role) for name, person in cast.items()} == {
        **{name: 200 if held == role else 403 for name, held in CAST.items()},
        "charlie": 404,
        "a visitor": 404,
    }


def test_any_of_several_roles_will_do(cast, network) -> None:
    assert {name: answer(person, network, DRIVER, COORDINATOR) for name, person in cast.items()} == {
        "dana": 200,
        "gust": 200,
        **dict.fromkeys(("fien", "alice", "bob", "eli"), 403),
        **dict.fromkeys(("charlie", "a visitor"), 404),
    }


def test_a_role_here_is_nothing_there(cast, network) -> None:
    leuven = make_network("leuven")
    assert {answer(person, leuven, *ROLES) for person in cast.values()} == {404}
    NetworkRole.objects.create(network=leuven, person=cast["gust"], role="coordinator")
    assert answer(cast["gust"], leuven, COORDINATOR) == 200
    assert answer(cast["gust"], network, COORDINATOR) == 403
    assert answer(cast["dana"], leuven, COORDINATOR) == 404


def test_who_left_the_network_is_a_stranger_again(network, household, bob) -> None:
    assert answer(bob, network, COORDINATOR) == 403
    Membership.objects.filter(organisation=household).update(left_on=MONDAY)
    assert answer(bob, network, COORDINATOR) == 404


def test_a_network_is_found_by_its_short_name_until_it_is_archived(network, dana, bob, household, charlie) -> None:
    assert public_network("gent") == network
    assert network_for(dana, "gent", COORDINATOR) == network
    with pytest.raises(PermissionDenied):
        network_for(bob, "gent", COORDINATOR)
    for person, slug in ((charlie, "gent"), (dana, "leuven")):
        with pytest.raises(Http404):
            network_for(person, slug, COORDINATOR)
    Network.objects.update(archived_at="2026-03-01T00:00Z")
    with pytest.raises(Http404):
        public_network("gent")
    with pytest.raises(Http404):
        network_for(dana, "gent", COORDINATOR)


def test_networks_of_a_person_by_role(network, dana, gust, charlie) -> None:
    leuven = make_network("leuven")
    NetworkRole.objects.create(network=leuven, person=gust, role="coordinator")
    NetworkRole.objects.create(network=leuven, person=gust, role="driver")
    assert set(Network.objects.with_role(gust)) == {network, leuven}
    assert Network.objects.with_role(gust).count() == 2
    assert list(Network.objects.with_role(gust, COORDINATOR)) == [leuven]
    assert list(Network.objects.with_role(dana, COORDINATOR, DRIVER)) == [network]
    assert list(Network.objects.with_role(charlie)) == list(Network.objects.with_role(AnonymousUser())) == []


def test_organisations_of_a_person(household, bob, charlie) -> None:
    second = make_organisation("Huis Bob", bob, make_person("babs"))
    assert set(Organisation.objects.of(bob)) == {household, second}
    assert list(Organisation.objects.of(charlie)) == list(Organisation.objects.of(AnonymousUser())) == []
