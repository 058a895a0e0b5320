"""A farmer's row: how much, at what price, on or off. Comma decimals; every error beside its field."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.errors import Refused
from network.models import Person
from producers import stock
from producers.desk import Row
from producers.models import Supply


class AmountField(forms.Field):
    """A decimal as people here type it: `2,40`, `2.40`, `€ 2,40`, `1.250,5`. Shown with at least `places` decimals."""

    widget = forms.TextInput

    def __init__(self, *, places: int = 0, most_places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places, self.most_places = places, most_places
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "enterkeyhint": "next"}

    def to_python(self, value: Any) -> Decimal | None:
        text = re.sub(r"[\s€]", "", str(value or ""))
        if not text:
            return None
        if "," in text:
            text = text.replace(".", "").replace(",", ".")
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(_("Enter a number, such as 2 or 1,5.")) from None
        if not number.is_finite() or abs(number) >= 10**9:
            raise forms.ValidationError(_("Enter a number, such as 2 or 1,5."))
        if int(number.as_tuple().exponent) < -self.most_places:
            raise forms.ValidationError(_("At most %(places)s decimals.") % {"places": self.most_places})
        return number

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        places = max(self.places, -int(value.normalize().as_tuple().exponent))
        return number_format(value, places, use_l10n=True, force_grouping=False)


class SupplyForm(forms.Form):
    """One row of the desk, saved on its own."""

    quantity = AmountField(label=gettext_lazy("stock"), most_places=3)
    price = AmountField(label=gettext_lazy("you receive"), places=2, most_places=4)
    listed = forms.BooleanField(label=gettext_lazy("for sale"), required=False)

    def __init__(self, row: Row, week_on: date, data: Mapping[str, str] | None = None) -> None:
        supply = row.supply
        initial = {"quantity": supply.quantity if supply else None, "price": row.price, "listed": row.listed}
        super().__init__(data, initial=initial, auto_id=f"%s-{row.product.pk}")
        self.row = row
        self.week_on = week_on
        self.fields["quantity"].error_messages["required"] = _("Enter how much you have, or 0.")
        self.fields["price"].error_messages["required"] = _("Enter what you want to receive.")
        self.fields["listed"].widget.attrs["role"] = "switch"

    @property
    def awaits_quantity(self) -> bool:
        """A product not announced yet, of which only the price has been typed: nothing to save, nothing wrong."""
        return (
            self.row.supply is None and set(self.errors) == {"quantity"} and not self.data.get("quantity", "").strip()
        )

    @property
    def changes_nothing(self) -> bool:
        supply, given = self.row.supply, self.cleaned_data
        return bool(
            supply
            and (supply.quantity, supply.price, self.row.listed) == (given["quantity"], given["price"], given["listed"])
        )

    def save(self, *, by: Person) -> Supply | None:
        """The supply as announced; None when it was refused, with the reason beside its field."""
        try:
            return stock.announce(
                product=self.row.product,
                week_on=self.week_on,
                quantity=self.cleaned_data["quantity"],
                price=self.cleaned_data["price"],
                listed=self.cleaned_data["listed"],
                by=by,
            )
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
            return None
