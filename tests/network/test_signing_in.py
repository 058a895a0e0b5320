"""Signing in with a code from a mail or with a password, and making an account."""

import re
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from network.models import Person
from tests.conftest import make_person
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
CODE = r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$"
LOGIN, REQUEST, CONFIRM = "account_login", "account_request_login_code", "account_confirm_login_code"


@pytest.fixture(autouse=True)
def nobody_tried_before(settings: Any) -> None:
    """Tries are counted in the cache, which outlives a test."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def bob(bob: Person) -> Person:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    return bob


def who(client: Client) -> Person | None:
    found = client.get("/").wsgi_request.user
    return found if isinstance(found, Person) else None


def code_in_mail(to: str) -> str:
    message = mail.outbox[-1]
    assert message.to == [to]
    found = re.search(CODE, str(message.body), re.MULTILINE)
    assert found, message.body
    return found[1]


def test_a_code_from_a_mail_signs_in_and_leads_back_to_where_one_was_going(bob: Person, visit: Any) -> None:
    client = visit()
    answer = client.get(reverse("network:me"))
    assert answer["location"] == f"{reverse(LOGIN)}?next=/me/"
    answer = client.post(reverse(REQUEST), {"email": "Bob@Example.org", "next": "/me/"})
    assert answer.status_code == 302 and len(mail.outbox) == 1
    assert who(client) is None
    answer = client.get(answer["location"])
    assert "We sent a code to: bob@example.org" in text(answer)
    answer = client.post(reverse(CONFIRM), {"code": code_in_mail(bob.email), "next": "/me/"})
    assert (answer.status_code, answer["location"]) == (302, "/me/")
    assert who(client) == bob


def test_the_mail_with_the_code_is_in_the_readers_language(bob: Person) -> None:
    for language in ("nl", "fr", "en"):
        Client(headers={"accept-language": language}).post(reverse(REQUEST), {"email": bob.email})
    assert [message.subject for message in mail.outbox] == [
        "Kouter: Aanmeldcode",
        "Kouter: Code de connexion",
        "Kouter: Sign-In Code",
    ]


def test_a_wrong_code_lets_nobody_in_and_the_third_ends_it(bob: Person, visit: Any) -> None:
    client = visit()
    client.post(reverse(REQUEST), {"email": bob.email})
    code = code_in_mail(bob.email)
    for _try in range(2):
        answer = client.post(reverse(CONFIRM), {"code": "AAAA-AAAA"})
        assert answer.status_code == 200
        assert "Incorrect code." in text(answer) and 'aria-invalid="true"' in answer.content.decode()
        assert who(client) is None
    answer = client.post(reverse(CONFIRM), {"code": "AAAA-AAAA"})
    assert answer.status_code == 302
    client.post(reverse(CONFIRM), {"code": code})
    assert who(client) is None


def test_a_code_works_once_and_only_where_it_was_asked(bob: Person, visit: Any) -> None:
    client, elsewhere = visit(), visit()
    client.post(reverse(REQUEST), {"email": bob.email})
    code = code_in_mail(bob.email)
    elsewhere.post(reverse(CONFIRM), {"code": code})
    assert who(elsewhere) is None
    client.post(reverse(CONFIRM), {"code": code})
    assert who(client) == bob
    client.post(reverse("account_logout"))
    assert who(client) is None
    client.post(reverse(CONFIRM), {"code": code})
    assert who(client) is None


def test_an_unknown_address_is_answered_alike_and_told_by_mail_only(bob: Person, visit: Any) -> None:
    known, unknown = visit(), visit()
    pages = [client.post(reverse(REQUEST), {"email": email}, follow=True) for client, email in
             ((known, bob.email), (unknown, "nobody@example.org"))]  # fmt: skip
    shown = [text(page).replace("bob@", "x@").replace("nobody@", "x@") for page in pages]
    assert shown[0] == shown[1]
    assert mail.outbox[1].to == ["nobody@example.org"]
    assert not re.search(CODE, str(mail.outbox[1].body), re.MULTILINE)
    assert unknown.post(reverse(CONFIRM), {"code": "AAAA-AAAA"}).status_code == 200
    assert who(unknown) is None


def test_a_password_signs_in(bob: Person, visit: Any) -> None:
    client = visit()
    answer = client.post(reverse(LOGIN), {"login": "BOB@example.org", "password": "secret-kouter"})
    assert (answer.status_code, answer["location"]) == (302, "/")
    assert who(client) == bob


@pytest.mark.parametrize(
    ("login", "password"),
    [("bob@example.org", "wrong"), ("nobody@example.org", "secret-kouter"), ("gone@example.org", "x")],
)
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    bob: Person, visit: Any, login: str, password: str
) -> None:
    make_person("gone", is_active=False)
    client = visit()
    answer = client.post(reverse(LOGIN), {"login": login, "password": password})
    assert who(client) is None
    assert "The email address and/or password you specified are not correct." in text(answer)


def test_an_account_that_was_ended_signs_in_neither_way(visit: Any) -> None:
    gone = make_person("gone", is_active=False)
    client = visit()
    answer = client.post(reverse(LOGIN), {"login": gone.email, "password": "secret-kouter"}, follow=True)
    assert "This account is inactive." in text(answer)
    client.post(reverse(REQUEST), {"email": gone.email})
    if code := re.search(CODE, str(mail.outbox[-1].body), re.MULTILINE):
        client.post(reverse(CONFIRM), {"code": code[1]})
    assert who(client) is None


def test_guessing_passwords_is_slowed_down(bob: Person, visit: Any) -> None:
    client = visit()
    for _try in range(6):
        client.post(reverse(LOGIN), {"login": bob.email, "password": "wrong"})
    client.post(reverse(LOGIN), {"login": bob.email, "password": "secret-kouter"})
    assert who(client) is None


def test_nobody_is_sent_to_another_site_after_signing_in(bob: Person, visit: Any) -> None:
    client = visit()
    client.post(reverse(REQUEST), {"email": bob.email, "next": "https://evil.example/"})
    answer = client.post(reverse(CONFIRM), {"code": code_in_mail(bob.email), "next": "https://evil.example/"})
    assert answer["location"] == "/"


def test_who_is_new_makes_an_account_and_confirms_the_address(visit: Any) -> None:
    client = visit()
    sent = {"email": "Griet@Example.org", "name": "Griet", "password1": "kouter-in-maart"}
    answer = client.post(reverse("account_signup"), sent, follow=True)
    assert answer.status_code == 200 and who(client) is None
    person = Person.objects.get()
    assert (person.name, person.email, person.is_staff) == ("Griet", "griet@example.org", False)
    code = code_in_mail("griet@example.org")
    client.post(reverse("account_email_verification_sent"), {"code": "AAAA-AAAA"})
    assert who(client) is None
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert who(client) == person


def test_who_is_added_by_a_superuser_signs_in_with_one_code(visit: Any) -> None:
    root = make_person("root", is_staff=True, is_superuser=True)
    rows = {
        f"{name}-{what}_FORMS": 0 for name in ("organisation_roles", "network_roles") for what in ("TOTAL", "INITIAL")
    }
    sent = {"email": "Hilde@Example.org", "name": "Hilde", "language": "nl", "is_active": "on"} | rows
    assert visit(root).post(reverse("admin:network_person_add"), sent).status_code == 302
    hilde = Person.objects.get(email="hilde@example.org")
    assert not hilde.check_password("")
    client = visit()
    client.post(reverse(REQUEST), {"email": hilde.email})
    client.post(reverse(CONFIRM), {"code": code_in_mail(hilde.email)})
    assert who(client) == hilde
    change = reverse("admin:network_person_change", args=[hilde.pk])
    assert visit(root).post(change, sent | {"email": "hilde@elders.be"}).status_code == 302
    assert list(EmailAddress.objects.values_list("user", "email", "verified")) == [(hilde.pk, "hilde@elders.be", False)]


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"email": "griet"}, {"password1": "password"}, {"password1": "short"}, {"name": "x" * 121}]
)
def test_an_account_that_cannot_be_says_why(visit: Any, wrong: dict[str, str]) -> None:
    sent = {"email": "griet@example.org", "name": "Griet", "password1": "kouter-in-maart"} | wrong
    answer = visit().post(reverse("account_signup"), sent)
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()
    assert not Person.objects.exists() and not mail.outbox


def test_an_address_that_has_an_account_gets_a_mail_and_no_second_account(bob: Person, visit: Any) -> None:
    sent = {"email": "BOB@example.org", "name": "Bobby", "password1": "kouter-in-maart"}
    client = visit()
    client.post(reverse("account_signup"), sent)
    assert who(client) is None
    assert Person.objects.get() == bob and bob.name == "Bob"
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]


def test_signing_out_asks_first(bob: Person, visit: Any) -> None:
    client = visit(bob)
    assert "Sign out?" in text(client.get(reverse("account_logout")))
    assert who(client) == bob
    assert client.post(reverse("account_logout"))["location"] == "/"
    assert who(client) is None
