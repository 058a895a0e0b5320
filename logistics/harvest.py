"""
What a farm picks, packs and brings for a delivery day, and what is still to be done for it (`docs/harvest.md`). Reads only.

Crates are those of the plan; until there is one, those in which loading would pack what is asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from logistics import loading, transport
from logistics.models import Crate, PlanVersion, Stop
from logistics.sheets.manifest import counted, keeping, spans, weight
from logistics.sheets.rides import goods
from network import clock
from network.models import Delivery, DeliveryDay
from orders import purchasing
from orders.models import OrderLine, PurchaseChange, PurchaseOrder, PurchaseOrderLine, PurchaseRead
from orders.shortages import BEFORE_BILLING
from producers import stock
from producers.models import Producer, Product

STAYS = timedelta(days=2)
"""For so long after its day a list that is not settled stays among what is to do."""


@dataclass(frozen=True)
class Pick:
    """A product with all that is to be brought of it, whatever price it was ordered at; `letters` of the crates it is in."""

    product: Product
    lines: list[PurchaseOrderLine]
    letters: list[str]

    @property
    def name(self) -> str:
        return str(self.lines[0].name)

    @property
    def unit(self) -> str:
        return self.lines[0].get_unit_display()

    @property
    def quantity(self) -> Decimal:
        return sum((line.left for line in self.lines), Decimal(0))

    @property
    def missing(self) -> Decimal:
        return sum((line.missing for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class Box:
    """A crate as she fills it; `to` is where it goes when not to the hub."""

    crate: Crate
    to: str
    goods: list[tuple[str, str]]

    @property
    def keeping(self) -> str:
        return keeping(self.crate)

    @property
    def kg(self) -> str:
        return weight([self.crate])


@dataclass(frozen=True)
class Drop:
    """What a delivery gets of hers, in the end."""

    delivery: Delivery
    goods: list[tuple[str, str]]


@dataclass(frozen=True)
class Harvest:
    """All of a farm's day. `printed` is the version she has on paper (None: none), `read` who said what she saw, and when."""

    purchase: PurchaseOrder
    lines: list[PurchaseOrderLine]
    crates: list[Crate]
    drops: list[Drop]
    changes: list[PurchaseChange]
    reads: list[PurchaseRead]
    stop: Stop | None
    brings: bool
    """Whether she chose to bring her goods to the hub that week."""
    weighing: tuple[int, int]
    """How many lines are sold by weight, and how many of those were weighed."""

    @property
    def day(self) -> DeliveryDay:
        return self.purchase.delivery_day

    @property
    def version(self) -> int:
        return self.changes[-1].version if self.changes else purchasing.FROZEN

    @cached_property
    def picks(self) -> list[Pick]:
        letters: dict[int, list[str]] = defaultdict(list)
        for crate in self.crates:
            for line in dict.fromkeys(content["line"] for content in crate.contents):
                letters[line].append(crate.letter)
        per_product: dict[int, list[PurchaseOrderLine]] = defaultdict(list)
        for line in self.lines:
            per_product[line.product_id].append(line)
        return sorted(
            (
                Pick(
                    own[0].product,
                    own,
                    spans(list(dict.fromkeys(letter for line in own for letter in letters[line.pk]))),
                )
                for own in per_product.values()
            ),
            key=lambda pick: (not pick.quantity, pick.product.category, pick.name),
        )

    @property
    def boxes(self) -> list[Box]:
        return [
            Box(crate, str(crate.delivery.destination) if crate.delivery else "", goods(crate)) for crate in self.crates
        ]

    @property
    def load(self) -> str:
        return f"{counted(self.crates)} · {weight(self.crates)}"

    @property
    def planned(self) -> bool:
        """Whether her crates are those of a plan, so that they can be labelled."""
        return any(crate.pk for crate in self.crates)

    @property
    def printed(self) -> PurchaseRead | None:
        return next((read for read in self.reads if read.kind == PurchaseRead.Kind.PRINTED), None)

    @property
    def seen(self) -> PurchaseRead | None:
        return next((read for read in self.reads if read.kind == PurchaseRead.Kind.SEEN), None)

    @property
    def unseen(self) -> list[PurchaseChange]:
        seen = self.seen.version if self.seen else 0
        return [change for change in self.changes if change.version > seen and not change.by_farm]

    @property
    def since_printed(self) -> list[PurchaseChange]:
        """What is not on her paper."""
        return [change for change in self.changes if self.printed and change.version > self.printed.version]


def of(purchase: PurchaseOrder) -> Harvest:
    """Nine queries (three more for a farm that drives itself), however much was ordered. The purchase order comes with its day, network and farm selected."""
    lines = list(purchase.lines.select_related("product").order_by("pk"))
    day = purchase.delivery_day
    return Harvest(
        purchase=purchase,
        lines=lines,
        crates=_crates(purchase, lines),
        drops=_drops(purchase),
        changes=list(purchase.changes.select_related("line", "by").order_by("version")),
        reads=list(purchase.reads.select_related("by").order_by("-version")),
        stop=Stop.objects.filter(round__delivery_day=day, producer=purchase.producer_id)
        .filter(round__delivery_day__in=PlanVersion.objects.published().values("delivery_day"))
        .select_related("round")
        .order_by("arrives_at")
        .first(),
        brings=_brings(purchase),
        weighing=_weighing(purchase),
    )


