"""
What is wrong with a plan as it stands, whoever made it: each flaw a sentence beside its round or stop. A look of its own at
the kept times and loads; it shares no code with what plans or re-times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics import fleet
from logistics.calls import CROSS_DOCK
from logistics.drafts import CLASSES, Draft, Trip, minutes
from logistics.fleet import Ring
from logistics.models import Round
from network.quantities import StorageClass


@dataclass(frozen=True)
class Flaw:
    """`amount` in minutes, crates or kg, as `kind` says; `stop` is the pk of a stop, None for the round as a whole."""

    kind: str
    round: int
    stop: int | None
    amount: int
    what: str = ""

    def __str__(self) -> str:
        """In the reader's language, without the name of the round or stop."""
        if self.kind == "class":
            return ngettext(
                "too many crates %(what)s: %(count)s too many",
                "too many crates %(what)s: %(count)s too many",
                self.amount,
            ) % {"what": StorageClass(self.what).label, "count": self.amount}
        said = SAID[self.kind]
        return said(self.amount) % {"count": self.amount}


SAID = {
    "late": lambda n: ngettext("comes %(count)s minute too late", "comes %(count)s minutes too late", n),
    "crates": lambda n: ngettext("carries %(count)s crate too many", "carries %(count)s crates too many", n),
    "kg": lambda n: ngettext("carries %(count)s kg too much", "carries %(count)s kg too much", n),
    "leaves": lambda n: ngettext(
        "leaves %(count)s minute before the vehicle is available",
        "leaves %(count)s minutes before the vehicle is available",
        n,
    ),
    "returns": lambda n: ngettext(
        "is back %(count)s minute after the vehicle's hours", "is back %(count)s minutes after the vehicle's hours", n
    ),
    "hours": lambda n: ngettext(
        "keeps the driver away %(count)s minute too long", "keeps the driver away %(count)s minutes too long", n
    ),
    "busy": lambda n: ngettext(
        "leaves %(count)s minute before its vehicle is back from the round before",
        "leaves %(count)s minutes before its vehicle is back from the round before",
        n,
    ),
    "unsorted": lambda n: ngettext(
        "leaves %(count)s minute before all crates are sorted at the hub",
        "leaves %(count)s minutes before all crates are sorted at the hub",
        n,
    ),
    "zone": lambda n: _("its vehicle may not enter the low-emission zone here"),
    "pair": lambda n: ngettext(
        "collects %(count)s crate that this round does not bring further",
        "collects %(count)s crates that this round does not bring further",
        n,
    ),
}


def flaws_of(draft: Draft) -> list[Flaw]:
    """Everything that is wrong, round by round. One query, when some vehicle may not enter a low-emission zone."""
    rings = [] if all(trip.round.vehicle.enters_low_emission for trip in draft.trips) else fleet.zones()
    return [flaw for trip in draft.trips for flaw in (*_of(draft, trip), *_barred(trip, rings))]


def _barred(trip: Trip, rings: list[Ring]) -> Iterator[Flaw]:
    """Stops where the vehicle may not come."""
    for visit in trip.visits:
        if rings and fleet.needs(visit.stop.place, rings=rings) - fleet.skills(trip.round.vehicle):
            yield Flaw("zone", trip.round.number, visit.stop.pk, 1)


def _of(draft: Draft, trip: Trip) -> Iterator[Flaw]:
    round_, vehicle = trip.round, trip.round.vehicle
    leaves, returns = minutes(draft, round_.starts_at), minutes(draft, round_.ends_at)
    opens, closes = (at.hour * 60 + at.minute for at in (vehicle.available_from, vehicle.available_until))
    if leaves < opens:
        yield Flaw("leaves", round_.number, None, opens - leaves)
    if returns > closes:
        yield Flaw("returns", round_.number, None, returns - closes)
    before = draft.before(trip)
    away = returns - leaves + sum(int((one.round.ends_at - one.round.starts_at).seconds // 60) for one in before)
    if (over := away - vehicle.longest_minutes) > 0:
        yield Flaw("hours", round_.number, None, min(over, returns - leaves))
    if before and (early := minutes(draft, before[-1].round.ends_at) - leaves) > 0:
        yield Flaw("busy", round_.number, None, early)
    if round_.leg == Round.Leg.DISTRIBUTION:
        collected = [minutes(draft, one.round.ends_at) for one in draft.trips if one.round.leg == Round.Leg.COLLECTION]
        if collected and (early := max(collected) + CROSS_DOCK - leaves) > 0:
            yield Flaw("unsorted", round_.number, None, early)
    yield from _loads(trip)
    for visit in trip.visits:
        _opens, latest = visit.window(draft.day, vehicle)
        if (late := minutes(draft, visit.stop.arrives_at) - latest) > 0:
            yield Flaw("late", round_.number, visit.stop.pk, late)
    yield from _pairs(trip)


def _loads(trip: Trip) -> Iterator[Flaw]:
    """How much is too much where it is most, of each storage class, of all crates, of kg."""
    loads = trip.on_board()
    for name in (*CLASSES, "crates", "kg"):
        most = max(load[name] for load in loads)
        if (over := ceil(most) - getattr(trip.round.vehicle, name)) > 0:
            kind, what = ("class", name) if name in CLASSES else (name, "")
            yield Flaw(kind, trip.round.number, None, over, what)


def _pairs(trip: Trip) -> Iterator[Flaw]:
    """Crates that go straight from a farm to a customer are put down by the same round, later."""
    later: set[int] = set()
    found: list[Flaw] = []
    for visit in reversed(trip.visits):
        lost = sum(box.leg == Round.Leg.DIRECT and box.pk not in later for box in visit.boxes)
        if lost:
            found.append(Flaw("pair", trip.round.number, visit.stop.pk, lost))
        later |= {box.pk for box in visit.dropped}
    yield from reversed(found)


def spelled(draft: Draft, flaw: Flaw) -> str:
    """The whole sentence: round, stop and what is wrong."""
    trip = next(trip for trip in draft.trips if trip.round.number == flaw.round)
    stop = next((visit.stop for visit in trip.visits if visit.stop.pk == flaw.stop), None)
    return f"{trip.round}, {stop}: {flaw}" if stop else f"{trip.round}: {flaw}"
