"""A basket nobody comes back to lets go of its goods after an hour, remembers them, and is put back as far as it can be."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from network import clock
from network.errors import Refused
from orders import basket, checkout, closing
from orders.models import LapsedLine, Order
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, NOW, make_household, make_person, make_product

D = Decimal
LATER = NOW + timedelta(minutes=61)


@pytest.fixture
def chard(farm, alice, day) -> Offer:
    product = make_product(farm, "chard", step=D("0.5"))
    supply = stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    return Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")


@pytest.fixture
def lapsed(offer, chard, basket_of, household, bob) -> Order:
    """Bob's five kilos of leek and four of chard, let go at one past eleven in Brussels."""
    basket_of(household, bob, 5)
    order = basket_of(household, bob, 4, of=chard)
    with clock.at(LATER):
        basket.expire_holds()
    order.refresh_from_db()
    return order


def remembered(order):
    return dict(order.lapsed.values_list("offer", "quantity"))


def reserved(offer):
    offer.supply.refresh_from_db()
    return offer.supply.reserved


def test_what_lapses_is_remembered_and_held_no_more(lapsed, offer, chard):
    assert remembered(lapsed) == {offer.pk: 5, chard.pk: 4}
    assert (reserved(offer), reserved(chard), lapsed.lines.count(), lapsed.hold_expires_at) == (0, 0, 0, None)
    assert set(lapsed.lapsed.values_list("lapsed_at", flat=True)) == {LATER}


def test_it_is_put_back_whole_and_held_again(lapsed, offer, chard, bob):
    with clock.at(LATER):
        order, missed = basket.refill(order=lapsed, by=bob)
    assert (missed, remembered(order)) == ({}, {})
    assert dict(order.lines.values_list("offer", "quantity")) == {offer.pk: 5, chard.pk: 4}
    assert (reserved(offer), reserved(chard), order.hold_expires_at) == (5, 4, LATER + basket.HOLD)


def test_what_is_sold_meanwhile_is_said_and_what_is_left_of_it_goes_in(
    lapsed, offer, chard, basket_of, network, bob, farm, alice
):
    charlie = make_person("neighbour")
    other = make_household(network, "Gezin Ernaast", charlie)
    basket_of(other, charlie, 20)
    basket_of(other, charlie, D("6.5"), of=chard)
    order, missed = basket.refill(order=lapsed, by=bob)
    assert missed == {offer.pk: "This has just sold out.", chard.pk: "Only 2.5 left: that much is in."}
    assert dict(order.lines.values_list("offer", "quantity")) == {chard.pk: D("2.5")}
    assert (reserved(offer), reserved(chard), remembered(order)) == (20, 9, {})


def test_it_comes_back_at_the_price_of_now(lapsed, offer, leek, alice, bob):
    stock.announce(product=leek, week_on=MONDAY, quantity=D(20), price=D("3.00"), by=alice)
    order, _missed = basket.refill(order=lapsed, by=bob)
    assert order.lines.get(offer=offer).price == D("3.00")


def test_a_change_of_a_confirmed_order_lapses_and_comes_back_as_a_change(ordered, basket_of, offer, household, bob):
    ordered(household, bob, 5)
    for quantity in (8, 2, 0):
        order = basket_of(household, bob, quantity)
        with clock.at(LATER):
            basket.expire_holds()
        assert remembered(order) == {offer.pk: quantity}
        assert order.lines.get().quantity == 5
        order, missed = basket.refill(order=order, by=bob)
        line = order.lines.get()
        assert (line.quantity, line.confirmed, missed, reserved(offer)) == (quantity, 5, {}, max(quantity, 5))


def test_asking_for_a_product_anew_or_leaving_it_forgets_it(lapsed, offer, chard, basket_of, household, bob):
    basket_of(household, bob, 1)
    assert remembered(lapsed) == {chard.pk: 4}
    basket.leave(order=lapsed)
    assert remembered(lapsed) == {}


def test_lapsing_twice_remembers_the_last(lapsed, offer, chard, basket_of, household, bob):
    with clock.at(LATER):
        basket_of(household, bob, 7)
    with clock.at(LATER + timedelta(hours=2)):
        assert (basket.expire_holds(), basket.expire_holds()) == (1, 0)
    assert remembered(lapsed) == {offer.pk: 7, chard.pk: 4}


def test_a_basket_that_lapsed_is_not_confirmed_unseen(lapsed, ordered, basket_of, household, bob):
    with pytest.raises(Refused, match="Put it back first"):
        checkout.place_order(order=lapsed, by=bob)
    order, _missed = basket.refill(order=lapsed, by=bob)
    assert checkout.place_order(order=order, by=bob).status == "confirmed"


def test_nor_is_a_change_that_lapsed_taken_for_confirmed(ordered, basket_of, household, bob):
    ordered(household, bob, 5)
    order = basket_of(household, bob, 8)
    with clock.at(LATER):
        basket.expire_holds()
    with pytest.raises(Refused, match="Put it back first"):
        checkout.place_order(order=order, by=bob)


