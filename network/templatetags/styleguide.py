"""Made-up data for the style guide, in the shapes the tags of `kouter` take."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms, template
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from network import clock
from network.assets import icon_names
from network.templatetags.kouter import VARIANTS, symbols

register = template.Library()

TOKENS = [
    *("page", "card", "ink", "soft", "line", "edge", "prei", "on-prei", "prei-deep"),
    *("mosterd", "biet", "biet-pale", "picked", "mosterd-pale", "lucht-pale"),
]
FARMS = [("Hoeve Ter Linde", 51.037, 3.657, "41.20", "18.60"), ("De Wilde Akker", 51.102, 3.626, "52.80", "21.40"),
         ("Fruithof Roodwang", 50.982, 3.870, "38.50", "20.10"), ("Kaashoeve Klaverdrie", 50.949, 3.797, "29.00", "15.95"),
         ("Bakkerij Roggeman", 51.035, 3.768, "12.40", "11.90")]  # fmt: skip


class _Sample(forms.Form):
    name = forms.CharField(label=_("name"), initial="Hoeve Ter Linde")
    price = forms.DecimalField(
        label=_("price you receive"),
        help_text=_("Per unit, without VAT."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    storage = forms.ChoiceField(label=_("storage"), choices=[("cool", _("cool")), ("cold", _("cold"))])
    story = forms.CharField(label=_("story"), required=False, widget=forms.Textarea)
    way = forms.ChoiceField(
        label=_("transport"),
        choices=[("a", _("collected at the farm")), ("b", _("brings to the hub"))],
        widget=forms.RadioSelect,
    )
    listed = forms.BooleanField(label=_("on sale this week"), required=False, initial=True)


@register.simple_tag
def sample_tokens() -> list[str]:
    return TOKENS


@register.simple_tag
def sample_form(theme: str) -> forms.Form:
    data = {"name": "Hoeve Ter Linde", "price": _("two"), "storage": "cool", "way": "a", "listed": "on"}
    return _Sample(data, auto_id=f"{theme}_%s")


@register.simple_tag
def sample_products(theme: str) -> list[dict[str, Any]]:
    rows = [
        (1, "Prei", "bussel, ± 700 g", "De Wilde Akker", "8", "2.40", "€ 3,43/kg", "leek", [("organic", "Bio")], "1"),
        (
            2,
            "Witloof uit volle grond",
            "500 g",
            "Hoeve Ter Linde",
            "9.4",
            "3.45",
            "€ 6,90/kg",
            "witloof",
            [("new", _("New"))],
            "2",
        ),
        (3, "Rode kool", "stuk, ± 1,2 kg", "Hoeve Ter Linde", "12", "2.80", "€ 2,33/kg", "red-cabbage", [], "0"),
        (4, "Pastinaak", "500 g", "De Wilde Akker", "8", "2.40", "€ 4,80/kg", "parsnip", [("organic", "Bio")], "0"),
        (5, "Bloemkool", "stuk", "Hoeve Vinkenslag", "12", "3.10", "€ 3,10/stuk", "cauliflower", [], "0"),
    ]
    names = ("pk", "name", "detail", "farm", "distance_km", "gross", "unit_price", "drawing", "tags", "quantity")
    products: list[dict[str, Any]] = []
    for values in rows:
        row: dict[str, Any] = dict(zip(names, values))
        row |= {name: Decimal(row[name]) for name in ("gross", "quantity", "distance_km")}
        row |= {"pk": f"{theme}{row['pk']}", "field": f"{theme}{row['pk']}", "step": 1, "maximum": 99, "editable": True}
        row |= {f"{what}_label": f"{row['name']}: {what}" for what in ("less", "quantity", "more")}
        products.append(defaultdict(str, row))
    products[3]["left"] = 4
    products[4] |= {"sold_out": True, "alternative": ("broccoli", "#")}
    return products


@register.simple_tag
def sample_basket() -> dict[str, Any]:
    lines = [("1", "Prei", "2.40"), ("2", "Witloof uit volle grond", "6.90"), ("1.5", "Nicola-aardappelen", "6.38")]
    total = sum(Decimal(gross) for _quantity, _name, gross in lines)
    return {
        "lines": [{"quantity": Decimal(q), "name": name, "gross": Decimal(gross)} for q, name, gross in lines],
        "count": len(lines),
        "total": total,
        "minimum": Decimal(20),
        "missing": Decimal(20) - total,
        "confirm_url": "#",
        "closes": _("Tuesday noon"),
        "farm_part": Decimal("11.14"),
        "parts": sample_parts(),
    }


@register.simple_tag
def sample_parts() -> list[dict[str, Any]]:
    values = [("farm", _("Farmer and baker"), "21.76"), ("transport", _("Round"), "2.76"), ("point", _("Pickup point"), "1.84"),
              ("cold", _("Crates and cooling"), "1.23"), ("network", _("The co-operative"), "1.23"), ("vat", _("VAT"), "1.84")]  # fmt: skip
    return [{"kind": kind, "label": label, "value": Decimal(value)} for kind, label, value in values]


@register.simple_tag
def sample_shares() -> list[dict[str, Any]]:
    rows = [(name, Decimal(alone), Decimal(together)) for name, _lat, _lon, alone, together in FARMS]
    return [
        {"label": name, "url": "#", "values": [alone, together, alone - together]} for name, alone, together in rows
    ]


@register.simple_tag
def sample_weeks() -> list[dict[str, Any]]:
    together = [96, 104, 118, 131, 92, 160, 188, 201, 214, 209, 236, 248]
    return [{"label": f"w{36 + i}", "values": [Decimal(t) * 2 - 40, Decimal(t)]} for i, t in enumerate(together)]


@register.simple_tag
def sample_week_series() -> list[dict[str, str]]:
    return [{"kind": "alone", "label": _("driving alone")}, {"kind": "together", "label": _("together")}]


@register.simple_tag
def sample_curve() -> list[tuple[int, Decimal]]:
    return [(n, (Decimal(86) / n).quantize(Decimal("0.01"))) for n in range(10, 51, 2)]


@register.simple_tag
def sample_mark(baskets: int) -> tuple[int, Decimal]:
    return next(point for point in sample_curve() if point[0] == baskets)


@register.simple_tag
def sample_markers() -> list[dict[str, Any]]:
    farms = [
        {"lat": lat, "lon": lon, "kind": "farm", "label": name, "number": i}
        for i, (name, lat, lon, *_rest) in enumerate(FARMS, 1)
    ]
    points = [{"lat": 51.0574, "lon": 3.717, "kind": "point", "label": "Rabot", "number": "A"},
              {"lat": 51.03, "lon": 3.70, "kind": "outlet", "label": "De Groene Kar", "number": "W"}]  # fmt: skip
    return [*farms, *points, {"lat": 51.036, "lon": 3.745, "kind": "hub", "label": "Hub Ledeberg"}]


@register.simple_tag
def sample_lines() -> list[dict[str, Any]]:
    hub = (51.036, 3.745)
    spots = [(lat, lon) for _name, lat, lon, *_rest in FARMS]
    return [
        {"points": [hub, spots[0], spots[1], hub], "number": 1, "label": _("Round 1")},
        {"points": [hub, spots[4], spots[2], spots[3], hub], "number": 2, "label": _("Round 2")},
    ]


@register.simple_tag
def sample_page() -> Page[Any]:
    return Paginator(range(480), 60).page(4)


@register.simple_tag
def sample_closes() -> Any:
    return clock.now().replace(minute=0) + timedelta(days=1, hours=6)


@register.simple_tag
def sample_drawings() -> list[str]:
    return sorted(symbols() | VARIANTS.keys())


@register.simple_tag
def sample_icons() -> list[str]:
    return icon_names()
