"""
A settled day as it was, and as it would be with a farm, a point, a van or a day more, or with crates that go outside the platform
(`docs/what-if.md`). Both are planned and shared by the same machinery, with the same seeds, so that what differs comes from the
change. Nothing is stored here, and what is added has no row: its pk is negative.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from logistics import calls, facts, fleet, games, planning, roads, rounds, terms
from logistics.alone import rates_by_owner, standard_van, trip
from logistics.calls import Known
from logistics.distances import Point
from logistics.driven import Driven
from logistics.estimating import HERS, KG_PER_CRATE
from logistics.games import Shared
from logistics.lived import key_of
from logistics.loading import Goods, Row
from logistics.models import Tour, Vehicle
from logistics.planning import Draft, Effort
from logistics.routing import STORAGE_CLASSES
from logistics.waves import Watch
from network.models import Delivery, DeliveryDay, Organisation, Place
from orders.models import PurchaseOrderLine
from producers.models import Producer, Product

SEEDS = (1, 2, 3)
ITERATIONS = 1000
"""Of each search. Modest: the question is what changes, and both sides are searched alike."""
NEW = HERS
"""The pk of what is added; lines of crates are numbered on downwards."""
MILLI = Decimal("0.001")

Heard = Callable[[], None]
"""Called whenever a part of the work is done."""


@dataclass(frozen=True)
class Outcome:
    """
    A day planned with each seed, the cheapest plan shared. `noise` is how far the costs of these plans lie apart, in cents:
    what is smaller may come from the search.
    """

    shared: Shared
    noise: int
    km: float
    rounds: int
    left_out: int

    def paid(self) -> dict[int, int]:
        """Cents by producer: her share, and her own trip to the hub."""
        return {pk: bill.share + bill.own for pk, bill in self.shared.bills.items()}


def known(day: DeliveryDay) -> Known:
    """The day as it was planned from: its orders, farms, destinations and vehicles."""
    return calls.known(DeliveryDay.objects.select_related("cycle__network__hub").get(pk=day.pk))


def outcome(known: Known, heard: Heard = lambda: None) -> Outcome:
    """Plan with every seed, share the best: the one that leaves out least, and of these the cheapest."""
    drafts = []
    for seed in SEEDS:
        drafts.append(planning.draft(known, Effort(ITERATIONS, seed), Watch()))
        heard()
    best = min(drafts, key=lambda one: one.merit)
    costs = [euro for left, euro in (one.merit for one in drafts) if left == best.merit[0]]
    shared = games.share(inputs_of(known, best))
    heard()
    routes = [route for wave in best.waves for route in wave.plan.routes]
    return Outcome(
        shared=shared,
        noise=round(100 * (max(costs) - min(costs))),
        km=round(sum(route.km for route in routes), 1),
        rounds=len(routes),
        left_out=best.merit[0],
    )


def steps(days: int = 1) -> int:
    """How often `outcome` of so many days is heard."""
    return days * (len(SEEDS) + 1)


def inputs_of(known: Known, draft: Draft) -> dict[str, Any]:
    """What a draft is shared from, as `facts.inputs_of` tells it of a driven day."""
    crates = _crates(known, draft)
    sending = {row["producer"] for row in crates}
    written = facts.written(
        day=known.day,
        crates=crates,
        producers={pk: farm for pk, farm in known.farms.items() if pk in sending},
        brought={pk for pk, way in known.transports.items() if way == Producer.Transport.BRINGS},
        deliveries={row["delivery"]: known.deliveries[row["delivery"]] for row in crates},
        rides=[Driven(round_) for round_ in rounds.drawn(known, draft)],
    )
    return facts.with_roads(written)


def _row_of(known: Known, farm: Producer) -> int:
    return known.row[farm.organisation.place_id or known.hub.pk]


def _crates(known: Known, draft: Draft) -> list[dict[str, Any]]:
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for delivery, rows in known.goods.ordered.items():
        for row in rows:
            pair = row["producer"], delivery
            if row["producer"] not in known.farms:
                continue
            its = found.setdefault(
                pair,
                {
                    "producer": pair[0],
                    "delivery": delivery,
                    "straight": pair in draft.packed.straight,
                    "crates": dict.fromkeys(STORAGE_CLASSES, 0.0),
                    "kg": 0.0,
                    "value": 0.0,
                },
            )
            crates = its["crates"][row["storage_class"]] + float(row["left"] * row["crate_share"])
            its["crates"][row["storage_class"]] = round(crates, 6)
            its["kg"] = round(its["kg"] + float(row["left"] * row["unit_kg"]), 3)
            its["value"] = round(its["value"] + float(row["left"] * row["price"]), 4)
    return [found[pair] for pair in sorted(found)]


# What may change


def with_farm(known: Known, *, name: str, point: Point, crates: Mapping[str, int], to: Iterable[str] = ()) -> Known:
    """
    A farm more, collected in the hours most farms keep, with whole crates to the destinations named (keys; none: all), as
    the day's crates are spread over them.
    """
    chosen = sorted(pk for pk, delivery in known.deliveries.items() if not set(to) or key_of(delivery) in set(to))
    weights = {pk: _full(known.goods.ordered.get(pk, ())) for pk in chosen}
    whole = sum(weights.values())
    if not whole:
        return known
    place = Place(pk=NEW, municipality=name, lat=point[0], lon=point[1])
    first = next(iter(known.farms.values()), None)
    farm = Producer(
        pk=NEW,
        organisation=Organisation(pk=NEW, name=name, place=place),
        opens=first.opens if first else time(6),
        closes=first.closes if first else time(12),
    )
    ordered = {pk: list(rows) for pk, rows in known.goods.ordered.items()}
    asked = dict(known.goods.asked)
    asked[NEW] = []
    everything = [row for rows in known.goods.ordered.values() for row in rows]
    price = sum((row["left"] * row["price"] for row in everything), Decimal(0)) / _full(everything)
    for number, (storage_class, many) in enumerate(crates.items()):
        line = _line(NEW - number, storage_class, price)
        for pk, weight in weights.items():
            part = (many * weight / whole).quantize(MILLI)
            if part:
                line.quantity += part
                ordered[pk].append(_row(line, pk, part))
        asked[NEW].append(line)
    return _on_roads(
        replace(
            known,
            goods=Goods(known.day, asked, ordered),
            farms=known.farms | {NEW: farm},
            transports=known.transports | {NEW: str(Producer.Transport.COLLECTED)},
        ),
        place,
    )


def _line(pk: int, storage_class: str, price: Decimal) -> PurchaseOrderLine:
    """Crates of one storage class, asked of a farm that has no row."""
    ambient = storage_class in ("ambient", "cool")
    product = Product(
        pk=pk,
        category=Product.Category.VEGETABLES,
        storage_class=storage_class,
        max_temperature=Decimal(8 if ambient else 4),
        units_per_crate=1,
        unit_kg=Decimal(KG_PER_CRATE),
        step=MILLI,
    )
    return PurchaseOrderLine(
        pk=pk, supply_id=pk, product=product, name={}, unit="box", quantity=Decimal(0), price=price
    )


def _row(line: PurchaseOrderLine, delivery: int, left: Decimal) -> Row:
    product = line.product
    return {
        "order_id": NEW,
        "pk": line.pk,
        "producer": NEW,
        "supply": line.supply_id,
        "price": line.price,
        "name": {},
        "unit": line.unit,
        "step": product.step,
        "storage_class": product.storage_class,
        "crate_share": Decimal(1),
        "unit_kg": product.unit_kg,
        "left": left,
        "delivery": delivery,
        "buyer": "",
        "category": product.category,
        "max_temperature": product.max_temperature,
    }


def without_crates(known: Known, *, producer: int, part: Decimal) -> tuple[Known, int]:
    """A farm's crates less `part` of each (1: all of them), and what driving that part herself costs her, in cents."""
    farm = known.farms[producer]
    ordered = {
        pk: [row if row["producer"] != producer else _less(row, 1 - part) for row in rows]
        for pk, rows in known.goods.ordered.items()
    }
    outside = {
        known.row[known.deliveries[pk].place_id]: float(
            _full(row for row in rows if row["producer"] == producer) * part
        )
        for pk, rows in known.goods.ordered.items()
        if any(row["producer"] == producer for row in rows)
    }
    agreed = terms.of(known.day.network, known.day.cycle.week_on)
    rates = rates_by_owner().get(farm.organisation_id, standard_van(agreed))
    alone = trip(rates, known.roads.matrix, _row_of(known, farm), outside)
    return replace(known, goods=_goods(known, ordered)), round(100 * alone.euro)


