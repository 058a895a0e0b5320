"""Decided together, as members, the coordinator and strangers meet it."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail

from logistics import assembly, assembly_mail, tasks
from logistics.models import CollegeRule, CostTerms, Proposal, Remark
from network import clock, outbox
from network.models import Membership, NetworkRole, OutboxEntry, Person
from tests.conftest import MONDAY, make_household, make_network, make_person
from tests.logistics.lived import live_week, settle_in
from tests.logistics.test_assembly import ENDS, LATER, decided, everybody_votes, members, proposal, propose  # noqa: F401
from tests.logistics.test_consequences import forget
from tests.producers.test_desk import text

URL = "/gent/together/"
D = Decimal


@pytest.fixture(autouse=True)
def nothing_being_computed(network):
    yield
    forget(network)


@pytest.fixture
def farmer(alice, farm, visit):
    return visit(alice)


def given(**wanted):
    values = {
        "title": "Twenty percent",
        "why": "Savings would be more equal.",
        "method": "epm",
        "tau": "20",
        "per_day": "12",
        "per_km": "0.3",
        "per_hour": "19",
        "crates": "40",
        "fund_crates": "",
        "solidarity": "0",
        "closes_on": "2026-03-09",
        "closes_time": "20:00",
        "from_week": LATER.isoformat(),
    }
    return values | wanted


def page(client, url=URL):
    return text(client.get(url))


def test_a_new_network_sees_the_terms_everybody_begins_with(farmer):
    seen = page(farmer)
    assert "no group of farms would save more than 10 % by driving a round of its own" in seen
    assert "one of 40 crates at € 12.00 a day, € 0.30 a kilometre and € 19.00 an hour" in seen
    assert "There is no start-up fund" in seen
    assert "From the beginning; the members have not decided otherwise." in seen
    assert "no week has been settled" in seen and "Nothing is being voted on." in seen


def test_the_statutes_are_shown_and_cannot_be_changed_here(farmer, network, household):
    seen = page(farmer)
    assert re.search(r"Producers\s+1\s+40 %\s+50 %", seen) and re.search(r"Workers\s+0\s+10 %\s+50 %", seen)
    assert "they do not change by this vote" in seen
    CollegeRule.objects.create(network=network, college="producers", weight=1, quorum=D("0.75"))
    assert re.search(r"Producers\s+1\s+100 %\s+75 %", page(farmer))


def test_a_member_makes_a_proposal_and_lands_on_it(farmer, network):
    form = page(farmer, f"{URL}new/")
    assert "the fields show what holds now" in form
    answer = farmer.post(f"{URL}new/", given(), follow=True)
    made = Proposal.objects.get()
    assert answer.redirect_chain == [(f"/proposals/{made.pk}/", 302)]
    seen = text(answer)
    assert "Your proposal is made." in seen and "If it passes: from the week of 23 March 2026." in seen
    assert re.search(r"Bypass threshold\s+10 %\s+20 %", seen)
    assert "Euro per day" not in seen, "what does not change is not named"
    assert made.closes_at == clock.moment(date(2026, 3, 9), clock.datetime.min.time().replace(hour=20))
    assert tasks.computed_so_far(tasks.EFFECTS, made.pk) == {"done": 0, "of": 0}
    again = farmer.post(f"{URL}new/", given())
    assert again.status_code == 302 and Proposal.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"title": " "}, "title", "required"),
        ({"why": ""}, "why", "required"),
        ({"method": "dice"}, "method", "valid choice"),
        ({"tau": "101"}, "tau", "less than or equal to 100"),
        ({"tau": "-1"}, "tau", "greater than or equal to 0"),
        ({"tau": "12.25"}, "tau", "1 decimal place"),
        ({"tau": "NaN"}, "tau", "number"),
        ({"per_km": "Infinity"}, "per_km", "number"),
        ({"per_day": ""}, "per_day", "required"),
        ({"per_hour": "1e9"}, "per_hour", "less than or equal"),
        ({"crates": "0"}, "crates", "greater than or equal to 1"),
        ({"fund_crates": "many"}, "fund_crates", "whole number"),
        ({"closes_on": "31/31"}, "closes_on", "valid date"),
        ({"closes_on": "2026-03-02"}, "closes_on", "at least a day"),
        ({"closes_on": "2025-01-01"}, "closes_on", "at least a day"),
        ({"from_week": ""}, "from_week", "required"),
        ({"from_week": "2026-03-02"}, "from_week", "Ordering for that week has begun"),
        ({"from_week": "2026-03-09"}, "from_week", "before the vote has ended"),
        ({"from_week": "2026-03-25"}, "from_week", "on a Monday"),
        ({"from_week": "nonsense"}, "from_week", "valid date"),
        ({"from_week": "2030-03-04"}, "from_week", "coming half year"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(farmer, wrong, field, said):
    answer = farmer.post(f"{URL}new/", given(**wrong))
    seen = answer.content.decode()
    assert answer.status_code == 422
    error = re.search(rf'id="id_{field}_error".*?</p>', seen, re.S)
    assert error and said in error[0]
    assert not Proposal.objects.exists() and not CostTerms.objects.exists()


def test_the_terms_that_hold_already_are_no_proposal(farmer):
    answer = farmer.post(f"{URL}new/", given(tau="10"))
    assert answer.status_code == 422 and "hold already" in text(answer)


def test_a_number_written_the_dutch_way(farmer):
    farmer.post(f"{URL}new/", given(tau="12,5", per_km="0,35"), headers={"accept-language": "nl"})
    made = CostTerms.objects.get()
    assert (made.tau, made.per_km) == (D("0.125"), D("0.3500"))


def test_voting_on_the_phone_and_changing_ones_mind(farmer, proposal, members):  # noqa: F811
    url = f"/proposals/{proposal.pk}/"
    assert "your vote is asked" in page(farmer).lower()
    assert "You have not voted yet." in page(farmer, url)
    answer = farmer.post(f"{url}vote/", {"member": members["producers"].pk, "vote": "yes"}, follow=True)
    assert "Your vote is noted." in text(answer) and "You voted in favour." in text(answer)
    assert "your vote is asked" not in page(farmer).lower()
    assert "You voted against." in text(
        farmer.post(f"{url}vote/", {"member": members["producers"].pk, "vote": "no"}, follow=True)
    )
    seen = page(farmer, url)
    assert "Producers: 1 of 1, needed 1" in seen and "Consumers: 0 of 1, needed 1" in seen
    assert "In favour, of the votes" not in seen, "how it goes is not told while it runs"


@pytest.mark.parametrize("wrong", [{}, {"vote": "yes"}, {"vote": "maybe"}, {"vote": "yes", "member": "x"}])
def test_a_vote_for_nobody_or_for_another_is_none(farmer, proposal, members, wrong):  # noqa: F811
    for member in (members["consumers"].pk, ""):
        answer = farmer.post(f"/proposals/{proposal.pk}/vote/", {"member": member, **wrong}, follow=True)
        assert "Choose for whom you vote" in text(answer)
    assert not proposal.votes.exists()


def test_after_closing_nothing_is_taken(farmer, proposal, members):  # noqa: F811
    url = f"/proposals/{proposal.pk}/"
    with clock.at(ENDS):
        assert "being counted" in page(farmer, url)
        answer = farmer.post(f"{url}vote/", {"member": members["producers"].pk, "vote": "yes"}, follow=True)
        assert "The vote has ended." in text(answer)
        answer = farmer.post(f"{url}remark/", {"text": "Late"})
        assert answer.status_code == 422 and "and with it the discussion" in text(answer)
        assert "The vote has ended." in text(farmer.post(f"{url}withdraw/", follow=True))
    assert not proposal.votes.exists() and not Remark.objects.exists()


def test_remarks_stand_under_the_proposal_as_plain_text(farmer, proposal, bob, visit):  # noqa: F811
    url = f"/proposals/{proposal.pk}/"
    assert "Nobody said anything yet." in page(farmer, url)
    visit(bob).post(f"{url}remark/", {"text": "<b>Too much</b>\nfor us"})
    seen = farmer.get(url).content.decode()
    assert "&lt;b&gt;Too much&lt;/b&gt;<br>for us" in seen and "Bob" in seen
    for empty in ("", "   ", "x" * 2001):
        answer = farmer.post(f"{url}remark/", {"text": empty})
        assert answer.status_code == 422 and 'id="id_text_error"' in answer.content.decode()


def test_many_remarks_are_on_several_pages(farmer, proposal, bob):  # noqa: F811
    for number in range(51):
        assembly.remark(proposal=proposal, text=f"Remark {number}.", by=bob)
    url = f"/proposals/{proposal.pk}/"
    first, second = page(farmer, url), page(farmer, f"{url}?page=2")
    assert "Remark 49." in first and "Remark 50." not in first and "Remark 50." in second


def test_only_who_made_it_sees_how_to_withdraw_it(farmer, proposal, bob, visit):  # noqa: F811
    url = f"/proposals/{proposal.pk}/"
    assert f"{url}withdraw/" not in visit(bob).get(url).content.decode()
    assert "Only who made a proposal" in text(visit(bob).post(f"{url}withdraw/", follow=True))
    assert f"{url}withdraw/" in farmer.get(url).content.decode()
    seen = text(farmer.post(f"{url}withdraw/", follow=True))
    assert "is withdrawn" in seen and "Your vote" not in seen
    assert "Withdrawn" in page(farmer)


def test_the_count_can_be_done_again_by_hand(farmer, proposal, members, alice):  # noqa: F811
    for college in ("producers", "consumers", "outlets"):
        assembly.vote(proposal=proposal, membership=members[college], in_favour=college != "outlets", by=alice)
    decided(proposal)
    seen = page(farmer, f"/proposals/{proposal.pk}/")
    assert "Passed with 77.8 %." in seen and "In force from the week of 23 March 2026." in seen
    assert re.search(r"Producers\s+1 of 1\s+1 \(100.0 %\)\s+44.4 %\s+44.4 %", seen)
    assert re.search(r"Outlets\s+1 of 1\s+0 \(0.0 %\)\s+22.2 %\s+0.0 %", seen)
    overview = page(farmer)
    assert "From the week of 23 March 2026 this changes: Bypass threshold: 10 % → 20 %." in overview
    with clock.at(clock.moment(LATER, clock.datetime.min.time())):
        overview = page(farmer)
    assert "Since the week of 23 March 2026: Twenty percent" in overview
    assert "save more than 20 %" in overview


def test_a_rejection_says_why(farmer, proposal, members, alice, bob, network):  # noqa: F811
    assembly.vote(proposal=proposal, membership=members["producers"], in_favour=True, by=alice)
    decided(proposal)
    assert "Rejected: too few of the consumers, outlets voted." in page(farmer, f"/proposals/{proposal.pk}/")
    second = propose(network, bob)
    everybody_votes(second, members, alice, in_favour=False)
    decided(second)
    assert "Rejected: 0.0 % is not more than one half." in page(farmer, f"/proposals/{second.pk}/")


def test_who_joined_later_reads_why_she_does_not_vote_yet(proposal, network, visit):  # noqa: F811
    hilde = make_person("hilde")
    Membership.objects.filter(organisation=make_household(network, "Gezin Hilde", hilde)).update(
        joined_on=MONDAY + timedelta(days=1)
    )
    assert "You vote on the next one." in page(visit(hilde), f"/proposals/{proposal.pk}/")


def test_the_coordinator_reads_and_remarks_but_does_not_vote(proposal, dana, visit):  # noqa: F811
    seen = page(visit(dana), f"/proposals/{proposal.pk}/")
    assert "the members vote" in seen and "In favour" not in seen


def test_strangers_drivers_and_members_of_another_network(proposal, charlie, gust, visit, network):  # noqa: F811
    other = make_network("leuven")
    outsider = make_person("outsider")
    NetworkRole.objects.create(network=other, person=outsider, role="coordinator")
    for person, status in ((charlie, 404), (outsider, 404), (gust, 403)):
        client = visit(person)
        for url in (URL, f"{URL}new/", f"/proposals/{proposal.pk}/"):
            assert client.get(url).status_code == status
        for act in ("vote", "remark", "withdraw", "effects"):
            assert client.post(f"/proposals/{proposal.pk}/{act}/", {"text": "x", "vote": "yes"}).status_code == status
        assert client.post(f"{URL}new/", given()).status_code == status
        assert client.post(f"{URL}frontier/").status_code == status
    assert Proposal.objects.count() == 1 and not Remark.objects.exists()
    proposal.refresh_from_db()
    assert proposal.status == "open"


def test_who_has_left_is_a_stranger(proposal, alice, farm, visit):  # noqa: F811
    Membership.objects.filter(organisation=farm.organisation).update(left_on=MONDAY)
    client = visit(alice)
    assert client.get(URL).status_code == 404
    assert URL not in client.get("/me/").content.decode()


def test_members_and_coordinators_find_it_in_the_menu(alice, bob, dana, gust, farm, household, visit):
    for person, there in ((alice, True), (bob, True), (dana, True), (gust, False)):
        assert (f'href="{URL}"' in visit(person).get("/me/").content.decode()) == there


# What everybody would have paid


@pytest.fixture
def assessed(network, point, dana, proposal):  # noqa: F811
    """Alice's farm is not among the four that delivered; farmer0 is."""
    live_week(network, MONDAY - timedelta(weeks=1), *settle_in(network), dana)
    tasks.assess_proposal(proposal.pk)
    tasks.trace_frontier(network.pk)
    return proposal


