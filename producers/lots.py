"""
Lots: what was harvested, made or bought together, and with which delivery days it goes (`docs/traceability.md`). What a day's
product has no lot for is still traced by product and date.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person
from network.quantities import checked_quantity
from producers import stock
from producers.models import Lot, LotUse, Producer, Product, Supply

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE = re.compile(r"[\w./-]+( [\w./-]+)*")
BEFORE, AFTER = timedelta(days=3), timedelta(days=13)
"""Of the delivery days around today, those to which a lot noted now can still have gone, or will."""
OLDEST, NEXT = timedelta(days=730), timedelta(days=14)
LONGEST = timedelta(days=3660)
Uses = Mapping[int, Decimal | None]
"""How much of a lot goes with a delivery day (pk); None when nobody says."""


def days_for(producer: Producer) -> list[DeliveryDay]:
    """The coming and the just closed delivery days of her networks, soonest first."""
    today = clock.today()
    return list(
        stock.days_of(producer)
        .filter(on__range=(today - BEFORE, today + AFTER))
        .select_related("cycle__network")
        .order_by("on", "pk")
    )


def unnoted(producer: Producer, days: Sequence[DeliveryDay]) -> dict[Product, list[DeliveryDay]]:
    """Per product that she sells in the weeks of these days, the days for which no lot is noted; three queries."""
    weeks = defaultdict(list)
    for day in days:
        weeks[day.cycle.week_on].append(day)
    known = set(
        LotUse.objects.filter(delivery_day__in=days, lot__product__producer=producer).values_list(
            "lot__product", "delivery_day"
        )
    )
    supplies = Supply.objects.filter(product__producer=producer, week_on__in=weeks, quantity__gt=0)
    found: dict[Product, list[DeliveryDay]] = {}
    for supply in supplies.select_related("product").order_by("product__category", "product__pk", "week_on"):
        missing = [day for day in weeks[supply.week_on] if (supply.product_id, day.pk) not in known]
        if missing:
            found.setdefault(supply.product, []).extend(missing)
    return found


def went_with(days: Iterable[int], products: Collection[int] | None = None) -> dict[tuple[int, int], list[Lot]]:
    """The lots by product and delivery day (pks), oldest first; one query."""
    uses = LotUse.objects.filter(delivery_day__in=days).select_related("lot")
    if products is not None:
        uses = uses.filter(lot__product__in=products)
    found: dict[tuple[int, int], list[Lot]] = defaultdict(list)
    for use in uses.order_by("lot__harvested_on", "lot__pk"):
        found[use.lot.product_id, use.delivery_day_id].append(use.lot)
    return dict(found)


def usual_date(product: Product, harvested_on: date) -> date:
    """Until when it is good by the product's shelf life."""
    return harvested_on + timedelta(days=product.shelf_life_days)


def usual_kind(product: Product) -> str:
    """Chilled meat and dairy spoil unseen: "use by". All else is "best before" (Regulation (EU) 1169/2011, art. 24)."""
    spoils = product.storage_class == "cold" and product.category in (Product.Category.MEAT, Product.Category.DAIRY)
    return Lot.Keeps.USE_BY if spoils else Lot.Keeps.BEST_BEFORE


def next_code(product: Product, harvested_on: date) -> str:
    """The date of the harvest and the first letter nobody has used: 261130A, 261130B, …, 261130AA."""
    return _first_free(harvested_on, set(product.lots.values_list("code", flat=True)))


def _first_free(harvested_on: date, taken: Collection[str]) -> str:
    stem = f"{harvested_on:%y%m%d}"
    letters = (first + second for first in ("", *LETTERS) for second in LETTERS)
    return next(code for letter in letters if (code := stem + letter) not in taken)


@transaction.atomic
def note(
    *,
    product: Product,
    harvested_on: date,
    code: str = "",
    keeps: str = "",
    keeps_until: date | None = None,
    field: str = "",
    supplier: str = "",
    document: str = "",
    remark: str = "",
    uses: Uses = MappingProxyType({}),
    by: Person | None,
) -> Lot:
    """
    A new lot and the delivery days with which it goes. What is left empty is as usual: the code, the date by the product's
    shelf life. Refused for a code the product has, dates that cannot be, and days on which the farm does not deliver.
    """
    product = _locked([product])[0]
    _check_dates(product, harvested_on, keeps_until)
    lot = Lot.objects.create(
        product=product,
        code=_checked_code(product, code) if code.strip() else next_code(product, harvested_on),
        harvested_on=harvested_on,
        keeps=keeps or usual_kind(product),
        keeps_until=keeps_until or usual_date(product, harvested_on),
        field=field.strip(),
        supplier=supplier.strip(),
        document=document.strip(),
        note=remark.strip(),
        by=by,
    )
    _use(lot, uses)
    journal.record(action="noted a lot", subject=lot, by=by, **_told(lot))
    return lot


