"""A coordinator's what-if on a settled day: before and after by the same machinery, for everybody; and a farmer's of her own crates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import scenarios, tasks, whatif
from logistics.models import Scenario, Vehicle
from logistics.models.outlook import Work
from logistics.whatif import NEW
from network import clock, outbox
from network.errors import Refused
from network.models import OutboxEntry
from tests.conftest import forget_cached, make_person
from tests.producers.test_desk import text

D = Decimal


@pytest.fixture(autouse=True)
def nothing_computed_before():
    forget_cached()


@pytest.fixture
def was(settled):
    return whatif.known(settled)


def crates(known):
    """Crate equivalents by producer and delivery."""
    found = {}
    for delivery, rows in known.goods.ordered.items():
        for row in rows:
            key = row["producer"], delivery
            found[key] = round(found.get(key, 0) + float(row["left"] * row["crate_share"]), 3)
    return found


def asked(known):
    return {
        producer: [(line.product.storage_class, float(line.quantity - line.missing)) for line in lines]
        for producer, lines in known.goods.asked.items()
    }


# What changes


def test_the_same_day_twice_is_the_same_to_the_cent(was):
    one, other = whatif.outcome(was), whatif.outcome(was)
    assert one.shared.bills == other.shared.bills
    assert (one.noise, one.km, one.rounds, one.left_out) == (other.noise, other.km, other.rounds, other.left_out)


def test_the_day_planned_anew_is_shared_as_it_was_settled(settled, was):
    """One van and two farms: every plan finds the same rounds."""
    again = whatif.outcome(was)
    run = settled.cost_runs.current().get()
    assert again.shared.cost == round(100 * run.cost)
    paid = {share.producer_id: round(100 * share.together) for share in run.shares.all()}
    assert again.paid() == paid


def test_a_farm_more_sends_its_crates_as_the_goods_are_spread(was, settled, farm, second_farm):
    first, second = settled.deliveries.filter(outlet=None).order_by("pickup_point__code")
    more = whatif.with_farm(was, name="Hoeve Frans", point=(51.1, 3.61), crates={"cool": 4, "cold": 1})
    assert crates(was) == {
        (farm.pk, first.pk): 1.2,
        (second_farm.pk, first.pk): 0.5,
        (farm.pk, second.pk): 2.5,
        (second_farm.pk, second.pk): 1.0,
    }
    hers = {key: many for key, many in crates(more).items() if key[0] == NEW}
    assert hers == {(NEW, first.pk): 1.635, (NEW, second.pk): 3.365}
    assert asked(more)[NEW] == [("cool", 4.0), ("cold", 1.0)]
    assert {key: many for key, many in crates(more).items() if key[0] != NEW} == crates(was)
    assert str(more.farms[NEW]) == "Hoeve Frans"
    only = whatif.with_farm(was, name="", point=(51.1, 3.61), crates={"cool": 4}, to=[f"point {first.pickup_point_id}"])
    assert crates(only)[NEW, first.pk] == 4
    assert whatif.with_farm(was, name="", point=(51.1, 3.61), crates={"cool": 4}, to=["point 0"]) is was


def test_crates_outside_are_asked_no_more_and_driven_by_herself(was, farm, second_farm):
    half, outside = whatif.without_crates(was, producer=farm.pk, part=D("0.5"))
    assert asked(half) == {farm.pk: [("cool", 18.5)], second_farm.pk: [("cold", 18.0)]}
    none, everything = whatif.without_crates(was, producer=farm.pk, part=D(1))
    assert asked(none) == {second_farm.pk: [("cold", 18.0)]}
    assert 0 < outside < everything
    assert everything == whatif.outcome(was).shared.bills[farm.pk].alone


def test_a_point_more_takes_over_or_brings_new_customers(was, settled, farm, second_farm):
    first, second = settled.deliveries.filter(outlet=None).order_by("pickup_point__code")
    opens_at = second.starts_at
    there = {"name": "Punt Nieuw", "point": (51.02, 3.75), "opens_at": opens_at}
    new = whatif.with_point(was, crates=D("2.6"), **there)
    assert crates(new) == crates(was) | {(farm.pk, NEW): 1.85, (second_farm.pk, NEW): 0.75}
    assert asked(new) == {farm.pk: [("cool", 55.5)], second_farm.pk: [("cold", 27.0)]}
    over = whatif.with_point(was, crates=D("1.75"), instead_of=second.pk, **there)
    assert crates(over) == crates(was) | {
        (farm.pk, second.pk): 1.25,
        (second_farm.pk, second.pk): 0.5,
        (farm.pk, NEW): 1.25,
        (second_farm.pk, NEW): 0.5,
    }
    assert asked(over) == asked(was)
    everything = whatif.with_point(was, crates=D(99), instead_of=second.pk, **there)
    assert {delivery for _farm, delivery in crates(everything)} == {first.pk, NEW}


def test_a_day_more_divides_the_goods_and_takes_the_vehicles_of_that_weekday(was, settled, farm, vehicle, second_farm):
    first, second = settled.deliveries.filter(outlet=None).order_by("pickup_point__code")
    stays, goes = whatif.on_two_days(was, deliveries=[second.pk], weekday=1)
    assert crates(stays) == {(farm.pk, first.pk): 1.2, (second_farm.pk, first.pk): 0.5}
    assert asked(goes) == {farm.pk: [("cool", 25.0)], second_farm.pk: [("cold", 12.0)]}
    assert list(goes.vehicles) == [str(vehicle.pk)]
    Vehicle.objects.update(weekdays=[3])
    assert whatif.on_two_days(was, deliveries=[second.pk], weekday=1)[1].vehicles == {}


def test_a_van_more_is_like_another(was, vehicle):
    more = whatif.with_van(was, vehicle=vehicle)
    assert list(more.vehicles) == [str(vehicle.pk), str(NEW)]
    assert vehicle.pk == Vehicle.objects.get().pk
    assert whatif.outcome(more).shared.cost <= whatif.outcome(was).shared.cost


# Asked and computed


def ask(day, dana, kind="producer", **inputs):
    more = {"name": "Hoeve Frans", "where": "9920", "point": [51.1, 3.61], "crates": {"cool": 4}, "to": []}
    return scenarios.ask(day=day, kind=kind, inputs=inputs or more, by=dana)


def computed(scenario):
    assert tasks.compute_scenario(scenario.pk)
    scenario.refresh_from_db()
    return scenario


def test_a_farm_more_before_and_after_for_everybody(settled, dana, farm, second_farm):
    result = computed(ask(settled, dana)).result
    assert [(one["name"], one["before"] is None) for one in result["bills"]] == [
        ("Hoeve Alice", False),
        ("Hoeve Frans", True),
        ("Melkerij Bea", False),
    ]
    for side in ("before", "after"):
        paid = sum(one[side] or 0 for one in result["bills"])
        assert paid + result[side]["gap"] == result[side]["cost"]
    assert all(one[side] <= one["alone"] for one in result["bills"] for side in ("before", "after") if one[side])
    assert (result["roads"], result["outside"], result["noise"]) == ("formula", 0, 0)


def test_all_crates_of_a_farm_outside_cost_her_what_alone_costs(settled, dana, farm, second_farm):
    result = computed(ask(settled, dana, "outside", producer=farm.pk, name="Hoeve Alice", part=100)).result
    alice, bea = result["bills"]
    run = settled.cost_runs.current().get()
    assert alice["before"] == round(100 * run.shares.get(producer=farm).together)
    assert alice["after"] == alice["alone"] == result["outside"] == round(100 * run.shares.get(producer=farm).alone)
    assert bea["before"] == round(100 * run.shares.get(producer=second_farm).together)


def test_a_day_more_is_paid_on_both_days(settled, dana):
    second = settled.deliveries.get(pickup_point__code="b2")
    result = computed(ask(settled, dana, "day", weekday=1, deliveries=[second.pk])).result
    assert result["after"]["rounds"] == 4
    assert result["after"]["cost"] > result["before"]["cost"]
    assert sum(one["after"] for one in result["bills"]) + result["after"]["gap"] == result["after"]["cost"]


def test_a_point_and_a_van_more(settled, dana, vehicle):
    point = {"name": "P", "where": "", "point": [51.02, 3.75], "opens": "17:00", "crates": 2, "instead_of": None}
    assert computed(ask(settled, dana, "point", **point)).result["after"]["left_out"] == 0
    result = computed(ask(settled, dana, "van", vehicle=vehicle.pk, name="Van")).result
    assert result["before"] == result["after"]


def test_asked_twice_is_computed_once_and_a_second_run_changes_nothing(settled, dana):
    scenario = ask(settled, dana)
    assert ask(settled, dana) == scenario
    Scenario.objects.filter(pk=scenario.pk).update(status=Work.RUNNING, claimed_at=clock.now())
    assert ask(settled, dana) == scenario
    Scenario.objects.filter(pk=scenario.pk).update(status=Work.WAITING)
    assert OutboxEntry.objects.filter(kind="scenario").count() == 1
    computed(scenario)
    assert not tasks.compute_scenario(scenario.pk)
    assert not scenarios.compute(scenario=scenario)
    assert ask(settled, dana) != scenario


def test_a_killed_worker_is_followed_by_another(settled, dana):
    scenario = ask(settled, dana)
    Scenario.objects.claim(scenario.pk)
    assert not tasks.compute_scenario(scenario.pk)
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert tasks.take_up_what_ifs() == 1
        assert computed(scenario).status == Work.DONE


def test_what_fails_is_said(settled, dana, visit):
    scenario = ask(settled, dana, "van", vehicle=0, name="Van")
    with pytest.raises(Vehicle.DoesNotExist):
        tasks.compute_scenario(scenario.pk)
    page = reverse("logistics:scenario", args=[settled.pk, scenario.pk])
    assert "This could not be computed." in text(visit(dana).get(page))


def test_only_of_a_settled_day(closed_day, dana):
    with pytest.raises(Refused, match="What if is asked of a settled day"):
        ask(closed_day, dana)
    assert not Scenario.objects.exists()


def test_the_outbox_begins_it(settled, dana):
    scenario = ask(settled, dana)
    assert outbox.drain() >= 1
    assert OutboxEntry.objects.get(key=f"scenario:{scenario.pk}").done_at


# The coordinator's pages


def url(day):
    return reverse("logistics:what_if_day", args=[day.pk])


def asks(visit, dana, day, kind, **given):
    return visit(dana).post(url(day), {"kind": kind} | given)


def test_each_kind_has_a_form_that_asks(settled, visit, dana, farm, vehicle):
    first, second = settled.deliveries.filter(outlet=None).order_by("pickup_point__code")
    yard = {"postcode": "9920", "municipality": "Lovendegem", "name": "Nieuw"}
    for kind, given in {
        "producer": yard | {"cool": "4", "anywhere": "no", "to": [f"point {first.pickup_point_id}"]},
        "point": yard | {"opens": "16:30", "crates": "3", "instead_of": str(second.pk)},
        "day": {"weekday": "1", "deliveries": [str(second.pk)]},
        "van": {"vehicle": str(vehicle.pk)},
        "outside": {"producer": str(farm.pk), "part": "50"},
    }.items():
        assert visit(dana).get(url(settled), {"kind": kind}).status_code == 200
        answer = asks(visit, dana, settled, kind, **given)
        scenario = Scenario.objects.latest("pk")
        assert (answer.status_code, scenario.kind) == (302, kind)
        assert answer["Location"] == reverse("logistics:scenario", args=[settled.pk, scenario.pk])
        assert "Being computed" in text(visit(dana).get(answer["Location"]))
    shown = text(visit(dana).get(url(settled)))
    for sentence in (
        "Nieuw joins with 4 crates",
        "A pickup point Nieuw with 3 crates",
        "1 place on Tuesday instead",
        "One more vehicle like Van",
        "50 % of the crates of Hoeve Alice outside the platform",
    ):
        assert sentence in shown
    assert Scenario.objects.get(kind="point").inputs == {
        "name": "Nieuw",
        "where": "9920 Lovendegem (Lievegem)",
        "point": [51.10168, 3.61298],
        "opens": "16:30",
        "crates": 3,
        "instead_of": second.pk,
    }


@pytest.mark.parametrize(
    ("kind", "given", "field", "sentence"),
    [
        ("producer", {"name": "", "cool": "1"}, "name", "This field is required."),
        ("producer", {"name": "N"}, "ambient", "Enter how many crates you would send in a week, at least one."),
        ("point", {"name": "N", "opens": "25:00", "crates": "1"}, "opens", "Enter a valid time."),
        ("point", {"name": "N", "opens": "16:00", "crates": "0"}, "crates", "Enter at least one crate."),
        ("day", {"weekday": "1"}, "deliveries", "Choose what goes on the new day."),
        ("day", {"weekday": "3"}, "weekday", "Select a valid choice. 3 is not one of the available choices."),
        ("van", {"vehicle": "0"}, "vehicle", "Select a valid choice. That choice is not one of the available choices."),
        ("outside", {"producer": "0", "part": "10"}, "part", "Select a valid choice. 10 is not one of the available choices."),
    ],
)  # fmt: skip
def test_bad_input_is_said_beside_the_field(settled, visit, dana, kind, given, field, sentence):
    answer = asks(visit, dana, settled, kind, postcode="9920", municipality="Lovendegem", anywhere="yes", **given)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [sentence]
    assert not Scenario.objects.exists()


def test_a_day_more_leaves_something_and_has_a_vehicle(settled, visit, dana):
    everything = [str(pk) for pk in settled.deliveries.filter(outlet=None).values_list("pk", flat=True)]
    answer = asks(visit, dana, settled, "day", weekday="1", deliveries=everything)
    assert answer.context["form"].errors["deliveries"] == [
        "Leave something on the present day, or there is no day more."
    ]
    Vehicle.objects.update(weekdays=[3])
    answer = asks(visit, dana, settled, "day", weekday="1", deliveries=everything[:1])
    assert answer.context["form"].errors["weekday"] == [
        "No vehicle of the network drives on that day. Choose another day."
    ]


def test_an_unknown_kind_is_no_page_and_an_unsettled_day_says_what_to_do(closed_day, visit, dana):
    assert visit(dana).get(url(closed_day), {"kind": "zeppelin"}).status_code == 404
    assert "What if is asked of a settled day" in text(visit(dana).get(url(closed_day)))
    asks(visit, dana, closed_day, "van", vehicle=Vehicle.objects.create)
    assert not Scenario.objects.exists()


def test_who_would_be_worse_off_is_told_by_name_and_how_sure_it_is(settled, visit, dana, farm):
    scenario = ask(settled, dana)
    bills = [
        {"producer": 1, "name": "Hoeve A", "before": 1000, "after": 1350, "alone": 4000},
        {"producer": 2, "name": "Hoeve B", "before": 1000, "after": 1020, "alone": 4000},
        {"producer": 3, "name": "Hoeve C", "before": 1000, "after": 400, "alone": 4000},
        {"producer": -1, "name": "Hoeve Nieuw", "before": None, "after": 800, "alone": 2000},
    ]
    side = {"gap": 0, "km": 80.0, "rounds": 2, "left_out": 0}
    result = {"before": side | {"cost": 3000}, "after": side | {"cost": 3570, "left_out": 1}, "bills": bills}
    result |= {"noise": 100, "roads": "formula", "outside": 0}
    Scenario.objects.filter(pk=scenario.pk).update(status=Work.DONE, result=result)
    shown = text(visit(dana).get(reverse("logistics:scenario", args=[settled.pk, scenario.pk])))
    assert "Who would be worse off Hoeve A +€ 3.50 Hoeve B +€ 0.20 within what the search is unsure of" in shown
    assert "All together, transport would cost € 5.70 more on a day like this." in shown
    assert "After, 1 stop finds no van." in shown
    assert "Hoeve Nieuw New – € 8.00 –" in shown


def test_the_pages_cost_the_same_queries_however_much_was_asked(settled, visit, dana, farm, django_assert_num_queries):
    client = visit(dana)
    scenario = computed(ask(settled, dana))
    client.get(url(settled))
    with django_assert_num_queries(7):
        client.get(url(settled))
    page = reverse("logistics:scenario", args=[settled.pk, scenario.pk])
    with django_assert_num_queries(5):
        client.get(page)
    for number in range(3):
        ask(settled, make_person(f"dana{number}"), "outside", producer=farm.pk, name="Hoeve Alice", part=100)
    with django_assert_num_queries(7):
        client.get(url(settled))


# The farmer's own page


def own(farm):
    return reverse("logistics:outside", args=[farm.slug])


def test_a_farmer_sees_what_her_crates_outside_would_do_to_her_and_the_others(settled, visit, alice, dana, farm):
    assert "What if some of your crates went another way?" in text(visit(alice).get(own(farm)))
    answer = visit(alice).post(own(farm), {"day": settled.pk, "part": "100"})
    assert answer.status_code == 302
    assert "Being computed" in text(visit(alice).get(own(farm)))
    scenario = computed(Scenario.objects.get())
    mine, other = scenario.result["bills"]
    answer = visit(alice).get(own(farm))
    assert answer.context["mine"] == D(mine["after"] - mine["before"]) / 100
    assert answer.context["others"] == D(other["after"] - other["before"]) / 100
    assert "Melkerij" not in answer.content.decode()


def test_what_a_farmer_asked_of_herself_no_coordinator_sees(settled, visit, alice, dana, farm):
    visit(alice).post(own(farm), {"day": settled.pk, "part": "50"})
    scenario = Scenario.objects.get()
    assert visit(dana).get(reverse("logistics:scenario", args=[settled.pk, scenario.pk])).status_code == 404
    assert "Asked before of this day" not in text(visit(dana).get(url(settled)))
    assert not settled.cycle.network.journal.filter(action="asked what if").exists()
    assert visit(dana).get(own(farm)).status_code == 403


def test_only_her_own_settled_days_can_be_asked_of(settled, visit, alice, farm, cycle):
    for day, part in ((0, "50"), ("soon", "50"), (settled.pk, "33")):
        assert visit(alice).post(own(farm), {"day": day, "part": part}).status_code == 422
    assert not Scenario.objects.exists()


def test_without_a_settled_day_the_farmers_page_says_what_comes(visit, alice, farm):
    assert "After your first settled delivery day" in text(visit(alice).get(own(farm)))


def test_the_farmers_page_costs_the_same_queries(settled, visit, alice, farm, django_assert_num_queries):
    client = visit(alice)
    client.post(own(farm), {"day": settled.pk, "part": "50"})
    computed(Scenario.objects.get())
    client.get(own(farm))
    with django_assert_num_queries(6):
        client.get(own(farm))
    client.post(own(farm), {"day": settled.pk, "part": "25"})
    with django_assert_num_queries(6):
        client.get(own(farm))
