import re
from decimal import Decimal
from io import BytesIO

import pytest
import zxingcpp
from django.utils import translation
from PIL import Image
from pypdf import PdfReader

from logistics import rounds, sheets, versions
from logistics.models import Crate, Round, Stop
from logistics.sheets import labels, manifest, packing, press, rides
from network import clock
from network.models import Organisation, Person
from orders.models import Order
from producers import lots
from tests.conftest import make_household, make_outlet, make_place
from tests.logistics.conftest import freeze, make_order

PT_PER_MM = 72 / 25.4
NASTY = 'Müller & Großmann „Zoë“ #let *vet* $x^2$ @home <b> \\ "quote" _ ` 🥕'


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    return closed_day


def ride_of(day, leg="distribution"):
    found = manifest.of_day(day)
    return found, next(ride for ride in found.rides if ride.round.leg == leg)


def pictures(papers, ppi=150, **how):
    """The pages as images, drawn by what draws the PDF."""
    drawn = press.print_here(sheets.order(papers, **how), format="png", ppi=ppi)
    return [Image.open(BytesIO(page)) for page in (drawn if isinstance(drawn, list) else [drawn])]


def test_the_run_sheet_names_every_stop_with_its_crates_and_whom_to_call(planned, alice):
    Person.objects.filter(pk=alice.pk).update(phone="0470 12 34 56")
    found = manifest.of_round(planned.rounds.get(leg="collection"))
    sheet = rides.run_sheet(found, found.rides[0])
    stop = next(stop for stop in sheet["stops"] if stop["name"] == "Hoeve Alice")
    assert stop["contacts"] == [["Alice", "0470 12 34 56"]]
    assert [crate["letter"] for crate in stop["crates"]] == ["B1", "B2", "B3", "B4"]
    assert stop["crates"][3]["what"] == "7 kg leek"
    assert (stop["window"], stop["load"], stop["chilled"]) == ("06:00 – 14:00", "4 crates: 4 cool · 37 kg", True)
    assert sheet["loading"] == []


@pytest.mark.parametrize(
    ("leg", "ends"),
    [("collection", ["Leaves Deinze", "Back at the hub"]), ("distribution", ["Leaves the hub", "Arrives at Aalst"])],
)
def test_a_van_that_starts_and_ends_elsewhere_says_so(planned, vehicle, leg, ends):
    vehicle.depot, vehicle.returns_to = make_place(municipality="Deinze"), make_place(municipality="Aalst")
    vehicle.save()
    facts = rides.run_sheet(*ride_of(planned, leg))["facts"]
    assert [name for name, _value in facts[2:4]] == ends


def test_a_distribution_van_is_loaded_last_stop_first_and_last_crate_first(planned):
    sheet = rides.run_sheet(*ride_of(planned))
    letters = {"Punt a1": ["C1", "B2", "B1"], "Punt b2": ["C1", "B3–B1"]}
    assert [(row["number"], row["name"], row["letters"]) for row in sheet["loading"]] == [
        (stop["number"], stop["name"], letters[stop["name"]]) for stop in reversed(sheet["stops"])
    ]
    assert [stop["number"] for stop in sheet["stops"]] == [1, 2]
    assert {stop["chilled"] for stop in sheet["stops"]} == {True}


@pytest.mark.parametrize(
    ("letters", "short"),
    [
        ("B1 B2 B3 B4", "B1–B4"),
        ("C2 C1 B3 B2 B1", "C2 C1 B3–B1"),
        ("B1 B2 B3 B2 B1 D9", "B1–B3 B2 B1 D9"),
        ("A1 A3 A4 A5 X", "A1 A3–A5 X"),
        ("", ""),
    ],
)
def test_letters_in_a_row_are_written_short(letters, short):
    assert manifest.spans(letters.split()) == short.split()


def test_labels_come_in_the_order_of_loading(planned):
    found, ride = ride_of(planned)
    crates = labels.of_ride(found, ride)["crates"]
    first, second = ride.halts
    assert [crate["name"] for crate in crates] == [str(second.stop)] * len(second.crates) + [str(first.stop)] * len(
        first.crates
    )
    assert [crate["letter"] for crate in crates] == [
        crate.letter for halt in (second, first) for crate in reversed(halt.crates)
    ]
    label = crates[-1]
    assert (label["count"], label["where"], label["window"]) == (
        f"1/{len(first.crates)}",
        "Round 2, stop 1",
        "17:00 – 19:00",
    )


