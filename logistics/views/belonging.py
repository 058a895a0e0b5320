"""A farm's networks: what leaving or joining one would cost, doing it, and the coordinator's answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRefresh

from logistics import belonging as domain
from logistics import tasks
from logistics.belonging_forms import AnswerForm, JoinForm
from logistics.views.what_if import shown
from network import joining
from network.access import COORDINATOR, network_for, public_network
from network.models import Membership, MembershipRequest, Network
from network.quantities import StorageClass
from network.views.refusals import told
from producers.access import farm_for
from producers.models import Producer

SHOWN = 12
"""Answered requests listed."""


@login_required
def networks(request: HttpRequest, slug: str) -> HttpResponse:
    """Where she sells, and where she might."""
    farm = farm_for(request.user, slug)
    current = list(
        Membership.objects.current()
        .filter(organisation=farm.organisation_id, college=joining.PRODUCERS)
        .select_related("network")
        .order_by("network__name", "pk")
    )
    others = Network.objects.active().exclude(pk__in=[one.network_id for one in current]).order_by("name", "pk")
    waiting = MembershipRequest.objects.waiting().filter(organisation=farm.organisation_id)
    asked = set(waiting.values_list("network", flat=True))
    return render(
        request,
        "logistics/networks.html",
        {"farm": farm, "current": current, "others": [(one, one.pk in asked) for one in others]},
    )


@login_required
def belonging(request: HttpRequest, slug: str, network: str) -> HttpResponse:
    """A farm and a network: what leaving or joining would cost. Posted: `act` is join, or one of ACTS."""
    farm, found = farm_for(request.user, slug), public_network(network)
    membership = domain.membership_of(farm, found)
    act = request.POST.get("act")
    form = JoinForm(request.POST if act == "join" else None)
    if act == "join" and form.is_valid() and form.save(farm=farm, network=found, by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Asked. You get a mail when a coordinator answers."))
    elif act in ACTS:
        do, success = ACTS[act]
        with told(request, str(success)):
            do(farm=farm, network=found, by=request.user)
    elif request.method == "POST" and act != "join":
        raise Http404
    if request.method == "POST" and not form.errors:
        return redirect("logistics:belonging", slug=slug, network=network)
    context: dict[str, Any] = {"farm": farm, "network": found, "membership": membership, "form": form}
    if membership:
        effects = domain.effects_of(farm, found)
        if request.htmx and not effects.working:  # type: ignore[attr-defined]
            return HttpResponseClientRefresh()
        context |= {
            "effects": effects,
            "ties": domain.ties_of(farm, found),
            "next_week": membership.leaves_on or joining.next_week(found),
            "percent": min((tasks.percent_of(one) for one in effects.asked), default=0),
            "bars": [
                {"label": _("with the network"), "values": [effects.before]},
                {"label": _("driving it yourself"), "values": [effects.after]},
            ],
            "series": [{"kind": "together", "label": _("transport of a week")}],
        }
    else:
        context["asked"] = MembershipRequest.objects.filter(organisation=farm.organisation_id, network=found).first()
        if prospect := domain.prospect_of(farm, found):
            crates = [(StorageClass(name).label, many) for name, many in prospect.crates.items()]
            context |= shown(prospect.estimates, prospect.names) | {"crates": crates}
    return render(request, "logistics/belonging.html", context, status=422 if form.errors else 200)


def _take_back(*, farm: Producer, network: Network, by: Any) -> None:
    """She no longer asks to join."""
    asked = MembershipRequest.objects.filter(organisation=farm.organisation_id, network=network)
    joining.take_back(request=get_object_or_404(asked[:1]), by=by)


ACTS: dict[Any, tuple[Callable[..., Any], Any]] = {
    "effects": (domain.ask_effects, ""),
    "leave": (
        domain.leave,
        gettext_lazy("You leave. The coordinators know, and you can take it back here until then."),
    ),
    "stay": (domain.stay, gettext_lazy("You stay. What you offered is back on the shelf.")),
    "take_back": (_take_back, gettext_lazy("You no longer ask to join.")),
}


@login_required
def requests(request: HttpRequest, network: str) -> HttpResponse:
    """Farms that ask to join, to answer; who leaves; and what was answered before."""
    found = network_for(request.user, network, COORDINATOR)
    known = found.membership_requests.select_related("organisation__place", "by")
    forms_of = {one.pk: AnswerForm(one) for one in known.waiting().order_by("at", "pk")}
    status = 200
    if request.method == "POST":
        pk = request.POST.get("request", "")
        asked = get_object_or_404(known, pk=pk if pk.isdecimal() else 0)
        form = AnswerForm(asked, request.POST)
        if form.is_valid() and form.save(accepted="accept" in request.POST, by=request.user):  # type: ignore[arg-type]
            messages.success(request, _("Answered. The farm gets a mail."))
            return redirect("logistics:membership_requests", network=network)
        forms_of[asked.pk], status = form, 422
    leaving = found.memberships.current().filter(college=joining.PRODUCERS).exclude(leaves_on=None)
    context = {
        "network": found,
        "rows": list(forms_of.values()),
        "leaving": list(leaving.select_related("organisation__producer").order_by("leaves_on", "pk")),
        "answered": list(known.exclude(status=MembershipRequest.Status.WAITING)[:SHOWN]),
    }
    return render(request, "logistics/membership_requests.html", context, status=status)
