"""The driver's phone and the volunteer's without reception, in a real browser with its service worker."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from playwright.sync_api import Page, expect

from logistics import rounds
from logistics.models import (
    Crate,
    Empties,
    PhoneAction,
    PlanVersion,
    Proof,
    Round,
    Stop,
    TemperatureReading,
    Trouble,
)
from network import clock
from network.models import DeliveryDay
from orders.models import Order
from tests.browser import session_cookie
from tests.conftest import make_vehicle
from tests.logistics.conftest import freeze, make_order
from tests.pages.test_styleguide import violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]


@pytest.fixture
def ride(day: DeliveryDay, delivery: Any, network: Any, household: Any, leek: Any, shop: Any, gust: Any) -> Round:
    """Gust collects three crates of leek at Alice's."""
    make_order(delivery, household, {leek: 30})
    make_vehicle(network)
    freeze(day)
    made = rounds.plan_rounds(day=day, iterations=20)
    Round.objects.filter(delivery_day=day).update(driver=gust)
    PlanVersion.objects.filter(delivery_day=day).update(published_at=clock.now())
    return next(one for one in made if one.leg == "collection")


@pytest.fixture
def stop(ride: Round) -> Stop:
    return ride.stops.get()


def kept(page: Page, path: str, there: bool = True) -> None:
    """Wait until the service worker keeps this page (or has forgotten it)."""
    page.evaluate(
        """async ([path, there]) => {
          for (let left = 300; !await caches.match(path, { cacheName: 'kouter-pages' }) === there; left--) {
            if (!left) throw new Error(`${path} is ${there ? 'not ' : ''}kept`)
            await new Promise(ok => setTimeout(ok, 50))
          }
        }""",
        [path, there],
    )


def offline(page: Page, off: bool = True) -> None:
    page.context.set_offline(off)


@pytest.fixture
def driver(open_page: Open, gust: Any, ride: Round, stop: Stop) -> Page:
    """The round opened once with reception, and kept with all its stops."""
    page = open_page(gust, locale="en-GB")
    page.goto(f"/rounds/{ride.pk}/")
    kept(page, f"/rounds/{ride.pk}/{stop.position}/")
    return page


def net(page: Page) -> Any:
    return page.locator("[data-net]")


def test_a_round_opened_once_is_there_without_reception(driver: Page, ride: Round, stop: Stop) -> None:
    offline(driver)
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    expect(driver.get_by_role("heading", level=1)).to_contain_text("Hoeve Alice")
    assert driver.evaluate("getComputedStyle(document.querySelector('.check')).minHeight") == "72px"
    driver.goto(f"/rounds/{ride.pk}/")
    expect(driver.get_by_role("heading", level=1)).to_contain_text("Round 1")


def test_the_list_of_rounds_keeps_the_stops_of_the_day_that_is_driven_next_and_no_others(
    open_page: Open, gust: Any, ride: Round, stop: Stop
) -> None:
    day = ride.delivery_day.cycle.days.get(on=ride.delivery_day.on + timedelta(days=1))
    PlanVersion.objects.create(delivery_day=day, number=1, published_at=clock.now(), km=1, cost=1)
    later = Round.objects.get(pk=ride.pk)
    later.pk, later.delivery_day = None, day
    later.save()
    where = {"producer": stop.producer, "place": stop.place, "arrives_at": stop.arrives_at, "leaves_at": stop.leaves_at}
    later.stops.create(position=1, km=1, **where)
    page = open_page(gust, locale="en-GB")
    page.goto("/rounds/")
    for path in (f"/rounds/{ride.pk}/{stop.position}/", f"/rounds/{later.pk}/", "/rounds/"):
        kept(page, path)
    nowhere = page.get_by_text("is not kept on this device")
    expect(nowhere).to_be_hidden()
    offline(page)
    page.goto(f"/rounds/{ride.pk}/{stop.position}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hoeve Alice")
    page.goto(f"/rounds/{later.pk}/1/")
    expect(page.get_by_role("heading", level=1)).to_have_text("My rounds")
    expect(nowhere).to_be_visible()