def test_a_label_of_one_buyer_names_her_and_the_goods_a_shared_one_the_buyers(
    day, delivery, network, vehicle, leek, milk
):
    for number in range(12):
        make_order(delivery, make_household(network, f"Gezin {number:02}"), {leek: 10 if number == 0 else 1, milk: 1})
    rounds.plan_rounds(day=freeze(day), iterations=20)
    found, ride = ride_of(day)
    by_letter = {crate["letter"]: crate for crate in labels.of_ride(found, ride)["crates"]}
    assert (by_letter["B1"]["buyer"], by_letter["B1"]["lines"]) == ("Gezin 00", [["leek", "10 kg"]])
    shared = by_letter["C1"]
    assert shared["buyer"] == ""
    assert shared["lines"] == [[f"Gezin {number:02}", "1 product"] for number in range(6)]
    assert shared["more"] == "and 6 more"


def test_every_code_on_a_sheet_of_labels_can_be_read_and_leads_to_its_crate(planned, settings):
    settings.SITE_URL = "https://kouter.example"
    found, ride = ride_of(planned)
    (page,) = pictures([labels.of_ride(found, ride)])
    read = {code.text for code in zxingcpp.read_barcodes(page)}
    assert read == {f"https://kouter.example/c/{crate.code}" for crate in ride.crates}


def test_labels_fit_the_label_sheet_and_their_code_is_more_than_25_mm(planned):
    found, ride = ride_of(planned)
    page = pictures([labels.of_ride(found, ride)], ppi=254)[0]
    assert page.size == (2100, 2970)  # tenths of a millimetre
    found_at = sorted((code.position.top_left.y, code.position.top_left.x) for code in zxingcpp.read_barcodes(page))
    (top, left), (_same_row, right) = sorted(found_at[:2], key=lambda at: at[1])
    assert right - left == pytest.approx(1016.5, abs=3)
    assert found_at[2][0] - found_at[0][0] == pytest.approx(677, abs=3)
    assert 131 < top < 131 + 677
    code = zxingcpp.read_barcodes(page)[0].position
    assert code.top_right.x - code.top_left.x > 250


def test_a_label_is_black_on_white(planned):
    found, ride = ride_of(planned)
    (page,) = pictures([labels.of_ride(found, ride)], ppi=40)
    assert page.convert("HSV").getchannel("S").getextrema() == (0, 0)


def test_packing_lists_say_whose_goods_go_in_which_crate(planned):
    lists = packing.packing_lists(manifest.of_day(planned))["lists"]
    point = next(one for one in lists if one["name"] == "Punt a1")
    milk = point["crates"][-1]
    assert (milk["letter"], milk["count"]) == ("C1", "3/3")
    (order,) = milk["orders"]
    assert order["buyer"] == "Gezin Bob"
    assert order["lines"] == [["milk", "6 bottle"]]


def test_a_packing_list_says_what_a_household_wants_when_something_is_missing(planned, household):
    def wishes():
        lists = packing.packing_lists(manifest.of_day(planned))["lists"]
        point = next(one for one in lists if one["name"] == "Punt a1")
        return {order["wish"] for crate in point["crates"] for order in crate["orders"]}

    assert wishes() == {""}
    household.substitution = "ask"
    household.save()
    assert wishes() == {"call me first"}
    assert sheets.packing_lists(day=planned).startswith(b"%PDF")


def test_papers_for_a_point_name_an_order_by_its_pickup_number(planned):
    """Another order has that number as its own: whoever confuses them gives the wrong bag."""
    bob, hilde = Order.objects.order_by("buyer__name")
    Order.objects.filter(pk=bob.pk).update(number=hilde.pk)
    found, ride = ride_of(planned)
    lists = {one["name"]: one for one in packing.packing_lists(found)["lists"]}
    called = {
        name: {order["called"] for crate in one["crates"] for order in crate["orders"]} for name, one in lists.items()
    }
    assert called == {"Punt a1": {f"pickup number {hilde.pk}"}, "Punt b2": {f"order {hilde.pk}"}}
    stops = {stop["name"]: stop for stop in rides.summaries(found, ride)["stops"]}
    assert [order["number"] for order in stops["Punt a1"]["orders"]] == [hilde.pk]
    assert stops["Punt a1"]["number_is"] == "Pickup number"
    assert {label["name"]: label["buyer"] for label in labels.of_ride(found, ride)["crates"]} == {
        "Punt a1": f"{hilde.pk} · Gezin Bob",
        "Punt b2": "Gezin Hilde",
    }


