"""
From frozen orders to crates. A farm fills whole crates with one product and packs the remainders together; the hub packs
order after order, and keeps what one buyer takes of a storage class in one crate as long as it fits. What a farm sends
straight to a delivery is packed at the farm, and leaves that much less for the hub.

A crate holds one storage class. Raw meat, and what lies on ice (2 degrees or colder), have crates of their own: meat
leaks, and ice freezes leaf and milk. `max_temperature` is that of the coldest product inside.

A crate's letter is its storage class (A ambient, B cool, C cold, D frozen), its number counts within the farm or the
delivery; straight crates are numbered on from those the farm sends to the hub. `contents`, quantities as strings in the
line's unit: at a farm `[{"line": purchase order line, "name": texts, "quantity", "unit"}]`, on a straight leg the same
with `"order"` and `"order_line"`; at a delivery `[{"order": pk, "buyer": name, "lines": [{"line": order line, "name",
"quantity", "unit"}]}]`. What is already known to be missing is not packed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from math import ceil
from typing import Any, TypeAlias

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.formats import number_format
from django.utils.translation import ngettext

from logistics.models import Crate, Round
from logistics.models.plan import crate_code
from logistics.routing import STORAGE_CLASSES, Load
from network.models import DeliveryDay
from network.quantities import StorageClass, Unit
from network.texts import as_text
from orders.models import Order, OrderLine, PurchaseOrderLine
from producers.models import Product

LETTERS = dict(zip(STORAGE_CLASSES, "ABCD", strict=True))
NEARLY = Decimal("0.0001")
"""Shares of a crate are kept in six decimals: six sixths are a little more than a crate."""
ON_ICE = Decimal(2)
"""Degrees Celsius: what may not get warmer than this travels on ice."""

Row: TypeAlias = Mapping[str, Any]
"""An order line: what is left of it to bring, and how it is packed."""
Pair: TypeAlias = tuple[int, int]
"""A producer and a delivery (pks) between which goods go straight."""
Kind: TypeAlias = tuple[str, int]
"""Storage class, and within it: 0 anything, 1 raw meat, 2 on ice, 3 raw meat on ice."""


@dataclass(frozen=True)
class Goods:
    """What was asked of every producer (by pk) and ordered at every delivery (by pk) of a day, less what is missing."""

    day: DeliveryDay
    asked: dict[int, list[PurchaseOrderLine]]
    ordered: dict[int, list[Row]]

    def between(self, producer: int, delivery: int) -> list[Row]:
        return [row for row in self.ordered.get(delivery, ()) if row["producer"] == producer]


@dataclass(frozen=True)
class Packed:
    """Unsaved crates: from each producer to the hub, from the hub to each delivery, and straight between the two."""

    collected: dict[int, list[Crate]]
    delivered: dict[int, list[Crate]]
    straight: dict[Pair, list[Crate]]


@dataclass
class _Box:
    """A crate being filled: `full` counts crate equivalents, at most 1."""

    full: Decimal = Decimal(0)
    kg: Decimal = Decimal(0)
    coldest: Decimal | None = None
    contents: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, share: Decimal) -> bool:
        return self.full + share <= 1 + NEARLY

    def add(self, share: Decimal, kg: Decimal, coldest: Decimal | None, contents: list[dict[str, Any]]) -> None:
        self.full, self.kg = self.full + share, self.kg + kg
        if coldest is not None:
            self.coldest = coldest if self.coldest is None else min(self.coldest, coldest)
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
    if crate.leg != Round.Leg.DISTRIBUTION:
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


def goods_of(day: DeliveryDay) -> Goods:
    """Two queries, however many orders there are."""
    asked = (
        PurchaseOrderLine.objects.filter(purchase_order__delivery_day=day, quantity__gt=F("missing"))
        .select_related("product")
        .annotate(producer_id=F("purchase_order__producer_id"))
        .order_by("producer_id", "pk")
    )
    ordered = (
        OrderLine.objects.filter(order__in=Order.objects.confirmed(), order__delivery__delivery_day=day)
        .annotate(left=Coalesce("packed", "confirmed"))
        .filter(left__gt=0)
        .order_by("order__delivery_id", "order__buyer__name", "order_id", "pk")
        .values(
            "order_id",
            "pk",
            "producer",
            "supply",
            "price",
            "name",
            "unit",
            "step",
            "storage_class",
            "crate_share",
            "unit_kg",
            "left",
        )
        .annotate(
            delivery=F("order__delivery_id"),
            buyer=F("order__buyer__name"),
            category=F("product__category"),
            max_temperature=F("product__max_temperature"),
        )
    )
    return Goods(
        day,
        {producer: list(own) for producer, own in groupby(asked, lambda line: line.producer_id)},
        {at: list(own) for at, own in groupby(ordered.iterator(chunk_size=5000), lambda row: row["delivery"])},
    )


def pack(goods: Goods, straight: Iterable[Pair] = (), *, like: Packed | None = None) -> Packed:
    """
    All crates of a day, with the goods of `straight` pairs in crates of their own. `like` is what was packed of the same
    goods before: deliveries that both ways get everything from the hub are taken from it.
    """
    going = sorted(straight)
    collected, direct = {}, {}
    for producer, lines in goods.asked.items():
        taken: dict[int, Decimal] = defaultdict(Decimal)
        parcels: dict[int, list[_Part]] = {}
        for delivery in [delivery for farm, delivery in going if farm == producer]:
            parcels[delivery] = _sent(lines, goods.between(producer, delivery))
            for part in parcels[delivery]:
                taken[part.line.pk] += part.quantity
        rest = [_Part(line, line.quantity - line.missing - taken[line.pk]) for line in lines]
        numbers: dict[str, int] = defaultdict(int)
        if crates := [
            _crate(goods, Round.Leg.COLLECTION, made, producer=producer)
            for made in _lettered(_farm_boxes(rest), numbers)
        ]:
            collected[producer] = crates
        for delivery, parts in parcels.items():
            direct[producer, delivery] = [
                _crate(goods, Round.Leg.DIRECT, made, producer=producer, delivery=delivery)
                for made in _lettered(_farm_boxes(parts), numbers)
            ]
    apart = {delivery for _farm, delivery in going}
    before = {delivery for _farm, delivery in like.straight} if like else set()
    delivered = {}
    for delivery, rows in goods.ordered.items():
        if like and delivery not in apart | before:
            delivered[delivery] = like.delivered[delivery]
            continue
        over_hub = [row for row in rows if (row["producer"], delivery) not in direct]
        if over_hub:
            delivered[delivery] = [
                _crate(goods, Round.Leg.DISTRIBUTION, made, delivery=delivery)
                for made in _lettered(_delivery_boxes(over_hub), defaultdict(int))
            ]
    return Packed(collected, delivered, direct)


def _crate(
    goods: Goods,
    leg: Round.Leg,
    made: tuple[str, str, _Box],
    *,
    producer: int | None = None,
    delivery: int | None = None,
) -> Crate:
    storage_class, letter, box = made
    whole = producer is not None and len(box.contents) == 1
    return Crate(
        delivery_day=goods.day,
        leg=leg,
        producer_id=producer,
        delivery_id=delivery,
        purchase_order_line_id=box.contents[0]["line"] if whole else None,
        storage_class=storage_class,
        letter=letter,
        contents=box.contents,
        kg=box.kg,
        max_temperature=box.coldest,
    )


def _kind(storage_class: str, category: str, max_temperature: Decimal) -> Kind:
    """What may share a crate. Frozen goods are packed and hard: they may all lie together."""
    if storage_class == StorageClass.FROZEN:
        return storage_class, 0
    return storage_class, (category == Product.Category.MEAT) + 2 * (max_temperature <= ON_ICE)


def _lettered(boxes: Mapping[Kind, Sequence[_Box]], numbers: dict[str, int]) -> Iterator[tuple[str, str, _Box]]:
    """Storage class, letter and box; `numbers` is what each class has counted to."""
    for storage_class, letter in LETTERS.items():
        for kind in range(4):
            for box in boxes.get((storage_class, kind), ()):
                numbers[storage_class] += 1
                yield storage_class, f"{letter}{numbers[storage_class]}", box


@dataclass(frozen=True)
class _Part:
    """A quantity of what was asked of a farm; `extra` is added to what its crates say of it."""

    line: PurchaseOrderLine
    quantity: Decimal
    extra: Mapping[str, Any] = field(default_factory=dict)


def _sent(lines: Iterable[PurchaseOrderLine], rows: Iterable[Row]) -> list[_Part]:
    """One order's lines of a producer as parts of what was asked of her."""
    asked = {(line.supply_id, line.price): line for line in lines}
    return [
        _Part(line, row["left"], {"order": row["order_id"], "order_line": row["pk"]})
        for row in rows
        if (line := asked.get((row["supply"], row["price"])))
    ]


