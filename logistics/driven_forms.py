"""What a driver or coordinator notes of a round once it is back."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from logistics import driven
from logistics.forms import written
from network import clock
from network.errors import Refused
from network.models import Person


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
            "km": None if self.round.km_driven is None else written(self.round.km_driven),
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
