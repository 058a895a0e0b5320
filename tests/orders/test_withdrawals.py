"""
Goods that keep come back within 14 days: declared in two steps, acknowledged at once, credited when they are there. Jam:
€ 4 + 0,15 tariff + 1,0375 contribution = 5,1875 net, 5,50 on the shelf, 0,30 deposit a jar.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from network import clock, outbox
from network.errors import Refused
from network.models import Account, DeliveryDay, JournalEntry, Network, OrganisationRole, Person
from orders import basket, billing, checkout, closing, collecting, crediting, empties, withdrawals
from orders.models import Document, Order, OrderLine, PurchaseOrderLine, Withdrawal, WithdrawalLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_network, make_product
from tests.orders.test_billing import booked
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def jam(offer: Offer, day: DeliveryDay, farm: Any, alice: Person) -> Offer:
    product = make_product(
        farm, "jam", category="pantry", unit="jar", storage_class="ambient", perishable=False, deposit=D("0.30")
    )
    stock.announce(product=product, week_on=MONDAY, quantity=D(20), price=D(4), by=alice)
    return Offer.objects.get(supply__product=product, delivery_day=day, price_group__audience="household")


@pytest.fixture
def bought(jam: Offer, offer: Offer, household: Any, delivery: Any, bob: Person, day: DeliveryDay) -> Order:
    """Bob's 2 kilo leek and 5 jars, closed."""
    Person.objects.update(language="en")
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(2), jam.pk: D(5)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    closing.close_day(day=day)
    return Order.objects.get(pk=order.pk)


@pytest.fixture
def billed(bought: Order, day: DeliveryDay) -> Order:
    settle(day)
    return Order.objects.get(pk=bought.pk)


def settle(day: DeliveryDay) -> None:
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    day.refresh_from_db()
    billing.bill_day(day=day)
    DeliveryDay.objects.filter(pk=day.pk).update(status="settled")


def jars(order: Order) -> OrderLine:
    return order.lines.get(product__sku="jam")


def declared(order: Order, bob: Person, quantity: int = 2) -> Withdrawal:
    return withdrawals.declare(order=order, wanted={jars(order).pk: D(quantity)}, by=bob)


def back(withdrawal: Withdrawal, dana: Person, quantity: int) -> bool:
    return withdrawals.receive(withdrawal=withdrawal, came={withdrawal.lines.get().pk: D(quantity)}, by=dana)


def test_in_two_steps_a_household_withdraws_and_has_it_in_writing_at_once(billed, bob, visit) -> None:
    client = visit(bob)
    assert f'href="{reverse("orders:withdrawals")}"' in client.get("/").content.decode()
    page = reverse("orders:withdraw", args=[billed.pk])
    assert page in client.get(reverse("orders:withdrawals")).content.decode()
    shown = text(client.get(page))
    assert "Jam (optional) At most 5 jar." in shown
    assert "leek It spoils quickly: the law lets nobody give it back." in shown
    field = f"q{jars(billed).pk}"
    first = client.post(page, {field: "2"})
    assert "Confirm the withdrawal" in text(first) and "Confirmation to bob@example.org jam 2 jar" in text(first)
    assert not Withdrawal.objects.exists()
    answer = client.post(page, {field: "2", "confirm": "1"}, follow=True)
    assert "A mail with its date and hour is on its way to bob@example.org." in text(answer)
    assert "2 jar jam Declared Monday 2 March, 10:00 · to be brought back" in text(answer)
    outbox.drain()
    (message,) = [message for message in mail.outbox if message.subject.startswith("We received")]
    assert message.to == ["bob@example.org"]
    assert f"on Monday 2 March, 10:00 (2026) you withdrew from the contract of order {billed.pk}, for:" in message.body
    assert "2 jar  jam" in message.body
    entry = JournalEntry.objects.get(action="withdrew from the contract")
    assert (entry.actor, entry.subject_id) == (bob, billed.pk)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("6", "You can give back 5 of this at most."),
        ("1,5", "This is sold per 1."),
        ("-1", "A quantity cannot be negative."),
        ("veel", "Enter a number, such as 2 or 1,5."),
        ("NaN", "Enter a number, such as 2 or 1,5."),
        ("", "Enter how much of what you give back."),
    ],
)
@pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}])
def test_what_cannot_be_given_back_is_said_and_nothing_is_declared(billed, bob, visit, typed, said, confirm) -> None:
    page = reverse("orders:withdraw", args=[billed.pk])
    answer = visit(bob).post(page, {f"q{jars(billed).pk}": typed} | confirm)
    assert answer.status_code == 422 and said in text(answer)
    assert not Withdrawal.objects.exists()


