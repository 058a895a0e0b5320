"""Settling: the cost of a day is shared to the cent, nobody above alone, the rest is launch gap, and all of it is booked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from logistics import handover, rounds, settling
from logistics.driven import Noted, note
from logistics.models import CostRun, CostShare, TransportChoice, Vehicle
from network import clock
from network.errors import Refused
from network.models import Account, DeliveryDay, Posting, Transaction
from orders import basket, checkout, closing
from orders.models import OrderLine, PurchaseOrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_person, make_producer, make_product, make_vehicle
from tests.logistics.road_server import km_of, road_server
from tests.producers.test_desk import text

D = Decimal
EXACT = [
    (D("4.56"), D("24.03"), D("28.59"), D("36.64")),
    (D("4.56"), D("23.99"), D("28.55"), D("36.55")),
    (D("4.55"), D("27.56"), D("32.11"), D("43.94")),
]
"""Distribution, collection, both, and alone, of each farm."""
FARMS = ((51.12, 3.60), (51.13, 3.62), (50.95, 3.55))


@pytest.fixture
def closed(network, day, delivery, dana):
    """Three farms, four households, one van: ordered and closed."""
    make_vehicle(network)
    offers = []
    for number, (lat, lon) in enumerate(FARMS):
        farmer = make_person(f"farmer{number}")
        farm = make_producer(network, f"Hoeve {number}", farmer, lat=lat, lon=lon)
        product = make_product(farm, f"leek{number}")
        stock.announce(product=product, week_on=MONDAY, quantity=D(90), price=D("1.60"), by=farmer)
        offers.append(Offer.objects.get(supply__product=product, delivery_day=day, price_group__audience="household"))
    for number in range(4):
        person = make_person(f"buyer{number}")
        home = make_household(network, f"Gezin {number}", person)
        order = basket.open_order(buyer=home, delivery=delivery, by=person)
        basket.fill(order=order, quantities={offer.pk: D(10 + number) for offer in offers}, by=person)
        checkout.place_order(order=order, by=person)
    with clock.at(day.closes_at):
        closing.close_day(day=day)
    day.refresh_from_db()
    return day


@pytest.fixture
def driven(closed, delivery, dana):
    return drive(closed, delivery, dana)


def drive(day, delivery, dana):
    """Planned, and driven."""
    with clock.at(day.closes_at):
        rounds.plan_rounds(day=day, by=dana)
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
    day.refresh_from_db()
    return day


def balances():
    return dict(Posting.objects.values_list("account__kind").annotate(total=Sum("amount")))


def test_the_cost_is_shared_to_the_cent_and_nobody_pays_more_than_alone(driven, dana):
    run = settling.settle_day(day=driven, by=dana)
    shares = list(CostShare.objects.all())
    assert len(shares) == 3
    assert run.cost == driven.rounds.aggregate(total=Sum("cost"))["total"] > 0
    assert sum(share.share for share in shares) + run.launch_gap == run.cost
    assert all(0 <= share.share <= share.alone for share in shares)
    assert sum(share.alone for share in shares) > sum(share.share for share in shares)


def test_with_a_road_server_going_alone_is_priced_by_the_roads_of_the_rounds(closed, delivery, dana, settings):
    with road_server() as fake:
        settings.ROAD_SERVER = fake.at("osrm")
        run = settling.settle_day(day=drive(closed, delivery, dana), by=dana)
    there = delivery.place.point
    assert run.result["alone_km"] == round(sum(km_of(farm, there) + km_of(there, farm) for farm in FARMS), 2)


def test_distribution_is_split_over_the_crates_and_collection_over_the_farms(driven, dana):
    """All three sent the same to the one point; what differs is how far they live."""
    run = settling.settle_day(day=driven, by=dana)
    distribution, collection = run.games.order_by("kind").reverse()
    assert [game.kind for game in (distribution, collection)] == ["distribution", "collection"]
    rows = list(run.shares.order_by("producer").values_list("distribution", "collection", "share", "alone"))
    assert rows == EXACT
    assert sum(row[0] for row in rows) == distribution.cost
    assert sum(row[1] for row in rows) == collection.cost
    assert (run.method, run.tau, collection.tau, collection.proven) == ("epm", D("0.1"), D("0.1"), True)
    assert collection.result["cents"] == {
        str(share.producer_id): int(share.collection * 100) for share in run.shares.all()
    }


def test_everything_is_booked_and_sums_to_zero(driven, dana):
    run = settling.settle_day(day=driven, by=dana)
    per_transaction = Transaction.objects.annotate(total=Sum("postings__amount"))
    assert not per_transaction.exclude(total=0).exists()
    by_kind = dict(Posting.objects.values_list("account__kind").annotate(total=Sum("amount")))
    assert by_kind["carrier"] == -run.cost
    assert by_kind.get("transport", 0) == 0, "what rounds cost is borne by shares and gap, to the cent"
    assert by_kind.get("tariff", 0) == 0, "what buyers paid for transport is credited to the farms"
    assert by_kind.get("launch_gap", 0) == run.launch_gap


def test_each_farm_is_credited_the_tariff_of_its_own_goods(driven, dana):
    settling.settle_day(day=driven, by=dana)
    credited = Posting.objects.filter(transaction__key__startswith="tariff:", account__kind="producer")
    assert sorted(credited.values_list("amount", flat=True)) == [D("-9.20")] * 3, "46 kg at 20 cents"


def test_settling_twice_is_settling_once(driven, dana):
    run = settling.settle_day(day=driven, by=dana)
    before = Posting.objects.count()
    assert settling.settle_day(day=driven, by=dana) == run
    assert (Posting.objects.count(), CostRun.objects.count()) == (before, 1)
    assert DeliveryDay.objects.get(pk=driven.pk).status == "settled"


def test_a_day_that_was_not_driven_is_not_settled(day, dana):
    closing.close_day(day=day)
    with pytest.raises(Refused, match="have not all been driven"):
        settling.settle_day(day=day, by=dana)
    assert not Posting.objects.exists()


# Driven otherwise than planned


def shares():
    return list(CostShare.objects.order_by("producer").values_list("share", flat=True))


def test_what_was_driven_more_is_the_networks_and_the_farms_pay_the_plan(driven, dana):
    """The van costs 0,34 a km and 21 an hour: 12,5 km and 20 minutes more than planned come to 4,25 and 7,00."""
    first = driven.rounds.earliest("number")
    with transaction.atomic():
        as_planned = settling.settle_day(day=driven, by=dana).cost, shares()
        transaction.set_rollback(True)
    noted = Noted(first.km + D("12.5"), first.starts_at, first.ends_at + timedelta(minutes=20))
    note(day=driven, rounds={first.pk: noted}, by=dana)
    run = settling.settle_day(day=driven, by=dana)
    assert (run.cost, shares()) == as_planned
    assert balances()["variance"] == D("11.25")
    assert balances()["carrier"] == -(run.cost + D("11.25")) == -D(run.inputs["driven"])
    mine = Posting.objects.filter(transaction__key=f"round:{first.pk}")
    assert {posting.account.kind: posting.amount for posting in mine.select_related("account")} == {
        "transport": first.cost,
        "variance": D("11.25"),
        "carrier": -first.cost - D("11.25"),
    }


def test_what_was_driven_less_is_the_networks_too(driven, dana):
    first = driven.rounds.earliest("number")
    note(day=driven, rounds={first.pk: Noted(first.km - 10)}, by=dana)
    run = settling.settle_day(day=driven, by=dana)
    assert balances()["variance"] == D("-3.40")
    assert balances()["carrier"] == D("3.40") - run.cost


def test_a_volunteer_is_owed_expenses_only_and_no_carrier_is(closed, delivery, dana, network):
    home = make_household(network, "Gezin Vrijwilliger")
    Vehicle.objects.all().delete()
    make_vehicle(network, "Auto", kind="car", owner=home, per_day=0, per_hour=0, per_km=D("0.40"))
    day = drive(closed, delivery, dana)
    first, second = day.rounds.order_by("number")
    note(
        day=day,
        rounds={
            first.pk: Noted(D("80"), first.starts_at, first.ends_at + timedelta(hours=2)),
            second.pk: Noted(D("61.23")),
        },
        by=dana,
    )
    run = settling.settle_day(day=day, by=dana)
    assert "carrier" not in balances()
    owed = Account.objects.with_balance().get(kind="expenses", organisation=home)
    assert owed.balance == D("-32.00") + D("-24.49"), "80 and 61,23 km at 40 cents; her hours are a gift"
    assert balances()["variance"] == D("56.49") - run.cost


def test_a_farmer_who_drives_is_paid_as_carrier_and_pays_her_share_as_any_farm(closed, delivery, dana, network):
    farmer = closed.purchase_orders.first().producer
    Vehicle.objects.all().delete()
    van = make_vehicle(network, "Haar bus", owner=farmer.organisation)
    Vehicle.objects.update(network=None)
    TransportChoice.objects.create(producer=farmer, week_on=MONDAY, transport="drives", vehicle=van)
    day = drive(closed, delivery, dana)
    run = settling.settle_day(day=day, by=dana)
    owed = Account.objects.with_balance().get(kind="carrier", organisation=farmer.organisation)
    assert owed.balance == -run.cost
    her = CostShare.objects.get(producer=farmer)
    assert 0 < her.share < her.alone and her.own == 0


def test_a_farm_brought_its_goods_as_it_had_chosen_when_the_rounds_were_planned(closed, delivery, dana):
    """She usually is collected, brought them that week, and has changed her mind since."""
    farmer = closed.purchase_orders.first().producer
    choice = TransportChoice.objects.create(producer=farmer, week_on=MONDAY, transport="brings")
    day = drive(closed, delivery, dana)
    choice.transport = "collected"
    choice.save()
    run = settling.settle_day(day=day, by=dana)
    her = CostShare.objects.get(producer=farmer)
    assert (her.own, her.share) == (D("38.19"), 0), "the hub lies farther than the point: her own trip is all she pays"
    brings = {row["id"]: row["brings"] for row in run.inputs["producers"]}
    assert brings.pop(farmer.pk) is True and set(brings.values()) == {False}
    assert 0 < run.result["own_km"] < run.result["alone_km"]


def test_goods_that_no_van_could_take_were_not_brought(closed, delivery, dana):
    Vehicle.objects.all().delete()
    day = drive(closed, delivery, dana)
    run = settling.settle_day(day=day, by=dana)
    assert {row["brings"] for row in run.inputs["producers"]} == {False}
    assert (run.cost, run.inputs["driven"]) == (D(0), "0")


@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.none() | st.decimals(0, 400, places=2), st.none() | st.integers(0, 900)), min_size=2))
def test_whatever_was_driven_the_books_close(driven, dana, noted):
    with transaction.atomic():
        its = list(driven.rounds.order_by("number"))
        rounds_ = {
            ride.pk: Noted(km, ride.starts_at, None if away is None else ride.starts_at + timedelta(minutes=away))
            for ride, (km, away) in zip(its, noted, strict=False)
        }
        note(day=driven, rounds=rounds_, by=dana, sure=True)
        run = settling.settle_day(day=driven, by=dana)
        assert not Transaction.objects.annotate(total=Sum("postings__amount")).exclude(total=0).exists()
        assert sum(shares()) + run.launch_gap == run.cost == sum(ride.cost for ride in its)
        assert balances().get("variance", 0) == D(run.inputs["driven"]) - run.cost
        assert balances().get("transport", 0) == 0
        transaction.set_rollback(True)


def test_the_queries_of_settling_do_not_grow_with_the_rounds(driven, dana, django_assert_max_num_queries):
    """Set-based: bills, papers and entries of any number of rounds and orders."""
    with django_assert_max_num_queries(75):
        settling.settle_day(day=driven, by=dana)


def test_a_shortage_seen_on_the_road_reaches_the_bill_and_the_farm(closed, delivery, dana, visit, network):
    """The driver writes that 23 of 46 kg are missing: half of it is billed, credited and paid, and the crates are missing."""
    with clock.at(closed.closes_at):
        rounds.plan_rounds(day=closed, by=dana)
    line = PurchaseOrderLine.objects.order_by("pk").first()
    visit(dana).post(
        reverse("logistics:missing", args=[line.purchase_order_id]), {f"missing_{line.pk}": "23", "reason": "hail"}
    )
    with clock.at(delivery.ends_at):
        handover.drive_day(day=closed, by=dana)
        settling.settle_day(day=closed, by=dana)
    assert closed.crates.filter(purchase_order_line=line, status="missing").count() == 2
    sold = OrderLine.objects.filter(supply=line.supply)
    assert sold.aggregate(billed=Sum("billed"), asked=Sum("quantity")) == {"billed": 23, "asked": 46}
    bought = Posting.objects.get(transaction__key=f"purchase:{line.purchase_order_id}", account__kind="purchases")
    assert bought.amount == D("36.80"), "23 kg at 1,60"
    farm = line.purchase_order.producer
    tariff = Posting.objects.get(
        transaction__key=f"tariff:{closed.pk}:{farm.organisation_id}", account__kind="producer"
    )
    assert tariff.amount == D("-4.60"), "23 kg at 20 cents"
    assert CostShare.objects.get(producer=farm).crates == D("2.3")


# The pages


def test_the_settlement_shows_planned_driven_and_the_difference_down_to_the_posting(driven, dana, visit, network):
    first = driven.rounds.earliest("number")
    note(day=driven, rounds={first.pk: Noted(first.km + 50)}, by=dana)
    settling.settle_day(day=driven, by=dana)
    answer = visit(dana).get(reverse("logistics:settlement", args=[driven.pk]))
    booked = Transaction.objects.get(key=f"round:{first.pk}")
    variance = Account.objects.get(kind="variance")
    for url in (
        reverse("network:transaction", args=[network.slug, booked.pk]),
        reverse("network:account", args=[network.slug, variance.pk]),
        reverse("logistics:driven", args=[first.pk]),
    ):
        assert url in answer.content.decode()
    assert "Difference € 17.00 the network’s, not the farms’" in text(answer)


def test_rates_changed_later_do_not_rewrite_a_settlement(driven, dana, visit):
    first = driven.rounds.earliest("number")
    note(day=driven, rounds={first.pk: Noted(first.km + 50)}, by=dana)
    settling.settle_day(day=driven, by=dana)
    Vehicle.objects.update(per_km=9)
    assert "Difference € 17.00" in text(visit(dana).get(reverse("logistics:settlement", args=[driven.pk])))


def test_a_settlement_kept_before_rounds_were_kept_whole_still_shows(driven, dana, visit):
    run = settling.settle_day(day=driven, by=dana)
    CostRun.objects.update(inputs={"rounds": [[1, "40.00", "80.00"]], "producers": []})
    answer = visit(dana).get(reverse("logistics:settlement", args=[driven.pk]))
    assert f"Rounds as driven € {run.cost}" in text(answer)


def test_a_farmer_reads_that_her_bill_follows_the_plan(driven, dana, visit):
    settling.settle_day(day=driven, by=dana)
    farm = driven.purchase_orders.first().producer
    farmer = farm.organisation.people.first()
    answer = visit(farmer).get(reverse("logistics:money_day", args=[farm.slug, driven.pk]))
    assert "Your share follows the published plan" in text(answer)


def test_the_settlement_page_has_a_fixed_number_of_queries(driven, dana, visit, django_assert_num_queries):
    settling.settle_day(day=driven, by=dana)
    client = visit(dana)
    url = reverse("logistics:settlement", args=[driven.pk])
    client.get(url)
    with django_assert_num_queries(15):
        client.get(url)
