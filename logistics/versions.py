"""
Versions of a day's plan: every change is kept, can be compared and undone; published is what drivers see.

`PlanVersion.plan` is `{"rounds": [{"number", "leg", "vehicle", "driver", "locked", "tour", "km", "cost", "starts_at",
"ends_at", "stops": [{"producer", "delivery", "locked", "arrives_at", "leaves_at", "km", "letters": [crates], "dropped":
[crates]}]}], "unplanned": [{"producer", "delivery", "reason", "remedy"}]}`; ids, and moments in ISO format. Crates are
named by letter (on the direct leg by farm, delivery and letter), which survives packing again.

A plan is published once; from then on drivers see their rounds at once with every change (`RoundChange`). Publishing again
makes new papers. Planning anew takes the rounds back from the drivers until that plan is published too.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from logistics import drafts, drivers, flaws
from logistics.drafts import Draft
from logistics.models import PlanVersion, Round, Tour
from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, Person

ABOUT = ("tours", "loosed", "search")
"""What the planner told of itself, in `plan`."""
CARRIED = ("roads", "alone_km", "alone_cost")
"""What a change of the plan leaves as it was."""


def record(
    *,
    day: DeliveryDay,
    action: str,
    by: Person | None,
    roads: str = "",
    draft: Draft | None = None,
    last: PlanVersion | None = None,
) -> PlanVersion:
    """
    Keep the plan of a day as it stands now (as in `draft`, when it was just written). The day is locked by the caller, who may
    know the `last` version. `action` is a short English verb phrase.
    """
    last = last or latest(day)
    draft = draft or drafts.load(day)
    rounds = [trip.round for trip in draft.trips]
    former = last if action != PlanVersion.PLANNED else None
    carried = {name: getattr(former, name) for name in CARRIED} if former else {}
    about = {name: former.plan[name] for name in ABOUT if name in former.plan} if former else {}
    return PlanVersion.objects.create(
        delivery_day=day,
        number=last.number + 1 if last else 1,
        action=action,
        by=by,
        plan=snapshot(draft) | about,
        km=sum(found.km for found in rounds),
        cost=sum(found.cost for found in rounds),
        co2_kg=sum((found.co2_kg for found in rounds), Decimal(0)).quantize(Decimal("0.01")),
        unplanned=len(draft.unplanned),
        **carried | ({"roads": roads} if roads else {}),
    )


def standing(version: PlanVersion) -> list[tuple[Tour, Decimal | None]]:
    """The standing tours of a planned day with the euro that letting each go would save; None: it could not be kept."""
    told = version.plan.get("tours", {})
    tours = Tour.objects.filter(pk__in=told).order_by("name", "pk")
    return [(tour, Decimal(told[str(tour.pk)]) if told[str(tour.pk)] is not None else None) for tour in tours]


def latest(day: DeliveryDay) -> PlanVersion | None:
    """The version that is the plan as it stands; None before the first."""
    return day.plan_versions.select_related("by").order_by("-number").first()


def still(day: DeliveryDay, version: int) -> None:
    """Refused when the plan is not this version any more (0: there was none)."""
    last = day.plan_versions.order_by("-number").values_list("number", flat=True).first() or 0
    if last != version:
        raise Refused(_("Somebody changed the plan meanwhile. This is how it is now; try again if you still want to."))


def published(day: DeliveryDay) -> PlanVersion | None:
    """The version the drivers' papers were made of; None when they see nothing of the plan yet."""
    return PlanVersion.objects.published().filter(delivery_day=day).defer("plan").order_by("-number").first()


@transaction.atomic
def publish(
    *, day: DeliveryDay, by: Person | None, version: int | None = None, accept_flaws: bool = False
) -> PlanVersion:
    """
    Show the plan as it stands to its drivers: they get a mail each, and papers are made. Publishing twice changes nothing.
    Refused without a plan, when `version` is no longer the last one, and with flaws that nobody accepted.
    """
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cycle__network__hub")
        .get(pk=day.pk)
    )
    if day.status != DeliveryDay.Status.PLANNED:
        raise Refused(_("There is no plan to publish: plan the rounds first, and publish before they are driven."))
    found = latest(day)
    if version is not None and version != (found.number if found else 0):
        raise Refused(_("Somebody changed the plan meanwhile. Look at it as it is now, then publish it."))
    if found and found.published_at:
        return found
    draft = drafts.load(day)
    found = found or record(day=day, action=PlanVersion.PLANNED, by=by, draft=draft)
    if not accept_flaws and (wrong := flaws.flaws_of(draft)):
        raise Refused(
            _("This plan has flaws. Repair them, or say that you accept them: %(flaws)s.")
            % {"flaws": "; ".join(flaws.spelled(draft, flaw) for flaw in wrong)},
            "accept_flaws",
        )
    found.published_at = clock.now()
    found.save(update_fields=["published_at"])
    journal.record(action="published the plan", subject=day, by=by, network=day.network, version=found.number)
    if "papers" in settings.OUTBOX_HANDLERS:
        outbox.add(kind="papers", key=f"papers-{found.pk}", version=found.pk)
    drivers.tell(day=day, rounds=[trip.round for trip in draft.trips])
    return found


def snapshot(draft: Draft) -> dict[str, Any]:
    """The draft as `PlanVersion.plan` keeps it."""
    return {
        "rounds": [
            _round(trip.round) | {"stops": [_stop(visit) for visit in trip.visits]}
            for trip in sorted(draft.trips, key=lambda trip: trip.round.number)
        ],
        "unplanned": left_out(draft),
    }


def left_out(draft: Draft) -> list[dict[str, Any]]:
    """What no round takes, as `PlanVersion.plan` keeps it."""
    return [
        {"producer": one.producer_id, "delivery": one.delivery_id, "reason": one.reason, "remedy": one.remedy}
        for one in draft.unplanned
    ]


def _round(found: Round) -> dict[str, Any]:
    return {
        "number": found.number,
        "leg": found.leg,
        "vehicle": found.vehicle_id,
        "driver": found.driver_id,
        "locked": found.locked,
        "tour": found.tour_id,
        "km": str(found.km),
        "cost": str(found.cost),
        "starts_at": found.starts_at.isoformat(),
        "ends_at": found.ends_at.isoformat(),
    }


def _stop(visit: drafts.Visit) -> dict[str, Any]:
    stop = visit.stop
    return {
        "producer": stop.producer_id,
        "delivery": stop.delivery_id,
        "locked": stop.locked,
        "arrives_at": stop.arrives_at.isoformat(),
        "leaves_at": stop.leaves_at.isoformat(),
        "km": str(stop.km),
        "letters": [box.name for box in visit.boxes],
        "dropped": [box.name for box in visit.dropped],
    }
