"""Terms of cost sharing in plain words, in the reader's language."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from logistics.models import CostTerms
from network.templatetags.kouter import amount, euro, percent

Method = CostTerms.Method


@dataclass(frozen=True)
class Change:
    """A setting that a proposal changes: its name, and its value before and after, as one reads them."""

    label: str
    was: str
    becomes: str


def method_in_words(terms: CostTerms) -> str:
    """Who pays what, in one sentence."""
    sentences = {
        Method.EPM: _(
            "Everybody saves as equal a part as can be, as long as no group of farms would save more than %(tau)s by "
            "driving a round of its own."
        )
        % {"tau": percent(terms.tau, _places(terms.tau))},
        Method.SHAPLEY: _("Everybody pays what she adds to the rounds on average (Shapley)."),
        Method.NUCLEOLUS: _("The group with most reason to leave is made as content as can be (nucleolus)."),
        Method.PER_CAPITA_NUCLEOLUS: _(
            "The group with most reason to leave, per farm in it, is made as content as can be (per-capita nucleolus)."
        ),
        Method.STAND_ALONE: _(
            "Everybody saves the same part of what going alone would cost. Whether a group would do better apart is not "
            "looked at."
        ),
        Method.VOLUME: _("Everybody pays for her crates, wherever they go."),
        Method.VALUE: _("Everybody pays in proportion to the value of her goods."),
    }
    return sentences[Method(terms.method)]


def in_words(terms: CostTerms) -> list[str]:
    """The terms as a few sentences: who pays what, what going alone is priced at, the fund."""
    sentences = [
        method_in_words(terms),
        _("Nobody pays more than going alone would cost her."),
        _(
            "Who has no van of her own is priced alone with one of %(crates)s crates at %(day)s a day, %(km)s a kilometre and "
            "%(hour)s an hour."
        )
        % {
            "crates": terms.crates,
            "day": euro(terms.per_day),
            "km": euro(terms.per_km, 4),
            "hour": euro(terms.per_hour),
        },
    ]
    if terms.fund_crates:
        sentences.append(
            _(
                "With the start-up fund farms pay the price of a delivery day of %(crates)s crates; the fund carries the rest."
            )
            % {"crates": amount(terms.fund_crates)}
        )
    else:
        sentences.append(_("There is no start-up fund: farms pay the price of the day itself."))
    if terms.solidarity:
        sentences.append(
            _("%(part)s of the savings goes to the fund.")
            % {"part": percent(terms.solidarity, _places(terms.solidarity))}
        )
    return sentences


def changes(before: CostTerms, after: CostTerms) -> list[Change]:
    """What differs between two sets of terms, in the order of the form."""
    rows: list[tuple[str, str, str]] = [
        (_("method"), _method(before), _method(after)),
        (_("bypass threshold"), _part(before.tau), _part(after.tau)),
        (_("euro per day"), euro(before.per_day), euro(after.per_day)),
        (_("euro per km"), euro(before.per_km, 4), euro(after.per_km, 4)),
        (_("euro per hour"), euro(before.per_hour), euro(after.per_hour)),
        (_("crates in the van"), str(before.crates), str(after.crates)),
        (_("crates of the fuller week"), _crates(before), _crates(after)),
        (_("part of the savings for the fund"), _part(before.solidarity), _part(after.solidarity)),
    ]
    return [Change(*row) for row in rows if row[1] != row[2]]


def _method(terms: CostTerms) -> str:
    return str(Method(terms.method).label)


def _crates(terms: CostTerms) -> str:
    return amount(terms.fund_crates) if terms.fund_crates else _("no start-up fund")


def _part(fraction: Decimal | float | int) -> str:
    return percent(fraction, _places(fraction))


def _places(fraction: Any) -> int:
    return 1 if Decimal(str(fraction)) * 1000 % 10 else 0


def written(value: Decimal | None, factor: int = 1) -> str:
    """A number as one would type it in a field: no idle zeros, the reader's decimal mark."""
    if value is None:
        return ""
    exact = Decimal(str(value)) * factor
    places = max(0, -int(exact.normalize().as_tuple().exponent))
    return str(number_format(exact, places, use_l10n=True))
