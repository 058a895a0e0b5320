"""What a volunteer notes at the point becomes money by itself: before the day is settled, after it, in both legal flows."""

import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import collected, handover, phone, rounds, settling
from network import clock, outbox
from network.errors import Refused
from network.models import Account, DeliveryDay, Network, OutboxEntry, Person, Posting
from orders import collecting, crediting
from orders.models import Document, EmptiesReturn, Order, OrderLine, Shortfall
from producers.models import Product
from tests.conftest import NOW, make_household
from tests.logistics.conftest import make_order


@pytest.fixture
def planned(closed_day, vehicle, milk):
    """Bottles bear thirty cents."""
    Product.objects.filter(pk=milk.pk).update(deposit=D("0.30"))
    OrderLine.objects.filter(product=milk).update(deposit=D("0.30"))
    rounds.plan_rounds(day=closed_day, iterations=30)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def order(planned, household):
    return Order.objects.get(buyer=household)


@pytest.fixture
def leeks(order, leek):
    return order.lines.get(product=leek)


@pytest.fixture
def note(order, fien):
    """`note(kind, **data)`: what a volunteer's phone sends of Bob's order; the sentence when it is refused."""
    said = []

    def sent(kind, **data):
        said.append(kind)
        with clock.at(NOW + timedelta(minutes=len(said))):
            return phone.do(kind=kind, data={"order": order.pk} | data, by=fien, delivery=order.delivery).sentence

    return sent


def gets(line, amount):
    return {f"gets_{line.pk}": str(amount)}


def settle(day, dana):
    handover.drive_day(day=day, by=dana)
    settling.settle_day(day=day, by=dana)


def balance(kind, organisation=None):
    postings = Posting.objects.filter(account__kind=kind, account__organisation=organisation)
    return postings.aggregate(total=Sum("amount"))["total"] or D(0)


def papers(order):
    return [(paper.kind, paper.gross, paper.deposit) for paper in order.documents.order_by("pk")]


def in_balance():
    return Posting.objects.aggregate(total=Sum("amount"))["total"] == 0


def test_what_was_bad_is_not_billed_and_empties_come_off_the_bill(planned, order, leeks, note, dana, household, farm):
    assert note("short", why="bad", note="rot", **gets(leeks, 10)) == ""
    assert note("returned", empty_30="3", empty_0="1") == ""
    row = Shortfall.objects.get()
    assert (row.line, row.quantity, row.reason, row.note, row.bearer) == (leeks, D(2), "bad", "rot", "farm")
    settle(planned, dana)
    # 10 kg and 6 bottles at € 2.65; six deposits of € 0.30, three given back
    assert papers(order) == [("receipt", D("42.40"), D("0.90"))]
    paper = order.documents.get()
    assert (paper.due, paper.charged, paper.returned) == (
        D("43.30"),
        D("1.80"),
        [{"value": "0.30", "count": 3, "amount": D("-0.90")}],
    )
    assert balance("buyer", household) == D("43.30")
    slip = Document.objects.get(kind="self_bill", issuer=farm.organisation)
    assert slip.net == D("70.00")  # 35 kg at € 2.00
    assert set(EmptiesReturn.objects.values_list("count", "credited")) == {(3, 3), (1, 1)}
    assert in_balance()


def test_the_farm_is_paid_when_the_network_bears_it(planned, order, leeks, note, dana, farm):
    note("short", why="missing", **gets(leeks, 10))
    collecting.bear(shortfall=Shortfall.objects.get(), bearer="network", by=dana)
    settle(planned, dana)
    assert papers(order) == [("receipt", D("42.40"), D("1.80"))]
    assert Document.objects.get(kind="self_bill", issuer=farm.organisation).net == D("74.00")  # all 37 kg
    assert in_balance()
    with pytest.raises(Refused, match="settled"):
        collecting.bear(shortfall=Shortfall.objects.get(), bearer="farm", by=dana)


