"""
Settling a delivery day: what was delivered is billed, and the cost of its rounds is shared among the producers it carried.

Nobody pays more than going alone, door to door, would cost her; who brings her goods to the hub has paid for that trip
already, so her cap is lower by it. What the caps leave uncovered is launch gap, visible and booked. The tariff collected
on a farmer's goods is credited to her, her share debited: her price is untouched (`docs/bills.md`).

Billed is the plan. Who drove is owed what was driven, and the difference is the network's own (`docs/after-the-round.md`).
"""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from logistics import certificates, consequences, driven, facts, fund, games
from logistics.driven import Driven
from logistics.games import Heard, Shared
from logistics.models import CostGame, CostRun, CostShare, Vehicle
from network import journal, ledger
from network.errors import Refused
from network.ledger import Entry, Side
from network.models import Account, Cycle, DeliveryDay, Person, VatRate
from network.money import euros, from_cents
from orders import billing
from orders.models import OrderLine

Kind = Account.Kind


def settle_day(
    *, day: DeliveryDay, by: Person | None = None, time_limit: float = 60.0, heard: Heard = lambda: None
) -> CostRun:
    """
    Bill and share a driven day. Settling again returns the same cost run and books nothing. Refused before the rounds
    are driven.

    The goods are billed first, then the shares are computed without any lock, then they are stored and booked at once,
    unless what they rest on changed meanwhile: then they are computed anew. Killed in between, it goes on where it was.
    """
    if (kept := _begun(day, by)) is not None:
        return kept
    while True:
        inputs = games.inputs_of(day=day)
        shared = games.share(inputs, time_limit=time_limit, heard=heard)
        result = certificates.result_of(inputs, shared)
        rows = [certificates.game_row(played) for played in shared.games]
        if (run := _store(day, by, inputs, shared, result, rows)) is not None:
            return run


@transaction.atomic
def _begun(day: DeliveryDay, by: Person | None) -> CostRun | None:
    """Bill the goods; the cost run when the day is settled already."""
    day = locked(day)
    if day.status == DeliveryDay.Status.SETTLED:
        return day.cost_runs.current().get()
    if day.status != DeliveryDay.Status.DRIVEN:
        raise Refused(_("The rounds of this day have not all been driven. Finish them first, then settle."))
    billing.bill_day(day=day, by=by)
    return None


@transaction.atomic
def _store(
    day: DeliveryDay,
    by: Person | None,
    inputs: dict[str, Any],
    shared: Shared,
    result: dict[str, Any],
    rows: list[CostGame],
) -> CostRun | None:
    """Keep and book the shares; None when what they rest on changed while they were computed."""
    day = locked(day)
    if day.status == DeliveryDay.Status.SETTLED:
        return day.cost_runs.current().get()
    if facts.happened(day=day) != {key: inputs[key] for key in inputs if key not in ("km", "minutes")}:
        return None
    run = keep(day, inputs, shared, result, rows)
    _book(day, run)
    DeliveryDay.objects.filter(pk=day.pk).update(status=DeliveryDay.Status.SETTLED)
    if not DeliveryDay.objects.filter(cycle=day.cycle_id).exclude(status=DeliveryDay.Status.SETTLED).exists():
        Cycle.objects.filter(pk=day.cycle_id).update(status=Cycle.Status.SETTLED)
    consequences.follow(run)
    journal.record(
        action="settled",
        subject=day,
        by=by,
        network=day.network,
        cost=str(run.cost),
        gap=str(run.launch_gap),
        driven=run.inputs["driven"],
    )
    return run


def locked(day: DeliveryDay) -> DeliveryDay:
    """The day, for who changes what it cost."""
    return (
        DeliveryDay.objects.select_for_update(of=("self",))
        .select_related("cycle__network__organisation", "cycle__network__hub")
        .get(pk=day.pk)
    )


