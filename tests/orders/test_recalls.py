"""
From a lot to everybody who got it, and the goods called back: each buyer told once, nobody told of others. Bob has 5 kilo
leek of Thursday, the shop 12, a household in Leuven 2.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from network import clock, outbox
from network.errors import Refused
from network.models import (
    DeliveryDay,
    JournalEntry,
    NetworkRole,
    OrganisationRole,
    OutboxEntry,
)
from orders import collecting, recalls, shortages, tracing
from orders.models import (
    Document,
    OrderLine,
    PurchaseOrderLine,
    Recall,
    RecalledGoods,
    RecalledLine,
    RecallNotice,
)
from producers import lots
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_person, make_point, make_product
from tests.orders.conftest import buy
from tests.orders.test_withdrawals import settle
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
D = Decimal
TRACE, LIST = 14, 12
DESTROY = {"action": "destroy", "reason": "Er zit glas in de prei."}


def viewer(person: Any, farm: Any) -> tracing.Viewer:
    return tracing.viewer_of(person, farm)


def seen(goods: Any, person: Any, farm: Any) -> list[tuple[Any, ...]]:
    its = viewer(person, farm)
    rows = tracing.got(its.may_see(tracing.with_buyers(tracing.lines_of(goods))), its)
    return [(one.order, one.quantity, one.named, [who["name"] for who in one.contacts]) for one in rows]


def start(went: Any, farm: Any, by: Any, **said: Any) -> Recall:
    goods = said.pop("goods", None) or tracing.goods_of_lots([went.lot])
    return recalls.start(producer=farm, goods=goods, viewer=viewer(by, farm), by=by, **DESTROY | said)


def drain() -> None:
    while outbox.drain():
        pass


# One step down


def test_from_a_lot_to_everybody_who_got_it(went, farm, alice, dana, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        goods = tracing.goods_of_lots([went.lot])
    assert [(one.day.network.slug, one.lot) for one in goods] == [("gent", went.lot), ("leuven", went.lot)]
    with django_assert_num_queries(2):
        rows = list(tracing.with_buyers(tracing.lines_of(goods)))
    assert [row.order for row in rows] == [went.mine, went.shops, went.theirs]
    assert seen(goods, alice, farm) == [
        (went.mine, D(5), False, []),
        (went.shops, D(12), True, []),
        (went.theirs, D(2), False, []),
    ]
    assert seen(goods, dana, farm) == [(went.mine, D(5), True, ["Bob"]), (went.shops, D(12), True, ["Eli"])]
    assert rows[0].people == [{"name": "Bob", "phone": "0470 11 22 33", "email": "bob@example.org"}]


def test_without_a_lot_it_is_traced_by_product_and_dates(went, farm, leek, day, alice) -> None:
    goods = tracing.goods_of_product(went.chard, day.on, day.on)
    assert seen(goods, alice, farm) == [(went.mine, D(1), False, [])]
    assert tracing.goods_of_product(went.chard, day.on + timedelta(days=1), day.on + timedelta(days=9)) == []
    assert list(tracing.lines_of([])) == []


def test_what_was_missing_was_not_got_and_what_was_bad_was(went, farm, leek, day, dana, alice) -> None:
    goods = tracing.goods_of_lots([went.lot])
    gone = PurchaseOrderLine.objects.get(purchase_order__delivery_day=went.far, product=leek)
    shortages.record_missing(line=gone, missing=D(2), by=dana)
    line = went.mine.lines.get(product=leek)
    collecting.record_given(order=went.mine, gets={line.pk: D(2)}, reason="bad", by=dana)
    assert seen(goods, alice, farm) == [(went.mine, D(5), False, []), (went.shops, D(12), True, [])]
    collecting.record_given(order=went.mine, gets={line.pk: D(0)}, reason="missing", by=dana)
    assert seen(goods, alice, farm) == [(went.shops, D(12), True, [])]


def test_the_page_says_where_it_went_and_that_two_lots_cannot_be_told_apart(
    went, farm, leek, day, alice, dana, visit
) -> None:
    url = reverse("orders:trace", args=[farm.slug])
    shown = text(visit(alice).get(url, {"lot": went.lot.pk}))
    assert "3 lines of orders" in shown and "Winkel Eli" in shown and f"Order {went.mine.pk}" in shown
    assert "Gezin Bob" not in shown and "0470" not in shown and "more than one lot" not in shown
    lots.note(product=leek, harvested_on=MONDAY, uses={day.pk: None}, by=alice)
    both = text(visit(dana).get(url, {"lot": went.lot.pk}))
    assert "Gezin Bob" in both and "0470 11 22 33" in both and "Gezin Zoe" not in both
    assert "more than one lot" in both and "L 260302B, best before 09/03/26" in both
    by_date = {"product": went.chard.pk, "first": "2026-03-01", "last": "2026-03-31"}
    assert "no lot noted: traced by product and date" in text(visit(alice).get(url, by_date))
    wrong = visit(alice).get(url, {"product": leek.pk, "first": "2026-03-31", "last": "2026-03-01"})
    assert wrong.status_code == 422 and "from early to late" in text(wrong)
    assert visit(alice).get(url, {"product": leek.pk}).status_code == 422
    loose = lots.note(product=leek, harvested_on=MONDAY, by=alice)
    assert "Nobody noted with which deliveries this lot went" in text(visit(alice).get(url, {"lot": loose.pk}))


def test_back_from_an_order_to_its_lots_and_farm(went, bob, visit) -> None:
    shown = text(visit(bob).get(reverse("orders:detail", args=[went.mine.pk])))
    assert "leek Hoeve Alice L 260302A, best before 09/03/26" in shown


# Recall


def test_a_farmer_calls_back_everywhere_and_each_buyer_is_told_once_in_her_language(
    went, farm, leek, alice, django_assert_num_queries
) -> None:
    recall = start(went, farm, alice)
    kept = RecalledLine.objects.filter(notice__recall=recall).values_list("line__order", "quantity")
    assert set(kept) == {(went.mine.pk, D(5)), (went.shops.pk, D(12)), (went.theirs.pk, D(2))}
    drain()
    told = {message.to[0]: message for message in mail.outbox if "calls back" in message.body}
    assert set(told) == {"bob@example.org", "zoe@example.org"}
    french = [message for message in mail.outbox if message.to == ["eli@example.org"]]
    assert len(french) == 1
    body = told["bob@example.org"].body
    assert f"5 kg  leek, Thursday 5 March (order {went.mine.pk})" in body
    assert "L 260302A, best before 09/03/26" in body and "What is wrong: Er zit glas in de prei." in body
    assert "do not eat it, throw it away" in body and "gent@example.org" in body
    assert RecallNotice.objects.filter(mailed_at=None).count() == 0
    count = len(mail.outbox)
    OutboxEntry.objects.filter(kind="recall").update(done_at=None)
    drain()
    assert len(mail.outbox) == count
    entries = JournalEntry.objects.filter(action="started a recall").order_by("network")
    assert [(entry.network.slug, entry.data) for entry in entries] == [
        ("gent", {"buyers": 3, "lines": 3}),
        ("leuven", {"buyers": 3, "lines": 3}),
    ]


def test_a_buyer_of_two_days_gets_one_mail(went, farm, leek, cycle, household, delivery, alice, bob) -> None:
    friday = cycle.days.get(on=date(2026, 3, 6))
    OrderLine.objects.filter(order=went.mine, product=went.chard).update(product=leek)
    lots.change(
        lot=went.lot, harvested_on=MONDAY, code="260302A", keeps="", keeps_until=None, field="", supplier="",
        document="", remark="", uses={went.mine.delivery.delivery_day_id: None, friday.pk: None}, by=alice,
    )  # fmt: skip
    recall = start(went, farm, alice)
    notice = recall.notices.get(buyer=household)
    assert notice.lines.count() == 2
    assert OutboxEntry.objects.filter(kind="recall").count() == 2


def test_as_many_queries_for_three_buyers_as_for_thirty(
    went, farm, leek, network, delivery, alice, dana, visit, django_assert_num_queries
) -> None:
    goods = tracing.goods_of_lots([went.lot])
    its = viewer(alice, farm)
    with transaction.atomic():
        with django_assert_num_queries(13):
            recalls.start(producer=farm, goods=goods, viewer=its, by=alice, **DESTROY)
        transaction.set_rollback(True)
    coordinator = visit(dana)
    page = reverse("orders:trace", args=[farm.slug]) + f"?lot={went.lot.pk}"
    coordinator.get(page)
    with django_assert_num_queries(TRACE):
        coordinator.get(page)
    model = went.mine.lines.get(product=leek)
    for number in range(30):
        order = went.mine
        order.pk, order.number, order.code = None, None, None
        order.buyer = make_household(network, f"Gezin {number}")
        order.save()
        model.pk, model.order = None, order
        model.save()
    with django_assert_num_queries(13):
        recall = recalls.start(producer=farm, goods=goods, viewer=its, by=alice, **DESTROY)
    assert recall.notices.count() == 33
    with django_assert_num_queries(TRACE):
        assert "Gezin 29" in text(coordinator.get(page))
    with django_assert_num_queries(LIST):
        assert "Gezin 29" in text(coordinator.get(reverse("orders:recall", args=[recall.pk])))


def test_a_coordinator_reaches_the_buyers_of_her_networks(went, farm, dana) -> None:
    recall = start(went, farm, dana)
    assert {notice.buyer.name for notice in recall.notices.all()} == {"Gezin Bob", "Winkel Eli"}
    assert [one.delivery_day.network.slug for one in recall.goods.all()] == ["gent"]
    drain()
    about = [message.to[0] for message in mail.outbox if "orders/recalls" in message.body]
    assert sorted(about) == ["alice@example.org", "dana@example.org"]


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"reason": "  "}, "reason", "Say what is wrong"),
        ({"action": "eat"}, "action", "Choose what buyers"),
    ],
)
def test_a_recall_says_why_and_what_to_do(said, field, words, went, farm, alice) -> None:
    with pytest.raises(Refused, match=words) as refused:
        start(went, farm, alice, **said)
    assert refused.value.field == field
    assert not Recall.objects.exists()


def test_nobody_is_called_back_twice_for_the_same(went, farm, day, alice, dana) -> None:
    first = start(went, farm, dana)
    with pytest.raises(Refused, match="in a recall already"):
        start(went, farm, dana)
    second = start(went, farm, alice)
    assert [notice.buyer for notice in second.notices.all()] == [went.home]
    assert first.notices.count() == 2
    with pytest.raises(Refused, match="Nobody got any"):
        start(went, farm, alice, goods=[tracing.Goods(make_product(farm, "kale"), day)])


def test_the_database_keeps_what_was_called_back(went, farm, alice) -> None:
    recall = start(went, farm, alice)
    for rows, change in (
        (Recall.objects.filter(pk=recall.pk), {"reason": "niets"}),
        (RecalledGoods.objects.all(), {"lot": None}),
        (RecallNotice.objects.all(), {"buyer": went.home}),
        (RecalledLine.objects.all(), {"quantity": D(1)}),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.update(**change)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows._raw_delete("default")
    recalls.reached(notice=recall.notices.first(), by=alice)


def test_put_off_only_when_she_says_so_and_what_was_ordered_stays(
    went, farm, leek, household, cycle, alice, dana
) -> None:
    friday = cycle.days.get(on=date(2026, 3, 6))
    offers = Offer.objects.filter(supply__product=leek, listed=True)
    days = {"gent": friday, "leuven": went.leuven.cycles.get().days.get(on=friday.on)}

    def on_sale(name: str) -> bool:
        return offers.filter(delivery_day=days[name]).exists()

    with transaction.atomic():
        start(went, farm, dana)
        assert (on_sale("gent"), on_sale("leuven")) == (True, True)
        transaction.set_rollback(True)
    start(went, farm, dana, put_off=True)
    assert (on_sale("gent"), on_sale("leuven")) == (False, True)
    start(went, farm, alice, put_off=True)
    assert (on_sale("gent"), on_sale("leuven")) == (False, False)
    assert Offer.objects.filter(supply__product=went.chard, listed=True, delivery_day=friday).exists()
    assert Offer.objects.filter(supply__product=leek, delivery_day=went.far, listed=True).exists()


def test_days_that_still_take_orders_are_cut_and_not_called_back(
    went, farm, leek, cycle, household, bob, alice
) -> None:
    friday = cycle.days.get(on=date(2026, 3, 6))
    later = friday.deliveries.first() or make_point(cycle.network, "v1", weekday=4).deliveries.create(
        delivery_day=friday, place=household.place, starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=2)
    )
    buy(household, later, bob, {leek: 3})
    goods = [tracing.Goods(leek, friday), *tracing.goods_of_lots([went.lot])]
    found = recalls.reach(goods, viewer(alice, farm))
    assert (found.buyers, found.outlets, len(found.lines), len(found.open_lines), found.already) == (3, 1, 3, 1, 0)
    assert start(went, farm, alice, goods=goods).notices.count() == 3


# Followed until it is done


def test_it_is_closed_when_everybody_was_mailed_or_called(went, farm, alice, dana, visit) -> None:
    OrganisationRole.objects.filter(organisation=went.home).delete()
    recall = start(went, farm, alice)
    drain()
    silent = recall.notices.get(mailed_at=None)
    assert silent.buyer == went.home
    theirs = make_person("otto")
    NetworkRole.objects.create(network=went.leuven, person=theirs, role="coordinator")
    page = visit(theirs).get(reverse("orders:recall", args=[recall.pk]))
    assert "Spoken to : Gezin Zoe" in text(page)
    with pytest.raises(Refused, match="1 buyer was neither mailed nor called"):
        recalls.close(recall=recall, by=alice)
    recalls.reached(notice=silent, by=dana)
    recalls.reached(notice=silent, by=dana, undo=True)
    with pytest.raises(Refused):
        recalls.close(recall=recall, by=alice)
    recalls.reached(notice=silent, by=dana)
    recalls.close(recall=recall, by=alice)
    recall.refresh_from_db()
    assert (recall.closed_at, recall.closed_by) == (clock.now(), alice)
    with pytest.raises(Refused, match="closed"):
        recalls.close(recall=recall, by=alice)
    with pytest.raises(Refused, match="closed"):
        recalls.reached(notice=silent, by=dana, undo=True)


def test_from_the_lot_to_the_last_call_on_the_pages(went, farm, alice, dana, bob, visit) -> None:
    client = visit(alice)
    new = reverse("orders:recall_new", args=[farm.slug]) + f"?lot={went.lot.pk}"
    shown = text(client.get(new))
    assert "3 buyers got some of it" in shown and "of which shops, kitchens and restaurants 1" in shown
    wrong = client.post(new, {"reason": "Glas"})
    assert wrong.status_code == 422 and not Recall.objects.exists()
    answer = client.post(new, DESTROY, follow=True)
    recall = Recall.objects.get()
    assert answer.redirect_chain == [(reverse("orders:recall", args=[recall.pk]), 302)]
    hers = text(answer)
    assert "Winkel Eli" in hers and f"Order {went.mine.pk}" in hers
    assert "Gezin Bob" not in hers and "Spoken to" not in hers and "Give everybody" not in hers
    drain()
    coordinator, page = visit(dana), reverse("orders:recall", args=[recall.pk])
    theirs = text(coordinator.get(page))
    assert "Gezin Bob" in theirs and "0470 11 22 33" in theirs and "Gezin Zoe" not in theirs
    notice = recall.notices.get(buyer=went.mine.buyer)
    tick = reverse("orders:recall_reached", args=[recall.pk, notice.pk])
    assert client.post(tick).status_code == 403
    assert coordinator.post(tick).status_code == 302
    notice.refresh_from_db()
    assert notice.reached_by == dana
    assert "Gezin Bob" not in text(coordinator.get(page, {"who": "left"}))
    elsewhere = recall.notices.get(buyer=went.home)
    assert coordinator.post(reverse("orders:recall_reached", args=[recall.pk, elsewhere.pk])).status_code == 404
    order = reverse("orders:detail", args=[went.mine.pk])
    assert "Hoeve Alice calls back leek. Er zit glas in de prei." in text(visit(bob).get(order))
    assert client.post(reverse("orders:recall_close", args=[recall.pk]), follow=True).status_code == 200
    recall.refresh_from_db()
    assert recall.closed_by == alice


def test_the_list_of_buyers_as_a_spreadsheet_runs_no_formula(went, farm, alice, dana, household, visit) -> None:
    household.name = "=HYPERLINK(1)"
    household.save()
    recall = start(went, farm, alice)
    url = reverse("orders:recall_file", args=[recall.pk])
    rows = visit(dana).get(url).content.decode("utf-8-sig").splitlines()
    assert rows[0] == "Buyer;Order;Day;Place;Product;Quantity;Unit;Contact;Mailed;Reached by phone"
    assert [row.split(";")[0] for row in rows[1:]] == ["Winkel Eli", "'=HYPERLINK(1)"]
    assert rows[2] == (
        f"'=HYPERLINK(1);{went.mine.pk};2026-03-05;Punt a1;leek;5;kg;Bob 0470 11 22 33 bob@example.org;;"
    )
    hers = visit(alice).get(url).content.decode("utf-8-sig")
    assert "HYPERLINK" not in hers and "@" not in hers and f";{went.mine.pk};2026-03-05;Punt a1;" in hers


def test_money_back_for_who_was_not_billed_yet_and_a_credit_note_for_who_was(
    went, farm, leek, day, alice, dana
) -> None:
    settle(day)
    recall = start(went, farm, alice)
    assert recalls.credit(recall=recall, networks=[went.leuven.pk, day.network.pk], by=dana) == 3
    recalls.credit(recall=recall, networks=[went.leuven.pk, day.network.pk], by=dana)
    drain()
    drain()
    notes = Document.objects.filter(kind="credit_note", recipient__in=[went.mine.buyer, went.shops.buyer])
    assert notes.filter(order=went.mine).count() == notes.filter(order=went.shops).count() == 1
    assert went.mine.lines.get(product=leek).billed == 0
    assert went.theirs.lines.get(product=leek).packed == 0
    assert went.mine.lines.get(product=went.chard).billed == 1
    goods = tracing.goods_of_lots([went.lot])
    assert [got[:2] for got in seen(goods, alice, farm)] == [
        (went.mine, D(5)),
        (went.shops, D(12)),
        (went.theirs, D(2)),
    ]


def test_a_coordinator_finds_a_lot_by_its_code_product_or_farm(went, network, farm, dana, visit) -> None:
    url = reverse("orders:recalls", args=[network.slug])
    for q, found in (("2603", True), ("LEEK", True), ("alice", True), ("=", False), ("zzz", False)):
        assert ("leek, 260302A" in text(visit(dana).get(url, {"q": q}))) is found
    start(went, farm, dana)
    assert "Er zit glas in de prei." in text(visit(dana).get(url))


def test_strangers_see_no_recall(went, farm, alice, bob, charlie, eli, visit) -> None:
    recall = start(went, farm, alice)
    page = reverse("orders:recall", args=[recall.pk])
    assert [visit(one).get(page).status_code for one in (charlie, bob, eli)] == [404, 404, 404]
    theirs = make_person("otto")
    NetworkRole.objects.create(network=went.leuven, person=theirs, role="coordinator")
    assert "Gezin Zoe" in text(visit(theirs).get(page))
    assert DeliveryDay.objects.filter(status="closed").count() == 2
