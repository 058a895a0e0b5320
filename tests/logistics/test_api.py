"""The address phones send to: its answers, what it refuses, and what works without scripts."""

import json
from pathlib import Path
from uuid import uuid4

import brotli
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from logistics import rounds
from logistics.models import (
    Crate,
    Empties,
    PhoneAction,
    Pickup,
    PlanVersion,
    Proof,
    Round,
    Stop,
    TemperatureReading,
    Trouble,
)
from network.errors import Refused
from network.models import NetworkRole
from orders.models import Order
from tests.conftest import NOW, make_person
from tests.logistics.test_phone import photo
from tests.producers.test_desk import text

MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    PlanVersion.objects.filter(delivery_day=closed_day).update(published_at=NOW)
    return closed_day


@pytest.fixture
def at_alice(planned, farm, gust):
    stop = Stop.objects.select_related("round").get(producer=farm)
    Round.objects.filter(pk=stop.round_id).update(driver=gust)
    return stop


@pytest.fixture
def address(at_alice):
    return reverse("logistics:round_actions", args=[at_alice.round_id])


@pytest.fixture
def post(visit, gust, address):
    client = visit(gust)

    def posted(*actions, **body):
        whole = {"person": gust.pk, "now": MS, "actions": list(actions)} | body
        return client.post(address, json.dumps(whole), content_type="application/json")

    return posted


def check(crate, **fields):
    return {"id": str(uuid4()), "kind": "check", "happened": MS - 1000, "crate": crate.pk} | fields


def test_an_answer_for_every_action(post, at_alice):
    action, nonsense = check(at_alice.crates.first()), check(at_alice.crates.first(), kind="dance")
    answer = post(action, nonsense)
    assert answer.status_code == 200
    first, second = answer.json()["answers"]
    assert first == {"id": action["id"], "outcome": "done", "sentence": ""}
    assert (second["outcome"], second["sentence"][:16]) == ("refused", "This page is too")
    assert (answer.json()["now"], answer.json()["offset"]) == (MS, 0)
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert post(action).json()["answers"][0]["outcome"] == "already"


