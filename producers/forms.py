"""A farmer's row: how much, at what price, on or off. Comma decimals; every error beside its field."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.errors import Refused
from network.models import Person
from producers import stock
from producers.models import Product, Supply


class CommaDecimalField(forms.Field):
    """A decimal as a Fleming types it: 2,40 or 2.40."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 7})

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        try:
            number = Decimal(str(value).strip().replace(" ", "").replace(",", "."))
        except InvalidOperation:
            raise forms.ValidationError(_("Enter a number, such as 2 or 1,5.")) from None
        if not number.is_finite():
            raise forms.ValidationError(_("Enter a number, such as 2 or 1,5."))
        return number

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value.normalize():f}".replace(".", ",")
        return value


class SupplyForm(forms.Form):
    quantity = CommaDecimalField(label=gettext_lazy("to sell"))
    price = CommaDecimalField(label=gettext_lazy("you receive"))
    listed = forms.BooleanField(label=gettext_lazy("for sale"), required=False)

    def __init__(
        self, product: Product, week_on: date, data: Mapping[str, str] | None = None, *, supply: Supply | None, listed: bool
    ) -> None:
        initial = {"quantity": supply and supply.quantity, "price": supply and supply.price, "listed": listed}
        super().__init__(data, initial=initial, auto_id=f"{product.pk}_%s")
        self.product = product
        self.week_on = week_on

    def save(self, by: Person) -> Supply | None:
        """The supply as announced; None when it was refused, with the reason beside its field."""
        try:
            return stock.announce(
                product=self.product,
                week_on=self.week_on,
                quantity=self.cleaned_data["quantity"],
                price=self.cleaned_data["price"],
                listed=self.cleaned_data["listed"],
                by=by,
            )
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
            return None
