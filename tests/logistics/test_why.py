"""Why this amount: the sum of a bill adds up to the cent, names the group that holds it, and tells nothing else of others."""

from decimal import Decimal

import pytest
from django.utils.translation import override

from logistics import games
from logistics.certificates import game_row, result_of
from logistics.models import CostRun, CostShare, Vehicle
from logistics.why import Others, allocation_of, explained
from network.money import from_cents
from tests.conftest import make_vehicle
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle

D = Decimal
SPOTS = (*AROUND, (51.15, 3.75), (51.02, 3.50), (50.98, 3.85))


def why_of(farm):
    share = CostShare.objects.select_related("cost_run").get(producer=farm, cost_run__corrected_at=None)
    return explained(share=share, shares=list(share.cost_run.shares.select_related("producer__organisation")))


@pytest.fixture
def farms(network):
    return make_farms(network, SPOTS)


@pytest.fixture
def settled(farms, delivery, dana):
    """Six farms; the second brings her goods to the hub."""
    order_of_each(farms, delivery)
    return settle(delivery.delivery_day, dana, brings=[farms[1]])


def test_every_line_of_every_bill_adds_up_to_the_cent(settled, farms):
    for farm in farms:
        why = why_of(farm)
        share = why.share
        assert why.alone.per_day + why.alone.road + why.alone.time == why.alone.total == share.alone
        assert sum(drop.pays for drop in why.drops) + why.straight - why.relief == share.distribution
        if why.collected:
            assert why.collected.wish + why.collected.difference == share.collection
        assert share.distribution + share.collection - share.fund == share.share
        assert share.share <= why.cap == max(0, share.alone - share.own)


def test_going_alone_is_her_kilometres_and_minutes_at_her_rates(settled, farms):
    """Twelve a day, 30 cents a kilometre, 19 an hour: the standard van."""
    why = why_of(farms[0])
    assert (why.alone.rates.per_day, why.alone.rates.per_km, why.alone.rates.per_hour) == (12.0, 0.3, 19.0)
    assert why.standard
    assert abs(why.alone.road - D(str(0.30 * why.alone.km))) < D("0.01")
    assert abs(why.alone.time - D(str(19 * why.alone.minutes / 60))) < D("0.01")


def test_her_own_van_counts_at_its_own_rates(network, farms, delivery, dana):
    make_vehicle(network)
    hers = make_vehicle(network, "Haar bus", owner=farms[0].organisation, per_day=D(5), per_km=D("0.2"))
    Vehicle.objects.filter(pk=hers.pk).update(network=None)
    order_of_each(farms, delivery)
    settle(delivery.delivery_day, dana)
    why = why_of(farms[0])
    assert (why.alone.per_day, why.alone.rates.per_km, why.standard) == (D("5.00"), 0.2, False)


def test_who_brings_sees_her_own_trip_and_no_collection(settled, farms):
    why = why_of(farms[1])
    assert why.collected is None and why.members == 0
    assert why.to_hub.total == why.share.own > 0


def test_a_crate_pays_the_same_price_at_a_destination_whoever_sent_it(settled, farms):
    prices = {drop.price for farm in farms for drop in why_of(farm).drops}
    assert len({price.quantize(D("0.01")) for price in prices}) == 1


def test_a_group_that_holds_her_bill_is_named(settled, farms):
    """Farms that lie together could drive together; a tenth above their own cost is the most they pay."""
    held = {farm: why_of(farm) for farm in farms if why_of(farm).held}
    assert held, "somebody is held here"
    for farm, why in held.items():
        assert why.collected.explanation.reason == "held"
        assert str(farm) not in why.held and set(why.held) < {str(other) for other in farms}
        assert why.collected.difference < 0
        assert all(name in why.collected.because for name in why.held)
    with override("nl"):
        farm = next(iter(held))
        assert why_of(farm).collected.because.startswith("Samen met Hoeve")


def test_the_stored_game_explains_as_the_engine_did(settled):
    """What was kept of a game says the same as the allocation it came from."""
    shared = games.share(settled.inputs)
    for played in shared.games:
        kept = allocation_of(settled.games.get(kind=played.kind))
        made = played.allocation
        assert (kept.cents, kept.alone_cents, kept.launch_gap_cents) == (
            made.cents,
            made.alone_cents,
            made.launch_gap_cents,
        )
        assert {group.group for group in made.binding} <= {group.group for group in kept.binding}
        assert (kept.method, kept.proven, kept.tau) == (made.method, made.proven, pytest.approx(made.tau, abs=1e-5))


