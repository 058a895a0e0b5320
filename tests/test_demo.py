"""The demo network: what a visitor sees first is made by the product itself, and adds up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, F, Sum

from logistics import assembly
from logistics.demo import build, tasks, together, waverers, weeks
from logistics.models import CostRun, CostShare, PhoneAction, Pickup, Round, Stop, TemperatureReading, Vehicle
from network import clock, cycles
from network.models import Cycle, Network, Organisation, OutboxEntry, Outlet, PickupPoint, Posting, Transaction
from orders.models import Document, EmptiesReturn, Order, OrderLine, PurchaseOrderLine, Recall, Shortfall
from producers.models import LotUse, Producer, Product, Supply

SEED = 2026


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """A Wednesday in late autumn, whatever the day on which the tests run: what is in season and ordered depends on it."""
    with clock.at(datetime(2026, 11, 25, 10, tzinfo=UTC)):
        yield


@pytest.fixture
def gent(db: None) -> Network:
    build.build(SEED)
    return Network.objects.get(slug="gent")


def lived(network: Network) -> list[tuple[Any, ...]]:
    """What a week of twelve ago left behind, without the numbers of rows."""
    lines = OrderLine.objects.filter(order__delivery__delivery_day__cycle__network=network)
    return [
        *lines.order_by(
            "order__buyer__name", "order__delivery__starts_at", "product__sku", "product__producer__code"
        ).values_list("order__buyer__name", "order__status", "product__sku", "billed", "gross"),
        *CostShare.objects.order_by("producer__code", "cost_run__delivery_day__on").values_list("alone", "share"),
        *Round.objects.order_by("delivery_day", "number").values_list("km_driven", "started_at", "finished_at"),
        *TemperatureReading.objects.order_by("at", "pk").values_list("at", "celsius"),
    ]


def test_the_network_is_the_one_that_was_promised(gent: Network) -> None:
    counted = {
        "networks": Network.objects.count(),
        "farms": Producer.objects.count(),
        "farms in both": Producer.objects.annotate(n=Count("organisation__memberships__network", distinct=True))
        .filter(n=2)
        .count(),
        "products": Product.objects.values("sku").distinct().count(),
        "points": PickupPoint.objects.count(),
        "shops": Outlet.objects.filter(code__startswith="w").count(),
        "kitchens and restaurants": Outlet.objects.filter(code__startswith="k").count(),
        "households": Organisation.objects.filter(kind="household").count(),
    }
    assert counted == {
        "networks": 2,
        "farms": 26,
        "farms in both": 2,
        "products": 67,
        "points": 16,
        "shops": 8,
        "kitchens and restaurants": 10,
        "households": 566,
    }
    assert Vehicle.objects.filter(network=None).exists() and Vehicle.objects.exclude(network=None).exists()


def test_a_past_week_is_lived_to_its_end_and_its_books_sum_to_zero(gent: Network) -> None:
    week_on = weeks.past_weeks()[0]
    weeks.live(gent, week_on, SEED)
    cycle = Cycle.objects.get(network=gent, week_on=week_on)
    assert cycle.status == Cycle.Status.SETTLED
    assert set(Order.objects.values_list("status", flat=True)) == {"settled"}
    assert Order.objects.filter(buyer__kind="household").count() == 36, (
        "it began with some sixty baskets in both networks"
    )
    assert PurchaseOrderLine.objects.filter(missing__gt=0).exists()
    assert OrderLine.objects.filter(sold_by_weight=True).exclude(packed=None).exists()
    assert CostRun.objects.count() == cycle.days.count()
    per_transaction = Transaction.objects.values("pk", "postings__account__currency")
    assert not per_transaction.annotate(total=Sum("postings__amount")).exclude(total=0).exists()
    totals = dict(Posting.objects.values_list("account__currency").annotate(Sum("amount")))
    assert totals == {"EUR": 0}
    assert Document.objects.exists()
    assert not Round.objects.filter(km_driven=None).exists() and not Stop.objects.filter(arrived_at=None).exists()
    assert TemperatureReading.objects.exists()
    assert Posting.objects.filter(account__kind="variance").exists(), "it never goes exactly as planned"
    before = lived(gent)
    weeks.live(gent, week_on, SEED)
    assert lived(gent) == before


def test_the_same_seed_lives_the_same_week(gent: Network) -> None:
    runs = []
    for seed in (SEED, SEED, SEED + 1):
        with transaction.atomic():
            weeks.live(gent, weeks.past_weeks()[0], seed)
            runs.append(lived(gent))
            transaction.set_rollback(True)
    assert runs[0] == runs[1] != runs[2]


def test_a_week_whose_life_was_cut_short_is_taken_up_again(gent: Network) -> None:
    """Seen while people were still ordering, and then much later: nobody orders twice, and the week comes to its end."""
    week_on = weeks.past_weeks()[0]
    cycle = cycles.plan_cycle(network=gent, week_on=week_on)
    first = cycle.days.earliest("closes_at")
    with clock.at(first.closes_at - timedelta(hours=3)):
        weeks.live(gent, week_on, SEED)
    early = Order.objects.count()
    assert early and Supply.objects.filter(reserved__gt=0).exists()
    weeks.live(gent, week_on, SEED)
    assert Cycle.objects.get(pk=cycle.pk).status == Cycle.Status.SETTLED
    assert Order.objects.count() == early


def test_members_decided_something_and_have_something_to_decide(gent: Network) -> None:
    """In the past the threshold went up in time, nobody is mailed about it today; now a proposal is discussed and voted."""
    for _again in (1, 2):
        for week_on in weeks.past_weeks():
            together.decide(gent, week_on)
        together.propose(gent)
    passed, running = gent.proposals.get(status="passed"), gent.proposals.get(status="open")
    assert gent.proposals.count() == 2
    assert passed.terms.from_week == passed.from_week == weeks.past_weeks()[-together.WEEKS_AGO]
    assert (running.remarks.count(), assembly.before(running).tau) == (3, passed.terms.tau)
    voted = {college.name: (college.votes, college.quorate) for college in assembly.colleges_of(running)}
    assert voted == {"producers": (5, False), "consumers": (21, False), "outlets": (1, False), "workers": (0, False)}
    visitors = [login.email for login in build.LOGINS]
    assert not running.votes.filter(membership__organisation__roles__person__email__in=visitors).exists(), (
        "they may vote"
    )
    assert not OutboxEntry.objects.waiting().filter(kind__startswith="proposal").exists()


@pytest.mark.parametrize("login", build.LOGINS)
def test_whoever_reads_the_last_line_of_make_run_can_sign_in(gent: Network, visit: Any, login: build.Login) -> None:
    browser = visit()
    answer = browser.post("/accounts/login/", {"login": login.email, "password": build.PASSWORD}, follow=True)
    assert answer.wsgi_request.user.email == login.email
    assert answer.status_code == 200


def test_pages_tell_how_much_of_the_past_is_still_to_come(gent: Network, visit: Any) -> None:
    assert tasks.weeks_to_live(gent) == weeks.WEEKS
    tasks._tell(gent)
    assert "12 past weeks of the demo network" in visit().get("/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_last_week_was_collected_with_what_was_bad_and_the_empties(gent: Network) -> None:
    week_on = clock.monday_of(clock.today()) - timedelta(weeks=1)
    weeks.live(gent, week_on, SEED)
    orders = Order.objects.filter(delivery__delivery_day__cycle__network=gent, delivery__outlet=None)
    assert not PhoneAction.objects.exclude(refused="").exists()
    assert 0.9 < Pickup.objects.filter(order__in=orders).count() / orders.filter(status="settled").count() < 1
    assert set(Shortfall.objects.values_list("bearer", flat=True)) == {"farm", "network"}
    assert not EmptiesReturn.objects.exclude(credited=F("count")).exists()
    assert EmptiesReturn.objects.exists()
    assert Posting.objects.aggregate(total=Sum("amount"))["total"] == 0
    wavered = Order.objects.get(buyer=waverers.household())
    assert (wavered.status, wavered.confirmed_at, wavered.lines.count()) == ("cancelled", None, 0)


def test_the_volunteer_finds_back_what_she_let_lapse(gent: Network, visit: Any) -> None:
    with clock.at(datetime(2026, 11, 26, 12, tzinfo=UTC)):
        weeks.live(gent, date(2026, 11, 30), SEED)
        order = Order.objects.get(buyer=waverers.household())
        assert (order.status, order.lines.count(), order.lapsed.count()) == ("basket", 0, 4)
        page = visit(order.placed_by).get("/gent/shop/").content.decode()
        assert "Your basket was kept for you until Thursday 11" in page


@pytest.mark.django_db(transaction=True)
def test_two_weeks_ago_something_was_called_back_and_its_buyers_were_told(gent: Network) -> None:
    week_on = clock.monday_of(clock.today()) - timedelta(weeks=2)
    for _again in (1, 2):
        weeks.live(gent, week_on, SEED)
    asked = PurchaseOrderLine.objects.values_list("product", "purchase_order__delivery_day").distinct()
    assert set(LotUse.objects.values_list("lot__product", "delivery_day")) == set(asked)
    recall = Recall.objects.get()
    assert recall.closed_by == recall.started_by
    assert not recall.notices.filter(mailed_at=None).exists()
    assert recall.notices.exclude(reached_at=None).count() == 2
