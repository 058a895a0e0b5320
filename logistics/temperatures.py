"""
The temperature log for the food agency: what was measured on the road, against the coldest product that was on board.

A crate that knows how cold it must be kept (`Crate.max_temperature`, the coldest product in it) sets the limit; one that does
not must be kept as its storage class: fresh at 7, frozen at -18 degrees Celsius. Poultry (4) and mince (2) say so themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from logistics import sheets
from logistics.models import Crate, Round, TemperatureReading
from logistics.periods import Period
from network import clock, journal, tables
from network.errors import Refused
from network.models import DeliveryDay, Network, Person
from network.quantities import StorageClass

OF_CLASS = {StorageClass.COLD: Decimal(7), StorageClass.FROZEN: Decimal(-18)}
"""Degrees at most, where the law sets them for the whole class."""


@dataclass(frozen=True)
class Line:
    """A reading and the warmest it may be; None where nothing on board asks for cold."""

    reading: TemperatureReading
    limit: Decimal | None

    @property
    def too_warm(self) -> bool:
        return self.limit is not None and self.reading.celsius > self.limit


@transaction.atomic
def note(*, day: DeliveryDay, readings: Sequence[TemperatureReading], by: Person) -> int:
    """Keep readings (unsaved) of rounds of a day, set-based; return how many. Refused once the day is settled."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=day.pk)
    )
    if day.status == DeliveryDay.Status.SETTLED:
        raise Refused(_("This day is settled. What was driven can no longer change."))
    if readings:
        TemperatureReading.objects.bulk_create(readings, batch_size=1000)
        journal.record(action="noted temperatures", subject=day, by=by, network=day.network, readings=len(readings))
    return len(readings)


def log(network: Network, period: Period) -> list[Line]:
    """All readings of a network's rounds in a period, in order of time; two queries."""
    return _judged(
        TemperatureReading.objects.filter(
            round__delivery_day__cycle__network=network, round__delivery_day__on__range=(period.first, period.last)
        )
    )


def too_warm(day: DeliveryDay) -> list[Line]:
    """The readings of a day that were too warm, in order of time; two queries."""
    return [line for line in _judged(TemperatureReading.objects.filter(round__delivery_day=day)) if line.too_warm]


def _judged(readings: QuerySet[TemperatureReading]) -> list[Line]:
    found = list(
        readings.select_related(
            "round__vehicle",
            "stop__producer__organisation",
            "stop__delivery__pickup_point",
            "stop__delivery__outlet__organisation",
            "by",
        ).order_by("at", "pk")
    )
    limits = Limits({reading.round_id for reading in found})
    return [
        Line(
            reading,
            limits.of(reading.round_id, reading.storage_class, reading.stop.position if reading.stop else None),
        )
        for reading in found
    ]


class Limits:
    """How cold the goods on board of some rounds must be kept, stop by stop; one query."""

    def __init__(self, rounds: Iterable[int]) -> None:
        self._crates: dict[tuple[int, str], list[tuple[str, int, int | None, Decimal | None]]] = defaultdict(list)
        rows = (
            Crate.objects.filter(stop__round__in=rounds)
            .exclude(status=Crate.Status.MISSING)
            .order_by()
            .values_list(
                "stop__round", "storage_class", "leg", "stop__position", "dropped_at__position", "max_temperature"
            )
            .annotate(Count("pk"))
        )
        for round_, storage_class, leg, position, dropped, limit, _number in rows:
            self._crates[round_, storage_class].append((leg, position, dropped, limit))

    def of(self, round_: int, storage_class: str, position: int | None) -> Decimal | None:
        """Degrees at most in a storage class, at the stop with this position (None: on the whole round)."""
        asked = [OF_CLASS.get(StorageClass(storage_class)), *self._asked(round_, storage_class, position)]
        return min((degrees for degrees in asked if degrees is not None), default=None)

    def on_board(self, round_: int, storage_class: str, position: int) -> bool:
        """Whether anything of a storage class is in the van at the stop with this position."""
        return bool(self._asked(round_, storage_class, position))

    def classes(self, round_: int) -> list[str]:
        """The storage classes on a round that must be kept cold by law or by a product."""
        return [
            value
            for value in StorageClass.values
            if (round_, value) in self._crates and self.of(round_, value, None) is not None
        ]

    def _asked(self, round_: int, storage_class: str, position: int | None) -> list[Decimal | None]:
        """What each crate on board asks for itself."""
        return [
            limit
            for leg, taken, dropped, limit in self._crates.get((round_, storage_class), ())
            if position is None or _on_board(leg, taken, dropped, position)
        ]


def _on_board(leg: str, taken: int, dropped: int | None, position: int) -> bool:
    if leg == Round.Leg.COLLECTION:
        return taken <= position
    if leg == Round.Leg.DISTRIBUTION:
        return taken >= position
    return taken <= position <= (dropped or position)


def headings() -> list[str]:
    return [
        _("Day"),
        _("Hour"),
        _("Round"),
        _("Vehicle"),
        _("Stop"),
        _("Storage class"),
        "°C",
        _("Limit"),
        _("Measured by"),
        _("Verdict"),
    ]


def cells(line: Line) -> list[str]:
    """What a line says, in the order of the headings, in the reader's language."""
    reading = line.reading
    at = clock.local(reading.at)
    return [
        date_format(at.date(), "d/m/Y"),
        f"{at:%H:%M}",
        str(reading.round.number),
        reading.round.vehicle.name,
        str(reading.stop or ""),
        str(reading.get_storage_class_display()),
        number_format(reading.celsius, 1, use_l10n=True),
        "" if line.limit is None else number_format(line.limit, 1, use_l10n=True),
        reading.by.name,
        _("too warm") if line.too_warm else _("in order"),
    ]


def as_csv(lines: Iterable[Line]) -> bytes:
    return tables.as_csv(headings(), map(cells, lines))


def as_pdf(network: Network, period: Period, lines: Sequence[Line]) -> bytes:
    return sheets.drawn([paper(network, period, lines)])


def paper(network: Network, period: Period, lines: Sequence[Line]) -> dict[str, Any]:
    warm = sum(line.too_warm for line in lines)
    return {
        "kind": "temperature_log",
        "title": _("Temperature log"),
        "subtitle": f"{network} · {period.said}",
        "facts": [
            [_("Measured"), str(len(lines))],
            [_("Too warm"), str(warm)],
            [_("Business"), str(network.organisation)],
        ],
        "headings": headings(),
        "rows": [{"cells": cells(line), "warm": line.too_warm} for line in lines],
        "words": {
            "nothing": _("Nothing was measured in this period."),
            "limits": _(
                "Limit: the coldest product on board at that stop; else fresh 7, frozen −18 degrees. Poultry is kept at 4, mince at 2."
            ),
        },
    }
