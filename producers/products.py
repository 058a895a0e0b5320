"""
The products of a farm: add, change, archive and take back. Who may change what when, and why old orders stay as they are, is in
`docs/products.md`.
"""

import re
from decimal import Decimal
from hashlib import blake2s
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.formats import date_format, number_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Person, VatRate
from network.quantities import StorageClass, Unit
from producers import stock
from producers.models import ALLERGENS, BoxContent, Offer, Product, StockMovement, Supply

DESCRIBED = (
    "sku", "name", "description", "category", "dfc_type", "unit", "step", "sold_by_weight", "net_quantity", "net_unit",
    "unit_kg", "vat_category", "storage_class", "max_temperature", "shelf_life_days", "allergens", "season", "crate",
    "units_per_crate", "deposit", "alcohol", "perishable", "drawing",
)  # fmt: skip
"""What a farmer says of a product. Its price and stock are of a week, its photo has a form of its own."""
FIXED = ("unit", "net_quantity", "net_unit", "sold_by_weight")
"""What a product is: once somebody has ordered it, another size is another product."""
PRICED = ("vat_category", "storage_class", "units_per_crate")
"""What the price on the shelf follows from, besides what she receives."""
DEGREES = {
    StorageClass.AMBIENT: (10, 30),
    StorageClass.COOL: (2, 15),
    StorageClass.COLD: (-1, 7),
    StorageClass.FROZEN: (-40, -18),
}
"""Between which degrees Celsius the highest allowed temperature of a storage class lies."""
LONGEST_NAME = 80
HALVED = (Unit.KG, Unit.LITRE)
"""Units of which a part can be sold."""


class Overtaken(Refused):
    """Somebody else changed the product since it was shown; `theirs` is how it is now."""

    def __init__(self, theirs: Product) -> None:
        super().__init__(_("Somebody else changed this product while you were typing. Look at what is marked."))
        self.theirs = theirs


def faults(product: Product) -> dict[str, str]:
    """What is wrong with what is said of a product, a sentence per field; nothing when it can be sold."""
    found: dict[str, str] = {}
    if not product.name.get("nl", "").strip():
        found["name"] = _("Give it a name in Dutch: every customer can fall back on that.")
    elif any(len(name) > LONGEST_NAME for name in product.name.values()):
        found["name"] = _("A name has %(most)s letters at most.") % {"most": LONGEST_NAME}
    if not re.fullmatch(r"[-a-z0-9]{1,40}", product.sku):
        found["sku"] = _("A code has small letters, digits and hyphens only, 40 at most.")
    found |= _faults_of_size(product) | _faults_of_keeping(product)
    if not 1 <= product.units_per_crate <= 2000:
        found["units_per_crate"] = _("Enter how many units fill a crate: 1 to 2000.")
    if not 0 <= product.deposit <= 100:
        found["deposit"] = _("Enter the deposit per unit, or 0: € 100 at most.")
    if product.alcohol is not None and not 0 <= product.alcohol <= 96:
        found["alcohol"] = _("Enter the alcohol in percent of the volume: 0 to 96.")
    elif product.vat_category == VatRate.Category.ALCOHOL and (product.alcohol or 0) <= Decimal("0.5"):
        found["alcohol"] = _("Alcohol stands on the label: enter how many percent, or choose another VAT.")
    elif (
        product.category == Product.Category.DRINKS
        and product.vat_category != VatRate.Category.ALCOHOL
        and (product.alcohol or 0) > Decimal("1.2")
    ):
        found["vat_category"] = _("A drink with alcohol bears the VAT of alcohol.")
    return found


def _faults_of_size(product: Product) -> dict[str, str]:
    found: dict[str, str] = {}
    most = 1000
    if not 0 < product.net_quantity <= most:
        found["net_quantity"] = _("Enter how much one unit holds: more than 0, and %(most)s at most.") % {"most": most}
    elif product.unit in HALVED and (product.net_quantity, product.net_unit) != (1, _measure(product.unit)):
        found["net_quantity"] = _(
            "Sold per %(unit)s, one unit is 1 %(unit)s. For what is packed, choose a pack, bag or bottle."
        ) % {"unit": Unit(product.unit).label}
    elif product.net_unit == "piece" and product.net_quantity % 1:
        found["net_quantity"] = _("Pieces are whole: enter 1, 6 or 10.")
    if product.sold_by_weight and product.unit != Unit.KG:
        found["sold_by_weight"] = _("What is weighed is sold per kg. Choose kg as the unit, or do not weigh it.")
    if not 0 < product.unit_kg <= most:
        found["unit_kg"] = _("Enter what one unit weighs in kilos, packed: the van must know it.")
    if not 0 < product.step <= 100:
        found["step"] = _("Enter by how much it is ordered: 1, or 0,5 for half kilos.")
    elif product.unit not in HALVED and product.step % 1:
        found["step"] = _("A %(unit)s is not cut in two: enter a whole number.") % {"unit": Unit(product.unit).label}
    return found


