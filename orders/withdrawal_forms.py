"""Forms about giving goods back: they read what was asked, then call one domain function."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network.errors import Refused
from network.models import Person
from orders import withdrawals
from orders.forms import quantity_of
from orders.models import Order, Withdrawal


def _amount(value: Decimal) -> str:
    return number_format(value.normalize(), use_l10n=True)


class _Quantities(forms.Form):
    """A field per row, as people type a quantity; empty is none."""

    letter = ""

    def ask(self, pk: int, label: str, help_text: str, initial: str = "") -> None:
        self.fields[f"{self.letter}{pk}"] = forms.CharField(
            label=label,
            help_text=help_text,
            initial=initial,
            required=False,
            max_length=12,
            widget=forms.TextInput({"inputmode": "decimal"}),
        )

    def clean(self) -> dict[str, Any]:
        self.quantities: dict[int, Decimal] = {}
        for name in self.fields:
            try:
                self.quantities[int(name[1:])] = quantity_of(self.cleaned_data.get(name, ""))
            except Refused as refusal:
                self.add_error(name, refusal.message)
        return self.cleaned_data

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class WithdrawForm(_Quantities):
    """`rows` are all lines of the order; a field for those of which something can be given back."""

    letter = "q"

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data)
        self.order = order
        self.rows = withdrawals.returnable(order)
        for row in self.rows:
            if not row.why:
                help_text = _("At most %(most)s %(unit)s.") % {
                    "most": _amount(row.most),
                    "unit": row.line.get_unit_display(),
                }
                self.ask(row.line.pk, str(row.line.name), help_text)

    def check(self) -> dict[int, Decimal] | None:
        """The first step: what would be given back, or None."""
        try:
            return withdrawals.checked(self.order, self.quantities)
        except Refused as refusal:
            self.refuse(refusal)
            return None

    def declare(self, by: Person) -> Withdrawal | None:
        try:
            return withdrawals.declare(order=self.order, wanted=self.quantities, by=by)
        except Refused as refusal:
            self.refuse(refusal)
            return None


class ReceiveForm(_Quantities):
    """What really came back, filled in as it was announced."""

    letter = "r"

    def __init__(self, withdrawal: Withdrawal, data: Any = None) -> None:
        super().__init__(data)
        self.withdrawal = withdrawal
        for row in withdrawal.lines.all():
            help_text = _("Announced: %(quantity)s %(unit)s.") % {
                "quantity": _amount(row.quantity),
                "unit": row.line.get_unit_display(),
            }
            self.ask(row.pk, str(row.line.name), help_text, _amount(row.quantity))

    def receive(self, by: Person) -> bool | None:
        try:
            return withdrawals.receive(withdrawal=self.withdrawal, came=self.quantities, by=by)
        except Refused as refusal:
            self.refuse(refusal)
            return None
