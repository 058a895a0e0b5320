"""Which mails a person wants: her choice on the page, and the link in a mail that works signed out."""

import pytest
from django.test import Client
from django.urls import reverse

from network import notices
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db


def wanted(person) -> dict[str, bool]:
    person.refresh_from_db()
    return {kind: notices.wants(person, kind) for kind in notices.Kind.values}


STANDARD = {"order_closed": True, "basket_waiting": True, "subscription": True, "shop_open": False}


def test_reminders_come_until_switched_off_and_the_shop_opens_only_when_asked(bob, visit) -> None:
    assert wanted(bob) == STANDARD
    page = reverse("network:mail_choices")
    shown = text(visit(bob).get(page))
    assert "The shop is open: what the farms have this week" in shown and "they have no switch" in shown
    assert visit(bob).post(page, {"shop_open": "on", "order_closed": "on", "order_confirmed": "on"}).status_code == 302
    assert wanted(bob) == {"order_closed": True, "basket_waiting": False, "subscription": False, "shop_open": True}
    assert bob.mail_choices.keys() == STANDARD.keys()


@pytest.mark.parametrize("kind", ["order_confirmed", "order_cancelled", "withdrawal_made", ""])
def test_what_the_law_demands_has_no_switch(bob, kind) -> None:
    notices.choose(person=bob, wanted={kind: False})
    bob.refresh_from_db()
    assert notices.wants(bob, kind) and bob.mail_choices == {}
    assert notices.switch_of(bob, kind) == "" and notices.headers(bob, kind) == {}


def test_the_link_in_a_mail_switches_that_kind_off_for_who_is_signed_out(bob, charlie, visit, settings) -> None:
    url = notices.switch_of(bob, "order_closed").removeprefix(settings.SITE_URL)
    client = visit()
    assert "Switch this mail off?" in text(client.get(url))
    assert wanted(bob) == STANDARD
    assert "Switched off" in text(client.post(url))
    assert wanted(bob) == STANDARD | {"order_closed": False}
    assert wanted(charlie) == STANDARD
    assert "Switched on again" in text(client.post(url, {"on": "1"}))
    assert wanted(bob) == STANDARD


def test_a_mail_program_posts_one_click_without_cookie_or_token(bob, settings) -> None:
    headers = notices.headers(bob, "basket_waiting")
    url = headers["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wanted(bob) == STANDARD | {"basket_waiting": False}


@pytest.mark.parametrize("link", ["1.order_closed", "1.order_closed:forged", "x", "1.nothing:abc"])
def test_a_link_that_is_not_ours_changes_nothing(bob, visit, link) -> None:
    assert visit().post(reverse("network:unsubscribe", args=[link])).status_code == 404
    assert (
        visit()
        .post(reverse("network:unsubscribe", args=[notices.SIGNER.sign(f"{bob.pk}.order_confirmed")]))
        .status_code
        == 404
    )
    assert wanted(bob) == STANDARD
