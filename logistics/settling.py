"""
Settling a delivery day: what was delivered is billed, and the cost of its rounds is shared among the producers it carried.

Nobody pays more than going alone, door to door, would cost her; who brings her goods to the hub has paid for that trip
already, so her cap is lower by it. What the caps leave uncovered is launch gap, visible and booked. The tariff collected
on a farmer's goods is credited to her, her share debited: her price is untouched (`docs/cost-sharing.md`).

Billed is the plan. Who drove is owed what was driven, and the difference is the network's own (`docs/after-the-round.md`).
"""

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from logistics import cost_sharing, driven, roads
from logistics.alone import STANDARD_VAN, Carried, Drops, cut, rates_by_owner
from logistics.driven import Driven
from logistics.models import CostRun, CostShare, Crate, Round, Vehicle
from logistics.routing import AloneCost
from network import journal, ledger
from network.errors import Refused
from network.ledger import Entry, Side
from network.models import Account, Cycle, DeliveryDay, Person, VatRate
from network.money import cents, euros, from_cents
from orders import billing
from orders.models import OrderLine
from producers.models import Producer

Kind = Account.Kind


@transaction.atomic
def settle_day(*, day: DeliveryDay, by: Person | None = None) -> CostRun:
    """
    Bill and share a driven day. Settling again returns the same cost run and books nothing. Refused before the rounds
    are driven.
    """
    day = (
        DeliveryDay.objects.select_for_update(of=("self",))
        .select_related("cycle__network__organisation", "cycle__network__hub")
        .get(pk=day.pk)
    )
    if day.status == DeliveryDay.Status.SETTLED:
        return day.cost_run
    if day.status != DeliveryDay.Status.DRIVEN:
        raise Refused(_("The rounds of this day have not all been driven. Finish them first, then settle."))
    billing.bill_day(day=day, by=by)
    carried = _carried(day)
    rides = driven.of_day(day)
    run = _share(day, carried, rides)
    _book(day, run, carried, rides)
    DeliveryDay.objects.filter(pk=day.pk).update(status=DeliveryDay.Status.SETTLED)
    if not DeliveryDay.objects.filter(cycle=day.cycle_id).exclude(status=DeliveryDay.Status.SETTLED).exists():
        Cycle.objects.filter(pk=day.cycle_id).update(status=Cycle.Status.SETTLED)
    journal.record(
        action="settled",
        subject=day,
        by=by,
        network=day.network,
        cost=str(run.cost),
        gap=str(run.launch_gap),
        driven=run.inputs["driven"],
    )
    return run


def _carried(day: DeliveryDay) -> list[Carried]:
    """Producers with something delivered on this day, by id, with the crates each sent where."""
    found: dict[int, Carried] = {}
    rates = rates_by_owner()
    brought = _brought(day)
    sent = (
        OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="settled", billed__gt=0)
        .values("producer", lat=F("order__delivery__place__lat"), lon=F("order__delivery__place__lon"))
        .annotate(crates=Sum(F("billed") * F("crate_share")))
        .order_by("producer", "lat", "lon")
    )
    producers = Producer.objects.select_related("organisation__place").in_bulk({row["producer"] for row in sent})
    for row in sent:
        producer = producers[row["producer"]]
        place = producer.organisation.place or day.network.hub
        its = found.setdefault(
            producer.pk,
            Carried(
                producer,
                rates.get(producer.organisation_id, STANDARD_VAN),
                place.point,
                brings=producer.pk in brought,
            ),
        )
        its.drops[row["lat"], row["lon"]] += float(row["crates"])
    for line in OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="settled", billed__gt=0):
        found[line.producer_id].tariff += euros(line.tariff * (line.billed or 0))
    return [found[pk] for pk in sorted(found)]


def _brought(day: DeliveryDay) -> set[int]:
    """
    Producers who brought their goods to the hub: as it stood when the rounds were planned, whatever they chose since. Their
    crates wait for no round, and not because no van could take them.
    """
    loose = Crate.objects.filter(delivery_day=day, leg=Round.Leg.COLLECTION, stop=None)
    missed = day.unplanned.exclude(producer=None).values("producer")
    return set(loose.exclude(producer__in=missed).values_list("producer", flat=True))


