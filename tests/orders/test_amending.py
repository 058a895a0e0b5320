"""A coordinator changes a closed order: stock, room, the farm's purchase order and the buyer's mail follow; all or nothing."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse

from network import journal, outbox
from network.errors import Refused
from network.models import DeliveryCapacity, DeliveryDay, OutboxEntry
from orders import amending, billing, closing, shortages
from orders.models import OrderLine, PurchaseChange, PurchaseOrder, PurchaseOrderLine
from producers import stock
from producers.models import Offer, Supply
from tests.conftest import MONDAY, make_producer, make_product

D = Decimal


@pytest.fixture
def jam(network, cycle, day):
    """Jam of another farm, of which Bob ordered nothing: ten jars."""
    bea = make_producer(network, "Confituur Bea")
    product = make_product(bea, "jam", category="pantry", unit="jar", storage_class="ambient")
    supply = stock.announce(product=product, week_on=MONDAY, quantity=D(10), price=D(4), by=None)
    return Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")


@pytest.fixture
def order(supply, ordered, household, bob, day, jam):
    """Bob's five kilos of leek, closed."""
    order = ordered(household, bob, 5)
    closing.close_day(day=day)
    OutboxEntry.objects.all().delete()
    order.refresh_from_db()
    return order


def amend(order, offer, quantity, by, reason="Forgotten"):
    return amending.amend(order=order, offer=offer, quantity=D(quantity), reason=reason, by=by)


def booked(order, storage_class="cool"):
    return DeliveryCapacity.objects.get(delivery=order.delivery, storage_class=storage_class).booked


@pytest.mark.parametrize(("quantity", "kind", "difference"), [(8, "more", 3), (2, "less", -3)])
def test_more_or_less_of_what_was_ordered(order, offer, dana, quantity, kind, difference):
    amend(order, offer, quantity, dana)
    line = order.lines.get()
    assert (line.quantity, line.confirmed) == (quantity, quantity)
    assert Supply.objects.get(pk=offer.supply_id).reserved == quantity
    assert booked(order) == D(quantity) / 10
    change = PurchaseChange.objects.get()
    assert (change.kind, change.difference, change.after, change.reason) == (kind, difference, quantity, "Forgotten")
    assert (change.by, change.by_farm, change.version) == (dana, False, 2)
    asked = PurchaseOrderLine.objects.get()
    assert (asked.quantity, asked.purchase_order.total) == (quantity, D("1.60") * quantity)
    assert journal.history_of(order).first().reason == "Forgotten"


def test_a_product_and_a_farm_that_were_not_in_it(order, jam, dana, alice):
    amend(order, jam, 2, dana)
    assert sorted(order.lines.values_list("product__sku", "quantity")) == [("jam", 2), ("leek", 5)]
    purchase = PurchaseOrder.objects.get(producer=jam.supply.product.producer)
    assert (purchase.total, purchase.lines.get().quantity) == (8, 2)
    assert purchase.changes.get().kind == "more"


def test_what_is_taken_out_leaves_and_an_empty_order_is_cancelled(order, offer, jam, dana):
    amend(order, jam, 2, dana)
    amend(order, jam, 0, dana)
    order.refresh_from_db()
    assert (order.status, order.lines.count()) == ("closed", 1)
    amend(order, offer, 0, dana)
    order.refresh_from_db()
    assert (order.status, order.lines.count()) == ("cancelled", 0)
    assert set(PurchaseOrderLine.objects.values_list("quantity", flat=True)) == {D(0)}
    assert Supply.objects.get(pk=offer.supply_id).reserved == 0
    assert OutboxEntry.objects.filter(kind="order_cancelled").count() == 1


@pytest.mark.parametrize(
    ("quantity", "reason", "sentence", "field"),
    [
        ("5", "x", "already", "quantity"),
        ("21", "x", "Only 20 left", "quantity"),
        ("5.5", "x", "sold per 1", "quantity"),
        ("-1", "x", "cannot be negative", "quantity"),
        ("6", "  ", "Say why", "reason"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(order, offer, dana, quantity, reason, sentence, field):
    with pytest.raises(Refused, match=sentence) as refused:
        amend(order, offer, quantity, dana, reason)
    assert refused.value.field == field
    assert (order.lines.get().quantity, PurchaseChange.objects.count(), OutboxEntry.objects.count()) == (5, 0, 0)


def test_what_is_missing_already_is_corrected_first(order, offer, dana):
    shortages.record_missing(line=PurchaseOrderLine.objects.get(), missing=D(1), by=dana)
    with pytest.raises(Refused, match="known to be missing"):
        amend(order, offer, 8, dana)


@pytest.mark.parametrize("status", ["open", "driven", "settled"])
def test_only_between_the_cut_off_and_the_road(order, offer, dana, day, status):
    DeliveryDay.objects.filter(pk=day.pk).update(status=status)
    with pytest.raises(Refused, match="between the cut-off"):
        amend(order, offer, 8, dana)


def test_the_farm_and_the_buyer_are_told(order, offer, dana, alice):
    alice.language = "en"
    alice.save()
    amend(order, offer, 8, dana)
    while outbox.drain():
        pass
    said = {m.to[0].split(" ")[0]: " ".join(m.body.split()) for m in mail.outbox}
    assert "Dana changed what you bring: leek +3 kg, which makes 8 in all. Why: Forgotten" in said["Alice"]
    assert mail.outbox[0].subject == "Your order for Thursday 5 March has changed"


def test_what_was_added_is_billed(order, jam, dana, day):
    amend(order, jam, 2, dana)
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    billing.bill_day(day=DeliveryDay.objects.select_related("cycle__network__organisation").get(pk=day.pk))
    assert sorted(OrderLine.objects.values_list("product__sku", "billed")) == [("jam", 2), ("leek", 5)]


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " "))


def test_the_page_finds_a_product_and_puts_it_in(order, jam, dana, bob, visit):
    client, url = visit(dana), reverse("orders:amend", args=[order.pk])
    assert url in client.get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert url not in visit(bob).get(reverse("orders:detail", args=[order.pk])).content.decode()
    assert "5 kg leek · Hoeve Alice" in text(client.get(url)) and "jam" not in text(client.get(url))
    found = client.get(url, {"q": "JAM"})
    assert "0 jar jam · Confituur Bea" in text(found)
    wrong = client.post(url + "?q=jam", {"offer": jam.pk, "quantity": "veel", "reason": "Forgotten"})
    assert wrong.status_code == 422 and "Enter a number" in text(wrong)
    done = client.post(url + "?q=jam", {"offer": jam.pk, "quantity": "2", "reason": "Forgotten"}, follow=True)
    assert "Changed. The farm and the buyer are sent a mail." in text(done)
    assert order.lines.count() == 2
    assert visit(bob).post(url, {"offer": jam.pk, "quantity": "3", "reason": "x"}).status_code == 403
