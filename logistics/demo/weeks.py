"""Weeks of the demo network, lived through the product's own functions in the order in which people would."""

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from logistics import disputes, driven, handover, rounds, scenarios, settling, temperatures, versions
from logistics.demo import account, fleets, harvests, pickups, searches, subscribers, supplies, traced, waverers
from logistics.demo.build import LOGINS, WEEKS, rows
from logistics.models import CostShare, Dispute, Scenario, Stop, TemperatureReading
from network import clock, cycles, homes
from network.errors import Refused
from network.models import Cycle, Delivery, DeliveryDay, Network, Organisation, OrganisationRole, OutboxEntry, Person
from network.money import euros
from orders import basket, checkout, closing, shortages, weighing
from orders.models import Order, OrderLine, PurchaseOrderLine
from producers import stock
from producers.models import Offer, Producer, Product, Supply

THIN = (4, 9)
PRESENT = 0.82
NEWCOMERS = {"gent": ("9880 Aalter", [51.0862, 3.4469]), "leuven": ("3200 Aarschot", [50.9874, 4.8368])}
FAVOURITES = {"vegetables": 5, "fruit": 3, "dairy": 3, "bread": 3, "meat": 1, "pantry": 1, "drinks": 1, "plants": 1}
AT_HOME = ("a02-2@huis.example", "a03-4@huis.example")
ASKED = {
    3: (
        "Op mijn rekening staan kratten voor een afhaalpunt waar ik die dag niets voor had. Klopt dat?",
        "Ja: er zat een krat van jou bij die een gezin de avond ervoor nog bijbestelde. Ze staat op je inkooporder.",
    ),
    1: ("De bestelwagen was die dag een kwartier te laat bij mij. Telt dat mee in wat ik betaal?", ""),
}
"""What was asked and answered about a bill, by how many weeks ago that was."""
PRICES = {
    row["sku"].lower(): (Decimal(row["producer_price_low"]), Decimal(row["producer_price_high"]))
    for row in rows("products")
}


@dataclass(frozen=True)
class Buyer:
    """An organisation that may order at a delivery, as which person, and how eagerly (0 to 1)."""

    organisation: Organisation
    person: Person
    delivery: Delivery
    trade: bool


def share_of_households(weeks_ago: int) -> float:
    """From about 60 baskets twelve weeks ago to the present size, with two thin weeks (holidays)."""
    grown = 0.106 * (PRESENT / 0.106) ** ((WEEKS - weeks_ago) / WEEKS)
    return grown * (0.55 if weeks_ago in THIN else 1)


def live(network: Network, week_on: date, seed: int) -> None:
    """
    A whole week of a network up to this moment: what lies in the past is announced, ordered, closed, driven and settled;
    what is still open stays open, with the baskets people would have by now. A week that was cut short is taken up where
    it stopped; one that was lived stays as it is.
    """
    now = clock.now()
    past = week_on < clock.monday_of(clock.today())
    cycle = _let_order_at_once(network, week_on, seed) if past else _let_order(network, week_on, seed)
    for day in cycle.days.order_by("closes_at"):
        _run(day, now, random.Random(f"{seed} {network.slug} {day.on}"))
    if past:
        OutboxEntry.objects.waiting().filter(due_at__lt=now - timedelta(days=3)).update(done_at=now)


