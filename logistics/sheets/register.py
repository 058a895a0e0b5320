"""The register of what came in and went out, on paper."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network.templatetags.kouter import amount
from orders.register import Entry, headings

MOST = 2500
"""Rows on paper: more is for a spreadsheet."""


def register(entries: Sequence[Entry], *, whose: str, first: date, last: date) -> dict[str, Any]:
    date_word, way, product, lot, quantity, _unit, source, destination, document = headings()
    return {
        "kind": "register",
        "title": _("Register of goods in and out"),
        "subtitle": f"{whose} · {date_format(first, 'j F Y')} – {date_format(last, 'j F Y')}",
        "head": [date_word, way, product, lot, quantity, source, destination, document],
        "rows": [
            [
                f"{one.on:%d/%m/%y}",
                one.direction,
                one.product,
                one.lots,
                "" if one.quantity is None else f"{amount(one.quantity)} {one.unit}",
                one.source,
                one.destination,
                one.document,
            ]
            for one in entries
        ],
        "nothing": _("Nothing came in or went out in this period."),
    }
