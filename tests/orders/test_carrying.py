"""Stock that carries over: one number for every week, from the first basket to the day that closes and the jar that comes back."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import clock, cycles, journal
from network.errors import Refused
from network.models import Membership
from orders import amending, basket, carrying, checkout, closing, cutting, shortages
from orders.models import Order, PurchaseOrderLine
from producers import catalogue, desk, products, standing, stock
from producers.models import Offer, StockMovement, Supply
from tests.conftest import MONDAY, make_household, make_network, make_person, make_point, make_product, open_week

D = Decimal
NEXT = MONDAY + timedelta(weeks=1)


@pytest.fixture
def jam(farm):
    return make_product(farm, "jam", category="pantry", unit="jar", storage_class="ambient", perishable=False)


@pytest.fixture
def jars(cycle, coming_cycle, jam, alice):
    """Forty jars at € 4, from this week on; next week is open too."""
    cycles.open_cycle(cycle=coming_cycle)
    return carrying.begin(product=jam, quantity=D(40), price=D(4), by=alice)


@pytest.fixture
def take(household, bob, delivery, network):
    """`take(week_on, quantity)`: Bob confirms so many jars for the Thursday of that week."""

    def taken(week_on, quantity, buyer=household, by=bob):
        offer = Offer.objects.get(
            supply__product__sku="jam",
            listed=True,
            delivery_day__cycle__week_on=week_on,
            delivery_day__cycle__network=network,
            delivery_day__on__week_day=5,
            price_group__audience="household",
        )
        to = offer.delivery_day.deliveries.get(pickup_point=delivery.pickup_point_id)
        order = basket.open_order(buyer=buyer, delivery=to, by=by)
        basket.fill(order=order, quantities={offer.pk: D(quantity)}, by=by)
        return checkout.place_order(order=order, by=by)

    return taken


def numbers(supply):
    supply.refresh_from_db()
    return supply.quantity, supply.reserved, supply.available


def moved(supply):
    return list(supply.movements.order_by("pk").values_list("reason", "change"))


def test_two_open_weeks_sell_from_one_number(jars, take):
    take(MONDAY, 15)
    take(NEXT, 20)
    assert numbers(jars) == (40, 35, 5)
    with pytest.raises(basket.BasketRefused) as refused:
        take(NEXT, 26)
    assert refused.value.message == "Only 25 left. Ask for that or less."
    assert list(Supply.objects.values_list("week_on", "carries_over")) == [(MONDAY, True)]
    assert Offer.objects.filter(supply=jars).count() == 8


def test_a_day_that_closes_writes_off_what_it_sold_once(jars, take, day):
    take(MONDAY, 15)
    take(NEXT, 20)
    with clock.at(day.closes_at):
        assert closing.close_day(day=day)
        assert not closing.close_day(day=day)
    assert numbers(jars) == (25, 20, 5)
    assert moved(jars) == [("announced", 40), ("sale", -15)]
    assert jars.movements.get(reason="sale").delivery_day == day


def test_a_basket_that_is_not_confirmed_is_no_sale(jars, take, day, delivery, network):
    take(MONDAY, 4)
    cis = make_person("cis")
    order = basket.open_order(buyer=make_household(network, "Gezin Cis", cis), delivery=delivery, by=cis)
    offer = Offer.objects.get(supply=jars, delivery_day=day, price_group__audience="household")
    basket.fill(order=order, quantities={offer.pk: D(6)}, by=cis)
    assert numbers(jars) == (40, 10, 30)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
    assert numbers(jars) == (36, 0, 36)


def test_a_cancelled_order_and_a_basket_let_go_are_free_for_the_other_week(jars, take, bob, household):
    order = take(MONDAY, 40)
    with pytest.raises(basket.BasketRefused):
        take(NEXT, 1)
    checkout.cancel_order(order=order, by=bob)
    take(NEXT, 40)
    assert numbers(jars) == (40, 40, 0)


def test_what_is_missing_at_the_harvest_stays_written_off(jars, take, day, alice):
    take(MONDAY, 10)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        shortages.record_missing(line=PurchaseOrderLine.objects.get(), missing=D(3), by=alice)
    assert numbers(jars) == (30, 0, 30)


def test_what_a_coordinator_changes_after_the_cut_off_moves_the_stock(jars, take, day, dana):
    order = take(MONDAY, 10)
    take(NEXT, 20)
    closing.close_day(day=day)
    order.refresh_from_db()
    offer = order.lines.get().offer
    amending.amend(order=order, offer=offer, quantity=D(15), reason="Forgotten", by=dana)
    assert numbers(jars) == (25, 20, 5)
    amending.amend(order=order, offer=offer, quantity=D(4), reason="Typed wrong", by=dana)
    assert numbers(jars) == (36, 20, 16)
    assert moved(jars)[-3:] == [("sale", -10), ("corrected", -5), ("corrected", 11)]
    assert jars.movements.latest("pk").note == "Typed wrong"
    with pytest.raises(Refused, match="Only 20 left"):
        amending.amend(order=order, offer=offer, quantity=D(21), reason="More", by=dana)
    assert numbers(jars) == (36, 20, 16)


def test_what_is_announced_this_week_becomes_the_stock_with_its_orders(
    cycle, coming_cycle, day, jam, alice, take, household, bob
):
    """Thursday has closed with 5 jars, Friday still sells 3: of 20, there are 15 of which 3 are ordered."""
    own = stock.announce(product=jam, week_on=MONDAY, quantity=D(20), price=D(4), by=alice)
    stock.announce(product=jam, week_on=NEXT, quantity=D(9), price=D(4), by=alice)
    order = take(MONDAY, 5)
    friday = cycle.days.get(on=day.on + timedelta(days=1))
    stock.reserve({own.pk: D(3)})
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        supply = carrying.begin(product=jam, quantity=D(15), price=D(4), by=alice)
    assert supply.pk == own.pk and numbers(supply) == (15, 3, 12)
    assert moved(supply) == [("announced", 20), ("sale", -5)]
    assert order.lines.get().supply_id == supply.pk
    later = Supply.objects.get(week_on=NEXT)
    assert (later.quantity, later.offers.filter(listed=True).count()) == (0, 0)
    assert set(supply.offers.filter(delivery_day__cycle=coming_cycle).values_list("listed", flat=True)) == {True}
    with clock.at(friday.closes_at), pytest.raises(Refused, match="carries over already"):
        carrying.begin(product=jam, quantity=D(15), price=D(4), by=alice)


def test_it_is_refused_while_a_later_week_has_orders_of_its_own(cycle, coming_cycle, jam, alice):
    supply = stock.announce(product=jam, week_on=NEXT, quantity=D(9), price=D(4), by=alice)
    stock.reserve({supply.pk: D(1)})
    with pytest.raises(Refused, match="A later week has orders of its own for this"):
        carrying.begin(product=jam, quantity=D(40), price=D(4), by=alice)
    assert not Supply.objects.filter(carries_over=True).exists()


def test_less_than_is_ordered_cannot_be_the_stock(cycle, jam, alice):
    supply = stock.announce(product=jam, week_on=MONDAY, quantity=D(9), price=D(4), by=alice)
    stock.reserve({supply.pk: D(8)})
    with pytest.raises(stock.Short):
        carrying.begin(product=jam, quantity=D(7), price=D(4), by=alice)
    with pytest.raises(Refused, match="Nothing is gone already"):
        carrying.begin(product=jam, quantity=D(0), price=D(4), until_gone=True, by=alice)


def test_every_movement_is_written_down(jars, alice):
    standing.move(supply=jars, reason="harvest", quantity=D(12), by=alice)
    standing.move(supply=jars, reason="loss", quantity=D(2), note=" glass broke ", by=alice)
    standing.move(supply=jars, reason="return", quantity=D(1), by=alice)
    standing.move(supply=jars, reason="count", quantity=D(49), seen=D(51), by=alice)
    assert numbers(jars) == (49, 0, 49)
    assert moved(jars) == [("announced", 40), ("harvest", 12), ("loss", -2), ("return", 1), ("count", -2)]
    lost = jars.movements.get(reason="loss")
    assert (lost.note, lost.by, lost.at) == ("glass broke", alice, clock.now())


@pytest.mark.parametrize(
    ("reason", "quantity", "more", "said"),
    [
        ("harvest", 0, {}, "Enter how much: more than 0."),
        ("harvest", -1, {}, "A quantity cannot be negative. Enter 0 or more."),
        ("harvest", D("0.5"), {}, "This is sold per 1. Enter a multiple of it."),
        ("harvest", 999990, {}, "That is more than any field yields. Enter a smaller quantity."),
        ("loss", 41, {}, "There are only 40."),
        ("loss", 10, {}, "31 jar of jam is already ordered."),
        ("count", 30, {}, "31 jar of jam is already ordered."),
        (
            "count",
            35,
            {"seen": D(41)},
            "While you counted this became 40: something was sold or noted. Look at the list and count again.",
        ),
    ],
)
def test_what_cannot_be_changes_nothing(jars, take, alice, reason, quantity, more, said):
    take(MONDAY, 31)
    with pytest.raises(Refused) as refused:
        standing.move(supply=jars, reason=reason, quantity=D(quantity), by=alice, **more)
    assert refused.value.message == said
    assert numbers(jars) == (40, 31, 9) and jars.movements.count() == 1


def test_a_shortage_is_cut_over_all_weeks_at_once(jars, take, alice, network):
    take(MONDAY, 20)
    ann = make_person("ann")
    take(NEXT, 20, make_household(network, "Gezin Ann", ann), ann)
    jars.refresh_from_db()
    mark = cutting.plan(supply=jars, quantity=D(30), rule="pro_rata").mark
    cutting.cut(supply=jars, quantity=D(30), rule="pro_rata", mark=mark, by=alice)
    assert numbers(jars) == (30, 30, 0)
    assert list(Order.objects.order_by("pk").values_list("lines__confirmed", flat=True)) == [15, 15]
    assert moved(jars) == [("announced", 40), ("shortage", -10)]


def test_the_database_keeps_that_the_stock_is_the_sum_of_what_was_noted(jars):
    with pytest.raises(IntegrityError, match="is not the sum of its movements"), transaction.atomic():
        Supply.objects.filter(pk=jars.pk).update(quantity=41)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        jars.movements.update(change=1)
    with pytest.raises(IntegrityError, match="one_stock_per_product_carries_over"), transaction.atomic():
        Supply.objects.create(product=jars.product, week_on=NEXT, quantity=0, price=4, carries_over=True)


# Every week by itself


def test_a_week_planned_later_offers_it_without_anybody_doing_anything(jars, take, network, django_assert_num_queries):
    cycles.plan_cycle(network=network, week_on=NEXT + timedelta(weeks=1))
    assert standing.turn() == 1
    with django_assert_num_queries(4):
        assert standing.turn() == 0
    assert Offer.objects.filter(supply=jars, listed=True).count() == 12
    assert {offer.gross for offer in Offer.objects.filter(supply=jars, price_group__audience="household")} == {
        D("5.50")
    }


def test_what_she_took_off_stays_off_in_weeks_to_come(jars, jam, network, alice):
    stock.announce(product=jam, week_on=MONDAY, quantity=D(40), price=D("4.2"), listed=False, by=alice)
    cycles.plan_cycle(network=network, week_on=NEXT + timedelta(weeks=1))
    assert standing.turn() == 1
    assert set(Offer.objects.filter(supply=jars).values_list("listed", "price")) == {(False, D("4.2"))}


def test_topped_up_stock_stays_in_her_list_when_it_is_sold_out(jars, take, day, farm):
    take(MONDAY, 40)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        assert standing.turn() == 0
    row = desk.row_of(farm, NEXT, jars.product)
    assert (row.supply.quantity, row.listed) == (0, True)


def test_until_it_is_gone(jars, take, day, farm, jam, alice, network):
    """The last jar goes on Thursday: that week keeps its row, no later one has it, and the shop no longer shows it."""
    standing.set_until_gone(supply=jars, until_gone=True, by=alice)
    take(MONDAY, 40)
    assert standing.turn() == 0
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        assert standing.turn() == 1
        assert standing.turn() == 0
        assert [row.product.sku for row in desk.week_of(farm, MONDAY).announced] == ["jam"]
        assert desk.week_of(farm, NEXT).announced == []
        assert not Offer.objects.on_sale().filter(supply=jars).exists()
        cycles.plan_cycle(network=network, week_on=NEXT + timedelta(weeks=1))
        assert standing.turn() == 0
        with pytest.raises(Refused, match="come to an end"):
            standing.move(supply=jars, reason="harvest", quantity=D(5), by=alice)
        assert journal.history_of(jam).first().action == "sold the last of it"
        with clock.at(cycles.DeliveryDay.objects.filter(cycle__week_on=MONDAY).latest("on").closes_at):
            again = carrying.begin(product=jam, quantity=D(6), price=D(4), by=alice)
    assert (again.pk != jars.pk, again.week_on, again.quantity) == (True, NEXT, 6)


# The desk


def test_the_desk_shows_one_number_in_every_week(jars, take, day, farm):
    take(MONDAY, 10)
    take(NEXT, 5)
    for week in (MONDAY, NEXT):
        row = desk.row_of(farm, week, jars.product)
        assert (row.supply.pk, row.supply.quantity, row.supply.reserved, row.last) == (jars.pk, 40, 15, None)
    assert desk.totals_of(farm, MONDAY) == desk.Totals(D(60), D(160), 1, 0)
    assert desk.totals_of(farm, NEXT) == desk.Totals(D(0), D(100), 1, 0)
    friday = day.cycle.days.get(on=day.on + timedelta(days=1))
    with clock.at(friday.closes_at):
        closing.close_day(day=day)
        closing.close_day(day=friday)
        assert desk.totals_of(farm, MONDAY).income == 40
        assert desk.totals_of(farm, NEXT) == desk.Totals(D(20), D(120), 1, 0)


def test_the_grid_counts_and_prices_every_week(jars, jam, alice, farm):
    supply = stock.announce(product=jam, week_on=NEXT, quantity=D(38), price=D("4.5"), by=alice)
    assert supply.pk == jars.pk and moved(jars) == [("announced", 40), ("count", -2)]
    assert set(Offer.objects.values_list("price", flat=True)) == {D("4.5")}
    with pytest.raises(Refused, match="Last week has nothing"):
        catalogue.repeat_last_week(producer=farm, week_on=NEXT, by=alice)
    assert desk.week_of(farm, NEXT).repeatable == 0


def test_an_archived_product_takes_its_stock_along_and_brings_none_back(jars, jam, take, day, alice):
    order = take(NEXT, 5)
    with pytest.raises(Refused, match="5 jar of it is ordered"):
        products.archive(product=jam, by=alice)
    checkout.cancel_order(order=order, by=alice)
    products.archive(product=jam, by=alice)
    assert numbers(jars) == (0, 0, 0) and moved(jars)[-1] == ("corrected", -40)
    assert standing.turn() == 0 and not Offer.objects.on_sale().filter(supply=jars).exists()
    products.take_back(product=jam, by=alice)
    standing.move(supply=jars, reason="harvest", quantity=D(12), by=alice)
    assert numbers(jars) == (12, 0, 12)


def test_two_networks_sell_from_one_stock(jars, jam, farm, alice, take, network):
    """The same jars in a second network, in both its price groups, that she joins later: nothing is announced twice."""
    other = make_network("aalst")
    make_point(other, "b1")
    Membership.objects.create(network=other, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    open_week(other)
    assert standing.turn() == 1
    dirk = make_person("dirk")
    there = make_household(other, "Gezin Dirk", dirk)
    offer = Offer.objects.get(
        supply=jars, delivery_day__cycle__network=other, delivery_day__on__week_day=5, price_group__audience="household"
    )
    order = basket.open_order(buyer=there, delivery=offer.delivery_day.deliveries.get(), by=dirk)
    basket.fill(order=order, quantities={offer.pk: D(39)}, by=dirk)
    with pytest.raises(basket.BasketRefused) as refused:
        take(MONDAY, 2)
    assert refused.value.message == "Only 1 left. Ask for that or less."
    trade = Offer.objects.filter(supply=jars, price_group__audience="trade").values_list("delivery_day__cycle__network")
    assert sorted(set(trade)) == sorted([(network.pk,), (other.pk,)])
    assert numbers(jars) == (40, 39, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["harvest", "loss", "count", "return", "reserve", "release"]),
            st.integers(min_value=0, max_value=50),
        ),
        max_size=12,
    )
)
def test_whatever_happens_the_number_is_the_sum_of_the_movements(jars, alice, steps):
    """Reserving takes from it, noting moves it, nothing goes below what is ordered."""
    with suppress(RuntimeError), transaction.atomic():
        for what, number in steps:
            with suppress(Refused), transaction.atomic():
                if what == "reserve":
                    stock.reserve({jars.pk: D(number)})
                elif what == "release":
                    stock.reserve({jars.pk: -min(D(number), numbers(jars)[1])})
                else:
                    standing.move(supply=jars, reason=what, quantity=D(number), by=alice)
            quantity, reserved, _left = numbers(jars)
            assert quantity == sum(change for _reason, change in moved(jars))
            assert 0 <= reserved <= quantity
        raise RuntimeError("back to where it was")


# The page


def test_the_page_begins_notes_and_shows(cycle, jam, alice, visit, django_assert_num_queries):
    url = reverse("orders:stock", args=[jam.producer.slug, jam.pk])
    page = visit(alice)
    assert "Let it carry over" in page.get(url).content.decode()
    answer = page.post(url, {"what": "carry", "quantity": "40", "price": "4", "until_gone": "on"})
    assert answer.status_code == 302
    supply = Supply.objects.get()
    assert (supply.carries_over, supply.until_gone, supply.quantity) == (True, True, 40)
    page.post(url, {"what": "move", "reason": "loss", "quantity": "2", "note": "gebarsten", "seen": "40"})
    page.post(url, {"what": "until_gone", "until_gone": "0"})
    assert numbers(supply) == (38, 0, 38) and not supply.until_gone
    shown = page.get(url).content.decode()
    for text in ("carries over from week to week", "gebarsten", "-2", "Nothing is ordered of it now."):
        assert text in shown
    wrong = page.post(url, {"what": "move", "reason": "loss", "quantity": "veel"})
    assert wrong.status_code == 422 and StockMovement.objects.count() == 2


def test_a_loss_below_what_is_ordered_leads_to_who_gets_less(jars, take, alice, jam, visit):
    take(MONDAY, 35)
    url = reverse("orders:stock", args=[jam.producer.slug, jam.pk])
    answer = visit(alice).post(url, {"what": "move", "reason": "loss", "quantity": "10", "seen": "40"})
    assert answer.status_code == 422
    assert f"{reverse('orders:cut', args=[jars.pk])}?quantity=30" in answer.content.decode()
    assert "Thursday" in answer.content.decode()


def test_the_row_in_the_grid_says_it_and_links_to_the_stock(jars, alice, jam, visit):
    shown = visit(alice).get(reverse("producers:week", args=[jam.producer.slug, str(NEXT)])).content.decode()
    assert f'<a href="{reverse("orders:stock", args=[jam.producer.slug, jam.pk])}">carries over</a>' in shown
