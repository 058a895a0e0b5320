"""
Paper: run sheets and packing lists as PDF, in the reader's language. typst draws, templates in `templates/typst/`; what is
drawn goes in as one JSON input named `data`. Right without any phone or network, in black on white.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import typst
from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from logistics.contacts import contacts_of
from logistics.loading import amount_of, described
from logistics.models import Crate, Round
from network import clock, fonts
from network.models import DeliveryDay
from network.quantities import StorageClass
from network.texts import as_text

TEMPLATES = settings.ROOT / "templates" / "typst"


def run_sheet(*, round: Round) -> bytes:
    """The driver's paper: stops with times, contacts and crates to tick, and the order in which to load."""
    return drawn("run_sheet", run_sheet_data(round))


def packing_lists(*, day: DeliveryDay) -> bytes:
    """What the hub packs: per delivery, crate by crate, whose goods go in. Each delivery starts on a new page."""
    return drawn("packing_lists", packing_data(day))


def run_sheet_data(round: Round) -> dict[str, Any]:
    stops = list(
        round.stops.select_related(
            "producer__organisation", "delivery__pickup_point", "delivery__outlet__organisation", "place"
        )
        .prefetch_related("crates")
        .order_by("position")
    )
    contacts = contacts_of(stops)
    day = round.delivery_day
    return {
        "title": str(round),
        "subtitle": f"{day.network} · {_day(day)}",
        "leg": round.get_leg_display(),
        "facts": [
            [_("Vehicle"), round.vehicle.name],
            [_("Driver"), str(round.driver or _("nobody yet"))],
            [_("Leaves the hub"), _hour(round.starts_at)],
            [_("Back at the hub"), _hour(round.ends_at)],
            [_("Distance"), f"{number_format(round.km, 1, use_l10n=True)} km"],
        ],
        "loading": _loading(round, stops),
        "stops": [
            {
                "number": stop.position,
                "name": str(stop),
                "place": str(stop.place),
                "arrives": _hour(stop.arrives_at),
                "window": _window(stop),
                "contacts": [f"{contact.name} {contact.phone}" for contact in contacts.get(stop.pk, [])[:2]],
                "load": _counted(stop.crates.all()),
                "crates": [
                    {"letter": crate.letter, "what": ", ".join(f"{what} {amount}" for what, amount in described(crate))}
                    for crate in stop.crates.all()
                ],
            }
            for stop in stops
        ],
        "labels": {
            "loading": _("Load in this order: the last stop goes in first"),
            "arrives": _("Arrives"),
            "missing": _("Missing or remarks"),
            "page": _("Page"),
        },
    }


def packing_data(day: DeliveryDay) -> dict[str, Any]:
    crates_of: dict[int, list[Crate]] = defaultdict(list)
    for crate in (
        day.crates.filter(leg=Round.Leg.DISTRIBUTION).select_related("stop__round").order_by("delivery_id", "pk")
    ):
        assert crate.delivery_id
        crates_of[crate.delivery_id].append(crate)
    deliveries = day.deliveries.filter(pk__in=crates_of).select_related("pickup_point", "outlet__organisation", "place")
    lists: list[dict[str, Any]] = []
    for delivery in deliveries:
        crates = crates_of[delivery.pk]
        stop = crates[0].stop
        lists.append(
            {
                "order": (stop.round.number, stop.position) if stop else (9999, delivery.pk),
                "name": str(delivery.destination),
                "place": delivery.place.municipality,
                "round": _("%(round)s, stop %(stop)s") % {"round": stop.round, "stop": stop.position}
                if stop
                else _("no round"),
                "window": f"{_hour(delivery.starts_at)} - {_hour(delivery.ends_at)}",
                "load": _counted(crates),
                "crates": [_packed(crate, number, len(crates)) for number, crate in enumerate(crates, 1)],
            }
        )
    lists.sort(key=lambda one: one["order"])
    return {
        "title": _("Packing lists"),
        "subtitle": f"{day.network} · {_day(day)}",
        "lists": lists,
        "labels": {"page": _("Page"), "order": _("order"), "nothing": _("There is nothing to pack on this day.")},
    }


def _packed(crate: Crate, number: int, count: int) -> dict[str, Any]:
    return {
        "letter": crate.letter,
        "count": f"{number}/{count}",
        "class": StorageClass(crate.storage_class).label,
        "orders": [
            {
                "number": content["order"],
                "buyer": content["buyer"],
                "lines": [[str(as_text(line["name"])), amount_of(line)] for line in content["lines"]],
            }
            for content in crate.contents
        ],
    }


def _loading(round: Round, stops: Sequence[Any]) -> list[str]:
    if round.leg != Round.Leg.DISTRIBUTION:
        return []
    return [
        f"{stop.position}. {stop} ({', '.join(crate.letter for crate in stop.crates.all())})"
        for stop in reversed(stops)
    ]


def _counted(crates: Iterable[Crate]) -> str:
    """ "5 crates: 3 cool, 2 cold" """
    counts: dict[str, int] = defaultdict(int)
    for crate in crates:
        counts[crate.storage_class] += 1
    total = sum(counts.values())
    parts = ", ".join(f"{counts[value]} {label}" for value, label in StorageClass.choices if counts[value])
    return ngettext("%(count)s crate", "%(count)s crates", total) % {"count": total} + (f": {parts}" if parts else "")


def _window(stop: Any) -> str:
    if stop.producer:
        return f"{stop.producer.opens:%H:%M} - {stop.producer.closes:%H:%M}"
    if stop.delivery.pickup_point_id:
        return _("opens at %(hour)s") % {"hour": _hour(stop.delivery.starts_at)}
    return f"{_hour(stop.delivery.starts_at)} - {_hour(stop.delivery.ends_at)}"


def _hour(moment: Any) -> str:
    return clock.local(moment).strftime("%H:%M")


def _day(day: DeliveryDay) -> str:
    return date_format(day.on, "l j F Y")


def drawn(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of a template in `templates/typst/`."""
    pdf = typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=[fonts.BUILT] if fonts.BUILT.exists() else [],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data | {"language": get_language() or "nl"}, default=str)},
    )
    assert isinstance(pdf, bytes)
    return pdf
