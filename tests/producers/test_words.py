"""Finding by words of two languages, by parts and stems, with typing errors; what nobody sells is counted."""

from decimal import Decimal
from typing import Any

import pytest

from network import clock
from network.models import Organisation, Place
from producers import stock, words
from producers.models import Findable, Offer, Producer, UnmetSearch
from tests.conftest import MONDAY, make_network, make_producer, make_product

D = Decimal
pytestmark = pytest.mark.django_db
SHELF = [
    ("prei", "Prei", "Poireaux", "vegetables"),
    ("wortel", "Wortelen met loof", "Carottes en botte", "vegetables"),
    ("aardappel", "Aardappelen vastkokend", "Pommes de terre à chair ferme", "vegetables"),
    ("ajuin", "Ajuin geel", "Oignons jaunes", "vegetables"),
    ("jonagold", "Appel Jonagold", "Pommes Jonagold", "fruit"),
    ("karnemelk", "Karnemelk", "Lait battu", "dairy"),
    ("melksnoep", "Melksnoepjes", "Bonbons au lait", "pantry"),
    ("brood", "Desembrood tarwe", "Pain au levain", "bread"),
    ("eieren", "Eieren vrije uitloop (6)", "Œufs plein air (6)", "dairy"),
]


@pytest.fixture
def offers(cycle: Any, farm: Producer, alice: Any, day: Any) -> Any:
    for sku, nl, fr, category in SHELF:
        product = make_product(farm, sku, name={"nl": nl, "fr": fr}, category=category)
        stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    return Offer.objects.filter(delivery_day=day, price_group__audience="household")


def names(offers: Any, text: str) -> list[str]:
    return [offer.supply.product.sku for offer in words.found(offers, text).select_related("supply__product")]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("prei", ["prei"]),
        ("PREI", ["prei"]),
        ("poireau", ["prei"]),
        ("wortel", ["wortel"]),
        ("carottes", ["wortel"]),
        ("pomme de terre", ["aardappel"]),
        ("pommes", ["aardappel", "jonagold"]),
        ("œuf", ["eieren"]),
        ("oeufs", ["eieren"]),
        ("chair fermé", ["aardappel"]),
        ("melk", ["karnemelk", "melksnoep"]),
        ("brood", ["brood"]),
        ("prei alice", ["prei"]),
        ("legumes", ["aardappel", "ajuin", "prei", "wortel"]),
        ("jona", ["jonagold"]),
        ("prei brood", []),
    ],
)
def test_words_of_either_language_find_what_is_meant(offers, text, skus) -> None:
    assert names(offers, text) == skus


def test_a_farm_and_its_municipality_are_words_too(offers, farm, alice) -> None:
    other = make_producer(
        Organisation.objects.get(name="Kouter Gent").network, "De Wilde Akker", municipality="Lovendegem"
    )
    kale = make_product(other, "kale")
    stock.announce(product=kale, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    assert names(offers, "lovendegem") == names(offers, "wilde akker") == ["kale"]


def test_whoever_changes_a_name_the_words_follow(offers, farm, leek) -> None:
    prei = farm.products.get(sku="prei")
    prei.name = {"nl": "Winterprei"}
    prei.save(update_fields=["name"])
    farm.products.filter(sku="wortel").update(category="pantry")
    Producer.objects.filter(pk=farm.pk).update(organic_body="BE-BIO-01")
    Organisation.objects.filter(pk=farm.organisation_id).update(name="Hoeve Zonnebloem")
    Place.objects.filter(pk=farm.organisation.place_id).update(municipality="Zomergem")
    assert names(offers, "poireau") == []
    assert names(offers, "winterprei zomergem") == names(offers, "winterprei zonnebloem") == ["prei"]
    assert names(offers, "wortelen epicerie bio") == ["wortel"]
    assert Findable.objects.count() == len(SHELF) + 1
    moved = Place.objects.create(street="x", postcode="1", municipality="Aalter", lat=51, lon=3)
    Organisation.objects.filter(pk=farm.organisation_id).update(place=moved)
    assert names(offers, "winterprei aalter") == ["prei"] and names(offers, "zomergem") == []
    leek.delete()
    assert Findable.objects.count() == len(SHELF)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("wortle", "wortelen"),
        ("broodje", "brood"),
        ("uien", "ajuin"),
        ("patatten", "aardappel"),
        ("karnmelk", "karnemelk"),
        ("prei xqzw", "prei"),
        ("prei brood", "brood"),
        ("jonagolt", "jonagold"),
    ],
)
def test_a_typing_error_finds_the_nearest_word(offers, text, meant) -> None:
    assert names(offers, text) == []
    found = words.meant(offers, text)
    assert found and found.text == meant and names(offers, found.text)


@pytest.mark.parametrize(
    "text",
    [
        "ananas", "de", "het", "xx", "🥕🥕🥕", "مرحبا بالعالم", "%", "_", "%%%", "q_z", "' OR 1=1 --", "'; DROP TABLE orders_order; --",
        "\\", "pr%i", "pr_i", ":*", "! & |", "<-> (", "z" * 80, "１２", "\u202e\u200b", "ﷺ" * 20,
    ],
)  # fmt: skip
def test_what_is_no_word_of_ours_finds_nothing_and_breaks_nothing(offers, text) -> None:
    assert names(offers, text) == []
    assert words.meant(offers, text) is None


def test_looking_for_words_takes_one_query_and_for_near_ones_one_more_per_try(
    offers, django_assert_num_queries
) -> None:
    with django_assert_num_queries(1):
        list(words.found(offers, "pomme de terre"))
    with django_assert_num_queries(2):
        words.meant(offers, "wortle")
    with django_assert_num_queries(3):
        assert words.meant(offers, "wortle tarwee") == words.Meant("wortelen", ["tarwe"])


def test_what_nobody_sells_is_counted_per_network_and_week(network) -> None:
    leuven = make_network("leuven")
    for text in ("Pompelmoes", "pompelmoes ", "POMPELMOÉS!", "ananas"):
        words.note_unmet(network=network, text=text)
    words.note_unmet(network=leuven, text="ananas")
    with clock.at(clock.now() + clock.timedelta(weeks=1)):
        words.note_unmet(network=network, text="ananas")
        words.note_unmet(network=network, text="ananas")
    assert words.unmet(network, since=MONDAY) == [("ananas", 3), ("pompelmoes", 3)]
    assert words.unmet(network, since=MONDAY + clock.timedelta(weeks=1)) == [("ananas", 2)]
    assert words.unmet(network, since=MONDAY, least=4) == []
    assert words.unmet(leuven, since=MONDAY) == [("ananas", 1)]
    assert UnmetSearch.objects.count() == 4


@pytest.mark.parametrize("text", ["bob@example.org", "0478 12 34 56", "zz", "🥕", "%%", "12", ""])
def test_what_may_name_a_person_or_is_no_word_is_not_counted(network, text) -> None:
    words.note_unmet(network=network, text=text)
    assert not UnmetSearch.objects.exists()


def test_a_long_search_is_counted_by_its_beginning(network) -> None:
    words.note_unmet(network=network, text="bananen " * 10)
    assert UnmetSearch.objects.get().words == "bananen bananen bananen bananen bananen"
