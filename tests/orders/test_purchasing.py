"""A purchase order is frozen at the cut-off; what changes after it is a version that the database keeps and the farm reads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, OutboxEntry
from orders import closing, purchasing, shortages
from orders.models import OrderLine, PurchaseChange, PurchaseOrder, PurchaseOrderLine, PurchaseRead
from tests.conftest import make_household, make_person

D = Decimal


@pytest.fixture
def line(supply, ordered, network, day):
    """Ann ordered 6 kg first, Bea 3, Cis 1 last; ten kilos are asked of Alice."""
    for minute, (name, quantity) in enumerate((("ann", 6), ("bea", 3), ("cis", 1))):
        person = make_person(name, language="en")
        with clock.at(clock.now() + timedelta(minutes=minute)):
            ordered(make_household(network, f"Gezin {name}", person), person, quantity)
    closing.close_day(day=day)
    return PurchaseOrderLine.objects.get()


def missing(line, quantity, by, **how):
    return shortages.record_missing(line=line, missing=D(quantity), by=by, **how)


def packed():
    return list(OrderLine.objects.order_by("pk").values_list("packed", flat=True))


def test_every_change_is_a_version_with_who_and_why(line, alice, dana):
    missing(line, 4, alice, why="hail", reason="Zeven minuten")
    missing(line, 1, dana, reason="Recounted")
    assert list(
        PurchaseChange.objects.values_list(
            "version", "kind", "difference", "after", "why", "reason", "rule", "by__name", "by_farm"
        )
    ) == [
        (2, "missing", D(-4), D(6), "hail", "Zeven minuten", "pro_rata", "Alice", True),
        (3, "found", D(3), D(9), "", "Recounted", "pro_rata", "Dana", False),
    ]
    assert purchasing.version_of(line.purchase_order) == 3


def test_what_is_said_twice_is_one_version(line, dana):
    missing(line, 4, dana)
    missing(line, 4, dana)
    assert PurchaseChange.objects.count() == 1


def test_she_reads_what_others_changed_and_says_so_once(line, alice, dana):
    purchase = line.purchase_order
    missing(line, 4, alice)
    assert purchase.changes.unseen().count() == 0, "what she said herself she knows"
    missing(line, 1, dana)
    missing(line, 2, dana)
    assert [change.version for change in purchase.changes.unseen()] == [3, 4]
    assert purchasing.acknowledge(purchase=purchase, version=3, by=alice) == 1
    assert [change.version for change in purchase.changes.unseen()] == [4]
    assert purchasing.acknowledge(purchase=purchase, version=3, by=alice) == 0
    assert purchasing.acknowledge(purchase=purchase, version=4, by=alice) == 1
    assert list(PurchaseRead.objects.order_by("pk").values_list("kind", "version", "by__name")) == [
        ("seen", 3, "Alice"),
        ("seen", 4, "Alice"),
    ]
    assert journal.history_of(purchase).filter(action="saw what changed").count() == 2


@pytest.mark.parametrize("version", [0, 2, 99])
def test_nobody_sees_a_version_that_is_not_there(line, alice, version):
    with pytest.raises(Refused, match="no such version"):
        purchasing.acknowledge(purchase=line.purchase_order, version=version, by=alice)


@pytest.mark.parametrize("table", ["change", "read"])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_keeps_what_was_changed_and_read(line, alice, dana, table, act):
    missing(line, 4, dana)
    purchasing.printed(purchase=line.purchase_order, version=2, by=alice)
    rows = PurchaseChange.objects.all() if table == "change" else PurchaseRead.objects.all()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(version=9) if act == "update" else rows._raw_delete("default")
    assert rows.get().version == 2


@pytest.mark.parametrize("field", [{"missing": D(3)}, {"quantity": D(11)}])
def test_the_database_refuses_a_line_that_changes_without_saying_so(line, field):
    with pytest.raises(IntegrityError, match="without a purchase change"), transaction.atomic():
        PurchaseOrderLine.objects.update(**field)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    line.refresh_from_db()
    assert (line.quantity, line.missing) == (10, 0)


@pytest.mark.parametrize("field", [{"price": D(1)}, {"unit": "piece"}, {"name": {"nl": "Ajuin"}}])
def test_the_database_refuses_to_change_what_was_frozen(line, field):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PurchaseOrderLine.objects.update(**field)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("pro_rata", [D(3), D(1), D(1)]),
        ("first_come", [D(5), D(0), D(0)]),
        ("rotation", [D(1), None, None]),
    ],
)
def test_her_rule_says_who_gets_less_after_the_cut_off_too(line, alice, rule, kept):
    shown = shortages.plan(line=line, missing=D(5), rule=rule)
    missing(line, 5, alice, rule=rule, mark=shown.mark)
    assert packed() == [None if share.keeps == share.had else share.keeps for share in shown.shares]
    assert [share.keeps for share in shown.shares] == [
        keep if keep is not None else had for keep, had in zip(kept, (6, 3, 1))
    ]


def test_the_rule_of_the_last_time_stays_until_she_says_otherwise(line, farm, alice, dana):
    missing(line, 1, alice, rule="first_come")
    missing(line, 4, dana)
    assert packed() == [None, D(0), D(0)]
    missing(line, 4, alice, rule="rotation")
    assert packed() == [None, D(0), D(0)], "what was shared stays so, as long as it is as much"
    missing(line, 5, alice, rule="rotation")
    assert packed() == [D(1), None, None], "nobody is spared for what is being shared here"
    missing(line, 0, dana)
    assert packed() == [None, None, None]


def test_nothing_is_done_when_it_is_not_what_was_shown(line, alice, dana):
    mark = shortages.plan(line=line, missing=D(5)).mark
    missing(line, 1, dana)
    with pytest.raises(Refused, match="Look at the list again"):
        missing(line, 5, alice, mark=mark)
    assert packed() == [D(5), None, None]


def test_who_gets_less_is_told_once_and_again_when_there_is_more(line, alice):
    OutboxEntry.objects.all().delete()
    missing(line, 5, alice, rule="first_come", tell=True)
    while outbox.drain():
        pass
    assert [m.to[0].split(" ")[0] for m in mail.outbox] == ["Ann", "Bea", "Cis"]
    body = " ".join(mail.outbox[1].body.split())
    assert "Hoeve Alice has less leek than was ordered." in body and "you get 0 kg instead of 3" in body
    assert "still choose" not in body, "the cut-off has passed"
    missing(line, 4, alice, tell=True)
    while outbox.drain():
        pass
    assert len(mail.outbox) == 4
    assert "has more leek after all." in mail.outbox[3].body and "you get 6 kg instead of 5" in mail.outbox[3].body
    assert (
        journal.history_of(OrderLine.objects.order_by("pk")[1].order).get(action="got less").reason == "leek: 3 → 0 kg"
    )


def test_a_weight_stays_when_somebody_else_gets_less(line, alice):
    OrderLine.objects.update(sold_by_weight=True)
    first = OrderLine.objects.order_by("pk")[0]
    OrderLine.objects.filter(pk=first.pk).update(packed=D("5.8"))
    missing(line, 1, alice, rule="first_come")
    assert packed() == [D("5.8"), None, D(0)]
    missing(line, 0, alice)
    assert packed() == [D("5.8"), None, None]


def test_a_settled_day_is_not_planned_otherwise(line, alice, day):
    DeliveryDay.objects.filter(pk=day.pk).update(status="settled")
    fresh = PurchaseOrderLine.objects.select_related("purchase_order__delivery_day", "product").get()
    with pytest.raises(Refused, match="has been settled"):
        shortages.plan(line=fresh, missing=D(1))


def test_paper_is_remembered_per_version(line, alice, dana):
    purchase = PurchaseOrder.objects.get()
    purchasing.printed(purchase=purchase, version=1, by=alice)
    purchasing.printed(purchase=purchase, version=1, by=alice)
    assert list(purchase.reads.values_list("kind", "version")) == [("printed", 1)]
