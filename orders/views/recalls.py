"""Where goods went, and how they are called back."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import tables
from network.access import COORDINATOR, network_for
from network.models import Network, Person
from network.views.refusals import told
from orders import recalls, tracing
from orders.models import OrderLine, Recall, RecalledLine, RecallNotice
from orders.recall_forms import RecallForm, TraceForm
from producers import lots
from producers.access import traced_farm_for
from producers.models import Lot, Producer

PER_PAGE = 50


@login_required
def trace(request: HttpRequest, slug: str) -> HttpResponse:
    """From a lot, or a product and dates, to every order and outlet that got it."""
    farm = traced_farm_for(request.user, slug)
    viewer = tracing.viewer_of(request.user, farm)
    form = TraceForm(farm, request.GET)
    goods = form.goods()
    lines = viewer.may_see(tracing.lines_of(goods))
    days = _days(goods, viewer)
    page = Paginator(tracing.with_buyers(lines), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "orders/trace.html",
        {
            "farm": farm,
            "viewer": viewer,
            "form": form,
            "lots": form.lots,
            "by_date": TraceForm(farm, {}) if form.lots else form,
            "days": days,
            "mixed": any(len(day["lots"]) > 1 for day in days),
            "page": page,
            "rows": tracing.got(page.object_list, viewer),
            "query": request.GET.urlencode(),
            "recalls": recalls.with_tally(Recall.objects.visible_to(request.user).filter(producer=farm)),
        },
        status=422 if form.errors else 200,
    )


def _days(goods: list[tracing.Goods], viewer: tracing.Viewer) -> list[dict[str, Any]]:
    """Each day with the lots of that product that went with it."""
    seen = [one for one in goods if viewer.is_farmer or one.day.network.pk in viewer.networks]
    known = lots.went_with({one.day.pk for one in seen}, {one.product.pk for one in seen})
    return [{"goods": one, "lots": known.get((one.product.pk, one.day.pk), [])} for one in seen]


@login_required
def recall_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom it would reach, before anybody is told; then it starts. What is called back stands in the address, as traced."""
    farm = traced_farm_for(request.user, slug)
    viewer = tracing.viewer_of(request.user, farm)
    assert isinstance(request.user, Person)
    chosen = TraceForm(farm, request.GET)
    goods = chosen.goods()
    if not goods:
        messages.error(request, _("Choose first what is called back: a lot, or a product and dates."))
        return redirect("orders:trace", slug)
    form = RecallForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (recall := form.start(farm=farm, goods=goods, viewer=viewer, by=request.user)):
        messages.success(request, _("The recall has started. Everybody who got it is mailed now."))
        return redirect("orders:recall", recall.pk)
    context = {
        "farm": farm,
        "viewer": viewer,
        "form": form,
        "days": _days(goods, viewer),
        "lots": chosen.lots,
        "reach": recalls.reach(goods, viewer),
        "query": request.GET.urlencode(),
    }
    return render(request, "orders/recall_new.html", context, status=422 if form.errors else 200)