def test_packing_lists_of_one_delivery_and_slips_per_crate(planned, delivery):
    found = manifest.of_day(planned)
    (only,) = packing.packing_lists(found, delivery=delivery.pk)["lists"]
    assert only["name"] == "Punt a1"
    slips = packing.packing_lists(found, per_crate=True)
    assert len(pictures([slips], ppi=20)) == len(found.rides[1].crates)


def test_the_summary_says_who_collects_from_which_crates(planned):
    found, ride = ride_of(planned)
    stop = next(stop for stop in rides.summaries(found, ride)["stops"] if stop["name"] == "Punt a1")
    (order,) = stop["orders"]
    assert (order["buyer"], order["products"], order["letters"]) == ("Gezin Bob", 2, ["B1", "B2", "C1"])
    assert [crate["letter"] for crate in stop["crates"]] == ["B1", "B2", "C1"]


def test_a_delivery_note_adds_up_what_lies_in_several_crates_and_names_no_price(
    day, network, shop, vehicle, leek, milk
):
    make_order(day.deliveries.get(outlet=shop), shop.organisation, {leek: 25, milk: 6})
    rounds.plan_rounds(day=freeze(day), iterations=20)
    found = manifest.of_day(day)
    (note,) = packing.notes(found)
    assert note["to"] == ["Winkel Eli", "Kouter 1, 9000 Gent"]
    assert [(row["name"], row["farm"], row["amount"], row["letters"]) for row in note["rows"]] == [
        ("leek", "Hoeve Alice", "25 kg", ["B1–B3"]),
        ("milk", "Melkerij Bea", "6 bottle", ["C1"]),
    ]
    assert "2.65" not in str(note) and "€" not in str(note)


def test_the_papers_hold_no_address_of_a_household(planned, household):
    household.place.street = "Geheimstraat 7"
    household.place.save()
    Person.objects.update(phone="0499 99 99 99")
    found = manifest.of_day(planned)
    left_behind = [packing.packing_lists(found), *(rides.summaries(found, ride) for ride in found.rides)]
    sheets_of = [rides.run_sheet(found, ride) for ride in found.rides]
    stickers = [labels.of_ride(found, ride) for ride in found.rides]
    assert "Geheimstraat" not in str([left_behind, sheets_of, stickers])
    assert "0499" not in str([left_behind, stickers])


def test_a_day_without_orders_prints_a_page_that_says_so(day):
    freeze(day)
    rounds.plan_rounds(day=day)
    assert sheets.packing_lists(day=day).startswith(b"%PDF")
    assert packing.packing_lists(manifest.of_day(day))["lists"] == []


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_papers_are_drawn_in_every_language(planned, language):
    with translation.override(language):
        assert sheets.packing_lists(day=planned).startswith(b"%PDF")
        for round_ in planned.rounds.all():
            assert sheets.run_sheet(round=round_).startswith(b"%PDF")


def test_names_are_printed_and_never_obeyed(day, delivery, network, vehicle, leek):
    point = delivery.pickup_point
    point.name = {"nl": f"{NASTY} {'lang ' * 40}"}
    point.save()
    make_order(delivery, make_household(network, NASTY), {leek: 3})
    rounds.plan_rounds(day=freeze(day), iterations=20)
    found, ride = ride_of(day)
    lists = packing.packing_lists(found)
    assert lists["lists"][0]["crates"][0]["orders"][0]["buyer"] == NASTY
    papers = [lists, rides.run_sheet(found, ride), rides.summaries(found, ride), labels.of_ride(found, ride)]
    for page in pictures(papers, ppi=72):
        edges = [page.crop((0, 0, 9, page.height)), page.crop((page.width - 9, 0, page.width, page.height))]
        assert {edge.convert("L").getextrema() for edge in edges} == {(255, 255)}, "ran off the paper"


