"""Vehicles in a network and of its farmers: add, change, archive, and what each may carry and be paid."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from logistics import transport
from logistics.models import Round, TransportChoice, Vehicle
from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person

VOLUNTEER_PER_KM = (
    (date(2022, 10, 1), Decimal("0.4201")),
    (date(2023, 1, 1), Decimal("0.4259")),
    (date(2023, 4, 1), Decimal("0.4246")),
    (date(2023, 7, 1), Decimal("0.4237")),
    (date(2023, 10, 1), Decimal("0.4259")),
    (date(2024, 1, 1), Decimal("0.4269")),
    (date(2024, 4, 1), Decimal("0.4265")),
)
"""
Since when, and at most how many euro a volunteer may be repaid per km of her own car: the allowance of the federal civil
service (royal decree of 13-7-2017), to which article 10 of the law of 3-7-2005 on the rights of volunteers refers. Revised
every quarter: Hoge Raad voor Vrijwilligers, hogeraadvrijwilligers.belgium.be, "Kilometervergoeding", and circular 737 of
FPS BOSA, the last one found. Add a line when a circular appears; the law also knows a yearly ceiling of 2,000 km beside a
flat-rate allowance, which is for the network's books.
"""


def most_per_km(on: date) -> Decimal:
    """Euro per km a volunteer may be repaid on a day."""
    return max((since, rate) for since, rate in VOLUNTEER_PER_KM if since <= on)[1]


def faults(vehicle: Vehicle) -> dict[str, str]:
    """What is wrong with a vehicle, a sentence per field; nothing when it can be planned and paid."""
    found: dict[str, str] = {}
    if not vehicle.crates:
        found["crates"] = _("A vehicle that carries nothing cannot drive a round: enter how many crates fit in it.")
    if not vehicle.kg:
        found["kg"] = _("Enter how many kilos it may carry.")
    classes = {"ambient": vehicle.ambient, "cool": vehicle.cool, "cold": vehicle.cold, "frozen": vehicle.frozen}
    for name, crates in classes.items():
        if crates > vehicle.crates > 0:
            found[name] = _("At most %(crates)s crates fit in all.") % {"crates": vehicle.crates}
    if not any(classes.values()):
        found["ambient"] = _("Enter for at least one kind of storage how many crates fit.")
    if vehicle.cooling == Vehicle.Cooling.NONE:
        for name in ("cold", "frozen"):
            if classes[name]:
                found[name] = _("Without cooling it may not carry these: enter 0, or choose how it cools.")
    if not vehicle.weekdays:
        found["weekdays"] = _("Choose at least one day on which it can drive.")
    if vehicle.available_from >= vehicle.available_until:
        found["available_until"] = _("It must be back after it leaves.")
    if vehicle.pause_minutes >= vehicle.longest_minutes:
        found["pause_minutes"] = _("The pause must be shorter than the time a driver is away.")
    if vehicle.kind == Vehicle.Kind.CAR:
        found |= _volunteer_faults(vehicle)
    return found


def _volunteer_faults(car: Vehicle) -> dict[str, str]:
    found = {
        field: _("A volunteer is repaid her kilometres only: enter 0.")
        for field in ("per_day", "per_hour", "per_stop")
        if getattr(car, field)
    }
    most = most_per_km(clock.today())
    if car.per_km > most:
        found["per_km"] = _("A volunteer may be repaid € %(most)s per km at most.") % {"most": number_format(most, 4)}
    return found


@transaction.atomic
def keep(*, vehicle: Vehicle, by: Person) -> Vehicle:
    """
    Store a new or changed vehicle: one of a network, or a farmer's own without `network`. Refused at the first fault, and
    when it has been archived meanwhile.
    """
    for field, sentence in faults(vehicle).items():
        raise Refused(sentence, field)
    before = Vehicle.objects.select_for_update(no_key=True).filter(pk=vehicle.pk).first()
    if before and before.archived_at:
        raise Refused(_("This vehicle has been archived. Bring it back before you change it."))
    vehicle.save()
    changed = [] if before is None else [name for name in _fields() if getattr(before, name) != getattr(vehicle, name)]
    if before is None or changed:
        was = {name: str(getattr(before, name)) for name in changed}
        _record("changed the vehicle" if before else "added the vehicle", vehicle, by, was=was)
    return vehicle


def _fields() -> list[str]:
    return [field.attname for field in Vehicle._meta.concrete_fields if field.attname != "id"]


@transaction.atomic
def archive(*, vehicle: Vehicle, by: Person) -> Vehicle:
    """
    Take a vehicle out of use; what it drove stays. Refused while rounds are planned with it, a standing tour is driven
    with it, or its farmer has chosen to drive it. Archiving again changes nothing.
    """
    days = DeliveryDay.objects.filter(rounds__vehicle=vehicle, status=DeliveryDay.Status.PLANNED)
    list(DeliveryDay.objects.select_for_update(no_key=True).filter(pk__in=days.values("pk")).order_by("pk"))
    vehicle = Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    if vehicle.archived_at:
        return vehicle
    ahead = Round.objects.filter(vehicle=vehicle).exclude(status=Round.Status.DRIVEN)
    planned = ahead.select_related("delivery_day").order_by("delivery_day__on").first()
    if planned:
        raise Refused(
            _(
                "%(vehicle)s drives a round on %(day)s. Plan that day without it or wait until it has been driven, "
                "then archive it."
            )
            % {"vehicle": vehicle, "day": date_format(planned.delivery_day.on, "l j F")}
        )
    tour = vehicle.tours.filter(kept=True).order_by("pk").first()
    if tour:
        raise Refused(
            _("%(vehicle)s drives the standing tour %(tour)s. Give that tour another vehicle first.")
            % {"vehicle": vehicle, "tour": tour}
        )
    coming = TransportChoice.objects.filter(
        vehicle=vehicle, transport=transport.Transport.DRIVES, week_on__gte=clock.monday_of(clock.today())
    )
    choice = coming.order_by("week_on").first()
    if choice:
        raise Refused(
            _("%(vehicle)s drives in the week of %(monday)s. Choose something else for that week first.")
            % {"vehicle": vehicle, "monday": date_format(choice.week_on, "j F")}
        )
    vehicle.archived_at = clock.now()
    vehicle.save(update_fields=["archived_at"])
    _record("archived the vehicle", vehicle, by)
    return vehicle


@transaction.atomic
def bring_back(*, vehicle: Vehicle, by: Person) -> Vehicle:
    """Put an archived vehicle into use again, when it still may be paid what it states."""
    vehicle = Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    if vehicle.archived_at:
        for sentence in faults(vehicle).values():
            raise Refused(sentence)
        vehicle.archived_at = None
        vehicle.save(update_fields=["archived_at"])
        _record("brought back the vehicle", vehicle, by)
    return vehicle


def _record(action: str, vehicle: Vehicle, by: Person, **data: Any) -> None:
    network = vehicle.network or transport.home_of(vehicle.owner)
    journal.record(action=action, subject=vehicle, by=by, network=network, name=vehicle.name, **data)