def test_a_phone_hours_off_is_corrected_and_told_by_how_much(post, at_alice):
    hours = 3 * 3_600_000
    answer = post(check(at_alice.crates.first(), happened=MS + hours - 60_000), now=MS + hours)
    assert answer.json()["offset"] == -hours
    assert round((NOW - PhoneAction.objects.get().happened_at).total_seconds()) == 60
    later = post(now=MS + hours - 20_000, offset=-hours)
    assert later.json()["offset"] == -hours


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{}", "{nonsense", '{"person": 1}', '"' + "x" * 50 + '"',
        '{"person": "x", "now": 1, "actions": []}', '{"person": 1, "now": -5, "actions": []}',
        '{"person": 1, "now": 1e400, "actions": []}', '{"person": 1, "now": 1, "actions": [7]}',
        '{"person": 1, "now": 1, "offset": 1e30, "actions": []}',
        '{"person": 1, "now": 1, "actions": [{"id": "7", "kind": "check", "happened": 1}]}',
        '{"person": 1, "now": 1, "actions": [{"id": "ID", "kind": "check", "happened": 1, "crate": {"a": 1}}]}',
        '{"person": 1, "now": 1, "actions": [{"id": "ID", "kind": "check", "happened": 1, "note": "' + "x" * 401 + '"}]}',
        '{"person": 1, "now": 1, "actions": [{"id": "ID", "kind": "check", "happened": 1, "note": "\\u0000"}]}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_a_message_that_is_not_ours_is_a_problem_and_changes_nothing(client, gust, address, body):
    client.force_login(gust)
    answer = client.post(address, body.replace("ID", str(uuid4())), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["status"] == 400
    assert not PhoneAction.objects.exists()


def test_too_much_at_once_is_413_or_refused(post, at_alice):
    answer = post(check(at_alice.crates.first(), image="x" * 2_700_000))
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    crate = at_alice.crates.first()
    assert post(*(check(crate) for _ in range(601))).status_code == 400
    assert not PhoneAction.objects.exists()


def test_who_is_not_signed_in_not_driving_or_a_stranger_keeps_it_on_the_phone(
    address, at_alice, network, charlie, visit
):
    other = make_person("hilde")
    NetworkRole.objects.create(network=network, person=other, role="driver")
    body = json.dumps({"person": 0, "now": MS, "actions": [check(at_alice.crates.first())]})
    for person, status in ((None, 401), (other, 403), (charlie, 404)):
        for answer in (visit(person).get(address), visit(person).post(address, body, content_type="application/json")):
            assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
            assert "kept on this device" in answer.json()["detail"]
    assert not PhoneAction.objects.exists()


def test_what_somebody_else_did_on_this_phone_is_not_signed_by_me(post, at_alice, dana):
    answer = post(check(at_alice.crates.first()), person=dana.pk)
    assert answer.status_code == 403
    assert "Somebody else" in answer.json()["detail"]
    assert not PhoneAction.objects.exists()


def test_without_a_token_nothing_is_accepted_and_a_fresh_one_is_given(gust, address, at_alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(gust)
    body = json.dumps({"person": gust.pk, "now": MS, "actions": [check(at_alice.crates.first())]})
    assert strict.post(address, body, content_type="application/json").status_code == 403
    told = strict.get(address).json()
    assert told["person"] == gust.pk
    answer = strict.post(address, body, content_type="application/json", headers={"X-CSRFToken": told["csrf"]})
    assert answer.status_code == 200


def test_a_volunteer_sends_to_her_own_point_only(client, fien, planned):
    own, other = planned.deliveries.filter(outlet=None).order_by("pickup_point__code")
    client.force_login(fien)
    order = Order.objects.get(delivery=own)
    body = {"person": fien.pk, "now": MS, "actions": [
        {"id": str(uuid4()), "kind": "hand_over", "happened": MS, "order": order.pk}]}  # fmt: skip
    for delivery, status in ((other, 403), (own, 200)):
        address = reverse("logistics:delivery_actions", args=[delivery.pk])
        assert client.post(address, json.dumps(body), content_type="application/json").status_code == status
    assert Pickup.objects.get().order == order


# Forms, for browsers without scripts


@pytest.fixture
def note(client, gust, at_alice):
    client.force_login(gust)
    address = reverse("logistics:note", args=[at_alice.round_id, at_alice.position])

    def posted(**fields):
        answer = client.post(address, fields | {"stop": at_alice.pk}, follow=True, headers={"accept-language": "en"})
        assert answer.redirect_chain == [(reverse("logistics:stop", args=[at_alice.round_id, at_alice.position]), 302)]
        return answer.content.decode()

    return posted


def test_everything_can_be_noted_by_a_form(note, at_alice):
    assert "Noted." in note(kind="temperature", storage_class="cold", celsius="4,5")
    assert "Noted." in note(kind="trouble", trouble="nobody", note="gate closed")
    assert "gate closed" in note(kind="empties", crates="3")
    page = note(kind="proof", proof="signature", signed_by="Bel")
    assert "Bel" in page
    assert "4.5 °C" in page
    assert "Enter a number" in note(kind="temperature", storage_class="cold", celsius="warm")
    assert TemperatureReading.objects.count() == Trouble.objects.count() == Empties.objects.count() == 1


def test_a_photo_by_a_form_is_shown_to_its_driver_and_coordinator_only(note, at_alice, gust, dana, bob, charlie, visit):
    import base64

    content = base64.b64decode(photo((300, 200)).split(",")[1])
    assert "Noted." in note(kind="proof", proof="photo", image=ContentFile(content, "photo.jpg"))
    address = reverse("logistics:proof", args=[Proof.objects.get().pk])
    for person, status in ((gust, 200), (dana, 200), (bob, 403), (charlie, 404)):
        assert visit(person).get(address).status_code == status
    answer = visit(gust).get(address)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "private, no-store")
    assert b"".join(answer)[:3] == b"\xff\xd8\xff"
    assert "not a photo" in note(kind="proof", proof="photo", image=ContentFile(b"hello", "photo.jpg"))
    assert "larger than" in note(kind="proof", proof="photo", image=ContentFile(b"x" * 1_600_000, "photo.jpg"))
    Proof.objects.get().file.delete(save=False)
    assert visit(gust).get(reverse("logistics:proof", args=[0])).status_code == 404


def test_the_coordinator_sees_to_a_trouble(note, at_alice, gust, dana, visit):
    note(kind="trouble", trouble="damaged", note="wet")
    trouble = Trouble.objects.get()
    address = reverse("logistics:resolve", args=[trouble.pk])
    assert visit(gust).post(address).status_code == 403
    trouble.refresh_from_db()
    assert trouble.resolved_at is None
    page = visit(dana).get(reverse("logistics:round", args=[at_alice.round_id])).content.decode()
    assert "wet" in page
    assert address in page
    assert visit(dana).post(address).url == reverse("logistics:round", args=[at_alice.round_id])
    trouble.refresh_from_db()
    assert trouble.resolved_at == NOW


def test_what_drivers_report_stands_on_the_page_of_the_day_before_it_can_have_gone_as_planned(
    note, at_alice, planned, dana, visit
):
    Crate.objects.update(max_temperature=None)
    coordinator = visit(dana)
    day, drive = (reverse(f"logistics:{name}", args=[planned.pk]) for name in ("day", "drive"))
    assert "What was not as it should be" not in coordinator.get(day).content.decode()
    note(kind="trouble", trouble="nobody", note="gate closed")
    note(kind="temperature", storage_class="cold", celsius="7")
    note(kind="temperature", storage_class="cold", celsius="7,5")
    page = text(coordinator.get(day))
    assert "Round 1, Hoeve Alice : nobody there gate closed" in page
    assert "Too warm on the road Round 1, Hoeve Alice: cold 7.5 °C , at most 7 °C" in page
    assert page.count(" °C ,") == 1
    assert "first see to what the drivers reported" in text(coordinator.post(drive, follow=True))
    planned.refresh_from_db()
    assert planned.status == "planned"
    resolve = reverse("logistics:resolve", args=[Trouble.objects.get().pk])
    assert resolve in coordinator.get(day).content.decode()
    assert coordinator.post(resolve, {"day": ""}).url == day
    assert "gate closed" not in coordinator.get(day).content.decode()
    coordinator.post(drive)
    planned.refresh_from_db()
    assert planned.status == "driven"


@pytest.mark.parametrize(
    "noted",
    [
        {"kind": "trouble", "trouble": "nobody"},
        {"kind": "temperature", "storage_class": "cold", "celsius": "4"},
        {"kind": "proof", "proof": "signature", "signed_by": "Bel"},
        {"kind": "empties", "crates": "3"},
    ],
)
def test_a_round_of_which_something_was_noted_has_left_and_is_not_planned_anew(note, at_alice, planned, noted):
    note(**noted)
    assert Round.objects.get(pk=at_alice.round_id).status == Round.Status.DRIVING
    with pytest.raises(Refused, match="Something was noted on the road already"):
        rounds.plan_rounds(day=planned, iterations=20)


def test_who_only_looks_ahead_has_not_left(note, planned):
    note(kind="left")
    note(kind="temperature", storage_class="cold", celsius="99")
    assert not planned.rounds.exclude(status=Round.Status.PLANNED).exists()
    rounds.plan_rounds(day=planned, iterations=20)


def test_a_volunteer_notes_by_form_and_finds_by_number_name_or_code(client, fien, planned, household):
    delivery = planned.deliveries.get(pickup_point__code="a1")
    order = Order.objects.get(buyer=household)
    line = order.lines.first()
    client.force_login(fien)
    page = reverse("logistics:pickup", args=[delivery.pk])
    note = reverse("logistics:note_at_point", args=[delivery.pk])
    code = delivery.crates.first().code
    for query in (str(order.pk), "bob", "b1", code.lower(), f"https://kouter.example/c/{code}"):
        assert f'id="order{order.pk}"' in client.get(page, {"q": query}).content.decode()
    assert f'id="order{order.pk}"' not in client.get(page, {"q": "nobody"}).content.decode()
    opened = client.get(page, {"order": order.pk}).content.decode()
    assert "<template><li" in opened and opened.count("<template>") == 1
    assert client.post(note, {"kind": "short", "order": order.pk, f"gets_{line.pk}": "11"}).url == page
    line.refresh_from_db()
    assert line.packed == 11


def test_the_worker_names_files_as_they_are_and_is_never_kept(client):
    answer = client.get(reverse("logistics:worker"))
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert (answer["Service-Worker-Allowed"], answer["Cache-Control"]) == ("/", "no-cache")
    assert "importScripts('/static/js/outbox.js')" in answer.content.decode()


def test_the_manifest_speaks_the_readers_language(client):
    answer = client.get(reverse("logistics:manifest"), headers={"accept-language": "nl"})
    assert answer["Content-Type"] == "application/manifest+json"
    assert (answer.json()["name"], answer.json()["start_url"]) == ("Kouter onderweg", "/rounds/")


@pytest.mark.parametrize("of_page", ["along", "note"])
def test_the_scripts_of_the_road_are_light(of_page):
    scripts = [Path(f"static/js/{name}.js").read_text() for name in ("outbox", "road", of_page)]
    assert sum(len(brotli.compress(script.encode())) for script in scripts) < 5 * 1024
