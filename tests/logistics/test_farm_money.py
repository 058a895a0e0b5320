"""A farmer's year: week by week as the books have it, product by product, and for her accountant."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import override

from logistics import correcting, earned, farm_year, for_accountant, per_product, sheets, statements
from logistics.models import CostShare
from logistics.periods import Period
from network import clock, ledger
from network.models import Network, VatStatus
from orders import basket, checkout, crediting
from orders.models import PurchaseOrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import make_household, make_network, make_person, make_product
from tests.logistics.farms import make_farms, order_of_each, settle
from tests.logistics.test_statements import owed, pay, words_of
from tests.producers.test_desk import text

D = Decimal
FLOWS = pytest.mark.parametrize("flow", ["retail", "facilitation"])
SPOTS = ((51.12, 3.60), (51.13, 3.62), (50.95, 3.55), (51.15, 3.75))


@pytest.fixture
def farms(network):
    return make_farms(network, SPOTS)


@pytest.fixture
def settled(farms, day, delivery, dana):
    order_of_each(farms, delivery)
    settle(day, dana)
    return day


def two_products(farm, day, delivery, dana, flow="retail"):
    """Forty kilos of leek in four crates, and three of chard in three quarters of one, for one household."""
    Network.objects.update(flow=flow)
    make_product(farm, "chard", units_per_crate=4)
    wanted = {}
    for product, units in zip(farm.products.order_by("pk"), (40, 3), strict=True):
        stock.announce(product=product, week_on=day.cycle.week_on, quantity=D(99), price=D("1.37"), by=None)
        offer = Offer.objects.get(supply__product=product, delivery_day=day, price_group__audience="household")
        wanted[offer.pk] = D(units)
    person = make_person("hilde")
    order = basket.open_order(buyer=make_household(day.network, "Hilde", person), delivery=delivery, by=person)
    basket.fill(order=order, quantities=wanted, by=person)
    checkout.place_order(order=order, by=person)
    settle(day, dana)
    return farm


def corrected(farms, day, delivery, dana, flow):
    """Forty kilos each, with deposit; ten of the first farm's never arrived, and the day was shared again."""
    Network.objects.update(flow=flow)
    farms[0].products.update(deposit=D("0.25"))
    order_of_each(farms, delivery)
    settle(day, dana)
    (line,) = PurchaseOrderLine.objects.filter(purchase_order__producer=farms[0])
    crediting.credit(day=day, missing={line.pk: D(10)}, by=dana, reason="a crate fell")
    correcting.correct_day(day=day, by=dana, reason="a crate fell")
    return farms[0]


def test_a_week_says_what_the_books_say(settled, farms):
    """Forty kilos at 1,60 with 6 % VAT, 40 x 0,20 tariff, 40 x 0,45 on top, her share and 21 % VAT on it."""
    (week,) = farm_year.weeks_of(farms[0], 2026)
    share = CostShare.objects.get(producer=farms[0])
    sums = week.sums
    assert (sums.goods, sums.tariff, sums.transport) == (D("64.00"), D("8.00"), -share.share)
    assert (sums.contribution, sums.alone, sums.together) == (D("18.00"), share.alone, share.together)
    assert sums.vat == D("3.84") - (share.share * D("0.21")).quantize(D("0.01"))
    assert sums.total == owed(farms[0])
    assert (week.week_on, week.due_on, week.paid_on) == (date(2026, 3, 2), date(2026, 4, 4), None)


@FLOWS
def test_a_corrected_week_is_the_ledger_to_the_cent(farms, day, delivery, dana, flow):
    farm = corrected(farms, day, delivery, dana, flow)
    (week,) = farm_year.weeks_of(farm, 2026)
    share = CostShare.objects.get(producer=farm, cost_run__corrected_at=None)
    assert week.sums.total == owed(farm)
    assert week.sums.transport == -share.share
    assert (week.sums.together, week.sums.saved) == (share.together, share.saved)
    assert week.sums.deposits == (D("7.50") if flow == "facilitation" else 0)
    assert week.sums.tariff == D("6.00")
    assert week.sums.contribution == D("13.50")
    cents = {"retail": D(0), "facilitation": D("0.14")}[flow]
    assert week.sums.goods == D("48.00") + cents, (
        "the shelf shows whole cents with VAT inside, and so do her own papers"
    )


def test_every_kind_of_posting_ends_up_in_the_total(settled, farms, network):
    farm = farms[0]
    entries = [
        ledger.Entry("refund:1", "Refund", [("producer", farm.organisation_id, D("-5")), ("refund", None, D("5"))]),
        ledger.Entry("round:9", "Round", [("carrier", farm.organisation_id, D("-30")), ("transport", None, D("30"))]),
        ledger.Entry("odd:1", "Pallets", [("producer", farm.organisation_id, D("3")), ("rounding", None, D("-3"))]),
    ]
    before = owed(farm)
    ledger.book(network=network, on=date(2026, 5, 6), entries=entries)
    may, march = farm_year.weeks_of(farm, 2026)
    assert (may.week_on, may.sums.driven, may.sums.other) == (date(2026, 5, 4), D(30), D(2))
    assert march.sums.total == before
    assert may.sums.total + march.sums.total == owed(farm)


