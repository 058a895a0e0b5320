"""A farmer's products: filled in by their kind, said what is wrong, fixed once ordered, archived and taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay
from orders import basket, checkout, closing
from producers import boxes, catalogue, desk, kinds, products, stock
from producers.models import Box, BoxSize, Offer, Product
from producers.product_forms import ProductForm
from tests.conftest import MONDAY, make_producer, make_product
from tests.producers.test_prices import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def supply(cycle, leek, alice):
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)


@pytest.fixture
def ordered(supply, household, delivery, day, bob):
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    offer = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: D(3)}, by=bob)
    return checkout.place_order(order=order, by=bob)


def sent(form, **changes):
    """What a browser sends back of a form, with these fields otherwise."""
    data = {}
    for field in form:
        value = form[field.name].field.prepare_value(field.value())
        if isinstance(value, bool):
            data |= {field.name: "on"} if value else {}
        elif value is not None:
            data[field.name] = value
    return data | {"mark": form.mark} | changes


@pytest.mark.parametrize("key", list(kinds.every()))
def test_every_kind_makes_a_product_without_a_change(farm, alice, key):
    kind = kinds.every()[key]
    usual = kind.usual | {"name": kind.name}
    form = ProductForm(Product(producer=farm), sent(ProductForm(Product(producer=farm), usual=usual)), usual=usual)
    assert form.is_valid(), form.errors
    made = form.save(by=alice)
    assert made and made.name == kind.name
    stored = Product.objects.get(pk=made.pk)
    assert {name: getattr(stored, name) for name in kind.usual if name != "crate"} == {
        name: value if name != "alcohol" or value else None for name, value in kind.usual.items() if name != "crate"
    }


def test_a_farmer_chooses_a_kind_changes_what_differs_and_sells_it(farm, alice, cycle, visit):
    client, url = visit(alice), reverse("producers:product_new", args=[farm.slug])
    shown = client.get(url)
    assert "Raw milk" in text(shown) and 'href="?kind=milk"' in shown.content.decode()
    form = client.get(url + "?kind=milk").context["form"]
    answer = client.post(
        url + "?kind=milk",
        sent(form, name_nl="Rauwe melk van de Jersey", name_en="Jersey raw milk", net_quantity="1,5", unit_kg=""),
        follow=True,
    )
    assert "Added: Jersey raw milk." in text(answer)
    made = farm.products.get()
    assert (made.sku, made.net_quantity, made.unit_kg, made.deposit) == (
        "rauwe-melk-van-de-jersey",
        D("1.5"),
        D("1.5"),
        D("0.30"),
    )
    assert (made.vat_category, made.storage_class, made.max_temperature, made.allergens) == (
        "food",
        "cold",
        6,
        ["milk"],
    )
    assert dict(made.name) == {"nl": "Rauwe melk van de Jersey", "fr": "Lait cru", "en": "Jersey raw milk"}
    assert "Alice: added the product" in text(answer)
    listed = text(client.get(reverse("producers:products", args=[farm.slug])))
    assert "Dairy and eggs Jersey raw milk bottle, 1.5 l" in listed
    again = client.post(url + "?kind=milk", sent(form, name_nl="Rauwe melk van de Jersey"), follow=True)
    assert again.status_code == 200
    assert set(farm.products.values_list("sku", flat=True)) == {
        "rauwe-melk-van-de-jersey",
        "rauwe-melk-van-de-jersey-2",
    }


@pytest.mark.parametrize(
    ("kind", "changes", "field", "said"),
    [
        ("leek", {"name_nl": "  "}, "name_nl", "Give it a name in Dutch"),
        ("leek", {"net_quantity": "0"}, "net_quantity", "more than 0"),
        ("leek", {"net_quantity": "0,5"}, "net_quantity", "one unit is 1 kg"),
        ("eggs", {"net_quantity": "1,5"}, "net_quantity", "Pieces are whole"),
        ("eggs", {"unit_kg": ""}, "unit_kg", "the van must know it"),
        ("eggs", {"net_quantity": "zes"}, "net_quantity", "Enter a number"),
        ("eggs", {"step": "0,5"}, "step", "A box is not cut in two"),
        ("eggs", {"step": "-1"}, "step", "Enter by how much it is ordered"),
        ("eggs", {"sold_by_weight": "on"}, "sold_by_weight", "What is weighed is sold per kg"),
        ("milk", {"max_temperature": "12"}, "max_temperature", "For cold, enter -1 to 7 °C"),
        ("milk", {"unit_kg": "0"}, "unit_kg", "the van must know it"),
        ("ice-cream", {"max_temperature": "-10"}, "max_temperature", "For frozen, enter -40 to -18 °C"),
        ("beer", {"alcohol": ""}, "alcohol", "Alcohol stands on the label"),
        ("beer", {"alcohol": "120"}, "alcohol", "0 to 96"),
        ("beer", {"vat_category": "food"}, "vat_category", "bears the VAT of alcohol"),
        ("beer", {"deposit": "1000"}, "deposit", "€ 100 at most"),
        ("honey", {"shelf_life_days": "0"}, "shelf_life_days", "1 to 3650"),
        ("honey", {"shelf_life_days": "1,5"}, "shelf_life_days", "whole number"),
        ("honey", {"units_per_crate": "0"}, "units_per_crate", "1 to 2000"),
        ("honey", {"allergens": ["moon"]}, "allergens", "not one of the available choices"),
        ("honey", {"season": ["13"]}, "season", "not one of the available choices"),
        ("honey", {"sku": "Honing 1!"}, "sku", "small letters, digits and hyphens"),
        ("honey", {"vat_category": "service"}, "vat_category", "not one of the available choices"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(farm, alice, visit, kind, changes, field, said):
    client, url = visit(alice), reverse("producers:product_new", args=[farm.slug]) + f"?kind={kind}"
    answer = client.post(url, sent(client.get(url).context["form"], **changes))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field} and said in answer.context["form"].errors[field][0]
    assert not farm.products.exists()


def test_what_was_ordered_stays_what_it_is_and_the_rest_may_change(farm, leek, ordered, alice, visit):
    client, url = visit(alice), reverse("producers:product", args=[farm.slug, leek.pk])
    form = client.get(url).context["form"]
    assert form.is_fixed and form.fields["unit"].disabled
    answer = client.post(
        url, sent(form, unit="bunch", net_quantity="0,7", name_en="Winter leek", deposit="0,50"), follow=True
    )
    assert "Saved." in text(answer)
    leek.refresh_from_db()
    assert (leek.unit, leek.net_quantity, str(leek.name), leek.deposit) == ("kg", 1, "Winter leek", D("0.50"))
    line = ordered.lines.get()
    assert (str(line.name), line.deposit, line.unit, line.gross) == ("leek", 0, "kg", D("2.39"))
    for name, value in (("unit", "piece"), ("net_quantity", D(2)), ("step", D(2))):
        changed = Product.objects.get(pk=leek.pk)
        setattr(changed, name, value)
        if name == "unit":
            changed.step = D(1)
        with pytest.raises(Refused) as refused:
            products.keep(product=changed, by=alice)
        assert refused.value.field == name
    assert Product.objects.get(pk=leek.pk).unit == "kg"


def test_a_new_rate_or_crate_holds_for_new_lines_only(leek, supply, ordered, alice, network, day):
    offers = Offer.objects.filter(supply=supply, delivery_day=day, price_group__audience="household")
    assert offers.get().gross == D("2.39")
    leek.units_per_crate = 5
    products.keep(product=leek, by=alice)
    assert offers.get().gross == D("2.65")  # (1.60 + 2 / 5) / 0.8, and 6 %
    leek.vat_category, leek.category, leek.alcohol = "alcohol", "drinks", D(6)
    products.keep(product=leek, by=alice)
    assert offers.get().gross == D("3.03")
    line = ordered.lines.get()
    assert (line.gross, line.vat_rate, line.crate_share) == (D("2.39"), 6, D("0.1"))


def test_its_step_changes_once_the_week_takes_no_orders_any_more(leek, ordered, alice, cycle):
    leek.step = D("0.5")
    with pytest.raises(Refused, match="From Wednesday 4 March on"):
        products.keep(product=leek, by=alice)
    for one in cycle.days.all():
        closing.close_day(day=one)
    products.keep(product=leek, by=alice)
    assert Product.objects.get(pk=leek.pk).step == D("0.5")


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_lost(farm, leek, alice, visit):
    client, url = visit(alice), reverse("producers:product", args=[farm.slug, leek.pk])
    mine, theirs = (client.get(url).context["form"] for _ in range(2))
    client.post(url, sent(theirs, name_nl="Prei van de zus", allergens=["celery"]))
    answer = client.post(url, sent(mine, name_nl="Prei van mij"))
    assert answer.status_code == 422
    assert "Somebody else changed this product" in text(answer)
    assert "Now “Prei van de zus”. Save again to keep what you typed." in text(answer)
    assert "Now celery." in text(answer)
    assert leek.name != Product.objects.get(pk=leek.pk).name
    assert Product.objects.get(pk=leek.pk).name["nl"] == "Prei van de zus"
    client.post(url, sent(answer.context["form"], allergens=["celery"]))
    leek.refresh_from_db()
    assert (leek.name["nl"], leek.allergens) == ("Prei van mij", ["celery"])


def test_a_copy_begins_with_all_of_it_and_its_own_code(farm, leek, alice, visit):
    client, url = visit(alice), reverse("producers:product_new", args=[farm.slug]) + f"?like={leek.pk}"
    form = client.get(url).context["form"]
    assert not form.is_fixed
    client.post(url, sent(form, unit="bunch", net_quantity="0,7"))
    made = farm.products.exclude(pk=leek.pk).get()
    assert (made.sku, made.unit, made.net_quantity, made.shelf_life_days) == ("leek-2", "bunch", D("0.7"), 7)
    other = make_product(make_producer(None, "Hoeve Eve"))
    for asked in (other.pk, "x", "9" * 30):
        url = reverse("producers:product_new", args=[farm.slug]) + f"?like={asked}"
        assert client.get(url).status_code == 404


def test_what_is_archived_leaves_desk_and_shop_and_comes_back(farm, leek, supply, network, day, alice, bob, visit):
    client, url = visit(alice), reverse("producers:product_archive", args=[farm.slug, leek.pk])
    archived = text(client.post(url, follow=True))
    assert "Take it back" in archived and "Alice: archived the product" in archived
    supply.refresh_from_db()
    assert (supply.quantity, [m.change for m in supply.movements.order_by("pk")]) == (0, [20, -20])
    assert not Offer.objects.filter(listed=True).exists()
    assert desk.week_of(farm, MONDAY).rows == []
    assert "leek" not in text(visit(bob).get(reverse("orders:shop", args=[network.slug])))
    listed = reverse("producers:products", args=[farm.slug])
    assert "No products yet" in text(client.get(listed)) and "leek" in text(client.get(listed + "?archived=1"))
    with pytest.raises(Refused, match="archived"):
        products.keep(product=Product.objects.get(pk=leek.pk), by=alice)
    with pytest.raises(Refused):
        stock.announce(product=Product.objects.get(pk=leek.pk), week_on=MONDAY, quantity=D(1), price=D(1), by=alice)
    client.post(url, {"back": "1"})
    week = desk.week_of(farm, MONDAY)
    assert [(row.supply.quantity, row.listed) for row in week.rows] == [(0, False)]
    stock.announce(product=Product.objects.get(pk=leek.pk), week_on=MONDAY, quantity=D(5), price=D(2), by=alice)
    assert Offer.objects.filter(supply=supply).values_list("listed", flat=True)[0]


def test_it_waits_while_somebody_ordered_it_and_then_history_stays(farm, leek, ordered, alice, cycle, visit):
    client, url = visit(alice), reverse("producers:product_archive", args=[farm.slug, leek.pk])
    refused = text(client.post(url, follow=True))
    assert "3 kg of it is ordered for the week of 2 March." in refused and "after Wednesday 4 March" in refused
    assert Product.objects.get(pk=leek.pk).archived_at is None
    for one in DeliveryDay.objects.all():
        closing.close_day(day=one)
    client.post(url)
    assert Product.objects.get(pk=leek.pk).archived_at
    week = desk.week_of(farm, MONDAY)
    assert [(row.product.pk, row.income) for row in week.rows] == [(leek.pk, D("4.80"))]
    assert week.totals.income == D("4.80")
    assert ordered.lines.get().product_id == leek.pk
    with clock.at(clock.now() + timedelta(days=7)), pytest.raises(Refused, match="Last week has nothing"):
        catalogue.repeat_last_week(producer=farm, week_on=MONDAY + timedelta(weeks=1), by=alice)


def test_it_waits_while_it_is_in_a_box_to_come(farm, leek, supply, network, alice):
    box = Box.objects.create(network=network, producer=farm, name="Groentepakket")
    size = BoxSize.objects.create(box=box, name="klein", price=D("4.80"))
    boxes.compose(size=size, week_on=MONDAY, content={leek.pk: D(2)}, by=alice)
    with pytest.raises(Refused, match="in the box Groentepakket of the week of 2 March"):
        products.archive(product=leek, by=alice)
    leek.unit = "piece"
    with pytest.raises(Refused, match="It has been ordered like this"):
        products.keep(product=leek, by=alice)


def test_the_pages_take_few_queries_however_many_products(farm, leek, alice, visit, django_assert_num_queries):
    for number in range(12):
        make_product(farm, f"kale-{number}")
    client = visit(alice)
    for url, queries in (
        (reverse("producers:products", args=[farm.slug]), 5),
        (reverse("producers:product_new", args=[farm.slug]), 4),
        (reverse("producers:product", args=[farm.slug, leek.pk]), 8),
    ):
        client.get(url)
        with django_assert_num_queries(queries):
            client.get(url)


def test_saving_without_a_change_changes_nothing(farm, leek, alice, visit):
    client, url = visit(alice), reverse("producers:product", args=[farm.slug, leek.pk])
    client.post(url, sent(client.get(url).context["form"]))
    assert not journal.history_of(leek).exists()


def test_another_farms_product_does_not_exist_here(farm, alice, visit):
    other = make_product(make_producer(None, "Hoeve Eve"))
    for name in ("product", "product_archive"):
        url = reverse(f"producers:{name}", args=[farm.slug, other.pk])
        assert visit(alice).post(url, {}).status_code == 404
    assert Product.objects.get(pk=other.pk).archived_at is None
