import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import rounds, versions
from logistics.models import Crate, Pickup, Round, Stop
from network import clock
from network.models import NetworkRole, Person
from orders.models import Order, PurchaseOrder, PurchaseOrderLine
from tests.conftest import NOW, make_person, make_product
from tests.logistics.conftest import freeze, make_order


@pytest.fixture
def planned(closed_day, vehicle, gust):
    rounds.plan_rounds(day=closed_day, iterations=30)
    versions.publish(day=closed_day, by=None)
    return closed_day


@pytest.fixture
def at_alice(planned, farm):
    return Stop.objects.select_related("round").get(producer=farm)


@pytest.fixture
def driver(client, gust):
    client.force_login(gust)
    return client


def url(stop, name="stop"):
    return reverse(f"logistics:{name}", args=[stop.round_id, stop.position])


def statuses(stop):
    return [crate.status for crate in stop.crates.order_by("pk")]


def test_a_driver_finds_her_rounds_and_a_volunteer_her_point(driver, client, planned, fien):
    page = driver.get(reverse("logistics:my_rounds")).content.decode()
    for round_ in planned.rounds.all():
        assert reverse("logistics:round", args=[round_.pk]) in page
    client.force_login(fien)
    page = client.get(reverse("logistics:my_rounds")).content.decode()
    assert reverse("logistics:pickup", args=[planned.deliveries.get(pickup_point__code="a1").pk]) in page


def test_a_round_leads_to_its_stops_and_hides_its_cost_from_the_driver(driver, at_alice, dana, client):
    page = reverse("logistics:round", args=[at_alice.round_id])
    content = driver.get(page).content.decode()
    assert url(at_alice) in content
    assert "€" not in content
    client.force_login(dana)
    assert "€" in client.get(page).content.decode()


def test_a_stop_shows_its_crates_and_whom_to_call(driver, at_alice, alice):
    Person.objects.filter(pk=alice.pk).update(phone="0470 12 34 56")
    page = driver.get(url(at_alice)).content.decode()
    assert page.count('role="checkbox"') == 4
    assert 'href="tel:0470123456"' in page
    assert "geo:51.1,3.6" in page
    assert reverse("logistics:missing", args=[PurchaseOrder.objects.get(producer=at_alice.producer).pk]) in page


def test_one_tap_checks_a_crate_and_another_takes_it_back(driver, at_alice):
    pk = at_alice.crates.first().pk
    assert driver.post(url(at_alice, "check"), {"crate": pk}).url == url(at_alice)
    assert statuses(at_alice) == ["loaded", "expected", "expected", "expected"]
    driver.post(url(at_alice, "check"), {"crate": pk})
    assert statuses(at_alice)[0] == "loaded"
    driver.post(url(at_alice, "check"), {"back": pk})
    assert statuses(at_alice)[0] == "expected"


def test_all_correct_leads_to_the_next_stop_and_at_the_end_to_the_round(driver, at_alice):
    for stop in at_alice.round.stops.order_by("position"):
        answer = driver.post(url(stop, "check"), {"all": "1"})
    assert answer.url == reverse("logistics:round", args=[at_alice.round_id])
    finish = reverse("logistics:finish", args=[at_alice.round_id])
    assert finish in driver.get(answer.url).content.decode()
    driver.post(finish)
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.DRIVEN


def test_a_driver_goes_on_where_something_is_missing_and_all_correct_leaves_it_out(driver, at_alice):
    at_alice.round.stops.exclude(pk=at_alice.pk).update(position=2)
    Stop.objects.filter(pk=at_alice.pk).update(position=1)
    at_alice.refresh_from_db()
    gone = at_alice.crates.order_by("pk").first()
    assert "data-onward data-away hidden" in driver.get(url(at_alice)).content.decode()
    driver.post(url(at_alice, "note"), {"kind": "trouble", "trouble": "missing", "crate": gone.pk, "stop": at_alice.pk})
    page = driver.get(url(at_alice)).content.decode()
    assert "gemeld als ontbrekend" in page
    other = at_alice.round.stops.get(position=2)
    assert f'data-onward data-away href="{url(other)}"' in page
    driver.post(url(at_alice, "check"), {"all": "1"})
    assert statuses(at_alice) == ["expected", "loaded", "loaded", "loaded"]
    driver.post(url(at_alice, "note"), {"kind": "left", "stop": at_alice.pk})
    ahead = driver.get(reverse("logistics:round", args=[at_alice.round_id])).content.decode()
    assert f'btn go" data-way href="{url(other)}"' in ahead
    driver.post(url(other, "check"), {"all": "1"})
    finish = reverse("logistics:finish", args=[at_alice.round_id])
    assert finish in driver.get(reverse("logistics:round", args=[at_alice.round_id])).content.decode()
    page = driver.post(finish, follow=True, headers={"accept-language": "en"}).content.decode()
    assert "1 crate of stop 1 is neither checked off nor recorded as missing." in page
    driver.post(url(at_alice, "check"), {"crate": gone.pk})
    driver.post(finish)
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.DRIVEN


