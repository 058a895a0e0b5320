from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.cost_sharing import Sharing, share

cents = st.integers(0, 50_000)


@st.composite
def bills(draw):
    alone = draw(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), cents, max_size=12))
    caps = {producer: draw(st.integers(0, amount)) for producer, amount in alone.items()}
    return draw(st.integers(0, 200_000)), alone, caps


def test_half_price_for_everybody():
    """Alone 60, 30 and 10 euro; the round costs 50: each pays half of going alone."""
    assert share(cost=5_000, alone={"an": 6_000, "bo": 3_000, "cas": 1_000}) == Sharing(
        shares={"an": 3_000, "bo": 1_500, "cas": 500},
        saving={"an": 0.5, "bo": 0.5, "cas": 0.5},
        launch_gap=0,
        spread=0.0,
    )


def test_who_brings_her_goods_pays_for_the_rest_of_the_way():
    """Bo spends 20 of her 50 euro herself: the round may cost her 30 at most, and both keep the same part of their room."""
    sharing = share(cost=4_000, alone={"an": 5_000, "bo": 5_000}, caps={"an": 5_000, "bo": 3_000})
    assert sharing.shares == {"an": 2_500, "bo": 1_500}
    assert sharing.saving == {"an": 0.5, "bo": 0.3}
    assert sharing.spread == pytest.approx(20.0)


def test_what_costs_more_than_everybody_alone_is_launch_gap():
    sharing = share(cost=12_000, alone={"an": 6_000, "bo": 3_000})
    assert sharing.shares == {"an": 6_000, "bo": 3_000}
    assert sharing.saving == {"an": 0.0, "bo": 0.0}
    assert sharing.launch_gap == 3_000


def test_the_odd_cents_go_to_the_largest_remainder_then_by_id():
    assert share(cost=100, alone={"c": 50, "b": 50, "a": 50}).shares == {"a": 34, "b": 33, "c": 33}
    assert share(cost=100, alone={"a": 100, "b": 200, "c": 400}).shares == {"a": 14, "b": 29, "c": 57}


def test_the_hub_in_her_yard_costs_nothing_and_stands_outside_the_spread():
    sharing = share(cost=1_000, alone={"hub": 0, "an": 4_000})
    assert sharing == Sharing({"an": 1_000, "hub": 0}, {"an": 0.75, "hub": 0.0}, 0, 0.0)


def test_nobody_to_bill():
    assert share(cost=0, alone={}) == Sharing({}, {}, 0, 0.0)
    assert share(cost=700, alone={}).launch_gap == 700
    assert share(cost=700, alone={"hub": 0}) == Sharing({"hub": 0}, {"hub": 0.0}, 700, 0.0)


@given(bills())
def test_every_cent_is_billed_or_launch_gap_and_nobody_pays_more_than_her_cap(bill):
    cost, alone, caps = bill
    sharing = share(cost=cost, alone=alone, caps=caps)
    assert sum(sharing.shares.values()) + sharing.launch_gap == cost
    assert sharing.launch_gap == max(0, cost - sum(caps.values()))
    for producer, paid in sharing.shares.items():
        assert 0 <= paid <= caps[producer] <= alone[producer]
        assert 0.0 <= sharing.saving[producer] <= 1.0


@given(bills())
def test_shares_are_within_a_cent_of_proportional(bill):
    cost, alone, caps = bill
    room = sum(caps.values())
    billed = min(cost, room)
    for producer, paid in share(cost=cost, alone=alone, caps=caps).shares.items():
        assert abs(paid - Fraction(billed * caps[producer], room or 1)) < 1


@given(bills(), st.randoms())
def test_the_order_of_producers_moves_no_cent(bill, random):
    cost, alone, caps = bill
    names = list(alone)
    random.shuffle(names)
    shuffled = share(cost=cost, alone={n: alone[n] for n in names}, caps={n: caps[n] for n in reversed(names)})
    assert shuffled == share(cost=cost, alone=alone, caps=caps)


@given(bills())
def test_identical_producers_pay_the_same_within_a_cent(bill):
    cost, alone, caps = bill
    shares = share(cost=cost, alone=alone, caps=caps).shares
    for one in alone:
        for other in alone:
            if caps[one] == caps[other]:
                assert abs(shares[one] - shares[other]) <= 1
            if caps[one] < caps[other]:
                assert shares[one] <= shares[other] + 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"cost": -1, "alone": {"an": 5}}, "cost must be whole cents and not negative, but is -1"),
        ({"cost": 1.5, "alone": {"an": 5}}, "cost must be whole cents and not negative, but is 1.5"),
        ({"cost": 1, "alone": {"an": -5}}, "alone of an must be whole cents and not negative"),
        ({"cost": 1, "alone": {"an": 5}, "caps": {"an": -5}}, "cap of an must be whole cents and not negative"),
        ({"cost": 1, "alone": {"an": 5}, "caps": {"an": 6}}, "cap of an is above what going alone costs: 6 > 5"),
        ({"cost": 1, "alone": {"an": 5}, "caps": {"bo": 5}}, "the same producers; they differ in an, bo"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        share(**arguments)
