"""The people of a household: asked by mail, accepted by who was asked, never left to nobody; and where it lives."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from network import clock, households, outbox
from network.errors import Refused
from network.models import Address, Invitation, JournalEntry, Organisation, OrganisationRole, Person
from tests.conftest import NOW, make_person
from tests.network.test_pages import same_queries  # noqa: F401
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db


def roles(organisation: Organisation) -> dict[str, str]:
    return dict(organisation.roles.order_by("pk").values_list("person__name", "role"))


def asked(household: Organisation, bob: Person, email: str = "charlie@example.org") -> Invitation:
    return households.invite(organisation=household, email=email, role="member", by=bob)


def test_an_owner_invites_by_mail_and_who_was_asked_joins_with_one_tap(household, bob, charlie, visit) -> None:
    Person.objects.update(language="en")
    page = reverse("network:organisation", args=[household.pk])
    answer = visit(bob).post(page, {"email": "Charlie@Example.org", "role": "member"}, follow=True)
    assert "An invitation is on its way to charlie@example.org." in text(answer)
    assert "charlie@example.org until Monday 16 March" in text(answer)
    outbox.drain()
    outbox.drain()
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["charlie@example.org"], "Bob invites you to Gezin Bob")
    link = reverse("network:invitation", args=[households.link_of(Invitation.objects.get())])
    assert link in message.body and link in str(message.alternatives[0][0])
    client = visit(charlie)
    assert "Bob invites you." in text(client.get(link))
    assert roles(household) == {"Bob": "owner"}
    answer = client.post(link, follow=True)
    assert answer.redirect_chain == [(page, 302)] and "Welcome to Gezin Bob." in text(answer)
    assert roles(household) == {"Bob": "owner", "Charlie": "member"}
    written = list(JournalEntry.objects.values_list("action", "actor__name").order_by("pk"))
    assert written == [("invited somebody", "Bob"), ("joined", "Charlie")]
    assert not any("charlie" in str(entry.data) + entry.reason for entry in JournalEntry.objects.all())


def test_an_invitation_works_once_for_fourteen_days_and_for_nobody_else(household, bob, charlie, eli, visit) -> None:
    link = reverse("network:invitation", args=[households.link_of(asked(household, bob))])
    other = visit(eli).post(link)
    assert other.status_code == 403 and "sent to another address" in text(other)
    assert "charlie" not in text(other) and roles(household) == {"Bob": "owner"}
    assert visit().get(link)["location"] == f"{reverse('account_login')}?next={link.replace(':', '%3A')}"
    with clock.at(NOW + timedelta(days=14)):
        assert "Invitation no longer valid" in text(visit(charlie).get(link))
        assert visit(charlie).post(link).status_code == 422
    assert visit(charlie).post(link).status_code == 302
    households.leave(organisation=household, person=charlie)
    assert visit(charlie).post(link).status_code == 422
    assert roles(household) == {"Bob": "owner"}
    forged = reverse("network:invitation", args=[f"{Invitation.objects.get().pk}:nonsense"])
    assert visit(charlie).get(forged).status_code == 404


def test_asking_again_or_withdrawing_ends_the_earlier_link(household, bob, charlie, visit) -> None:
    first = asked(household, bob)
    second = asked(household, bob)
    with pytest.raises(Refused, match="used, withdrawn, or is older"):
        households.accept(invitation=first, by=charlie)
    away = reverse("network:withdraw_invitation", args=[second.pk])
    assert visit(charlie).post(away).status_code == 404
    assert visit(bob).post(away).status_code == 302
    with pytest.raises(Refused, match="used, withdrawn, or is older"):
        households.accept(invitation=second, by=charlie)
    outbox.drain()
    assert mail.outbox == []


def test_nobody_mails_strangers_through_us(household, bob) -> None:
    for number in range(households.MOST_INVITATIONS):
        asked(household, bob, f"x{number}@example.org")
    with pytest.raises(Refused, match="Go on tomorrow") as refused:
        asked(household, bob, "one.more@example.org")
    assert refused.value.field == "email"
    with clock.at(NOW + timedelta(days=1)):
        asked(household, bob, "one.more@example.org")
    with pytest.raises(Refused, match="in it already"):
        asked(household, bob, "BOB@example.org")


def test_a_member_sees_who_is_in_it_and_changes_nobody(household, bob, charlie, eli, visit) -> None:
    OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    page = reverse("network:organisation", args=[household.pk])
    shown = text(visit(charlie).get(page))
    assert "Bob Owner · bob@example.org" in shown and "Charlie (you) Member" in shown
    assert "Invite somebody" not in shown and "Remove" not in shown and "Leave Gezin Bob" in shown
    assert visit(charlie).post(page, {"email": "x@example.org", "role": "owner"}).status_code == 403
    remove = reverse("network:member", args=[household.pk, bob.pk])
    assert visit(charlie).post(remove, {"remove": "1"}).status_code == 403
    assert visit(eli).get(page).status_code == 404
    assert visit(eli).post(remove, {"remove": "1"}).status_code == 404
    assert roles(household) == {"Bob": "owner", "Charlie": "member"} and not Invitation.objects.exists()


def test_an_owner_changes_roles_and_removes_people_but_never_the_last_owner(household, bob, charlie, visit) -> None:
    OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    client, hers = visit(bob), reverse("network:member", args=[household.pk, charlie.pk])
    mine = reverse("network:member", args=[household.pk, bob.pk])
    assert "Nobody would be owner any more." in text(client.post(mine, {"role": "member"}, follow=True))
    assert "To go yourself" in text(client.post(mine, {"remove": "1"}, follow=True))
    client.post(hers, {"role": "king"})
    assert roles(household) == {"Bob": "owner", "Charlie": "member"}
    client.post(hers, {"role": "owner"})
    assert roles(household) == {"Bob": "owner", "Charlie": "owner"}
    assert "Charlie is no longer in it." in text(client.post(hers, {"remove": "1"}, follow=True))
    assert roles(household) == {"Bob": "owner"}
    assert client.post(hers, {"remove": "1"}).status_code == 404


def test_the_last_one_and_the_last_owner_cannot_leave(household, bob, charlie, visit) -> None:
    client, away = visit(bob), reverse("network:depart", args=[household.pk])
    assert "You are the only one in it." in text(client.post(away, follow=True))
    role = OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    assert "Make somebody else owner first." in text(client.post(away, follow=True))
    OrganisationRole.objects.filter(pk=role.pk).update(role="owner")
    assert "You have left Gezin Bob." in text(client.post(away, follow=True))
    assert roles(household) == {"Charlie": "owner"}
    assert client.get(reverse("network:organisation", args=[household.pk])).status_code == 404


def test_the_page_of_an_organisation_has_a_fixed_number_of_queries(household, bob, visit, same_queries) -> None:  # noqa: F811
    def more() -> None:
        for number in range(3):
            OrganisationRole.objects.create(organisation=household, person=make_person(f"more{number}"))
            asked(household, bob, f"x{number}@example.org")

    asked(household, bob)
    same_queries(visit(bob), reverse("network:organisation", args=[household.pk]), 6, more)


def test_a_household_moves_and_keeps_where_it_was(household, bob, visit) -> None:
    before = household.place
    page = reverse("network:address", args=[household.pk])
    sent = {"street": "Dorp 3", "postcode": "9880", "municipality": "Aalter"}
    assert visit(bob).post(page, sent).status_code == 302
    household.refresh_from_db()
    assert str(household.place) == "Dorp 3, 9880 Aalter"
    assert (household.place.lat, household.place.lon) != (before.lat, before.lon)
    visit(bob).post(page, sent | {"street": "Dorp 5"})
    household.refresh_from_db()
    places = [households.places_on(date(2026, 3, on), [household])[household.pk] for on in (1, 2, 9)]
    assert [str(place) for place in places] == [str(before), "Dorp 5, 9880 Aalter", "Dorp 5, 9880 Aalter"]
    with clock.at(NOW + timedelta(days=30)):
        households.move(organisation=household, street="Markt 1", postcode="9000", municipality="Gent", by=bob)
    household.refresh_from_db()
    places = [households.places_on(date(2026, month, 3), [household])[household.pk] for month in (3, 4)]
    assert [str(place) for place in places] == ["Dorp 5, 9880 Aalter", "Markt 1, 9000 Gent"]
    assert Address.objects.count() == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"postcode": "0000"}, "postcode"), ({"municipality": "Leuven"}, "municipality"), ({"street": ""}, "street")],
)
def test_an_address_that_does_not_exist_is_said_beside_the_field(household, bob, visit, wrong, field) -> None:
    sent = {"street": "Dorp 3", "postcode": "9880", "municipality": "Aalter"} | wrong
    answer = visit(bob).post(reverse("network:address", args=[household.pk]), sent)
    assert answer.status_code == 422 and f'id="id_{field}_error"' in answer.content.decode()
    assert not Address.objects.exists()


def test_a_farms_address_is_the_coordinators(farm, alice, visit) -> None:
    page = reverse("network:organisation", args=[farm.organisation_id])
    shown = text(visit(alice).get(page))
    assert "Hoeve Alice" in shown and "Ask the coordinator of your network to change it." in shown
    assert visit(alice).get(reverse("network:address", args=[farm.organisation_id])).status_code == 404
    with pytest.raises(Refused, match="Rounds are planned"):
        households.move(organisation=farm.organisation, street="x", postcode="9000", municipality="Gent", by=alice)
