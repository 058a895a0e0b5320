from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.translation import override

from network.assets import icon_names
from network.templatetags import kouter

NB = "\u00a0"
NOON = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def dutch(english: None) -> Iterator[None]:
    """Here what Dutch readers see is what is tested."""
    with override("nl"):
        yield


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (Decimal("2.4"), 2, "2,40"),
        (Decimal("0.005"), 2, "0,01"),
        (Decimal("-1234.5"), 2, "−1\u202f234,50"),
        (Decimal("1.2345"), 4, "1,2345"),
        (Decimal("1.2000"), 4, "1,20"),
        (Decimal("-0.004"), 2, "0,00"),
        (0, 2, "0,00"),
    ],
)
def test_euros_are_written_as_in_belgium(value: Any, places: int, written: str) -> None:
    assert kouter.euro(value, places) == f"€{NB}{written}"


def test_what_is_not_there_is_a_dash() -> None:
    assert [kouter.euro(None), kouter.amount(None), kouter.km(None), kouter.weektime(None)] == ["–"] * 4


def test_euros_in_english() -> None:
    with override("en"):
        assert kouter.euro(Decimal("2.4")) == f"€{NB}2.40"


@pytest.mark.parametrize(
    ("value", "written"),
    [(Decimal("1.500"), "1,5"), (Decimal(12), "12"), (Decimal("0.25"), "0,25"), (Decimal("100.000"), "100"), (0, "0")],
)
def test_amounts_have_no_idle_zeros(value: Any, written: str) -> None:
    assert kouter.amount(value) == written


def test_numbers_for_attributes_have_a_point_in_every_language() -> None:
    assert [kouter.plain(Decimal("1.500")), kouter.plain(12.5), kouter.plain(Decimal(100)), kouter.plain(None)] == [
        "1.5",
        "12.5",
        "100",
        "",
    ]
    assert kouter.cents(Decimal("2.40")) == 240


def test_kilometres_and_percentages() -> None:
    assert [kouter.km(8.44), kouter.km(Decimal(8)), kouter.km(12.3)] == [f"8,4{NB}km", f"8{NB}km", f"12{NB}km"]
    assert [kouter.percent(Decimal("0.2")), kouter.percent(Decimal("0.125"), 1)] == [f"20{NB}%", f"12,5{NB}%"]
    assert [kouter.percent(0.379), kouter.percent(Decimal("-0.046"))] == [f"38{NB}%", f"−5{NB}%"], (
        "rounded, not cut off"
    )


@pytest.mark.parametrize(
    ("minutes", "written"),
    [
        (0, "0\u00a0min"),
        (59, "59\u00a0min"),
        (60, "1\u00a0u\u00a000"),
        (185, "3\u00a0u\u00a005"),
        (-65, "−1\u00a0u\u00a005"),
        (None, "–"),
    ],
)
def test_how_long_something_took(minutes: int | None, written: str) -> None:
    assert render("{{ minutes|duration }}", minutes=minutes) == written


def test_moments_are_told_in_brussels_and_in_the_language_of_the_reader() -> None:
    half_past_five = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    assert kouter.weektime(NOON) == f"dinsdag 3 maart, 12{NB}u"
    assert kouter.hour(half_past_five) == f"17.30{NB}u"
    assert kouter.weekday(date(2026, 3, 5)) == "donderdag 5 maart"
    assert kouter.dayhour(NOON) == f"dinsdag 12{NB}u"
    assert kouter.weekday(datetime(2026, 3, 4, 23, 30, tzinfo=UTC)) == "donderdag 5 maart"
    assert kouter.window(datetime(2026, 3, 5, 16, 0, tzinfo=UTC), half_past_five) == f"17–17.30{NB}u"
    with override("fr"):
        assert kouter.weektime(NOON) == f"mardi 3 mars, 12{NB}h"
        assert kouter.hour(half_past_five) == "17h30"
        assert kouter.weekday(date(2026, 12, 1)) == "mardi 1er décembre"
        assert kouter.weekday(date(2026, 12, 21)) == "lundi 21 décembre"
    with override("en"):
        assert kouter.hour(half_past_five) == "17:30"