@transaction.atomic
def note_many(
    *,
    producer: Producer,
    products: Iterable[Product],
    harvested_on: date,
    days: Collection[DeliveryDay],
    field: str = "",
    by: Person | None,
) -> list[Lot]:
    """
    One lot of each product, with the usual code and date, that goes with those of `days` on which the product is sold and has
    no lot yet: a second tap does nothing. Refused without products or days, for another farm's, for a date that cannot be,
    and when all have a lot.
    """
    wanted = _locked(products)
    if not wanted:
        raise Refused(_("Tick one product at least."), "products")
    if not days:
        raise Refused(_("Tick the deliveries they go with."), "days")
    for product in wanted:
        if product.producer_id != producer.pk:
            raise Refused(_("This product belongs to another farm."), "products")
        _check_dates(product, harvested_on, None)
    taken: dict[int, set[str]] = defaultdict(set)
    stem = f"{harvested_on:%y%m%d}"
    for owner, code in Lot.objects.filter(product__in=wanted, code__startswith=stem).values_list("product", "code"):
        taken[owner].add(code)
    going = _without_a_lot(wanted, days)
    if not going:
        raise Refused(_("They have a lot for these deliveries already."), "products")
    lots = Lot.objects.bulk_create(
        Lot(
            product=product,
            code=_first_free(harvested_on, taken[product.pk]),
            harvested_on=harvested_on,
            keeps=usual_kind(product),
            keeps_until=usual_date(product, harvested_on),
            field=field.strip(),
            by=by,
        )
        for product in wanted
        if product.pk in going
    )
    LotUse.objects.bulk_create(LotUse(lot=lot, delivery_day_id=day) for lot in lots for day in going[lot.product_id])
    journal.record(
        action="noted lots",
        subject=producer,
        by=by,
        harvested_on=str(harvested_on),
        lots={str(lot.product): lot.code for lot in lots},
    )
    return lots


def _without_a_lot(products: Sequence[Product], days: Collection[DeliveryDay]) -> dict[int, list[int]]:
    """By product the days (pks) on which it is sold and has no lot; two queries."""
    weeks = {clock.monday_of(day.on) for day in days}
    supplies = Supply.objects.filter(product__in=products, week_on__in=weeks, quantity__gt=0)
    sold = set(supplies.values_list("product", "week_on"))
    uses = LotUse.objects.filter(lot__product__in=products, delivery_day__in=days)
    known = set(uses.values_list("lot__product", "delivery_day"))
    found: dict[int, list[int]] = defaultdict(list)
    for product in products:
        for day in days:
            if (product.pk, clock.monday_of(day.on)) in sold and (product.pk, day.pk) not in known:
                found[product.pk].append(day.pk)
    return dict(found)


@transaction.atomic
def change(
    *,
    lot: Lot,
    harvested_on: date,
    code: str,
    keeps: str,
    keeps_until: date | None,
    field: str,
    supplier: str,
    document: str,
    remark: str,
    uses: Uses,
    by: Person,
) -> Lot:
    """The lot as it is now, with all the days it goes with; what it was stays in the journal. Refused as `note` is."""
    product = _locked([lot.product])[0]
    lot = Lot.objects.select_related("product").get(pk=lot.pk)
    _check_dates(product, harvested_on, keeps_until)
    before = _told(lot)
    if code.strip():
        lot.code = _checked_code(product, code, besides=lot)
    lot.harvested_on, lot.keeps = harvested_on, keeps or usual_kind(product)
    lot.keeps_until = keeps_until or usual_date(product, harvested_on)
    lot.field, lot.supplier = field.strip(), supplier.strip()
    lot.document, lot.note = document.strip(), remark.strip()
    lot.save()
    _use(lot, uses)
    after = _told(lot)
    if after != before:
        journal.record(action="changed a lot", subject=lot, by=by, before=before, after=after)
    return lot


def _locked(products: Iterable[Product]) -> list[Product]:
    """Codes of a product are given one after the other."""
    pks = [product.pk for product in products]
    return list(Product.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=pks).order_by("pk"))


def _use(lot: Lot, uses: Uses) -> None:
    days = {
        day.pk: day
        for day in DeliveryDay.objects.filter(
            pk__in=uses, cycle__network__memberships__organisation=lot.product.producer.organisation_id
        ).distinct()
    }
    if len(days) != len(uses):
        raise Refused(_("Your farm does not deliver on one of these days."), "days")
    lot.uses.exclude(delivery_day__in=days).delete()
    LotUse.objects.bulk_create(
        [
            LotUse(lot=lot, delivery_day=day, quantity=_checked_quantity(lot.product, uses[pk], f"quantity_{pk}"))
            for pk, day in days.items()
        ],
        update_conflicts=True,
        unique_fields=["lot", "delivery_day"],
        update_fields=["quantity"],
    )


def _checked_quantity(product: Product, quantity: Decimal | None, field: str) -> Decimal | None:
    if quantity is None:
        return None
    step = Decimal("0.001") if product.sold_by_weight else product.step
    return checked_quantity(quantity, step=step, field=field) or None


def _checked_code(product: Product, code: str, besides: Lot | None = None) -> str:
    code = code.strip().upper()
    if not CODE.fullmatch(code):
        raise Refused(_("Use letters, digits, and . / - in a lot’s code."), "code")
    others = product.lots.filter(code=code)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise Refused(_("This product has a lot %(code)s already.") % {"code": code}, "code")
    return code


def _check_dates(product: Product, harvested_on: date, keeps_until: date | None) -> None:
    today = clock.today()
    if not today - OLDEST <= harvested_on <= today + NEXT:
        raise Refused(
            _("Enter a day between %(first)s and %(last)s.")
            % {
                "first": date_format(today - OLDEST, "j F Y"),
                "last": date_format(today + NEXT, "j F Y"),
            },
            "harvested_on",
        )
    until = keeps_until or usual_date(product, harvested_on)
    if not harvested_on <= until <= harvested_on + LONGEST:
        raise Refused(_("That is before the harvest, or more than ten years after it."), "keeps_until")


def _told(lot: Lot) -> dict[str, Any]:
    """What the journal keeps of a lot."""
    said = ("code", "harvested_on", "keeps", "keeps_until", "field", "supplier", "document", "note")
    days = {
        str(day): None if quantity is None else str(quantity)
        for day, quantity in lot.uses.order_by("delivery_day").values_list("delivery_day", "quantity")
    }
    return {name: str(getattr(lot, name)) for name in said} | {"product": str(lot.product), "days": days}