def test_the_warmest_a_box_may_be_at_a_stop_is_what_the_log_will_say(driver, at_alice):
    first, second = at_alice.round.stops.order_by("position")
    Crate.objects.filter(leg="collection").update(storage_class="cold", max_temperature=None)
    second.crates.update(max_temperature=2)
    assert 'data-most="7"' in driver.get(url(first)).content.decode()
    assert 'data-most="2"' in driver.get(url(second)).content.decode()
    Crate.objects.filter(leg="collection").update(storage_class="cool", max_temperature=None)
    assert 'value="cool">' in driver.get(url(first)).content.decode()
    first.crates.update(storage_class="ambient")
    assert 'name="celsius"' not in driver.get(url(first)).content.decode()
    assert 'name="celsius"' in driver.get(url(second)).content.decode()


def test_a_round_does_not_finish_before_its_crates_are_accounted_for(driver, at_alice):
    page = driver.post(reverse("logistics:finish", args=[at_alice.round_id]), follow=True).content.decode()
    assert "6" in page
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.PLANNED


@pytest.mark.parametrize("values", [{}, {"crate": "x"}, {"crate": "-4"}, {"crate": "99999999"}])
def test_nonsense_checks_nothing(driver, at_alice, values):
    assert driver.post(url(at_alice, "check"), values).status_code == 302
    assert set(statuses(at_alice)) == {"expected"}


def test_a_crate_of_another_round_is_not_checked(driver, at_alice, planned):
    elsewhere = planned.crates.filter(leg="distribution").first()
    driver.post(url(at_alice, "check"), {"crate": elsewhere.pk})
    elsewhere.refresh_from_db()
    assert elsewhere.status == Crate.Status.EXPECTED


def test_another_driver_gets_403_and_a_stranger_404_and_nothing_changes(client, network, at_alice, charlie):
    other = make_person("hilde")
    NetworkRole.objects.create(network=network, person=other, role="driver")
    for person, expected in ((other, 403), (charlie, 404)):
        client.force_login(person)
        assert client.get(url(at_alice)).status_code == expected
        assert client.post(url(at_alice, "check"), {"all": "1"}).status_code == expected
    assert set(statuses(at_alice)) == {"expected"}


def test_what_is_missing_is_recorded_and_leads_back_to_the_stop(driver, at_alice, leek):
    line = PurchaseOrderLine.objects.get(product=leek)
    page = reverse("logistics:missing", args=[line.purchase_order_id])
    answer = driver.post(page, {f"missing_{line.pk}": "10", "reason": "vorst", "next": url(at_alice)})
    assert answer.url == url(at_alice)
    line.refresh_from_db()
    assert line.missing == 10
    assert statuses(at_alice).count("missing") == 1
    assert 'value="10"' in driver.get(page).content.decode()


@pytest.mark.parametrize("wrong", ["-1", "38", "0,5", "many", "1e9", "100001"])
def test_an_impossible_shortage_is_explained_beside_its_field_and_changes_nothing(driver, planned, leek, farm, wrong):
    PurchaseOrderLine.objects.filter(product=leek).update(quantity=37)
    line = PurchaseOrderLine.objects.get(product=leek)
    answer = driver.post(reverse("logistics:missing", args=[line.purchase_order_id]), {f"missing_{line.pk}": wrong})
    assert answer.status_code == 422
    assert f'aria-describedby="id_missing_{line.pk}_error"' in answer.content.decode()
    line.refresh_from_db()
    assert line.missing == 0


def test_one_wrong_shortage_records_none(driver, day, delivery, household, vehicle, leek, farm):
    kale = make_product(farm, "kale")
    make_order(delivery, household, {leek: 5, kale: 5})
    freeze(day)
    rounds.plan_rounds(day=day, iterations=20)
    first, second = PurchaseOrderLine.objects.order_by("pk")
    values = {f"missing_{first.pk}": "2", f"missing_{second.pk}": "9"}
    assert driver.post(reverse("logistics:missing", args=[first.purchase_order_id]), values).status_code == 422
    assert set(PurchaseOrderLine.objects.values_list("missing", flat=True)) == {Decimal(0)}


def test_it_never_leads_back_to_another_site(driver, at_alice, leek):
    line = PurchaseOrderLine.objects.get(product=leek)
    page = reverse("logistics:missing", args=[line.purchase_order_id])
    assert driver.post(page, {"next": "https://elsewhere.example/"}).url == page


