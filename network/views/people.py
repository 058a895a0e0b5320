"""Who I am here: my account, my name and language, and which mails I want."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from network import notices
from network.forms import NoticesForm, PersonForm
from network.models import Membership, NetworkRole, OrganisationRole, Person


@login_required
def me(request: HttpRequest) -> HttpResponse:
    """The front door of the account: everything about me is one tap away."""
    assert isinstance(request.user, Person)
    organisations = (
        OrganisationRole.objects.filter(person=request.user, organisation__archived_at=None)
        .select_related("organisation")
        .order_by("pk")
    )
    return render(
        request,
        "network/me.html",
        {
            "language": dict(settings.LANGUAGES)[request.user.language],
            "organisations": organisations,
            "memberships": Membership.objects.current()
            .filter(organisation__roles__person=request.user)
            .select_related("network", "organisation")
            .order_by("pk"),
            "network_roles": NetworkRole.objects.filter(person=request.user)
            .select_related("network", "pickup_point")
            .order_by("pk"),
        },
    )


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Person)
    form = PersonForm(request.POST or None, instance=Person.objects.get(pk=request.user.pk))
    if form.is_valid():
        person = form.save()
        with override(person.language):
            messages.success(request, _("Saved."))
        return remember_language(redirect("network:me"), person.language)
    return render(request, "network/profile.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def mail_choices(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Person)
    form = NoticesForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("network:mail_choices")
    return render(request, "network/mail_choices.html", {"form": form})


@csrf_exempt
def unsubscribe(request: HttpRequest, link: str) -> HttpResponse:
    """
    The link in a mail that can be switched off: works signed out, and for mail programs that post to it (RFC 8058).
    Looking changes nothing: what follows links by itself unsubscribes nobody.
    """
    found = notices.read_switch(link)
    if found is None:
        raise Http404
    person, kind = found
    if request.method == "POST":
        person = notices.choose(person=person, wanted={kind.value: request.POST.get("on") == "1"})
    return render(
        request,
        "network/unsubscribe.html",
        {"kind": kind, "wanted": notices.wants(person, kind), "changed": request.method == "POST"},
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read on in another language, on this device and in the mails to come."""
    code = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = redirect(back)
    if code in dict(settings.LANGUAGES):
        remember_language(response, code)
        if request.user.is_authenticated:
            Person.objects.filter(pk=request.user.pk).update(language=code)
    return response


def remember_language(response: HttpResponse, code: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
