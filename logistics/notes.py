"""
What a driver notes on the road: crates checked, temperatures, proof, trouble, empties, times. Each function carries out the
actions of its kinds, in the order in which they happened, in a fixed number of queries.
"""

from collections import defaultdict
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from logistics import handover, pictures
from logistics.handover import Word
from logistics.models import Crate, Empties, Proof, Round, Stop, TemperatureReading, Trouble
from logistics.phoned import Act, Where, each, number, whole
from network import clock, journal
from network.errors import Refused
from network.quantities import StorageClass

MOST_EMPTIES = 999


def check(where: Where, acts: list[Act]) -> None:
    """Crates checked in or out, by key (tapped) or by code (scanned or typed): the last word on each counts."""
    by_key = {whole(act.data.get("crate")) for act in acts} - {None}
    by_code = {_code(act) for act in acts}
    found = Crate.objects.filter(Q(pk__in=by_key) | Q(code__in=by_code), delivery_day=where.day)
    crates = list(found.select_related("stop__round", "dropped_at").order_by("pk"))
    named: dict[int | str | None, Crate] = {crate.pk: crate for crate in crates}
    named |= {crate.code: crate for crate in crates}
    words: list[Word] = []

    def hear(act: Act) -> None:
        crate = named.get(whole(act.data.get("crate"))) or named.get(_code(act))
        word = _word(where, act, crate)
        if word.crate.checked_at and word.crate.checked_at > word.at:
            act.superseded = True
        else:
            _allow(where, word)
            words.append(word)

    each(acts, hear)
    changed = handover.hear(words, by=where.by)
    if changed and where.round:
        for checked, action in ((True, "checked crates"), (False, "took back the check of crates")):
            pks = {word.crate.pk for word in words if word.checked == checked}
            if letters := [crate.letter for crate in changed if crate.pk in pks]:
                journal.record(
                    action=action, subject=where.round, by=where.by, network=where.day.network, crates=letters
                )


def temperatures(where: Where, acts: list[Act]) -> None:
    """Degrees in a cold compartment or cool box."""
    readings: list[TemperatureReading] = []

    def read(act: Act) -> None:
        celsius = number(act.data.get("celsius")).quantize(Decimal("0.1"))
        if not -60 <= celsius <= 60:
            raise Refused(_("Enter a temperature between −60 and 60 degrees."))
        storage_class = act.data.get("storage_class")
        if storage_class not in StorageClass.values:
            raise Refused(_("Say of which cold box this is the temperature."))
        readings.append(
            TemperatureReading(
                round=where.round,
                stop=where.stops.get(whole(act.data.get("stop")) or 0),
                storage_class=storage_class,
                celsius=celsius,
                at=act.happened_at,
                by=where.by,
            )
        )

    each(acts, read)
    TemperatureReading.objects.bulk_create(readings)


def proofs(where: Where, acts: list[Act]) -> None:
    """A photo, or a signature: drawn, or only a name typed. The picture itself is kept as a file, not with the action."""

    def prove(act: Act) -> None:
        image, signed_by = act.data.pop("image", ""), str(act.data.get("signed_by", "")).strip()[:80]
        kind = act.data.get("proof")
        if kind not in Proof.Kind.values:
            raise Refused(_("Send a photo or a signature."))
        stop = where.stop(act)
        proof = Proof(stop=stop, kind=kind, signed_by=signed_by, at=act.happened_at, by=where.by)
        if image:
            picture = pictures.clean(image, line=kind == Proof.Kind.SIGNATURE)
            proof.file.save(f"{act.id.hex}.{picture.extension}", picture.file, save=False)
        elif kind == Proof.Kind.PHOTO:
            raise Refused(_("The photo is empty. Take it again."))
        elif not signed_by:
            raise Refused(_("Write the name of who received the goods."))
        proof.save()
        act.data["kept"] = proof.pk

    each(acts, prove)


def troubles(where: Where, acts: list[Act]) -> None:
    """Something missing or damaged, or nobody there; shown to the coordinator on the pages of the day and the round."""
    known = Crate.objects.filter(delivery_day=where.day, pk__in={whole(act.data.get("crate")) or 0 for act in acts})
    crates = {crate.pk: crate for crate in known}
    found: list[Trouble] = []

    def note(act: Act) -> None:
        kind = act.data.get("trouble")
        if kind not in Trouble.Kind.values:
            raise Refused(_("Say what is wrong: missing, damaged, or nobody there."))
        stop, crate = where.stop(act), crates.get(whole(act.data.get("crate")) or 0)
        if crate and stop.pk not in (crate.stop_id, crate.dropped_at_id):
            raise Refused(_("Crate %(letter)s does not belong to this stop.") % {"letter": crate.letter})
        text = str(act.data.get("note", "")).strip()[:300]
        found.append(Trouble(stop=stop, kind=kind, crate=crate, note=text, at=act.happened_at, by=where.by))

    each(acts, note)
    Trouble.objects.bulk_create(found)
    _noted(where, troubles=[trouble.kind for trouble in found])