def test_a_network_that_takes_too_long_is_not_waited_for(driver: Page, ride: Round, stop: Stop) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE logistics_stop")  # the server answers no page of the round until this ends
        driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
        expect(driver.get_by_role("heading", level=1)).to_contain_text("Hoeve Alice")


def test_check_offs_without_reception_survive_closing_and_are_stored_once(
    driver: Page, ride: Round, stop: Stop
) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    driver.goto(path)
    expect(net(driver)).to_have_text("Everything sent")
    offline(driver)
    first, second, _third = driver.get_by_role("checkbox").all()
    first.click()
    second.click()
    expect(net(driver)).to_have_text("3 actions on this device")
    expect(first).to_have_attribute("data-wait", "on this device")
    expect(driver.locator("[data-tally]")).to_have_text("2")
    assert not PhoneAction.objects.exists()
    context = driver.context
    driver.close()
    page = context.new_page()
    page.goto(path)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    expect(net(page)).to_have_text("3 actions on this device")
    offline(page, False)
    expect(net(page)).to_have_text("Everything sent")
    assert set(stop.crates.order_by("pk").values_list("status", flat=True)) == {"loaded", "expected"}
    assert sorted(PhoneAction.objects.values_list("kind", flat=True)) == ["arrived", "check", "check"]
    stop.refresh_from_db()
    assert stop.arrived_at is not None
    page.reload()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    expect(page.locator("[data-wait]")).to_have_count(0)


def test_what_another_page_or_the_service_worker_sent_is_seen_on_this_one(
    driver: Page, ride: Round, stop: Stop
) -> None:
    """The round was drawn before what was done at its stop arrived: it asks again, though nothing waits any more."""
    other = driver.context.new_page()
    other.goto(f"/rounds/{ride.pk}/{stop.position}/")
    with other.expect_response(lambda answer: answer.request.method == "POST"):
        other.get_by_role("checkbox").first.click()
    expect(net(other)).to_have_text("Everything sent")
    assert stop.crates.filter(status="loaded").count() == 1
    expect(driver.locator("#along")).to_contain_text("0 of 3 crates checked")
    driver.evaluate("dispatchEvent(new Event('online'))")
    expect(driver.locator("#along")).to_contain_text("1 of 3 crates checked")


def test_the_page_of_a_round_counts_what_waits_on_the_phone(driver: Page, ride: Round, stop: Stop) -> None:
    path = f"/rounds/{ride.pk}/"
    first, second, third = stop.crates.order_by("pk")
    Crate.objects.filter(pk=first.pk).update(status="loaded")
    when = {"arrives_at": stop.arrives_at, "leaves_at": stop.leaves_at}
    ride.stops.create(position=2, producer=stop.producer, place=stop.place, km=1, **when)
    driver.goto(path)
    kept(driver, f"{path}2/")
    along, way = driver.locator("#along"), driver.locator("[data-way]")
    expect(along).to_contain_text("1 of 3 crates checked")
    expect(driver.locator("#state")).to_contain_text("Planned")
    driver.goto(f"{path}1/")
    offline(driver)
    driver.locator(f"#crate{first.pk}").click()
    driver.locator(f"#crate{second.pk}").click()
    driver.locator(f"#crate{third.pk}").click()
    expect(net(driver)).to_have_text("4 actions on this device")
    driver.goto(path)
    expect(along).to_contain_text("2 of 3 crates checked")
    expect(way).to_have_text("To stop 1")
    driver.goto(f"{path}1/")
    expect(driver.locator(f"#crate{first.pk}")).not_to_be_checked()
    driver.locator(f"#crate{first.pk}").click()
    expect(net(driver)).to_have_text("6 actions on this device")
    driver.goto(path)
    expect(along).to_contain_text("3 of 3 crates checked")
    expect(way).to_have_text("To stop 2")
    expect(driver.locator(".timeline > .now")).to_contain_text("2. Hoeve Alice")
    expect(way).to_have_attribute("href", re.compile(f"{path}2/$"))
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    expect(driver.locator("#state")).to_contain_text("Driving")
    expect(driver.locator("#state")).to_contain_text("Planned and driven")
    expect(way).to_have_text("To stop 2")


