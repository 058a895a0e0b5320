"""
What it brought a farmer and what it cost her: week by week, and of each day her bill, why it is what it is, what she could
have chosen, what she says is wrong with it, and her statements on paper.
"""

from decimal import Decimal
from time import monotonic
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logistics import choosing, refunds, sheets, statements
from logistics.bill_forms import DisputeForm
from logistics.bill_picture import picture_of
from logistics.choosing import Choice, Outcome
from logistics.earned import Earned, balance, earned
from logistics.models import CostShare, Dispute
from logistics.periods import Period
from logistics.sheets.statement import statement
from logistics.statements import per_line
from logistics.views.day import pdf
from logistics.why import explained
from network.models import Account, DeliveryDay, Network, Posting
from network.quantities import StorageClass
from network.texts import LocalText
from orders.models import OrderLine, PurchaseOrder
from producers.models import Producer

WEEKS = 12
PATIENCE = 1.5
"""Seconds after which no other choice is begun on; the rest waits for another press of the button."""


@login_required
def money(request: HttpRequest, slug: str) -> HttpResponse:
    """Week by week: what she earned, and transport alone, together and saved."""
    farm = own_farm(request, slug)
    days = earned(farm)
    weeks = _by_week(days)
    page = Paginator(days, 20).get_page(request.GET.get("page"))
    shares = [day.share for day in days]
    months = statements.months(farm=farm)
    alone = sum((share.alone for share in shares), Decimal(0))
    together = sum((share.together for share in shares), Decimal(0))
    return render(
        request,
        "logistics/money.html",
        {
            "farm": farm,
            "network": _home(farm),
            "page": page,
            "columns": [
                {
                    "label": f"{week:%d/%m}",
                    "values": [sum(day.share.alone for day in found), sum(day.share.together for day in found)],
                }
                for week, found in reversed(weeks[:WEEKS])
            ],
            "series": _series(),
            "earned": sum((day.net for day in days), Decimal(0)),
            "goods": sum((day.goods for day in days), Decimal(0)),
            "alone": alone,
            "together": together,
            "saved": alone - together,
            "saving": (alone - together) / alone if alone else Decimal(0),
            "balance": balance(farm),
            "months": months,
            "several": len({network.pk for network, _month in months}) > 1,
            "given": refunds.given_to([farm.organisation]),
        },
    )


def _series() -> list[dict[str, str]]:
    return [{"label": _("alone"), "kind": "alone"}, {"label": _("together"), "kind": "together"}]


