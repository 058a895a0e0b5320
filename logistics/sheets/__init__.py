"""
Paper as PDF, in the reader's language: run sheets, crate labels, packing lists, delivery notes, a summary per stop.

typst draws, templates in `templates/typst/`. What is drawn goes in as one JSON input named `data`, never as markup, so that a
`#` in a name is printed and not obeyed. A paper is a dict whose `kind` names its template; several in a row make one PDF.
Right without any phone or network, in black on white.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from logistics.models import Round
from logistics.sheets import labels, manifest, packing, press, rides
from network import fonts
from network.models import DeliveryDay

TEMPLATES = settings.ROOT / "templates" / "typst"


def run_sheet(*, round: Round) -> bytes:
    """The driver's paper, of the round as it is planned now."""
    found = manifest.of_round(round)
    return drawn([rides.run_sheet(found, found.rides[0])])


def packing_lists(*, day: DeliveryDay, delivery: int | None = None, per_crate: bool = False) -> bytes:
    """What the hub packs, as it is planned now: for all deliveries or one (pk), on lists or as a slip per crate."""
    return drawn([packing.packing_lists(manifest.of_day(day), delivery=delivery, per_crate=per_crate)])


def crate_labels(*, round: Round) -> bytes:
    """The labels of a round as it is planned now."""
    found = manifest.of_round(round)
    return drawn([labels.of_ride(found, found.rides[0])])


def drawn(papers: Sequence[dict[str, Any]]) -> bytes:
    """One PDF of papers in a row."""
    pdf = press.print_here(order(papers))
    assert isinstance(pdf, bytes)
    return pdf


def order(papers: Sequence[dict[str, Any]], *, version: str = "") -> press.Order:
    """
    What the press is told: our fonts and no others, and papers as data. `version` stands at the foot of each page. Without
    tags for screen readers: who cannot see paper reads the pages.
    """
    return {
        "input": str(TEMPLATES / "print.typ"),
        "root": str(TEMPLATES),
        "font_paths": [str(fonts.BUILT)] if fonts.BUILT.exists() else [],
        "ignore_system_fonts": True,
        "pdf_tags": False,
        "data": {
            "language": get_language() or settings.LANGUAGE_CODE,
            "papers": papers,
            "version": version,
            "page": _("Page"),
        },
    }
