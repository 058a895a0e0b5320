"""A farm harvests and brings: what is to be done, the picking list, and its papers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from logistics import harvest, sheets
from logistics.access import harvest_for
from logistics.harvest_forms import BEFORE_IT_LEAVES, LessForm, WeighForm
from logistics.sheets import harvest as papers
from logistics.views.day import pdf
from network import numbers
from network.errors import Refused
from network.models import Person
from orders import purchasing
from producers.access import farm_for


@login_required
def harvests(request: HttpRequest, slug: str) -> HttpResponse:
    """What is to be done now for every day that has closed, and which lists come next."""
    farm = farm_for(request.user, slug)
    return render(
        request,
        "logistics/harvests.html",
        {"farm": farm, "todos": harvest.to_do(farm), "open_days": harvest.open_days(farm)},
    )


@login_required
def picking(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The picking list of a day: light, printable, and kept on the phone."""
    found = harvest.of(harvest_for(request.user, slug, pk))
    return render(request, "logistics/picking.html", _context(found))


@login_required
@require_POST
def seen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """She saw what changed, up to the version her page showed."""
    purchase = harvest_for(request.user, slug, pk)
    version = request.POST.get("version", "")
    assert isinstance(request.user, Person)
    try:
        count = purchasing.acknowledge(
            purchase=purchase, version=int(version) if version.isdecimal() else 0, by=request.user
        )
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(
            request,
            ngettext("Noted: you saw %(count)s change.", "Noted: you saw %(count)s changes.", count) % {"count": count}
            if count
            else _("Noted: you saw everything already."),
        )
    return redirect("logistics:picking", slug, pk)


@login_required
def picking_pdf(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """On paper, with its version at the foot; that she has this version is remembered."""
    found = harvest.of(harvest_for(request.user, slug, pk))
    paper = sheets.drawn([papers.pick_list(found)])
    assert isinstance(request.user, Person)
    purchasing.printed(purchase=found.purchase, version=found.version, by=request.user)
    return pdf(paper, f"harvest-{slug}-{found.day.on}.pdf")


@login_required
def farm_labels(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = harvest.of(harvest_for(request.user, slug, pk))
    if not found.planned:
        messages.info(request, _("Labels are there once the rounds of this day are planned."))
        return redirect("logistics:picking", slug, pk)
    return pdf(sheets.drawn([papers.crate_labels(found)]), f"labels-{slug}-{found.day.on}.pdf")


@login_required
def farm_note(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = harvest.of(harvest_for(request.user, slug, pk))
    return pdf(sheets.drawn([papers.handed_over(found)]), f"delivery-note-{slug}-{found.day.on}.pdf")


@login_required
def less(request: HttpRequest, slug: str, pk: int, line: int) -> HttpResponse:
    """What she cannot deliver of one product. Looking is a GET; telling is a POST with the mark of what was looked at."""
    purchase = harvest_for(request.user, slug, pk)
    if purchase.delivery_day.status not in BEFORE_IT_LEAVES:
        messages.info(request, _("These goods have left. Tell your coordinator what was missing."))
        return redirect("logistics:picking", slug, pk)
    found = get_object_or_404(purchase.lines.select_related("product"), pk=line)
    found.purchase_order = purchase
    assert isinstance(request.user, Person)
    if request.method == "POST":
        form = LessForm(found, request.POST.dict())
        if form.tell(request.user):
            messages.success(
                request, _("Noted. Everybody who gets less has been sent a mail, and pays only for what comes.")
            )
            return redirect("logistics:picking", slug, pk)
    else:
        form = LessForm(found, {"missing": numbers.written(found.missing)} | request.GET.dict())
        if "missing" in request.GET:
            form.look()
    return render(
        request,
        "logistics/less.html",
        {"form": form, "plan": form.plan, "line": found, "purchase": purchase, "farm": purchase.producer}
        | {"network": purchase.delivery_day.network},
        status=422 if request.method == "POST" else 200,
    )


@login_required
def weigh(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the scales say, line by line; with htmx each is stored on leaving its field, and comes back alone."""
    purchase = harvest_for(request.user, slug, pk)
    lines = harvest.to_weigh(purchase)
    letters = harvest.letters_of(purchase, lines)
    form = WeighForm(lines, letters, request.POST.dict() if request.method == "POST" else None)
    assert isinstance(request.user, Person)
    done = request.method == "POST" and form.save(request.user)
    scales = harvest.scales(lines)
    one = request.POST.get("line", "")
    if request.htmx and request.method == "POST":  # type: ignore[attr-defined]
        scale = next((scale for scale in scales if any(str(line.pk) == one for line in scale.lines)), None)
        if scale is None:
            raise Http404
        row = form.row(next(line for line in scale.lines if str(line.pk) == one))
        return render(
            request,
            "logistics/_weigh_row.html",
            {"row": row, "scale": scale, "fragment": True, "url": request.path},
            status=422 if row.field.errors else 200,
        )
    if done:
        messages.success(request, _("Saved."))
        return redirect("logistics:weigh", slug, pk)
    return render(
        request,
        "logistics/weigh.html",
        {
            "form": form,
            "scales": [(scale, [form.row(line) for line in scale.lines]) for scale in scales],
            "purchase": purchase,
            "farm": purchase.producer,
            "day": purchase.delivery_day,
            "network": purchase.delivery_day.network,
            "url": request.path,
        },
        status=422 if request.method == "POST" else 200,
    )


def _context(found: harvest.Harvest) -> dict[str, Any]:
    return {
        "found": found,
        "farm": found.purchase.producer,
        "purchase": found.purchase,
        "day": found.day,
        "network": found.day.network,
        "leaves": papers.leaves(found),
        "can_say": found.day.status in BEFORE_IT_LEAVES,
    }
