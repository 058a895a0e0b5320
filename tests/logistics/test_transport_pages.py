"""A farmer chooses how her goods travel in a week; coordinators see all choices and make none."""

from datetime import timedelta

import pytest
from django.urls import reverse

from logistics import choosing, transport, ways
from logistics.models import CostShare, TransportChoice
from network import clock, outbox
from tests.conftest import MONDAY, make_producer
from tests.logistics.farms import make_farms, order_of_each, settle
from tests.logistics.test_fleet import make_own
from tests.producers.test_desk import text

THIS_WEEK = "2026-03-02"


def url_of(farm, week_on=THIS_WEEK):
    return reverse("logistics:transport_week", args=[farm.slug, week_on])


def usual(farm):
    return reverse("logistics:transport", args=[farm.slug])


@pytest.fixture
def farmer(alice, visit):
    return visit(alice)


def test_her_desk_leads_to_the_choice_of_that_week(farmer, farm, day):
    assert url_of(farm) in farmer.get(reverse("producers:desk", args=[farm.slug])).content.decode()


def test_she_sees_what_she_usually_does_until_when_and_what_each_means(farmer, farm, day):
    page = farmer.get(usual(farm)).content.decode()
    assert 'value="collected" checked' in page
    assert "You may choose until Tuesday 3 March, 12:00" in page
    assert "A van comes to your farm between 6:00 and 14:00." in page
    assert "To the hub: Kouter 1, 9000 Gent." in page
    assert "You chose nothing for this week yet. Without a choice it is as before: collected at the farm." in page
    assert 'name="repeats" id="id_repeats" checked' in page, "a choice is repeated unless she says otherwise"
    assert "Add your vehicle below first." in page


def test_she_brings_this_week_only(farmer, farm, day):
    answer = farmer.post(url_of(farm), {"transport": "brings"}, follow=True)
    page = answer.content.decode()
    assert "Your choice is noted." in page and 'value="brings" checked' in page
    assert 'id="id_repeats" checked' not in page, "saving again keeps it to this week"
    assert 'value="collected" checked' in farmer.get(url_of(farm, "2026-03-09")).content.decode()


def test_what_she_chose_is_repeated_the_week_after(farmer, farm, day):
    farmer.post(url_of(farm), {"transport": "brings", "repeats": "on"})
    page = farmer.get(url_of(farm, "2026-03-09")).content.decode()
    assert 'value="brings" checked' in page
    assert "Without a choice it is as before: brings to the hub." in page


