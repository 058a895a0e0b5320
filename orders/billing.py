"""
Billing a delivery day: what was really delivered is invoiced, and booked.

Two legal flows (docs/ledger.md). Retail: the hub sells and buys; a farmer under the special agricultural scheme gets a
purchase slip with 6 % compensation (VAT code art. 57), others are self-billed. Facilitation: every farmer sells to the
customer herself, and the hub invoices her the contribution as a service.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from network import clock, journal, ledger
from network.ledger import Entry, Side
from network.models import Account, DeliveryDay, Network, Organisation, Person, VatRate, VatStatus
from network.money import euros, split_vat
from orders import documents
from orders.documents import Item
from orders.models import Document, EmptiesReturn, Order, OrderLine, PurchaseOrder, Shortfall
from orders.weighing import billable, most_billable

BILLABLE = (DeliveryDay.Status.PLANNED, DeliveryDay.Status.DRIVEN)
COMPENSATION = Decimal(6)
Kind = Account.Kind
Lines = list[OrderLine]


@transaction.atomic
def bill_day(*, day: DeliveryDay, by: Person | None = None) -> int:
    """
    Bill every closed order of a driven day: quantities, documents, and the ledger entries of sales and purchases. The
    number of queries does not depend on the number of orders. Billing again finds nothing to bill and returns 0.
    """
    day = (
        DeliveryDay.objects.select_for_update(of=("self",))
        .select_related("cycle__network__organisation")
        .get(pk=day.pk)
    )
    if day.status not in BILLABLE:
        return 0
    orders = list(
        Order.objects.filter(delivery__delivery_day=day, status=Order.Status.CLOSED)
        .select_related("buyer", "delivery")
        .order_by("pk")
        .prefetch_related("lines__producer")
    )
    for order in orders:
        for line in order.lines.all():
            line.billed = billable(line)
    OrderLine.objects.bulk_update([line for order in orders for line in order.lines.all()], ["billed"], batch_size=5000)
    bill, bought, empties = Bill(day), _bought(orders), _brought_back(orders)
    for order in orders:
        bill.add(order, list(order.lines.all()), bought=bought, empties=empties[order.pk])
    bill.store()
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(status=Order.Status.SETTLED)
    journal.record(action="billed", subject=day, by=by, network=day.network, orders=len(orders))
    return len(orders)


class Bill:
    """
    Collects the papers and entries of a day, then stores them at once. With `credit`, a number no other credit of the day
    has, `billed` of the lines is what was billed too much: the papers are credit notes and the entries the reverse.
    """

    def __init__(self, day: DeliveryDay, *, credit: int = 0) -> None:
        self.day = day
        self.credit = credit
        self.network = day.network
        self.hub = self.network.organisation
        self.today = clock.today()
        self.regimes = _regimes(day)
        self.service_rate = VatRate.objects.get(category="service", period__contains=day.on).rate
        self.drafts: list[Document] = []
        self.entries: list[Entry] = []
        self.bought: dict[int, Lines] = defaultdict(list)
        self.empties: list[EmptiesReturn] = []

    def add(
        self,
        order: Order,
        lines: Lines,
        *,
        bought: Mapping[int, Decimal] | None = None,
        empties: Sequence[EmptiesReturn] = (),
    ) -> None:
        """
        Lines of an order with what is billed of each, and the empties that came back with it. `bought`, by line, is what the
        farm is paid for where that is another quantity, because the network bears what its buyer did not get.
        """
        bought = bought or {}
        sold = [line for line in lines if line.billed]
        retail = self.network.flow == Network.Flow.RETAIL
        for line in lines:
            part = copy(line)
            part.billed = bought.get(line.pk, _billed(line)) if retail else line.billed
            if part.billed:
                self.bought[line.producer_id].append(part)
        if retail and sold:
            self._sell(order, sold, empties)
        elif empties:
            self.give_back(order, empties)
        if not retail:
            self._sell_for_farmers(order, sold)
            self._make_good(order, [line for line in lines if line.pk in bought], bought)

    def give_back(self, order: Order, empties: Sequence[EmptiesReturn]) -> None:
        """Credit the deposit of empties of which not all were credited before, on a note of their own."""
        rows = [(row.value, row.count - row.credited) for row in empties if row.count > row.credited]
        amount = _sum(value * count for value, count in rows)
        self.empties += empties
        if not amount:
            return
        self.drafts.append(
            documents.draft(
                kind=Document.Kind.CREDIT_NOTE,
                items=[],
                rates=[],
                deposit=amount,
                empties=documents.empties_items(rows),
                **self._head(self.hub.pk, order.buyer_id),
                order=order,
            )
        )
        sides: list[Side] = [(Kind.BUYER, order.buyer_id, -amount), (Kind.DEPOSITS, None, amount)]
        key = f"empties:{order.pk}:{sum(row.count for row in empties)}"
        name = _("Empties returned, order %(number)s") % {"number": order.pk}
        self.entries.append(Entry(key=key, description=name, sides=sides))

    def store(self) -> None:
        purchases = {
            order.producer_id: order
            for order in PurchaseOrder.objects.filter(delivery_day=self.day).select_related("producer").order_by("pk")
        }
        for producer, lines in sorted(self.bought.items()):
            if self.network.flow == Network.Flow.RETAIL:
                self._buy(purchases[producer], lines)
            else:
                self._serve(purchases[producer], lines)
        documents.issue(self.drafts)
        ledger.book(network=self.network, on=self.day.on, entries=self.entries, delivery_day=self.day)
        for row in self.empties:
            row.credited = row.count
        EmptiesReturn.objects.bulk_update(self.empties, ["credited"])

    def _paper(
        self,
        order: Order,
        lines: Lines,
        issuer: int,
        *,
        empties: Sequence[EmptiesReturn] = (),
        fee: Decimal = Decimal(0),
    ) -> Document:
        consumer = order.buyer.kind == Organisation.Kind.HOUSEHOLD
        items = documents.consumer_items(lines) if consumer else documents.business_items(lines)
        if fee:
            items.append(documents.service_item(_("Home delivery"), fee, self.service_rate))
        paper = documents.draft(
            kind=self._kind(Document.Kind.RECEIPT if consumer else Document.Kind.INVOICE),
            items=items,
            rates=documents.rates_of(items, consumer=consumer),
            deposit=documents.deposit_of(lines) - _sum(row.amount for row in empties),
            empties=documents.empties_items([(row.value, row.count) for row in empties]),
            **self._head(issuer, order.buyer_id),
            order=order,
            communication=documents.communication(order.pk),
        )
        self.drafts.append(paper)
        return paper

    def _head(self, issuer: int, recipient: int) -> dict[str, Any]:
        return {
            "issuer_id": issuer,
            "recipient_id": recipient,
            "year": self.today.year,
            "issued_on": self.today,
            "network": self.network,
        }

    def _sell(self, order: Order, lines: Lines, empties: Sequence[EmptiesReturn]) -> None:
        fee = self._fee(order)
        paper = self._paper(order, lines, self.hub.pk, empties=empties, fee=fee)
        self.empties += empties
        goods, tariff, contribution = _parts(lines)
        home = split_vat(fee, self.service_rate)[0]
        sides: list[Side] = [
            (Kind.BUYER, order.buyer_id, paper.gross + paper.deposit),
            (Kind.SALES, None, -goods),
            (Kind.TARIFF, None, -tariff),
            (Kind.CONTRIBUTION, None, -contribution),
            (Kind.HOME, None, -home),
            (Kind.VAT, None, -paper.vat),
            (Kind.DEPOSITS, None, -paper.deposit),
            (Kind.ROUNDING, None, goods + tariff + contribution + home - paper.net),
        ]
        self._book(f"sale:{order.pk}", _("Sale, order %(number)s") % {"number": order.pk}, sides)

    def _buy(self, purchase: PurchaseOrder, lines: Lines) -> None:
        farmer = purchase.producer.organisation_id
        regime = self.regimes.get(farmer, VatStatus.Regime.NORMAL)
        items = _at_farmers_price(lines, regime)
        rates = documents.rates_of(items, consumer=False)
        slip = regime == VatStatus.Regime.AGRICULTURAL
        self.drafts.append(
            documents.draft(
                kind=self._kind(Document.Kind.PURCHASE_SLIP if slip else Document.Kind.SELF_BILL),
                items=items,
                rates=rates,
                **self._head(*((self.hub.pk, farmer) if slip else (farmer, self.hub.pk))),
                purchase_order=purchase,
            )
        )
        goods, vat = _sum(rate.net for rate in rates), _sum(rate.vat for rate in rates)
        sides: list[Side] = [
            (Kind.PURCHASES, None, goods),
            (Kind.COMPENSATION if slip else Kind.VAT, None, vat),
            (Kind.PRODUCER, farmer, -goods - vat),
        ]
        self._book(f"purchase:{purchase.pk}", _("Purchase from %(farm)s") % {"farm": purchase.producer}, sides)

    def _sell_for_farmers(self, order: Order, lines: Lines) -> None:
        by_farmer: dict[int, Lines] = defaultdict(list)
        for line in lines:
            by_farmer[line.producer.organisation_id].append(line)
        sides: list[Side] = []
        for farmer, hers in sorted(by_farmer.items()):
            paper = self._paper(order, hers, farmer)
            _goods, tariff, _contribution = _parts(hers)
            sides += [
                (Kind.BUYER, order.buyer_id, paper.gross + paper.deposit),
                (Kind.PRODUCER, farmer, -paper.gross - paper.deposit + tariff),
                (Kind.TARIFF, None, -tariff),
            ]
        if lines and (fee := self._fee(order)):
            paper = self._paper(order, [], self.hub.pk, fee=fee)
            sides += [
                (Kind.BUYER, order.buyer_id, paper.gross),
                (Kind.HOME, None, -paper.net),
                (Kind.VAT, None, -paper.vat),
            ]
        self._book(f"sale:{order.pk}", _("Sale, order %(number)s") % {"number": order.pk}, sides)

    def _make_good(self, order: Order, lines: Lines, bought: Mapping[int, Decimal]) -> None:
        """Damages for what her customer did not pay the farmer and the network bears: no sale, so no VAT."""
        sides: list[Side] = []
        for line in lines:
            amount = euros(line.price * (bought[line.pk] - _billed(line)))
            sides += [(Kind.PURCHASES, None, amount), (Kind.PRODUCER, line.producer.organisation_id, -amount)]
        name = _("The network bears what order %(number)s did not get") % {"number": order.pk}
        self._book(f"borne:{order.pk}", name, sides)

    def _fee(self, order: Order) -> Decimal:
        """What bringing it home costs, VAT included: a service of the hub, in either flow. It is not credited with goods."""
        return Decimal(0) if self.credit else order.delivery.fee

    def _serve(self, purchase: PurchaseOrder, lines: Lines) -> None:
        farmer = purchase.producer.organisation_id
        _goods, _tariff, contribution = _parts(lines)
        item = documents.service_item(_("Contribution to the network"), contribution, self.service_rate)
        rates = documents.rates_of([item], consumer=False)
        self.drafts.append(
            documents.draft(
                kind=self._kind(Document.Kind.SERVICE_INVOICE),
                items=[item],
                rates=rates,
                **self._head(self.hub.pk, farmer),
                purchase_order=purchase,
            )
        )
        vat = _sum(rate.vat for rate in rates)
        sides: list[Side] = [
            (Kind.PRODUCER, farmer, contribution + vat),
            (Kind.CONTRIBUTION, None, -contribution),
            (Kind.VAT, None, -vat),
        ]
        self._book(f"contribution:{purchase.pk}", _("Contribution of %(farm)s") % {"farm": purchase.producer}, sides)

    def _kind(self, kind: str) -> str:
        return Document.Kind.CREDIT_NOTE if self.credit else kind

    def _book(self, key: str, description: str, sides: list[Side]) -> None:
        if self.credit:
            key, description = f"{key}:credit:{self.credit}", _("Credited: %(what)s") % {"what": description}
            sides = [(kind, owner, -amount) for kind, owner, amount in sides]
        self.entries.append(Entry(key=key, description=description, sides=sides))


def _bought(orders: Iterable[Order]) -> dict[int, Decimal]:
    """By line, what the farm is paid for where the network bears what is missing: at most what could have been billed."""
    lines = {line.pk: line for order in orders for line in order.lines.all()}
    borne = Shortfall.objects.filter(line__in=lines, bearer=Shortfall.Bearer.NETWORK)
    return {
        pk: min(_billed(lines[pk]) + quantity, most_billable(lines[pk]))
        for pk, quantity in borne.values_list("line", "quantity")
    }


def _brought_back(orders: Iterable[Order]) -> dict[int, list[EmptiesReturn]]:
    found: dict[int, list[EmptiesReturn]] = defaultdict(list)
    for row in EmptiesReturn.objects.filter(order__in=[order.pk for order in orders]).order_by("order", "value"):
        found[row.order_id].append(row)
    return found


def _parts(lines: Lines) -> tuple[Decimal, Decimal, Decimal]:
    """Euro of goods at the farmers' prices, of logistics tariff, and of contribution, each line rounded once."""
    return (
        _sum(euros(line.price * _billed(line)) for line in lines),
        _sum(euros(line.tariff * _billed(line)) for line in lines),
        _sum(euros(line.contribution * _billed(line)) for line in lines),
    )


