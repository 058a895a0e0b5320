"""What coordinators and farmers fill in about vehicles, transport and standing tours. What is refused appears beside the field."""

from datetime import date, time
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.forms.models import construct_instance
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from logistics import tours, vehicles
from logistics.models import Tour, TourStop, Vehicle
from logistics.transport import Travel, choose
from network.errors import Refused
from network.models import Network, Organisation, Person, Place
from producers.forms import AmountField
from producers.models import Producer

Transport = Producer.Transport


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class Number(forms.IntegerField):
    """A whole number of nought or more."""

    widget = forms.TextInput

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=most, **kwargs)
        self.widget.attrs = {"inputmode": "numeric", "autocomplete": "off"}
        self.error_messages["invalid"] = _("Enter a whole number, such as 40.")
        self.error_messages["required"] = _("Enter a number, or 0.")


class Rate(AmountField):
    """Euro, not negative."""

    def __init__(self, *, most_places: int = 2, **kwargs: Any) -> None:
        super().__init__(places=2, most_places=most_places, **kwargs)
        self.error_messages["required"] = _("Enter an amount, or 0.")

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        if amount is not None and not 0 <= amount < 10000:
            raise forms.ValidationError(_("Enter an amount from 0 to 9999."))
        return amount


class PlaceField(forms.ModelChoiceField):
    def label_from_instance(self, place: Place) -> str:  # type: ignore[override]
        return str(place)


