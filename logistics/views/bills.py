"""The bills of a day for the coordinator: who pays what, the certificate, corrections, and what farmers said of it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from logistics import bill_jobs, certificates, correcting, disputes, tasks
from logistics.access import bill_for, day_for
from logistics.forms import CreditForm
from logistics.models import BillJob, CostRun, CostShare, Dispute
from logistics.models.outlook import Work
from logistics.recomputing import recompute
from network.access import COORDINATOR, require_role
from network.errors import Refused
from network.models import Account, DeliveryDay
from network.views.refusals import told


@login_required
def settlement(request: HttpRequest, pk: int) -> HttpResponse:
    """Who pays what for the rounds of a day: alone, together, saved; and the certificate of every game."""
    day = day_for(request.user, pk)
    return _settlement(request, day, bill_jobs.last(day, BillJob.Kind.SETTLE, BillJob.Kind.SHARE))


def _settlement(
    request: HttpRequest, day: DeliveryDay, job: BillJob | None = None, refused: Refused | None = None, at: int = 0
) -> HttpResponse:
    run = day.cost_runs.current().first()
    outdated = run is not None and correcting.is_outdated(run)
    said = _said_of(job if run is None or outdated else None)
    if request.htmx and not said.get("working"):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    shares = list(run.shares.select_related("producer__organisation").order_by("-alone", "pk")) if run else []
    transactions = list(day.transactions.order_by("pk").exclude(key__startswith="sale:"))
    driven = Decimal(run.inputs.get("driven", run.cost)) if run else Decimal(0)
    accounts: dict[tuple[str, int | None], int] = {
        (kind, owner): pk
        for kind, owner, pk in Account.objects.filter(
            network=day.network, kind__in=[Account.Kind.PRODUCER, Account.Kind.VARIANCE]
        ).values_list("kind", "organisation", "pk")
    }
    return render(
        request,
        "logistics/settlement.html",
        said
        | {
            "network": day.network,
            "day": day,
            "run": run,
            "shares": shares,
            "bars": [
                _bar(share, _account_url(day, accounts.get((Account.Kind.PRODUCER, share.producer.organisation_id))))
                for share in shares
            ],
            "alone": sum((share.alone for share in shares), Decimal(0)),
            "together": sum((share.together for share in shares), Decimal(0)),
            "driven": driven,
            "paid_in": -run.fund if run else Decimal(0),
            "variance": driven - run.cost if run else Decimal(0),
            "variance_url": _account_url(day, accounts.get((Account.Kind.VARIANCE, None))),
            "rides": _rides(run, {one.key: one.pk for one in transactions}),
            "transactions": transactions,
            "certificate": certificates.read(run, shares) if run else None,
            "series": [{"label": _("pays now"), "kind": "together"}, {"label": _("would pay apart"), "kind": "alone"}],
            "former": list(day.cost_runs.exclude(corrected_at=None).order_by("number")) if run else [],
            "disputes": list(
                Dispute.objects.filter(share__cost_run__delivery_day=day).select_related(
                    "share__producer__organisation", "share__cost_run", "raised_by", "answered_by"
                )
            ),
            "outdated": outdated,
            "refused": refused,
            "refused_at": at,
            "written": request.POST.get("text", ""),
        },
        status=422 if refused else 200,
    )


def _said_of(job: BillJob | None) -> dict[str, Any]:
    """How far a worker is with the bills, or why it did not make them."""
    if job is None:
        return {}
    if job.status == Work.FAILED:
        return {"stopped": _("This could not be computed. Ask it again; when it fails again, tell support.")}
    return {"working": job.at_work, "percent": tasks.percent_of(job), "stopped": job.result.get("refused", "")}


def _rides(run: CostRun | None, booked: dict[str, int]) -> list[dict[str, Any]]:
    """The rounds as they were settled, each with its transaction; none of days settled before rounds were kept whole."""
    kept = [ride for ride in run.inputs["rounds"] if isinstance(ride, dict)] if run else []
    return [
        {
            **ride,
            "variance": Decimal(ride["driven"]["cost"]) - Decimal(ride["planned"]["cost"]),
            "transaction": booked.get(f"round:{ride['round']}"),
        }
        for ride in kept
    ]


def _account_url(day: DeliveryDay, account: int | None) -> str:
    return reverse("network:account", args=[day.network.slug, account]) if account else ""


def _bar(share: CostShare, url: str) -> dict[str, Any]:
    return {"label": str(share.producer), "values": [share.alone, share.together, share.saved], "url": url}


@login_required
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit what was billed and not delivered of one farm (`?farm=`), and share the day again."""
    day = day_for(request.user, pk)
    purchases = day.purchase_orders.select_related("producer__organisation").order_by("producer__organisation__name")
    farm = request.GET.get("farm", "")
    purchase = get_object_or_404(purchases, producer__slug=farm) if farm else None
    form = CreditForm(purchase, request.POST or None) if purchase else None
    if form and form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        if not bill_jobs.is_large(day):
            messages.success(request, _("Credited, and the day is shared again. What differs is booked."))
        return redirect("logistics:settlement", pk=pk)
    return render(
        request,
        "logistics/correct.html",
        {"network": day.network, "day": day, "purchases": purchases, "purchase": purchase, "form": form},
        status=422 if form and form.errors else 200,
    )


@login_required
@require_POST
def share_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Share a day again whose goods were credited, when that stopped half-way."""
    day = day_for(request.user, pk)
    reason = request.POST.get("reason", "") or _("Other goods were delivered than the day was shared over.")
    if bill_jobs.is_large(day):
        bill_jobs.ask(day=day, kind=BillJob.Kind.SHARE, by=request.user, reason=reason)  # type: ignore[arg-type]
        return redirect("logistics:settlement", pk=pk)
    with told(request, _("The day is shared again. What differs is booked.")):
        correcting.correct_day(day=day, by=request.user, reason=reason)  # type: ignore[arg-type]
    return redirect("logistics:settlement", pk=pk)


@login_required
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the bills of a day again from what was kept: for a coordinator, and for the farmers who got one."""
    day, coordinates = bill_for(request.user, pk)
    runs = list(day.cost_runs.prefetch_related("games").order_by("number"))
    if request.method == "POST" and bill_jobs.is_large(day):
        bill_jobs.ask(day=day, kind=BillJob.Kind.CHECK, by=request.user)  # type: ignore[arg-type]
        return redirect("logistics:check_bills", pk=pk)
    job = bill_jobs.last(day, BillJob.Kind.CHECK)
    if request.htmx and not (job and job.at_work):  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    found = [bill_jobs.checked(recompute(run)) for run in runs] if request.method == "POST" else []
    kept = job.result.get("runs", []) if job and not found else []
    return render(
        request,
        "logistics/check.html",
        {"network": day.network, "day": day, "coordinates": coordinates, "runs": runs}
        | {"found": found or kept, "made_at": job.claimed_at if job and kept else None}
        | _said_of(job),
    )


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what a farmer said of her bill."""
    dispute = get_object_or_404(Dispute.objects.select_related("share__cost_run__delivery_day__cycle__network"), pk=pk)
    day = dispute.share.cost_run.delivery_day
    require_role(request.user, day.network, COORDINATOR)
    try:
        disputes.answer_dispute(dispute=dispute, text=request.POST.get("text", ""), by=request.user)  # type: ignore[arg-type]
    except Refused as refused:
        return _settlement(request, day, refused=refused, at=dispute.pk)
    messages.success(request, _("Answered. The farm reads it with its bill."))
    return redirect("logistics:settlement", pk=day.pk)