def test_the_coordinator_gives_a_round_to_a_driver(client, dana, gust, bob, at_alice):
    client.force_login(dana)
    page = reverse("logistics:driver", args=[at_alice.round_id])
    assert client.post(page, {"driver": ""}).status_code == 302
    assert Round.objects.get(pk=at_alice.round_id).driver is None
    assert client.post(page, {"driver": bob.pk}).status_code == 422
    assert client.post(page, {"driver": gust.pk}).status_code == 302
    assert Round.objects.get(pk=at_alice.round_id).driver == gust


def test_a_volunteer_sees_names_numbers_crates_and_nothing_private(client, fien, planned, bob, household):
    Person.objects.filter(pk=bob.pk).update(phone="0499 99 99 99")
    delivery = planned.deliveries.get(pickup_point__code="a1")
    order = Order.objects.get(buyer=household)
    client.force_login(fien)
    page = client.get(reverse("logistics:pickup", args=[delivery.pk])).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    for shown in ("Gezin Bob", f"<b>{order.pk}</b>", "B1 B2 C1", "Leek"):
        assert shown in main
    for private in ("0499", bob.email, household.place.street, "€", reverse("orders:detail", args=[order.pk])):
        assert private not in main


def test_an_order_is_checked_off_in_one_tap(client, fien, planned, household):
    delivery = planned.deliveries.get(pickup_point__code="a1")
    order = Order.objects.get(buyer=household)
    client.force_login(fien)
    page = reverse("logistics:hand_over", args=[delivery.pk])
    client.post(page, {"order": order.pk})
    client.post(page, {"order": order.pk})
    assert Pickup.objects.get().order == order
    with clock.at(NOW + timedelta(minutes=1)):
        client.post(page, {"order": order.pk, "undo": "1"})
    assert not Pickup.objects.exists()


def test_a_volunteer_of_another_point_gets_403_and_changes_nothing(client, fien, planned, network):
    delivery = planned.deliveries.get(pickup_point__code="b2")
    client.force_login(fien)
    assert client.get(reverse("logistics:pickup", args=[delivery.pk])).status_code == 403
    order = delivery.orders.get()
    assert client.post(reverse("logistics:hand_over", args=[delivery.pk]), {"order": order.pk}).status_code == 403
    assert not Pickup.objects.exists()


@pytest.mark.parametrize("order", ["", "x", "99999999"])
def test_an_order_of_nowhere_is_not_handed_over(client, fien, planned, order):
    client.force_login(fien)
    delivery = planned.deliveries.get(pickup_point__code="a1")
    assert client.post(reverse("logistics:hand_over", args=[delivery.pk]), {"order": order}).status_code == 404


def test_beer_asks_for_the_age_and_bottles_for_the_empties(client, fien, day, delivery, household, farm):
    beer = make_product(farm, "beer", alcohol=Decimal("6.5"), deposit=Decimal("0.10"), unit="bottle")
    make_order(delivery, household, {beer: 6})
    line = Order.objects.get().lines.get()
    line.deposit = beer.deposit
    line.save()
    client.force_login(fien)
    page = client.get(reverse("logistics:pickup", args=[delivery.pk])).content.decode()
    assert "16+" in page


def test_the_number_of_queries_on_the_road(driver, client, planned, at_alice, fien, django_assert_num_queries):
    pages = [
        (driver, reverse("logistics:my_rounds"), 5),
        (driver, reverse("logistics:round", args=[at_alice.round_id]), 10),
        (driver, url(at_alice), 14),
    ]
    for who, page, queries in pages:
        who.get(page)
        with django_assert_num_queries(queries):
            who.get(page)
    client.force_login(fien)
    page = reverse("logistics:pickup", args=[planned.deliveries.get(pickup_point__code="a1").pk])
    client.get(page)
    with django_assert_num_queries(12):
        client.get(page)


def test_the_phones_worker_names_files_as_they_are_gathered(client, settings, tmp_path):
    """With hashes in their names, as a running server has them and tests have not."""
    gathered = {"version": "1.1", "hash": "", "paths": {"js/outbox.js": "js/outbox.5f3a.js"}}
    (tmp_path / "staticfiles.json").write_text(json.dumps(gathered))
    settings.STATIC_ROOT = tmp_path
    kept_with_hashes = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": kept_with_hashes}
    answer = client.get("/sw.js")
    assert answer.status_code == 200
    assert "importScripts('/static/js/outbox.5f3a.js')" in answer.content.decode()
    assert "const STATIC = '/static/'\n" in answer.content.decode()
