"""Goods as they are drawn: exactly so, with what people wrote escaped."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from network.templatetags import goods
from network.templatetags.kouter import drawing
from orders.shelf import Row

D = Decimal
EVIL = "\"><b>'&"
SAFE = "&quot;&gt;&lt;b&gt;&#x27;&amp;"


@pytest.fixture(autouse=True)
def dutch(english: None) -> Iterator[None]:
    with override("nl"):
        yield


def row(**more: Any) -> dict[str, Any]:
    """What `orders.shelf.Row` gives, of a plain leek."""
    return {
        "pk": 7, "product": 70, "name": "Prei", "url": "/p/", "detail": "bussel", "farm": "Akker", "farm_url": "/f/",
        "distance_km": 8.44, "gross": D("2.40"), "unit_price": "€ 3,43/kg", "drawing": "leek", "category": "vegetables",
        "organic": False, "tags": [], "quantity": D("0.000"), "step": D("1.000"), "left": None, "maximum": D("99.000"),
        "sold_out": False, "alternative": None, "editable": True, "error": "", "kept": False, "tinted": False, "photo": "",
        "field": "q7", "was": "w7", "less_label": "Min", "quantity_label": "Hoeveel", "more_label": "Plus",
        **more,
    }  # fmt: skip


def flat(html: str) -> str:
    return html.replace("\n", "")


STEPPER = (
    '<div class="step"><button name="minus" value="7" aria-label="Min"></button>'
    '<input name="q7" type="number" inputmode="decimal" min="0" max="99" step="1" value="0" autocomplete="off" aria-label="Hoeveel">'
    '<input type="hidden" name="w7" value="0"><button name="plus" value="7" aria-label="Plus"></button></div>'
)
HEART = (
    '<button class="heart" id="f70" form="hearts" name="keep" value="70" aria-pressed="false"'
    ' aria-label="Favoriet: Prei"></button>'
)


def test_a_product_is_drawn_with_a_heart_and_a_stepper() -> None:
    assert flat(goods.product(row())) == (
        f'<li class="product" id="p7" data-n="0" data-c="240"><div class="tile">{drawing("leek")}</div>'
        '<div class="what"><h3><a href="/p/">Prei</a> <span>bussel</span></h3>'
        '<p class="from"><a href="/f/">Akker</a> <span>8,4\xa0km</span></p>'
        '<p class="price"><strong>€\xa02,40</strong> <small>€ 3,43/kg</small></p></div>'
        f"{HEART}{STEPPER}</li>"
    )


def test_what_is_by_the_half_kilo_has_a_wide_stepper_of_half_kilos() -> None:
    drawn = goods.stepper(row(step=D("0.500"), quantity=D("1.500"), maximum=None))
    assert drawn == STEPPER.replace('"step"', '"step wide"').replace(' max="99" step="1"', ' step="0.5"').replace(
        'value="0"', 'value="1.5"'
    )


def test_who_may_not_order_sees_no_heart_and_no_stepper() -> None:
    drawn = flat(goods.product(row(editable=False, url="", farm_url="", distance_km=None, left=D("2.500"))))
    assert drawn.endswith(
        '<h3>Prei <span>bussel</span></h3><p class="from">Akker</p>'
        '<p class="price"><strong>€\xa02,40</strong> <small>€ 3,43/kg</small></p><p class="left">Nog 2,5</p></div></li>'
    )


def test_what_sold_out_names_what_there_is_instead_unless_it_is_in_the_basket() -> None:
    out = row(sold_out=True, left=D("0"), alternative=("Ui & bieslook", "#p8"), organic=True, tinted=True)
    drawn = flat(goods.product(out))
    assert drawn.startswith(
        '<li class="product" id="p7" data-n="0" data-c="240" data-organic data-out data-category="vegetables">'
    )
    assert drawn.endswith(f'{HEART}<p class="out">Op voor deze week. <a href="#p8">Neem Ui &amp; bieslook</a></p></li>')
    assert flat(goods.product(out | {"quantity": D(2)})).endswith(STEPPER.replace('value="0"', 'value="2"') + "</li>")


def test_what_was_refused_is_said_beside_it() -> None:
    drawn = goods.product(row(error="Er zijn er nog maar 2."))
    assert '<p class="error" role="alert" data-offer="7">' in drawn and "Er zijn er nog maar 2." in drawn


def test_a_heart_that_is_switched_takes_the_place_of_the_other() -> None:
    assert goods.heart({"product": 70, "name": "Prei", "kept": True}, swaps=True) == (
        HEART.replace('"keep"', '"drop"').replace('"false"', '"true"').replace("></b", ' hx-swap-oob="outerMorph"></b')
    )


def test_what_people_wrote_is_escaped() -> None:
    texts = ("name", "detail", "farm", "unit_price", "photo", "category", "less_label", "quantity_label", "more_label")
    evil = row(**dict.fromkeys(texts, EVIL), tags=[("organic", EVIL)], tinted=True)
    drawn = goods.product(evil) + goods.product(evil | {"sold_out": True, "alternative": (EVIL, EVIL)})
    assert EVIL not in drawn and "<b>" not in drawn
    assert drawn.count(SAFE) == 11 + 10


def test_a_row_of_a_shelf_is_drawn_once_and_anew_when_it_or_the_language_changes() -> None:
    leek = Row(
        pk=7, name="Prei", detail="bussel", farm="Akker", farm_url="/f/", url="/p/", distance_km=8.44, gross=D("2.40"),
        unit_price="€ 3,43/kg", drawing="leek", category="vegetables", organic=True, quantity=D(0), step=D(1), left=D(3),
        maximum=D(3), sold_out=False, alternative=("Ui", "#p8"), editable=True,
    )  # fmt: skip
    drawn = goods.product(leek)
    assert goods.product(replace(leek)) is drawn and "Nog 3" in drawn
    assert "Nog 2" in goods.product(replace(leek, left=D(2)))
    assert "#p8" in goods.product(replace(leek, sold_out=True))
    with override("en"):
        assert "3 left" in goods.product(leek)
    assert goods.product(leek) == drawn
