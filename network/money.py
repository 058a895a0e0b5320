"""Euro amounts: the only place where money is rounded. Free of Django, so that pure modules may use it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
Number = Decimal | int | float


def euros(amount: Decimal | int | str) -> Decimal:
    """`amount` in euro with two decimals, half up. Floats are refused: they are not money."""
    if isinstance(amount, float):
        raise TypeError("money is a Decimal, not a float")
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> int:
    """Whole cents of an amount in euro."""
    return int(euros(amount) * 100)


def from_cents(amount: int) -> Decimal:
    """Euro of whole cents."""
    return Decimal(amount).scaleb(-2).quantize(CENT)


def gross_of(net: Decimal, rate: Decimal) -> Decimal:
    """Gross euro of a net amount at a VAT rate in percent, rounded once."""
    return euros(net * (100 + rate) / 100)


def split_vat(gross: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """`(net, vat)` of a gross amount at a VAT rate in percent; `net + vat == gross` always."""
    net = euros(gross * 100 / (100 + rate))
    return net, gross - net


def share_out(total: int, weights: Sequence[Number]) -> list[int]:
    """
    Split `total` whole cents in proportion to `weights`, by largest remainder, ties to the earlier one.
    The parts add up to `total` exactly. All weights zero: equal parts. No weights: ValueError unless total is 0.
    """
    if not weights:
        if total:
            raise ValueError("nobody to share with")
        return []
    exact = [Fraction(weight) for weight in weights]
    if any(weight < 0 for weight in exact):
        raise ValueError("weights may not be negative")
    if not sum(exact):
        exact = [Fraction(1)] * len(exact)
    whole = sum(exact)
    portions = [total * weight / whole for weight in exact]
    parts = [portion.numerator // portion.denominator for portion in portions]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - portions[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
