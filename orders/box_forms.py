"""The forms with which a farm starts a box for its subscribers, and gives it another size."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy

from network.errors import Refused
from network.models import Membership, Network, Person
from producers import boxes
from producers.forms import AmountField
from producers.models import Box, Producer

SIZES = 3


class SizeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("size"), max_length=40)
    price = AmountField(label=gettext_lazy("price for households, VAT included"), places=2, most_places=2)

    def save(self, box: Box, by: Person) -> bool:
        try:
            boxes.add_size(box=box, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return False
        return True


class BoxForm(forms.Form):
    """A box with one to three sizes."""

    network = forms.ModelChoiceField(Network.objects.none(), label=gettext_lazy("network"), empty_label=None)
    kind = forms.ChoiceField(label=gettext_lazy("what comes in it"), choices=Box.Kind.choices)
    name = forms.CharField(label=gettext_lazy("name of the box"), max_length=80)
    description = forms.CharField(
        label=gettext_lazy("what a household may expect"), max_length=500, required=False, widget=forms.Textarea
    )

    def __init__(self, farm: Producer, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.farm = farm
        of_farm = Membership.objects.current().filter(organisation=farm.organisation_id, college="producers")
        networks = self.fields["network"]
        assert isinstance(networks, forms.ModelChoiceField)
        networks.queryset = Network.objects.active().filter(memberships__in=of_farm).distinct().order_by("name")
        self.fields["description"].widget.attrs["rows"] = 3
        self.sizes = []
        for number in range(1, SIZES + 1):
            first = number == 1
            self.fields[f"size{number}"] = forms.CharField(
                label=gettext_lazy("size") if first else gettext_lazy("another size"), max_length=40, required=first
            )
            self.fields[f"price{number}"] = AmountField(
                label=gettext_lazy("price for households, VAT included"), places=2, most_places=2, required=first
            )
            self.sizes.append((self[f"size{number}"], self[f"price{number}"]))

    def save(self, by: Person) -> Box | None:
        """The box; None when it was refused, with the reason beside its field."""
        given = self.cleaned_data
        pairs = [(given[f"size{number}"], given[f"price{number}"]) for number in range(1, SIZES + 1)]
        try:
            return boxes.start(
                network=given["network"],
                producer=self.farm,
                kind=given["kind"],
                name=given["name"],
                description=given["description"],
                sizes=pairs,
                by=by,
            )
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            return None