def test_perishables_and_lines_of_others_are_not_taken_whatever_is_posted(billed, bob, visit) -> None:
    leek = billed.lines.get(product__sku="leek")
    page = reverse("orders:withdraw", args=[billed.pk])
    answer = visit(bob).post(page, {f"q{leek.pk}": "1", "q999999": "1", "confirm": "1"})
    assert answer.status_code == 422 and "Enter how much" in text(answer)
    with pytest.raises(Refused, match="spoils quickly"):
        withdrawals.declare(order=billed, wanted={leek.pk: D(1)}, by=bob)


def test_what_was_declared_cannot_be_declared_again(billed, bob, dana) -> None:
    first = declared(billed, bob, 2)
    with pytest.raises(Refused, match="3 of this at most"):
        declared(billed, bob, 4)
    declared(billed, bob, 3)
    with pytest.raises(Refused, match="Nothing is left of it"):
        declared(billed, bob, 1)
    back(first, dana, 1)
    left = {row.line.product.sku: row.most for row in withdrawals.returnable(billed)}
    assert left == {"leek": 0, "jam": 1}


def test_the_last_day_is_the_fourteenth_or_the_working_day_after(billed, bob, visit) -> None:
    assert withdrawals.ends_on(billed) == date(2026, 3, 19)
    page = reverse("orders:withdraw", args=[billed.pk])
    with clock.at(clock.moment(date(2026, 3, 19), clock.now().time().replace(hour=23, minute=59))):
        assert visit(bob).get(page).status_code == 200
    with clock.at(clock.moment(date(2026, 3, 20), clock.now().time().replace(hour=0))):
        assert visit(bob).get(page).status_code == 404
        assert "There is no order of the last 14 days" in text(visit(bob).get(reverse("orders:withdrawals")))
        with pytest.raises(Refused, match="have passed"):
            declared(billed, bob)


@pytest.mark.parametrize(
    ("collected", "last"),
    [
        (date(2026, 3, 7), date(2026, 3, 23)),  # Saturday: Monday
        (date(2026, 3, 20), date(2026, 4, 3)),  # Good Friday is no legal holiday
        (date(2026, 3, 21), date(2026, 4, 7)),  # Saturday before Easter: Tuesday
        (date(2026, 4, 30), date(2026, 5, 15)),  # Ascension Day
        (date(2026, 12, 11), date(2026, 12, 28)),  # Christmas on a Friday
        (date(2026, 12, 18), date(2027, 1, 4)),  # New Year on a Friday
    ],
)
def test_weekends_and_legal_holidays_move_the_last_day(bought, day, collected, last) -> None:
    bought.delivery.delivery_day.on = collected
    assert withdrawals.ends_on(bought) == last


def test_strangers_shops_and_orders_before_their_cut_off_have_no_such_page(
    jam, shop, eli, household, bob, charlie, delivery, day, visit
) -> None:
    order = basket.open_order(buyer=household, delivery=delivery, by=bob)
    basket.fill(order=order, quantities={jam.pk: D(1)}, by=bob)
    order = checkout.place_order(order=order, by=bob)
    page = reverse("orders:withdraw", args=[order.pk])
    assert visit(bob).get(page).status_code == 404
    closing.close_day(day=day)
    assert visit(bob).get(page).status_code == 200
    assert visit(charlie).get(page).status_code == 404
    Order.objects.filter(pk=order.pk).update(buyer=shop.organisation)
    assert visit(eli).get(page).status_code == 404


# It is back


def test_what_came_back_is_credited_with_its_deposit_and_the_purchase_stands(billed, bob, dana, visit) -> None:
    withdrawal = declared(billed, bob, 3)
    page = reverse("orders:receive", args=["gent", withdrawal.pk])
    client = visit(dana)
    assert page in client.get(reverse("orders:returns", args=["gent"])).content.decode()
    row = withdrawal.lines.get()
    assert 'value="3"' in client.get(page).content.decode()
    assert "That is more than was announced." in text(client.post(page, {f"r{row.pk}": "4"}))
    answer = client.post(page, {f"r{row.pk}": "2"}, follow=True)
    assert "What came back is credited" in text(answer) and "Came back" in text(answer)
    note = Document.objects.get(kind="credit_note")
    assert (note.gross, note.deposit, note.recipient, note.order) == (D("11.00"), D("0.60"), billed.buyer, billed)
    assert booked(f"sale:{billed.pk}:credit:1") == {
        "buyer": D("-11.60"),
        "sales": D("8.00"),
        "tariff": D("0.30"),
        "contribution": D("2.08"),
        "vat": D("0.62"),
        "deposits": D("0.60"),
    }
    assert jars(billed).billed == 5 and jars(billed).returned == 2
    assert WithdrawalLine.objects.get().received == 2
    assert empties.owed(billed.buyer).charged == D("0.90")
    outbox.drain()
    (message,) = [message for message in mail.outbox if message.subject.startswith("Your goods")]
    assert "2 jar  jam" in message.body and "credit note" in message.body
    assert client.get(page).status_code == 404
    assert back(withdrawal, dana, 2) is False
    assert Document.objects.filter(kind="credit_note").count() == 1