@transaction.atomic
def _let_order_at_once(network: Network, week_on: date, seed: int) -> Cycle:
    """
    The ordering of a past week, all of it or nothing: so the real clock, which closes days that are due, never meets a day
    whose orders still come. Networks with farms in common take turns.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [week_on.toordinal()])
    return _let_order(network, week_on, seed)


def _let_order(network: Network, week_on: date, seed: int) -> Cycle:
    """Everything up to the cut-offs, of a week in which nobody has ordered yet."""
    now = clock.now()
    dice = random.Random(f"{seed} {network.slug} {week_on}")
    opens_at = cycles.opening_of(network, week_on)
    weeks_ago = max(0, (clock.monday_of(clock.today()) - week_on).days // 7)
    cycle = cycles.plan_cycle(network=network, week_on=week_on)
    if Order.objects.filter(delivery__delivery_day__cycle=cycle).exists():
        return cycle
    with clock.at(opens_at):
        announce(network, cycle, seed)
        if not weeks_ago:
            supplies.prepare(network, cycle)
            subscribers.prepare(network, cycle)
        cycles.open_cycle(cycle=cycle)
        served = subscribers.turn(cycle)
        if weeks_ago <= waverers.WEEKS:
            served.add(waverers.household().pk)
        fleets.choose(network, cycle)
    searches.look_for(network, week_on, opens_at, seed)
    for day in cycle.days.order_by("closes_at"):
        until = min(now, day.closes_at)
        elapsed = (until - opens_at) / (day.closes_at - opens_at)
        offers = _offers(day)
        for moment, buyer in _arrivals(day, opens_at, until, share_of_households(weeks_ago) * elapsed, dice):
            if buyer.organisation.pk not in served:
                with clock.at(moment):
                    order(buyer, offers[buyer.trade], dice)
        if weeks_ago <= waverers.WEEKS:
            waverers.waver(day, offers[False])
        if until == day.closes_at:
            with clock.at(until):
                closing.close_day(day=day)
    return cycle


def announce(network: Network, cycle: Cycle, seed: int) -> None:
    """Every farm's supplies of the week: what is in season, a little dearer or cheaper than last time."""
    week_on = cycle.week_on
    month = (week_on + timedelta(days=3)).month
    for producer in Producer.objects.active().in_network(network).select_related("organisation").order_by("pk"):
        own = Offer.objects.filter(supply__carries_over=False, supply__product__producer=producer)
        if own.filter(delivery_day__cycle=cycle).exists():
            continue
        standing = Supply.objects.of_week(week_on).filter(carries_over=True, product__producer=producer)
        dice = random.Random(f"{seed} {producer.code} {week_on}")
        farmer = producer.organisation.people.first()
        wanted = [
            stock.Announcement(
                product=product,
                quantity=Decimal(_harvest(product, dice)),
                price=_price(product, dice),
                listed=True,
            )
            for product in producer.products.active().exclude(supplies__in=standing).order_by("pk")
            if month in product.season
        ]
        stock.announce_many(producer=producer, week_on=week_on, rows=wanted, by=farmer)


def _harvest(product: Product, dice: random.Random) -> int:
    usual = {"box": 60, "meat": 60, "plants": 40, "dairy": 130, "bread": 400, "pantry": 400, "drinks": 300}
    scarce = product.sku in ("gr28", "vl03", "vl05", "gr26")
    many = usual.get(product.category, 190)
    return round(many * dice.uniform(0.8, 1.2) * (0.35 if scarce else 1))


def _price(product: Product, dice: random.Random) -> Decimal:
    low, high = PRICES[product.sku]
    middle = low + (high - low) * Decimal("0.5")
    return euros(middle * Decimal(str(round(dice.uniform(0.94, 1.06), 3))))


def _arrivals(
    day: DeliveryDay, start: datetime, until: datetime, share: float, dice: random.Random
) -> list[tuple[datetime, Buyer]]:
    """Who orders for a day and when: most in the last hours before the cut-off."""
    if until <= start:
        return []
    known, buyers = _buyers(day), []
    for trade, part in ((False, share), (True, min(1.0, share * 1.25))):
        there = [buyer for buyer in known if buyer.trade == trade]
        buyers += dice.sample(there, round(part * len(there)))
    seconds = (until - start).total_seconds()
    return sorted(
        ((start + timedelta(seconds=seconds * dice.random() ** 0.5 * 0.999), buyer) for buyer in buyers),
        key=lambda arrival: (arrival[0], arrival[1].organisation.pk),
    )


def _buyers(day: DeliveryDay) -> list[Buyer]:
    deliveries = day.deliveries.filter(home=None).select_related(
        "pickup_point__place", "outlet__organisation", "delivery_day__cycle__network"
    )
    found: list[Buyer] = []
    for delivery in deliveries.order_by("pk"):
        if delivery.outlet:
            households = [delivery.outlet.organisation]
        else:
            assert delivery.pickup_point
            email = f"{delivery.pickup_point.code}-"
            households = list(
                Organisation.objects.filter(roles__person__email__startswith=email, kind="household").order_by("pk")
            )
        roles = OrganisationRole.objects.filter(organisation__in=households).order_by("-pk").select_related("person")
        people = {role.organisation_id: role.person for role in roles}
        found += [
            Buyer(home, people[home.pk], delivery, trade=delivery.outlet is not None)
            for home in households
            if home.pk in people
        ]
    return found


def order(buyer: Buyer, offers: list[Offer], dice: random.Random) -> Order | None:
    """A basket filled and confirmed the way its buyer would; what has sold out is left out."""
    left = dict(Supply.objects.filter(offers__in=offers).values_list("pk", F("quantity") - F("reserved")))
    weights = [FAVOURITES[offer.supply.product.category] for offer in offers]
    wanted: dict[int, Decimal] = {}
    total = Decimal(0)
    minimum = Decimal(0) if buyer.trade else buyer.delivery.delivery_day.network.minimum_order
    many = dice.randint(5, 12) if buyer.trade else dice.randint(4, 11)
    for offer in dice.choices(offers, weights, k=many * 3):
        if len(wanted) >= many and total >= minimum:
            break
        product = offer.supply.product
        times = dice.randint(4, 12) if buyer.trade else dice.choice([1, 1, 1, 1, 2, 2, 3])
        if product.unit == "box" and product.unit_kg >= 3 and not buyer.trade:
            times = 1
        if offer.pk not in wanted and left[offer.supply_id] >= product.step * times:
            wanted[offer.pk] = product.step * times
            total += offer.gross * wanted[offer.pk]
    if total <= minimum:
        return None
    made = basket.open_order(buyer=buyer.organisation, delivery=_where(buyer), by=buyer.person)
    made = basket.fill(order=made, quantities=wanted, by=buyer.person)
    return checkout.place_order(order=made, by=buyer.person, age_declared=True)


