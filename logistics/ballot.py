"""
Counting a vote of the members, college by college. The rules and a worked count are in `docs/decided-together.md`.
Pure: no Django, no I/O; fractions are exact, so that one half is one half.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

STATUTES: Mapping[str, tuple[Fraction, Fraction]] = {
    "producers": (Fraction(4, 10), Fraction(1, 2)),
    "consumers": (Fraction(3, 10), Fraction(1, 10)),
    "outlets": (Fraction(2, 10), Fraction(1, 4)),
    "workers": (Fraction(1, 10), Fraction(1, 2)),
}
"""
Weight and quorum per college where the statutes of a network say nothing. The weights keep to the French law on
co-operatives with colleges (law 47-1775, article 19 octies): none above one half, none below one tenth. The quorums are
ours: those who pay the bill must really have been there, and a household votes in passing.
"""


@dataclass(frozen=True)
class College:
    """
    A college in a vote: `weight` and `quorum` are fractions of the statutes, `members` how many may vote, `votes` how many
    did. Raises ValueError when the numbers cannot be.
    """

    name: str
    weight: Fraction
    quorum: Fraction
    members: int
    votes: int
    in_favour: int

    def __post_init__(self) -> None:
        if not 0 <= self.in_favour <= self.votes <= self.members:
            raise ValueError(f"{self.name}: {self.in_favour} of {self.votes} votes of {self.members} members cannot be")
        if self.weight <= 0 or not 0 <= self.quorum <= 1:
            raise ValueError(f"{self.name}: weight {self.weight} or quorum {self.quorum} is no fraction")

    @property
    def turnout(self) -> Fraction:
        return Fraction(self.votes, self.members) if self.members else Fraction(0)

    @property
    def favour(self) -> Fraction:
        """The part of its votes in favour; a college in which nobody voted favours nothing."""
        return Fraction(self.in_favour, self.votes) if self.votes else Fraction(0)

    @property
    def quorate(self) -> bool:
        return self.turnout >= self.quorum


@dataclass(frozen=True)
class Count:
    """`weights` by name are those that counted and add up to 1; `support` is the weighted part in favour."""

    colleges: tuple[College, ...]
    weights: Mapping[str, Fraction]
    support: Fraction
    passed: bool


def count(colleges: Iterable[College]) -> Count:
    """
    Passed when the sum over colleges of weight times the part in favour exceeds one half, and every college reaches its
    quorum. A college without members is left out, and its weight spread over the others in proportion to theirs. Nothing
    passes where nobody may vote.
    """
    voting = tuple(college for college in colleges if college.members)
    whole = sum((college.weight for college in voting), Fraction(0))
    weights = {college.name: college.weight / whole for college in voting}
    support = sum((weights[college.name] * college.favour for college in voting), Fraction(0))
    passed = support > Fraction(1, 2) and all(college.quorate for college in voting)
    return Count(voting, weights, support, passed)
