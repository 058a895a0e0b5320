"""The desk's page: what its buttons send, what is said when they are refused, versions, drivers, publishing."""

import re
from typing import Any

import pytest
from django.urls import reverse

from logistics import drivers, edits, rounds, versions
from logistics.models import Round, Stop
from network.models import DeliveryDay, Organisation
from tests.conftest import make_person
from tests.logistics.conftest import make_vehicle, plan_in_order

ENGLISH = {"accept-language": "en"}
HTMX = ENGLISH | {"HX-Request": "true"}


@pytest.fixture
def planned(closed_day: DeliveryDay, vehicle: Any, gust: Any) -> DeliveryDay:
    return plan_in_order(closed_day, "Melkerij Bea", "Hoeve Alice", "Punt a1", "Punt b2")


@pytest.fixture
def coordinator(client: Any, dana: Any) -> Any:
    client.force_login(dana)
    return client


def url(day: DeliveryDay, name: str = "edit") -> str:
    return reverse(f"logistics:{name}", args=[day.pk])


def bare(answer: Any) -> str:
    """The plan as it is drawn, without tokens and without what was said of a change."""
    return re.sub(r'<p id="said".*?</p>|csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()).strip()


def alices() -> Stop:
    return Stop.objects.get(producer__organisation__name="Hoeve Alice")


def test_without_scripts_a_change_leads_back_to_the_page_that_says_it(coordinator: Any, planned: DeliveryDay) -> None:
    answer = coordinator.post(url(planned), {"version": 1, "do": f"up {alices().pk}"}, headers=ENGLISH, follow=True)
    assert answer.redirect_chain == [(url(planned, "day"), 302)]
    assert "Moved a stop: Round 1 is home 5 minutes earlier." in answer.content.decode()
    assert alices().position == 1


def test_with_htmx_only_the_plan_is_drawn_anew(coordinator: Any, planned: DeliveryDay) -> None:
    answer = coordinator.post(url(planned), {"version": 1, "do": f"up {alices().pk}"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<p id="said" hx-swap-oob="innerHTML">Moved a stop' in page
    assert 'name="version" value="2"' in page
    assert "<html" not in page


def test_a_stale_page_is_refused_and_shows_the_plan_as_it_is(coordinator: Any, planned: DeliveryDay, dana: Any) -> None:
    edits.lock_stop(day=planned, version=1, by=dana, stop=alices().pk)
    for headers in (ENGLISH, HTMX):
        answer = coordinator.post(url(planned), {"version": 1, "do": f"up {alices().pk}"}, headers=headers)
        assert answer.status_code == 422
        assert "Somebody changed the plan meanwhile" in answer.content.decode()
        assert 'name="version" value="2"' in answer.content.decode()
    assert planned.plan_versions.count() == 2


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"do": "fly 1"}, "out of date"),
        ({"do": ""}, "required"),
        ({}, "required"),
        ({"do": "up"}, "whole number"),
        ({"do": "up x"}, "whole number"),
        ({"do": "up -1"}, "whole number"),
        ({"do": "up 99999999"}, "not in the plan"),
        ({"do": "drag 1"}, "whole number"),
        ({"do": "place barn-1"}, "out of date"),
        ({"do": "place farm-x"}, "whole number"),
        ({"do": "split 99999999", "after-99999999": "1"}, "not in the plan"),
        ({"do": "swap 1"}, "whole number"),
        ({"do": "merge 1", "into-1": "two"}, "whole number"),
        ({"do": "restore 9"}, "does not exist"),
        ({"do": "undo"}, "nothing to undo"),
        ({"do": "undo", "version": "abc"}, "whole number"),
    ],
)
def test_nonsense_is_explained_and_changes_nothing(
    coordinator: Any, planned: DeliveryDay, values: dict[str, str], why: str
) -> None:
    answer = coordinator.post(url(planned), {"version": "1"} | values, headers=ENGLISH)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert planned.plan_versions.count() == 1


@pytest.mark.parametrize(("at", "why"), [("first", "whole number"), ("0", "from 1 to 2"), ("7", "from 1 to 2")])
def test_an_impossible_place_is_explained_beside_the_stop(
    coordinator: Any, planned: DeliveryDay, at: str, why: str
) -> None:
    stop = alices()
    values = {"version": "1", "do": f"move {stop.pk}", f"to-{stop.pk}": str(stop.round_id), f"at-{stop.pk}": at}
    page = coordinator.post(url(planned), values, headers=ENGLISH).content.decode()
    assert why in page
    assert f'id="moves-{stop.pk}" open' in page


