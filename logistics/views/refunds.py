"""The patronage refund of a year: looked at before it is booked; and what each member was given back."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from logistics import refunds
from logistics.fund_forms import RefundForm
from logistics.models import Refund
from network import clock
from network.access import COORDINATOR, network_for
from network.models import Organisation, Transaction

PER_PAGE = 50


@login_required
def refund(request: HttpRequest, network: str) -> HttpResponse:
    """`?year=&amount=` shows who would be given what; posting the same books it."""
    found = network_for(request.user, network, COORDINATOR)
    posted = request.method == "POST"
    asked = request.POST if posted else request.GET if "amount" in request.GET else None
    form = RefundForm(found, asked)
    if posted and form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The refund is booked. Members see theirs on their own pages."))
        return redirect("logistics:refund", found.slug)
    year = form.cleaned_data.get("year") if form.is_bound and form.is_valid() else None
    amount = form.cleaned_data["amount"] if year else Decimal(0)
    parts = refunds.parts(network=found, year=year, amount=amount) if year else []
    booked = list(found.refunds.select_related("by").order_by("-year"))
    return render(
        request,
        "logistics/refund.html",
        {
            "network": found,
            "form": form,
            "year": year,
            "amount": amount,
            "kept": refunds.kept(found, year) if year else None,
            "sellers": _sum(parts, sold=True),
            "buyers": _sum(parts, sold=False),
            "page": Paginator(parts, PER_PAGE).get_page(request.GET.get("page")),
            "is_over": bool(year and year < clock.today().year),
            "is_booked": any(one.year == year for one in booked),
            "booked": _with_transactions(booked),
        },
        status=422 if form.errors else 200,
    )


def _sum(parts: list[refunds.Part], *, sold: bool) -> dict[str, object]:
    mine = [part for part in parts if part.sold == sold]
    return {
        "many": len(mine),
        "turnover": sum((part.turnover for part in mine), Decimal(0)),
        "amount": sum((part.amount for part in mine), Decimal(0)),
    }


def _with_transactions(booked: list[Refund]) -> list[tuple[Refund, int | None]]:
    keys = [f"refund:{one.pk}" for one in booked]
    numbers = dict(Transaction.objects.filter(key__in=keys).values_list("key", "pk")) if keys else {}
    return [(one, numbers.get(f"refund:{one.pk}")) for one in booked]


@login_required
def my_refunds(request: HttpRequest) -> HttpResponse:
    """What the networks gave back to everybody whom this person sells or buys for."""
    given = refunds.given_to(Organisation.objects.of(request.user))
    return render(request, "logistics/my_refunds.html", {"given": given})
