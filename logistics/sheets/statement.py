"""A farm's statement on paper: what a network owes her for a delivery day, a month or a year, and her transport in one picture."""

from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from logistics.statements import CARRIED, OTHER, SOLD, Part, Statement
from network.models import Account
from network.templatetags.kouter import amount, euro, percent, weekday
from network.texts import as_text

Kind = Account.Kind


def label(kind: str) -> str:
    """What a part of a statement is called."""
    return {
        SOLD: _("Sold in your name, less the tariff"),
        Kind.PURCHASES: _("Goods at your price"),
        Kind.TARIFF: _("Logistics tariff customers paid on your goods"),
        Kind.TRANSPORT: _("Your share of the rounds"),
        Kind.FUND: _("Start-up fund"),
        Kind.CONTRIBUTION: _("Contribution to the network"),
        CARRIED: _("Rounds you drove for the network"),
        Kind.REFUND: _("Refund to members"),
        Kind.DEPOSITS: _("Deposits"),
        OTHER: _("Other"),
    }[kind]


def statement(found: Statement) -> dict[str, Any]:
    """All figures as they are printed, in the reader's language."""
    title = _("Statement")
    period = capfirst(found.period.said)
    return {
        "kind": "statement",
        "title": f"{title} · {period}",
        "heading": title,
        "subtitle": f"{found.farm} · {found.network}",
        "period": period,
        "facts": [
            [_("For"), str(found.farm)],
            [_("From"), str(found.network.organisation)],
            [_("Account"), found.iban or _("not known yet")],
        ],
        "parts": [_row(label(part.kind), part) for part in found.parts],
        "sum": _row(_("Together"), found.earned),
        "ends": [
            *(
                [[_("Still owed to you before %(month)s") % {"month": found.period.said}, euro(found.opening)]]
                if found.opening
                else []
            ),
            *([[_("Paid out"), euro(-found.paid)]] if found.paid else []),
        ],
        "closing": [
            _("To receive for this day, VAT included")
            if found.period.is_day
            else _("To receive at the end of the year, VAT included")
            if found.period.is_year
            else _("To receive at the end of the month, VAT included"),
            euro(found.closing),
        ],
        "transport": _transport(found),
        "lines": [
            [str(as_text(line["name"])), amount(line["units"]), euro(line["price"], 4), euro(line["worth"])]
            for line in found.lines
        ],
        "days": [] if found.period.is_day else [_day(share) for share in found.shares],
        "booked": []
        if found.period.is_year
        else [[date_format(one.on, "d/m"), one.description, euro(one.amount)] for one in found.booked],
        "notes": _notes(found),
        "words": {
            "what": _("What"),
            "net": _("Without VAT"),
            "vat": _("VAT"),
            "total": _("Total"),
            "transport": _("Your transport"),
            "goods": _("What you sold"),
            "product": _("Product"),
            "billed": _("Billed"),
            "price": _("Your price"),
            "worth": _("At your price"),
            "days": _("Day by day"),
            "day": _("Day"),
            "alone": _("Alone"),
            "together": _("Together"),
            "saved": _("Saved"),
            "share": _("Your share"),
            "booked": _("In the books"),
            "nothing": _("Nothing was booked for you in this period."),
        },
    }


def _row(name: str, part: Part) -> list[str]:
    return [name, euro(part.net), euro(part.vat), euro(part.total)]


def _transport(found: Statement) -> list[dict[str, Any]]:
    """The bars: alone, together and saved, with their length as a part of the longest."""
    alone = sum((share.alone for share in found.shares), Decimal(0))
    together = sum((share.together for share in found.shares), Decimal(0))
    if not alone:
        return []
    longest = max(alone, together)
    saved = alone - together
    bars = [
        ("alone", _("Alone"), alone, ""),
        ("together", _("Together"), together, ""),
        ("saved", _("Saved"), saved, percent(saved / alone)),
    ]
    return [
        {
            "kind": kind,
            "name": name,
            "amount": euro(value),
            "note": note,
            "part": float(max(value, Decimal(0)) / longest),
        }
        for kind, name, value, note in bars
    ]


def _day(share: Any) -> list[str]:
    on = share.cost_run.delivery_day.on
    return [weekday(on), euro(share.alone), euro(share.together), euro(share.saved), euro(share.share)]


def _notes(found: Statement) -> list[str]:
    notes = []
    if found.contribution:
        notes.append(
            _("On top of your price customers paid %(contribution)s for the working of the network.")
            % {"contribution": euro(found.contribution)}
        )
    if own := sum((share.own for share in found.shares), Decimal(0)):
        notes.append(
            _("In what transport cost you together, %(own)s is your own trip to the hub; nobody charges you that.")
            % {"own": euro(own)}
        )
    if any(part.kind == Kind.TRANSPORT and part.vat for part in found.parts):
        notes.append(
            _("The VAT on your share you can deduct.")
            if found.deducts
            else _("Under your VAT scheme you cannot deduct the VAT on your share.")
        )
    if found.period.is_year:
        notes.append(_("Every amount of the year stands by itself in the table for your accountant."))
    notes.append(
        _("You are paid within 30 days. Every amount stands in the books of the network, and adds up to the cent.")
    )
    return notes