def _measure(unit: str) -> str:
    return "kg" if unit == Unit.KG else "l"


def _faults_of_keeping(product: Product) -> dict[str, str]:
    found: dict[str, str] = {}
    storage_class = StorageClass(product.storage_class)
    coldest, warmest = DEGREES[storage_class]
    if not coldest <= product.max_temperature <= warmest:
        found["max_temperature"] = _("For %(class)s, enter %(coldest)s to %(warmest)s °C.") % {
            "class": storage_class.label,
            "coldest": coldest,
            "warmest": warmest,
        }
    if not 1 <= product.shelf_life_days <= 3650:
        found["shelf_life_days"] = _("Enter how many days it keeps: 1 to 3650.")
    if not set(product.allergens) <= set(ALLERGENS):
        found["allergens"] = _("Choose from the fourteen allergens of the law.")
    if not set(product.season) <= set(range(1, 13)):
        found["season"] = _("Choose months of the year, or none when it is there all year.")
    return found


def code_for(product: Product) -> str:
    """A code that no other product of the farm has, made of its Dutch name."""
    base = slugify(product.name.get("nl", ""))[:36].strip("-") or "product"
    taken = set(product.producer.products.exclude(pk=product.pk).values_list("sku", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := base if n == 1 else f"{base}-{n}") not in taken)


def seen(product: Product) -> str:
    """A short mark of what is said of a product now, by which it shows whether somebody else changed it since."""
    return blake2s(repr([_stored(product, name) for name in DESCRIBED]).encode(), digest_size=8).hexdigest()


def _stored(product: Product, name: str) -> Any:
    """A field as it is kept, whoever wrote it how: numbers without idle zeros, lists and texts in order."""
    value = getattr(product, name)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dict):
        return sorted((code, text) for code, text in value.items() if text)
    return sorted(value) if isinstance(value, list) else value


def differing(one: Product, other: Product) -> list[str]:
    return [name for name in DESCRIBED if _stored(one, name) != _stored(other, name)]


def is_fixed(product: Product) -> bool:
    """Whether somebody has, or had, ordered it, or it is in a box: then what it is no longer changes."""
    if product.pk is None:
        return False
    sold = Supply.objects.filter(product=product, reserved__gt=0)
    return sold.exists() or BoxContent.objects.filter(product=product).exists()


@transaction.atomic
def keep(*, product: Product, by: Person, was: str = "") -> Product:
    """
    Store a new or changed product. Lines already ordered stay as they were; offers of days to come follow the new VAT, storage
    and crate. Refused at the first fault; when it has been archived; for what it is once it was ordered, and its step while it
    is; and with Overtaken when it is not as it was shown (`was`, from `seen`).
    """
    for field, sentence in faults(product).items():
        raise Refused(sentence, field)
    before = Product.objects.select_for_update(no_key=True).filter(pk=product.pk).first()
    changed = differing(before, product) if before else []
    if before:
        if before.archived_at:
            raise Refused(_("This product has been archived. Take it out of the archive first."))
        if was and changed and was != seen(before):
            raise Overtaken(before)
        _require_unfixed(before, changed)
        product.producer_id = before.producer_id
    if product.producer.products.filter(sku=product.sku).exclude(pk=product.pk).exists():
        raise Refused(_("Another product has this code. Choose another one, or leave it empty."), "sku")
    if before is None:
        product.save()
    elif changed:
        product.save(update_fields=changed)
    if before is None or changed:
        old = {name: str(_stored(before, name)) for name in changed} if before else {}
        said = "changed the product" if before else "added the product"
        journal.record(action=said, subject=product, by=by, name=str(product.name), was=old)
    if set(changed) & set(PRICED):
        stock.offer_again(product)
    return product


