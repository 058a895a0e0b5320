"""For those who keep it running: the health check, and on a local run the mails that would have been sent."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from celery import current_app
from celery.exceptions import TimeoutError as CeleryTimeout
from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from network import tasks

WORKER_SECONDS = 3


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Each part that must live, and whether it does: 200 when all do, else 503."""
    parts = {"database": _database, "cache": _cache, "broker": _broker, "worker": _worker}
    state = {name: _state(check) for name, check in parts.items()}
    return JsonResponse(state, status=200 if set(state.values()) == {"ok"} else 503)


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001  whatever is wrong with a part is the answer
        return type(error).__name__
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _cache() -> None:
    cache.set("health", "ok", 10)
    if cache.get("health") != "ok":
        raise LookupError


def _broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0)


def _worker() -> None:
    _broker()  # without one, asking a worker takes as long as its client is patient
    answer = tasks.echo.apply_async(("ok",), expires=WORKER_SECONDS, retry=False)
    try:
        answer.get(timeout=WORKER_SECONDS)
    except CeleryTimeout:
        answer.forget()
        raise


def mails(request: HttpRequest) -> HttpResponse:
    """The mails of a local run, newest first."""
    page = Paginator(sorted(_mail_folder().glob("*.log"), reverse=True), 50).get_page(request.GET.get("page"))
    return render(
        request, "network/mails.html", {"page": page, "mails": [(path.stem, _headers(_read(path))) for path in page]}
    )


def mail(request: HttpRequest, name: str) -> HttpResponse:
    path = _mail_folder() / f"{name}.log"
    if path.parent != _mail_folder() or not path.is_file():
        raise Http404
    message = _read(path)
    plain = message.get_body(("plain",))
    attachments = [part.get_filename() for part in message.iter_attachments()]
    return render(
        request,
        "network/mail.html",
        {"mail": _headers(message), "text": plain.get_content() if plain else "", "attachments": attachments},
    )


def _headers(message: EmailMessage) -> dict[str, str]:
    return {name: str(message[name]) for name in ("subject", "to", "from", "date")}


def _mail_folder() -> Path:
    if not settings.LOCAL:
        raise Http404
    return Path(settings.EMAIL_FILE_PATH)


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes().split(b"\n" + b"-" * 79)[0], policy=email.policy.default)