def with_van(known: Known, *, vehicle: Vehicle) -> Known:
    """One more like a vehicle of the network."""
    more = copy(vehicle)
    more.pk = NEW
    return replace(known, vehicles=known.vehicles | {str(NEW): more})


def with_point(
    known: Known, *, name: str, point: Point, opens_at: datetime, crates: Decimal, instead_of: int | None = None
) -> Known:
    """
    A pickup point more that opens at a moment of the day, where so many crates go: taken over from a delivery (pk), at most
    all of it, or new ones, of every farm in proportion to what it sells on this day.
    """
    source = {instead_of: known.goods.ordered[instead_of]} if instead_of is not None else dict(known.goods.ordered)
    whole = sum((_full(rows) for rows in source.values()), Decimal(0))
    part = min(Decimal(1), crates / whole) if instead_of is not None else crates / whole
    merged: dict[tuple[int, int, Decimal], dict[str, Any]] = {}
    for rows in source.values():
        for row in rows:
            key = row["producer"], row["supply"], row["price"]
            its = merged.setdefault(key, {**row, "order_id": NEW, "buyer": "", "delivery": NEW, "left": Decimal(0)})
            its["left"] += row["left"] * part
    there = [{**row, "left": left} for row in merged.values() if (left := row["left"].quantize(MILLI))]
    ordered: dict[int, Sequence[Row]] = dict(known.goods.ordered)
    if instead_of is not None:
        ordered[instead_of] = [_less(row, 1 - part) for row in ordered[instead_of]]
    ordered[NEW] = there
    place = Place(pk=NEW, municipality=name, lat=point[0], lon=point[1])
    delivery = Delivery(
        pk=NEW, delivery_day=known.day, pickup_point_id=NEW, place=place, starts_at=opens_at, ends_at=opens_at
    )
    return _on_roads(replace(known, goods=_goods(known, ordered), deliveries=known.deliveries | {NEW: delivery}), place)