def test_five_hundred_check_offs_are_each_stored_once(driver: Page, ride: Round, stop: Stop) -> None:
    Crate.objects.bulk_create(
        Crate(
            delivery_day=ride.delivery_day,
            leg="collection",
            producer=stop.producer,
            stop=stop,
            storage_class="cool",
            letter=f"X{number}",
        )
        for number in range(497)
    )
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    driver.evaluate("for (const box of document.querySelectorAll('[data-act]')) box.click()")
    expect(net(driver)).to_have_text("501 actions on this device")
    driver.reload()
    expect(net(driver)).to_have_text("501 actions on this device")
    expect(driver.get_by_role("checkbox", checked=True)).to_have_count(500)
    begun = time.monotonic()
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    took = time.monotonic() - begun
    assert stop.crates.filter(status="loaded").count() == 500
    assert PhoneAction.objects.filter(kind="check", refused="").count() == 500
    assert took < 10


def test_all_that_is_noted_at_a_stop_waits_and_arrives(driver: Page, ride: Round, stop: Stop, tmp_path: Any) -> None:
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    for summary in driver.locator("section[aria-labelledby=notes] > details > summary").all():
        summary.click()
    driver.get_by_label("Degrees").fill("13,5")
    expect(driver.get_by_role("alert")).to_contain_text("Warmer than the 8 degrees")
    driver.get_by_label("Degrees").fill("3,5")
    expect(driver.get_by_role("alert")).to_be_hidden()
    driver.get_by_role("button", name="Note").first.click()
    expect(driver.locator("#of-temperature")).to_have_text("3,5")
    expect(driver.locator("#of-temperature")).to_have_attribute("data-wait", "on this device")
    picture = tmp_path / "photo.png"
    driver.screenshot(path=picture)
    driver.get_by_label("Photo of what you left").set_input_files(picture)
    driver.get_by_role("button", name="Keep this photo").click()
    expect(driver.locator("#of-photo")).to_have_text("photo.png")
    driver.get_by_label("Name of who received the goods").fill("Bel Lies")
    pad = driver.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    driver.mouse.move(box["x"] + 30, box["y"] + 30)
    driver.mouse.down()
    driver.mouse.move(box["x"] + 150, box["y"] + 60, steps=4)
    driver.mouse.up()
    driver.get_by_role("button", name="Keep this signature").click()
    expect(driver.locator("#of-signature")).to_have_text("Bel Lies")
    driver.get_by_label("What is wrong").select_option("damaged")
    driver.get_by_label("What the coordinator should know").fill("nat")
    driver.get_by_role("button", name="Tell the coordinator").click()
    driver.get_by_label("Empty crates, in all").fill("4")
    driver.get_by_role("button", name="Note").last.click()
    expect(net(driver)).to_have_text("6 actions on this device")
    driver.reload()
    expect(driver.locator("#of-trouble")).to_have_text("Damaged · nat")
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    assert TemperatureReading.objects.get().celsius == Decimal("3.5")
    assert Trouble.objects.get().note == "nat"
    assert Empties.objects.get().crates == 4
    kinds = dict(Proof.objects.values_list("kind", "signed_by"))
    assert kinds == {"photo": "", "signature": "Bel Lies"}
    for proof in Proof.objects.all():
        assert proof.file.size > 500
        proof.file.delete(save=False)
    driver.reload()
    expect(driver.get_by_role("link", name="Photo,")).to_have_count(1)


def test_what_is_refused_stays_in_sight_until_seen(driver: Page, ride: Round, stop: Stop) -> None:
    other = Crate.objects.filter(leg="distribution").first()
    assert other
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    driver.get_by_label("Code on the label").fill(other.code.lower())
    driver.get_by_label("Code on the label").press("Enter")
    refused = driver.get_by_role("list", name="Not accepted")
    expect(refused).to_contain_text("belongs to Round 2, not to this round")
    driver.reload()
    expect(refused).to_contain_text(other.code)
    refused.get_by_role("button", name="Seen").click()
    expect(refused.get_by_role("listitem")).to_have_count(0)
    driver.reload()
    expect(net(driver)).to_have_text("Everything sent")
    expect(refused.get_by_role("listitem")).to_have_count(0)


