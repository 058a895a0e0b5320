"""Many changes at once: what was pasted, uploaded or asked by a rule is looked at first, then applied whole or not at all."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override

from network import tables
from network.errors import Refused
from network.models import OutboxEntry, Person
from producers import batches, sheet, stock, tasks
from producers.models import Batch, Offer, Supply
from tests.conftest import MONDAY, make_person, make_producer, make_product, open_week
from tests.network.test_tables import book

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def week(cycle, farm, leek, alice):
    """Leek at 1.60, of which 12 are ordered; carrots at 2.00; kale is not announced."""
    carrot, kale = make_product(farm, "carrot"), make_product(farm, "kale")
    rows = [stock.Announcement(leek, D(50), D("1.60")), stock.Announcement(carrot, D(20), D(2))]
    first, _second = stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    stock.reserve({first.pk: D(12)})
    return {"leek": leek, "carrot": carrot, "kale": kale}


def pasted(farm, text, by, **more):
    return batches.ask(producer=farm, week_on=MONDAY, source="pasted", content=text.encode(), by=by, **more)


def now():
    rows = Supply.objects.order_by("product").values_list("product__sku", "quantity", "price")
    return {sku: (quantity, price) for sku, quantity, price in rows}


def text(response):
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare.replace("\u00a0", " "))


def test_pasted_rows_are_compared_before_anything_changes(week, farm, alice):
    batch = pasted(farm, "leek\t60\t1,75\ncarrot\t20\t2,00\nkale\t5\t3\tno\nbeet\t1\t1", alice)
    looked = batches.looked_at(batch)
    assert [(r["name"], r["quantity"], r["price"], r["selling"]) for r in looked.right] == [
        ("leek", ["50.000", "60.000"], ["1.6000", "1.7500"], [[farm.organisation.memberships.get().network_id]] * 2),
        ("kale", [None, "5.000"], [None, "3.0000"], [None, []]),
    ]
    assert [(r["line"], r["name"], r["error"]) for r in looked.wrong] == [
        (4, "beet", "You have no product with this code or name.")
    ]
    assert looked.same == 1
    assert now() == {"leek": (50, D("1.6")), "carrot": (20, 2)}
    batches.apply(batch=batch)
    assert now() == {"leek": (60, D("1.75")), "carrot": (20, 2), "kale": (5, 3)}
    assert set(Offer.objects.filter(listed=False).values_list("supply__product__sku", flat=True)) == {"kale"}
    with pytest.raises(Refused, match="applied already"):
        batches.apply(batch=batch)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("leek\tveel\t1", "Enter a number"),
        ("leek\t-1\t1", "cannot be negative"),
        ("leek\t1.234,5\t1", "one comma"),
        ("leek\t50,5\t1", "sold per 1"),
        ("leek\t50\t0", "1 cent or more"),
        ("leek\t=2*3\t1", "formula"),
        ("leek\t11\t1,60", "12 kg of leek is already ordered."),
        ("leek\t60\t1,60\tperhaps", "yes or no"),
        ("kale\t\t3", "Enter how much you have"),
        ("kale\t3\t", "Enter what you want to receive."),
        ("\t3\t1", "no product with this code or name"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_and_the_others_go_on(week, farm, alice, row, error):
    looked = batches.looked_at(pasted(farm, f"{row}\ncarrot\t25\t2", alice))
    assert [error in r["error"] for r in looked.wrong] == [True]
    assert [r["name"] for r in looked.right] == ["carrot"]


def test_the_same_product_twice_or_two_of_a_name_are_wrong(week, farm, alice):
    make_product(farm, "kale-2", name={"nl": "Kale"})
    looked = batches.looked_at(pasted(farm, "leek\t60\t1,6\nLEEK\t70\t1,6\nkale\t1\t1\nKale\t1\t1", alice))
    assert [r["error"][:30] for r in looked.wrong] == [
        "The same product is here twice",
        "The same product is here twice",
    ]
    named = batches.looked_at(pasted(farm, "Product\tStock\tPrice\nKale\t1\t1", alice))
    assert [r["error"] for r in named.wrong] == ["Two of your products are called so. Use the code."]


def test_the_columns_are_known_by_their_names_in_any_language(week, farm, alice):
    with override("nl"):
        names = sheet.headings()
    quantity, code = names[3], names[0]
    found = batches.looked_at(pasted(farm, f"Hoeve Alice\n\n{quantity};x;{code}\n61;;leek", alice)).right
    assert [(r["name"], r["quantity"]) for r in found] == [("leek", ["50.000", "61.000"])]


def test_what_is_exported_and_imported_again_changes_nothing(week, farm, alice):
    make_product(farm, "danger", name={"nl": "=1+1", "en": "=1+1"})
    for language in ("nl", "en", "fr"):
        with override(language):
            rows = sheet.rows_of(farm, MONDAY)
            for content in (tables.as_csv(sheet.headings(), rows), tables.as_xlsx("x", sheet.headings(), rows)):
                batch = batches.ask(producer=farm, week_on=MONDAY, source="file", content=content, by=alice)
                assert batch.result == {"same": 4, "changes": []}, batch.message


def test_an_export_has_the_whole_desk_and_no_formula(week, farm, leek, alice, visit):
    make_product(farm, "danger", name={"nl": "=1+1", "en": "=1+1"})
    answer = visit(alice).get(reverse("producers:export", args=[farm.slug, MONDAY, "csv"]))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="hoeve-alice-{MONDAY}.csv"'
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert (
        lines[0] == "Code;Product;Unit;Stock;You receive;For sale;Ordered;Left;Expected;Stock last time;Price last time"
    )
    assert lines[2] == "leek;leek;kg;50;1.6;yes;12;38;19.2;;"
    assert lines[3].startswith("danger;'=1+1;kg;;;;")
    xlsx = visit(alice).get(reverse("producers:export", args=[farm.slug, MONDAY, "xlsx"]))
    assert tables.from_file(xlsx.content).rows[2][1][:4] == ["leek", "leek", "kg", "50"]
    assert visit(alice).get(reverse("producers:export", args=[farm.slug, MONDAY, "pdf"])).status_code == 404


def test_a_file_with_merged_cells_says_so(week, farm, alice):
    content = book(["Product", "Stock"], ["leek", 60], ["carrot", None], merge="B2:B3")
    looked = batches.looked_at(batches.ask(producer=farm, week_on=MONDAY, source="file", content=content, by=alice))
    assert [(r["name"], r["error"]) for r in looked.wrong] == [
        ("carrot", "This row is in a merged cell. Write its value in every row.")
    ]


def test_a_price_far_from_last_time_needs_a_word(week, farm, alice):
    batch = pasted(farm, "leek\t50\t16", alice)
    assert [r["odd"] for r in batches.looked_at(batch).right] == ["1.6000"]
    with pytest.raises(Refused, match="far from last time"):
        batches.apply(batch=batch)
    batches.apply(batch=batch, sure=True)
    assert now()["leek"] == (50, 16)


@pytest.mark.parametrize(
    ("rule", "percent", "prices", "listed"),
    [
        ("percent", D(5), {"leek": D("1.68"), "carrot": D("2.10")}, {True}),
        ("percent", D("-12.5"), {"leek": D("1.40"), "carrot": D("1.75")}, {True}),
        ("all_off", None, {"leek": D("1.6"), "carrot": D(2)}, {False}),
    ],
)
def test_a_rule_changes_everything_announced(week, farm, alice, rule, percent, prices, listed):
    batch = batches.ask_by_rule(producer=farm, week_on=MONDAY, rule=rule, percent=percent, by=alice)
    batches.apply(batch=batch)
    assert {sku: price for sku, (_quantity, price) in now().items()} == prices
    assert set(Offer.objects.values_list("listed", flat=True)) == listed


def test_prices_go_back_to_last_weeks_and_all_goes_on_again(week, network, farm, leek, alice):
    later = MONDAY + timedelta(weeks=1)
    open_week(network, later)
    stock.announce(product=leek, week_on=later, quantity=D(9), price=D("1.90"), listed=False, by=alice)
    for rule in ("last_price", "all_on"):
        batches.apply(batch=batches.ask_by_rule(producer=farm, week_on=later, rule=rule, by=alice))
    assert Supply.objects.get(week_on=later).price == D("1.60")
    assert set(Offer.objects.filter(supply__week_on=later).values_list("listed", flat=True)) == {True}
    none = batches.ask_by_rule(producer=farm, week_on=later + timedelta(weeks=1), rule="all_off", by=alice)
    assert (none.status, none.message) == ("refused", "Nothing is announced in this week yet.")


@pytest.mark.parametrize("percent", [D(0), D(-51), D(101), None])
def test_a_percentage_that_makes_no_sense_is_refused(week, farm, alice, percent):
    with pytest.raises(Refused, match="from -50 to 100") as refused:
        batches.ask_by_rule(producer=farm, week_on=MONDAY, rule="percent", percent=percent, by=alice)
    assert refused.value.field == "percent"


def test_what_changed_meanwhile_is_compared_again_and_nothing_is_applied(week, farm, leek, alice):
    batch = pasted(farm, "leek\t60\t1,60\ncarrot\t25\t2", alice)
    stock.announce(product=leek, week_on=MONDAY, quantity=D(40), price=D("1.60"), by=make_person("els"))
    batches.apply(batch=batch)
    batch.refresh_from_db()
    assert batch.status == "ready" and "Somebody else changed leek" in batch.message
    assert now() == {"leek": (40, D("1.6")), "carrot": (20, 2)}
    assert batches.looked_at(batch).right[0]["quantity"] == ["40.000", "60.000"]
    batches.apply(batch=batch)
    assert now() == {"leek": (60, D("1.6")), "carrot": (25, 2)}


def test_a_large_one_is_a_job_whose_progress_the_page_shows(week, farm, alice, visit):
    text_of_many = "\n".join(f"p{number:05};1;1" for number in range(3000))
    batch = pasted(farm, text_of_many, alice)
    assert batch.status == "waiting"
    assert OutboxEntry.objects.get(kind="batch").payload == {"batch": batch.pk}
    cache.set(f"batch-{batch.pk}-percent", 40)
    page = visit(alice).get(reverse("producers:batch", args=[farm.slug, batch.pk]))
    assert "Being read" in text(page) and 'value="40"' in page.content.decode()
    tasks.work_on_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, len(batches.looked_at(batch).wrong), tasks.percent_of(batch)) == ("ready", 3000, 99)
    page = visit(alice).get(reverse("producers:batch", args=[farm.slug, batch.pk]))
    assert "And 2800 more." in text(page)
    tasks.work_on_batch(batch.pk)


def test_comparing_takes_as_many_queries_for_two_rows_as_for_forty(week, farm, alice, django_assert_num_queries):
    wanted = sheet.wanted_of(tables.from_text("leek\t60\t1\ncarrot\t9\t1"))
    many = [make_product(farm, f"p{number}") for number in range(40)]
    more = sheet.wanted_of(tables.from_text("\n".join(f"{product.sku}\t5\t1" for product in many)))
    for rows in (wanted, more):
        with django_assert_num_queries(5):
            batches.compare(producer=farm, week_on=MONDAY, wanted=rows)


def test_from_pasting_to_applying_on_the_pages(week, farm, alice, visit):
    client, many = visit(alice), reverse("producers:many", args=[farm.slug, MONDAY])
    shown = client.post(many, {"what": "cells", "text": "leek\t60\t1,75\nbeet\t1\t1"}, follow=True)
    assert "Will change 1 Wrong, left as they are 1 The same already 0" in text(shown)
    assert "€ 1.60 € 1.75" in text(shown) and "data-leave" in shown.content.decode()
    batch = Batch.objects.get()
    done = client.post(reverse("producers:batch", args=[farm.slug, batch.pk]), follow=True)
    assert done.redirect_chain == [(reverse("producers:week", args=[farm.slug, MONDAY]), 302)]
    assert "1 product changed." in text(done)
    again = client.post(reverse("producers:batch", args=[farm.slug, batch.pk]))
    assert again.status_code == 422 and "applied already" in text(again)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"what": "cells", "text": " "}, "Paste some cells here, or choose a file."),
        ({"what": "rule", "rule": "percent", "percent": "veel"}, "Enter a number"),
        ({"what": "rule", "rule": "percent", "percent": ""}, "from -50 to 100"),
        ({"what": "rule", "rule": "nonsense"}, "nonsense is not one of the available choices"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_field(week, farm, alice, visit, sent, sentence):
    answer = visit(alice).post(reverse("producers:many", args=[farm.slug, MONDAY]), sent)
    assert answer.status_code == 422 and sentence in text(answer)
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("foto.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 500, "Save it as .xlsx or .csv"),
        ("groot.csv", b"leek;1\n" * 12_000, "more than 10000 rows"),
        ("leeg.csv", b"\n\n", "no rows here"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_on_its_page(week, farm, alice, visit, name, content, sentence):
    file = SimpleUploadedFile(name, content)
    shown = visit(alice).post(
        reverse("producers:many", args=[farm.slug, MONDAY]), {"what": "cells", "file": file}, follow=True
    )
    batch = Batch.objects.get()
    if batch.status == "waiting":
        Person.objects.update(language="en")
        tasks.work_on_batch(batch.pk)
        shown = visit(alice).get(reverse("producers:batch", args=[farm.slug, batch.pk]))
    assert sentence in text(shown)
    assert now() == {"leek": (50, D("1.6")), "carrot": (20, 2)}


def test_a_batch_of_another_farm_is_not_hers(week, network, farm, alice, visit):
    eve = make_person("eve")
    other = make_producer(network, "Hoeve Eve", eve)
    batch = pasted(farm, "leek\t60\t1,75", alice)
    assert visit(eve).post(reverse("producers:batch", args=[other.slug, batch.pk])).status_code == 404
    assert visit(eve).post(reverse("producers:batch", args=[farm.slug, batch.pk])).status_code == 403
    foreign = batches.looked_at(
        batches.ask(producer=other, week_on=MONDAY, source="pasted", content=b"leek\t1\t1", by=eve)
    )
    assert [r["error"] for r in foreign.wrong] == ["You have no product with this code or name."]
    assert now()["leek"] == (50, D("1.6"))
