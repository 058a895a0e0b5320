"""The register the food agency asks for: on the page, as a spreadsheet, on paper."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics import sheets
from logistics.sheets import register as paper
from logistics.views.day import pdf
from network import clock, tables
from network.access import COORDINATOR, network_for
from network.errors import Refused
from orders import register
from orders.register import Entry
from producers.access import farm_for
from producers.lot_forms import day_field

PER_PAGE = 60


class PeriodForm(forms.Form):
    first = day_field(label=gettext_lazy("from"))
    last = day_field(label=gettext_lazy("until"))


@login_required
def farm_register(request: HttpRequest, slug: str) -> HttpResponse:
    farm = farm_for(request.user, slug)
    return _page(request, str(farm), slug, lambda first, last: register.of_farm(farm, first, last), {"farm": farm})


@login_required
def network_register(request: HttpRequest, network: str) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    return _page(
        request,
        str(found.organisation),
        found.slug,
        lambda first, last: register.of_network(found, first, last),
        {"network": found},
    )


def _page(
    request: HttpRequest,
    whose: str,
    slug: str,
    entries_of: Callable[[date, date], list[Entry]],
    context: dict[str, Any],
) -> HttpResponse:
    """This month unless told otherwise; `as` is csv or pdf."""
    today = clock.today()
    usual = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    form = PeriodForm(usual | {name: request.GET[name] for name in usual if name in request.GET})
    entries: list[Entry] = []
    if form.is_valid():
        period = form.cleaned_data["first"], form.cleaned_data["last"]
        try:
            entries = entries_of(*period)
            if request.GET.get("as") == "csv":
                return _csv(entries, f"register-{slug}-{period[0]}-{period[1]}.csv")
            if request.GET.get("as") == "pdf":
                return _pdf(entries, whose, slug, *period)
        except Refused as refused:
            form.add_error(refused.field, refused.message)
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"whose": whose, "form": form, "page": page}
    return render(request, "logistics/register.html", context, status=422 if form.errors else 200)


def _csv(entries: list[Entry], name: str) -> HttpResponse:
    rows: list[list[tables.Cell]] = [
        [
            one.on.isoformat(),
            one.direction,
            one.product,
            one.lots,
            "" if one.quantity is None else one.quantity,
            one.unit,
            one.source,
            one.destination,
            one.document,
        ]
        for one in entries
    ]
    return HttpResponse(
        tables.as_csv(register.headings(), rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pdf(entries: list[Entry], whose: str, slug: str, first: date, last: date) -> HttpResponse:
    if len(entries) > paper.MOST:
        raise Refused(
            _("These are %(count)s rows, too many for paper. Choose a shorter period, or take the CSV.")
            % {"count": len(entries)},
            "last",
        )
    drawn = sheets.drawn([paper.register(entries, whose=whose, first=first, last=last)])
    return pdf(drawn, f"register-{slug}-{first}-{last}.pdf")
