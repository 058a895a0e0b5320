"""Billing, by hand and to the cent, in both legal flows. Leek: € 1,60 + 0,20 tariff + 0,45 contribution = 2,25 net, 2,39 on the shelf."""

from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import ogm_vcs

from network.models import DeliveryDay, Network, Posting, Transaction, VatStatus
from orders import basket, billing, checkout, closing, documents, shortages, weighing
from orders.documents import Item
from orders.models import Document, Order, OrderLine, PurchaseOrder, PurchaseOrderLine
from producers.models import Offer
from tests.conftest import make_household, make_person

D = Decimal


def booked(key):
    """What a transaction moved, by kind of account."""
    rows = Posting.objects.filter(transaction__key=key).values_list("account__kind", "amount")
    assert sum(amount for _kind, amount in rows) == 0
    return dict(rows)


def close_and_bill(day):
    closing.close_day(day=day)
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    day.refresh_from_db()
    return billing.bill_day(day=day)


def figures(kind):
    paper = Document.objects.get(kind=kind)
    return paper.net, paper.vat, paper.gross


def test_retail_to_a_household_by_a_farm_under_the_normal_regime(ordered, household, bob, day, network, farm):
    order = ordered(household, bob, 5)
    assert close_and_bill(day) == 1
    assert figures("receipt") == (D("11.27"), D("0.68"), D("11.95"))
    assert booked(f"sale:{order.pk}") == {
        "buyer": D("11.95"),
        "sales": D("-8.00"),
        "tariff": D("-1.00"),
        "contribution": D("-2.25"),
        "vat": D("-0.68"),
        "rounding": D("-0.02"),
    }
    assert figures("self_bill") == (D("8.00"), D("0.48"), D("8.48"))
    paper = Document.objects.get(kind="self_bill")
    assert (paper.issuer, paper.recipient) == (farm.organisation, network.organisation)
    purchase = PurchaseOrder.objects.get()
    assert booked(f"purchase:{purchase.pk}") == {"purchases": 8, "vat": D("0.48"), "producer": D("-8.48")}
    order.refresh_from_db()
    assert order.status == Order.Status.SETTLED


@pytest.mark.parametrize(
    ("regime", "kind", "expected"),
    [
        ("agricultural", "purchase_slip", {"purchases": 8, "compensation": D("0.48"), "producer": D("-8.48")}),
        ("exempt", "self_bill", {"purchases": 8, "producer": D("-8.00")}),
    ],
)
def test_retail_from_farms_under_other_regimes(ordered, household, bob, day, farm, regime, kind, expected):
    VatStatus.objects.filter(organisation=farm.organisation).update(regime=regime)
    ordered(household, bob, 5)
    close_and_bill(day)
    assert booked(f"purchase:{PurchaseOrder.objects.get().pk}") == expected
    assert Document.objects.get(kind=kind).net == 8


def test_a_shop_gets_an_invoice_with_the_vat_on_top(supply, day, shop, eli):
    offer = Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="trade")
    order = basket.open_order(buyer=shop.organisation, delivery=day.deliveries.get(outlet=shop), by=eli)
    basket.fill(order=order, quantities={offer.pk: D(3)}, by=eli)
    checkout.place_order(order=order, by=eli)
    close_and_bill(day)
    assert figures("invoice") == (D("6.00"), D("0.36"), D("6.36"))
    assert booked(f"sale:{order.pk}") == {
        "buyer": D("6.36"),
        "sales": D("-4.80"),
        "tariff": D("-0.60"),
        "contribution": D("-0.60"),
        "vat": D("-0.36"),
    }
    paper = Document.objects.get(kind="invoice")
    assert ogm_vcs.is_valid(paper.communication)


def test_facilitation_every_farm_sells_herself_and_is_charged_the_service(ordered, household, bob, day, network, farm):
    Network.objects.filter(pk=network.pk).update(flow="facilitation")
    order = ordered(household, bob, 5)
    close_and_bill(day)
    paper = Document.objects.get(kind="receipt")
    assert (paper.issuer, paper.recipient, paper.gross) == (farm.organisation, household, D("11.95"))
    assert booked(f"sale:{order.pk}") == {"buyer": D("11.95"), "producer": D("-10.95"), "tariff": D("-1.00")}
    assert figures("service_invoice") == (D("2.25"), D("0.47"), D("2.72"))
    assert booked(f"contribution:{PurchaseOrder.objects.get().pk}") == {
        "producer": D("2.72"),
        "contribution": D("-2.25"),
        "vat": D("-0.47"),
    }


