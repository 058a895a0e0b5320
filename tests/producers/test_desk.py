"""The farmer's desk: three fields per row, each row saved on its own, with scripts and without."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from network import clock
from network.models import Membership
from producers import desk, stock
from producers.models import Offer, Product, Supply
from tests.conftest import MONDAY, make_network, make_person, make_producer, make_product, open_week

D = Decimal
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


def row_url(farm: Any, product: Any, week: Any = MONDAY) -> str:
    return reverse("producers:announce", args=[farm.slug, week, product.pk])


def text(response: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare.replace("&nbsp;", " ").replace("\u00a0", " "))


@pytest.fixture
def supply(cycle, leek, alice) -> Supply:
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    stock.reserve({supply.pk: D("12")})
    return supply


def test_the_desk_shows_stock_price_what_customers_pay_and_what_is_ordered(supply, farm, alice, visit) -> None:
    shown = text(visit(alice).get(reverse("producers:desk", args=[farm.slug])))
    for words in ("2 March to 8 March", "households € 2.39", "outlets and farm shops € 2.12", "12 ordered · 38 left"):
        assert words in shown
    assert "Expected this week € 19.20" in shown
    assert "If all of it sells € 80.00" in shown


def test_the_desk_takes_as_many_queries_for_one_product_as_for_twenty(
    supply, farm, leek, alice, visit, django_assert_num_queries
) -> None:
    client, url = visit(alice), reverse("producers:week", args=[farm.slug, MONDAY])
    client.get(url)
    with django_assert_num_queries(18):
        client.get(url)
    rows = [stock.Announcement(make_product(farm, f"p{i}"), D(5), D(2)) for i in range(20)]
    stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    with django_assert_num_queries(18):
        client.get(url)


def test_a_row_is_saved_with_comma_decimals(supply, farm, leek, alice, visit) -> None:
    answer = visit(alice).post(row_url(farm, leek), {"quantity": "62", "price": "1,85", "listed": "on"}, headers=HTMX)
    assert answer.status_code == 200
    supply.refresh_from_db()
    assert (supply.quantity, supply.price, supply.reserved) == (D(62), D("1.85"), D(12))
    shown = text(answer)
    assert "Saved at" in shown and "households € 2.72" in shown and "12 ordered · 50 left" in shown
    assert "Expected this week € 22.20" in shown, "the totals of the week come along"
    assert "Who ordered before you changed the price keeps the old one." in shown
    for old in ('name="quantity" value="50"', 'name="price" value="1.6"', 'name="listed" value="on"', 'name="exact"'):
        assert old in answer.content.decode(), "what undo goes back to"


def test_without_scripts_saving_leads_back_to_the_row(supply, farm, leek, alice, visit) -> None:
    answer = visit(alice).post(row_url(farm, leek), {"quantity": "62", "price": "1.85"}, follow=True)
    assert answer.redirect_chain == [(reverse("producers:week", args=[farm.slug, MONDAY]) + f"#p{leek.pk}", 302)]
    assert "Saved: leek." in text(answer)
    assert set(Offer.objects.values_list("listed", flat=True)) == {False}


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(
    ("quantity", "price", "field", "message"),
    [
        ("veel", "1,60", "quantity", "Enter a number"),
        ("-1", "1,60", "quantity", "cannot be negative"),
        ("50,5", "1,60", "quantity", "Enter a multiple"),
        ("999999", "1,60", "quantity", "smaller quantity"),
        ("", "1,60", "quantity", "Enter how much you have, or 0."),
        ("50", "", "price", "Enter what you want to receive."),
        ("50", "0", "price", "1 cent or more"),
        ("50", "1,23456", "price", "At most 4 decimals."),
        ("11", "1,60", "quantity", "12 kg of leek is already ordered."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_changes(
    supply, farm, leek, alice, visit, quantity, price, field, message, headers
) -> None:
    answer = visit(alice).post(
        row_url(farm, leek), {"quantity": quantity, "price": price, "listed": "on"}, headers=headers
    )
    assert answer.status_code == 422
    assert message in text(answer)
    assert f'id="{field}-{leek.pk}_error"' in answer.content.decode()
    for typed in filter(None, (quantity, price)):
        assert f'value="{typed}"' in answer.content.decode(), "what was typed stays"
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(50), D("1.60"))
    assert supply.movements.count() == 1


def test_a_row_that_does_not_change_is_not_written_again(supply, farm, leek, alice, visit) -> None:
    same = {"quantity": "50,0", "price": "1.60", "listed": "on"}
    assert visit(alice).post(row_url(farm, leek), same, headers=HTMX).status_code == 204
    again = visit(alice).post(row_url(farm, leek), same | {"wrong": "1"}, headers=HTMX)
    assert again.status_code == 200 and "aria-invalid" not in again.content.decode()
    assert supply.movements.count() == 1


def test_a_price_alone_shows_what_customers_would_pay(cycle, farm, leek, alice, visit) -> None:
    answer = visit(alice).post(row_url(farm, leek), {"quantity": "", "price": "1,60", "listed": "on"}, headers=HTMX)
    assert answer.status_code == 200
    assert "households € 2.39" in text(answer) and "Fill in the stock" in text(answer)
    assert not Supply.objects.exists()
    assert visit(alice).post(row_url(farm, leek), {"quantity": "", "price": "x"}, headers=HTMX).status_code == 422


def test_prices_of_two_networks_are_named_where_they_differ(network, cycle, farm, leek, alice, visit) -> None:
    leuven = make_network("leuven")
    leuven.price_groups.filter(audience="household").update(contribution=D("0.3"))
    Membership.objects.create(network=leuven, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    open_week(leuven)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    shown = text(visit(alice).get(reverse("producers:desk", args=[farm.slug])))
    assert "households, Gent € 2.39" in shown and "households, Leuven € 2.73" in shown
    assert "outlets and farm shops € 2.12" in shown


def test_as_last_week_is_one_click(network, cycle, supply, farm, alice, visit) -> None:
    week = MONDAY + timedelta(weeks=1)
    open_week(network, week)
    client = visit(alice)
    assert "1 product of last week is not here yet." in text(
        client.get(reverse("producers:week", args=[farm.slug, week]))
    )
    answer = client.post(reverse("producers:repeat", args=[farm.slug, week]), follow=True)
    assert "1 product announced as last week." in text(answer)
    assert "not here yet" not in text(answer)
    again = client.post(reverse("producers:repeat", args=[farm.slug, week]), follow=True)
    assert "Last week has nothing that is not here already." in text(again)
    assert Supply.objects.get(week_on=week).quantity == 50


def test_a_week_that_is_over_can_be_read_but_not_changed(supply, farm, leek, alice, visit) -> None:
    client = visit(alice)
    with clock.at(clock.now() + timedelta(days=5)):
        shown = client.get(reverse("producers:week", args=[farm.slug, MONDAY]))
        assert "12 ordered" in text(shown) and 'name="quantity"' not in shown.content.decode()
        refused = client.post(row_url(farm, leek), {"quantity": "60", "price": "2", "listed": "on"}, headers=HTMX)
    assert refused.status_code == 422 and "Ordering for this week has closed." in text(refused)
    supply.refresh_from_db()
    assert supply.quantity == 50


def test_the_desk_opens_on_the_first_week_she_can_announce_for(network, cycle, farm, alice) -> None:
    open_week(network, MONDAY + timedelta(weeks=1))
    assert desk.present_week(farm) == MONDAY
    with clock.at(clock.now() + timedelta(days=3)):
        assert desk.present_week(farm) == MONDAY + timedelta(weeks=1)
    with clock.at(clock.now() + timedelta(days=30)):
        assert desk.present_week(farm) == clock.monday_of(clock.today())


def test_weeks_are_linked_to_those_before_and_after(network, cycle, farm, leek, alice, visit) -> None:
    for weeks in (-1, 1):
        open_week(network, MONDAY + timedelta(weeks=weeks))
    shown = visit(alice).get(reverse("producers:week", args=[farm.slug, MONDAY])).content.decode()
    for day in ("2026-02-23", "2026-03-09"):
        assert reverse("producers:week", args=[farm.slug, day]) in shown


@pytest.mark.parametrize("week", ["2026-03-03", "2026-13-01", "nonsense", "20260302x"])
def test_what_is_no_monday_is_no_week(cycle, farm, leek, alice, visit, week) -> None:
    assert visit(alice).get(reverse("producers:week", args=[farm.slug, week])).status_code == 404
    assert visit(alice).post(row_url(farm, leek, week), {}).status_code == 404


def test_nobody_else_announces_in_her_name(network, supply, farm, leek, bob, household, charlie, dana, visit) -> None:
    eve = make_person("eve")
    make_producer(network, "Hoeve Eve", eve)
    for person, status in ((eve, 403), (bob, 403), (dana, 403), (charlie, 404)):
        answer = visit(person).post(row_url(farm, leek), {"quantity": "99", "price": "9", "listed": "on"}, headers=HTMX)
        assert answer.status_code == status
        assert visit(person).post(reverse("producers:repeat", args=[farm.slug, MONDAY])).status_code == status
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(50), D("1.60"))


def test_products_of_others_and_archived_ones_have_no_row(network, cycle, farm, leek, alice, visit) -> None:
    other = make_product(make_producer(network, "Hoeve Ann"), "carrot")
    assert visit(alice).post(row_url(farm, other), {"quantity": "1", "price": "1"}).status_code == 404
    Product.objects.filter(pk=leek.pk).update(archived_at=clock.now())
    assert visit(alice).post(row_url(farm, leek), {"quantity": "1", "price": "1"}).status_code == 404
    assert "No products yet" in text(visit(alice).get(reverse("producers:desk", args=[farm.slug])))


WAS = {"was_quantity": "50", "was_price": "1.6", "was_shelf": "2.39"}


def saw(network: Any, **more: str) -> dict[str, str]:
    """The row as it showed fifty kilos at 1.60, on sale in her network."""
    return {"quantity": "50", "price": "1.60", "listed": "on", "was_selling": str(network.pk)} | WAS | more


def test_what_somebody_else_of_the_farm_changed_meanwhile_is_not_overwritten(
    supply, network, farm, leek, alice, visit
) -> None:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(40), price=D("1.60"), by=make_person("els"))
    answer = visit(alice).post(row_url(farm, leek), saw(network, price="1,85"), headers=HTMX)
    assert answer.status_code == 200
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(40), D("1.85")), "each kept what she changed herself"


def test_the_same_field_changed_by_two_shows_both_values_and_she_chooses(
    supply, network, farm, leek, alice, visit
) -> None:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(40), price=D("1.60"), by=make_person("els"))
    client = visit(alice)
    answer = client.post(row_url(farm, leek), saw(network, quantity="60"), headers=HTMX)
    assert answer.status_code == 422
    assert "Els made this 40 while you were typing." in text(answer)
    shown = answer.content.decode()
    assert (
        'value="60"' in shown and 'name="was_quantity" value="40"' in shown and 'name="take" value="quantity"' in shown
    )
    supply.refresh_from_db()
    assert supply.quantity == 40
    mine = client.post(row_url(farm, leek), saw(network, quantity="60", was_quantity="40", mine="1"), headers=HTMX)
    assert mine.status_code == 200
    supply.refresh_from_db()
    assert supply.quantity == 60
    stock.announce(product=leek, week_on=MONDAY, quantity=D(45), price=D("1.60"), by=alice)
    theirs = saw(network, quantity="70", price="1,70", was_quantity="45", take="quantity")
    assert client.post(row_url(farm, leek), theirs, headers=HTMX).status_code == 200
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(45), D("1.70"))


def test_announced_by_somebody_else_meanwhile_is_seen_too(cycle, network, farm, leek, alice, visit) -> None:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(40), price=D("1.60"), by=make_person("els"))
    sent = saw(network, quantity="60", was_quantity="", was_price="", was_shelf="")
    answer = visit(alice).post(row_url(farm, leek), sent, headers=HTMX)
    assert answer.status_code == 422 and "Els made this 40" in text(answer)


def test_on_and_off_is_merged_like_the_rest(supply, network, farm, leek, alice, visit) -> None:
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), listed=False, by=make_person("els"))
    assert visit(alice).post(row_url(farm, leek), saw(network, price="1,85"), headers=HTMX).status_code == 200
    assert set(Offer.objects.values_list("listed", "price")) == {(False, D("1.85"))}


def test_on_in_one_network_and_off_in_the_other(network, cycle, farm, leek, alice, visit) -> None:
    leuven = make_network("leuven")
    Membership.objects.create(network=leuven, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    open_week(leuven)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    client = visit(alice)
    shown = client.get(reverse("producers:desk", args=[farm.slug])).content.decode()
    for pk in (network.pk, leuven.pk):
        assert re.search(rf'name="in_{pk}"[^>]* checked', shown)
    sent = {"quantity": "50", "price": "1,60", f"in_{leuven.pk}": "on"}
    assert client.post(row_url(farm, leek), sent, headers=HTMX).status_code == 200
    by_network = Offer.objects.values_list("delivery_day__cycle__network", "listed").distinct()
    assert set(by_network.all()) == {(network.pk, False), (leuven.pk, True)}
    stock.announce(product=leek, week_on=MONDAY, quantity=D(70), price=D("1.60"), by=alice)
    assert set(by_network.all()) == {(network.pk, False), (leuven.pk, True)}, "another quantity leaves that as it is"


@pytest.mark.parametrize("price", ["16", "0,16"])
def test_a_price_far_from_last_weeks_is_asked_about(network, cycle, farm, leek, alice, visit, price) -> None:
    open_week(network, MONDAY + timedelta(weeks=1))
    stock.announce(product=leek, week_on=MONDAY, quantity=D(50), price=D("1.60"), by=alice)
    url, sent = row_url(farm, leek, MONDAY + timedelta(weeks=1)), {"quantity": "50", "price": price, "listed": "on"}
    answer = visit(alice).post(url, sent, headers=HTMX)
    assert answer.status_code == 422 and "last time it was € 1.60. Is that right?" in text(answer)
    assert not Supply.objects.filter(week_on=MONDAY + timedelta(weeks=1)).exists()
    sure = re.search(r'name="sure" value="([\d.]+)"', answer.content.decode())
    assert sure and visit(alice).post(url, sent | {"sure": sure[1]}, headers=HTMX).status_code == 200
    assert Supply.objects.get(week_on=MONDAY + timedelta(weeks=1)).price == D(price.replace(",", "."))


def test_she_may_type_what_the_shop_shows(supply, network, farm, leek, alice, visit) -> None:
    client = visit(alice)
    done = client.post(reverse("producers:typing", args=[farm.slug]), {"shelf": "1", "week": str(MONDAY)}, follow=True)
    assert "you receive € 1.60" in text(done) and "Type what I receive" in text(done)
    assert re.search(r'name="price" value="2.39"', done.content.decode())
    farm.refresh_from_db()
    sent = saw(network, price="2,39", quantity="60")
    assert client.post(row_url(farm, leek), sent, headers=HTMX).status_code == 200
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(60), D("1.60")), "a shelf price that was not touched changes nothing"
    answer = client.post(
        row_url(farm, leek), saw(network, price="2,50", quantity="60", was_quantity="60"), headers=HTMX
    )
    assert "households € 2.50" in text(answer)
    supply.refresh_from_db()
    assert supply.price == D("1.6868")
    low = client.post(
        row_url(farm, leek), saw(network, price="0,20", was_price="1.6868", was_shelf="2.50"), headers=HTMX
    )
    assert low.status_code == 422 and "nothing is left for you" in text(low)
