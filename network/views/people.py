"""Who I am here: my name, language, organisations and roles."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from network.forms import PersonForm
from network.models import Membership, NetworkRole, OrganisationRole, Person


@login_required
def me(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Person)
    form = PersonForm(request.POST or None, instance=request.user)
    if form.is_valid():
        person = form.save()
        with override(person.language):
            messages.success(request, _("Saved."))
        return remember_language(redirect("network:me"), person.language)
    organisations = OrganisationRole.objects.filter(person=request.user).select_related("organisation").order_by("pk")
    return render(
        request,
        "network/me.html",
        {
            "form": form,
            "organisations": organisations,
            "memberships": Membership.objects.current()
            .filter(organisation__roles__person=request.user)
            .select_related("network", "organisation")
            .order_by("pk"),
            "network_roles": NetworkRole.objects.filter(person=request.user)
            .select_related("network", "pickup_point")
            .order_by("pk"),
        },
        status=422 if form.errors else 200,
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
