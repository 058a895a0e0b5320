"""Two owners leave at the same moment: one stays."""

import threading

import pytest
from django.db import transaction

from network import households
from network.errors import Refused
from network.models import Organisation, OrganisationRole
from tests.conftest import make_organisation, make_person
from tests.races.threads import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def leave_all(home, people):
    return all_at_once(lambda number: households.leave(organisation=home, person=people[number]), many=len(people))


@pytest.fixture
def people():
    return [make_person(f"owner{number}") for number in range(6)]


def test_when_all_owners_leave_at_once_one_stays(people):
    home = make_organisation("Gezin", *people)
    answers = leave_all(home, people)
    assert sum(isinstance(answer, Refused) for answer in answers) == 1
    assert OrganisationRole.objects.filter(organisation=home).count() == 1


def test_without_the_lock_nobody_would(people):
    """The control: who looks first and leaves afterwards, all having looked before anybody left."""
    home = make_organisation("Gezin", *people)

    def look_then_leave(number):
        with transaction.atomic():
            assert OrganisationRole.objects.filter(organisation=home).count() > 1
            looked.wait(timeout=30)
            OrganisationRole.objects.filter(organisation=home, person=people[number]).delete()

    looked = threading.Barrier(len(people))
    assert all_at_once(look_then_leave, many=len(people)) == [None] * len(people)
    assert Organisation.objects.get().roles.count() == 0
