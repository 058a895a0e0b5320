from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from network.models import Person


class PersonForm(forms.ModelForm):
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)

    class Meta:
        model = Person
        fields = ["name", "phone", "language"]


class SignupForm(forms.Form):
    """What allauth asks besides e-mail and password."""

    name = forms.CharField(label=_("name"), max_length=120)

    def signup(self, request: object, user: Person) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
