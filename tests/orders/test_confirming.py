"""The last look, the button, and what follows: the mail in the reader's language with an event, what changed, what came."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse

from network import clock, journal, outbox
from network.models import DeliveryDay, OrganisationRole, OutboxEntry
from orders import billing, checkout, closing, moving
from orders.models import OrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_person, make_point, make_product

D = Decimal


def sent():
    """The mails of everything that waits, by the address they went to."""
    mail.outbox.clear()
    outbox.drain()
    assert not OutboxEntry.objects.waiting().exclude(error="").exists()
    return {message.to[0]: message for message in mail.outbox}


def body_of(browser, order, **data):
    return browser.post(reverse("orders:confirm", args=[order.pk]), {"substitution": "refund"} | data, follow=True)


def test_the_summary_says_what_where_when_and_until_when(
    visit, basket_of, supply, household, bob, django_assert_num_queries
):
    order = basket_of(household, bob, 5)
    OrderLine.objects.update(sold_by_weight=True, deposit=D("0.15"))
    browser = visit(bob)
    with django_assert_num_queries(5):
        answer = browser.get(reverse("orders:confirm", args=[order.pk]))
    page = answer.content.decode()
    for said in (
        "Thursday 5 March, 17",
        "Punt a1",
        "Kouter 1, 9000 Gent",
        "You can change or cancel it until Tuesday 3 March, 12",
        "Estimate, VAT included",
        "At most, after weighing",
        "Deposits, back when you return the empties",
        "Order with obligation to pay",
        "We ask this once.",
    ):
        assert said in page, said
    basket_ = answer.context["basket"]
    assert (basket_["due"], basket_["due_at_most"], basket_["deposit"]) == (D("12.70"), D("13.90"), D("0.75"))
    assert "€\xa012.70" in page and "€\xa013.90" in page


def test_what_to_do_when_something_is_missing_is_asked_once(visit, basket_of, supply, household, bob):
    browser = visit(bob)
    order = basket_of(household, bob, 5)
    confirm = reverse("orders:confirm", args=[order.pk])
    assert browser.post(confirm, {}).context["form"].errors.keys() == {"substitution"}
    body_of(browser, order, substitution="ask")
    household.refresh_from_db()
    assert household.substitution == "ask"
    basket_of(household, bob, 6)
    page = browser.get(confirm).content.decode()
    assert "If something cannot be brought: call me first" in page and "We ask this once." not in page
    body_of(browser, order, substitution="replace")
    household.refresh_from_db()
    assert household.substitution == "replace"


def test_a_basket_that_was_filled_further_in_another_tab_is_shown_before_it_binds(
    visit, basket_of, supply, household, bob
):
    browser = visit(bob)
    order = basket_of(household, bob, 5)
    confirm = reverse("orders:confirm", args=[order.pk])
    shown = browser.get(confirm).context["order"].version
    assert f'name="seen" value="{shown}"' in browser.get(confirm).content.decode()
    order = basket_of(household, bob, 8)
    answer = body_of(browser, order, seen=shown)
    page = answer.content.decode()
    assert answer.status_code == 422 and "This is what is in it now: look once more." in page
    assert f'name="seen" value="{order.version}"' in page and answer.context["lines"][0]["line"].quantity == 8
    order.refresh_from_db()
    assert order.status == "basket"
    body_of(browser, order, seen=order.version)
    order.refresh_from_db()
    assert (order.status, order.lines.get().confirmed) == ("confirmed", 8)


@pytest.mark.parametrize(
    ("language", "subject", "said", "summary"),
    [
        ("en", "Your order for Thursday 5 March", "You can change or cancel it until Tuesday 3 March, 12:00.", "Collect your basket: Punt a1"),
        ("nl", "Je bestelling voor donderdag 5 maart", "Je kan ze wijzigen of annuleren tot dinsdag 3 maart, 12:00.", "Haal je mand op: Punt a1"),
        ("fr", "Votre commande pour jeudi 5 mars", "Vous pouvez la modifier ou l'annuler jusqu'à mardi 3 mars, 12:00.", "Retirez votre panier : Punt a1"),
    ],
)  # fmt: skip
def test_the_mail_and_its_event_are_in_the_language_of_the_reader(
    ordered, supply, household, bob, language, subject, said, summary
):
    bob.language = language
    bob.save()
    order = ordered(household, bob, 5)
    message = sent()["Bob <bob@example.org>"]
    assert message.subject == subject
    assert said in message.body and "Punt a1, Kouter 1, 9000 Gent" in message.body
    assert "11" in message.body and f"{order.number}." in message.body
    assert str(message.alternatives[0].content).startswith("<!doctype html>")
    (name, event, kind), _picture = message.attachments
    assert (name, kind) == ("kouter.ics", "text/calendar; method=REQUEST")
    lines = event.replace("\r\n ", "").split("\r\n")
    expected = [
        "METHOD:REQUEST",
        f"UID:order-{order.pk}@kouter",
        f"SEQUENCE:{order.version}",
        "DTSTART:20260305T160000Z",
        "DTEND:20260305T180000Z",
        f"SUMMARY:{summary}",
        "LOCATION:Punt a1\\, Kouter 1\\, 9000 Gent",
        "ATTENDEE;RSVP=FALSE:mailto:bob@example.org",
        "STATUS:CONFIRMED",
    ]
    assert [line for line in lines if line in expected] == expected
    assert all(len(line.encode()) <= 75 for line in event.split("\r\n"))


def test_everybody_of_the_household_reads_it_in_her_own_language(ordered, supply, household, bob):
    OrganisationRole.objects.create(organisation=household, person=make_person("babette", language="fr"))
    bob.language = "en"
    bob.save()
    ordered(household, bob, 5)
    assert {to: message.subject for to, message in sent().items()} == {
        "Bob <bob@example.org>": "Your order for Thursday 5 March",
        "Babette <babette@example.org>": "Votre commande pour jeudi 5 mars",
    }


def test_what_changed_is_on_the_summary_in_the_mail_and_in_the_history(
    visit, ordered, basket_of, supply, household, bob, farm, alice, day
):
    bob.language = "en"
    bob.save()
    order = ordered(household, bob, 5)
    sent()
    chard = stock.announce(product=make_product(farm, "chard"), week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    basket_of(household, bob, 3)
    offer = Offer.objects.get(supply=chard, delivery_day=day, price_group__audience="household")
    basket_of(household, bob, 2, of=offer)
    browser = visit(bob)
    changes = browser.get(reverse("orders:confirm", args=[order.pk])).context["changes"]
    assert [(row["name"], row["was"], row["becomes"]) for row in changes["rows"]] == [("leek", 5, 3), ("chard", 0, 2)]
    assert (changes["was"], changes["becomes"]) == (D("11.95"), D("13.01"))
    page = browser.get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert "You changed this order and have not confirmed that yet." in page
    body_of(browser, order)
    message = sent()["Bob <bob@example.org>"]
    assert message.subject == "Your order for Thursday 5 March has changed"
    assert "leek: 5 → 3 kg\nchard: 0 → 2 kg\nAll products: €\xa011.95 → €\xa013.01\n" in message.body
    page = browser.get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert "leek: 5 → 3 kg" in page and "€\xa011.95 → €\xa013.01" in page


def test_a_move_is_in_the_mail_and_the_event_follows(ordered, supply, household, bob, network, day, delivery):
    bob.language = "en"
    bob.save()
    near = make_point(network, "near")
    there = day.deliveries.create(
        pickup_point=near, place=near.place, starts_at=delivery.starts_at, ends_at=delivery.ends_at
    )
    order = ordered(household, bob, 2)
    first = sent()["Bob <bob@example.org>"].attachments[0][1]
    moving.move_basket(order=order, to=there, by=bob)
    message = sent()["Bob <bob@example.org>"]
    assert message.subject == "Your order for Thursday 5 March has changed"
    assert "Punt a1 → Punt near" in message.body
    event = message.attachments[0][1]
    assert f"UID:order-{order.pk}@kouter" in event and "SUMMARY:Collect your basket: Punt near" in event
    versions = [int(text.split("SEQUENCE:")[1].split("\r\n")[0]) for text in (first, event)]
    assert versions[0] < versions[1]


def test_cancelling_takes_the_event_out_again(ordered, basket_of, supply, household, bob):
    order = ordered(household, bob, 5)
    sent()
    checkout.cancel_order(order=order, by=bob)
    [(_name, event, kind)] = sent()["Bob <bob@example.org>"].attachments
    assert kind == "text/calendar; method=CANCEL"
    assert "METHOD:CANCEL\r\n" in event and "STATUS:CANCELLED\r\n" in event


def test_the_event_can_be_downloaded_by_the_household_alone(visit, ordered, basket_of, supply, household, bob, charlie):
    url = reverse("orders:calendar", args=[basket_of(household, bob, 2).pk])
    assert visit(bob).get(url).status_code == 404
    ordered(household, bob, 5)
    answer = visit(bob).get(url)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert answer.content.decode().startswith("BEGIN:VCALENDAR\r\n")
    assert visit(charlie).get(url).status_code == 404


def test_too_late_says_when_it_closed_which_day_is_next_and_takes_the_basket_there(
    visit, basket_of, supply, household, bob, network, point, shop, day, cycle
):
    friday = make_point(network, "fri", weekday=4)
    later = cycle.days.exclude(pk=day.pk).get()
    delivery = later.deliveries.create(
        pickup_point=friday, place=friday.place, starts_at=later.closes_at, ends_at=later.closes_at + timedelta(hours=2)
    )
    order = basket_of(household, bob, 5)
    browser = visit(bob)
    with clock.at(day.closes_at):
        answer = browser.post(reverse("orders:confirm", args=[order.pk]), {"substitution": "refund"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Ordering for this day has closed: it did on Tuesday 3 March, 12" in page
        assert "Friday 6 March still takes orders, until Wednesday 4 March, 12" in page
        assert "Order with obligation to pay" not in page
        moved = browser.post(reverse("orders:move", args=[order.pk]), {"to": delivery.pk, "next": "confirm"})
        order = later.deliveries.get(pickup_point=friday).orders.get()
        assert moved.url == reverse("orders:confirm", args=[order.pk])
        assert body_of(browser, order).status_code == 200
    order.refresh_from_db()
    assert (order.status, order.lines.get().confirmed) == ("confirmed", 5)


def test_a_second_before_the_cut_off_is_in_and_at_the_cut_off_is_not(basket_of, ordered, supply, household, bob, day):
    order = basket_of(household, bob, 5)
    with clock.at(day.closes_at - timedelta(seconds=1)):
        assert checkout.place_order(order=order, by=bob).status == "confirmed"
    basket_of(household, bob, 6)
    with clock.at(day.closes_at), pytest.raises(checkout.Refused, match="Friday 6 March still takes orders"):
        checkout.place_order(order=order, by=bob)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
    assert order.lines.get().confirmed == 5


def test_after_the_cut_off_the_page_says_what_will_come_and_after_the_day_what_came(
    visit, ordered, supply, household, bob, day, dana, farm, alice
):
    meat = stock.announce(
        product=make_product(farm, "meat", sold_by_weight=True), week_on=MONDAY, quantity=D(9), price=D(2), by=alice
    )
    ordered(household, bob, 2, of=Offer.objects.get(supply=meat, delivery_day=day, price_group__audience="household"))
    order = ordered(household, bob, 5)
    browser = visit(bob)
    page = reverse("orders:detail", args=[order.pk])
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        text = browser.get(page).content.decode()
        assert "Ordering has closed." in text and "your pickup number" in text
        assert reverse("orders:confirm", args=[order.pk]) not in text
    order.lines.filter(product__sku="leek").update(packed=D(4))
    order.lines.filter(product__sku="meat").update(packed=D("1.85"))
    text = browser.get(page).content.decode()
    assert "you get 4" in text and "weighed: 1.85" in text
    assert "€\xa09.56" in text and "At most, after weighing" not in text
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    day.refresh_from_db()
    billing.bill_day(day=day)
    text = browser.get(page).content.decode()
    assert "Delivered. Below is what you really got" in text and "you get 4" in text and "€\xa09.56" in text


def test_a_basket_that_was_never_confirmed_says_that_nothing_comes(visit, basket_of, supply, household, bob, day):
    order = basket_of(household, bob, 5)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        browser = visit(bob)
        answer = browser.get(reverse("orders:confirm", args=[order.pk]), follow=True)
    assert "Ordering closed before this basket was confirmed: nothing will come." in answer.content.decode()


def test_alcohol_is_declared_here_and_checked_when_it_is_handed_over(
    visit, basket_of, household, bob, farm, alice, day, cycle
):
    bob.language = "en"
    bob.save()
    cider = make_product(farm, "cider", category="drinks", vat_category="alcohol", alcohol=D(5))
    stock.announce(product=cider, week_on=MONDAY, quantity=D(5), price=D(3), by=alice)
    offer = Offer.objects.get(supply__product=cider, delivery_day=day, price_group__audience="household")
    order = basket_of(household, bob, 1, of=offer)
    browser = visit(bob)
    answer = body_of(browser, order)
    assert answer.context["form"].errors.keys() == {"age_declared"}
    answer = body_of(browser, order, age_declared="on")
    assert "bring an identity card, you must be 16 or older" in answer.content.decode()
    assert "shows to be 16 or older" in sent()["Bob <bob@example.org>"].body


def test_the_order_page_makes_so_many_queries(visit, ordered, supply, household, bob, django_assert_num_queries):
    order = ordered(household, bob, 5)
    browser = visit(bob)
    with django_assert_num_queries(14):
        browser.get(reverse("orders:detail", args=[order.pk]))
    assert journal.history_of(order).count() == 1
