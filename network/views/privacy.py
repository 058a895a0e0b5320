"""My data: take it along, or have it forgotten."""

from time import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from network import clock, privacy
from network.errors import Refused
from network.models import Export, Person


@login_required
def data(request: HttpRequest) -> HttpResponse:
    """Ask for everything in one file, and download it once it is made."""
    assert isinstance(request.user, Person)
    if request.method == "POST":
        privacy.ask_for_export(person=request.user)
        return redirect("network:data")
    exports = list(Export.objects.kept().filter(person=request.user))
    return render(request, "network/data.html", {"exports": exports, "making": any(not one.file for one in exports)})


@login_required
@never_cache
def export(request: HttpRequest, pk: int) -> FileResponse:
    found = get_object_or_404(Export.objects.kept().exclude(file=""), pk=pk, person=request.user)
    return FileResponse(
        found.file.open("rb"), as_attachment=True, filename=f"kouter-{clock.local(found.made_at):%Y-%m-%d}.json"
    )


@login_required
def leave(request: HttpRequest) -> HttpResponse:
    """
    Delete my account: what goes, what stays and why. Asking takes a fresh proof of who I am: password or authenticator, or
    for who has neither, having signed in with a code from a mail just now. Within the cooling-off I can change my mind.
    """
    assert isinstance(request.user, Person)
    refusal = ""
    if request.method == "POST" and "stay" in request.POST:
        if privacy.stay(person=request.user):
            messages.success(request, _("Good: your account stays as it is."))
        return redirect("network:leave")
    if request.method == "POST":
        if not _proven(request):
            return _prove(request)
        try:
            privacy.ask_to_leave(person=request.user)
        except Refused as refused:
            refusal = refused.message
        else:
            messages.success(request, _("Your account will be deleted. A mail says when, and how to stay."))
            return redirect("network:leave")
    return render(
        request,
        "network/leave.html",
        {
            "hindrances": privacy.hindrances(request.user),
            "alone": privacy.households_alone(request.user),
            "days": privacy.COOLING_OFF.days,
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )


def _proven(request: HttpRequest) -> bool:
    if get_reauthentication_flows(request.user):
        return did_recently_reauthenticate(request)
    records = get_authentication_records(request, request.user)
    return bool(records) and time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def _prove(request: HttpRequest) -> HttpResponse:
    if get_reauthentication_flows(request.user):
        raise ReauthenticationRequired  # allauth asks, and then goes on with what was posted
    logout(request)
    messages.info(request, _("Sign in with a code from your mail first, so that we know it is you."))
    return redirect_to_login(request.path)