def test_nothing_came_credits_nothing(billed, bob, dana) -> None:
    assert back(declared(billed, bob), dana, 0)
    assert not Document.objects.filter(kind="credit_note").exists()
    outbox.drain()
    (message,) = [message for message in mail.outbox if message.subject.startswith("Your goods")]
    assert "credit note" not in message.body


def test_before_the_day_is_settled_it_can_be_declared_and_not_yet_credited(bought, bob, dana, day) -> None:
    withdrawal = declared(bought, bob)
    with pytest.raises(Refused, match="not settled yet"):
        back(withdrawal, dana, 2)
    assert Withdrawal.objects.get().received_at is None
    settle(day)
    assert back(withdrawal, dana, 2)
    assert Document.objects.get(kind="credit_note").gross == D("11.00")


def test_where_the_farm_sells_it_takes_its_goods_back_and_its_contribution(
    network, bought, bob, dana, day, farm
) -> None:
    Network.objects.filter(pk=network.pk).update(flow="facilitation")
    settle(day)
    back(declared(bought, bob), dana, 2)
    notes = {paper.issuer: paper for paper in Document.objects.filter(kind="credit_note")}
    assert notes[farm.organisation].gross == D("11.00")
    assert notes[network.organisation].net == D("2.08")
    assert booked(f"sale:{bought.pk}:credit:1")["producer"] == D("11.30")


def test_what_came_back_is_not_credited_once_more_as_missing(billed, bob, dana, day) -> None:
    back(declared(billed, bob, 4), dana, 4)
    line = PurchaseOrderLine.objects.get(product__sku="jam")
    with pytest.raises(Refused, match="Only 1 was billed"):
        crediting.credit(day=day, missing={line.pk: D(2)}, by=dana, reason="x")
    crediting.credit(day=day, missing={line.pk: D(1)}, by=dana, reason="x")
    assert (jars(billed).billed, jars(billed).returned) == (4, 4)
    assert Account.objects.with_balance().get(kind="deposits").balance == 0


def test_what_came_back_cannot_be_missing_at_the_point_either(billed, bob, dana) -> None:
    back(declared(billed, bob, 4), dana, 4)
    with pytest.raises(Refused, match="4 of jam came back and was credited already") as refused:
        collecting.record_given(order=billed, gets={jars(billed).pk: D(3)}, by=dana)
    assert refused.value.field == "gets"
    collecting.record_given(order=billed, gets={jars(billed).pk: D(4)}, by=dana)
    assert (jars(billed).billed, jars(billed).returned) == (4, 4)


def test_coordinators_of_other_networks_see_no_returns(billed, bob, dana, visit) -> None:
    make_network("leuven")
    withdrawal = declared(billed, bob)
    assert visit(dana).get(reverse("orders:returns", args=["leuven"])).status_code == 404
    assert visit(dana).get(reverse("orders:receive", args=["leuven", withdrawal.pk])).status_code == 404
    assert visit(bob).get(reverse("orders:receive", args=["gent", withdrawal.pk])).status_code == 403


def test_a_housemate_sees_what_was_withdrawn(billed, bob, charlie, visit) -> None:
    declared(billed, bob)
    OrganisationRole.objects.create(organisation=billed.buyer, person=charlie, role="member")
    assert "2 jar jam" in text(visit(charlie).get(reverse("orders:withdrawals")))
    assert make_household(billed.delivery.delivery_day.network, "Gezin Anders").orders.count() == 0


def test_the_pages_have_a_fixed_number_of_queries(billed, bob, dana, visit, django_assert_num_queries) -> None:
    pages = [(bob, reverse("orders:withdrawals"), 7), (dana, reverse("orders:returns", args=["gent"]), 8)]
    for _time in range(2):
        declared(billed, bob, 1)
        for person, url, count in pages:
            client = visit(person)
            client.get(url)
            with django_assert_num_queries(count):
                client.get(url)