def test_cancelling_and_closing_forget_it(lapsed, offer, chard, basket_of, household, bob, day):
    checkout.cancel_order(order=lapsed, by=bob)
    assert remembered(lapsed) == {}
    basket_of(household, bob, 3)
    with clock.at(LATER):
        basket.expire_holds()
    assert remembered(lapsed) == {offer.pk: 3}
    closing.close_day(day=day)
    assert not LapsedLine.objects.exists()


def test_after_the_cut_off_it_stays_as_it_is(lapsed, offer, chard, bob, day):
    with clock.at(day.closes_at), pytest.raises(Refused, match="Ordering for this day has closed"):
        basket.refill(order=lapsed, by=bob)
    assert remembered(lapsed) == {offer.pk: 5, chard.pk: 4}


@pytest.mark.parametrize("name", ["orders:shop", "orders:confirm"])
def test_looking_at_it_keeps_it_an_hour_more(name, offer, basket_of, household, bob, network, visit):
    order = basket_of(household, bob, 5)
    url = reverse(name, args=[network.slug if name == "orders:shop" else order.pk])
    for minutes, until in ((4, 60), (50, 110), (100, 160)):
        with clock.at(NOW + timedelta(minutes=minutes)):
            visit(bob).get(url)
            assert basket.expire_holds() == 0
        order.refresh_from_db()
        assert order.hold_expires_at == NOW + timedelta(minutes=until)


def test_looking_does_not_bring_back_what_has_lapsed(lapsed, bob, network, visit):
    with clock.at(LATER):
        visit(bob).get(reverse("orders:shop", args=[network.slug]))
    lapsed.refresh_from_db()
    assert (lapsed.hold_expires_at, lapsed.lines.count()) == (None, 0)


def test_the_page_says_until_when_it_is_kept(offer, basket_of, household, bob, network, visit):
    basket_of(household, bob, 5)
    page = visit(bob).get(reverse("orders:shop", args=[network.slug])).content.decode()
    assert "Kept for you until 11:00, and longer while you are busy with it." in page


def test_the_shop_and_the_summary_offer_to_put_it_back(lapsed, offer, chard, bob, network, visit):
    her = visit(bob)
    sentence = "Your basket was kept for you until Monday 11:01, then let go."
    for url in (reverse("orders:shop", args=[network.slug]), reverse("orders:confirm", args=[lapsed.pk])):
        assert sentence in her.get(url).content.decode()
    answer = her.post(reverse("orders:refill", args=[lapsed.pk]), {"summary": ""}, follow=True)
    assert answer.redirect_chain == [(reverse("orders:confirm", args=[lapsed.pk]), 302)]
    page = answer.content.decode()
    assert "Your basket had been let go after an hour. Everything is back in it." in page
    assert sentence not in page
    assert dict(lapsed.lines.values_list("offer", "quantity")) == {offer.pk: 5, chard.pk: 4}


def test_it_can_be_left(lapsed, bob, network, visit):
    answer = visit(bob).post(reverse("orders:refill", args=[lapsed.pk]), {"leave": ""}, follow=True)
    assert "then let go" not in answer.content.decode()
    assert (remembered(lapsed), lapsed.lines.count()) == ({}, 0)


def test_nobody_puts_back_the_basket_of_another(lapsed, charlie, dana, visit):
    for person in (charlie, dana):
        assert visit(person).post(reverse("orders:refill", args=[lapsed.pk])).status_code == 404
    assert len(remembered(lapsed)) == 2


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize("script", [True, False])
def test_a_page_that_stood_open_over_the_hour_goes_on_with_what_it_shows(
    lapsed, offer, chard, delivery, household, bob, network, visit, script
):
    """It still shows five leeks and four chard; one leek more is six, and the chard is back."""
    said = {f"q{offer.pk}": "6", f"w{offer.pk}": "5", f"q{chard.pk}": "4", f"w{chard.pk}": "4"}
    url = reverse("orders:fill", args=[network.slug, delivery.pk])
    data = said | {"seen": milliseconds(NOW), "buyer": household.pk}
    headers = {"hx-request": "true"} if script else {}
    with clock.at(LATER + timedelta(hours=9)):
        answer = visit(bob).post(url, data, headers=headers, follow=True)
    assert answer.status_code == 200
    assert "Everything is back in it." in answer.content.decode()
    assert dict(lapsed.lines.values_list("offer", "quantity")) == {offer.pk: 6, chard.pk: 4}


def test_a_page_that_knew_it_was_empty_gets_nothing_it_does_not_show(
    lapsed, offer, chard, delivery, household, bob, network, visit
):
    url = reverse("orders:fill", args=[network.slug, delivery.pk])
    for seen in (milliseconds(LATER), "", "x", "9" * 20, "9" * 5000):
        data = {f"q{offer.pk}": "6", "seen": seen, "buyer": household.pk}
        assert visit(bob).post(url, data, headers={"hx-request": "true"}).status_code == 200
        assert (remembered(lapsed), lapsed.lines.get().quantity) == ({chard.pk: 4}, 6)
