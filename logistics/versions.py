"""
Versions of a day's plan: every change is kept, can be compared and undone; published is what drivers see.

`PlanVersion.plan` is `{"rounds": [{"number", "leg", "vehicle", "driver", "locked", "km", "cost", "starts_at", "ends_at",
"stops": [{"producer", "delivery", "locked", "arrives_at", "leaves_at", "letters": [crate letters]}]}]}`; ids, and moments in
ISO format. Crates are named by letter: letters survive packing again.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max, Prefetch

from logistics.models import PlanVersion, Round, Stop
from network.models import DeliveryDay, Person


@transaction.atomic
def record(*, day: DeliveryDay, action: str, by: Person | None, roads: str = "") -> PlanVersion:
    """Keep the plan of a day as it stands now. The day is locked by the caller. `action` is a short English verb phrase."""
    last = day.plan_versions.aggregate(last=Max("number"))["last"] or 0
    rounds = list(rounds_of(day))
    return PlanVersion.objects.create(
        delivery_day=day,
        number=last + 1,
        action=action,
        by=by,
        plan={"rounds": [_snapshot(found) for found in rounds]},
        roads=roads,
        km=sum(found.km for found in rounds),
        cost=sum(found.cost for found in rounds),
        co2_kg=sum(found.km * found.vehicle.co2_per_km / 1000 for found in rounds),
        unplanned=day.unplanned.count(),
    )


def rounds_of(day: DeliveryDay) -> Any:
    """Rounds with vehicle, stops and crates, in three queries."""
    stops = Stop.objects.order_by("position").prefetch_related("crates")
    return day.rounds.select_related("vehicle").prefetch_related(Prefetch("stops", stops)).order_by("number")


def _snapshot(found: Round) -> dict[str, Any]:
    return {
        "number": found.number,
        "leg": found.leg,
        "vehicle": found.vehicle_id,
        "driver": found.driver_id,
        "locked": found.locked,
        "km": str(found.km),
        "cost": str(found.cost),
        "starts_at": found.starts_at.isoformat(),
        "ends_at": found.ends_at.isoformat(),
        "stops": [
            {
                "producer": stop.producer_id,
                "delivery": stop.delivery_id,
                "locked": stop.locked,
                "arrives_at": stop.arrives_at.isoformat(),
                "leaves_at": stop.leaves_at.isoformat(),
                "letters": [crate.letter for crate in stop.crates.all()],
            }
            for stop in found.stops.all()
        ],
    }
