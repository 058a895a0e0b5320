"""What a coordinator asks of a settled day, a form per kind, and what a farmer asks of her own crates."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from logistics import scenarios
from logistics.fleet_forms import Number
from logistics.lived import Destination, key_of
from logistics.models import Scenario, Vehicle
from logistics.what_if_forms import MOST_CRATES, CratesForm, YardForm
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Person
from producers.models import Producer

Kind = Scenario.Kind
PARTS = [("25", _("a quarter")), ("50", _("half")), ("100", _("all of them"))]


class ScenarioForm(forms.Form):
    """Asked of a day; what `inputs` gives of a valid form is as `logistics.scenarios` describes it."""

    kind: str
    day: DeliveryDay
    inputs: Callable[[], dict[str, Any]]

    def save(self, *, by: Person) -> Scenario | None:
        try:
            return scenarios.ask(day=self.day, kind=self.kind, inputs=self.inputs(), by=by)
        except Refused as refused:
            self.add_error(None, refused.message)
            return None


class PointForm(ScenarioForm, YardForm):
    kind = Kind.POINT

    name = forms.CharField(label=_("name of the point"), max_length=80)
    opens = forms.TimeField(label=_("opens at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    crates = Number(label=_("crates on this day"), most=MOST_CRATES)
    instead_of = forms.ChoiceField(label=_("Whose customers?"), required=False)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(day.network, *args, **kwargs)
        self.day = day
        self.fields["instead_of"].choices = [("", _("new ones, who buy like the others"))] + [  # type: ignore[attr-defined]
            (str(one.pk), gettext("taken over from %(place)s") % {"place": one.destination})
            for one in deliveries_of(day)
        ]

    def clean_crates(self) -> int:
        if not self.cleaned_data["crates"]:
            raise forms.ValidationError(_("Enter at least one crate."))
        return int(self.cleaned_data["crates"])

    def inputs(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "name": given["name"],
            "where": self.where,
            "point": list(self.point),
            "opens": f"{given['opens']:%H:%M}",
            "crates": given["crates"],
            "instead_of": int(given["instead_of"]) if given["instead_of"] else None,
        }


class DayForm(ScenarioForm):
    kind = Kind.DAY

    weekday = forms.TypedChoiceField(label=_("One more delivery day"), coerce=int)
    deliveries = forms.TypedMultipleChoiceField(
        label=_("What goes on that day instead"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what goes on the new day.")},
    )

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.fields["weekday"].choices = [  # type: ignore[attr-defined]
            (number, capfirst(str(name))) for number, name in WEEKDAYS.items() if number != day.on.weekday()
        ]
        self.fields["deliveries"].choices = [(one.pk, str(one.destination)) for one in deliveries_of(day)]  # type: ignore[attr-defined]

    def clean_weekday(self) -> int:
        weekday = int(self.cleaned_data["weekday"])
        vehicles = Vehicle.objects.filter(network=self.day.network, archived_at=None, weekdays__contains=[weekday])
        if not vehicles.exists():
            raise forms.ValidationError(_("No vehicle of the network drives on that day. Choose another day."))
        return weekday

    def clean_deliveries(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["deliveries"]
        if len(chosen) == len(self.fields["deliveries"].choices):  # type: ignore[attr-defined]
            raise forms.ValidationError(_("Leave something on the present day, or there is no day more."))
        return sorted(chosen)

    def inputs(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("weekday", "deliveries")}


class VanForm(ScenarioForm):
    kind = Kind.VAN

    vehicle = forms.ModelChoiceField(
        label=_("One more like"),
        queryset=Vehicle.objects.none(),
        empty_label=None,
        help_text=_("the same room, hours and rates"),
    )

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        like = Vehicle.objects.filter(network=day.network, archived_at=None, weekdays__contains=[day.on.weekday()])
        self.fields["vehicle"].queryset = like.order_by("name", "pk")  # type: ignore[attr-defined]

    def inputs(self) -> dict[str, Any]:
        vehicle = self.cleaned_data["vehicle"]
        return {"vehicle": vehicle.pk, "name": vehicle.name}


class FarmForm(ScenarioForm, CratesForm):
    kind = Kind.PRODUCER

    name = forms.CharField(label=_("name of the farm"), max_length=80)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        places = [Destination(key_of(one), str(one.destination), one.place.point, 0) for one in deliveries_of(day)]
        super().__init__(day.network, places, *args, **kwargs)
        self.day = day

    def inputs(self) -> dict[str, Any]:
        wish = self.wish
        return {
            "name": self.cleaned_data["name"],
            "where": self.where,
            "point": list(wish.point),
            "crates": dict(wish.crates),
            "to": list(wish.to),
        }


class OutsideForm(ScenarioForm):
    kind = Kind.OUTSIDE

    producer = forms.ModelChoiceField(label=_("Farm"), queryset=Producer.objects.none(), empty_label=None)
    part = forms.TypedChoiceField(
        label=_("How many of its crates?"), choices=PARTS, coerce=int, initial="100", widget=forms.RadioSelect
    )

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        carried = Producer.objects.filter(cost_shares__cost_run__in=day.cost_runs.current())
        self.fields["producer"].queryset = carried.select_related("organisation").order_by("organisation__name")  # type: ignore[attr-defined]

    def inputs(self) -> dict[str, Any]:
        farm = self.cleaned_data["producer"]
        return {"producer": farm.pk, "name": str(farm), "part": self.cleaned_data["part"]}


class OwnCratesForm(forms.Form):
    """A farmer's question about her own crates, of one of her last settled days."""

    day = forms.TypedChoiceField(label=_("On the goods of"), coerce=int)
    part = forms.TypedChoiceField(
        label=_("How many of your crates?"), choices=PARTS, coerce=int, initial="50", widget=forms.RadioSelect
    )

    def __init__(self, farm: Producer, days: Sequence[DeliveryDay], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.farm = farm
        self.days = {one.pk: one for one in days}
        self.fields["day"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{date_format(one.on, 'l j F')}, {one.network}") for one in days
        ]

    def save(self, *, by: Person) -> Scenario | None:
        given = self.cleaned_data
        inputs = {"producer": self.farm.pk, "part": given["part"], "own": True}
        try:
            return scenarios.ask(day=self.days[given["day"]], kind=Kind.OUTSIDE, inputs=inputs, by=by)
        except Refused as refused:
            self.add_error("day", refused.message)
            return None


FORMS: dict[str, Any] = {form.kind: form for form in (FarmForm, PointForm, DayForm, VanForm, OutsideForm)}


def deliveries_of(day: DeliveryDay) -> list[Delivery]:
    """Where goods went on a day, by name."""
    found = (
        day.deliveries.filter(crates__isnull=False)
        .select_related("pickup_point", "outlet__organisation", "place")
        .distinct()
    )
    return sorted(found, key=lambda one: (one.outlet_id is not None, str(one.destination), one.pk))
