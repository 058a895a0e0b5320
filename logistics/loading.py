"""
From frozen orders to crates. A farm fills whole crates with one product and packs the remainders together; the hub packs
order after order, and keeps what one buyer takes of a storage class in one crate as long as it fits.

A crate's letter is its storage class (A ambient, B cool, C cold, D frozen), its number counts within the farm or the
delivery. `contents`, quantities as strings in the line's unit: at a farm `[{"line": purchase order line, "name": texts,
"quantity", "unit"}]`, at a delivery `[{"order": pk, "buyer": name, "lines": [{"line": order line, "name", "quantity",
"unit"}]}]`. What is already known to be missing is not packed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from math import ceil
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.formats import number_format
from django.utils.translation import ngettext

from logistics.models import Crate, Round
from logistics.routing import STORAGE_CLASSES, Load
from network.models import DeliveryDay
from network.quantities import Unit
from network.texts import as_text
from orders.models import Order, OrderLine, PurchaseOrderLine

LETTERS = dict(zip(STORAGE_CLASSES, "ABCD", strict=True))
NEARLY = Decimal("0.0001")
"""Shares of a crate are kept in six decimals: six sixths are a little more than a crate."""


@dataclass
class _Box:
    """A crate being filled: `full` counts crate equivalents, at most 1."""

    full: Decimal = Decimal(0)
    kg: Decimal = Decimal(0)
    contents: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, share: Decimal) -> bool:
        return self.full + share <= 1 + NEARLY

    def add(self, share: Decimal, kg: Decimal, contents: list[dict[str, Any]]) -> None:
        self.full, self.kg = self.full + share, self.kg + kg
        self.contents += contents


def load_of(crates: Iterable[Crate]) -> Load:
    """Crates per storage class, and whole kg rounded up."""
    counts, kg = dict.fromkeys(STORAGE_CLASSES, 0), Decimal(0)
    for crate in crates:
        counts[crate.storage_class] += 1
        kg += crate.kg
    return Load(crates=tuple(counts.values()), kg=ceil(kg))  # type: ignore[arg-type]


def described(crate: Crate) -> list[tuple[str, str]]:
    """What is in a crate, in the reader's language: (product, amount) at a farm, (buyer, number of products) at a delivery."""
    if crate.leg == Round.Leg.COLLECTION:
        return [(str(as_text(content["name"])), amount_of(content)) for content in crate.contents]
    return [
        (
            content["buyer"],
            ngettext("%(count)s product", "%(count)s products", len(content["lines"]))
            % {"count": len(content["lines"])},
        )
        for content in crate.contents
    ]


def amount_of(content: Mapping[str, Any]) -> str:
    """The quantity and unit of a content: "4,5 kg"."""
    quantity = Decimal(content["quantity"])
    return f"{number_format(quantity.normalize() if quantity % 1 else int(quantity), use_l10n=True)} {Unit(content['unit']).label}"


def collection_crates(day: DeliveryDay) -> dict[int, list[Crate]]:
    """What each producer has ready on the day, unsaved, by producer pk; one query."""
    lines = (
        PurchaseOrderLine.objects.filter(purchase_order__delivery_day=day, quantity__gt=F("missing"))
        .select_related("product")
        .annotate(producer_id=F("purchase_order__producer_id"))
        .order_by("producer_id", "pk")
    )
    return {
        producer: [
            Crate(
                delivery_day=day,
                leg=Round.Leg.COLLECTION,
                producer_id=producer,
                purchase_order_line_id=box.contents[0]["line"] if len(box.contents) == 1 else None,
                storage_class=storage_class,
                letter=letter,
                contents=box.contents,
                kg=box.kg,
            )
            for storage_class, letter, box in _lettered(_farm_boxes(own))
        ]
        for producer, own in groupby(lines, lambda line: line.producer_id)
    }


