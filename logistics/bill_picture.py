"""A bill in one picture: alone, together and what is saved as bars, and where her saving lies among those on the round."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from logistics.models import CostShare
from logistics.why import Others
from network.charts import percent


@dataclass(frozen=True)
class Picture:
    """Widths and places in percent of the drawing. `mine` is None when going alone costs nothing: there is no scale then."""

    parts: list[dict[str, Any]]
    alone: float
    saved: dict[str, Any]
    low: float
    wide: float
    mine: float | None
    anchor: str
    zero: float


def picture_of(share: CostShare, others: Others) -> Picture:
    """The start-up fund carries of the collection first."""
    longest = max(share.alone, share.together)
    out = min(share.distribution, share.share)
    parts, at = [], 0.0
    for kind, label, value in (
        ("own", _("your own trip to the hub"), share.own),
        ("out", _("from the hub to the customers"), out),
        ("in", _("collecting"), share.share - out),
    ):
        width = percent(value, longest)
        if value:
            parts.append({"kind": kind, "label": label, "at": round(at, 2), "width": width})
        at += width
    least = min(Decimal(0), others.lowest or Decimal(0))
    mine = share.saved / share.alone if share.alone else None

    def on_scale(saving: Decimal) -> float:
        return percent(saving - least, 1 - least)

    place = on_scale(mine) if mine is not None else 0.0
    low, high = (on_scale(saving) if saving is not None else 0.0 for saving in (others.lowest, others.highest))
    return Picture(
        parts=parts,
        alone=percent(share.alone, longest),
        saved={"at": round(at, 2), "width": max(0.0, round(percent(share.alone, longest) - at, 2))},
        low=low,
        wide=round(max(high - low, 0.0), 2),
        mine=place if mine is not None else None,
        anchor="start" if place < 25 else "end" if place > 75 else "middle",
        zero=on_scale(Decimal(0)),
    )
