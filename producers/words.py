"""
Finding by words: any language's, singular or plural, with or without accents, a part of a word, and with typing errors.
How it works, with an example, is in `docs/finding.md`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from hashlib import sha256

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.cache import cache
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Sum, When

from network import clock
from network.models import Network
from producers.models import Offer, UnmetSearch

MOST = 80
"""Characters of a search."""
PART = 3
"""Letters from which a part of a word counts, and a word can be a typing error."""
ALIKE = 0.75
"""From how alike two words are (1 is the same) the one may be meant by the other."""
HARDLY_ALIKE = 0.15
"""The share of trigrams below which two words are not even compared: two letters that change places break most of them."""
KNOWN_FOR = 300
"""Seconds for which the words that may be meant are kept: taking the names of ten thousand products apart takes long."""
LANGUAGES = ("nl", "fr", "en")
ALSO_SAID = {
    "ui": "ajuin", "uien": "ajuin", "ajuin": "ui", "patat": "aardappel", "patatten": "aardappel", "pieper": "aardappel",
    "selderij": "selder", "chicon": "witloof", "chicons": "witloof", "bolognaise": "gehakt", "sinaas": "sinaasappel",
}  # fmt: skip
"""What some call it, and what is on the label."""
FINDABLE = "supply__product__findable__"


@dataclass(frozen=True)
class Meant:
    """What may have been meant by words under which nothing is found: `text` with results, `others` to try as well."""

    text: str
    others: list[str]


def plain(text: str) -> list[str]:
    """The words of a text as `Findable.spelled` has them: lower case, without accents or punctuation."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
    return re.sub(r"[\W_]+", " ", "".join(letter for letter in bare if not unicodedata.combining(letter))).split()


def found(offers: QuerySet[Offer], text: str) -> QuerySet[Offer]:
    """
    The offers that fit all words of a text, those whose name fits best first: by the stems of a language, or, from three
    letters, as part of a word. Dutch joins its words and names the thing last: `melk` finds karnemelk before melksnoep.
    """
    query = _query(text)
    fits = Q(**{f"{FINDABLE}words": query})
    parts = plain(text)
    if parts and all(len(part) >= PART for part in parts):
        spelled = Q()
        for part in parts:
            spelled &= Q(**{f"{FINDABLE}spelled__contains": part})
        fits |= spelled
    head = Case(When(**{f"{FINDABLE}spelled__contains": f"{parts[-1] if parts else ''} "}, then=0), default=1)
    return offers.filter(fits).order_by(
        SearchRank(F(f"{FINDABLE}words"), query).desc(), head, "supply__product__name__nl", "pk"
    )


def meant(offers: QuerySet[Offer], text: str) -> Meant | None:
    """
    What somebody who found nothing may have meant: what others call it, else the nearest words among those of these offers.
    Words that are like nothing here are left out, then words that nothing has together; None when nothing is left.
    """
    words = plain(text)
    said = " ".join(ALSO_SAID.get(word, word) for word in words)
    if said != " ".join(words) and found(offers, said).exists():
        return Meant(said, [])
    nearest = _nearest(offers, [word for word in words if len(word) >= PART])
    chosen = [nearest[word] for word in words if word in nearest]
    if len(chosen) == 1:
        return Meant(chosen[0][0], chosen[0][1:4])
    best = [choice[0] for choice in chosen]
    for text in dict.fromkeys([" ".join(best), *sorted(best, key=len, reverse=True)]):
        if text and found(offers, text).exists():
            return Meant(text, [other for other in best if other != text and text in best])
    return None


def note_unmet(*, network: Network, text: str) -> None:
    """Count a search that found nothing; not when it can name a person or is no word at all."""
    words = " ".join(plain(text))[:40].strip()
    if "@" in text or re.search(r"\d{3}", words) or not re.search(r"[^\W\d]{3}", words):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO producers_unmetsearch AS known (network_id, week_on, words, times) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (network_id, week_on, words) DO UPDATE SET times = known.times + 1",
            [network.pk, clock.monday_of(clock.today()), words],
        )


def unmet(network: Network, *, since: date, least: int = 1) -> list[tuple[str, int]]:
    """What was asked in a network since a Monday and is sold by nobody: the words, and how often, most asked first."""
    return list(
        UnmetSearch.objects.filter(network=network, week_on__gte=since)
        .values("words")
        .annotate(asked=Sum("times"))
        .filter(asked__gte=least)
        .order_by("-asked", "words")
        .values_list("words", "asked")
    )


def _query(text: str) -> SearchQuery:
    query = SearchQuery(text, config=f"kouter_{LANGUAGES[0]}")
    for code in LANGUAGES[1:]:
        query |= SearchQuery(text, config=f"kouter_{code}")
    return query


def _nearest(offers: QuerySet[Offer], words: Sequence[str]) -> dict[str, list[str]]:
    """Per word those of these offers that it may be meant for, the nearest first; trigrams find them, letters decide."""
    if not words:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked, known FROM unnest(%s::text[]) AS asked JOIN unnest(%s::text[]) AS known "
            "ON similarity(known, asked) >= %s",
            [list(words), _spelled(offers), HARDLY_ALIKE],
        )
        pairs = cursor.fetchall()
    near: dict[str, list[tuple[float, str]]] = {}
    for asked, word in pairs:
        alike = SequenceMatcher(None, asked, word).ratio()
        if alike >= ALIKE:
            near.setdefault(asked, []).append((-alike, word))
    return {asked: [word for _alike, word in sorted(found)] for asked, found in near.items()}


def _spelled(offers: QuerySet[Offer]) -> list[str]:
    """All words of these offers, as they are spelled; what is put on sale within `KNOWN_FOR` is found, but not guessed at."""
    products, parameters = offers.order_by().values("supply__product").query.sql_with_params()
    key = "words-" + sha256(repr((products, parameters)).encode()).hexdigest()
    known: list[str] | None = cache.get(key)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT word FROM (SELECT DISTINCT unnest(string_to_array(spelled, ' ')) AS word "
                f"FROM producers_findable WHERE product_id IN ({products})) AS spelled WHERE length(word) >= %s",
                [*parameters, PART],
            )
            known = [word for (word,) in cursor.fetchall()]
        cache.set(key, known, KNOWN_FOR)
    return known
