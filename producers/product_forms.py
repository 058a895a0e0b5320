"""What a farmer says of a product, and its photo. What is refused appears beside the field."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.errors import Refused
from network.models import Person, VatRate
from network.quantities import StorageClass, Unit
from network.texts import LocalText
from producers import kinds, photos, products
from producers.forms import AmountField
from producers.models import ALLERGENS, Product

LANGUAGES = ("nl", "fr", "en")
TEXTS = ("name", "description")
SHORT = forms.TextInput(attrs={"autocomplete": "off"})


class Whole(forms.IntegerField):
    """A whole number; whether it makes sense is for `products.faults` to say."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100_000, **kwargs)
        self.widget.attrs = {"inputmode": "numeric", "autocomplete": "off"}
        for code in ("invalid", "min_value", "max_value"):
            self.error_messages[code] = gettext_lazy("Enter a whole number, such as 12.")


def _boxes(label: Any, choices: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, **more
    )


class ProductForm(forms.Form):
    """
    A new product, filled in by `usual` (of its kind, or of another product), or one that is there. `mark` comes back as it was
    shown, so that nobody overwrites what somebody else changed meanwhile without seeing it.
    """

    name_nl = forms.CharField(label=gettext_lazy("name in Dutch"), max_length=products.LONGEST_NAME, widget=SHORT)
    name_fr = forms.CharField(
        label=gettext_lazy("name in French"), max_length=products.LONGEST_NAME, required=False, widget=SHORT
    )
    name_en = forms.CharField(
        label=gettext_lazy("name in English"), max_length=products.LONGEST_NAME, required=False, widget=SHORT
    )
    description_nl = forms.CharField(
        label=gettext_lazy("more about it, in Dutch"),
        help_text=gettext_lazy("ingredients, variety, how to prepare it"),
        max_length=1500,
        required=False,
        widget=forms.Textarea,
    )
    description_fr = forms.CharField(
        label=gettext_lazy("more about it, in French"), max_length=1500, required=False, widget=forms.Textarea
    )
    description_en = forms.CharField(
        label=gettext_lazy("more about it, in English"), max_length=1500, required=False, widget=forms.Textarea
    )
    category = forms.ChoiceField(label=gettext_lazy("shelf"), choices=Product.Category.choices)
    dfc_type = forms.ChoiceField(
        label=gettext_lazy("comparable with"),
        help_text=gettext_lazy("by this you see what the like costs and what is asked"),
        required=False,
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("sold per"), choices=Unit.choices, help_text=gettext_lazy("what you set a price for")
    )
    net_quantity = AmountField(
        label=gettext_lazy("one unit holds"),
        most_places=3,
        help_text=gettext_lazy("without packaging: 0,5 for a pot of 500 g, 6 for a box of six eggs"),
    )
    net_unit = forms.ChoiceField(
        label=gettext_lazy("in"),
        choices=[("kg", gettext_lazy("kg")), ("l", gettext_lazy("litre")), ("piece", gettext_lazy("piece"))],
        help_text=gettext_lazy("the shop shows the price per kg, litre or piece by it"),
    )
    sold_by_weight = forms.BooleanField(
        label=gettext_lazy("weighed when it is packed"),
        required=False,
        help_text=gettext_lazy("customers pay what it weighs, a tenth more than they asked at most"),
    )
    step = AmountField(
        label=gettext_lazy("ordered by"),
        most_places=3,
        help_text=gettext_lazy("1, or 0,5 when half a kilo can be had too"),
    )
    unit_kg = AmountField(
        label=gettext_lazy("weighs, packed, in kg"),
        most_places=3,
        required=False,
        help_text=gettext_lazy("for the van; empty: as many kilos or litres as it holds"),
    )
    vat_category = forms.ChoiceField(
        label=gettext_lazy("VAT as"),
        choices=[one for one in VatRate.Category.choices if one[0] != VatRate.Category.SERVICE],
    )
    deposit = AmountField(
        label=gettext_lazy("deposit per unit (€)"),
        places=2,
        most_places=2,
        required=False,
        help_text=gettext_lazy("for the bottle, jar or crate; empty: none"),
    )
    alcohol = AmountField(
        label=gettext_lazy("alcohol (% vol)"),
        most_places=1,
        required=False,
        help_text=gettext_lazy("buyers then declare their age: 16, above 22 % 18"),
    )
    storage_class = forms.ChoiceField(label=gettext_lazy("travels"), choices=StorageClass.choices)
    max_temperature = AmountField(
        label=gettext_lazy("at most (°C)"),
        most_places=1,
        help_text=gettext_lazy("cooled meat 7, poultry 4, mince 2, frozen −18"),
    )
    shelf_life_days = Whole(
        label=gettext_lazy("keeps (days)"), help_text=gettext_lazy("from the day of harvest or making")
    )
    perishable = forms.BooleanField(
        label=gettext_lazy("perishes"),
        required=False,
        help_text=gettext_lazy("what keeps, such as jam, honey or beer, can be given back within 14 days"),
    )
    allergens = _boxes(
        gettext_lazy("contains"),
        list(ALLERGENS.items()),
        help_text=gettext_lazy("the fourteen allergens of the law; traces belong in the text about it"),
    )
    season = _boxes(
        gettext_lazy("for sale in"),
        [(str(number), capfirst(name)) for number, name in MONTHS.items()],
        help_text=gettext_lazy("none: all year"),
    )
    units_per_crate = Whole(
        label=gettext_lazy("units per crate"), help_text=gettext_lazy("transport is paid per crate")
    )
    crate = forms.CharField(
        label=gettext_lazy("kind of crate"),
        max_length=60,
        required=False,
        widget=SHORT,
        help_text=gettext_lazy("for who collects it: EPS crate, bag of 10 kg"),
    )
    drawing = forms.ChoiceField(
        label=gettext_lazy("drawing"), required=False, help_text=gettext_lazy("shown as long as there is no photo")
    )
    sku = forms.CharField(
        label=gettext_lazy("your code"),
        max_length=40,
        required=False,
        widget=SHORT,
        help_text=gettext_lazy("for your spreadsheets; empty: made of the name"),
    )

    def __init__(
        self, product: Product, data: Mapping[str, Any] | None = None, *, usual: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=_shown(dict(usual or {}) if product.pk is None else vars(product)))
        self.product = product
        self.mark = str((data or {}).get("mark", "")) or ("" if product.pk is None else products.seen(product))
        self.is_fixed = products.is_fixed(product)
        self.fields["dfc_type"].choices = _types(str(self["dfc_type"].value() or ""))  # type: ignore[attr-defined]
        self.fields["drawing"].choices = _drawings(str(self["drawing"].value() or ""))  # type: ignore[attr-defined]
        for name in products.FIXED if self.is_fixed else ():
            self.fields[name].disabled = True
        for name, field in self.fields.items():
            field.error_messages["required"] = _needed(name)

    @property
    def is_wrong_elsewhere(self) -> bool:
        """Whether something is wrong with what is not Dutch, which is folded away."""
        return any(f"{text}_{code}" in self.errors for text in TEXTS for code in LANGUAGES[1:])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            self._fill(given)
            for field, sentence in products.faults(self.product).items():
                self.add_error(self._beside(field), sentence)
        return given

    def _fill(self, given: Mapping[str, Any]) -> None:
        """The product as it was filled in."""
        product = self.product
        for text in TEXTS:
            written = {code: given[f"{text}_{code}"].strip() for code in LANGUAGES}
            setattr(product, text, LocalText({code: value for code, value in written.items() if value}))
        for name in products.DESCRIBED:
            if name not in (*TEXTS, "crate"):
                setattr(product, name, given[name])
        product.crate = LocalText({**product.crate, "nl": given["crate"]})
        product.season = sorted(map(int, given["season"]))
        product.deposit = given["deposit"] or Decimal(0)
        if product.unit_kg is None:
            product.unit_kg = given["net_quantity"] if given["net_unit"] != "piece" else Decimal(0)
        product.sku = given["sku"] or products.code_for(product)

    @staticmethod
    def _beside(field: str | None) -> str | None:
        return "name_nl" if field == "name" else "description_nl" if field == "description" else field

    def save(self, *, by: Person) -> Product | None:
        """The product as it is kept; None when it was refused, with the reason beside its field."""
        try:
            return products.keep(product=self.product, by=by, was=str(self.data.get("mark", "")))
        except products.Overtaken as overtaken:
            self._show(overtaken)
        except Refused as refused:
            self.add_error(self._beside(refused.field), refused.message)
        return None

    def _show(self, overtaken: products.Overtaken) -> None:
        """What somebody else made of it, beside what she typed; whichever she keeps now she keeps knowingly."""
        self.mark = products.seen(overtaken.theirs)
        theirs = _shown(vars(overtaken.theirs))
        mine = _shown(vars(self.product))
        self.add_error(None, overtaken.message)
        for name in self.fields:
            if mine.get(name) != theirs.get(name):
                said = _told(self[name], theirs.get(name))
                self.add_error(name, _("Now %(value)s. Save again to keep what you typed.") % {"value": said})


