"""What a farmer sees before she sets a price, and what she promised the trade: a fixed price, or a lower one from so many."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from network import clock
from network.errors import Refused
from network.models import Cycle, DeliveryDay
from orders import basket, checkout, closing
from producers import prices, pricing, stock
from producers.models import Agreement, Offer
from tests.conftest import MONDAY, make_network, make_producer, make_product

D = Decimal
pytestmark = pytest.mark.django_db
YEAR = timedelta(days=364)


@pytest.fixture
def supply(cycle, leek, alice):
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(100), price=D("1.60"), by=alice)


@pytest.fixture
def trade(network):
    return network.price_groups.get(audience="trade")


def agree(leek, trade, alice, price, number=0, **more):
    period = {"starts_on": MONDAY, "ends_on": MONDAY + YEAR}
    return prices.agree(product=leek, group=trade, price=D(price), from_quantity=D(number), by=alice, **period | more)


def text(response):
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare.replace("&nbsp;", " ").replace("\u00a0", " "))


def asked(audience):
    return set(Offer.objects.filter(price_group__audience=audience).values_list("price", "gross"))


def test_a_fixed_price_holds_for_the_trade_whatever_the_week_asks(supply, leek, trade, alice):
    assert asked("trade") == {(D("1.60"), D("2.12"))}
    agree(leek, trade, alice, "1.50")
    assert (asked("trade"), asked("household")) == ({(D("1.50"), D("2.00"))}, {(D("1.60"), D("2.39"))})
    stock.announce(product=leek, week_on=MONDAY, quantity=D(100), price=D("2.00"), by=alice)
    assert (asked("trade"), asked("household")) == ({(D("1.50"), D("2.00"))}, {(D("2.00"), D("2.92"))})


def test_it_holds_on_its_days_only_and_an_end_is_an_end(supply, leek, trade, alice, day):
    agreement = agree(leek, trade, alice, "1.50", ends_on=day.on)
    by_day = Offer.objects.filter(price_group=trade).order_by("delivery_day__on").values_list("price", flat=True)
    assert list(by_day.all()) == [D("1.50"), D("1.60")]
    prices.end_agreement(agreement=agreement, by=alice)
    assert list(by_day.all()) == [D("1.60"), D("1.60")]
    assert not Agreement.objects.exists()


def test_an_agreement_of_the_past_stays_on_record(supply, leek, trade, alice):
    agreement = agree(leek, trade, alice, "1.50")
    with clock.at(clock.now() + timedelta(days=10)):
        prices.end_agreement(agreement=agreement, by=alice)
        assert not leek.agreements.current().exists()
    agreement.refresh_from_db()
    assert agreement.last_on == MONDAY + timedelta(days=9)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "0"}, "price"),
        ({"price": "1", "number": "0.5"}, "from_quantity"),
        ({"price": "1", "ends_on": MONDAY - timedelta(days=1)}, "ends_on"),
        ({"price": "1", "ends_on": MONDAY + 3 * YEAR}, "ends_on"),
        ({"price": "1"}, "starts_on"),
    ],
)
def test_what_cannot_be_agreed_is_refused_beside_its_field(supply, leek, trade, alice, change, field):
    agree(leek, trade, alice, "1.50")
    with pytest.raises(Refused) as refused:
        agree(leek, trade, alice, **change)
    assert refused.value.field == field
    assert asked("trade") == {(D("1.50"), D("2.00"))}


def test_households_all_pay_the_same(supply, leek, network, alice):
    with pytest.raises(Refused, match="Households all pay the same"):
        agree(leek, network.price_groups.get(audience="household"), alice, "1")


@pytest.fixture
def outlets(supply, leek, trade, alice, shop, eli, day):
    """Eli's basket at her door, where leek costs less from twenty and less again from fifty."""
    agree(leek, trade, alice, "1.50", 20)
    agree(leek, trade, alice, "1.30", 50)
    order = basket.open_order(buyer=shop.organisation, delivery=day.deliveries.get(outlet=shop), by=eli)
    offer = Offer.objects.get(delivery_day=day, price_group=trade)

    def take(quantity):
        basket.fill(order=order, quantities={offer.pk: D(quantity)}, by=eli)
        line = order.lines.get()
        return line.price, line.gross

    return order, take


def test_a_volume_price_follows_the_quantity_of_the_line(outlets):
    _order, take = outlets
    assert take(19) == (D("1.60"), D("2.12"))
    assert take(20) == (D("1.50"), D("2.00"))
    assert take(60) == (D("1.30"), D("1.77"))
    assert take(5) == (D("1.60"), D("2.12"))


def test_who_goes_back_to_what_she_confirmed_pays_what_she_confirmed(outlets, eli, day):
    order, take = outlets
    take(20)
    checkout.place_order(order=order, by=eli)
    assert take(50) == (D("1.30"), D("1.77"))
    with clock.at(clock.now() + timedelta(hours=2)):
        assert basket.expire_holds() == 1
    line = order.lines.get()
    assert (line.quantity, line.price, line.gross) == (20, D("1.50"), D("2.00"))
    take(4)
    closing.close_day(day=day)
    line.refresh_from_db()
    assert (line.quantity, line.price, line.net) == (20, D("1.50"), D("1.8889"))


