"""How a changed plan is opened and kept: one lock, few queries however many stops, a new version, and who is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, ProtectedError
from django.utils.translation import gettext as _

from logistics import comparing, drafts, drivers, versions
from logistics.drafts import Draft, Trip
from logistics.models import Crate, PlanVersion, Round, RoundChange, Stop, Unplanned
from logistics.retiming import retime
from network import journal
from network.errors import Refused
from network.models import DeliveryDay, Person

ROUND_FIELDS = ("vehicle_id", "driver_id", "locked", "tour_id", "starts_at", "ends_at", "km", "cost")
STOP_FIELDS = ("round_id", "position", "locked", "arrives_at", "leaves_at", "km")
ASIDE = 1000
"""Positions are unique within a round at every moment: stops that change place stand here meanwhile."""


@dataclass
class Opened:
    """A locked plan, as it was and as it is becoming; `kept` are the values in the database by model and pk."""

    draft: Draft
    last: PlanVersion
    before: dict[str, Any]
    kept: dict[tuple[type, int], tuple[Any, ...]]


@dataclass(frozen=True)
class Kept:
    """
    A change that was kept: its version, the plan as it is now and as it was `before` (`PlanVersion.plan`), and the version that
    is `published`.
    """

    version: PlanVersion
    draft: Draft
    before: dict[str, Any]
    published: PlanVersion | None


def open_plan(*, day: DeliveryDay, version: int) -> Opened:
    """The plan of a day, locked. Refused when it is not `version` any more, or when it can no longer be changed."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network__hub")
        .get(pk=day.pk)
    )
    if day.status != DeliveryDay.Status.PLANNED:
        raise Refused(_("A plan can be changed from the moment it is made until it is driven."))
    draft = drafts.load(day)
    last = versions.latest(day) or versions.record(day=day, action=PlanVersion.PLANNED, by=None, draft=draft)
    if last.number != version:
        raise Refused(_("Somebody changed the plan meanwhile. This is how it is now; try again if you still want to."))
    kept: dict[tuple[type, int], tuple[Any, ...]] = {}
    for trip in draft.trips:
        kept[Round, trip.round.pk] = _values(trip.round, ROUND_FIELDS)
        for visit in trip.visits:
            kept[Stop, visit.stop.pk] = _values(visit.stop, STOP_FIELDS)
    return Opened(draft, last, versions.snapshot(draft), kept)


def keep(
    opened: Opened,
    *,
    action: str,
    by: Person | None,
    touched: Iterable[Trip] = (),
    **data: Any,
) -> Kept:
    """Re-time, write, record a version and the journal; once published, tell the drivers what changed."""
    draft = opened.draft
    empty = [trip for trip in draft.trips if not trip.visits]
    draft.trips = [trip for trip in draft.trips if trip.visits]
    if changed := [trip for trip in touched if trip.visits]:
        retime(draft, changed, vehicles=_vehicles(opened, [*changed, *empty]))
    _write(opened, empty)
    version = versions.record(day=draft.day, action=action, by=by, draft=draft, last=opened.last)
    journal.record(action=action, subject=draft.day, by=by, network=draft.day.network, version=version.number, **data)
    published = versions.published(draft.day)
    if published:
        changes = comparing.deltas(opened.before, version.plan, comparing.names(draft))
        RoundChange.objects.bulk_create(
            RoundChange(round=trip.round, version=version, deltas=changes[trip.round.number])
            for trip in draft.trips
            if changes.get(trip.round.number)
        )
        drivers.tell(day=draft.day, rounds=[trip.round for trip in draft.trips])
    return Kept(version, draft, opened.before, published)


def _vehicles(opened: Opened, trips: Iterable[Trip]) -> set[int]:
    """What drove these rounds and what will."""
    place = ROUND_FIELDS.index("vehicle_id")
    former = {opened.kept[Round, trip.round.pk][place] for trip in trips if (Round, trip.round.pk) in opened.kept}
    return former | {trip.round.vehicle_id for trip in trips}