def person_of(name):
    return Person.objects.get(email=f"{name}@example.org")


def test_a_farm_sees_her_own_bill_by_name_and_others_without(assessed, visit):
    seen = page(visit(person_of("farmer0")), f"/proposals/{assessed.pk}/")
    assert re.search(r"Hoeve 0 would have paid € [\d.]+ instead of € [\d.]+", seen)
    assert "How many farms would pay less or more" in seen and "more than 10 % less" in seen
    assert not re.search(r"Hoeve [123]", seen) and "By farm, for the coordinator" not in seen


def test_other_members_see_no_name_at_all(assessed, bob, visit):
    seen = page(visit(bob), f"/proposals/{assessed.pk}/")
    assert "All farms together" in seen and "How many farms would pay less or more" in seen
    assert "Hoeve 0" not in seen


def test_the_coordinator_sees_all_names(assessed, dana, visit):
    seen = page(visit(dana), f"/proposals/{assessed.pk}/")
    assert all(re.search(rf"Hoeve {number}\s+€ [\d.]+\s+€ [\d.]+", seen) for number in range(4))


def test_with_few_farms_others_are_not_shown(network, point, dana, proposal, visit, bob):  # noqa: F811
    live_week(network, MONDAY - timedelta(weeks=1), *settle_in(network, farms=3), dana)
    tasks.assess_proposal(proposal.pk)
    seen = page(visit(bob), f"/proposals/{proposal.pk}/")
    assert "only your own bill is shown" in seen
    assert "How many farms" not in seen and "Lowest and highest saving" not in seen


