import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.urls import reverse
from pypdf import PdfReader

from logistics import papers, rounds, sheets, versions
from logistics.models import Crate, Paper, PlanVersion
from logistics.models.plan import paper_path
from network import clock, outbox
from network.models import JournalEntry, NetworkRole, OutboxEntry
from tests.conftest import make_household, make_network, make_person
from tests.logistics.conftest import freeze, make_order

KINDS = ["run_sheet", "summaries", "labels"]


@pytest.fixture(autouse=True)
def private():
    """Where papers are kept, empty before and after."""
    folder = Path(storages["private"].location) / "papers"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def client(visit):
    """A browser in English."""
    return visit()


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    return closed_day


def publish(day, by=None):
    """As publishing does: a version is recorded, marked, and its papers asked for."""
    with transaction.atomic():
        version = versions.record(day=day, action="published", by=by)
        PlanVersion.objects.filter(pk=version.pk).update(published_at=clock.now())
        papers.ask_for(version)
    return version


@pytest.fixture
def published(planned, dana):
    return publish(planned, dana)


@pytest.fixture
def made(published):
    outbox.drain()
    return published


def files(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def url(name, *args):
    return reverse(f"logistics:{name}", args=args)


def test_publishing_makes_every_paper_of_the_day_and_of_each_round(made):
    collection, distribution = made.delivery_day.rounds.order_by("number")
    found = list(made.papers.values_list("round_number", "round", "kind"))
    assert found == [
        (0, None, "packing_lists"),
        (0, None, "everything"),
        *((1, collection.pk, kind) for kind in KINDS),
        *((2, distribution.pk, kind) for kind in KINDS),
    ]
    entry = JournalEntry.objects.get(action="made the papers")
    assert (entry.subject_id, entry.data) == (made.delivery_day_id, {"version": made.number, "papers": 8})


def test_everything_in_one_has_a_cover_and_all_the_others(planned, dana):
    dana.language = "en"
    dana.save()
    made = publish(planned, dana)
    outbox.drain()
    pages = made.papers.get(kind="everything").pages
    rest = list(made.papers.exclude(kind="everything").values_list("kind", "pages"))
    assert rest == [("packing_lists", 2), *(("run_sheet", 1), ("summaries", 2), ("labels", 1)) * 2]
    assert pages == 1 + sum(number for _kind, number in rest)
    with made.papers.get(kind="everything").file.open() as file:
        book = PdfReader(file)
        starts = {mark.title: book.get_destination_page_number(mark) + 1 for mark in book.outline}
    assert starts == {
        "Papers of the day": 1,
        "Packing lists": 2,
        "Run sheet · Round 1": 4,
        "Summary per stop · Round 1": 5,
        "Run sheet · Round 2": 7,
        "Summary per stop · Round 2": 8,
        "Crate labels · Round 1": 10,
        "Crate labels · Round 2": 11,
    }
    for paper in made.papers.all():
        with paper.file.open() as file:
            assert file.read(5) == b"%PDF-"


def test_an_outlet_gets_a_delivery_note_with_its_round(day, delivery, network, shop, household, vehicle, leek):
    make_order(day.deliveries.get(outlet=shop), shop.organisation, {leek: 12})
    make_order(delivery, household, {leek: 3})
    rounds.plan_rounds(day=freeze(day), iterations=20)
    version = publish(day)
    outbox.drain()
    note = version.papers.get(kind="delivery_notes")
    assert (note.round.leg, note.pages) == ("direct", 1)


def test_making_twice_makes_once(made, private):
    kept = {path: path.read_bytes() for path in files(private)}
    assert papers.make(version=made.pk) == 0
    papers.ask_for(made)
    assert OutboxEntry.objects.filter(kind="papers").count() == 1
    assert {path: path.read_bytes() for path in files(private)} == kept
    assert len(kept) == made.papers.count() == 8


def test_what_breaks_half_way_is_made_again_and_leaves_nothing_behind(published, private, monkeypatch):
    whole = paper_path

    def breaks(paper, name):
        if paper.kind == "run_sheet":
            raise OSError("no space left on device")
        return whole(paper, name)

    monkeypatch.setattr(papers, "paper_path", breaks)
    assert outbox.drain() == 0
    assert published.papers.count() == 0
    monkeypatch.undo()
    with clock.at(clock.now() + timedelta(minutes=10)):
        assert outbox.drain() == 1
    assert published.papers.count() == 8
    assert files(private) == sorted(Path(paper.file.path) for paper in published.papers.all())


def test_files_a_killed_worker_left_are_written_over(published, private):
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        papers.make(version=published.pk)
        raise KeyboardInterrupt
    assert published.papers.count() == 0
    left = files(private)
    assert len(left) == 8
    papers.make(version=published.pk)
    assert files(private) == left


def test_a_press_that_fails_says_why_and_nothing_is_kept(published, monkeypatch):
    monkeypatch.setattr(sheets, "TEMPLATES", sheets.TEMPLATES / "gone")
    assert outbox.drain() == 0
    entry = OutboxEntry.objects.get(kind="papers")
    assert "No such file or directory" in entry.error
    assert published.papers.count() == 0


def test_an_unpublished_or_unknown_version_gets_no_papers(planned):
    version = planned.plan_versions.get()
    assert papers.make(version=version.pk) == 0
    assert papers.make(version=10**9) == 0
    assert not Paper.objects.exists()


def test_papers_are_in_the_language_of_who_published(planned, dana):
    dana.language = "fr"
    dana.save()
    version = publish(planned, dana)
    outbox.drain()
    assert set(version.papers.values_list("language", flat=True)) == {"fr"}
    unnamed = publish(planned)
    outbox.drain()
    assert set(unnamed.papers.values_list("language", flat=True)) == {"nl"}


def test_a_day_without_rounds_has_a_packing_list_that_says_so(day, dana):
    freeze(day)
    rounds.plan_rounds(day=day)
    version = publish(day, dana)
    outbox.drain()
    assert list(version.papers.values_list("kind", flat=True)) == ["packing_lists", "everything"]


def test_crates_on_no_round_have_labels_with_those_of_the_day(planned, delivery, dana):
    Crate.objects.filter(delivery=delivery).update(stop=None)
    distribution = planned.rounds.get(leg="distribution")
    distribution.stops.filter(delivery=delivery).delete()
    version = publish(planned, dana)
    outbox.drain()
    assert version.papers.get(kind="labels", round_number=0).pages == 1
    assert version.papers.get(kind="labels", round=distribution).pages == 1


def test_a_new_version_replaces_papers_that_stay_readable_even_when_its_rounds_are_gone(made, client, dana):
    old = made.papers.get(kind="run_sheet", round_number=2)
    with old.file.open() as file:
        printed = file.read()
    rounds.plan_rounds(day=made.delivery_day, iterations=20)
    again = publish(made.delivery_day, dana)
    outbox.drain()
    old.refresh_from_db()
    assert (old.round, old.round_number) == (None, 2)
    client.force_login(dana)
    page = client.get(url("papers", made.delivery_day_id)).content.decode()
    now, before = page.split('id="older"')
    assert all(url("paper", paper.pk) in now for paper in again.papers.all())
    assert all(url("paper", paper.pk) in before for paper in made.papers.all())
    assert b"".join(client.get(url("paper", old.pk)).streaming_content) == printed


def test_the_page_of_papers_says_how_far_they_are(client, planned, dana):
    client.force_login(dana)
    page = url("papers", planned.pk)

    def shown():
        return client.get(page).content.decode()

    assert "Nothing to print yet" in shown()
    version = publish(planned, dana)
    assert "The papers are being made" in shown()
    assert "?making" in shown()
    OutboxEntry.objects.filter(kind="papers").update(error="MemoryError()", attempts=1)
    assert "Making the papers failed" in shown()
    outbox.drain()
    assert url("paper", version.papers.get(kind="everything").pk) in shown()


def test_the_page_looks_again_by_itself_and_is_refreshed_when_they_are_there(client, published, dana):
    client.force_login(dana)
    page = url("papers", published.delivery_day_id) + "?making"
    assert "HX-Refresh" not in client.get(page, headers={"HX-Request": "true"}).headers
    outbox.drain()
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_version_published_without_papers_gets_them_on_request(client, planned, dana):
    version = versions.record(day=planned, action="published", by=dana)
    PlanVersion.objects.filter(pk=version.pk).update(published_at=clock.now())
    client.force_login(dana)
    assert "published without papers" in client.get(url("papers", planned.pk)).content.decode()
    assert client.post(url("make_papers", planned.pk)).status_code == 302
    outbox.drain()
    assert version.papers.count() == 8


def test_a_driver_gets_the_papers_of_her_own_round_only(made, client, gust):
    own = made.delivery_day.rounds.get(number=2)
    own.driver = gust
    own.save()
    client.force_login(gust)
    answers = {
        (paper.round_number, paper.kind): client.get(url("paper", paper.pk)).status_code for paper in made.papers.all()
    }
    assert {key for key, status in answers.items() if status == 200} == {(2, kind) for kind in KINDS}
    assert {status for (number, _kind), status in answers.items() if number != 2} == {403}
    page = client.get(url("round_papers", own.pk)).content.decode()
    assert all(url("paper", paper.pk) in page for paper in own.papers.all())


def test_a_stranger_finds_no_paper_and_files_lie_where_no_web_server_looks(made, client, settings):
    paper = made.papers.first()
    client.force_login(make_person("mallory"))
    assert client.get(url("paper", paper.pk)).status_code == 404
    assert client.get(f"/media/{paper.file.name}").status_code == 404
    assert not Path(storages["private"].location).is_relative_to(settings.MEDIA_ROOT)
    assert len(Path(paper.file.name).stem) == 40


def test_a_file_that_is_gone_is_not_found(made, client, dana):
    paper = made.papers.first()
    paper.file.storage.delete(paper.file.name)
    client.force_login(dana)
    assert client.get(url("paper", paper.pk)).status_code == 404


def test_a_round_without_papers_points_to_its_run_sheet(planned, client, dana):
    client.force_login(dana)
    own = planned.rounds.get(number=1)
    assert url("run_sheet", own.pk) in client.get(url("round_papers", own.pk)).content.decode()


@pytest.fixture
def crate(planned, delivery):
    return Crate.objects.filter(delivery=delivery).first()


def leads_to(client, person, code):
    client.force_login(person)
    answer = client.get(url("crate", code))
    return answer.headers.get("Location", answer.status_code)


def test_a_label_leads_coordinator_and_driver_to_the_stop_and_a_volunteer_to_her_page(
    client, crate, delivery, dana, gust, fien
):
    stop = crate.stop
    stop.round.driver = gust
    stop.round.save()
    assert leads_to(client, gust, crate.code) == url("stop", stop.round_id, stop.position)
    assert leads_to(client, dana, crate.code) == url("stop", stop.round_id, stop.position)
    assert leads_to(client, dana, crate.code.lower()) == url("stop", stop.round_id, stop.position)
    assert leads_to(client, fien, crate.code) == url("pickup", delivery.pk)
    stop.round.driver = None
    stop.round.save()
    assert leads_to(client, gust, crate.code) == 404


def test_a_label_of_another_point_or_network_and_a_code_that_is_none_lead_nowhere(
    client, planned, crate, fien, alice, bob, dana
):
    elsewhere = Crate.objects.filter(leg="distribution").exclude(delivery=crate.delivery).first()
    assert leads_to(client, fien, elsewhere.code) == 404
    assert leads_to(client, alice, crate.code) == 404
    assert leads_to(client, bob, crate.code) == 404
    other = make_person("other")
    NetworkRole.objects.create(network=make_network("brugge"), person=other, role="coordinator")
    assert leads_to(client, other, crate.code) == 404
    for wrong in ("22222222", "x" * 300, "é", "0"):
        assert leads_to(client, dana, wrong) == 404
    client.logout()
    assert client.get(url("crate", crate.code)).headers["Location"].startswith(reverse("account_login"))


def test_the_label_of_a_crate_on_no_round_leads_the_coordinator_to_the_day(client, crate, planned, dana):
    Crate.objects.filter(pk=crate.pk).update(stop=None)
    assert leads_to(client, dana, crate.code) == url("day", planned.pk)


def test_a_packing_list_of_one_delivery_for_who_mans_it(client, planned, delivery, fien):
    client.force_login(fien)
    for query in ("", "?per=crate"):
        assert client.get(url("packing_list", delivery.pk) + query).content.startswith(b"%PDF")


def test_the_number_of_queries_grows_with_neither_orders_nor_rounds(
    day, delivery, network, vehicle, leek, milk, client, dana, django_assert_num_queries
):
    def grow(first, last):
        for number in range(first, last):
            make_order(delivery, make_household(network, f"Gezin {number}"), {leek: 3, milk: 1})

    grow(0, 2)
    rounds.plan_rounds(day=freeze(day), iterations=10)
    small = publish(day, dana)
    with django_assert_num_queries(18):
        papers.make(version=small.pk)
    grow(2, 14)
    rounds.plan_rounds(day=day, iterations=10)
    large = publish(day, dana)
    with django_assert_num_queries(18):
        papers.make(version=large.pk)
    client.force_login(dana)
    with django_assert_num_queries(9):
        client.get(url("papers", day.pk))
    with django_assert_num_queries(4):
        client.get(url("paper", large.papers.first().pk))
    with django_assert_num_queries(6):
        client.get(url("round_papers", day.rounds.first().pk))