def _share(day: DeliveryDay, carried: Iterable[Carried], rides: Iterable[Driven]) -> CostRun:
    hub = day.network.hub.point
    cost = sum((ride.round.cost for ride in rides), Decimal(0))
    places = dict.fromkeys([hub, *(place for her in carried for place in (her.start, *her.drops))])
    known, row = roads.between(list(places)).matrix, {place: number for number, place in enumerate(places)}

    def trip(her: Carried, drops: Drops) -> AloneCost:
        return her.drive(drops, cut(known, [row[her.start], *(row[place] for place in drops)]))

    trips = {str(her.producer.pk): trip(her, her.drops) for her in carried}
    to_hub = {str(her.producer.pk): trip(her, {hub: her.crates}) for her in carried if her.brings}
    alone = {key: _cents(trip) for key, trip in trips.items()}
    own = {key: _cents(to_hub[key]) if key in to_hub else 0 for key in alone}
    caps = {key: max(0, alone[key] - own[key]) for key in alone}
    sharing = cost_sharing.share(cost=cents(cost), alone=alone, caps=caps)
    inputs: dict[str, Any] = {
        "rounds": [_as_input(ride) for ride in rides],
        "driven": str(sum((ride.cost for ride in rides), Decimal(0))),
        "hub": hub,
        "alone_km": round(sum(trip.km for trip in trips.values()), 2),
        "own_km": round(sum(trip.km for trip in to_hub.values()), 2),
        "producers": [
            {
                "id": her.producer.pk,
                "start": her.start,
                "drops": [[*place, crates] for place, crates in her.drops.items()],
                "brings": her.brings,
                "rates": asdict(her.rates),
                "alone": alone[str(her.producer.pk)],
                "own": own[str(her.producer.pk)],
            }
            for her in carried
        ],
    }
    run = CostRun.objects.create(
        delivery_day=day,
        method=cost_sharing.METHOD,
        cost=cost,
        billed=cost - from_cents(sharing.launch_gap),
        launch_gap=from_cents(sharing.launch_gap),
        inputs=inputs,
    )
    CostShare.objects.bulk_create(
        CostShare(
            cost_run=run,
            producer=her.producer,
            crates=Decimal(str(round(her.crates, 3))),
            alone=from_cents(alone[str(her.producer.pk)]),
            own=from_cents(own[str(her.producer.pk)]),
            share=from_cents(sharing.shares[str(her.producer.pk)]),
        )
        for her in carried
    )
    return run


def _cents(trip: AloneCost) -> int:
    return cents(Decimal(str(round(trip.euro, 6))))


def _as_input(ride: Driven) -> dict[str, Any]:
    """A round as it was settled, so that its pay can be computed again."""
    vehicle = ride.round.vehicle
    return {
        "round": ride.round.pk,
        "number": ride.round.number,
        "rates": [str(vehicle.per_km), str(vehicle.per_hour)],
        "planned": {"km": str(ride.round.km), "minutes": ride.minutes_planned, "cost": str(ride.round.cost)},
        "driven": {"km": str(ride.km), "minutes": ride.minutes, "cost": str(ride.cost)},
        "noted": [ride.knows_km, ride.knows_time],
    }


def carriage(ride: Driven) -> Entry:
    """
    A round in the books: its planned cost is shared, who drove is owed what was driven, the difference is the network's. A
    volunteer is repaid her expenses; any other owner of a vehicle, a farmer too, is owed as carrier.
    """
    vehicle = ride.round.vehicle
    owed = Kind.EXPENSES if vehicle.kind == Vehicle.Kind.CAR else Kind.CARRIER
    sides: list[Side] = [
        (Kind.TRANSPORT, None, ride.round.cost),
        (Kind.VARIANCE, None, ride.variance),
        (owed, vehicle.owner_id, -ride.cost),
    ]
    return Entry(f"round:{ride.round.pk}", _("Round %(number)s driven") % {"number": ride.round.number}, sides)


def _book(day: DeliveryDay, run: CostRun, carried: Iterable[Carried], rides: Iterable[Driven]) -> None:
    """Rounds; each producer her tariff, less her share and its VAT; the rest is launch gap."""
    rate = VatRate.objects.get(category="service", period__contains=day.on).rate
    entries = [carriage(ride) for ride in rides]
    tariffs = {her.producer.pk: her.tariff for her in carried}
    for share in run.shares.select_related("producer").order_by("producer"):
        farmer = share.producer.organisation_id
        vat = euros(share.share * rate / 100)
        sides: list[Side] = [
            (Kind.TARIFF, None, tariffs[share.producer_id]),
            (Kind.PRODUCER, farmer, -tariffs[share.producer_id]),
        ]
        name = {"farm": share.producer}
        entries.append(Entry(f"tariff:{day.pk}:{farmer}", _("Logistics tariff credited to %(farm)s") % name, sides))
        sides = [
            (Kind.PRODUCER, farmer, share.share + vat),
            (Kind.TRANSPORT, None, -share.share),
            (Kind.VAT, None, -vat),
        ]
        entries.append(Entry(f"share:{day.pk}:{farmer}", _("Cost share of %(farm)s") % name, sides))
    sides = [(Kind.LAUNCH_GAP, None, run.launch_gap), (Kind.TRANSPORT, None, -run.launch_gap)]
    entries.append(Entry(f"gap:{day.pk}", _("Launch gap"), sides))
    ledger.book(network=day.network, on=day.on, entries=entries, delivery_day=day)
