"""What the fund carries: never more than is in it, never anybody above alone, and what is lent comes back."""

from dataclasses import asdict, replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from logistics.cost_curve import fit_cost, fit_saving
from logistics.fund_rule import Rule, carried, forecast, moved
from tests.logistics.test_cost_curve import SIX

RULE = Rule(fixed=60_00, per_crate="100", full=100, back_from=100, solidarity="0", balance=500_00, lent=0)
"""A day costs 60 euro whatever it carries and 1 a crate; farms pay the price of a day of 100 crates."""


def test_the_example_of_the_page_by_hand():
    """A day of 40 crates cost 100 euro; the sixty crates that were not there would have paid 60 % of the 60 euro: 36 euro."""
    shares, caps = {1: 50_00, 2: 30_00, 3: 20_00}, {1: 90_00, 2: 55_00, 3: 20_00}
    assert carried(shares=shares, caps=caps, crates=D(40), rule=RULE) == {1: 18_00, 2: 10_80, 3: 7_20}
    assert moved(RULE, crates=D(40), billed=100_00, room=65_00) == 36_00


def test_never_more_than_is_in_the_fund_nor_below_the_price_of_the_fuller_day():
    """40 crates at 1.60 are 64 euro: whoever was billed less than that gets nothing."""
    assert moved(replace(RULE, balance=20_00), crates=D(40), billed=100_00, room=0) == 20_00
    assert moved(replace(RULE, balance=0), crates=D(40), billed=100_00, room=0) == 0
    assert moved(RULE, crates=D(40), billed=70_00, room=0) == 6_00
    assert moved(RULE, crates=D(40), billed=15_00, room=0) == 0
    assert moved(RULE, crates=D(100), billed=100_00, room=50_00) == 0


def test_above_the_fuller_day_it_is_paid_back_in_proportion_to_savings():
    """150 crates: half of 60 euro more than the price of the fuller day needs; each gives of what she saves."""
    rule = replace(RULE, lent=500_00)
    shares, caps = {1: 50_00, 2: 30_00, 3: 20_00}, {1: 90_00, 2: 50_00, 3: 20_00}
    assert carried(shares=shares, caps=caps, crates=D(150), rule=rule) == {1: -20_00, 2: -10_00, 3: 0}
    assert moved(rule, crates=D(150), billed=100_00, room=40_00) == -20_00, "half of the savings stays with the farms"
    assert moved(replace(rule, lent=3_00), crates=D(150), billed=100_00, room=60_00) == -3_00
    assert moved(replace(rule, lent=-5_00), crates=D(150), billed=100_00, room=60_00) == 0
    assert moved(replace(rule, back_from=160), crates=D(150), billed=100_00, room=60_00) == 0, "below the tipping point"


def test_the_solidarity_margin_is_a_part_of_the_savings_of_days_that_are_full_enough():
    rule = replace(RULE, solidarity="0.050")
    assert moved(rule, crates=D(100), billed=100_00, room=61_10) == -3_05
    assert moved(rule, crates=D(40), billed=100_00, room=61_10) == 36_00
    assert moved(replace(rule, full=None), crates=D(40), billed=100_00, room=61_10) == -3_05
    assert moved(replace(rule, solidarity="1.000", lent=900), crates=D(150), billed=100_00, room=61_10) == -61_10


def test_a_day_that_is_shared_again_gives_back_what_the_fund_would_be_short():
    short = replace(RULE, balance=-7_00)
    assert moved(short, crates=D(40), billed=100_00, room=50_00) == -7_00
    assert moved(short, crates=D(40), billed=100_00, room=5_00) == -5_00


def test_a_rule_is_kept_as_plain_values():
    assert Rule(**asdict(RULE)) == RULE


bills = st.dictionaries(
    st.integers(1, 60), st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=12
)
rules = st.builds(
    Rule,
    fixed=st.integers(0, 60_000),
    per_crate=st.decimals(0, 500, places=4).map(str),
    full=st.none() | st.integers(1, 400),
    back_from=st.floats(0, 500),
    solidarity=st.decimals(0, 1, places=3).map(str),
    balance=st.integers(0, 200_000),
    lent=st.integers(-50_000, 200_000),
)


@given(bills, rules, st.decimals("0.001", 600, places=3))
def test_whatever_happens_nobody_pays_above_her_cap_or_below_nought_and_the_fund_is_never_overdrawn(
    bills, rule, crates
):
    shares = {pk: share for pk, (share, _room) in bills.items()}
    caps = {pk: share + room for pk, (share, room) in bills.items()}
    parts = carried(shares=shares, caps=caps, crates=crates, rule=rule)
    assert parts.keys() == shares.keys()
    for pk, part in parts.items():
        assert 0 <= shares[pk] - part <= caps[pk]
    total = sum(parts.values())
    room = sum(caps.values()) - sum(shares.values())
    assert total == moved(rule, crates=crates, billed=sum(shares.values()), room=room)
    assert total <= rule.balance
    assert min(parts.values()) >= 0 or max(parts.values()) <= 0, "a day gets or gives, never both"
    if rule.full and crates < rule.full:
        assert total >= 0
    else:
        assert total <= 0


@given(bills, rules, st.decimals("0.001", 600, places=3))
def test_the_order_of_the_farms_does_not_matter(bills, rule, crates):
    shares = {pk: share for pk, (share, _room) in bills.items()}
    caps = {pk: share + room for pk, (share, room) in bills.items()}
    backwards = dict(reversed(shares.items()))
    assert carried(shares=backwards, caps=caps, crates=crates, rule=rule) == carried(
        shares=shares, caps=caps, crates=crates, rule=rule
    )


# Looking ahead

COST = fit_cost(SIX)
SAVING = fit_saving([(crates, crates / 2) for crates, _ in SIX])


def test_a_steady_thin_network_empties_its_fund_and_no_more():
    """40 crates a day, two days a week: 2 x 36 euro a week out of 500, six times, then the rest, then nothing."""
    weeks = forecast(RULE, sizes=[40, 40], growth=0, cost=COST, saving=SAVING, weeks=9)
    assert [week.moved for week in weeks] == [72_00] * 6 + [68_00, 0, 0]
    assert [week.balance for week in weeks][-3:] == [0, 0, 0]
    assert {week.crates for week in weeks} == {40}


def test_a_network_that_grows_pays_back_what_it_was_lent_and_not_more():
    rule = replace(RULE, lent=30_00, balance=0)
    weeks = forecast(rule, sizes=[90], growth=0.05, cost=COST, saving=SAVING, weeks=26)
    assert weeks[0].crates == 94.5 and weeks[0].moved == 0, "there is nothing in it"
    assert sum(week.moved for week in weeks) == -30_00
    assert weeks[-1].balance == 30_00


@given(rules, st.lists(st.floats(1, 300), min_size=1, max_size=5), st.floats(-0.1, 0.1))
def test_the_fund_is_never_below_nought_ahead_either(rule, sizes, growth):
    before = rule.balance
    for week in forecast(rule, sizes=sizes, growth=growth, cost=COST, saving=SAVING, weeks=8):
        assert week.balance == before - week.moved >= 0
        before = week.balance
