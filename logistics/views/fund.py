"""The start-up fund: what is in it, how it got there, and how it will go on."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from logistics import fund, terms, tipping
from logistics.access import members_network
from logistics.fund_forms import DepositForm, ForecastForm
from network import charts, clock
from network.money import from_cents
from network.templatetags.kouter import euro

PER_PAGE = 30


@login_required
def fund_page(request: HttpRequest, network: str) -> HttpResponse:
    """For members, who may try another growth, fuller day and solidarity; a coordinator puts money in."""
    found, coordinates = members_network(request.user, network)
    posted = request.method == "POST"
    if posted and not coordinates:
        raise PermissionDenied
    form = DepositForm(found, request.POST if posted else None) if coordinates else None
    if posted and form and form.is_valid() and form.save(by=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Booked."))
        return redirect("logistics:fund", found.slug)
    stands = tipping.standing(found)
    monday = clock.monday_of(clock.today())
    decided = terms.of(found, monday)
    what_if = ForecastForm(
        decided, stands.growth, request.GET if set(request.GET) & {"growth", "full", "solidarity"} else None
    )
    chosen = what_if.values
    ahead = fund.ahead(
        found, stands, full=chosen["full"], solidarity=chosen["solidarity"], growth=float(chosen["growth"])
    )
    moves = fund.course(found)
    weeks = [(monday + timedelta(weeks=number), week) for number, week in enumerate(ahead, 1)]
    inside = moves[-1].balance if moves else Decimal(0)
    wrong = (form and form.errors) or (what_if.is_bound and what_if.errors)
    return render(
        request,
        "logistics/fund.html",
        {
            "network": found,
            "coordinates": coordinates,
            "form": form,
            "what_if": what_if,
            "terms": decided,
            "chosen": chosen,
            "stands": stands,
            "inside": inside,
            "put_in": sum((move.amount for move in moves if not move.transaction.delivery_day_id), Decimal(0)),
            "lent": -sum((move.amount for move in moves if move.transaction.delivery_day_id), Decimal(0)),
            "page": Paginator(moves[::-1], PER_PAGE).get_page(request.GET.get("page")),
            "ahead": [
                {
                    "week_on": week_on,
                    "crates": week.crates,
                    "carried": from_cents(max(week.moved, 0)),
                    "given": from_cents(max(-week.moved, 0)),
                    "balance": from_cents(week.balance),
                }
                for week_on, week in weeks
            ],
            "empty_on": next((week_on for week_on, week in weeks if inside > 0 and not week.balance), None),
            "back_on": next((week_on for week_on, week in weeks if week.moved < 0), None),
            "example": _example(stands, chosen["full"]),
            "picture": _picture(moves, [(week_on, from_cents(week.balance)) for week_on, week in weeks]),
            "key": [
                {"kind": "fit", "label": _("in the fund")},
                {"kind": "ahead", "label": _("as expected")},
            ],
        },
        status=422 if wrong else 200,
    )


def _example(stands: tipping.Standing, full: int | None) -> dict[str, Any] | None:
    """A delivery day of today's size in numbers that anybody can redo."""
    if not stands.cost or not full or not stands.crates:
        return None
    crates = round(stands.crates)
    part = 1 - crates / full
    return {"fixed": stands.cost.fixed, "crates": crates, "part": part, "carried": abs(part) * stands.cost.fixed}


def _picture(moves: list[fund.Move], ahead: list[tuple[date, Decimal]]) -> dict[str, Any] | None:
    """What was in the fund at the end of each week so far, and will be."""
    ends = list(fund.by_week(moves).items())
    if not ends:
        return None
    last_on, last = ends[-1]
    start, end = ends[0][0], (ahead or ends)[-1][0]
    today = max(last_on, clock.monday_of(clock.today()))
    past = [*ends, (today, last)]

    def spots(course: list[tuple[date, Decimal]]) -> list[tuple[int, Decimal]]:
        return [((week_on - start).days // 7, amount) for week_on, amount in course]

    (now, amount) = spots(past)[-1]
    picture = charts.plot(
        lines=[
            {"kind": "fit", "points": spots(past)},
            {"kind": "ahead", "points": spots([(today, last), *ahead]) if ahead else []},
        ],
        marks=[{"kind": "now", "x": now, "y": amount, "label": _("now: %(amount)s") % {"amount": euro(amount)}}],
    )
    return {**picture, "start": start, "end": end}
