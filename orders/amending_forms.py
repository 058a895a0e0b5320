"""The form with which a coordinator changes an order after the cut-off."""

from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from network import numbers
from network.errors import Refused
from network.models import Person
from network.templatetags.kouter import amount, euro
from orders import amending
from orders.models import Order
from producers.models import Offer


class AmendForm(forms.Form):
    """One product of the order at a time: how much of it in all, and why."""

    offer = forms.ModelChoiceField(
        Offer.objects.none(), label=gettext_lazy("product"), widget=forms.RadioSelect, empty_label=None
    )
    quantity = forms.CharField(label=gettext_lazy("how much, in all"), max_length=20)
    reason = forms.CharField(label=gettext_lazy("why"), max_length=300)

    def __init__(self, order: Order, sought: str, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.order = order
        now = dict(order.lines.values_list("offer", "quantity"))
        field = self.fields["offer"]
        field.queryset = amending.offers_for(order, sought)  # type: ignore[attr-defined]
        field.label_from_instance = lambda offer: (  # type: ignore[attr-defined]
            f"{amount(now.get(offer.pk, Decimal(0)))} {offer.supply.product.get_unit_display()} "
            f"{offer.supply.product.name} · {offer.supply.product.producer} · {euro(offer.gross)}"
        )
        self.fields["quantity"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_quantity(self) -> Decimal | None:
        try:
            return numbers.as_number(self.cleaned_data["quantity"], most_places=3)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from None

    def save(self, by: Person) -> bool:
        try:
            amending.amend(order=self.order, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            return False
        return True
