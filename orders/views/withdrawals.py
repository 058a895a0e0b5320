"""Going back on a contract, in two steps as the law asks; and the coordinator's list of what is to come back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from network.access import COORDINATOR, network_for
from network.models import Person
from orders import withdrawals
from orders.models import Withdrawal
from orders.withdrawal_forms import ReceiveForm, WithdrawForm

PER_PAGE = 20


@login_required
def withdrawal_list(request: HttpRequest) -> HttpResponse:
    """Linked from every page: which orders can still be gone back on, and what was."""
    assert isinstance(request.user, Person)
    made = (
        Withdrawal.objects.visible_to(request.user)
        .select_related("order__delivery__delivery_day")
        .prefetch_related("lines__line")
    )
    rows = [(order, withdrawals.ends_on(order)) for order in withdrawals.orders_of(request.user)]
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/withdrawals.html", {"rows": rows, "page": page, "days": withdrawals.DAYS})


@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """First what and how much; then, with everything shown once more, the confirmation."""
    assert isinstance(request.user, Person)
    order = next((one for one in withdrawals.orders_of(request.user) if one.pk == pk), None)
    if order is None:
        raise Http404
    form = WithdrawForm(order, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"order": order, "form": form, "ends_on": withdrawals.ends_on(order)}
    if form.is_valid():
        if "confirm" in request.POST and form.declare(request.user):
            said = _("We received your withdrawal. A mail with its date and hour is on its way to %(email)s.")
            messages.success(request, said % {"email": request.user.email})
            return redirect("orders:withdrawals")
        if not form.errors and (chosen := form.check()):
            context["chosen"] = [(row.line, chosen[row.line.pk]) for row in form.rows if row.line.pk in chosen]
            return render(request, "orders/withdraw_confirm.html", context)
    context["rows"] = [
        (row, form[f"q{row.line.pk}"] if f"q{row.line.pk}" in form.fields else None) for row in form.rows
    ]
    return render(request, "orders/withdraw.html", context, status=422 if form.errors else 200)


@login_required
def returns(request: HttpRequest, network: str) -> HttpResponse:
    """What households announced to bring back; noting that it came credits it."""
    found = network_for(request.user, network, COORDINATOR)
    rows = (
        Withdrawal.objects.filter(order__delivery__delivery_day__cycle__network=found)
        .select_related("order__buyer", "order__delivery__delivery_day", "by", "received_by")
        .prefetch_related("lines__line")
    )
    done = Paginator(rows.exclude(received_at=None), PER_PAGE).get_page(request.GET.get("page"))
    waiting = rows.filter(received_at=None).order_by("pk")
    return render(request, "orders/returns.html", {"network": found, "waiting": waiting, "page": done})


@login_required
def receive(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    assert isinstance(request.user, Person)
    found = network_for(request.user, network, COORDINATOR)
    withdrawal = get_object_or_404(
        Withdrawal.objects.filter(order__delivery__delivery_day__cycle__network=found, received_at=None)
        .select_related("order__buyer", "order__delivery__delivery_day", "by")
        .prefetch_related("lines__line"),
        pk=pk,
    )
    form = ReceiveForm(withdrawal, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.receive(request.user) is not None:
        messages.success(request, _("Noted. What came back is credited, and the household is told."))
        return redirect("orders:returns", found.slug)
    context = {"network": found, "withdrawal": withdrawal, "form": form}
    return render(request, "orders/receive.html", context, status=422 if form.errors else 200)
