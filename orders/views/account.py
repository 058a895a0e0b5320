"""A buyer's papers: all documents of a household, farm or shop, what it owes, and its empties."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from network.models import Organisation
from orders import empties
from orders.balance import balances
from orders.models import Document

PER_PAGE = 25


@login_required
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """`?year=` shows one year."""
    organisation = get_object_or_404(Organisation.objects.of(request.user).active(), pk=pk)
    papers = Document.objects.filter(Q(recipient=organisation) | Q(issuer=organisation))
    years = list(papers.order_by("-year").values_list("year", flat=True).distinct())
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else None
    if year:
        papers = papers.filter(year=year)
    papers = papers.select_related("issuer", "recipient").order_by("-issued_on", "-pk")
    return render(
        request,
        "orders/documents.html",
        {
            "organisation": organisation,
            "years": years,
            "year": year,
            "page": Paginator(papers, PER_PAGE).get_page(request.GET.get("page")),
            "balances": balances(organisation),
            "empties": empties.owed(organisation),
        },
    )
