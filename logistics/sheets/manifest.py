"""
What moves on a day, gathered once for all its papers in a fixed number of queries: rides with their halts and crates, and the
crates on no round. From the rounds as they are now, or as a kept version of the plan says they were.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Q
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics.contacts import Contact, contacts_of
from logistics.models import Crate, PlanVersion, Round, Stop, Vehicle
from network import clock
from network.models import Delivery, DeliveryDay, Person
from network.quantities import StorageClass
from orders.models import Order
from producers.lots import went_with
from producers.models import Producer

Where = tuple[str, int | None]
CHILLED = {StorageClass.COLD, StorageClass.FROZEN}


@dataclass
class Halt:
    """A stop, the crates that change hands there, and whom to call."""

    stop: Stop
    crates: list[Crate]
    contacts: list[Contact] = field(default_factory=list)

    @property
    def chilled(self) -> bool:
        """Whether the temperature of its goods is to be written down."""
        return any(map(chilled, self.crates))

    @property
    def window(self) -> str:
        """When one is welcome: "17:00 – 19:00"; at a point, volunteers are there when it opens."""
        stop = self.stop
        if stop.producer:
            return f"{stop.producer.opens:%H:%M} – {stop.producer.closes:%H:%M}"
        assert stop.delivery
        if stop.delivery.pickup_point_id:
            return _("opens at %(hour)s") % {"hour": hour(stop.delivery.starts_at)}
        return f"{hour(stop.delivery.starts_at)} – {hour(stop.delivery.ends_at)}"


@dataclass
class Ride:
    """A round with its halts in order. `pk` is None when planning anew has replaced the round since."""

    round: Round
    halts: list[Halt]
    pk: int | None = None

    @property
    def crates(self) -> list[Crate]:
        """Each crate once, also one that is collected at one halt and dropped at another."""
        return list({crate.pk: crate for halt in self.halts for crate in halt.crates}.values())

    @property
    def loading(self) -> list[tuple[Halt, list[Crate]]]:
        """What is loaded at the hub before leaving: the last halt first, its crates the other way round too."""
        own = [(halt, [crate for crate in halt.crates if crate.leg == Round.Leg.DISTRIBUTION]) for halt in self.halts]
        return [(halt, crates[::-1]) for halt, crates in reversed(own) if crates]


@dataclass
class Manifest:
    day: DeliveryDay
    rides: list[Ride]
    loose: list[Crate]
    version: int | None = None

    @property
    def crates(self) -> list[Crate]:
        return [*(crate for ride in self.rides for crate in ride.crates), *self.loose]

    @property
    def subtitle(self) -> str:
        return f"{self.day.network} · {date_format(self.day.on, 'l j F Y')}"

    @cached_property
    def halt_of(self) -> dict[int, tuple[Ride, Halt]]:
        """Where each crate that goes to a delivery is dropped, and by which ride; by crate pk."""
        return {
            crate.pk: (ride, halt)
            for ride in self.rides
            for halt in ride.halts
            if halt.stop.delivery_id
            for crate in halt.crates
        }

    @cached_property
    def counts(self) -> dict[int, str]:
        """ "3/16" for the third of sixteen crates of a farm or for a delivery; by crate pk."""
        groups: dict[Any, list[int]] = defaultdict(list)
        for crate in sorted(self.crates, key=lambda crate: crate.pk):
            groups[crate.leg, crate.producer_id, crate.delivery_id].append(crate.pk)
        return {pk: f"{number}/{len(pks)}" for pks in groups.values() for number, pk in enumerate(pks, 1)}

    @cached_property
    def numbers(self) -> dict[int, int]:
        """What is said aloud at a pickup point, by order pk, which is all that crates know; no other order has one. One query."""
        at = {crate.delivery_id for crate in self.crates} - {None}
        orders = Order.objects.filter(delivery__in=at).exclude(number=None).values_list("pk", "number")
        return {pk: number for pk, number in orders if number}

    @cached_property
    def lots(self) -> dict[int, list[str]]:
        """What goes out this day and has a lot: its lots as they are printed, by product pk; one query."""
        found = went_with([self.day.pk])
        return {product: [lot.printed for lot in lots] for (product, _day), lots in found.items()}


def of_round(round: Round) -> Manifest:
    """One round as it is planned now. Comes with its day, network, vehicle and driver selected."""
    stops = list(_with_places(round.stops).order_by("position"))
    crates = _crates(Crate.objects.filter(Q(stop__round=round) | Q(dropped_at__round=round)))
    ride = _ride(round, stops, crates)
    _give_contacts(ride.halts)
    return Manifest(round.delivery_day, [ride], [])


def of_day(day: DeliveryDay) -> Manifest:
    """All rounds of a day as they are planned now, without whom to call."""
    rounds = list(day.rounds.select_related("vehicle__depot", "vehicle__returns_to", "driver").order_by("number"))
    stops = list(_with_places(Stop.objects.filter(round__delivery_day=day)).order_by("round", "position"))
    crates = _crates(day.crates.all())
    rides = [_ride(one, [stop for stop in stops if stop.round_id == one.pk], crates) for one in rounds]
    return Manifest(day, rides, _left(crates, rides))


def of_version(version: PlanVersion) -> Manifest:
    """The rounds of a day as the version says they were, with what is in the crates of that name now."""
    day = version.delivery_day
    planned = version.plan.get("rounds", [])
    halts = [stop for one in planned for stop in one.get("stops", [])]
    crates = _crates(day.crates.all())
    at: dict[Where, list[Crate]] = defaultdict(list)
    for crate in crates:
        at["farm", crate.producer_id].append(crate)
        at["delivery", crate.delivery_id].append(crate)
    farms = Producer.objects.select_related("organisation__place").in_bulk(
        {stop["producer"] for stop in halts} - {None}
    )
    drops = Delivery.objects.select_related("pickup_point", "outlet__organisation", "place").in_bulk(
        {stop["delivery"] for stop in halts} - {None}
    )
    vehicles = Vehicle.objects.select_related("depot", "returns_to").in_bulk({one["vehicle"] for one in planned})
    drivers = Person.objects.in_bulk({one["driver"] for one in planned} - {None})
    pks = dict(day.rounds.values_list("number", "pk"))
    rides = []
    for one in planned:
        round_ = Round(
            delivery_day=day,
            number=one["number"],
            leg=one["leg"],
            vehicle=vehicles[one["vehicle"]],
            driver=drivers.get(one["driver"]),
            starts_at=datetime.fromisoformat(one["starts_at"]),
            ends_at=datetime.fromisoformat(one["ends_at"]),
            km=Decimal(one["km"]),
        )
        rides.append(Ride(round_, list(_halts(round_, one["stops"], farms, drops, at)), pks.get(one["number"])))
    _give_contacts([halt for ride in rides for halt in ride.halts])
    return Manifest(day, rides, _left(crates, rides), version.number)


def _halts(
    round_: Round,
    stops: Sequence[dict[str, Any]],
    farms: dict[int, Producer],
    drops: dict[int, Delivery],
    at: Mapping[Where, Sequence[Crate]],
) -> Iterator[Halt]:
    """The stops with the crates they name. What goes straight from farm to delivery is named at both."""
    for position, stop in enumerate(stops, 1):
        producer, delivery = farms.get(stop["producer"]), drops.get(stop["delivery"])
        place = producer.organisation.place if producer else delivery.place if delivery else None
        if place is None:
            continue
        names = {*stop["letters"], *stop.get("dropped", ())}
        here: Where = ("farm", stop["producer"]) if producer else ("delivery", stop["delivery"])
        own = [crate for crate in at.get(here, ()) if _name(crate) in names]
        made = Stop(
            round=round_,
            position=position,
            producer=producer,
            delivery=delivery,
            place=place,
            arrives_at=datetime.fromisoformat(stop["arrives_at"]),
            leaves_at=datetime.fromisoformat(stop["leaves_at"]),
        )
        yield Halt(made, own)


def _name(crate: Crate) -> str:
    """As `logistics.versions` names a crate of a farm or a delivery."""
    if crate.leg == Round.Leg.DIRECT:
        return f"{crate.producer_id}-{crate.delivery_id}-{crate.letter}"
    return crate.letter


def _ride(round_: Round, stops: Sequence[Stop], crates: Iterable[Crate]) -> Ride:
    halts = {stop.pk: Halt(stop, []) for stop in stops}
    for crate in crates:
        for stop in (crate.stop_id, crate.dropped_at_id):
            if stop in halts:
                halts[stop].crates.append(crate)
    return Ride(round_, list(halts.values()), round_.pk)


def _give_contacts(halts: Sequence[Halt]) -> None:
    for number, halt in enumerate(halts, 1):
        halt.stop.pk = halt.stop.pk or -number
    people = contacts_of(halt.stop for halt in halts)
    for halt in halts:
        halt.contacts = people.get(halt.stop.pk, [])[:2]


def _crates(crates: Any) -> list[Crate]:
    """
    Each with the product (`product_id`) when a farm fills it with one. What is missing altogether is neither labelled nor
    looked for.
    """
    there = crates.exclude(status=Crate.Status.MISSING)
    return list(there.annotate(product_id=F("purchase_order_line__product")).order_by("pk"))


def _left(crates: Iterable[Crate], rides: Iterable[Ride]) -> list[Crate]:
    taken = {crate.pk for ride in rides for crate in ride.crates}
    return [crate for crate in crates if crate.pk not in taken]


def _with_places(stops: Any) -> Any:
    return stops.select_related(
        "producer__organisation__place",
        "delivery__pickup_point",
        "delivery__outlet__organisation",
        "delivery__place",
        "place",
    )


def hour(moment: datetime) -> str:
    return clock.local(moment).strftime("%H:%M")


def counted(crates: Sequence[Crate]) -> str:
    """ "5 crates: 3 cool, 2 cold" """
    counts = Counter(crate.storage_class for crate in crates)
    parts = ", ".join(f"{counts[value]} {label}" for value, label in StorageClass.choices if counts[value])
    return ngettext("%(count)s crate", "%(count)s crates", len(crates)) % {"count": len(crates)} + (
        f": {parts}" if parts else ""
    )


def spans(letters: Sequence[str]) -> list[str]:
    """Crate letters with three or more in a row written as one: "B7–B1"."""
    runs: list[list[str]] = []
    step, before = 0, ("", 0)
    for letter in letters:
        here = letter[:1], int(letter[1:]) if letter[1:].isdecimal() else 0
        move = here[1] - before[1] if here[0] == before[0] else 0
        if abs(move) == 1 and (len(runs[-1]) == 1 or move == step):
            runs[-1].append(letter)
        else:
            runs.append([letter])
        step, before = move, here
    return [word for run in runs for word in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else run)]


def weight(crates: Iterable[Crate]) -> str:
    """ "48 kg", to the kilogram; one decimal under ten."""
    kg = sum((crate.kg for crate in crates), Decimal(0))
    return f"{number_format(kg, 0 if kg >= 10 else 1, use_l10n=True)} kg"


def chilled(crate: Crate) -> bool:
    return crate.storage_class in CHILLED or crate.max_temperature is not None


def keeping(crate: Crate) -> str:
    """How a crate is kept: "cold, at most 4 °C"."""
    return ", ".join(kept(crate))


def kept(crate: Crate) -> list[str]:
    """The same in the one or two parts that may each have a line of their own."""
    parts = [str(StorageClass(crate.storage_class).label)]
    if crate.max_temperature is not None:
        degrees = number_format(crate.max_temperature.normalize() + 0, use_l10n=True)
        parts.append(_("at most %(degrees)s °C") % {"degrees": degrees})
    return parts
