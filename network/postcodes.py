"""
Where a Belgian address lies, from a list that comes with Kouter: nobody outside is asked. Never closer than the middle of the
village or municipality.
"""

import csv
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from network.errors import Refused

DATA = Path(__file__).parent / "data" / "postcodes.csv"


@dataclass(frozen=True)
class Area:
    """A postcode of a municipality; `lat` and `lon` are its middle. `names` are all it goes by, in both languages."""

    postcode: str
    municipality: str
    village: str
    names: frozenset[str]
    lat: float
    lon: float

    def __str__(self) -> str:
        return f"{self.village} ({self.municipality})" if self.village else self.municipality

    @property
    def point(self) -> tuple[float, float]:
        return self.lat, self.lon


def find(postcode: str, municipality: str) -> Area:
    """
    The area of an address. A name that no list knows is taken for a village of that postcode. Refused, with the field, for
    a postcode that does not exist and for a municipality that has another one.
    """
    code = postcode.upper().removeprefix("B-").strip()
    areas = _areas().get(code)
    if not areas:
        raise Refused(_("No place in Belgium has this postcode. Enter four digits, such as 9000."), "postcode")
    name = _plain(municipality)
    for area in areas:
        if name in area.names:
            return area
    elsewhere = _codes_by_name().get(name)
    if elsewhere:
        raise Refused(
            _("%(postcode)s is %(area)s; the postcode of %(municipality)s is %(other)s. Correct one of both.")
            % {
                "postcode": code,
                "area": areas[0],
                "municipality": municipality.strip(),
                "other": ", ".join(elsewhere[:3]),
            },
            "municipality",
        )
    return areas[0]


@cache
def _areas() -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = defaultdict(list)
    with open(DATA, encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            names = frozenset(_plain(row[key]) for key in ("name_nl", "name_fr", "locality") if row[key])
            area = Area(row["postcode"], row["name_nl"], row["locality"], names, float(row["lat"]), float(row["lon"]))
            found[area.postcode].append(area)
    return dict(found)


@cache
def _codes_by_name() -> dict[str, list[str]]:
    codes: dict[str, list[str]] = defaultdict(list)
    for code, areas in sorted(_areas().items()):
        for area in areas:
            for name in area.names:
                codes[name].append(code)
    return dict(codes)


def _plain(name: str) -> str:
    """As people type it: without capitals, accents, hyphens or spaces too many."""
    bare = unicodedata.normalize("NFKD", name.casefold().replace("-", " ").replace("’", "'"))
    return " ".join("".join(letter for letter in bare if not unicodedata.combining(letter)).split())
