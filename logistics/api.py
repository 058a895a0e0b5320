"""
Where phones send what was done: `POST /rounds/<pk>/actions/` and `/deliveries/<pk>/actions/` (docs/phone.md).

The body is `{"person": pk, "now": ms, "offset": ms, "actions": [{"id": uuid, "kind", "happened": ms, …}]}`, milliseconds of the
phone's clock; the answer `{"offset": ms, "now": ms, "answers": [{"id", "outcome", "sentence"}]}`. What is wrong with a whole
message is a problem document (RFC 9457). `GET` of the same address gives a fresh CSRF token and who is signed in.
"""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from logistics import phone
from logistics.access import delivery_for, round_for
from logistics.phone import Sent
from network.errors import Refused

MOST_ACTIONS = 600


class Malformed(Exception):
    """The message is not one of our phone's."""


@never_cache
@require_http_methods(["GET", "POST"])
def round_actions(request: HttpRequest, pk: int) -> HttpResponse:
    return _answer(request, lambda: {"round": round_for(request.user, pk)})


@never_cache
@require_http_methods(["GET", "POST"])
def delivery_actions(request: HttpRequest, pk: int) -> HttpResponse:
    return _answer(request, lambda: {"delivery": delivery_for(request.user, pk)[0]})


def _answer(request: HttpRequest, found: Any) -> HttpResponse:
    if not request.user.is_authenticated:
        return problem(401, _("Sign in again: what was done is kept on this device."))
    try:
        owner = found()
    except PermissionDenied:
        return problem(403, _("This is not yours any more: what was done is kept on this device."))
    except Http404:
        return problem(404, _("This round is not there any more: what was done is kept on this device."))
    if request.method == "GET":
        return JsonResponse({"csrf": get_token(request), "person": request.user.pk})
    try:
        body = _read(request.body)
        if body["person"] != request.user.pk:
            return problem(403, _("Somebody else did this on this device. It is sent once that person signs in again."))
        offset = phone.offset(phone=body["now"], known=body["offset"])
        answers = phone.carry_out(sent=body["actions"], by=request.user, offset=offset, **owner)
    except RequestDataTooBig:
        return problem(413, _("This is too much at once. Send less."))
    except Malformed as error:
        return problem(400, str(error))
    except Refused as refused:
        return problem(409, refused.message)
    return JsonResponse(
        {
            "offset": offset,
            "now": phone.this_moment(),
            "answers": [{"id": one.id, "outcome": one.outcome, "sentence": one.sentence} for one in answers],
        }
    )


def problem(status: int, detail: str) -> JsonResponse:
    """A problem document; `detail` is a sentence for whoever holds the phone."""
    return JsonResponse(
        {"type": "about:blank", "title": HttpResponse(status=status).reason_phrase, "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )


def _read(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
        actions = [_sent(one) for one in body["actions"]]
        read: dict[str, Any] = {
            "person": int(body["person"]),
            "now": _moment(body["now"]),
            "offset": int(body.get("offset") or 0),
            "actions": actions,
        }
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise Malformed("The body is not a list of actions as described in docs/phone.md.") from error
    if len(actions) > MOST_ACTIONS:
        raise Malformed(f"At most {MOST_ACTIONS} actions at a time.")
    if abs(read["offset"]) > 10**14:
        raise Malformed("The offset is not a number of milliseconds.")
    return read


def _sent(one: dict[str, Any]) -> Sent:
    data = {name: value for name, value in one.items() if name not in ("id", "kind", "happened")}
    for name, value in data.items():
        if not isinstance(value, str | int | float | bool | None) or (
            name != "image" and len(str(value)) > phone.LONGEST
        ):
            raise ValueError(name)
        if "\x00" in str(value) or len(name) > 40 or value != value:
            raise ValueError(name)
    if len(data) > 200:
        raise ValueError("fields")
    return Sent(UUID(one["id"]), str(one["kind"])[:20], _moment(one["happened"]), data)


def _moment(value: Any) -> int:
    """Milliseconds since 1970, of this world."""
    found = int(value)
    if not 0 <= found < 10**14:
        raise ValueError(value)
    return found
