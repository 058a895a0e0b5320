"""
Many changes of a week at once: pasted cells, a file, or a rule for everything that is announced (+5 %, all off). What they would
change and what is wrong is shown first; then all that is right is applied in one transaction, or none of it.

`result` of a batch that was read: `{"same": rows that change nothing, "changes": [row, …]}`, a row `{"line", "product" (pk or None),
"name", "quantity": [was, becomes], "price": …, "selling": …, "error", "short" (pk of the supply), "odd"}`; amounts as strings, `was`
None for what is not announced, `selling` pks of networks.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from network import clock, numbers, outbox, tables
from network.errors import Refused
from network.models import Person
from network.money import euros
from producers import pricing, sheet, stock
from producers.models import Batch, Producer, Product, Supply
from producers.sheet import Wanted

Tell = Callable[[int], None]
"""Hears how far it is, in percent."""
BYTES_AT_ONCE = {Batch.Source.PASTED: 30_000, Batch.Source.FILE: 20_000, Batch.Source.RULE: 30_000}
ROWS_AT_ONCE = 500
"""What is read and applied while the page waits, some hundreds of rows; more is a job."""
KEPT = timedelta(days=30)
RULES = ("percent", "last_price", "all_on", "all_off")
LOWEST, HIGHEST = -50, 100


def ask(*, producer: Producer, week_on: date, source: str, content: bytes, name: str = "", by: Person) -> Batch:
    """A batch of what was pasted or uploaded, read at once when it is small, else by a worker. Refused when too large."""
    if len(content) > tables.MOST_BYTES:
        raise Refused(tables.too_large())
    producer.batches.filter(made_at__lt=clock.now() - KEPT).delete()
    batch = Batch.objects.create(
        producer=producer, week_on=week_on, source=source, upload=content, name=name[:120], by=by
    )
    _begin(batch, large=len(content) > BYTES_AT_ONCE[Batch.Source(source)])
    return batch


def ask_by_rule(*, producer: Producer, week_on: date, rule: str, percent: Decimal | None = None, by: Person) -> Batch:
    """A batch that changes everything announced: prices by so many percent or back to last week's, all on, all off."""
    if rule == "percent" and (not percent or not LOWEST <= percent <= HIGHEST):
        raise Refused(
            _("Enter a percentage from %(lowest)s to %(highest)s, and not 0.") % {"lowest": LOWEST, "highest": HIGHEST},
            "percent",
        )
    content = json.dumps({"rule": rule, "percent": str(percent or 0)}).encode()
    return ask(producer=producer, week_on=week_on, source=Batch.Source.RULE, content=content, by=by)


def _begin(batch: Batch, *, large: bool) -> None:
    if large:
        outbox.add(kind="batch", key=f"batch:{batch.pk}:{batch.status}", batch=batch.pk)
    elif batch.status == Batch.Status.WAITING:
        read(batch=batch)
    else:
        carry_out(batch=batch)


