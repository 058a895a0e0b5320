"""The line through delivery days: exact where it can be redone by hand, honest where the days say nothing."""

from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics import cost_curve
from logistics.cost_curve import fit_cost, fit_saving, growth

SIX = [(20, 82), (40, 99), (60, 119), (80, 139), (100, 159), (120, 182)]
"""60 + 1 a crate, and 2, -1, -1, -1, -1, 2 beside it: the example of docs/fund.md."""


def test_the_example_of_the_page_by_hand():
    line = fit_cost(SIX)
    assert (line.fixed, line.slope) == (pytest.approx(60), pytest.approx(1))
    assert (line.days, line.lowest, line.highest) == (6, 20, 120)
    assert line.error == pytest.approx(sqrt(3)), "12 left over by 6 days less 2"
    assert line.at(70) == pytest.approx(130)
    assert line.margin(70) == pytest.approx(2.132 * sqrt(3) * sqrt(1 + 1 / 6))
    assert line.margin(200) == pytest.approx(2.132 * sqrt(3) * sqrt(1 + 1 / 6 + 130**2 / 7000))


def test_fewer_than_six_days_or_days_that_are_all_alike_are_no_line():
    assert fit_cost(SIX[:5]) is None
    assert fit_cost([]) is None
    assert fit_cost([(50, 80 + day) for day in range(8)]) is None
    assert fit_saving([(50 + day / 10, 80) for day in range(8)]) is None


def test_neither_part_of_a_cost_is_negative():
    through_nought = fit_cost([(x, 2 * x * x / 100) for x, _ in SIX])
    assert through_nought.fixed == 0 and through_nought.slope > 0
    assert through_nought.doubt == (0, 0, 1 / sum(x * x for x, _ in SIX))
    flat = fit_cost([(x, 200 - x) for x, _ in SIX])
    assert (flat.fixed, flat.slope) == (130, 0)
    assert flat.margin(70) == flat.margin(500)


def test_savings_follow_the_logarithm_and_may_be_negative_at_first():
    line = fit_saving([(x, -40 + 50 * log(x)) for x, _ in SIX])
    assert (line.fixed, line.slope, line.error) == (
        pytest.approx(-40),
        pytest.approx(50),
        pytest.approx(0, abs=1e-9),
    )
    assert line.at(exp(2)) == pytest.approx(60)
    assert line.at(0) < line.at(1) == pytest.approx(-40)
    reached = line.reaches(160)
    assert reached.at == pytest.approx(exp(4))
    assert (reached.low, reached.high) == (pytest.approx(exp(4)), pytest.approx(exp(4)))


def test_the_tipping_point_of_the_page_by_hand():
    line = fit_saving([(20, 60), (40, 90), (60, 110), (80, 122), (100, 132), (120, 142)])
    assert (round(line.fixed, 2), round(line.slope, 2)) == (-76.88, 45.5)
    reached = line.reaches(120)
    assert (round(reached.at, 1), round(reached.low, 1), round(reached.high, 1)) == (75.7, 74.3, 77.2)


def test_where_a_straight_line_reaches_a_level_and_how_sure_that_is():
    line = fit_cost(SIX)
    reached = line.reaches(130)
    assert reached.at == pytest.approx(70)
    far = line.reaches(230)
    assert far.at == pytest.approx(170)
    assert far.low < far.at < far.high
    assert far.high - far.low > reached.high - reached.low, "the farther from the days, the less sure"
    for end in (far.low, far.high):
        mean_margin = sqrt(line.margin(end) ** 2 - (2.132 * line.error) ** 2)
        assert abs(230 - line.at(end)) == pytest.approx(mean_margin), "there the band of the line touches the level"


def test_a_line_that_does_not_rise_reaches_nothing_and_scattered_days_say_no_bounds():
    assert fit_saving([(x, 100 - x) for x, _ in SIX]).reaches(500) is None
    scattered = fit_saving([(20, 10), (40, 90), (60, 15), (80, 95), (100, 20), (120, 99)])
    reached = scattered.reaches(80)
    assert reached.at > 0
    assert (reached.low, reached.high) == (None, None)


def test_more_than_thirty_two_days_use_the_limit_of_students_t():
    days = SIX * 6
    line = fit_cost(days)
    assert line._t == pytest.approx(1.6909, abs=0.002), "34 degrees of freedom"
    assert cost_curve.T_90[3] == 2.132


@given(
    st.lists(st.tuples(st.floats(1, 500), st.floats(0, 2000)), min_size=6, max_size=40),
    st.floats(0.1, 10),
)
def test_the_line_is_a_cost_the_band_holds_it_and_euros_may_be_cents(days, unit):
    line = fit_cost(days)
    if line is None:
        return
    assert line.fixed >= 0 and line.slope >= 0
    in_units = fit_cost([(x, unit * y) for x, y in days])
    for crates in (1, 100, 900):
        assert line.margin(crates) >= 0
        assert in_units.at(crates) == pytest.approx(unit * line.at(crates), rel=1e-6, abs=1e-6)


def test_growth_is_told_of_three_weeks_and_bounded():
    assert growth([100 * 1.015**week for week in range(8)]) == pytest.approx(0.015)
    assert growth([100, 50, 25]) == -0.02
    assert growth([1, 10, 100]) == 0.02
    assert growth([10, 20]) == growth([]) == 0.0
    assert growth([0, 10, 0, 10, 10]) == pytest.approx(0)