def _where(buyer: Buyer) -> Delivery:
    """The point, or for the two households that have it brought home, their door, when their network comes there."""
    if buyer.person.email in AT_HOME:
        with suppress(Refused):
            return homes.bring_home(day=buyer.delivery.delivery_day, household=buyer.organisation)
    return buyer.delivery


def _offers(day: DeliveryDay) -> dict[bool, list[Offer]]:
    """What is for sale on a day: to the trade (True) and to households (False)."""
    offers = (
        Offer.objects.filter(delivery_day=day, listed=True)
        .select_related("supply__product", "price_group")
        .order_by("pk")
    )
    return {
        trade: [offer for offer in offers if (offer.price_group.audience == "trade") == trade]
        for trade in (True, False)
    }


def _run(day: DeliveryDay, now: datetime, dice: random.Random) -> None:
    """Close, plan, weigh, drive and settle a day, each at its moment, as far as `now` allows."""
    dana = Person.objects.filter(network_roles__network=day.cycle.network, network_roles__role="coordinator").first()
    assert dana
    if now < day.closes_at:
        return
    weeks_ago = (clock.monday_of(clock.local(now).date()) - day.cycle.week_on).days // 7
    with clock.at(day.closes_at):
        closing.close_day(day=day)
        traced.note(day, weeks_ago)
    if weeks_ago <= 1:
        with clock.at(day.closes_at + timedelta(minutes=10)):
            harvests.call_too_late(day, dana)
    with clock.at(day.closes_at + timedelta(minutes=30)):
        _plan(day, dana)
    evening = clock.moment(day.on, datetime.min.time().replace(hour=21))
    if now < evening:
        return
    if day.status in shortages.BEFORE_BILLING:
        if day.cycle.week_on >= clock.monday_of(clock.local(now).date()) - timedelta(weeks=pickups.WEEKS):
            pickups.collect(day, dana)
        with clock.at(evening):
            _weigh(day, dana, dice)
            _miss_something(day, dana, dice)
            handover.drive_day(day=day, by=dana)
            _note_what_was_driven(day, dana, random.Random(f"{day.on} {day.cycle.network.slug} on the road"))
    if now < evening + timedelta(hours=1):
        return
    with clock.at(evening + timedelta(hours=1)):
        settling.settle_day(day=day, by=dana)
    _ask_about_a_bill(day, now, dana)
    traced.call_back(day, weeks_ago, now, dana)
    account.give_back(day, now, dana)


def _plan(day: DeliveryDay, by: Person) -> None:
    """Planned and published. The real clock plans closed days too, and may be first or in between."""
    for _attempt in range(5):
        day.refresh_from_db(fields=["status"])
        if day.status != DeliveryDay.Status.CLOSED:
            break
        with suppress(Refused):
            rounds.plan_rounds(day=day, by=by)
    if day.status == DeliveryDay.Status.PLANNED and not versions.published(day):
        versions.publish(day=day, by=by, accept_flaws=True)


def _weigh(day: DeliveryDay, by: Person, dice: random.Random) -> None:
    lines = OrderLine.objects.filter(order__delivery__delivery_day=day, order__status="closed", sold_by_weight=True)
    packed = {
        line.pk: (line.quantity * Decimal(str(round(dice.uniform(0.94, 1.05), 3)))).quantize(Decimal("0.001"))
        for line in lines.order_by("pk")
    }
    weighing.weigh(packed=packed, by=by)


def _miss_something(day: DeliveryDay, by: Person, dice: random.Random) -> None:
    """Now and then a crate is short: less than one line in thirty."""
    lines = PurchaseOrderLine.objects.filter(purchase_order__delivery_day=day, product__sold_by_weight=False)
    for line in lines.order_by("pk"):
        if dice.random() < 0.03:
            missing = min(line.quantity, Decimal(dice.randint(1, 3)))
            shortages.record_missing(line=line, missing=missing, by=by, reason="Te weinig geoogst")