def _farm_boxes(parts: Iterable[_Part]) -> dict[Kind, list[_Box]]:
    """Full crates of one product first; then the remainders, largest first, each into the first crate with room."""
    boxes: dict[Kind, list[_Box]] = defaultdict(list)
    remainders: dict[Kind, list[tuple[Decimal, _Part]]] = defaultdict(list)
    for part in parts:
        product = part.line.product
        kind = _kind(product.storage_class, product.category, product.max_temperature)
        full, rest = divmod(max(part.quantity, Decimal(0)), product.units_per_crate)
        for _ in range(int(full)):
            boxes[kind].append(_filled(_Box(), part, Decimal(product.units_per_crate)))
        if rest:
            remainders[kind].append((rest, part))
    for kind, rests in remainders.items():
        mixed: list[_Box] = []
        for rest, part in sorted(rests, key=lambda one: -one[0] / one[1].line.product.units_per_crate):
            _filled(_first_with_room(mixed, rest / part.line.product.units_per_crate), part, rest)
        boxes[kind] += mixed
    return boxes


def _filled(box: _Box, part: _Part, quantity: Decimal) -> _Box:
    line, product = part.line, part.line.product
    content = {"line": line.pk, "name": dict(line.name), "quantity": str(quantity), "unit": line.unit, **part.extra}
    share, kg = quantity / product.units_per_crate, quantity * product.unit_kg
    box.add(share, kg, product.max_temperature, [content])
    return box