class PhotoForm(forms.Form):
    """A form of its own: a photo that is refused costs nobody what she typed, and a file cannot be sent back to her."""

    photo = forms.FileField(
        label=gettext_lazy("photo"),
        help_text=gettext_lazy("JPEG, PNG or WebP, 20 MB at most; where it was taken is taken out"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, product: Product, *args: Any) -> None:
        super().__init__(*args)
        self.product = product
        self.fields["photo"].error_messages |= {
            "required": _("Choose a photo first."),
            "empty": _("This file is empty. Choose another one."),
        }

    @property
    def most(self) -> str:
        """Bytes, for the page to look at before it sends minutes of them."""
        return str(photos.MOST_BYTES)

    @property
    def too_large(self) -> str:
        return photos.too_large()

    def keep(self, *, by: Person) -> Product | None:
        try:
            return photos.keep(product=self.product, file=self.cleaned_data["photo"], by=by)
        except Refused as refused:
            self.add_error(refused.field, refused.message)
            return None


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a product's fields as this form shows them."""
    shown: dict[str, Any] = {name: values[name] for name in products.DESCRIBED if name in values}
    for text in TEXTS:
        shown |= {f"{text}_{code}": (values.get(text) or {}).get(code, "") for code in LANGUAGES}
        shown.pop(text, None)
    crate = values.get("crate", "")
    shown["crate"] = crate.get("nl", "") if isinstance(crate, dict) else crate
    shown["season"] = [str(month) for month in values.get("season", ())]
    return shown


def _told(field: forms.BoundField, value: Any) -> str:
    """A value in words."""
    choices = {str(key): str(label) for key, label in getattr(field.field, "choices", ())}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(choices.get(str(one), str(one)) for one in value) or _("nothing")
    if choices:
        return choices.get(str(value), str(value)) or _("nothing")
    return f"“{field.field.prepare_value(value)}”" if value not in (None, "") else _("nothing")


def _needed(name: str) -> str:
    """What to say when a field that is needed is empty."""
    sentences = {
        "name_nl": _("Give it a name in Dutch: every customer can fall back on that."),
        "net_quantity": _("Enter how much one unit holds, such as 0,5."),
        "step": _("Enter by how much it is ordered: 1, or 0,5 for half kilos."),
        "max_temperature": _("Enter how warm it may become at most."),
        "shelf_life_days": _("Enter how many days it keeps."),
        "units_per_crate": _("Enter how many units fill a crate."),
    }
    return sentences.get(name, _("Choose one."))


def _types(present: str) -> list[tuple[str, str]]:
    """The types products are compared by, in words; that of a product stays whatever it is."""
    known = {kind.dfc_type: str(kind.name) for kind in reversed(kinds.every().values())}
    named = sorted(known.items(), key=_by_label)
    return [
        ("", _("nothing in this list")),
        *named,
        *([(present, present)] if present and present not in known else []),
    ]


def _drawings(present: str) -> list[tuple[str, str]]:
    known = {str(kind.usual["drawing"]): str(kind.name) for kind in reversed(kinds.every().values())}
    named = sorted(known.items(), key=_by_label)
    return [("", _("a basket")), *named, *([(present, present)] if present and present not in known else [])]


def _by_label(choice: tuple[str, str]) -> str:
    return choice[1]
