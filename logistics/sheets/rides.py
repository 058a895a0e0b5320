"""What goes with a round: the driver's run sheet, and a summary that stays behind at each stop."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from logistics.calls import ends
from logistics.loading import amount_of
from logistics.models import Crate, Round
from logistics.sheets.manifest import Halt, Manifest, Ride, counted, hour, keeping, spans, weight
from network.texts import as_text


def run_sheet(manifest: Manifest, ride: Ride) -> dict[str, Any]:
    """Stops with times, contacts and crates to tick, and the order in which to load."""
    round_, hub = ride.round, manifest.day.network.hub
    start, end = ends(round_.vehicle, round_.leg, hub)
    return {
        "kind": "run_sheet",
        "title": str(round_),
        "what": " · ".join([capfirst(_("run sheet")), str(round_)]),
        "subtitle": manifest.subtitle,
        "aside": capfirst(round_.get_leg_display()),
        "facts": [
            [_("Vehicle"), round_.vehicle.name],
            [_("Driver"), str(round_.driver or _("nobody yet"))],
            [
                _("Leaves the hub") if start == hub else _("Leaves %(place)s") % {"place": start.municipality},
                hour(round_.starts_at),
            ],
            [
                _("Back at the hub") if end == hub else _("Arrives at %(place)s") % {"place": end.municipality},
                hour(round_.ends_at),
            ],
            [_("Distance"), f"{number_format(round_.km, 1, use_l10n=True)} km"],
            [_("Load"), weight(ride.crates)],
        ],
        "loading": [
            {
                "number": halt.stop.position,
                "name": str(halt.stop),
                "letters": spans([crate.letter for crate in crates]),
                "load": f"{counted(crates)} · {weight(crates)}",
            }
            for halt, crates in ride.loading
        ],
        "stops": [_stop(ride, halt) for halt in ride.halts],
        "words": {
            "loading": _("Load in this order"),
            "why": _("What goes out last goes in first."),
            "first_in": _("in first"),
            "last_in": _("in last"),
            "arrives": _("arrives"),
            "leaves": _("leaves"),
            "temperature": _("Temperature on arrival"),
            "departure": _("Temperature of the cold compartment or cool boxes before leaving"),
            "empties": _("Empties taken back"),
            "crates": _("crates"),
            "missing": _("Missing or remarks"),
            "received": _("Name and signature"),
            "call": _("Call"),
            "nothing": _("No crates here."),
            "no_stops": _("This round has no stops."),
            "km": _("Odometer: before leaving"),
            "km_back": _("when back"),
        },
    }


def summaries(manifest: Manifest, ride: Ride) -> dict[str, Any]:
    """A sheet per stop that stays there: crates to tick and, where goods are handed out, who collects from which."""
    return {
        "kind": "summaries",
        "title": " · ".join([capfirst(_("summary per stop")), str(ride.round)]),
        "subtitle": manifest.subtitle,
        "stops": [_summary(manifest, ride, halt) for halt in ride.halts],
        "words": {
            "crates": _("Crates"),
            "orders": _("Orders"),
            "name": _("Name"),
            "in_crates": _("In crates"),
            "products": _("Products"),
            "collected": _("Collected"),
            "empties": _("Empties"),
            "remarks": _("Missing, damaged or other remarks"),
            "given": _("Given by (name and signature)"),
            "received": _("Received by (name and signature)"),
            "taken": _("Empty crates taken back"),
            "nothing": _("No crates here."),
            "temperature": _("Temperature on arrival"),
        },
    }


def _stop(ride: Ride, halt: Halt) -> dict[str, Any]:
    stop = halt.stop
    return {
        "number": stop.position,
        "name": str(stop),
        "place": str(stop.place),
        "arrives": hour(stop.arrives_at),
        "leaves": hour(stop.leaves_at),
        "window": halt.window,
        "contacts": [[contact.name, contact.phone] for contact in halt.contacts],
        "load": f"{counted(halt.crates)} · {weight(halt.crates)}",
        "chilled": halt.chilled,
        "crates": [_row(ride, halt, crate) for crate in halt.crates],
        # At a farm one checks what is in a crate; at a delivery only that they are all there.
        "rows": bool(stop.producer_id),
    }


def _row(ride: Ride, halt: Halt, crate: Crate) -> dict[str, Any]:
    return {
        "letter": crate.letter,
        "keeping": keeping(crate),
        "what": ", ".join(f"{amount} {name}" for name, amount in goods(crate)) if halt.stop.producer_id else "",
        "other": straight(ride, halt, crate),
    }


def straight(ride: Ride, halt: Halt, crate: Crate) -> str:
    """For a crate that goes straight from farm to customer: where it goes, or where it came from."""
    if crate.leg != Round.Leg.DIRECT:
        return ""
    for other in ride.halts:
        if other is not halt and any(crate.pk == one.pk for one in other.crates):
            sentence = _("to stop %(number)s, %(name)s") if halt.stop.producer_id else _("from %(name)s")
            return sentence % {"number": other.stop.position, "name": str(other.stop)}
    return ""


def _summary(manifest: Manifest, ride: Ride, halt: Halt) -> dict[str, Any]:
    stop = halt.stop
    return {
        "number": stop.position,
        "name": str(stop),
        "place": str(stop.place),
        "round": f"{ride.round} · {ride.round.vehicle.name}",
        "time": f"{hour(stop.arrives_at)} – {hour(stop.leaves_at)}",
        "window": halt.window,
        "load": f"{counted(halt.crates)} · {weight(halt.crates)}",
        "chilled": halt.chilled,
        "crates": [_row(ride, halt, crate) for crate in halt.crates],
        "rows": bool(stop.producer_id),
        "orders": [] if stop.producer_id else orders_in(halt.crates, manifest.numbers),
        "number_is": _("Pickup number") if stop.delivery and stop.delivery.pickup_point_id else _("Order"),
        "title": f"{stop.position}. {stop}",
        "subtitle": manifest.subtitle,
    }


def orders_in(crates: Iterable[Crate], numbers: dict[int, int]) -> list[dict[str, Any]]:
    """Who collects what from which crates, by name, with the number said aloud there: no address, no phone, no price."""
    found: dict[int, dict[str, Any]] = {}
    letters: dict[int, list[str]] = defaultdict(list)
    lines: dict[int, set[Any]] = defaultdict(set)
    for crate in crates:
        for content in crate.contents:
            if "lines" not in content:
                continue
            pk = content["order"]
            found[pk] = {"buyer": content["buyer"], "number": numbers.get(pk, pk)}
            lines[pk].update(line["line"] for line in content["lines"])
            letters[pk].append(crate.letter)
    by_name = sorted(found, key=lambda pk: (found[pk]["buyer"].casefold(), found[pk]["number"]))
    return [found[pk] | {"letters": letters[pk], "products": len(lines[pk])} for pk in by_name]


def goods(crate: Crate) -> list[tuple[str, str]]:
    """The products in a crate and how much of each, in the reader's language, whoever they are for."""
    lines = [line for content in crate.contents for line in content.get("lines", [content])]
    return [(str(as_text(line["name"])), amount_of(line)) for line in lines if "quantity" in line]
