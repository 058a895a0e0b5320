"""What phones send: late, twice, out of order, with clocks that are wrong, about crates that are elsewhere."""

import base64
import random
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from logistics import handover, phone, rounds
from logistics.models import (
    Crate,
    Empties,
    PhoneAction,
    PlanVersion,
    Proof,
    Round,
    Stop,
    TemperatureReading,
)
from logistics.phone import Sent
from network import clock, journal
from network.models import DeliveryDay
from tests.conftest import NOW

MS = int(NOW.timestamp() * 1000)
MINUTE = 60_000


@pytest.fixture
def planned(closed_day, vehicle):
    rounds.plan_rounds(day=closed_day, iterations=30)
    PlanVersion.objects.filter(delivery_day=closed_day).update(published_at=NOW)
    closed_day.refresh_from_db()
    return closed_day


@pytest.fixture
def at_alice(planned, farm):
    return Stop.objects.select_related("round").get(producer=farm)


@pytest.fixture
def crate(at_alice):
    return at_alice.crates.order_by("pk").first()


def ago(minutes, kind="check", **data):
    return Sent(uuid4(), kind, MS - int(minutes * MINUTE), data)


@pytest.fixture
def send(at_alice, gust):
    def sent(*actions, by=None, at=NOW, offset=0):
        with clock.at(at):
            answers = phone.carry_out(sent=actions, by=by or gust, round=at_alice.round, offset=offset)
        return [answer.outcome for answer in answers]

    return sent


def status(crate):
    crate.refresh_from_db()
    return crate.status


def photo(size=(2400, 1200), format="JPEG", **how):
    image = Image.effect_noise(size, 40).convert("RGB") if how.pop("noise", False) else Image.new("RGB", size, "green")
    drawn = BytesIO()
    image.save(drawn, format, **how)
    return "data:image/jpeg;base64," + base64.b64encode(drawn.getvalue()).decode()


def test_a_check_off_is_stored_once_however_often_it_arrives(send, crate, gust, at_alice):
    action = ago(5, crate=crate.pk, stop=at_alice.pk)
    assert send(action) == ["done"]
    assert send(action, action) == ["already", "already"]
    assert status(crate) == Crate.Status.LOADED
    assert crate.checked_by == gust
    assert crate.checked_at - (NOW - timedelta(minutes=5)) < timedelta(milliseconds=1)
    row = PhoneAction.objects.get()
    assert (row.pk, row.kind, row.payload, row.refused) == (
        action.id,
        "check",
        {"crate": crate.pk, "stop": at_alice.pk},
        "",
    )
    assert row.received_at == NOW
    assert journal.history_of(at_alice.round).filter(action="checked crates").count() == 1


def test_a_batch_that_names_an_action_twice_carries_it_out_once(send, crate):
    action = ago(5, crate=crate.pk)
    assert send(action, action) == ["done", "already"]
    assert PhoneAction.objects.count() == 1


def test_what_arrives_a_day_late_changes_nothing_that_was_said_after_it(send, crate):
    assert send(ago(1, "uncheck", crate=crate.pk)) == ["done"]
    late = ago(9, crate=crate.pk)
    assert send(late, at=NOW + timedelta(days=1)) == ["superseded"]
    assert status(crate) == Crate.Status.EXPECTED
    assert PhoneAction.objects.get(pk=late.id).payload["superseded"] is True


def test_a_whole_day_replayed_in_any_order_comes_to_the_same(send, at_alice, gust, dana):
    crates = list(at_alice.crates.order_by("pk"))
    dice = random.Random(7)
    said = [ago(n, dice.choice(["check", "uncheck"]), crate=dice.choice(crates).pk) for n in range(30)]
    said += [ago(n + 0.5, "empties", stop=at_alice.pk, crates=n) for n in range(5)]
    said += [
        ago(40, "arrived", stop=at_alice.pk),
        ago(38, "arrived", stop=at_alice.pk),
        ago(3, "left", stop=at_alice.pk),
    ]
    ends = set()
    for _turn in range(4):
        dice.shuffle(said)
        at_alice.crates.update(status="expected", checked_at=None, checked_by=None)
        PhoneAction.objects.all().delete()
        Empties.objects.all().delete()
        for start in range(0, len(said), 7):
            send(*said[start : start + 7], by=dice.choice([gust, dana]))
        send(*said, at=NOW + timedelta(days=1))
        at_alice.refresh_from_db()
        ends.add(
            (
                tuple(at_alice.crates.order_by("pk").values_list("status", "checked_at")),
                Empties.objects.get().crates,
                at_alice.arrived_at,
                at_alice.left_at,
            )
        )
    assert len(ends) == 1
    ((_crates, empties, arrived, left),) = ends
    assert empties == 0
    assert (round((NOW - arrived).total_seconds()), round((NOW - left).total_seconds())) == (2400, 180)


