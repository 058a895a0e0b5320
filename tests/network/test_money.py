"""The only place where money is rounded: half up, to the cent, nothing lost."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import money

D = Decimal
amounts = st.decimals(-1_000_000, 1_000_000, places=2)
rates = st.decimals(0, D("99.99"), places=2)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("2.344", "2.34"),
        ("2.345", "2.35"),
        ("2.355", "2.36"),
        ("0.0049999", "0.00"),
        ("-2.345", "-2.35"),
        ("-2.344", "-2.34"),
        ("7", "7.00"),
        ("1E+3", "1000.00"),
    ],
)
def test_euros_are_rounded_half_up_and_away_from_zero(exact: str, rounded: str) -> None:
    assert str(money.euros(D(exact))) == rounded
    assert str(money.euros(exact)) == rounded


def test_a_float_is_not_money() -> None:
    with pytest.raises(TypeError, match="not a float"):
        money.euros(2.345)  # type: ignore[arg-type]


@given(st.decimals(-1_000_000, 1_000_000, places=6))
def test_rounding_moves_at_most_half_a_cent(exact: Decimal) -> None:
    assert abs(money.euros(exact) - exact) <= D("0.005")


@given(amounts)
def test_cents_and_euros_are_the_same_money(amount: Decimal) -> None:
    assert money.from_cents(money.cents(amount)) == amount
    assert money.from_cents(money.cents(amount)).as_tuple().exponent == -2


def test_vat_on_top_of_a_net_amount() -> None:
    assert money.gross_of(D("10.00"), D(6)) == D("10.60")
    assert money.gross_of(D("2.25"), D(6)) == D("2.39")
    assert money.gross_of(D("0.75"), D(6)) == D("0.80")
    assert money.gross_of(D("9.99"), D(0)) == D("9.99")


def test_vat_inside_a_gross_amount() -> None:
    assert money.split_vat(D("10.60"), D(6)) == (D("10.00"), D("0.60"))
    assert money.split_vat(D("2.39"), D(6)) == (D("2.25"), D("0.14"))
    assert money.split_vat(D("121.00"), D(21)) == (D("100.00"), D("21.00"))
    assert money.split_vat(D("-10.60"), D(6)) == (D("-10.00"), D("-0.60"))
    assert money.split_vat(D("5.00"), D(0)) == (D("5.00"), D("0.00"))


@given(amounts, rates)
def test_net_and_vat_are_gross_whatever_the_rate(gross: Decimal, rate: Decimal) -> None:
    net, vat = money.split_vat(gross, rate)
    assert net + vat == gross
    assert net == money.euros(net) and vat == money.euros(vat)
    assert vat * gross >= 0


@given(amounts, rates)
def test_vat_put_on_top_is_found_back_inside(net: Decimal, rate: Decimal) -> None:
    assert money.split_vat(money.gross_of(net, rate), rate)[0] == net


@given(st.integers(-(10**9), 10**9), weights)
def test_shares_add_up_and_nobody_is_off_by_a_unit(total: int, parts: list[int]) -> None:
    shares = money.share_out(total, parts)
    assert sum(shares) == total
    whole = sum(parts)
    for share, weight in zip(shares, parts, strict=True):
        exact = Fraction(total * weight, whole) if whole else Fraction(total, len(parts))
        assert abs(share - exact) < 1


@given(st.integers(0, 10**6), weights)
def test_who_weighs_the_same_pays_the_same_within_a_cent_and_who_weighs_more_at_most_a_cent_less(
    total: int, parts: list[int]
) -> None:
    pairs = sorted(zip(parts, money.share_out(total, parts), strict=True))
    for (lighter, less), (heavier, more) in pairwise(pairs):
        assert less <= more + (1 if lighter != heavier else 0)
        if lighter == heavier:
            assert more - less <= 1


@given(st.data(), st.integers(0, 10**6), weights)
def test_the_order_decides_nothing_but_who_of_equal_remainders_gets_the_odd_cent(
    data: st.DataObject, total: int, parts: list[int]
) -> None:
    order = data.draw(st.permutations(range(len(parts))))
    before, after = money.share_out(total, parts), money.share_out(total, [parts[i] for i in order])
    whole = sum(parts) or 1
    remainders = [total * weight % whole for weight in parts]
    for place, i in enumerate(order):
        if remainders.count(remainders[i]) == 1:
            assert after[place] == before[i]
        else:
            assert abs(after[place] - before[i]) <= 1


def test_the_odd_cent_goes_to_the_largest_remainder_and_of_equals_to_the_first() -> None:
    assert money.share_out(4000, [5000, 3000, 1500]) == [2105, 1263, 632]
    assert money.share_out(100, [1, 1, 1]) == [34, 33, 33]
    assert money.share_out(2, [1, 3]) == [1, 1]
    assert money.share_out(2, [3, 1]) == [2, 0]
    assert money.share_out(-100, [1, 1, 1]) == [-33, -33, -34]


def test_weights_may_be_decimals_and_floats_and_all_be_zero() -> None:
    assert money.share_out(10, [D("0.3"), D("0.1")]) == [8, 2]
    assert money.share_out(10, [0.75, 0.25]) == [8, 2]
    assert money.share_out(10, [0, 0, 0]) == [4, 3, 3]
    assert money.share_out(10, [0, 5]) == [0, 10]


def test_nobody_cannot_pay_and_nobody_weighs_less_than_nothing() -> None:
    assert money.share_out(0, []) == []
    with pytest.raises(ValueError, match="nobody to share with"):
        money.share_out(1, [])
    with pytest.raises(ValueError, match="may not be negative"):
        money.share_out(1, [2, -1])
