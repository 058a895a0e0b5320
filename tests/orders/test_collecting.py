"""The number said aloud where an order is collected, and the code on its buyer's phone."""

from decimal import Decimal as D

import pytest
from django.core import mail as sent
from django.urls import reverse

from orders import basket, checkout, collecting, mail, qr
from orders.models import Order
from tests.conftest import make_household, make_person


def test_numbers_of_a_delivery_follow_one_another_and_stay(ordered, household, bob, network, delivery, offer):
    first = ordered(household, bob, 2)
    carl = make_person("carl")
    second = ordered(make_household(network, "Gezin Carl", carl), carl, 1)
    assert (first.number, second.number) == (101, 102)
    assert len({first.code, second.code}) == 2
    assert {len(first.code), len(second.code)} == {12}
    again = checkout.place_order(order=basket.fill(order=first, quantities={offer.pk: D(3)}, by=bob), by=bob)
    assert (again.number, again.code) == (first.number, first.code)


def test_a_cancelled_number_is_not_given_to_another(ordered, household, bob, network):
    first = ordered(household, bob, 2)
    checkout.cancel_order(order=first, by=bob)
    carl = make_person("carl")
    assert ordered(make_household(network, "Gezin Carl", carl), carl, 1).number == 102
    assert ordered(household, bob, 2).number == 101


def test_a_basket_has_no_number_yet(basket_of, household, bob, visit):
    order = basket_of(household, bob, 2)
    assert (order.number, order.code) == (None, None)
    page = visit(bob).get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert "your pickup number" not in page


def test_numbers_go_on_after_three_digits(ordered, household, bob, network):
    first = ordered(household, bob, 2)
    Order.objects.filter(pk=first.pk).update(number=999)
    carl = make_person("carl")
    assert ordered(make_household(network, "Gezin Carl", carl), carl, 1).number == 1000


def test_what_is_brought_to_the_door_needs_no_number(ordered, household, bob):
    order = ordered(household, bob, 1)
    order.number = order.code = order.delivery.pickup_point_id = None
    collecting.give_number(order)
    assert (order.number, order.code) == (None, None)


def test_the_order_page_shows_number_and_code(ordered, household, bob, visit):
    order = ordered(household, bob, 2)
    page = visit(bob).get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert f"<strong>{order.number}</strong>" in page
    assert qr.svg(order) in page
    assert f'aria-label="QR code {order.code}"' in page


@pytest.mark.parametrize("kind", ["order_confirmed", "order_closed"])
def test_the_mail_carries_number_and_code(ordered, household, bob, kind):
    order = ordered(household, bob, 2)
    getattr(mail, kind)(order.pk)
    (message,) = sent.outbox
    assert f"{order.number}." in message.body
    assert "cid:picture" in message.alternatives[0][0]
    picture = message.attachments[-1]
    assert (picture.get_content_type(), picture["Content-ID"]) == ("image/png", "<picture>")
    assert picture.get_payload(decode=True) == qr.png(order)
