"""Crate labels: 99,1 x 67,7 mm, eight on an A4, in the order in which the crates are loaded."""

from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics.models import Crate, Round
from logistics.sheets.manifest import Manifest, Ride, hour, kept, weight
from logistics.sheets.rides import goods
from network.models import Delivery
from producers.models import Producer

PER_PAGE = 8
LINES = 7
"""Of a crate's contents on its label; the packing list tells the rest."""


def of_ride(manifest: Manifest, ride: Ride) -> dict[str, Any]:
    """
    First what is loaded at the hub, the last stop first; then what is collected on the way, in the order of the stops.
    """
    loaded = [(halt, crate) for halt, crates in ride.loading for crate in crates]
    collected = [
        (halt, crate)
        for halt in ride.halts
        if halt.stop.producer_id
        for crate in halt.crates
        if crate.leg != Round.Leg.DISTRIBUTION
    ]
    drop_of = {crate.pk: halt.stop.delivery for halt in ride.halts if halt.stop.delivery_id for crate in halt.crates}
    return _sheet(
        manifest,
        str(ride.round),
        [
            _label(
                manifest,
                crate,
                farm=halt.stop.producer,
                drop=drop_of.get(crate.pk),
                where=_("%(round)s, stop %(stop)s") % {"round": ride.round, "stop": halt.stop.position},
            )
            for halt, crate in (*loaded, *collected)
        ],
    )


def of_loose(manifest: Manifest) -> dict[str, Any]:
    """What farms bring themselves, and what is on no round; four queries."""
    farms = Producer.objects.select_related("organisation__place").in_bulk(
        {crate.producer_id for crate in manifest.loose} - {None}
    )
    drops = Delivery.objects.select_related("pickup_point", "outlet__organisation", "place").in_bulk(
        {crate.delivery_id for crate in manifest.loose} - {None}
    )
    return _sheet(
        manifest,
        _("on no round"),
        [
            _label(
                manifest,
                crate,
                farm=farms.get(crate.producer_id or 0),
                drop=drops.get(crate.delivery_id or 0),
                where=_("on no round"),
            )
            for crate in manifest.loose
        ],
    )


def of_farm(manifest: Manifest, farm: Producer) -> dict[str, Any]:
    """The crates of one farm (`stop__round` and the delivery selected), in the order in which she fills them."""
    return _sheet(
        manifest,
        str(farm),
        [
            _label(
                manifest,
                crate,
                farm=farm,
                drop=crate.delivery,
                where=_("%(round)s, stop %(stop)s") % {"round": crate.stop.round, "stop": crate.stop.position}
                if crate.stop
                else _("brought to the hub"),
            )
            for crate in manifest.loose
        ],
    )


def _sheet(manifest: Manifest, title: str, crates: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "labels",
        "title": " · ".join([capfirst(_("crate labels")), title]),
        "subtitle": manifest.subtitle,
        "day": f"{manifest.day.network} {manifest.day.on:%d/%m}",
        "crates": crates,
    }


def _label(
    manifest: Manifest, crate: Crate, *, farm: Producer | None, drop: Delivery | None, where: str
) -> dict[str, Any]:
    name, place, window, origin = "", "", "", ""
    if drop:
        name, place = str(drop.destination), drop.place.municipality
        window = f"{hour(drop.starts_at)} – {hour(drop.ends_at)}"
        origin = _("straight from %(farm)s") % {"farm": farm} if farm else ""
    elif farm:
        name, place = str(farm), farm.organisation.place.municipality if farm.organisation.place else ""
        window = f"{farm.opens:%H:%M} – {farm.closes:%H:%M}"
    buyers = [content for content in crate.contents if "lines" in content]
    if len(buyers) > 1:
        lines = [
            [
                _buyer(content, manifest.numbers),
                ngettext("%(count)s product", "%(count)s products", len(content["lines"]))
                % {"count": len(content["lines"])},
            ]
            for content in buyers
        ]
    else:
        lines = [list(one) for one in goods(crate)]
        lines += [[lot, ""] for lot in manifest.lots.get(crate.product_id, [])]  # type: ignore[attr-defined]
    buyer = _buyer(buyers[0], manifest.numbers) if len(buyers) == 1 and buyers[0]["buyer"] != name else ""
    room = LINES - bool(buyer) - bool(origin)
    most = room if len(lines) <= room else room - 1
    more = len(lines) - most
    return {
        "letter": crate.letter,
        "count": manifest.counts[crate.pk],
        "name": name,
        "place": place,
        "window": window,
        "where": where,
        "origin": origin,
        "buyer": buyer,
        "lines": lines[:most],
        "more": _("and %(count)s more") % {"count": more} if more > 0 else "",
        "kept": kept(crate),
        "kg": weight([crate]),
        "code": f"{crate.code[:4]} {crate.code[4:]}".strip(),
        "qr": f"{settings.SITE_URL}/c/{crate.code}",
    }


def _buyer(content: dict[str, Any], numbers: dict[int, int]) -> str:
    """Whose goods these are, after the number that is said aloud where they are collected."""
    number = numbers.get(content["order"])
    return f"{number} · {content['buyer']}" if number else str(content["buyer"])
