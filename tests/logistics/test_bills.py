"""What is kept with a bill, making it again, correcting a delivery, and what farms say of it."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.urls import reverse

from logistics import correcting, disputes, settling, terms
from logistics.certificates import hash_of
from logistics.models import CostGame, CostRun, CostShare, CostTerms, Dispute
from logistics.recomputing import recompute
from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, Posting, Transaction
from orders import crediting
from orders.models import Document, OrderLine
from tests.conftest import MONDAY, make_person
from tests.logistics.test_settling import closed, drive, driven  # noqa: F401
from tests.producers.test_desk import text

D = Decimal


@pytest.fixture
def run(driven, dana):  # noqa: F811
    return settling.settle_day(day=driven, by=dana)


def balanced():
    return not Transaction.objects.annotate(total=Sum("postings__amount")).exclude(total=0).exists()


def owed(kind, organisation=None):
    found = Posting.objects.filter(account__kind=kind)
    if organisation:
        found = found.filter(account__organisation=organisation)
    return found.aggregate(total=Sum("amount"))["total"] or D(0)


def recomputed(*arguments):
    out = StringIO()
    call_command("recompute_costs", "--cycle", MONDAY.isoformat(), *arguments, stdout=out)
    return out.getvalue()


# What is kept, and the terms


def test_every_game_is_kept_with_its_certificate(run):
    distribution, collection = run.games.order_by("kind").reverse()
    assert distribution.cost + collection.cost == run.cost
    for game in (distribution, collection):
        assert game.inputs_hash == hash_of(game.inputs)
        assert game.result["flaws"] == []
        assert (game.exact, game.stopped, game.max_violation) == (True, False, 0)
    assert set(run.result) >= {"alone_km", "own_km", "spread", "dearer_than_alone", "parts", "leaving"}


def test_a_network_without_terms_has_the_defaults_and_terms_begin_in_their_week(network):
    assert (terms.of(network, MONDAY).method, terms.of(network, MONDAY).tau) == ("epm", D("0.1"))
    CostTerms.objects.create(network=network, tau=D("0.2"), from_week=date(2026, 3, 9))
    CostTerms.objects.create(network=network, tau=D("0.5"))
    assert terms.of(network, MONDAY).tau == D("0.1")
    assert terms.of(network, date(2026, 3, 9)).tau == D("0.2")


def test_a_day_is_settled_on_the_terms_in_force(driven, dana, network):  # noqa: F811
    CostTerms.objects.create(network=network, method="volume", tau=D("0.25"), per_day=0, per_km=9, from_week=MONDAY)
    run = settling.settle_day(day=driven, by=dana)
    assert (run.method, run.tau) == ("volume", D("0.25"))
    assert run.inputs["terms"]["van"] == {"per_day": 0.0, "per_km": 9.0, "per_hour": 19.0, "crates": 40}
    amounts = sorted(run.shares.values_list("share", flat=True))
    assert amounts[-1] - amounts[0] <= D("0.02"), "all three sent as many crates"


def test_settling_that_was_killed_after_the_goods_were_billed_goes_on(driven, dana):  # noqa: F811
    settling._begun(driven, dana)
    bills = Document.objects.count()
    assert DeliveryDay.objects.get(pk=driven.pk).status == "driven" and not CostRun.objects.exists()
    run = settling.settle_day(day=driven, by=dana)
    assert Document.objects.count() == bills
    assert run.billed + run.launch_gap == run.cost and balanced()


def test_what_changes_while_shares_are_computed_is_in_the_bills(driven, dana, monkeypatch):  # noqa: F811
    """The terms change between reading and storing: nothing of the first reading is kept."""
    real, seen = settling.games.share, []

    def slow(inputs, **options):
        if not seen:
            CostTerms.objects.create(network=driven.network, tau=D("0.3"), from_week=MONDAY)
        seen.append(inputs["terms"]["tau"])
        return real(inputs, **options)

    monkeypatch.setattr(settling.games, "share", slow)
    run = settling.settle_day(day=driven, by=dana)
    assert seen == [0.1, 0.3] and run.tau == D("0.3")


# Making bills again


def test_a_past_week_is_made_again_to_the_cent(run):
    assert recompute(CostRun.objects.get()).differences == ()
    said = recomputed("--network", "gent")
    assert f"gent {run.delivery_day.on} run 1: equal (2 games, 3 bills)" in said
    assert "All 1 runs are equal to the cent." in said


def test_a_week_in_which_nothing_was_settled_is_an_error(network):
    with pytest.raises(CommandError, match="Nothing was settled in the week of 2026-03-02"):
        recomputed()


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("share", "Hoeve 0, collection"),
        ("inputs", "not made from the inputs that are kept"),
        ("result", "gives other shares than those that are kept"),
        ("crates", "not made from the inputs that are kept"),
        ("terms", "The method or the threshold that is kept"),
        ("game", "is missing, or should not be there"),
    ],
)
def test_a_planted_difference_is_found_and_ends_the_command_with_an_error(run, planted, said):
    game = run.games.get(kind="collection")
    if planted == "share":
        CostShare.objects.filter(producer=min(run.shares.values_list("producer", flat=True))).update(
            collection=D("1.00"), share=D("1.00") + run.shares.earliest("producer").distribution
        )
    elif planted == "inputs":
        CostGame.objects.filter(pk=game.pk).update(inputs=game.inputs | {"euro": 1.0})
    elif planted == "result":
        CostGame.objects.filter(pk=game.pk).update(result=game.result | {"cents": {}})
    elif planted == "crates":
        run.inputs["crates"][0]["crates"]["cool"] += 20
        run.save()
    elif planted == "terms":
        CostRun.objects.update(tau=D("0.9"))
    else:
        game.delete()
    with pytest.raises(CommandError, match="1 of 1 runs differ"):
        call_command("recompute_costs", "--cycle", MONDAY.isoformat(), stdout=(out := StringIO()))
    assert "run 1: DIFFERENT" in out.getvalue() and said in out.getvalue()


def test_a_game_that_cannot_be_made_again_in_time_is_no_difference_of_amounts(run):
    (said,) = recompute(run, time_limit=0.0).differences
    assert said.startswith("The game from the farms to the hub could not be made again in time.")


def test_certificates_are_made_before_anything_is_locked(driven, dana, monkeypatch):  # noqa: F811
    real, open_transactions = settling.certificates.game_row, []

    def looks(played):
        open_transactions.append(len(connection.savepoint_ids))
        return real(played)

    outside = len(connection.savepoint_ids)
    monkeypatch.setattr(settling.certificates, "game_row", looks)
    settling.settle_day(day=driven, by=dana)
    assert open_transactions == [outside, outside]


def test_a_farmer_and_the_coordinator_make_the_bills_again_on_a_page(run, visit, dana):
    farmer = run.shares.first().producer.organisation.people.first()
    url = reverse("logistics:check_bills", args=[run.delivery_day_id])
    for person in (dana, farmer):
        assert "Fingerprints" in text(visit(person).get(url))
        assert "Recomputed just now: equal. 3 bills, games: 2." in text(visit(person).post(url))
    CostGame.objects.update(inputs_hash="0" * 64)
    assert "their hash differs" in text(visit(dana).post(url))
    hers = text(visit(farmer).post(url))
    assert "Recomputed just now: not equal. Something that was kept has changed since." in hers
    assert "their hash differs" not in hers


def test_a_farmer_without_a_bill_of_that_day_checks_nothing(run, visit, farm, alice):
    assert visit(alice).get(reverse("logistics:check_bills", args=[run.delivery_day_id])).status_code == 403
    assert (
        visit(make_person("zoe")).get(reverse("logistics:check_bills", args=[run.delivery_day_id])).status_code == 404
    )


# Correcting a delivery


def first_line(run):
    farm = run.shares.earliest("producer").producer
    return run.delivery_day.purchase_orders.get(producer=farm).lines.get()


def test_a_corrected_delivery_is_credited_and_the_day_shared_again(run, dana):
    """Of the 46 kg of Hoeve 0 16 were not delivered: 34,78 % of its crates."""
    line = first_line(run)
    farm = line.purchase_order.producer
    before = {share.producer_id: share for share in run.shares.all()}
    crediting.credit(day=run.delivery_day, missing={line.pk: D(16)}, by=dana, reason="Rotten")
    assert OrderLine.objects.filter(supply=line.supply).aggregate(total=Sum("billed"))["total"] == 30
    assert Document.objects.filter(kind="credit_note").count() == 5, "four households, and the farm"
    assert correcting.is_outdated(run)
    again = correcting.correct_day(day=run.delivery_day, by=dana, reason="Rotten")
    run.refresh_from_db()
    assert (again.number, again.reason, again.corrected_at) == (2, "Rotten", None)
    assert run.corrected_at is not None and run.shares.count() == 3
    assert again.cost == run.cost and again.billed + again.launch_gap == again.cost
    after = {share.producer_id: share for share in again.shares.all()}
    assert after[farm.pk].crates == D("3.000") and before[farm.pk].crates == D("4.600")
    assert after[farm.pk].distribution < before[farm.pk].distribution
    for pk, share in after.items():
        its = Posting.objects.filter(
            transaction__key__startswith=f"share:{run.delivery_day_id}:{share.producer.organisation_id}",
            account__kind="transport",
        ).aggregate(total=Sum("amount"))["total"]
        assert its == -share.share, pk
    assert balanced()
    assert owed("transport") == 0, "rounds, shares and gap still add up"
    assert owed("tariff") == 0, (
        "what buyers paid for transport is credited to the farms, less what was credited to them"
    )
    assert owed("carrier") == -run.cost
    assert recompute(run).equal and recompute(again).equal
    assert JournalEntry.objects.filter(action="corrected the settlement", reason="Rotten").count() == 1


def test_in_facilitation_every_farmer_credits_her_own_sale(closed, delivery, dana, network):  # noqa: F811
    network.flow = "facilitation"
    network.save()
    run = settling.settle_day(day=drive(closed, delivery, dana), by=dana)
    line = first_line(run)
    crediting.credit(day=run.delivery_day, missing={line.pk: D(46)}, by=dana, reason="Never came")
    correcting.correct_day(day=run.delivery_day, by=dana, reason="Never came")
    assert balanced()
    her = CostShare.objects.get(cost_run__number=2, producer=line.purchase_order.producer)
    assert (her.share, her.alone, her.crates) == (0, 0, 0), "nothing of hers was driven after all"
    assert owed("producer", line.purchase_order.producer.organisation) == 0


def test_correcting_is_refused_when_nothing_changed_or_nobody_says_why(run, dana):
    with pytest.raises(Refused, match="Nothing changed since this day was shared"):
        correcting.correct_day(day=run.delivery_day, by=dana, reason="Just so")
    with pytest.raises(Refused, match="Say why"):
        correcting.correct_day(day=run.delivery_day, by=dana, reason=" ")
    with pytest.raises(Refused, match="too long"):
        correcting.correct_day(day=run.delivery_day, by=dana, reason="x" * 201)
    assert CostRun.objects.count() == 1


@pytest.mark.parametrize(
    ("missing", "reason", "said"),
    [
        (D(47), "Gone", "Only 46 was billed"),
        (D(-1), "Gone", "cannot be negative"),
        (D("0.5"), "Gone", "Enter a multiple of it"),
        (D(1), " ", "Say why"),
        (D(0), "Gone", "Enter what was billed and not delivered"),
    ],
)
def test_what_cannot_be_credited_is_refused_and_nothing_is_half_done(run, dana, missing, reason, said):
    papers = Document.objects.count()
    with pytest.raises(Refused, match=said):
        crediting.credit(day=run.delivery_day, missing={first_line(run).pk: missing}, by=dana, reason=reason)
    assert Document.objects.count() == papers and not correcting.is_outdated(run)


def test_a_day_that_is_not_settled_is_not_corrected(driven, dana):  # noqa: F811
    with pytest.raises(Refused, match="not settled yet"):
        correcting.correct_day(day=driven, by=dana, reason="Too soon")
    with pytest.raises(Refused, match="not settled yet"):
        crediting.credit(day=driven, missing={}, by=dana, reason="Too soon")


def test_a_second_correction_credits_and_books_with_keys_of_its_own(run, dana):
    line, day = first_line(run), run.delivery_day
    for number in (2, 3):
        crediting.credit(day=day, missing={line.pk: D(4)}, by=dana, reason="Less again")
        assert correcting.correct_day(day=day, by=dana, reason="Less again").number == number
    assert OrderLine.objects.filter(supply=line.supply).aggregate(total=Sum("billed"))["total"] == 38
    assert balanced() and owed("transport") == owed("tariff") == 0


def test_a_correction_that_stopped_half_way_is_offered_again(run, dana, visit):
    """The goods were credited, and then the computer went down."""
    crediting.credit(day=run.delivery_day, missing={first_line(run).pk: D(4)}, by=dana, reason="Less")
    page = reverse("logistics:settlement", args=[run.delivery_day_id])
    assert "Goods were credited since this day was shared" in text(visit(dana).get(page))
    answer = visit(dana).post(reverse("logistics:share_again", args=[run.delivery_day_id]), follow=True)
    assert "The day is shared again." in text(answer)
    assert "Goods were credited since" not in text(answer) and "Run 1:" in text(answer)


def test_the_coordinator_corrects_a_delivery_on_a_page(run, dana, visit):
    line = first_line(run)
    url = reverse("logistics:correct", args=[run.delivery_day_id])
    assert "Hoeve 0" in text(visit(dana).get(url))
    hers = f"{url}?farm={line.purchase_order.producer.slug}"
    assert "46 kg billed" in text(visit(dana).get(hers))
    answer = visit(dana).post(hers, {f"missing_{line.pk}": "50", "reason": "Rotten"})
    assert answer.status_code == 422 and "Only 46 was billed" in text(answer)
    answer = visit(dana).post(hers, {f"missing_{line.pk}": "6", "reason": "Rotten"}, follow=True)
    assert "Credited, and the day is shared again." in text(answer)
    assert CostRun.objects.current().get().number == 2


# What farms say of it


def test_a_dispute_is_raised_answered_and_both_stay(run, dana, visit):
    share = run.shares.earliest("producer")
    farmer = share.producer.organisation.people.first()
    dispute = disputes.raise_dispute(share=share, text=" I sent three crates, not four. ", by=farmer)
    page = reverse("logistics:settlement", args=[run.delivery_day_id])
    assert "I sent three crates, not four." in text(visit(dana).get(page))
    url = reverse("logistics:answer_dispute", args=[dispute.pk])
    empty = visit(dana).post(url, {"text": " "})
    assert empty.status_code == 422 and "Write an answer first." in text(empty)
    answer = visit(dana).post(url, {"text": "The scales say 4,6 crates."}, follow=True)
    assert "The scales say 4,6 crates." in text(answer)
    again = visit(dana).post(url, {"text": "Something else"})
    assert again.status_code == 422 and Dispute.objects.get().answer == "The scales say 4,6 crates."
    said = JournalEntry.objects.filter(action__in=["disputed a bill", "answered a dispute"])
    assert said.count() == 2 and {entry.said for entry in said} == {
        "said that a bill is wrong",
        "answered what a farm said of its bill",
    }


def test_a_bill_has_one_open_dispute_at_a_time(run, dana):
    share = run.shares.first()
    first = disputes.raise_dispute(share=share, text="Wrong", by=dana)
    with pytest.raises(Refused, match="has not been answered yet"):
        disputes.raise_dispute(share=share, text="Still wrong", by=dana)
    disputes.answer_dispute(dispute=first, text="It is right", by=dana)
    disputes.raise_dispute(share=share, text="Still wrong", by=dana)
    assert Dispute.objects.filter(answered_at=None).count() == 1


def test_a_dispute_without_words_or_on_a_corrected_bill_is_refused(run, dana):
    share = run.shares.first()
    with pytest.raises(Refused, match="Say what is wrong"):
        disputes.raise_dispute(share=share, text=" ", by=dana)
    with pytest.raises(Refused, match="too long"):
        disputes.raise_dispute(share=share, text="x" * 2001, by=dana)
    crediting.credit(day=run.delivery_day, missing={first_line(run).pk: D(4)}, by=dana, reason="Less")
    correcting.correct_day(day=run.delivery_day, by=dana, reason="Less")
    with pytest.raises(Refused, match="corrected since"):
        disputes.raise_dispute(share=share, text="Wrong", by=dana)


# The page


def test_the_settlement_shows_the_certificate_of_every_game(run, dana, visit):
    answer = visit(dana).get(reverse("logistics:settlement", args=[run.delivery_day_id]))
    said = text(answer)
    assert "No bill is above what going alone, from door to door, would cost." in said
    assert "3 farms share" in said and "1 destination shares" in said
    assert "A group pays at most 10.0 % more than it would cost by itself." in said
    for game in run.games.all():
        assert game.inputs_hash in answer.content.decode().replace("<wbr>", "")


def test_the_check_page_has_a_fixed_number_of_queries(run, dana, visit, django_assert_num_queries):
    client, url = visit(dana), reverse("logistics:check_bills", args=[run.delivery_day_id])
    client.get(url)
    with django_assert_num_queries(7):
        client.get(url)
