"""What is missing at a farm, and orders handed over at a pickup point."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import atpoint, phone
from logistics.access import day_for, delivery_for, purchase_order_for
from logistics.forms import MissingForm
from logistics.pictures import MOST_BYTES
from network import clock
from network.access import COORDINATOR
from network.models import Delivery, Network
from network.views.refusals import told
from orders import collecting, recalls, shortages
from orders.models import Order, OrderLine, Shortfall


@login_required
def missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Absolute quantities per product of one farm; `next` is where the driver came from."""
    purchase = purchase_order_for(request.user, pk)
    back = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = ""
    coordinates = (
        Network.objects.with_role(request.user, COORDINATOR).filter(pk=purchase.delivery_day.network.pk).exists()
    )
    form = MissingForm(purchase, request.POST or None)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Recorded. Those who ordered it pay only for what they get."))
        return redirect(back or request.path)
    return render(
        request,
        "logistics/missing.html",
        {
            "network": purchase.delivery_day.network,
            "purchase": purchase,
            "form": form,
            "next": back,
            "wishes": shortages.wishes_of(purchase) if coordinates else [],
        },
        status=422 if form.errors else 200,
    )


@login_required
def pickup(request: HttpRequest, pk: int) -> HttpResponse:
    """Who collects what from which crates. No addresses, phones, mails or prices: volunteers have no need of them."""
    made = phone.this_moment()
    delivery, coordinates = delivery_for(request.user, pk)
    labels, given = _labels_of(delivery), atpoint.given(delivery)
    deposits = collecting.deposits_of(delivery.delivery_day.network)
    lines = OrderLine.objects.select_related("product", "shortfall").order_by("pk")
    orders = (
        Order.objects.confirmed()
        .filter(delivery=delivery)
        .select_related("buyer", "pickup")
        .prefetch_related(Prefetch("lines", lines), "empties_returned")
        .order_by("buyer__name", "pk")
    )
    opened, recalled = request.GET.get("order", ""), recalls.at(delivery.pk)
    rows = [_row(order, labels.get(order.pk, []), given, deposits, opened, recalled) for order in orders]
    query = request.GET.get("q", "")
    return render(
        request,
        "logistics/pickup.html",
        {
            "network": delivery.delivery_day.network,
            "delivery": delivery,
            "rows": _sought(rows, query),
            "query": query,
            "orders": len(rows),
            "made": made,
            "collected": sum(row["collected"] for row in rows),
            "recalls": list({recall.pk: recall for recall in recalled.values()}.values()),
            "over": delivery.ends_at < clock.now(),
            "reasons": Shortfall.Reason.choices,
            "coordinates": coordinates,
        },
    )


@login_required
def collect(request: HttpRequest, code: str) -> HttpResponse:
    """
    The address in the QR code of an order: on to its row for who mans the point, to the order for its buyer. For anybody
    else, and for a code that is none, there is nothing here.
    """
    order = get_object_or_404(Order.objects.select_related("delivery"), code=code.upper())
    with suppress(Http404, PermissionDenied):
        delivery, _coordinates = delivery_for(request.user, order.delivery_id)
        pickup = reverse("logistics:pickup", args=[delivery.pk])
        return redirect(f"{pickup}?order={order.pk}#order{order.pk}")
    if Order.objects.visible_to(request.user).filter(pk=order.pk).exists():
        return redirect("orders:detail", pk=order.pk)
    raise Http404


@login_required
@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    delivery, _coordinates = delivery_for(request.user, pk)
    wanted = request.POST.get("order", "")
    order = get_object_or_404(delivery.orders, pk=wanted if wanted.isdecimal() else 0)
    kind = "take_back" if "undo" in request.POST else "hand_over"
    answer = phone.do(kind=kind, data={"order": order.pk}, by=request.user, delivery=delivery)  # type: ignore[arg-type]
    if answer.sentence:
        messages.error(request, answer.sentence)
    return redirect("logistics:pickup", pk=pk)


@login_required
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """What a volunteer notes of an order, from a browser without scripts."""
    delivery, _coordinates = delivery_for(request.user, pk)
    return noted(request, redirect("logistics:pickup", pk=pk), delivery=delivery)


