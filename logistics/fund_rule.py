"""
What the start-up fund carries of a delivery day: in a thin week the farms pay the price of a fuller one, and above it they
pay back. A day gets from the fund or gives to it, never both (`docs/fund.md` has a worked example). Pure: no Django.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from network.money import share_out


@dataclass(frozen=True)
class Rule:
    """
    All that a day's part of the fund follows from, besides its bills and crates; plain values, kept with the cost run.

    `fixed` is the part of a day's cost, in cents, that does not grow with the crates, `per_crate` what each crate adds, as a decimal
    number; `full` the crates of the fuller day whose price the farms pay (None: nothing is carried); `back_from` the crates from which they pay back, never fewer than `full`;
    `solidarity` the part of the savings that goes to the fund, as a decimal number. `balance` is what is in the fund, in cents, and
    `lent` what farms got from it so far less what they gave.
    """

    fixed: int
    per_crate: str
    full: int | None
    back_from: float
    solidarity: str
    balance: int
    lent: int


def moved(rule: Rule, *, crates: Decimal | float, billed: int, room: int) -> int:
    """
    Cents the fund carries of a day whose farms were billed `billed`; negative what they give. `room` is what they could pay
    more before they are as well off alone, all together. Never more than is in the fund, and never so much that the farms pay less
    than the price of the fuller day. What is paid back is never more than was lent, and leaves the farms half of what they save. Only a day that is shared again can meet a `balance`
    below nought: then farms give that much, as far as there is room.
    """
    return max(-room, min(_wished(rule, Fraction(crates), billed, room), rule.balance))


def _wished(rule: Rule, crates: Fraction, billed: int, room: int) -> int:
    if rule.full and crates < rule.full:
        price = crates * (Fraction(rule.fixed, rule.full) + Fraction(rule.per_crate))
        return max(0, min(_whole(rule.fixed * (1 - crates / rule.full)), billed - _whole(price)))
    margin = int(Fraction(rule.solidarity) * room)
    back = 0
    if rule.full and crates > rule.back_from:
        back = max(0, min(_whole(rule.fixed * (crates / rule.full - 1)), rule.lent, room // 2 - margin))
    return -margin - back


def carried(
    *, shares: Mapping[int, int], caps: Mapping[int, int], crates: Decimal | float, rule: Rule
) -> dict[int, int]:
    """
    The same per producer, in cents: what is carried in proportion to the `shares`, so that all bills fall by the same part;
    what is given in proportion to what each saves (`caps` less `shares`), so that nobody pays more than her cap.
    """
    producers = sorted(shares)
    rooms = [max(0, caps[producer] - shares[producer]) for producer in producers]
    billed = [shares[producer] for producer in producers]
    total = moved(rule, crates=crates, billed=sum(billed), room=sum(rooms))
    parts = share_out(abs(total), billed if total > 0 else rooms) if total else [0] * len(producers)
    return {producer: part if total > 0 else -part for producer, part in zip(producers, parts, strict=True)}


class Euros(Protocol):
    def at(self, crates: float) -> float: ...


@dataclass(frozen=True)
class Ahead:
    """A week to come: crates on an average delivery day, cents the fund carries (negative: gets), and what is then in it."""

    crates: float
    moved: int
    balance: int


def forecast(
    rule: Rule, *, sizes: Sequence[float], growth: float, cost: Euros, saving: Euros, weeks: int = 26
) -> Sequence[Ahead]:
    """
    The fund over the next weeks, when the delivery days of a week now have so many crates (`sizes`), which grow by the part
    `growth` a week, and each costs and saves what the lines say.
    """
    found = []
    for week in range(1, weeks + 1):
        days = [crates * (1 + growth) ** week for crates in sizes]
        before = rule.balance
        for crates in days:
            billed, room = (max(0, round(100 * line.at(crates))) for line in (cost, saving))
            part = moved(rule, crates=crates, billed=billed, room=room)
            rule = replace(rule, balance=rule.balance - part, lent=rule.lent + part)
        found.append(Ahead(sum(days) / len(days), before - rule.balance, rule.balance))
    return found


def _whole(cents: Fraction) -> int:
    """Half up."""
    return int(cents + Fraction(1, 2)) if cents > 0 else 0
