"""
Standing tours: the same stops, in the same order at the same hours, every week on one weekday with one vehicle. The planner
keeps them; a coordinator may let one go and keep it again.
"""

from collections.abc import Iterable, Mapping
from datetime import time
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Prefetch, QuerySet
from django.utils.translation import gettext as _

from logistics.models import Round, Tour, TourStop, Vehicle
from network import clock, journal
from network.errors import Refused
from network.models import Network, Outlet, Person, PickupPoint
from producers.models import Producer

Where = Producer | PickupPoint | Outlet
AFTER = 15
"""Minutes after the last stop at which a stop that is added is expected, until the coordinator says otherwise."""


def with_stops(network: Network) -> QuerySet[Tour]:
    """The standing tours of a network with their stops, in two queries."""
    stops = TourStop.objects.select_related(
        "producer__organisation__place", "pickup_point__place", "outlet__organisation__place"
    )
    return (
        network.tours.select_related("vehicle", "network")
        .prefetch_related(Prefetch("stops", stops.order_by("position")))
        .order_by("weekday", "name", "pk")
    )


def places_of(network: Network) -> dict[str, list[Where]]:
    """Where a tour of the network may stop: farms, pickup points, outlets."""
    farms = Producer.objects.active().in_network(network).select_related("organisation__place")
    outlets = Outlet.objects.in_network(network)
    return {
        "producer": list(farms.order_by("organisation__name")),
        "pickup_point": sorted(network.pickup_points.active().select_related("place"), key=str),
        "outlet": list(outlets.select_related("organisation__place").order_by("organisation__name")),
    }


def where(stop: TourStop) -> Where:
    """The farm, point or outlet at which a tour stops."""
    found = stop.producer or stop.pickup_point or stop.outlet
    assert found
    return found


@transaction.atomic
def make(*, round: Round, name: str, by: Person) -> Tour:
    """A standing tour of a round as it is planned: its stops but households, their hours, its weekday and vehicle."""
    round = Round.objects.select_related("delivery_day__cycle__network", "vehicle").get(pk=round.pk)
    network, day = round.delivery_day.network, round.delivery_day
    tour = Tour(network=network, name=name, weekday=day.on.weekday(), vehicle=round.vehicle)
    stops: list[TourStop] = []
    for stop in round.stops.select_related("producer", "delivery__pickup_point", "delivery__outlet").order_by(
        "position"
    ):
        at = clock.local(stop.arrives_at).time().replace(second=0, microsecond=0)
        delivery = stop.delivery
        if delivery and delivery.home_id:
            continue
        its = TourStop(
            tour=tour,
            position=len(stops) + 1,
            producer=stop.producer,
            pickup_point=delivery.pickup_point if delivery else None,
            outlet=delivery.outlet if delivery else None,
            at=at,
        )
        if where(its) not in [where(other) for other in stops]:
            stops.append(its)
    if not stops:
        raise Refused(_("This round has no stops."))
    _require_fit(tour, [(stop, stop.at) for stop in stops])
    tour.save()
    TourStop.objects.bulk_create(stops)
    _record("made a standing tour", tour, by, round=round.pk)
    return tour


@transaction.atomic
def change(*, tour: Tour, by: Person, name: str, weekday: int, vehicle: Vehicle, hours: Mapping[int, time]) -> Tour:
    """
    Another name, weekday or vehicle, or other hours, by stop pk. Refused beside its field when the hours do not ascend,
    the vehicle does not drive then, or it drives another standing tour at that time.
    """
    tour = _claim(tour)
    stops = list(tour.stops.order_by("position"))
    tour.name, tour.weekday, tour.vehicle = name, weekday, vehicle
    _require_fit(tour, [(stop, hours.get(stop.pk, stop.at)) for stop in stops])
    for stop in stops:
        stop.at = hours.get(stop.pk, stop.at)
    tour.save()
    TourStop.objects.bulk_update(stops, ["at"])
    _record("changed the standing tour", tour, by)
    return tour


@transaction.atomic
def move(*, stop: TourStop, up: bool, by: Person) -> None:
    """Change places with the stop before (or after). The hours stay where they are: each stop gets those of its new place."""
    tour = _claim(stop.tour)
    stop = tour.stops.get(pk=stop.pk)
    other = tour.stops.filter(position=stop.position + (-1 if up else 1)).first()
    if other is None:
        return
    for field in ("producer_id", "pickup_point_id", "outlet_id"):
        mine, its = getattr(stop, field), getattr(other, field)
        setattr(stop, field, its)
        setattr(other, field, mine)
    TourStop.objects.bulk_update([stop, other], ["producer", "pickup_point", "outlet"])
    _record("changed the standing tour", tour, by)