def test_a_drawing_is_known_by_name_variant_or_else_a_basket() -> None:
    assert "produce.svg#leek" in kouter.drawing("leek")
    assert 'class="drawing d-red-cabbage"' in kouter.drawing("red-cabbage")
    assert "#cabbage" in kouter.drawing("red-cabbage")
    assert "#basket" in kouter.drawing("dragon")
    assert "#basket" in kouter.drawing("")


def test_every_variant_has_a_drawing_and_colours_of_its_own() -> None:
    css = Path("static/css/drawing.css").read_text()
    assert set(kouter.VARIANTS.values()) <= kouter.symbols()
    assert [name for name in kouter.VARIANTS if name != "goats-cheese" and f".d-{name} " not in css] == []


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    import re

    named = {
        name
        for path in Path("templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }
    assert named - set(icon_names()) == set()


def test_an_icon_is_decoration_unless_labelled() -> None:
    assert 'aria-hidden="true"' in kouter.icon("clock")
    assert 'role="img" aria-label="Closes &lt;soon&gt;"' in kouter.icon("clock", "Closes <soon>")


def test_the_steps_of_the_week() -> None:
    html = render('{% steps "closed" %}')
    assert html.count('class="done"') == 2
    assert html.count('aria-current="step"') == 1
    assert html.count('class="next"') == 3


class PriceForm(forms.Form):
    price = forms.DecimalField(help_text="Per unit.")
    listed = forms.BooleanField(required=False)


def test_a_field_tells_what_is_wrong_beside_it() -> None:
    html = render("{% field form.price %}", form=PriceForm({"price": "leek"}))
    assert 'aria-describedby="id_price_error id_price_help"' in html
    assert html.count("aria-describedby=") == 1
    assert 'aria-invalid="true"' in html
    assert 'id="id_price_error"' in html
    assert 'for="id_price"' in html


def test_a_compact_field_keeps_its_label_for_screen_readers() -> None:
    assert '<label for="id_price" class="vh">Price</label>' in render(
        '{% field form.price label="price" compact=True %}', form=PriceForm()
    )


def test_a_form_says_that_nothing_was_saved() -> None:
    assert 'role="alert"' in render("{% form_errors form %}", form=PriceForm({}))
    assert render("{% form_errors form %}", form=PriceForm()).strip() == ""


def test_pages_keep_the_other_parameters() -> None:
    request = RequestFactory().get("/?category=fruit&page=3")
    html = Template("{% pagination page %}").render(
        Context({"page": Paginator(range(100), 10).page(3), "request": request})
    )
    assert 'href="?category=fruit&amp;page=4" rel="next"' in html
    assert '<span aria-current="page">3</span>' in html


def test_one_page_needs_no_pagination() -> None:
    assert render("{% pagination page %}", page=Paginator([1], 10).page(1)).strip() == ""


def test_bars_of_shares_show_what_is_saved() -> None:
    rows = [{"label": "Hoeve Alice", "values": [Decimal(40), Decimal(30), Decimal(10)]}]
    html = render('{% bars rows caption="Shares" %}', rows=rows)
    assert 'width="75%"' in html
    assert f"25{NB}%" in html
    assert f"€{NB}30,00" in html
    assert "<table" in html


def test_a_stack_has_a_table_and_lengths_with_a_point() -> None:
    parts = [
        {"label": "Farmer", "kind": "farm", "value": Decimal("2.50")},
        {"label": "VAT", "kind": "vat", "value": Decimal("1.50")},
    ]
    html = render('{% stacked parts caption="Your euro" %}', parts=parts)
    assert 'x="62.5%"' in html
    assert 'width="37.5%"' in html
    assert f"€{NB}4,00" in html


def test_nothing_in_the_parts_is_styled_or_scripted_inline() -> None:
    import re

    inline = re.compile(r"<style|<script(?! type=\"module\" src=| defer src=)|\sstyle=|\son[a-z]+=")
    found = [
        f"{path}: {m}"
        for path in Path("templates").rglob("*.html")
        if "mail" not in path.parts
        for m in inline.findall(path.read_text())
    ]
    assert found == []