def test_a_note_that_is_refused_is_not_shown_as_noted_and_can_be_corrected(
    driver: Page, ride: Round, stop: Stop
) -> None:
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    for name in ("Temperature of the cold box", "Arrival and departure"):
        driver.get_by_text(name).click()
    degrees, arrived, left = (driver.get_by_label(name) for name in ("Degrees", "Arrived", "Departed"))
    driver.get_by_role("button", name="Correct", exact=True).click()
    expect(driver.locator("#of-times")).to_have_text("Write when you arrived, when you left, or both.")
    expect(net(driver)).to_have_text("Everything sent")
    offline(driver)
    degrees.fill("99")
    degrees.press("Enter")
    expect(driver.locator("#of-temperature")).to_have_text("99")
    expect(degrees).to_have_value("")
    arrived.fill("09:00")
    left.fill("08:00")
    driver.get_by_role("button", name="Correct", exact=True).click()
    expect(net(driver)).to_have_text("3 actions on this device")
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    refused = driver.get_by_role("list", name="Not accepted")
    expect(refused.get_by_role("listitem")).to_have_count(2)
    for output in ("#of-temperature", "#of-times"):
        expect(driver.locator(output)).to_be_empty()
    expect(degrees).to_have_value("99")
    expect(arrived).to_have_value("09:00")
    expect(left).to_have_value("08:00")
    degrees.fill("9")
    for _each in range(2):
        refused.get_by_role("button", name="Seen").first.click()
    expect(refused.get_by_role("listitem")).to_have_count(0)
    expect(degrees).to_have_value("9")
    degrees.press("Enter")
    expect(driver.locator("#of-temperature")).to_have_text("9")
    expect(driver.locator("[data-wait]")).to_have_count(0)
    expect(net(driver)).to_have_text("Everything sent")
    assert TemperatureReading.objects.get().celsius == 9
    kinds = PhoneAction.objects.order_by("happened_at").values_list("kind", flat=True)
    assert list(kinds) == ["arrived", "temperature", "times", "temperature"]


def test_a_typed_code_checks_its_crate_off_with_the_keyboard_alone(driver: Page, ride: Round, stop: Stop) -> None:
    crate = stop.crates.order_by("pk").last()
    assert crate
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    driver.get_by_label("Code on the label").focus()
    driver.keyboard.type(crate.code.lower())
    driver.keyboard.press("Enter")
    expect(driver.locator(f"#crate{crate.pk}")).to_be_checked()
    driver.get_by_role("checkbox").first.focus()
    driver.keyboard.press("Space")
    expect(driver.get_by_role("checkbox").first).to_be_checked()
    expect(net(driver)).to_have_text("3 actions on this device")
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    assert stop.crates.filter(status="loaded").count() == 2


def test_a_label_is_scanned_where_the_browser_can(open_page: Open, gust: Any, ride: Round, stop: Stop) -> None:
    crate = stop.crates.order_by("pk").last()
    assert crate
    page = open_page(gust, locale="en-GB")
    page.add_init_script(
        f"""window.BarcodeDetector = class {{ async detect() {{ return [{{ rawValue: 'https://k.example/c/{crate.code}' }}] }} }}
        navigator.mediaDevices.getUserMedia = async () => {{
          const canvas = document.createElement('canvas')
          canvas.getContext('2d').fillRect(0, 0, 9, 9)
          return canvas.captureStream(5)
        }}"""
    )
    page.goto(f"/rounds/{ride.pk}/{stop.position}/")
    page.get_by_role("button", name="Scan").click()
    expect(page.locator(f"#crate{crate.pk}")).to_be_checked()
    expect(page.locator("[data-wait]")).to_have_count(0)
    crate.refresh_from_db()
    assert crate.status == Crate.Status.LOADED


