"""What differs between two versions of a plan (`PlanVersion.plan`), as signed numbers."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics.drafts import Draft
from logistics.models import PlanVersion, Vehicle
from network.models import Delivery, PickupPoint
from network.texts import as_text
from producers.models import Producer

Plan: TypeAlias = Mapping[str, Any]
Where: TypeAlias = tuple[int | None, int | None, int]
"""Producer, delivery, and which of its visits (0 is the first)."""


@dataclass(frozen=True)
class Difference:
    """A round before and after; None where it is not there. The numbers are after minus before."""

    number: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    added: list[Where]
    removed: list[Where]
    reordered: int

    @property
    def km(self) -> Decimal:
        return self._of("km")

    @property
    def cost(self) -> Decimal:
        return self._of("cost")

    @property
    def minutes(self) -> int:
        """How much longer it takes."""
        return _away(self.after) - _away(self.before)

    @property
    def later_home(self) -> int:
        """Minutes; 0 for a round that is new or gone."""
        if not self.before or not self.after:
            return 0
        return _minutes(self.before["ends_at"], self.after["ends_at"])

    @property
    def same(self) -> bool:
        return self.before == self.after

    def _of(self, name: str) -> Decimal:
        return Decimal(self.after[name] if self.after else 0) - Decimal(self.before[name] if self.before else 0)


def differences(before: Plan, after: Plan) -> list[Difference]:
    """Round by round, by number."""
    olds, news = _rounds(before), _rounds(after)
    found = []
    for number in sorted(olds.keys() | news.keys()):
        old, new = olds.get(number), news.get(number)
        was, becomes = list(_stops(old)), list(_stops(new))
        stayed = [was.index(where) for where in becomes if where in was]
        found.append(
            Difference(
                number=number,
                before=old,
                after=new,
                added=[where for where in becomes if where not in was],
                removed=[where for where in was if where not in becomes],
                reordered=len(stayed) - _longest_rise(stayed),
            )
        )
    return found


def side_by_side(before: PlanVersion, after: PlanVersion) -> dict[str, Any]:
    """Two versions for a page: totals as signed numbers, and round by round the stops with their names; two queries."""
    found = differences(before.plan, after.plan)
    rows = [row for version in (before, after) for row in version.plan.get("rounds", ())]
    called = _named([stop for row in rows for stop in row["stops"]])
    vehicles = {vehicle.pk: str(vehicle) for vehicle in Vehicle.objects.filter(pk__in={row["vehicle"] for row in rows})}

    def shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
        if row is None:
            return None
        stops = [
            {
                "name": called.get((stop["producer"], stop["delivery"]), ""),
                "at": datetime.fromisoformat(stop["arrives_at"]),
            }
            for stop in row["stops"]
        ]
        hours = {name: datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at")}
        return {
            **hours,
            "vehicle": vehicles.get(row["vehicle"], ""),
            "stops": stops,
            "km": row["km"],
            "cost": row["cost"],
        }

    return {
        "km": after.km - before.km,
        "cost": after.cost - before.cost,
        "co2_kg": after.co2_kg - before.co2_kg,
        "minutes": sum(one.minutes for one in found),
        "moved": sum(len(one.added) + one.reordered for one in found),
        "unplanned": after.unplanned - before.unplanned,
        "rounds": [
            {
                "number": one.number,
                "same": one.same,
                "difference": one,
                "before": shown(one.before),
                "after": shown(one.after),
            }
            for one in found
        ],
    }


def _named(stops: list[dict[str, Any]]) -> dict[tuple[int | None, int | None], str]:
    farms = Producer.objects.select_related("organisation").in_bulk(
        {stop["producer"] for stop in stops if stop["producer"]}
    )
    deliveries = Delivery.objects.select_related("pickup_point", "outlet__organisation").in_bulk(
        {stop["delivery"] for stop in stops if stop["delivery"]}
    )
    return {(pk, None): str(farm) for pk, farm in farms.items()} | {
        (None, pk): str(delivery.destination) for pk, delivery in deliveries.items()
    }


def deltas(before: Plan, after: Plan, names: Mapping[Any, Any]) -> dict[int, list[dict[str, Any]]]:
    """
    What a driver must know of each changed round, by number: rows `{"kind", "minutes" or "crates" or "name", "stop"}`. Kinds
    `added` and `removed` (a stop, with its crates), `time` (a stop that comes earlier or later), `crates` (at a stop that
    stays), `start`, `end`, `vehicle`. Negative is earlier or fewer. `names` are the stops' names by place.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for one in differences(before, after):
        if one.after is None or one.before is None or one.same:
            continue
        was, becomes = _stops(one.before), _stops(one.after)
        rows: list[dict[str, Any]] = []
        for where, stop in becomes.items():
            said = {"stop": names.get(where[:2], "")}
            if where not in was:
                rows.append({"kind": "added", "crates": _crates(stop), "at": stop["arrives_at"], **said})
                continue
            if shift := _minutes(was[where]["arrives_at"], stop["arrives_at"]):
                rows.append({"kind": "time", "minutes": shift, **said})
            if more := _crates(stop) - _crates(was[where]):
                rows.append({"kind": "crates", "crates": more, **said})
        rows += [
            {"kind": "removed", "crates": -_crates(was[where]), "stop": names.get(where[:2], "")}
            for where in one.removed
        ]
        for kind, name in (("start", "starts_at"), ("end", "ends_at")):
            if shift := _minutes(one.before[name], one.after[name]):
                rows.append({"kind": kind, "minutes": shift})
        if one.before["vehicle"] != one.after["vehicle"]:
            rows.append({"kind": "vehicle", "name": names.get(one.number, "")})
        if rows:
            found[one.number] = rows
    return found


