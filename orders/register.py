"""
The register the food agency asks for (royal decree of 14 November 2003): what came in and went out, when, how much, of
which lot, from whom and to whom. Households are the last in the chain and stand in it as a number, not by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db.models import Case, Count, F, Min, QuerySet, Sum, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.errors import Refused
from network.models import Network, Organisation
from network.quantities import Unit
from orders import tracing
from orders.models import Document, OrderLine, PurchaseOrderLine
from producers import lots
from producers.models import Lot, Producer, Product

LONGEST = 366
FOR_GOODS = (Document.Kind.SELF_BILL, Document.Kind.PURCHASE_SLIP)
FOR_BUYERS = (Document.Kind.INVOICE, Document.Kind.RECEIPT)


@dataclass(frozen=True)
class Entry:
    """Goods of one product that came in or went out; `quantity` None when nobody said how much."""

    on: date
    incoming: bool
    product: str
    lots: str
    quantity: Decimal | None
    unit: str
    source: str
    destination: str
    document: str

    @property
    def direction(self) -> str:
        return _("in") if self.incoming else _("out")


def headings() -> list[str]:
    return [
        _("Date"),
        _("In or out"),
        _("Product"),
        _("Lot"),
        _("Quantity"),
        _("Unit"),
        _("From"),
        _("To"),
        _("Document"),
    ]


def check_period(first: date, last: date) -> None:
    if not first <= last < first + timedelta(days=LONGEST):
        raise Refused(_("Choose a period of at most a year, from early to late."), "last")


def of_farm(farm: Producer, first: date, last: date) -> list[Entry]:
    """
    What a farm harvested or bought, by lot, and what it delivered: to the hub that bought it, or where the farm itself is
    the seller, to each business and to the households together. By date. Refused for more than a year.
    """
    check_period(first, last)
    name = _identified(farm)
    noted = Lot.objects.of(farm).filter(harvested_on__range=(first, last)).select_related("product")
    found = [
        Entry(
            on=lot.harvested_on,
            incoming=True,
            product=str(lot.product),
            lots=lot.code,
            quantity=_sum(lot),
            unit=lot.product.get_unit_display(),
            source=lot.supplier or ", ".join(filter(None, [_("own harvest"), lot.field])),
            destination=name,
            document=lot.document,
        )
        for lot in noted.prefetch_related("uses").order_by("harvested_on", "pk")
    ]
    bought = PurchaseOrderLine.objects.filter(
        purchase_order__producer=farm,
        purchase_order__delivery_day__on__range=(first, last),
        purchase_order__delivery_day__cycle__network__flow=Network.Flow.RETAIL,
    )
    found += _purchases(bought, incoming=False)
    sold = OrderLine.objects.filter(
        producer=farm,
        order__delivery__delivery_day__on__range=(first, last),
        order__delivery__delivery_day__cycle__network__flow=Network.Flow.FACILITATION,
    )
    found += _sales(sold, source=name)
    return sorted(found, key=attrgetter("on", "incoming"))


def of_network(network: Network, first: date, last: date) -> list[Entry]:
    """What came in at the hub from each farm, and what left it, to each business and to the households together."""
    check_period(first, last)
    bought = PurchaseOrderLine.objects.filter(
        purchase_order__delivery_day__cycle__network=network, purchase_order__delivery_day__on__range=(first, last)
    )
    sold = OrderLine.objects.filter(
        order__delivery__delivery_day__cycle__network=network,
        order__delivery__delivery_day__on__range=(first, last),
    )
    found = _purchases(bought, incoming=True) + _sales(sold, source=str(network.organisation))
    return sorted(found, key=lambda one: (one.on, not one.incoming))


def _sum(lot: Lot) -> Decimal | None:
    uses = lot.uses.all()
    known = [use.quantity for use in uses if use.quantity is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(uses) else None


def _identified(farm: Producer) -> str:
    """Its name with the number by which the agency knows it."""
    return f"{farm} ({farm.establishment_number})" if farm.establishment_number else str(farm)


def _purchases(lines: QuerySet[PurchaseOrderLine], *, incoming: bool) -> list[Entry]:
    """What farms brought, less what was missing; three queries."""
    brought = list(
        lines.filter(quantity__gt=F("missing"))
        .select_related(
            "purchase_order__producer__organisation", "purchase_order__delivery_day__cycle__network__organisation"
        )
        .order_by("purchase_order__delivery_day__on", "purchase_order", "pk")
    )
    papers = _papers(FOR_GOODS, "purchase_order", {line.purchase_order_id for line in brought})
    known = _codes({(line.product_id, line.purchase_order.delivery_day_id) for line in brought})
    return [
        Entry(
            on=line.purchase_order.delivery_day.on,
            incoming=incoming,
            product=str(line.name),
            lots=known.get((line.product_id, line.purchase_order.delivery_day_id), ""),
            quantity=line.quantity - line.missing,
            unit=line.get_unit_display(),
            source=_identified(line.purchase_order.producer),
            destination=str(line.purchase_order.delivery_day.network.organisation),
            document=papers.get(
                line.purchase_order_id, _("purchase order %(number)s") % {"number": line.purchase_order_id}
            ),
        )
        for line in brought
    ]


def _sales(lines: QuerySet[OrderLine], *, source: str) -> list[Entry]:
    """What buyers got, added up per product, day and business, and for all households together; five queries."""
    business = Case(When(order__buyer__kind=Organisation.Kind.HOUSEHOLD, then=None), default=F("order__buyer"))
    day = "order__delivery__delivery_day"
    rows: list[dict[str, Any]] = list(
        tracing.with_got(lines)
        .order_by()
        .annotate(business=business)
        .values(day, f"{day}__on", "product", "unit", "business")
        .annotate(quantity=Sum("got"), buyers=Count("order", distinct=True), order=Min("order"))
        .order_by(f"{day}__on", "product", "business", day)
    )
    products = Product.objects.in_bulk({row["product"] for row in rows})
    names = dict(
        Organisation.objects.filter(pk__in={row["business"] for row in rows} - {None}).values_list("pk", "name")
    )
    papers = _papers(FOR_BUYERS, "order", {row["order"] for row in rows if row["business"]})
    known = _codes({(row["product"], row[day]) for row in rows})
    return [
        Entry(
            on=row[f"{day}__on"],
            incoming=False,
            product=str(products[row["product"]]),
            lots=known.get((row["product"], row[day]), ""),
            quantity=row["quantity"],
            unit=str(Unit(row["unit"]).label),
            source=source,
            destination=names[row["business"]] if row["business"] else _households(row["buyers"]),
            document=papers.get(row["order"], "") if row["business"] else "",
        )
        for row in rows
    ]


def _households(count: int) -> str:
    return ngettext("%(count)s household", "%(count)s households", count) % {"count": count}


def _papers(kinds: Iterable[str], of: str, pks: set[int]) -> dict[int, str]:
    """The paper that goes with each purchase order or order."""
    found = Document.objects.filter(kind__in=kinds, **{f"{of}__in": pks}).order_by("-pk")
    return {getattr(paper, f"{of}_id"): str(paper) for paper in found.only("kind", "year", "number", f"{of}_id")}


def _codes(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The codes of the lots by product and delivery day; one query."""
    found = lots.went_with({day for _product, day in pairs}, {product for product, _day in pairs})
    return {pair: ", ".join(lot.code for lot in its) for pair, its in found.items()}