def test_she_drives_with_her_own_vehicle_at_her_rates(farmer, farm, day):
    own = make_own("Van of Alice", owner=farm.organisation)
    page = farmer.get(url_of(farm)).content.decode()
    assert "A round of 60 km, 3 hours and 8 stops pays you €\xa0101.40." in page
    assert "€\xa0101.40 for a round like most." in page, "beside the choice itself"
    assert farmer.post(url_of(farm), {"transport": "drives", "vehicle": own.pk}).status_code == 302
    assert TransportChoice.objects.get().vehicle == own


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({}, "transport", "required"),
        ({"transport": "flies"}, "transport", "valid choice"),
        ({"transport": "drives"}, "vehicle", "add one first"),
        ({"transport": "drives", "vehicle": "0"}, "vehicle", "valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(farmer, farm, day, given, field, said):
    make_own("Van of Alice", owner=farm.organisation)
    answer = farmer.post(url_of(farm), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page.rsplit(f'{field}_error">', 1)[1].split("</p>")[0]
    assert not TransportChoice.objects.exists()


def test_the_vehicle_of_another_farm_is_no_choice(farmer, farm, network, day):
    make_own("Hers", owner=farm.organisation)
    other = make_own("Van of Bea", owner=make_producer(network, "Hoeve Bea").organisation)
    assert farmer.post(url_of(farm), {"transport": "drives", "vehicle": other.pk}).status_code == 422
    assert not TransportChoice.objects.exists()


def test_after_the_first_cut_off_the_page_says_so_and_changes_nothing(farmer, farm, day):
    with clock.at(day.closes_at):
        page = farmer.get(url_of(farm)).content.decode()
        assert "it can no longer be changed" in page and '<form class="form card"' not in page
        assert "You chose nothing for this week, so it is as before." in page
        answer = farmer.post(url_of(farm), {"transport": "brings", "repeats": "on"})
        assert answer.status_code == 422
        assert "The first cut-off of this week has passed" in answer.content.decode()
        page = farmer.get(usual(farm)).content.decode()
        assert "9 March to 15 March" in page, "the next week is offered"
    assert not TransportChoice.objects.exists()


@pytest.mark.parametrize("week_on", ["2026-03-03", "soon", "2026-02-30"])
def test_a_week_begins_on_monday(farmer, farm, network, dana, visit, day, week_on):
    assert farmer.get(url_of(farm, week_on)).status_code == 404
    assert visit(dana).get(f"/{network.slug}/week/{week_on}/transport/").status_code == 404


def test_nobody_else_chooses_in_her_name(visit, farm, day, dana, bob, charlie, household):
    for person, status in ((dana, 403), (bob, 403), (charlie, 404)):
        assert visit(person).post(url_of(farm), {"transport": "brings"}).status_code == status
    assert not TransportChoice.objects.exists()


def test_a_coordinator_sees_the_choices_of_all_farms(visit, dana, farm, network, day, alice):
    make_producer(network, "Hoeve Bea")
    page = visit(dana).get(f"/{network.slug}/week/{THIS_WEEK}/transport/").content.decode()
    assert page.count(">as usual<") == 2 and "0 farms chose" in page
    own = make_own("Van of Alice", owner=farm.organisation)
    transport.choose(producer=farm, week_on=MONDAY, transport="drives", vehicle=own, by=alice)
    page = visit(dana).get(f"/{network.slug}/week/{THIS_WEEK}/transport/").content.decode()
    assert "1 farm chose" in page and "Drives a round" in page and f"/vehicles/{own.pk}/" in page
    assert "<form class" not in page.split("<main")[1]
    assert f"/{network.slug}/week/{THIS_WEEK}/transport/" in visit(dana).get(f"/{network.slug}/week/").content.decode()


def test_the_numbers_of_queries(farmer, visit, dana, farm, network, day, django_assert_num_queries):
    coordinator = visit(dana)

    def look():
        with django_assert_num_queries(10):
            farmer.get(url_of(farm))
        with django_assert_num_queries(7):
            coordinator.get(f"/{network.slug}/week/{THIS_WEEK}/transport/")

    make_own("Van of Alice", owner=farm.organisation)
    look()
    for number in range(3):
        make_own(f"Van {number}", owner=farm.organisation)
        make_own("Bus", owner=make_producer(network, f"Farm {number}").organisation)
    look()


def test_a_farm_in_no_week_yet_may_choose_ahead(farmer, farm, network):
    ahead = MONDAY + timedelta(weeks=3)
    page = farmer.get(url_of(farm, ahead.isoformat())).content.decode()
    assert "No delivery days are planned for this week yet. You may choose already." in page
    assert farmer.post(url_of(farm, ahead.isoformat()), {"transport": "brings"}).status_code == 302


def test_she_sees_what_each_way_would_have_cost_her_when_she_asks(network, day, delivery, dana, visit):
    farms = make_farms(network)
    order_of_each(farms, delivery)
    settle(day, dana, brings=[farms[1]])
    for farm, choice in ((farms[0], "bring"), (farms[1], "collected")):
        client = visit(farm.organisation.people.get())
        url = usual(farm)
        assert "Reckon it" in text(client.get(url))
        share = CostShare.objects.get(producer=farm)
        was, then = choosing.now(share), choosing.weigh(share=share, choice=choosing.Choice(choice))
        found = ways.of_last_week(farm)
        assert found.days == [day] and not found.left
        collected, brought = (was, then) if choice == "bring" else (then, was)
        assert found.costs == {"collected": collected, "brings": brought}
        said = text(client.get(f"{url}?what"))
        assert f"Collected at the farm € {collected.share} € {collected.own} € {collected.together}" in said
        assert f"Brings to the hub € {brought.share} € {brought.own} € {brought.together}" in said
        dearer = "Being collected was" if found.more > 0 else "Bringing it yourself was"
        assert f"{dearer} € {abs(found.more)} cheaper for you." in said


def test_days_for_which_there_was_no_time_are_one_press_away(network, day, delivery, dana, visit, monkeypatch):
    (farm,) = make_farms(network, [(51.12, 3.60)])
    order_of_each([farm], delivery)
    settle(day, dana)
    monkeypatch.setattr("logistics.ways.PATIENCE", 0)
    client = visit(farm.organisation.people.get())
    assert "Reckon the other days too" in text(client.get(f"{usual(farm)}?what"))
    monkeypatch.undo()
    assert "Reckon the other days too" not in text(client.get(f"{usual(farm)}?what"))


def test_on_a_large_day_a_worker_reckons_it(network, day, delivery, dana, visit, monkeypatch):
    farms = make_farms(network)
    order_of_each(farms, delivery)
    settle(day, dana)
    monkeypatch.setattr("logistics.games.LARGE", 2)
    client, url = visit(farms[0].organisation.people.get()), f"{usual(farms[0])}?what"
    assert "Being reckoned…" in text(client.get(url))
    outbox.drain()
    assert "Being reckoned…" not in text(client.get(url))


def test_without_a_settled_day_there_is_nothing_to_reckon_with(farmer, farm, day):
    assert "Nothing of yours has been settled yet" in text(farmer.get(f"{usual(farm)}?what"))
