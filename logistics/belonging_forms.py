"""What is said with a request to join, and with its answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network import joining
from network.errors import Refused
from network.models import MembershipRequest, Network, Person
from producers.models import Producer


class JoinForm(forms.Form):
    words = forms.CharField(
        label=_("Something about your farm"),
        max_length=joining.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def save(self, *, farm: Producer, network: Network, by: Person) -> bool:
        try:
            joining.ask(organisation=farm.organisation, network=network, by=by, words=self.cleaned_data["words"])
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


class AnswerForm(forms.Form):
    """The answer to one request; several stand on a page."""

    words = forms.CharField(
        label=_("A word with it"),
        max_length=joining.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, asked: MembershipRequest, data: Any = None) -> None:
        super().__init__(data, prefix=f"request-{asked.pk}")
        self.asked = asked

    def save(self, *, accepted: bool, by: Person) -> bool:
        try:
            joining.answer(request=self.asked, accepted=accepted, by=by, words=self.cleaned_data["words"])
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors
