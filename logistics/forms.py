"""What coordinators and drivers fill in. Each form calls one domain function; what it refuses appears beside the field."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from logistics import driven, handover
from logistics.models import Round
from network import clock, cycles
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person
from network.quantities import MOST, Unit
from orders.models import PurchaseOrder


class PostponeForm(forms.Form):
    """Day and hour as the Brussels clock will show them."""

    on = forms.DateField(
        label=_("New last day to order"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        local = clock.local(day.closes_at)
        kwargs["initial"] = {"on": local.date(), "time": local.time()}
        super().__init__(*args, **kwargs)
        self.day = day

    def save(self, *, by: Person) -> bool:
        """Postpone; False when refused, with the reason on the form."""
        values = self.cleaned_data
        try:
            cycles.postpone_cut_off(
                day=self.day, closes_at=clock.moment(values["on"], values["time"]), by=by, reason=values["reason"]
            )
        except Refused as refused:
            self.add_error("on" if refused.field else None, refused.message)
        return not self.errors


class MissingForm(forms.Form):
    """How much of each product a farm did not have, in all. Empty means nothing is missing."""

    reason = forms.CharField(label=_("What happened"), max_length=200, required=False)

    def __init__(self, purchase: PurchaseOrder, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(purchase.lines.select_related("product", "purchase_order"))
        for line in self.lines:
            self.fields[f"missing_{line.pk}"] = forms.DecimalField(
                label=str(line.name),
                required=False,
                localize=True,
                max_value=MOST,
                decimal_places=3,
                initial=_written(line.missing),
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input", "autocomplete": "off"}),
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {"line": line, "unit": Unit(line.unit).label, "field": self[f"missing_{line.pk}"]} for line in self.lines
        ]

    def save(self, *, by: Person) -> bool:
        """Record all that changed, or nothing; False when something was refused."""
        try:
            with transaction.atomic():
                for line in self.lines:
                    field = f"missing_{line.pk}"
                    missing = self.cleaned_data.get(field) or 0 * line.missing
                    if missing != line.missing:
                        reason = self.cleaned_data["reason"]
                        handover.report_missing(line=line, missing=missing, by=by, reason=reason, field=field)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


class DriverForm(forms.Form):
    driver = forms.ModelChoiceField(
        label=_("Driver"), queryset=Person.objects.none(), required=False, empty_label=_("nobody yet")
    )

    def __init__(self, round: Round, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"driver": round.driver_id}
        super().__init__(*args, **kwargs)
        self.round = round
        roles = NetworkRole.objects.filter(network=round.delivery_day.network, role=NetworkRole.Role.DRIVER)
        self.fields["driver"].queryset = Person.objects.filter(network_roles__in=roles).order_by("name")  # type: ignore[attr-defined]

    def save(self, *, by: Person) -> bool:
        try:
            handover.assign_driver(round=self.round, driver=self.cleaned_data["driver"], by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


def _km(label: Any, **kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        localize=True,
        max_digits=9,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        **kwargs,
    )


def _hour(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class DrivenForm(forms.Form):
    """What a round really was: the odometer before and after, or the km; and the hours. Empty means not known."""

    odometer_start = _km(_("Odometer when you left"))
    odometer_end = _km(_("Odometer when you were back"))
    km = _km(_("or the kilometres driven"))
    left = _hour(_("Left at"))
    back = _hour(_("Back at"))
    sure = forms.BooleanField(label=_("Yes, we really drove that far"), required=False)

    def __init__(self, report: driven.Report, *args: Any, **kwargs: Any) -> None:
        self.round = report.round
        self.started_at, self.finished_at = report.hours
        kwargs["initial"] = {
            "km": None if self.round.km_driven is None else _written(self.round.km_driven),
            "left": _clock(self.started_at),
            "back": _clock(self.finished_at),
        }
        super().__init__(*args, **kwargs)

    @property
    def asks_to_be_sure(self) -> bool:
        return "sure" in self.errors or "sure" in self.data

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, end, km = values.get("odometer_start"), values.get("odometer_end"), values.get("km")
        if start is not None and end is not None:
            if end < start:
                self.add_error("odometer_end", _("The odometer never runs back. Look at both numbers again."))
            elif km is None or "km" not in self.changed_data:
                values["km"] = end - start
            elif km != end - start:
                self.add_error("km", _("The odometer says something else. Leave this empty, or correct one of them."))
        elif (start is None) != (end is None) and not {"odometer_start", "odometer_end"} & set(self.errors):
            field = "odometer_end" if end is None else "odometer_start"
            self.add_error(field, _("Fill in both numbers of the odometer, or only the kilometres driven."))
        return values

    def save(self, *, by: Person) -> bool:
        """Note it; False when refused, with the reason beside the field."""
        values = self.cleaned_data
        noted = driven.Noted(
            km=values["km"],
            started_at=self._moment(values["left"], self.started_at),
            finished_at=self._moment(values["back"], self.finished_at),
        )
        odometer = {name: str(values[name]) for name in ("odometer_start", "odometer_end") if values[name] is not None}
        try:
            driven.note(
                day=self.round.delivery_day,
                rounds={self.round.pk: noted},
                by=by,
                sure=values["sure"],
                odometer=odometer,
            )
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors

    def _moment(self, hour: time | None, known: datetime | None) -> datetime | None:
        """On the day of delivery; the very second that was noted when the hour was left as it is."""
        if hour is None or _clock(known) == hour:
            return known if hour else None
        return clock.moment(self.round.delivery_day.on, hour)


def _clock(moment: datetime | None) -> time | None:
    return clock.local(moment).time().replace(second=0, microsecond=0) if moment else None


def _written(quantity: Any) -> str:
    return number_format(quantity.normalize() if quantity % 1 else int(quantity), use_l10n=True)
