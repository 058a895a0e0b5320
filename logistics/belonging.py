"""
A farm leaves a network or joins one, from a week that has not opened yet, and sees first what that costs her and the others
(`docs/leaving.md`). The books stay as they are: what was delivered is billed, shared and paid out as always.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from logistics import consequences, estimating, lived, outsiders, scenarios
from logistics.estimating import Estimate, Wish
from logistics.models import CostShare, Scenario, Tour
from logistics.models.outlook import Work
from network import clock, joining, journal, outbox
from network.errors import Refused
from network.models import Cycle, DeliveryDay, Membership, Network, Person
from network.money import from_cents
from network.quantities import StorageClass
from orders.models import Subscription
from producers import withdrawing
from producers.models import Agreement, Producer

FEW = consequences.FEW
"""With fewer other farms than this it is not said how many pay more or less."""


def membership_of(farm: Producer, network: Network) -> Membership | None:
    """Her present membership, if she has one."""
    return joining.held(farm.organisation, network).first()


# Leaving


@transaction.atomic
def leave(*, farm: Producer, network: Network, by: Person) -> Membership:
    """
    Leave from the first week on that has not opened: what she offers from then on comes off the shelf, the coordinators get a mail.
    Refused for who is no owner, is no member or leaves already.
    """
    joining.require_owner(farm.organisation, by)
    membership = _locked(farm, network)
    if membership.leaves_on:
        raise Refused(_("You leave %(network)s already.") % {"network": network})
    since = clock.monday_of(membership.joined_on + timedelta(days=6))
    membership.leaves_on = max(_locked_week(network), since)
    _wait_for_announcing(network, membership.leaves_on)
    membership.withdrawn = withdrawing.take_off(producer=farm, network=network, from_week=membership.leaves_on)
    membership.save(update_fields=["leaves_on", "withdrawn"])
    _tell("leaves the network", "farm_leaves", farm, membership, by, membership.leaves_on)
    return membership


@transaction.atomic
def stay(*, farm: Producer, network: Network, by: Person) -> Membership:
    """Take leaving back, before it is so far: what came off the shelf for it is back. Refused when there is nothing to take back."""
    joining.require_owner(farm.organisation, by)
    membership = _locked(farm, network)
    if not membership.leaves_on:
        raise Refused(_("You are not leaving %(network)s.") % {"network": network})
    leaves_on, offers = membership.leaves_on, membership.withdrawn
    membership.leaves_on, membership.withdrawn = None, []
    membership.save(update_fields=["leaves_on", "withdrawn"])
    withdrawing.put_back(offers=offers)
    _tell("stays in the network", "farm_stays", farm, membership, by, leaves_on)
    return membership


def _locked(farm: Producer, network: Network) -> Membership:
    found = joining.held(farm.organisation, network).select_for_update(no_key=True).first()
    if found is None or (found.leaves_on and found.leaves_on <= clock.today()):
        raise Refused(_("You do not sell through %(network)s any more.") % {"network": network})
    return found


def _locked_week(network: Network) -> date:
    """The next week, which cannot open before this is done."""
    while True:
        monday = joining.next_week(network)
        cycle = Cycle.objects.select_for_update(no_key=True).filter(network=network, week_on=monday).first()
        if cycle is None or cycle.status == Cycle.Status.SCHEDULED:
            return monday


def _wait_for_announcing(network: Network, from_week: date) -> None:
    """Whoever announces for these weeks at this moment is done, or sees that she leaves."""
    days = DeliveryDay.objects.filter(cycle__network=network, cycle__week_on__gte=from_week)
    list(days.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))


def _tell(action: str, kind: str, farm: Producer, membership: Membership, by: Person, leaves_on: date) -> None:
    entry = journal.record(
        action=action, subject=farm, by=by, network=membership.network, leaves_on=leaves_on.isoformat()
    )
    outbox.add(kind=kind, key=f"{kind}:{entry.pk}", membership=membership.pk, leaves_on=leaves_on.isoformat())


@dataclass(frozen=True)
class Ties:
    """What counts on a farm in a network and does not end of its own accord: `tours` by name, the rest in numbers."""

    tours: list[str]
    boxes: int
    lists: int
    agreements: int

    def __bool__(self) -> bool:
        return bool(self.tours or self.boxes or self.lists or self.agreements)


def ties_of(farm: Producer, network: Network) -> Ties:
    """Standing tours, households with her box or her goods on their list, and prices she promised, in four queries."""
    tours = Tour.objects.filter(network=network, kept=True).filter(
        Q(stops__producer=farm) | Q(vehicle__owner=farm.organisation_id)
    )
    running = Subscription.objects.filter(network=network, stopped_at=None)
    hers = running.filter(size=None, lines__week=None, lines__product__producer=farm)
    return Ties(
        tours=list(tours.order_by("name").values_list("name", flat=True).distinct()),
        boxes=running.filter(size__box__producer=farm).count(),
        lists=hers.distinct().count(),
        agreements=Agreement.objects.current().filter(product__producer=farm, price_group__network=network).count(),
    )


# What leaving would do


@dataclass(frozen=True)
class Effects:
    """
    Her last settled week in a network as it was and without her, when she drives the same goods to the same customers herself; in
    euro. `others` is what all other farms pay more together, None with one other, whose bill it would tell; `more` and `less` how
    many of them pay noticeably more or less, None when they are few.
    """

    days: list[DeliveryDay]
    asked: list[Scenario] = field(default_factory=list)
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    others: Decimal | None = None
    more: int | None = None
    less: int | None = None
    noise: Decimal = Decimal(0)

    @property
    def is_asked(self) -> bool:
        return len(self.asked) == len(self.days) > 0

    @property
    def working(self) -> bool:
        return any(one.status in (Work.WAITING, Work.RUNNING) for one in self.asked)

    @property
    def failed(self) -> bool:
        return not self.working and any(one.status == Work.FAILED for one in self.asked)

    @property
    def is_done(self) -> bool:
        return self.is_asked and all(one.status == Work.DONE for one in self.asked)

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def last_days(farm: Producer, network: Network) -> list[DeliveryDay]:
    """The settled days of her last settled week in a network."""
    settled = DeliveryDay.objects.filter(
        cycle__network=network,
        status=DeliveryDay.Status.SETTLED,
        cost_runs__corrected_at=None,
        cost_runs__shares__producer=farm,
    )
    last = settled.order_by("-cycle__week_on").values_list("cycle__week_on", flat=True).first()
    if last is None:
        return []
    return list(settled.filter(cycle__week_on=last).select_related("cycle__network").order_by("on", "pk"))


def ask_effects(*, farm: Producer, network: Network, by: Person) -> None:
    """Have a worker compute what her leaving would do. Refused before anything of hers was settled."""
    days = last_days(farm, network)
    if not days:
        raise Refused(_("Nothing of yours has been settled here yet, so there is nothing to reckon with."))
    for day in days:
        inputs = {"producer": farm.pk, "part": 100, "own": True, "leaving": True}
        scenarios.ask(day=day, kind=Scenario.Kind.OUTSIDE, inputs=inputs, by=by)


def effects_of(farm: Producer, network: Network) -> Effects:
    """What was computed, as far as it is."""
    days = last_days(farm, network)
    found = Scenario.objects.filter(
        kind=Scenario.Kind.OUTSIDE, inputs__leaving=True, inputs__producer=farm.pk, delivery_day__in=days
    )
    latest = {one.delivery_day_id: one for one in found.order_by("made_at", "pk")}
    asked = [latest[day.pk] for day in days if day.pk in latest]
    effects = Effects(days, asked)
    return _added(effects, farm) if effects.is_done else effects


def _added(effects: Effects, farm: Producer) -> Effects:
    """The days of the week together."""
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for one in effects.asked:
        for bill in one.result["bills"]:
            pk = bill["producer"]
            before[pk] = before.get(pk, 0) + (bill["before"] or 0)
            after[pk] = after.get(pk, 0) + (bill["after"] or 0)
    noise = sum(one.result["noise"] for one in effects.asked)
    changes = [after[pk] - before[pk] for pk in before if pk != farm.pk]
    many = len(changes) >= FEW
    return Effects(
        days=effects.days,
        asked=effects.asked,
        before=from_cents(before[farm.pk]),
        after=from_cents(after[farm.pk]),
        others=from_cents(sum(changes)) if len(changes) > 1 else None,
        more=sum(change > noise for change in changes) if many else None,
        less=sum(-change > noise for change in changes) if many else None,
        noise=from_cents(noise),
    )


# Joining


@dataclass(frozen=True)
class Prospect:
    """What joining would cost her by delivery day, for as many `crates` a week as she sent in her last settled week."""

    crates: dict[str, int]
    estimates: list[Estimate]
    names: dict[str, str]


def prospect_of(farm: Producer, network: Network) -> Prospect | None:
    """Estimated at once from the last weeks of that network; None for who has no address or nothing settled anywhere."""
    place, crates = farm.organisation.place, _crates_a_week(farm)
    if place is None or not crates:
        return None
    days = lived.days(network)
    made = estimating.estimates(days, Wish(place.point, crates), outsiders.van_of(network))
    return Prospect(crates, made, {one.key: one.name for one in lived.destinations(days)})


def _crates_a_week(farm: Producer) -> dict[str, int]:
    """Whole crates by storage class that she sent in her last settled week, in all her networks."""
    shares = CostShare.objects.filter(
        producer=farm, cost_run__corrected_at=None, cost_run__inputs__has_key="places"
    ).order_by("-cost_run__delivery_day__cycle__week_on")
    last: Any = shares.values_list("cost_run__delivery_day__cycle__week_on", flat=True)[:1]
    sent = dict.fromkeys(StorageClass.values, 0.0)
    of_week = shares.filter(cost_run__delivery_day__cycle__week_on=last)
    for rows in of_week.values_list("cost_run__inputs__crates", flat=True):
        for row in rows:
            if row["producer"] == farm.pk:
                for name, many in row["crates"].items():
                    sent[name] += many
    return {name: ceil(round(many, 3)) for name, many in sent.items() if many}
