"""Forms of buyers: they read what was asked, then call one domain function."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

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
    offer to take one step more or less of. `seen` is when the page last heard what is in the basket: what lapsed since is
    put back, because the page still shows it.
    """

    def __init__(self, data: Mapping[str, str], *, steps: Mapping[int, Decimal]) -> None:
        self.errors: dict[int, str] = {}
        self.wanted: dict[int, Decimal] = {}
        self.back: dict[int, str] | None = None
        self.refusal = ""
        self.seen = moment_of(data.get("seen", ""))
        for name, value in data.items():
            offer = number_of(name[1:]) if name[:1] == "q" else None
            if offer is not None:
                self._read(offer, str(value), str(data.get(f"w{name[1:]}", "")))
        for name, direction in (("plus", 1), ("minus", -1)):
            offer = number_of(data.get(name, ""))
            if offer is not None:
                self._step(offer, direction, data, steps)

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

    def save(self, *, buyer: Organisation, delivery: Delivery, by: Person, order: Order | None = None) -> Order | None:
        """
        The order with what could go in; then `errors` has a sentence per offer that could not, and `back` those of what
        was put back (None: nothing had lapsed). None when nothing was done; `refusal` says why. `order` is the one this
        buyer has at this delivery already, if any.
        """
        try:
            order = order or basket.open_order(buyer=buyer, delivery=delivery, by=by)
            order, errors = basket.fill_what_fits(order=order, quantities=self.wanted, by=by)
            if self.seen and order.lapsed.filter(lapsed_at__gt=self.seen).exists():
                order, self.back = basket.refill(order=order, by=by)
        except Refused as refused:
            self.refusal = refused.message
            return None
        self.errors |= errors
        return order


LONGEST = 30
LATEST = 10**14
QUANTITY = re.compile(r"([+-]?(\d+[.,\u066b]?\d*|[.,\u066b]\d+))?")


def quantity_of(text: str) -> Decimal:
    """A quantity as people type it, in the digits of any script, with comma or point; empty is none."""
    written = "".join(mark for mark in text.strip()[: LONGEST + 1] if unicodedata.category(mark) != "Cf")
    written = written.replace("\u2212", "-")
    if len(written) > LONGEST or not QUANTITY.fullmatch(written):
        raise Refused(_("Enter a number, such as 2 or 1,5."))
    return Decimal(re.sub("[,\u066b]", ".", written) or "0")


def number_of(text: str) -> int | None:
    """The id a form names; None for what cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST and int(text) < 2**63 else None


def moment_of(text: str) -> datetime | None:
    """The moment of a page, in milliseconds since 1970; None for what is none."""
    number = number_of(text)
    return datetime.fromtimestamp(number / 1000, UTC) if number is not None and number < LATEST else None


class ConfirmForm(forms.Form):
    """`nearest` is, once the order was refused for want of room, where it would fit."""

    age_declared = forms.BooleanField(required=False)
    reference = forms.CharField(label=gettext_lazy("your reference"), max_length=60, required=False)
    substitution = forms.ChoiceField(
        label=gettext_lazy("If something cannot be brought"),
        choices=Organisation.Substitution.choices,
        widget=forms.RadioSelect,
    )
    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

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
                seen=self.cleaned_data["seen"],
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