def read(*, batch: Batch, tell: Tell = lambda percent: None, message: str = "") -> None:
    """Understand what came in, and compare it with what is announced now. What cannot be read is said on the batch."""
    try:
        wanted, merged = _wanted(batch, lambda rows: tell(min(40, rows * 40 // tables.MOST_ROWS)))
        tell(50)
        batch.result = compare(producer=batch.producer, week_on=batch.week_on, wanted=wanted, merged=merged, tell=tell)
        batch.status, batch.message = Batch.Status.READY, message
    except Refused as refused:
        batch.status, batch.message = Batch.Status.REFUSED, refused.message
    batch.save(update_fields=["result", "status", "message"])


def _wanted(batch: Batch, tell: tables.Tell) -> tuple[list[Wanted], frozenset[int]]:
    content = bytes(batch.upload)
    if batch.source == Batch.Source.RULE:
        return _by_rule(batch, **json.loads(content)), frozenset()
    if batch.source == Batch.Source.FILE:
        table = tables.from_file(content, tell)
    else:
        table = tables.from_text(content.decode(), tell)
    return sheet.wanted_of(table), table.merged


def _by_rule(batch: Batch, rule: str, percent: str) -> list[Wanted]:
    announced = _announced(batch.producer, batch.week_on)
    if not announced:
        raise Refused(_("Nothing is announced in this week yet."))
    last = _last(batch.producer, batch.week_on) if rule == "last_price" else {}
    rows = []
    for line, supply in enumerate(announced.values(), 1):
        price, listed = "", {"all_on": "1", "all_off": "0"}.get(rule, "")
        if rule == "percent":
            price = numbers.written(euros(supply.price * (100 + Decimal(percent)) / 100))
        elif supply.product_id in last:
            price = numbers.written(last[supply.product_id].price)
        rows.append(Wanted(line, supply.product.sku, "", price=price, listed=listed))
    return rows


def _announced(producer: Producer, week_on: date) -> dict[int, Supply]:
    found = Supply.objects.of_week(week_on).filter(product__producer=producer, product__archived_at=None)
    return found.select_related("product").order_by("product").by_product()


def _last(producer: Producer, week_on: date) -> dict[int, Supply]:
    before = Supply.objects.filter(product__producer=producer, week_on__lt=week_on).order_by("product", "-week_on")
    return {supply.product_id: supply for supply in before.distinct("product")}


def compare(
    *,
    producer: Producer,
    week_on: date,
    wanted: Sequence[Wanted],
    merged: frozenset[int] = frozenset(),
    tell: Tell = lambda percent: None,
) -> dict[str, Any]:
    """What these rows would change of a week and what is wrong with them, in a fixed number of queries."""
    comparing = _Comparing(producer, week_on)
    changes, same = [], 0
    for number, row in enumerate(wanted):
        found = comparing.row(row, merged=row.line in merged)
        if found is None:
            same += 1
        else:
            changes.append(found)
        if number % 250 == 249:
            tell(50 + number * 50 // len(wanted))
    return {"same": same, "changes": changes}


class _Comparing:
    """What is announced now, by product, and which products a row can mean."""

    def __init__(self, producer: Producer, week_on: date) -> None:
        self.producer = producer
        self.supplies, self.last = _announced(producer, week_on), _last(producer, week_on)
        hers = stock.days_of(producer).filter(cycle__week_on=week_on).select_related("cycle__network")
        days = [day for day in hers if stock.is_to_come(day)]
        self.networks = frozenset(day.network.pk for day in days)
        self.offered = stock.offered(days, self.supplies.values())
        self.by_code: dict[str, Product] = {}
        self.by_name: dict[str, list[Product]] = {}
        self.seen: set[int] = set()
        for product in producer.products.active():
            self.by_code[product.sku.casefold()] = product
            for name in {str(name).casefold() for name in product.name.values()}:
                self.by_name.setdefault(name, []).append(product)

    def row(self, wanted: Wanted, *, merged: bool) -> dict[str, Any] | None:
        """The change that a row asks, or what is wrong with it; None when everything is so already."""
        found: dict[str, Any] = {"line": wanted.line, "product": None, "name": wanted.name or wanted.code, "error": ""}
        try:
            product = self._product(wanted)
            found |= {"product": product.pk, "name": str(product.name)}
            if not (wanted.quantity or wanted.price or wanted.listed):
                if merged:
                    raise Refused(_("This row is in a merged cell. Write its value in every row."))
                return None
            if product.pk in self.seen:
                raise Refused(_("The same product is here twice. Keep one of them."))
            self.seen.add(product.pk)
            return self._change(product, wanted, found)
        except Refused as refused:
            return found | {"error": refused.message}

    def _product(self, wanted: Wanted) -> Product:
        known = self.by_code.get(wanted.code.casefold())
        if known:
            return known
        called = self.by_name.get((wanted.name or wanted.code).casefold(), [])
        if len(called) > 1:
            raise Refused(_("Two of your products are called so. Use the code."))
        if not called:
            raise Refused(_("You have no product with this code or name."))
        return called[0]

    def _change(self, product: Product, wanted: Wanted, found: dict[str, Any]) -> dict[str, Any] | None:
        supply, last = self.supplies.get(product.pk), self.last.get(product.pk)
        quantity, price = _amount(wanted.quantity, 3), _amount(wanted.price, 4)
        listed = sheet.is_on(wanted.listed)
        if quantity is None:
            if supply is None:
                if not wanted.price or (last and price == last.price):
                    return None  # what an export says of a product that is not announced
                raise Refused(_("Enter how much you have, or 0."))
            quantity = supply.quantity
        if price is None:
            price = supply.price if supply else last.price if last else None
            if price is None:
                raise Refused(_("Enter what you want to receive."))
        selling = stock.sells_in(self.offered.get(supply.pk, {}), self.networks) if supply else None
        becomes = self.networks if selling is None else selling
        if listed is not None:
            becomes = (becomes or self.networks) if listed else frozenset()
        row = stock.checked(stock.Announcement(product, quantity, price), self.producer)
        if supply and (supply.quantity, supply.price, selling) == (row.quantity, row.price, becomes):
            return None
        found |= {
            "quantity": [str(supply.quantity) if supply else None, str(row.quantity)],
            "price": [str(supply.price) if supply else None, str(row.price)],
            "selling": [sorted(selling) if selling is not None else None, sorted(becomes)],
        }
        if supply and row.quantity < supply.reserved:
            return found | {"error": stock.Short(supply).message, "short": supply.pk}
        usual = last.price if last else supply.price if supply else None
        changed = supply is None or row.price != supply.price
        return found | {"odd": str(usual) if changed and pricing.is_odd(row.price, usual) else ""}


def _amount(text: str, most_places: int) -> Decimal | None:
    if text.startswith("="):
        raise Refused(_("There is a formula in this row. Paste it as a value first."))
    return numbers.as_number(text, most_places=most_places)


@dataclass(frozen=True)
class Looked:
    """A batch as it is looked at: what is wrong first, then what changes."""

    wrong: list[dict[str, Any]]
    right: list[dict[str, Any]]
    same: int

    @property
    def odd(self) -> list[dict[str, Any]]:
        return [row for row in self.right if row["odd"]]


def looked_at(batch: Batch) -> Looked:
    changes = batch.result.get("changes", [])
    return Looked(
        wrong=[row for row in changes if row["error"]],
        right=[row for row in changes if not row["error"]],
        same=batch.result.get("same", 0),
    )


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row that changes something, with amounts as numbers, ready to be shown."""
    amounts = {name: [None if v is None else Decimal(v) for v in row[name]] for name in ("quantity", "price")}
    return row | amounts | {"odd": Decimal(row["odd"]) if row["odd"] else None}


@transaction.atomic
def apply(*, batch: Batch, sure: bool = False) -> Batch:
    """
    Apply all that is right of a batch, at once or, when it is large, by a worker. Refused when it is applied already, when
    there is nothing to apply, or when prices are far from what they were and nobody said that this is meant.
    """
    looked = looked_at(batch)
    if not looked.right:
        raise Refused(_("There is nothing to apply."))
    if looked.odd and not sure:
        raise Refused(_("Some prices are far from last time's. Say that they are right."), "sure")
    if not Batch.objects.filter(pk=batch.pk, status=Batch.Status.READY).update(status=Batch.Status.APPLYING):
        raise Refused(_("This has been applied already."))
    batch.status = Batch.Status.APPLYING
    _begin(batch, large=len(looked.right) > ROWS_AT_ONCE)
    return batch


def carry_out(*, batch: Batch, tell: Tell = lambda percent: None) -> None:
    """
    Announce what is right of a batch, all or nothing. When somebody changed or ordered the same meanwhile nothing is, and the
    batch is compared again.
    """
    if batch.status != Batch.Status.APPLYING:
        return
    right = looked_at(batch).right
    products = Product.objects.in_bulk([row["product"] for row in right])
    tell(10)
    try:
        with transaction.atomic():
            rows = [_announcement(products[row["product"]], row) for row in right]
            tell(20)
            stock.announce_many(
                producer=batch.producer,
                week_on=batch.week_on,
                rows=rows,
                by=batch.by,
                tell=lambda part: tell(20 + part * 80 // 100),
            )
            batch.status, batch.message, batch.upload = Batch.Status.APPLIED, "", b""
            batch.save(update_fields=["status", "message", "upload"])
    except Refused as refused:
        batch.refresh_from_db(fields=["upload"])
        read(
            batch=batch,
            tell=tell,
            message=_("%(why)s Nothing was applied; this is what would change now.") % {"why": refused.message},
        )


def _announcement(product: Product, row: dict[str, Any]) -> stock.Announcement:
    (had, quantity), (was, price), (sold, selling) = row["quantity"], row["price"], row["selling"]
    seen = stock.Seen(
        None if had is None else Decimal(had),
        None if was is None else Decimal(was),
        None if sold is None else frozenset(sold),
    )
    return stock.Announcement(
        product, Decimal(quantity), Decimal(price), listed=bool(selling), selling=frozenset(selling), seen=seen
    )
