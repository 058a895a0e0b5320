"""The shop is open, and a basket that waits: each told once, to who wants it, with a link that switches it off."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core import mail
from django.urls import reverse

from network import clock, notices, outbox
from network.models import Cycle, OrganisationRole, OutboxEntry, Person
from orders import basket, checkout, closing
from orders.tasks import remind
from tests.conftest import NOW, make_household, make_network, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(bob, charlie) -> None:
    Person.objects.update(language="en")


def sent() -> list[tuple[list[str], str]]:
    for _time in range(3):
        outbox.drain()
    return sorted(
        (message.to, message.subject) for message in mail.outbox if not message.subject.startswith("Your order")
    )


def told() -> list[tuple[list[str], str]]:
    remind()
    return sent()


# The shop is open


def opened(cycle: Cycle) -> None:
    Cycle.objects.filter(pk=cycle.pk).update(opens_at=NOW - timedelta(hours=1))


def wants_news(*people: Person) -> None:
    for person in people:
        notices.choose(person=person, wanted={"shop_open": True})


def test_members_who_asked_for_it_hear_once_that_the_shop_is_open(
    cycle, offer, network, household, bob, charlie, eli, settings
) -> None:
    make_household(network, "Gezin Charlie", charlie)
    stranger = make_person("stranger")
    make_household(make_network("leuven"), "Gezin Elders", stranger)
    wants_news(bob, stranger)
    opened(cycle)
    assert told() == [(["bob@example.org"], "The shop of Gent is open")]
    assert told() == [(["bob@example.org"], "The shop of Gent is open")]
    (message,) = mail.outbox
    assert "with 1 product of this week" in message.body
    assert "For Thursday 5 March: order until Tuesday 3 March, 12:00" in message.body
    assert settings.SITE_URL + reverse("orders:shop", args=["gent"]) in message.body
    link = notices.switch_of(Person.objects.get(pk=bob.pk), "shop_open")
    assert link in message.body and link in str(message.alternatives[0][0])
    assert message.extra_headers["List-Unsubscribe"] == f"<{link}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_switched_it_off_meanwhile_or_comes_when_it_is_old_news_hears_nothing(
    cycle, offer, household, bob, charlie
) -> None:
    wants_news(bob)
    assert told() == []
    opened(cycle)
    remind()
    outbox.drain()
    notices.choose(person=bob, wanted={"shop_open": False})
    assert sent() == []


# A basket that waits


def at_six_hours(day):
    return clock.at(day.closes_at - timedelta(hours=6))


def left_alone(order, minutes: int = 30):
    """The basket was last touched so many minutes ago."""
    order.hold_expires_at = clock.now() + basket.HOLD - timedelta(minutes=minutes)
    order.save(update_fields=["hold_expires_at"])


def test_a_basket_that_waits_is_told_once_a_day_some_hours_before_the_cut_off(
    basket_of, household, bob, charlie, day, settings
) -> None:
    OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    order = basket_of(household, bob, 2)
    with clock.at(day.closes_at - timedelta(hours=6, seconds=1)):
        left_alone(order)
        assert told() == []
    with at_six_hours(day):
        left_alone(order)
        subject = "Your basket for Thursday 5 March is not ordered yet"
        expected = [([f"{name}@example.org"], subject) for name in ("bob", "charlie")]
        assert told() == expected
        assert told() == expected
    message = mail.outbox[0]
    assert "You can do that until Tuesday 12:00" in message.body and "2 kg  leek" in message.body
    assert settings.SITE_URL + reverse("orders:confirm", args=[order.pk]) in message.body
    assert "List-Unsubscribe" in message.extra_headers
    assert OutboxEntry.objects.filter(kind="basket_waiting").count() == 1


def test_who_is_still_filling_it_is_left_in_peace(basket_of, household, bob, day) -> None:
    order = basket_of(household, bob, 2)
    with at_six_hours(day):
        left_alone(order, 14)
        assert told() == []
        left_alone(order, 15)
        assert len(told()) == 1


def test_a_confirmed_an_empty_and_a_late_basket_are_not_told(ordered, basket_of, offer, household, bob, day) -> None:
    order = ordered(household, bob, 2)
    with at_six_hours(day):
        assert told() == []
        basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
        order.refresh_from_db()
        left_alone(order)
        remind()
        checkout.place_order(order=order, by=bob)
        assert sent() == []
        basket.fill(order=order, quantities={offer.pk: D(0)}, by=bob)
    with clock.at(day.closes_at):
        assert told() == []


def test_a_change_that_was_not_confirmed_is_told_too_unless_she_wants_no_such_mails(
    ordered, offer, household, bob, charlie, day
) -> None:
    OrganisationRole.objects.create(organisation=household, person=charlie, role="member")
    notices.choose(person=charlie, wanted={"basket_waiting": False})
    order = ordered(household, bob, 2)
    with at_six_hours(day):
        basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
        order.refresh_from_db()
        left_alone(order)
        assert told() == [(["bob@example.org"], "Your basket for Thursday 5 March is not ordered yet")]


# Order mails


def test_ordering_has_closed_can_be_switched_off_and_a_confirmation_cannot(ordered, household, bob, day) -> None:
    notices.choose(person=bob, wanted={"order_closed": False, "order_confirmed": False})
    ordered(household, bob, 2)
    closing.close_day(day=day)
    outbox.drain()
    subjects = [message.subject for message in mail.outbox if message.to == ["Bob <bob@example.org>"]]
    assert subjects == ["Your order for Thursday 5 March"]
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers and "unsubscribe" not in mail.outbox[0].body


def test_the_mail_that_can_be_switched_off_says_how(ordered, household, bob, day) -> None:
    ordered(household, bob, 2)
    closing.close_day(day=day)
    outbox.drain()
    (message,) = [message for message in mail.outbox if message.subject == "This comes on Thursday 5 March"]
    link = notices.switch_of(bob, "order_closed")
    assert link in message.body and message.extra_headers["List-Unsubscribe"] == f"<{link}>"