@login_required
@require_POST
def bear(request: HttpRequest, pk: int) -> HttpResponse:
    """The coordinator says who bears what was missing or bad at a point."""
    shortfall = get_object_or_404(
        Shortfall.objects.select_related("line__order__delivery__delivery_day__cycle__network"), pk=pk
    )
    day = day_for(request.user, shortfall.line.order.delivery.delivery_day_id)
    with told(request):
        collecting.bear(shortfall=shortfall, bearer=request.POST.get("bearer", ""), by=request.user)  # type: ignore[arg-type]
    return redirect(reverse("logistics:day", args=[day.pk]) + "#shortfalls")


def noted(request: HttpRequest, back: HttpResponse, **owner: Any) -> HttpResponse:
    """Carry out the one action of a posted form as if a phone had sent it, then go `back` with what became of it."""
    data: dict[str, Any] = {
        name: str(value)[: phone.LONGEST]
        for name, value in request.POST.items()
        if name not in ("csrfmiddlewaretoken", "kind")
    }
    for name, file in request.FILES.items():
        data[name] = b64encode(file.read(MOST_BYTES + 1)).decode()  # type: ignore[union-attr]
    answer = phone.do(kind=request.POST.get("kind", "")[:20], data=data, by=request.user, **owner)  # type: ignore[arg-type]
    if answer.sentence:
        messages.error(request, answer.sentence)
    else:
        messages.success(request, _("Noted."))
    return back


def _labels_of(delivery: Delivery) -> dict[int, list[tuple[str, str]]]:
    """Letter and code of the crates in which each order lies, those sent straight from a farm too."""
    labels: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for letter, code, contents in delivery.crates.order_by("pk").values_list("letter", "code", "contents"):
        for content in contents:
            if "order" in content:
                labels[content["order"]].append((letter, code))
    return labels


def _row(
    order: Order,
    labels: list[tuple[str, str]],
    given: set[tuple[int, str]],
    deposits: Mapping[Decimal, list[str]],
    opened: str,
    recalled: Collection[int],
) -> dict[str, Any]:
    """An order as a volunteer sees it; `opened` is the number of the one that shows all, for a browser without scripts."""
    back = {row.value: row for row in order.empties_returned.all()}
    own = {line.deposit for line in order.lines.all()}
    return {
        "order": order,
        "number": order.number or order.pk,
        "lines": [_line(line) | {"recalled": line.pk in recalled} for line in order.lines.all()],
        "recalled": any(line.pk in recalled for line in order.lines.all()),
        "crates": [
            {"letter": letter, "given": (order.pk, letter) in given}
            for letter in dict.fromkeys(letter for letter, _code in labels)
        ],
        "words": _words(order, labels),
        "age": max((line.product.minimum_age or 0 for line in order.lines.all() if line.packed != 0), default=0),
        "age_seen": (order.pk, "") in given,
        "bears_deposit": any(own),
        "empties": [
            {
                "value": value,
                "cents": int(value * 100),
                "names": deposits.get(value, [])[:3],
                "count": back[value].count if value in back else None,
            }
            for value in sorted({*deposits, *back, Decimal(0)})
        ],
        "open": opened == str(order.pk),
        "collected": hasattr(order, "pickup"),
    }


def _words(order: Order, labels: list[tuple[str, str]]) -> list[str]:
    """What is asked for whole: part of a code, chance letters and digits, would also be somebody's number."""
    words = [str(order.number or order.pk), order.code or "", *chain.from_iterable(labels)]
    return [word.lower() for word in dict.fromkeys(words) if word]


def _line(line: OrderLine) -> dict[str, Any]:
    short = getattr(line, "shortfall", None)
    return {
        "pk": line.pk,
        "name": line.name,
        "amount": line.confirmed if line.packed is None else line.packed,
        "unit": line.get_unit_display(),
        "fewer": line.packed is not None and line.packed < line.confirmed and not line.sold_by_weight,
        "short": short,
    }


def _sought(rows: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    """Rows of which part of the name, or the number, a crate letter or a code was asked for; a scanned address ends in the code."""
    wanted = query.strip().rstrip("/").rsplit("/", 1)[-1].lower()
    if not wanted:
        return rows
    return [row for row in rows if wanted in str(row["order"].buyer).lower() or wanted in row["words"]]