def test_the_oldest_weeks_are_paid_out_first(settled, farms, network):
    farm = farms[0]
    march = owed(farm)
    entry = ledger.Entry("late:1", "Late", [("producer", farm.organisation_id, -D(10)), ("purchases", None, D(10))])
    ledger.book(network=network, on=date(2026, 3, 12), entries=[entry])
    pay(farm, network, march - 1, date(2026, 3, 20))
    assert [week.paid_on for week in farm_year.weeks_of(farm, 2026)] == [None, None]
    pay(farm, network, D(1), date(2026, 3, 21))
    assert [week.paid_on for week in farm_year.weeks_of(farm, 2026)] == [None, date(2026, 3, 21)]
    pay(farm, network, D(10), date(2027, 1, 4))
    assert [week.paid_on for week in farm_year.weeks_of(farm, 2026)] == [date(2027, 1, 4), date(2026, 3, 21)]
    assert owed(farm) == 0
    assert sum(week.sums.total for week in farm_year.weeks_of(farm, 2026)) == march + 10, "a payout is no income"
    with clock.at(clock.now() + timedelta(days=90)):
        assert not any(week.is_late for week in farm_year.weeks_of(farm, 2026))


def test_what_is_not_paid_within_thirty_days_is_late(settled, farms):
    with clock.at(clock.moment(date(2026, 4, 4), clock.now().time())):
        assert not farm_year.weeks_of(farms[0], 2026)[0].is_late
    with clock.at(clock.moment(date(2026, 4, 5), clock.now().time())):
        assert farm_year.weeks_of(farms[0], 2026)[0].is_late


def test_two_networks_are_added_up_and_told_apart(settled, farms, network, visit):
    leuven = make_network("leuven")
    sides = [("producer", farms[0].organisation_id, D("-7")), ("purchases", None, D("7"))]
    ledger.book(network=leuven, on=date(2026, 3, 4), entries=[ledger.Entry("leuven:1", "Leek", sides)])
    client = visit(farms[0].organisation.people.get())
    url = reverse("logistics:money_weeks", args=[farms[0].slug])
    said = text(client.get(url))
    assert "Per network" in said and "€ 71.00" in said, "64 and 7 for goods"
    only = text(client.get(f"{url}?year=2026&network=leuven"))
    assert "€ 7.00" in only and "€ 64.00" not in only
    assert client.get(f"{url}?network=nowhere").status_code == 404
    assert client.get(f"{url}?year=2024").status_code == 404
    assert client.get(f"{url}?year=x").status_code == 404


# Per product


@FLOWS
def test_products_and_what_stands_on_none_are_the_books_to_the_cent(farms, day, delivery, dana, flow):
    farm = two_products(farms[0], day, delivery, dana, flow)
    products, sums = per_product.products_of(farm, 2026), farm_year.total(farm_year.weeks_of(farm, 2026))
    rest = per_product.beside(products, sums)
    for column in ("goods", "tariff", "after_transport"):
        assert sum(getattr(one, column) for one in products) + getattr(rest, column) == getattr(sums, column)
    assert sum(one.transport for one in products) == -sums.transport
    if flow == "retail":
        assert rest == farm_year.Sums()
        (its,) = earned.earned(farm)
        assert sum(one.goods for one in products) == its.goods
        assert sum(one.after_transport for one in products) == its.net


def test_transport_goes_by_crates(farms, day, delivery, dana):
    """Four crates against three quarters: the leek carries 4 / 4,75 of it, the odd cent to who has the larger remainder."""
    farm = two_products(farms[0], day, delivery, dana)
    share = CostShare.objects.get(producer=farm).share
    leek, chard = per_product.products_of(farm, 2026)
    assert (leek.units, leek.crates, chard.units, chard.crates) == (D(40), D(4), D(3), D("0.75"))
    assert leek.transport == (share * 4 / D("4.75")).quantize(D("0.01"))
    assert leek.transport + chard.transport == share
    assert leek.per_unit == ((leek.goods + leek.tariff - leek.transport) / 40).quantize(D("0.01"))
    assert (leek.price, leek.goods) == (D("1.37"), D("54.80"))


def test_when_everything_was_credited_her_share_stands_on_no_product(settled, farms, dana):
    (line,) = PurchaseOrderLine.objects.filter(purchase_order__producer=farms[0])
    crediting.credit(day=settled, missing={line.pk: D(40)}, by=dana, reason="never arrived")
    share = CostShare.objects.get(producer=farms[0]).share
    products, sums = per_product.products_of(farms[0], 2026), farm_year.total(farm_year.weeks_of(farms[0], 2026))
    assert products == []
    assert per_product.beside(products, sums).transport == -share


