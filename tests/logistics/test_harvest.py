"""A farm harvests and brings: the list, what changed, what cannot come, the scales, and the papers."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from logistics import harvest, rounds, versions
from logistics.models import Crate, TransportChoice
from logistics.sheets import harvest as papers
from network import clock
from network.models import OutboxEntry
from orders import purchasing, shortages
from orders.models import Order, OrderLine, PurchaseChange, PurchaseOrder, PurchaseRead
from producers import lots
from tests.conftest import make_product
from tests.logistics.conftest import freeze, make_order

D = Decimal


@pytest.fixture
def purchase(closed_day, farm):
    """37 kg of leek: 12 for the first point, 25 for the second. No plan yet."""
    return harvest_of(PurchaseOrder.objects.get(producer=farm).pk)


def harvest_of(pk):
    return PurchaseOrder.objects.select_related(
        "delivery_day__cycle__network__hub",
        "delivery_day__cycle__network__organisation",
        "producer__organisation__place",
    ).get(pk=pk)


def text(response):
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare.replace("\u00a0", " "))


def page(name, purchase, **more):
    return reverse(f"logistics:{name}", kwargs={"slug": purchase.producer.slug, "pk": purchase.pk} | more)


def test_the_list_is_there_as_soon_as_the_day_has_closed(purchase, django_assert_num_queries):
    with django_assert_num_queries(9):
        found = harvest.of(purchase)
    assert [(pick.name, pick.quantity, pick.unit, pick.letters) for pick in found.picks] == [
        ("leek", 37, "kg", ["B1–B4"])
    ]
    assert [(box.crate.letter, box.to, box.goods) for box in found.boxes] == [
        ("B1", "", [("leek", "10 kg")]),
        ("B2", "", [("leek", "10 kg")]),
        ("B3", "", [("leek", "10 kg")]),
        ("B4", "", [("leek", "7 kg")]),
    ]
    assert [(str(drop.delivery.destination), drop.goods) for drop in found.drops] == [
        ("Punt a1", [("leek", "12 kg")]),
        ("Punt b2", [("leek", "25 kg")]),
    ]
    assert (found.version, found.planned, found.stop, found.load) == (1, False, None, "4 crates: 4 cool · 37 kg")


def test_once_planned_the_crates_are_those_of_the_plan(purchase, closed_day, vehicle, dana):
    rounds.plan_rounds(day=closed_day, iterations=30)
    found = harvest.of(harvest_of(purchase.pk))
    assert [box.crate.pk for box in found.boxes] == list(
        Crate.objects.filter(producer=purchase.producer).order_by("pk").values_list("pk", flat=True)
    )
    assert found.planned and found.stop is None, "what is not published she does not see"
    closed_day.refresh_from_db()
    versions.publish(day=closed_day, by=dana)
    found = harvest.of(harvest_of(purchase.pk))
    assert re.fullmatch(r"Round \d comes at \d\d:\d\d", papers.leaves(found))


def test_who_chose_to_bring_is_told_so(purchase, farm):
    assert papers.leaves(harvest.of(purchase)) == ""
    TransportChoice.objects.create(producer=farm, week_on=purchase.delivery_day.cycle.week_on, transport="brings")
    assert papers.leaves(harvest.of(purchase)) == "Bring it to the hub"


def test_a_product_at_two_prices_is_picked_once(day, delivery, farm, leek, household, network):
    make_order(delivery, household, {leek: 3})
    OrderLine.objects.update(price=D(1))
    other = make_product(farm, "chard")
    make_order(delivery, network.organisation, {leek: 4, other: 2})
    freeze(day)
    found = harvest.of(harvest_of(PurchaseOrder.objects.get().pk))
    assert [(pick.name, pick.quantity, len(pick.lines)) for pick in found.picks] == [("chard", 2, 1), ("leek", 7, 2)]


def test_the_page_is_light_and_says_all(purchase, alice, visit, django_assert_num_queries):
    client = visit(alice)
    client.get(page("picking", purchase))
    with django_assert_num_queries(14):
        shown = client.get(page("picking", purchase))
    said = text(shown)
    assert "37 kg leek B1–B4" in said and "B4 7 kg leek" in said and "Punt b2 25 kg leek" in said
    assert len(shown.content) < 20_000
    assert 'data-tick="p' in shown.content.decode() and "Labels" not in said


def test_she_reads_on_top_what_changed_and_says_that_she_saw_it(purchase, alice, dana, visit):
    line = purchase.lines.get()
    client = visit(alice)
    client.get(page("picking_pdf", purchase))
    shortages.record_missing(line=line, missing=D(7), by=dana, reason="Blown away")
    said = text(client.get(page("picking", purchase)))
    assert "Changed, and you have not seen it yet −7 kg leek 37 becomes 30" in said
    assert "Cannot be delivered: Blown away · Dana, " in said and "Not on your paper (version 1)" in said
    assert "1 change since the cut-off that you have not seen" in text(
        client.get(reverse("logistics:harvests", args=[purchase.producer.slug]))
    )
    done = client.post(page("picking_seen", purchase), {"version": "2"}, follow=True)
    assert "Noted: you saw 1 change." in text(done) and "you have not seen it yet" not in text(done)
    assert "Alice saw everything up to version 2" in text(done)
    again = client.post(page("picking_seen", purchase), {"version": "7"}, follow=True)
    assert "There is no such version" in text(again)


def test_a_coordinator_does_not_say_for_her_that_she_saw_it(purchase, dana, visit):
    shortages.record_missing(line=purchase.lines.get(), missing=D(7), by=dana)
    assert visit(dana).post(page("picking_seen", purchase), {"version": "2"}).status_code == 403
    assert not PurchaseRead.objects.exists()


def test_another_farms_order_is_not_found_under_her_name(purchase, second_farm, alice, visit):
    other = PurchaseOrder.objects.get(producer=second_farm)
    url = reverse("logistics:picking", args=[purchase.producer.slug, other.pk])
    assert visit(alice).get(url).status_code == 404


def test_what_is_to_do_is_one_query(purchase, farm, alice, dana, django_assert_num_queries):
    OrderLine.objects.filter(producer=farm).update(sold_by_weight=True)
    shortages.record_missing(line=purchase.lines.get(), missing=D(1), by=dana)
    with django_assert_num_queries(1):
        (todo,) = harvest.to_do(farm)
    assert (todo.products, todo.unseen, todo.by_weight, todo.weighed, todo.to_weigh) == (1, 1, 2, 1, 1)
    with clock.at(clock.now() + timedelta(days=9)):
        assert harvest.to_do(farm) == []


def test_the_desk_leads_there_with_what_waits(purchase, farm, alice, dana, visit):
    shortages.record_missing(line=purchase.lines.get(), missing=D(1), by=dana)
    said = text(visit(alice).get(reverse("producers:desk", args=[farm.slug])))
    assert "Thursday 5 March 1 change since the cut-off that you have not seen Pick 1 product" in said


# Cannot deliver


def test_she_sees_who_gets_less_before_she_says_so(purchase, alice, visit, django_assert_num_queries):
    line, client = purchase.lines.get(), visit(alice)
    url = page("less", purchase, line=line.pk)
    assert "37 kg asked" in text(client.get(url))
    with django_assert_num_queries(9):
        shown = client.get(url, {"missing": "10", "why": "hail", "rule": "pro_rata"})
    said = text(shown)
    assert "For 2 orders something changes" in said and "Punt b2, Thursday 25 18" in said
    assert OrderLine.objects.filter(packed__isnull=False).count() == 0
    mark = re.search(r'name="mark" value="(\w+)"', shown.content.decode())[1]
    sent = {"missing": "10", "why": "hail", "reason": "", "rule": "pro_rata", "mark": mark, "keep_rule": "on"}
    done = client.post(url, sent, follow=True)
    assert "Everybody who gets less has been sent a mail" in text(done)
    change = PurchaseChange.objects.get()
    assert (change.kind, change.why, change.difference, change.by_farm) == ("missing", "hail", -10, True)
    assert list(OrderLine.objects.filter(product=line.product).order_by("pk").values_list("packed", flat=True)) == [
        9,
        18,
    ]
    assert OutboxEntry.objects.filter(kind="order_cut").count() == 2
    again = client.post(url, sent)
    assert again.status_code == 422 and "Look at the list again" in text(again)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("0", "noted already"),
        ("38", "Only 37 was asked"),
        ("veel", "Enter a number"),
        ("", "required"),
        ("-1", "negative"),
        ("1.2.3", "comma"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(purchase, alice, visit, wrong, sentence):
    url = page("less", purchase, line=purchase.lines.get().pk)
    assert sentence in text(visit(alice).get(url, {"missing": wrong, "why": "hail", "rule": "pro_rata"}))


def test_what_has_left_is_the_coordinators_to_say(purchase, alice, visit):
    purchase.delivery_day.status = "driven"
    purchase.delivery_day.save()
    answer = visit(alice).post(page("less", purchase, line=purchase.lines.get().pk), {"missing": "1"}, follow=True)
    assert "These goods have left" in text(answer)
    assert not PurchaseChange.objects.exists()


# The scales


@pytest.fixture
def by_weight(purchase, farm):
    OrderLine.objects.filter(producer=farm).update(sold_by_weight=True)
    return list(OrderLine.objects.filter(producer=farm).order_by("pk"))


def test_all_weights_in_one_form_without_scripts(purchase, by_weight, alice, visit, django_assert_num_queries):
    client, url = visit(alice), page("weigh", purchase)
    with django_assert_num_queries(7):
        shown = client.get(url)
    assert "12 kg ordered" in text(shown) and "0 of 37 kg · 0 of 2 weighed" in text(shown)
    one, two = by_weight
    assert (
        f"Order {one.order_id}" in text(shown) and f"Weight of leek for order {two.order_id}" in shown.content.decode()
    )
    Order.objects.filter(pk=one.order_id).update(number=two.order_id)
    assert f"Pickup number {two.order_id}" in text(client.get(url))
    done = client.post(url, {f"weight_{one.pk}": "11,85", f"weight_{two.pk}": "25.4"}, follow=True)
    assert "37.25 of 37 kg · 2 of 2 weighed" in text(done)
    assert packed(by_weight) == [D("11.85"), D("25.4")]
    client.post(url, {f"weight_{one.pk}": "", f"was_{one.pk}": "11.85"})
    assert packed(by_weight) == [None, D("25.4")]


def packed(lines):
    return list(OrderLine.objects.filter(pk__in=lines_of(lines)).order_by("pk").values_list("packed", flat=True))


def lines_of(lines):
    return [line.pk for line in lines]


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [("14", "13.2 at most is paid for. Sure?"), ("1,185", "far below the 12 that was ordered. Sure?")],
)
def test_a_weight_far_off_is_asked_about_and_the_others_are_saved(purchase, by_weight, alice, visit, weight, sentence):
    client, url = visit(alice), page("weigh", purchase)
    one, two = by_weight
    asked = client.post(url, {f"weight_{one.pk}": weight, f"weight_{two.pk}": "25"})
    assert asked.status_code == 422 and sentence in text(asked)
    assert packed(by_weight) == [None, D(25)]
    sure = re.search(rf'name="sure_{one.pk}" value="([\d.]+)"', asked.content.decode())[1]
    client.post(url, {f"weight_{one.pk}": weight, f"sure_{one.pk}": sure})
    assert packed(by_weight)[0] == D(sure)


@pytest.mark.parametrize(
    ("weight", "sentence"), [("zwaar", "Enter a number"), ("-2", "cannot be negative"), ("1,2345", "3 decimals")]
)
def test_what_is_no_weight_is_said_beside_its_field(purchase, by_weight, alice, visit, weight, sentence):
    answer = visit(alice).post(page("weigh", purchase), {f"weight_{by_weight[0].pk}": weight})
    assert answer.status_code == 422 and sentence in text(answer)
    assert f'value="{weight}"' in answer.content.decode()
    assert packed(by_weight) == [None, None]


def test_a_line_comes_back_alone_with_its_total(purchase, by_weight, alice, visit):
    one, _two = by_weight
    answer = visit(alice).post(
        page("weigh", purchase),
        {"line": one.pk, f"weight_{one.pk}": "12,1", f"was_{one.pk}": ""},
        headers={"HX-Request": "true"},
    )
    assert answer.content.decode().count("<li") == 1
    assert "Saved" in text(answer) and "12.1 of 37 kg · 1 of 2 weighed" in text(answer)


def test_what_a_colleague_weighed_meanwhile_is_shown_first(purchase, by_weight, alice, visit):
    one, _two = by_weight
    OrderLine.objects.filter(pk=one.pk).update(packed=D("11.5"))
    client, url = visit(alice), page("weigh", purchase)
    answer = client.post(url, {f"weight_{one.pk}": "12", f"was_{one.pk}": ""})
    assert "Meanwhile somebody noted 11.5." in text(answer) and packed(by_weight)[0] == D("11.5")
    client.post(url, {f"weight_{one.pk}": "12", f"was_{one.pk}": "11.5"})
    assert packed(by_weight)[0] == 12


def test_another_farms_lines_are_not_hers_to_weigh(purchase, by_weight, second_farm, alice, visit):
    OrderLine.objects.filter(producer=second_farm).update(sold_by_weight=True)
    milk = OrderLine.objects.filter(producer=second_farm).first()
    visit(alice).post(page("weigh", purchase), {f"weight_{milk.pk}": "5"})
    milk.refresh_from_db()
    assert milk.packed is None


# Papers


def words_of(answer):
    return [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]


def test_the_list_on_paper_says_its_version_and_that_is_remembered(purchase, alice, dana, visit):
    shortages.record_missing(line=purchase.lines.get(), missing=D(7), by=dana, reason="Blown away")
    (paper,) = words_of(visit(alice).get(page("picking_pdf", purchase)))
    assert "Version 2" in paper and "30 kg" in paper and "−7 kg" in paper and "Punt b2" in paper
    assert list(PurchaseRead.objects.values_list("kind", "version", "by__name")) == [("printed", 2, "Alice")]


def test_labels_are_those_of_the_plan(purchase, closed_day, vehicle, alice, visit):
    early = visit(alice).get(page("farm_labels", purchase), follow=True)
    assert "Labels are there once the rounds of this day are planned." in text(early)
    rounds.plan_rounds(day=closed_day, iterations=30)
    found = papers.crate_labels(harvest.of(harvest_of(purchase.pk)))
    assert [(label["letter"], label["count"], label["lines"]) for label in found["crates"]] == [
        ("B1", "1/4", [["leek", "10 kg"]]),
        ("B2", "2/4", [["leek", "10 kg"]]),
        ("B3", "3/4", [["leek", "10 kg"]]),
        ("B4", "4/4", [["leek", "7 kg"]]),
    ]
    assert len(words_of(visit(alice).get(page("farm_labels", purchase)))) == 1


def test_the_delivery_note_has_classes_products_and_no_prices(purchase, alice, dana, visit):
    line = purchase.lines.get()
    shortages.record_missing(line=line, missing=D(7), by=dana)
    day = purchase.delivery_day
    lot = lots.note(product=line.product, harvested_on=day.on, uses={day.pk: None}, by=alice)
    sheet = papers.handed_over(harvest.of(harvest_of(purchase.pk)))
    assert sheet["classes"] == [["Cool, at most 8 °C", "3 crates", "30 kg", ["B1–B3"]]]
    assert sheet["rows"] == [["leek", "30 kg", "cool, at most 8 °C", ["B1–B3"], [lot.printed]]]
    assert sheet["missing"] == ["leek: 7 kg"]
    (paper,) = words_of(visit(alice).get(page("farm_note", purchase)))
    assert "Hoeve Alice" in paper and "€" not in paper and "Given by" in paper


def test_printing_never_goes_back(purchase, alice, dana):
    purchasing.printed(purchase=purchase, version=1, by=alice)
    shortages.record_missing(line=purchase.lines.get(), missing=D(7), by=dana)
    found = harvest.of(harvest_of(purchase.pk))
    assert (found.printed.version, [change.version for change in found.since_printed]) == (1, [2])
