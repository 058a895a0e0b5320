"""Decided together: the terms in force, what they do, proposals, remarks and votes. For members and coordinators."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import assembly, consequences, tasks, terms, wording
from logistics.access import assembly_for, proposal_for
from logistics.assembly_forms import ProposalForm, RemarkForm
from logistics.models import CostTerms, Proposal, Vote
from network import charts, clock
from network.access import COORDINATOR
from network.models import Membership, Network
from network.views.refusals import told
from producers.models import Producer

MOST = 30
"""Proposals and sets of terms listed on one page; older ones are in the journal."""
REMARKS = 50
"""Remarks on one page."""


@dataclass(frozen=True)
class Held:
    """Terms that hold or held, since when, what they changed, and who proposed them."""

    terms: CostTerms
    since: date | None
    changes: list[wording.Change]
    proposal: Proposal | None


@login_required
def together(request: HttpRequest, network: str) -> HttpResponse:
    """What holds and since when, what the dial does, what is proposed and what was decided."""
    found, memberships = assembly_for(request.user, network)
    this_week = clock.monday_of(clock.today())
    history = _history(found)
    present = next(held for held in history if held.since is None or held.since <= this_week)
    proposals = list(
        found.proposals.select_related("by", "terms").defer("effects").annotate(said=Count("remarks"))[:MOST]
    )
    running = [one for one in proposals if one.status == Proposal.Status.OPEN]
    voted = _voted(running, memberships)
    return render(
        request,
        "logistics/together.html",
        {
            "network": found,
            "present": present,
            "sentences": wording.in_words(present.terms),
            "coming": [held for held in history if held.since and held.since > this_week],
            "history": history,
            "running": [(one, sum((one.pk, member.pk) not in voted for member in memberships)) for one in running],
            "decided": [one for one in proposals if one.status != Proposal.Status.OPEN],
            "colleges": _statutes(found),
            **_frontier(found, present.terms),
        },
    )


def _history(network: Network) -> list[Held]:
    """All terms that were ever decided, the last first, and those everybody begins with."""
    rows = [
        CostTerms(network=network),
        *network.cost_terms.exclude(from_week=None)
        .select_related("proposal")
        .defer("proposal__effects")
        .order_by("from_week"),
    ]
    held = [Held(rows[0], None, [], None)]
    held += [
        Held(after, after.from_week, wording.changes(before, after), getattr(after, "proposal", None))
        for before, after in pairwise(rows)
    ]
    return held[::-1][:MOST]


def _statutes(network: Network) -> list[dict[str, Any]]:
    members = dict(
        network.memberships.current()
        .filter(organisation__archived_at=None)
        .values_list("college")
        .annotate(Count("pk"))
    )
    labels = dict(Membership.College.choices)
    return [
        {
            "label": labels[Membership.College(college)],
            "weight": float(weight),
            "quorum": float(quorum),
            "members": members.get(college, 0),
        }
        for college, (weight, quorum) in assembly.rules_of(network).items()
    ]


def _frontier(network: Network, present: CostTerms) -> dict[str, Any]:
    """The curve as it is drawn: place of the present point in percent of the width and units of the height."""
    curve = consequences.frontier_of(network, present)
    context: dict[str, Any] = {"curve": curve, "tracing": tasks.computed_so_far(tasks.FRONTIER, network.pk)}
    if curve.points:
        shape = charts.curve(curve.points)
        context["shape"] = shape
        if curve.now and curve.now[0] is not None:
            x, y = shape["spot"](*curve.now)
            context["mark"] = {"x": round(x / 10, 2), "y": y, "end": x > 600}
    return context


@login_required
@require_POST
def trace_frontier(request: HttpRequest, network: str) -> HttpResponse:
    found, _memberships = assembly_for(request.user, network)
    _compute(request, tasks.FRONTIER, found.pk)
    return redirect("logistics:together", network=found.slug)


@login_required
def proposal_new(request: HttpRequest, network: str) -> HttpResponse:
    found, _memberships = assembly_for(request.user, network)
    present = terms.of(found, clock.monday_of(clock.today()))
    form = ProposalForm(found, present, request.POST if request.method == "POST" else None)
    if form.is_valid() and (made := form.save(by=request.user)):  # type: ignore[arg-type]
        with suppress(tasks.assess_proposal.OperationalError):  # without a broker the clock asks for it later
            tasks.ask_to_compute(tasks.EFFECTS, made.pk)
        messages.success(request, _("Your proposal is made. Every member gets a mail about it."))
        return redirect("logistics:proposal", pk=made.pk)
    context = {"network": found, "form": form, "sentences": wording.in_words(present)}
    return render(request, "logistics/proposal_new.html", context, status=422 if form.errors else 200)


@login_required
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    found, memberships = proposal_for(request.user, pk)
    return _proposal_page(request, found, memberships)


@login_required
@require_POST
def proposal_remark(request: HttpRequest, pk: int) -> HttpResponse:
    found, memberships = proposal_for(request.user, pk)
    form = RemarkForm(found, request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        return redirect("logistics:proposal", pk=pk)
    return _proposal_page(request, found, memberships, form)


@login_required
@require_POST
def proposal_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """`vote` is "yes" or "no", for one of the memberships of those she acts for."""
    found, memberships = proposal_for(request.user, pk)
    member = next((one for one in memberships if str(one.pk) == request.POST.get("member")), None)
    if member is None or request.POST.get("vote") not in ("yes", "no"):
        messages.error(request, _("Choose for whom you vote, and whether you are in favour."))
        return redirect("logistics:proposal", pk=pk)
    with told(request, _("Your vote is noted. You may change it until the vote ends.")):
        assembly.vote(proposal=found, membership=member, in_favour=request.POST["vote"] == "yes", by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:proposal", pk=pk)


@login_required
@require_POST
def proposal_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found, _memberships = proposal_for(request.user, pk)
    with told(request, _("The proposal is withdrawn. What was said and voted stays on record.")):
        assembly.withdraw(proposal=found, by=request.user)  # type: ignore[arg-type]
    return redirect("logistics:proposal", pk=pk)


@login_required
@require_POST
def proposal_effects(request: HttpRequest, pk: int) -> HttpResponse:
    found, _memberships = proposal_for(request.user, pk)
    if found.status == Proposal.Status.OPEN:
        _compute(request, tasks.EFFECTS, found.pk)
    return redirect("logistics:proposal", pk=pk)


def _compute(request: HttpRequest, what: str, pk: int) -> None:
    try:
        tasks.ask_to_compute(what, pk)
    except tasks.assess_proposal.OperationalError:
        messages.error(request, _("The workers cannot be reached. Try again in a minute."))


def _proposal_page(
    request: HttpRequest, found: Proposal, memberships: list[Membership], form: RemarkForm | None = None
) -> HttpResponse:
    before = assembly.before(found)
    is_open = found.status == Proposal.Status.OPEN and clock.now() < found.closes_at
    votes = {one.membership_id: one for one in found.votes.filter(membership__in=memberships)}
    known = {one.pk for one in assembly.entitled(found).filter(pk__in=[one.pk for one in memberships])}
    context = {
        "network": found.network,
        "proposal": found,
        "changes": wording.changes(before, found.terms),
        "sentence": wording.method_in_words(found.terms),
        "is_open": is_open,
        "ballots": [(one, votes.get(one.pk)) for one in memberships if one.pk in known],
        "too_late": bool(memberships) and not known,
        "may_withdraw": is_open and found.by_id == request.user.pk,
        "page": Paginator(found.remarks.select_related("by"), REMARKS).get_page(request.GET.get("page")),
        "form": form or RemarkForm(found),
        **(_result(found) if found.result else _turnout(found)),
        **_effects(request, found, memberships),
    }
    return render(request, "logistics/proposal.html", context, status=422 if form and form.errors else 200)


def _turnout(found: Proposal) -> dict[str, Any]:
    """How many voted, never what: nobody needs to know which way it goes before she votes."""
    if found.status == Proposal.Status.WITHDRAWN:
        return {}
    labels = dict(Membership.College.choices)
    return {
        "turnout": [
            {
                "label": labels[Membership.College(one.name)],
                "values": [round(100 * float(one.turnout), 1), round(100 * float(one.quorum), 1)],
                "votes": one.votes,
                "members": one.members,
                "needed": ceil(one.quorum * one.members),
                "quorate": one.quorate,
            }
            for one in assembly.colleges_of(found)
            if one.members
        ],
        "turnout_series": [{"kind": "together", "label": _("voted")}, {"kind": "rest", "label": _("needed")}],
    }


def _result(found: Proposal) -> dict[str, Any]:
    labels = dict(Membership.College.choices)
    rows = [
        {
            **row,
            "label": labels[Membership.College(row["college"])],
            "favour": row["in_favour"] / row["votes"] if row["votes"] else 0.0,
            "weight": float(row["weight"]),
            "counts": float(row["weight"]) * row["in_favour"] / row["votes"] if row["votes"] else 0.0,
            "turnout": row["votes"] / row["members"],
            "quorum": float(row["quorum"]),
        }
        for row in found.result["colleges"]
    ]
    return {
        "counted": rows,
        "support": float(found.result["support"]),
        "short": [row["label"] for row in rows if not row["quorate"]],
        "favour_rows": [{"label": row["label"], "values": [round(100 * row["favour"], 1)]} for row in rows],
        "favour_series": [{"kind": "together", "label": _("in favour")}],
    }


def _effects(request: HttpRequest, found: Proposal, memberships: Iterable[Membership]) -> dict[str, Any]:
    """
    What everybody would have paid. A farm sees herself by name and the others as a tally without names; a coordinator, who
    reads every bill anyway, sees all names.
    """
    effects = consequences.effects_of(found)
    own = [pk for one in memberships if (pk := getattr(getattr(one.organisation, "producer", None), "pk", None))]
    coordinates = Network.objects.with_role(request.user, COORDINATOR).filter(pk=found.network_id).exists()
    context: dict[str, Any] = {"effects": effects, "assessing": tasks.computed_so_far(tasks.EFFECTS, found.pk)}
    if effects.days:
        seen = effects.rows if coordinates else [pk for pk in effects.rows if pk in own]
        names = {one.pk: str(one) for one in Producer.objects.filter(pk__in=seen).select_related("organisation")}
        tally = zip(_bounds(), effects.tally(), strict=True) if effects.shown else ()
        context |= {
            "own_rows": [{"name": names[pk], "paid": effects.rows[pk]} for pk in effects.rows if pk in own],
            "all_rows": [
                {"name": name, "paid": effects.rows[pk]}
                for pk, name in sorted(names.items(), key=lambda pair: pair[1])
                if coordinates
            ],
            "tally": [{"label": label, "values": [number]} for label, number in tally],
            "tally_series": [{"kind": "together", "label": _("farms")}],
            "pair_series": [{"kind": "alone", "label": _("as it is")}, {"kind": "together", "label": _("proposed")}],
            "own_bars": [
                {"label": names[pk], "values": [effects.rows[pk].was, effects.rows[pk].becomes]}
                for pk in effects.rows
                if pk in own
            ],
            "saving_was": effects.savings("was"),
            "saving_becomes": effects.savings("becomes"),
        }
    return context


def _bounds() -> list[str]:
    return [
        _("more than 10 % less"),
        _("5 to 10 % less"),
        _("1 to 5 % less"),
        _("about the same"),
        _("1 to 5 % more"),
        _("5 to 10 % more"),
        _("10 % more, or above"),
    ]


def _voted(proposals: Sequence[Proposal], memberships: Sequence[Membership]) -> set[tuple[int, int]]:
    """Which of the memberships have voted on which of the proposals."""
    votes = Vote.objects.filter(proposal__in=proposals, membership__in=memberships)
    return set(votes.values_list("proposal", "membership"))
