"""The bills of a day of many farms: made by a worker, followed on the page, and never half done."""

from decimal import Decimal

import pytest
from django.urls import reverse

from logistics import bill_jobs, games, settling, tasks
from logistics.models import BillJob, CostGame, CostRun, CostShare
from logistics.models.outlook import LOST, Work
from network import clock, outbox
from network.models import DeliveryDay, Transaction
from orders.models import Document
from tests.logistics.test_bills import balanced, first_line
from tests.logistics.test_settling import closed, driven  # noqa: F401
from tests.producers.test_desk import text

D = Decimal
Kind = BillJob.Kind


class Killed(BaseException):
    """As when the machine takes a worker away."""


@pytest.fixture(autouse=True)
def many(monkeypatch):
    """Three farms are many here."""
    monkeypatch.setattr(games, "LARGE", 2)


@pytest.fixture(autouse=True)
def spoken(dana):
    """What a worker says, it says in the language of who asked."""
    dana.language = "en"
    dana.save()


@pytest.fixture
def run(driven, dana):  # noqa: F811
    return settling.settle_day(day=driven, by=dana)


def url_of(name, day):
    return reverse(f"logistics:{name}", args=[day.pk])


def asked(kind):
    job = BillJob.objects.unanswered().get()
    assert (job.kind, job.status) == (kind, Work.WAITING)
    return job


def worker(job):
    """The outbox hands it to a worker, which does it; handed out twice it is done once."""
    outbox.drain()
    assert tasks.make_bills(job.pk) and not tasks.make_bills(job.pk)
    job.refresh_from_db()
    assert job.status == Work.DONE


def killed_while_sharing(job, monkeypatch):
    def dies(*_arguments, **_options):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("logistics.playing.allocate", dies)
        with pytest.raises(Killed):
            tasks.make_bills(job.pk)
    job.refresh_from_db()
    assert job.status == Work.RUNNING


def test_a_small_day_needs_no_worker(driven, dana, visit, monkeypatch):  # noqa: F811
    monkeypatch.setattr(games, "LARGE", 3)
    visit(dana).post(url_of("settle", driven))
    visit(dana).post(url_of("check_bills", driven))
    assert CostRun.objects.count() == 1 and not BillJob.objects.exists()


def test_a_day_with_many_places_is_large_too(day):
    assert (day.purchase_orders.count(), day.deliveries.count()) == (0, 2)
    assert not bill_jobs.is_large(day)
    games.LARGE = 1
    assert bill_jobs.is_large(day)


def test_a_large_day_is_settled_by_a_worker_and_the_page_follows(driven, dana, visit):  # noqa: F811
    client, page = visit(dana), url_of("settlement", driven)
    for _press in range(2):
        answer = client.post(url_of("settle", driven), follow=True)
    assert "Being computed" in text(answer) and "Not settled yet" not in text(answer)
    assert 'hx-trigger="every 2s"' in answer.content.decode() and not CostRun.objects.exists()
    assert client.get(page, headers={"HX-Request": "true"}).status_code == 200
    worker(asked(Kind.SETTLE))
    assert "HX-Refresh" in client.get(page, headers={"HX-Request": "true"}).headers
    answer = client.get(page)
    assert "Being computed" not in text(answer) and "Everybody alone" in text(answer)
    assert CostRun.objects.get().delivery_day == driven and balanced()


def test_the_page_that_follows_is_whole_as_soon_as_the_bills_are(driven, dana, visit):  # noqa: F811
    """The bills are stored a moment before the job is over: what is then asked for the progress gets the page."""
    client = visit(dana)
    client.post(url_of("settle", driven))
    job = asked(Kind.SETTLE)
    BillJob.objects.claim(job.pk)
    settling.settle_day(day=driven, by=dana)
    assert "HX-Refresh" in client.get(url_of("settlement", driven), headers={"HX-Request": "true"}).headers


def test_how_far_it_is(driven, dana, visit, monkeypatch):  # noqa: F811
    client = visit(dana)
    client.post(url_of("settle", driven))
    job = asked(Kind.SETTLE)
    seen = []
    real = games.played_of

    def looks(*arguments):
        played = real(*arguments)
        seen.append(tasks.percent_of(job))
        return played

    monkeypatch.setattr(games, "played_of", looks)
    worker(job)
    assert bill_jobs.steps_of(job) == 2 and seen == [0, 50]


def test_a_worker_that_is_killed_leaves_nothing_half_done(driven, dana, visit, monkeypatch):  # noqa: F811
    client = visit(dana)
    client.post(url_of("settle", driven))
    job = asked(Kind.SETTLE)
    killed_while_sharing(job, monkeypatch)
    assert not CostRun.objects.exists() and not CostGame.objects.exists() and balanced()
    assert DeliveryDay.objects.get(pk=driven.pk).status == DeliveryDay.Status.DRIVEN
    assert "Being computed" in text(client.get(url_of("settlement", driven)))
    assert tasks.take_up_what_ifs() == 0, "for some minutes it may still be at work"
    bills = Document.objects.count()
    with clock.at(clock.now() + LOST * 1.1):
        assert tasks.take_up_what_ifs() == 1
        assert tasks.make_bills(job.pk)
    run = CostRun.objects.get()
    assert run.billed + run.launch_gap == run.cost and balanced()
    assert Document.objects.count() == bills, "the goods had been billed already"


