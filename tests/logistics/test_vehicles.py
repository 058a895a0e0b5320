"""Vehicles: what may be stored, what volunteers are paid, and what cannot vanish."""

from datetime import date, time
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse

from logistics import rounds, tours, vehicles
from logistics.models import Round, TransportChoice, Vehicle
from network import clock, journal
from network.errors import Refused
from network.models import Organisation
from tests.conftest import MONDAY, make_household, make_vehicle


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"crates": 0}, "crates", "carries nothing"),
        ({"kg": 0}, "kg", "how many kilos"),
        ({"cool": 111}, "cool", "At most 110 crates"),
        ({"ambient": 0, "cool": 0, "cold": 0, "frozen": 0}, "ambient", "at least one kind"),
        ({"cooling": "none", "frozen": 0}, "cold", "Without cooling"),
        ({"cooling": "none", "cold": 0}, "frozen", "Without cooling"),
        ({"weekdays": []}, "weekdays", "at least one day"),
        ({"available_until": time(5)}, "available_until", "back after it leaves"),
        ({"available_from": time(21)}, "available_until", "back after it leaves"),
        ({"longest_minutes": 30}, "pause_minutes", "shorter than"),
        ({"kind": "car", "per_day": Decimal(1), "per_hour": 0, "per_km": 0}, "per_day", "kilometres only"),
        ({"kind": "car", "per_day": 0, "per_hour": Decimal(1), "per_km": 0}, "per_hour", "kilometres only"),
        ({"kind": "car", "per_day": 0, "per_hour": 0, "per_stop": Decimal(1), "per_km": 0}, "per_stop", "kilometres"),
        (
            {"kind": "car", "per_day": 0, "per_hour": 0, "per_km": Decimal("0.4266")},
            "per_km",
            "€ 0.4265 per km at most",
        ),
    ],
)
def test_each_fault_is_said_beside_its_field_and_nothing_is_stored(network, dana, wrong, field, said):
    van = make_vehicle(network)
    before = Vehicle.objects.filter(pk=van.pk).values().get()
    for name, value in wrong.items():
        setattr(van, name, value)
    assert set(vehicles.faults(van)) == {field}
    with pytest.raises(Refused, match=said) as refused:
        vehicles.keep(vehicle=van, by=dana)
    assert refused.value.field == field
    assert Vehicle.objects.filter(pk=van.pk).values().get() == before
    assert not journal.history_of(van).exists()


@pytest.mark.parametrize(
    ("on", "most"),
    [
        (date(2023, 6, 30), "0.4246"),
        (date(2023, 7, 1), "0.4237"),
        (date(2024, 3, 31), "0.4269"),
        (date(2024, 4, 1), "0.4265"),
        (date(2026, 3, 2), "0.4265"),
    ],
)
def test_what_a_volunteer_may_be_repaid_per_km(on, most):
    assert vehicles.most_per_km(on) == Decimal(most)


def test_a_volunteers_car_at_the_ceiling_is_stored(network, dana):
    car = make_vehicle(network, kind="car", per_day=0, per_hour=0, per_km=Decimal("0.4265"))
    assert vehicles.keep(vehicle=car, by=dana) == car