@transaction.atomic
def add(*, tour: Tour, place: Where, by: Person) -> TourStop:
    """A stop more, at the end. Refused for a place of another network, and for one where the tour stops already."""
    tour = _claim(tour)
    if place not in [one for some in places_of(tour.network).values() for one in some]:
        raise Refused(_("%(place)s does not belong to this network.") % {"place": place}, "place")
    stops = list(tour.stops.order_by("position"))
    if place in [where(stop) for stop in stops]:
        raise Refused(_("%(place)s is on this tour already.") % {"place": place}, "place")
    minutes = stops[-1].at.hour * 60 + stops[-1].at.minute + AFTER if stops else tour.vehicle.available_from.hour * 60
    if minutes >= 24 * 60:
        raise Refused(_("The last stop is so late that none can follow it."), "place")
    made = TourStop(tour=tour, position=len(stops) + 1, at=time(minutes // 60, minutes % 60))
    made.producer = place if isinstance(place, Producer) else None
    made.pickup_point = place if isinstance(place, PickupPoint) else None
    made.outlet = place if isinstance(place, Outlet) else None
    made.save()
    _record("changed the standing tour", tour, by)
    return made


@transaction.atomic
def remove(*, stop: TourStop, by: Person) -> None:
    """A stop less; those after it move up. Refused for the last one: a tour without stops is deleted as a whole."""
    tour = _claim(stop.tour)
    stops = list(tour.stops.order_by("position"))
    if len(stops) == 1:
        raise Refused(_("A tour has at least one stop. Delete the tour instead."))
    tour.stops.filter(pk=stop.pk).delete()
    for position, left in enumerate((one for one in stops if one.pk != stop.pk), 1):
        TourStop.objects.filter(pk=left.pk).update(position=position)
    _record("changed the standing tour", tour, by)


@transaction.atomic
def keep(*, tour: Tour, kept: bool, by: Person) -> Tour:
    """Keep a tour, or let it go: the planner then lays its stops where they cost least. The same again changes nothing."""
    tour = _claim(tour)
    if tour.kept == kept:
        return tour
    tour.kept = kept
    if kept:
        _require_fit(tour, [(stop, stop.at) for stop in tour.stops.order_by("position")])
    tour.save(update_fields=["kept"])
    _record("kept the standing tour" if kept else "let the standing tour go", tour, by)
    return tour


@transaction.atomic
def delete(*, tour: Tour, by: Person) -> None:
    """The rounds that were driven as this tour stay."""
    tour = _claim(tour)
    _record("deleted the standing tour", tour, by)
    tour.delete()


def _claim(tour: Tour) -> Tour:
    return Tour.objects.select_for_update(of=("self",)).select_related("network", "vehicle").get(pk=tour.pk)


def _require_fit(tour: Tour, stops: Iterable[tuple[TourStop, time]]) -> None:
    stops = list(stops)
    vehicle = tour.vehicle
    if vehicle.archived_at:
        raise Refused(_("%(vehicle)s has been archived. Choose another vehicle.") % {"vehicle": vehicle}, "vehicle")
    if tour.weekday not in vehicle.weekdays:
        raise Refused(_("%(vehicle)s does not drive on that day.") % {"vehicle": vehicle}, "vehicle")
    for (_before, earlier), (stop, later) in pairwise(stops):
        if later <= earlier:
            raise Refused(
                _("Each stop comes after the one before it: later than %(hour)s.") % {"hour": f"{earlier:%-H:%M}"},
                f"at_{stop.pk}",
            )
    for stop, at in stops:
        if not vehicle.available_from <= at <= vehicle.available_until:
            hours = {"from": f"{vehicle.available_from:%-H:%M}", "until": f"{vehicle.available_until:%-H:%M}"}
            raise Refused(
                _("%(vehicle)s drives from %(from)s until %(until)s.") % ({"vehicle": vehicle} | hours), f"at_{stop.pk}"
            )
    if tour.kept and stops:
        _require_free(tour, stops[0][1], stops[-1][1])


def _require_free(tour: Tour, start: time, end: time) -> None:
    others = Tour.objects.filter(vehicle=tour.vehicle, weekday=tour.weekday, kept=True).exclude(pk=tour.pk)
    others = others.annotate(start=Min("stops__at"), end=Max("stops__at"))
    other = others.filter(start__lte=end, end__gte=start).order_by("pk").first()
    if other:
        raise Refused(
            _("%(vehicle)s drives the standing tour %(tour)s at that time.") % {"vehicle": tour.vehicle, "tour": other},
            "vehicle",
        )


def _record(action: str, tour: Tour, by: Person, **data: Any) -> None:
    journal.record(
        action=action, subject=tour, by=by, network=tour.network, name=tour.name, weekday=tour.weekday, **data
    )