def test_what_is_refused_and_what_fails_is_said(driven, dana, visit, monkeypatch):  # noqa: F811
    client = visit(dana)
    client.post(url_of("settle", driven))
    DeliveryDay.objects.filter(pk=driven.pk).update(status=DeliveryDay.Status.PLANNED)
    worker(asked(Kind.SETTLE))
    assert "have not all been driven" in text(client.get(url_of("settlement", driven)))
    DeliveryDay.objects.filter(pk=driven.pk).update(status=DeliveryDay.Status.DRIVEN)
    client.post(url_of("settle", driven))
    job = asked(Kind.SETTLE)
    with monkeypatch.context() as patched:
        patched.setattr("logistics.playing.allocate", None)
        with pytest.raises(TypeError):
            tasks.make_bills(job.pk)
    assert "This could not be computed." in text(client.get(url_of("settlement", driven)))
    client.post(url_of("settle", driven))
    worker(asked(Kind.SETTLE))
    assert CostRun.objects.count() == 1


def test_a_large_day_is_corrected_by_a_worker(run, dana, visit):
    client, line, day = visit(dana), first_line(run), run.delivery_day
    hers = f"{url_of('correct', day)}?farm={line.purchase_order.producer.slug}"
    answer = client.post(hers, {f"missing_{line.pk}": "50", "reason": "Rotten"})
    assert answer.status_code == 422 and not BillJob.objects.exists(), "refused is refused at once, and whole"
    answer = client.post(hers, {f"missing_{line.pk}": "16", "reason": "Rotten"}, follow=True)
    assert "Goods were credited. The day is shared again" in text(answer)
    assert "Share it again, so that" not in text(answer), "a worker does that"
    assert CostRun.objects.count() == 1 and Document.objects.filter(kind="credit_note").count() == 5
    worker(asked(Kind.SHARE))
    again = CostRun.objects.current().get()
    assert (again.number, again.reason, again.shares.get(producer=line.purchase_order.producer).crates) == (
        2,
        "Rotten",
        D("3.000"),
    )
    assert "Being computed" not in text(client.get(url_of("settlement", day))) and balanced()


def test_what_is_credited_while_a_worker_shares_is_in_the_bills(run, dana, monkeypatch):
    """The first sharing is stored, then more is credited before the job is over: it goes on."""
    line, real, late = first_line(run), settling.locked, []
    job = bill_jobs.credit(day=run.delivery_day, missing={line.pk: D(4)}, by=dana, reason="Less")

    def also(day):
        if CostRun.objects.filter(number=2).exists() and not late:
            late.append(bill_jobs.credit(day=day, missing={line.pk: D(6)}, by=dana, reason="Less still"))
        return real(day)

    monkeypatch.setattr(settling, "locked", also)
    worker(job)
    assert late == [job], "it was still at work"
    assert list(CostRun.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert CostRun.objects.current().get().shares.get(producer=line.purchase_order.producer).crates == D("3.600")


def test_a_correction_that_is_killed_changes_no_bill(run, dana, visit, monkeypatch):
    job = bill_jobs.credit(day=run.delivery_day, missing={first_line(run).pk: D(4)}, by=dana, reason="Less")
    booked = list(Transaction.objects.order_by("pk").values_list("key", flat=True))
    shares = list(CostShare.objects.order_by("pk").values_list("share", flat=True))
    killed_while_sharing(job, monkeypatch)
    run.refresh_from_db()
    assert run.corrected_at is None and CostRun.objects.count() == 1
    assert list(CostShare.objects.order_by("pk").values_list("share", flat=True)) == shares
    assert list(Transaction.objects.order_by("pk").values_list("key", flat=True)) == booked
    with clock.at(clock.now() + LOST * 1.1):
        worker_again = tasks.make_bills(job.pk)
    assert worker_again and CostRun.objects.current().get().number == 2 and balanced()


def test_share_again_on_a_large_day_is_asked_once(run, dana, visit):
    bill_jobs.crediting.credit(day=run.delivery_day, missing={first_line(run).pk: D(4)}, by=dana, reason="Less")
    for _press in range(2):
        answer = visit(dana).post(url_of("share_again", run.delivery_day), follow=True)
    assert "Being computed" in text(answer)
    worker(asked(Kind.SHARE))
    assert CostRun.objects.current().get().reason == "Other goods were delivered than the day was shared over."


def test_the_bills_of_a_large_day_are_checked_by_a_worker(run, dana, visit):
    day, farmer = run.delivery_day, run.shares.first().producer.organisation.people.first()
    page = url_of("check_bills", day)
    answer = visit(farmer).post(page, follow=True)
    assert "All games and bills are made again" in text(answer) and "Make the bills again" not in text(answer)
    worker(asked(Kind.CHECK))
    for person in (farmer, dana):
        said = text(visit(person).get(page))
        assert "equal. 3 bills, games: 2." in said and "Recomputed on" in said and "not equal" not in said
    CostGame.objects.update(inputs_hash="0" * 64)
    visit(dana).post(page)
    worker(asked(Kind.CHECK))
    assert "their hash differs" in text(visit(dana).get(page))
    assert "their hash differs" not in text(visit(farmer).get(page))