class VehicleForm(forms.ModelForm):
    """A farmer's own vehicle: it starts and ends at her farm. Hours and rates as she states them."""

    crates = Number(label=_("crates in all"), most=2000)
    ambient = Number(label=_("ambient"), most=2000)
    cool = Number(label=_("cool"), most=2000)
    cold = Number(label=_("cold"), most=2000)
    frozen = Number(label=_("frozen"), most=2000)
    kg = Number(label=_("kilos it may carry"), most=30000)
    per_day = Rate(label=_("per day that it drives"))
    per_km = Rate(label=_("per km"), most_places=4)
    per_hour = Rate(label=_("per hour"))
    per_stop = Rate(label=_("per stop"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days on which it can drive"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    available_from = forms.TimeField(label=_("leaves at the earliest"), widget=_clock())
    available_until = forms.TimeField(label=_("is back at the latest"), widget=_clock())
    longest_minutes = Number(label=_("a driver is away for at most"), help_text=_("minutes, pause included"), most=1440)
    pause_minutes = Number(label=_("pause"), help_text=_("minutes, in a round longer than six hours"), most=480)
    co2_per_km = Number(label=_("CO2 per km"), help_text=_("grams; 0 for a bike"), most=2000)

    class Meta:
        model = Vehicle
        fields = [
            "name", "kind", "cooling", "crates", "ambient", "cool", "cold", "frozen", "kg", "weekdays", "available_from",
            "available_until", "longest_minutes", "pause_minutes", "per_day", "per_km", "per_hour", "per_stop",
            "enters_low_emission", "co2_per_km",
        ]  # fmt: skip
        labels = {
            "cooling": _("how it keeps things cold"),
            "enters_low_emission": _("May enter low-emission zones"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weekdays"].choices = [(day, capfirst(str(name))) for day, name in WEEKDAYS.items()]  # type: ignore[attr-defined]
        if self.kinds:
            self.fields["kind"].choices = [one for one in Vehicle.Kind.choices if one[0] in self.kinds]  # type: ignore[attr-defined]
        if self.instance.pk is None and not self.is_bound:
            self.initial.update({"per_stop": 0, "cold": 0, "frozen": 0})

    @property
    def kinds(self) -> tuple[str, ...]:
        """A farmer drives for her stated rates: neither a volunteer nor a hired carrier."""
        return (Vehicle.Kind.VAN, Vehicle.Kind.BIKE)

    def _post_clean(self) -> None:
        """The vehicle as filled in, its faults in words; the database's own constraints would say the same in names."""
        if not self.errors:
            construct_instance(self, self.instance, self._meta.fields)
            for field, sentence in vehicles.faults(self.instance).items():
                self.add_error(field, sentence)

    @transaction.atomic
    def save(self, *, by: Person) -> bool:  # type: ignore[override]
        owner = self.instance.owner
        if owner.pk is None:
            owner.save()
        try:
            vehicles.keep(vehicle=self.instance, by=by)
        except Refused as refused:
            transaction.set_rollback(True)
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


class NetworkVehicleForm(VehicleForm):
    """A vehicle of a network: of the co-operative, of somebody who volunteers or drives for it, or hired."""

    owner = forms.ModelChoiceField(label=_("whose"), queryset=Organisation.objects.none(), required=False)
    carrier = forms.CharField(
        label=_("or a carrier that is not in the list"), max_length=120, required=False, help_text=_("its name")
    )
    depot = PlaceField(label=_("starts at"), queryset=Place.objects.none())
    returns_to = PlaceField(
        label=_("ends at"), queryset=Place.objects.none(), required=False, empty_label=_("where it started")
    )

    class Meta(VehicleForm.Meta):
        fields = [*VehicleForm.Meta.fields, "owner", "depot", "returns_to"]

    def __init__(self, network: Network, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ties = Q(pk=network.organisation_id) | Q(vehicles__network=network)
        owners = Organisation.objects.active().filter(ties | Q(people__network_roles__network=network)).distinct()
        places = Place.objects.filter(
            Q(pk__in=[network.hub_id, self.instance.depot_id, self.instance.returns_to_id])
            | Q(organisations__in=owners.values("pk"))
        ).distinct()
        self.fields["owner"].queryset = owners.order_by("name")  # type: ignore[attr-defined]
        for name in ("depot", "returns_to"):
            self.fields[name].queryset = places.order_by("municipality", "street", "pk")  # type: ignore[attr-defined]
        if self.instance.pk is None and not self.is_bound:
            self.initial.update({"owner": network.organisation_id, "depot": network.hub_id})

    @property
    def kinds(self) -> tuple[str, ...]:
        return ()

    def clean(self) -> dict[str, Any]:
        """A carrier by name becomes an organisation; a vehicle without either is nobody's."""
        given = self.cleaned_data
        name = given.get("carrier", "").strip()
        if name:
            known = Organisation.objects.active().filter(kind="business", name__iexact=name)
            given["owner"] = known.filter(vehicles__network=self.instance.network).first() or Organisation(
                name=name, kind=Organisation.Kind.BUSINESS
            )
        elif not given.get("owner") and "owner" not in self.errors:
            self.add_error("owner", _("Say whose it is, or write the name of a carrier."))
        if given.get("kind") == Vehicle.Kind.CARRIER and given.get("owner") == self.instance.network.organisation:  # type: ignore[union-attr]
            self.add_error("owner", _("A hired carrier is not the co-operative itself: choose or write who is hired."))
        return given


class TransportForm(forms.Form):
    """Her choice for a week."""

    transport = forms.ChoiceField(
        label=_("How do your goods leave the farm?"), choices=Transport.choices, widget=forms.RadioSelect
    )
    vehicle = forms.ModelChoiceField(
        label=_("With which vehicle"), queryset=Vehicle.objects.none(), required=False, empty_label=None
    )
    repeats = forms.BooleanField(label=_("Also for the weeks after, until I choose otherwise"), required=False)

    def __init__(self, producer: Producer, week_on: date, travel: Travel, data: Any = None) -> None:
        repeats = travel.repeats or not travel.chosen
        super().__init__(data, initial={"transport": travel.transport, "vehicle": travel.vehicle, "repeats": repeats})
        self.producer = producer
        self.week_on = week_on
        own = Vehicle.objects.filter(owner=producer.organisation_id, network=None, archived_at=None).order_by("pk")
        self.fields["vehicle"].queryset = own  # type: ignore[attr-defined]

    def save(self, *, by: Person) -> bool:
        given = self.cleaned_data
        try:
            choose(
                producer=self.producer,
                week_on=self.week_on,
                transport=given["transport"],
                vehicle=given["vehicle"],
                repeats=given["repeats"],
                by=by,
            )
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


class TourNameForm(forms.Form):
    name = forms.CharField(label=_("Name of the tour"), max_length=80)


class TourForm(forms.Form):
    """A standing tour with the hour at each of its stops."""

    name = forms.CharField(label=_("name"), max_length=80)
    weekday = forms.TypedChoiceField(label=_("every"), coerce=int)
    vehicle = forms.ModelChoiceField(label=_("with"), queryset=Vehicle.objects.none(), empty_label=None)

    def __init__(self, tour: Tour, stops: list[TourStop], data: Any = None) -> None:
        initial: dict[str, Any] = {"name": tour.name, "weekday": tour.weekday, "vehicle": tour.vehicle_id}
        super().__init__(data, initial=initial)
        self.tour = tour
        self.stops = stops
        days = {*tour.network.weekly_days.values_list("weekday", flat=True), tour.weekday}
        self.fields["weekday"].choices = [(day, str(WEEKDAYS[day])) for day in sorted(days)]  # type: ignore[attr-defined]
        self.fields["vehicle"].queryset = Vehicle.objects.filter(  # type: ignore[attr-defined]
            Q(network=tour.network, archived_at=None) | Q(pk=tour.vehicle_id)
        ).order_by("pk")
        for stop in stops:
            self.fields[f"at_{stop.pk}"] = forms.TimeField(
                label=_("hour"), widget=_clock(), initial=stop.at, error_messages={"required": _("Enter an hour.")}
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [{"stop": stop, "where": tours.where(stop), "field": self[f"at_{stop.pk}"]} for stop in self.stops]

    def save(self, *, by: Person) -> bool:
        given = self.cleaned_data
        hours: dict[int, time] = {stop.pk: given[f"at_{stop.pk}"] for stop in self.stops}
        try:
            tours.change(
                tour=self.tour,
                name=given["name"],
                weekday=given["weekday"],
                vehicle=given["vehicle"],
                hours=hours,
                by=by,
            )
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


class TourStopForm(forms.Form):
    """A stop more, of the farms, points and outlets of the network; a choice is `producer 3` or such."""

    place = forms.ChoiceField(label=_("Farm, pickup point or outlet"))

    def __init__(self, tour: Tour, data: Any = None) -> None:
        super().__init__(data)
        self.tour = tour
        self.places = tours.places_of(tour.network)
        names = {"producer": _("Farms"), "pickup_point": _("Pickup points"), "outlet": _("Outlets")}
        self.fields["place"].choices = [("", "")] + [  # type: ignore[attr-defined]
            (names[kind], [(f"{kind} {one.pk}", str(one)) for one in places]) for kind, places in self.places.items()
        ]

    def save(self, *, by: Person) -> bool:
        kind, _space, pk = self.cleaned_data["place"].partition(" ")
        place = next(one for one in self.places[kind] if one.pk == int(pk))
        try:
            tours.add(tour=self.tour, place=place, by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors
