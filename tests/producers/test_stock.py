"""Announcing, reserving and releasing: nothing sold twice, nothing lost."""

from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import clock, journal
from network.errors import Refused
from network.models import Membership, VatStatus
from producers import stock
from producers.models import Offer, PriceChange, StockMovement, Supply
from producers.stock import Announcement
from tests.conftest import MONDAY, make_network, make_producer, make_product, open_week

D = Decimal
pytestmark = pytest.mark.django_db


def announced(leek: Any, alice: Any, quantity: str = "10", price: str = "2", **more: Any) -> Supply:
    return stock.announce(product=leek, week_on=MONDAY, quantity=D(quantity), price=D(price), by=alice, **more)


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Supply, Offer, StockMovement, PriceChange)]


def test_what_is_announced_is_offered_on_every_day_to_every_group(cycle, leek, alice) -> None:
    supply = announced(leek, alice, "50", "1.60")
    assert (supply.quantity, supply.reserved, supply.price, supply.available) == (D(50), D(0), D("1.60"), D(50))
    rows = Offer.objects.order_by("delivery_day__on", "price_group").values_list(
        "delivery_day__on",
        "price_group__audience",
        "price",
        "tariff",
        "contribution",
        "net",
        "vat_rate",
        "gross",
        "listed",
    )
    household = (D("1.6"), D("0.2"), D("0.45"), D("2.25"), D(6), D("2.39"), True)
    trade = (D("1.6"), D("0.2"), D("0.2"), D("2"), D(6), D("2.12"), True)
    assert list(rows) == [
        (date(2026, 3, 5), "household", *household),
        (date(2026, 3, 5), "trade", *trade),
        (date(2026, 3, 6), "household", *household),
        (date(2026, 3, 6), "trade", *trade),
    ]


def test_one_supply_is_sold_in_two_networks(network, cycle, farm, leek, alice) -> None:
    leuven = make_network("leuven", flow="facilitation")
    Membership.objects.create(network=leuven, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    open_week(leuven)
    VatStatus.objects.filter(organisation=farm.organisation).update(regime="agricultural")
    supply = announced(leek, alice, "50", "1.60")
    found = supply.offers.filter(price_group__audience="household").values_list(
        "delivery_day__cycle__network__slug", "gross"
    )
    assert set(found) == {("gent", D("2.39")), ("leuven", D("2.25"))}
    assert Supply.objects.count() == 1


def test_a_network_she_left_gets_no_offers(network, cycle, farm, leek, alice) -> None:
    Membership.objects.filter(organisation=farm.organisation).update(left_on=MONDAY)
    assert announced(leek, alice).offers.count() == 0


def test_only_days_to_come_are_offered(cycle, leek, alice, day) -> None:
    with clock.at(day.closes_at):
        supply = announced(leek, alice)
    assert set(supply.offers.values_list("delivery_day__on", flat=True)) == {date(2026, 3, 6)}


def test_changing_stock_and_price_leaves_a_trail(cycle, leek, alice) -> None:
    supply = announced(leek, alice, "10", "2")
    announced(leek, alice, "8", "2")
    announced(leek, alice, "8", "2.5", listed=False)
    announced(leek, alice, "8", "2.5", listed=False)
    moves = [(m.change, m.reason, m.by) for m in StockMovement.objects.order_by("pk")]
    assert moves == [(D(10), "announced", alice), (D(-2), "corrected", alice)]
    assert list(PriceChange.objects.order_by("pk").values_list("old", "new")) == [(None, D(2)), (D(2), D("2.5"))]
    assert set(Offer.objects.values_list("price", "listed")) == {(D("2.5"), False)}
    entry = journal.history_of(supply).first()
    assert (entry.action, entry.actor, entry.data["listed"]) == ("announced", alice, False)
    supply.refresh_from_db()
    assert (supply.quantity, supply.price) == (D(8), D("2.5"))


@pytest.mark.parametrize(
    ("quantity", "price", "field", "message"),
    [
        ("-1", "2", "quantity", "negative"),
        ("NaN", "2", "quantity", "negative"),
        ("100001", "2", "quantity", "smaller"),
        ("1.5", "2", "quantity", "multiple"),
        ("1", "0", "price", "1 cent"),
        ("1", "-2", "price", "1 cent"),
        ("1", "0.009", "price", "1 cent"),
        ("1", "10000.01", "price", "1 cent"),
        ("1", "NaN", "price", "1 cent"),
        ("1", "Infinity", "price", "1 cent"),
        ("4", "2", "quantity", "5 kg of leek is already ordered"),
    ],
)
def test_a_bad_announcement_is_refused_and_changes_nothing(cycle, leek, alice, quantity, price, field, message) -> None:
    supply = announced(leek, alice)
    stock.reserve({supply.pk: D(5)})
    before = everything()
    with pytest.raises(Refused, match=message) as refusal:
        announced(leek, alice, quantity, price)
    assert refusal.value.field == field
    assert everything() == before


def test_as_much_as_is_reserved_can_be_announced(cycle, leek, alice) -> None:
    supply = announced(leek, alice)
    stock.reserve({supply.pk: D(5)})
    assert announced(leek, alice, "5").available == 0


def test_one_refused_row_refuses_them_all(cycle, farm, leek, alice) -> None:
    carrot = make_product(farm, "carrot")
    rows = [Announcement(leek, D(5), D(2)), Announcement(carrot, D(5), D(0))]
    with pytest.raises(Refused):
        stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    assert everything() == [[], [], [], []]


def test_products_of_others_archived_ones_and_doubles_are_refused(network, cycle, farm, leek, alice) -> None:
    other = make_product(make_producer(network, "Hoeve Ann"), "carrot")
    old = make_product(farm, "kale", archived_at=clock.now())
    for rows, message in (
        ([Announcement(other, D(1), D(1))], "another farm"),
        ([Announcement(old, D(1), D(1))], "archived"),
        ([Announcement(leek, D(1), D(1)), Announcement(leek, D(2), D(1))], "twice"),
    ):
        with pytest.raises(Refused, match=message):
            stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    assert everything() == [[], [], [], []]


def test_a_week_that_is_over_takes_no_announcements(cycle, leek, alice) -> None:
    with clock.at(clock.now() + timedelta(days=5)), pytest.raises(Refused, match="has closed"):
        announced(leek, alice)
    assert everything() == [[], [], [], []]


def test_an_announcement_takes_as_many_queries_for_one_product_as_for_thirty(cycle, farm, alice) -> None:
    products = [make_product(farm, f"p{i}") for i in range(31)]
    counts = []
    for chosen in (products[:1], products[1:]):
        rows = [Announcement(product, D(10), D(2)) for product in chosen]
        with CaptureQueriesContext(connection) as queries:
            stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Offer.objects.count() == 31 * 4


def test_reserving_is_all_or_nothing(cycle, farm, leek, alice) -> None:
    carrot = make_product(farm, "carrot")
    first, second = stock.announce_many(
        producer=farm,
        week_on=MONDAY,
        rows=[Announcement(leek, D(10), D(2)), Announcement(carrot, D(3), D(2))],
        by=alice,
    )
    with pytest.raises(stock.SoldOut) as sold_out:
        stock.reserve({first.pk: D(4), second.pk: D(4)})
    assert sold_out.value.available == {second.pk: D(3)}
    assert set(Supply.objects.values_list("reserved", flat=True)) == {D(0)}
    stock.reserve({first.pk: D(4), second.pk: D(3)})
    stock.reserve({first.pk: D(-1), second.pk: D(0)})
    assert list(Supply.objects.order_by("pk").values_list("reserved", flat=True)) == [D(3), D(3)]


def test_the_database_refuses_what_the_code_would_let_through(cycle, leek, alice) -> None:
    supply = announced(leek, alice)
    for reserved in (D(-1), D(11)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Supply.objects.filter(pk=supply.pk).update(reserved=reserved)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(-12, 12), st.integers(-12, 12)),
        st.tuples(st.just("announce"), st.integers(0, 20), st.integers(0, 20)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_stock_always_equals_what_came_in_minus_what_is_promised(cycle, farm, leek, alice, steps) -> None:
    """Against a model of two numbers per product: what was refused changed nothing, the rest counted exactly."""
    with transaction.atomic():
        carrot = make_product(farm, "carrot")
        rows = [Announcement(leek, D(10), D(2)), Announcement(carrot, D(10), D(2))]
        pks = [s.pk for s in stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)]
        quantity, reserved = [10, 10], [0, 0]
        for kind, *numbers in steps:
            if kind == "reserve":
                after = [r + n for r, n in zip(reserved, numbers)]
                if any(a < 0 for a in after):
                    continue
                fits = all(a <= q or n <= 0 for a, q, n in zip(after, quantity, numbers))
                with nullcontext() if fits else pytest.raises(stock.SoldOut):
                    stock.reserve({pk: D(n) for pk, n in zip(pks, numbers)})
                reserved = after if fits else reserved
            else:
                fits = all(n >= r for n, r in zip(numbers, reserved))
                wanted = [Announcement(p, D(n), D(2)) for p, n in zip((leek, carrot), numbers)]
                with nullcontext() if fits else pytest.raises(Refused):
                    stock.announce_many(producer=farm, week_on=MONDAY, rows=wanted, by=alice)
                quantity = numbers if fits else quantity
            found = Supply.objects.filter(pk__in=pks).order_by("pk").values_list("quantity", "reserved")
            assert list(found) == list(zip(map(D, quantity), map(D, reserved)))
            moved = [sum(m.change for m in StockMovement.objects.filter(supply=pk)) for pk in pks]
            assert moved == quantity
        transaction.set_rollback(True)
