"""Counting a vote: weight times the part in favour, summed over the colleges, and each with its quorum."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.ballot import STATUTES, College, count


def college(name, members, votes, in_favour, *, weight=None, quorum=None):
    usual = STATUTES.get(name, (Fraction(1, 4), Fraction(1, 4)))
    return College(
        name, usual[0] if weight is None else weight, usual[1] if quorum is None else quorum, members, votes, in_favour
    )


def test_the_worked_count_of_the_documentation():
    counted = count(
        [
            college("producers", 20, 14, 9),
            college("consumers", 300, 45, 27),
            college("outlets", 8, 4, 1),
            college("workers", 0, 0, 0),
        ]
    )
    assert counted.weights == {"producers": Fraction(4, 9), "consumers": Fraction(3, 9), "outlets": Fraction(2, 9)}
    assert counted.support == Fraction(4, 9) * Fraction(9, 14) + Fraction(1, 3) * Fraction(27, 45) + Fraction(1, 18)
    assert round(float(counted.support), 4) == 0.5413
    assert counted.passed


def test_a_college_below_its_quorum_stops_what_all_others_want():
    votes = [college("producers", 20, 20, 20), college("consumers", 300, 29, 29)]
    assert count(votes).support == 1 and not count(votes).passed
    assert count([votes[0], college("consumers", 300, 30, 30)]).passed


def test_exactly_one_half_is_not_more_than_one_half():
    assert not count([college("producers", 2, 2, 1)]).passed
    third = Fraction(1, 3)
    thirds = [college(name, 3, 3, votes, weight=third) for name, votes in (("a", 3), ("b", 1), ("c", 0))]
    assert count(thirds).support == Fraction(4, 9)
    halves = [college("a", 1, 1, 1, weight=Fraction(1, 2)), college("b", 1, 1, 0, weight=Fraction(1, 2))]
    assert count(halves).support == Fraction(1, 2) and not count(halves).passed


def test_nothing_passes_where_nobody_may_vote():
    counted = count([college("producers", 0, 0, 0)])
    assert (counted.support, counted.passed, counted.colleges) == (0, False, ())
    assert not count([]).passed


def test_who_stays_silent_is_not_in_favour():
    quiet = college("producers", 5, 0, 0, quorum=Fraction(0))
    assert count([quiet, college("consumers", 5, 5, 5)]).support == Fraction(3, 7)


@pytest.mark.parametrize("numbers", [(3, 4, 1), (3, 2, 3), (3, 2, -1)])
def test_numbers_that_cannot_be_are_refused(numbers):
    with pytest.raises(ValueError, match="cannot be"):
        college("producers", *numbers)
    with pytest.raises(ValueError, match="no fraction"):
        college("producers", 1, 1, 1, weight=Fraction(0))


@st.composite
def colleges(draw, least=0):
    made = []
    for name in ("producers", "consumers", "outlets", "workers"):
        members = draw(st.integers(least, 60))
        votes = draw(st.integers(0, members))
        weight = Fraction(draw(st.integers(1, 100)), 100)
        made.append(
            College(name, weight, Fraction(draw(st.integers(0, 100)), 100), members, votes, draw(st.integers(0, votes)))
        )
    return made


@given(colleges())
def test_weights_that_count_add_up_to_one_and_support_is_a_fraction(made):
    counted = count(made)
    assert sum(counted.weights.values()) == (1 if any(c.members for c in made) else 0)
    assert 0 <= counted.support <= 1
    assert not counted.passed or all(c.quorate for c in counted.colleges)


@given(colleges(), st.randoms())
def test_the_order_of_the_colleges_does_not_matter(made, dice):
    mixed = list(made)
    dice.shuffle(mixed)
    assert (count(mixed).support, count(mixed).passed) == (count(made).support, count(made).passed)


@given(colleges(least=1), st.integers(1, 9))
def test_only_the_proportion_of_the_weights_matters(made, times):
    scaled = [College(c.name, c.weight * times, c.quorum, c.members, c.votes, c.in_favour) for c in made]
    assert count(scaled).support == count(made).support


@given(colleges(), st.integers(0, 3))
def test_one_more_vote_in_favour_instead_of_against_never_hurts(made, which):
    one = made[which]
    if one.in_favour < one.votes:
        better = list(made)
        better[which] = College(one.name, one.weight, one.quorum, one.members, one.votes, one.in_favour + 1)
        assert count(better).support >= count(made).support
        assert count(better).passed or not count(made).passed


@given(colleges())
def test_a_proposal_and_its_opposite_never_both_pass(made):
    opposite = [College(c.name, c.weight, c.quorum, c.members, c.votes, c.votes - c.in_favour) for c in made]
    assert not (count(made).passed and count(opposite).passed)
