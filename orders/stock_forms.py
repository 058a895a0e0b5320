"""The forms of the stock page (begin to carry over, note what came, went or was counted), and of what needs enough orders."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from network.errors import Refused
from network.models import Person
from orders import carrying
from producers import pooling, standing, stock
from producers.forms import AmountField
from producers.models import Pool, Product, StockMovement, Supply

Reason = StockMovement.Reason


class CarryForm(forms.Form):
    """How much there is of a product that carries over from now on; filled in with what is announced this week."""

    quantity = AmountField(label=gettext_lazy("how much there is now"), most_places=3)
    price = AmountField(label=gettext_lazy("you receive"), places=2, most_places=4)
    until_gone = forms.BooleanField(
        label=gettext_lazy("until it is gone: I do not top it up"),
        required=False,
        help_text=gettext_lazy("It is offered every week, and leaves your list by itself when nothing is left."),
    )

    def __init__(self, product: Product, known: Supply | None, data: Mapping[str, str] | None = None) -> None:
        initial = {"quantity": known.quantity, "price": known.price} if known else {}
        super().__init__(data, initial=initial)
        self.product = product

    def save(self, by: Person) -> bool:
        return _told(self, lambda: carrying.begin(product=self.product, by=by, **self.cleaned_data))


class MoveForm(forms.Form):
    """`seen` is how much there was on the page when she counted."""

    reason = forms.ChoiceField(
        label=gettext_lazy("what happened"),
        choices=[(one, one.label) for one in (Reason.HARVEST, Reason.LOSS, Reason.COUNT, Reason.RETURN)],
        widget=forms.RadioSelect,
        initial=Reason.HARVEST,
    )
    quantity = AmountField(label=gettext_lazy("how much"), most_places=3)
    note = forms.CharField(label=gettext_lazy("note"), max_length=200, required=False)
    seen = forms.DecimalField(widget=forms.HiddenInput, required=False)

    def __init__(self, supply: Supply, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial={"seen": supply.quantity})
        self.supply = supply
        self.short: Decimal | None = None
        """What would be left, when that is less than is ordered."""

    def save(self, by: Person) -> bool:
        given = self.cleaned_data

        def act() -> None:
            try:
                standing.move(supply=self.supply, by=by, **given)
            except stock.Short as short:
                counted = given["reason"] == Reason.COUNT
                self.short = given["quantity"] if counted else short.supply.quantity - given["quantity"]
                raise

        return _told(self, act)


class PoolForm(forms.Form):
    """From how many ordered units it goes on, and when that is decided; Brussels time."""

    threshold = AmountField(label=gettext_lazy("goes on from"), most_places=3)
    decides_at = forms.DateTimeField(
        label=gettext_lazy("decided on"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )

    def __init__(self, supply: Supply, pool: Pool | None, data: Mapping[str, str] | None = None) -> None:
        initial = {"threshold": pool.threshold, "decides_at": pool.decides_at} if pool else {}
        super().__init__(data, initial=initial)
        self.supply = supply

    def save(self, by: Person) -> bool:
        return _told(self, lambda: pooling.gather(supply=self.supply, by=by, **self.cleaned_data))


def _told(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether it was done; else the reason stands beside its field."""
    try:
        act()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    return True
