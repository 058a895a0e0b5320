"""When a farm that buys from colleagues can receive goods at its yard."""

from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from network import farmshops
from network.errors import Refused
from network.models import Organisation, Outlet, Person


class DoorForm(forms.Form):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("days"),
        help_text=_("none: nothing is brought to your yard, you collect at a pickup point"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    opens = forms.TimeField(label=_("from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, farm: Organisation, outlet: Outlet | None, data: Any = None) -> None:
        known = {"weekdays": [], "opens": time(9), "closes": time(17)}
        if outlet:
            known = {"weekdays": outlet.weekdays, "opens": outlet.opens, "closes": outlet.closes}
        super().__init__(data, initial=known)
        self.farm = farm
        days = farmshops.weekdays_of(farm)
        self.fields["weekdays"].choices = [(day, capfirst(str(WEEKDAYS[day]))) for day in days]  # type: ignore[attr-defined]

    def save(self, *, by: Person) -> Outlet | None:
        try:
            return farmshops.receive(farm=self.farm, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return None