def test_of_others_only_the_lowest_the_highest_and_all_together(settled, farms):
    shares = list(CostShare.objects.all())
    others = why_of(farms[0]).others
    savings = sorted(share.saved / share.alone for share in shares)
    assert others == Others(6, savings[0], savings[-1], sum(s.saved for s in shares) / sum(s.alone for s in shares))


def test_with_two_in_a_game_nothing_tells_what_the_other_pays(network, delivery, dana):
    farms = make_farms(network, AROUND[:2])
    order_of_each(farms, delivery)
    settle(delivery.delivery_day, dana)
    why = why_of(farms[0])
    assert why.few and why.members == 2 and why.held == []
    assert why.others.farms == 2 and why.others.overall is None
    other = CostShare.objects.get(producer=farms[1])
    said = [why.collected.because, f"{why.collected.remains:.4f}"]
    both = why.collected.explanation.billed_cents
    assert all(str(from_cents(amount)) not in " ".join(said) for amount in (both, int(other.collection * 100)))


def test_a_day_with_one_farm(network, delivery, dana):
    (farm,) = make_farms(network, AROUND[:1])
    order_of_each([farm], delivery)
    settle(delivery.delivery_day, dana)
    why = why_of(farm)
    assert (why.others.farms, why.members, why.held) == (1, 1, [])
    assert why.share.distribution + why.share.collection == why.share.share <= why.cap


def test_a_farm_at_the_hub_pays_nothing_and_stands_outside_the_comparison(network, point, delivery, dana):
    """Her yard is where everything is handed out: alone costs nothing."""
    point.place.lat, point.place.lon = AROUND[0]
    point.place.save()
    farms = make_farms(network)
    order_of_each(farms, delivery)
    settle(delivery.delivery_day, dana)
    why = why_of(farms[0])
    assert (why.share.alone, why.share.share, why.alone) == (0, 0, None)
    assert why.others.farms == 2


def test_a_day_of_before_the_games_still_shows_its_kilometres(settled, farms):
    """What was kept then: where she starts, where her crates went, and her rates."""
    farm, run = farms[0], CostRun.objects.get()
    share = run.shares.get(producer=farm)
    her = next(row for row in run.inputs["producers"] if row["id"] == farm.pk)
    places = run.inputs["places"]
    drops = [
        [*places[there["at"]], sum(row["crates"].values())]
        for row in run.inputs["crates"]
        for there in run.inputs["destinations"]
        if row["producer"] == farm.pk and row["delivery"] == there["id"]
    ]
    old = {"id": farm.pk, "start": places[her["at"]], "drops": drops, "brings": False, "rates": her["rates"]}
    run.games.all().delete()
    CostRun.objects.update(inputs={"rounds": [], "producers": [old]}, result={})
    why = why_of(farm)
    assert not why.known and why.collected is None and why.drops == []
    assert why.alone.total == share.alone
    CostRun.objects.update(inputs={"rounds": [[1, "40.00", "80.00"]], "producers": []})
    assert why_of(farm).alone is None


@pytest.mark.parametrize("method", ["stand_alone", "volume", "shapley", "nucleolus"])
def test_a_day_shared_by_another_method_explains_itself(settled, farms, method):
    inputs = settled.inputs | {"terms": settled.inputs["terms"] | {"method": method}}
    shared = games.share(inputs)
    settled.games.all().delete()
    for played in shared.games:
        row = game_row(played)
        row.cost_run = settled
        row.save()
    CostRun.objects.update(inputs=inputs, result=result_of(inputs, shared))
    for pk, bill in shared.bills.items():
        settled.shares.filter(producer=pk).update(
            distribution=from_cents(bill.distribution),
            collection=from_cents(bill.collection),
            share=from_cents(bill.share),
        )
    why = why_of(farms[0])
    assert why.collected.wish + why.collected.difference == why.share.collection
    assert why.collected.proportional is (method == "stand_alone")
    assert why.collected.sum_said and why.collected.because


def test_the_start_up_fund_stands_in_the_sum(settled, farms):
    CostShare.objects.filter(producer=farms[0]).update(
        fund=D("2.00"), share=CostShare.objects.get(producer=farms[0]).share - 2
    )
    share = why_of(farms[0]).share
    assert share.distribution + share.collection - share.fund == share.share
