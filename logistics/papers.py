"""
The papers of a published plan: made once, kept as they were printed, readable without any network.

Publishing asks for them in its own transaction (`ask_for`); a worker makes them right after (`make`). A new version gets new
papers; those of the version before stay, marked as replaced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from logistics import sheets
from logistics.models import Paper, PlanVersion
from logistics.models.plan import paper_path
from logistics.sheets import labels, manifest, packing, press, rides
from logistics.sheets.manifest import Manifest, Ride, hour
from network import journal, outbox
from network.models import DeliveryDay, OutboxEntry

Kind = Paper.Kind
Piece = tuple[Kind, Ride | None, dict[str, Any]]
"""A paper, the ride it belongs to (None: the whole day), and what is on it."""


@dataclass(frozen=True)
class Shelf:
    """
    The papers of a day. `version` is the one that was published last (None: none was), `papers` are its papers; none of
    them means that they are being made, or with `failed` that this went wrong and will be tried again. `asked`: somebody
    has asked for them. `older` are the versions that were replaced, the newest first, with their papers.
    """

    version: PlanVersion | None
    papers: list[Paper]
    asked: bool
    failed: bool
    older: list[tuple[PlanVersion, list[Paper]]]


def ask_for(version: PlanVersion) -> None:
    """Have the papers of a version that is being published made after commit. Asking twice does nothing."""
    outbox.add(kind="papers", key=_key(version), version=version.pk)


def shelf(day: DeliveryDay) -> Shelf:
    """What there is to print for a day, in three queries."""
    published = list(
        day.plan_versions.exclude(published_at=None)
        .select_related("by")
        .defer("plan")
        .prefetch_related("papers__round__vehicle", "papers__round__driver")
        .order_by("-number")
    )
    if not published:
        return Shelf(None, [], False, False, [])
    newest, *older = published
    asked = OutboxEntry.objects.filter(key=_key(newest)).first()
    return Shelf(
        newest,
        list(newest.papers.all()),
        asked is not None,
        bool(asked and asked.error and not asked.done_at),
        [(version, found) for version in older if (found := list(version.papers.all()))],
    )


@transaction.atomic
def make(*, version: int) -> int:
    """
    Make and keep all papers of a published version (pk), in the language of whoever published it; return how many. Nothing
    when it is not published or they were made before. All or none: what a killed worker left is written over.
    """
    found = (
        PlanVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("delivery_day__cycle__network__hub", "delivery_day__cycle__network__organisation", "by")
        .filter(pk=version)
        .exclude(published_at=None)
        .first()
    )
    if found is None or found.papers.exists():
        return 0
    language = found.by.language if found.by else settings.LANGUAGE_CODE
    made = []
    with override(language):
        gathered = manifest.of_version(found)
        pieces = list(_pieces(gathered))
        printed = press.print_apart([sheets.order([sheet], version=str(found)) for _kind, _ride, sheet in pieces])
        for (kind, ride, _sheet), pdf in zip(pieces, printed, strict=True):
            made.append(_paper(found, kind, ride, language, pdf, press.pages(pdf)))
        lengths = [paper.pages for paper in made]
        cover = _cover(found, gathered, [_name(piece) for piece in pieces], lengths)
        names = [_("Papers of the day"), *map(_name, pieces)]
        book = press.bind(list(zip(names, [cover, *printed], strict=True)))
        made.append(_paper(found, Kind.EVERYTHING, None, language, book, press.pages(cover) + sum(lengths)))
    Paper.objects.bulk_create(made)
    journal.record(
        action="made the papers",
        subject=found.delivery_day,
        by=None,
        network=found.delivery_day.network,
        version=found.number,
        papers=len(made),
    )
    return len(made)


def _pieces(gathered: Manifest) -> Iterator[Piece]:
    """
    Each paper in the order in which they lie in the pile: what the hub packs, round by round, and last what is printed on
    label sheets. What has nothing on it is not printed.
    """
    yield Kind.PACKING_LISTS, None, packing.packing_lists(gathered)
    notes = packing.notes(gathered)
    for ride in gathered.rides:
        yield Kind.RUN_SHEET, ride, rides.run_sheet(gathered, ride)
        if ride.halts:
            yield Kind.SUMMARIES, ride, rides.summaries(gathered, ride)
        if own := [note for note in notes if note["round_number"] == ride.round.number]:
            yield Kind.DELIVERY_NOTES, ride, packing.delivery_notes(gathered, own, of=str(ride.round))
    if loose := [note for note in notes if note["round_number"] == packing.LATER]:
        yield Kind.DELIVERY_NOTES, None, packing.delivery_notes(gathered, loose, of=_("on no round"))
    for ride in gathered.rides:
        if (stickers := labels.of_ride(gathered, ride))["crates"]:
            yield Kind.LABELS, ride, stickers
    if gathered.loose:
        yield Kind.LABELS, None, labels.of_loose(gathered)


def _name(piece: Piece) -> str:
    _kind, _ride, sheet = piece
    return str(sheet.get("what", sheet["title"]))


def _paper(version: PlanVersion, kind: Kind, ride: Ride | None, language: str, pdf: bytes, pages: int) -> Paper:
    paper = Paper(
        version=version,
        kind=kind,
        round_id=ride.pk if ride else None,
        round_number=ride.round.number if ride else 0,
        language=language,
        pages=pages,
    )
    paper.file.storage.delete(paper_path(paper, ""))
    paper.file = ContentFile(pdf, name="paper.pdf")  # type: ignore[assignment]
    return paper


def _cover(version: PlanVersion, gathered: Manifest, names: Sequence[str], lengths: Sequence[int]) -> bytes:
    """What is in the pile and on which page; a second time when the list itself takes more than the page it counted on."""
    assert version.published_at
    sheet: dict[str, Any] = {
        "kind": "cover",
        "title": _("Papers of the day"),
        "subtitle": gathered.subtitle,
        "made": _("%(version)s, published at %(hour)s") % {"version": version, "hour": hour(version.published_at)},
        "words": [_("What"), _("From page")],
        "labels": _(
            "The labels come last: put label sheets of 99.1 × 67.7 mm in the printer, eight to an A4, and print at full "
            "size."
        )
        if gathered.crates
        else "",
    }

    def drawn(own: int) -> bytes:
        starts = accumulate(lengths, initial=own + 1)
        sheet["contents"] = [list(row) for row in zip(names, starts, strict=False)]
        return press.print_here(sheets.order([sheet], version=str(version)))

    cover = drawn(1)
    return cover if (own := press.pages(cover)) == 1 else drawn(own)


def _key(version: PlanVersion) -> str:
    return f"papers-{version.pk}"
