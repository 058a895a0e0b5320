"""The design as template tags, loaded everywhere. Shown with data on the style guide page."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Form
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from network import charts, maps, money, numbers
from network.models import DeliveryDay

register = template.Library()

PRODUCE = Path(__file__).resolve().parents[2] / "static" / "img" / "produce.svg"
NBSP = "\u00a0"
NOTHING = "–"
Number = Decimal | int | float

# Full and broken hours as one writes them in each language, in Django's date format.
HOURS = {"nl": ("G", "G.i", r"\u"), "fr": ("G", r"G\hi", r"\h"), "en": ("H:i", "H:i", "")}
VARIANTS = {
    "red-cabbage": "cabbage", "red-onion": "onion", "lambs-lettuce": "lettuce", "spinach": "lettuce", "kohlrabi": "turnip",
    "cauliflower": "broccoli", "courgette": "cucumber", "russet-apple": "apple", "green-apple": "apple", "quince": "pear",
    "raspberry": "berries", "blueberry": "berries", "buttermilk": "milk", "chocolate-milk": "milk", "yoghurt": "pot",
    "quark": "pot", "goats-cheese": "round", "spelt-bread": "bread", "rye-bread": "bread", "flour": "bag", "stew": "steak",
    "mince": "steak", "chop": "steak", "pumpkin-soup": "jar", "strawberry-jam": "jar", "passata": "jar", "honey": "jar",
    "mustard": "jar", "juice": "bottle", "cider": "bottle", "oil": "bottle", "wine": "bottle", "beer": "bottle",
}  # fmt: skip


def _shared() -> list[dict[str, str]]:
    labels = {"alone": _("driving alone"), "together": _("together"), "saved": _("saved")}
    return [{"kind": kind, "label": label} for kind, label in labels.items()]


# Words and numbers


@register.filter
def euro(value: Number | None, places: int = 2) -> str:
    """`€ 2,40`, never broken over two lines; a dash for None. With 4 places, decimals beyond the second only if not 0."""
    if value is None or value == "":
        return NOTHING
    exact = Decimal(value)
    if places > 2:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        places = max(2, -int(exact.normalize().as_tuple().exponent))
    if places == 2:
        exact = money.euros(exact)
    sign = "−" if exact < 0 else ""
    return SafeString(f"€{NBSP}{sign}{number_format(abs(exact), places, use_l10n=True, force_grouping=True)}")


@register.filter
def cents(value: Number | None) -> int:
    """Whole cents of an amount in euro, for `data-` attributes."""
    return money.cents(Decimal(value or 0))


@register.filter
def amount(value: Number | None) -> str:
    """A quantity without idle zeros: `1,5`, `12`."""
    if value is None or value == "":
        return NOTHING
    exact = Decimal(value).quantize(Decimal("0.001"))
    places = max(0, -int(exact.normalize().as_tuple().exponent)) if exact else 0
    return number_format(exact, places, use_l10n=True, force_grouping=True)


@register.filter
def plain(value: Number | None) -> str:
    """A number for attributes, SVG and scripts: a point whatever the language, no idle zeros."""
    if value is None or value == "":
        return ""
    exact = Decimal(str(value)).normalize()
    return SafeString(f"{exact:f}" if exact else "0")


@register.filter
def typed(value: Decimal) -> str:
    """A number as it is typed in a field, and read back from it."""
    return numbers.written(value)


@register.filter
def km(value: Number | None) -> str:
    """`8,4 km`, whole kilometres from ten on."""
    if value is None or value == "":
        return NOTHING
    near = round(Decimal(str(value)), 1)
    near = near if near < 10 else near.quantize(Decimal(1))
    return f"{number_format(near, 1 if near % 1 else 0, use_l10n=True)}{NBSP}km"


@register.filter
def signed(written: str) -> str:
    """A written number with its sign: `+3`, `−2,5 km`, and 0 as it is. After `amount`, `km` or `euro`."""
    text = str(written).replace("-", "−")
    return text if "−" in text or not re.search("[1-9]", text) else f"+{text}"


@register.filter
def percent(fraction: Number | None, places: int = 0) -> str:
    """`20 %` of 0.2, rounded half up."""
    if fraction is None or fraction == "":
        return NOTHING
    exact = (Decimal(str(fraction)) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    sign = "−" if exact < 0 else ""
    return f"{sign}{number_format(abs(exact), places, use_l10n=True)}{NBSP}%"


def _local(moment: date) -> date:
    return timezone.localtime(moment) if isinstance(moment, datetime) and timezone.is_aware(moment) else moment


def _hour(moment: datetime, *, unit: bool = True) -> str:
    full, broken, mark = HOURS.get((get_language() or "nl")[:2], HOURS["en"])
    local = _local(moment)
    written = date_format(local, broken if moment.minute else full)
    if not unit or not mark or "h" in written:
        return written
    return f"{written}{NBSP}{mark[1:]}"


@register.filter(expects_localtime=True)
def hour(moment: datetime | None) -> str:
    """`17 u`, `17.30 u`; in French `17 h`, `17h30`."""
    return _hour(moment) if moment else NOTHING


@register.simple_tag
def window(start: datetime, end: datetime) -> str:
    """`17–19 u`."""
    return f"{_hour(start, unit=False)}–{_hour(end)}"


@register.filter
def duration(minutes: int | None) -> str:
    """`3 u 05` of 185 minutes, `35 min` below an hour."""
    if minutes is None or minutes == "":
        return NOTHING
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else ""
    if not hours:
        return f"{sign}{rest}{NBSP}min"
    return f"{sign}{hours}{NBSP}{'u' if (get_language() or 'nl')[:2] == 'nl' else 'h'}{NBSP}{rest:02d}"


@register.filter(expects_localtime=True)
def weekday(day: date | None) -> str:
    """`donderdag 5 maart`; the first of a month is `1er` in French."""
    written = date_format(_local(day), "l j F") if day else NOTHING
    return written.replace(" 1 ", " 1er ") if (get_language() or "nl")[:2] == "fr" else written


@register.filter(expects_localtime=True)
def weektime(moment: datetime | None) -> str:
    """`dinsdag 3 maart, 12 u`."""
    return f"{weekday(moment)}, {_hour(moment)}" if moment else NOTHING


@register.filter(expects_localtime=True)
def dayhour(moment: datetime | None) -> str:
    """`dinsdag 12 u`, for a moment in the coming week."""
    return f"{date_format(_local(moment), 'l')} {_hour(moment)}" if moment else NOTHING


# Pictures


@cache
def symbols() -> frozenset[str]:
    """The names of the drawings in `static/img/produce.svg`."""
    return frozenset(re.findall(r'symbol id="([\w-]+)"', PRODUCE.read_text()))


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """A Lucide icon by its name in `static/icons.txt`; decoration unless labelled. `size`: "large" or nothing."""
    css = f"i {size}".strip()
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, href)


@register.simple_tag
@cache
def drawing(name: str | None, tint: str = "") -> SafeString:
    """A drawing of produce by name (`leek`, `red-cabbage`), a filled basket for unknown names. Decoration."""
    name = name or ""
    symbol = VARIANTS.get(name, name)
    symbol = symbol if symbol in symbols() else "basket"
    css = f"drawing d-{tint or name}" if tint or name in VARIANTS else "drawing"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static("img/produce.svg"), symbol
    )


@register.simple_tag
def badge(state: str, label: Any = "") -> SafeString:
    """The state of a thing: a coloured dot and the word."""
    return format_html('<span class="badge" data-state="{}">{}</span>', state, capfirst(str(label or state)))


# Finding the way


def _links(pairs: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"label": pairs[i], "url": pairs[i + 1] if i + 1 < len(pairs) else ""} for i in range(0, len(pairs), 2)]


@register.inclusion_tag("parts/crumbs.html")
def crumbs(*pairs: Any, label: str = "") -> dict[str, Any]:
    """`{% crumbs _("Week") week_url "donderdag" %}`: label and url in turn, the last label is this page."""
    return {"links": _links(pairs), "label": label}


@register.inclusion_tag("parts/tabs.html")
def tabs(*pairs: Any, current: str = "", label: str = "") -> dict[str, Any]:
    """`{% tabs _("All") url1 _("Open") url2 current=request.path %}`."""
    return {"links": _links(pairs), "current": current, "label": label}


@register.inclusion_tag("parts/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any, label: str = "") -> dict[str, Any]:
    """Links to the pages of a paginator; other parameters of the address are kept."""
    return {
        "page": page,
        "label": label,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "request": context.get("request"),
    }


@register.inclusion_tag("parts/steps.html")
def steps(current: str, choices: Iterable[tuple[str, Any]] | None = None) -> dict[str, Any]:
    """The strip of the week: the choices (value, label) up to `current` are behind us. Default: states of a delivery day."""
    pairs = list(choices or DeliveryDay.Status.choices)
    at = next((i for i, (value, _label) in enumerate(pairs) if value == current), -1)
    rows = [
        {"label": capfirst(str(label)), "state": "done" if i < at else "now" if i == at else "next"}
        for i, (_value, label) in enumerate(pairs)
    ]
    return {"steps": rows}


# Forms


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "", help: str = "", compact: bool = False) -> dict[str, Any]:
    """One form field with its label, help and errors, wired for screen readers. `compact`: the label is only read aloud."""
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}_help"] if help_text else []
    attrs: dict[str, Any] = {}
    if bound.errors:
        described.insert(0, f"{bound.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return {
        "field": bound,
        "label": capfirst(str(label or bound.label)),
        "help": help_text,
        "compact": compact,
        "checkbox": isinstance(bound.field.widget, CheckboxInput),
        "widget": bound.as_widget(attrs=attrs),
    }


@register.inclusion_tag("parts/fields.html")
def fields(form: Form) -> dict[str, Any]:
    """All fields of a form, hidden ones included."""
    return {"form": form}


@register.inclusion_tag("parts/form_errors.html")
def form_errors(form: Form) -> dict[str, Any]:
    """What is wrong with the form as a whole, and that something is; nothing when all is well."""
    return {"form": form}


# Charts and maps


@register.inclusion_tag("parts/stacked.html")
def stacked(parts: Sequence[dict[str, Any]], caption: str = "", small: bool = False, unit: str = "") -> dict[str, Any]:
    """
    A bar of parts of a whole with its table. A part: `label`, `value` (Decimal euro), `kind` (farm, transport, point, cold,
    network, vat, rest), perhaps `note`. `small`: only the thin bar. `unit`: "cent" names the first share in cents.
    """
    return {
        "parts": charts.stacked(parts),
        "total": sum(p["value"] for p in parts),
        "caption": caption,
        "small": small,
        "unit": unit,
    }


@register.inclusion_tag("parts/bars.html")
def bars(
    rows: Sequence[dict[str, Any]], caption: str = "", series: Sequence[dict[str, Any]] | None = None, unit: str = "€"
) -> dict[str, Any]:
    """
    Horizontal bars per row on one scale, with a table. A row: `label`, `values` (one per series), perhaps `url`. Without
    series the values are what a producer pays alone, together, and saves: one bar, filled as far as she pays.
    `unit`: "€", "km" or "%" (values in percent).
    """
    chosen = list(series or _shared())
    placed = charts.bars(rows, chosen)
    for row in placed:
        if not series:
            alone, _together, saved = row["values"]
            row["saving"] = Decimal(saved) / Decimal(alone) if alone else None
    return {"rows": placed, "series": chosen, "caption": caption, "shared": not series, "unit": unit}


@register.inclusion_tag("parts/columns.html")
def columns(
    rows: Sequence[dict[str, Any]], caption: str = "", series: Sequence[dict[str, Any]] | None = None, unit: str = "€"
) -> dict[str, Any]:
    """Columns over time, rows and series as in `bars`. Labels short: they stand twelve in a row on a phone."""
    chosen = list(series or _shared())
    return {**charts.columns(rows, chosen), "series": chosen, "caption": caption, "unit": unit}


@register.inclusion_tag("parts/curve.html")
def curve(
    points: Sequence[tuple[Number, Number]],
    caption: str = "",
    now: tuple[Number, Number] | None = None,
    goal: tuple[Number, Number] | None = None,
    x_label: str = "",
    y_label: str = "",
) -> dict[str, Any]:
    """A cost that falls as more take part: `points` are (number, euro); `now` and `goal` are marked on the line."""
    shape = charts.curve(points)
    marks = []
    for kind, mark in (("now", now), ("goal", goal)):
        if mark:
            x, y = shape["spot"](*mark)
            marks.append({"kind": kind, "x": round(x / 10, 2), "y": y, "at": mark[0], "value": mark[1], "end": x > 600})
    return {**shape, "points": points, "marks": marks, "caption": caption, "x_label": x_label, "y_label": y_label}


@register.inclusion_tag("parts/plot.html")
def plot(
    picture: dict[str, Any],
    caption: str = "",
    key: Sequence[dict[str, str]] = (),
    x_left: str = "",
    x_right: str = "",
    unit: str = "€",
) -> dict[str, Any]:
    """
    Dots, lines, a band and marks as `charts.plot` placed them; `key` says what each `kind` is ("dot" and "band" for those). Its
    styles are in fund.css, linked by the page; the table belongs beside it.
    """
    floor = picture["headroom"] + picture["height"]
    return {
        **picture,
        "caption": caption,
        "key": key,
        "x_left": x_left,
        "x_right": x_right,
        "unit": unit,
        "floor": floor,
        "mid": picture["headroom"] + picture["height"] / 2,
        "tall": floor + 26,
    }


@register.inclusion_tag("parts/map.html")
def map(
    markers: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]] = (), caption: str = "", id: str = "map"
) -> dict[str, Any]:
    """
    The region with markers and lines. A marker: `lat`, `lon`, `kind` (farm, hub, point, outlet, stop), `label`, perhaps
    `number` and `url`. A line: `points` [(lat, lon), …] and `number` (of the round: its colour and dashes), or `kind`
    "chain" for the thin dotted one, perhaps `label`. Two maps on a page need an `id` each.
    """
    return {**maps.draw(markers, lines or ()), "caption": caption, "id": id, "data_id": f"{id}-data"}


@register.inclusion_tag("parts/map_legend.html")
def map_legend(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Which line is which: colour, dashes and label, each style once."""
    styles = {maps.line_style(line): str(line.get("label", "")) for line in reversed(lines) if line.get("label")}
    return {"styles": sorted(styles.items())}
