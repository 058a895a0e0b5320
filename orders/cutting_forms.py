"""The form with which a farmer says how much there is after all, and who gets less."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from network import numbers
from network.errors import Refused
from network.models import Person
from orders import cutting
from producers.models import ShortageRule, Supply


class CutForm(forms.Form):
    """Shown with a quantity and a rule it has a `plan`; sent with the plan's mark it cuts."""

    quantity = forms.CharField(label=gettext_lazy("how much there is"), max_length=20)
    rule = forms.ChoiceField(
        label=gettext_lazy("who gets less"), choices=ShortageRule.choices, widget=forms.RadioSelect
    )
    keep_rule = forms.BooleanField(label=gettext_lazy("do it so the next time too"), required=False)
    mark = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, supply: Supply, data: Mapping[str, str]) -> None:
        producer = supply.product.producer
        super().__init__({"rule": producer.shortage_rule} | dict(data))
        self.supply = supply
        self.plan: cutting.Plan | None = None
        self.fields["quantity"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_quantity(self) -> Decimal | None:
        try:
            return numbers.as_number(self.cleaned_data["quantity"], most_places=3)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from None

    def look(self) -> None:
        """Make the plan of what is filled in, or say beside the field why there is none."""
        if self.is_valid():
            self._look(self.cleaned_data["quantity"], self.cleaned_data["rule"])

    def cut(self, by: Person) -> bool:
        """Do what the plan that was shown says; when it is not the same any more, show it as it is now."""
        if not self.is_valid():
            return False
        given = dict(self.cleaned_data)
        done = self._try(lambda: cutting.cut(supply=self.supply, by=by, **given))
        if not done:
            self.supply.refresh_from_db(fields=["quantity", "reserved"])
            self._look(given["quantity"], given["rule"])
        return done

    def _look(self, quantity: Decimal, rule: str) -> None:
        def make() -> None:
            self.plan = cutting.plan(supply=self.supply, quantity=quantity, rule=rule)

        self._try(make)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return False
        return True
