"""A farmer's row: how much, at what price, on or off. Comma decimals; every error beside its field."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, journal, numbers, tables
from network.errors import Refused
from network.models import Person, PriceGroup
from producers import batches, desk, prices, stock
from producers.desk import Row
from producers.models import Batch, Producer, Product, Supply
from producers.pricing import is_odd, unit_price


class AmountField(forms.Field):
    """A decimal as people here type it: `2,40`, `2.40`, `€ 2,40`. Shown with at least `places` decimals."""

    widget = forms.TextInput

    def __init__(self, *, places: int = 0, most_places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places, self.most_places = places, most_places
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "enterkeyhint": "next"}

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, Decimal):  # of a field that cannot be changed
            return value
        try:
            return numbers.as_number(str(value or ""), most_places=self.most_places)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from None

    def prepare_value(self, value: Any) -> Any:
        return numbers.written(value, self.places) if isinstance(value, Decimal) else value


class SupplyForm(forms.Form):
    """
    One row of the desk, saved on its own. `was_…` is what the row showed, so that only what she changed is changed. In the
    price field stands what she receives or, when the farm prefers that and nothing says `exact`, what the shop shows; what is
    kept is what she receives.
    """

    quantity = AmountField(label=gettext_lazy("stock"), most_places=3)
    price = AmountField(label=gettext_lazy("you receive"), places=2, most_places=4)
    listed = forms.BooleanField(label=gettext_lazy("for sale"), required=False)

    def __init__(self, row: Row, week_on: date, data: Mapping[str, str] | None = None) -> None:
        supply = row.supply
        self.shelf = row.product.producer.types_shelf and "exact" not in (data or {})
        initial: dict[str, Any] = {
            "quantity": supply.quantity if supply else None,
            "price": row.shelf if self.shelf else row.price,
            "listed": row.listed,
        }
        self.networks = row.networks if len(row.networks) > 1 else ()
        initial |= {f"in_{network.pk}": listed for network, listed in self.networks}
        super().__init__(data, initial=initial, auto_id=f"%s-{row.product.pk}")
        self.row, self.week_on = row, week_on
        self.odd: Decimal | None = None
        self.short: Supply | None = None
        self.theirs: dict[str, Any] = {}
        self.fields["quantity"].error_messages["required"] = _("Enter how much you have, or 0.")
        self.fields["price"].error_messages["required"] = _("Enter what you want to receive.")
        if self.networks:
            del self.fields["listed"]
            for network, _listed in self.networks:
                self.fields[f"in_{network.pk}"] = forms.BooleanField(label=str(network), required=False)
        for switch in self.switches:
            switch.field.widget.attrs["role"] = "switch"

    @property
    def switches(self) -> list[forms.BoundField]:
        """On and off: one, or one per network where she sells in several."""
        return [self[name] for name in self.fields if name not in ("quantity", "price")]

    @property
    def was(self) -> dict[str, str]:
        """What the row shows, as hidden fields that come back with it."""
        supply, shelf = self.row.supply, self.row.shelf
        return {
            "was_quantity": f"{supply.quantity.normalize():f}" if supply else "",
            "was_price": f"{supply.price.normalize():f}" if supply else "",
            "was_selling": ",".join(map(str, sorted(self.row.selling))),
            "was_shelf": f"{shelf:f}" if shelf is not None else "",
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._take(given)
        if self.shelf and given.get("price") is not None and "price" not in self._taken:
            self._from_the_shelf(given)
        price, supply = given.get("price"), self.row.supply
        usual = self.row.last.price if self.row.last else supply.price if supply else None
        if (
            price
            and not (supply and supply.price == unit_price(price))
            and is_odd(price, usual)
            and self.data.get("sure") != f"{price.normalize():f}"
        ):
            self.odd = price
            self.add_error("price", _odd(price, usual))
        return given

    @property
    def _taken(self) -> list[str]:
        """The fields of which she takes what somebody else filled in."""
        return str(self.data.get("take", "")).split()

    def _take(self, given: dict[str, Any]) -> None:
        for name in self._taken:
            theirs = _plain(self.data.get(f"was_{name}"))
            if name in ("quantity", "price") and theirs is not None:
                self.errors.pop(name, None)
                given[name] = theirs
        if "selling" in self._taken:
            given |= {name: pk in self._seen_selling for name, pk in self._switch_networks()}

    def _from_the_shelf(self, given: dict[str, Any]) -> None:
        typed, shown = given["price"], _plain(self.data.get("was_shelf"))
        supply = self.row.supply
        if shown is not None and typed == shown and self.row.price is not None:
            given["price"] = _plain(self.data.get("was_price")) or (supply.price if supply else self.row.price)
            return
        price = desk.price_at(self.row.product.producer, self.week_on, self.row.product, typed)
        if price is None:
            self.add_error("price", _("No delivery days are planned for this week yet."))
        elif price < stock.CHEAPEST:
            self.add_error(
                "price", _("At that price nothing is left for you: transport, the network and VAT take all of it.")
            )
        else:
            given["price"] = price

    def _switch_networks(self) -> list[tuple[str, int]]:
        """Field and network of each switch; a single switch stands for the only network there is."""
        if self.networks:
            return [(f"in_{network.pk}", network.pk) for network, _listed in self.networks]
        return [("listed", network.pk) for network, _listed in self.row.networks]

    @property
    def _seen_selling(self) -> frozenset[int]:
        return frozenset(
            int(pk) for pk in str(self.data.get("was_selling", "")).split(",") if pk.isdecimal() and len(pk) < 18
        )

    @property
    def selling(self) -> frozenset[int]:
        return frozenset(pk for name, pk in self._switch_networks() if self.cleaned_data.get(name))

    @property
    def seen(self) -> stock.Seen | None:
        """What she had before her; None when whoever sends this does not say."""
        if "was_quantity" not in self.data:
            return None
        return stock.Seen(_plain(self.data.get("was_quantity")), _plain(self.data.get("was_price")), self._seen_selling)

    @property
    def awaits_quantity(self) -> bool:
        """A product not announced yet, of which only the price has been typed: nothing to save, nothing wrong."""
        return (
            self.row.supply is None and set(self.errors) == {"quantity"} and not self.data.get("quantity", "").strip()
        )

    @property
    def changes_nothing(self) -> bool:
        supply, given = self.row.supply, self.cleaned_data
        return bool(
            supply
            and (supply.quantity, supply.price, self.row.selling)
            == (given["quantity"], unit_price(given["price"]), self.selling)
        )

    def save(self, *, by: Person) -> Supply | None:
        """The supply as announced; None when it was refused, with the reason beside its field."""
        selling = self.selling
        try:
            return stock.announce(
                product=self.row.product,
                week_on=self.week_on,
                quantity=self.cleaned_data["quantity"],
                price=self.cleaned_data["price"],
                listed=bool(selling),
                selling=selling,
                seen=self.seen,
                by=by,
            )
        except stock.Overtaken as overtaken:
            self._show(overtaken.theirs)
        except stock.Short as short:
            self.short = short.supply
            self.add_error("quantity", short.message)
        except Refused as refusal:
            self.add_error(refusal.field, refusal.message)
        return None

    def _show(self, theirs: dict[str, Any]) -> None:
        """What somebody else filled in, beside what she typed; whichever she chooses now is chosen knowingly."""
        self.theirs = theirs
        supply = Supply.objects.of_week(self.week_on).filter(product=self.row.product).by_product()[self.row.product.pk]
        last = journal.history_of(supply).filter(action="announced").first()
        who = str(last.actor) if last and last.actor else _("Somebody else")
        for name, value in theirs.items():
            field = name if name in self.fields else self._switch_networks()[0][0]
            self.add_error(
                field,
                _("%(who)s made this %(value)s while you were typing.")
                % {"who": who, "value": self._said(name, value)},
            )

    def _said(self, name: str, value: Any) -> str:
        if name != "selling":
            return numbers.written(value, 2 if name == "price" else 0)
        names = [str(network) for network, _listed in self.row.networks if network.pk in value]
        return ", ".join(names) if names and self.networks else _("on") if names else _("off")

    @property
    def fields_taken(self) -> str:
        """For the button that takes what somebody else filled in."""
        return " ".join(self.theirs)


class RuleForm(forms.Form):
    """One change for everything that is announced."""

    rule = forms.ChoiceField(
        label=gettext_lazy("change"),
        widget=forms.RadioSelect,
        choices=[
            ("percent", gettext_lazy("all prices by a percentage")),
            ("last_price", gettext_lazy("all prices back to last week’s")),
            ("all_off", gettext_lazy("everything off sale")),
            ("all_on", gettext_lazy("everything on sale")),
        ],
        initial="percent",
    )
    percent = AmountField(
        label=gettext_lazy("percentage"),
        most_places=1,
        required=False,
        help_text=gettext_lazy("5 is dearer, −5 is cheaper"),
    )

    def ask(self, *, producer: Producer, week_on: date, by: Person) -> Batch | None:
        try:
            return batches.ask_by_rule(producer=producer, week_on=week_on, by=by, **self.cleaned_data)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return None


class CostForm(forms.Form):
    cost = AmountField(label=gettext_lazy("your own cost per unit"), places=2, most_places=4, required=False)

    def __init__(self, product: Product, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial={"cost": product.cost})
        self.product = product

    def keep(self, *, by: Person) -> bool:
        try:
            prices.keep_cost(product=self.product, cost=self.cleaned_data["cost"], by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return False
        return True


class AgreementForm(forms.Form):
    """A price for the trade of one of her networks, fixed for a while or from so many units."""

    group = forms.ModelChoiceField(PriceGroup.objects.none(), label=gettext_lazy("for the trade of"), empty_label=None)
    price = AmountField(label=gettext_lazy("you receive"), places=2, most_places=4)
    from_quantity = AmountField(
        label=gettext_lazy("from how many units"),
        most_places=3,
        required=False,
        help_text=gettext_lazy("empty: any quantity"),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, product: Product, data: Mapping[str, str] | None = None) -> None:
        today = clock.today()
        super().__init__(data, initial={"starts_on": today, "ends_on": today + timedelta(days=364)})
        self.product = product
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        groups.queryset = prices.trade_of(product.producer)
        groups.label_from_instance = lambda obj: str(obj.network)  # type: ignore[method-assign]

    def agree(self, *, by: Person) -> bool:
        given = self.cleaned_data
        try:
            prices.agree(product=self.product, by=by, **given | {"from_quantity": given["from_quantity"] or Decimal(0)})
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return False
        return True


class CellsForm(forms.Form):
    """Rows from a spreadsheet: pasted, or a file."""

    text = forms.CharField(label=gettext_lazy("pasted cells"), widget=forms.Textarea, required=False, strip=False)
    file = forms.FileField(
        label=gettext_lazy("or a file"), required=False, help_text=gettext_lazy("CSV or XLSX, at most 10,000 rows")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.xlsx"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not given.get("file") and not given.get("text", "").strip():
            self.add_error("text", _("Paste some cells here, or choose a file."))
        return given

    def ask(self, *, producer: Producer, week_on: date, by: Person) -> Batch | None:
        file = self.cleaned_data["file"]
        try:
            if file and file.size > tables.MOST_BYTES:
                raise Refused(tables.too_large())
            return batches.ask(
                producer=producer,
                week_on=week_on,
                source=Batch.Source.FILE if file else Batch.Source.PASTED,
                content=file.read() if file else self.cleaned_data["text"].encode(),
                name=file.name if file else "",
                by=by,
            )
        except Refused as refused:
            self.add_error("file" if file else "text", refused.message)
            return None


def _plain(text: str | None) -> Decimal | None:
    """A number of a hidden field; None when it is empty or was tampered with."""
    try:
        number = Decimal(str(text or ""))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _odd(price: Decimal, usual: Decimal | None) -> str:
    return _("You would receive € %(price)s; last time it was € %(usual)s. Is that right?") % {
        "price": numbers.written(price, 2),
        "usual": numbers.written(usual or Decimal(0), 2),
    }
