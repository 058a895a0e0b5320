"""Less than was ordered, before the cut-off: who gives up what under each rule, the cut itself, and the page that shows both."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryCapacity, DeliveryDay, OutboxEntry
from orders import basket, closing, cutting
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer, StockMovement
from tests.conftest import make_household, make_person

D = Decimal


@pytest.fixture
def three(supply, ordered, network, alice):
    """Ann ordered 6 kg first, Bea 3, Cis 1 last: ten of the twenty kilos."""
    orders = []
    for minute, (name, quantity) in enumerate((("ann", 6), ("bea", 3), ("cis", 1))):
        person = make_person(name)
        with clock.at(clock.now() + timedelta(minutes=minute)):
            orders.append(ordered(make_household(network, f"Gezin {name}", person), person, quantity))
    supply.refresh_from_db()
    return orders


def keeps(supply, quantity, rule):
    return [share.keeps for share in cutting.plan(supply=supply, quantity=D(quantity), rule=rule).shares]


def cut(supply, quantity, by, rule="pro_rata", **more):
    mark = cutting.plan(supply=supply, quantity=D(quantity), rule=rule).mark
    made = cutting.cut(supply=supply, quantity=D(quantity), rule=rule, mark=mark, by=by, **more)
    supply.refresh_from_db()
    return made


@pytest.mark.parametrize(
    ("rule", "quantity", "kept"),
    [
        ("pro_rata", 5, [3, 1, 1]),
        ("pro_rata", 0, [0, 0, 0]),
        ("first_come", 5, [5, 0, 0]),
        ("first_come", 9, [6, 3, 0]),
        ("rotation", 5, [1, 3, 1]),
    ],
)
def test_who_keeps_what_under_each_rule(three, supply, rule, quantity, kept):
    assert keeps(supply, quantity, rule) == kept


def test_in_turn_spares_who_got_less_the_last_time(three, supply, alice):
    cut(supply, 9, alice, "rotation")
    assert keeps(supply, 6, "rotation") == [5, 0, 1], "Ann gave up one; now it is Bea's turn"


@pytest.mark.parametrize(
    ("quantity", "sentence"), [(10, "There is enough"), (-1, "cannot be negative"), ("4.5", "sold per 1")]
)
def test_what_cannot_be_is_refused_beside_the_field(three, supply, quantity, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        cutting.plan(supply=supply, quantity=D(quantity), rule="pro_rata")
    assert refused.value.field == "quantity"


def test_a_cut_lowers_lines_and_supply_gives_room_back_and_tells_everybody(three, supply, alice, delivery):
    ann = three[0]
    cut(supply, 5, alice, keep_rule=True)
    assert (supply.quantity, supply.reserved) == (5, 5)
    assert list(OrderLine.objects.order_by("pk").values_list("quantity", "confirmed")) == [(3, 3), (1, 1), (1, 1)]
    assert DeliveryCapacity.objects.get(delivery=delivery, storage_class="cool").booked == D("0.5")
    assert [(m.change, m.reason) for m in StockMovement.objects.filter(reason="shortage")] == [(D(-15), "shortage")]
    noted = journal.history_of(ann).first()
    assert (noted.action, noted.actor, noted.reason) == ("got less", alice, "leek: 6 → 3 kg")
    assert journal.history_of(three[2]).filter(action="got less").count() == 0, "Cis keeps hers"
    version = ann.version
    ann.refresh_from_db()
    assert (ann.version, ann.status) == (version + 1, "confirmed")
    assert OutboxEntry.objects.filter(kind="order_cut").count() == 2


def test_who_gets_less_reads_what_and_why_in_her_language(three, supply, alice):
    OutboxEntry.objects.all().delete()
    cut(supply, 5, alice)
    assert outbox.drain() == 2
    assert [m.to[0].split(" ")[0] for m in mail.outbox] == ["Ann", "Bea"]
    body = " ".join(mail.outbox[0].body.split())
    assert "Hoeve Alice" in body and "3 kg" in body and "6" in body
    outbox.handle(OutboxEntry.objects.first().pk)
    assert len(mail.outbox) == 2


def test_what_nobody_confirmed_goes_first_and_an_order_without_lines_is_called_off(
    three, supply, basket_of, network, alice
):
    dirk = make_person("dirk")
    waiting = basket_of(make_household(network, "Gezin Dirk", dirk), dirk, 4)
    supply.refresh_from_db()
    assert keeps(supply, 10, "pro_rata") == [6, 3, 1, 0]
    cut(supply, 6, alice, "first_come")
    for order, status, hold in (
        (three[0], "confirmed", None),
        (three[1], "cancelled", None),
        (waiting, "basket", None),
    ):
        order.refresh_from_db()
        assert (order.status, order.hold_expires_at) == (status, hold)
    assert (supply.quantity, supply.reserved) == (6, 6)


def test_a_change_that_waits_is_cut_before_what_was_confirmed(three, supply, basket_of, alice):
    ann = three[0]
    basket_of(ann.buyer, ann.placed_by, 9)
    supply.refresh_from_db()
    cut(supply, 11, alice)
    line = ann.lines.get()
    assert (line.quantity, line.confirmed) == (7, 6)
    cut(supply, 10, alice)
    line.refresh_from_db()
    ann.refresh_from_db()
    assert (line.quantity, line.confirmed, ann.hold_expires_at) == (6, 6, None)


def test_what_was_shown_is_what_is_done_or_nothing(three, supply, ordered, household, bob, alice):
    mark = cutting.plan(supply=supply, quantity=D(5), rule="pro_rata").mark
    ordered(household, bob, 2)
    with pytest.raises(Refused, match="Look at the list again"):
        cutting.cut(supply=supply, quantity=D(5), rule="pro_rata", mark=mark, by=alice)
    supply.refresh_from_db()
    assert (supply.quantity, supply.reserved) == (20, 12)


def test_days_that_have_closed_keep_what_they_have(three, supply, household, bob, day, alice):
    closing.close_day(day=day)
    friday = DeliveryDay.objects.exclude(pk=day.pk).get()
    assert friday.status == "open"
    with pytest.raises(Refused, match="10 is for days that have closed"):
        cutting.plan(supply=supply, quantity=D(9), rule="pro_rata")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(quantity=st.integers(0, 9), rule=st.sampled_from(["pro_rata", "rotation", "first_come"]))
def test_what_is_kept_is_what_there_is_and_nobody_gets_more(three, supply, quantity, rule):
    kept = keeps(supply, quantity, rule)
    assert sum(kept) == quantity
    assert all(0 <= keep <= had for keep, had in zip(kept, (6, 3, 1)))


def text(response):
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare.replace("\u00a0", " "))


def test_the_page_shows_who_gets_less_before_anything_changes(three, supply, alice, visit, django_assert_num_queries):
    client, url = visit(alice), reverse("orders:cut", args=[supply.pk])
    assert "Announced 20 kg, ordered 10." in text(client.get(url))
    with django_assert_num_queries(7):
        shown = client.get(url, {"quantity": "5", "rule": "first_come"})
    assert "2 orders get less" not in text(shown) and "3 orders get less, 5 kg in all" in text(shown)
    assert f"Order {three[0].pk} Punt a1, Thursday 6 5" in text(shown)
    supply.refresh_from_db()
    assert supply.quantity == 20
    mark = re.search(r'name="mark" value="(\w+)"', shown.content.decode())[1]
    sent = {"quantity": "5", "rule": "first_come", "mark": mark, "keep_rule": "on"}
    done = client.post(url, sent, follow=True)
    assert "Everybody who gets less has been sent a mail." in text(done)
    supply.refresh_from_db()
    supply.product.producer.refresh_from_db()
    assert (supply.quantity, supply.product.producer.shortage_rule) == (5, "first_come")
    again = client.post(url, sent)
    assert again.status_code == 422 and "There is enough" in text(again)


@pytest.mark.parametrize(
    ("quantity", "sentence"), [("veel", "Enter a number"), ("", "required"), ("1.2.3", "one comma")]
)
def test_what_is_wrong_is_said_beside_the_field(three, supply, alice, visit, quantity, sentence):
    shown = visit(alice).get(reverse("orders:cut", args=[supply.pk]), {"quantity": quantity, "rule": "pro_rata"})
    assert sentence in text(shown)
    assert "get less," not in text(shown)


def test_the_row_on_the_desk_leads_there(three, supply, farm, leek, alice, visit):
    url = reverse("producers:announce", args=[farm.slug, supply.week_on, leek.pk])
    answer = visit(alice).post(url, {"quantity": "5", "price": "1,60", "listed": "on"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "10 kg of leek is already ordered." in text(answer)
    assert f'href="{reverse("orders:cut", args=[supply.pk])}?quantity=5"' in answer.content.decode()


def test_nobody_else_cuts_in_her_name(three, supply, dana, charlie, visit):
    url = reverse("orders:cut", args=[supply.pk])
    for person, status in ((dana, 403), (charlie, 404), (three[0].placed_by, 403)):
        assert visit(person).post(url, {"quantity": "0", "rule": "pro_rata"}).status_code == status
    supply.refresh_from_db()
    assert supply.quantity == 20


def test_an_outlet_is_named_and_a_new_order_is_possible_again(supply, offer, ordered, shop, eli, day, alice, visit):
    trade = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="trade")
    order = basket.open_order(buyer=shop.organisation, delivery=day.deliveries.get(outlet=shop), by=eli)
    basket.fill(order=order, quantities={trade.pk: D(10)}, by=eli)
    supply.refresh_from_db()
    shown = visit(alice).get(reverse("orders:cut", args=[supply.pk]), {"quantity": "4", "rule": "pro_rata"})
    assert "Winkel Eli in a basket, not confirmed" in text(shown)
    cut(supply, 4, alice)
    stock.announce(product=supply.product, week_on=supply.week_on, quantity=D(9), price=D("1.6"), by=alice)
    basket.fill(order=Order.objects.get(), quantities={trade.pk: D(9)}, by=eli)