@pytest.mark.parametrize("wrong", [{"cooling": "none"}, {"crates": 0}, {"kind": "car"}])
def test_the_database_says_the_same(network, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_vehicle(network, **wrong)


def test_cool_boxes_carry_cold_up_to_what_is_stated(network, dana):
    bike = make_vehicle(network, cooling="boxes", cold=6, frozen=0)
    assert vehicles.faults(bike) == {}


def test_adding_and_changing_are_told_with_what_it_was(network, dana):
    van = make_vehicle(network)
    van.pk, van.name, van.id = None, "New", None
    van._state.adding = True
    vehicles.keep(vehicle=van, by=dana)
    van.per_km, van.weekdays = Decimal("0.5"), [3]
    vehicles.keep(vehicle=van, by=dana)
    vehicles.keep(vehicle=van, by=dana)
    changed, added = journal.history_of(van)
    assert (added.action, added.network, added.data["was"]) == ("added the vehicle", network, {})
    assert changed.data["was"] == {"per_km": "0.3400", "weekdays": "[0, 1, 2, 3, 4, 5, 6]"}


def test_archive_and_bring_back(network, dana):
    van = make_vehicle(network)
    assert vehicles.archive(vehicle=van, by=dana).archived_at == clock.now()
    vehicles.archive(vehicle=van, by=dana)
    with pytest.raises(Refused, match="has been archived"):
        vehicles.keep(vehicle=van, by=dana)
    assert vehicles.bring_back(vehicle=van, by=dana).archived_at is None
    vehicles.bring_back(vehicle=van, by=dana)
    assert [entry.action for entry in journal.history_of(van)] == ["brought back the vehicle", "archived the vehicle"]


def test_a_van_a_round_needs_does_not_vanish(closed_day, vehicle, dana):
    rounds.plan_rounds(day=closed_day, iterations=20)
    with pytest.raises(Refused, match="drives a round on Thursday 5 March"):
        vehicles.archive(vehicle=vehicle, by=dana)
    Round.objects.update(status="driven")
    assert vehicles.archive(vehicle=vehicle, by=dana).archived_at
    with pytest.raises(ProtectedError):
        vehicle.delete()


def test_nor_does_one_that_drives_a_standing_tour_that_is_kept(closed_day, vehicle, dana):
    rounds.plan_rounds(day=closed_day, iterations=20)
    tour = tours.make(round=Round.objects.earliest("number"), name="Milk round", by=dana)
    Round.objects.update(status="driven")
    with pytest.raises(Refused, match="standing tour Milk round"):
        vehicles.archive(vehicle=vehicle, by=dana)
    tours.keep(tour=tour, kept=False, by=dana)
    assert vehicles.archive(vehicle=vehicle, by=dana).archived_at
    with pytest.raises(Refused, match="archived"):
        tours.keep(tour=tour, kept=True, by=dana)


def test_nor_does_one_with_which_a_farmer_chose_to_drive(farm, network, alice):
    own = make_vehicle(network, owner=farm.organisation, depot=farm.organisation.place)
    choice = TransportChoice.objects.create(producer=farm, week_on=MONDAY, transport="drives", vehicle=own)
    with pytest.raises(Refused, match="drives in the week of 2 March"):
        vehicles.archive(vehicle=own, by=alice)
    TransportChoice.objects.filter(pk=choice.pk).update(week_on=date(2026, 2, 23))
    assert vehicles.archive(vehicle=own, by=alice).archived_at


def test_a_car_that_states_more_than_the_law_now_allows_does_not_come_back(network, dana):
    car = make_vehicle(network, kind="car", per_day=0, per_hour=0, per_km=Decimal("0.43"), archived_at=clock.now())
    with pytest.raises(Refused, match=r"0\.4265"):
        vehicles.bring_back(vehicle=car, by=dana)


# The pages


@pytest.fixture
def coordinator(dana, visit):
    return visit(dana)


def filled(**fields):
    """The form of a new van as a browser sends it, in the way a Fleming writes numbers."""
    values = {
        "name": "Bestelwagen 3", "kind": "van", "cooling": "compartment", "crates": "90", "ambient": "90", "cool": "60",
        "cold": "20", "frozen": "5", "kg": "900", "weekdays": ["3", "4"], "available_from": "06:00",
        "available_until": "19:00", "longest_minutes": "540", "pause_minutes": "30", "per_day": "18", "per_km": "0,3456",
        "per_hour": "21,50", "per_stop": "0", "enters_low_emission": "on", "co2_per_km": "230",
    }  # fmt: skip
    return values | fields


def hub_van(network, **fields):
    return filled(owner=network.organisation_id, depot=network.hub_id, returns_to="", carrier="", **fields)


def test_a_coordinator_adds_a_van(coordinator, network):
    answer = coordinator.post(f"/{network.slug}/vehicles/new/", hub_van(network), follow=True)
    assert "Bestelwagen 3 drives from now on." in answer.content.decode()
    van = Vehicle.objects.get()
    assert (van.network, van.owner, van.depot) == (network, network.organisation, network.hub)
    assert (van.per_km, van.per_hour, van.weekdays) == (Decimal("0.3456"), Decimal("21.50"), [3, 4])


def test_a_carrier_is_hired_by_its_name_once(coordinator, network):
    hired = {"kind": "carrier", "owner": "", "carrier": "Koeltransport Jan"}
    for name in ("Groot", "Klein"):
        values = (
            hub_van(network)
            | hired
            | {"name": name, "carrier": hired["carrier"].upper() if name == "Klein" else hired["carrier"]}
        )
        assert coordinator.post(f"/{network.slug}/vehicles/new/", values).status_code == 302
    assert Organisation.objects.get(name="Koeltransport Jan").vehicles.count() == 2


def test_a_volunteers_car_belongs_to_who_drives_for_the_network(coordinator, network, gust):
    home = make_household(network, "Gezin Gust", gust)
    make_household(network, "Gezin Niemand")
    page = coordinator.get(f"/{network.slug}/vehicles/new/").content.decode()
    assert "Gezin Gust" in page and "Gezin Niemand" not in page
    values = hub_van(network) | {"kind": "car", "owner": home.pk, "per_day": "0", "per_hour": "0", "per_km": "0,43"}
    answer = coordinator.post(f"/{network.slug}/vehicles/new/", values)
    assert answer.status_code == 422
    assert "A volunteer may be repaid € 0.4265 per km at most." in answer.content.decode()
    assert coordinator.post(f"/{network.slug}/vehicles/new/", values | {"per_km": "0,42"}).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"crates": "0"}, "A vehicle that carries nothing"),
        ({"crates": "-1"}, "greater than or equal to 0"),
        ({"crates": "many"}, "Enter a whole number"),
        ({"kg": ""}, "Enter a number, or 0."),
        ({"per_km": "-1"}, "Enter an amount from 0"),
        ({"per_km": "cheap"}, "Enter a number, such as"),
        ({"per_day": "1,234"}, "At most 2 decimals."),
        ({"weekdays": []}, "at least one day"),
        ({"weekdays": ["9"]}, "Select a valid choice"),
        ({"available_from": "20:00"}, "back after it leaves"),
        ({"available_from": "25:00"}, "Enter a valid time"),
        ({"longest_minutes": "20"}, "shorter than the time"),
        ({"owner": ""}, "Say whose it is"),
        ({"kind": "carrier"}, "not the co-operative itself"),
        ({"depot": "0"}, "Select a valid choice"),
        ({"kind": "tank"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_stored(coordinator, network, wrong, said):
    answer = coordinator.post(f"/{network.slug}/vehicles/new/", hub_van(network) | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page and 'class="error"' in page
    assert not Vehicle.objects.exists()


def test_several_faults_are_said_at_once(coordinator, network):
    values = hub_van(network) | {"crates": "0", "ambient": "0", "cool": "0", "cold": "0", "frozen": "0", "weekdays": []}
    page = coordinator.post(f"/{network.slug}/vehicles/new/", values).content.decode()
    assert page.count('class="error"') == 3


def test_a_vehicle_is_changed_and_archived_from_its_page(coordinator, network):
    van = make_vehicle(network)
    assert coordinator.get(f"/vehicles/{van.pk}/").status_code == 200
    coordinator.post(f"/vehicles/{van.pk}/", hub_van(network, crates="95"))
    van.refresh_from_db()
    assert (van.crates, van.name) == (95, "Bestelwagen 3")
    coordinator.post(f"/vehicles/{van.pk}/archive/")
    page = coordinator.get(f"/vehicles/{van.pk}/").content.decode()
    assert "Bring it back" in page and '<form class="form card"' not in page
    assert coordinator.post(f"/vehicles/{van.pk}/", hub_van(network)).status_code == 200, (
        "an archived one is not changed"
    )
    coordinator.post(f"/vehicles/{van.pk}/archive/", {"back": "1"})
    van.refresh_from_db()
    assert (van.archived_at, van.crates) == (None, 95)


def test_why_a_van_cannot_be_archived_is_said_on_its_page(coordinator, closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=20)
    answer = coordinator.post(f"/vehicles/{vehicle.pk}/archive/", follow=True)
    assert "Van drives a round on Thursday 5 March" in answer.content.decode()
    assert Vehicle.objects.get(pk=vehicle.pk).archived_at is None


def test_a_farmer_states_the_rates_of_her_own_vehicle(visit, farm, alice, dana):
    answer = visit(alice).post(
        reverse("logistics:own_vehicle_new", args=[farm.slug]), filled(name="Mijn camionette"), follow=True
    )
    own = Vehicle.objects.get()
    assert (own.network, own.owner, own.depot) == (None, farm.organisation, farm.organisation.place)
    assert "A round of 60 km, 3 hours and 8 stops pays you €\xa0103.24." in answer.content.decode()
    assert visit(alice).post(f"/vehicles/{own.pk}/", filled(per_km="0,40")).status_code == 302
    own.refresh_from_db()
    assert own.per_km == Decimal("0.4")
    assert (
        visit(alice).post(reverse("logistics:own_vehicle_new", args=[farm.slug]), filled(kind="car")).status_code == 422
    )


def test_a_coordinator_looks_at_a_farmers_vehicle_and_changes_nothing(
    visit, farm, network, alice, dana, bob, charlie, household
):
    visit(alice).post(reverse("logistics:own_vehicle_new", args=[farm.slug]), filled())
    own = Vehicle.objects.get()
    before = Vehicle.objects.values().get()
    page = visit(dana).get(f"/vehicles/{own.pk}/").content.decode()
    assert "Only the farmer changes her vehicle" in page and '<form class="form card"' not in page
    assert visit(dana).post(f"/vehicles/{own.pk}/", filled(per_km="9")).status_code == 200
    assert visit(dana).post(f"/vehicles/{own.pk}/archive/").status_code == 403
    assert visit(bob).post(f"/vehicles/{own.pk}/", filled(per_km="9")).status_code == 403
    assert visit(charlie).post(f"/vehicles/{own.pk}/", filled(per_km="9")).status_code == 404
    assert visit(dana).get("/vehicles/999999/").status_code == 404
    assert Vehicle.objects.values().get() == before


def test_the_list_shows_whose_and_asks_no_more_for_many(
    visit, coordinator, network, farm, alice, django_assert_num_queries
):
    url = f"/{network.slug}/vehicles/"
    assert "Without a vehicle no round can be planned" in coordinator.get(url).content.decode()
    visit(alice).post(reverse("logistics:own_vehicle_new", args=[farm.slug]), filled(name="Van of Alice"))
    make_vehicle(network, "Gone", archived_at=clock.now())
    with django_assert_num_queries(5):
        coordinator.get(url)
    for number in range(5):
        make_vehicle(network, f"Van {number}", weekdays=[3])
    with django_assert_num_queries(5):
        page = coordinator.get(url).content.decode()
    assert page.index("Of the network") < page.index("Of farmers") < page.index("In the archive")


def test_the_number_of_queries_of_a_vehicle(coordinator, network, django_assert_num_queries):
    van = make_vehicle(network)
    for _ in range(2):
        with django_assert_num_queries(9):
            coordinator.get(f"/vehicles/{van.pk}/")
        make_vehicle(network, "Another")