def names(draft: Draft) -> dict[Any, Any]:
    """Names of stops by producer and delivery, of vehicles by number of the round, as they are kept in deltas."""
    found: dict[Any, Any] = {}
    for stop in [*draft.stops.values(), *(visit.stop for _trip, visit in draft.visits())]:
        place = stop.producer or (stop.delivery and stop.delivery.destination)
        found[stop.producer_id, stop.delivery_id] = dict(place.name) if isinstance(place, PickupPoint) else str(place)
    return found | {trip.round.number: str(trip.round.vehicle) for trip in draft.trips}


def spelled(row: Mapping[str, Any]) -> str:
    """A delta as a sentence, in the reader's language."""
    stop = str(as_text(row.get("stop", "")))
    amount = row.get("minutes", row.get("crates", 0))
    values = {"stop": stop, "count": abs(amount), "name": row.get("name", "")}
    return SAID[row["kind"]](amount) % values


def announced(before: Plan, after: Plan) -> str:
    """What a change came to, in a sentence: which rounds are home later or earlier, which are new or gone."""
    said = []
    for one in differences(before, after):
        round_ = _("Round %(number)s") % {"number": one.number}
        if one.before is None:
            said.append(_("%(round)s is new") % {"round": round_})
        elif one.after is None:
            said.append(_("%(round)s is gone") % {"round": round_})
        elif later := one.later_home:
            said.append(LATER[later > 0](abs(later)) % {"round": round_, "count": abs(later)})
    return ", ".join(said)


SAID = {
    "added": lambda n: ngettext("+ %(stop)s, %(count)s crate", "+ %(stop)s, %(count)s crates", n),
    "removed": lambda n: ngettext("− %(stop)s, %(count)s crate", "− %(stop)s, %(count)s crates", abs(n)),
    "time": lambda n: (
        ngettext("%(stop)s: +%(count)s minute", "%(stop)s: +%(count)s minutes", n)
        if n > 0
        else ngettext("%(stop)s: −%(count)s minute", "%(stop)s: −%(count)s minutes", -n)
    ),
    "crates": lambda n: (
        ngettext("%(stop)s: +%(count)s crate", "%(stop)s: +%(count)s crates", n)
        if n > 0
        else ngettext("%(stop)s: −%(count)s crate", "%(stop)s: −%(count)s crates", -n)
    ),
    "start": lambda n: (
        ngettext("leaves %(count)s minute later", "leaves %(count)s minutes later", n)
        if n > 0
        else ngettext("leaves %(count)s minute earlier", "leaves %(count)s minutes earlier", -n)
    ),
    "end": lambda n: (
        ngettext("is home %(count)s minute later", "is home %(count)s minutes later", n)
        if n > 0
        else ngettext("is home %(count)s minute earlier", "is home %(count)s minutes earlier", -n)
    ),
    "vehicle": lambda n: _("drives with %(name)s"),
}

LATER = {
    True: lambda n: ngettext(
        "%(round)s is home %(count)s minute later", "%(round)s is home %(count)s minutes later", n
    ),
    False: lambda n: ngettext(
        "%(round)s is home %(count)s minute earlier", "%(round)s is home %(count)s minutes earlier", n
    ),
}


def _rounds(plan: Plan) -> dict[int, dict[str, Any]]:
    return {row["number"]: row for row in plan.get("rounds", ())}


def _stops(row: Mapping[str, Any] | None) -> dict[Where, dict[str, Any]]:
    """The stops of a round in order. A farm whose crates need several visits is called at by their first letters' order."""
    stops = row["stops"] if row else []
    found: dict[Where, dict[str, Any]] = {}
    for stop in stops:
        place = stop["producer"], stop["delivery"]
        found[*place, sum(where[:2] == place for where in found)] = stop
    return found


def _crates(stop: Mapping[str, Any]) -> int:
    return len(stop["letters"]) + len(stop.get("dropped", ()))


def _away(row: Mapping[str, Any] | None) -> int:
    return _minutes(row["starts_at"], row["ends_at"]) if row else 0


def _minutes(start: str, end: str) -> int:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 60)


def _longest_rise(numbers: list[int]) -> int:
    """Length of the longest rising subsequence: the stops that kept their order; the others were moved."""
    tails: list[int] = []
    for number in numbers:
        at = bisect_left(tails, number)
        tails[at : at + 1] = [number]
    return len(tails)
