"""
Where the vans of a day must call: at the farms whose goods are collected, at the deliveries, and at both ends of what goes
straight from a farm to a customer; with which crates and within which window (`docs/loads.md`). Times are minutes of the
day as the Brussels clock shows them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import ceil
from typing import Any

from django.db.models import Count, F, Max, Sum

from logistics import fleet, loading, roads, transport
from logistics.loading import Goods, Packed, Pair
from logistics.models import Crate, Round, Stop, Tour, TransportChoice, Vehicle
from logistics.roads import Roads
from logistics.routing import Load, Van
from logistics.waves import DEAR
from network import clock
from network.models import Delivery, DeliveryDay, Place
from orders.models import OrderLine, PurchaseOrderLine
from producers.models import Producer

CROSS_DOCK = 60
"""Minutes between the last collected crate at the hub and the first van that leaves with sorted ones."""
EARLY_AT_POINT = 180
"""Minutes before it opens from which a pickup point can be supplied; the goods must stand there when it opens."""
PER_STOP, PER_CRATE = 5, 0.5
"""Minutes at a stop, and for each crate."""
MOST_VISITS = 5
"""Into how many visits the crates of a farm or delivery may be split when no van holds them at once."""
SHORTER = 0.8
"""A farm's goods may go straight to an outlet when that is at most this part of the way over the hub."""


@dataclass(frozen=True)
class Call:
    """
    A farm or a delivery to call at, its crates, and the minutes from and until which service may start, or, with
    `done_by_then`, be done. What no van holds at once is called at several times: each visit is a call. `needs` are the
    skills a van must have to come here.
    """

    key: str
    place: Place | None
    crates: list[Crate]
    opens: int
    closes: int
    producer_id: int | None = None
    delivery_id: int | None = None
    needs: frozenset[str] = frozenset()
    done_by_then: bool = False

    @property
    def latest(self) -> int:
        """The minute at which service starts at the latest."""
        return self.closes - self.service if self.done_by_then else self.closes

    @property
    def load(self) -> Load:
        return loading.load_of(self.crates)

    @property
    def service(self) -> int:
        return ceil(PER_STOP + PER_CRATE * len(self.crates))


@dataclass(frozen=True)
class Straight:
    """Crates that one van takes from a farm to a customer (`pair`) without the hub between."""

    key: str
    pair: Pair
    farm: Call
    customer: Call
    crates: list[Crate]


@dataclass(frozen=True)
class Known:
    """
    All that a plan is made from, read at one moment. `own` is the key of the van of each farmer who drives (by pk), `row`
    the row of each place (by pk) in the matrix of `roads`, `to_farms` the deliveries (pks) to who is a producer as well;
    `state` is what it was read in (`state_of`).
    """

    day: DeliveryDay
    state: Any
    goods: Goods
    farms: dict[int, Producer]
    transports: dict[int, str]
    deliveries: dict[int, Delivery]
    to_farms: set[int]
    vehicles: dict[str, Vehicle]
    own: dict[int, str]
    tours: list[Tour]
    places: list[Place]
    roads: Roads
    row: dict[int, int]
    needs: dict[int, frozenset[str]] = field(default_factory=dict)
    locked: list[Round] = field(default_factory=list)
    pinned: dict[tuple[int | None, int | None], str] = field(default_factory=dict)

    @property
    def hub(self) -> Place:
        return self.day.network.hub

    def km(self, start: Place, end: Place) -> float:
        return float(self.roads.matrix.km[self.row[start.pk], self.row[end.pk]])


def known(day: DeliveryDay) -> Known:
    """Read what there is to plan, in a fixed number of queries however many orders there are."""
    state, goods = state_of(day), loading.goods_of(day)
    farms = Producer.objects.select_related("organisation__place").in_bulk(list(goods.asked))
    deliveries = Delivery.objects.select_related("place", "outlet").in_bulk(list(goods.ordered))
    buyers = {delivery.outlet.organisation_id for delivery in deliveries.values() if delivery.outlet}
    buying = set(Producer.objects.filter(organisation__in=buyers).values_list("organisation", flat=True))
    travels = transport.travels(farms.values(), day.cycle.week_on)
    vehicles = {str(vehicle.pk): vehicle for vehicle in fleet.vehicles_for(day)}
    tours = Tour.objects.filter(network=day.network, weekday=day.on.weekday(), kept=True, vehicle__in=vehicles.values())
    places = {place.pk: place for vehicle in vehicles.values() for place in (vehicle.depot, home_of(vehicle))}
    places |= {at.pk: at for _pk, farm in sorted(farms.items()) if (at := farm.organisation.place)}
    places |= {delivery.place_id: delivery.place for _pk, delivery in sorted(deliveries.items())}
    places = {day.network.hub_id: day.network.hub} | places
    rings = fleet.zones()
    held = Stop.objects.filter(round__delivery_day=day, round__vehicle__in=vehicles.values(), locked=True)
    return Known(
        day=day,
        state=state,
        goods=goods,
        farms=farms,
        transports={pk: travel.transport for pk, travel in travels.items()},
        deliveries=deliveries,
        to_farms={
            pk for pk, delivery in deliveries.items() if delivery.outlet and delivery.outlet.organisation_id in buying
        },
        vehicles=vehicles,
        own={pk: key for pk, travel in travels.items() if (key := str(travel.vehicle)) in vehicles},
        tours=list(tours.select_related("vehicle").prefetch_related("stops").order_by("pk")),
        places=list(places.values()),
        roads=roads.between([place.point for place in places.values()]),
        row={pk: number for number, pk in enumerate(places)},
        needs={pk: fleet.needs(place, rings=rings) for pk, place in places.items()} if rings else {},
        locked=list(day.rounds.filter(locked=True, tour=None).prefetch_related("stops").order_by("number")),
        pinned={
            (producer, delivery): str(vehicle)
            for producer, delivery, vehicle in held.values_list("producer", "delivery", "round__vehicle")
        },
    )