def test_a_stop_of_another_day_and_a_vehicle_of_another_network(coordinator: Any, planned: DeliveryDay) -> None:
    other = planned.cycle.days.exclude(pk=planned.pk).get()
    DeliveryDay.objects.filter(pk=other.pk).update(status="planned")
    ride = Round.objects.get(stops=alices())
    foreign = make_vehicle(planned.network, "Van")
    foreign.network = None
    foreign.owner = Organisation.objects.get(name="Gezin Bob")
    foreign.save()
    answer = coordinator.post(url(other), {"version": "1", "do": f"up {alices().pk}"}, headers=ENGLISH)
    assert answer.status_code == 422
    values = {"version": "1", "do": f"swap {ride.pk}", f"vehicle-{ride.pk}": str(foreign.pk)}
    answer = coordinator.post(url(planned), values, headers=ENGLISH)
    assert "drives for this network" in answer.content.decode()
    assert alices().position == 2


def test_every_tool_works_from_the_page(coordinator: Any, planned: DeliveryDay, network: Any) -> None:
    bike = make_vehicle(network, "Bakfiets")
    one = Round.objects.get(stops=alices())
    steps = [
        {"do": f"split {one.pk}", f"after-{one.pk}": "1"},
        {"do": "undo"},
        {"do": f"swap {one.pk}", f"vehicle-{one.pk}": str(bike.pk)},
        {"do": f"lock_round {one.pk}"},
        {"do": f"unlock_round {one.pk}"},
        {"do": f"lock {alices().pk}"},
        {"do": f"unlock {alices().pk}"},
        {"do": f"move {alices().pk}", f"to-{alices().pk}": f"v{bike.pk}", f"at-{alices().pk}": ""},
        {"do": "restore 1"},
        {"do": f"drag {alices().pk}-{one.pk}-1"},
        {"do": f"down {alices().pk}"},
    ]
    for number, step in enumerate(steps, 1):
        answer = coordinator.post(url(planned), {"version": number} | step, headers=HTMX)
        assert answer.status_code == 200, step
        assert bare(answer) == bare(coordinator.get(url(planned, "day"), {"stop": ""}, headers=HTMX)), step
    assert planned.plan_versions.count() == len(steps) + 1
    assert (alices().round_id, alices().position) == (one.pk, 2)


def test_what_is_on_no_round_is_put_on_one(coordinator: Any, closed_day: DeliveryDay, network: Any, farm: Any) -> None:
    rounds.plan_rounds(day=closed_day)
    van = make_vehicle(network)
    assert f'id="place-farm-{farm.pk}"' in coordinator.get(url(closed_day, "day")).content.decode()
    values = {"version": "1", "do": f"place farm-{farm.pk}", f"to-farm-{farm.pk}": f"v{van.pk}"}
    answer = coordinator.post(url(closed_day), values, headers=HTMX)
    assert answer.status_code == 200
    assert bare(answer) == bare(coordinator.get(url(closed_day, "day"), {"stop": ""}, headers=HTMX))
    assert alices().round.vehicle == van


def test_drivers_are_given_all_at_once_and_refused_beside_their_field(
    coordinator: Any, planned: DeliveryDay, gust: Any, bob: Any
) -> None:
    one, two = planned.rounds.order_by("number")
    fields = {"version": 1, f"driver_{one.pk}": bob.pk, f"driver_{two.pk}": gust.pk}
    answer = coordinator.post(url(planned, "drivers"), fields, headers=ENGLISH)
    assert answer.status_code == 422
    assert f'id="id_driver_{one.pk}_error"' in answer.content.decode()
    fields[f"driver_{one.pk}"] = ""
    assert coordinator.post(url(planned, "drivers"), fields).status_code == 302
    assert [found.driver for found in planned.rounds.order_by("number")] == [None, gust]
    assert (
        "changed the plan meanwhile"
        in coordinator.post(url(planned, "drivers"), fields, headers=ENGLISH).content.decode()
    )


def test_flaws_are_accepted_beside_the_sentence_that_names_them(
    coordinator: Any, planned: DeliveryDay, dana: Any, network: Any
) -> None:
    bike = make_vehicle(network, "Bakfiets", cool=1)
    edits.swap_vehicle(day=planned, version=1, by=dana, round=planned.rounds.get(number=2).pk, vehicle=bike.pk)
    answer = coordinator.post(url(planned, "publish"), {"version": 2}, headers=ENGLISH)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Round 2: too many crates cool: 4 too many" in page
    assert 'id="id_accept_flaws_error"' in page
    assert versions.published(planned) is None
    answer = coordinator.post(url(planned, "publish"), {"version": 2, "accept_flaws": "on"})
    assert answer.status_code == 302
    assert versions.published(planned)