@login_required
def money_day(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One day unfolded: her bill, the sum behind it, and every euro down to its posting. `?what`: her other choices too."""
    farm = own_farm(request, slug)
    day = get_object_or_404(_billed_days(farm), pk=pk)
    return _page(request, farm, day)


@login_required
@require_POST
def dispute(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """She says what is wrong with her bill."""
    farm = own_farm(request, slug)
    day = get_object_or_404(_billed_days(farm), pk=pk)
    share = get_object_or_404(CostShare, producer=farm, cost_run__delivery_day=day, cost_run__corrected_at=None)
    form = DisputeForm(share, request.POST)
    if form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The coordinator knows. You get a mail when it is answered."))
        return redirect("logistics:money_day", slug=slug, pk=pk)
    return _page(request, farm, day, form)


@login_required
def statement_day(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Her statement of one delivery day, on paper."""
    farm = own_farm(request, slug)
    day = get_object_or_404(_billed_days(farm), pk=pk)
    paper = sheets.drawn([statement(statements.of_day(farm=farm, day=day))])
    return pdf(paper, f"statement-{farm.slug}-{day.network.slug}-{day.on}.pdf")


@login_required
def statement_of(request: HttpRequest, slug: str, network: str, period: str) -> HttpResponse:
    """Her statement of one month (`2026-03`) or year (`2026`) with one network, on paper."""
    farm = own_farm(request, slug)
    its = get_object_or_404(
        Network.objects.select_related("organisation").filter(accounts__organisation=farm.organisation_id).distinct(),
        slug=network,
    )
    try:
        asked = Period.of(period)
    except ValueError as wrong:
        raise Http404 from wrong
    if asked.is_day:
        raise Http404
    paper = sheets.drawn([statement(statements.of_period(farm=farm, network=its, period=asked))])
    return pdf(paper, f"statement-{farm.slug}-{its.slug}-{asked}.pdf")


def _billed_days(farm: Producer) -> QuerySet[DeliveryDay]:
    """Days on which she has a bill."""
    return (
        DeliveryDay.objects.filter(cost_runs__shares__producer=farm)
        .distinct()
        .select_related("cycle__network__organisation")
    )


def _page(request: HttpRequest, farm: Producer, day: DeliveryDay, form: DisputeForm | None = None) -> HttpResponse:
    (its,) = earned(farm, day=day)
    share = its.share
    why = explained(share=share, shares=list(share.cost_run.shares.select_related("producer__organisation")))
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
    runs = list(
        CostShare.objects.filter(producer=farm, cost_run__delivery_day=day)
        .select_related("cost_run")
        .defer("cost_run__inputs", "cost_run__result")
        .order_by("cost_run__number")
    )
    disputes = list(
        Dispute.objects.filter(share__producer=farm, share__cost_run__delivery_day=day)
        .select_related("share", "raised_by", "answered_by")
        .order_by("raised_at")
    )
    open_already = any(one.answered_at is None and one.share_id == share.pk for one in disputes)
    places = _places(day)
    context = {
        "farm": farm,
        "network": day.network,
        "day": day,
        "run": share.cost_run,
        "earned": its,
        "share": share,
        "paid_by_fund": -share.fund,
        "runs": runs,
        "changed": share.share - runs[0].share,
        "changed_less": runs[0].share - share.share,
        "why": why,
        "drops": [
            {"drop": drop, "name": places[drop.delivery], "storage": StorageClass(drop.storage_class).label}
            for drop in why.drops
        ],
        "others": why.others,
        "picture": picture_of(share, why.others),
        "saving": share.saved / share.alone if share.alone else None,
        "what": _what(share, places) if "what" in request.GET else None,
        "lines": [{**line, "name": LocalText(line["name"])} for line in lines],
        "postings": postings,
        "balance": -sum((posting.amount for posting in postings), Decimal(0)),
        "deductible": statements.deducts(farm=farm, period=Period(day.on, day.on)),
        "purchase": PurchaseOrder.objects.filter(producer=farm, delivery_day=day).first(),
        "disputes": disputes,
        "form": None if open_already else form or DisputeForm(share),
    }
    return render(request, "logistics/money_day.html", context, status=422 if form and form.errors else 200)


def _places(day: DeliveryDay) -> dict[int, str]:
    """What the destinations of a day are called."""
    deliveries = day.deliveries.select_related("pickup_point", "outlet__organisation")
    return {delivery.pk: str(delivery.destination) for delivery in deliveries}


def _what(share: CostShare, places: dict[int, str]) -> dict[str, Any]:
    """Her other choices, each with what it would have cost her; those for which there was no time yet are counted."""
    began, was, large = monotonic(), choosing.now(share), choosing.is_large(share)
    rows, left = [], 0
    bars = [_bar(_("As it was"), was)]
    for choice in choosing.choices_of(share=share):
        then = choosing.reckoned(share=share, choice=choice)
        if then is None and not large and monotonic() - began < PATIENCE:
            then = choosing.reckon(share=share, choice=choice)
        if then is None:
            left += 1
        else:
            label = _said(choice, places)
            rows.append({"label": label, "then": then, "more": then.together - was.together})
            bars.append(_bar(label, then))
    if left and large:
        choosing.ask_for(share)
    return {"rows": rows, "bars": bars, "left": left, "was": was, "asked": bool(left) and large}


def _bar(label: str, cost: Outcome) -> dict[str, Any]:
    return {"label": label, "values": [cost.alone, cost.together, cost.saved]}


def _said(choice: Choice, places: dict[int, str]) -> str:
    if choice.kind == "day":
        return _("The same goods on %(day)s") % {"day": date_format(DeliveryDay.objects.get(pk=choice.of).on, "l j F")}
    return {
        "bring": _("Bringing your goods to the hub yourself"),
        "collected": _("Being collected at your farm"),
        "fuller": _("Fuller crates: half as much again in each"),
        "less": _("Without %(place)s"),
        "more": _("Also to %(place)s"),
    }[choice.kind] % {"place": places.get(choice.of, "")}


def own_farm(request: HttpRequest, slug: str) -> Producer:
    return get_object_or_404(Producer.objects.run_by(request.user).select_related("organisation"), slug=slug)


def _home(farm: Producer) -> Any:
    membership = farm.organisation.memberships.current().filter(college="producers").select_related("network").first()
    return membership.network if membership else None


def _by_week(days: list[Earned]) -> list[tuple[Any, list[Earned]]]:
    weeks: dict[Any, list[Earned]] = {}
    for day in days:
        weeks.setdefault(day.day.cycle.week_on, []).append(day)
    return sorted(weeks.items(), reverse=True)
