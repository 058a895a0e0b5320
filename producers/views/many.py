"""Many changes of a week at once: pasted, from a file, or by a rule; looked at, then applied. And the desk as a spreadsheet."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import tables
from network.errors import Refused
from network.models import Person
from producers import access, batches, sheet, tasks
from producers.forms import CellsForm, RuleForm
from producers.models import Batch

SHOWN = 200
"""Rows of each kind that are shown of a large batch; the rest is counted."""


@login_required
def many(request: HttpRequest, slug: str, week_on: str) -> HttpResponse:
    """Where a batch begins: `what` says which of the two forms was sent."""
    producer, monday = access.farm_for(request.user, slug), access.monday_or_404(week_on)
    assert isinstance(request.user, Person)
    rule, cells = RuleForm(), CellsForm()
    if request.method == "POST":
        sent: RuleForm | CellsForm
        if request.POST.get("what") == "rule":
            sent = rule = RuleForm(request.POST)
        else:
            sent = cells = CellsForm(request.POST, request.FILES)
        batch = sent.ask(producer=producer, week_on=monday, by=request.user) if sent.is_valid() else None
        if batch:
            return redirect("producers:batch", slug, batch.pk)
    context = {"farm": producer, "week_on": monday, "rule": rule, "cells": cells}
    status = 422 if rule.errors or cells.errors else 200
    return render(request, "producers/many.html", context, status=status)


@login_required
def batch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What a batch would change and what is wrong with it; applied on her word."""
    producer = access.farm_for(request.user, slug)
    found = get_object_or_404(producer.batches.select_related("producer__organisation", "by"), pk=pk)
    refusal = ""
    if request.method == "POST":
        try:
            batches.apply(batch=found, sure="sure" in request.POST)
        except Refused as refused:
            refusal = refused.message
        else:
            found.refresh_from_db()
            if found.status == Batch.Status.APPLIED:
                return _applied(request, found)
            if found.status == Batch.Status.APPLYING:
                return redirect("producers:batch", slug, pk)
            refusal = found.message
    looked = batches.looked_at(found)
    return render(
        request,
        "producers/batch.html",
        {
            "farm": producer,
            "batch": found,
            "week_on": found.week_on,
            "looked": looked,
            "wrong": looked.wrong[:SHOWN],
            "right": [batches.told(row) for row in looked.right[:SHOWN]],
            "more_wrong": len(looked.wrong[SHOWN:]),
            "more_right": len(looked.right[SHOWN:]),
            "percent": tasks.percent_of(found),
            "refusal": refusal or found.message,
        },
        status=422 if refusal else 200,
    )


def _applied(request: HttpRequest, found: Batch) -> HttpResponse:
    number = len(batches.looked_at(found).right)
    said = ngettext("%(number)s product changed.", "%(number)s products changed.", number)
    messages.success(request, said % {"number": number})
    return redirect("producers:week", found.producer.slug, found.week_on)


@login_required
def export(request: HttpRequest, slug: str, week_on: str, kind: str) -> HttpResponse:
    """The whole desk of a week as a file that can be filled in and imported again."""
    producer, monday = access.farm_for(request.user, slug), access.monday_or_404(week_on)
    if kind not in ("csv", "xlsx"):
        raise Http404
    rows = sheet.rows_of(producer, monday)
    if kind == "csv":
        content, media = tables.as_csv(sheet.headings(), rows), "text/csv; charset=utf-8"
    else:
        content = tables.as_xlsx(_("Supply"), sheet.headings(), rows)
        media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"{producer.slug}-{monday}.{kind}"
    return HttpResponse(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
