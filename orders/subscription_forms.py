"""Forms of subscriptions and boxes: they read what was asked, then call one domain function."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.errors import Refused
from network.models import Network, Organisation, Person, PickupPoint, PickupSlot
from network.templatetags.kouter import euro, window
from orders import subscriptions, swapping
from orders.coming import Coming
from orders.models import Cause, Subscription
from producers import boxes
from producers.forms import AmountField
from producers.models import Box, BoxSize, Offer, Product

MORE = 3
"""Empty rows at the end of a list."""


class TermsForm(forms.Form):
    """Where, when and how often; of a box also which size."""

    size = forms.ModelChoiceField(
        BoxSize.objects.none(), label=gettext_lazy("size"), empty_label=None, widget=forms.RadioSelect
    )
    slot = forms.ChoiceField(label=gettext_lazy("where and when"))
    rhythm = forms.ChoiceField(
        label=gettext_lazy("how often"),
        choices=Subscription.Rhythm.choices,
        help_text=gettext_lazy("Once a month is with the first delivery of each month."),
    )

    def __init__(
        self, network: Network, data: Mapping[str, str] | None = None, *, box: Box | None, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.network = network
        self.slots = subscriptions.slots_of(network)
        self.fields["slot"].choices = [(_key(slot), _slot(slot)) for slot in self.slots]  # type: ignore[attr-defined]
        if box:
            self.fields["size"].queryset = box.sizes.all()  # type: ignore[attr-defined]
            self.fields["size"].label_from_instance = _size  # type: ignore[attr-defined]
            self.fields["size"].initial = box.sizes.first()
        else:
            del self.fields["size"]

    @property
    def terms(self) -> subscriptions.Terms:
        slot = next(one for one in self.slots if _key(one) == self.cleaned_data["slot"])
        return subscriptions.Terms(slot.pickup_point, slot.weekday, self.cleaned_data["rhythm"])

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class SubscribeForm(TermsForm):
    starts_on = forms.ChoiceField(label=gettext_lazy("from"))
    age_declared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, age: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weekdays = {slot.weekday for slot in self.slots}
        weeks = sorted({week for day in weekdays for week in subscriptions.first_weeks(self.network, day)})
        self.fields["starts_on"].choices = [  # type: ignore[attr-defined]
            (week.isoformat(), _("the week of %(day)s") % {"day": date_format(week, "j F")})
            for week in weeks[: subscriptions.STARTS_WITHIN]
        ]
        if age:
            self.fields["age_declared"].label = _("Whoever collects this is %(age)s or older") % {"age": age}
        else:
            del self.fields["age_declared"]

    def save(
        self, *, buyer: Organisation, by: Person, lines: Mapping[Product, Decimal] | None = None
    ) -> Subscription | None:
        """The subscription; None when it was refused, with the reason beside its field."""
        try:
            return subscriptions.subscribe(
                buyer=buyer,
                network=self.network,
                terms=self.terms,
                starts_on=date.fromisoformat(self.cleaned_data["starts_on"]),
                by=by,
                size=self.cleaned_data.get("size"),
                lines=lines,
                age_declared=self.cleaned_data.get("age_declared", False),
            )
        except Refused as refusal:
            self.refuse(refusal)
            return None


class ChangeForm(TermsForm):
    def __init__(self, subscription: Subscription, data: Mapping[str, str] | None = None) -> None:
        initial = {
            "size": subscription.size_id,
            "slot": f"{subscription.pickup_point_id}-{subscription.weekday}",
            "rhythm": subscription.rhythm,
        }
        super().__init__(
            subscription.network, data, box=subscription.size.box if subscription.size else None, initial=initial
        )
        self.subscription = subscription

    def save(self, by: Person) -> bool:
        try:
            size = self.cleaned_data.get("size")
            subscriptions.change(subscription=self.subscription, terms=self.terms, size=size, by=by)
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True


class PauseForm(forms.Form):
    paused_from = forms.DateField(
        label=gettext_lazy("first day away"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    paused_until = forms.DateField(
        label=gettext_lazy("last day away"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, subscription: Subscription, data: Mapping[str, str] | None = None) -> None:
        initial = {"paused_from": subscription.paused_from, "paused_until": subscription.paused_until}
        super().__init__(data, initial=initial)
        self.subscription = subscription

    def save(self, by: Person) -> bool:
        first, last = self.cleaned_data["paused_from"], self.cleaned_data["paused_until"]
        try:
            subscriptions.pause(subscription=self.subscription, first=first, last=last, by=by)
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
            return False
        return True


class ContentForm(forms.Form):
    """
    Products with their quantities, and a few empty rows to add others from `goods`: what is in a box, on a list, or wanted
    instead. A product that is no longer among the goods can only be taken out.
    """

    def __init__(
        self, content: Mapping[int, Decimal], goods: Mapping[int, Offer], data: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data)
        gone = Product.objects.select_related("producer__organisation").in_bulk(
            [pk for pk in content if pk not in goods]
        )
        self.rows = []
        for pk, quantity in content.items():
            offer = goods.get(pk)
            product = offer.supply.product if offer else gone[pk]
            name = f"q{pk}"
            self.fields[name] = AmountField(label=_amount_of(product), most_places=3, required=False, initial=quantity)
            self.rows.append({"product": product, "offer": offer, "field": self[name]})
        choices = _by_farm([offer for pk, offer in goods.items() if pk not in content])
        self.more = []
        for number in range(1, MORE + 1) if len(choices) > 1 else ():
            self.fields[f"add{number}"] = forms.ChoiceField(label=_("something else"), choices=choices, required=False)
            self.fields[f"n{number}"] = AmountField(label=_("how much"), most_places=3, required=False)
            self.more.append((self[f"add{number}"], self[f"n{number}"]))

    @property
    def content(self) -> dict[int, Decimal]:
        """What was asked, by product; nothing where a field was emptied."""
        wanted = {int(name[1:]): value or Decimal(0) for name, value in self.cleaned_data.items() if name[:1] == "q"}
        for number in range(1, len(self.more) + 1):
            if chosen := self.cleaned_data.get(f"add{number}"):
                wanted[int(chosen)] = wanted.get(int(chosen), Decimal(0)) + (self.cleaned_data.get(f"n{number}") or 1)
        return wanted

    def refuse(self, refusal: Refused) -> None:
        """Beside the product it is about, also when that stands in one of the empty rows."""
        field = refusal.field
        for number in range(1, len(self.more) + 1):
            if field and field not in self.fields and self.cleaned_data.get(f"add{number}") == field[1:]:
                field = f"n{number}"
        self.add_error(field if field in self.fields else None, refusal.message)


class ComposeForm(ContentForm):
    def __init__(self, size: BoxSize, week_on: date, data: Mapping[str, str] | None = None) -> None:
        super().__init__(boxes.content_of(size, week_on), boxes.goods_for(size.box, week_on), data)
        self.size, self.week_on = size, week_on

    def save(self, by: Person) -> bool:
        try:
            boxes.compose(size=self.size, week_on=self.week_on, content=self.content, by=by)
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True


class SwapForm(ContentForm):
    def __init__(self, week: Coming, data: Mapping[str, str] | None = None) -> None:
        super().__init__(swapping.inside(week), swapping.goods_for(week), data)
        self.week = week

    def save(self, by: Person) -> bool:
        try:
            swapping.swap(subscription=self.week.subscription, week_on=self.week.week_on, content=self.content, by=by)
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True


class ListForm(ContentForm):
    """The own list of a subscription; what can be added is what is for sale in the week that is open."""

    age_declared = forms.BooleanField(label=gettext_lazy("Whoever collects this is 18 or older"), required=False)

    def __init__(
        self, subscription: Subscription, goods: Mapping[int, Offer], data: Mapping[str, str] | None = None
    ) -> None:
        lines = dict(subscription.lines.filter(week=None).values_list("product", "quantity"))
        super().__init__(lines, goods, data)
        self.subscription = subscription
        if subscription.age_declared or not any(offer.supply.product.alcohol for offer in goods.values()):
            del self.fields["age_declared"]

    def save(self, by: Person) -> bool:
        content = self.content
        products = Product.objects.in_bulk(content)
        try:
            subscriptions.set_list(
                subscription=self.subscription,
                lines={products[pk]: quantity for pk, quantity in content.items()},
                age_declared=self.cleaned_data.get("age_declared", False),
                by=by,
            )
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True


class CauseForm(forms.ModelForm):
    class Meta:
        model = Cause
        fields = ["name", "organisation", "pickup_point"]
        labels = {"organisation": gettext_lazy("who collects it"), "pickup_point": gettext_lazy("pickup point")}

    def __init__(self, network: Network, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, instance=Cause(network=network))
        members = Organisation.objects.active().filter(memberships__network=network, memberships__left_on=None)
        self.fields["organisation"].queryset = members.exclude(kind="household").distinct().order_by("name")  # type: ignore[attr-defined]
        self.fields["pickup_point"].queryset = PickupPoint.objects.active().filter(network=network).order_by("code")  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """Django leaves out the constraint that names the network; a cause that is there already must be said."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except forms.ValidationError as error:
                self.add_error("name", error.messages)


def _key(slot: PickupSlot) -> str:
    return f"{slot.pickup_point_id}-{slot.weekday}"


def _slot(slot: PickupSlot) -> str:
    monday = clock.monday_of(clock.today())
    weekday = date_format(date.fromordinal(monday.toordinal() + slot.weekday), "l")
    opens, closes = (clock.moment(monday, hour) for hour in (slot.opens, slot.closes))
    return f"{slot.pickup_point}, {weekday} {window(opens, closes)}"


def _size(size: BoxSize) -> str:
    return f"{size.name}, {euro(size.price)}"


def _amount_of(product: Product) -> str:
    return _("Quantity of %(name)s") % {"name": product}


def _by_farm(offers: Iterable[Offer]) -> list[Any]:
    """The choices of a select, by farm and name."""
    farms: dict[str, list[tuple[str, str]]] = {}
    for offer in sorted(offers, key=lambda one: (str(one.supply.product.producer), str(one.supply.product))):
        product = offer.supply.product
        label = f"{product}, {product.get_unit_display()}, {euro(offer.gross)}"
        farms.setdefault(str(product.producer), []).append((str(product.pk), label))
    return [("", "–"), *farms.items()]
