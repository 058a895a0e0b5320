"""Settling: the cost of a day is shared to the cent, nobody above alone, the rest is launch gap, and all of it is booked."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from logistics import handover, rounds, settling
from logistics.models import CostRun, CostShare
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, Posting, Transaction
from orders import basket, checkout, closing
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_person, make_producer, make_product, make_vehicle

D = Decimal
FARMS = ((51.12, 3.60), (51.13, 3.62), (50.95, 3.55))


@pytest.fixture
def driven(network, day, delivery, dana):
    """Three farms, four households, one van: ordered, closed, planned, driven."""
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
        rounds.plan_rounds(day=day, by=dana)
    with clock.at(delivery.ends_at):
        handover.drive_day(day=day, by=dana)
    day.refresh_from_db()
    return day


def test_the_cost_is_shared_to_the_cent_and_nobody_pays_more_than_alone(driven, dana):
    run = settling.settle_day(day=driven, by=dana)
    shares = list(CostShare.objects.all())
    assert len(shares) == 3
    assert run.cost == driven.rounds.aggregate(total=Sum("cost"))["total"] > 0
    assert sum(share.share for share in shares) + run.launch_gap == run.cost
    assert all(0 <= share.share <= share.alone for share in shares)
    assert sum(share.alone for share in shares) > sum(share.share for share in shares)


def test_who_lives_farther_away_saves_no_other_share_than_in_proportion(driven, dana):
    settling.settle_day(day=driven, by=dana)
    fractions = {round(share.share / share.alone, 2) for share in CostShare.objects.all()}
    assert max(fractions) - min(fractions) <= D("0.01"), "the stand-alone method: the same fraction of alone for all"


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
