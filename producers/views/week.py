"""The desk of the farmer: a week in one grid, each row saved on its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from network.errors import Refused
from network.models import Person
from producers import access, catalogue, desk, stock
from producers.forms import SupplyForm
from producers.models import Producer


@dataclass(frozen=True)
class Line:
    """A row of the desk with its form; `state` is saved, failed, waiting or nothing, `before` what undo goes back to."""

    row: desk.Row
    form: SupplyForm
    state: str = ""
    before: desk.Row | None = None
    shelves: list[desk.Shelf] | None = None

    @property
    def prices(self) -> list[tuple[str, Decimal]]:
        """What customers pay, or would; and what she receives where she types what the shop shows."""
        paid = desk.told(self.row.shelves if self.shelves is None else self.shelves)
        return [(_("you receive"), self.row.price), *paid] if self.form.shelf and self.row.price else paid


@login_required
def week(request: HttpRequest, slug: str, week_on: str = "") -> HttpResponse:
    """A week's supply and price per product: three fields per row, each row saved on its own."""
    producer = access.farm_for(request.user, slug)
    return _desk(request, producer, access.monday_or_404(week_on) if week_on else desk.present_week(producer))


@login_required
@require_POST
def announce(request: HttpRequest, slug: str, week_on: str, pk: int) -> HttpResponse:
    producer = access.farm_for(request.user, slug)
    monday = access.monday_or_404(week_on)
    chosen = get_object_or_404(producer.products.active(), pk=pk)
    assert isinstance(request.user, Person)
    row = desk.row_of(producer, monday, chosen)
    form = SupplyForm(row, monday, request.POST.dict())
    if form.is_valid() and form.changes_nothing and request.htmx and not request.POST.get("wrong"):  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    if form.is_valid() and form.save(by=request.user):
        fresh = desk.row_of(producer, monday, chosen)
        line = Line(fresh, SupplyForm(fresh, monday), "saved", before=row if row.supply else None)
    elif form.awaits_quantity:
        line = Line(row, form, "waiting", shelves=desk.shelves_at(producer, monday, chosen, form.cleaned_data["price"]))
        form.errors.clear()
    else:
        if form.theirs:
            form.row = row = desk.row_of(producer, monday, chosen)
        line = Line(row, form, "failed")
    if request.htmx:  # type: ignore[attr-defined]
        context = {"line": line, "farm": producer, "week_on": monday, "is_open": True, "fragment": True}
        context["totals"] = desk.totals_of(producer, monday)
        return render(request, "producers/row.html", context, status=422 if line.state == "failed" else 200)
    if line.state == "saved":
        messages.success(request, _("Saved: %(product)s.") % {"product": chosen})
        return redirect(reverse("producers:week", args=[slug, week_on]) + f"#p{pk}")
    return _desk(request, producer, monday, {pk: line})


@login_required
@require_POST
def repeat(request: HttpRequest, slug: str, week_on: str) -> HttpResponse:
    producer = access.farm_for(request.user, slug)
    monday = access.monday_or_404(week_on)
    assert isinstance(request.user, Person)
    try:
        count = catalogue.repeat_last_week(producer=producer, week_on=monday, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        said = ngettext(
            "%(count)s product announced as last week.", "%(count)s products announced as last week.", count
        )
        messages.success(request, said % {"count": count})
    return redirect("producers:week", slug, week_on)


@login_required
@require_POST
def typing(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether she types what she receives or what the shop shows; the prices themselves stay as they are."""
    producer = access.farm_for(request.user, slug)
    Producer.objects.filter(pk=producer.pk).update(types_shelf=request.POST.get("shelf") == "1")
    return redirect("producers:week", slug, access.monday_or_404(request.POST.get("week", "")))


@login_required
def supply(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of one supply: what is left, what customers pay, and every change with who made it."""
    shown = access.supply_for(request.user, pk)
    offers = shown.offers.filter(delivery_day__status__in=stock.TO_COME) if shown.carries_over else shown.offers.all()
    return render(
        request,
        "producers/supply.html",
        {
            "supply": shown,
            "product": shown.product,
            "farm": shown.product.producer,
            "is_farmer": Producer.objects.run_by(request.user).filter(pk=shown.product.producer_id).exists(),
            "history": catalogue.history_of(shown),
            "offers": offers.select_related("delivery_day__cycle__network", "price_group").order_by(
                "delivery_day__on", "price_group", "pk"
            ),
        },
    )


def _desk(
    request: HttpRequest, producer: Producer, monday: date, lines: Mapping[int, Line] | None = None
) -> HttpResponse:
    """The whole desk; `lines` are rows just sent without JavaScript, shown as they were sent."""
    lines = lines or {}
    shown = desk.week_of(producer, monday)

    def with_forms(rows: list[desk.Row]) -> list[Line]:
        return [lines.get(row.product.pk) or Line(row, SupplyForm(row, monday)) for row in rows]

    context = {
        "farm": producer,
        "week": shown,
        "week_on": monday,
        "is_open": shown.is_open,
        "totals": shown.totals,
        "announced": with_forms(shown.announced),
        "in_season": with_forms(shown.in_season),
        "out_of_season": with_forms(shown.out_of_season),
    }
    failed = any(line.state == "failed" for line in lines.values())
    return render(request, "producers/desk.html", context, status=422 if failed else 200)