def test_a_line_agreed_before_the_prices_changed_keeps_its_price(outlets, leek, alice):
    _order, take = outlets
    take(5)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(100), price=D("2.00"), by=alice)
    assert take(6) == (D("1.60"), D("2.12"))


def test_the_parts_of_every_tier_add_up(outlets, day, trade):
    offer = Offer.objects.get(delivery_day=day, price_group=trade)
    found = pricing.prices_of(offer)
    assert [least for least, _price in found] == [0, 20, 50]
    assert all(price.price + price.tariff + price.contribution == price.net for _least, price in found)


def test_the_trade_sees_from_how_many_it_costs_less(outlets, network, eli, visit):
    shown = text(visit(eli).get(reverse("orders:shop", args=[network.slug])))
    assert "€ 2.00 from 20, € 1.77 from 50" in shown


def others_sell(network, cycle: Cycle, number, price="2", **fields):
    for index in range(number):
        other = make_producer(network, f"Hoeve {index}")
        product = make_product(other, dfc_type="dfc-pt:leek", **fields)
        stock.announce(product=product, week_on=MONDAY, quantity=D(5), price=D(price) + index, by=None)


def test_what_others_ask_is_shown_from_four_farms_on(supply, network, cycle, leek):
    type(leek).objects.filter(pk=leek.pk).update(dfc_type="dfc-pt:leek")
    leek.refresh_from_db()
    others_sell(network, cycle, 2)
    assert prices.compared(leek) is None
    fourth = make_product(make_producer(network, "Hoeve D"), dfc_type="dfc-pt:leek", net_quantity=D("0.5"))
    stock.announce(product=fourth, week_on=MONDAY, quantity=D(5), price=D(1), by=None)
    assert prices.compared(leek) == prices.Compared(4, D("2.39"), D("3.18"), D("4.24"))


def test_another_unit_another_network_and_the_past_are_not_compared(supply, network, cycle, leek):
    type(leek).objects.filter(pk=leek.pk).update(dfc_type="dfc-pt:leek")
    leek.refresh_from_db()
    others_sell(network, cycle, 3, unit="bunch")
    assert prices.compared(leek) is None
    others_sell(make_network("leuven"), cycle, 0)
    type(leek).objects.exclude(pk=leek.pk).update(unit="kg")
    assert prices.compared(leek) is not None
    DeliveryDay.objects.update(status="closed")
    assert prices.compared(leek) is None


def test_the_page_shows_the_chain_the_year_and_keeps_her_cost_to_herself(
    supply, farm, leek, network, alice, dana, visit, django_assert_num_queries
):
    client, url = visit(alice), reverse("producers:price", args=[farm.slug, leek.pk])
    client.get(url)
    with django_assert_num_queries(24):
        shown = text(client.get(url))
    assert "Gent, households: € 2.39" in shown and "Gent, outlets and farm shops: € 2.12" in shown
    assert "The farmer 67 % € 1.60 Transport 8 % € 0.20" in shown
    assert "2 March 2026 € 1.60" in shown
    assert "Fewer than 4 farms" in shown
    kept = client.post(url, {"what": "cost", "cost": "1,10"}, follow=True)
    assert "Left per kg now: € 0.50" in text(kept) and "your own cost" in text(kept).lower()
    for page in (
        url,
        reverse("producers:supply", args=[supply.pk]),
        reverse("orders:product", args=[network.slug, leek.pk]),
        reverse("producers:week", args=[farm.slug, MONDAY]),
    ):
        assert "1.10" not in visit(dana).get(page).content.decode()
    assert visit(dana).get(url).status_code == 403
    wrong = client.post(url, {"what": "cost", "cost": "-1"})
    assert wrong.status_code == 422 and "0 or more" in text(wrong)


def test_an_agreement_is_made_and_ended_on_the_page(supply, farm, leek, trade, alice, visit):
    client, url = visit(alice), reverse("producers:price", args=[farm.slug, leek.pk])
    sent = {"what": "agreement", "group": trade.pk, "price": "1,50", "from_quantity": "20", "starts_on": "2026-03-02"}
    wrong = client.post(url, sent | {"ends_on": "2026-02-01"})
    assert wrong.status_code == 422 and "Choose an end after the beginning" in text(wrong)
    made = client.post(url, sent | {"ends_on": "2026-12-31"}, follow=True)
    assert "€ 1.50 from 20 kg" in text(made) and "2 March 2026 to 31 December 2026" in text(made)
    ended = client.post(reverse("producers:end_agreement", args=[farm.slug, Agreement.objects.get().pk]), follow=True)
    assert "Ended." in text(ended) and not Agreement.objects.exists()
