"""What another choice would have cost: the day's own facts with one thing changed, shared again."""

from decimal import Decimal

import pytest

from logistics import choosing, games
from logistics.choosing import Choice
from logistics.models import CostRun, CostShare
from network.models import Delivery, PickupSlot
from tests.conftest import make_point
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle

D = Decimal
SPOTS = (*AROUND, (51.15, 3.75), (51.02, 3.50))


@pytest.fixture
def farms(network):
    return make_farms(network, SPOTS)


@pytest.fixture
def second(network):
    """Another pickup point, far to the east, before the week is planned."""
    return make_point(network, "b2", lat=51.0, lon=3.9)


@pytest.fixture
def day(second, cycle):
    return cycle.days.get(on="2026-03-05")


@pytest.fixture
def settled(farms, day, point, second, dana):
    """The first two farms send to both points, the others to the first; the second farm brings her goods."""
    order_of_each(farms, day.deliveries.get(pickup_point=point))
    order_of_each(farms[:2], day.deliveries.get(pickup_point=second), units=10, name="Gezin Oost")
    return settle(day, dana, brings=[farms[1]])


def share_of(farm):
    return CostShare.objects.select_related("cost_run__delivery_day").get(producer=farm)


def weighed(farm, kind):
    share = share_of(farm)
    (choice,) = [choice for choice in choosing.choices_of(share=share) if choice.kind == kind]
    return choosing.now(share), choosing.weigh(share=share, choice=choice)


def test_she_sees_the_choices_she_had(settled, farms, day, second):
    east = day.deliveries.get(pickup_point=second).pk
    assert choosing.choices_of(share=share_of(farms[0])) == [Choice("bring"), Choice("fuller"), Choice("less", east)]
    assert choosing.choices_of(share=share_of(farms[1])) == [
        Choice("collected"),
        Choice("fuller"),
        Choice("less", east),
    ]
    assert choosing.choices_of(share=share_of(farms[2])) == [Choice("bring"), Choice("fuller"), Choice("more", east)]


def test_nothing_changed_is_the_bill_as_it_was(settled, farms):
    for farm in farms:
        share = share_of(farm)
        assert choosing._outcome(choosing._shared_after(settled.inputs, settled.inputs), farm.pk) == choosing.now(share)


def test_bringing_costs_her_own_trip_and_no_collection(settled, farms):
    was, then = weighed(farms[0], "bring")
    assert then.own > 0 == was.own
    assert then.alone == was.alone
    assert then.own + then.share == then.together


def test_being_collected_again_costs_what_it_costs_others(settled, farms):
    """She brought her goods, at the price of a whole trip; collected along with her neighbour she pays less."""
    was, then = weighed(farms[1], "collected")
    assert (was.own > 0, then.own) == (True, 0)
    assert then.together < was.together and then.share <= then.alone


def test_fuller_crates_pay_less_at_every_stop(settled, farms):
    was, then = weighed(farms[0], "fuller")
    assert then.alone < was.alone, "fewer crates to unload"
    assert then.share < was.share


def test_a_destination_less_and_one_more(settled, farms):
    was, then = weighed(farms[0], "less")
    assert then.alone < was.alone and then.share < was.share
    was, then = weighed(farms[2], "more")
    assert then.alone > was.alone and then.share > was.share


def test_nobody_else_moves_when_the_inputs_stay(settled, farms):
    """The stored facts are looked at, never changed."""
    before = CostRun.objects.get().inputs
    for farm in farms:
        share = share_of(farm)
        for choice in choosing.choices_of(share=share):
            choosing.weigh(share=share, choice=choice)
        assert share.cost_run.inputs == before


def test_a_choice_she_did_not_have_is_refused(settled, farms):
    with pytest.raises(ValueError, match="there was no choice collected"):
        choosing.weigh(share=share_of(farms[0]), choice=Choice("collected"))


def test_a_day_of_before_the_games_has_no_choices(settled, farms):
    CostRun.objects.update(inputs={"rounds": [], "producers": []})
    assert choosing.choices_of(share=share_of(farms[0])) == []


# Another day


def test_the_same_goods_on_friday(network, point, farms, cycle, dana):
    """On Thursday five farms go; on Friday only the southern one, who sends to the same point."""
    thursday, friday = cycle.days.order_by("on")
    there = thursday.deliveries.get(pickup_point=point)
    PickupSlot.objects.create(pickup_point=point, weekday=4, opens="17:00", closes="19:00")
    later = Delivery.objects.create(
        delivery_day=friday,
        pickup_point=point,
        place=point.place,
        starts_at=there.starts_at.replace(day=6),
        ends_at=there.ends_at.replace(day=6),
    )
    order_of_each(farms, there)
    order_of_each(farms[2:3], later, units=20, name="Gezin Vrijdag")
    settle(thursday, dana)
    settle(friday, dana)
    share = CostShare.objects.select_related("cost_run__delivery_day").get(
        producer=farms[0], cost_run__delivery_day=thursday
    )
    assert Choice("day", friday.pk) in choosing.choices_of(share=share)
    then = choosing.weigh(share=share, choice=Choice("day", friday.pk))
    was = choosing.now(share)
    assert then.alone == was.alone, "the same goods to the same place"
    assert then.share > was.share, "with two farms on the road a crate pays more than with five"
    south = CostShare.objects.select_related("cost_run__delivery_day").get(
        producer=farms[2], cost_run__delivery_day=thursday
    )
    more = choosing.weigh(share=south, choice=Choice("day", friday.pk))
    assert more.alone < south.alone, "she drives there on Friday anyway"
    assert more.share < south.share


def test_more_players_than_tours_can_be_compared_over_are_compared_in_the_neighbourhood(settled, farms):
    """Twenty farms in a row: the cost moves by the tours around the one that changes."""
    inputs = settled.inputs
    first = next(row for row in inputs["producers"] if row["id"] == farms[0].pk)
    goods = next(row for row in inputs["crates"] if row["producer"] == farms[0].pk)
    many = [first | {"id": 9000 + number} for number in range(20)]
    wide = inputs | {
        "producers": inputs["producers"] + many,
        "crates": inputs["crates"] + [goods | {"producer": her["id"]} for her in many],
    }
    changed = choosing._changed(wide, farms[2].pk, Choice("bring"))
    pieces = list(choosing._pieces(wide, changed, "collection"))
    assert [len(piece) for piece in pieces] == [choosing.AROUND]
    assert farms[2].pk in pieces[0]
    assert list(choosing._pieces(wide, changed, "distribution")) == []
    assert games.cheapest(wide, "collection", pieces[0]) > games.cheapest(changed, "collection", pieces[0]) > 0
