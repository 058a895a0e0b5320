"""
What happened on a driven day, as plain JSON: everything the shares are computed from, and kept with them (`docs/bills.md`).
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict
from datetime import time
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import F, Sum

from logistics import calls, distances, driven, roads, terms
from logistics.alone import Rates, rates_by_owner, standard_van
from logistics.distances import Matrix, Point
from logistics.driven import Driven
from logistics.models import CostTerms, Crate, Round, Vehicle
from logistics.routing import DAY, STORAGE_CLASSES
from logistics.routing.problem import whole_minutes
from network import clock
from network.models import Delivery, DeliveryDay, Tariff
from network.money import cents, share_out
from orders.models import OrderLine
from producers.models import Producer

HIRED = (Vehicle.Kind.VAN, Vehicle.Kind.CARRIER)
"""What a group could hire as many of as it needs; not the cars of volunteers, nor a bike that stays in town."""


def inputs_of(*, day: DeliveryDay) -> dict[str, Any]:
    """
    All that the shares of a driven and billed day are computed from, in a fixed number of queries. Amounts of rounds are
    whole cents in `shared`, rates in euro; `km` in hundredths and whole `minutes`, as in the plan, are between `places`, of
    which the hub is the first.

    `crates` are what was billed, a row for each farm, delivery and way: crate equivalents per storage class, kg, and the
    value of the goods in euro, which only the method "value" reads and no page shows.
    """
    return with_roads(happened(day=day))


def with_roads(known: dict[str, Any]) -> dict[str, Any]:
    """What happened, and the km and minutes between its places."""
    by_road = roads_between([(lat, lon) for lat, lon in known["places"]])
    return dict(json.loads(json.dumps(known | by_road)))


def happened(*, day: DeliveryDay) -> dict[str, Any]:
    """The same without the roads: what somebody may change until the day is settled."""
    day = DeliveryDay.objects.select_related("cycle__network__hub").get(pk=day.pk)
    crates = crates_of(day)
    return written(
        day=day,
        crates=crates,
        producers=Producer.objects.select_related("organisation__place").in_bulk({row["producer"] for row in crates}),
        brought=_brought(day),
        deliveries=Delivery.objects.select_related("place").in_bulk({row["delivery"] for row in crates}),
        rides=driven.of_day(day),
    )


def written(
    *,
    day: DeliveryDay,
    crates: list[dict[str, Any]],
    producers: Mapping[int, Producer],
    brought: Container[int],
    deliveries: Mapping[int, Delivery],
    rides: list[Driven],
) -> dict[str, Any]:
    """The same of a day that may be imagined: with crates, farms, deliveries (by pk) and rounds that have no row."""
    agreed = terms.of(day.network, day.cycle.week_on)
    rates, hub = rates_by_owner(), day.network.hub.point
    starts = {pk: (found.organisation.place or day.network.hub).point for pk, found in producers.items()}
    spots: dict[Point, int] = {}
    for point in [
        hub,
        *(starts[pk] for pk in sorted(starts)),
        *(deliveries[row["delivery"]].place.point for row in crates),
    ]:
        spots.setdefault(point, len(spots))
    standard = standard_van(agreed)
    inputs = {
        "day": day.pk,
        "terms": _as_agreed(agreed, standard),
        "weights": _weights(day),
        "hub": hub,
        "places": list(spots),
        "rounds": _rounds(rides),
        "driven": str(sum((ride.cost for ride in rides), Decimal(0))),
        "vans": _vans(rides),
        "hours": _hours(rides, day),
        "producers": [
            {
                "id": pk,
                "at": spots[starts[pk]],
                "brings": pk in brought,
                "opens": _minute(producers[pk].opens),
                "latest": _minute(producers[pk].closes),
                "rates": asdict(rates.get(producers[pk].organisation_id, standard)),
            }
            for pk in sorted(producers)
        ],
        "destinations": [_destination(found, spots, day) for _pk, found in sorted(deliveries.items())],
        "crates": crates,
    }
    return dict(json.loads(json.dumps(inputs)))


def _as_agreed(agreed: CostTerms, standard: Rates) -> dict[str, Any]:
    return {"method": str(agreed.method), "tau": float(agreed.tau), "van": asdict(standard)}


def _weights(day: DeliveryDay) -> dict[str, float]:
    """What a crate of each storage class weighs in a destination's share: its tariff on the day; the same without tariffs."""
    known = dict(
        Tariff.objects.filter(network=day.network, period__contains=day.on).values_list("storage_class", "per_crate")
    )
    found = {storage: float(known.get(storage, 0)) for storage in STORAGE_CLASSES}
    return found if any(found.values()) else dict.fromkeys(STORAGE_CLASSES, 1.0)


def crates_of(day: DeliveryDay) -> list[dict[str, Any]]:
    """What was billed, by producer, delivery and way; what a farm sends a delivery goes straight when a round took it so."""
    straight = set(
        Crate.objects.filter(delivery_day=day, leg=Round.Leg.DIRECT, stop__isnull=False).values_list(
            "producer", "delivery"
        )
    )
    lines = (
        OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="settled", billed__gt=0)
        .order_by("producer", "order__delivery", "storage_class")
        .values(
            "producer",
            "storage_class",
            delivery=F("order__delivery"),
        )
        .annotate(
            many=Sum(F("billed") * F("crate_share")),
            kg=Sum(F("billed") * F("unit_kg")),
            value=Sum(F("billed") * F("price")),
        )
    )
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for line in lines:
        pair = line["producer"], line["delivery"]
        row = found.setdefault(
            pair,
            {
                "producer": pair[0],
                "delivery": pair[1],
                "straight": pair in straight,
                "crates": dict.fromkeys(STORAGE_CLASSES, 0.0),
                "kg": 0.0,
                "value": 0.0,
            },
        )
        row["crates"][line["storage_class"]] = round(float(line["many"]), 6)
        row["kg"] = round(row["kg"] + float(line["kg"]), 3)
        row["value"] = round(row["value"] + float(line["value"]), 4)
    return [found[pair] for pair in sorted(found)]


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _destination(delivery: Delivery, spots: dict[Point, int], day: DeliveryDay) -> dict[str, Any]:
    """Where crates were dropped, and when service may start; at a pickup point it must be `done` by then."""
    opens, latest = (clock.minutes_of(moment, day.on) for moment in (delivery.starts_at, delivery.ends_at))
    point = delivery.pickup_point_id is not None
    if point:
        opens, latest = opens - calls.EARLY_AT_POINT, opens
    return {"id": delivery.pk, "at": spots[delivery.place.point], "opens": opens, "latest": latest, "done": point}