def _ask_about_a_bill(day: DeliveryDay, now: datetime, by: Person) -> None:
    """The farmer who shows the demo asked about a bill three weeks ago, and last week: the first has been answered."""
    weeks_ago = (clock.monday_of(clock.local(now).date()) - day.cycle.week_on).days // 7
    share = CostShare.objects.filter(
        cost_run__delivery_day=day, cost_run__corrected_at=None, producer__organisation__people__email=LOGINS[1].email
    ).first()
    if (
        weeks_ago not in ASKED
        or share is None
        or Dispute.objects.filter(share__producer=share.producer_id).count() == 2
    ):
        return
    if Dispute.objects.filter(share__cost_run__delivery_day__cycle=day.cycle).exists():
        return
    asked, answered = ASKED[weeks_ago]
    farmer = Person.objects.get(email=LOGINS[1].email)
    with clock.at(min(now, clock.moment(day.on + timedelta(days=2), time(9)))):
        dispute = disputes.raise_dispute(share=share, text=asked, by=farmer)
    if answered:
        with clock.at(min(now, clock.moment(day.on + timedelta(days=3), time(14)))):
            disputes.answer_dispute(dispute=dispute, text=answered, by=by)


def _note_what_was_driven(day: DeliveryDay, by: Person, dice: random.Random) -> None:
    """What phones noted on the way: a little earlier or later than planned, a hold-up now and then, and how cold it was."""
    rides: dict[int, driven.Noted] = {}
    stops: dict[int, tuple[datetime | None, datetime | None]] = {}
    readings: list[TemperatureReading] = []
    found = list(day.rounds.select_related("driver").order_by("number"))
    limits = temperatures.Limits([ride.pk for ride in found])
    calls: dict[int, list[Stop]] = {}
    for stop in Stop.objects.filter(round__in=found).order_by("round", "position"):
        calls.setdefault(stop.round_id, []).append(stop)
    for ride in found:
        behind = dice.randint(-2, 6)
        started_at = ride.starts_at + timedelta(minutes=behind, seconds=dice.randrange(60))
        for stop in calls.get(ride.pk, []):
            held_up = dice.randint(11, 28) if dice.random() < 0.02 else 0
            behind = round(behind * 0.7) + dice.randint(-2, 3) + held_up
            arrived_at = stop.arrives_at + timedelta(minutes=behind)
            stays = stop.leaves_at - stop.arrives_at
            stops[stop.pk] = arrived_at, arrived_at + max(timedelta(minutes=2), stays * dice.uniform(0.8, 1.15))
            for storage_class in limits.classes(ride.pk):
                limit = limits.of(ride.pk, storage_class, stop.position)
                if limit is not None:
                    celsius = limit - Decimal(str(round(dice.uniform(0.3, 2.6), 1)))
                    readings.append(
                        TemperatureReading(
                            round=ride,
                            stop=stop,
                            storage_class=storage_class,
                            celsius=celsius + (3 if dice.random() < 0.005 else 0),
                            at=arrived_at,
                            by=ride.driver or by,
                        )
                    )
        rides[ride.pk] = driven.Noted(
            km=(ride.km * Decimal(str(round(dice.uniform(0.98, 1.05), 3)))).quantize(Decimal("0.1")),
            started_at=started_at,
            finished_at=ride.ends_at + timedelta(minutes=behind + dice.randint(-2, 4), seconds=dice.randrange(60)),
        )
    driven.note(day=day, rounds=rides, stops=stops, by=by)
    temperatures.note(day=day, readings=readings, by=by)


def live_present_weeks(network: int, seed: int) -> None:
    """What a visitor sees first, unless somebody ordered already."""
    found = Network.objects.get(pk=network)
    for week_on in cycles_at_work(found):
        if not Order.objects.filter(delivery__delivery_day__cycle__in=found.cycles.filter(week_on=week_on)).exists():
            live(found, week_on, seed)


def wonder(network: Network) -> None:
    """What the coordinator asks herself when the past is lived: a baker who might join the last settled day."""
    day = DeliveryDay.objects.filter(cycle__network=network, status=DeliveryDay.Status.SETTLED).order_by("-on").first()
    by = Person.objects.filter(network_roles__network=network, network_roles__role="coordinator").first()
    if day and by and not Scenario.objects.filter(delivery_day__cycle__network=network).exists():
        village, spot = NEWCOMERS[network.slug]
        baker = {"name": "Bakkerij ’t Meelhuis", "where": village, "point": spot, "crates": {"ambient": 9}, "to": []}
        scenarios.ask(day=day, kind=Scenario.Kind.PRODUCER, inputs=baker, by=by)


def cycles_at_work(network: Network) -> list[date]:
    """The weeks whose ordering has begun and whose last day is not over: what a visitor sees first."""
    monday = clock.monday_of(clock.today())
    return [
        week
        for week in (monday, monday + timedelta(weeks=1), monday + timedelta(weeks=2))
        if cycles.opening_of(network, week) <= clock.now()
    ]


def past_weeks() -> list[date]:
    monday = clock.monday_of(clock.today())
    return [monday - timedelta(weeks=week) for week in range(WEEKS, 0, -1)]
