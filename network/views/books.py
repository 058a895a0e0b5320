"""The books of a network, for its coordinators: every balance down to its postings; and the journal."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from network.access import COORDINATOR, network_for
from network.models import Account, Posting, Transaction

PER_PAGE = 50
PERSONAL = (Account.Kind.BUYER, Account.Kind.PRODUCER, Account.Kind.CARRIER, Account.Kind.EXPENSES)


@login_required
def books(request: HttpRequest, network: str) -> HttpResponse:
    """Balances per kind of account, producers and carriers by name, and the latest transactions."""
    found = network_for(request.user, network, COORDINATOR)
    labels = dict(Account.Kind.choices)
    kinds: list[dict[str, Any]] = [
        {**row, "label": labels[row["account__kind"]], "personal": row["account__kind"] in PERSONAL}
        for row in Posting.objects.filter(account__network=found)
        .values("account__kind")
        .annotate(balance=Sum("amount"), accounts=Count("account", distinct=True), single=Max("account"))
        .order_by("account__kind")
    ]
    return render(
        request,
        "network/books.html",
        {
            "network": found,
            "kinds": kinds,
            "total": sum((row["balance"] for row in kinds), Decimal(0)),
            "page": Paginator(found.transactions.all(), PER_PAGE).get_page(request.GET.get("page")),
        },
    )


@login_required
def accounts(request: HttpRequest, network: str, kind: str) -> HttpResponse:
    """All accounts of a kind: every buyer, every producer, every carrier."""
    found = network_for(request.user, network, COORDINATOR)
    rows = found.accounts.with_balance().filter(kind=kind).select_related("organisation").order_by("organisation__name")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    label = dict(Account.Kind.choices).get(kind, kind)
    return render(request, "network/accounts.html", {"network": found, "page": page, "label": label})


@login_required
def account(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    shown = get_object_or_404(found.accounts.with_balance().select_related("organisation"), pk=pk)
    postings = shown.postings.select_related("transaction").order_by("-transaction__on", "-pk")
    page = Paginator(postings, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "network/account.html", {"network": found, "account": shown, "page": page})


@login_required
def transaction(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    found = network_for(request.user, network, COORDINATOR)
    shown = get_object_or_404(Transaction.objects.filter(network=found).select_related("delivery_day"), pk=pk)
    postings = shown.postings.select_related("account__organisation").order_by("-amount", "pk")
    return render(request, "network/transaction.html", {"network": found, "transaction": shown, "postings": postings})


@login_required
def journal(request: HttpRequest, network: str) -> HttpResponse:
    """Who did what, newest first."""
    found = network_for(request.user, network, COORDINATOR)
    page = Paginator(found.journal.select_related("actor"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "network/journal.html", {"network": found, "page": page, "history": page.object_list})