@pytest.mark.parametrize(("bearer", "damages"), [("farm", D(0)), ("network", D("4.00"))])
def test_a_farmer_who_sells_herself_gets_damages(planned, order, leeks, note, dana, farm, network, bearer, damages):
    Network.objects.filter(pk=network.pk).update(flow="facilitation")
    note("short", why="missing", **gets(leeks, 10))
    note("returned", empty_30="2")
    collecting.bear(shortfall=Shortfall.objects.get(), bearer=bearer, by=dana)
    settle(planned, dana)
    assert balance("purchases") == damages
    kinds = sorted(papers(order), key=str)
    assert kinds == [
        ("credit_note", D(0), D("0.60")),
        ("receipt", D("15.90"), D("1.80")),
        ("receipt", D("26.50"), D(0)),
    ]
    assert in_balance()


def test_what_is_heard_after_settling_is_credited_at_once(planned, order, leeks, note, dana, household, farm):
    settle(planned, dana)
    before = balance("producer", farm.organisation)
    assert note("short", why="bad", **gets(leeks, 10)) == ""
    leeks.refresh_from_db()
    assert (leeks.billed, leeks.packed) == (D(10), D(10))
    assert papers(order) == [("receipt", D("47.70"), D("1.80")), ("credit_note", D("5.30"), D(0))]
    assert balance("buyer", household) == D("44.20")
    assert balance("producer", farm.organisation) - before == D("4.24")  # she owes 2 kg at € 2.00 and 6 % back
    assert note("returned", empty_30="2") == ""
    assert note("returned", empty_30="5") == ""
    assert papers(order)[2:] == [("credit_note", D(0), D("0.60")), ("credit_note", D(0), D("0.90"))]
    assert balance("buyer", household) == D("42.70")
    assert in_balance()
    assert "More cannot be charged" in note("short", why="other", **gets(leeks, 11))
    assert note("short", why="missing") == "Write how much is really given of what is missing or bad."
    assert "5 were given back" in note("returned", empty_30="4")
    assert len(papers(order)) == 4


def test_what_the_network_bears_is_credited_without_taking_it_from_the_farm(planned, order, leeks, note, dana, farm):
    note("short", why="missing", **gets(leeks, 11))
    collecting.bear(shortfall=Shortfall.objects.get(), bearer="network", by=dana)
    settle(planned, dana)
    before = balance("producer", farm.organisation)
    note("short", why="missing", **gets(leeks, 10))
    assert papers(order)[1:] == [("credit_note", D("2.65"), D(0))]
    assert balance("producer", farm.organisation) == before
    assert in_balance()


def test_a_slip_of_the_finger_gives_back_no_fortune(planned, order, note):
    assert "999 empties would be €\xa0299.70 of deposit" in note("returned", empty_30="999")
    assert not order.empties_returned.exists()
    assert note("returned", empty_30="833", empty_0="999") == ""


def test_empties_of_who_is_billed_nothing_are_credited_apart(planned, order, note, dana, household):
    note("short", why="missing", **{key: value for line in order.lines.all() for key, value in gets(line, 0).items()})
    note("returned", empty_30="4")
    settle(planned, dana)
    assert papers(order) == [("credit_note", D(0), D("1.20"))]
    assert balance("buyer", household) == D("-1.20")


def test_a_correction_before_settling_leaves_no_trace_in_money(planned, order, leeks, note, dana):
    note("short", why="bad", **gets(leeks, 3))
    note("short", why="bad", **gets(leeks, 12))
    assert not Shortfall.objects.exists()
    leeks.refresh_from_db()
    assert leeks.packed is None
    settle(planned, dana)
    assert papers(order) == [("receipt", D("47.70"), D("1.80"))]