def keep(
    day: DeliveryDay,
    inputs: dict[str, Any],
    shared: Shared,
    result: dict[str, Any],
    rows: list[CostGame],
    *,
    number: int = 1,
    reason: str = "",
) -> CostRun:
    """Store a cost run with its games, their certificates, and everybody's share, less what the start-up fund carries."""
    former = day.cost_runs.filter(number=number - 1).first() if number > 1 else None
    rule = fund.rule_for(day=day, shared=shared, former=former)
    carried = fund.carried_of(shared, rule)
    run = CostRun.objects.create(
        delivery_day=day,
        number=number,
        method=inputs["terms"]["method"],
        tau=Decimal(str(inputs["terms"]["tau"])),
        cost=from_cents(shared.cost),
        billed=from_cents(shared.cost - shared.launch_gap - sum(carried.values())),
        launch_gap=from_cents(shared.launch_gap),
        fund=from_cents(sum(carried.values())),
        inputs=inputs,
        result=result | {"fund": fund.kept(rule)},
        reason=reason,
    )
    for row in rows:
        row.cost_run = run
    CostGame.objects.bulk_create(rows)
    CostShare.objects.bulk_create(
        CostShare(
            cost_run=run,
            producer_id=pk,
            crates=Decimal(str(round(bill.crates, 3))),
            alone=from_cents(bill.alone),
            own=from_cents(bill.own),
            distribution=from_cents(bill.distribution),
            collection=from_cents(bill.collection),
            fund=from_cents(carried[pk]),
            share=from_cents(bill.share - carried[pk]),
        )
        for pk, bill in shared.bills.items()
    )
    return run


def carriage(ride: Driven) -> Entry:
    """
    A round in the books: its planned cost is shared, who drove is owed what was driven, the difference is the network's. A
    volunteer is repaid her expenses; any other owner of a vehicle, a farmer too, is owed as carrier.
    """
    vehicle = ride.round.vehicle
    owed = Kind.EXPENSES if vehicle.kind == Vehicle.Kind.CAR else Kind.CARRIER
    sides: list[Side] = [
        (Kind.TRANSPORT, None, ride.round.cost),
        (Kind.VARIANCE, None, ride.variance),
        (owed, vehicle.owner_id, -ride.cost),
    ]
    return Entry(f"round:{ride.round.pk}", _("Round %(number)s driven") % {"number": ride.round.number}, sides)


def tariffs_of(day: DeliveryDay) -> dict[int, Decimal]:
    """Euro of logistics tariff that buyers paid on each producer's goods, each line rounded once."""
    found: dict[int, Decimal] = {}
    lines = OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="settled", billed__gt=0)
    for line in lines.only("producer_id", "tariff", "billed"):
        found[line.producer_id] = found.get(line.producer_id, Decimal(0)) + euros(line.tariff * (line.billed or 0))
    return found


def share_sides(farmer: int, amount: Decimal, rate: Decimal) -> list[Side]:
    """A share of so much, or a difference, charged to a farm with VAT at `rate` percent."""
    vat = euros(amount * rate / 100)
    return [(Kind.PRODUCER, farmer, amount + vat), (Kind.TRANSPORT, None, -amount), (Kind.VAT, None, -vat)]


def service_rate(day: DeliveryDay) -> Decimal:
    return VatRate.objects.get(category="service", period__contains=day.on).rate


def _book(day: DeliveryDay, run: CostRun) -> None:
    """Rounds; each producer her tariff, less her share and its VAT; what the fund carries; the rest is launch gap."""
    rate, tariffs = service_rate(day), tariffs_of(day)
    entries = [carriage(ride) for ride in driven.of_day(day)]
    for share in run.shares.select_related("producer__organisation").order_by("producer"):
        farmer, tariff = share.producer.organisation_id, tariffs[share.producer_id]
        sides: list[Side] = [(Kind.TARIFF, None, tariff), (Kind.PRODUCER, farmer, -tariff)]
        name = {"farm": share.producer}
        entries.append(Entry(f"tariff:{day.pk}:{farmer}", _("Logistics tariff credited to %(farm)s") % name, sides))
        sides = share_sides(farmer, share.share, rate)
        entries.append(Entry(f"share:{day.pk}:{farmer}", _("Cost share of %(farm)s") % name, sides))
    sides = [(Kind.LAUNCH_GAP, None, run.launch_gap), (Kind.TRANSPORT, None, -run.launch_gap)]
    entries.append(Entry(f"gap:{day.pk}", _("Launch gap"), sides))
    entries.append(fund.entry(key=f"fund:{day.pk}", amount=run.fund))
    ledger.book(network=day.network, on=day.on, entries=entries, delivery_day=day)