def state_of(day: DeliveryDay) -> Any:
    """
    What a plan rests on, in few numbers: equal at two moments when nothing in between changed the orders, how goods travel,
    the fleet, or the plan itself.
    """
    lines = PurchaseOrderLine.objects.filter(purchase_order__delivery_day=day)
    weighed = OrderLine.objects.filter(order__delivery__delivery_day=day, packed__isnull=False)
    hers = Producer.objects.filter(purchase_orders__delivery_day=day)
    choices = TransportChoice.objects.filter(week_on=day.cycle.week_on, producer__in=hers).order_by("pk")
    return (
        lines.aggregate(Count("pk"), all=Sum("missing"), each=Sum(F("missing") * F("pk"))),
        weighed.aggregate(Count("pk"), all=Sum("packed"), each=Sum(F("packed") * F("pk"))),
        list(choices.values_list("producer", "transport", "vehicle")),
        [vehicle.pk for vehicle in fleet.vehicles_for(day)],
        day.plan_versions.aggregate(last=Max("number"))["last"],
    )


def home_of(vehicle: Vehicle) -> Place:
    """Where a vehicle goes when its day is done."""
    return vehicle.returns_to or vehicle.depot


def ends(vehicle: Vehicle, leg: str, hub: Place) -> tuple[Place, Place]:
    """
    Where a round of a vehicle begins and ends. Collection: from its depot to the hub. Distribution: from the hub home. What
    goes straight: from its depot home. The empty way to or from the hub counts in its hours, and is no part of a round.
    """
    start = hub if leg == Round.Leg.DISTRIBUTION else vehicle.depot
    return start, hub if leg == Round.Leg.COLLECTION else home_of(vehicle)


def collections(known: Known, packed: Packed) -> tuple[list[Call], list[Crate]]:
    """
    The farms to call at, and the crates of those who bring their goods to the hub. Who drives loads her own goods, as much
    as her van holds: that is a call for her van only, at any hour.
    """
    calls, brought = [], []
    for pk, crates in packed.collected.items():
        farm = known.farms[pk]
        if known.transports[pk] == Producer.Transport.BRINGS:
            brought += crates
            continue
        call = _at_farm(known, farm, f"farm {pk}", crates)
        if pk not in known.own or not call.place:
            calls.append(call)
            continue
        van = fleet.van(known.vehicles[known.own[pk]])
        mine, rest = _as_much_as(van, crates)
        if mine:
            needs = call.needs | {own_skill(van.key)}
            calls.append(
                replace(
                    call,
                    key=f"farm {pk} own",
                    crates=mine,
                    needs=needs,
                    opens=van.available_from,
                    closes=van.available_to,
                )
            )
        if rest:
            calls.append(replace(call, crates=rest))
    return calls, brought


def own_skill(van: str) -> str:
    """The skill that only this van has."""
    return f"van {van}"


def pinned_to(known: Known, call: Call) -> frozenset[str]:
    """What a van needs to make a call whose stop was locked on a round: to be the van of that round."""
    van = known.pinned.get((call.producer_id, call.delivery_id))
    return frozenset({own_skill(van)}) if van else frozenset()


def distributions(known: Known, packed: Packed) -> list[Call]:
    return [
        _at_delivery(known, known.deliveries[pk], f"delivery {pk}", crates) for pk, crates in packed.delivered.items()
    ]


def straights(known: Known, packed: Packed) -> list[Straight]:
    found = []
    for (producer, delivery), crates in packed.straight.items():
        key = f"straight {producer} {delivery}"
        farm = _at_farm(known, known.farms[producer], f"{key} from", crates)
        customer = _at_delivery(known, known.deliveries[delivery], f"{key} to", crates)
        found.append(Straight(key, (producer, delivery), farm, customer, crates))
    return found


