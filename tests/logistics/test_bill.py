"""The page of a bill: what a farmer reads, what she never reads of others, and what she says is wrong."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from logistics import disputes
from logistics.demo import weeks
from logistics.models import CostRun, CostShare, Dispute
from logistics.why import explained
from network import clock, outbox
from network.models import JournalEntry, NetworkRole, OutboxEntry, Person
from tests.conftest import forget_cached, make_person
from tests.logistics.farms import AROUND, make_farms, order_of_each, settle
from tests.producers.test_desk import text

D = Decimal
SPOTS = (*AROUND, (51.15, 3.75), (51.02, 3.50), (50.98, 3.85))


@pytest.fixture
def farms(network):
    return make_farms(network, SPOTS)


@pytest.fixture
def settled(farms, day, delivery, dana):
    order_of_each(farms, delivery)
    settle(day, dana, brings=[farms[1]])
    forget_cached()
    outbox.drain()
    mail.outbox.clear()
    return day


def farmer_of(farm):
    return farm.organisation.people.get()


def url_of(farm, day):
    return reverse("logistics:money_day", args=[farm.slug, day.pk])


def page_of(visit, farm, day, more=""):
    return visit(farmer_of(farm)).get(url_of(farm, day) + more)


def percent(part):
    return f"{100 * part:.0f} %".replace("-", "−")


def correct(day, farm, share):
    """The day shared again, as a correction does it: another run, the first stays."""
    first = CostRun.objects.get(delivery_day=day)
    CostRun.objects.filter(pk=first.pk).update(corrected_at=clock.now())
    shares, games = list(first.shares.all()), list(first.games.all())
    first.pk, first.number, first.corrected_at, first.reason = None, 2, None, "two crates never arrived"
    first.save()
    for one in (*shares, *games):
        one.pk, one.cost_run = None, first
        if isinstance(one, CostShare) and one.producer_id == farm.pk:
            one.distribution, one.collection, one.share = share, D(0), share
        one.save()


def test_she_reads_alone_together_saved_and_the_lowest_and_highest(settled, farms, visit):
    share = CostShare.objects.get(producer=farms[0])
    found = sorted(one.saved / one.alone for one in CostShare.objects.all())
    savings = [percent(one) for one in found]
    said = text(page_of(visit, farms[0], settled))
    assert f"Alone € {share.alone}" in said and f"Together € {share.together}" in said
    assert f"You save {percent(share.saved / share.alone)}" in said
    assert f"Of the 6 farms that day the lowest saving was {savings[0]}, the highest {savings[-1]}." in said


def test_nobody_elses_bill_crates_or_name_stands_on_her_page(settled, farms, visit):
    mine = CostShare.objects.get(producer=farms[2])
    said = text(page_of(visit, farms[2], settled, "?what"))
    shown = {share.share for share in CostShare.objects.all()} - {mine.share, D(0)}
    assert len(shown) == 4
    for amount in shown:
        assert f"€ {amount}" not in said
    named = {str(farm) for farm in farms if str(farm) in said} - {str(farms[2])}
    assert named == set(explained(share=mine, shares=list(CostShare.objects.all())).held), "no more than the group"
    assert len(named) < 5


def test_the_group_that_holds_her_bill_is_named(settled, farms, visit):
    said = text(page_of(visit, farms[0], settled))
    assert "Held by a group" in said and "The group:" in said and "and you." in said


def test_a_saving_below_nothing_is_said_as_it_is(settled, farms, visit):
    """The hub is farther than the point: who brings her goods drives more than alone."""
    said = text(page_of(visit, farms[1], settled))
    assert "all of it your own trip to the hub, which is longer than the way to your customers" in said
    assert "You were charged nothing." in said


def test_other_choices_come_when_she_asks(settled, farms, visit):
    said = text(page_of(visit, farms[0], settled))
    assert "Reckon it" in said and "Bringing your goods to the hub yourself" not in said
    said = text(page_of(visit, farms[0], settled, "?what"))
    assert "Bringing your goods to the hub yourself" in said and "Fuller crates" in said
    assert cache.get(f"choice:{CostShare.objects.get(producer=farms[0]).pk}:bring").own > 0


def test_choices_for_which_there_was_no_time_are_one_more_press_away(settled, farms, visit, monkeypatch):
    monkeypatch.setattr("logistics.views.money.PATIENCE", 0)
    assert "Reckon it" in text(page_of(visit, farms[0], settled, "?what"))
    monkeypatch.undo()
    page_of(visit, farms[0], settled, "?what")
    cache.delete(f"choice:{CostShare.objects.get(producer=farms[0]).pk}:fuller")
    monkeypatch.setattr("logistics.views.money.PATIENCE", 0)
    assert "Reckon 1 more choice" in text(page_of(visit, farms[0], settled, "?what"))


def test_on_a_large_day_a_worker_reckons_her_choices(settled, farms, visit, monkeypatch):
    monkeypatch.setattr("logistics.games.LARGE", 5)
    assert "Being reckoned… On a day with so many farms" in text(page_of(visit, farms[0], settled, "?what"))
    page_of(visit, farms[0], settled, "?what")
    assert OutboxEntry.objects.filter(kind="choices").count() == 1
    outbox.drain()
    said = text(page_of(visit, farms[0], settled, "?what"))
    assert "Being reckoned" not in said and "Bringing your goods to the hub yourself" in said


def test_a_day_with_one_farm_reads_well(network, day, delivery, dana, visit):
    (farm,) = make_farms(network, AROUND[:1])
    order_of_each([farm], delivery)
    settle(day, dana)
    said = text(page_of(visit, farm, day, "?what"))
    assert "You were the only farm on the road that day" in said
    assert "lowest" not in said


def test_with_two_farms_no_total_gives_the_other_away(network, day, delivery, dana, visit):
    farms = make_farms(network, AROUND[:2])
    order_of_each(farms, delivery)
    run = settle(day, dana)
    said = text(page_of(visit, farms[0], day, "?what"))
    other = CostShare.objects.get(producer=farms[1])
    game = run.games.get(kind="collection")
    for amount in (other.share, other.alone, game.cost, D(sum(game.result["alone"].values())) / 100, run.cost):
        assert f"€ {amount:.2f}" not in said
    assert "is what is left of going alone when you two share the collection" in said
    assert "All farms together" not in said and "Hoeve 1" not in said


def test_a_farm_to_which_alone_costs_nothing_reads_well(network, point, day, delivery, dana, visit):
    point.place.lat, point.place.lon = AROUND[0]
    point.place.save()
    farms = make_farms(network)
    order_of_each(farms, delivery)
    settle(day, dana)
    said = text(page_of(visit, farms[0], day, "?what"))
    assert "Going alone would have cost you nothing that day" in said
    assert "you stand outside the comparison of savings" in said


def test_a_corrected_day_shows_both_bills_and_the_difference(settled, farms, visit):
    before = CostShare.objects.get(producer=farms[0]).share
    assert "shared again" not in text(page_of(visit, farms[0], settled))
    correct(settled, farms[0], D("9.00"))
    said = text(page_of(visit, farms[0], settled))
    assert "This day was shared again" in said and "two crates never arrived" in said
    assert f"You pay € {before - 9} less than on the first bill." in said
    correct_again = text(page_of(visit, farms[1], settled))
    assert "You pay the same as on the first bill." in correct_again


def test_an_old_day_without_games_reads_well(settled, farms, visit):
    run = CostRun.objects.get()
    run.games.all().delete()
    CostRun.objects.update(inputs={"rounds": [[1, "40.00", "80.00"]], "producers": []}, result={})
    said = text(page_of(visit, farms[0], settled))
    assert "In proportion to what going alone costs each farm, as all days were then." in said
    assert "What if you had chosen otherwise?" not in said


# Disputes


def test_she_says_what_is_wrong_and_the_coordinators_get_a_mail(settled, farms, visit, network, dana):
    other = make_person("ella", language="fr")
    NetworkRole.objects.create(network=network, person=other, role="coordinator")
    farmer = farmer_of(farms[0])
    url = reverse("logistics:dispute", args=[farms[0].slug, settled.pk])
    answer = visit(farmer).post(url, {"text": "I brought two crates, not four."}, follow=True)
    assert "The coordinator knows." in text(answer)
    assert "I brought two crates, not four." in text(answer) and "Waits for an answer" in text(answer)
    assert 'name="text"' not in answer.content.decode(), "one open dispute per bill"
    dispute = Dispute.objects.get()
    assert (dispute.raised_by, dispute.share.producer) == (farmer, farms[0])
    assert JournalEntry.objects.filter(action="disputed a bill", actor=farmer, subject_id=settled.pk).count() == 1
    outbox.drain()
    assert [message.to for message in mail.outbox] == [["Dana <dana@example.org>"], ["Ella <ella@example.org>"]]
    assert "I brought two crates, not four." in mail.outbox[0].body
    assert reverse("logistics:settlement", args=[settled.pk]) in mail.outbox[0].body


def test_the_answer_reaches_her_and_both_stay(settled, farms, visit, dana):
    farmer = farmer_of(farms[0])
    dispute = disputes.raise_dispute(share=CostShare.objects.get(producer=farms[0]), text="Too dear.", by=farmer)
    outbox.drain()
    disputes.answer_dispute(dispute=dispute, text="It is the plan of that day.\nSee round 1.", by=dana)
    outbox.drain()
    assert mail.outbox[-1].to == ["Farmer0 <farmer0@example.org>"]
    assert "It is the plan of that day." in mail.outbox[-1].body
    assert url_of(farms[0], settled) in mail.outbox[-1].body
    said = text(page_of(visit, farms[0], settled))
    assert "Too dear." in said and "It is the plan of that day." in said and "Send to the coordinator" in said


def test_a_mail_that_is_sent_twice_is_the_same_mail(settled, farms, dana):
    disputes.raise_dispute(share=CostShare.objects.get(producer=farms[0]), text="Too dear.", by=farmer_of(farms[0]))
    outbox.drain()
    OutboxEntry.objects.filter(kind="dispute_raised").update(done_at=None)
    outbox.drain()
    first, second = mail.outbox
    assert first.extra_headers == second.extra_headers


@pytest.mark.parametrize(
    ("words", "said"), [("", "Say what is wrong with this bill."), ("  ", "Say what is wrong"), ("x" * 2001, "2000")]
)
def test_without_words_or_with_too_many_nothing_is_raised(settled, farms, visit, words, said):
    url = reverse("logistics:dispute", args=[farms[0].slug, settled.pk])
    answer = visit(farmer_of(farms[0])).post(url, {"text": words})
    assert answer.status_code == 422 and said in text(answer)
    assert not Dispute.objects.exists() and not OutboxEntry.objects.filter(kind="dispute_raised").exists()


def test_a_second_dispute_waits_for_the_answer_to_the_first(settled, farms, visit):
    farmer = farmer_of(farms[0])
    disputes.raise_dispute(share=CostShare.objects.get(producer=farms[0]), text="Too dear.", by=farmer)
    url = reverse("logistics:dispute", args=[farms[0].slug, settled.pk])
    answer = visit(farmer).post(url, {"text": "Still too dear."})
    assert answer.status_code == 422
    assert Dispute.objects.count() == 1


def test_what_was_said_of_a_corrected_bill_stays(settled, farms, visit):
    farmer = farmer_of(farms[0])
    disputes.raise_dispute(share=CostShare.objects.get(producer=farms[0]), text="Two crates.", by=farmer)
    correct(settled, farms[0], D("9.00"))
    said = text(page_of(visit, farms[0], settled))
    assert "Two crates." in said and "about a bill that was corrected since" in said
    assert "Send to the coordinator" in said, "the new bill can be disputed too"


def test_nobody_else_disputes_her_bill(settled, farms, visit, dana):
    url = reverse("logistics:dispute", args=[farms[0].slug, settled.pk])
    for person in (farmer_of(farms[1]), dana):
        assert visit(person).post(url, {"text": "Mine now"}).status_code == 404
    assert not Dispute.objects.exists()


# Queries


def test_the_page_takes_a_fixed_number_of_queries(settled, farms, visit, django_assert_num_queries):
    client = visit(farmer_of(farms[0]))
    client.get(url_of(farms[0], settled))
    with django_assert_num_queries(16):
        client.get(url_of(farms[0], settled))


def test_the_list_takes_a_fixed_number_of_queries(settled, farms, visit, django_assert_num_queries):
    client = visit(farmer_of(farms[0]))
    url = reverse("logistics:money", args=[farms[0].slug])
    answer = client.get(url)
    assert reverse("logistics:statement", args=[farms[0].slug, "gent", "2026-03"]) in answer.content.decode()
    with django_assert_num_queries(11):
        client.get(url)


def test_the_demo_asks_about_a_bill_and_answers(settled, farms, dana):
    """Three weeks on it has been answered; asked once, however often the week is lived."""
    Person.objects.filter(pk=farmer_of(farms[0]).pk).update(email="alice@kouter.example")
    later = clock.now() + timedelta(weeks=3)
    for _again in range(2):
        weeks._ask_about_a_bill(settled, later, dana)
    assert Dispute.objects.get().answered_by == dana
    assert Dispute.objects.get().share.producer == farms[0]