def _delivery_boxes(lines: Iterable[Row]) -> dict[Kind, list[_Box]]:
    """By what may share a crate; an order that needs more than a crate fills crates of its own and shares only the last."""
    boxes: dict[Kind, list[_Box]] = defaultdict(list)
    for order, own in groupby(lines, lambda line: (line["order_id"], line["buyer"])):
        per_kind: dict[Kind, list[Row]] = defaultdict(list)
        for line in own:
            per_kind[_kind(line["storage_class"], line["category"], line["max_temperature"])].append(line)
        for kind, wanted in per_kind.items():
            *full, last = _parcels(wanted)
            for parcel in full:
                boxes[kind].append(_Box(parcel.full, parcel.kg, parcel.coldest, [_of_order(order, parcel)]))
            shared = _first_with_room(boxes[kind], last.full)
            shared.add(last.full, last.kg, last.coldest, [_of_order(order, last)])
    return boxes


def _parcels(lines: Iterable[Row]) -> list[_Box]:
    """One order's lines of a kind, in as few crates as they need, split in whole steps only where they must."""
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
            box.add(part * line["crate_share"], part * line["unit_kg"], line["max_temperature"], [content])
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


def label_anew(crates: Iterable[Crate]) -> None:
    """Other codes for crates not yet stored, as long as another crate has the same: after millions of crates that happens."""
    wanting, codes = list(crates), set[str]()
    while wanting:
        taken = codes | set(Crate.objects.filter(code__in=[one.code for one in wanting]).values_list("code", flat=True))
        again = []
        for crate in wanting:
            if crate.code in taken:
                crate.code = crate_code()
                again.append(crate)
            else:
                taken.add(crate.code)
                codes.add(crate.code)
        wanting = again