def _require_unfixed(before: Product, changed: list[str]) -> None:
    field = next((name for name in changed if name in FIXED), None)
    if field and is_fixed(before):
        raise Refused(
            _(
                "It has been ordered like this, so it stays like this. For another size, make a copy and archive this one."
            ),
            field,
        )
    day = _last_day(before) if "step" in changed else None
    if day:
        raise Refused(
            _("It is being ordered. From %(moment)s on you can change this.")
            % {"moment": date_format(clock.local(day.closes_at), "l j F")},
            "step",
        )


def _last_day(product: Product) -> DeliveryDay | None:
    """The last day, of those that still take orders, of a week in which somebody has the product in a basket or order."""
    offers = Offer.objects.filter(
        supply__product=product,
        supply__reserved__gt=0,
        delivery_day__status__in=stock.TO_COME,
        delivery_day__closes_at__gt=clock.now(),
    )
    last = offers.select_related("delivery_day").order_by("-delivery_day__closes_at").first()
    return last.delivery_day if last else None


@transaction.atomic
def archive(*, product: Product, by: Person) -> Product:
    """
    Take a product off the desk and out of the shop for good; what was sold stays. What nobody ordered yet of weeks to come goes
    to nought. Refused while it is ordered in a week that still takes orders, or is in a box to come. Again does nothing.
    """
    product = Product.objects.select_for_update(no_key=True, of=("self",)).select_related("producer").get(pk=product.pk)
    if product.archived_at:
        return product
    to_come = Supply.objects.filter(
        product=product, offers__delivery_day__status__in=stock.TO_COME, offers__delivery_day__closes_at__gt=clock.now()
    )
    supplies = list(
        Supply.objects.select_for_update(no_key=True).filter(pk__in=to_come.values("pk")).order_by("pk")
    )  # nobody orders of these until we are done, nor afterwards: nothing is left of them
    _require_unasked(product, supplies)
    StockMovement.objects.bulk_create(
        StockMovement(supply=supply, change=-supply.quantity, reason=StockMovement.Reason.CORRECTED, by=by)
        for supply in supplies
        if supply.quantity
    )
    Supply.objects.filter(pk__in=[supply.pk for supply in supplies]).update(quantity=0, changed_at=clock.now())
    Offer.objects.filter(supply__in=supplies).update(listed=False)
    product.archived_at = clock.now()
    product.save(update_fields=["archived_at"])
    journal.record(action="archived the product", subject=product, by=by, name=str(product.name))
    return product


def _require_unasked(product: Product, supplies: list[Supply]) -> None:
    """Refused, with what to do first, while somebody waits for it: in these supplies, or in a box that is still to be ordered."""
    taken = next((supply for supply in supplies if supply.reserved), None)
    if taken:
        day = _last_day(product)
        raise Refused(
            _(
                "%(number)s %(unit)s of it is ordered for the week of %(monday)s. Put it off sale on your desk now, and "
                "archive it after %(moment)s."
            )
            % {
                "number": number_format(taken.reserved.normalize() + 0, use_l10n=True),
                "unit": product.get_unit_display(),
                "monday": date_format(taken.week_on, "j F"),
                "moment": date_format(clock.local(day.closes_at), "l j F") if day else "",
            }
        )
    open_days = DeliveryDay.objects.filter(
        cycle__network=OuterRef("size__box__network"),
        cycle__week_on=OuterRef("week_on"),
        status__in=stock.TO_COME,
        closes_at__gt=clock.now(),
    )
    boxed = BoxContent.objects.filter(Exists(open_days), product=product).select_related("size__box")
    held = boxed.order_by("week_on", "pk").first()
    if held:
        raise Refused(
            _("It is in the box %(box)s of the week of %(monday)s. Take it out of the box first.")
            % {"box": held.size.box, "monday": date_format(held.week_on, "j F")}
        )


@transaction.atomic
def take_back(*, product: Product, by: Person) -> Product:
    """On the desk again, off sale until she says how much there is. Again does nothing."""
    if Product.objects.filter(pk=product.pk, archived_at__isnull=False).update(archived_at=None):
        journal.record(action="took the product back", subject=product, by=by, name=str(product.name))
    product.refresh_from_db(fields=["archived_at"])
    return product