def test_a_form_and_a_phone_respect_each_other(send, crate, gust):
    handover.check_crates(crates=[crate.pk], by=gust)
    assert send(ago(10, "uncheck", crate=crate.pk)) == ["superseded"]
    assert status(crate) == Crate.Status.LOADED


@pytest.mark.parametrize("hours", [-7, 0, 5, 24 * 400])
def test_the_clock_of_a_phone_may_be_hours_off(hours):
    shown = MS + hours * 60 * MINUTE
    assert phone.offset(phone=shown) == -hours * 60 * MINUTE


def test_a_slow_message_does_not_change_what_is_known_of_a_clock():
    assert phone.offset(phone=MS - 20_000) == 0
    known = -3 * 60 * MINUTE
    assert phone.offset(phone=MS - known - 15_000, known=known) == known
    assert phone.offset(phone=MS, known=known) == 0


def test_a_phone_with_a_wrong_clock_does_not_overrule_one_that_is_right(send, crate, at_alice):
    fast = 5 * 60 * MINUTE
    wrong = Sent(uuid4(), "check", MS + fast - 10 * MINUTE, {"crate": crate.pk})
    assert send(wrong, offset=phone.offset(phone=MS + fast)) == ["done"]
    assert send(ago(5, "uncheck", crate=crate.pk)) == ["done"]
    assert status(crate) == Crate.Status.EXPECTED


@pytest.mark.parametrize(("happened", "moment"), [(0, NOW - phone.OLDEST), (MS + 10**9, NOW)])
def test_nothing_happened_in_the_future_or_in_another_age(send, crate, happened, moment):
    assert send(Sent(uuid4(), "check", happened, {"crate": crate.pk})) == ["done"]
    assert abs(PhoneAction.objects.get().happened_at - moment) < timedelta(milliseconds=1)


def test_two_phones_naming_the_same_millisecond_end_alike(send, at_alice, dana):
    one, two = at_alice.crates.order_by("pk")[:2]
    low, high = UUID(int=4 << 76 | 1), UUID(int=4 << 76 | 2)
    for crate, first in ((one, low), (two, high)):
        PhoneAction.objects.all().delete()
        yes, no = Sent(low, "check", MS - 5, {"crate": crate.pk}), Sent(high, "uncheck", MS - 5, {"crate": crate.pk})
        for action in (yes, no) if first == low else (no, yes):
            send(action, by=dana)
        assert status(crate) == Crate.Status.EXPECTED


def test_a_crate_is_checked_by_the_code_on_its_label(send, crate, at_alice):
    assert send(ago(3, code=f"https://kouter.example/c/{crate.code}", stop=at_alice.pk)) == ["done"]
    assert status(crate) == Crate.Status.LOADED
    assert send(ago(2, "uncheck", code=crate.code.lower())) == ["done"]
    assert status(crate) == Crate.Status.EXPECTED


def test_a_crate_of_another_round_is_refused_with_a_sentence_that_stays(at_alice, planned, gust):
    other = planned.crates.filter(leg="distribution", stop__isnull=False).first()
    action = ago(3, crate=other.pk)
    for _again in range(2):
        (answer,) = phone.carry_out(sent=[action], by=gust, round=at_alice.round)
        assert answer.outcome == "refused"
        assert answer.sentence == (
            f"Crate {other.letter} ({other.code}) belongs to Round {other.stop.round.number}, not to this round. "
            "Leave it where it is."
        )
    assert status(other) == Crate.Status.EXPECTED
    assert PhoneAction.objects.get().refused == answer.sentence


def test_a_refused_action_does_not_stop_the_others(send, crate, at_alice):
    elsewhere = at_alice.round.stops.exclude(pk=at_alice.pk).get().crates.first()
    outcomes = send(
        ago(5, code="NOWHERE2"),
        ago(4, crate=crate.pk, stop=at_alice.pk),
        ago(3, crate=elsewhere.pk, stop=at_alice.pk),
        ago(2, "dance"),
        ago(1, "check"),
    )
    assert outcomes == ["refused", "done", "refused", "refused", "refused"]
    assert "NOWHERE2" in PhoneAction.objects.order_by("happened_at").first().refused
    assert status(elsewhere) == Crate.Status.EXPECTED


