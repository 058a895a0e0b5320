"""A farm leaves a network or joins one, from a week that has not opened yet, and sees first what it costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse

from logistics import belonging, tasks, transport
from logistics.models import Scenario
from network import clock, cycles, joining, outbox
from network.errors import Refused
from network.models import (
    JournalEntry,
    Membership,
    MembershipRequest,
    Network,
    OrganisationRole,
    OutboxEntry,
    Posting,
)
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_network, make_producer, open_week
from tests.logistics.farms import make_farms, order_of_each, settle
from tests.producers.test_desk import text

D = Decimal
NEXT, LATER = MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2)
SPOTS = ((51.12, 3.60), (51.13, 3.62), (50.95, 3.55), (51.15, 3.75), (51.02, 3.50))


@pytest.fixture
def ahead(network, cycle, leek, alice):
    """Leek announced for this week, which is open, and for the next two, which are not."""
    for week_on in (NEXT, LATER):
        cycles.plan_cycle(network=network, week_on=week_on)
    for week_on in (MONDAY, NEXT, LATER):
        stock.announce(product=leek, week_on=week_on, quantity=D(50), price=D(2), by=alice)


@pytest.fixture
def settled(network, day, delivery, dana):
    farms = make_farms(network, SPOTS)
    order_of_each(farms, delivery)
    settle(day, dana)
    outbox.drain()
    mail.outbox.clear()
    return farms


def farmer_of(farm):
    return farm.organisation.people.get()


def url_of(farm, network):
    return reverse("logistics:belonging", args=[farm.slug, network.slug])


def seen(farm):
    """The weeks of which buyers see something of hers."""
    weeks = Offer.objects.filter(supply__product__producer=farm, listed=True)
    return sorted(set(weeks.values_list("delivery_day__cycle__week_on", flat=True)))


def told(farm):
    rows = JournalEntry.objects.filter(action__in=["leaves the network", "stays in the network"]).order_by("pk")
    return list(rows.values_list("action", flat=True))


# Leaving


def test_the_next_week_is_the_first_that_has_not_opened(network, cycle):
    assert joining.next_week(network) == NEXT
    cycles.open_cycle(cycle=cycles.plan_cycle(network=network, week_on=NEXT))
    assert joining.next_week(network) == LATER
    with clock.at(cycles.opening_of(network, LATER)):
        assert joining.next_week(network) == LATER + timedelta(weeks=1), "its moment has come, opened or not"
    assert joining.next_week(make_network("leuven")) == NEXT, "this week opened last Saturday"


def test_she_leaves_from_a_week_that_has_not_opened_and_sells_until_then(farm, network, ahead, alice, leek):
    left = belonging.leave(farm=farm, network=network, by=alice)
    assert (left.leaves_on, left.left_on) == (NEXT, None)
    assert seen(farm) == [MONDAY]
    assert set(stock.days_of(farm).values_list("cycle__week_on", flat=True)) == {MONDAY}
    stock.announce(product=leek, week_on=MONDAY, quantity=D(60), price=D(2), by=alice)
    stock.announce(product=leek, week_on=NEXT, quantity=D(60), price=D(2), by=alice)
    assert seen(farm) == [MONDAY], "announcing for a week without the network offers nothing there"
    assert transport.days_of(farm, MONDAY).exists() and not transport.days_of(farm, NEXT).exists()
    assert told(farm) == ["leaves the network"]


def test_she_may_take_it_back_and_what_was_on_the_shelf_is_there_again(farm, network, ahead, alice, leek):
    off = Offer.objects.filter(delivery_day__cycle__week_on=LATER)
    off.update(listed=False)
    before = set(Offer.objects.filter(listed=True).values_list("pk", flat=True))
    belonging.leave(farm=farm, network=network, by=alice)
    stock.announce(product=leek, week_on=NEXT, quantity=D(50), price=D(3), by=alice)
    belonging.stay(farm=farm, network=network, by=alice)
    assert set(Offer.objects.filter(listed=True).values_list("pk", flat=True)) == before
    assert seen(farm) == [MONDAY, NEXT], "what she had off herself stays off"
    prices = Offer.objects.filter(delivery_day__cycle__week_on=NEXT).values_list("price", flat=True)
    assert set(prices) == {D(3)}, "at the price of now"
    held = Membership.objects.get(organisation=farm.organisation)
    assert (held.leaves_on, held.withdrawn) == (None, [])
    assert told(farm) == ["leaves the network", "stays in the network"]


def test_when_that_week_begins_the_membership_ends(farm, network, ahead, alice):
    belonging.leave(farm=farm, network=network, by=alice)
    assert joining.end_due() == 0
    with clock.at(clock.moment(NEXT, clock.now().time())):
        with pytest.raises(Refused, match="any more"):
            belonging.stay(farm=farm, network=network, by=alice)
        assert (joining.end_due(), joining.end_due()) == (1, 0)
    assert Membership.objects.get(organisation=farm.organisation).left_on == NEXT
    assert belonging.membership_of(farm, network) is None


def test_what_was_ordered_stays_ordered_and_the_books_stay(settled, network, dana):
    farm = settled[0]
    before = list(Posting.objects.order_by("pk").values_list("pk", "amount"))
    belonging.leave(farm=farm, network=network, by=farmer_of(farm))
    with clock.at(clock.moment(NEXT, clock.now().time())):
        joining.end_due()
    assert list(Posting.objects.order_by("pk").values_list("pk", "amount")) == before
    assert farm.purchase_orders.count() == 1


def test_leaving_twice_or_for_another_is_refused(farm, network, ahead, alice, bob):
    with pytest.raises(Refused, match="Only an owner"):
        belonging.leave(farm=farm, network=network, by=bob)
    OrganisationRole.objects.create(organisation=farm.organisation, person=bob, role="member")
    with pytest.raises(Refused, match="Only an owner"):
        belonging.leave(farm=farm, network=network, by=bob)
    with pytest.raises(Refused, match="not leaving"):
        belonging.stay(farm=farm, network=network, by=alice)
    belonging.leave(farm=farm, network=network, by=alice)
    with pytest.raises(Refused, match="already"):
        belonging.leave(farm=farm, network=network, by=alice)
    with pytest.raises(Refused, match="any more"):
        belonging.leave(farm=farm, network=make_network("leuven"), by=alice)


def test_coordinators_and_her_own_people_are_told_each_once(farm, network, ahead, alice, dana):
    belonging.leave(farm=farm, network=network, by=alice)
    outbox.drain()
    assert sorted(one.to[0] for one in mail.outbox) == ["alice@example.org", "dana@example.org"]
    (hers,) = (one for one in mail.outbox if one.to == ["dana@example.org"])
    assert f"/{network.slug}/requests/" in hers.body
    mail.outbox.clear()
    belonging.stay(farm=farm, network=network, by=alice)
    belonging.leave(farm=farm, network=network, by=alice)
    belonging.stay(farm=farm, network=network, by=alice)
    outbox.drain()
    assert len(mail.outbox) == 4, "she stays, twice; that she left in between was taken back before anybody read it"
    assert not OutboxEntry.objects.waiting().exists()


def test_what_counts_on_her_is_said(world):
    farm, network = world.farm, world.network
    assert belonging.ties_of(farm, network) == belonging.Ties([world.tour.name], 1, 1, 1)
    assert not belonging.ties_of(make_producer(network, "Hoeve Bea"), network)


# What it would do


def test_she_sees_what_it_costs_her_and_the_others_together(settled, network, visit):
    farm = settled[0]
    client = visit(farmer_of(farm))
    assert "First see what it would cost" in text(client.get(url_of(farm, network)))
    assert client.post(url_of(farm, network), {"act": "effects"}).status_code == 302
    assert "Being computed" in text(client.get(url_of(farm, network)))
    for one in Scenario.objects.all():
        tasks.compute_scenario(one.pk)
    effects = belonging.effects_of(farm, network)
    (asked,) = Scenario.objects.all()
    bills = {one["producer"]: one for one in asked.result["bills"]}
    mine = bills.pop(farm.pk)
    assert (effects.before, effects.after) == (D(mine["before"]) / 100, D(mine["after"]) / 100)
    assert effects.others == D(sum(one["after"] - one["before"] for one in bills.values())) / 100
    assert effects.more + effects.less <= 4 and mine["after"] == asked.result["outside"]
    said = text(client.get(url_of(farm, network)))
    assert f"€ {effects.after} instead of € {effects.before}" in said
    assert f"{effects.more} pay more, {effects.less} pay less" in said
    assert not any(str(other) in said for other in settled[1:]), "nobody by name"
    assert not JournalEntry.objects.filter(action="asked what if").exists(), "only she knows"
    outside = client.get(reverse("logistics:outside", args=[farm.slug]))
    assert "100 % of your crates" not in text(outside), "another question, on its own page"


def test_with_one_other_farm_nothing_is_said_of_the_others(network, day, delivery, dana):
    farms = make_farms(network, SPOTS[:2])
    order_of_each(farms, delivery)
    settle(day, dana)
    belonging.ask_effects(farm=farms[0], network=network, by=farmer_of(farms[0]))
    tasks.compute_scenario(Scenario.objects.get().pk)
    effects = belonging.effects_of(farms[0], network)
    assert effects.is_done and (effects.others, effects.more) == (None, None)


def test_before_anything_was_settled_there_is_nothing_to_compute(farm, network, alice, visit):
    with pytest.raises(Refused, match="Nothing of yours"):
        belonging.ask_effects(farm=farm, network=network, by=alice)
    said = text(visit(alice).get(url_of(farm, network)))
    assert "First see what it would cost" not in said and "Leave from the week of" in said


def test_leaving_and_staying_by_the_buttons(farm, network, ahead, alice, visit):
    client = visit(alice)
    said = text(client.post(url_of(farm, network), {"act": "leave"}, follow=True))
    assert "You leave. The coordinators know" in said and "You leave from the week of 9 March" in said
    assert "Leaving from the week of 9 March" in text(client.get(reverse("logistics:networks", args=[farm.slug])))
    assert "You stay." in text(client.post(url_of(farm, network), {"act": "stay"}, follow=True))
    assert "You are not leaving" in text(client.post(url_of(farm, network), {"act": "stay"}, follow=True))
    for act in ("", "vanish"):
        assert client.post(url_of(farm, network), {"act": act}).status_code == 404


# Joining


def test_she_asks_a_coordinator_takes_her_in_and_she_sells_from_the_next_week(farm, leek, alice, dana, visit, day):
    leuven = make_network("leuven")
    leuven.roles.create(person=dana, role="coordinator")
    open_week(leuven)
    client = visit(alice)
    answer = client.post(url_of(farm, leuven), {"act": "join", "words": "Leek all winter."}, follow=True)
    assert "You asked to join" in text(answer)
    outbox.drain()
    (letter,) = mail.outbox
    assert letter.to == ["dana@example.org"] and "Leek all winter." in letter.body
    asked = MembershipRequest.objects.get()
    page = reverse("logistics:membership_requests", args=["leuven"])
    assert "Leek all winter." in text(visit(dana).get(page))
    assert visit(dana).post(page, {"request": asked.pk, "accept": "1"}).status_code == 302
    outbox.drain()
    assert mail.outbox[-1].to == ["alice@example.org"]
    held = belonging.membership_of(farm, leuven)
    assert held.joined_on == NEXT
    cycles.plan_cycle(network=leuven, week_on=NEXT)
    for week_on in (MONDAY, NEXT):
        stock.announce(product=leek, week_on=week_on, quantity=D(9), price=D(2), by=alice)
    weeks = Offer.objects.filter(delivery_day__cycle__network=leuven)
    assert set(weeks.values_list("delivery_day__cycle__week_on", flat=True)) == {NEXT}
    with clock.at(clock.moment(NEXT, clock.now().time())):
        assert set(stock.days_of(farm).filter(cycle__network=leuven).values_list("cycle__week_on", flat=True)) == {
            MONDAY,
            NEXT,
        }, "what was, stays to look at"


def test_a_request_is_answered_once_and_declined_with_a_word(farm, alice, dana, visit):
    leuven = make_network("leuven")
    leuven.roles.create(person=dana, role="coordinator")
    asked = joining.ask(organisation=farm.organisation, network=leuven, by=alice)
    with pytest.raises(Refused, match="asked this already"):
        joining.ask(organisation=farm.organisation, network=leuven, by=alice)
    page, client = reverse("logistics:membership_requests", args=["leuven"]), visit(dana)
    answer = client.post(page, {"request": asked.pk, "decline": "1"})
    assert answer.status_code == 422 and "Say why, so that the farm knows." in text(answer)
    words = {f"request-{asked.pk}-words": "No round goes there yet."}
    assert client.post(page, {"request": asked.pk, "decline": "1"} | words).status_code == 302
    assert client.post(page, {"request": asked.pk, "accept": "1"}).status_code == 422
    assert belonging.membership_of(farm, leuven) is None
    assert "No round goes there yet." in text(visit(alice).get(url_of(farm, leuven)))
    outbox.drain()
    assert "No round goes there yet." in mail.outbox[-1].body
    assert joining.ask(organisation=farm.organisation, network=leuven, by=alice).pk != asked.pk, "she may ask again"


def test_she_takes_her_request_back(farm, alice, dana, visit):
    leuven = make_network("leuven")
    asked = joining.ask(organisation=farm.organisation, network=leuven, by=alice)
    client = visit(alice)
    assert "You no longer ask to join." in text(client.post(url_of(farm, leuven), {"act": "take_back"}, follow=True))
    assert "This was answered already." in text(client.post(url_of(farm, leuven), {"act": "take_back"}, follow=True))
    with pytest.raises(Refused, match="no longer asks"):
        joining.answer(request=asked, accepted=True, by=dana)


def test_who_sells_there_already_need_not_ask(farm, network, alice, visit):
    with pytest.raises(Refused, match="already"):
        joining.ask(organisation=farm.organisation, network=network, by=alice)
    answer = visit(alice).post(url_of(farm, make_network("leuven")), {"act": "join", "words": "x" * 1001})
    assert answer.status_code == 422 and not MembershipRequest.objects.exists()


def test_what_joining_would_cost_is_estimated_from_her_own_crates(settled, network, alice, visit):
    newcomer = make_producer(make_network("leuven"), "Hoeve Nieuw", alice, lat=51.1, lon=3.6)
    assert belonging.prospect_of(newcomer, network) is None
    said = text(visit(alice).get(url_of(newcomer, network)))
    assert (
        "we do not know how many crates you send" in said
        and f"/{network.slug}/what-if/" in visit(alice).get(url_of(newcomer, network)).content.decode()
    )
    leuven = Network.objects.get(slug="leuven")
    found = belonging.prospect_of(settled[0], leuven)
    assert (found.crates, found.estimates) == ({"cool": 4}, []), "four crates of leek; nobody drove there yet"
    assert belonging.prospect_of(settled[0], network).estimates[0].weekday == 3
    said = text(visit(farmer_of(settled[0])).get(url_of(settled[0], leuven)))
    assert "For as many crates as in your last settled week: 4" in said
    assert "This network has driven too little of late to estimate it." in said


def test_the_pages_take_a_fixed_number_of_queries(settled, network, dana, visit, django_assert_num_queries):
    client, coordinator = visit(farmer_of(settled[0])), visit(dana)
    leuven = make_network("leuven")
    urls = {
        (client, reverse("logistics:networks", args=[settled[0].slug])): 7,
        (client, url_of(settled[0], network)): 14,
        (client, url_of(settled[0], leuven)): 11,
        (coordinator, reverse("logistics:membership_requests", args=[network.slug])): 7,
    }
    for (visitor, url), queries in urls.items():
        visitor.get(url)
        with django_assert_num_queries(queries):
            visitor.get(url)
