"""For those who keep it running: health, mails of a local run, request ids, safety headers and error pages."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from network.views import operation
from tests.producers.test_desk import text

WELL = {"database": "ok", "cache": "ok", "broker": "ok", "worker": "ok"}


@contextmanager
def database_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        yield
    connection.close()


# Health


@pytest.mark.django_db(transaction=True)
def test_all_is_well_when_every_part_answers_a_real_worker_included(
    worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "WORKER_SECONDS", 30)
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()) == (200, WELL)
    assert "no-store" in answer["cache-control"]


@pytest.mark.django_db
def test_without_a_worker_health_says_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "WORKER_SECONDS", 0.1)
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()) == (503, WELL | {"worker": "TimeoutError"})


@pytest.mark.django_db
def test_without_a_broker_health_says_so_without_waiting_for_one() -> None:
    kouter = current_app._get_current_object()
    away = Celery("away", broker="redis+socket:///nowhere/valkey.sock", backend="redis+socket:///nowhere/valkey.sock")
    away.set_current()
    try:
        answer = Client().get("/health")
    finally:
        kouter.set_current()
    assert answer.status_code == 503
    assert answer.json() == WELL | {"broker": "OperationalError", "worker": "OperationalError"}


@pytest.mark.django_db
def test_without_a_cache_health_says_so(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "WORKER_SECONDS", 0.1)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock?db=1"}}
    answer = Client().get("/health")
    assert answer.status_code == 503
    assert answer.json() == WELL | {"cache": "ConnectionError", "worker": "TimeoutError"}


@pytest.mark.django_db(transaction=True)
def test_without_a_database_health_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "WORKER_SECONDS", 0.1)
    with database_away(monkeypatch):
        answer = Client().get("/health")
    assert answer.status_code == 503
    assert answer.json() == WELL | {"database": "OperationalError", "worker": "TimeoutError"}


# Mails of a local run


@pytest.fixture
def mails(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    return tmp_path


def test_without_mails_the_viewer_says_how_to_get_one(mails: Path, visit: Any, db: None) -> None:
    assert "No mail yet" in text(visit().get(reverse("network:mails")))


def test_a_mail_is_read_as_it_would_have_been_sent(mails: Path, visit: Any, db: None) -> None:
    message = EmailMultiAlternatives(
        "Uw bestelling – prijs € 2,40",
        "Dag Bob,\n<b>één</b> krat.\nhttp://127.0.0.1:8000/me/",
        "gent@example.org",
        ["Bob <bob@example.org>"],
    )
    message.attach_alternative("<p>Dag Bob</p>", "text/html")
    message.attach("factuur.pdf", b"%PDF-1.7 not a real one", "application/pdf")
    message.send()
    client = visit()
    shown = text(client.get(reverse("network:mails")))
    assert "Uw bestelling – prijs € 2,40" in shown and "Bob &lt;bob@example.org&gt;" in shown
    url = reverse("network:mail", args=[next(mails.glob("*.log")).stem])
    assert url in client.get(reverse("network:mails")).content.decode()
    answer = client.get(url)
    page, shown = answer.content.decode(), text(answer)
    assert "To Bob &lt;bob@example.org&gt;" in shown and "From gent@example.org" in shown
    assert "Attachments factuur.pdf" in shown
    assert "&lt;b&gt;één&lt;/b&gt; krat." in page
    assert '<a href="http://127.0.0.1:8000/me/"' in page


def test_the_newest_mail_is_on_top_and_there_are_pages(mails: Path, visit: Any, db: None) -> None:
    for number in range(60):
        send_mail(f"Mail {number:02}.", "Dag", None, ["bob@example.org"])
        newest = max(mails.glob("2*.log"), key=lambda path: path.stat().st_mtime_ns)
        newest.rename(mails / f"10{number:02}.log")
    shown = text(visit().get(reverse("network:mails")))
    assert shown.index("Mail 59.") < shown.index("Mail 58.") and "Mail 10." in shown and "Mail 09." not in shown
    assert "Mail 09." in text(visit().get(reverse("network:mails"), {"page": 2}))


def test_only_mails_are_shown_and_only_on_a_local_run(mails: Path, visit: Any, settings: Any, db: None) -> None:
    send_mail("Mail", "Dag", None, ["bob@example.org"])
    name = next(mails.glob("*.log")).stem
    (mails.parent / "secret.log").write_text("Subject: secret\n\nsecret")
    for path in ("/mail/nothing/", "/mail/../secret/", "/mail/..%2Fsecret/", "/mail/%2Fetc%2Fpasswd/"):
        assert visit().get(path).status_code == 404
    settings.LOCAL = False
    assert visit().get(reverse("network:mails")).status_code == 404
    assert visit().get(reverse("network:mail", args=[name])).status_code == 404


# Logs


def test_every_line_of_a_request_carries_its_id(visit: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    console = next(handler for handler in logging.getLogger().handlers if handler.name == "console")
    lines = io.StringIO()
    monkeypatch.setattr(console, "stream", lines)
    careful = Client(enforce_csrf_checks=True)
    for _time in range(2):
        assert careful.post("/language/", headers={"x-request-id": "chosen-by-a-stranger"}).status_code == 403
    visit().get("/")
    events: dict[str, str] = {}
    for line in lines.getvalue().splitlines():
        found = re.search(r"request_id=([0-9a-f-]{36})", line)
        assert found, line
        events[found[1]] = events.get(found[1], "") + line
    first, second, front = events.values()
    for said in (first, second):
        for words in (
            "request_started",
            "Forbidden (CSRF ",
            "request_finished",
            "code=403",
        ):
            assert said.count(words) == 1
    assert front.count("GET /") == 2 and "code=200" in front


# Safety


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200), ("/gent/", 200), ("/gent/farms/", 200), ("/styleguide/", 200), ("/me/", 302), ("/mail/", 200), ("/accounts/login/", 200),
        ("/accounts/signup/", 200), ("/admin/", 302), ("/admin/login/", 200), ("/nothing/at/all/", 404), ("/language/", 405),
    ],
)  # fmt: skip
def test_every_answer_allows_scripts_and_styles_of_our_own_only(network, visit: Any, path: str, status: int) -> None:
    answer = visit().get(path)
    assert answer.status_code == status
    policy = dict(part.strip().split(" ", 1) for part in answer["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert {name: policy[name] for name in ("object-src", "base-uri", "frame-ancestors")} == {
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert policy["form-action"] == "'self'" and "script-src" not in policy and "style-src" not in policy
    assert "unsafe" not in answer["content-security-policy"]
    assert (answer["x-frame-options"], answer["x-content-type-options"]) == ("DENY", "nosniff")
    assert answer["referrer-policy"] == "same-origin"


# Error pages

GATE = {"nl": "Deze poort is dicht", "fr": "Cette barrière est fermée", "en": "This gate is closed"}
FIELD = {"nl": "Dit veld ligt braak", "fr": "Ce champ est en friche", "en": "This field is empty"}
BROKE = {
    "nl": "Er ging iets stuk bij ons",
    "fr": "Quelque chose s'est cassé chez nous",
    "en": "Something broke on our side",
}
EXPIRED = {"nl": "Dit formulier was verlopen", "fr": "Ce formulaire avait expiré", "en": "This form had expired"}
LANGUAGES = ("nl", "fr", "en")


def shows(answer: Any, status: int, title: str, language: str) -> None:
    page = answer.content.decode()
    assert answer.status_code == status
    assert f'<html lang="{language if language == "en" else f"{language}-BE"}">' in page
    assert f"<h1>{title}</h1>" in page
    assert 'href="/"' in page and "unsafe" not in answer["content-security-policy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_gate_an_empty_field_and_an_expired_form(network, household, bob, language: str) -> None:
    for csrf, title, status in ((False, GATE, 403), (True, EXPIRED, 403)):
        client = Client(enforce_csrf_checks=csrf, headers={"accept-language": language})
        client.force_login(bob)
        answer = client.post("/me/", {"name": "Robert"}) if csrf else client.get("/gent/books/")
        shows(answer, status, title[language], language)
        shows(client.get("/nothing/at/all/"), 404, FIELD[language], language)
    bob.refresh_from_db()
    assert bob.name == "Bob"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_breaks_on_our_side_is_said_without_needing_the_database(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    with override(None), database_away(monkeypatch):
        answer = client.get("/")
    shows(answer, 500, BROKE[language], language)
    assert "OperationalError" not in answer.content.decode() and "/nowhere" not in answer.content.decode()
