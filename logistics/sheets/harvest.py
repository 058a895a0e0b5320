"""A farm's own papers of a day: what she picks, the labels of her crates, and what she hands over. No prices, no households."""

from collections import defaultdict
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from logistics.harvest import Harvest
from logistics.models import Crate
from logistics.sheets import labels
from logistics.sheets.manifest import Manifest, counted, hour, keeping, spans, weight
from network.templatetags.kouter import amount, signed


def pick_list(found: Harvest) -> dict[str, Any]:
    """Per product in large type with a box to tick, then per crate and per delivery; at the end what changed since the cut-off."""
    return {
        "kind": "pick_list",
        "title": _("Picking list"),
        "subtitle": _subtitle(found),
        "farm": str(found.purchase.producer),
        "version": _("Version %(version)s") % {"version": found.version},
        "leaves": leaves(found),
        "load": found.load,
        "picks": [
            {"name": pick.name, "amount": amount(pick.quantity), "unit": str(pick.unit), "letters": pick.letters}
            for pick in found.picks
            if pick.quantity
        ],
        "boxes": [
            {"letter": box.crate.letter, "to": box.to, "keeping": f"{box.keeping} · {box.kg}", "goods": box.goods}
            for box in found.boxes
        ],
        "drops": [[str(drop.delivery.destination), drop.goods] for drop in found.drops],
        "changes": [
            [
                str(change.version),
                f"{change.line.name}: {signed(amount(change.difference))} {change.line.get_unit_display()}",
                str(change.get_kind_display()),
                f"{change.by}, {date_format(change.at, 'j/n H:i')}",
            ]
            for change in found.changes
        ],
        "words": {
            "crates": _("Per crate"),
            "drops": _("Where it goes"),
            "changes": _("Changed since the cut-off"),
            "nothing": _("Nothing is to be brought any more."),
            "later": _("Something may change after this was printed: your page shows it on top."),
        },
    }


def handed_over(found: Harvest) -> dict[str, Any]:
    """What she hands over: crates and kg per storage class, every product, and room to sign."""
    per_class: dict[str, list[Crate]] = defaultdict(list)
    for crate in found.crates:
        per_class[keeping(crate)].append(crate)
    lots = Manifest(found.day, [], found.crates).lots
    of_line: dict[int, list[Crate]] = defaultdict(list)
    for crate in found.crates:
        for line in dict.fromkeys(content["line"] for content in crate.contents):
            of_line[line].append(crate)
    return {
        "kind": "handed_over",
        "title": _("Delivery note %(number)s") % {"number": f"{found.day.pk}-{found.purchase.pk}"},
        "subtitle": _subtitle(found),
        "from": [str(found.purchase.producer), str(found.purchase.producer.organisation.place or "")],
        "to": [found.day.network.organisation.name, str(found.day.network.hub)],
        "leaves": leaves(found),
        "load": found.load,
        "classes": [
            [capfirst(words), counted(crates).split(":")[0], weight(crates), spans([crate.letter for crate in crates])]
            for words, crates in per_class.items()
        ],
        "rows": [
            [
                pick.name,
                f"{amount(pick.quantity)} {pick.unit}",
                ", ".join(dict.fromkeys(keeping(crate) for line in pick.lines for crate in of_line[line.pk])),
                pick.letters,
                lots.get(pick.product.pk, []),
            ]
            for pick in found.picks
            if pick.quantity
        ],
        "missing": [f"{pick.name}: {amount(pick.missing)} {pick.unit}" for pick in found.picks if pick.missing],
        "words": {
            "from": _("From"),
            "to": _("To"),
            "product": _("Product"),
            "brought": _("Brought"),
            "crates": _("Crates"),
            "kept": _("Kept"),
            "weight": _("Weight"),
            "lot": _("Lot, use by"),
            "received": _("Received"),
            "missing": _("Not delivered"),
            "remarks": _("Missing, damaged or other remarks"),
            "given": _("Given by (name and signature)"),
            "signed": _("Received by (name and signature)"),
            "taken": _("Empty crates taken back"),
            "temperature": _("Temperature on arrival"),
        },
    }


def crate_labels(found: Harvest) -> dict[str, Any]:
    """The labels of her crates, in the order of their letters."""
    return labels.of_farm(Manifest(found.day, [], found.crates), found.purchase.producer)


def leaves(found: Harvest) -> str:
    """How the goods leave the yard, as far as that is known: her choice, or the hour of a published plan."""
    if found.stop:
        return _("%(round)s comes at %(hour)s") % {"round": found.stop.round, "hour": hour(found.stop.arrives_at)}
    return _("Bring it to the hub") if found.brings else ""


def _subtitle(found: Harvest) -> str:
    return f"{found.day.network} · {date_format(found.day.on, 'l j F Y')}"