def test_all_correct_leads_on_without_reception(driver: Page, ride: Round, stop: Stop) -> None:
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    driver.get_by_role("button", name="All correct, to the hub").click()
    driver.wait_for_url(f"**/rounds/{ride.pk}/")
    expect(net(driver)).to_have_text("5 actions on this device")
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    stop.refresh_from_db()
    assert stop.done_at is not None
    assert stop.left_at is not None
    assert stop.crates.filter(status="loaded").count() == 3


def test_all_correct_leaves_out_what_was_said_to_be_missing_and_there_is_a_way_on_without_it(
    driver: Page, ride: Round, stop: Stop
) -> None:
    gone, *there = stop.crates.order_by("pk")
    onward = driver.get_by_role("link", name="Go on, not all is here")
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    driver.get_by_text("Something is missing, damaged, or nobody is there").click()
    expect(onward).to_be_hidden()
    driver.get_by_label("What is wrong").select_option("missing")
    driver.get_by_label("Which crate").select_option(gone.letter)
    driver.get_by_label("What the coordinator should know").fill("not ready")
    driver.get_by_role("button", name="Tell the coordinator").dblclick()
    expect(onward).to_be_visible()
    driver.get_by_role("button", name="All correct, to the hub").click()
    driver.wait_for_url(f"**/rounds/{ride.pk}/")
    expect(driver.locator("[data-way]")).to_be_hidden()
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    expect(driver.get_by_role("button", name="Finish this round")).to_be_visible()
    gone.refresh_from_db()
    assert gone.status == "expected"
    assert {crate.pk for crate in stop.crates.filter(status="loaded")} == {crate.pk for crate in there}
    trouble = Trouble.objects.get()
    assert (trouble.kind, trouble.crate, trouble.note) == ("missing", gone, "not ready")


def test_looking_at_the_account_or_a_server_that_fails_takes_no_page_away(
    driver: Page, ride: Round, stop: Stop, settings: Any
) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    for page in ("/accounts/logout/", "/accounts/password/change/"):
        driver.goto(page)
    kept(driver, path)
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    answer = driver.goto(path)
    assert answer
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE logistics_stop RENAME TO elsewhere")
    try:
        answer = driver.goto(path)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO logistics_stop")
    assert answer and answer.status == 200
    expect(driver.get_by_role("heading", level=1)).to_contain_text("Hoeve Alice")


def test_what_was_done_on_a_round_that_was_planned_anew_is_said_and_can_be_put_away(
    driver: Page, ride: Round, stop: Stop
) -> None:
    driver.goto(f"/rounds/{ride.pk}/{stop.position}/")
    offline(driver)
    driver.get_by_role("checkbox").first.click()
    expect(net(driver)).to_have_text("2 actions on this device")
    ride.delete()
    offline(driver, False)
    refused = driver.get_by_role("list", name="Not accepted")
    expect(refused).to_contain_text("This round is not there any more")
    for left in (1, 0):
        refused.get_by_role("button", name="Seen").first.click()
        expect(refused.get_by_role("listitem")).to_have_count(left)
    expect(net(driver)).to_have_text("Everything sent")


def test_what_needs_reception_says_so_without_it(driver: Page, ride: Round, stop: Stop) -> None:
    stop.crates.update(status="loaded")
    ride.stops.update(done_at=clock.now())
    pages = (
        (f"/rounds/{ride.pk}/{stop.position}/", "link", "From Hoeve Alice"),
        (f"/rounds/{ride.pk}/", "button", "Finish this round"),
    )
    for path, role, name in pages:
        driver.goto(path)
        for summary in driver.locator("section[aria-labelledby=notes] > details > summary").all():
            summary.click()
        offline(driver)
        driver.get_by_role(role, name=name).click()
        expect(driver.get_by_text("This needs reception. Try again when there is.")).to_be_in_viewport()
        assert driver.url.endswith(path)
        offline(driver, False)
    driver.get_by_role("button", name="Finish this round").click()
    driver.wait_for_url(f"**/rounds/{ride.pk}/driven/")
    ride.refresh_from_db()
    assert ride.status == Round.Status.DRIVEN