def direct(day, farm, leek, stops=(1, 2)):
    """A round straight from the farm to the point: one crate taken up at the first stop and dropped at the second."""
    farms, drop = day.rounds.get(leg="collection"), day.rounds.get(leg="distribution")
    made = Round.objects.create(
        delivery_day=day,
        leg="direct",
        number=9,
        vehicle=farms.vehicle,
        starts_at=farms.starts_at,
        ends_at=drop.ends_at,
        km=12,
        cost=8,
    )
    at_farm = farms.stops.get(producer=farm)
    at_point = drop.stops.get(delivery__pickup_point__code="a1")
    taken, dropped = (
        Stop.objects.create(
            round=made,
            position=number,
            producer=source.producer,
            delivery=source.delivery,
            place=source.place,
            arrives_at=source.arrives_at,
            leaves_at=source.leaves_at,
            km=6,
        )
        for number, source in enumerate((at_farm, at_point), 1)
    )
    Crate.objects.create(
        delivery_day=day,
        leg="direct",
        producer=farm,
        delivery=at_point.delivery,
        stop=taken,
        dropped_at=dropped,
        storage_class="cool",
        letter="B1",
        contents=[
            {
                "order": 7,
                "buyer": "Gezin Hilde",
                "lines": [{"line": 0, "name": dict(leek.name), "quantity": "4", "unit": "kg"}],
            }
        ],
        kg=Decimal(4),
    )
    return made


@pytest.mark.parametrize("of", ["rows", "version"])
def test_what_goes_straight_is_collected_at_one_stop_and_dropped_at_another(planned, farm, leek, of):
    made = direct(planned, farm, leek)
    version = versions.record(day=planned, action="tried", by=None)
    crate = planned.crates.get(leg="direct")
    at_farm, at_point = version.plan["rounds"][-1]["stops"]
    at_farm["letters"], at_point["letters"] = [f"{farm.pk}-{crate.delivery_id}-B1"], []
    at_point["dropped"] = at_farm["letters"]
    found = manifest.of_day(planned) if of == "rows" else manifest.of_version(version)
    ride = next(ride for ride in found.rides if ride.round.number == made.number)
    at_farm, at_point = rides.run_sheet(found, ride)["stops"]
    assert [(crate["letter"], crate["what"], crate["other"]) for crate in at_farm["crates"]] == [
        ("B1", "4 kg leek", "to stop 2, Punt a1")
    ]
    assert [crate["other"] for crate in at_point["crates"]] == ["from Hoeve Alice"]
    (label,) = labels.of_ride(found, ride)["crates"]
    assert (label["name"], label["origin"], label["where"], label["count"]) == (
        "Punt a1",
        "straight from Hoeve Alice",
        "Round 9, stop 1",
        "1/1",
    )
    assert rides.summaries(found, ride)["stops"][1]["orders"][0]["buyer"] == "Gezin Hilde"
    assert rides.run_sheet(found, ride)["loading"] == []
    others = [crate.letter for one in found.rides if one is not ride for crate in one.crates]
    assert len(others) == planned.crates.exclude(leg="direct").count()
    assert found.loose == []


def test_a_version_gives_the_papers_of_the_rounds_as_they_were(planned):
    version = versions.record(day=planned, action="tried", by=None)
    before = manifest.of_day(planned)
    kept = [rides.run_sheet(before, ride) for ride in before.rides]
    stop = planned.rounds.get(leg="distribution").stops.get(position=2)
    stop.crates.update(stop=None)
    stop.delete()
    again = manifest.of_version(version)
    assert [rides.run_sheet(again, ride) for ride in again.rides] == kept
    assert again.loose == []


