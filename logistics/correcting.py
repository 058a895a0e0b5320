"""
Sharing a settled day again, when it turned out that other goods were delivered (`docs/bills.md`). The former run stays as it
was; what differs is booked as new postings. Terms, rates, roads and rounds are those of the former run: only the crates are
others.
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from logistics import certificates, consequences, facts, fund, games
from logistics.games import Heard, Shared
from logistics.models import CostGame, CostRun
from logistics.settling import keep, locked, service_rate, tariffs_of
from network import clock, journal, ledger
from network.errors import Refused
from network.ledger import Entry, Side
from network.models import Account, DeliveryDay, Person, Posting
from network.money import euros

Kind = Account.Kind
LONGEST = 200
"""Characters of a reason."""


def is_outdated(run: CostRun) -> bool:
    """Whether other goods were delivered than this run, the current one of its day, was shared over."""
    return "crates" in run.inputs and facts.crates_of(run.delivery_day) != run.inputs["crates"]


def correct_day(
    *, day: DeliveryDay, by: Person, reason: str, time_limit: float = 60.0, heard: Heard = lambda: None
) -> CostRun:
    """
    Share the day again over what was really delivered, as a run that follows the current one. Refused without a reason, for
    a day that is not settled, and when nothing changed. Computed without a lock and stored at once, as in settling.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why, so that everybody can read it later."), "reason")
    if len(reason) > LONGEST:
        raise Refused(_("That is too long. Keep it below %(most)s characters.") % {"most": LONGEST}, "reason")
    while True:
        former = day.cost_runs.current().first()
        if former is None or "crates" not in former.inputs:
            raise Refused(_("This day is not settled yet: there is nothing to correct."))
        inputs = former.inputs | {"crates": facts.crates_of(day)}
        if inputs == former.inputs:
            raise Refused(_("Nothing changed since this day was shared: the bills stay as they are."))
        shared = games.share(inputs, time_limit=time_limit, heard=heard)
        result = certificates.result_of(inputs, shared)
        rows = [certificates.game_row(played) for played in shared.games]
        if (run := _store(day, by, reason, former, inputs, shared, result, rows)) is not None:
            return run


@transaction.atomic
def _store(
    day: DeliveryDay,
    by: Person,
    reason: str,
    former: CostRun,
    inputs: dict[str, Any],
    shared: Shared,
    result: dict[str, Any],
    rows: list[CostGame],
) -> CostRun | None:
    """Keep and book the new run; None when somebody else corrected meanwhile, or more was credited."""
    day = locked(day)
    if day.cost_runs.current().get() != former or facts.crates_of(day) != inputs["crates"]:
        return None
    CostRun.objects.filter(pk=former.pk).update(corrected_at=clock.now())
    run = keep(day, inputs, shared, result, rows, number=former.number + 1, reason=reason)
    _book(day, former, run)
    consequences.follow(run)
    journal.record(
        action="corrected the settlement",
        subject=day,
        by=by,
        network=day.network,
        reason=reason,
        number=run.number,
        cost=str(run.cost),
        gap=str(run.launch_gap),
    )
    return run


def _book(day: DeliveryDay, former: CostRun, run: CostRun) -> None:
    """What each owes or is owed more or less than before, what the fund carries, and the launch gap."""
    rate, tariffs, credited = service_rate(day), tariffs_of(day), _credited(day)
    before = dict(former.shares.values_list("producer", "share"))
    entries = []
    for share in run.shares.select_related("producer__organisation").order_by("producer"):
        farmer, name = share.producer.organisation_id, {"farm": share.producer}
        tariff = tariffs.get(share.producer_id, Decimal(0)) - credited[farmer]
        sides: list[Side] = [(Kind.TARIFF, None, tariff), (Kind.PRODUCER, farmer, -tariff)]
        entries.append(
            Entry(
                f"tariff:{day.pk}:{farmer}:{run.number}",
                _("Logistics tariff credited to %(farm)s, corrected") % name,
                sides,
            )
        )
        was = before.get(share.producer_id, Decimal(0))
        more, vat = share.share - was, euros(share.share * rate / 100) - euros(was * rate / 100)
        sides = [(Kind.PRODUCER, farmer, more + vat), (Kind.TRANSPORT, None, -more), (Kind.VAT, None, -vat)]
        entries.append(
            Entry(f"share:{day.pk}:{farmer}:{run.number}", _("Cost share of %(farm)s, corrected") % name, sides)
        )
    gap = run.launch_gap - former.launch_gap
    sides = [(Kind.LAUNCH_GAP, None, gap), (Kind.TRANSPORT, None, -gap)]
    entries.append(Entry(f"gap:{day.pk}:{run.number}", _("Launch gap, corrected"), sides))
    entries.append(fund.entry(key=f"fund:{day.pk}:{run.number}", amount=run.fund - former.fund))
    ledger.book(network=day.network, on=clock.today(), entries=entries, delivery_day=day)


def _credited(day: DeliveryDay) -> dict[int, Decimal]:
    """Euro of tariff credited to each organisation for this day so far."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    rows = (
        Posting.objects.filter(transaction__key__startswith=f"tariff:{day.pk}:", account__kind=Kind.PRODUCER)
        .values_list("account__organisation")
        .annotate(total=Sum("amount"))
    )
    found.update({organisation: -total for organisation, total in rows})
    return found