def test_a_crate_on_no_round_or_of_a_finished_round_or_a_settled_day_is_refused(send, crate, at_alice, planned):
    loose = at_alice.crates.last()
    Crate.objects.filter(pk=loose.pk).update(stop=None)
    assert send(ago(9, crate=loose.pk)) == ["refused"]
    assert send(ago(8, crate=crate.pk)) == ["done"]
    Round.objects.filter(pk=at_alice.round_id).update(status=Round.Status.DRIVEN)
    assert send(ago(7, "uncheck", crate=crate.pk)) == ["refused"]
    assert send(ago(6, crate=crate.pk)) == ["done"]
    DeliveryDay.objects.filter(pk=planned.pk).update(status=DeliveryDay.Status.SETTLED)
    assert send(ago(5, "uncheck", crate=crate.pk)) == ["refused"]
    assert status(crate) == Crate.Status.LOADED
    assert [row.refused.split()[0] for row in PhoneAction.objects.exclude(refused="").order_by("happened_at")] == [
        "Crate",
        "This",
        "This",
    ]


def test_what_the_coordinator_ended_meanwhile_makes_late_check_offs_superseded(send, crate, planned, dana):
    handover.drive_day(day=planned, by=dana)
    assert send(ago(60, crate=crate.pk)) == ["superseded"]


def test_a_missing_crate_stays_missing(send, crate):
    Crate.objects.filter(pk=crate.pk).update(status="missing")
    assert send(ago(1, crate=crate.pk)) == ["refused"]
    assert status(crate) == Crate.Status.MISSING


def test_a_direct_crate_ends_alike_whatever_arrives_first(send, planned, farm, at_alice):
    drop = at_alice.round.stops.exclude(pk=at_alice.pk).get()
    delivery = planned.deliveries.get(pickup_point__code="a1")
    ends = []
    for letter, order in (("B8", (0, 1, 2)), ("B9", (2, 0, 1))):
        crate = Crate.objects.create(
            delivery_day=planned, leg="direct", producer=farm, delivery=delivery, stop=at_alice, dropped_at=drop,
            storage_class="cool", letter=letter,
        )  # fmt: skip
        said = [
            ago(30, crate=crate.pk, stop=at_alice.pk),
            ago(20, crate=crate.pk, stop=drop.pk),
            ago(10, "uncheck", crate=crate.pk, stop=drop.pk),
        ]
        for number in order:
            send(said[number])
        ends.append(status(crate))
    assert ends == [Crate.Status.LOADED] * 2