def test_what_is_not_computed_is_said_and_can_be_asked_for(network, point, dana, proposal, farmer):  # noqa: F811
    live_week(network, MONDAY - timedelta(weeks=1), *settle_in(network), dana)
    url = f"/proposals/{proposal.pk}/"
    assert "Not computed yet." in page(farmer, url)
    assert "Not computed yet: 1 day of your last twelve settled weeks can be." in page(farmer)
    for asked, where in ((f"{url}effects/", url), (f"{URL}frontier/", URL)):
        assert farmer.post(asked).url == where
        seen = farmer.get(where).content.decode()
        assert "Waiting for a worker." in text(farmer.get(where)) and 'hx-trigger="every 2s"' in seen
    tasks.cache.set(f"{tasks.EFFECTS}-{proposal.pk}", {"done": 1, "of": 2}, 60)
    assert "Being computed: 1 of 2 days." in page(farmer, url)
    tasks.cache.set(f"{tasks.EFFECTS}-{proposal.pk}", {"failed": True}, 60)
    assert "Computing failed." in page(farmer, url)


def test_what_is_decided_is_not_computed_again(network, point, dana, proposal, farmer):  # noqa: F811
    live_week(network, MONDAY - timedelta(weeks=1), *settle_in(network), dana)
    decided(proposal)
    url = f"/proposals/{proposal.pk}/"
    assert farmer.post(f"{url}effects/").url == url
    assert tasks.computed_so_far(tasks.EFFECTS, proposal.pk) == {}
    assert "What everybody would have paid" not in page(farmer, url)