def may_go_straight(known: Known) -> list[Pair]:
    """
    Which goods may go straight from a farm to a trade buyer, who needs no sorting. To another farm: when that is shorter
    than over the hub. To any other outlet: at least a full crate, and at most SHORTER of the way over the hub. Not from
    who brings her goods to the hub, and never for households. Whether they do is decided by planning both ways.
    """
    pairs = []
    for pk, delivery in sorted(known.deliveries.items()):
        for producer in sorted({row["producer"] for row in known.goods.ordered[pk]}) if delivery.outlet else ():
            farm = known.farms.get(producer)
            yard = farm and farm.organisation.place
            if not yard or known.transports[producer] == Producer.Transport.BRINGS:
                continue
            way, over_hub = (
                known.km(yard, delivery.place),
                known.km(yard, known.hub) + known.km(known.hub, delivery.place),
            )
            full = sum((row["left"] * row["crate_share"] for row in known.goods.between(producer, pk)), Decimal(0))
            is_farm = pk in known.to_farms
            if way < over_hub if is_farm else full + loading.NEARLY >= 1 and way <= SHORTER * over_hub:
                pairs.append((producer, pk))
    return pairs


def that_farmers_buy(known: Known, pairs: Iterable[Pair]) -> list[Pair]:
    return [(producer, delivery) for producer, delivery in pairs if delivery in known.to_farms]


def that_spare_a_stop(goods: Goods, pairs: Iterable[Pair]) -> list[Pair]:
    """Those of the pairs after which a van need not call at the farm, or at the delivery, for anything else."""
    going = set(pairs)
    sends: dict[int, set[int]] = {}
    for delivery, rows in goods.ordered.items():
        for row in rows:
            sends.setdefault(row["producer"], set()).add(delivery)
    return [
        (producer, delivery)
        for producer, delivery in sorted(going)
        if all((producer, other) in going for other in sends[producer])
        or all((row["producer"], delivery) in going for row in goods.ordered[delivery])
    ]


def visits(calls: Iterable[Call], vans: Sequence[Van]) -> list[Call]:
    """
    The calls, those that no van could do at once split over a few visits; also when only a dear van, a hired one, could: then
    planning may choose. What cannot be split that way stays whole.
    """
    found: list[Call] = []
    for call in calls:
        parts = _parts(call.crates, vans)
        if len(parts) == 1:
            found.append(call)
        else:
            found += [replace(call, key=f"{call.key} {number}", crates=part) for number, part in enumerate(parts, 1)]
    return found


def _parts(crates: list[Crate], vans: Sequence[Van]) -> list[list[Crate]]:
    """In as few as a van holds each, with a like share of every storage class; else one class after the other; else whole."""
    ways = [_dealt(crates, many) for many in range(1, MOST_VISITS + 1)]
    for some in ([van for van in vans if van.fixed < DEAR], vans):
        for parts in [*ways, _in_turn(crates, some)]:
            if len(parts) <= MOST_VISITS and all(any(holds(van, part) for van in some) for part in parts):
                return parts
    return [crates]


def _dealt(crates: Sequence[Crate], many: int) -> list[list[Crate]]:
    parts: list[list[Crate]] = [[] for _ in range(many)]
    per_class = Counter(crate.storage_class for crate in crates)
    seen: Counter[str] = Counter()
    for crate in crates:
        parts[seen[crate.storage_class] * many // per_class[crate.storage_class]].append(crate)
        seen[crate.storage_class] += 1
    return [part for part in parts if part]


def _in_turn(crates: Sequence[Crate], vans: Sequence[Van]) -> list[list[Crate]]:
    parts: list[list[Crate]] = [[]]
    for crate in crates:
        if parts[-1] and not any(holds(van, [*parts[-1], crate]) for van in vans):
            parts.append([])
        parts[-1].append(crate)
    return parts


def holds(van: Van, crates: Sequence[Crate]) -> bool:
    load = loading.load_of(crates)
    return (
        all(wanted <= room for wanted, room in zip(load.crates, van.capacity, strict=True))
        and load.total <= van.total_crates
        and load.kg <= van.kg
    )


def _as_much_as(van: Van, crates: Iterable[Crate]) -> tuple[list[Crate], list[Crate]]:
    """The crates a van takes, one after the other as long as each fits, and the others."""
    mine: list[Crate] = []
    rest: list[Crate] = []
    for crate in crates:
        (mine if holds(van, [*mine, crate]) else rest).append(crate)
    return mine, rest


def _at_farm(known: Known, farm: Producer, key: str, crates: list[Crate]) -> Call:
    place = farm.organisation.place
    return Call(
        key=key,
        place=place,
        crates=crates,
        opens=farm.opens.hour * 60 + farm.opens.minute,
        closes=farm.closes.hour * 60 + farm.closes.minute,
        producer_id=farm.pk,
        needs=known.needs.get(place.pk, frozenset()) if place else frozenset(),
    )


def _at_delivery(known: Known, delivery: Delivery, key: str, crates: list[Crate]) -> Call:
    on = known.day.on
    opens, closes = clock.minutes_of(delivery.starts_at, on), clock.minutes_of(delivery.ends_at, on)
    needs = known.needs.get(delivery.place_id, frozenset())
    call = Call(key, delivery.place, crates, opens, closes, delivery_id=delivery.pk, needs=needs)
    if delivery.pickup_point_id:
        return replace(call, opens=opens - EARLY_AT_POINT, closes=opens, done_by_then=True)
    return call
