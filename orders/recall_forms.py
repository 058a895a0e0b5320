"""What is traced, and the few words with which a recall starts."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.errors import Refused
from network.models import Person
from orders import recalls, tracing
from orders.models import Recall
from orders.tracing import Goods, Viewer
from producers.lot_forms import day_field
from producers.models import Lot, Producer, Product


class TraceForm(forms.Form):
    """Lots of a farm, or one of its products over a period. Sent by GET: what is traced has an address."""

    lot = forms.ModelMultipleChoiceField(Lot.objects.none(), required=False)
    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("product"))
    first = day_field(label=gettext_lazy("delivered from"))
    last = day_field(label=gettext_lazy("until"))

    def __init__(self, farm: Producer, data: Any) -> None:
        today = clock.today()
        self.asked = bool(data.get("lot") or data.get("product"))
        initial = {"first": today - timedelta(days=14), "last": today}
        super().__init__(data if self.asked else None, initial=initial)
        lot, product = self.fields["lot"], self.fields["product"]
        assert isinstance(lot, forms.ModelMultipleChoiceField) and isinstance(product, forms.ModelChoiceField)
        lot.queryset = Lot.objects.of(farm).select_related("product")
        product.queryset = farm.products.order_by("archived_at", "category", "pk")
        if data.get("lot"):
            for name in ("product", "first", "last"):
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and not first <= last <= first + timedelta(days=tracing.LONGEST):
            self.add_error(
                "last", _("Choose a period of at most %(days)s days, from early to late.") % {"days": tracing.LONGEST}
            )
        return given

    @property
    def lots(self) -> list[Lot]:
        return list(self.cleaned_data["lot"]) if self.is_valid() else []

    def goods(self) -> list[Goods]:
        """What is traced; nothing as long as the form says nothing, or something wrong."""
        if not self.is_valid():
            return []
        if lots := self.lots:
            return tracing.goods_of_lots(lots)
        given = self.cleaned_data
        return tracing.goods_of_product(given["product"], given["first"], given["last"])


class RecallForm(forms.Form):
    action = forms.ChoiceField(
        label=gettext_lazy("what buyers have to do"), choices=Recall.Action.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=gettext_lazy("what is wrong"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("as you would tell it at the door; every buyer reads this"),
    )
    put_off = forms.BooleanField(
        label=gettext_lazy("take it off sale on the days that still take orders"), required=False
    )

    def start(self, *, farm: Producer, goods: list[Goods], viewer: Viewer, by: Person) -> Recall | None:
        try:
            return recalls.start(producer=farm, goods=goods, viewer=viewer, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return None
