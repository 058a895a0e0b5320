"""
The papers of a published plan: made once, kept as they were printed, readable without any network.

Publishing asks for them in its own transaction (`ask_for`); a worker makes them right after (`make`). A new version gets new
papers; those of the version before stay, marked as replaced.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from logistics import sheets
from logistics.models import Paper, PlanVersion
from logistics.models.plan import paper_path
from logistics.sheets import labels, manifest, packing, rides
from logistics.sheets.manifest import Manifest, Ride, hour
from network import journal, outbox
from network.models import DeliveryDay, OutboxEntry

Kind = Paper.Kind
Sheet = dict[str, Any]


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
        .select_related(
            "delivery_day__cycle__network__hub", "delivery_day__cycle__network__organisation", "by"
        )
        .filter(pk=version)
        .exclude(published_at=None)
        .first()
    )
    if found is None or found.papers.exists():
        return 0
    language = found.by.language if found.by else settings.LANGUAGE_CODE
    with override(language):
        gathered = manifest.of_version(found)
        version_name = str(found)
        made = []
        for kind, ride, parts, cover in _papers(found, gathered):
            paper = Paper(
                version=found,
                kind=kind,
                round_id=ride.pk if ride else None,
                round_number=ride.round.number if ride else 0,
                language=language,
            )
            pdf = sheets.drawn(parts, version=version_name, cover=cover)
            paper.pages = _pages(pdf)
            paper.file.storage.delete(paper_path(paper, ""))
            paper.file = ContentFile(pdf, name="paper.pdf")  # type: ignore[assignment]
            made.append(paper)
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


def _papers(
    version: PlanVersion, gathered: Manifest
) -> Iterator[tuple[Kind, Ride | None, list[Sheet], Sheet | None]]:
    """Each paper with its parts. What has nothing on it is not printed."""
    lists = packing.packing_lists(gathered)
    notes = packing.notes(gathered)
    own: list[tuple[Ride, list[tuple[Kind, Sheet]]]] = []
    for ride in gathered.rides:
        these = [note for note in notes if note["round_number"] == ride.round.number]
        sheets_of = [(Kind.RUN_SHEET, rides.run_sheet(gathered, ride))]
        if ride.halts:
            sheets_of.append((Kind.SUMMARIES, rides.summaries(gathered, ride)))
        if these:
            sheets_of.append((Kind.DELIVERY_NOTES, packing.delivery_notes(gathered, these, of=str(ride.round))))
        own.append((ride, sheets_of))
    loose = [note for note in notes if note["round_number"] == packing.LATER]
    loose_notes = [packing.delivery_notes(gathered, loose, of=capfirst(_("on no round")))] if loose else []
    stickers = [(ride, labels.of_ride(gathered, ride)) for ride in gathered.rides]
    stickers = [(ride, sheet) for ride, sheet in stickers if sheet["crates"]]
    unplanned = [labels.of_loose(gathered)] if gathered.loose else []
    all_labels = [sheet for _ride, sheet in stickers] + unplanned

    pile = [lists, *(sheet for _ride, found in own for _kind, sheet in found), *loose_notes]
    if all_labels:
        pile.append(labels.together(all_labels))
    yield Kind.EVERYTHING, None, pile, _cover(version, gathered)
    yield Kind.PACKING_LISTS, None, [lists], None
    if loose_notes:
        yield Kind.DELIVERY_NOTES, None, loose_notes, None
    if all_labels:
        yield Kind.LABELS, None, [labels.together(all_labels)], None
    for ride, found in own:
        for kind, sheet in found:
            yield kind, ride, [sheet], None
    for ride, sheet in stickers:
        yield Kind.LABELS, ride, [sheet], None


def _cover(version: PlanVersion, gathered: Manifest) -> Sheet:
    assert version.published_at
    return {
        "title": _("Papers of the day"),
        "subtitle": gathered.subtitle,
        "made": _("%(version)s, published at %(hour)s") % {"version": version, "hour": hour(version.published_at)},
        "words": [_("What"), _("From page")],
        "labels": _("The labels come last: put label sheets of 99.1 × 67.7 mm in the printer, eight to an A4, and print at full size.")
        if gathered.crates
        else "",
    }


def _pages(pdf: bytes) -> int:
    """The root of the page tree counts all pages."""
    return max(map(int, re.findall(rb"/Count (\d+)", pdf)), default=0)


def _key(version: PlanVersion) -> str:
    return f"papers-{version.pk}"
