"""Numbers as farmers type them."""

from decimal import Decimal

import pytest
from django.forms import ValidationError
from django.utils.translation import override

from producers.forms import AmountField

D = Decimal


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", D(12)),
        ("2,40", D("2.40")),
        ("2.40", D("2.40")),
        (" € 2,40 ", D("2.40")),
        ("1 250", D(1250)),
        ("1\u00a0250", D(1250)),
        (",5", D("0.5")),
        ("-3", D(-3)),
        ("0", D(0)),
    ],
)
def test_a_number_is_understood(typed: str, meant: Decimal) -> None:
    assert AmountField(most_places=4).clean(typed) == meant


@pytest.mark.parametrize("typed", ["", "veel", "1,2,3", "NaN", "Infinity", "1e400", "--1", "12345678901", "1,23456"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        AmountField(most_places=4).clean(typed)


@pytest.mark.parametrize(
    ("typed", "language", "sentence"),
    [
        ("1.234,5", "en", "one comma"),
        ("1,234.5", "en", "one comma"),
        ("1.234.567", "en", "one comma"),
        ("1.234", "nl", "1234"),
        ("-12.500", "nl", "-12,500"),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_about(typed: str, language: str, sentence: str) -> None:
    with override(language), pytest.raises(ValidationError, match=sentence):
        AmountField(most_places=4).clean(typed)


def test_a_point_before_three_decimals_is_what_an_english_page_shows() -> None:
    assert AmountField(most_places=4).clean("1.125") == D("1.125")


@pytest.mark.parametrize(
    ("value", "places", "dutch", "english"),
    [
        (D("12.000"), 0, "12", "12"),
        (D("100"), 0, "100", "100"),
        (D("0.500"), 0, "0,5", "0.5"),
        (D("2.4000"), 2, "2,40", "2.40"),
        (D("2.4525"), 2, "2,4525", "2.4525"),
        (D("0"), 2, "0,00", "0.00"),
        ("abc", 2, "abc", "abc"),
    ],
)
def test_a_number_is_shown_as_it_is_written_here(value, places, dutch, english) -> None:
    field = AmountField(places=places, most_places=4)
    with override("nl"):
        assert field.prepare_value(value) == dutch
    with override("en"):
        assert field.prepare_value(value) == english
