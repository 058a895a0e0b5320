"""What coordinators and drivers fill in. Each form calls one domain function; what it refuses appears beside the field."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from logistics import bill_jobs, correcting, edits, handover, versions
from logistics.models import Round
from logistics.writing import Kept
from network import clock, cycles
from network.errors import Refused
from network.models import DeliveryDay, NetworkRole, Person
from network.quantities import MOST, Unit
from orders import crediting
from orders.models import PurchaseOrder, PurchaseOrderLine


class PostponeForm(forms.Form):
    """Day and hour as the Brussels clock will show them."""

    on = forms.DateField(
        label=_("New last day to order"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        local = clock.local(day.closes_at)
        kwargs["initial"] = {"on": local.date(), "time": local.time()}
        super().__init__(*args, **kwargs)
        self.day = day

    def save(self, *, by: Person) -> bool:
        """Postpone; False when refused, with the reason on the form."""
        values = self.cleaned_data
        try:
            cycles.postpone_cut_off(
                day=self.day, closes_at=clock.moment(values["on"], values["time"]), by=by, reason=values["reason"]
            )
        except Refused as refused:
            self.add_error("on" if refused.field else None, refused.message)
        return not self.errors


def _units(line: PurchaseOrderLine, initial: str = "") -> forms.DecimalField:
    """How many units of a product, with a decimal comma."""
    return forms.DecimalField(
        label=str(line.name),
        required=False,
        localize=True,
        max_value=MOST,
        decimal_places=3,
        initial=initial,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input", "autocomplete": "off"}),
    )


class MissingForm(forms.Form):
    """How much of each product a farm did not have, in all. Empty means nothing is missing."""

    reason = forms.CharField(label=_("What happened"), max_length=200, required=False)

    def __init__(self, purchase: PurchaseOrder, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(purchase.lines.select_related("product", "purchase_order"))
        for line in self.lines:
            self.fields[f"missing_{line.pk}"] = _units(line, initial=written(line.missing))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {"line": line, "unit": Unit(line.unit).label, "field": self[f"missing_{line.pk}"]} for line in self.lines
        ]

    def save(self, *, by: Person) -> bool:
        """Record all that changed, or nothing; False when something was refused."""
        try:
            with transaction.atomic():
                for line in self.lines:
                    field = f"missing_{line.pk}"
                    missing = self.cleaned_data.get(field) or 0 * line.missing
                    if missing != line.missing:
                        reason = self.cleaned_data["reason"]
                        handover.report_missing(line=line, missing=missing, by=by, reason=reason, field=field)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


class CreditForm(forms.Form):
    """How much of each product of a farm was billed and not delivered. Empty means all was."""

    reason = forms.CharField(label=_("What happened"), max_length=correcting.LONGEST, required=False)

    def __init__(self, purchase: PurchaseOrder, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = purchase.delivery_day
        billed = crediting.billed_of(self.day)
        self.lines = [
            (line, units)
            for line in purchase.lines.select_related("product")
            if (units := billed.get((line.supply_id, line.price)))
        ]
        for line, _delivered in self.lines:
            self.fields[f"missing_{line.pk}"] = _units(line)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {"line": line, "billed": units, "unit": Unit(line.unit).label, "field": self[f"missing_{line.pk}"]}
            for line, units in self.lines
        ]

    def save(self, *, by: Person) -> bool:
        """Credit, then share the day again, a large one by a job. False when something was refused."""
        reason = self.cleaned_data["reason"]
        missing = {
            line.pk: amount for line, _units in self.lines if (amount := self.cleaned_data[f"missing_{line.pk}"])
        }
        try:
            if bill_jobs.is_large(self.day):
                bill_jobs.credit(day=self.day, missing=missing, by=by, reason=reason)
            else:
                crediting.credit(day=self.day, missing=missing, by=by, reason=reason)
                correcting.correct_day(day=self.day, by=by, reason=reason)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


class DriverForm(forms.Form):
    driver = forms.ModelChoiceField(
        label=_("Driver"), queryset=Person.objects.none(), required=False, empty_label=_("nobody yet")
    )

    def __init__(self, round: Round, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"driver": round.driver_id}
        super().__init__(*args, **kwargs)
        self.round = round
        roles = NetworkRole.objects.filter(network=round.delivery_day.network, role=NetworkRole.Role.DRIVER)
        self.fields["driver"].queryset = Person.objects.filter(network_roles__in=roles).order_by("name")  # type: ignore[attr-defined]

    def save(self, *, by: Person) -> bool:
        try:
            handover.assign_driver(round=self.round, driver=self.cleaned_data["driver"], by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


OUTDATED = _("This page is out of date: reload it and try again.")


class EditForm(forms.Form):
    """
    A change of the plan as the buttons of the day page send it: `do` is what and to what (`up 12`, `move 12`, `split 5`,
    `place farm-3`), the other fields carry the same number (`to-12`, `at-12`). `version` is what the page showed.
    """

    version = forms.IntegerField(min_value=0, max_value=32767)
    do = forms.CharField(max_length=40)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.about = ""

    def clean_do(self) -> str:
        verb, _space, self.about = self.cleaned_data["do"].partition(" ")
        if verb not in CHANGES:
            raise forms.ValidationError(OUTDATED)
        return verb

    def save(self, *, by: Person) -> Kept | None:
        """Make the change; None when it was refused, with the reason on the form."""
        values = {"day": self.day, "version": self.cleaned_data["version"], "by": by}
        try:
            return CHANGES[self.cleaned_data["do"]](self, values)
        except Refused as refused:
            self.add_error(None, refused.message)
        return None

    def refused(self) -> str:
        """Why not, as one sentence."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)

    def number(self, name: str, *, required: bool = True) -> Any:
        """A whole number typed or chosen beside what the change is about; Refused for anything else."""
        return self._whole(str(self.data.get(f"{name}-{self.about}", "")), required=required)

    @property
    def pk(self) -> Any:
        return self._whole(self.about)

    def where_to(self) -> dict[str, Any]:
        """`to` names a round (`5`) or a vehicle for a new one (`v7`); `at` a position, last when empty."""
        to = str(self.data.get(f"to-{self.about}", ""))
        new = to.startswith("v")
        return {
            "round": None if new else self._whole(to, required=False),
            "vehicle": self._whole(to[1:]) if new else None,
            "position": self.number("at", required=False),
        }

    def what(self) -> dict[str, Any]:
        """`farm-3` or `delivery-7`."""
        kind, _dash, pk = self.about.partition("-")
        names = {"farm": "producer", "delivery": "delivery"}
        if kind not in names:
            raise Refused(str(OUTDATED))
        return {names[kind]: self._whole(pk)}

    def dragged(self) -> dict[str, Any]:
        """`stop-round-position`, as the pointer left it."""
        stop, round_, position = (self._whole(part) for part in (self.about.split("-") + ["", ""])[:3])
        return {"stop": stop, "round": round_, "position": position}

    def _whole(self, text: str, *, required: bool = True) -> Any:
        text = text.strip()
        if not text and not required:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise Refused(str(_("Fill in a whole number.")))
        return int(text)