def test_two_phones_on_one_stop_come_to_the_same(
    driver: Page, open_page: Open, dana: Any, ride: Round, stop: Stop
) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    driver.goto(path)
    other = open_page(dana, locale="en-GB")
    other.goto(path)
    offline(driver)
    driver.get_by_role("checkbox").first.click()
    expect(net(driver)).to_have_text("2 actions on this device")
    other.get_by_role("checkbox").nth(1).click()
    expect(other.locator("[data-wait]")).to_have_count(0)
    offline(driver, False)
    expect(net(driver)).to_have_text("Everything sent")
    expect(driver.get_by_role("checkbox", checked=True)).to_have_count(2)


def test_signing_out_leaves_no_page_behind_but_keeps_what_waits(
    driver: Page, ride: Round, stop: Stop, gust: Any, live_server: Any
) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    driver.goto(path)
    offline(driver)
    driver.get_by_role("checkbox").first.click()
    expect(net(driver)).to_have_text("2 actions on this device")
    driver.context.clear_cookies()
    offline(driver, False)
    expect(driver.locator("[data-why]")).to_contain_text("kept on this device")
    driver.goto(path)
    driver.wait_for_url("**/accounts/login/**")
    kept(driver, path, there=False)
    assert not PhoneAction.objects.exists()
    driver.context.add_cookies([session_cookie(gust, live_server.url)])
    driver.goto(path)
    expect(net(driver)).to_have_text("Everything sent")
    assert PhoneAction.objects.count() == 2


def test_who_takes_over_a_phone_does_not_sign_for_another(
    driver: Page, ride: Round, stop: Stop, dana: Any, live_server: Any
) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    driver.goto(path)
    offline(driver)
    driver.get_by_role("checkbox").first.click()
    expect(net(driver)).to_have_text("2 actions on this device")
    driver.context.clear_cookies()
    driver.context.add_cookies([session_cookie(dana, live_server.url)])
    offline(driver, False)
    driver.goto(path)
    driver.get_by_role("checkbox").nth(1).click()
    expect(driver.locator("[data-wait]")).to_have_count(1)
    assert set(PhoneAction.objects.values_list("by", flat=True)) == {dana.pk}
    expect(net(driver)).to_have_text("2 actions on this device")


def test_a_page_that_is_no_longer_ours_is_forgotten(driver: Page, ride: Round, stop: Stop, dana: Any) -> None:
    path = f"/rounds/{ride.pk}/{stop.position}/"
    driver.goto(path)
    Round.objects.filter(pk=ride.pk).update(driver=dana)
    answer = driver.goto(path)
    assert answer and answer.status == 403
    kept(driver, path, there=False)


def test_the_app_can_be_installed(driver: Page) -> None:
    href = driver.locator("link[rel=manifest]").get_attribute("href")
    assert href
    described = driver.request.get(href).json()
    assert (described["start_url"], described["display"]) == ("/rounds/", "standalone")
    for icon in described["icons"]:
        assert driver.request.get(icon["src"]).status == 200
    worker = driver.request.get("/sw.js")
    assert worker.headers["service-worker-allowed"] == "/"


# At the pickup point: tests/pages/test_pickup.py


@pytest.fixture
def order(ride: Round, household: Any) -> Order:
    return Order.objects.get(buyer=household)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_of_the_road_are_accessible_with_all_open(
    open_page: Open, gust: Any, fien: Any, ride: Round, stop: Stop, order: Order, dark: bool
) -> None:
    for who, path in (
        (gust, f"/rounds/{ride.pk}/{stop.position}/"),
        (gust, f"/rounds/{ride.pk}/"),
        (fien, f"/deliveries/{order.delivery_id}/"),
    ):
        page = open_page(who, dark=dark)
        page.goto(path)
        for summary in page.locator("details > summary").all():
            summary.click()
        if page.get_by_role("checkbox").count():
            offline(page)
            page.get_by_role("checkbox").first.click()
            expect(net(page)).to_contain_text("op dit toestel")
        assert violations(page) == [], path
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