def test_what_is_missing_or_weighed_is_what_is_billed(ordered, household, bob, day, dana):
    ordered(household, bob, 5)
    closing.close_day(day=day)
    shortages.record_missing(line=PurchaseOrderLine.objects.get(), missing=D(2), by=dana)
    assert close_and_bill(day) == 1
    assert (OrderLine.objects.get().billed, figures("receipt")[2]) == (3, D("7.17"))


def test_what_the_scales_say_is_billed_to_the_gram(ordered, household, bob, day, dana):
    ordered(household, bob, 5)
    closing.close_day(day=day)
    OrderLine.objects.update(sold_by_weight=True)
    weighing.weigh(packed={OrderLine.objects.get().pk: D("4.873")}, by=dana)
    close_and_bill(day)
    assert figures("receipt")[2] == D("11.65")
    assert figures("self_bill")[0] == D("7.80")


def test_who_got_nothing_pays_nothing(ordered, household, bob, day, dana):
    ordered(household, bob, 5)
    closing.close_day(day=day)
    shortages.record_missing(line=PurchaseOrderLine.objects.get(), missing=D(5), by=dana)
    assert close_and_bill(day) == 1
    assert (Document.objects.count(), Posting.objects.count()) == (0, 0)


def test_deposits_stand_outside_vat(ordered, household, bob, day, leek):
    leek.deposit = D("0.50")
    leek.save()
    order = ordered(household, bob, 5)
    close_and_bill(day)
    paper = Document.objects.get(kind="receipt")
    assert (paper.gross, paper.deposit) == (D("11.95"), D("2.50"))
    assert booked(f"sale:{order.pk}")["buyer"] == D("14.45")
    assert booked(f"sale:{order.pk}")["deposits"] == D("-2.50")


def test_billing_twice_bills_once(ordered, household, bob, day):
    ordered(household, bob, 5)
    close_and_bill(day)
    before = (Document.objects.count(), Posting.objects.count())
    assert billing.bill_day(day=day) == 0
    assert (Document.objects.count(), Posting.objects.count()) == before


def test_numbers_run_without_a_gap_and_every_transaction_sums_to_zero(ordered, network, day, supply):
    for number in range(4):
        person = make_person(f"buyer{number}")
        ordered(make_household(network, f"Gezin {number}", person), person, number + 1)
    close_and_bill(day)
    assert list(Document.objects.filter(kind="receipt").order_by("pk").values_list("number", flat=True)) == [1, 2, 3, 4]
    sums = Transaction.objects.annotate(total=Sum("postings__amount")).values_list("total", flat=True)
    assert set(sums) == {0}


@pytest.mark.parametrize("many", [2, 8])
def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(
    ordered, network, day, many, django_assert_num_queries
):
    for number in range(many):
        person = make_person(f"buyer{number}")
        ordered(make_household(network, f"Gezin {number}", person), person, 1)
    closing.close_day(day=day)
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    with django_assert_num_queries(28):
        billing.bill_day(day=day)


@given(
    amounts=st.lists(
        st.tuples(st.decimals(D("0.01"), D(5000), places=2), st.sampled_from([D(0), D(6), D(21)])), min_size=1
    ),
    consumer=st.booleans(),
)
def test_a_paper_adds_up_per_rate_whatever_is_on_it(amounts, consumer):
    items = [Item("leek", D(1), "kg", amount, amount, rate) for amount, rate in amounts]
    rates = documents.rates_of(items, consumer=consumer)
    total = sum(amount for amount, _rate in amounts)
    assert sum(rate.gross if consumer else rate.net for rate in rates) == total
    for rate in rates:
        assert abs(rate.vat - rate.net * rate.rate / 100) <= D("0.01")