Change = Callable[[EditForm, dict[str, Any]], Kept]


CHANGES: dict[str, Change] = {
    "up": lambda form, values: edits.move_stop(**values, stop=form.pk, steps=-1),
    "down": lambda form, values: edits.move_stop(**values, stop=form.pk, steps=1),
    "move": lambda form, values: edits.move_stop(**values, stop=form.pk, **form.where_to()),
    "drag": lambda form, values: edits.move_stop(**values, **form.dragged()),
    "place": lambda form, values: edits.place(**values, **form.what(), **form.where_to()),
    "lock": lambda form, values: edits.lock_stop(**values, stop=form.pk),
    "unlock": lambda form, values: edits.lock_stop(**values, stop=form.pk, locked=False),
    "lock_round": lambda form, values: edits.lock_round(**values, round=form.pk),
    "unlock_round": lambda form, values: edits.lock_round(**values, round=form.pk, locked=False),
    "swap": lambda form, values: edits.swap_vehicle(**values, round=form.pk, vehicle=form.number("vehicle")),
    "split": lambda form, values: edits.split_round(
        **values, round=form.pk, after=form.number("after"), vehicle=form.number("with", required=False)
    ),
    "merge": lambda form, values: edits.merge_rounds(**values, round=form.pk, into=form.number("into")),
    "restore": lambda form, values: edits.restore(**values, number=form.pk),
    "undo": lambda form, values: edits.undo(**values),
}


class PublishForm(forms.Form):
    """Publishing a plan with flaws asks that they are accepted, beside the sentence that names them."""

    version = forms.IntegerField(min_value=0, max_value=32767, widget=forms.HiddenInput)
    accept_flaws = forms.BooleanField(label=_("Publish it with these flaws"), required=False)

    def __init__(self, day: DeliveryDay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    def save(self, *, by: Person) -> bool:
        try:
            versions.publish(day=self.day, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
        return not self.errors


class DriversForm(forms.Form):
    """Who drives which round of a day, all at once; `rounds` with vehicle selected."""

    version = forms.IntegerField(min_value=0, max_value=32767, widget=forms.HiddenInput)

    def __init__(self, day: DeliveryDay, rounds: Iterable[Round], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.rounds = [found for found in rounds if found.status != Round.Status.DRIVEN]
        roles = NetworkRole.objects.filter(network=day.network, role=NetworkRole.Role.DRIVER)
        people = Person.objects.filter(network_roles__in=roles).order_by("name", "pk").distinct()
        choices = [("", _("nobody yet")), *((person.pk, str(person)) for person in people)]
        for found in self.rounds:
            self.fields[f"driver_{found.pk}"] = forms.TypedChoiceField(
                label=str(found), choices=choices, coerce=int, empty_value=None, required=False, initial=found.driver_id
            )

    @property
    def rows(self) -> list[tuple[Round, Any]]:
        return [(found, self[f"driver_{found.pk}"]) for found in self.rounds]

    def save(self, *, by: Person) -> bool:
        chosen = {found.pk: self.cleaned_data[f"driver_{found.pk}"] for found in self.rounds}
        try:
            edits.assign_drivers(day=self.day, version=self.cleaned_data["version"], by=by, drivers=chosen)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
        return not self.errors


def written(quantity: Any) -> str:
    return number_format(quantity.normalize() if quantity % 1 else int(quantity), use_l10n=True)