def _brought(day: DeliveryDay) -> set[int]:
    """
    Producers who brought their goods to the hub: as it stood when the rounds were planned, whatever they chose since. Their
    crates wait for no round, and not because no van could take them.
    """
    loose = Crate.objects.filter(delivery_day=day, leg=Round.Leg.COLLECTION, stop=None)
    missed = day.unplanned.exclude(producer=None).values("producer")
    return set(loose.exclude(producer__in=missed).values_list("producer", flat=True))


def roads_between(spots: list[Point]) -> dict[str, Any]:
    """`km` and whole `minutes` between all places as they are kept; by formula where there is no road."""
    known, formula = roads.between(spots).matrix, distances.matrix(spots)
    gap = ~(np.isfinite(known.km) & np.isfinite(known.minutes))
    by_road = Matrix(np.where(gap, formula.km, known.km), np.where(gap, formula.minutes, known.minutes))
    return {"km": np.round(by_road.km, 2).tolist(), "minutes": whole_minutes(by_road).tolist()}


def _rounds(rides: Iterable[Driven]) -> list[dict[str, Any]]:
    """
    The rounds as they were settled, so that their pay can be computed again. `shared` is what each costs those it drove for,
    in cents: a van's price of the day stands on its first round, and is borne by all its rounds by their hours.
    """
    rides = list(rides)
    day_price = _day_prices(rides)
    found = []
    for ride in rides:
        vehicle, number = ride.round.vehicle, ride.round.number
        first = next(one for one in rides if one.round.vehicle_id == vehicle.pk)
        whole = sum(day_price[one.round.number] for one in rides if one.round.vehicle_id == vehicle.pk)
        found.append(
            {
                "round": ride.round.pk,
                "number": number,
                "leg": ride.round.leg,
                "rates": [str(vehicle.per_km), str(vehicle.per_hour)],
                "shared": cents(ride.round.cost) - (whole if ride is first else 0) + day_price[number],
                "planned": {"km": str(ride.round.km), "minutes": ride.minutes_planned, "cost": str(ride.round.cost)},
                "driven": {"km": str(ride.km), "minutes": ride.minutes, "cost": str(ride.cost)},
                "noted": [ride.knows_km, ride.knows_time],
            }
        )
    return found


def _day_prices(rides: list[Driven]) -> dict[int, int]:
    """Cents of its van's price of the day that each round bears, by number."""
    by_van: dict[int, list[Driven]] = defaultdict(list)
    for ride in rides:
        by_van[ride.round.vehicle_id].append(ride)
    found: dict[int, int] = {}
    for its in by_van.values():
        whole = min(cents(its[0].round.vehicle.per_day), cents(its[0].round.cost))
        parts = share_out(whole, [one.minutes_planned for one in its])
        found |= {one.round.number: part for one, part in zip(its, parts, strict=True)}
    return found


def _vans(rides: list[Driven]) -> list[dict[str, Any]]:
    """
    The network's vans per leg they drove, as a group could hire them for a tour: `fixed` is what a round of theirs bears of
    the price of the day.
    """
    borne = _day_prices(rides)
    found: dict[tuple[str, int], tuple[Vehicle, list[int]]] = {}
    for ride in rides:
        vehicle = ride.round.vehicle
        if vehicle.network_id and vehicle.kind in HIRED:
            found.setdefault((ride.round.leg, vehicle.pk), (vehicle, []))[1].append(borne[ride.round.number])
    return [
        {
            "leg": leg,
            "fixed": round(sum(prices) / len(prices) / 100, 2),
            "per_km": float(vehicle.per_km),
            "per_hour": float(vehicle.per_hour),
            "per_stop": float(vehicle.per_stop),
            "capacity": [vehicle.ambient, vehicle.cool, vehicle.cold, vehicle.frozen],
            "crates": vehicle.crates,
            "kg": vehicle.kg,
            "hours": [_minute(vehicle.available_from), _minute(vehicle.available_until)],
        }
        for (leg, _pk), (vehicle, prices) in sorted(found.items(), key=lambda item: item[0])
    ]


def _hours(rides: Iterable[Driven], day: DeliveryDay) -> dict[str, list[int]]:
    """From and until when each leg may be driven: goods must be at the hub as soon as they were, and leave no sooner."""
    rides = list(rides)
    ends = [clock.minutes_of(ride.round.ends_at, day.on) for ride in rides if ride.round.leg == Round.Leg.COLLECTION]
    starts = [
        clock.minutes_of(ride.round.starts_at, day.on) for ride in rides if ride.round.leg == Round.Leg.DISTRIBUTION
    ]
    return {"collection": [0, min(DAY, max(ends, default=DAY))], "distribution": [max(0, min(starts, default=0)), DAY]}