def test_the_frontier_is_a_curve_with_the_present_on_it_and_a_table(assessed, farmer):
    seen = farmer.get(URL).content.decode()
    assert seen.count('class="ln"') == 1 and seen.count('class="at-now"') == 1
    shown = text(farmer.get(URL))
    assert re.search(r"now [\d.]+ points", shown) and re.search(r"10 % \(now\)\s+[\d.]+ points", shown)
    assert "mean of 1 day" in shown


def test_a_method_without_a_threshold_is_not_on_the_curve(assessed, farmer, network):
    CostTerms.objects.create(network=network, from_week=MONDAY, method="stand_alone")
    tasks.trace_frontier(network.pk)
    seen = farmer.get(URL).content.decode()
    assert 'class="at-now"' not in seen and "so it is not on this line" in seen


# Mails


def test_members_are_asked_to_vote_and_told_how_it_ended(proposal, members, alice, eli, farm):  # noqa: F811
    OutboxEntry.objects.exclude(kind__startswith="proposal").delete()
    eli.language = "fr"
    eli.save()
    assert outbox.drain() == 3
    subjects = [one.subject for one in mail.outbox]
    assert len({one.to[0] for one in mail.outbox}) == 3
    everybody_votes(proposal, members, alice)
    mail.outbox.clear()
    with clock.at(ENDS):
        tasks.decide_due()
        outbox.drain()
    assert len(mail.outbox) == 3 and all(proposal.title in one.subject for one in mail.outbox) and len(subjects) == 3
    english = make_person("eve")
    english.language = "en"
    english.save()
    mail.outbox.clear()
    assembly_mail.proposal_decided(proposal.pk, english.pk)
    told = mail.outbox[0]
    assert told.subject == "Passed: Twenty percent"
    assert "passed with 100.0\xa0%" in told.body and "- Bypass threshold: 10\xa0% → 20\xa0%" in told.body
    assert "It holds from the week of 23 March 2026." in told.body
    assert f"/proposals/{proposal.pk}/" in told.body and told.alternatives


def test_nobody_is_asked_to_vote_on_what_is_over(proposal, alice):  # noqa: F811
    assembly.withdraw(proposal=proposal, by=alice)
    mail.outbox.clear()
    assembly_mail.proposal_opened(proposal.pk, alice.pk)
    assembly_mail.proposal_decided(proposal.pk, alice.pk)
    assert mail.outbox == []


def test_the_number_of_queries(assessed, farmer, members, network, dana, django_assert_num_queries):  # noqa: F811
    url = f"/proposals/{assessed.pk}/"

    def look():
        for address, queries in ((URL, 11), (f"{URL}new/", 8), (url, 12)):
            with django_assert_num_queries(queries):
                farmer.get(address)

    assembly.remark(proposal=assessed, text="First", by=dana)
    look()
    for person in (make_person("an"), make_person("bo")):
        assembly.remark(proposal=assessed, text="Yes", by=person)
    everybody_votes(assessed, members, dana)
    for week in (1, 2):
        CostTerms.objects.create(
            network=network, from_week=MONDAY - timedelta(weeks=week), tau=D("0.15") + D(week) / 100
        )
    propose(network, dana, title="Another", from_week=LATER + timedelta(weeks=1), new=CostTerms(tau=D("0.4")))
    look()
