"""
Subscribing to a box or an own list, and everything a household may change about it. What becomes of it each week is in
`orders.turning`, in which weeks in `orders.rhythm`, and all of it in prose in `docs/subscriptions.md`.

Locks: the subscription first, so that a change and the order that is made of it come one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from network import clock, journal
from network.errors import Refused
from network.models import DeliveryDay, Membership, Network, Organisation, Person, PickupPoint, PickupSlot, PriceGroup
from network.quantities import checked_quantity
from orders import coming, rhythm
from orders.basket import price_group_of
from orders.coming import Coming
from orders.models import Cause, Subscription, SubscriptionLine, SubscriptionWeek
from producers.models import BoxSize, Producer, Product

LONGEST_LIST = 60
LONGEST_PAUSE = timedelta(days=183)
STARTS_WITHIN = 8
"""Weeks in which a subscription may begin."""


@dataclass(frozen=True)
class Terms:
    """Where, when and how often."""

    pickup_point: PickupPoint
    weekday: int
    rhythm: str


def slots_of(network: Network) -> list[PickupSlot]:
    """Where and on which weekday one can subscribe: pickup points that are open when the network delivers."""
    slots = PickupSlot.objects.filter(
        pickup_point__network=network,
        pickup_point__archived_at=None,
        weekday__in=network.weekly_days.values("weekday"),
    )
    return list(slots.select_related("pickup_point").order_by("pickup_point__code", "weekday", "opens"))


def first_weeks(network: Network, weekday: int, number: int = STARTS_WITHIN) -> list[date]:
    """The Mondays of the next weeks in which ordering for that weekday has not closed yet."""
    monday = clock.monday_of(clock.today())
    moved = coming.moved_in([network.pk])[network.pk]
    known = {day.on: day for day in DeliveryDay.objects.filter(cycle__network=network, on__gte=clock.today())}
    weekly = network.weekly_days.get(weekday=weekday)
    found = []
    for week_on in (monday + timedelta(weeks=week) for week in range(number + 2)):
        on = rhythm.day_in(week_on, weekday, moved)
        if on is None:
            continue
        closes_at = clock.cut_off(on, days_before=weekly.cutoff_days_before, clock_time=weekly.cutoff_time)
        day = known.get(on)
        if (day is None and closes_at > clock.now()) or (
            day is not None
            and day.closes_at > clock.now()
            and day.status in (DeliveryDay.Status.SCHEDULED, DeliveryDay.Status.OPEN)
        ):
            found.append(week_on)
    return found[:number]


@transaction.atomic
def subscribe(
    *,
    buyer: Organisation,
    network: Network,
    terms: Terms,
    starts_on: date,
    by: Person,
    size: BoxSize | None = None,
    lines: Mapping[Product, Decimal] | None = None,
    age_declared: bool = False,
) -> Subscription:
    """
    From the week of `starts_on` (a Monday) on, a box of a size, or an own list of products. Refused for who is no member, a
    point that is not open that day, a week that has closed, a list without anything in it or with alcohol and no age
    declared, and when the buyer has this very subscription already.
    """
    if not Membership.objects.current().filter(network=network, organisation=buyer).exists():
        raise Refused(_("You are no member of this network yet. Ask its coordinator to join."))
    _check_terms(network, terms)
    if starts_on not in first_weeks(network, terms.weekday):
        raise Refused(_("Ordering for that week has closed. Begin in another week."), "starts_on")
    if size:
        if size.box.network_id != network.pk or size.box.archived_at:
            raise Refused(_("This box is no longer offered."))
        if price_group_of(buyer, network).audience != PriceGroup.Audience.HOUSEHOLD:
            raise Refused(_("Boxes are priced for households. Order what you need in the shop."))
    wanted = _checked_list(network, lines or {}, age_declared) if size is None else {}
    try:
        with transaction.atomic():
            made = Subscription.objects.create(
                buyer=buyer,
                network=network,
                size=size,
                starts_on=starts_on,
                age_declared=age_declared,
                made_by=by,
                **vars(terms),
            )
    except IntegrityError:
        raise Refused(
            _("You have this subscription already. Change that one, or choose another day or rhythm.")
        ) from None
    _store_lines(made, wanted)
    journal.record(action="subscribed", subject=made, by=by, network=network, what=str(made), rhythm=made.rhythm)
    return made


@transaction.atomic
def change(*, subscription: Subscription, terms: Terms, size: BoxSize | None, by: Person) -> Subscription:
    """
    From the next week that is not an order yet: another size of the same box, point, day or rhythm. Another size forgets
    what was swapped in weeks to come.
    """
    one = locked(subscription)
    _check_terms(one.network, terms)
    if (size and size.box_id) != (one.size and one.size.box_id):
        raise Refused(_("Choose a size of the same box. For another box, subscribe to it and stop this one."), "size")
    if size != one.size:
        SubscriptionLine.objects.filter(week__in=one.weeks.filter(week_on__gt=clock.today())).delete()
    one.size = size
    for name, value in vars(terms).items():
        setattr(one, name, value)
    try:
        with transaction.atomic():
            return keep(one, by, "changed the subscription")
    except IntegrityError:
        raise Refused(
            _("You have this subscription already. Change that one, or choose another day or rhythm.")
        ) from None


@transaction.atomic
def pause(*, subscription: Subscription, first: date | None, last: date | None, by: Person) -> Subscription:
    """No deliveries from the first day to the last, both included; None and None ends a pause. Orders made stay."""
    one = locked(subscription)
    if first is None or last is None:
        first = last = None
    elif last < first:
        raise Refused(_("The last day lies before the first."), "paused_until")
    elif last < clock.today():
        raise Refused(_("That is over. Choose days to come."), "paused_until")
    elif last - first > LONGEST_PAUSE:
        raise Refused(_("A pause lasts half a year at most. For longer, stop the subscription."), "paused_until")
    one.paused_from, one.paused_until = first, last
    return keep(one, by, "paused the subscription" if first else "resumed the subscription")


@transaction.atomic
def stop(*, subscription: Subscription, by: Person) -> Subscription:
    """No more orders from it; those that were made stay until they are cancelled. Stopping twice changes nothing."""
    one = _fresh(subscription)
    if one.stopped_at is None:
        one.stopped_at = clock.now()
        keep(one, by, "stopped the subscription")
    return one


@transaction.atomic
def skip(*, subscription: Subscription, week_on: date, by: Person) -> SubscriptionWeek:
    """Nothing in that week. Refused when it has become an order already (change or cancel that), or is too late."""
    return _set_week(subscription, week_on, by, skipped=True, cause=None)


@transaction.atomic
def give(*, subscription: Subscription, week_on: date, cause: Cause, by: Person) -> SubscriptionWeek:
    """What comes that week is for a cause: it collects at its own point, the household pays. Refused as `skip`."""
    if cause.network_id != subscription.network_id or cause.archived_at:
        raise Refused(_("This cause is no longer on the list. Choose another."), "cause")
    return _set_week(subscription, week_on, by, skipped=False, cause=cause)


@transaction.atomic
def as_usual(*, subscription: Subscription, week_on: date, by: Person) -> SubscriptionWeek:
    """The week is neither skipped nor given away any more; what was swapped in it stays. Refused as `skip`."""
    return _set_week(subscription, week_on, by, skipped=False, cause=None)


@transaction.atomic
def set_list(
    *, subscription: Subscription, lines: Mapping[Product, Decimal], by: Person, age_declared: bool = False
) -> Subscription:
    """The own list holds exactly this from the next week on. Refused when it is empty, or asks for an age."""
    one = locked(subscription)
    if one.size:
        raise Refused(_("What is in a box is decided by who composes it. Swap what you do not want, week by week."))
    wanted = _checked_list(one.network, lines, age_declared or one.age_declared)
    one.age_declared = one.age_declared or age_declared
    one.lines.filter(week=None).delete()
    _store_lines(one, wanted)
    return keep(one, by, "changed the subscription")


def changeable(subscription: Subscription, week_on: date) -> Coming:
    """A week of a subscription that is locked by the caller; Refused when it can no longer be changed."""
    found = coming.week_of(subscription, week_on)
    if found is None:
        raise Refused(_("Nothing comes in that week."))
    if found.run:
        raise Refused(_("It is an order already. Change or cancel that order."))
    if not found.is_changeable:
        raise Refused(_("Ordering for that week has closed, or you paused it."))
    return found


def _set_week(
    subscription: Subscription, week_on: date, by: Person, *, skipped: bool, cause: Cause | None
) -> SubscriptionWeek:
    one = locked(subscription)
    changeable(one, week_on)
    week, _fresh_row = SubscriptionWeek.objects.update_or_create(
        subscription=one, week_on=week_on, defaults={"skipped": skipped, "cause": cause}
    )
    action = "skipped a week" if skipped else "gave a box away" if cause else "took a week as usual"
    keep(one, by, action, week_on)
    return week


def locked(subscription: Subscription) -> Subscription:
    """The subscription, locked for this transaction; Refused when it was stopped."""
    one = _fresh(subscription)
    if one.stopped_at:
        raise Refused(_("This subscription was stopped. Subscribe again."))
    return one


def _fresh(subscription: Subscription) -> Subscription:
    return (
        Subscription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("network", "size__box", "buyer", "pickup_point")
        .get(pk=subscription.pk)
    )


def keep(one: Subscription, by: Person, action: str, week_on: date | None = None) -> Subscription:
    """Store it as changed now: with another version the clock looks at it afresh."""
    one.version += 1
    one.changed_at = clock.now()
    one.save()
    said = {"week_on": str(week_on)} if week_on else {}
    journal.record(action=action, subject=one, by=by, network=one.network, **said)
    return one


def _check_terms(network: Network, terms: Terms) -> None:
    if terms.rhythm not in Subscription.Rhythm.values:
        raise Refused(_("Choose how often."), "rhythm")
    if not any(
        (slot.pickup_point_id, slot.weekday) == (terms.pickup_point.pk, terms.weekday) for slot in slots_of(network)
    ):
        raise Refused(_("This pickup point is not open that day. Choose another."), "slot")


def _checked_list(network: Network, lines: Mapping[Product, Decimal], age_declared: bool) -> dict[Product, Decimal]:
    wanted = {}
    for product, quantity in lines.items():
        quantity = checked_quantity(quantity, step=product.step, field=f"q{product.pk}")
        if quantity:
            wanted[product] = quantity
    if not wanted:
        raise Refused(_("Put something on your list first."))
    if len(wanted) > LONGEST_LIST:
        raise Refused(_("A list holds at most %(most)s products.") % {"most": LONGEST_LIST})
    farms = set(Producer.objects.active().in_network(network).values_list("pk", flat=True))
    for product in wanted:
        if product.producer_id not in farms or product.archived_at:
            raise Refused(_("This farm no longer sells it here. Take it off the list."), f"q{product.pk}")
    age = max((product.minimum_age or 0 for product in wanted), default=0)
    if age and not age_declared:
        raise Refused(
            _("There is alcohol on your list. Declare that who collects it is %(age)s or older.") % {"age": age},
            "age_declared",
        )
    return wanted


def _store_lines(one: Subscription, wanted: Mapping[Product, Decimal]) -> None:
    SubscriptionLine.objects.bulk_create(
        SubscriptionLine(subscription=one, product=product, quantity=quantity) for product, quantity in wanted.items()
    )
