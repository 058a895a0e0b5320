"""What may be ordered or announced: nothing negative, nothing absurd, whole steps only."""

from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from network.errors import Refused
from network.quantities import MOST, checked_quantity

D = Decimal
steps = st.sampled_from([D("0.001"), D("0.05"), D("0.25"), D("0.5"), D(1), D(6), D(10)])


@given(st.integers(0, 10_000), steps)
def test_a_whole_number_of_steps_is_kept_exactly(count: int, step: Decimal) -> None:
    kept = checked_quantity(count * step, step=step)
    assert kept == count * step
    assert kept.as_tuple().exponent == -3


@given(st.integers(0, 10_000), steps, st.decimals(D("0.01"), D("0.99"), places=2))
def test_a_part_of_a_step_is_refused(count: int, step: Decimal, part: Decimal) -> None:
    with pytest.raises(Refused):
        checked_quantity((count + part) * step, step=step)


@pytest.mark.parametrize("wrong", ["-1", "-0.001", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_refused_beside_its_field(wrong: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked_quantity(D(wrong), step=D(1), field="quantity")
    assert refusal.value.message == "A quantity cannot be negative. Enter 0 or more."
    assert refusal.value.field == "quantity"


def test_more_than_any_field_yields_is_refused() -> None:
    assert checked_quantity(MOST, step=D(1)) == MOST
    for wrong in (MOST + 1, D("1E+40")):
        with pytest.raises(Refused, match="more than any field yields"):
            checked_quantity(wrong, step=D(1))


@pytest.mark.parametrize(
    ("step", "written", "in_dutch"), [("0.500", "0.5", "0,5"), ("10.000", "10", "10"), ("0.05", "0.05", "0,05")]
)
def test_the_refusal_names_the_step_as_the_reader_writes_it(step: str, written: str, in_dutch: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked_quantity(D("0.123"), step=D(step))
    assert refusal.value.message == f"This is sold per {written}. Enter a multiple of it."
    with override("nl"), pytest.raises(Refused) as refusal:
        checked_quantity(D("0.123"), step=D(step))
    assert f" {in_dutch}" in refusal.value.message
