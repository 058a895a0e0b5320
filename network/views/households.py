"""The people of a household, farm or shop, and its address."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import households, journal
from network.errors import Refused
from network.forms import AddressForm, InviteForm
from network.models import Invitation, Organisation, OrganisationRole, Person
from network.views.refusals import told

Role = OrganisationRole.Role


def _mine(person: Any, pk: int, *, as_owner: bool = False) -> OrganisationRole:
    """My role in an organisation; 404 for strangers, 403 where only owners may."""
    role: OrganisationRole = get_object_or_404(
        OrganisationRole.objects.select_related("organisation__place"),
        person=person,
        organisation=pk,
        organisation__archived_at=None,
    )
    if as_owner and role.role != Role.OWNER:
        raise PermissionDenied
    return role


@login_required
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is in it; an owner invites from here."""
    assert isinstance(request.user, Person)
    mine = _mine(request.user, pk, as_owner=request.method == "POST")
    form = InviteForm(mine.organisation, request.POST if request.method == "POST" else None)
    if form.is_valid() and (made := form.save(by=request.user)):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": made.email})
        return redirect("network:organisation", pk)
    return render(
        request,
        "network/organisation.html",
        {
            "organisation": mine.organisation,
            "owns": mine.role == Role.OWNER,
            "form": form,
            "roles": mine.organisation.roles.select_related("person").order_by("pk"),
            "invitations": Invitation.objects.open().filter(organisation=pk),
            "moves": mine.organisation.kind == Organisation.Kind.HOUSEHOLD,
            "history": journal.history_of(mine.organisation)[:20],
        },
        status=422 if form.errors else 200,
    )


@login_required
@require_POST
def member(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """Make somebody owner or member (`role`), or take her out (`remove`)."""
    assert isinstance(request.user, Person)
    mine = _mine(request.user, pk, as_owner=True)
    other = get_object_or_404(Person, organisation_roles__organisation=pk, pk=person)
    if "remove" in request.POST:
        with told(request, _("%(name)s is no longer in it.") % {"name": other}):
            households.remove(organisation=mine.organisation, person=other, by=request.user)
    elif request.POST.get("role") in Role.values:
        with told(request, _("Saved.")):
            households.change_role(
                organisation=mine.organisation, person=other, role=request.POST["role"], by=request.user
            )
    if other == request.user:
        return redirect("network:me")
    return redirect("network:organisation", pk)


@login_required
@require_POST
def depart(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, Person)
    mine = _mine(request.user, pk)
    try:
        households.leave(organisation=mine.organisation, person=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("network:organisation", pk)
    messages.success(request, _("You have left %(name)s.") % {"name": mine.organisation})
    return redirect("network:me")


@login_required
def address(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, Person)
    found = _mine(request.user, pk).organisation
    if found.kind != Organisation.Kind.HOUSEHOLD:
        raise Http404
    form = AddressForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.save(by=request.user):
        messages.success(request, _("Saved."))
        return redirect("network:organisation", pk)
    context = {"organisation": found, "form": form}
    return render(request, "network/address.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, Person)
    found = get_object_or_404(Invitation, pk=pk, organisation__in=Organisation.objects.of(request.user))
    _mine(request.user, found.organisation_id, as_owner=True)
    households.withdraw(invitation=found, by=request.user)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("network:organisation", found.organisation_id)


@login_required
def invitation(request: HttpRequest, link: str) -> HttpResponse:
    """Where an invitation leads: to who it was sent, a button to accept it; to anybody else, why there is none."""
    assert isinstance(request.user, Person)
    found = households.invitation_of(link)
    if found is None:
        raise Http404
    if found.email != request.user.email:
        return render(request, "network/invitation.html", {"invitation": None}, status=403)
    refusal = ""
    if request.method == "POST":
        try:
            joined = households.accept(invitation=found, by=request.user)
        except Refused as refused:
            refusal = refused.message
        else:
            messages.success(request, _("Welcome to %(name)s.") % {"name": joined})
            return redirect("network:organisation", joined.pk)
    usable = Invitation.objects.open().filter(pk=found.pk, organisation__archived_at=None).exists()
    context = {"invitation": found, "usable": usable, "refusal": refusal}
    return render(request, "network/invitation.html", context, status=422 if refusal else 200)
