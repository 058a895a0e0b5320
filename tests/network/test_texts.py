"""What people write is kept per language; who reads another language still reads something."""

import pytest
from django.utils.translation import override

from network.models import PickupPoint
from network.texts import LocalText, as_text
from tests.conftest import make_point

LEEK = LocalText({"nl": "Prei", "fr": "Poireau"})


@pytest.mark.parametrize(
    ("language", "read"), [("nl", "Prei"), ("fr", "Poireau"), ("fr-be", "Poireau"), ("en", "Prei"), ("de", "Prei")]
)
def test_a_text_is_read_in_the_readers_language_else_in_dutch(language: str, read: str) -> None:
    with override(language):
        assert str(LEEK) == read
    assert LEEK.in_language(language) == read


def test_without_dutch_any_language_is_better_than_nothing() -> None:
    assert LocalText({"nl": "", "fr": "Poireau", "en": ""}).in_language("en") == "Poireau"
    assert LocalText({"nl": "", "fr": ""}).in_language("fr") == ""
    assert str(LocalText()) == ""
    assert LEEK.in_language(None) == "Prei"


def test_a_plain_string_counts_as_dutch() -> None:
    assert as_text("Prei") == {"nl": "Prei"}
    assert as_text("") == as_text(None) == {}


def test_a_text_comes_back_from_the_database_as_a_text(network) -> None:
    point = make_point(network)
    point.name = "Bij Jan"
    point.cooling = {"nl": "Koelcel", "fr": "Chambre froide"}
    point.save()
    assert str(point.name) == "Bij Jan"
    kept = PickupPoint.objects.get()
    assert isinstance(kept.name, LocalText) and kept.name == {"nl": "Bij Jan"}
    with override("fr"):
        assert (str(kept.name), str(kept.cooling)) == ("Bij Jan", "Chambre froide")
    assert PickupPoint.objects.filter(cooling__fr="Chambre froide").get() == point
