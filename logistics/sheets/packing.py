"""What the hub packs, and what it gives along for outlets."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from logistics.loading import amount_of
from logistics.models import Crate, Round
from logistics.sheets.manifest import Halt, Manifest, Ride, chilled, counted, hour, keeping, spans, weight
from network.models import Delivery
from network.texts import as_text
from orders.models import Order, OrderLine
from orders.shortages import Wants

LATER = 9999
"""Behind every round: what is on none."""


def packing_lists(manifest: Manifest, *, delivery: int | None = None, per_crate: bool = False) -> dict[str, Any]:
    """
    Per delivery, crate by crate, whose goods go in: each delivery on a new page, in the order of the rounds; of one
    `delivery` (pk), or `per_crate` a slip of half a page to lay in each. Three queries.
    """
    crates_of = _per_delivery(manifest, {Round.Leg.DISTRIBUTION})
    if delivery is not None:
        crates_of = {pk: crates for pk, crates in crates_of.items() if pk == delivery}
    halt_of, wishes = manifest.halt_of, _wishes(crates_of)
    lists = []
    for drop in _deliveries(crates_of):
        crates = crates_of[drop.pk]
        ride, halt = halt_of.get(crates[0].pk, (None, None))
        lists.append(
            {
                "order": (ride.round.number, halt.stop.position) if ride and halt else (LATER, drop.pk),
                "name": str(drop.destination),
                "place": drop.place.municipality,
                "round": _where(ride, halt),
                "window": f"{hour(drop.starts_at)} – {hour(drop.ends_at)}",
                "load": f"{counted(crates)} · {weight(crates)}",
                "crates": [_packed(manifest, crate, wishes) for crate in crates],
            }
        )
    lists.sort(key=lambda one: one["order"])
    return {
        "kind": "crate_slips" if per_crate else "packing_lists",
        "title": _("Packing lists"),
        "subtitle": manifest.subtitle,
        "lists": lists,
        "words": {
            "missing": _("if something is missing"),
            "nothing": _("There is nothing to pack on this day."),
            "packed": _("Packed by"),
        },
    }


def notes(manifest: Manifest) -> list[dict[str, Any]]:
    """
    For each outlet what was sent, from which farm, in which crates, to sign for. Quantities only: prices are on the
    invoice. An outlet where two rounds stop gets one of each. Three queries.
    """
    halt_of = manifest.halt_of
    per_delivery = _per_delivery(manifest, {Round.Leg.DISTRIBUTION, Round.Leg.DIRECT})
    drops = [drop for drop in _deliveries(per_delivery) if drop.outlet_id]
    lines = _lines(crate for drop in drops for crate in per_delivery[drop.pk])
    found: list[dict[str, Any]] = []
    for drop in drops:
        per_ride: dict[int, list[Crate]] = defaultdict(list)
        for crate in per_delivery[drop.pk]:
            per_ride[halt_of[crate.pk][0].round.number if crate.pk in halt_of else LATER].append(crate)
        for number, crates in per_ride.items():
            ride, halt = halt_of.get(crates[0].pk, (None, None))
            found.append(_note(manifest, drop, number, _sent(crates, lines, manifest.lots), crates, _where(ride, halt)))
            found[-1]["position"] = halt.stop.position if halt else 0
    return sorted(found, key=lambda note: (note["round_number"], note["position"], note["title"]))


def delivery_notes(manifest: Manifest, notes: list[dict[str, Any]], *, of: str = "") -> dict[str, Any]:
    """These notes as one paper; `of` says whose."""
    return {
        "kind": "delivery_notes",
        "title": " · ".join(filter(None, [capfirst(_("delivery notes")), of])),
        "subtitle": manifest.subtitle,
        "notes": notes,
        "words": {
            "from": _("From"),
            "to": _("To"),
            "when": _("When"),
            "product": _("Product"),
            "farm": _("Farm"),
            "sent": _("Sent"),
            "crates": _("Crates"),
            "lot": _("Lot, use by"),
            "received": _("Received"),
            "remarks": _("Missing, damaged or other remarks"),
            "given": _("Given by (name and signature)"),
            "signed": _("Received by (name and signature)"),
            "taken": _("Empty crates taken back"),
            "temperature": _("Temperature on arrival"),
            "no_prices": _("Prices are on the invoice. Fresh goods: check them on receipt."),
        },
    }


def _note(
    manifest: Manifest, drop: Delivery, number: int, rows: list[dict[str, Any]], crates: list[Crate], where: str
) -> dict[str, Any]:
    assert drop.outlet
    network = manifest.day.network
    return {
        "round_number": number,
        "title": _("Delivery note %(number)s") % {"number": f"{manifest.day.pk}-{drop.pk}"},
        "subtitle": manifest.subtitle,
        "from": [network.organisation.name, str(network.hub)],
        "to": [str(drop.outlet), str(drop.place)],
        "round": where,
        "window": f"{hour(drop.starts_at)} – {hour(drop.ends_at)}",
        "load": f"{counted(crates)} · {weight(crates)}",
        "chilled": any(map(chilled, crates)),
        "rows": rows,
    }


def _where(ride: Ride | None, halt: Halt | None) -> str:
    if ride is None or halt is None:
        return _("on no round")
    return _("%(round)s, stop %(stop)s") % {"round": ride.round, "stop": halt.stop.position}


def _sent(crates: Iterable[Crate], lines: dict[int, OrderLine], lots: dict[int, list[str]]) -> list[dict[str, Any]]:
    """A row per product of an order, with its lots: a line over several crates is one row that names them all."""
    rows: dict[Any, dict[str, Any]] = {}
    for crate in crates:
        for content in crate.contents:
            for line in content.get("lines", [content]):
                if "quantity" not in line:
                    continue
                key = line.get("line"), str(as_text(line["name"])), line["unit"]
                known = lines.get(line.get("line") if "lines" in content else content.get("order_line"))
                row = rows.setdefault(
                    key,
                    {
                        "name": key[1],
                        "farm": str(known.producer) if known else "",
                        "lots": lots.get(known.product_id, []) if known else [],
                        "keeping": keeping(crate),
                        "quantity": Decimal(0),
                        "letters": [],
                        "unit": line["unit"],
                    },
                )
                row["quantity"] += Decimal(line["quantity"])
                if crate.letter not in row["letters"]:
                    row["letters"].append(crate.letter)
    return [
        {
            "name": row["name"],
            "farm": row["farm"],
            "lots": row["lots"],
            "keeping": row["keeping"],
            "amount": amount_of({"quantity": str(row["quantity"]), "unit": row["unit"]}),
            "letters": spans(row["letters"]),
        }
        for row in rows.values()
    ]


def _wishes(crates_of: dict[int, list[Crate]]) -> dict[int, str]:
    """What households want when something is missing, by order, when it is not just to pay less."""
    orders = Order.objects.filter(delivery__in=crates_of, buyer__substitution__in=[Wants.ASK, Wants.REPLACE])
    return {pk: str(Wants(wish).label) for pk, wish in orders.values_list("pk", "buyer__substitution")}


def _packed(manifest: Manifest, crate: Crate, wishes: dict[int, str]) -> dict[str, Any]:
    return {
        "letter": crate.letter,
        "count": manifest.counts[crate.pk],
        "keeping": keeping(crate),
        "kg": weight([crate]),
        "orders": [
            {
                "called": _called(content["order"], manifest.numbers),
                "buyer": content["buyer"],
                "wish": wishes.get(content["order"], ""),
                "lines": [[str(as_text(line["name"])), amount_of(line)] for line in content["lines"]],
            }
            for content in crate.contents
            if "lines" in content
        ],
    }


def _called(order: int, numbers: dict[int, int]) -> str:
    """What one asks for: at a point its pickup number, elsewhere the order (pk)."""
    if order in numbers:
        return _("pickup number %(number)s") % {"number": numbers[order]}
    return _("order %(number)s") % {"number": order}


def _per_delivery(manifest: Manifest, legs: set[Round.Leg]) -> dict[int, list[Crate]]:
    crates_of: dict[int, list[Crate]] = defaultdict(list)
    for crate in sorted(manifest.crates, key=lambda crate: crate.pk):
        if crate.leg in legs and crate.delivery_id:
            crates_of[crate.delivery_id].append(crate)
    return crates_of


def _deliveries(crates_of: dict[int, list[Crate]]) -> Any:
    return Delivery.objects.filter(pk__in=crates_of).select_related("pickup_point", "outlet__organisation", "place")


def _lines(crates: Iterable[Crate]) -> dict[int, OrderLine]:
    contents = [content for crate in crates for content in crate.contents]
    pks = {line["line"] for content in contents for line in content.get("lines", [])}
    pks |= {content["order_line"] for content in contents if "order_line" in content}
    return OrderLine.objects.select_related("producer__organisation").in_bulk(pks)
