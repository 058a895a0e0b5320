"""What is asked in a what-if: by a farmer outside the network, without an account."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from logistics.distances import Point
from logistics.estimating import Wish
from logistics.fleet_forms import Number
from logistics.lived import Destination
from logistics.models import Vehicle
from network import pace, postcodes
from network.errors import Refused
from network.models import Network
from network.models.places import km_between
from network.quantities import StorageClass

FARTHEST = 100
"""Km from the hub beyond which no round goes."""
MOST_CRATES = 400
MAILS, A_DAY = 3, 24 * 3600
"""How many exact figures one e-mail address is sent in how many seconds."""


class YardForm(forms.Form):
    """Where a yard or point lies: an address, or a tap on the map, which is nearer. Sets `point` and `where`."""

    street = forms.CharField(label=_("street and number"), max_length=120, required=False)
    postcode = forms.CharField(
        label=_("postcode"),
        max_length=8,
        error_messages={"required": _("Enter a postcode, or tap the spot on the map.")},
    )
    municipality = forms.CharField(
        label=_("municipality"), max_length=80, error_messages={"required": _("Enter the municipality as well.")}
    )
    lat = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-90, max_value=90)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-180, max_value=180)
    street.widget.attrs["autocomplete"] = "street-address"
    postcode.widget.attrs |= {"autocomplete": "postal-code", "inputmode": "numeric"}
    municipality.widget.attrs["autocomplete"] = "address-level2"

    point: Point
    where: str

    def __init__(self, network: Network, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.network = network
        self.tapped = bool(self.data.get("lat") and self.data.get("lon"))
        for name in ("postcode", "municipality"):
            self.fields[name].required = not self.tapped

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.tapped:
            if "lat" in self.errors or "lon" in self.errors:
                self.add_error("postcode", _("The spot on the map was not understood. Tap again, or use the address."))
                return given
            self.point, self.where = (round(given["lat"], 5), round(given["lon"], 5)), ""
        elif given.get("postcode") and given.get("municipality"):
            try:
                area = postcodes.find(given["postcode"], given["municipality"])
            except Refused as refused:
                self.add_error(refused.field, refused.message)
                return given
            self.point, self.where = area.point, f"{area.postcode} {area}"
        else:
            return given
        km = km_between(self.network.hub.point, self.point)
        if km > FARTHEST:
            self.add_error(
                "postcode",
                _("That is %(km)s km from the hub of %(network)s, farther than its rounds go (%(most)s km).")
                % {"km": round(km), "network": self.network, "most": FARTHEST},
            )
        return given


class CratesForm(YardForm):
    """A yard, crates a week per storage class, and where they go."""

    ambient = Number(label=_("ambient"), most=MOST_CRATES, required=False)
    cool = Number(label=_("cool"), most=MOST_CRATES, required=False)
    cold = Number(label=_("cold"), most=MOST_CRATES, required=False)
    frozen = Number(label=_("frozen"), most=MOST_CRATES, required=False)
    anywhere = forms.TypedChoiceField(
        label=_("Where do they go?"),
        choices=[("yes", _("Wherever your rounds go")), ("no", _("To the places I choose"))],
        initial="yes",
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )
    to = forms.MultipleChoiceField(label=_("Places"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, network: Network, places: Sequence[Destination], *args: Any, **kwargs: Any) -> None:
        super().__init__(network, *args, **kwargs)
        self.fields["to"].choices = [(one.key, one.name) for one in places]  # type: ignore[attr-defined]
        self.names = {one.key: one.name for one in places}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        crates = {name: given.get(name) or 0 for name in StorageClass.values}
        if not any(crates.values()) and not any(name in self.errors for name in crates):
            self.add_error("ambient", _("Enter how many crates you would send in a week, at least one."))
        for name in crates:
            if crates[name] and not self._carried(name):
                self.add_error(name, _("No vehicle of this network carries crates of this storage class."))
        if given.get("anywhere") is False and not given.get("to") and "to" not in self.errors:
            self.add_error("to", _("Choose at least one place, or wherever the rounds go."))
        return given

    def _carried(self, storage_class: str) -> bool:
        vehicles = Vehicle.objects.filter(network=self.network, archived_at=None)
        return vehicles.filter(**{f"{storage_class}__gt": 0}).exists()

    @property
    def wish(self) -> Wish:
        given = self.cleaned_data
        crates = {name: given[name] for name in StorageClass.values if given[name]}
        return Wish(self.point, crates, () if given["anywhere"] else tuple(sorted(given["to"])))


class WhatIfForm(CratesForm):
    """An outsider's. With `keep` she lets it be kept for the exact figure, which is sent to `email`."""

    keep = forms.BooleanField(required=False)
    email = forms.EmailField(label=_("e-mail"), required=False)
    email.widget.attrs["autocomplete"] = "email"

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        keep, email = given.get("keep"), given.get("email", "")
        if "email" not in self.errors:
            if keep and not email:
                self.add_error("email", _("Enter the address to which the exact figure may be sent."))
            elif email and not keep:
                self.add_error("keep", _("Tick this box if we may keep your answer, or leave the e-mail empty."))
        if keep and not self.errors and pace.too_many(email.lower(), what="what-if mail", most=MAILS, seconds=A_DAY):
            self.add_error("email", _("This address has been written to often enough today. Try again tomorrow."))
        return given
