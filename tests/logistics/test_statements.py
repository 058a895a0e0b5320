"""The statement of a farm: every line from the books, to the cent, on paper, for nobody else."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from logistics import correcting, sheets, statements
from logistics.models import CostShare
from logistics.periods import Period
from logistics.sheets.statement import statement
from network import ledger
from network.models import Account, BankAccount, Network, Posting, VatStatus
from orders import crediting
from orders.models import PurchaseOrderLine
from tests.conftest import ALWAYS, make_network
from tests.logistics.farms import make_farms, order_of_each, settle

D = Decimal
MARCH = Period.of("2026-03")
HERS = ["producer", "carrier", "expenses"]


@pytest.fixture
def farms(network):
    return make_farms(network)


@pytest.fixture
def settled(farms, day, delivery, dana):
    order_of_each(farms, delivery)
    settle(day, dana)
    return day


def owed(farm):
    rows = Posting.objects.filter(account__organisation=farm.organisation, account__kind__in=HERS)
    return -(rows.aggregate(total=Sum("amount"))["total"] or D(0))


def pay(farm, network, amount, on):
    sides = [("producer", farm.organisation_id, amount), ("bank", None, -amount)]
    ledger.book(network=network, on=on, entries=[ledger.Entry(f"paid:{farm.pk}:{on}", "Paid out", sides)])


def parts(found):
    return {part.kind: (part.net, part.vat) for part in found.parts}


def words_of(pdf):
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).replace("\u00a0", " ")


def test_a_day_adds_up_to_what_the_books_owe_her(settled, farms):
    """Forty kilos at 1,60 with 6 % VAT, 40 x 0,20 tariff, her share and 21 % VAT on it."""
    farm = farms[0]
    share = CostShare.objects.get(producer=farm)
    found = statements.of_day(farm=farm, day=settled)
    vat = (share.share * D("0.21")).quantize(D("0.01"))
    assert parts(found) == {
        "purchases": (D("64.00"), D("3.84")),
        "tariff": (D("8.00"), D(0)),
        "transport": (-share.share, -vat),
    }
    assert found.closing == D("64.00") + D("3.84") + 8 - share.share - vat == owed(farm)
    assert found.contribution == D("18.00"), "0,45 a kilo"
    assert [one.amount for one in found.booked] == [D("67.84"), -share.share - vat, D("8.00")]
    assert (found.lines[0]["units"], found.lines[0]["worth"]) == (D(40), D("64.00"))


def test_a_month_begins_with_what_was_still_owed_and_ends_with_the_ledger(settled, farms, network):
    farm = farms[0]
    day = statements.of_day(farm=farm, day=settled).closing
    pay(farm, network, D("20.00"), date(2026, 3, 28))
    pay(farm, network, D("15.00"), date(2026, 4, 4))
    march = statements.of_period(farm=farm, network=network, period=MARCH)
    assert (march.opening, march.earned.total, march.paid) == (0, day, D("20.00"))
    april = statements.of_period(farm=farm, network=network, period=MARCH.after)
    assert (april.opening, april.parts, april.paid) == (march.closing, [], D("15.00"))
    assert april.closing == owed(farm) == day - 35
    assert statements.months(farm=farm) == [(network, MARCH.after), (network, MARCH)]


def test_what_is_corrected_later_stands_in_the_statement_of_its_day(settled, farms, network):
    farm = farms[0]
    before = statements.of_day(farm=farm, day=settled)
    sides = [("producer", farm.organisation_id, D("-2.42")), ("transport", None, D("2.00")), ("vat", None, D("0.42"))]
    entry = ledger.Entry("corrected:1", "Share corrected", sides)
    ledger.book(network=network, on=date(2026, 4, 2), entries=[entry], delivery_day=settled)
    after = statements.of_day(farm=farm, day=settled)
    was, now = parts(before)["transport"], parts(after)["transport"]
    assert (now[0] - was[0], now[1] - was[1]) == (D("2.00"), D("0.42"))
    assert after.closing == owed(farm)


def test_a_farm_that_sells_herself_sees_deposits_and_the_contribution_apart(dana, day, delivery, network, farms):
    Network.objects.update(flow="facilitation")
    farms[0].products.update(deposit=D("0.25"))
    order_of_each(farms, delivery)
    settle(day, dana)
    found = statements.of_day(farm=farms[0], day=day)
    its = parts(found)
    assert its["deposits"] == (D("10.00"), D(0)), "forty times 25 cents"
    assert its["contribution"] == (D("-18.00"), D("-3.78"))
    assert its["sold"][0] + its["sold"][1] + 10 + its["tariff"][0] == D("64") + 8 + 18 + D("5.60") - 8 + 8 + 10
    assert found.closing == owed(farms[0])


@pytest.mark.parametrize("flow", ["retail", "facilitation"])
def test_goods_that_never_arrived_are_taken_back_line_by_line(dana, day, delivery, network, farms, flow):
    """Ten of her forty kilos were missing: credited, and the day shared again."""
    Network.objects.update(flow=flow)
    farms[0].products.update(deposit=D("0.25"))
    order_of_each(farms, delivery)
    settle(day, dana)
    (line,) = PurchaseOrderLine.objects.filter(purchase_order__producer=farms[0])
    crediting.credit(day=day, missing={line.pk: D(10)}, by=dana, reason="a crate fell")
    correcting.correct_day(day=day, by=dana, reason="a crate fell")
    found, share = (
        statements.of_day(farm=farms[0], day=day),
        CostShare.objects.get(producer=farms[0], cost_run__corrected_at=None),
    )
    its = parts(found)
    vat = (share.share * D("0.21")).quantize(D("0.01"))
    assert its["transport"] == (-share.share, -vat)
    if flow == "retail":
        assert its["purchases"] == (D("48.00"), D("2.88"))
        assert its["tariff"] == (D("6.00"), D(0))
    else:
        assert its["deposits"] == (D("7.50"), D(0))
        assert its["contribution"] == (D("-13.50"), D("-2.83")), "each paper rounds its own VAT"
        assert sum(its["sold"], its["tariff"][0]) == D("71.70"), "thirty kilos at 2,39"
    assert found.closing == owed(farms[0])
    assert (found.lines[0]["units"], found.lines[0]["worth"]) == (D(30), D("48.00"))


EURO = st.decimals(-500, 500, places=2)


@given(
    st.sampled_from(["producer", "carrier"]), st.dictionaries(st.sampled_from(Account.Kind.values), EURO, max_size=6)
)
def test_whatever_stands_on_the_other_side_the_parts_are_the_amount(account, others):
    amount = sum(others.values(), D(0))
    meanings = list(statements._meaning(account, amount, others))
    assert sum((net + vat for _kind, net, vat in meanings), D(0)) == amount
    assert {kind for kind, _net, _vat in meanings} <= {*statements.ORDER, "bank"}


def test_money_that_moves_between_many_at_once_stays_whole(settled, farms, network):
    sides = [("producer", farms[0].organisation_id, D("-3")), ("producer", farms[1].organisation_id, D("3"))]
    entry = ledger.Entry("swap:1", "Pallets swapped", sides)
    ledger.book(network=network, on=settled.on, entries=[entry], delivery_day=settled)
    found = statements.of_day(farm=farms[0], day=settled)
    assert parts(found)["other"] == (D("3"), D(0))
    assert found.closing == owed(farms[0])


def test_another_networks_books_are_another_statement(settled, farms, network):
    other = make_network("leuven")
    sides = [("producer", farms[0].organisation_id, D("-7")), ("purchases", None, D("7"))]
    ledger.book(network=other, on=date(2026, 3, 9), entries=[ledger.Entry("leuven:1", "Leek", sides)])
    assert statements.of_period(farm=farms[0], network=other, period=MARCH).closing == 7
    here = statements.of_period(farm=farms[0], network=network, period=MARCH)
    assert here.closing == statements.of_day(farm=farms[0], day=settled).closing


# On paper


def test_the_paper_says_the_same_in_dutch(settled, farms):
    farm = farms[0]
    share = CostShare.objects.get(producer=farm)
    BankAccount.objects.create(organisation=farm.organisation, iban="BE68 5390 0754 7034", period=ALWAYS)
    found = statements.of_day(farm=farm, day=settled)
    with override("nl"):
        words = words_of(sheets.drawn([statement(found)]))
    for said in (
        "Afrekening",
        "Donderdag 5 maart 2026",
        "Hoeve 0",
        "BE68 5390 0754 7034",
        "€ 64,00",
        "€ 3,84",
        "Leek0",
    ):
        assert said in words
    for amount in (share.alone, share.together, share.saved, found.closing):
        assert f"€ {amount:.2f}".replace(".", ",") in words
    assert "De btw op je aandeel kun je aftrekken." in words


def test_a_month_lists_its_days_and_what_was_paid_out(settled, farms, network):
    pay(farms[0], network, D("20.00"), date(2026, 3, 28))
    found = statements.of_period(farm=farms[0], network=network, period=MARCH)
    drawn = statement(found)
    assert drawn["days"][0][0] == "Thursday 5 March"
    assert drawn["ends"] == [["Paid out", "€\u00a0−20.00"]]
    assert drawn["lines"] == []
    assert words_of(sheets.drawn([drawn])).count("Paid out") == 2, "in the sum, and in the books"


def test_an_empty_month_says_so(settled, farms, network):
    empty = statements.of_period(farm=farms[0], network=network, period=MARCH.before)
    assert "Nothing was booked for you" in words_of(sheets.drawn([statement(empty)]))


def test_who_cannot_deduct_reads_so(settled, farms):
    VatStatus.objects.filter(organisation=farms[0].organisation).update(regime="agricultural")
    notes = statement(statements.of_day(farm=farms[0], day=settled))["notes"]
    assert "Under your VAT scheme you cannot deduct the VAT on your share." in notes


def test_nobody_elses_statement_and_no_odd_month(settled, farms, network, visit):
    farmer = farms[0].organisation.people.get()
    day = reverse("logistics:statement_day", args=[farms[0].slug, settled.pk])
    assert visit(farmer).get(day).headers["content-type"] == "application/pdf"
    assert visit(farms[1].organisation.people.get()).get(day).status_code == 404

    def month(network, written):
        return reverse("logistics:statement", args=[farms[0].slug, network, written])

    assert visit(farmer).get(month(network.slug, "2026-03")).status_code == 200
    for url in (month(network.slug, "2026-13"), month(network.slug, "2026-03-05"), month("nowhere", "2026-03")):
        assert visit(farmer).get(url).status_code == 404


def test_the_statements_take_a_fixed_number_of_queries(settled, farms, network, visit, django_assert_num_queries):
    client = visit(farms[0].organisation.people.get())
    urls = {
        reverse("logistics:statement_day", args=[farms[0].slug, settled.pk]): 10,
        reverse("logistics:statement", args=[farms[0].slug, network.slug, "2026-03"]): 10,
    }
    for url, queries in urls.items():
        client.get(url)
        with django_assert_num_queries(queries):
            client.get(url)
