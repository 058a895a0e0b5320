"""Lots: noted in one tap or with everything, with a code nobody else has, and on the days with which they really go."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, Membership
from producers import lots, stock
from producers.models import Lot, LotUse, Product
from tests.conftest import MONDAY, make_network, make_producer, make_product, open_week
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def chard(farm: Any) -> Product:
    return make_product(farm, "chard", shelf_life_days=3)


@pytest.fixture
def sold(cycle: Any, leek: Product, chard: Product, alice: Any) -> list[Product]:
    """Leek and chard are for sale this week."""
    for product in (leek, chard):
        stock.announce(product=product, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)
    return [leek, chard]


@pytest.fixture
def friday(cycle: Any) -> DeliveryDay:
    return cycle.days.get(on=date(2026, 3, 6))


def note(product: Product, alice: Any, **said: Any) -> Lot:
    return lots.note(**{"product": product, "harvested_on": MONDAY, "by": alice} | said)


def seen(lot: Lot) -> tuple[Any, ...]:
    return lot.code, lot.keeps, lot.keeps_until


def test_what_is_left_empty_is_as_usual(leek, chard, farm, alice) -> None:
    assert seen(note(leek, alice)) == ("260302A", "best_before", date(2026, 3, 9))
    assert seen(note(leek, alice)) == ("260302B", "best_before", date(2026, 3, 9))
    assert seen(note(chard, alice)) == ("260302A", "best_before", date(2026, 3, 5))
    milk = make_product(farm, "milk", category="dairy", storage_class="cold")
    assert note(milk, alice).printed == "L 260302A, use by 09/03/26"
    own = note(leek, alice, code=" potje-3 ", keeps="use_by", keeps_until=date(2026, 4, 1))
    assert seen(own) == ("POTJE-3", "use_by", date(2026, 4, 1))


def test_after_z_the_letters_double(leek, alice) -> None:
    Lot.objects.bulk_create(
        Lot(product=leek, code=f"260302{letter}", harvested_on=MONDAY, keeps_until=MONDAY) for letter in lots.LETTERS
    )
    assert note(leek, alice).code == "260302AA"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"code": "260302A"}, "code"),
        ({"code": "260302a "}, "code"),
        ({"code": "=1+1"}, "code"),
        ({"code": "a  b"}, "code"),
        ({"keeps_until": date(2026, 3, 1)}, "keeps_until"),
        ({"keeps_until": date(2066, 3, 1)}, "keeps_until"),
        ({"harvested_on": date(2020, 1, 1)}, "harvested_on"),
        ({"harvested_on": date(2026, 5, 1)}, "harvested_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(said, field, leek, alice) -> None:
    note(leek, alice)
    with pytest.raises(Refused) as refused:
        note(leek, alice, **said)
    assert refused.value.field == field
    assert Lot.objects.count() == 1


def test_a_lot_goes_only_with_deliveries_of_the_farm(leek, alice, day, network) -> None:
    elsewhere = open_week(make_network("leuven")).days.earliest("on")
    with pytest.raises(Refused, match="does not deliver"):
        note(leek, alice, uses={elsewhere.pk: None})
    with pytest.raises(Refused, match="multiple"):
        note(leek, alice, uses={day.pk: D("0.5")})
    assert not Lot.objects.exists()
    Membership.objects.create(network=elsewhere.network, organisation=leek.producer.organisation, college="producers")
    lot = note(leek, alice, uses={elsewhere.pk: None, day.pk: D(5)})
    assert dict(lot.uses.values_list("delivery_day", "quantity")) == {elsewhere.pk: None, day.pk: D(5)}


def test_one_tap_notes_all_that_goes_out_next(sold, leek, chard, farm, alice, visit, day, friday) -> None:
    client, url = visit(alice), reverse("producers:lots", args=[farm.slug])
    note(leek, alice, uses={day.pk: None})
    shown = client.get(url)
    form = shown.context["form"]
    assert [product.pk for product, _days in lots.unnoted(farm, [day, friday]).items()] == [leek.pk, chard.pk]
    assert (form.initial["products"], form.initial["days"]) == ([chard.pk], [day.pk])
    assert "leek, 260302A" in text(shown) and "Thu 5 Mar" in text(shown)
    sent = {
        "harvest-products": [leek.pk, chard.pk],
        "harvest-days": [day.pk, friday.pk],
        "harvest-harvested_on": "2026-03-02",
        "harvest-field": "Kouterveld",
    }
    answer = client.post(url, sent, follow=True)
    assert "2 lots noted." in text(answer) and "Everything that goes out these days has a lot." in text(answer)
    made = Lot.objects.exclude(field="").order_by("product")
    assert [(lot.product, lot.code, lot.field) for lot in made] == [
        (leek, "260302B", "Kouterveld"),
        (chard, "260302A", "Kouterveld"),
    ]
    assert set(LotUse.objects.filter(lot__in=made).values_list("lot__product", "delivery_day")) == {
        (leek.pk, friday.pk),
        (chard.pk, day.pk),
        (chard.pk, friday.pk),
    }
    with pytest.raises(Refused, match="They have a lot for these deliveries already"):
        lots.note_many(producer=farm, products=sold, harvested_on=MONDAY, days=[day, friday], by=alice)
    entry = JournalEntry.objects.get(action="noted lots")
    assert (entry.actor, entry.data["lots"]) == (alice, {"leek": "260302B", "chard": "260302A"})


def test_as_many_queries_for_one_product_as_for_ten(sold, farm, alice, cycle, day, django_assert_num_queries) -> None:
    more = [make_product(farm, f"p{number}") for number in range(8)]
    for product in more:
        stock.announce(product=product, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)
    told = {"producer": farm, "harvested_on": MONDAY, "days": [day], "by": alice}
    for products in (sold[:1], [*sold[1:], *more]):
        with django_assert_num_queries(9):
            made = lots.note_many(products=products, **told)
        assert len(made) == len(products) and {lot.uses.get().delivery_day for lot in made} == {day}
    with django_assert_num_queries(2):
        assert len(lots.unnoted(farm, [day])) == 0


def test_another_farms_product_and_nothing_at_all_are_refused(sold, farm, network, alice, day, visit) -> None:
    theirs = make_product(make_producer(network, "Hoeve Eve"))
    told = {"producer": farm, "harvested_on": MONDAY, "by": alice}
    for products, days, field in (([theirs], [day], "products"), ([], [day], "products"), (sold, [], "days")):
        with pytest.raises(Refused) as refused:
            lots.note_many(products=products, days=days, **told)
        assert refused.value.field == field
    answer = visit(alice).post(
        reverse("producers:lots", args=[farm.slug]),
        {"harvest-products": [theirs.pk], "harvest-days": [day.pk], "harvest-harvested_on": "2026-03-02"},
    )
    assert answer.status_code == 422 and "Nothing was saved yet" in text(answer)
    assert not Lot.objects.exists()


def test_one_lot_with_everything_and_changed_later(leek, farm, alice, visit, day, friday) -> None:
    client = visit(alice)
    new = reverse("producers:lot_new", args=[farm.slug])
    assert client.get(new, {"product": leek.pk}).context["form"].initial["product"] == leek
    sent = {
        "product": leek.pk,
        "harvested_on": "2026-03-02",
        "code": "",
        "keeps_until": "",
        "supplier": "Hoeve Eve",
        "document": "LB-17",
        f"day_{day.pk}": "on",
        f"quantity_{friday.pk}": "7",
    }
    assert "Lot 260302A is noted." in text(client.post(new, sent, follow=True))
    lot = Lot.objects.get()
    assert (lot.supplier, lot.document) == ("Hoeve Eve", "LB-17")
    assert dict(lot.uses.values_list("delivery_day", "quantity")) == {day.pk: None, friday.pk: D(7)}
    edit = reverse("producers:lot_edit", args=[farm.slug, lot.pk])
    assert 'value="2026-03-09"' in client.get(edit).content.decode()
    wrong = client.post(edit, {"harvested_on": "2026-03-02", "keeps_until": "2026-01-01"})
    assert wrong.status_code == 422 and "That is before the harvest" in text(wrong)
    changed = {"harvested_on": "2026-03-01", "code": "260302A", "keeps_until": "2026-03-10", f"day_{day.pk}": "on"}
    assert client.post(edit, changed).status_code == 302
    lot.refresh_from_db()
    assert (lot.harvested_on, lot.keeps_until, lot.uses.get().delivery_day) == (
        MONDAY - timedelta(days=1),
        date(2026, 3, 10),
        day,
    )
    entry = JournalEntry.objects.get(action="changed a lot")
    assert entry.data["before"]["days"] == {str(day.pk): None, str(friday.pk): "7.000"}
    assert client.post(edit, changed | {"code": "260302A"}).status_code == 302
    assert JournalEntry.objects.filter(action="changed a lot").count() == 1


def test_the_lot_of_another_farm_is_not_there(leek, alice, network, visit) -> None:
    eve = make_producer(network, "Hoeve Eve", alice)
    lot = note(leek, alice)
    assert visit(alice).get(reverse("producers:lot_edit", args=[eve.slug, lot.pk])).status_code == 404
