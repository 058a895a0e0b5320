"""What a farmer fills in at the harvest: what she cannot deliver, and what the scales say."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics import handover
from network import numbers
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.templatetags.kouter import amount
from orders import shortages, weighing
from orders.models import OrderLine, PurchaseChange, PurchaseOrderLine
from producers.models import Producer, ShortageRule

BEFORE_IT_LEAVES = (DeliveryDay.Status.CLOSED, DeliveryDay.Status.PLANNED)


class LessForm(forms.Form):
    """Shown with a quantity and a rule it has a `plan`; sent with the plan's mark it tells those who get less."""

    missing = forms.CharField(label=gettext_lazy("how much you cannot deliver, in all"), max_length=20)
    why = forms.ChoiceField(
        label=gettext_lazy("why"), choices=PurchaseChange.Why.choices, initial="lost", widget=forms.RadioSelect
    )
    reason = forms.CharField(label=gettext_lazy("what happened"), max_length=200, required=False)
    rule = forms.ChoiceField(
        label=gettext_lazy("who gets less"), choices=ShortageRule.choices, widget=forms.RadioSelect
    )
    keep_rule = forms.BooleanField(label=gettext_lazy("do it so the next time too"), required=False)
    mark = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, line: PurchaseOrderLine, data: Mapping[str, str]) -> None:
        super().__init__({"rule": shortages.rule_of(line), "why": "lost"} | dict(data))
        self.line = line
        self.plan: shortages.Shares | None = None
        self.fields["missing"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_missing(self) -> Decimal | None:
        try:
            return numbers.as_number(self.cleaned_data["missing"], most_places=3)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from None

    def look(self) -> None:
        """Make the plan of what is filled in, or say beside the field why there is none."""
        if self.is_valid():
            self._try(self._look)

    def tell(self, by: Person) -> bool:
        """Do what the plan that was shown says; when it is not the same any more, show it as it is now."""
        if not self.is_valid():
            return False
        given = dict(self.cleaned_data)
        keep_rule = given.pop("keep_rule")
        done = self._try(lambda: handover.report_missing(line=self.line, by=by, tell=True, **given))
        if not done:
            self._try(self._look)
        elif keep_rule:
            Producer.objects.filter(pk=self.line.purchase_order.producer_id).update(shortage_rule=given["rule"])
        return done

    def _look(self) -> None:
        missing, rule = self.cleaned_data["missing"], self.cleaned_data["rule"]
        self.plan = shortages.plan(line=self.line, missing=missing, rule=rule)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            return False
        return True


@dataclass(frozen=True)
class Weighed:
    """A line on the scales: its field, the weight that is asked about, and whether it was stored just now."""

    line: OrderLine
    letter: str
    field: forms.BoundField
    odd: Decimal | None
    saved: bool


class WeighForm(forms.Form):
    """
    A weight per line that is sold by weight (all of one farm and day, with their orders), as it is stored until it is typed
    anew. Each is stored by itself: one that is wrong, or far from what was ordered, keeps nobody from storing the others.
    """

    def __init__(
        self, lines: Sequence[OrderLine], letters: Mapping[int, str], data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data)
        self.lines, self.letters = lines, letters
        self.odd: dict[int, Decimal] = {}
        self.changed: dict[int, Decimal | None] = {}
        self.stored: Collection[int] = ()
        for line in lines:
            self.fields[f"weight_{line.pk}"] = forms.CharField(
                label=_("weight"), max_length=12, required=False, initial=_written(line.packed)
            )

    def clean(self) -> None:
        for line in self.lines:
            name = f"weight_{line.pk}"
            if name not in self.data or name not in self.cleaned_data:
                continue
            try:
                weight = numbers.as_number(self.cleaned_data[name], most_places=3)
                self._check(line, weight)
            except Refused as refused:
                self.add_error(name, refused.message)

    def _check(self, line: OrderLine, weight: Decimal | None) -> None:
        if weight == line.packed:
            return
        if weight is not None and weight < 0:
            raise Refused(_("A weight cannot be negative. Enter 0 or more."))
        if self.data.get(f"was_{line.pk}", _written(line.packed)) != _written(line.packed):
            raise Refused(
                _("Meanwhile somebody noted %(weight)s. Save again to make it yours.")
                % {"weight": _written(line.packed) or _("nothing")}
            )
        if weight is not None and weighing.is_odd(line, weight) and self.data.get(f"sure_{line.pk}") != str(weight):
            self.odd[line.pk] = weight
            most = weighing.most_billable(line)
            raise Refused(
                _("That is more than a tenth above %(ordered)s: %(most)s at most is paid for. Sure?")
                % {"ordered": amount(line.quantity), "most": amount(most)}
                if weight > most
                else _("That is far below the %(ordered)s that was ordered. Sure?") % {"ordered": amount(line.quantity)}
            )
        self.changed[line.pk] = weight

    def save(self, by: Person) -> bool:
        """Store what is right; False when something is left to be looked at."""
        valid = self.is_valid()
        if self.changed:
            try:
                weighing.weigh(packed=self.changed, by=by)
            except Refused as refused:
                self.add_error(None, refused.message)
                return False
            for line in self.lines:
                line.packed = self.changed.get(line.pk, line.packed)
            self.stored = self.changed.keys()
        return valid

    def row(self, line: OrderLine) -> Weighed:
        return Weighed(
            line,
            self.letters.get(line.pk, ""),
            self[f"weight_{line.pk}"],
            self.odd.get(line.pk),
            line.pk in self.stored,
        )


def _written(weight: Decimal | None) -> str:
    return "" if weight is None else numbers.written(weight)
