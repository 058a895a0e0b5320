"""What is filled in about the tipping point, the start-up fund and the refund. What is refused appears beside the field."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from logistics import fund, refunds, tipping
from logistics.fleet_forms import Number, Rate
from logistics.models import CostTerms, Refund
from network import clock
from network.errors import Refused
from network.models import Network, Person, Transaction
from producers.forms import AmountField


class OverheadForm(forms.Form):
    per_week = Rate(label=_("euro a week"), help_text=_("who coordinates, the room, insurance; transport apart"))
    since = forms.DateField(
        label=_("from the week of Monday"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, network: Network, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"since": clock.monday_of(clock.today())}
        super().__init__(*args, **kwargs)
        self.network = network

    def save(self, *, by: Person) -> bool:
        values = self.cleaned_data
        try:
            tipping.set_overhead(network=self.network, per_week=values["per_week"], since=values["since"], by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


class DepositForm(forms.Form):
    """Sent twice with the same token, it is booked once."""

    amount = AmountField(
        label=_("euro"), places=2, most_places=2, help_text=_("with a minus in front, it is taken out again")
    )
    source = forms.ChoiceField(label=_("where it comes from"), choices=fund.Source.choices)
    note = forms.CharField(label=_("note"), max_length=120, required=False)
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, network: Network, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"token": uuid4()}
        super().__init__(*args, **kwargs)
        self.network = network

    def save(self, *, by: Person) -> Transaction | None:
        """The transaction; None when it was refused."""
        values = self.cleaned_data
        try:
            return fund.deposit(network=self.network, by=by, **values)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return None


class Percentage(AmountField):
    """A percentage between two bounds, which the sentence beside it names; a fraction when read."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(most_places=2, **kwargs)
        self.least, self.most = least, most

    def clean(self, value: Any) -> Any:
        percentage = super().clean(value)
        if percentage is not None and not self.least <= percentage <= self.most:
            bounds = {"least": self.least, "most": self.most}
            raise forms.ValidationError(_("Enter a percentage from %(least)s to %(most)s."), params=bounds)
        return None if percentage is None else percentage / 100


class ForecastForm(forms.Form):
    """How the fund is thought to go on: read from the address, nothing is kept. What is left out is as it is."""

    growth = Percentage(label=_("growth of the crates, percent a week"), least=-20, most=20, required=False)
    full = Number(
        label=_("crates of the fuller day"), help_text=_("whose price the farms pay"), most=100_000, required=False
    )
    solidarity = Percentage(label=_("percent of the savings for the fund"), least=0, most=100, required=False)

    def __init__(self, terms: CostTerms, growth: float, *args: Any, **kwargs: Any) -> None:
        self.usual: dict[str, Any] = {
            "growth": Decimal(str(round(growth, 3))),
            "full": terms.fund_crates,
            "solidarity": Decimal(terms.solidarity),
        }
        kwargs["initial"] = {
            name: value if name == "full" or value is None else (100 * value).normalize() + 0
            for name, value in self.usual.items()
        }
        super().__init__(*args, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        """What was filled in, and what usually holds for the rest."""
        given = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {name: usual if given.get(name) is None else given[name] for name, usual in self.usual.items()}


class RefundForm(forms.Form):
    year = forms.TypedChoiceField(label=_("year"), coerce=int)
    amount = AmountField(label=_("euro to give back"), places=2, most_places=2)

    def __init__(self, network: Network, *args: Any, **kwargs: Any) -> None:
        last = clock.today() - timedelta(days=365)
        kwargs["initial"] = {"year": last.year}
        super().__init__(*args, **kwargs)
        self.network = network
        years = range(clock.today().year, clock.today().year - 5, -1)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_("Enter an amount above nought."))
        return amount

    def save(self, *, by: Person) -> Refund | None:
        """The refund, booked; None when it was refused."""
        try:
            return refunds.give_back(network=self.network, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return None
