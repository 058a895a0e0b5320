"""What a farmer sees of her bill: alone, together, saved; why this amount; her statements on paper."""

from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from logistics import sheets, statements
from logistics.earned import earned
from logistics.periods import Period
from logistics.sheets.statement import statement
from logistics.statements import per_line
from logistics.views.day import pdf
from logistics.views.money import bar, own_farm
from network.models import Account, DeliveryDay, Network, Posting
from network.texts import LocalText
from orders.models import OrderLine, PurchaseOrder
from producers.models import Producer


@login_required
def money_day(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One day unfolded: every euro down to its posting, and how her saving compares on the round."""
    farm = own_farm(request, slug)
    day = get_object_or_404(_billed_days(farm), pk=pk)
    (its,) = earned(farm, day=day)
    savings = sorted(share.saved / share.alone for share in its.share.cost_run.shares.all() if share.alone)
    lines = (
        OrderLine.objects.filter(producer=farm, order__delivery__delivery_day=day, billed__gt=0)
        .values("name", "unit", "price")
        .annotate(units=Sum("billed"), worth=Sum(per_line("price")))
        .order_by("-worth")
    )
    postings = (
        Posting.objects.filter(account__organisation=farm.organisation, transaction__delivery_day=day)
        .exclude(account__kind=Account.Kind.BUYER)
        .select_related("transaction", "account")
        .order_by("pk")
    )
    share = its.share
    return render(
        request,
        "logistics/money_day.html",
        {
            "farm": farm,
            "network": day.network,
            "day": day,
            "run": its.share.cost_run,
            "earned": its,
            "share": share,
            "bars": [bar(share)],
            "saving": share.saved / share.alone if share.alone else None,
            "lowest": savings[0] if savings else None,
            "highest": savings[-1] if savings else None,
            "members": len(savings),
            "lines": [{**line, "name": LocalText(line["name"])} for line in lines],
            "postings": postings,
            "balance": -sum((posting.amount for posting in postings), Decimal(0)),
            "deductible": statements.deducts(farm=farm, period=Period(day.on, day.on)),
            "purchase": PurchaseOrder.objects.filter(producer=farm, delivery_day=day).first(),
        },
    )


@login_required
def statement_day(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Her statement of one delivery day, on paper."""
    farm = own_farm(request, slug)
    day = get_object_or_404(_billed_days(farm), pk=pk)
    paper = sheets.drawn([statement(statements.of_day(farm=farm, day=day))])
    return pdf(paper, f"statement-{farm.slug}-{day.network.slug}-{day.on}.pdf")


@login_required
def statement_month(request: HttpRequest, slug: str, network: str, month: str) -> HttpResponse:
    """Her statement of one month with one network, on paper."""
    farm = own_farm(request, slug)
    its = get_object_or_404(
        Network.objects.select_related("organisation").filter(accounts__organisation=farm.organisation_id).distinct(),
        slug=network,
    )
    try:
        period = Period.of(month)
    except ValueError as wrong:
        raise Http404 from wrong
    if period.is_day:
        raise Http404
    paper = sheets.drawn([statement(statements.of_month(farm=farm, network=its, month=period))])
    return pdf(paper, f"statement-{farm.slug}-{its.slug}-{period}.pdf")


def _billed_days(farm: Producer) -> QuerySet[DeliveryDay]:
    """Days on which she has a bill."""
    return (
        DeliveryDay.objects.filter(cost_runs__shares__producer=farm)
        .distinct()
        .select_related("cycle__network__organisation")
    )