def empties(where: Where, acts: list[Act]) -> None:
    """Empty crates taken back at a stop, in all: another number corrects it, the last word counts."""
    kept = {row.stop_id: row for row in Empties.objects.filter(stop__in=where.stops)}

    def count(act: Act) -> None:
        crates = whole(act.data.get("crates"))
        if crates is None or crates > MOST_EMPTIES:
            raise Refused(_("Enter how many empty crates you took: a number from 0 to 999."))
        stop = where.stop(act)
        row = kept.setdefault(stop.pk, Empties(stop=stop, at=act.happened_at, by=where.by))
        if row.at > act.happened_at:
            act.superseded = True
        else:
            row.crates, row.at, row.by = crates, act.happened_at, where.by

    each(acts, count)
    Empties.objects.bulk_create([row for row in kept.values() if not row.pk])
    Empties.objects.bulk_update([row for row in kept.values() if row.pk], ["crates", "at", "by"])
    _noted(where, empties=[act.data.get("crates") for act in acts if not act.refused])


def times(where: Where, acts: list[Act]) -> None:
    """
    Arrival and departure of stops. The phone notes them by itself, at the first tap and on leaving: the earliest arrival
    and the latest departure count. What the driver corrects counts above that, the last correction first.
    """
    touched: set[int] = set()

    def valid(act: Act) -> None:
        stop = where.stop(act)
        if act.kind == "times":
            arrived, left = (_clock_time(act.data.get(name)) for name in ("arrived", "left"))
            if not arrived and not left:
                raise Refused(_("Write when you arrived, when you left, or both."))
            if arrived and left and left < arrived:
                raise Refused(_("You cannot leave before you arrive. Correct the hours."))
        touched.add(stop.pk)

    each(acts, valid)
    told: dict[int, list[Act]] = defaultdict(list)
    for act in (*where.earlier("arrived", "left", "times"), *(act for act in acts if not act.refused)):
        told[whole(act.data.get("stop")) or 0].append(act)
    stops = [where.stops[pk] for pk in touched]
    for stop in stops:
        own = sorted(told[stop.pk], key=lambda act: act.happened_at)
        stop.arrived_at = _corrected(where, own, "arrived") or next(
            (act.happened_at for act in own if act.kind == "arrived"), None
        )
        stop.left_at = _corrected(where, own, "left") or next(
            (act.happened_at for act in reversed(own) if act.kind == "left"), None
        )
    Stop.objects.bulk_update(stops, ["arrived_at", "left_at"])


def _word(where: Where, act: Act, crate: Crate | None) -> Word:
    """What the action says of a crate; Refused for one that is not here."""
    if not crate:
        raise Refused(
            _("Crate %(code)s is not in today's plan. Look at its label again.") % {"code": _code(act) or "?"}
        )
    stop = whole(act.data.get("stop"))
    here = [one for one in (crate.stop, crate.dropped_at) if one and where.round and one.round_id == where.round.pk]
    if not here:
        elsewhere = crate.stop and crate.stop.round
        if elsewhere:
            raise Refused(
                _("Crate %(letter)s (%(code)s) belongs to %(round)s, not to this round. Leave it where it is.")
                % {"letter": crate.letter, "code": crate.code, "round": elsewhere}
            )
        raise Refused(
            _("Crate %(letter)s (%(code)s) is on no round. Ask the coordinator.")
            % {"letter": crate.letter, "code": crate.code}
        )
    if stop in where.stops and stop not in {one.pk for one in here}:
        raise Refused(
            _("Crate %(letter)s (%(code)s) belongs to stop %(number)s of this round, not to this one.")
            % {"letter": crate.letter, "code": crate.code, "number": here[0].position}
        )
    return Word(crate, act.kind == "check", act.happened_at, stop)


def _allow(where: Where, word: Word) -> None:
    """Refused when this can no longer change, unless it changes nothing."""
    crate = word.crate
    if crate.status == Crate.Status.MISSING:
        raise Refused(
            _("Crate %(letter)s is recorded as missing. Correct that under “Something is missing” first.")
            % {"letter": crate.letter}
        )
    if crate.status == word.status:
        return
    if where.closed:
        raise Refused(where.closed)
    if where.round and where.round.status == Round.Status.DRIVEN:
        raise Refused(_("This round is finished. Its crates can no longer change."))


def _code(act: Act) -> str:
    """The code of a label, of which the QR is an address that ends in it."""
    return str(act.data.get("code", "")).strip().rstrip("/").rsplit("/", 1)[-1].upper()[:40]


def _clock_time(value: object) -> time | None:
    if not value:
        return None
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise Refused(_("Write the hour as 8:45.")) from error


def _corrected(where: Where, acts: list[Act], name: str) -> datetime | None:
    for act in reversed(acts):
        if act.kind == "times" and act.data.get(name):
            return clock.moment(where.day.on, time.fromisoformat(act.data[name]))
    return None


def _noted(where: Where, **what: Any) -> None:
    if where.round and any(what.values()):
        journal.record(action="noted on the road", subject=where.round, by=where.by, network=where.day.network, **what)