def _at_farmers_price(lines: Lines, regime: str) -> list[Item]:
    """One item per product and price, at the rate the farmer's regime gives."""
    totals: dict[tuple[int, Decimal], tuple[OrderLine, Decimal, Decimal]] = {}
    for line in lines:
        _line, quantity, amount = totals.get((line.supply_id, line.price), (line, Decimal(0), Decimal(0)))
        totals[line.supply_id, line.price] = (
            line,
            quantity + _billed(line),
            amount + euros(line.price * _billed(line)),
        )
    return [
        Item(str(line.name), quantity, line.unit, line.price, amount, _rate(regime, line))
        for line, quantity, amount in totals.values()
    ]


def _rate(regime: str, line: OrderLine) -> Decimal:
    if regime == VatStatus.Regime.AGRICULTURAL:
        return COMPENSATION
    return line.vat_rate if regime == VatStatus.Regime.NORMAL else Decimal(0)


def _regimes(day: DeliveryDay) -> dict[int, str]:
    """VAT regime by organisation, of the day's producers."""
    return dict(
        VatStatus.objects.filter(
            organisation__producer__purchase_orders__delivery_day=day, period__contains=day.on
        ).values_list("organisation", "regime")
    )


def _billed(line: OrderLine) -> Decimal:
    return line.billed or Decimal(0)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