def _crates(purchase: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> list[Crate]:
    """Those of the plan, each with its product (`product_id`) for its label; else those that loading would pack."""
    known: list[Crate] = list(
        Crate.objects.filter(delivery_day=purchase.delivery_day_id, producer=purchase.producer_id)
        .exclude(status=Crate.Status.MISSING)
        .select_related("stop__round", "delivery__pickup_point", "delivery__outlet__organisation", "delivery__place")
        .annotate(product_id=F("purchase_order_line__product"))
        .order_by("pk")
    )
    if known or purchase.delivery_day.status != DeliveryDay.Status.CLOSED:
        return known
    asked = {purchase.producer_id: [line for line in lines if line.left]}
    return loading.pack(loading.Goods(purchase.delivery_day, asked, {})).collected.get(purchase.producer_id, [])


def _drops(purchase: PurchaseOrder) -> list[Drop]:
    asked = (
        lines_of(purchase)
        .values("order__delivery", "product", "name", "unit")
        .annotate(quantity=Sum(Coalesce("packed", "confirmed")))
        .filter(quantity__gt=0)
        .order_by("order__delivery", "product")
    )
    found: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for values in asked:
        row: dict[str, Any] = dict(values)
        same = found[row["order__delivery"]].setdefault(row["product"], row | {"quantity": Decimal(0)})
        same["quantity"] += row["quantity"]
    deliveries = Delivery.objects.filter(pk__in=found).select_related("pickup_point", "outlet__organisation", "place")
    return [
        Drop(one, [(str(row["name"]), loading.amount_of(row)) for row in found[one.pk].values()])
        for one in sorted(deliveries, key=lambda one: (one.starts_at, str(one.destination)))
    ]


def lines_of(purchase: PurchaseOrder) -> QuerySet[OrderLine]:
    """What was ordered of this farm for this day."""
    return OrderLine.objects.filter(
        order__delivery__delivery_day=purchase.delivery_day_id,
        order__status__in=["closed", "settled"],
        producer=purchase.producer_id,
    )


def _brings(purchase: PurchaseOrder) -> bool:
    farm = purchase.producer
    travel = transport.travels([farm], purchase.delivery_day.cycle.week_on)[farm.pk]
    return travel.transport == Producer.Transport.BRINGS


def _weighing(purchase: PurchaseOrder) -> tuple[int, int]:
    counts = lines_of(purchase).filter(sold_by_weight=True).aggregate(all=Count("pk"), done=Count("packed"))
    return counts["all"], counts["done"]


@dataclass(frozen=True)
class Todo:
    """What is to do for one day: pick, see what changed, weigh."""

    purchase: PurchaseOrder
    products: int
    unseen: int
    by_weight: int
    weighed: int

    @property
    def to_weigh(self) -> int:
        return self.by_weight - self.weighed


def to_do(farm: Producer) -> list[Todo]:
    """The farm's days that have closed and are not settled, the first first; one query."""
    changes = PurchaseChange.objects.unseen().filter(purchase_order=OuterRef("pk"))
    weighed = OrderLine.objects.filter(
        order__delivery__delivery_day=OuterRef("delivery_day"),
        order__status="closed",
        producer=OuterRef("producer"),
        sold_by_weight=True,
    )
    found = (
        farm.purchase_orders.filter(
            delivery_day__status__in=BEFORE_BILLING, delivery_day__on__gte=clock.today() - STAYS
        )
        .select_related("delivery_day__cycle__network", "producer__organisation")
        .annotate(
            products=Count("lines__product", distinct=True, filter=Q(lines__quantity__gt=F("lines__missing"))),
            unseen=_count(changes),
            by_weight=_count(weighed),
            weighed=_count(weighed.filter(packed__isnull=False)),
        )
        .order_by("delivery_day__on", "pk")
    )
    return [Todo(one, one.products, one.unseen, one.by_weight, one.weighed) for one in found]  # type: ignore[attr-defined]


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of these rows there are, as a subquery of whatever they refer to."""
    return Coalesce(
        Subquery(rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")), 0
    )


def open_days(farm: Producer) -> QuerySet[DeliveryDay]:
    """Days for which is still ordered: their lists come when they close."""
    return (
        stock.days_of(farm)
        .filter(status=DeliveryDay.Status.OPEN)
        .select_related("cycle__network")
        .order_by("closes_at", "pk")
    )


@dataclass(frozen=True)
class Scale:
    """A product on the scales: its lines, what was ordered and what was weighed of it in all."""

    product: Product
    lines: list[OrderLine]

    @property
    def ordered(self) -> Decimal:
        return sum((line.quantity for line in self.lines), Decimal(0))

    @property
    def weighed(self) -> Decimal:
        return sum((line.packed for line in self.lines if line.packed is not None), Decimal(0))

    @property
    def done(self) -> int:
        return sum(1 for line in self.lines if line.packed is not None)


def to_weigh(purchase: PurchaseOrder) -> list[OrderLine]:
    """What is sold by weight of a farm's day: product by product, in the order in which orders are handed out."""
    return list(
        lines_of(purchase)
        .filter(sold_by_weight=True)
        .select_related(
            "product", "order__buyer__outlet", "order__delivery__pickup_point", "order__delivery__outlet__organisation"
        )
        .order_by("product", "order__delivery__starts_at", "order__delivery", "order__number", "order", "pk")
    )


def scales(lines: Sequence[OrderLine]) -> list[Scale]:
    return [
        Scale(own[0].product, own) for own in (list(rest) for _pk, rest in groupby(lines, lambda one: one.product_id))
    ]


def letters_of(purchase: PurchaseOrder, lines: Sequence[OrderLine]) -> dict[int, str]:
    """The crate at its delivery in which each of these lines is packed, by line pk; nothing before there is a plan."""
    crates = Crate.objects.filter(
        delivery_day=purchase.delivery_day_id, delivery__in={line.order.delivery_id for line in lines}
    )
    found: dict[int, str] = {}
    for letter, contents in crates.values_list("letter", "contents"):
        for content in contents:
            for line in content.get("lines", [{"line": content.get("order_line")}]):
                found[line["line"]] = letter
    return found
