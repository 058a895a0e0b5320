from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from network import households, notices
from network.errors import Refused
from network.models import Invitation, Organisation, OrganisationRole, Person, Place


class PersonForm(forms.ModelForm):
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)

    class Meta:
        model = Person
        fields = ["name", "phone", "language"]

    def clean_name(self) -> str:
        """On one line: it stands at the head of mails."""
        return " ".join(self.cleaned_data["name"].split())


class SignupForm(forms.Form):
    """What allauth asks besides e-mail and password."""

    name = forms.CharField(label=_("name"), max_length=120)

    def signup(self, request: object, user: Person) -> None:
        user.name = " ".join(self.cleaned_data["name"].split())
        user.save(update_fields=["name"])


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("e-mail"), max_length=254)
    role = forms.ChoiceField(
        label=_("may do"),
        choices=[
            (OrganisationRole.Role.MEMBER, _("member: orders, and sees everything")),
            (OrganisationRole.Role.OWNER, _("owner: also invites and removes people")),
        ],
        initial=OrganisationRole.Role.MEMBER,
        widget=forms.RadioSelect,
    )

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        super().__init__(data)
        self.organisation = organisation

    def save(self, by: Person) -> Invitation | None:
        try:
            return households.invite(organisation=self.organisation, by=by, **self.cleaned_data)
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
            return None


class AddressForm(forms.Form):
    street = forms.CharField(label=_("street and number"), max_length=120)
    postcode = forms.CharField(label=_("postcode"), max_length=10, widget=forms.TextInput({"inputmode": "numeric"}))
    municipality = forms.CharField(label=_("municipality"), max_length=80)

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        place = organisation.place
        known = {name: getattr(place, name) for name in ("street", "postcode", "municipality")} if place else {}
        super().__init__(data, initial=known)
        self.organisation = organisation
        for name, token in (
            ("street", "street-address"), ("postcode", "postal-code"), ("municipality", "address-level2")
        ):  # fmt: skip
            self.fields[name].widget.attrs["autocomplete"] = token

    def save(self, by: Person) -> Place | None:
        try:
            return households.move(organisation=self.organisation, by=by, **self.cleaned_data)
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
            return None


class NoticesForm(forms.Form):
    """A switch per kind of mail that has one."""

    def __init__(self, person: Person, data: Any = None) -> None:
        super().__init__(data)
        self.person = person
        for kind in notices.Kind:
            self.fields[kind.value] = forms.BooleanField(
                label=kind.label, required=False, initial=notices.wants(person, kind.value)
            )

    def save(self) -> Person:
        return notices.choose(person=self.person, wanted=self.cleaned_data)