def on_two_days(known: Known, *, deliveries: Iterable[int], weekday: int) -> tuple[Known, Known]:
    """What stays on the day, and what these deliveries (pks) would be on another weekday, with its vehicles and tours."""
    moved = set(deliveries)
    ordered = known.goods.ordered
    stays = _goods(known, {pk: rows for pk, rows in ordered.items() if pk not in moved})
    goes = _goods(known, {pk: rows for pk, rows in ordered.items() if pk in moved})
    vehicles = Vehicle.objects.filter(network=known.day.network, archived_at=None, weekdays__contains=[weekday])
    found = {str(one.pk): one for one in vehicles.select_related("owner", "depot", "returns_to").order_by("pk")}
    found |= {key: known.vehicles[key] for key in known.own.values() if weekday in known.vehicles[key].weekdays}
    tours = Tour.objects.filter(
        network=known.day.network, weekday=weekday, kept=True, vehicle__in=[one.pk for one in found.values()]
    )
    other = replace(
        known,
        goods=goes,
        vehicles=found,
        own={pk: key for pk, key in known.own.items() if key in found},
        tours=list(tours.select_related("vehicle").prefetch_related("stops").order_by("pk")),
    )
    ends = [place for one in found.values() for place in (one.depot, calls.home_of(one))]
    return replace(known, goods=stays), _on_roads(other, *ends)


def _full(rows: Iterable[Row]) -> Decimal:
    """Crate equivalents."""
    return sum((row["left"] * row["crate_share"] for row in rows), Decimal(0))


def _less(row: Row, part: Decimal) -> Row:
    return {**row, "left": (row["left"] * part).quantize(MILLI)}


def _goods(known: Known, ordered: Mapping[int, Sequence[Row]]) -> Goods:
    """Other orders, and of every farm asked in proportion."""
    orders = {pk: left for pk, rows in ordered.items() if (left := [row for row in rows if row["left"] > 0])}
    before, after = _sums(known.goods.ordered), _sums(orders)
    asked: dict[int, list[PurchaseOrderLine]] = defaultdict(list)
    for producer, lines in known.goods.asked.items():
        for line in lines:
            key = producer, line.supply_id, line.price
            there = copy(line)
            quantity = line.quantity - line.missing
            if before.get(key):
                quantity = (quantity * after.get(key, Decimal(0)) / before[key]).quantize(MILLI)
            there.quantity, there.missing = quantity, Decimal(0)
            if quantity:
                asked[producer].append(there)
    return Goods(known.day, dict(asked), orders)


def _sums(ordered: Mapping[int, Sequence[Row]]) -> dict[tuple[int, int, Decimal], Decimal]:
    found: dict[tuple[int, int, Decimal], Decimal] = defaultdict(Decimal)
    for rows in ordered.values():
        for row in rows:
            found[row["producer"], row["supply"], row["price"]] += row["left"]
    return found


def _on_roads(known: Known, *places: Place) -> Known:
    """With these places on the map as well."""
    there = {place.pk: place for place in (*known.places, *places)}
    rings = fleet.zones()
    return replace(
        known,
        places=list(there.values()),
        roads=roads.between([place.point for place in there.values()]),
        row={pk: number for number, pk in enumerate(there)},
        needs={pk: fleet.needs(place, rings=rings) for pk, place in there.items()} if rings else {},
    )