def test_what_the_farm_missed_and_what_was_bad_add_up_whatever_is_corrected(planned, order, leeks, note, dana, farm):
    line = farm.purchase_orders.get().lines.get()
    handover.report_missing(line=line, missing=D(3), by=dana)  # Bob gives up 1 of 12
    note("short", why="bad", **gets(leeks, 9))
    assert Shortfall.objects.get().quantity == 2
    handover.report_missing(line=line, missing=D(0), by=dana)
    leeks.refresh_from_db()
    assert leeks.packed == 10


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), max_size=3),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), max_size=3),
    st.sampled_from(["retail", "facilitation"]),
    st.booleans(),
)
def test_a_household_pays_for_what_it_has_whatever_is_said_when(
    planned, order, leeks, fien, dana, household, network, before, after, flow, borne
):
    with transaction.atomic():
        Network.objects.filter(pk=network.pk).update(flow=flow)
        for number, (got, back) in enumerate(before + [(None, None), *after]):
            if got is None:
                settle(planned, dana)
                continue
            with clock.at(NOW + timedelta(minutes=number + 1)):
                for kind, data in (("short", {"why": "bad"} | gets(leeks, got)), ("returned", {"empty_30": back})):
                    phone.do(kind=kind, data={"order": order.pk} | data, by=fien, delivery=order.delivery)
            if borne and number < len(before) and Shortfall.objects.exists():
                collecting.bear(shortfall=Shortfall.objects.get(), bearer="network", by=dana)
        leeks.refresh_from_db()
        returned = EmptiesReturn.objects.aggregate(count=Sum("count"))["count"] or 0
        assert balance("buyer", household) == D("2.65") * (leeks.billed + 6) + D("0.30") * (6 - returned)
        assert in_balance()
        transaction.set_rollback(True)


def test_the_coordinator_credits_bad_goods_for_a_whole_day_as_before(planned, order, leeks, note, dana, farm):
    settle(planned, dana)
    line = farm.purchase_orders.get().lines.get()
    crediting.credit(day=DeliveryDay.objects.get(pk=planned.pk), missing={line.pk: D(3)}, by=dana, reason="rot")
    leeks.refresh_from_db()
    assert leeks.billed == 11


def test_the_farm_reads_that_evening_what_was_bad_and_not_whose_it_was(planned, order, leeks, note, alice):
    note("short", why="bad", note="rot", **gets(leeks, 11))
    note("short", why="bad", note="nat", **gets(leeks, 9))
    entry = OutboxEntry.objects.get(kind="goods_were_bad")
    assert clock.local(entry.due_at).strftime("%d %H:%M") == "02 21:00"
    with clock.at(entry.due_at):
        outbox.drain()
        outbox.drain()
    (message,) = [one for one in mail.outbox if "alice@example.org" in one.to[0]]
    assert "3 kg  Leek (nat)" in message.body
    assert "Bob" not in message.body


def test_what_was_taken_back_is_not_told(planned, order, leeks, note):
    note("short", why="bad", **gets(leeks, 11))
    note("short", why="bad", **gets(leeks, 12))
    with clock.at(OutboxEntry.objects.get(kind="goods_were_bad").due_at):
        outbox.drain()
    assert not mail.outbox


def test_a_household_reads_what_was_noted(planned, order, leeks, note, visit, bob):
    note("short", why="bad", note="rot", **gets(leeks, 10))
    note("returned", empty_30="3", empty_0="2")
    note("hand_over")
    page = " ".join(visit(bob).get(reverse("orders:detail", args=[order.pk])).content.decode().split())
    assert "2 kg leek (bad: rot)" in page
    assert "3 × € 0.30 = € 0.90" in page.replace("\u00a0", " ")
    assert "2 crates" in page


def test_who_did_not_come_is_on_the_day_page_after_the_window_and_not_before(
    planned, order, note, visit, dana, network, leek
):
    late = make_order(order.delivery, make_household(network, "Gezin Laat"), {leek: 1})
    page = reverse("logistics:day", args=[planned.pk])

    def seen():
        with clock.at(order.delivery.ends_at + timedelta(minutes=1)):
            rows = [row for row in collected.uncollected(planned) if row.delivery.pk == order.delivery_id]
            return [(row.orders, row.of, row.blind) for row in rows], visit(dana).get(page).content.decode()

    assert collected.uncollected(planned) == []
    rows, shown = seen()
    assert rows == [([order, late], 2, True)]
    assert "nothing was checked off here" in shown
    note("hand_over")
    rows, shown = seen()
    assert rows == [([late], 2, False)]
    assert "1 of 2 not checked off" in shown
    assert "Gezin Laat" in shown
    with clock.at(NOW + timedelta(minutes=5)):
        phone.do(kind="hand_over", data={"order": late.pk}, by=dana, delivery=order.delivery)
    assert seen()[0] == []


