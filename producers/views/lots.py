"""The lots of a farm: noted from the phone at the edge of the field."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.models import Person
from producers import access, lots
from producers.lot_forms import HarvestForm, LotForm
from producers.models import Lot, LotUse

PER_PAGE = 30


@login_required
def lot_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What goes out and has no lot yet, to note at once; and every lot, the newest first."""
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    days = lots.days_for(farm)
    missing = lots.unnoted(farm, days)
    form = HarvestForm(farm, days, missing, request.POST if request.method == "POST" else None)
    if form.is_valid() and (noted := form.save(by=request.user)):
        said = ngettext("%(count)s lot noted.", "%(count)s lots noted.", len(noted)) % {"count": len(noted)}
        messages.success(request, said)
        return redirect("producers:lots", slug)
    uses = LotUse.objects.select_related("delivery_day").order_by("delivery_day__on")
    found = Lot.objects.of(farm).select_related("product").prefetch_related(Prefetch("uses", uses))
    return render(
        request,
        "producers/lots.html",
        {
            "farm": farm,
            "form": form if missing else None,
            "days": days,
            "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        },
        status=422 if form.errors else 200,
    )


@login_required
def lot_new(request: HttpRequest, slug: str) -> HttpResponse:
    farm = access.farm_for(request.user, slug)
    asked = request.GET.get("product", "")
    product = farm.products.active().filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 18 else None
    return _lot_page(request, LotForm(farm, request.POST if request.method == "POST" else None, product=product))


@login_required
def lot_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    farm = access.farm_for(request.user, slug)
    lot = get_object_or_404(Lot.objects.of(farm).select_related("product__producer"), pk=pk)
    return _lot_page(request, LotForm(farm, request.POST if request.method == "POST" else None, lot=lot))


def _lot_page(request: HttpRequest, form: LotForm) -> HttpResponse:
    assert isinstance(request.user, Person)
    if form.is_valid() and (lot := form.save(by=request.user)):
        messages.success(request, _("Lot %(code)s is noted.") % {"code": lot})
        return redirect("producers:lots", form.producer.slug)
    context = {"farm": form.producer, "lot": form.lot, "form": form}
    return render(request, "producers/lot.html", context, status=422 if form.errors else 200)
