"""Taking one's data along, and being forgotten: nothing of others in the file, nothing of the person left behind it."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from network import clock, households, outbox, privacy
from network.errors import Refused
from network.models import (
    Export,
    JournalEntry,
    Membership,
    NetworkRole,
    Organisation,
    OrganisationRole,
    OutboxEntry,
    Person,
    Place,
)
from network.tasks import end_accounts
from orders import closing
from orders.models import Document, Order
from producers.models import Supply
from tests.conftest import NOW, make_household, make_person
from tests.orders.test_billing import close_and_bill
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
D = Decimal
LEAVE = "network:leave"


@pytest.fixture
def bob(bob: Person) -> Person:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    Person.objects.filter(pk=bob.pk).update(phone="0470 11 22 33", language="en")
    bob.refresh_from_db()
    return bob


@pytest.fixture
def neighbour(network: Any, charlie: Person) -> Organisation:
    return make_household(network, "Gezin Charlie", charlie)


@pytest.fixture
def proven(visit: Any) -> Any:
    """`proven(person)`: signed in, and the password given again just now."""

    def client_of(person: Person) -> Client:
        client = visit(person)
        answer = client.post(reverse("account_reauthenticate"), {"password": "secret-kouter"})
        assert answer.status_code == 302
        return client

    return client_of


def made_file(client: Client) -> dict[str, Any]:
    assert client.post(reverse("network:data")).status_code == 302
    outbox.drain()
    answer = client.get(reverse("network:export", args=[Export.objects.latest("pk").pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="kouter-2026-03-02.json"'
    found: dict[str, Any] = json.loads(b"".join(answer.streaming_content))
    return found


# Taking it along


def test_the_file_holds_everything_of_her_and_nothing_of_her_neighbour(
    ordered, household, neighbour, bob, charlie, eli, day, visit
) -> None:
    OrganisationRole.objects.create(organisation=household, person=eli, role="member")
    order, other = ordered(household, bob, 5), ordered(neighbour, charlie, 3)
    close_and_bill(day)
    found = made_file(visit(bob))
    assert found["person"] | {"last_login": None} == {
        "name": "Bob",
        "email": "bob@example.org",
        "emails": ["bob@example.org"],
        "phone": "0470 11 22 33",
        "language": "en",
        "joined_at": "2026-03-02T09:00:00Z",
        "last_login": None,
        "mails": {"order_closed": True, "basket_waiting": True, "subscription": True, "shop_open": False},
    }
    (home,) = found["organisations"]
    assert (home["name"], home["your_role"], home["people"]) == ("Gezin Bob", "owner", ["Bob", "Eli"])
    assert [one["number"] for one in found["orders"]] == [order.pk]
    assert [(line["product"], line["billed"], line["gross"]) for line in found["orders"][0]["lines"]] == [
        ("leek", "5.000", "2.39")
    ]
    assert [(one["gross"], one["to"]) for one in found["documents"]] == [("11.95", "Gezin Bob")]
    assert [one["action"] for one in found["what_you_did"]] == ["confirmed"]
    written = json.dumps(found)
    for word in ("Charlie", "charlie", "eli@example.org", str(Document.objects.get(order=other).communication)):
        assert word not in written


def test_the_file_is_hers_alone_for_a_week(household, bob, charlie, dana, visit, settings) -> None:
    made_file(visit(bob))
    made = Export.objects.get()
    page = reverse("network:export", args=[made.pk])
    for other in (charlie, dana):
        assert visit(other).get(page).status_code == 404
    assert visit().get(page).status_code == 302
    with clock.at(NOW + timedelta(days=7)):
        assert visit(bob).get(page).status_code == 404
        path = made.file.path
        end_accounts()
    assert not Export.objects.exists()
    assert not Path(path).exists()


def test_asking_twice_makes_one_file(bob, visit) -> None:
    client, page = visit(bob), reverse("network:data")
    client.post(page)
    assert "It is being made." in text(client.post(page, follow=True))
    assert Export.objects.count() == OutboxEntry.objects.filter(kind="export").count() == 1
    outbox.drain()
    first = Export.objects.get().file.name
    privacy.make_export(Export.objects.get().pk)
    assert Export.objects.get().file.name == first


# Leaving


def test_deleting_an_account_asks_who_it_is_waits_a_week_and_can_be_called_off(household, bob, visit, proven) -> None:
    page = reverse(LEAVE)
    answer = visit(bob).post(page)
    assert answer["location"].startswith(reverse("account_reauthenticate"))
    bob.refresh_from_db()
    assert bob.leaving_at is None
    client = proven(bob)
    answer = client.post(page, follow=True)
    assert "Your account will be deleted on Monday 9 March, 10:00." in text(answer)
    outbox.drain()
    (message,) = mail.outbox
    assert message.to == ["bob@example.org"] and "That happens on Monday 9 March, 10:00" in message.body
    with clock.at(NOW + timedelta(days=7) - timedelta(seconds=1)):
        assert end_accounts() == 0
    client.post(page, {"stay": "1"})
    with clock.at(NOW + timedelta(days=8)):
        assert end_accounts() == 0
    bob.refresh_from_db()
    assert (bob.is_active, bob.leaving_at, bob.left_at) == (True, None, None)


def test_password_then_goes_on_with_what_was_asked(household, bob, visit) -> None:
    client, page = visit(bob), reverse(LEAVE)
    asked = client.post(page)
    client.post(asked["location"], {"password": "wrong", "next": page})
    bob.refresh_from_db()
    assert bob.leaving_at is None
    client.post(asked["location"], {"password": "secret-kouter", "next": page})
    bob.refresh_from_db()
    assert bob.leaving_at == NOW + timedelta(days=7)


def test_who_has_no_password_signs_in_with_a_new_code_first(bob, visit) -> None:
    bob.set_unusable_password()
    bob.save()
    client = visit(bob)
    answer = client.post(reverse(LEAVE))
    assert answer["location"] == f"{reverse('account_login')}?next={reverse(LEAVE)}"
    assert "_auth_user_id" not in client.session
    bob.refresh_from_db()
    assert bob.leaving_at is None


def gone(person: Person) -> Person:
    privacy.ask_to_leave(person=person)
    with clock.at(NOW + timedelta(days=7)):
        assert end_accounts() == 1
        assert end_accounts() == 0
    return Person.objects.get(pk=person.pk)


def test_who_left_is_nowhere_any_more_and_her_orders_stay_under_a_number(
    ordered, household, bob, day, network, visit, django_capture_on_commit_callbacks
) -> None:
    order = ordered(household, bob, 5)
    close_and_bill(day)
    paper = Document.objects.get(kind="receipt")
    Authenticator.objects.create(user=bob, type="totp", data={"secret": "x"})
    NetworkRole.objects.create(network=network, person=bob, role="volunteer")
    client = visit(bob)
    client.get("/")
    made_file(client)
    place = household.place
    Organisation.objects.update(language="en")
    with django_capture_on_commit_callbacks(execute=True):
        left = gone(bob)
    assert (left.name, left.email, left.phone, left.mail_choices, left.last_login) == (
        f"Former member {bob.pk}", f"{bob.pk}@left.invalid", "", {}, None,
    )  # fmt: skip
    assert not left.is_active and not left.has_usable_password() and left.left_at == NOW + timedelta(days=7)
    for model in (EmailAddress, Authenticator):
        assert not model.objects.filter(user=bob).exists()
    for model in (OrganisationRole, NetworkRole, Export):
        assert not model.objects.filter(person=bob).exists()
    household.refresh_from_db()
    assert household.name == f"Former household {household.pk}" and household.archived_at and household.place is None
    assert not Place.objects.filter(pk=place.pk).exists()
    assert Membership.objects.get(organisation=household).left_on.isoformat() == "2026-03-09"
    kept = Order.objects.get(pk=order.pk)
    assert (kept.buyer, kept.placed_by.name) == (household, f"Former member {bob.pk}")
    same = Document.objects.get(pk=paper.pk)
    assert (same.gross, same.lines, str(same.recipient)) == (paper.gross, paper.lines, household.name)
    assert {entry.actor.name for entry in JournalEntry.objects.filter(actor=bob)} == {f"Former member {bob.pk}"}
    assert client.get(reverse("network:me")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_who_left_cannot_sign_in_and_the_address_makes_a_new_account(household, bob) -> None:
    gone(bob)
    client = Client(headers={"accept-language": "en"})
    client.post(reverse("account_login"), {"login": "bob@example.org", "password": "secret-kouter"})
    assert "_auth_user_id" not in client.session
    sent = {"email": "bob@example.org", "name": "Bob", "password1": "kouter-in-maart"}
    client.post(reverse("account_signup"), sent)
    assert Person.objects.get(email="bob@example.org").pk != bob.pk


def test_others_keep_the_household_and_the_eldest_of_them_owns_it(household, bob, charlie, eli) -> None:
    for person in (charlie, eli):
        OrganisationRole.objects.create(organisation=household, person=person, role="member")
    gone(bob)
    household.refresh_from_db()
    assert (household.name, household.archived_at) == ("Gezin Bob", None)
    assert dict(household.roles.values_list("person__name", "role")) == {"Charlie": "owner", "Eli": "member"}


@pytest.mark.parametrize("close", [False, True])
def test_an_order_still_to_come_stands_in_the_way_and_is_named(ordered, household, bob, day, proven, close) -> None:
    order = ordered(household, bob, 5)
    if close:
        closing.close_day(day=day)
    client = proven(bob)
    answer = client.post(reverse(LEAVE))
    assert answer.status_code == 422
    assert f"Order {order.pk} is still to be delivered or billed." in text(answer)
    assert f'href="{reverse("orders:detail", args=[order.pk])}"' in answer.content.decode()
    assert not Person.objects.exclude(leaving_at=None).exists()


def test_who_ordered_anew_goes_when_that_is_delivered(ordered, household, bob, day) -> None:
    privacy.ask_to_leave(person=bob)
    ordered(household, bob, 5)
    with clock.at(NOW + timedelta(days=8)):
        assert end_accounts() == 0
    close_and_bill(day)
    with clock.at(NOW + timedelta(days=8)):
        assert end_accounts() == 1


def test_a_basket_of_who_leaves_is_for_sale_again(basket_of, household, bob) -> None:
    basket_of(household, bob, 4)
    assert Supply.objects.get().reserved == 4
    gone(bob)
    assert Supply.objects.get().reserved == 0


def test_the_last_of_a_farm_and_the_last_coordinator_stay_for_now(farm, alice, dana, household, bob, visit) -> None:
    with pytest.raises(Refused, match="You are the only one of Hoeve Alice"):
        privacy.ask_to_leave(person=alice)
    with pytest.raises(Refused, match="You are the only coordinator of Gent"):
        privacy.ask_to_leave(person=dana)
    shown = text(visit(alice).get(reverse(LEAVE)))
    assert "Not yet You are the only one of Hoeve Alice. Hand it over to somebody first." in shown
    households.invite(organisation=farm.organisation, email="bob@example.org", role="owner", by=alice)
    households.accept(invitation=farm.organisation.invitations.get(), by=bob)
    gone(alice)
    assert dict(farm.organisation.roles.values_list("person__name", "role")) == {"Bob": "owner"}
    assert Organisation.objects.get(pk=farm.organisation_id).archived_at is None


def test_a_driver_hands_over_her_round_first(world) -> None:
    gust = world.people["gust"]
    assert privacy.hindrances(gust) == []
    type(world.day).objects.filter(pk=world.day.pk).update(status="planned")
    found = privacy.hindrances(gust)[0]
    assert found.url == reverse("logistics:round", args=[world.round.pk])
    assert "You drive round 1 on 05/03." in found.text


def test_two_of_a_household_that_leave_together_leave_nobody(household, bob, charlie) -> None:
    OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    for person in (bob, charlie):
        privacy.ask_to_leave(person=person)
    with clock.at(NOW + timedelta(days=7)):
        assert end_accounts() == 2
    household.refresh_from_db()
    assert household.archived_at and not household.roles.exists()
    assert make_person("bob") != bob
