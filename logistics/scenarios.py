"""
What a change would do to everybody's bill of a settled day (`docs/what-if.md`): asked by a coordinator, or by a farmer of her own
crates; computed by a job, kept with the day.

`inputs` by kind, amounts of crates whole:
- point: `{"name", "where", "point": [lat, lon], "opens": "16:30", "crates", "instead_of": pk of a delivery or None}`
- day: `{"weekday", "deliveries": [pk, …]}` which go on that weekday instead
- van: `{"vehicle": pk, "name"}`, one more like it
- producer: `{"name", "where", "point", "crates": {class: number}, "to": [key of `estimating`, …]}`
- outside: `{"producer": pk, "name", "part": percent}`; with `"own": true` a farmer asked it of herself and only she sees it

`result`, in cents: `{"before": side, "after": side, "noise", "roads", "outside", "bills": [{"producer", "name", "before", "after",
"alone"}, …]}`, a side `{"cost", "gap", "km", "rounds", "left_out"}`; `outside` is what driving the crates that went outside costs
their farm, part of her `after`. A farm on one side only has None on the other.
"""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import whatif
from logistics.models import Scenario, Vehicle
from logistics.whatif import Heard, Known, Outcome
from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, Person

Kind = Scenario.Kind


@transaction.atomic
def ask(*, day: DeliveryDay, kind: str, inputs: Mapping[str, Any], by: Person) -> Scenario:
    """Have it computed. Asking again what has no answer yet gives what was asked. Refused for a day that is not settled."""
    day = (
        DeliveryDay.objects.select_for_update(no_key=True, of=("self",)).select_related("cycle__network").get(pk=day.pk)
    )
    if day.status != DeliveryDay.Status.SETTLED:
        raise Refused(_("What if is asked of a settled day: only then is it known what everybody pays."))
    before = Scenario.objects.unanswered().filter(delivery_day=day, kind=kind, inputs=inputs, by=by).first()
    if before:
        return before
    asked = Scenario.objects.create(delivery_day=day, kind=kind, inputs=dict(inputs), by=by)
    outbox.add(kind="scenario", key=f"scenario:{asked.pk}", scenario=asked.pk)
    if not inputs.get("own"):
        journal.record(action="asked what if", subject=day, by=by, network=day.network, kind=kind)
    return asked


def compute(*, scenario: Scenario, heard: Heard = lambda: None) -> bool:
    """Both sides of a claimed one, and keep the result. False when that was done meanwhile."""
    was = whatif.known(scenario.delivery_day)
    would_be, outside = _changed(scenario, was)
    before = [whatif.outcome(was, heard)]
    after = [whatif.outcome(one, heard) for one in would_be if one.goods.ordered]
    result = _result(was, would_be, before, after) | {"roads": was.roads.source, "outside": outside}
    if outside:
        hers = next(row for row in result["bills"] if row["producer"] == scenario.inputs["producer"])
        hers["after"] = (hers["after"] or 0) + outside
    return Scenario.objects.finish(scenario.pk, result=result)


def steps_of(scenario: Scenario) -> int:
    """How many steps are heard while it is computed."""
    return whatif.steps(3 if scenario.kind == Kind.DAY else 2)


def _changed(scenario: Scenario, was: Known) -> tuple[list[Known], int]:
    """The day or days as they would be, and the cents of what went outside."""
    asked = scenario.inputs
    if scenario.kind == Kind.PRODUCER:
        return [
            whatif.with_farm(
                was, name=asked["name"], point=tuple(asked["point"]), crates=asked["crates"], to=asked["to"]
            )
        ], 0
    if scenario.kind == Kind.VAN:
        return [whatif.with_van(was, vehicle=Vehicle.objects.select_related("depot").get(pk=asked["vehicle"]))], 0
    if scenario.kind == Kind.POINT:
        opens_at = clock.moment(was.day.on, time.fromisoformat(asked["opens"]))
        return [
            whatif.with_point(
                was,
                name=asked["name"],
                point=tuple(asked["point"]),
                opens_at=opens_at,
                crates=Decimal(asked["crates"]),
                instead_of=asked["instead_of"],
            )
        ], 0
    if scenario.kind == Kind.DAY:
        return list(whatif.on_two_days(was, deliveries=asked["deliveries"], weekday=asked["weekday"])), 0
    less, outside = whatif.without_crates(was, producer=asked["producer"], part=Decimal(asked["part"]) / 100)
    return [less], outside


def _result(was: Known, would_be: list[Known], before: list[Outcome], after: list[Outcome]) -> dict[str, Any]:
    names = {pk: str(farm) for known in (was, *would_be) for pk, farm in known.farms.items()}
    first, second = _paid(before), _paid(after)
    alone = _alone(after) | _alone(before)
    return {
        "before": _side(before),
        "after": _side(after),
        "noise": max(sum(one.noise for one in before), sum(one.noise for one in after)),
        "bills": [
            {
                "producer": pk,
                "name": names[pk],
                "before": first.get(pk),
                "after": second.get(pk),
                "alone": alone[pk],
            }
            for pk in sorted(first | second, key=lambda pk: (names[pk], pk))
        ],
    }


def _side(days: list[Outcome]) -> dict[str, Any]:
    return {
        "cost": sum(one.shared.cost for one in days),
        "gap": sum(one.shared.launch_gap for one in days),
        "km": round(sum(one.km for one in days), 1),
        "rounds": sum(one.rounds for one in days),
        "left_out": sum(one.left_out for one in days),
    }


def _paid(days: list[Outcome]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in days:
        for pk, paid in one.paid().items():
            found[pk] = found.get(pk, 0) + paid
    return found


def _alone(days: list[Outcome]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in days:
        for pk, bill in one.shared.bills.items():
            found[pk] = found.get(pk, 0) + bill.alone
    return found
