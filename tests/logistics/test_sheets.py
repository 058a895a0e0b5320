import pytest
from django.utils import translation

from logistics import rounds, sheets
from network.models import Person
from tests.conftest import make_household
from tests.logistics.conftest import freeze, make_order


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    return closed_day


def test_the_run_sheet_names_every_stop_with_its_crates_and_whom_to_call(planned, alice):
    Person.objects.filter(pk=alice.pk).update(phone="0470 12 34 56")
    collection = planned.rounds.get(leg="collection")
    data = sheets.run_sheet_data(collection)
    stop = next(stop for stop in data["stops"] if stop["name"] == "Hoeve Alice")
    assert stop["contacts"] == ["Alice 0470 12 34 56"]
    assert [crate["letter"] for crate in stop["crates"]] == ["B1", "B2", "B3", "B4"]
    assert stop["crates"][3]["what"] == "leek 7 kg"
    assert data["loading"] == []


def test_a_distribution_van_is_loaded_last_stop_first(planned):
    distribution = planned.rounds.get(leg="distribution")
    data = sheets.run_sheet_data(distribution)
    last, first = data["loading"]
    assert (last[0], first[0]) == ("2", "1")
    assert [stop["number"] for stop in data["stops"]] == [1, 2]


def test_packing_lists_say_whose_goods_go_in_which_crate(planned):
    data = sheets.packing_data(planned)
    point = next(one for one in data["lists"] if one["name"] == "Punt a1")
    milk = point["crates"][-1]
    assert (milk["letter"], milk["count"]) == ("C1", "3/3")
    (order,) = milk["orders"]
    assert order["buyer"] == "Gezin Bob"
    assert order["lines"][0][0] == "milk"


def test_the_papers_hold_no_address_of_a_household(planned, household):
    household.place.street = "Geheimstraat 7"
    household.place.save()
    drawn = [sheets.packing_data(planned), *(sheets.run_sheet_data(round_) for round_ in planned.rounds.all())]
    assert "Geheimstraat" not in str(drawn)


def test_a_day_without_orders_prints_a_page_that_says_so(day):
    freeze(day)
    rounds.plan_rounds(day=day)
    assert sheets.packing_lists(day=day).startswith(b"%PDF")
    assert sheets.packing_data(day)["lists"] == []


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_papers_are_drawn_in_every_language(planned, language):
    with translation.override(language):
        assert sheets.packing_lists(day=planned).startswith(b"%PDF")
        for round_ in planned.rounds.all():
            assert sheets.run_sheet(round=round_).startswith(b"%PDF")


def test_the_number_of_queries_does_not_grow_with_the_deliveries(
    day, delivery, network, vehicle, leek, django_assert_num_queries
):
    for number in range(6):
        make_order(delivery, make_household(network, f"Gezin {number}"), {leek: 3})
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    distribution = day.rounds.select_related("delivery_day__cycle__network", "vehicle", "driver").get(
        leg="distribution"
    )
    with django_assert_num_queries(2):
        sheets.packing_lists(day=distribution.delivery_day)
    with django_assert_num_queries(3):
        sheets.run_sheet(round=distribution)
