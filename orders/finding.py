"""What somebody looks for in the shop: the filters of its address, the offers that fit them, and how many. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db.models import BigIntegerField, Case, Count, F, Func, IntegerField, Max, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from network import clock
from network.models import Delivery, Organisation, PriceGroup
from network.models.places import km_from
from orders.favourites import is_favourite
from orders.shelf import offers_for
from producers import words
from producers.models import ALLERGENS, Offer, Product

NEAR = (5, 10, 25)
"""Kilometres from the point that can be chosen."""
KEPT_FOR = 120
"""Seconds for which it is kept which offers fit, as long as none is added or taken off sale; what is said of them is of this moment."""
PRODUCT = "supply__product__"


@dataclass(frozen=True)
class Choice:
    """
    The filters in the shop's address. Values that do not exist come from an old or a changed address and count as not given;
    a `q` that is too long is kept, to be shown, and not searched.
    """

    q: str = ""
    category: str = ""
    organic: bool = False
    season: bool = False
    mine: bool = False
    favourites: bool = False
    near: int = 0
    free: tuple[str, ...] = ()
    farm: str = ""
    sort: str = ""
    more: bool = False
    page: int = 1

    @classmethod
    def read(cls, data: QueryDict) -> Self:
        page = data.get("page", "")
        near = data.get("near", "")
        return cls(
            q=" ".join(data.get("q", "").replace("\0", "").split()),
            category=_known(data.get("category", ""), Product.Category.values),
            organic=bool(data.get("organic")),
            season=bool(data.get("season")),
            mine=bool(data.get("mine")),
            favourites=bool(data.get("favourites")),
            near=int(_known(near, map(str, NEAR)) or 0),
            free=tuple(code for code in ALLERGENS if code in data.getlist("free")),
            farm=data.get("farm", "").replace("\0", "")[:60],
            sort=_known(data.get("sort", ""), ["near"]),
            more=bool(data.get("more")),
            page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
        )

    @property
    def too_long(self) -> bool:
        return len(self.q) > words.MOST

    @property
    def text(self) -> str:
        """What is searched for."""
        return "" if self.too_long else self.q

    @property
    def narrows(self) -> bool:
        """Whether anything but a category and an order is chosen."""
        return replace(self, category="", sort="", more=False, page=1) != Choice()

    def query(self, **changes: Any) -> str:
        """This choice, changed so, as the part of an address after `?delivery=…`: nothing, or `&q=prei&organic=1`."""
        changed = replace(self, **changes)
        pairs: list[tuple[str, Any]] = []
        for name, value in vars(changed).items():
            if isinstance(value, tuple):
                pairs += [(name, one) for one in value]
            elif value and (name, value) != ("page", 1):
                pairs.append((name, 1 if value is True else value))
        return f"&{urlencode(pairs)}" if pairs else ""

    def said(self, farm: str) -> list[tuple[str, str]]:
        """Each thing chosen, in words, and the choice without it; `farm` is the name of the one chosen."""
        chips = [(f"“{self.text}”", self.query(q="", page=1))] if self.text else []
        if self.category:
            chips.append((str(Product.Category(self.category).label), self.query(category="", page=1)))
        if self.organic:
            chips.append((_("Organic"), self.query(organic=False, page=1)))
        if self.season:
            chips.append((_("In season"), self.query(season=False, page=1)))
        if self.near:
            chips.append((within(self.near), self.query(near=0, page=1)))
        if self.farm:
            chips.append((farm, self.query(farm="", page=1)))
        for code in self.free:
            rest = tuple(other for other in self.free if other != code)
            chips.append((without(code), self.query(free=rest, page=1)))
        if self.mine:
            chips.append((_("In my basket"), self.query(mine=False, page=1)))
        if self.favourites:
            chips.append((_("Favourites"), self.query(favourites=False, page=1)))
        return chips


@dataclass(frozen=True)
class Counts:
    """How many offers fit: by category, in all, and of those how many are organic or in season."""

    categories: list[tuple[str, str, int]]
    total: int
    organic: int
    season: int


@dataclass(frozen=True)
class Found:
    """
    What was found for a choice: the offers that fit (pk), in the order wanted. `meant`: nothing was, and these offers are of words that are like it, whatever the filters.
    `beyond`: nothing was, but so many would be without the filters.
    """

    picks: list[int]
    counts: Counts
    meant: words.Meant | None = None
    beyond: int = 0

    @property
    def nothing(self) -> bool:
        return not self.counts.total or self.meant is not None


@dataclass(frozen=True)
class Shop:
    """
    What a price group can choose from at a delivery; `basket` are the offers already in the basket of `buyer` (None: a
    visitor).
    """

    delivery: Delivery
    group: PriceGroup
    basket: Collection[int] = ()
    buyer: Organisation | None = None

    @property
    def offers(self) -> QuerySet[Offer]:
        return offers_for(self.delivery, self.group)


def look(shop: Shop, choice: Choice) -> Found:
    """The offers that fit, in the order wanted. A search that finds nothing takes a few queries more."""
    found = _fitting(shop, choice)
    if found.counts.total or not choice.text:
        return found
    only = Choice(q=choice.q, sort=choice.sort)
    if only != replace(choice, more=False, page=1) and (beyond := _fitting(shop, only).counts.total):
        return replace(found, beyond=beyond)
    meant = words.meant(shop.offers, choice.text)
    if not meant:
        return found
    near = _fitting(shop, replace(only, q=meant.text))
    if not near.counts.total:  # the last of it was taken off sale a moment ago
        return found
    return replace(near, meant=meant)


def offers_of(picks: Sequence[int]) -> QuerySet[Offer]:
    """Offers in the order in which they were picked, without what was taken off sale meanwhile."""
    place = Func(
        Value(list(picks), ArrayField(BigIntegerField())),
        F("pk"),
        function="array_position",
        output_field=IntegerField(),
    )
    return Offer.objects.filter(pk__in=picks, listed=True).order_by(place)


def farms_of(shop: Shop) -> list[tuple[str, str, int]]:
    """(slug, name, number of offers) of the farms in the shop, by name."""
    farm = f"{PRODUCT}producer__"
    return list(
        shop.offers.order_by()
        .values_list(f"{farm}slug", f"{farm}organisation__name")
        .annotate(number=Count("pk"))
        .order_by(f"{farm}organisation__name")
    )


def alternatives(shop: Shop, product: Product) -> QuerySet[Offer]:
    """What can be had instead of a product: of its kind, else drawn alike, else of its category; the nearest by first."""
    alike = {"dfc_type": product.dfc_type, "drawing": product.drawing, "category": product.category}
    tests = [Q(**{f"{PRODUCT}{name}": value}) for name, value in alike.items() if value]
    return (
        shop.offers.exclude(supply__product=product)
        .filter(reduce(or_, tests), supply__quantity__gte=F("supply__reserved") + F(f"{PRODUCT}step"))
        .alias(likeness=Case(*(When(test, then=i) for i, test in enumerate(tests))), km=_km(shop))
        .order_by("likeness", "km", "pk")
    )


def within(km: int) -> str:
    return _("Within %(km)s km") % {"km": km}


def without(code: str) -> str:
    return _("Without %(allergen)s") % {"allergen": ALLERGENS[code]}


def products(number: int) -> str:
    return ngettext("%(number)s product", "%(number)s products", number) % {"number": number}


def _fitting(shop: Shop, choice: Choice) -> Found:
    """
    What fits a choice, counted; a category counts what all other filters leave. Kept for two minutes where all see the same
    shop, but not what is free of an allergen, which must be right at once: no database should put ten thousand offers in order
    for each of ten thousand visitors.
    """
    rest = replace(choice, category="", more=False, page=1)
    keeps = not (choice.mine or choice.favourites or choice.free)
    where = shop.delivery.place_id if choice.near or choice.sort else ""
    key = f"shop-{shop.delivery.delivery_day_id}-{shop.group.pk}-{get_language()}-{clock.today()}-{where}-"
    key += sha256(replace(rest, q=rest.text.lower()).query().encode()).hexdigest()
    on_sale = shop.offers.aggregate(number=Count("pk"), newest=Max("pk")) if keeps else {}
    kept = cache.get(key) if keeps else None
    if kept is None or kept[0] != on_sale:
        found, tests = _asked(shop, rest)
        if rest.sort == "near":
            found = found.order_by(_km(shop), "pk")
        rows = found.filter(*tests.values()).annotate(organic=organic(), season=in_season())
        kept = on_sale, *_columns(rows.values_list("pk", f"{PRODUCT}category", "organic", "season"))
        if keeps:
            cache.set(key, kept, KEPT_FOR)
    _seen, picks, category_of, numbers = kept
    if choice.category:
        picks = [pick for pick, category in zip(picks, category_of, strict=True) if category == choice.category]
    shown = [numbers.get(choice.category, (0, 0, 0))] if choice.category else list(numbers.values())
    counts = Counts(
        [
            (value, str(label), numbers.get(value, (0,))[0])
            for value, label in Product.Category.choices
            if value in numbers or value == choice.category
        ],
        *(sum(number[i] for number in shown) for i in range(3)),
    )
    return Found(picks, counts)


def _columns(
    rows: Iterable[tuple[int, str, bool, bool]],
) -> tuple[list[int], list[str], dict[str, tuple[int, int, int]]]:
    """The offers, the category of each, and per category how many, of which organic, and in season."""
    picks, category_of = [], []
    numbers: dict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for pick, category, is_organic, ripe in rows:
        picks.append(pick)
        category_of.append(category)
        all_, green, in_time = numbers[category]
        numbers[category] = all_ + 1, green + is_organic, in_time + ripe
    return picks, category_of, dict(numbers)


def _asked(shop: Shop, choice: Choice) -> tuple[QuerySet[Offer], dict[str, Q]]:
    """The offers that fit the words, and what else is asked of them, by the name of the filter."""
    offers = words.found(shop.offers, choice.text) if choice.text else shop.offers
    tests = {}
    if choice.category:
        tests["category"] = Q(**{f"{PRODUCT}category": choice.category})
    if choice.organic:
        tests["organic"] = organic()
    if choice.season:
        tests["season"] = in_season()
    if choice.farm:
        tests["farm"] = Q(**{f"{PRODUCT}producer__slug": choice.farm})
    if choice.free:
        tests["free"] = ~Q(**{f"{PRODUCT}allergens__overlap": list(choice.free)})
    if choice.mine:
        tests["mine"] = Q(pk__in=shop.basket)
    if choice.favourites:
        tests["favourites"] = Q(is_favourite(shop.buyer))
    if choice.near:
        offers = offers.alias(km=_km(shop))
        tests["near"] = Q(km__lte=choice.near)
    return offers, tests


def organic() -> Q:
    return ~Q(**{f"{PRODUCT}producer__organic_body": ""})


def in_season() -> Q:
    """In season this month; a product without months always is."""
    return Q(**{f"{PRODUCT}season": []}) | Q(**{f"{PRODUCT}season__contains": [clock.today().month]})


def _km(shop: Shop) -> Any:
    return km_from(shop.delivery.place.point, f"{PRODUCT}producer__organisation__place")


def _known(value: str, values: Any) -> str:
    return value if value in values else ""