def distribution_crates(day: DeliveryDay) -> dict[int, list[Crate]]:
    """What goes to each delivery of the day, unsaved, by delivery pk; one query."""
    lines = (
        OrderLine.objects.filter(order__in=Order.objects.confirmed(), order__delivery__delivery_day=day)
        .annotate(left=Coalesce("packed", "confirmed"))
        .filter(left__gt=0)
        .order_by("order__delivery_id", "order__buyer__name", "order_id", "pk")
        .values("order_id", "pk", "name", "unit", "step", "storage_class", "crate_share", "unit_kg", "left")
        .annotate(delivery=F("order__delivery_id"), buyer=F("order__buyer__name"))
    )
    return {
        delivery: [
            Crate(
                delivery_day=day,
                leg=Round.Leg.DISTRIBUTION,
                delivery_id=delivery,
                storage_class=storage_class,
                letter=letter,
                contents=box.contents,
                kg=box.kg,
            )
            for storage_class, letter, box in _lettered(_delivery_boxes(own))
        ]
        for delivery, own in groupby(lines.iterator(chunk_size=5000), lambda line: line["delivery"])
    }


def _lettered(boxes: dict[str, list[_Box]]) -> Iterator[tuple[str, str, _Box]]:
    for storage_class in STORAGE_CLASSES:
        for number, box in enumerate(boxes.get(storage_class, ()), 1):
            yield storage_class, f"{LETTERS[storage_class]}{number}", box


def _farm_boxes(lines: Iterable[PurchaseOrderLine]) -> dict[str, list[_Box]]:
    """Full crates of one product first; then the remainders, largest first, each into the first crate with room."""
    boxes: dict[str, list[_Box]] = defaultdict(list)
    remainders: dict[str, list[tuple[Decimal, Decimal, dict[str, Any]]]] = defaultdict(list)
    for line in lines:
        product, left = line.product, line.quantity - line.missing
        fits = Decimal(product.units_per_crate)
        full, rest = divmod(left, fits)
        for _ in range(int(full)):
            boxes[product.storage_class].append(_Box(Decimal(1), fits * product.unit_kg, [_content(line, fits)]))
        if rest:
            remainders[product.storage_class].append((rest / fits, rest * product.unit_kg, _content(line, rest)))
    for storage_class, rests in remainders.items():
        mixed: list[_Box] = []
        for share, kg, content in sorted(rests, key=lambda rest: -rest[0]):
            _first_with_room(mixed, share).add(share, kg, [content])
        boxes[storage_class] += mixed
    return boxes


def _content(line: PurchaseOrderLine, quantity: Decimal) -> dict[str, Any]:
    return {"line": line.pk, "name": dict(line.name), "quantity": str(quantity), "unit": line.unit}


def _delivery_boxes(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[_Box]]:
    """Per storage class; an order that needs more than a crate fills crates of its own and shares only the last."""
    boxes: dict[str, list[_Box]] = defaultdict(list)
    for order, own in groupby(lines, lambda line: (line["order_id"], line["buyer"])):
        per_class: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for line in own:
            per_class[line["storage_class"]].append(line)
        for storage_class, wanted in per_class.items():
            *full, last = _parcels(wanted)
            for parcel in full:
                boxes[storage_class].append(_Box(parcel.full, parcel.kg, [_of_order(order, parcel)]))
            _first_with_room(boxes[storage_class], last.full).add(last.full, last.kg, [_of_order(order, last)])
    return boxes


def _parcels(lines: Iterable[Mapping[str, Any]]) -> list[_Box]:
    """One order's lines of a storage class, in as few crates as they need, split in whole steps only where they must."""
    parcels = [_Box()]
    for line in lines:
        left, step_share = line["left"], line["crate_share"] * line["step"]
        while left > 0:
            box = parcels[-1]
            steps = (1 + NEARLY - box.full) // step_share if step_share else left
            if steps < 1 and box.contents:
                parcels.append(_Box())
                continue
            part = min(left, max(steps, Decimal(1)) * line["step"])
            content = {"line": line["pk"], "name": dict(line["name"]), "quantity": str(part), "unit": line["unit"]}
            box.add(part * line["crate_share"], part * line["unit_kg"], [content])
            left -= part
    return parcels


def _of_order(order: tuple[int, str], parcel: _Box) -> dict[str, Any]:
    return {"order": order[0], "buyer": order[1], "lines": parcel.contents}


def _first_with_room(boxes: list[_Box], share: Decimal) -> _Box:
    for box in boxes:
        if box.takes(share):
            return box
    boxes.append(_Box())
    return boxes[-1]