def test_another_network_and_another_year_are_other_products(settled, farms, network):
    assert per_product.products_of(farms[0], 2026, make_network("leuven")) == []
    assert per_product.products_of(farms[0], 2025) == []
    assert len(per_product.products_of(farms[0], 2026, network)) == 1


# For the accountant


def table_of(farm, year=2026):
    return for_accountant.rows_of(farm, year)


def total(rows):
    return sum((row[-1] for row in rows), D(0))


@pytest.mark.parametrize("regime", ["normal", "agricultural", "exempt"])
@FLOWS
def test_the_table_adds_up_to_the_ledger_whatever_was_corrected(farms, day, delivery, dana, flow, regime):
    VatStatus.objects.filter(organisation=farms[0].organisation).update(regime=regime)
    farm = corrected(farms, day, delivery, dana, flow)
    pay(farm, day.network, D("20.00"), date(2026, 3, 28))
    rows = table_of(farm)
    assert total(rows) == owed(farm)
    assert all(row[5] + row[6] == row[7] for row in rows)


def test_a_row_per_paper_and_rate_and_per_amount_without_a_paper(settled, farms):
    share = CostShare.objects.get(producer=farms[0]).share
    vat = (share * D("0.21")).quantize(D("0.01"))
    assert sorted(table_of(farms[0]), key=lambda row: row[5]) == [
        ["2026-03-05", "", "Cost share of Hoeve 0", "Gent", D(21), -share, -vat, -share - vat],
        ["2026-03-05", "", "Logistics tariff credited to Hoeve 0", "Gent", "", D(8), D(0), D(8)],
        [
            "2026-03-05",
            "self-billed invoice 2026-00001",
            "Goods and services",
            "Gent",
            D(6),
            D(64),
            D("3.84"),
            D("67.84"),
        ],
    ]


def test_who_sells_herself_has_a_row_per_paper_with_deposits_apart(farms, day, delivery, dana):
    farm = corrected(farms, day, delivery, dana, "facilitation")
    said = {(row[1], row[2], row[4]): row[5:] for row in table_of(farm)}
    receipt, note = "receipt 2026-00001", "credit note 2026-00001"
    assert said[receipt, "Deposits", ""] == [D(10), D(0), D(10)]
    assert said[note, "Deposits", ""] == [D("-2.50"), D(0), D("-2.50")]
    assert said[receipt, "Logistics tariff, kept until the day is settled", ""] == [D(-8), D(0), D(-8)]
    assert said[note, "Logistics tariff, kept until the day is settled", ""] == [D(2), D(0), D(2)]
    assert said["invoice for services 2026-00001", "Goods and services", D(21)] == [
        D("-18.00"),
        D("-3.78"),
        D("-21.78"),
    ]


def test_the_file_opens_in_a_belgian_spreadsheet_and_runs_nothing(settled, farms, visit):
    Network.objects.update(name="=HYPERLINK(1)")
    client = visit(farms[0].organisation.people.get())
    with override("nl"):
        answer = client.get(
            reverse("logistics:money_csv", args=[farms[0].slug, 2026]), headers={"accept-language": "nl"}
        )
    assert answer.headers["content-disposition"] == 'attachment; filename="hoeve-0-2026.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 4 and {len(row) for row in rows} == {8}
    assert {row[3] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    assert "67,84" in {row[7] for row in rows}
    assert client.get(reverse("logistics:money_csv", args=[farms[0].slug, 2024])).status_code == 404
    assert visit(farms[1].organisation.people.get()).get(answer.request["PATH_INFO"]).status_code == 404


def test_a_year_on_paper(settled, farms, network, visit):
    year = statements.of_period(farm=farms[0], network=network, period=Period.of("2026"))
    assert year.closing == owed(farms[0])
    drawn = sheets.statement.statement(year)
    assert drawn["closing"][0] == "To receive at the end of the year, VAT included"
    assert (drawn["title"], drawn["booked"]) == ("Statement · 2026", [])
    assert "Every amount of the year stands by itself" in words_of(sheets.drawn([drawn]))
    url = reverse("logistics:statement", args=[farms[0].slug, network.slug, "2026"])
    assert visit(farms[0].organisation.people.get()).get(url).headers["content-type"] == "application/pdf"


def test_the_pages_take_a_fixed_number_of_queries(farms, day, delivery, dana, visit, django_assert_num_queries):
    farm = corrected(farms, day, delivery, dana, "facilitation")
    client = visit(farm.organisation.people.get())
    for name, queries in {"money_weeks": 12, "money_products": 15}.items():
        url = reverse(f"logistics:{name}", args=[farm.slug])
        client.get(url)
        with django_assert_num_queries(queries):
            client.get(url)
    url = reverse("logistics:money_csv", args=[farm.slug, 2026])
    with django_assert_num_queries(8):
        client.get(url)