def test_five_hundred_check_offs_take_as_many_queries_as_five(send, at_alice):
    made = Crate.objects.bulk_create(
        Crate(
            delivery_day=at_alice.round.delivery_day, leg="collection", producer=at_alice.producer, stop=at_alice,
            storage_class="cool", letter=f"X{n}",
        )
        for n in range(505)
    )  # fmt: skip
    counts = []
    for crates in (made[:5], made[5:]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert set(send(*(ago(5, crate=crate.pk, stop=at_alice.pk) for crate in crates))) == {"done"}
        counts.append(len(queries))
    assert counts == [14, 14]
    assert at_alice.crates.filter(status="loaded").count() == 505


def test_temperatures_are_logged_with_a_comma(send, at_alice):
    outcomes = send(
        ago(5, "temperature", celsius="3,5", storage_class="cold", stop=at_alice.pk),
        ago(4, "temperature", celsius="−18", storage_class="frozen", stop=at_alice.pk),
        ago(3, "temperature", celsius="warm", storage_class="cold"),
        ago(2, "temperature", celsius="99", storage_class="cold"),
        ago(1, "temperature", celsius="4", storage_class="oven"),
    )
    assert outcomes == ["done", "done", "refused", "refused", "refused"]
    assert list(TemperatureReading.objects.values_list("celsius", "storage_class", "stop")) == [
        (Decimal("3.5"), "cold", at_alice.pk),
        (Decimal("-18.0"), "frozen", at_alice.pk),
    ]


def test_a_photo_is_drawn_anew_smaller_and_without_where_it_was_taken(send, at_alice, gust):
    exif = Image.Exif()
    exif[0x010F] = "Telefoon van Gust"
    action = ago(5, "proof", proof="photo", image=photo(exif=exif), stop=at_alice.pk)
    assert send(action) == ["done"]
    assert send(action) == ["already"]
    proof = Proof.objects.get()
    kept = Image.open(proof.file)
    assert (kept.size, kept.format, dict(kept.getexif())) == ((1600, 800), "JPEG", {})
    assert (proof.stop, proof.by) == (at_alice, gust)
    assert "image" not in PhoneAction.objects.get().payload
    proof.file.delete(save=False)


def test_a_signature_may_be_a_name_alone(send, at_alice):
    drawn = photo((640, 240), "PNG")
    assert send(
        ago(3, "proof", proof="signature", image=drawn, signed_by="Bel", stop=at_alice.pk),
        ago(2, "proof", proof="signature", signed_by="Bea", stop=at_alice.pk),
        ago(1, "proof", proof="signature", stop=at_alice.pk),
    ) == ["done", "done", "refused"]
    first, second = Proof.objects.order_by("at")
    assert (first.signed_by, Image.open(first.file).format, second.signed_by, bool(second.file)) == (
        "Bel",
        "PNG",
        "Bea",
        False,
    )
    first.file.delete(save=False)


@pytest.mark.parametrize(
    "image",
    ["", "data:image/jpeg;base64,aGVsbG8=", "data:text/html;base64,PHNjcmlwdD4=", "!!", "A" * 2_100_000,
     photo()[:3000], photo((6000, 6000), "PNG")],
    ids=["empty", "text", "html", "no base64", "too large", "cut off", "too many pixels"],
)  # fmt: skip
def test_what_is_no_photo_is_refused_and_nothing_is_kept(send, at_alice, image):
    assert send(ago(1, "proof", proof="photo", image=image, stop=at_alice.pk)) == ["refused"]
    assert not Proof.objects.exists()
    assert "photo" in PhoneAction.objects.get().refused


def test_troubles_reach_the_coordinator_until_seen_to(send, at_alice, crate, planned, dana):
    elsewhere = at_alice.round.stops.exclude(pk=at_alice.pk).get().crates.first()
    outcomes = send(
        ago(5, "trouble", trouble="damaged", crate=crate.pk, note="  nat ", stop=at_alice.pk),
        ago(4, "trouble", trouble="nobody", stop=at_alice.pk),
        ago(3, "trouble", trouble="bored", stop=at_alice.pk),
        ago(2, "trouble", trouble="missing", crate=elsewhere.pk, stop=at_alice.pk),
        ago(1, "trouble", trouble="missing", stop=99999999),
    )
    assert outcomes == ["done", "done", "refused", "refused", "refused"]
    damaged, nobody = handover.troubles_of([at_alice.round])
    assert (damaged.crate, damaged.note, nobody.crate) == (crate, "nat", None)
    assert handover.resolve(trouble=damaged, by=dana)
    assert not handover.resolve(trouble=damaged, by=dana)
    assert list(handover.troubles_of([at_alice.round])) == [nobody, damaged]
    assert set(journal.history_of(at_alice.round).values_list("action", flat=True)) == {
        "noted on the road",
        "saw to a trouble",
    }


@pytest.mark.parametrize("crates", ["", "-1", "1000", "2.5", "many", None, "١"])
def test_empties_are_a_whole_number(send, at_alice, crates):
    assert send(ago(1, "empties", stop=at_alice.pk, crates=crates)) == ["refused"]
    assert not Empties.objects.exists()


def test_of_empties_the_last_word_counts(send, at_alice):
    assert send(ago(2, "empties", stop=at_alice.pk, crates="4")) == ["done"]
    assert send(ago(5, "empties", stop=at_alice.pk, crates="9")) == ["superseded"]
    assert send(ago(1, "empties", stop=at_alice.pk, crates="3")) == ["done"]
    assert Empties.objects.get().crates == 3


def test_times_note_themselves_and_a_correction_counts_above_them(send, at_alice):
    send(ago(30, "arrived", stop=at_alice.pk), ago(10, "left", stop=at_alice.pk))
    send(ago(35, "arrived", stop=at_alice.pk))
    at_alice.refresh_from_db()
    assert round((NOW - at_alice.arrived_at).total_seconds()) == 35 * 60
    assert send(ago(5, "times", stop=at_alice.pk, arrived="08:10", left="")) == ["done"]
    assert send(ago(50, "arrived", stop=at_alice.pk)) == ["done"]
    at_alice.refresh_from_db()
    assert clock.local(at_alice.arrived_at).strftime("%d %H:%M") == "05 08:10"
    assert round((NOW - at_alice.left_at).total_seconds()) == 10 * 60
    assert send(ago(4, "times", stop=at_alice.pk, arrived="09:00", left="08:00")) == ["refused"]
    assert send(ago(3, "times", stop=at_alice.pk, arrived="early")) == ["refused"]
    assert send(ago(2, "times", stop=at_alice.pk, arrived="", left="")) == ["refused"]