def test_the_coordinator_says_who_bears_it_and_nobody_else_does(
    planned, order, leeks, note, visit, dana, fien, charlie
):
    note("short", why="bad", **gets(leeks, 10))
    row = Shortfall.objects.get()
    page = reverse("logistics:bear", args=[row.pk])
    assert visit(charlie).post(page, {"bearer": "network"}).status_code == 404
    assert visit(fien).post(page, {"bearer": "network"}).status_code == 403
    row.refresh_from_db()
    assert row.bearer == "farm"
    day = visit(dana).get(reverse("logistics:day", args=[planned.pk])).content.decode()
    assert "The network bears it" in day
    assert visit(dana).post(page, {"bearer": "network"}).status_code == 302
    row.refresh_from_db()
    assert row.bearer == "network"
    visit(dana).post(page, {"bearer": "nobody"})
    row.refresh_from_db()
    assert row.bearer == "network"


def test_a_volunteer_reads_nothing_private_with_all_of_it_open(
    planned, order, leeks, note, visit, fien, bob, household
):
    Person.objects.filter(pk=bob.pk).update(phone="0499 99 99 99")
    Order.objects.filter(pk=order.pk).update(number=101, code="ABCDEFGH2345")
    note("short", why="bad", note="rot", **gets(leeks, 10))
    note("returned", empty_30="3")
    page = visit(fien).get(reverse("logistics:pickup", args=[order.delivery_id]), {"order": order.pk}).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    for shown in ("Gezin Bob", "<b>101</b>", "B1 B2 C1", "2 bad", "Deposit 0.30", 'placeholder="3"'):
        assert shown in main
    prices = {f"{price:.2f}" for price in OrderLine.objects.values_list("gross", flat=True)} | {"2.00", "2,00", "2,65"}
    for private in ("0499", bob.email, household.place.street, household.place.postcode, "€", *prices):
        assert private not in main, private


def test_the_code_in_the_qr_leads_a_volunteer_to_the_row_and_the_buyer_to_the_order(
    planned, order, visit, fien, bob, charlie
):
    Order.objects.filter(pk=order.pk).update(number=101, code="ABCDEFGH2345")
    page = reverse("logistics:collect", args=["abcdefgh2345"])
    row = reverse("logistics:pickup", args=[order.delivery_id]) + f"?order={order.pk}#order{order.pk}"
    assert visit(fien).get(page)["Location"] == row
    assert visit(bob).get(page)["Location"] == reverse("orders:detail", args=[order.pk])
    assert visit(charlie).get(page).status_code == 404
    assert visit(fien).get(reverse("logistics:collect", args=["ABCDEFGH2346"])).status_code == 404


@pytest.mark.parametrize("query", ["101", "gezin bob", "ABCDEFGH2345", "https://k.example/o/ABCDEFGH2345", "b1"])
def test_an_order_is_found_by_number_name_code_and_crate_without_scripts(planned, order, visit, fien, query):
    Order.objects.filter(pk=order.pk).update(number=101, code="ABCDEFGH2345")
    page = reverse("logistics:pickup", args=[order.delivery_id])
    found = visit(fien).get(page, {"q": query}).content.decode()
    assert re.findall(r"<b>(\d+)</b>", found) == ["101"]
    assert "<b>101</b>" not in visit(fien).get(page, {"q": "102"}).content.decode()


def test_accounts_of_a_settled_day_name_every_kind_once(planned, order, note, dana):
    note("returned", empty_30="3")
    settle(planned, dana)
    assert balance("deposits") == D("-4.50")  # 18 bottles left, 3 came back
    assert Account.objects.filter(kind="deposits").count() == 1
