"""Forms of buyers: they read what was asked, then call one domain function."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import homes
from network.errors import Refused
from network.models import Delivery, DeliveryDay, HomeDelivery, Organisation, Person
from network.templatetags.kouter import weekday
from orders import basket, checkout, room
from orders.models import Order


class BasketForm:
    """
    The shop page is the form: `q<offer>` is the quantity wanted, `w<offer>` what the page showed before. Only what differs
    is changed, so a page that stood open in another tab undoes nothing. Without JavaScript, `plus` and `minus` name the
    offer to take one step more or less of.
    """

    def __init__(self, data: Mapping[str, str], *, steps: Mapping[int, Decimal]) -> None:
        self.errors: dict[int, str] = {}
        self.wanted: dict[int, Decimal] = {}
        self.refusal = ""
        for name, value in data.items():
            if name[:1] == "q" and name[1:].isdecimal():
                self._read(int(name[1:]), str(value), str(data.get(f"w{name[1:]}", "")))
        for name, direction in (("plus", 1), ("minus", -1)):
            if str(data.get(name, "")).isdecimal():
                self._step(int(data[name]), direction, data, steps)

    def _read(self, offer: int, text: str, was: str) -> None:
        if was and text.strip() == was.strip():
            return
        try:
            self.wanted[offer] = quantity_of(text)
        except Refused as refusal:
            self.errors[offer] = refusal.message

    def _step(self, offer: int, direction: int, data: Mapping[str, str], steps: Mapping[int, Decimal]) -> None:
        before = self.wanted.get(offer)
        if before is None:
            try:
                before = quantity_of(data.get(f"q{offer}", "0"))
            except Refused:
                return
        self.wanted[offer] = max(Decimal(0), before + direction * steps.get(offer, Decimal(1)))

    def save(self, *, buyer: Organisation, delivery: Delivery, by: Person) -> Order | None:
        """The order, filled; None when something was refused (then `errors` per offer, or `refusal`, says what)."""
        if self.errors:
            return None
        try:
            order = basket.open_order(buyer=buyer, delivery=delivery, by=by)
            return basket.fill(order=order, quantities=self.wanted, by=by)
        except basket.BasketRefused as refused:
            self.errors = refused.errors
        except Refused as refused:
            self.refusal = refused.message
        return None


def quantity_of(text: str) -> Decimal:
    """A quantity as people type it, with comma or point; empty is none."""
    try:
        return Decimal(text.strip().replace(",", ".") or "0")
    except InvalidOperation:
        raise Refused(_("Enter a number, such as 2 or 1,5.")) from None


class ConfirmForm(forms.Form):
    """`nearest` is, once the order was refused for want of room, where it would fit."""

    age_declared = forms.BooleanField(required=False)
    reference = forms.CharField(label=gettext_lazy("your reference"), max_length=60, required=False)
    substitution = forms.ChoiceField(
        label=gettext_lazy("If something cannot be brought"),
        choices=Organisation.Substitution.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, order: Order, data: Mapping[str, str] | None = None, *, age: int, trade: bool) -> None:
        wants = order.buyer.substitution or Organisation.Substitution.REFUND
        initial = {"reference": order.reference, "age_declared": order.age_declared, "substitution": wants}
        super().__init__(data, initial=initial)
        self.order = order
        self.nearest: Delivery | None = None
        if age:
            self.fields["age_declared"].label = _("Whoever collects this is %(age)s or older") % {"age": age}
        else:
            del self.fields["age_declared"]
        del self.fields["substitution" if trade else "reference"]

    def place(self, by: Person) -> Order | None:
        try:
            return checkout.place_order(
                order=self.order,
                by=by,
                age_declared=self.cleaned_data.get("age_declared", False),
                reference=self.cleaned_data.get("reference", ""),
                substitution=self.cleaned_data.get("substitution", ""),
            )
        except Refused as refusal:
            self.nearest = refusal.nearest if isinstance(refusal, room.Full) else None
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)
            return None


class CancelForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=200, required=False)

    def __init__(self, order: Order, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.order = order

    def cancel(self, by: Person) -> Order | None:
        try:
            return checkout.cancel_order(order=self.order, by=by, reason=self.cleaned_data["reason"])
        except Refused as refusal:
            self.add_error(None, refusal.message)
            return None


class HomeForm(forms.Form):
    """Where a household lives, and on which day its basket is brought there."""

    street = forms.CharField(label=gettext_lazy("street and number"), max_length=120)
    postcode = forms.CharField(label=gettext_lazy("postcode"), max_length=10)
    municipality = forms.CharField(label=gettext_lazy("municipality"), max_length=80)
    day = forms.ChoiceField(label=gettext_lazy("day"), widget=forms.RadioSelect)

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        household: Organisation,
        terms: HomeDelivery,
        days: Sequence[DeliveryDay],
        day: int | None = None,
    ) -> None:
        place = household.place
        known = {name: getattr(place, name) for name in ("street", "postcode", "municipality")} if place else {}
        super().__init__(data, initial=known | {"day": day or (days[0].pk if days else None)})
        self.household, self.terms, self.days = household, terms, {str(day.pk): day for day in days}
        self.fields["day"].choices = [(pk, weekday(one.on)) for pk, one in self.days.items()]  # type: ignore[attr-defined]
        autocomplete = {"street": "street-address", "postcode": "postal-code", "municipality": "address-level2"}
        for name, what in autocomplete.items():
            self.fields[name].widget.attrs["autocomplete"] = what

    def choose(self) -> Delivery | None:
        """The delivery at the door, with the address kept; None when something was refused."""
        address = {name: self.cleaned_data[name] for name in ("street", "postcode", "municipality")}
        try:
            with transaction.atomic():
                household = homes.move_house(household=self.household, terms=self.terms, **address)
                return homes.bring_home(day=self.days[self.cleaned_data["day"]], household=household)
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)
            return None
