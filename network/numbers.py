"""Numbers as people here type them, on a page or in a spreadsheet."""

import re
from decimal import Decimal, InvalidOperation

from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

from network.errors import Refused

MOST = 10**9
AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
"""A point before three digits: thousands for who writes a comma before decimals, decimals for who does not."""


def as_number(text: str, *, most_places: int) -> Decimal | None:
    """
    `2,40`, `2.40`, `€ 2,40`, `1 250`: one separator, and it stands before the decimals. None when nothing was typed.
    Refused for anything that could be read in two ways, with how to write it instead.
    """
    bare = re.sub(r"[\s€]", "", text)
    if not bare:
        return None
    if len(re.findall("[.,]", bare)) > 1:
        digits = re.sub("[.,]", "", bare)
        if digits.lstrip("-").isdecimal():
            raise Refused(_("Write a number with one comma, and nothing between the thousands: 1234,5."))
        raise Refused(_("Enter a number, such as 2 or 1,5."))
    if AMBIGUOUS.fullmatch(bare) and get_format("DECIMAL_SEPARATOR") == ",":
        whole, part = bare.replace(".", ""), bare.replace(".", ",")
        raise Refused(
            _("%(typed)s can be two numbers. Write %(whole)s or %(part)s.")
            % {"typed": bare, "whole": whole, "part": part}
        )
    try:
        number = Decimal(bare.replace(",", "."))
    except InvalidOperation:
        raise Refused(_("Enter a number, such as 2 or 1,5.")) from None
    if not number.is_finite() or abs(number) >= MOST:
        raise Refused(_("Enter a number, such as 2 or 1,5."))
    if int(number.as_tuple().exponent) < -most_places:
        raise Refused(_("At most %(places)s decimals.") % {"places": most_places})
    return number


def written(number: Decimal, places: int = 0) -> str:
    """As `as_number` reads it back: a comma where the language has one, at least `places` decimals, no thousands mark."""
    needed = max(places, -int(number.normalize().as_tuple().exponent))
    return number_format(number, needed, use_l10n=True, force_grouping=False)