@login_required
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was told of it and how, until everybody is; contacts for the coordinators."""
    found, viewer = _recall_for(request, pk)
    rows = _notices(found, viewer, request.GET.get("who", ""))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    goods = found.goods.select_related("product", "lot", "delivery_day__cycle__network")
    return render(
        request,
        "orders/recall.html",
        {
            "recall": found,
            "viewer": viewer,
            "goods": goods,
            "page": page,
            "rows": _told(page.object_list, viewer),
            "who": request.GET.get("who", ""),
        },
    )


@login_required
def recall_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same list as a spreadsheet, for whoever calls from another table."""
    found, viewer = _recall_for(request, pk)
    headings = [_("Buyer"), _("Order"), _("Day"), _("Place"), _("Product"), _("Quantity"), _("Unit")]
    headings += [_("Contact"), _("Mailed"), _("Reached by phone")]
    rows: list[list[tables.Cell]] = []
    for row in _told(_notices(found, viewer), viewer):
        contacts = [f"{one['name']} {one['phone']} {one['email']}" for one in row["contacts"]]
        notice: RecallNotice = row["notice"]
        for got in row["got"]:
            rows.append(
                [
                    str(notice.buyer) if row["named"] else "",
                    got.order.pk,
                    got.day.on.isoformat(),
                    str(got.order.delivery.destination),
                    str(got.line.name),
                    got.quantity,
                    got.line.get_unit_display(),
                    "; ".join(contacts),
                    notice.mailed_at.isoformat(timespec="minutes") if notice.mailed_at else "",
                    notice.reached_at.isoformat(timespec="minutes") if notice.reached_at else "",
                ]
            )
    name = f"recall-{found.pk}.csv"
    return HttpResponse(
        tables.as_csv(headings, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@login_required
@require_POST
def recall_reached(request: HttpRequest, pk: int, notice: int) -> HttpResponse:
    found, viewer = _recall_for(request, pk)
    if not viewer.networks:
        raise PermissionDenied
    one = get_object_or_404(_notices(found, replace(viewer, is_farmer=False)), pk=notice)
    with told(request):
        recalls.reached(notice=one, by=request.user, undo="undo" in request.POST)  # type: ignore[arg-type]
    return redirect("orders:recall", pk)


@login_required
@require_POST
def recall_close(request: HttpRequest, pk: int) -> HttpResponse:
    found, _viewer = _recall_for(request, pk)
    with told(request, _("The recall is closed.")):
        recalls.close(recall=found, by=request.user)  # type: ignore[arg-type]
    return redirect("orders:recall", pk)


@login_required
@require_POST
def recall_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Money back, for a coordinator, to the buyers of her networks."""
    found, viewer = _recall_for(request, pk)
    if not viewer.networks:
        raise PermissionDenied
    recalls.credit(recall=found, networks=viewer.networks, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("They are given their money back now, order by order."))
    return redirect("orders:recall", pk)


@login_required
def recall_list(request: HttpRequest, network: str) -> HttpResponse:
    """For a coordinator: find a lot by its code, its product or its farm; and every recall that touches the network."""
    found = network_for(request.user, network, COORDINATOR)
    asked = request.GET.get("q", "").strip()[:60]
    return render(
        request,
        "orders/recalls.html",
        {
            "network": found,
            "q": asked,
            "found": _sought(found, asked) if asked else [],
            "page": Paginator(
                recalls.with_tally(
                    Recall.objects.filter(
                        pk__in=Recall.objects.filter(goods__delivery_day__cycle__network=found).values("pk")
                    )
                ),
                PER_PAGE,
            ).get_page(request.GET.get("page")),
            "farms": Producer.objects.filter(organisation__memberships__network=found)
            .select_related("organisation")
            .distinct()
            .order_by("organisation__name"),
        },
    )


def _sought(network: Network, asked: str) -> list[Lot]:
    farms = Producer.objects.filter(organisation__memberships__network=network)
    return list(
        Lot.objects.filter(product__producer__in=farms)
        .filter(
            Q(code__istartswith=asked)
            | Q(product__name__nl__icontains=asked)
            | Q(product__name__fr__icontains=asked)
            | Q(product__producer__organisation__name__icontains=asked)
        )
        .select_related("product__producer__organisation")[:PER_PAGE]
    )


def _recall_for(request: HttpRequest, pk: int) -> tuple[Recall, tracing.Viewer]:
    seen = Recall.objects.filter(pk__in=Recall.objects.visible_to(request.user).values("pk"))
    found = get_object_or_404(recalls.with_tally(seen), pk=pk)
    return found, tracing.viewer_of(request.user, found.producer)


def _notices(recall: Recall, viewer: tracing.Viewer, who: str = "") -> Any:
    """Whom this viewer may see told of it; `who` "left": those nobody has spoken to yet."""
    rows = recall.notices.select_related("buyer", "reached_by").order_by("buyer__kind", "buyer__name", "pk")
    if not viewer.is_farmer:
        theirs = RecalledLine.objects.filter(
            notice__recall=recall, line__order__delivery__delivery_day__cycle__network__in=viewer.networks
        )
        rows = rows.filter(pk__in=theirs.values("notice"))
    return rows.filter(reached_at=None) if who == "left" else rows


def _told(notices: Any, viewer: tracing.Viewer) -> list[dict[str, Any]]:
    """Each notice with what its buyer got, as this viewer may see it; two queries."""
    rows = list(notices)
    kept = {row.line_id: row for row in RecalledLine.objects.filter(notice__in=[notice.pk for notice in rows])}
    lines = viewer.may_see(tracing.with_buyers(OrderLine.objects.filter(pk__in=kept)))
    got: dict[int, list[tracing.Got]] = {}
    quantities = {pk: row.quantity for pk, row in kept.items()}
    for one in tracing.got(lines, viewer, quantities=quantities):
        got.setdefault(kept[one.line.pk].notice_id, []).append(one)
    return [
        {
            "notice": notice,
            "got": got.get(notice.pk, []),
            "named": any(one.named for one in got.get(notice.pk, [])),
            "coordinated": any(one.coordinated for one in got.get(notice.pk, [])),
            "contacts": next((one.contacts for one in got.get(notice.pk, []) if one.contacts), []),
        }
        for notice in rows
    ]
