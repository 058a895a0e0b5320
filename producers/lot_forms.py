"""How a farmer notes lots: all of a harvest at once, or one with everything there is to say of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.errors import Refused
from network.models import DeliveryDay, Person
from producers import lots
from producers.forms import AmountField
from producers.models import Lot, Producer, Product


def day_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def _said(day: DeliveryDay, several: bool) -> str:
    spelled = capfirst(date_format(day.on, "l j F"))
    return f"{spelled}, {day.network}" if several else spelled


class HarvestForm(forms.Form):
    """
    One lot of each product that is ticked. At first those are ticked that go out next and have no lot yet, so that saying
    "yes" is all there is to do.
    """

    products = forms.ModelMultipleChoiceField(
        Product.objects.none(),
        label=gettext_lazy("products"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick one product at least.")},
    )
    days = forms.ModelMultipleChoiceField(
        DeliveryDay.objects.none(),
        label=gettext_lazy("goes with the deliveries of"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick the deliveries they go with.")},
    )
    harvested_on = day_field(label=gettext_lazy("harvested or made on"))
    field = forms.CharField(
        label=gettext_lazy("field"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("or shed, vat, batch: whatever you would look at first"),
    )

    def __init__(
        self,
        producer: Producer,
        days: Sequence[DeliveryDay],
        missing: Mapping[Product, Sequence[DeliveryDay]],
        data: Any = None,
    ) -> None:
        going = [day for day in days if any(day in wanting for wanting in missing.values())]
        coming = [day for day in going if day.on >= clock.today()] or going[-1:]
        soonest = [day for day in coming if day.on == coming[0].on]
        wanted = [product.pk for product, wanting in missing.items() if set(wanting) & set(soonest)]
        initial = {"products": wanted, "days": [day.pk for day in soonest], "harvested_on": clock.today()}
        super().__init__(data, initial=initial, prefix="harvest")
        self.producer = producer
        several = len({day.network.pk for day in going}) > 1
        self._offer("products", Product.objects.filter(pk__in=[one.pk for one in missing]), list(missing), str)
        self._offer(
            "days", DeliveryDay.objects.filter(pk__in=[day.pk for day in going]), going, lambda day: _said(day, several)
        )

    def _offer(self, name: str, queryset: Any, rows: Sequence[Any], label: Any) -> None:
        """The choices as they are at hand already: no query to draw them."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = queryset
        field.choices = [(row.pk, label(row)) for row in rows]

    def save(self, *, by: Person) -> list[Lot]:
        """The lots; none when it was refused, with the reason beside its field."""
        given = self.cleaned_data
        try:
            return lots.note_many(
                producer=self.producer,
                products=given["products"],
                harvested_on=given["harvested_on"],
                days=list(given["days"].select_related("cycle")),
                field=given["field"],
                by=by,
            )
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return []


class LotForm(forms.Form):
    """A lot with everything; what is left empty is as usual. Of every delivery day whether it goes with it, and how much."""

    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("product"), empty_label=None)
    harvested_on = day_field(label=gettext_lazy("harvested or made on"))
    code = forms.CharField(
        label=gettext_lazy("code"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("empty: the date and the next letter"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    keeps = forms.ChoiceField(
        label=gettext_lazy("kind of date"),
        required=False,
        choices=[("", gettext_lazy("as usual for this product")), *Lot.Keeps.choices],
    )
    keeps_until = day_field(
        label=gettext_lazy("good until"), required=False, help_text=gettext_lazy("empty: by the product’s shelf life")
    )
    field = forms.CharField(label=gettext_lazy("field"), max_length=60, required=False)
    supplier = forms.CharField(
        label=gettext_lazy("bought from"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("only when it is not from your own farm"),
    )
    document = forms.CharField(label=gettext_lazy("number of that paper"), max_length=60, required=False)
    remark = forms.CharField(label=gettext_lazy("note"), max_length=200, required=False)

    def __init__(
        self, producer: Producer, data: Any = None, *, lot: Lot | None = None, product: Product | None = None
    ) -> None:
        uses = {use.delivery_day_id: use for use in lot.uses.select_related("delivery_day")} if lot else {}
        days = lots.days_for(producer)
        known = {day.pk for day in days}
        if older := [pk for pk in uses if pk not in known]:
            before = DeliveryDay.objects.filter(pk__in=older).select_related("cycle__network").order_by("on", "pk")
            days = [*before, *days]
        names = ("harvested_on", "code", "keeps", "keeps_until", "field", "supplier", "document")
        initial: dict[str, Any] = {name: getattr(lot, name) for name in names} if lot else {}
        initial |= {f"day_{pk}": True for pk in uses} | {f"quantity_{pk}": use.quantity for pk, use in uses.items()}
        initial |= {"remark": lot.note} if lot else {"harvested_on": clock.today(), "product": product}
        super().__init__(data, initial=initial)
        self.producer, self.lot, self.days = producer, lot, days
        several = len({day.network.pk for day in days}) > 1
        for day in days:
            self.fields[f"day_{day.pk}"] = forms.BooleanField(label=_said(day, several), required=False)
            amount = AmountField(
                label=_("how much, %(day)s") % {"day": _said(day, several)}, most_places=3, required=False
            )
            amount.widget.attrs["placeholder"] = _("how much")
            self.fields[f"quantity_{day.pk}"] = amount
        if lot:
            del self.fields["product"]
        else:
            choices = self.fields["product"]
            assert isinstance(choices, forms.ModelChoiceField)
            choices.queryset = producer.products.active().order_by("category", "pk")

    @property
    def goes_with(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """For each delivery day its tick and its quantity."""
        return [(self[f"day_{day.pk}"], self[f"quantity_{day.pk}"]) for day in self.days]

    def save(self, *, by: Person) -> Lot | None:
        given = self.cleaned_data
        uses: dict[int, Decimal | None] = {
            day.pk: given[f"quantity_{day.pk}"]
            for day in self.days
            if given[f"day_{day.pk}"] or given[f"quantity_{day.pk}"]
        }
        names = ("harvested_on", "code", "keeps", "keeps_until", "field", "supplier", "document", "remark")
        said: dict[str, Any] = {name: given[name] for name in names} | {"uses": uses, "by": by}
        try:
            return lots.change(lot=self.lot, **said) if self.lot else lots.note(product=given["product"], **said)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            return None
