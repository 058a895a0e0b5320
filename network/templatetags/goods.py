"""
Goods for sale, and what buys them, as template tags. Drawn in Python and not from templates, because a page draws sixty of them
(docs/performance.md); so what people wrote is escaped here.
"""

from collections.abc import Hashable
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from network.templatetags.kouter import amount, cents, drawing, euro, km, plain

register = template.Library()
ROWS = 10_000
"""Rows that stay drawn: to all who have none of it in their basket a product looks the same. About 15 MB."""


@register.simple_tag
def product(row: Any) -> SafeString:
    """One of a list of class `grid`. A row is an `orders.shelf.Row`, or a dict that gives the same, which is drawn each time."""
    return _drawn(row, get_language()) if isinstance(row, Hashable) else _drawn.__wrapped__(row, get_language())


@lru_cache(maxsize=ROWS)
def _drawn(row: Any, language: str | None) -> SafeString:
    taken, out, far = row["quantity"], row["sold_out"], row["distance_km"]
    marks = (" data-organic" if row["organic"] else "") + (" data-out" if out else "")
    if row["tinted"]:
        marks += f' data-category="{escape(row["category"])}"'
    picture = f'<img src="{escape(row["photo"])}" alt="" loading="lazy">' if row["photo"] else drawing(row["drawing"])
    tags = "".join(f'<span class="tag {kind}">{escape(label)}</span>' for kind, label in row["tags"])
    away = "" if far is None else f" <span>{km(far)}</span>"
    left = ""
    if row["left"] and not out:
        left = f'<p class="left">{_("%(left)s left") % {"left": amount(row["left"])}}</p>'
    kept = heart(row) if row["editable"] else ""
    take = _sold_out(row["alternative"]) if out and not taken else stepper(row) if row["editable"] else ""
    wrong = render_to_string("parts/wrong.html", {"row": row}) if row["error"] else ""
    return SafeString(
        f'<li class="product" id="p{row["pk"]}" data-n="{plain(taken)}" data-c="{cents(row["gross"])}"{marks}>\n'
        f'<div class="tile">{picture}{tags}</div>\n'
        f'<div class="what"><h3>{_linked(row["name"], row["url"])} <span>{escape(row["detail"])}</span></h3>'
        f'<p class="from">{_linked(row["farm"], row["farm_url"])}{away}</p>'
        f'<p class="price"><strong>{euro(row["gross"])}</strong> <small>{escape(row["unit_price"])}</small></p>{left}</div>\n'
        f"{kept}\n{take}\n{wrong}\n</li>\n"
    )


@register.simple_tag
def stepper(row: Any) -> SafeString:
    """How much of it goes in the basket, with one step less and one more."""
    pk, step, taken = row["pk"], plain(row["step"]), plain(row["quantity"])
    most = "" if row["maximum"] is None else f' max="{plain(row["maximum"])}"'
    return SafeString(
        f'<div class="step{"" if step == "1" else " wide"}">'
        f'<button name="minus" value="{pk}" aria-label="{escape(row["less_label"])}"></button>'
        f'<input name="{row["field"]}" type="number" inputmode="decimal" min="0"{most} step="{step}" value="{taken}"'
        f' autocomplete="off" aria-label="{escape(row["quantity_label"])}">'
        f'<input type="hidden" name="{row["was"]}" value="{taken}">'
        f'<button name="plus" value="{pk}" aria-label="{escape(row["more_label"])}"></button></div>'
    )


@register.simple_tag
def heart(row: Any, swaps: bool = False) -> SafeString:
    """Whether it is a favourite of the buyer, and the switch. `swaps`: this takes the place of the one on the page."""
    name, pressed = ("drop", "true") if row["kept"] else ("keep", "false")
    label = _("Favourite: %(name)s") % {"name": escape(row["name"])}
    swap = ' hx-swap-oob="outerMorph"' if swaps else ""
    return SafeString(
        f'<button class="heart" id="f{row["product"]}" form="hearts" name="{name}" value="{row["product"]}"'
        f' aria-pressed="{pressed}" aria-label="{label}"{swap}></button>'
    )


def _sold_out(alternative: tuple[str, str] | None) -> str:
    other = ""
    if alternative:
        name, url = alternative
        take = _("Take %(name)s") % {"name": escape(name)}
        other = f' <a href="{escape(url)}">{take}</a>'
    return f'<p class="out">{_("Sold out for this week.")}{other}</p>'


def _linked(text: str, url: str) -> str:
    return f'<a href="{url}">{escape(text)}</a>' if url else escape(text)