def _values(row: Round | Stop, fields: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, field) for field in fields)


def _write(opened: Opened, empty: list[Trip]) -> None:
    draft = opened.draft
    rounds = [trip.round for trip in draft.trips]
    Round.objects.bulk_create([found for found in rounds if not found.pk])
    _write_changed(opened, Round, rounds, ROUND_FIELDS)
    stops = []
    for trip in draft.trips:
        for position, visit in enumerate(trip.visits, 1):
            visit.stop.round, visit.stop.position = trip.round, position
            stops.append(visit.stop)
    moved = [stop.pk for stop in stops if stop.pk and opened.kept[Stop, stop.pk][:2] != (stop.round_id, stop.position)]
    gone = draft.stops.keys() - {stop.pk for stop in stops}
    if moved or gone:
        Stop.objects.filter(pk__in=[*moved, *gone]).update(position=F("position") + ASIDE)
    Stop.objects.bulk_create([stop for stop in stops if not stop.pk])
    _write_changed(opened, Stop, stops, STOP_FIELDS, ("round_id", "position") if moved else ())
    _write_crates(draft)
    _write_unplanned(opened)
    lost = [trip.round.pk for trip in empty if trip.round.pk]
    lost += [pk for kind, pk in opened.kept if kind is Round and pk not in {found.pk for found in rounds} | set(lost)]
    try:
        if gone:
            Stop.objects.filter(pk__in=gone).delete()
        if lost:
            Round.objects.filter(pk__in=lost).delete()
    except ProtectedError as error:
        raise Refused(_("Something was already noted on the road: this stop or round cannot be taken away.")) from error


def _write_changed(
    opened: Opened, model: Any, rows: list[Any], fields: tuple[str, ...], always: tuple[str, ...] = ()
) -> None:
    """
    Only the rows that differ, and only in the fields that do (and `always`, for stops that stood aside). As an upsert of rows that
    are all there: an UPDATE with a CASE per row and field takes Django several times as long to spell out.
    """
    changed = [row for row in rows if opened.kept.get((model, row.pk), _values(row, fields)) != _values(row, fields)]
    different = {
        field
        for row in changed
        for field, old in zip(fields, opened.kept[model, row.pk], strict=True)
        if getattr(row, field) != old
    } | set(always)
    if changed:
        names = [field.removesuffix("_id") for field in fields if field in different]
        model.objects.bulk_create(changed, update_conflicts=True, unique_fields=["pk"], update_fields=names)


def _write_crates(draft: Draft) -> None:
    stop_of: dict[int, int | None] = {box.pk: None for box in draft.loose}
    dropped_at: dict[int, int] = {}
    boxes = list(draft.loose)
    for _trip, visit in draft.visits():
        stop_of |= {box.pk: visit.stop.pk for box in visit.boxes}
        dropped_at |= {box.pk: visit.stop.pk for box in visit.dropped}
        boxes += visit.boxes
    changed = [
        Crate(pk=box.pk, stop_id=stop_of[box.pk], dropped_at_id=dropped_at.get(box.pk))
        for box in boxes
        if (box.stop, box.dropped_at) != (stop_of[box.pk], dropped_at.get(box.pk))
    ]
    if changed:
        Crate.objects.bulk_update(changed, ["stop", "dropped_at"], batch_size=500)


def _write_unplanned(opened: Opened) -> None:
    draft = opened.draft
    if versions.left_out(draft) == opened.before["unplanned"]:
        return
    draft.day.unplanned.all().delete()
    Unplanned.objects.bulk_create(
        Unplanned(
            delivery_day=draft.day,
            producer_id=one.producer_id,
            delivery_id=one.delivery_id,
            reason=one.reason,
            remedy=one.remedy,
        )
        for one in draft.unplanned
    )