def test_three_hundred_crates_at_one_stop_run_over_several_pages(planned, delivery):
    stop = planned.rounds.get(leg="distribution").stops.get(delivery=delivery)
    Crate.objects.bulk_create(
        Crate(
            delivery_day=planned, leg="distribution", delivery=delivery, stop=stop, storage_class="cool",
            letter=f"B{number}", contents=[], kg=5,
        )
        for number in range(100, 400)
    )  # fmt: skip
    found, ride = ride_of(planned)
    count = len(ride.crates)
    assert len(pictures([labels.of_ride(found, ride)], ppi=20)) == -(-count // 8)
    assert len(pictures([rides.run_sheet(found, ride)], ppi=20)) == 2
    assert len(pictures([rides.summaries(found, ride)], ppi=20)) == 3


def test_crates_on_no_round_get_labels_and_lists_too(planned, delivery):
    Crate.objects.filter(delivery=delivery).update(stop=None)
    found = manifest.of_day(planned)
    assert {crate.delivery_id for crate in found.loose} == {delivery.pk}
    sheet = labels.of_loose(found)
    assert {(crate["name"], crate["where"]) for crate in sheet["crates"]} == {("Punt a1", "on no round")}
    assert packing.packing_lists(found)["lists"][-1]["round"] == "on no round"


def test_the_number_of_queries_does_not_grow(
    day, delivery, network, vehicle, leek, milk, shop, django_assert_num_queries
):
    for number in range(6):
        make_order(delivery, make_household(network, f"Gezin {number}"), {leek: 3})
    other = make_outlet(network, "Winkel Twee")
    extra = day.deliveries.get(outlet=shop)
    extra.pk, extra.outlet, extra.place = None, other, other.organisation.place
    extra.save()
    for drop in (extra, day.deliveries.get(outlet=shop)):
        make_order(drop, drop.outlet.organisation, {leek: 12, milk: 3})
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    network = "delivery_day__cycle__network"
    distribution = day.rounds.select_related(
        f"{network}__hub", f"{network}__organisation", "vehicle__depot", "driver"
    ).get(leg="distribution")
    with django_assert_num_queries(6):
        sheets.packing_lists(day=distribution.delivery_day)
    with django_assert_num_queries(4):
        sheets.run_sheet(round=distribution)
    with django_assert_num_queries(6):
        sheets.crate_labels(round=distribution)
    found = manifest.of_day(distribution.delivery_day)
    with django_assert_num_queries(3):
        assert len(packing.notes(found)) == 2


def test_a_lot_stands_on_the_labels_of_its_farm_and_on_the_delivery_note(closed_day, leek, milk, shop, vehicle, alice):
    drop = closed_day.deliveries.get(outlet=shop)
    make_order(drop, shop.organisation, {leek: 12, milk: 3})
    closed_day.purchase_orders.all().delete()
    rounds.plan_rounds(day=freeze(closed_day), iterations=20)
    for _letter in "AB":
        lots.note(product=leek, harvested_on=clock.today(), uses={closed_day.pk: None}, by=alice)
    found, ride = ride_of(closed_day, "collection")
    printed = ["L 260302A, best before 09/03/26", "L 260302B, best before 09/03/26"]
    crates = [label for label in labels.of_ride(found, ride)["crates"] if label["name"] == "Hoeve Alice"]
    assert [lot for lot, _nothing in crates[0]["lines"]] == ["leek", *printed]
    with translation.override("fr"):
        (page,) = PdfReader(BytesIO(sheets.drawn([labels.of_ride(*ride_of(closed_day, "collection"))]))).pages
    assert (page.extract_text().count("09/03/26"), page.extract_text().count("…")) == (2 * len(crates), 0)
    (note,) = packing.notes(found)
    assert {row["name"]: row["lots"] for row in note["rows"]} == {"leek": printed, "milk": []}
    assert len(pictures([packing.delivery_notes(found, [note])], ppi=20)) == 1


@pytest.mark.parametrize("rows", [False, True])
def test_a_stop_begins_with_its_crates_and_is_named_again_on_the_next_page(planned, rows):
    sheet = rides.run_sheet(*ride_of(planned))
    like = sheet["stops"][0]
    for before in range(0, 45, 5):
        sheet["stops"] = [
            like | {"name": f"halt {name}", "rows": True, "crates": [crate(name, number) for number in range(count)]}
            for name, count in (("P", before), ("Q", 7), ("R", 120), ("S", 3))
        ]
        for stop in sheet["stops"][1:]:
            stop["rows"] = rows
        begun = set()
        for page in PdfReader(BytesIO(sheets.drawn([sheet]))).pages:
            text = page.extract_text()
            crates, halts = (set(re.findall(form, text)) for form in (r"\b([PQRS])\d+\b", r"halt ([PQRS])"))
            assert crates <= halts, "crates without the name of their stop"
            assert halts - begun - crates <= ({"P"} if not before else set()), "a stop that begins without its crates"
            begun |= halts


def crate(name, number):
    return {
        "letter": f"{name}{number}",
        "keeping": "cool",
        "what": "7 kg leek, 5 kg carrots" * (number % 3),
        "other": "",
    }


def test_a_label_tells_degrees_and_farm_however_long_the_words(planned, farm):
    name = "Paddenstoelenkwekerij Keldermans en dochters"
    Crate.objects.update(storage_class="ambient", max_temperature=25)
    Organisation.objects.filter(pk=farm.organisation_id).update(name=name)
    for language, most in (("nl", "hoogstens 25 °C"), ("fr", "au plus 25 °C"), ("en", "at most 25 °C")):
        with translation.override(language):
            (page,) = PdfReader(BytesIO(sheets.drawn([labels.of_ride(*ride_of(planned, "collection"))]))).pages
        text = " ".join(page.extract_text().split())
        assert (text.count(most), text.count(name), text.count("…")) == (6, 4, 0), text