def test_the_desk_shows_loads_cost_co2_and_what_is_saved(coordinator: Any, planned: DeliveryDay) -> None:
    page = coordinator.get(url(planned, "day"), headers=ENGLISH).content.decode()
    assert "less than everybody alone" not in page
    assert page.count('<figure class="load">') == 2
    for shown in ("then on board:", "then empty", "kg&nbsp;CO₂", "estimated by formula"):
        assert shown in page
    planned.plan_versions.update(alone_km=200, alone_cost=300)
    page = coordinator.get(url(planned, "day"), headers=ENGLISH).content.decode()
    assert page.count("less than everybody alone") == 3
    assert "136\N{NO-BREAK SPACE}km less than everybody alone" in page


def test_versions_are_listed_compared_and_restored(coordinator: Any, planned: DeliveryDay, dana: Any) -> None:
    edits.move_stop(day=planned, version=1, by=dana, stop=alices().pk, position=1)
    page = coordinator.get(url(planned, "versions"), headers=ENGLISH).content.decode()
    assert "From version 1 to version 2" in page
    assert "restore 1" in page and "restore 2" not in page
    for odd in ("?a=x&b=-1", "?a=2&b=1", "?a=1&b=1", "?a=99999999999&b=77"):
        assert coordinator.get(url(planned, "versions") + odd).status_code == 200
    coordinator.post(url(planned), {"version": 2, "do": "restore 1"})
    assert alices().position == 2


def test_a_day_without_a_plan_has_no_versions_and_says_what_to_do(coordinator: Any, day: DeliveryDay) -> None:
    page = coordinator.get(url(day, "versions"), headers=ENGLISH).content.decode()
    assert "There is no plan yet" in page


def test_another_driver_does_not_acknowledge(client: Any, planned: DeliveryDay, dana: Any, network: Any) -> None:
    versions.publish(day=planned, by=dana)
    edits.move_stop(day=planned, version=1, by=dana, stop=alices().pk, position=1)
    change = planned.rounds.get(number=1).changes.get()
    other = make_person("hilde")
    network.roles.create(person=other, role="driver")
    for person, status in ((dana, 403), (other, 403)):
        client.force_login(person)
        seen = reverse("logistics:seen", args=[change.round_id])
        assert client.post(seen, {"last": change.pk}).status_code == status
    change.refresh_from_db()
    assert change.acknowledged_at is None


def test_the_desk_says_how_many_changes_a_driver_has_not_seen(
    coordinator: Any, planned: DeliveryDay, dana: Any, gust: Any
) -> None:
    versions.publish(day=planned, by=dana)
    for version, position in ((1, 1), (2, 2)):
        edits.move_stop(day=planned, version=version, by=dana, stop=alices().pk, position=position)
    page = coordinator.get(url(planned, "day"), headers=ENGLISH).content.decode()
    assert page.count("2 changes not seen yet by Gust") == 1
    first = planned.rounds.get(number=1).changes.first()
    assert first
    drivers.acknowledge(round=first.round, last=first.pk, by=gust)
    page = coordinator.get(url(planned, "day"), headers=ENGLISH).content.decode()
    assert page.count("1 change not seen yet by Gust") == 1
    drivers.acknowledge(round=first.round, last=first.pk + 1, by=gust)
    page = coordinator.get(url(planned, "day"), headers=ENGLISH).content.decode()
    assert page.count("Gust has seen all changes") == 1


def test_the_number_of_queries_does_not_grow(
    coordinator: Any, planned: DeliveryDay, dana: Any, django_assert_num_queries: Any
) -> None:
    versions.publish(day=planned, by=dana)
    for position in (1, 2):
        edits.move_stop(day=planned, version=position, by=dana, stop=alices().pk, position=position)
    with django_assert_num_queries(9):
        coordinator.get(url(planned, "versions"))
    with django_assert_num_queries(26):
        coordinator.post(url(planned), {"version": 3, "do": f"up {alices().pk}"}, headers=HTMX)
    edits.split_round(day=planned, version=4, by=dana, round=planned.rounds.get(number=2).pk, after=1)
    with django_assert_num_queries(26):
        coordinator.post(url(planned), {"version": 5, "do": f"down {alices().pk}"}, headers=HTMX)
    with django_assert_num_queries(25):
        coordinator.get(url(planned, "day"))
